// Accesses to linear memories, and what is done with whole memories.
//
// Rows 1, 2 and 11 of the failure classes live here. An index of 32 bits is extended before anything is added to it, so
// no sum of it wraps; an index of 64 bits is compared before it is added to anything. An access without a check has its
// last byte below 4 GiB + guard_bytes, whatever the index.
#include "compiler/ir/libcall.h"
#include "compiler/support/plant.h"
#include "compiler/translate/translator.h"
#include "compiler/wasm/limits.h"
#include "compiler/wasm/op_table.h"

namespace wjit::translate {

namespace {
constexpr uint64_t kMostDisplacement = 0x7fff'ffff;
}

const MemoryInfo& Translator::memory_info(uint32_t memory) const {
  static constexpr MemoryInfo kChecked;
  return memory < env_.memories.size() ? env_.memories[memory] : kChecked;
}

uint64_t Translator::least_bytes(uint32_t memory) const {
  const wasm::MemoryType& type = module_.memories[memory];
  return type.limits.min << type.page_size_log2;
}

Translator::Value Translator::memory_definition(uint32_t memory, uint32_t& displacement) {
  displacement = 0;
  if (memory < module_.imported_memories)
    return load_constant(Type::kI64, vmctx_, offsets_.vmctx_imported_memory(memory) + vm::off::VMMemoryImport::from);
  const uint32_t defined = memory - module_.imported_memories;
  const vm::ModuleCounts& counts = offsets_.counts();
  if (counts.owned_memories != counts.defined_memories)  // some are shared: only the pointers are numbered alike
    return load_constant(Type::kI64, vmctx_, offsets_.vmctx_defined_memory(defined));
  displacement = offsets_.vmctx_owned_memory(defined);
  return vmctx_;
}

Translator::Value Translator::memory_base(uint32_t memory) {
  const MemoryInfo& info = memory_info(memory);
  const bool fixed = info.guard || !info.base_moves;
  MemoryCache& cache = buffers_.memories[memory];
  const uint32_t stamp = fixed ? stamp_ : moving_stamp_;
  if (cache.base_stamp == stamp) return cache.base;
  uint32_t at;
  const Value definition = memory_definition(memory, at);
  cache.base_stamp = stamp;
  return cache.base = load_of(fixed ? ir::Region::kVmctx : ir::Region::kMemoryDef,
                              alias_number(memory, module_.imported_memories), Type::kI64, definition,
                              at + vm::off::VMMemoryDefinition::base);
}

Translator::Value Translator::memory_length(uint32_t memory) {
  MemoryCache& cache = buffers_.memories[memory];
  if (cache.length_stamp == moving_stamp_) return cache.length;
  uint32_t at;
  const Value definition = memory_definition(memory, at);
  cache.length_stamp = moving_stamp_;
  return cache.length = load_of(ir::Region::kMemoryDef, alias_number(memory, module_.imported_memories), Type::kI64,
                                definition, at + vm::off::VMMemoryDefinition::current_length);
}

// ---- accesses -----------------------------------------------------------------------------------------------------

// `index` + `end` must not exceed the length.
void Translator::check_bounds(uint32_t memory, Value index, uint64_t end) {
  const Value length = memory_length(memory);
  if (end <= least_bytes(memory)) {
    const Value most = b_.binary(Op::sub, Type::kI64, length, i64(end));
    return trap_if(b_.icmp(ir::IntCc::gt_u, Type::kI64, index, most), TrapCode::kMemoryOutOfBounds);
  }
  const Value limit = i64(end);
  const Value sum = b_.binary(Op::add, Type::kI64, index, limit);
  if (module_.memories[memory].is64)
    trap_if(b_.icmp(ir::IntCc::lt_u, Type::kI64, sum, limit), TrapCode::kMemoryOutOfBounds);
  trap_if(b_.icmp(ir::IntCc::gt_u, Type::kI64, sum, length), TrapCode::kMemoryOutOfBounds);
}

// An address that is known: no arithmetic is left for run time, and below the memory's least size no check either.
bool Translator::constant_place(const wasm::MemArg& mem, uint64_t index, uint32_t bytes, Place& at) {
  if (mem.offset > kMostDisplacement || index > kMostDisplacement) return false;
  const uint64_t address = index + mem.offset, end = address + bytes;
  if (end > kMostDisplacement) return false;
  if (end > least_bytes(mem.memory)) {
    if (memory_info(mem.memory).guard) {
      at.access.traps = true;
    } else if (!WJIT_PLANTED(missing_check)) {
      const Value length = memory_length(mem.memory);
      trap_if(b_.icmp(ir::IntCc::lt_u, Type::kI64, length, i64(end)), TrapCode::kMemoryOutOfBounds);
    }
  }
  at.address = memory_base(mem.memory);
  at.displacement = static_cast<int32_t>(address);
  return true;
}

bool Translator::place(const wasm::MemArg& mem, Value index, uint32_t bytes, Place& at) {
  at.access = {.region = ir::Region::kHeap, .number = alias_number(mem.memory, module_.imported_memories)};
  if (uint64_t known; is_constant(index, known) && constant_place(mem, known, bytes, at)) return true;
  const uint64_t end = mem.offset + bytes;
  if (end < bytes) {
    trap(TrapCode::kMemoryOutOfBounds);
    return false;
  }
  const MemoryInfo& info = memory_info(mem.memory);
  const Value wide_index = wide(index);
  const bool unchecked = WJIT_PLANTED(imported_unchecked) && mem.memory < module_.imported_memories;
  if ((info.guard && end <= info.guard_bytes) || unchecked)
    at.access.traps = true;
  else
    check_bounds(mem.memory, wide_index, end);
  at.address = b_.binary(Op::add, Type::kI64, memory_base(mem.memory), wide_index);
  at.displacement = 0;
  if (mem.offset <= kMostDisplacement)
    at.displacement = static_cast<int32_t>(mem.offset);
  else
    at.address = b_.binary(Op::add, Type::kI64, at.address, i64(mem.offset));
  return true;
}

void Translator::load(const Form& form, const wasm::Instr& in) {
  Place at;
  if (!place(in.mem, pop(), wasm::kOpTable[size_t(in.op)].bytes, at)) return;
  push(b_.load(form.op, form.type, at.access, at.address, at.displacement));
}

void Translator::store(const Form& form, const wasm::Instr& in) {
  Place at;
  const Value value = pop();
  if (!place(in.mem, pop(), wasm::kOpTable[size_t(in.op)].bytes, at)) return;
  b_.store(form.op, form.type, at.access, at.address, value, at.displacement);
}

// ---- libcalls -----------------------------------------------------------------------------------------------------

ir::Inst Translator::libcall(vm::Libcall call, std::initializer_list<Value> args) {
  ir::Sig& sig = libcall_signatures_[size_t(call)];
  if (!sig.valid()) sig = f_.new_signature(ir::libcall_signature(call));
  args_.assign(1, vmctx_);
  args_.insert(args_.end(), args);
  const ir::Inst i = b_.call(Op::libcall, sig, static_cast<uint32_t>(call), args_);
  forget_all();
  return i;
}

void Translator::libcall_or_leave(vm::Libcall call, std::initializer_list<Value> args) {
  // C says nothing of a bool's register beyond its byte.
  const Value ok = f_.result(libcall(call, args));
  b_.check(Op::leave_unless, b_.binary(Op::and_, Type::kI32, ok, i32(0xff)));
}

Translator::Value Translator::growing_libcall(vm::Libcall call, std::initializer_list<Value> args) {
  const Value before = f_.result(libcall(call, args));
  b_.check(Op::leave_if, b_.icmp(ir::IntCc::eq, Type::kI64, before, i64(vm::kGrowTrapped)));
  return before;
}

// ---- whole memories -----------------------------------------------------------------------------------------------

void Translator::pay_by(Value units, Value most, uint32_t units_log2) {
  const Value shifted = b_.binary(Op::shr_u, Type::kI64, units, i64(units_log2));
  const Value fits = b_.icmp(ir::IntCc::le_u, Type::kI64, units, most);
  b_.check(Op::fuel_by, b_.select(Type::kI64, fits, WJIT_PLANTED(wrong_cost) ? i64(0) : shifted, i64(0)));
  forget_moving();
}

Result<void> Translator::memory_op(const wasm::Instr& in) {
  using W = wasm::Op;
  using vm::Libcall;
  if (in.op == W::data_drop) {
    libcall(Libcall::data_drop, {i32(in.a)});
    return {};
  }
  if (in.op == W::memory_size) {
    const wasm::MemoryType& type = module_.memories[in.a];
    if (type.shared) {  // another thread may have grown it: read anew each time, in one order with all that is atomic
      b_.put({.op = Op::atomic_fence}, {});
      forget_moving();
    }
    const Value length = memory_length(in.a);
    const Value pages = b_.binary(Op::shr_u, Type::kI64, length, i64(type.page_size_log2));
    push(narrow_for(pages, type.is64));
    return {};
  }
  if (in.op == W::memory_grow) {
    const Value delta = wide(pop());
    push(narrow_for(growing_libcall(Libcall::memory_grow, {i32(in.a), delta}), module_.memories[in.a].is64));
    return {};
  }
  if (in.op != W::memory_init) return bulk_op(in);
  const Value c = pop(), b = pop(), a = wide(pop());
  if (env_.options.fuel) pay_by(wide(c), memory_length(in.b), wasm::kBytesPerFuelLog2);
  libcall_or_leave(Libcall::memory_init, {i32(in.b), i32(in.a), a, b, c});
  return {};
}

}  // namespace wjit::translate
