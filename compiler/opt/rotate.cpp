#include "compiler/opt/rotate.h"

#include <algorithm>

#include "compiler/opt/uses.h"

namespace wjit::opt {

using ir::Block;
using ir::Edge;
using ir::Format;
using ir::Inst;
using ir::InstData;
using ir::Loop;
using ir::Op;
using ir::Value;

namespace {
constexpr uint32_t kNone = ~uint32_t{0};
constexpr unsigned kMostInsts = 8;   // of a header, constants and extensions aside
constexpr unsigned kMostFree = 12;   // of those
constexpr size_t kMostValues = 12;   // that go with an edge
}  // namespace

bool RotatePass::is_small(const ir::Function& f, Block header) {
  unsigned insts = 0, free = 0;
  for (Inst i = f.block(header).first; i != f.terminator(header); i = f.next(i)) {
    const InstData& d = f.inst(i);
    if (!has_plain_operands(d.format())) return false;
    const bool costs_nothing =
        d.format() == Format::kConst || d.format() == Format::kVConst || d.op == Op::extend_u || d.op == Op::wrap;
    if (++(costs_nothing ? free : insts) > (costs_nothing ? kMostFree : kMostInsts)) return false;
  }
  return true;
}

bool RotatePass::find(const ir::Function& f, const Analyses& a, Loop l) {
  Turn t;
  t.header = a.loops.header(l);
  for (const ir::Cfg::Pred& p : a.cfg.preds(t.header)) {
    if (!a.cfg.reachable(p.block) || !a.loops.contains(l, p.block)) continue;
    if (t.latch.valid()) return false;
    t.latch = p.block;
  }
  const InstData& d = f.inst(f.terminator(t.header));
  if (t.latch == t.header || d.op != Op::brif || f.inst(f.terminator(t.latch)).op != Op::jump) return false;
  t.to_body = Edge(d.b), t.to_exit = Edge(d.c);
  if (!a.loops.contains(l, f.edge(t.to_body).to)) std::swap(t.to_body, t.to_exit);
  t.body = f.edge(t.to_body).to, t.exit = f.edge(t.to_exit).to;
  if (!a.loops.contains(l, t.body) || a.loops.contains(l, t.exit) || a.cfg.preds(t.body).size() != 1) return false;
  if (f.params(t.header).size() > kMostValues || f.params(t.body).size() > kMostValues ||
      f.params(t.exit).size() > kMostValues || !is_small(f, t.header))
    return false;
  turns_.push_back(std::move(t));
  return true;
}

void RotatePass::note(const ir::Function& f, Value v, Inst at) {
  v = f.resolve(v);
  if (v.n >= owner_.size() || owner_[v.n] == kNone) return;
  if (first_use_[v.n] != kNone && uses_[first_use_[v.n]].at == at) return;  // a call may take it a thousand times
  uses_.push_back({at, first_use_[v.n]});
  first_use_[v.n] = static_cast<uint32_t>(uses_.size() - 1);
}

void RotatePass::note_uses(const ir::Function& f, Inst i) {
  f.for_each_use(i, [&](Value v) { note(f, v, i); });
}

void RotatePass::find_uses(const ir::Function& f, const Analyses& a) {
  owner_.assign(f.value_count(), kNone);
  first_use_.assign(f.value_count(), kNone);
  uses_.clear();
  for (uint32_t n = 0; n < turns_.size(); ++n) {
    const Block header = turns_[n].header;
    for (Value v : f.params(header)) owner_[v.n] = n;
    for (Inst i = f.block(header).first; i.valid(); i = f.next(i)) {
      const Format format = f.inst(i).format();
      if (format == Format::kConst || format == Format::kVConst) continue;  // the same in each round
      for (uint32_t k = 0; k < f.result_count(i); ++k) owner_[f.result(i, k).n] = n;
    }
  }
  for (Block b : a.cfg.rpo())
    for (Inst i = f.block(b).first; i.valid(); i = f.next(i)) {
      if (f.inst(i).format() != Format::kBrTable) {
        note_uses(f, i);
        continue;
      }
      note(f, f.inst(i).va(), i);
      // A table may name an edge with many arguments many times: none of them is changed.
      for (const ir::Cfg::Succ& s : a.cfg.succs(b))
        for (Value v : f.list(f.edge(s.edge).args))
          if (v = f.resolve(v); owner_[v.n] != kNone) turns_[owner_[v.n]].fails = true;
    }
}

void RotatePass::find_needs(const ir::Function& f, const Analyses& a, Turn& t) {
  for (Value v : f.params(t.header)) find_needs(f, a, t, v);
  for (Inst i = f.block(t.header).first; i.valid(); i = f.next(i))
    for (uint32_t k = 0; k < f.result_count(i); ++k) find_needs(f, a, t, f.result(i, k));
  if (t.at_exit.empty()) return;
  // What comes to the exit from elsewhere has to bring the values along.
  if (more_ways_[t.exit.n]) t.fails = true;
  for (const ir::Cfg::Pred& p : a.cfg.preds(t.exit)) {
    if (p.block == t.header) continue;
    const bool behind = a.cfg.reachable(p.block) && a.dom.dominates(t.body, p.block);
    if (!behind || f.inst(f.terminator(p.block)).op == Op::br_table) t.fails = true;
    for (Value v : t.at_exit)
      if (std::find(t.in_body.begin(), t.in_body.end(), v) == t.in_body.end()) t.in_body.push_back(v);
  }
  if (f.params(t.body).size() + t.in_body.size() > kMostValues ||
      f.params(t.exit).size() + t.at_exit.size() > kMostValues)
    t.fails = true;
}

void RotatePass::find_needs(const ir::Function& f, const Analyses& a, Turn& t, Value v) {
  if (owner_[v.n] == kNone) return;
  bool in_body = false, at_exit = false;
  for (uint32_t u = first_use_[v.n]; u != kNone; u = uses_[u].next, ++work) {
    const Block b = f.block_of(uses_[u].at);
    if (b == t.header || !b.valid()) continue;
    const bool in = a.dom.dominates(t.body, b), out = a.dom.dominates(t.exit, b);
    if (!in && !out) t.fails = true;
    in_body |= in, at_exit |= out;
  }
  if (in_body) t.in_body.push_back(v);
  if (at_exit) t.at_exit.push_back(v);
}

void RotatePass::add_param(ir::Function& f, const Analyses& a, Turn& t, Value v, bool at_exit) {
  const Block to = at_exit ? t.exit : t.body;
  const Value param = f.append_param(to, f.type(v));
  for (uint32_t u = first_use_[v.n]; u != kNone; u = uses_[u].next, ++work) {
    const Inst i = uses_[u].at;
    const Block b = f.block_of(i);
    if (b.valid() && b != t.header && a.dom.dominates(to, b)) replace_use(f, i, v, param);
  }
  f.append(f.edge(at_exit ? t.to_exit : t.to_body).args, v);
  if (!at_exit) return;
  for (const ir::Cfg::Pred& p : a.cfg.preds(to)) {
    if (p.block == t.header) continue;
    // Behind the body: its parameters were made before, in the order of in_body.
    const size_t k = static_cast<size_t>(std::find(t.in_body.begin(), t.in_body.end(), v) - t.in_body.begin());
    const auto params = f.params(t.body);
    f.append(f.edge(p.edge).args, params[params.size() - t.in_body.size() + k]);
  }
}

void RotatePass::copy_header(ir::Function& f, const Turn& t) {
  const Inst jump = f.terminator(t.latch);
  means_.clear();
  const auto params = f.params(t.header);
  const auto args = f.list(f.edge(Edge(f.inst(jump).a)).args);
  for (size_t k = 0; k < params.size(); ++k) means_.push_back({params[k], f.resolve(args[k])});
  const auto mapped = [&](Value v) {
    v = f.resolve(v);
    for (const auto& [old, now] : means_)
      if (old == v) return now;
    return v;
  };
  const auto edge = [&](Edge e) {
    std::vector<Value> list(f.list(f.edge(e).args).begin(), f.list(f.edge(e).args).end());
    for (Value& v : list) v = mapped(v);
    return f.new_edge(f.edge(e).to, list).n;
  };
  f.remove(jump);
  for (Inst i = f.block(t.header).first; i.valid(); i = f.next(i)) {
    InstData d = f.inst(i);
    map_operands(d, mapped);
    if (d.op == Op::brif) d.b = edge(Edge(d.b)), d.c = edge(Edge(d.c));
    const bool results = f.result_count(i) != 0;
    const ir::Type type = results ? f.type(f.result(i)) : ir::Type::kNone;
    const Inst made = f.new_inst(d, {&type, results ? 1u : 0u}, f.wasm_offset(i));
    f.append_inst(t.latch, made);
    if (results) means_.push_back({f.result(i), f.result(made)});
    note_uses(f, made);
  }
}

void RotatePass::turn(ir::Function& f, const Analyses& a, Turn& t) {
  for (Value v : t.in_body) add_param(f, a, t, v, false);
  for (Value v : t.at_exit) add_param(f, a, t, v, true);
  copy_header(f, t);
  more_ways_[t.body.n] = more_ways_[t.exit.n] = 1;
}

bool RotatePass::run(ir::Function& f, const Analyses& a) {
  work = 0;
  turns_.clear();
  for (Loop l(0); l.n < a.loops.count(); ++l.n) find(f, a, l);
  if (turns_.empty()) return false;
  find_uses(f, a);
  more_ways_.assign(f.block_count(), 0);
  bool changed = false;
  // From outside in: what is copied is what the loops around have made of it.
  for (Turn& t : turns_) {
    if (!t.fails && !more_ways_[t.body.n]) find_needs(f, a, t);
    if (t.fails || more_ways_[t.body.n]) continue;
    turn(f, a, t);
    changed = true;
  }
  return changed;
}

}  // namespace wjit::opt
