// Small inline pieces of the handlers: cells to values and back, memory bytes, fuel.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>

#include "compiler/wasm/eval_atomic.h"
#include "compiler/wasm/eval_simd.h"
#include "compiler/wasm/limits.h"
#include "runtime/interp/vm.h"
#include "runtime/libcalls.h"

namespace wjit::rt {

using u8 = uint8_t;
using u16 = uint16_t;
using u32 = uint32_t;
using u64 = uint64_t;
using s8 = int8_t;
using s16 = int16_t;
using s32 = int32_t;
using s64 = int64_t;
using f32 = float;
using f64 = double;
using v128 = wasm::V128;

template <class T>
inline T get(uint64_t cell) {
  if constexpr (std::is_same_v<T, float>) return std::bit_cast<float>(uint32_t(cell));
  else if constexpr (std::is_same_v<T, double>) return std::bit_cast<double>(cell);
  else return T(cell);
}
// Zero-extended into the cell.
template <class T>
inline uint64_t put(T v) {
  if constexpr (std::is_same_v<T, float>) return std::bit_cast<uint32_t>(v);
  else if constexpr (std::is_same_v<T, double>) return std::bit_cast<uint64_t>(v);
  else return uint64_t(std::make_unsigned_t<T>(v));
}
// The accumulators: cells of integers, f32, f64.
inline void keep(uint32_t v, uint64_t& acc, float&, double&) { acc = v; }
inline void keep(int32_t v, uint64_t& acc, float&, double&) { acc = uint32_t(v); }
inline void keep(uint64_t v, uint64_t& acc, float&, double&) { acc = v; }
inline void keep(int64_t v, uint64_t& acc, float&, double&) { acc = uint64_t(v); }
inline void keep(float v, uint64_t&, float& fa, double&) { fa = v; }
inline void keep(double v, uint64_t&, float&, double& da) { da = v; }
template <class T>
inline T accumulated(uint64_t acc, float fa, double da) {
  if constexpr (std::is_same_v<T, float>) return fa;
  else if constexpr (std::is_same_v<T, double>) return da;
  else return T(acc);
}
// A vector in two cells, which may lie anywhere.
struct [[gnu::packed, gnu::may_alias]] CellPair {
  v128 v;
};
inline v128 get128(const uint64_t* cells) { return reinterpret_cast<const CellPair*>(cells)->v; }
inline void put128(uint64_t* cells, v128 v) { reinterpret_cast<CellPair*>(cells)->v = v; }
// The immediate of a fused comparison.
template <class T>
inline T sext_imm(uint32_t imm) {
  if constexpr (std::is_same_v<T, uint64_t>) return uint64_t(int64_t(int32_t(imm)));
  else return get<T>(imm);
}
template <class M>
inline M load(const uint8_t* at) {
  M v;
  std::memcpy(&v, at, sizeof v);
  return v;
}
template <class M>
inline void store(uint8_t* at, M v) {
  std::memcpy(at, &v, sizeof v);
}

inline vm::TrapCode trap_of(wasm::NumTrap t) {
  switch (t) {
    case wasm::NumTrap::kNone: return vm::TrapCode::kNone;
    case wasm::NumTrap::kDivByZero: return vm::TrapCode::kIntegerDivideByZero;
    case wasm::NumTrap::kIntOverflow: return vm::TrapCode::kIntegerOverflow;
    case wasm::NumTrap::kInvalidConversion: return vm::TrapCode::kInvalidConversion;
  }
  return vm::TrapCode::kNone;
}

// What bulk operations cost beyond their row of the opcode table.
constexpr uint64_t kBytesPerFuel = uint64_t{1} << wasm::kBytesPerFuelLog2;
constexpr uint64_t kElementsPerFuel = uint64_t{1} << wasm::kElementsPerFuelLog2;
inline uint64_t memory_work(Instance* inst, uint32_t memory, uint64_t bytes) {
  return bytes <= inst->memory(memory)->length() ? bytes / kBytesPerFuel : 0;
}
inline uint64_t table_work(Instance* inst, uint32_t table, uint64_t elements) {
  return elements <= inst->table(table)->current_elements ? elements / kElementsPerFuel : 0;
}
inline uint64_t growth_work(uint64_t elements) {
  return elements <= wasm::kMaxTableSize ? elements / kElementsPerFuel : 0;
}
inline bool pay_fuel(Vm* vm, uint64_t units) {
  if (*vm->fuel <= 0 && uint64_t(-*vm->fuel) >= units) {
    *vm->fuel += int64_t(units);
    return true;
  }
  vm->required_fuel = units;
  vm->done(DoneReason::kOutOfFuel);
  return false;
}

// Where a br_table at `ip` goes with this index.
inline const uint64_t* table_target(const uint64_t* ip, uint32_t index) {
  const uint32_t count = reinterpret_cast<const uint32_t*>(ip)[1];
  const uint32_t i = index < count ? index : count;
  return ip + 1 + i / 2 + reinterpret_cast<const int32_t*>(ip + 1)[i];
}

inline uint64_t* vmctx_cell(Instance* inst, uint32_t offset) {
  return reinterpret_cast<uint64_t*>(reinterpret_cast<char*>(inst->vmctx()) + offset);
}
inline vm::VMMemoryDefinition* memory_at(Instance* inst, uint32_t offset) {
  return *reinterpret_cast<vm::VMMemoryDefinition**>(vmctx_cell(inst, offset));
}

// `where`: VMContext offset, bit 31 for an imported table (see bytecode.def, call_indirect).
inline const vm::VMTableDefinition* table_at(Instance* inst, uint32_t where) {
  uint64_t* at = vmctx_cell(inst, where & 0x7fffffff);
  return where >> 31 ? *reinterpret_cast<vm::VMTableDefinition**>(at) : reinterpret_cast<vm::VMTableDefinition*>(at);
}

}  // namespace wjit::rt
