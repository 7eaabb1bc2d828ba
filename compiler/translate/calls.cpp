// Calls, tables and references. Which trap comes first, and with which code, is the interpreter's (runtime/interp).
#include "compiler/translate/translator.h"
#include "compiler/wasm/limits.h"

namespace wjit::translate {

using vm::Libcall;

// ---- tables -------------------------------------------------------------------------------------------------------

Translator::TableInfo Translator::table_info(uint32_t table) const {
  const wasm::TableType& type = module_.tables[table].type;
  // A table that cannot grow has the size it was made with, and stays where it is; an import's is the same.
  return {.imported = table < module_.imported_tables,
          .fixed = type.limits.has_max() && type.limits.max == type.limits.min,
          .lazy = module_.registry->top(type.element) == wasm::Heap::kFunc,
          .is64 = type.is64,
          .size = type.limits.min,
          .number = alias_number(table, module_.imported_tables)};
}

Translator::Value Translator::table_definition(uint32_t table, const TableInfo& t, uint32_t& displacement) {
  displacement = 0;
  if (t.imported)
    return load_constant(Type::kI64, vmctx_, offsets_.vmctx_imported_table(table) + vm::off::VMTableImport::from);
  displacement = offsets_.vmctx_defined_table(table - module_.imported_tables);
  return vmctx_;
}

Translator::Value Translator::table_size(uint32_t table, const TableInfo& t) {
  if (t.fixed) return i64(t.size);
  uint32_t at;
  const Value definition = table_definition(table, t, at);
  return load_of(ir::Region::kTableDef, t.number, Type::kI64, definition,
                 at + vm::off::VMTableDefinition::current_elements);
}

Translator::Value Translator::table_slot(uint32_t table, const TableInfo& t, Value index, TrapCode code) {
  trap_if(b_.icmp(ir::IntCc::ge_u, Type::kI64, index, table_size(table, t)), code);
  uint32_t at;
  const Value definition = table_definition(table, t, at);
  const Value base = load_of(t.fixed ? ir::Region::kVmctx : ir::Region::kTableDef, t.number, Type::kI64, definition,
                             at + vm::off::VMTableDefinition::base);
  const Value scaled = b_.binary(Op::shl, Type::kI64, index, i64(3));
  return b_.binary(Op::add, Type::kI64, base, scaled);
}

Translator::Value Translator::lazy_reference(uint32_t table, Value word, Value index, TrapCode null_traps) {
  const Value ref = b_.binary(Op::and_, Type::kI64, word, i64(~uint64_t{vm::kTableSlotInitializedBit}));
  // The slow way gives null for a null that is there, so that where null traps one question is enough.
  const Value asked = null_traps == TrapCode::kNone ? word : ref;
  const Value make = b_.icmp(ir::IntCc::eq, Type::kI64, asked, i64(0));
  const ir::Block cold = f_.new_block(), go_on = new_block_like_this();
  branch_to_cold(make, true, cold, go_on, {&ref, 1});
  const uint32_t stamp = stamp_, moving_stamp = moving_stamp_;
  const Value made = f_.result(libcall(Libcall::table_get_lazy, {i32(table), index}));
  stamp_ = stamp, moving_stamp_ = moving_stamp;  // it moves nothing
  if (null_traps != TrapCode::kNone) is_null_traps(made, null_traps);
  b_.jump(go_on, {&made, 1});
  go_on_in(go_on);
  return f_.append_param(go_on, Type::kI64);
}

Result<void> Translator::table_op(const wasm::Instr& in) {
  using W = wasm::Op;
  const auto pay = [&](uint32_t table, Value elements) {
    if (env_.options.fuel) pay_by(elements, table_size(table, table_info(table)), wasm::kElementsPerFuelLog2);
  };
  if (in.op == W::elem_drop) {
    libcall(Libcall::elem_drop, {i32(in.a)});
    return {};
  }
  const uint32_t table = in.op == W::table_init ? in.b : in.a;
  const TableInfo t = table_info(table);
  switch (in.op) {
    case W::table_size: push(narrow_for(table_size(table, t), t.is64)); return {};
    case W::table_get: {
      WJIT_CHECK(no_exception(module_.tables[table].type.element, in.offset));
      const Value index = wide(pop());
      const Value slot = table_slot(table, t, index, TrapCode::kTableOutOfBounds);
      const Value word = load_of(ir::Region::kTable, t.number, Type::kI64, slot, 0);
      push(t.lazy ? lazy_reference(table, word, index, TrapCode::kNone) : word);
      return {};
    }
    case W::table_set: {
      Value ref = pop();
      const Value slot = table_slot(table, t, wide(pop()), TrapCode::kTableOutOfBounds);
      if (t.lazy) ref = b_.binary(Op::or_, Type::kI64, ref, i64(vm::kTableSlotInitializedBit));
      b_.store(Op::store, Type::kI64, {.region = ir::Region::kTable, .number = t.number}, slot, ref, 0);
      return {};
    }
    case W::table_grow: {
      const Value delta = wide(pop()), ref = pop();
      if (env_.options.fuel) pay_by(delta, i64(wasm::kMaxTableSize), wasm::kElementsPerFuelLog2);
      push(narrow_for(growing_libcall(Libcall::table_grow, {i32(table), delta, ref}), t.is64));
      return {};
    }
    default: break;
  }
  const Value c = pop(), b = pop(), a = wide(pop());
  if (in.op == W::table_fill) {
    const Value length = wide(c);
    pay(table, length);
    libcall_or_leave(Libcall::table_fill, {i32(table), a, b, length});
  } else if (in.op == W::table_copy) {
    const Value from = wide(b), length = wide(c);
    pay(table, length);
    libcall_or_leave(Libcall::table_copy, {i32(in.a), i32(in.b), a, from, length});
  } else {
    if (env_.options.fuel) pay(table, wide(c));
    libcall_or_leave(Libcall::table_init, {i32(table), i32(in.a), a, b, c});
  }
  return {};
}

// ---- references ---------------------------------------------------------------------------------------------------

Translator::Value Translator::type_id(uint32_t type_index) {
  const Value ids = load_constant(Type::kI64, vmctx_, vm::off::VMContext::type_ids);
  return load_constant(Type::kI32, ids, uint64_t{type_index} * vm::off::VMSharedTypeIndex::kSize);
}

uint32_t Translator::type_index_of(wasm::TypeId id) const {
  uint32_t index = 0;
  while (index < module_.types.size() && module_.types[index] != id) ++index;
  return index;
}

Translator::Value Translator::matches(Value ref, wasm::ValType type) {
  using wasm::Heap;
  const Value null = is_null(ref);
  const Value if_null = type.nullable() ? null : i32(0);
  switch (type.heap()) {
    case Heap::kFunc: case Heap::kExtern: case Heap::kAny: case Heap::kExn:
      return type.nullable() ? i32(1) : b_.icmp(ir::IntCc::eq, Type::kI32, null, i32(0));
    case Heap::kEq: case Heap::kI31: {
      const Value word = b_.wrap(ref);
      const Value is_i31 = b_.binary(Op::and_, Type::kI32, word, i32(1));
      return type.nullable() ? b_.binary(Op::or_, Type::kI32, is_i31, null) : is_i31;
    }
    case Heap::kConcrete: break;
    default: return if_null;  // bottoms hold null only; structs and arrays do not exist here
  }
  const wasm::SubType& target = (*module_.registry)[type.type_id()];
  if (target.composite != wasm::Composite::kFunc) return if_null;
  const uint32_t index = type_index_of(type.type_id());
  passed_ += index / 16;
  if (!target.is_final || index == module_.types.size()) return Value();
  const ir::Block look = f_.new_block(), done = f_.new_block();
  b_.brif(null, f_.new_edge(done, {&if_null, 1}), f_.new_edge(look));
  go_on_in(look);
  const Value found = load_of(ir::Region::kFuncRef, 0, Type::kI32, ref, vm::off::VMFuncRef::type_index);
  const Value same = b_.icmp(ir::IntCc::eq, Type::kI32, found, type_id(index));
  b_.jump(done, {&same, 1});
  go_on_in(done);
  return f_.append_param(done, Type::kI32);
}

Result<void> Translator::ref_op(const wasm::Instr& in) {
  using W = wasm::Op;
  switch (in.op) {
    case W::ref_null: push(i64(0)); return {};
    case W::ref_is_null: stack_.back() = is_null(stack_.back()); return {};
    case W::ref_func: push(f_.result(libcall(Libcall::ref_func, {i32(in.a)}))); return {};
    case W::ref_eq: {
      const Value b = pop();
      stack_.back() = b_.icmp(ir::IntCc::eq, Type::kI64, stack_.back(), b);
      return {};
    }
    case W::ref_as_non_null: is_null_traps(stack_.back(), TrapCode::kNullReference); return {};
    case W::ref_test: case W::ref_test_null: case W::ref_cast: case W::ref_cast_null: {
      const Value is = matches(stack_.back(), in.type);
      if (!is.valid()) return unsupported(in, Feature::kGc, ": the type has subtypes");
      if (in.op == W::ref_test || in.op == W::ref_test_null)
        stack_.back() = is;
      else
        b_.check(Op::trap_unless, is, static_cast<uint16_t>(TrapCode::kCastFailure));
      return {};
    }
    // An i31 is its value with a one behind it, so that it is never null.
    case W::ref_i31: {
      const Value shifted = b_.binary(Op::shl, Type::kI32, stack_.back(), i32(1));
      stack_.back() = b_.extend_u(b_.binary(Op::or_, Type::kI32, shifted, i32(1)));
      return {};
    }
    default: {  // i31.get_s, i31.get_u
      is_null_traps(stack_.back(), TrapCode::kNullI31Reference);
      const Op op = in.op == W::i31_get_s ? Op::shr_s : Op::shr_u;
      const Value word = b_.wrap(stack_.back());
      stack_.back() = b_.binary(op, Type::kI32, word, i32(1));
      return {};
    }
  }
}

// ---- calls --------------------------------------------------------------------------------------------------------

ir::Sig Translator::signature(wasm::TypeId id) {
  const uint32_t known = buffers_.signatures.get(id);
  if (known != ir::ValueMap::kAbsent) return ir::Sig(known);
  const wasm::FuncType type = (*module_.registry)[id].func();
  ir::Signature s;
  s.params.reserve(type.params.size());
  s.results.reserve(type.results.size());
  for (wasm::ValType t : type.params) s.params.push_back(ir_type(t));
  for (wasm::ValType t : type.results) s.results.push_back(ir_type(t));
  const ir::Sig sig = f_.new_signature(std::move(s));
  buffers_.signatures.set(id, sig.n);
  return sig;
}

Result<void> Translator::finish_call(const wasm::Instr& in, Op op, wasm::TypeId type, uint32_t callee) {
  for (wasm::ValType t : (*module_.registry)[type].func().results) WJIT_CHECK(no_exception(t, in.offset));
  const ir::Sig sig = signature(type);
  const size_t params = f_.sig(sig).params.size(), results = f_.sig(sig).results.size();
  count_passed(params + results);
  args_.insert(args_.end(), stack_.end() - static_cast<ptrdiff_t>(params), stack_.end());
  stack_.resize(stack_.size() - params);
  const ir::Inst i = b_.call(op, sig, callee, args_);
  forget_all();
  if (ir::is_terminator(op)) {
    die();
  } else {
    for (uint32_t k = 0; k < results; ++k) push(f_.result(i, k));
  }
  return {};
}

Result<void> Translator::call(const wasm::Instr& in) {
  const bool tail = in.op == wasm::Op::return_call;
  const wasm::TypeId type = module_.funcs[in.a];
  args_.clear();
  if (in.a >= module_.imported_funcs)
    return finish_call(in, tail ? Op::return_call : Op::call, type, in.a - module_.imported_funcs);
  const uint32_t at = offsets_.vmctx_imported_function(in.a);
  args_.push_back(load_constant(Type::kI64, vmctx_, at + vm::off::VMFunctionImport::wasm_call));
  args_.push_back(load_constant(Type::kI64, vmctx_, at + vm::off::VMFunctionImport::vmctx));
  return finish_call(in, tail ? Op::return_call_indirect : Op::call_indirect, type, 0);
}

Result<void> Translator::call_indirect(const wasm::Instr& in) {
  const wasm::TypeId want = module_.types[in.a];
  const wasm::ValType element = module_.tables[in.b].type.element;
  // Where the table's type says it all there is nothing to compare.
  const bool check = !element.concrete() || !module_.registry->is_subtype(element.type_id(), want);
  if (check && !(*module_.registry)[want].is_final) return unsupported(in, Feature::kGc, ": the type may have subtypes");
  const TableInfo t = table_info(in.b);
  const Value index = wide(pop());
  const Value slot = table_slot(in.b, t, index, TrapCode::kUndefinedElement);
  const Value word = load_of(ir::Region::kTable, t.number, Type::kI64, slot, 0);
  const bool tail = in.op == wasm::Op::return_call_indirect;
  const ir::Block join = call_likely(in, tail, want, word, vm::kTableSlotInitializedBit);
  const Value ref = lazy_reference(in.b, word, index, TrapCode::kUninitializedElement);
  if (check) {
    const Value found = load_of(ir::Region::kFuncRef, 0, Type::kI32, ref, vm::off::VMFuncRef::type_index);
    trap_if(b_.icmp(ir::IntCc::ne, Type::kI32, found, type_id(in.a)), TrapCode::kIndirectCallType);
  }
  args_.clear();
  args_.push_back(load_of(ir::Region::kFuncRef, 0, Type::kI64, ref, vm::off::VMFuncRef::wasm_call));
  args_.push_back(load_of(ir::Region::kFuncRef, 0, Type::kI64, ref, vm::off::VMFuncRef::vmctx));
  WJIT_CHECK(finish_call(in, tail ? Op::return_call_indirect : Op::call_indirect, want, 0));
  if (join.valid()) join_likely(join, want);
  return {};
}

Result<void> Translator::call_ref(const wasm::Instr& in) {
  const Value ref = pop();
  const wasm::TypeId want = module_.types[in.a];
  const bool tail = in.op == wasm::Op::return_call_ref;
  const ir::Block join = call_likely(in, tail, want, ref, 0);
  is_null_traps(ref, TrapCode::kNullFunctionReference);
  args_.clear();
  args_.push_back(load_of(ir::Region::kFuncRef, 0, Type::kI64, ref, vm::off::VMFuncRef::wasm_call));
  args_.push_back(load_of(ir::Region::kFuncRef, 0, Type::kI64, ref, vm::off::VMFuncRef::vmctx));
  WJIT_CHECK(finish_call(in, tail ? Op::return_call_indirect : Op::call_indirect, want, 0));
  if (join.valid()) join_likely(join, want);
  return {};
}

}  // namespace wjit::translate
