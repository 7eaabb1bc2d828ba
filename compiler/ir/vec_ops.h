// What the vector instructions of the IR do, from the rows of compiler/wasm/opcodes.def with the vector prefix: the
// instruction (vbinary …) says how many operands there are and of which types, its VecOp which of some 250 things it
// does. Names, signatures and meanings (compiler/wasm/eval_simd.h) are wasm's; no second list of them exists.
//
// A VecOp that has no instruction (loads, stores, v128.const) is never in a function: vec_row says which.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace wjit::ir {

// Rows of one prefix only: the macro's third argument names which of these is meant.
#define WJIT_VEC_0x00(...)
#define WJIT_VEC_0xfb(...)
#define WJIT_VEC_0xfc(...)
#define WJIT_VEC_0xfe(...)

// As many as fit in InstData::aux. The order is that of opcodes.def, whose vector rows stand together: a wasm::Op less
// its first vector row is a VecOp.
enum class VecOp : uint16_t {
#define WJIT_VEC_0xfd(id) id,
#define WJIT_OP(id, text, prefix, ...) WJIT_VEC_##prefix(id)
#include "compiler/wasm/opcodes.def"
#undef WJIT_OP
#undef WJIT_VEC_0xfd
  kCount
};
inline constexpr size_t kVecOpCount = static_cast<size_t>(VecOp::kCount);

struct VecOpInfo {
  std::string_view text;
  std::string_view sig;    // of opcodes.def
  std::string_view imm;    // its name
};
inline constexpr VecOpInfo kVecOps[] = {
#define WJIT_VEC_0xfd(text, imm, sig) {text, sig, #imm},
#define WJIT_OP(id, text, prefix, code, imm, sig, ...) WJIT_VEC_##prefix(text, imm, sig)
#include "compiler/wasm/opcodes.def"
#undef WJIT_OP
#undef WJIT_VEC_0xfd
};
#undef WJIT_VEC_0x00
#undef WJIT_VEC_0xfb
#undef WJIT_VEC_0xfc
#undef WJIT_VEC_0xfe

constexpr const VecOpInfo& info(VecOp op) { return kVecOps[static_cast<size_t>(op)]; }

// The scalar operand or result of splats and of what takes a lane: a letter of ops.def, or 0.
constexpr char vec_scalar(VecOp op) {
  for (char c : info(op).sig) {
    switch (c) {
      case 'i': return 'i';
      case 'I': return 'l';
      case 'f': return 'f';
      case 'F': return 'd';
      default: break;
    }
  }
  return 0;
}

// How many lanes one that takes a lane has: "i16x8.extract_lane_s" 8; else 0.
constexpr unsigned vec_lanes(VecOp op) {
  if (info(op).imm != "kLane") return 0;
  const std::string_view text = info(op).text, count = text.substr(text.find('x') + 1);
  return count.substr(0, 2) == "16" ? 16 : static_cast<unsigned>(count[0] - '0');
}

}  // namespace wjit::ir
