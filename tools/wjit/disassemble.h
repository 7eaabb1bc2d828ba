// x86-64 machine code, one instruction at a time. disassemble.cpp is the only file of the command line that knows Zydis.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace wjit::cli {

constexpr uint8_t kNoReg = 0xff;

struct Decoded {
  uint8_t length = 0;
  std::string text;
  bool has_memory = false;
  uint8_t base = kNoReg, index = kNoReg;  // of the memory operand, by hardware number
  int64_t disp = 0;
  uint8_t loads = kNoReg;     // `mov register, [memory]` of 64 bits, this register
  uint32_t writes = 0;        // integer registers, a bit each
  bool calls = false;
  bool ends = false;          // what follows is not reached from here
  std::optional<uint64_t> target;  // of a jump or call, relative to the code's first byte
};

// False where this was built without a disassembler.
bool can_disassemble();
// The instruction at `at` of `code`; nothing where the bytes are none.
std::optional<Decoded> disassemble(std::span<const uint8_t> code, uint64_t at);

}  // namespace wjit::cli
