#include "compiler/isa/common/call_conv.h"

namespace wjit::isa {

Places place(std::span<const Type> types, RegisterSet registers, uint32_t ints_taken) {
  Places p;
  p.locs.reserve(types.size());
  size_t ints = ints_taken, vectors = 0;
  for (Type t : types) {
    if (is_vector(t) && vectors < registers.vectors.size()) {
      p.locs.push_back({Loc::Kind::kVector, registers.vectors[vectors++], 0});
    } else if (!is_vector(t) && ints < registers.ints.size()) {
      p.locs.push_back({Loc::Kind::kInt, registers.ints[ints++], 0});
    } else {
      const uint32_t size = t == Type::kV128 ? 16 : 8;
      p.stack_bytes = (p.stack_bytes + size - 1) & ~(size - 1);
      p.locs.push_back({Loc::Kind::kStack, 0, p.stack_bytes});
      p.stack_bytes += size;
    }
  }
  p.stack_bytes = (p.stack_bytes + 15) & ~15u;
  return p;
}

WasmCall wasm_call(const Signature& s, const WasmRegisters& registers) {
  WasmCall call;
  call.results = place(s.results, registers.results);
  call.params = place(s.params, registers.params, call.has_area() ? 1 : 0);
  return call;
}

NativeCall native_call(const Signature& s, RegisterSet c_params) {
  std::vector<Type> types(s.params.begin(), s.params.end());
  const bool pointer = s.results.size() > 1 || (s.results.size() == 1 && s.results[0] == Type::kV128);
  if (pointer) types.push_back(Type::kI64);
  return {place(types, c_params, 2), pointer};
}

}  // namespace wjit::isa
