// One instruction: 16 bytes, what its fields mean is its format's business.
#pragma once
#include <cstdint>
#include <string_view>

#include "compiler/ir/entities.h"
#include "compiler/ir/vec_ops.h"

namespace wjit::ir {

enum class Type : uint8_t { kNone, kI32, kI64, kF32, kF64, kV128 };
inline constexpr std::string_view kTypeNames[] = {"none", "i32", "i64", "f32", "f64", "v128"};
constexpr uint32_t bytes_of(Type t) { return t == Type::kV128 ? 16 : t == Type::kI64 || t == Type::kF64 ? 8 : 4; }
constexpr bool is_int(Type t) { return t == Type::kI32 || t == Type::kI64; }
constexpr bool is_float(Type t) { return t == Type::kF32 || t == Type::kF64; }

enum class Op : uint8_t {
#define IR(id, text, format, types, effects) id,
#include "compiler/ir/ops.def"
#undef IR
  kCount
};

enum class Format : uint8_t {
  kNullary,
  kUnary,    // a
  kBinary,   // a, b
  kCompare,  // a, b; aux: IntCc or FloatCc; `type` is the operands', the result i32
  kConvert,  // a; aux: the operand's Type
  kSelect,   // a, b, c
  kConst,    // imm()
  kVConst,   // c: number of a constant of 16 bytes
  kVec1,     // a; aux: VecOp, here and in those that follow
  kVec2,     // a, b
  kVec3,     // a, b, c
  kVecLane,  // a, c: lane
  kVecLane2, // a, b, c: lane
  kVecShuffle,  // a, b, c: number of a constant of 16 bytes, the indices
  kLoad,     // a, c: displacement, aux: Access
  kStore,    // a, b: value, c: displacement, aux: Access; `type` is the value's
  kBulk,     // a, b, c
  kAtomic1,  // a, aux: bytes, here and in those that follow
  kAtomic2,  // a, b
  kAtomic3,  // a, b, c
  kCheck,    // a, aux: TrapCode
  kFuel,     // imm()
  kCall,     // a: list of arguments, b: Sig, c: callee or libcall
  kJump,     // a: Edge
  kBranch,   // a: Value, b, c: Edge, aux: likelihood
  kBrTable,  // a: Value, b: Table
  kReturn,   // a: list
  kTrapNow,  // aux: TrapCode
  kTryCall,  // a: list of arguments, b: Sig, c: Try
};

enum class Effects : uint8_t { kPure, kTrap, kRead, kWrite, kCall, kEnd };

struct OpInfo {
  std::string_view text, types;
  Format format;
  Effects effects;
};
inline constexpr OpInfo kOps[] = {
#define IR(id, text, format, types, effects) {text, types, Format::format, Effects::effects},
#include "compiler/ir/ops.def"
#undef IR
};
constexpr const OpInfo& info(Op op) { return kOps[static_cast<size_t>(op)]; }
constexpr bool takes_vec_op(Op op) {
  const Format f = info(op).format;
  return f >= Format::kVec1 && f <= Format::kVecShuffle;
}
constexpr bool is_terminator(Op op) { return info(op).effects == Effects::kEnd; }
// Code that is not ours runs meanwhile, and comes back: terminators that call in place of the function do not.
constexpr bool calls(Op op) { return info(op).effects == Effects::kCall || info(op).format == Format::kTryCall; }
constexpr bool is_indirect_call(Op op) {
  return op == Op::call_indirect || op == Op::return_call_indirect || op == Op::try_call_indirect;
}

// X(id, text, opposite, with operands swapped)
#define WJIT_IR_INT_CCS(X)                                                                                   \
  X(eq, "eq", ne, eq) X(ne, "ne", eq, ne) X(lt_s, "lt_s", ge_s, gt_s) X(lt_u, "lt_u", ge_u, gt_u)            \
  X(gt_s, "gt_s", le_s, lt_s) X(gt_u, "gt_u", le_u, lt_u) X(le_s, "le_s", gt_s, ge_s) X(le_u, "le_u", gt_u, ge_u) \
  X(ge_s, "ge_s", lt_s, le_s) X(ge_u, "ge_u", lt_u, le_u)
// Ordered comparisons but for ne, as wasm has them.
#define WJIT_IR_FLOAT_CCS(X) X(eq, "eq") X(ne, "ne") X(lt, "lt") X(gt, "gt") X(le, "le") X(ge, "ge")

#define WJIT_X(id, ...) id,
enum class IntCc : uint8_t { WJIT_IR_INT_CCS(WJIT_X) };
enum class FloatCc : uint8_t { WJIT_IR_FLOAT_CCS(WJIT_X) };
#undef WJIT_X
#define WJIT_X(id, text, ...) text,
inline constexpr std::string_view kIntCcNames[] = {WJIT_IR_INT_CCS(WJIT_X)};
inline constexpr std::string_view kFloatCcNames[] = {WJIT_IR_FLOAT_CCS(WJIT_X)};
#undef WJIT_X
constexpr IntCc negate(IntCc cc) {
#define WJIT_X(id, text, opposite, swapped) IntCc::opposite,
  constexpr IntCc k[] = {WJIT_IR_INT_CCS(WJIT_X)};
#undef WJIT_X
  return k[static_cast<size_t>(cc)];
}
constexpr IntCc swap_operands(IntCc cc) {
#define WJIT_X(id, text, opposite, swapped) IntCc::swapped,
  constexpr IntCc k[] = {WJIT_IR_INT_CCS(WJIT_X)};
#undef WJIT_X
  return k[static_cast<size_t>(cc)];
}

// What an access to memory touches: two accesses of different regions never meet. A region and its number (which
// memory, global or table; modulo 128) tell them apart.
enum class Region : uint8_t {
  kHeap,      // a linear memory's bytes
  kVmctx,     // words of the VMContext and what they lead to that never change while a function runs
  kMemoryDef, // a memory's base (where it can move) and length: calls may change them
  kTableDef,  // a table's base and length: calls may change them
  kTable,     // a table's elements
  kGlobal,    // globals
  kFuncRef,   // a VMFuncRef: never changes
  kOther,     // aliases nothing but itself: limits, result areas
};
struct Access {
  Region region = Region::kOther;
  uint8_t number : 7 = 0;
  bool traps : 1 = false;  // may fault on a guard page: kMemoryOutOfBounds at the instruction's wasm offset

