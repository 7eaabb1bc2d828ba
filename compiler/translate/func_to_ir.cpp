#include "compiler/translate/func_to_ir.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/support/plant.h"
#include "compiler/translate/loop_entry.h"
#include "compiler/translate/translator.h"

namespace wjit::translate {

ir::Type ir_type(wasm::ValType t) {
  switch (t.kind()) {
    case wasm::ValKind::kI32: return ir::Type::kI32;
    case wasm::ValKind::kF32: return ir::Type::kF32;
    case wasm::ValKind::kF64: return ir::Type::kF64;
    case wasm::ValKind::kV128: return ir::Type::kV128;
    default: return ir::Type::kI64;
  }
}

Buffers::Buffers() : impl_(std::make_unique<Impl>()) {}
Buffers::~Buffers() = default;

// Far beyond what programs do: CPython's functions pass less than one value for each byte of their bodies, and the one
// that takes most work in SSA construction takes one and a half steps a byte.
static uint64_t most_values(uint64_t body_size) { return std::min<uint64_t>((256 << 10) + 16 * body_size, 32 << 20); }
static uint64_t most_work(uint64_t body_size) { return std::min<uint64_t>((512 << 10) + 32 * body_size, 24 << 20); }

Translator::Translator(const Env& env, uint32_t defined_index, Buffers::Impl& b, ir::Function& f,
                       const LoopPoint* loop)
    : env_(env),
      module_(env.module),
      offsets_(env.offsets),
      func_index_(env.module.imported_funcs + defined_index),
      f_(f),
      b_(f),
      buffers_(b),
      ssa_(b.ssa),
      stack_(b.stack),
      args_(b.args),
      control_(b.control),
      most_passed_(most_values(env.module.bodies[defined_index].size)),
      profile_(env.profile && *env.profile ? (*env.profile)(defined_index) : nullptr),
      point_(loop) {
  stack_.clear();
  control_.clear();
  b.signatures.clear();
  b.memories.assign(module_.memories.size(), {});
  f_.number = func_index_;
  f_.reserve(module_.bodies[defined_index].size / 2 + 16);
  ssa_.reset(f_, most_work(module_.bodies[defined_index].size));
}

// ---- function -----------------------------------------------------------------------------------------------------

Result<void> Translator::begin(const wasm::ValidatorView& view, std::span<const wasm::LocalGroup> locals) {
  const wasm::FuncType type = view.func_type();
  const ir::Block entry = f_.new_block();
  go_on_in(entry);
  vmctx_ = f_.append_param(entry, Type::kI64);
  f_.append_param(entry, Type::kI64);
  const uint64_t body = module_.bodies[func_index_ - module_.imported_funcs].offset;
  for (wasm::ValType t : type.params) WJIT_CHECK(no_exception(t, body));
  for (wasm::ValType t : type.results) WJIT_CHECK(no_exception(t, body));
  for (const wasm::LocalGroup& g : locals) WJIT_CHECK(no_exception(g.type, body));
  if (point_) return begin_at_loop(type, locals);
  for (wasm::ValType t : type.params) {
    f_.signature.params.push_back(ir_type(t));
    ssa_.declare(ir_type(t));
    push(f_.append_param(entry, ir_type(t)));
  }
  for (wasm::ValType t : type.results) f_.signature.results.push_back(ir_type(t));
  for (const wasm::LocalGroup& g : locals) ssa_.declare(ir_type(g.type), g.count);
  ssa_.start();
  for (uint32_t i = 0; i < stack_.size(); ++i) ssa_.set(i, stack_[i]);
  stack_.clear();
  Control c{.op = wasm::Op::kCount};
  c.opened = ssa_.here();
  control_.push_back(c);
  if (env_.options.epoch) b_.set_offset(module_.bodies[func_index_ - module_.imported_funcs].offset);
  epoch();
  return {};
}

void Translator::epoch() {
  if (!env_.options.epoch) return;
  if (env_.options.epoch_only_traps) return b_.epoch_trap();
  b_.epoch();
  forget_moving();
}

void Translator::fuel_block(uint32_t offset) {
  fuel_ = ir::Inst();
  if (!env_.options.fuel || !alive_) return;
  b_.set_offset(offset);
  fuel_ = b_.put({.op = Op::fuel}, {});
  forget_moving();
}

void Translator::fuel_block_end(uint64_t cost) {
  if (fuel_.valid()) f_.inst(fuel_).set_imm(std::min<uint64_t>(cost, 0xffffffff));
}

Result<void> Translator::finish() {
  if (ssa_.too_large() || passed_ > most_passed_)
    return fail(ErrorKind::kLimit, "the function's branches pass too many values for its size",
                module_.bodies[func_index_ - module_.imported_funcs].offset);
  if (!point_) return {};
  if (!entered_) return fail(ErrorKind::kUnsupported, "control does not get to the loop", point_->offset);
  return {};
}

Result<void> Translator::unsupported(const wasm::Instr& in, Feature feature, const char* why) const {
  return fail(ErrorKind::kUnsupported,
              fmt::format("{}: {} is valid, but the compiler does not translate it yet{}", feature_name(feature),
                          wasm::info(in.op).text, why),
              in.offset);
}

Result<void> Translator::no_exception(wasm::ValType t, uint64_t offset) const {
  if (!t.is_ref() || t.heap() != wasm::Heap::kExn) return {};
  return fail(ErrorKind::kUnsupported,
              fmt::format("{}: what holds an exnref is left to the interpreter", feature_name(Feature::kExceptions)),
              offset);
}

// ---- straight-line code -------------------------------------------------------------------------------------------

bool Translator::is_constant(Value v, uint64_t& value) const {
  const ir::Inst i = f_.def(f_.resolve(v));
  if (!i.valid() || f_.inst(i).op != Op::iconst) return false;
  value = f_.inst(i).imm();
  return true;
}

void Translator::trap(TrapCode code) {
  b_.trap(static_cast<uint16_t>(code));
  if (b_.block() != f_.entry()) f_.block(b_.block()).cold = true;
  die();
}

Result<void> Translator::visit(const wasm::Instr& in, bool reachable, const wasm::ValidatorView& view) {
  b_.set_offset(in.offset);
  if (!alive_) return control(in, reachable, view);
  const Form& form = kForms[size_t(in.op)];
  switch (form.kind) {
    case Form::kUnary: stack_.back() = b_.unary(form.op, form.type, stack_.back()); return {};
    case Form::kBinary: {
      const Value b = pop();
      stack_.back() = b_.binary(form.op, form.type, stack_.back(), b);
      return {};
    }
    case Form::kIntCompare: {
      const Value b = pop();
      stack_.back() = b_.icmp(ir::IntCc(form.aux), form.type, stack_.back(), b);
      return {};
    }
    case Form::kFloatCompare: {
      const Value b = pop();
      stack_.back() = b_.fcmp(ir::FloatCc(form.aux), form.type, stack_.back(), b);
      return {};
    }
    case Form::kIsZero: {
      const Value zero = b_.iconst(form.type, 0);
      stack_.back() = b_.icmp(ir::IntCc::eq, form.type, stack_.back(), zero);
      return {};
    }
    case Form::kConvert: stack_.back() = b_.convert(form.op, form.type, Type(form.aux), stack_.back()); return {};
    case Form::kLoad: load(form, in); return {};
    case Form::kStore: store(form, in); return {};
    case Form::kAtomic: atomic(form, in); return {};
    case Form::kVector: vector(in); return {};
    case Form::kNone: break;
  }
  return other(in, reachable, view);
}

Result<void> Translator::other(const wasm::Instr& in, bool reachable, const wasm::ValidatorView& view) {
  using W = wasm::Op;
  switch (in.op) {
    case W::nop: return {};
    case W::drop: stack_.pop_back(); return {};
    case W::i32_const: push(i32(static_cast<uint32_t>(in.value))); return {};
    case W::i64_const: push(i64(in.value)); return {};
    case W::f32_const: push(b_.fconst(Type::kF32, in.value)); return {};
    case W::f64_const: push(b_.fconst(Type::kF64, in.value)); return {};
    case W::local_get: push(ssa_.get(in.a)); return {};
    case W::local_set: ssa_.set(in.a, pop()); return {};
    case W::local_tee: ssa_.set(in.a, stack_.back()); return {};
    case W::global_get: return global(in, false);
    case W::global_set: return global(in, true);
    case W::select: case W::select_t: select(); return {};
    case W::i64_extend32_s: stack_.back() = b_.extend_s(b_.wrap(stack_.back())); return {};
    case W::i64_add128: add_sub_128(false); return {};
    case W::i64_sub128: add_sub_128(true); return {};
    case W::i64_mul_wide_s: mul_wide(true); return {};
    case W::i64_mul_wide_u: mul_wide(false); return {};
    case W::memory_size: case W::memory_grow: case W::memory_fill: case W::memory_copy: case W::memory_init:
    case W::data_drop:
      return memory_op(in);
    case W::table_get: case W::table_set: case W::table_size: case W::table_grow: case W::table_fill:
    case W::table_copy: case W::table_init: case W::elem_drop:
      return table_op(in);
    case W::ref_null: case W::ref_is_null: case W::ref_func: case W::ref_eq: case W::ref_as_non_null:
    case W::ref_test: case W::ref_test_null: case W::ref_cast: case W::ref_cast_null: case W::ref_i31:
    case W::i31_get_s: case W::i31_get_u:
      return ref_op(in);
    case W::memory_atomic_wait32: case W::memory_atomic_wait64: case W::memory_atomic_notify: case W::atomic_fence:
      return wait_or_notify(in);
    case W::call: case W::return_call: return call(in);
    case W::call_indirect: case W::return_call_indirect: return call_indirect(in);
    case W::call_ref: case W::return_call_ref: return call_ref(in);
    default: return control(in, reachable, view);
  }
}

Result<void> Translator::global(const wasm::Instr& in, bool set) {
  const wasm::GlobalType& type = module_.globals[in.a].type;
  WJIT_CHECK(no_exception(type.type, in.offset));
  const bool imported = in.a < module_.imported_globals;
  // What nobody can write never changes while code runs.
  const ir::Access access{.region = type.is_mutable ? ir::Region::kGlobal : ir::Region::kVmctx,
                          .number = type.is_mutable ? alias_number(in.a, module_.imported_globals) : uint8_t{0}};
  Value at = vmctx_;
  uint32_t displacement = 0;
  if (imported)
    at = load_constant(Type::kI64, vmctx_, offsets_.vmctx_imported_global(in.a) + vm::off::VMGlobalImport::from);
  else
    displacement = offsets_.vmctx_defined_global(in.a - (WJIT_PLANTED(forgotten_imports) ? 0 : module_.imported_globals));
  displacement += vm::off::VMGlobalDefinition::storage;
  if (set)
    b_.store(Op::store, ir_type(type.type), access, at, pop(), static_cast<int32_t>(displacement));
  else
    push(b_.load(Op::load, ir_type(type.type), access, at, static_cast<int32_t>(displacement)));
  return {};
}

void Translator::select() {
  const Value condition = pop(), b = pop(), a = pop();
  push(b_.select(f_.type(a), condition, a, b));
}

void Translator::add_sub_128(bool sub) {
  const Value b_high = pop(), b_low = pop(), a_high = pop(), a_low = pop();
  const Op op = sub ? Op::sub : Op::add;
  const Value low = b_.binary(op, Type::kI64, a_low, b_low);
  const Value carry = sub ? b_.icmp(ir::IntCc::lt_u, Type::kI64, a_low, b_low)
                          : b_.icmp(ir::IntCc::lt_u, Type::kI64, low, a_low);
  const Value high = b_.binary(op, Type::kI64, a_high, b_high);
  push(low);
  push(b_.binary(op, Type::kI64, high, b_.extend_u(carry)));
}

void Translator::mul_wide(bool is_signed) {
  const Value b = pop(), a = pop();
  push(b_.binary(Op::mul, Type::kI64, a, b));
  push(b_.binary(is_signed ? Op::mul_hi_s : Op::mul_hi_u, Type::kI64, a, b));
}

// ---- the door -----------------------------------------------------------------------------------------------------

support::Result<ir::Function> func_to_ir(const Env& env, uint32_t defined_index, Buffers& buffers,
                                         const LoopPoint* loop) {
  ir::Function f;
  Translator t(env, defined_index, *buffers, f, loop);
  WJIT_CHECK(wasm::validate_func(env.module, defined_index, t, (*buffers).validator));
  f.resolve_aliases();
  if (loop) drop_what_is_not_needed(f);
  return f;
}

}  // namespace wjit::translate
