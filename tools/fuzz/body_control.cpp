// Blocks, branches, calls.
#include "tools/fuzz/body.h"

namespace wjit::fuzz {

void Body::block_type(const FuncType& t) {
  if (t.params.empty() && t.results.empty() && !c_.one_in(8)) return byte(0x40);
  if (t.params.empty() && t.results.size() == 1 && !c_.one_in(8)) return put_type(out_, t.results[0]);
  put_sleb(out_, m_.type_index(t));
}

// The params are on the stack. The caller ends the block and pops the label.
void Body::begin(Label::Kind kind, const FuncType& t) {
  byte(kind == Label::kLoop ? 0x03 : kind == Label::kIf ? 0x04 : 0x02);
  block_type(t);
  labels_.push_back({kind, t, stack_.size() - t.params.size()});
}

// Ends the function when the budget is spent: by a trap, or with zeros as results.
void Body::bail_if_spent(int32_t cost) {
  op(0x23, 0);
  i32_const(cost);
  op(0x6b);
  op(0x24, 0);
  op(0x23, 0);
  i32_const(0);
  op(0x48);
  op(0x04), byte(0x40);
  if (c_.one_in(12)) {
    op(0x00);
  } else {
    for (Type t : type_.results) {
      switch (t.code) {
        case 0x7f: op(0x41), byte(0); break;
        case 0x7e: op(0x42), byte(0); break;
        case 0x7d: op(0x43), put_fixed(out_, 0, 4); break;
        case 0x7c: op(0x44), put_fixed(out_, 0, 8); break;
        case 0x7b: local_get(local_of(kV128)); break;
        default: put_const(out_, c_, t);
      }
    }
    op(0x0f);
  }
  op(0x0b);
}

// An i32 to branch on: mostly fresh from a comparison, which translators fuse with the branch.
void Body::condition() {
  switch (c_.weighted({2, 12, 1, 1})) {
    case 1:
      if (const PlainOp* p = random_plain(c_, o_, &kI32, true)) {
        if (c_.one_in(2)) return plain(*p, true, c_.below(2));
        gen(p->params[0], c_.below(2));
        put_const(out_, c_, p->params[1]);
        pop();
        op(plain_code(*p));
        return push(kI32);
      }
      break;
    case 2:
      gen(c_.one_in(2) ? kI32 : kI64, 1);
      op(stack_.back() == kI32 ? 0x45 : 0x50);
      stack_.back() = kI32;
      return;
    case 3:
      gen(kFuncRef, 1);
      op(0xd1);
      stack_.back() = kI32;
      return;
    default: break;
  }
  gen(kI32, 2);
}

void Body::block_step() {
  if (labels_.size() > 6) return;
  FuncType t;
  const size_t taken = std::min<size_t>(height(), c_.below(c_.one_in(8) ? 12 : 4));
  t.params.assign(stack_.end() - taken, stack_.end());
  // The same results as the block around it: then one br_table can name both.
  if (c_.one_in(3) && labels_.size() > 1) {
    t.results = label().branch_types();
  } else {
    static constexpr Type kTypes[] = {kI32, kI64, kF64, kI32, kF32, kV128};
    static constexpr uint32_t kCounts[] = {0, 0, 0, 1, 1, 2, 3};
    for (uint32_t n = kCounts[c_.below(7)]; n-- > 0;) {
      const Type r = kTypes[c_.below(6)];
      t.results.push_back(r == kV128 && !o_.v128 ? kI64 : r);
    }
  }
  const size_t kind = c_.weighted({3, 3, 4});
  if (kind == 2) {  // if
    condition();
    pop();
    begin(Label::kIf, t);
    steps(c_.below(6));
    settle(t.results);
    if (t.params != t.results || c_.one_in(2)) {
      byte(0x05);
      stack_.resize(label().height);
      label().unreachable = false;
      label().kind = Label::kElse;
      stack_.insert(stack_.end(), t.params.begin(), t.params.end());
      steps(c_.below(6));
      settle(t.results);
    }
  } else if (kind == 1) {  // loop
    const uint32_t counter = new_local(kI32);
    i32_const(int32_t(c_.between(1, 5)));
    local_set(counter);
    begin(Label::kLoop, t);
    label().counter = counter;
    bail_if_spent(1);
    steps(c_.between(1, 8));
    if (c_.most()) {  // once more, mostly
      ensure(t.params);
      local_get(counter);
      i32_const(1);
      op(0x6b);
      op(0x22, counter);
      if (c_.one_in(2)) {
        i32_const(0);
        op(0x4a);
      } else {
        i32_const(31);
        op(0x76);
        op(0x45);
        local_get(counter);
        op(0x71);
      }
      op(0x0d, 0);
    }
    settle(t.results);
  } else {
    begin(Label::kBlock, t);
    steps(c_.below(8));
    settle(t.results);
  }
  byte(0x0b);
  stack_.resize(label().height);
  stack_.insert(stack_.end(), t.results.begin(), t.results.end());
  labels_.pop_back();
}

// False, as nobody can tell beforehand: the budget only shrinks.
void Body::never() {
  op(0x23, 0);
  i32_const(int32_t(0x7ffffff0u - c_.below(16)));
  op(0x4a);
}

// Loops in loops that carry the same few values from round to round, and ways out of the inner ones, or on in the outer
// ones, that are hardly ever taken.
void Body::nest_step() {
  if (labels_.size() > 3 || budget_ < 10) return;
  static constexpr Type kTypes[] = {kI32, kI64, kF64, kI32, kF32, kV128};
  std::vector<Type> carried;
  for (uint32_t n = c_.between(1, 5); n-- > 0;) {
    const Type t = kTypes[c_.below(6)];
    carried.push_back(t == kV128 && !o_.v128 ? kI64 : t);
  }
  ensure(carried);
  begin(Label::kBlock, {carried, carried});
  nested_loop(carried, c_.between(2, 3), labels_.size() - 1);
  settle(carried);
  byte(0x0b);
  stack_.resize(label().height);
  stack_.insert(stack_.end(), carried.begin(), carried.end());
  labels_.pop_back();
}

// From the carried values on top of the stack to the same.
void Body::nested_loop(const std::vector<Type>& carried, unsigned levels, size_t outermost) {
  const uint32_t counter = new_local(kI32);
  i32_const(int32_t(c_.between(1, 4)));
  local_set(counter);
  begin(Label::kLoop, {carried, carried});
  label().counter = counter;
  bail_if_spent(1);
  steps(c_.below(4));
  if (levels > 1) {
    ensure(carried);
    nested_loop(carried, levels - 1, outermost);
    steps(c_.below(3));
  }
  for (uint32_t ways = c_.below(3); ways-- > 0;) {
    ensure(carried);
    const uint32_t depth = c_.between(1, uint32_t(labels_.size() - 1 - outermost));
    if (depth + outermost + 1 == labels_.size() && c_.one_in(4)) {
      condition();
      pop();
    } else {
      never();
    }
    op(0x0d, depth);
  }
  steps(c_.below(3));
  ensure(carried);
  local_get(counter);
  i32_const(1);
  op(0x6b);
  op(0x22, counter);
  i32_const(0);
  op(0x4a);
  op(0x0d, 0);
  settle(carried);
  byte(0x0b);
  stack_.resize(label().height);
  stack_.insert(stack_.end(), carried.begin(), carried.end());
  labels_.pop_back();
}

void Body::branch_step() {
  uint32_t depth = c_.below(uint32_t(labels_.size()));
  if (depth + 1 == labels_.size() && c_.most()) depth = 0;
  if (depth + 1 == labels_.size() && !c_.one_in(4)) return block_step();  // not out of the function at every turn
  const std::vector<Type> types = label(depth).branch_types();
  const bool backward = label(depth).kind == Label::kLoop;
  ensure(types);
  if (!backward && c_.one_in(12)) {
    op(0x0c, depth);
    set_unreachable();
    if (c_.one_in(2)) steps(c_.below(3));
    return;
  }
  if (backward && !c_.one_in(3)) {
    const uint32_t counter = label(depth).counter;
    local_get(counter);
    i32_const(1);
    op(0x6b);
    op(0x22, counter);
    i32_const(0);
    op(0x4a);
  } else {
    condition();
    pop();
  }
  op(0x0d, depth);
}

void Body::br_table_step() {
  const uint32_t fallback = c_.below(uint32_t(labels_.size()));
  if (fallback + 1 == labels_.size() && !c_.one_in(3)) return block_step();
  const std::vector<Type> types = label(fallback).branch_types();
  std::vector<uint32_t> fit;
  for (uint32_t d = 0; d < labels_.size(); ++d)
    if (label(d).branch_types() == types) fit.push_back(d);
  // In a block of its own, so that what follows is reached.
  const bool wrapped = c_.most();
  if (wrapped) {
    begin(Label::kBlock, {});
    for (uint32_t& d : fit) ++d;
    if (types.empty()) fit.push_back(0);
  }
  ensure(types);
  gen(kI32, 2);
  pop();
  if (c_.most()) {
    i32_const(7);
    op(0x71);
  }
  op(0x0e);
  const uint32_t n = c_.below(8);
  put_leb(out_, n);
  for (uint32_t i = 0; i < n; ++i) put_leb(out_, fit[c_.below(uint32_t(fit.size()))]);
  put_leb(out_, wrapped ? fallback + 1 : fallback);
  set_unreachable();
  if (wrapped) {
    if (c_.one_in(4)) steps(2);
    settle({});
    byte(0x0b);
    stack_.resize(label().height);
    labels_.pop_back();
  }
}

void Body::br_on_null_step() {
  if (!o_.typed_refs) return;
  const uint32_t depth = c_.below(uint32_t(labels_.size()));
  if (label(depth).kind == Label::kLoop) return;
  std::vector<Type> types = label(depth).branch_types();
  const bool on_non_null = !types.empty() && is_ref(types.back());
  if (!on_non_null) types.push_back(c_.one_in(2) || !o_.externref ? kFuncRef : kExternRef);
  ensure(types);
  op(on_non_null ? 0xd6 : 0xd5, depth);
  if (on_non_null) pop();
}

// ---- calls ----------------------------------------------------------------------------------------------------

uint32_t Body::func_of_type(uint32_t type) {
  const uint32_t n = uint32_t(m_.funcs.size());
  for (uint32_t i = c_.below(n), k = 0; k < n; ++k, i = (i + 1) % n)
    if (m_.funcs[i].type == type) return i;
  return ~0u;
}

// A call of something of that type, arguments included.
void Body::call_target(uint32_t type, bool tail) {
  const std::vector<Type> params = m_.types[type].params;
  const uint32_t func = func_of_type(type);
  const size_t how = c_.weighted({func == ~0u ? 0u : 6u, 4, o_.typed_refs ? 2u : 0u});
  ensure(params);
  if (how == 0) {
    op(tail ? 0x12 : 0x10, func == ~0u ? 0 : func);
  } else if (how == 2) {
    gen({kRefNull, type}, 1);
    pop();
    if (c_.one_in(4)) op(0xd4);
    op(tail ? 0x15 : 0x14, type);
  } else {
    uint32_t table = 0, index = c_.below(4);
    std::vector<const Slot*> fit;
    for (const Slot& s : m_.slots)
      if (m_.types[m_.funcs[s.func].type] == m_.types[type]) fit.push_back(&s);
    if (!fit.empty() && !hazard()) {
      const Slot* s = fit[c_.below(uint32_t(fit.size()))];
      table = s->table, index = s->index;
    }
    while (m_.tables[table].element != kFuncRef) table = (table + 1) % uint32_t(m_.tables.size());
    index_const(m_.tables[table].is64, index);
    if (!m_.tables[table].is64 && c_.one_in(3)) {  // not a constant to the translator
      gen(kI32, 1);
      i32_const(0);
      op(0x71);
      op(0x72);
      pop();
    }
    op(tail ? 0x13 : 0x11, type);
    put_leb(out_, table);
  }
  pop(params.size());
}

void Body::call_step() {
  // Mostly of a type that somebody has.
  const uint32_t type = c_.most() ? m_.funcs[c_.below(uint32_t(m_.funcs.size()))].type
                                  : c_.below(uint32_t(m_.types.size()));
  const std::vector<Type> results = m_.types[type].results;
  bool fits = func_of_type(type) != ~0u;
  for (const Slot& s : m_.slots) fits |= m_.types[m_.funcs[s.func].type] == m_.types[type];
  if (!fits && !hazard()) return;
  call_target(type, false);
  for (Type t : results) push(t);
}

void Body::tail_call_step() {
  if (!o_.tail_call) return return_step();
  std::vector<uint32_t> fit;
  for (const FuncState& f : m_.funcs)
    if (m_.types[f.type].results == type_.results) fit.push_back(f.type);
  if (fit.empty()) return;
  // On one path only, so that what follows is reached.
  const bool wrapped = !c_.one_in(10);
  const uint32_t type = fit[c_.below(uint32_t(fit.size()))];
  if (wrapped) {
    condition();
    pop();
    begin(Label::kIf, {});
  }
  call_target(type, true);
  set_unreachable();
  if (wrapped) {
    byte(0x0b);
    labels_.pop_back();
  }
}

void Body::return_step() {
  const bool wrapped = !c_.one_in(10);
  if (wrapped) {
    condition();
    pop();
    begin(Label::kIf, {});
  }
  if (hazard()) {
    op(0x00);
  } else {
    ensure(type_.results);
    op(0x0f);
  }
  set_unreachable();
  if (wrapped) {
    byte(0x0b);
    labels_.pop_back();
  }
}

}  // namespace wjit::fuzz
