// Straight-line steps: numeric operations, locals, globals, memories, tables, references.
#include "tools/fuzz/body.h"

namespace wjit::fuzz {

void Body::steps(unsigned n) {
  while (n-- > 0 && budget_ > 0) {
    --budget_;
    Choices::Part part(c_);
    step();
  }
}

void Body::step() {
  if (height() > 14 && c_.one_in(3)) {
    op(0x1a);
    pop();
    return;
  }
  if (throws_ && c_.one_in(8)) return c_.one_in(3) ? throw_step() : try_step();
  static constexpr Type kTypes[] = {kI32, kI64, kF32, kF64, kI32, kI64, kV128, kFuncRef};
  switch (c_.weighted({1, 10, 18, 14, 12, 4, 4, 4, 12, 8, 2, 4, 5, 1, 2, 2, 1, 1, 6, 1, 2, 2})) {
    case 0: return;  // the simplest
    case 1: {
      const Type t = kTypes[c_.below(8)];
      if (t != kV128 || o_.v128) gen(t, c_.below(3));
      return;
    }
    case 2:
      if (const PlainOp* p = random_plain(c_, o_, nullptr)) plain(*p, false, 2);
      return;
    case 3: return local_step();
    case 4: {  // pending reads of locals
      if (locals_.empty()) new_local(kI32);
      for (uint32_t n = c_.between(1, 3); n-- > 0;) {
        const uint32_t i = c_.below(std::min<uint32_t>(uint32_t(locals_.size()), 24));
        local_get(i);
        push(locals_[i]);
      }
      return;
    }
    case 5:
      if (height()) {
        op(0x1a);
        pop();
      }
      return;
    case 6: return global_step();
    case 7: return select_step();
    case 8: return block_step();
    case 9: return branch_step();
    case 10: return br_table_step();
    case 11: return memory_step();
    case 12: return call_step();
    case 13: return tail_call_step();
    case 14: return table_step();
    case 15: return ref_step();
    case 16: return return_step();
    case 17:
      if (o_.threads && c_.one_in(4)) return prefixed(0xfe, 3, {0});
      return o_.wide_arithmetic ? wide_step() : local_step();
    case 19: return pressure_step();
    case 21: return nest_step();
    case 20: return stale_step();
    default: return observe_step();
  }
}

// ---- numeric --------------------------------------------------------------------------------------------------

static bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// What keeps an operation from trapping, and NaNs from being looked at. The operands are on the stack.
void Body::before_plain(const PlainOp& p) {
  const std::string_view text = p.info->text;
  if (has(text, ".div_") || has(text, ".rem_")) {
    const bool wide = p.params[1] == kI64;
    if (c_.one_in(12)) {  // by nothing
      byte(wide ? 0x42 : 0x41), byte(0);
      op(wide ? 0x83 : 0x71);
    } else if (!hazard()) {
      byte(wide ? 0x42 : 0x41), byte(1);
      op(wide ? 0x84 : 0x72);
    }
  } else if (has(text, ".trunc_f") && !hazard()) {
    bounded_float(p.params[0]);
  } else if (has(text, "copysign")) {
    if (c_.one_in(4)) op(0x1a), put_const(out_, c_, p.params[1]);
    else canonical_nan(p.params[1]);
  } else if (has(text, ".reinterpret_f")) {
    canonical_nan(p.params[0]);
  } else if ((text == "f32.store" || text == "f64.store")) {
    canonical_nan(p.params[1]);
  } else if (has(text, "x4.splat") || has(text, "x2.splat") || has(text, ".replace_lane")) {
    const Type t = p.params.back();
    if (t == kF32 || t == kF64) canonical_nan(t);
  }
}

// Whether a vector operation computes floats, so that its lanes may be NaNs of any kind.
static Type float_lanes(std::string_view text) {
  if (text.substr(0, 3) != "f32" && text.substr(0, 3) != "f64") return kI32;
  for (const char* bits : {".eq", ".ne", ".lt", ".gt", ".le", ".ge", ".splat", "_lane"})
    if (has(text, bits)) return kI32;
  return text[1] == '3' ? kF32 : kF64;
}

uint8_t Body::plain_code(const PlainOp& p) const {
  const uint8_t code = uint8_t(p.info->code);
  return code == o_.bug_opcode ? o_.bug_instead : code;
}

// Lanes of some width, windows and lanes everywhere are what lowerings know short ways for; any other is rare.
void Body::shuffle_indices() {
  const unsigned how = c_.below(5), width = 1u << c_.below(4), n = c_.below(32), lane = n / width * width;
  for (unsigned k = 0; k < 16; ++k) {
    unsigned i = 0;
    switch (how) {
      case 0: i = k + n; break;                                   // of both
      case 1: i = ((k + n) & 15) | (n & 16); break;               // of one
      case 2: i = lane + k % width; break;                        // one everywhere
      case 3: i = k % width ? uint8_t(out_.back() + 1) : c_.below(32 / width) * width; break;
      default: i = c_.below(32); break;
    }
    byte(uint8_t(i & 31));
  }
}

void Body::plain(const PlainOp& p, bool fresh, unsigned depth) {
  if (p.info->bytes) return memory_access(p, fresh, depth);
  const std::string_view text = p.info->text;
  const bool divides = has(text, ".div_") || has(text, ".rem_");
  if (divides && c_.one_in(2)) {  // by a constant, not 0
    if (fresh) gen(p.params[0], depth);
    else ensure({p.params[0]});
    const int64_t by = c_.one_in(3)   ? int64_t{1} << c_.below(31)
                       : c_.one_in(2) ? -1 - int64_t(c_.below(9))
                                      : 1 + int64_t(c_.draw() >> 2);
    index_const(p.params[0] == kI64, by);
    pop();
  } else if ((has(text, ".shl") || has(text, ".shr_")) && p.params[0] == kV128 && c_.one_in(2)) {  // by a constant
    if (fresh) gen(kV128, depth);
    else ensure({kV128});
    index_const(false, c_.below(80));
    pop();
  } else {
    if (fresh) {
      for (Type t : p.params) gen(t, depth);
    } else {
      ensure(p.params);
    }
    before_plain(p);
    pop(p.params.size());
  }
  if (p.info->prefix) prefixed(p.info->prefix, p.info->code);
  else op(plain_code(p));
  if (p.info->imm == wasm::Imm::kShuffle) shuffle_indices();
  if (p.info->imm == wasm::Imm::kLane) {
    const unsigned lanes = has(text, "x16") ? 16 : has(text, "x8") ? 8 : has(text, "x4") ? 4 : 2;
    byte(uint8_t(c_.below(lanes)));
  }
  for (Type t : p.results) push(t);
  if (p.results == std::vector{kV128} && float_lanes(text) != kI32) canonical_lanes(float_lanes(text));
}

// ---- memory ---------------------------------------------------------------------------------------------------

void Body::memarg(unsigned align, uint32_t memory, uint64_t offset) {
  put_leb(out_, align | (memory ? 0x40u : 0));
  if (memory) put_leb(out_, memory);
  put_leb(out_, offset);
}

// An index of at most `mask`, one less than a power of two, made in ways that translators fold into addresses: sums that
// wrap around, scaled indices, halves of wider values whose upper half is not zero.
void Body::folded_index(bool is64, uint32_t mask) {
  const Type t = is64 ? kI64 : kI32;
  const auto masked = [&](uint32_t m) {
    gen(t, 1);
    index_const(is64, m);
    op(is64 ? 0x83 : 0x71);
  };
  const auto constant_op = [&](int64_t v, uint8_t narrow, uint8_t wide) {
    index_const(is64, is64 ? v : int32_t(v));
    op(is64 ? wide : narrow);
  };
  const unsigned bits = unsigned(__builtin_popcount(mask)), width = is64 ? 64 : 32;
  switch (c_.below(8)) {
    case 0: return masked(mask);
    case 1:
      if (is64) {  // of a narrow one, by either extension
        folded_index(false, mask);
        op(c_.one_in(2) ? 0xad : 0xac);
      } else {
        gen(kI64, 1);
        byte(0x42), put_sleb(out_, int64_t(0xffffffff00000000 | mask));
        op(0x83), op(0xa7);
      }
      stack_.back() = t;
      return;
    case 2:
      gen(t, 1);
      constant_op(~int64_t{mask}, 0x72, 0x84);
      return constant_op(int64_t{mask} + 1, 0x6a, 0x7c);
    case 3: {  // base + index * 2^k
      const unsigned k = c_.below(4);
      masked(mask >> 1);
      if (c_.one_in(3)) {
        constant_op(int64_t(1) << (width - 1), 0x6a, 0x7c);
        constant_op(int64_t(1) << (width - 1), 0x6a, 0x7c);
      }
      masked(mask >> (k + 1));
      index_const(is64, k);
      op(is64 ? 0x86 : 0x74);
      op(is64 ? 0x7c : 0x6a);
      return pop();
    }
    case 4: {  // there and back
      const int64_t c = c_.one_in(2) ? int64_t(c_.draw64()) : int64_t{0x7fffffff} - c_.below(4);
      masked(mask);
      constant_op(c, 0x6a, 0x7c);
      return constant_op(c, 0x6b, 0x7d);
    }
    case 5:
      gen(t, 1);
      constant_op(int64_t(c_.draw64()), 0x6c, 0x7e);
      return constant_op(width - bits, 0x76, 0x88);
    case 6:
      gen(t, 1);
      constant_op(width - bits, 0x74, 0x86);
      return constant_op(width - bits, 0x76, 0x88);
    default:
      masked(mask), masked(mask >> 1);
      condition();
      op(0x1b);
      return pop(2);
  }
}

// An address on the stack; what is returned is the offset that goes with it.
uint64_t Body::address(const MemoryState& m, unsigned bytes, bool fresh) {
  const Type t = m.is64 ? kI64 : kI32;
  const uint32_t size = m.min << 16;
  if (hazard() || size == 0) {
    switch (c_.below(5)) {
      case 0:  // just inside, or just not
        index_const(m.is64, int64_t(m.is64 ? size : int32_t(size)) - int64_t(c_.below(2 * bytes + 1)));
        push(t);
        return c_.below(bytes + 2);
      case 1:
        index_const(m.is64, -int64_t(c_.below(16)));
        push(t);
        return c_.one_in(2) ? c_.below(32) : size - bytes;
      case 2:
        gen(t, 1);
        return m.is64 && c_.one_in(2) ? ~uint64_t{0} - c_.below(16) : 0xffffffffu - c_.below(16);
      default: gen(t, 1); return c_.below(3) * 0x10001;
    }
  }
  const uint64_t offset = c_.one_in(3) ? size - bytes - 0xfff - c_.below(64) : c_.below(4) ? c_.below(64) : c_.below(0x1000);
  if (c_.one_in(5)) {
    index_const(m.is64, c_.below(0x1000));
    push(t);
    return offset;
  }
  if (c_.one_in(3)) {
    folded_index(m.is64, c_.one_in(2) ? 0xfff : 0xff);
    return offset;
  }
  if (fresh || !height() || stack_.back() != t || c_.one_in(2)) gen(t, 1);
  index_const(m.is64, c_.one_in(2) ? 0xfff : 0xf8);
  op(m.is64 ? 0x83 : 0x71);
  return offset;
}

// Of an atomic access: a multiple of `bytes`, but where it may trap; half of them at a few places, where they meet.
uint64_t Body::aligned_address(const MemoryState& m, unsigned bytes) {
  if (hazard() && c_.one_in(2)) return address(m, bytes, true);
  if (c_.one_in(2)) {
    index_const(m.is64, c_.below(4) * 8);
    push(m.is64 ? kI64 : kI32);
  } else {
    gen(m.is64 ? kI64 : kI32, 1);
    index_const(m.is64, c_.one_in(2) ? 0xff8 : 0x18);
    op(m.is64 ? 0x83 : 0x71);
  }
  return c_.below(4) * 8 + (hazard() ? c_.below(8) : c_.below(8) / bytes * bytes);
}

void Body::memory_access(const PlainOp& p, bool fresh, unsigned depth) {
  if (m_.memories.empty()) return leaf(kI32);
  const uint32_t memory = c_.below(uint32_t(m_.memories.size()));
  const MemoryState& m = m_.memories[memory];
  const bool atomic = p.info->feature == Feature::kThreads;
  const uint64_t offset = atomic ? aligned_address(m, p.info->bytes) : address(m, p.info->bytes, fresh);
  for (size_t k = 1; k < p.params.size() && (atomic || p.params.size() == 2); ++k) gen(p.params[k], depth);
  before_plain(p);
  pop(p.params.size());
  if (p.info->prefix) prefixed(p.info->prefix, p.info->code);
  else op(plain_code(p));
  unsigned log2 = 0;
  while (1u << log2 < p.info->bytes) ++log2;
  memarg(atomic ? log2 : c_.below(log2 + 1), memory, offset);
  if (p.info->imm == wasm::Imm::kMemArgLane) byte(uint8_t(c_.below(16 / p.info->bytes)));
  for (Type t : p.results) push(t);
  if (p.results == std::vector{kF32} || p.results == std::vector{kF64}) return;  // any NaN; made canonical when used
}

// An index or a length that is mostly small: `mask` bounds it, `limit` is where things end.
void Body::bulk_operand(bool is64, uint32_t mask, uint32_t limit) {
  if (hazard()) {
    if (c_.one_in(2)) {
      index_const(is64, int64_t(limit) - c_.below(3));
      push(is64 ? kI64 : kI32);
    } else {
      gen(is64 ? kI64 : kI32, 1);
    }
    return;
  }
  if (c_.one_in(2)) {
    index_const(is64, c_.below(mask + 1));
    push(is64 ? kI64 : kI32);
    return;
  }
  gen(is64 ? kI64 : kI32, 1);
  index_const(is64, mask);
  op(is64 ? 0x83 : 0x71);
}

void Body::memory_step() {
  if (m_.memories.empty()) return;
  const uint32_t i = c_.below(uint32_t(m_.memories.size()));
  const MemoryState m = m_.memories[i];
  const Type t = m.is64 ? kI64 : kI32;
  switch (c_.below(6)) {
    case 0:
      op(0x3f, i);
      push(t);
      return;
    case 1:
      bulk_operand(m.is64, 1, 4);
      pop();
      op(0x40, i);
      push(t);
      return;
    case 2:
      bulk_operand(m.is64, 0x3ff, m.min << 16);
      gen(kI32, 1);
      bulk_operand(m.is64, 0xff, m.min << 16);
      pop(3);
      prefixed(0xfc, 11, {i});
      return;
    case 3: {
      const uint32_t from = c_.below(uint32_t(m_.memories.size()));
      const bool from64 = m_.memories[from].is64;
      bulk_operand(m.is64, 0x3ff, m.min << 16);
      bulk_operand(from64, 0x3ff, m_.memories[from].min << 16);
      bulk_operand(m.is64 && from64, 0xff, m.min << 16);
      pop(3);
      prefixed(0xfc, 10, {i, from});
      return;
    }
    default:
      if (m_.data.empty()) return;
      const uint32_t segment = c_.below(uint32_t(m_.data.size()));
      if (c_.one_in(8)) return prefixed(0xfc, 9, {segment});
      bulk_operand(m.is64, 0x3ff, m.min << 16);
      bulk_operand(false, 0, m_.data[segment]);
      bulk_operand(false, 0, m_.data[segment]);
      pop(3);
      prefixed(0xfc, 8, {segment, i});
  }
}

// ---- locals, globals, select ----------------------------------------------------------------------------------

void Body::local_step() {
  if (locals_.empty()) new_local(kI32);
  Type t = locals_[c_.below(std::min<uint32_t>(uint32_t(locals_.size()), 16))];
  const bool use_top = height() && c_.most();
  if (use_top) t = stack_.back();
  else gen(t, c_.below(3));
  const uint32_t i = local_of(t);
  if (c_.one_in(3)) {
    op(0x22, i);
    return;
  }
  local_set(i);
  pop();
}

// More values at once than there are registers, some of them across whatever else happens; then one of all of them.
void Body::pressure_step() {
  static constexpr struct {
    Type type;
    uint8_t ops[5];
  } kWays[] = {{kI32, {0x6a, 0x6b, 0x73, 0x6c, 0x77}},
               {kI64, {0x7c, 0x7d, 0x85, 0x7e, 0x89}},
               {kF64, {0xa0, 0xa1, 0xa2, 0xa4, 0xa5}},
               {kF32, {0x92, 0x93, 0x94, 0x96, 0x97}}};
  const auto& way = kWays[c_.below(4)];
  for (uint32_t n = c_.between(4, 24); n-- > 0;) gen(way.type, c_.below(2));
  if (c_.one_in(2)) steps(c_.below(4));
  while (height() >= 2 && stack_.back() == way.type && stack_[stack_.size() - 2] == way.type) {
    op(way.ops[c_.below(5)]);
    pop();
  }
}

// A value is read, its place is written, and then it is used: it must be the old one.
void Body::stale_step() {
  static constexpr struct {
    Type type;
    uint8_t load, store, align, ops[4];
  } kWays[] = {{kI32, 0x28, 0x36, 2, {0x6a, 0x6b, 0x73, 0x6c}},
               {kI64, 0x29, 0x37, 3, {0x7c, 0x7d, 0x85, 0x7e}},
               {kF64, 0x2b, 0x39, 3, {0xa0, 0xa1, 0xa2, 0xa3}},
               {kF32, 0x2a, 0x38, 2, {0x92, 0x93, 0x94, 0x95}}};
  const auto& way = kWays[c_.below(4)];
  const uint32_t memory = c_.below(uint32_t(m_.memories.size()));
  const bool is64 = m_.memories[memory].is64;
  const uint32_t at = c_.below(64) * 8;
  const uint32_t value = new_local(way.type);
  gen(way.type, 1);
  local_set(value);
  pop();
  const bool first = c_.one_in(2);  // the operand that is not loaded
  if (first) leaf(way.type);
  index_const(is64, at);
  op(way.load), memarg(way.align, memory, 0);
  push(way.type);
  index_const(is64, c_.most() ? at : at + c_.below(16));
  local_get(value);
  if (way.type == kF32 || way.type == kF64) canonical_nan(way.type);
  op(way.store), memarg(way.align, memory, 0);
  if (!first) leaf(way.type);
  op(way.ops[c_.below(4)]);
  pop();
}

// A value to a place where it is seen from outside.
void Body::observe_step() {
  static constexpr struct {
    Type type;
    uint8_t store, align;
  } kStores[] = {{kI32, 0x36, 2}, {kI64, 0x37, 3}, {kF32, 0x38, 2}, {kF64, 0x39, 3}};
  const uint32_t memory = c_.below(uint32_t(m_.memories.size()));
  const auto& s = kStores[c_.below(4)];
  const bool top = height() && stack_.back() == s.type && c_.one_in(2);
  uint32_t value = 0;
  if (top) {
    value = new_local(s.type);
    local_set(value);
    pop();
  }
  index_const(m_.memories[memory].is64, c_.below(4) ? c_.below(64) * 8 : m_.memories[memory].min * 65536 - 8);
  push(kI32);
  if (top) local_get(value), push(s.type);
  else gen(s.type, c_.below(3));
  if (s.type == kF32 || s.type == kF64) canonical_nan(s.type);
  pop(2);
  op(s.store);
  memarg(s.align, memory, 0);
}

void Body::global_step() {
  const uint32_t n = uint32_t(m_.globals.size()), i = c_.below(n);
  if (i == 0) return;  // the budget is not theirs
  const GlobalState g = m_.globals[i];
  if (g.is_mutable && c_.one_in(2)) {
    ensure({g.type});
    op(0x24, i);
    pop();
  } else {
    op(0x23, i);
    push(g.type);
  }
}

void Body::select_step() {
  Type t = kI64;
  if (height() && c_.most()) t = stack_.back();
  if (height() >= 2 && stack_[stack_.size() - 2] == t) ensure({t, t});
  else ensure({t}), gen(t, 1);
  gen(kI32, 2);
  pop(3);
  if (is_ref(t) || c_.one_in(4)) {
    op(0x1c, 1);
    put_type(out_, t);
  } else {
    op(0x1b);
  }
  push(t);
}

void Body::wide_step() {
  switch (const uint32_t k = c_.below(4)) {
    case 0: case 1:
      ensure({kI64, kI64, kI64, kI64});
      pop(4);
      prefixed(0xfc, 19 + k);
      break;
    default:
      ensure({kI64, kI64});
      pop(2);
      prefixed(0xfc, 19 + k);
  }
  push(kI64);
  push(kI64);
}

// ---- tables and references ------------------------------------------------------------------------------------

void Body::table_step() {
  const uint32_t i = c_.below(uint32_t(m_.tables.size()));
  const TableState t = m_.tables[i];
  const Type index = t.is64 ? kI64 : kI32;
  switch (c_.below(8)) {
    case 0:
      prefixed(0xfc, 16, {i});
      push(index);
      return;
    case 1:
      bulk_operand(t.is64, 3, t.min);
      pop();
      op(0x25, i);
      push(t.element);
      return;
    case 2:
      bulk_operand(t.is64, 3, t.min);
      gen(t.element, 1);
      pop(2);
      op(0x26, i);
      return;
    case 3:
      ensure({t.element});
      bulk_operand(t.is64, 1, 4);
      pop(2);
      prefixed(0xfc, 15, {i});
      push(index);
      return;
    case 4:
      bulk_operand(t.is64, 1, t.min);
      gen(t.element, 1);
      bulk_operand(t.is64, 3, t.min);
      pop(3);
      prefixed(0xfc, 17, {i});
      return;
    case 5: {
      const uint32_t from = c_.below(uint32_t(m_.tables.size()));
      if (m_.tables[from].element != t.element) return;
      bulk_operand(t.is64, 1, t.min);
      bulk_operand(m_.tables[from].is64, 1, m_.tables[from].min);
      bulk_operand(t.is64 && m_.tables[from].is64, 3, t.min);
      pop(3);
      prefixed(0xfc, 14, {i, from});
      return;
    }
    default: {
      const uint32_t segment = c_.below(uint32_t(m_.elems.size()));
      if (m_.elems[segment].element != t.element) return;
      if (c_.one_in(8)) return prefixed(0xfc, 13, {segment});
      bulk_operand(t.is64, 1, t.min);
      bulk_operand(false, 0, m_.elems[segment].size);
      bulk_operand(false, 0, m_.elems[segment].size);
      pop(3);
      prefixed(0xfc, 12, {segment, i});
    }
  }
}

void Body::ref_step() {
  switch (c_.below(5)) {
    case 0:
      if (height() && is_ref(stack_.back())) {
        pop();
        op(0xd1);
        push(kI32);
        return;
      }
      [[fallthrough]];
    case 1: gen(kFuncRef, 2); return;
    case 2:
      if (o_.externref) gen(kExternRef, 1);
      return;
    case 3:
      if (o_.typed_refs && height() && is_ref(stack_.back()) && hazard()) op(0xd4);  // ref.as_non_null
      return;
    default: return br_on_null_step();
  }
}

}  // namespace wjit::fuzz
