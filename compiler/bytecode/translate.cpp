#include "compiler/bytecode/translate.h"

#include <fmt/format.h>
#include <utility>

#include "compiler/bytecode/translator.h"

namespace wjit::bc {

constexpr auto make_forms() {
  std::array<Form, wasm::kOpCount> f{};
#define UNARY(id, A, R) f[size_t(wasm::Op::id)] = {Form::kUnary, Op::id};
#define BINARY(id, A, R) f[size_t(wasm::Op::id)] = {Form::kBinary, Op::id##_ss};
#define COMPARE(id, A) f[size_t(wasm::Op::id)] = {Form::kCompare, Op::id##_ss};
#define TRAP_UNARY(id, A, R) f[size_t(wasm::Op::id)] = {Form::kTrapUnary, Op::id};
#define TRAP_BINARY(id, A, R) f[size_t(wasm::Op::id)] = {Form::kTrapBinary, Op::id##_ss};
#define LOAD(id, M, R) f[size_t(wasm::Op::id)] = {Form::kLoad, Op::id##_m0};
#define STORE(id, M, S) f[size_t(wasm::Op::id)] = {Form::kStore, Op::id##_m0};
#define A_LOAD(id, M, R) f[size_t(wasm::Op::id)] = {Form::kAtomicLoad, Op::id};
#define A_STORE(id, M) f[size_t(wasm::Op::id)] = {Form::kAtomicStore, Op::id};
#define A_RMW(id, M, T, name) f[size_t(wasm::Op::id)] = {Form::kAtomicRmw, Op::id};
#define A_CMPXCHG(id, M, T) f[size_t(wasm::Op::id)] = {Form::kAtomicCmpxchg, Op::id};
#define V_UNARY(id) f[size_t(wasm::Op::id)] = {Form::kVUnary, Op::id};
#define V_BINARY(id) f[size_t(wasm::Op::id)] = {Form::kVBinary, Op::id};
#define V_TERNARY(id) f[size_t(wasm::Op::id)] = {Form::kVTernary, Op::id};
#define V_SHIFT(id) f[size_t(wasm::Op::id)] = {Form::kVShift, Op::id##_ss};
#define V_TEST(id) f[size_t(wasm::Op::id)] = {Form::kVTest, Op::id};
#define V_SPLAT(id, T) f[size_t(wasm::Op::id)] = {Form::kVSplat, Op::id};
#define V_EXTRACT(id, R) f[size_t(wasm::Op::id)] = {Form::kVExtract, Op::id};
#define V_REPLACE(id, T) f[size_t(wasm::Op::id)] = {Form::kVReplace, Op::id};
#define V_LOAD(id, M) f[size_t(wasm::Op::id)] = {Form::kVLoad, Op::id##_m0};
#define V_STORE(id, M) f[size_t(wasm::Op::id)] = {Form::kStore, Op::id##_m0};
#define V_LOAD_LANE(id, M) f[size_t(wasm::Op::id)] = {Form::kVLoadLane, Op::id};
#define V_STORE_LANE(id, M) f[size_t(wasm::Op::id)] = {Form::kVStoreLane, Op::id};
#include "compiler/bytecode/bytecode.def"
  return f;
}
constexpr auto kFormTable = make_forms();

constexpr auto make_accumulator_forms() {
  std::array<AccumulatorForms, size_t(Op::kCount)> f{};
  using enum Accumulator;
  constexpr Accumulator u32 = kInt, u64 = kInt, s32 = kInt, s64 = kInt, f32 = kF32, f64 = kF64;
  constexpr Op no = Op::kCount;
#define FORMS(id, ...) f[size_t(Op::id)] = {__VA_ARGS__};
#define UNARY(id, A, R) FORMS(id, Op::id##_a, no, Op::id##_q, A, kNone, R) FORMS(id##_a, no, no, Op::id##_aq, kNone, kNone, R)
#define BINARY(id, A, R)                                              \
  FORMS(id##_ss, Op::id##_as, Op::id##_sa, Op::id##_ssq, A, A, R)     \
  FORMS(id##_si, Op::id##_ai, no, Op::id##_siq, A, kNone, R)          \
  FORMS(id##_is, no, Op::id##_ia, Op::id##_isq, kNone, A, R)          \
  FORMS(id##_as, no, no, Op::id##_asq, kNone, kNone, R)               \
  FORMS(id##_sa, no, no, Op::id##_saq, kNone, kNone, R)               \
  FORMS(id##_ai, no, no, Op::id##_aiq, kNone, kNone, R)               \
  FORMS(id##_ia, no, no, Op::id##_iaq, kNone, kNone, R)
#define COMPARE(id, A)                                                \
  FORMS(id##_ss, Op::id##_as, Op::id##_sa, Op::id##_ssq, A, A, kInt)  \
  FORMS(id##_si, Op::id##_ai, no, Op::id##_siq, A, kNone, kInt)       \
  FORMS(id##_as, no, no, Op::id##_asq, kNone, kNone, kInt)            \
  FORMS(id##_sa, no, no, Op::id##_saq, kNone, kNone, kInt)            \
  FORMS(id##_ai, no, no, Op::id##_aiq, kNone, kNone, kInt)
#define TRAP_UNARY(id, A, R) UNARY(id, A, R)
#define TRAP_BINARY(id, A, R) BINARY(id, A, R)
#define LOAD(id, M, R)                                                \
  FORMS(id##_m0, Op::id##_m0_a, no, Op::id##_m0_q, kInt, kNone, R)    \
  FORMS(id##_m0w, Op::id##_m0w_a, no, Op::id##_m0w_q, kInt, kNone, R) \
  FORMS(id##_abs, no, no, Op::id##_abs_q, kNone, kNone, R)            \
  FORMS(id##_gen, no, no, no, kNone, kNone, R)                        \
  FORMS(id##_m0_a, no, no, Op::id##_m0_aq, kNone, kNone, R)           \
  FORMS(id##_m0w_a, no, no, Op::id##_m0w_aq, kNone, kNone, R)
#define STORE(id, M, S)                                               \
  FORMS(id##_m0, Op::id##_m0_as, Op::id##_m0_sa, no, kInt, S)         \
  FORMS(id##_m0w, Op::id##_m0w_as, Op::id##_m0w_sa, no, kInt, S)      \
  FORMS(id##_abs, no, Op::id##_abs_sa, no, kNone, S)
#include "compiler/bytecode/bytecode.def"
  FORMS(br_if, Op::br_if_a, no, no, kInt)
  FORMS(br_unless, Op::br_unless_a, no, no, kInt)
  FORMS(br_table, Op::br_table_a, no, no, kInt)
  FORMS(select, Op::select_a, no, Op::select_q, kInt, kNone, kInt)
  FORMS(select_a, no, no, Op::select_aq, kNone, kNone, kInt)
  FORMS(global_get, no, no, Op::global_get_q, kNone, kNone, kInt)
  FORMS(global_set, Op::global_set_a, no, no, kInt)
  FORMS(ret1, Op::ret1_a, no, no, kInt)
#undef FORMS
  return f;
}
constinit const std::array<AccumulatorForms, size_t(Op::kCount)> kAccumulatorForms = make_accumulator_forms();

static Op form(Op first, unsigned k) { return Op(unsigned(first) + k); }

// ---- emission -----------------------------------------------------------------------------------------------

uint32_t Translator::emit(Op op, uint32_t a, uint32_t b, uint32_t c) {
  word(uint64_t(op) | uint64_t(a & 0xffff) << 16 | uint64_t(b & 0xffff) << 32 | uint64_t(c & 0xffff) << 48);
  return pos() - 1;
}

uint32_t Translator::emit_imm(Op op, uint32_t a, uint32_t imm) {
  word(uint64_t(op) | uint64_t(a & 0xffff) << 16 | uint64_t(imm) << 32);
  return pos() - 1;
}

uint32_t Translator::scratch(uint32_t cells) {
  if (!far_frame_) {
    needs_far_frame_ = true;
    return 0;
  }
  WJIT_ASSERT(next_scratch_ + cells <= kScratchCells);
  return scratch_base_ + std::exchange(next_scratch_, next_scratch_ + cells);
}

uint32_t Translator::near(uint32_t slot, uint32_t cells) {
  if (is_near(slot)) return slot;
  const uint32_t s = scratch(cells);
  copy_cells(s, slot, cells);
  return s;
}

uint32_t Translator::slot(const Operand& e) {
  if (e.kind == Operand::kLocal) return local_slot_[e.local];
  if (e.kind == Operand::kConst) constant(home(e), e.value);
  return home(e);
}

uint32_t Translator::def_begin(uint32_t cells) {
  stack_.push_temp(cells);
  const uint32_t h = home(stack_.top());
  return is_near(h) ? h : scratch(cells);
}

void Translator::def_end(uint32_t start, uint32_t written) {
  const uint32_t h = home(stack_.top());
  if (h != written) return copy_cells(h, written, stack_.top().cells);
  last_def_ = start;
  last_def_end_ = pos();
  last_def_slot_ = h;
  if (!options_.accumulators || kAccumulatorForms[code_->words[start] & 0xffff].out == Accumulator::kNone) return;
  accumulated_ = start;
  accumulated_end_ = pos();
  accumulated_slot_ = h;
}

// A temporary is read once: nobody will look for it in its cell.
bool Translator::take_accumulated(Op& op, const Operand& e, bool second) {
  if (accumulated_end_ != pos() || e.kind == Operand::kConst) return false;
  if (accumulated_slot_ != (e.kind == Operand::kLocal ? local_slot_[e.local] : home(e))) return false;
  const AccumulatorForms& to = kAccumulatorForms[size_t(op)];
  uint64_t& w = code_->words[accumulated_];
  const AccumulatorForms& from = kAccumulatorForms[w & 0xffff];
  const Op with = second ? to.second : to.first;
  if (with == Op::kCount || from.out != (second ? to.in_second : to.in_first)) return false;
  if (e.kind == Operand::kTemp && from.quiet != Op::kCount) {
    w = (w & ~uint64_t{0xffff}) | uint64_t(from.quiet);
    accumulated_end_ = last_def_end_ = kNone;
  }
  op = with;
  return true;
}

uint32_t Translator::operand(Op& op, const Operand& e, bool second) {
  return take_accumulated(op, e, second) ? 0 : use(e);
}

Translator::Cells Translator::operands(Op& op, const Operand& first, const Operand& second) {
  if (!needs_code(second) && take_accumulated(op, first, false)) return {0, use(second)};
  if (!needs_code(first) && take_accumulated(op, second, true)) return {use(first), 0};
  const uint32_t a = use(first);
  return {a, use(second)};
}

void Translator::emit_def(Op op, uint32_t b, uint32_t c, std::initializer_list<uint64_t> extra,
                          uint32_t cells) {
  const uint32_t d = def_begin(cells);
  const uint32_t at = emit(op, d, b, c);
  for (uint64_t w : extra) word(w);
  def_end(at, d);
}

void Translator::emit_def_imm(Op op, uint32_t imm, std::initializer_list<uint64_t> extra,
                              uint32_t cells) {
  const uint32_t d = def_begin(cells);
  const uint32_t at = emit_imm(op, d, imm);
  for (uint64_t w : extra) word(w);
  def_end(at, d);
}

void Translator::copy_cells(uint32_t dst, uint32_t src, uint32_t cells) {
  if (dst == src) return;
  if (!is_near(dst) || !is_near(src)) {
    emit_imm(cells == 1 ? Op::copy_far : Op::copy_span, 0, dst);
    word(cells == 1 ? src : uint64_t(src) | uint64_t(cells) << 32);
    return;
  }
  if (cells == 2) {
    emit(Op::copy128, dst, src);
    return;
  }
  if (last_copy_end_ == pos()) {
    uint64_t& w = code_->words[last_copy_];
    if (((w >> 16) & 0xffff) + 1 == dst) {  // copy d, s; copy d+1, src
      w = uint64_t(Op::copy2) | (w & 0x0000ffffffff0000) | uint64_t(src) << 48;
      last_copy_end_ = kNone;
      return;
    }
  }
  last_copy_ = emit(Op::copy, dst, src);
  last_copy_end_ = pos();
}

void Translator::constant(uint32_t dst, uint64_t value) {
  const uint32_t held = next_scratch_;
  const uint32_t d = is_near(dst) ? dst : scratch(1);
  if (value <= 0xffffffff) {
    emit_imm(Op::const32, d, uint32_t(value));
  } else {
    emit(Op::const64, d);
    word(value);
  }
  if (d != dst) {
    emit_imm(Op::copy_far, 0, dst);
    word(d);
    next_scratch_ = held;
  }
}

void Translator::put(uint32_t dst, const Operand& e) {
  if (e.kind == Operand::kConst)
    constant(dst, e.value);
  else
    copy_cells(dst, slot(e), e.cells);
}

// ---- function -----------------------------------------------------------------------------------------------

Result<void> Translator::begin(const wasm::ValidatorView&, std::span<const wasm::LocalGroup> locals) {
  const wasm::FuncType type = module_.func_type(func_index_);
  code_->func_index = func_index_;
  uint32_t cell = 0;
  auto add_local = [&](wasm::ValType t) {
    local_slot_.push_back(cell);
    local_cells_.push_back(uint8_t(t.cells()));
    cell += t.cells();
  };
  for (wasm::ValType t : type.params) add_local(t);
  code_->param_cells = cell;
  if (far_frame_) {
    scratch_base_ = cell;
    cell += kScratchCells;
    code_->local_gap = kScratchCells;
  }
  for (const wasm::LocalGroup& g : locals)
    for (uint32_t i = 0; i < g.count; ++i) add_local(g.type);
  code_->zero_cells = cell - code_->param_cells;
  temp_base_ = cell;
  results_ = uint32_t(type.results.size());
  for (wasm::ValType t : type.results) code_->result_cells += t.cells();
  stack_.reset(local_slot_.size());
  control_.push_back({wasm::Op::kCount, 0, 0, 0});
  code_->words.reserve(module_.bodies[func_index_ - module_.imported_funcs].size / 2 + 8);
  if (options_.profile) emit_imm(Op::count_call, 0, func_index_ - module_.imported_funcs);
  offset_ = module_.bodies[func_index_ - module_.imported_funcs].offset;
  epoch();
  return {};
}

std::unique_ptr<const Code> Translator::take() {
  code_->frame_cells = std::max(temp_base_ + stack_.max_cells(), code_->result_cells);
  code_->words.shrink_to_fit();
  code_->offsets.shrink_to_fit();
  code_->loops.shrink_to_fit();
  code_->loop_operands.shrink_to_fit();
  code_->places.shrink_to_fit();
  code_->tries.shrink_to_fit();
  code_->clauses.shrink_to_fit();
  if (counters_ != 0) code_->counters = std::make_unique<std::atomic<uint32_t>[]>(counters_);
  return std::move(code_);
}

void Translator::fuel_block(uint32_t offset) {
  if (!options_.fuel) return;
  offset_ = offset;
  may_trap();
  fuel_at_ = emit_imm(Op::fuel, 0, 0);
}

void Translator::epoch() {
  if (!options_.epoch) return;
  may_trap();
  emit(Op::epoch);
}

void Translator::fuel_block_end(uint64_t cost) {
  if (fuel_at_ == kNone) return;
  uint64_t& w = code_->words[fuel_at_];
  w = (w & 0xffffffff) | std::min<uint64_t>(cost, 0xffffffff) << 32;
  fuel_at_ = kNone;
}

Result<void> Translator::visit(const wasm::Instr& in, bool reachable, const wasm::ValidatorView& view) {
  offset_ = in.offset;
  next_scratch_ = 0;
  const Form f = kFormTable[size_t(in.op)];
  switch (f.kind) {
    case Form::kUnary: unary(f.first, false); return {};
    case Form::kTrapUnary: unary(f.first, true); return {};
    case Form::kBinary: binary(f.first, false); return {};
    case Form::kTrapBinary: binary(f.first, true); return {};
    case Form::kCompare: compare(f.first); return {};
    case Form::kLoad: load(f.first, in.mem, 1); return {};
    case Form::kStore: store(f.first, in.mem); return {};
    case Form::kAtomicLoad: case Form::kAtomicStore: case Form::kAtomicRmw: case Form::kAtomicCmpxchg:
      return atomic(f, in);
    case Form::kNone: break;
    default: return vector(f, in);
  }
  using wasm::Op;
  switch (in.op) {
    case Op::nop: return {};
    case Op::drop: stack_.pop(); return {};
    case Op::i32_const: case Op::i64_const: case Op::f32_const: case Op::f64_const:
      stack_.push_const(in.value);
      return {};
    case Op::ref_null: stack_.push_const(0); return {};
    case Op::local_get: stack_.push_local(in.a, local_cells_[in.a]); return {};
    case Op::local_set: local_set(in.a, false); return {};
    case Op::local_tee: local_set(in.a, true); return {};
    case Op::global_get: global(in, false); return {};
    case Op::global_set: global(in, true); return {};
    case Op::select: case Op::select_t: select(stack_.top(1).cells); return {};
    // The bits stay; only their name changes. (An i32 sits zero-extended in its cell.)
    case Op::i64_extend_i32_u: case Op::i32_reinterpret_f32: case Op::i64_reinterpret_f64: case Op::f32_reinterpret_i32:
    case Op::f64_reinterpret_i64:
      return {};
    case Op::memory_size: case Op::memory_grow: case Op::memory_fill: case Op::memory_copy: case Op::memory_init:
    case Op::data_drop:
      memory_op(in);
      return {};
    case Op::table_get: case Op::table_set: case Op::table_size: case Op::table_grow: case Op::table_fill:
    case Op::table_copy: case Op::table_init: case Op::elem_drop:
      table_op(in);
      return {};
    case Op::ref_func: may_trap(); emit_def_imm(bc::Op::ref_func, in.a); return {};
    case Op::ref_is_null: { const uint32_t a = pop_use(); emit_def(bc::Op::ref_is_null, a); return {}; }
    case Op::ref_eq: binary(bc::Op::i64_eq_ss, false); return {};
    case Op::ref_as_non_null: may_trap(); emit(bc::Op::ref_as_non_null, use(stack_.top())); return {};
    case Op::ref_test: case Op::ref_test_null: return ref_test(in, false);
    case Op::ref_cast: case Op::ref_cast_null: return ref_test(in, true);
    case Op::ref_i31: unary(bc::Op::ref_i31, false); return {};
    case Op::i31_get_s: unary(bc::Op::i31_get_s, true); return {};
    case Op::i31_get_u: unary(bc::Op::i31_get_u, true); return {};
    case Op::i64_add128: wide(bc::Op::i64_add128, 4); return {};
    case Op::i64_sub128: wide(bc::Op::i64_sub128, 4); return {};
    case Op::i64_mul_wide_s: wide(bc::Op::i64_mul_wide_s, 2); return {};
    case Op::i64_mul_wide_u: wide(bc::Op::i64_mul_wide_u, 2); return {};
    case Op::memory_atomic_wait32: wait_or_notify(bc::Op::memory_atomic_wait32, in, true); return {};
    case Op::memory_atomic_wait64: wait_or_notify(bc::Op::memory_atomic_wait64, in, true); return {};
    case Op::memory_atomic_notify: wait_or_notify(bc::Op::memory_atomic_notify, in, false); return {};
    case Op::atomic_fence: emit(bc::Op::atomic_fence); return {};
    case Op::v128_const: v128_const(in); return {};
    case Op::i8x16_shuffle: shuffle(in); return {};
    default: return control(in, reachable, view);
  }
}

Result<void> Translator::unsupported(const wasm::Instr& in) const {
  return fail(ErrorKind::kUnsupported,
              fmt::format("{} is valid, but the interpreter does not run it yet", wasm::info(in.op).text), in.offset);
}

// ---- straight-line code -------------------------------------------------------------------------------------

void Translator::unary(Op op, bool traps) {
  const uint32_t a = operand(op, stack_.pop());
  if (traps) may_trap();
  emit_def(op, a);
}

void Translator::binary(Op ss, bool traps) {
  const Operand b = stack_.pop(), a = stack_.pop();
  if (b.kind == Operand::kConst) {
    Op op = form(ss, 1);
    const uint32_t ra = operand(op, a);
    if (traps) may_trap();
    emit_def(op, ra, 0, {b.value});
  } else if (a.kind == Operand::kConst) {
    Op op = form(ss, 2);
    const uint32_t rb = operand(op, b, true);
    if (traps) may_trap();
    emit_def(op, 0, rb, {a.value});
  } else {
    const Cells c = operands(ss, a, b);
    if (traps) may_trap();
    emit_def(ss, c.first, c.second);
  }
}

void Translator::compare(Op ss) {
  const Operand b = stack_.pop(), a = stack_.pop();
  if (b.kind == Operand::kConst) {
    Op op = form(ss, 1);
    const uint32_t ra = operand(op, a);
    emit_def(op, ra, 0, {b.value});
  } else {
    const Cells c = operands(ss, a, b);
    emit_def(ss, c.first, c.second);
  }
}

uint32_t Translator::memory_pointer(uint32_t memory) const {
  return memory < module_.imported_memories ? offsets_.vmctx_imported_memory(memory)
                                            : offsets_.vmctx_defined_memory(memory - module_.imported_memories);
}

// The four forms stand in this order behind the first.
enum MemForm { kM0, kM0w, kAbs, kGen };

void Translator::load(Op m0, const wasm::MemArg& mem, uint32_t cells) {
  const Operand addr = stack_.pop();
  if (is_mem0_fast(mem)) {
    if (addr.kind == Operand::kConst && addr.value + mem.offset <= 0xffffffff) {
      may_trap();
      return emit_def_imm(form(m0, kAbs), uint32_t(addr.value + mem.offset), {}, cells);
    }
    const bool narrow = mem.offset <= 0xffff;
    Op op = narrow ? m0 : form(m0, kM0w);
    const uint32_t p = operand(op, addr);
    may_trap();
    if (narrow) return emit_def(op, p, uint32_t(mem.offset), {}, cells);
    return emit_def(op, p, 0, {mem.offset}, cells);
  }
  const uint32_t p = use(addr);
  may_trap();
  emit_def(form(m0, kGen), p, 0, {mem.offset, memory_pointer(mem.memory)}, cells);
}

void Translator::store(Op m0, const wasm::MemArg& mem) {
  const Operand value = stack_.pop(), addr = stack_.pop();
  if (!is_mem0_fast(mem)) {
    const uint32_t v = use(value), p = use(addr);
    may_trap();
    emit(form(m0, kGen), v, p);
    word(mem.offset);
    word(memory_pointer(mem.memory));
    return;
  }
  if (addr.kind == Operand::kConst && addr.value + mem.offset <= 0xffffffff) {
    Op op = form(m0, kAbs);
    const uint32_t v = operand(op, value, true);
    may_trap();
    emit_imm(op, v, uint32_t(addr.value + mem.offset));
    return;
  }
  const bool narrow = mem.offset <= 0xffff;
  Op op = narrow ? m0 : form(m0, kM0w);
  const Cells c = operands(op, addr, value);
  may_trap();
  emit(op, c.second, c.first, narrow ? uint32_t(mem.offset) : 0);
  if (!narrow) word(mem.offset);
}

void Translator::local_set(uint32_t local, bool tee) {
  const Operand e = stack_.pop();
  const uint32_t dst = local_slot_[local];
  const bool moved = stack_.has_readers(local) && !(e.kind == Operand::kLocal && e.local == local);
  if (moved) stack_.preserve_local(local, [&](const Operand& r) { go_home(r); });
  if (e.kind == Operand::kTemp && last_def_end_ == pos() && last_def_slot_ == home(e) && is_near(dst)) {
    uint64_t& w = code_->words[last_def_];  // the value goes where it is wanted
    w = (w & ~uint64_t{0xffff0000}) | uint64_t(dst) << 16;
    last_def_slot_ = dst;
    last_def_end_ = kNone;
    if (accumulated_end_ == pos()) accumulated_slot_ = dst;
  } else if (!(e.kind == Operand::kLocal && e.local == local)) {
    put(dst, e);
  }
  if (tee) stack_.push_local(local, local_cells_[local]);
}

void Translator::global(const wasm::Instr& in, bool set) {
  const bool imported = in.a < module_.imported_globals;
  const uint32_t off = imported ? offsets_.vmctx_imported_global(in.a)
                                : offsets_.vmctx_defined_global(in.a - module_.imported_globals);
  if (module_.globals[in.a].type.type.cells() == 2) {
    if (set) {
      const uint32_t src = slot(stack_.pop());
      emit_imm(Op::global_set128, 0, off);
      word(uint64_t{imported} << 32 | src);
    } else {
      stack_.push_temp(2);
      emit_imm(Op::global_get128, 0, off);
      word(uint64_t{imported} << 32 | home(stack_.top()));
    }
    return;
  }
  if (set) {
    Op op = imported ? Op::global_set_import : Op::global_set;
    const uint32_t a = operand(op, stack_.pop());
    emit_imm(op, a, off);
  } else {
    emit_def_imm(imported ? Op::global_get_import : Op::global_get, off);
  }
}

void Translator::select(uint32_t cells) {
  const Operand cond = stack_.pop(), b = stack_.pop(), a = stack_.pop();
  if (cells == 1) {
    Op op = Op::select;
    const uint32_t c = needs_code(a) || needs_code(b) ? use(cond) : operand(op, cond);
    const uint32_t ra = use(a), rb = use(b);
    emit_def(op, ra, rb, {c});
    return;
  }
  const uint32_t c = use(cond);
  // v128: both sides at home, side by side; the second is moved down when the condition is 0.
  if (a.kind != Operand::kTemp) go_home(a);
  if (b.kind != Operand::kTemp) go_home(b);
  stack_.push_temp(2);
  emit_imm(Op::select128, c, home(stack_.top()));
  word(0);
}

void Translator::three(Op op, uint64_t w1) {
  const Operand z = stack_.pop(), y = stack_.pop(), x = stack_.pop();
  const uint32_t a = use(x), b = use(y), c = use(z);
  may_trap();
  emit(op, a, b, c);
  word(w1);
}

void Translator::memory_op(const wasm::Instr& in) {
  using W = wasm::Op;
  switch (in.op) {
    case W::memory_size:
      emit_def(Op::memory_size, 0, 0,
               {uint64_t(memory_pointer(in.a)) | uint64_t(module_.memories[in.a].page_size_log2) << 32});
      return;
    case W::memory_grow: {
      const uint32_t delta = pop_use();
      may_trap();
      emit_def(Op::memory_grow, delta, 0, {in.a | uint64_t{module_.memories[in.a].is64} << 32});
      return;
    }
    case W::memory_fill: return three(Op::memory_fill, in.a);
    case W::memory_copy: return three(Op::memory_copy, in.a | uint64_t(in.b) << 32);
    case W::memory_init: return three(Op::memory_init, in.a | uint64_t(in.b) << 32);
    default: emit_imm(Op::data_drop, 0, in.a); return;
  }
}

void Translator::table_op(const wasm::Instr& in) {
  using W = wasm::Op;
  switch (in.op) {
    case W::table_get: {
      const uint32_t i = pop_use();
      may_trap();
      emit_def(Op::table_get, i, 0, {in.a});
      return;
    }
    case W::table_set: {
      const uint32_t v = pop_use(), i = pop_use();
      may_trap();
      emit(Op::table_set, i, v);
      word(in.a);
      return;
    }
    case W::table_size: emit_def(Op::table_size, 0, 0, {in.a}); return;
    case W::table_grow: {
      const uint32_t delta = pop_use(), init = pop_use();
      may_trap();
      emit_def(Op::table_grow, init, delta, {in.a | uint64_t{module_.tables[in.a].type.is64} << 32});
      return;
    }
    case W::table_fill: return three(Op::table_fill, in.a);
    case W::table_copy: return three(Op::table_copy, in.a | uint64_t(in.b) << 32);
    case W::table_init: return three(Op::table_init, in.a | uint64_t(in.b) << 32);
    default: emit_imm(Op::elem_drop, 0, in.a); return;
  }
}

// Operands and results side by side in place, so that one operand field is enough.
void Translator::wide(Op op, uint32_t operands) {
  send_home(operands);
  const uint32_t base = home(stack_.top(operands - 1));
  for (uint32_t i = 0; i < operands; ++i) stack_.pop();
  const bool far = base + 4 > 0x10000;
  uint32_t at = base;
  if (far) {
    at = scratch(operands);
    emit_imm(Op::copy_span, 0, at);
    word(uint64_t(base) | uint64_t(operands) << 32);
  }
  emit(op, at);
  if (far) {
    emit_imm(Op::copy_span, 0, base);
    word(uint64_t(at) | uint64_t(2) << 32);
  }
  stack_.push_temp(1);
  stack_.push_temp(1);
}

uint64_t Translator::cast_target(wasm::ValType type) const {
  uint32_t index = 0;
  if (type.concrete())
    while (index < module_.types.size() && module_.types[index] != type.type_id()) ++index;
  return bc::cast_target(type.nullable(), unsigned(type.heap()), index);
}

Result<void> Translator::ref_test(const wasm::Instr& in, bool cast) {
  if (cast) {
    const uint32_t a = use(stack_.top());
    may_trap();
    emit(Op::ref_cast, a);
    word(cast_target(in.type));
  } else {
    const uint32_t a = pop_use();
    emit_def(Op::ref_test, a, 0, {cast_target(in.type)});
  }
  return {};
}

}  // namespace wjit::bc
