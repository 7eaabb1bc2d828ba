#include "compiler/isa/common/trampolines.h"

#include <cstring>

#include "compiler/isa/common/trampoline_builder.h"
#include "compiler/isa/x64/tramp_masm.h"

namespace wjit::x64 {
namespace {

using Builder = isa::TrampolineBuilder<TrampMasm>;

// lea r10, [rdi + entry_offset], and a jump.
void thunk(uint8_t* to, uint32_t entry_offset, std::initializer_list<uint8_t> jump, uint32_t displacement, bool has) {
  uint8_t code[isa::kThunkBytes];
  std::memset(code, 0xcc, sizeof code);
  const uint8_t lea[] = {0x4c, 0x8d, 0x97};
  std::memcpy(code, lea, 3);
  std::memcpy(code + 3, &entry_offset, 4);
  std::memcpy(code + 7, jump.begin(), jump.size());
  if (has) std::memcpy(code + 7 + jump.size(), &displacement, 4);
  std::memcpy(to, code, sizeof code);
}

}  // namespace

const isa::Target kTarget = {
    .wasm = TrampMasm::kWasm,
    .c = TrampMasm::kC,
    .trampoline =
        [](isa::Trampoline kind, const isa::Signature& s, std::vector<isa::FrameEdge>* frames) {
          Builder b(s);
          auto bytes = b.build(kind);
          if (frames) *frames = b.frame_edges();
          return bytes;
        },
    .raise = [] { return Builder({}).build_raise(); },
    .wasm_thunk = [](uint8_t* to, uint32_t offset) { thunk(to, offset, {0x41, 0xff, 0x22}, 0, false); },  // jmp [r10]
    .host_thunk =
        [](uint8_t* to, uint32_t offset, uint32_t to_word) { thunk(to, offset, {0xff, 0x25}, to_word - 13, true); },
    .far_thunk =
        [](uint8_t* to, uint64_t entry, uint64_t to_code) {
          uint8_t code[isa::kFarThunkBytes] = {0x49, 0xba, 0, 0, 0, 0, 0, 0, 0, 0,  // mov r10, entry
                                               0x49, 0xbb, 0, 0, 0, 0, 0, 0, 0, 0,  // mov r11, to_code
                                               0x41, 0xff, 0xe3};                   // jmp r11
          std::memcpy(code + 2, &entry, sizeof entry);
          std::memcpy(code + 12, &to_code, sizeof to_code);
          std::memset(code + 23, 0xcc, sizeof code - 23);
          std::memcpy(to, code, sizeof code);
        },
    .relocate =
        [](uint8_t* place, int64_t distance) {  // counted from the end of its 32 bits, where the instruction ends, too
          const auto near = static_cast<int32_t>(distance - 4);
          if (near != distance - 4) return false;
          std::memcpy(place, &near, sizeof near);
          return true;
        },
};

}  // namespace wjit::x64
