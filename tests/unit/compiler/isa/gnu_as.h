// What GNU as makes of the same instruction: the second opinion about every form that a masm emits.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace wjit::test {

struct EncoderCase {
  std::string text;            // for the assembler; may be several lines, with local labels
  std::vector<uint8_t> bytes;  // ours, at most kSlot
};
inline constexpr size_t kSlot = 64;

enum class Machine : uint8_t { kX64, kA64 };

// Assembles all in one run and compares. Fails the running test with the differences (the first twenty), or
// where the assembler refused a text. Warns, naming the machine, where there is no such assembler; under
// WJIT_TEST_FULL that is a failure.
void compare_with_gnu_as(Machine machine, const std::vector<EncoderCase>& cases);

}  // namespace wjit::test
