#include "compiler/isa/common/trampolines.h"

#include <cstring>

#include "compiler/isa/a64/tramp_masm.h"
#include "compiler/isa/common/trampoline_builder.h"

namespace wjit::a64 {
namespace {

using Builder = isa::TrampolineBuilder<TrampMasm>;

// x9 := x0 + entry_offset, then x16 is loaded and jumped to.
void thunk(uint8_t* to, uint32_t entry_offset, uint32_t load_x16) {
  const uint32_t code[isa::kThunkBytes / 4] = {
      0xd2800009 | (entry_offset & 0xffff) << 5,  // movz x9, #low
      0xf2a00009 | (entry_offset >> 16) << 5,     // movk x9, #high, lsl #16
      0x8b090009,                                 // add x9, x0, x9
      load_x16,
      0xd61f0200,  // br x16
      0x00000000,  // udf
  };
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
    .wasm_thunk = [](uint8_t* to, uint32_t offset) { thunk(to, offset, 0xf9400130); },  // ldr x16, [x9]
    .host_thunk =
        [](uint8_t* to, uint32_t offset, uint32_t to_word) {
          thunk(to, offset, 0x58000010 | ((to_word - 12) / 4 & 0x7ffff) << 5);  // ldr x16, literal
        },
    .far_thunk =
        [](uint8_t* to, uint64_t entry, uint64_t to_code) {
          const uint32_t code[] = {0x58000089, 0x580000b0, 0xd61f0200, 0x00000000};  // ldr x9, ldr x16, br x16, udf
          static_assert(sizeof code + 16 == isa::kFarThunkBytes);
          std::memcpy(to, code, sizeof code);
          std::memcpy(to + 16, &entry, sizeof entry);
          std::memcpy(to + 24, &to_code, sizeof to_code);
        },
    .relocate =
        [](uint8_t* place, int64_t distance) {  // b and bl: 26 bits, of words
          if (distance < -(int64_t{1} << 27) || distance >= int64_t{1} << 27 || distance % 4 != 0) return false;
          uint32_t word;
          std::memcpy(&word, place, sizeof word);
          word = (word & 0xfc000000) | (static_cast<uint32_t>(distance / 4) & 0x03ffffff);
          std::memcpy(place, &word, sizeof word);
          return true;
        },
};

}  // namespace wjit::a64
