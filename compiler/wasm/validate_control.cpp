// Checks of operands, blocks, branches, calls, exceptions and locals.
#include "compiler/wasm/validate_checks.h"

namespace wjit::wasm::validate_detail {

namespace {

std::string op_text(const Instr& in) { return std::string(kOpTable[size_t(in.op)].text); }
std::string describe(ValType t) { return t.is_bot() ? "a value of unknown type" : to_string(t); }

}  // namespace

// ---- operands

bool Checks::underflow() {
  return fail("type mismatch: " + op_text(in) + " needs an operand more than this block has on its stack");
}
bool Checks::mismatch(ValType expected, ValType found) { return mismatch(to_string(expected), found); }
bool Checks::mismatch(const std::string& expected, ValType found) {
  return fail("type mismatch: " + op_text(in) + " expects " + expected + ", found " + describe(found));
}

bool Checks::pop_ref(ValType& t) {
  return pop_any(t) && (t.is_ref() || t.is_bot() || mismatch("a reference", t));
}

bool Checks::top_matches(std::span<const ValType> types) {
  ValType* const before = sp;
  const bool ok = pop_all(types);
  sp = before;
  return ok;
}

bool Checks::types_match(std::span<const ValType> sub, std::span<const ValType> super) {
  bool ok = sub.size() == super.size();
  for (size_t i = 0; ok && i < sub.size(); ++i) ok = sub[i] == super[i] || matches(sub[i], super[i]);
  return ok || fail("type mismatch: " + op_text(in) + " would pass " + to_string(FuncType{{}, sub}) +
                    " where " + to_string(FuncType{{}, super}) + " is expected");
}

bool Checks::drop() {
  ValType t;
  return pop_any(t) && next();
}

bool Checks::select() {
  ValType b, a;
  if (!pop(kI32) || !pop_any(b) || !pop_any(a)) return false;
  if (a.is_ref()) return mismatch("a number or vector (or name the type of references)", a);
  if (b.is_ref()) return mismatch("a number or vector (or name the type of references)", b);
  if (a != b && !a.is_bot() && !b.is_bot()) return mismatch(a, b);
  return next(a.is_bot() ? b : a);
}
bool Checks::select_t() { return pop(kI32) && pop(in.type) && pop(in.type) && next(in.type); }

// ---- locals and globals

bool Checks::local_get() {
  if (!index_ok(in.a, v.local_count_, "local")) return false;
  if (!v.buffers_.unset.empty() && v.buffers_.unset[in.a])
    return fail("uninitialized local " + std::to_string(in.a) + ": its type " + to_string(v.local(in.a)) +
                " has no default value");
  return next(v.local(in.a));
}
// local.tee too.
bool Checks::local_set() {
  if (!index_ok(in.a, v.local_count_, "local") || !pop(v.local(in.a))) return false;
  e.initialises = true;
  return in.op == Op::local_tee ? next(v.local(in.a)) : next();
}
bool Checks::global_get() {
  return index_ok(in.a, v.module_.globals.size(), "global") && next(v.module_.globals[in.a].type.type);
}
bool Checks::global_set() {
  if (!index_ok(in.a, v.module_.globals.size(), "global")) return false;
  const GlobalType& global = v.module_.globals[in.a].type;
  if (!global.is_mutable) return fail("immutable global " + std::to_string(in.a) + " cannot be set");
  return pop(global.type) && next();
}

bool Checks::index_ok(uint32_t index, size_t count, const char* what) {
  if (index < count) [[likely]]
    return true;
  return fail(std::string("unknown ") + what + " " + std::to_string(index) + ": there are " +
              std::to_string(count));
}

// ---- blocks

// block, loop, if
bool Checks::block() {
  if (in.op == Op::if_ && !pop(kI32)) return false;
  if (!pop_all(in.block.params)) return false;
  e.pushes = in.block.params;
  e.then = Effect::kOpen;
  e.cuts = in.op != Op::block;
  return next();
}

bool Checks::else_op() {
  const ControlFrame& frame = v.buffers_.controls.back();
  if (frame.op != Op::if_)
    return v.reader_.cursor().fail(ErrorKind::kMalformed, "misplaced ELSE opcode: no if is open", in.offset);
  if (!pop_all(frame.type.results)) return false;
  if (sp != v.base_)
    return fail("type mismatch: values remain on the stack at the end of the if's first arm");
  e.pushes = frame.type.params;
  e.then = Effect::kElse;
  e.cuts = true;
  return next();
}

bool Checks::end() {
  const ControlFrame& frame = v.buffers_.controls.back();
  if (!pop_all(frame.type.results)) return false;
  if (sp != v.base_)
    return fail("type mismatch: " + std::to_string(sp - v.base_) +
                " values too many on the stack at the end of a block");
  if (frame.op == Op::if_ && !types_match(frame.type.params, frame.type.results))
    return false;  // the missing else
  e.pushes = frame.type.results;
  e.then = Effect::kEnd;
  e.cuts = frame.op != Op::loop;
  return next();
}

// ---- branches

const ControlFrame* Checks::label(uint32_t depth) {
  const std::vector<ControlFrame>& controls = v.buffers_.controls;
  if (!index_ok(depth, controls.size(), "label")) return nullptr;
  return &controls[controls.size() - 1 - depth];
}

bool Checks::br() {
  const ControlFrame* target = label(in.a);
  return target && pop_all(target->label_types()) && dead_end();
}

bool Checks::br_if() {
  const ControlFrame* target = label(in.a);
  if (!target || !pop(kI32) || !pop_all(target->label_types())) return false;
  e.pushes = target->label_types();
  e.cuts = true;
  return next();
}

bool Checks::br_table() {
  if (!pop(kI32)) return false;
  const ControlFrame* last = label(in.labels.back());
  if (!last) return false;
  const size_t arity = last->label_types().size();
  const ValType* checked = nullptr;  // the types checked last: tables repeat their targets
  for (uint32_t depth : in.labels) {
    const ControlFrame* target = label(depth);
    if (!target) return false;
    const std::span<const ValType> types = target->label_types();
    if (types.size() != arity)
      return fail("type mismatch: br_table's labels take " + std::to_string(types.size()) + " and " +
                  std::to_string(arity) + " values");
    if (arity == 0 || types.data() == checked) continue;
    if (!top_matches(types)) return false;
    checked = types.data();
  }
  return dead_end();
}

bool Checks::return_op() { return pop_all(v.func_type().results) && dead_end(); }

bool Checks::br_on_null() {
  ValType ref;
  const ControlFrame* target = label(in.a);
  if (!target || !pop_ref(ref)) return false;
  const std::span<const ValType> types = target->label_types();
  if (!pop_all(types)) return false;
  e.cuts = true;
  return push_after(types, ref.is_bot() ? ValType::ref(false, Heap::kBot) : ref.with_nullable(false));
}

bool Checks::br_on_non_null() {
  const ControlFrame* target = label(in.a);
  if (!target) return false;
  const std::span<const ValType> types = target->label_types();
  if (types.empty() || !types.back().is_ref())
    return fail("type mismatch: br_on_non_null's label must take a reference last");
  if (!pop(types.back().with_nullable(true))) return false;
  const std::span<const ValType> rest = types.first(types.size() - 1);
  if (!pop_all(rest)) return false;
  e.pushes = rest;
  e.cuts = true;
  return next();
}

// br_on_cast and br_on_cast_fail: one type goes to the label, the other stays.
bool Checks::br_on_cast() {
  const ControlFrame* target = label(in.a);
  if (!target) return false;
  if (!matches(in.type2, in.type))
    return fail("type mismatch: " + op_text(in) + " casts " + to_string(in.type) + " to " +
                to_string(in.type2) + ", which is no subtype of it");
  const ValType rest = in.type2.nullable() ? in.type.with_nullable(false) : in.type;
  const ValType taken = in.op == Op::br_on_cast ? in.type2 : rest;
  const ValType stays = in.op == Op::br_on_cast ? rest : in.type2;
  const std::span<const ValType> types = target->label_types();
  if (types.empty() || !matches(taken, types.back()))
    return fail("type mismatch: " + op_text(in) + "'s label does not take " + to_string(taken) + " last");
  const std::span<const ValType> before = types.first(types.size() - 1);
  if (!pop(in.type) || !pop_all(before)) return false;
  e.cuts = true;
  return push_after(before, stays);
}

// Pushes `types`, then one more.
bool Checks::push_after(std::span<const ValType> types, ValType last) {
  e.pushes = types;
  e.small[0] = last;
  e.pushes_small_after = true;
  return next();
}

// ---- calls

bool Checks::finish_call(const FuncType& type, bool tail) {
  if (!pop_all(type.params)) return false;
  if (tail) return types_match(type.results, v.func_type().results) && dead_end();
  e.pushes = type.results;
  return next();
}

bool Checks::call() {
  return index_ok(in.a, v.module_.funcs.size(), "function") &&
         finish_call(v.module_.func_type(in.a), in.op == Op::return_call);
}

bool Checks::call_indirect() {
  const SubType* callee = type(in.a, Composite::kFunc);
  const TableType* from = callee ? table(in.b) : nullptr;
  if (!from) return false;
  if (!matches(from->element, kFuncRef))
    return fail("type mismatch: " + op_text(in) + " through table " + std::to_string(in.b) + " of " +
                to_string(from->element) + ", which holds no functions");
  return pop(address(*from)) && finish_call(callee->func(), in.op == Op::return_call_indirect);
}

bool Checks::call_ref() {
  const SubType* callee = type(in.a, Composite::kFunc);
  return callee && pop(ref_to(in.a, true)) && finish_call(callee->func(), in.op == Op::return_call_ref);
}

// ---- exceptions

bool Checks::throw_op() {
  if (!index_ok(in.a, v.module_.tags.size(), "tag")) return false;
  return pop_all((*v.module_.registry)[v.module_.tags[in.a]].func().params) && dead_end();
}
bool Checks::throw_ref() { return pop(kExnRef) && dead_end(); }

bool Checks::try_table() {
  for (const CatchClause& clause : in.catches)
    if (!catch_fits(clause)) return false;
  return block();
}

// A clause passes the tag's values, then perhaps the exception, to a label outside of the try_table.
bool Checks::catch_fits(const CatchClause& clause) {
  const bool has_tag = clause.kind == CatchClause::kCatch || clause.kind == CatchClause::kCatchRef;
  const bool has_ref = clause.kind == CatchClause::kCatchRef || clause.kind == CatchClause::kCatchAllRef;
  std::vector<ValType> passed;
  if (has_tag) {
    if (!index_ok(clause.tag, v.module_.tags.size(), "tag")) return false;
    const FuncType tag = (*v.module_.registry)[v.module_.tags[clause.tag]].func();
    passed.assign(tag.params.begin(), tag.params.end());
  }
  if (has_ref) passed.push_back(kExnRef.with_nullable(false));
  const ControlFrame* target = label(clause.label);
  return target && types_match(passed, target->label_types());
}

// ---- which check for which row

namespace {

using Check = bool (*)(FuncChecker&, const Instr&, Effect&);
struct Special {
  Op op;
  Check check;
};
constexpr Special kSpecials[] = {
#define WJIT_F(op, method) \
  {Op::op, [](FuncChecker& v, const Instr& in, Effect& e) { return Checks{v, in, e}.method(); }},
    WJIT_SPECIAL_OPS(WJIT_F)
#undef WJIT_F
};
consteval std::array<Check, kOpCount> make_special_checks() {
  std::array<Check, kOpCount> table{};
  for (const Special& special : kSpecials) {
    if (table[size_t(special.op)]) throw "an instruction is claimed twice";
    if (kOpTable[size_t(special.op)].sig != "*") throw "a generic instruction is claimed";
    table[size_t(special.op)] = special.check;
  }
  for (size_t i = 0; i < kOpCount; ++i)
    if (kOpTable[i].sig == "*" && !table[i]) throw "an instruction is neither generic nor claimed";
  return table;
}
constexpr std::array<Check, kOpCount> kSpecialChecks = make_special_checks();

}  // namespace

bool FuncChecker::check(const Instr& in, Effect& effect) {
  if (const Check special = kSpecialChecks[size_t(in.op)]) {
    if (!special(*this, in, effect)) return false;
    if (effect.pushes.size() > 2) {
      const size_t height = size_t(effect.sp - buffers_.operand_start());
      if (!reserve(in, effect.pushes.size() + 1)) return false;
      effect.sp = buffers_.operand_start() + height;
    }
    return true;
  }
  return check_generic(in, effect);
}

}  // namespace wjit::wasm::validate_detail
