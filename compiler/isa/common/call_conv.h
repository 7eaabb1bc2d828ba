// Where arguments and results are, in each convention of the ABI (docs/abi.md, "Three ways to call"). The compiler's
// lowering and the trampolines both ask here, so that there is one answer.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace wjit::isa {

enum class Type : uint8_t { kI32, kI64, kF32, kF64, kV128, kRef };
constexpr uint32_t size_of(Type t) { return t == Type::kV128 ? 16 : t == Type::kI32 || t == Type::kF32 ? 4 : 8; }
constexpr bool is_vector(Type t) { return t == Type::kF32 || t == Type::kF64 || t == Type::kV128; }

struct Signature {
  std::span<const Type> params, results;
};

// A register by its hardware number. Integer and vector registers are counted apart.
using Reg = uint8_t;

struct Loc {
  enum class Kind : uint8_t { kInt, kVector, kStack };
  Kind kind;
  Reg reg = 0;
  uint32_t offset = 0;  // kStack: bytes from the first stack argument, or from the start of the result area
  bool operator==(const Loc&) const = default;
};

struct Places {
  std::vector<Loc> locs;      // as many as there are values
  uint32_t stack_bytes = 0;   // a multiple of 16
};

// The registers a convention hands out, in order.
struct RegisterSet {
  std::span<const Reg> ints, vectors;
};

// Values in order, each to the next register of its kind; what is left goes to memory, 8 bytes each, 16 and 16-aligned
// for v128. Both ISAs' C conventions do the same with scalars and vectors.
Places place(std::span<const Type> types, RegisterSet registers, uint32_t ints_taken = 0);

// A wasm call: parameters behind the two contexts. Results that find no register are in an area of the caller's, whose
// address is then the first integer parameter; it travels on through tail calls, whose results are the same.
struct WasmCall {
  Places params;   // without the area's address
  Places results;  // stack_bytes: of the area
  bool has_area() const { return results.stack_bytes != 0; }
};
struct WasmRegisters {
  RegisterSet params, results;
};
WasmCall wasm_call(const Signature& s, const WasmRegisters& registers);

// A native call: the platform's C function (vmctx, caller vmctx, params…, ValRaw* results where there are more than
// one or the first is a v128) -> NativeResult. Result 0 comes back in the first word, floats as bits; a v128 and all
// others are in the array, each at its own index.
struct NativeCall {
  Places params;  // one more than there are parameters where has_results_pointer
  bool has_results_pointer;
};
NativeCall native_call(const Signature& s, RegisterSet c_params);

}  // namespace wjit::isa
