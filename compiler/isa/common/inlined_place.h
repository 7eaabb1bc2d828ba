// Places in functions whose bodies stand in place of calls.
#pragma once
#include <cstdint>

namespace wjit::isa {

// What stands for a wasm offset may be kInlined and a number among these: the offset, in the function that was put there,
// and the call's place, which may be such a number, too.
struct InlinedPlace {
  uint32_t wasm_offset, call;
};
inline constexpr uint32_t kInlined = 1u << 31;
inline constexpr uint32_t kMostInlined = 3;  // bodies around a place

}  // namespace wjit::isa
