// The shapes a v128 is written in.
#pragma once
#include <cstdint>

namespace wjit::wasm::text {

struct ShapeName {
  const char* name;
  uint8_t lanes, bits;
  bool is_float;
};
inline constexpr ShapeName kShapeNames[] = {{"i8x16", 16, 8, false}, {"i16x8", 8, 16, false},
                                            {"i32x4", 4, 32, false}, {"i64x2", 2, 64, false},
                                            {"f32x4", 4, 32, true},  {"f64x2", 2, 64, true}};

}  // namespace wjit::wasm::text
