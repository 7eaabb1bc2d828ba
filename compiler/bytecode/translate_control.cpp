#include <utility>

#include "compiler/bytecode/translator.h"

namespace wjit::bc {

// Comparisons by the immediate their fused branch can hold: 32 bits as they are, 64 bits by sign extension, none (f64).
enum CompareImm : uint8_t { kNoCompare, k32, k64, kF64 };
constexpr auto make_compares() {
  std::array<CompareImm, size_t(Op::kCount)> t{};
  constexpr CompareImm u32 = k32, u64 = k64, f32 = k32, f64 = kF64;
#define COMPARE(id, A)                                                                            \
  t[size_t(Op::id##_ss)] = t[size_t(Op::id##_si)] = t[size_t(Op::id##_as)] = t[size_t(Op::id##_sa)] = \
      t[size_t(Op::id##_ai)] = A;
#include "compiler/bytecode/bytecode.def"
  return t;
}
constexpr auto kCompares = make_compares();

// The branches stand behind the comparison in this order, in both lists of forms.
static Op branch_form(Op compare, bool when) {
  const unsigned forms = compare < Op::kPlainCount ? 2 : 3;
  return Op(unsigned(compare) + (when ? forms : 2 * forms));
}
static_assert(unsigned(Op::br_i32_eq_as) == unsigned(Op::i32_eq_as) + 3 && unsigned(Op::brn_i32_eq_ai) == unsigned(Op::i32_eq_ai) + 6);
static_assert(unsigned(Op::br_i32_eq_ss) == unsigned(Op::i32_eq_ss) + 2 && unsigned(Op::brn_i32_eq_si) == unsigned(Op::i32_eq_si) + 4);

static uint32_t field_b(uint64_t w) { return w >> 32 & 0xffff; }
static uint32_t field_c(uint64_t w) { return uint32_t(w >> 48); }

// ---- branch sites -------------------------------------------------------------------------------------------
// An offset counts words from the word that holds it. Until its label is known the field links to the next site.

void Translator::set_offset(uint32_t at, bool high, uint32_t to) {
  const uint32_t off = to - at;
  uint64_t& w = code_->words[at];
  w = high ? (w & 0xffffffff) | uint64_t(off) << 32 : (w & ~uint64_t{0xffffffff}) | off;
}

void Translator::add_site(uint32_t& chain, uint32_t at, bool high) {
  uint64_t& w = code_->words[at];
  w = high ? (w & 0xffffffff) | uint64_t(chain) << 32 : (w & ~uint64_t{0xffffffff}) | chain;
  chain = at * 2 + high;
}

void Translator::bind(uint32_t& chain) {
  if (chain == kNone) return;
  while (chain != kNone) {
    const uint32_t at = chain / 2;
    const bool high = chain & 1;
    const uint64_t w = code_->words[at];
    chain = high ? uint32_t(w >> 32) : uint32_t(w);
    set_offset(at, high, pos());
  }
  label_here();
}

void Translator::site_to(uint32_t depth, uint32_t at, bool high) {
  Control& c = target(depth);
  if (c.op == wasm::Op::loop)
    set_offset(at, high, c.start);
  else
    add_site(c.sites, at, high);
}

// ---- values at labels ---------------------------------------------------------------------------------------

bool Translator::in_place(uint32_t depth, uint32_t n) {
  if (n == 0) return true;
  if (stack_.top(n - 1).cell != target(depth).cells) return false;
  for (uint32_t i = 0; i < n; ++i)
    if (stack_.top(i).kind != Operand::kTemp) return false;
  return true;
}

// Bottom up is safe: values only move down, so a cell is written after every value above it that lived lower was read.
void Translator::move_to_label(uint32_t depth, uint32_t n) {
  uint32_t dst = temp_base_ + target(depth).cells;
  for (uint32_t i = n; i-- > 0;) {
    const Operand& e = stack_.top(i);
    put(dst, e);
    dst += e.cells;
  }
}

void Translator::return_values(uint32_t n) {
  if (n == 0) {
    emit(Op::ret);
    return;
  }
  if (n == 1 && stack_.top().cells == 1) {
    const Operand& e = stack_.top();
    if (e.kind == Operand::kConst) {
      emit(Op::ret_const);
      word(e.value);
    } else {
      Op op = Op::ret1;
      const uint32_t a = operand(op, e);
      emit(op, a);
    }
    return;
  }
  // Results may still be in params that others overwrite: gather them above everything first. The entries themselves
  // stay as they are, for this may be one path of several.
  uint32_t from = home(stack_.top(n - 1));
  bool gathered = true;
  for (uint32_t i = 0; i < n; ++i) gathered &= stack_.top(i).kind == Operand::kTemp;
  if (!gathered) {
    from = temp_base_ + stack_.cells();
    stack_.reserve(code_->result_cells);
    uint32_t dst = from;
    for (uint32_t i = n; i-- > 0; dst += stack_.top(i).cells) put(dst, stack_.top(i));
  }
  emit_imm(Op::ret_span, 0, from);
  word(code_->result_cells);
}

void Translator::jump(uint32_t depth, uint32_t n) {
  if (is_return(depth)) return return_values(n);
  move_to_label(depth, n);
  const uint32_t at = emit_imm(Op::br, 0, 0);
  site_to(depth, at, true);
}

// ---- conditions ---------------------------------------------------------------------------------------------

Translator::Site Translator::branch_on(const Operand& cond, bool when) {
  if (cond.kind == Operand::kTemp && last_def_end_ == pos() && last_def_slot_ == home(cond)) {
    const uint64_t w = code_->words[last_def_];
    const Op op = Op(w & 0xffff);
    auto fused = [&](Op branch, uint64_t imm) -> Site {
      code_->words.resize(last_def_);
      label_here();
      emit(branch, field_b(w), field_c(w));
      word(imm << 32);
      return {pos() - 1, false};
    };
    auto simple = [&](Op branch) -> Site {
      code_->words.resize(last_def_);
      label_here();
      return {emit_imm(branch, field_b(w), 0), true};
    };
    if (const CompareImm kind = kCompares[size_t(op)]; kind != kNoCompare) {
      const bool si = last_def_end_ - last_def_ == 2;
      const uint64_t imm = si ? code_->words[last_def_ + 1] : 0;
      if (!si || kind == k32 || (kind == k64 && int64_t(imm) == int32_t(imm)))
        return fused(branch_form(op, when), imm);
    } else if (op == Op::i32_eqz) {
      return simple(when ? Op::br_unless : Op::br_if);
    } else if (op == Op::i32_eqz_a) {
      return simple(when ? Op::br_unless_a : Op::br_if_a);
    } else if (op == Op::i64_eqz) {
      return fused(when ? Op::br_i64_eq_si : Op::brn_i64_eq_si, 0);
    } else if (op == Op::i64_eqz_a) {
      return fused(when ? Op::br_i64_eq_ai : Op::brn_i64_eq_ai, 0);
    } else if (op == Op::ref_is_null) {
      return simple(when ? Op::br_if_null : Op::br_if_non_null);
    }
  }
  Op op = when ? Op::br_if : Op::br_unless;
  const uint32_t a = operand(op, cond);
  return {emit_imm(op, a, 0), true};
}

void Translator::br_if(uint32_t depth, uint32_t n) {
  const Operand cond = stack_.pop();
  const uint32_t ways = counters(ProfilePlace::kWays);
  if (ways == kNone && !is_return(depth) && in_place(depth, n)) {
    const Site s = branch_on(cond, true);
    site_to(depth, s.word, s.high);
    return;
  }
  const Site s = branch_on(cond, false);
  uint32_t skip = kNone;
  add_site(skip, s.word, s.high);
  count_way(ways, true);
  jump(depth, n);
  bind(skip);
  count_way(ways, false);
}

void Translator::br_on_null(uint32_t depth, uint32_t n) {
  const Operand e = stack_.pop();
  const uint32_t r = use(e), ways = counters(ProfilePlace::kWays);
  if (ways == kNone && !is_return(depth) && in_place(depth, n)) {
    const uint32_t at = emit_imm(Op::br_if_null, r, 0);
    site_to(depth, at, true);
  } else {
    uint32_t skip = kNone;
    add_site(skip, emit_imm(Op::br_if_non_null, r, 0), true);
    count_way(ways, true);
    jump(depth, n);
    bind(skip);
    count_way(ways, false);
  }
  stack_.push_again(e);
}

void Translator::br_on_non_null(uint32_t depth, uint32_t n) {
  const uint32_t r = use(stack_.top()), ways = counters(ProfilePlace::kWays);
  uint32_t skip = kNone;
  add_site(skip, emit_imm(Op::br_if_null, r, 0), true);
  count_way(ways, true);
  jump(depth, n);
  bind(skip);
  count_way(ways, false);
  stack_.pop();
}

void Translator::br_on_cast(const wasm::Instr& in, uint32_t n, bool on_fail) {
  const uint32_t r = use(stack_.top());
  emit_def(Op::ref_test, r, 0, {cast_target(in.type2)});
  const Operand cond = stack_.pop();
  uint32_t skip = kNone;
  const uint32_t ways = counters(ProfilePlace::kWays);
  const Site s = branch_on(cond, on_fail);
  add_site(skip, s.word, s.high);
  count_way(ways, true);
  jump(in.a, n);
  bind(skip);
  count_way(ways, false);
}

void Translator::br_table(const wasm::Instr& in, const wasm::ValidatorView& view) {
  Op op = Op::br_table;
  const uint32_t index = operand(op, stack_.pop());
  const uint32_t n = uint32_t(view.label(in.labels.back()).label_types().size());
  emit_imm(op, index, uint32_t(in.labels.size() - 1));
  const uint32_t first = pos();
  code_->words.resize(first + (in.labels.size() + 1) / 2);
  // Targets that want values moved, or a return, get a landing of their own behind the table, one per label.
  std::unordered_map<uint32_t, uint32_t> landings;  // depth -> chain of sites
  for (uint32_t i = 0; i < in.labels.size(); ++i) {
    const uint32_t depth = in.labels[i], at = first + i / 2;
    if (!is_return(depth) && in_place(depth, n))
      site_to(depth, at, i & 1);
    else
      add_site(landings.try_emplace(depth, kNone).first->second, at, i & 1);
  }
  for (uint32_t depth : in.labels) {  // in order of appearance, so that the same input gives the same words
    auto it = landings.find(depth);
    if (it == landings.end()) continue;
    bind(it->second);
    landings.erase(it);
    jump(depth, n);
  }
}

// ---- blocks -------------------------------------------------------------------------------------------------

void Translator::begin_block(const wasm::Instr& in) {
  Operand cond{};
  if (in.op == wasm::Op::if_) cond = stack_.pop();
  const uint32_t params = uint32_t(in.block.params.size());
  flush_locals();
  send_home(params);
  Control c{in.op, stack_.size() - params, params ? stack_.top(params - 1).cell : stack_.cells(), params};
  if (in.op == wasm::Op::if_) {
    const Site s = branch_on(cond, false);
    add_site(c.else_sites, s.word, s.high);
    c.ways = counters(ProfilePlace::kWays);
    count_way(c.ways, true);
  } else if (in.op == wasm::Op::loop) {
    c.start = pos();
    label_here();
    if (options_.profile) count_loop();
    epoch();
  }
  control_.push_back(c);
}

// Nothing on the stack reads a local here. What is written down of it all is bounded by the size of the code.
void Translator::count_loop() {
  LoopHeader loop{.word = pos(), .wasm_offset = offset_, .operands = LoopHeader::kUnknown};
  std::vector<LoopOperand>& all = code_->loop_operands;
  if (stack_.size() + all.size() <= pos() + 64) {
    loop.first_operand = uint32_t(all.size());
    loop.operands = stack_.size();
    for (uint32_t i = 0; i < stack_.size(); ++i) {
      const bool constant = stack_[i].kind == Operand::kConst;
      all.push_back({constant, constant ? stack_[i].value : home(stack_[i])});
    }
  }
  code_->loops.push_back(loop);
  emit_imm(Op::count_loop, 0, func_index_ - module_.imported_funcs);
}

uint32_t Translator::counters(uint32_t count) {
  if (!options_.detail) return kNone;
  code_->places.push_back({offset_, counters_, count});
  return std::exchange(counters_, counters_ + count);
}

// ---- exceptions ---------------------------------------------------------------------------------------------
// Nothing is emitted for a try_table, and nothing fused across its edges. What its clauses branch to is written down like
// the sites of branches: until a label is known, `word` links to the next clause.

void Translator::begin_try(const wasm::Instr& in) {
  begin_block(in);
  label_here();
  const uint32_t range = uint32_t(code_->tries.size());
  code_->tries.push_back({pos(), pos(), uint32_t(code_->clauses.size()), uint32_t(in.catches.size()), innermost_try_ + 1});
  control_.back().try_range = innermost_try_ = range;
  for (const wasm::CatchClause& clause : in.catches) {
    using K = wasm::CatchClause;
    const bool has_tag = clause.kind == K::kCatch || clause.kind == K::kCatchRef;
    const bool has_ref = clause.kind == K::kCatchRef || clause.kind == K::kCatchAllRef;
    Control& to = target(clause.label + 1);  // labels are counted from outside
    CatchClause c{has_tag ? clause.tag : CatchClause::kAnyTag, temp_base_ + to.cells, to.start, has_ref};
    if (to.op != wasm::Op::loop) c.word = std::exchange(to.catches, uint32_t(code_->clauses.size()));
    code_->clauses.push_back(c);
  }
  stack_.reserve(code_->result_cells);  // where a clause leaves the function
}

void Translator::end_try(uint32_t range) {
  label_here();
  TryRange& t = code_->tries[range];
  t.end = pos();
  innermost_try_ = t.outer - 1;
}

void Translator::bind_catches(uint32_t& chain) {
  if (chain == kNone) return;
  while (chain != kNone) chain = std::exchange(code_->clauses[chain].word, pos());
  label_here();
}

void Translator::throw_values(uint32_t tag) {
  const uint32_t n = uint32_t((*module_.registry)[module_.tags[tag]].func().params.size());
  send_home(n);
  const uint32_t from = n ? home(stack_.top(n - 1)) : temp_base_ + stack_.cells();
  may_trap();
  emit_imm(Op::throw_values, 0, from);
  word(tag | uint64_t(temp_base_ + stack_.cells() - from) << 32);
}

void Translator::else_(bool reachable, const wasm::ValidatorView& view) {
  Control& c = control_.back();
  if (reachable) {
    send_home(uint32_t(view.label(0).type.results.size()));
    add_site(c.sites, emit_imm(Op::br, 0, 0), true);
  }
  bind(c.else_sites);
  count_way(c.ways, false);
  stack_.truncate(c.entries);
  for (wasm::ValType t : view.label(0).type.params) stack_.push_temp(t.cells());
}

void Translator::end(bool reachable, const wasm::ValidatorView& view) {
  Control c = control_.back();
  if (c.op == wasm::Op::kCount) {
    if (reachable) return_values(results_);
    if (c.catches != kNone) {
      bind_catches(c.catches);
      if (code_->result_cells == 0) {
        emit(Op::ret);
      } else {
        emit_imm(Op::ret_span, 0, temp_base_);
        word(code_->result_cells);
      }
    }
    control_.pop_back();
    return;
  }
  const auto results = view.label(0).type.results;
  if (reachable) send_home(uint32_t(results.size()));
  if (c.ways != kNone && c.else_sites != kNone) {  // no else: the way past is counted apart
    if (reachable) add_site(c.sites, emit_imm(Op::br, 0, 0), true);
    bind(c.else_sites);
    count_way(c.ways, false);
  }
  if (c.try_range != kNone) end_try(c.try_range);
  bind(c.else_sites);
  bind(c.sites);
  bind_catches(c.catches);
  control_.pop_back();
  stack_.truncate(c.entries);
  for (wasm::ValType t : results) stack_.push_temp(t.cells());
}

// ---- calls --------------------------------------------------------------------------------------------------

void Translator::call(const wasm::Instr& in, bool tail) {
  using W = wasm::Op;
  const bool direct = in.op == W::call || in.op == W::return_call;
  const bool indirect = in.op == W::call_indirect || in.op == W::return_call_indirect;
  const wasm::FuncType type = direct ? module_.func_type(in.a) : module_.type_at(in.a).func();
  Operand callee{};
  if (!direct) callee = stack_.pop();
  const uint32_t params = uint32_t(type.params.size());
  send_home(params);
  const uint32_t a = direct ? 0 : use(callee);
  const uint32_t base = temp_base_ + (params ? stack_.top(params - 1).cell : stack_.cells());
  const uint64_t cells = stack_.cells() + temp_base_ - base;
  for (uint32_t i = 0; i < params; ++i) stack_.pop();
  const bool import_table = indirect && in.b < module_.imported_tables;
  const uint64_t table = !indirect ? 0 : (import_table ? offsets_.vmctx_imported_table(in.b)
                                                       : offsets_.vmctx_defined_table(in.b - module_.imported_tables)) |
                                             uint64_t{import_table} << 31;
  if (const uint32_t noted = direct ? kNone : counters(ProfilePlace::kCallee); noted != kNone) {
    emit_imm(indirect ? Op::note_table_callee : Op::note_callee, a, noted);
    if (indirect) word(table);
  }
  may_trap();
  if (direct) {
    const bool import = in.a < module_.imported_funcs;
    emit_imm(tail ? (import ? Op::return_call_import : Op::return_call) : (import ? Op::call_import : Op::call), 0, base);
    word((import ? in.a : in.a - module_.imported_funcs) | cells << 32);
  } else if (indirect) {
    emit_imm(tail ? Op::return_call_indirect : Op::call_indirect, a, base);
    word(uint64_t(in.b) | uint64_t(in.a) << 32);
    word(table | cells << 32);
  } else {
    emit_imm(tail ? Op::return_call_ref : Op::call_ref, a, base);
    word(cells << 32);
  }
  if (tail) return;
  for (wasm::ValType t : type.results) stack_.push_temp(t.cells());
}

Result<void> Translator::control(const wasm::Instr& in, bool reachable, const wasm::ValidatorView& view) {
  using W = wasm::Op;
  auto arity = [&](uint32_t depth) { return uint32_t(view.label(depth).label_types().size()); };
  switch (in.op) {
    case W::block: case W::loop: case W::if_: begin_block(in); return {};
    case W::else_: else_(reachable, view); return {};
    case W::end: end(reachable, view); return {};
    case W::br: jump(in.a, arity(in.a)); return {};
    case W::br_if: br_if(in.a, arity(in.a)); return {};
    case W::br_table: br_table(in, view); return {};
    case W::br_on_null: br_on_null(in.a, arity(in.a)); return {};
    case W::br_on_non_null: br_on_non_null(in.a, arity(in.a)); return {};
    case W::br_on_cast: br_on_cast(in, arity(in.a), false); return {};
    case W::br_on_cast_fail: br_on_cast(in, arity(in.a), true); return {};
    case W::return_: return_values(results_); return {};
    case W::try_table: begin_try(in); return {};
    case W::throw_: throw_values(in.a); return {};
    case W::throw_ref: { const uint32_t a = pop_use(); may_trap(); emit(Op::throw_ref, a); return {}; }
    case W::unreachable: may_trap(); emit(Op::unreachable); return {};
    case W::call: case W::call_indirect: case W::call_ref: call(in, false); return {};
    case W::return_call: case W::return_call_indirect: case W::return_call_ref: call(in, true); return {};
    default: return unsupported(in);
  }
}

// ---- the door -----------------------------------------------------------------------------------------------

Result<std::unique_ptr<const Code>> translate_func(const wasm::Module& module, const vm::VMOffsets& offsets,
                                                   uint32_t defined_index, TranslateOptions options) {
  wasm::ValidatorBuffers buffers;
  for (bool far_frame : {false, true}) {
    Translator t(module, offsets, defined_index, options, far_frame);
    WJIT_CHECK(wasm::validate_func(module, defined_index, t, buffers));
    if (!t.needs_far_frame()) return t.take();
  }
  WJIT_ASSERT(!"a far frame never asks for another try");
}

}  // namespace wjit::bc