  constexpr uint16_t pack() const {
    return static_cast<uint16_t>(static_cast<unsigned>(region) | unsigned{number} << 8 | unsigned{traps} << 15);
  }
  static constexpr Access unpack(uint16_t aux) {
    return {static_cast<Region>(aux & 0xff), static_cast<uint8_t>(aux >> 8 & 0x7f), (aux >> 15) != 0};
  }
  // Loads of it give the same value as long as the function runs.
  constexpr bool constant() const { return region == Region::kVmctx || region == Region::kFuncRef; }
};

// How likely a brif's condition is, of what was seen: 1 … 65535 for never … always; 0 where that is too little.
constexpr uint16_t likelihood(uint64_t was_true, uint64_t was_false) {
  constexpr uint64_t kEnough = 16;
  const uint64_t times = was_true + was_false;
  if (times < kEnough) return 0;
  return static_cast<uint16_t>(1 + (2 * was_true + 1) * 65534 / (2 * times + 2));
}

struct InstData {
  Op op = Op::trap;
  Type type = Type::kNone;
  uint16_t aux = 0;
  uint32_t a = 0, b = 0, c = 0;

  uint64_t imm() const { return b | uint64_t{c} << 32; }
  void set_imm(uint64_t value) { b = static_cast<uint32_t>(value), c = static_cast<uint32_t>(value >> 32); }
  Value va() const { return Value(a); }
  Value vb() const { return Value(b); }
  Value vc() const { return Value(c); }
  int32_t displacement() const { return static_cast<int32_t>(c); }
  Access access() const { return Access::unpack(aux); }
  IntCc int_cc() const { return static_cast<IntCc>(aux); }
  FloatCc float_cc() const { return static_cast<FloatCc>(aux); }
  VecOp vec_op() const { return static_cast<VecOp>(aux); }
  uint32_t lane() const { return c; }
  Type from() const { return static_cast<Type>(aux); }  // kConvert
  Format format() const { return info(op).format; }
};
static_assert(sizeof(InstData) == 16);

}  // namespace wjit::ir
