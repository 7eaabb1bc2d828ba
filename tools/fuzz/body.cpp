// Values and the stack. See body.h.
#include "tools/fuzz/body.h"

namespace wjit::fuzz {

Body::Body(Choices& choices, const Options& options, ModuleState& module, uint32_t func)
    : c_(choices), o_(options), m_(module), type_(module.type_of(func)), budget_(options.size) {
  locals_ = type_.params;
  throws_ = o_.exceptions && c_.one_in(2);
  if (o_.far_frames && c_.one_in(2)) locals_.insert(locals_.end(), o_.v128 ? 33'000 : 49'000, o_.v128 ? kV128 : kI64);
  for (uint32_t n = c_.below(7); n-- > 0;) {
    static constexpr Type kTypes[] = {kI32, kI64, kF32, kF64, kI32, kI64, kV128, kFuncRef};
    const Type t = kTypes[c_.below(8)];
    if (t != kV128 || o_.v128) locals_.push_back(t);
  }
}

Bytes generate_body(Choices& choices, const Options& options, ModuleState& module, uint32_t func) {
  Choices::Part part(choices);
  return Body(choices, options, module, func).run();
}

Bytes Body::run() {
  labels_.push_back({Label::kFunc, type_, 0});
  labels_.back().type.params.clear();
  bail_if_spent(1);
  for (size_t i = type_.params.size(); i < locals_.size() && i < 24; ++i) {  // all zeros would make all compares alike
    if (is_ref(locals_[i]) || (locals_[i] == kV128 && !o_.simd) || c_.one_in(3)) continue;
    put_const(out_, c_, locals_[i]);
    local_set(uint32_t(i));
  }
  steps(c_.between(o_.size / 4, o_.size));
  if (c_.one_in(2)) observe_step();
  settle(type_.results);
  byte(0x0b);

  Bytes locals;
  uint32_t groups = 0;
  for (size_t i = type_.params.size(); i < locals_.size();) {
    size_t j = i;
    while (j < locals_.size() && locals_[j] == locals_[i]) ++j;
    put_leb(locals, j - i);
    put_type(locals, locals_[i]);
    ++groups;
    i = j;
  }
  Bytes body;
  put_leb(body, groups);
  put_bytes(body, locals);
  put_bytes(body, out_);
  Bytes entry;
  put_leb(entry, body.size());
  put_bytes(entry, body);
  return entry;
}

void Body::prefixed(uint8_t prefix, uint32_t code, std::initializer_list<uint64_t> indices) {
  byte(prefix);
  put_leb(out_, code);
  for (uint64_t i : indices) put_leb(out_, i);
}

void Body::set_unreachable() {
  stack_.resize(label().height);
  label().unreachable = true;
}

void Body::ensure(std::span<const Type> types) {
  // In unreachable code an empty stack has whatever is asked for.
  if (label().unreachable && height() == 0 && c_.one_in(2)) {
    stack_.insert(stack_.end(), types.begin(), types.end());
    return;
  }
  size_t have = c_.one_in(5) ? 0 : std::min(height(), types.size());
  while (have && !std::equal(types.begin(), types.begin() + have, stack_.end() - have)) --have;
  for (size_t i = have; i < types.size(); ++i) gen(types[i], 2);
}

void Body::settle(const std::vector<Type>& want) {
  Label& l = label();
  if (l.unreachable && height() == 0 && c_.one_in(2)) {
    stack_.insert(stack_.end(), want.begin(), want.end());
    return;
  }
  const bool leaves_by_branch = l.kind != Label::kLoop && c_.most();
  if (!leaves_by_branch) {  // only what already is in the right place may stay
    size_t keep = std::min(height(), want.size());
    while (keep && !std::equal(want.begin(), want.begin() + keep, stack_.begin() + l.height)) --keep;
    while (height() > keep) {
      op(0x1a);
      pop();
    }
    for (size_t i = keep; i < want.size(); ++i) gen(want[i], 2);
    return;
  }
  ensure(want);
  if (height() > want.size()) {
    op(0x0c, 0);
    set_unreachable();
    stack_.insert(stack_.end(), want.begin(), want.end());
  }
}

// ---- locals ---------------------------------------------------------------------------------------------------

uint32_t Body::new_local(Type t) {
  locals_.push_back(t);
  return uint32_t(locals_.size() - 1);
}

uint32_t Body::local_of(Type t) {
  // Near the ends: a frame may have tens of thousands.
  uint32_t found[80], n = 0;
  const uint32_t size = uint32_t(locals_.size());
  for (uint32_t i = 0; i < size; ++i) {
    if (i == 40 && size > 80) i = size - 40;
    if (locals_[i] == t) found[n++] = i;
  }
  return n ? found[c_.below(n)] : new_local(t);
}

// ---- values ---------------------------------------------------------------------------------------------------

void Body::leaf(Type t) {
  const bool no_const = t == kV128 && !o_.simd;
  switch (c_.weighted({no_const ? 0u : 3u, 5, 1})) {
    case 0: put_const(out_, c_, t); break;
    case 2:
      for (uint32_t n = uint32_t(m_.globals.size()), i = n ? c_.below(n) : 0, k = 0; k < n; ++k, i = (i + 1) % n) {
        if (i == 0 || m_.globals[i].type != t) continue;
        op(0x23, i);
        push(t);
        return;
      }
      [[fallthrough]];
    default: local_get(local_of(t)); break;
  }
  push(t);
}

void Body::gen_if(Type t, unsigned depth) {
  condition();
  pop();
  begin(Label::kIf, {{}, {t}});
  gen(t, depth);
  byte(0x05);
  stack_.resize(label().height);
  gen(t, depth);
  byte(0x0b);
  labels_.pop_back();
}

bool Body::special_value(Type t, unsigned depth) {
  if (t == kFuncRef) {
    switch (c_.below(3)) {
      case 0: op(0xd2, c_.below(uint32_t(m_.funcs.size()))); break;
      case 1:  // table.get
        op(0x41), put_sleb(out_, c_.below(hazard() ? 64 : 4));
        if (m_.tables[0].element != kFuncRef || m_.tables[0].is64) {
          op(0x1a);
          return false;
        }
        op(0x25, 0);
        break;
      default: return false;
    }
    push(t);
    return true;
  }
  if (t.code == kRefNull) {
    const uint32_t f = func_of_type(t.index);
    if (f == ~0u) return false;
    op(0xd2, f);
    push(t);
    return true;
  }
  if (t != kI32 && t != kI64) return false;
  switch (c_.below(4)) {
    case 0:
      for (uint32_t i = 0; i < m_.memories.size(); ++i)
        if (m_.memories[i].is64 == (t == kI64)) {
          op(0x3f, i);
          push(t);
          return true;
        }
      return false;
    case 1:
      for (uint32_t i = 0; i < m_.tables.size(); ++i)
        if (m_.tables[i].is64 == (t == kI64)) {
          prefixed(0xfc, 16, {i});
          push(t);
          return true;
        }
      return false;
    case 2: {
      if (t != kI32) return false;
      gen(c_.one_in(2) || !o_.externref ? kFuncRef : kExternRef, depth);
      pop();
      op(0xd1);
      push(kI32);
      return true;
    }
    default: return false;
  }
}

static const std::vector<PlainOp>& plain_ops() {
  static const std::vector<PlainOp> ops = [] {
    std::vector<PlainOp> v;
    auto type = [](char c) {
      switch (c) {
        case 'I': return kI64;
        case 'f': return kF32;
        case 'F': return kF64;
        case 'v': return kV128;
        default: return kI32;
      }
    };
    for (const wasm::OpInfo& i : wasm::kOpTable) {
      using wasm::Imm;
      const bool shape = i.imm == Imm::kNone || i.imm == Imm::kMemArg || i.imm == Imm::kMemArgLane ||
                         i.imm == Imm::kLane || i.imm == Imm::kShuffle;
      if (i.sig == "*" || i.sig == ":" || !shape) continue;
      // Waiting would take time, or for ever; fences have a step of their own.
      if (i.feature == Feature::kGc || i.text.substr(0, 14) == "memory.atomic.") continue;
      PlainOp p{&i, {}, {}};
      bool results = false;
      for (char c : i.sig) {
        if (c == ':') results = true;
        else (results ? p.results : p.params).push_back(type(c));
      }
      v.push_back(std::move(p));
    }
    return v;
  }();
  return ops;
}

static bool allowed(const PlainOp& p, const Options& o) {
  if (p.info->feature == Feature::kSimd) return o.simd;
  if (p.info->feature == Feature::kRelaxedSimd) return o.simd && o.relaxed_simd;
  if (p.info->feature == Feature::kWideArithmetic) return o.wide_arithmetic;
  if (p.info->feature == Feature::kThreads) return o.threads;
  return true;
}

const PlainOp* random_plain(Choices& c, const Options& o, const Type* result, bool compares) {
  const auto& ops = plain_ops();
  const PlainOp* fit[wasm::kOpCount];
  uint32_t n = 0;
  for (const PlainOp& p : ops) {
    if (!allowed(p, o)) continue;
    if (compares && (p.params.size() != 2 || p.info->prefix || p.info->code < 0x46 || p.info->code > 0x66)) continue;
    if (result && (p.results.size() != 1 || p.results[0] != *result)) continue;
    fit[n++] = &p;
  }
  return n ? fit[c.below(n)] : nullptr;
}

void Body::gen(Type t, unsigned depth) {
  if (depth == 0) return leaf(t);
  switch (c_.weighted({8, 8, 2, 1, 1, 2})) {
    case 0: return leaf(t);
    case 1:
      if (const PlainOp* p = random_plain(c_, o_, &t)) return plain(*p, true, depth - 1);
      break;
    case 2: {
      gen(t, depth - 1);
      op(0x22, local_of(t));
      return;
    }
    case 3: {
      gen(t, depth - 1);
      gen(t, depth - 1);
      gen(kI32, depth - 1);
      pop(3);
      if (is_ref(t) || c_.one_in(4)) {
        op(0x1c, 1);
        put_type(out_, t);
      } else {
        op(0x1b);
      }
      push(t);
      return;
    }
    case 4: return gen_if(t, depth - 1);
    default:
      if (special_value(t, depth - 1)) return;
  }
  leaf(t);
}

// x -> x, or the canonical NaN
void Body::canonical_nan(Type t) {
  uint32_t& local = t == kF32 ? nan32_ : nan64_;
  if (local == ~0u) local = new_local(t);
  local_set(local);
  if (t == kF32) {
    byte(0x43), put_fixed(out_, 0x7fc00000, 4);
  } else {
    byte(0x44), put_fixed(out_, 0x7ff8000000000000, 8);
  }
  local_get(local), local_get(local), local_get(local);
  op(t == kF32 ? 0x5c : 0x62);
  op(0x1b);
}

void Body::canonical_lanes(Type lane) {
  if (nan128_ == ~0u) nan128_ = new_local(kV128);
  local_set(nan128_);
  prefixed(0xfd, 12);
  for (int i = 0; i < 4; ++i) put_fixed(out_, lane == kF32 ? 0x7fc00000 : i % 2 ? 0x7ff80000 : 0, 4);
  local_get(nan128_), local_get(nan128_), local_get(nan128_);
  prefixed(0xfd, lane == kF32 ? 0x42 : 0x48);  // ne
  prefixed(0xfd, 0x52);                        // bitselect
  op(0x22, nan128_);                           // whoever reads the local sees no other NaN, either
}

// x -> something between 0 and 10000
void Body::bounded_float(Type t) {
  const bool wide = t == kF64;
  uint32_t& local = wide ? nan64_ : nan32_;
  if (local == ~0u) local = new_local(t);
  auto constant = [&](uint32_t narrow_bits, uint64_t wide_bits) {
    byte(wide ? 0x44 : 0x43);
    put_fixed(out_, wide ? wide_bits : narrow_bits, wide ? 8 : 4);
  };
  local_set(local);
  local_get(local);
  constant(0, 0);
  local_get(local), local_get(local);
  op(wide ? 0x61 : 0x5b);
  op(0x1b);
  constant(0x461c4000, 0x40c3880000000000);
  op(wide ? 0xa4 : 0x96);
  constant(0, 0);
  op(wide ? 0xa5 : 0x97);
}

}  // namespace wjit::fuzz
