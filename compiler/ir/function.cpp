#include "compiler/ir/function.h"

#include <algorithm>

namespace wjit::ir {

// ---- lists ----------------------------------------------------------------------------------------------------

static_assert(sizeof(Value) == sizeof(uint32_t));

std::span<const Value> Function::list(List l) const {
  if (l.at == 0) return {};
  // SAFETY: a Value is its number, and pool_ holds `length` numbers from `at` on.
  return {reinterpret_cast<const Value*>(&pool_[l.at]), pool_[l.at - 1]};
}

List Function::new_list(std::span<const Value> values) {
  if (values.empty()) return {};
  const uint32_t length = static_cast<uint32_t>(values.size());
  // `values` may be a view of the pool, which moves as it grows: so where it is comes before anything is pushed.
  const uint32_t* from = reinterpret_cast<const uint32_t*>(values.data());
  const bool in_pool = from >= pool_.data() && from < pool_.data() + pool_.size();
  const size_t at = in_pool ? static_cast<size_t>(from - pool_.data()) : 0;
  pool_.push_back(length);
  pool_.push_back(length);
  const List l{static_cast<uint32_t>(pool_.size())};
  if (in_pool) {
    for (uint32_t i = 0; i < length; ++i) pool_.push_back(uint32_t{pool_[at + i]});
  } else {
    for (Value v : values) pool_.push_back(v.n);
  }
  return l;
}

void Function::append(List& l, Value v) {
  const uint32_t length = l.at == 0 ? 0 : pool_[l.at - 1];
  const uint32_t capacity = l.at == 0 ? 0 : pool_[l.at - 2];
  if (length == capacity) {
    const uint32_t more = std::max(4u, 2 * capacity);
    pool_.push_back(more);
    pool_.push_back(length);
    const uint32_t at = static_cast<uint32_t>(pool_.size());
    pool_.resize(at + more);
    std::copy_n(pool_.begin() + l.at, length, pool_.begin() + at);
    l.at = at;
  }
  pool_[l.at + length] = v.n;
  pool_[l.at - 1] = length + 1;
}

void Function::truncate(List& l, uint32_t length) {
  if (l.at != 0) pool_[l.at - 1] = length;
}

// ---- values ---------------------------------------------------------------------------------------------------

Value Function::new_value(Type t, ValueData::Kind kind, uint32_t index, uint32_t owner) {
  values_.push_back({t, kind, static_cast<uint16_t>(std::min(index, 0xffffu)), owner});
  return Value(static_cast<uint32_t>(values_.size() - 1));
}

Value Function::resolve(Value v) const {
  if (values_[v.n].kind != ValueData::Kind::kAlias) return v;
  Value end = v;
  while (values_[end.n].kind == ValueData::Kind::kAlias) end = Value(values_[end.n].owner);
  while (values_[v.n].kind == ValueData::Kind::kAlias) {
    const Value next(values_[v.n].owner);
    values_[v.n].owner = end.n;
    v = next;
  }
  return end;
}

void Function::make_alias(Value v, Value as) {
  as = resolve(as);
  WJIT_ASSERT(v != as);
  values_[v.n].kind = ValueData::Kind::kAlias;
  values_[v.n].owner = as.n;
}

void Function::resolve_aliases() {
  const auto fix_list = [&](List l) {
    if (l.at == 0) return;
    for (uint32_t i = 0; i < pool_[l.at - 1]; ++i) pool_[l.at + i] = resolve(Value(pool_[l.at + i])).n;
  };
  const auto fix = [&](uint32_t& n) { n = resolve(Value(n)).n; };
  for (Block b = entry(); b.valid(); b = block(b).next) {
    for (Inst i = block(b).first; i.valid(); i = next(i)) {
      InstData& d = inst(i);
      switch (d.format()) {
        case Format::kUnary: case Format::kConvert: case Format::kVec1: case Format::kVecLane: case Format::kLoad:
        case Format::kCheck: case Format::kAtomic1:
        case Format::kBranch: case Format::kBrTable:
          fix(d.a);
          break;
        case Format::kBinary: case Format::kCompare: case Format::kStore: case Format::kVec2: case Format::kVecLane2:
        case Format::kVecShuffle: case Format::kAtomic2:
          fix(d.a), fix(d.b);
          break;
        case Format::kSelect: case Format::kVec3: case Format::kBulk: case Format::kAtomic3:
          fix(d.a), fix(d.b), fix(d.c);
          break;
        case Format::kCall: case Format::kTryCall: case Format::kReturn: fix_list(List{d.a}); break;
        default: break;
      }
    }
  }
  // Once each, however often a br_table has it.
  for (EdgeData& e : edges_) fix_list(e.args);
}

// ---- blocks ---------------------------------------------------------------------------------------------------

Block Function::new_block() {
  blocks_.emplace_back();
  return Block(block_count() - 1);
}

void Function::append_block(Block b) {
  if (last_block_.valid()) return insert_block_after(b, last_block_);
  block(b).laid_out = true;
  first_block_ = last_block_ = b;
}

void Function::insert_block_after(Block b, Block after) {
  BlockData& data = block(b);
  data.laid_out = true;
  data.prev = after;
  data.next = block(after).next;
  block(after).next = b;
  if (data.next.valid())
    block(data.next).prev = b;
  else
    last_block_ = b;
}

void Function::remove_block(Block b) {
  BlockData& data = block(b);
  (data.prev.valid() ? block(data.prev).next : first_block_) = data.next;
  (data.next.valid() ? block(data.next).prev : last_block_) = data.prev;
  data.laid_out = false;
  data.prev = data.next = Block();
}

Value Function::append_param(Block b, Type t) {
  const Value v = new_value(t, ValueData::Kind::kParam, static_cast<uint32_t>(params(b).size()), b.n);
  append(block(b).params, v);
  return v;
}

void Function::remove_param(Block b, uint32_t index) {
  List& l = block(b).params;
  const uint32_t length = pool_[l.at - 1];
  for (uint32_t i = index; i + 1 < length; ++i) {
    pool_[l.at + i] = pool_[l.at + i + 1];
    values_[pool_[l.at + i]].index = static_cast<uint16_t>(std::min(i, 0xffffu));
  }
  pool_[l.at - 1] = length - 1;
}

void Function::set_params(Block b, std::span<const Value> params) {
  List& l = block(b).params;
  const uint32_t length = static_cast<uint32_t>(params.size());
  WJIT_ASSERT(length <= (l.at == 0 ? 0 : pool_[l.at - 1]));
  for (uint32_t i = 0; i < length; ++i) {
    pool_[l.at + i] = params[i].n;
    values_[params[i].n].index = static_cast<uint16_t>(std::min(i, 0xffffu));
  }
  truncate(l, length);
}

Edge Function::new_edge(Block to, std::span<const Value> args) {
  const List l = new_list(args);
  edges_.push_back({to, l});
  return Edge(edge_count() - 1);
}

Table Function::new_table(std::span<const Edge> edges) {
  tables_.emplace_back(edges.begin(), edges.end());
  return Table(static_cast<uint32_t>(tables_.size() - 1));
}

Try Function::new_try(TryData t) {
  tries_.push_back(std::move(t));
  return Try(try_count() - 1);
}

std::vector<Type> Function::call_results(const InstData& d) const {
  if (d.format() == Format::kCall && is_terminator(d.op)) return {};
  std::vector<Type> types = sig(Sig(d.b)).results;
  if (d.format() == Format::kTryCall) types.push_back(Type::kI64);
  return types;
}

Sig Function::add_signature(Signature s) {
  const auto at = std::find(signatures_.begin(), signatures_.end(), s);
  if (at != signatures_.end()) return Sig(static_cast<uint32_t>(at - signatures_.begin()));
  return new_signature(std::move(s));
}

Sig Function::new_signature(Signature s) {
  signatures_.push_back(std::move(s));
  return Sig(sig_count() - 1);
}

void Function::reserve(size_t insts) {
  insts_.reserve(insts);
  places_.reserve(insts);
  values_.reserve(insts);
}

uint32_t Function::add_vector_constant(const std::array<uint8_t, 16>& bytes) {
  vectors_.push_back(bytes);
  return static_cast<uint32_t>(vectors_.size() - 1);
}

// ---- instructions ---------------------------------------------------------------------------------------------

Inst Function::new_inst(const InstData& data, std::span<const Type> results, uint32_t wasm_offset) {
  insts_.push_back(data);
  const Inst i(inst_count() - 1);
  Place p;
  p.wasm_offset = wasm_offset;
  p.first_result = value_count();
  p.results = static_cast<uint32_t>(results.size());
  for (uint32_t k = 0; k < p.results; ++k) new_value(results[k], ValueData::Kind::kResult, k, i.n);
  places_.push_back(p);
  return i;
}

void Function::append_inst(Block b, Inst i) {
  BlockData& data = block(b);
  Place& p = places_[i.n];
  p.block = b;
  p.prev = data.last;
  p.next = Inst();
  if (data.last.valid())
    places_[data.last.n].next = i;
  else
    data.first = i;
  data.last = i;
}

void Function::insert_before(Inst at, Inst i) {
  const Inst before = prev(at);
  if (before.valid()) return insert_after(before, i);
  BlockData& data = block(block_of(at));
  places_[i.n].block = block_of(at);
  places_[i.n].prev = Inst();
  places_[i.n].next = at;
  places_[at.n].prev = i;
  data.first = i;
}

void Function::insert_after(Inst at, Inst i) {
  const Block b = block_of(at);
  if (!next(at).valid()) return append_inst(b, i);
  Place& p = places_[i.n];
  p.block = b;
  p.prev = at;
  p.next = next(at);
  places_[p.next.n].prev = i;
  places_[at.n].next = i;
}

void Function::remove(Inst i) {
  Place& p = places_[i.n];
  BlockData& data = block(p.block);
  (p.prev.valid() ? places_[p.prev.n].next : data.first) = p.next;
  (p.next.valid() ? places_[p.next.n].prev : data.last) = p.prev;
  p.block = Block();
  p.prev = p.next = Inst();
}

}  // namespace wjit::ir
