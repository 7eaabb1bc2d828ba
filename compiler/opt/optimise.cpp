#include "compiler/opt/optimise.h"

#include <algorithm>
#include <array>
#include <bit>
#include <iterator>

#include "compiler/opt/balance.h"
#include "compiler/opt/branches.h"
#include "compiler/opt/inline.h"
#include "compiler/opt/memory.h"
#include "compiler/ir/layout.h"
#include "compiler/opt/returns.h"
#include "compiler/opt/rotate.h"
#include "compiler/opt/rounds.h"
#include "compiler/opt/rules.h"
#include "compiler/opt/uses.h"
#include "compiler/opt/widen.h"
#include "compiler/support/plant.h"

namespace wjit::opt {

support::Result<uint32_t> parse_passes(std::string_view names) {
  uint32_t passes = 0;
  for (size_t begin = 0; names != "none" && begin <= names.size();) {
    const size_t end = std::min(names.find(',', begin), names.size());
    const std::string_view name = names.substr(begin, end - begin);
    begin = end + 1;
    const auto at = std::find(std::begin(kPassNames), std::end(kPassNames), name);
    if (at == std::end(kPassNames)) {
      std::string known;
      for (std::string_view k : kPassNames) known += ", " + std::string(k);
      return fail(ErrorKind::kUsage, "found '" + std::string(name) + "', expected none, or of these with commas: " + known.substr(2));
    }
    passes |= uint32_t{1} << (at - std::begin(kPassNames));
  }
  return passes;
}

namespace {

using ir::Block;
using ir::Effects;
using ir::Format;
using ir::Inst;
using ir::InstData;
using ir::Op;
using ir::Value;

// Computes the same whenever its operands are the same: loads too, of what never changes.
bool is_pure(const InstData& d) {
  const Effects e = ir::info(d.op).effects;
  return e == Effects::kPure || (e == Effects::kRead && d.access().constant() && !d.access().traps);
}

// Lists are done at the end, by resolve_aliases.
void resolve_operands(ir::Function& f, InstData& d) {
  map_operands(d, [&](Value v) { return f.resolve(v); });
}

// Instructions by what they compute. Open addressing; emptied by counting on, not by writing.
class Known {
 public:
  void clear(size_t expected) {
    const size_t wanted = std::bit_ceil(expected * 2 + 16);
    if (slots_.size() < wanted) slots_.assign(wanted, {}), now_ = 0;
    mask_ = wanted - 1;  // of what this function needs: smaller ones stay in the cache
    ++now_;
    used_ = 0;
  }
  // The place where an equal instruction is, or is to be put; the second: there is one.
  Inst* find(const ir::Function& f, const InstData& d) {
    for (size_t at = hash(f, d) & mask_;; at = (at + 1) & mask_) {
      Slot& s = slots_[at];
      if (s.when != now_) {
        s = {Inst(), now_};
        ++used_;
        return &s.inst;
      }
      if (s.inst.valid() && equal(f, f.inst(s.inst), d)) return &s.inst;
    }
  }
  bool full() const { return used_ * 4 > (mask_ + 1) * 3; }

 private:
  struct Slot {
    Inst inst;
    uint32_t when = 0;
  };
  // Vector constants are what they hold: equal ones may have many numbers.
  static bool names_vector(const InstData& d) {
    return d.format() == Format::kVConst || d.format() == Format::kVecShuffle;
  }
  static bool equal(const ir::Function& f, const InstData& x, const InstData& y) {
    if (x.op != y.op || x.type != y.type || x.aux != y.aux || x.a != y.a || x.b != y.b) return false;
    return x.c == y.c || (names_vector(x) && f.vector_constant(x.c) == f.vector_constant(y.c));
  }
  static size_t hash(const ir::Function& f, const InstData& d) {
    uint64_t h = uint64_t{static_cast<uint8_t>(d.op)} << 24 | uint64_t{static_cast<uint8_t>(d.type)} << 16 | d.aux;
    h = (h ^ d.a) * 0x9e3779b97f4a7c15;
    h = (h ^ (h >> 29) ^ d.b) * 0x9e3779b97f4a7c15;
    if (names_vector(d)) {
      const auto halves = std::bit_cast<std::array<uint64_t, 2>>(f.vector_constant(d.c));
      h = (h ^ (h >> 29) ^ halves[0]) * 0x9e3779b97f4a7c15;
      h = (h ^ (h >> 29) ^ halves[1]) * 0x9e3779b97f4a7c15;
    } else {
      h = (h ^ (h >> 29) ^ d.c) * 0x9e3779b97f4a7c15;
    }
    return h ^ (h >> 32);
  }
  std::vector<Slot> slots_;
  uint32_t now_ = 0;
  size_t used_ = 0, mask_ = 0;
};

// What branches and checks say of values in the blocks behind them. Of a value only the last thing said is kept: for a
// walk over the dominator tree that is the one that holds, but where a tree inside has said it again.
class Facts {
 public:
  void clear(size_t values) {
    truths_.assign(values, {});
    bounds_.assign(values, {});
  }

  // A block that one edge of a brif leads to.
  void enter(const ir::Function& f, const Analyses& a, Block b) {
    const auto preds = a.cfg.preds(b);
    if (preds.size() != 1) return;
    const Inst t = f.terminator(preds[0].block);
    const InstData& d = f.inst(t);
    if (d.op == Op::brif && d.b != d.c) set(f.resolve(d.va()), b, preds[0].edge.n == d.b);
  }

  // A condition that is known becomes a constant.
  bool decide(ir::Function& f, const Analyses& a, Block b, Inst i, std::vector<Inst>& made) {
    const InstData& d = f.inst(i);
    switch (d.op) {
      case Op::brif: case Op::select: break;
      case Op::trap_if: case Op::trap_unless:
        if (!within_bounds(f, a, b, d)) break;
        return condition(f, i, 0, made);
      default: return false;
    }
    if (d.a >= truths_.size() || !holds(a, truths_[d.a].at, b)) return false;
    return condition(f, i, truths_[d.a].is, made);
  }

  // A check was passed.
  void learn(const ir::Function& f, const Analyses& a, Block b, Inst i) {
    const InstData& d = f.inst(i);
    if (d.op != Op::trap_if && d.op != Op::trap_unless) return;
    set(d.va(), b, d.op == Op::trap_unless);
    Bound n;
    if (!bound(f, d, n) || n.index.n >= bounds_.size()) return;
    Bound& known = bounds_[n.index.n];
    if (holds(a, known.at, b) && known.length == n.length && known.bytes >= n.bytes) return;
    n.at = b;
    known = n;
  }

 private:
  struct Truth {
    Block at;
    bool is = false;
  };
  struct Bound {  // index <= length - bytes
    Block at;
    Value index, length;
    uint64_t bytes = 0;
  };
  static bool holds(const Analyses& a, Block at, Block b) { return at.valid() && a.dom.dominates(at, b); }
  void set(Value v, Block at, bool is) {
    if (v.n < truths_.size()) truths_[v.n] = {at, is};
  }
  static bool condition(ir::Function& f, Inst i, bool is, std::vector<Inst>& made) {
    const Inst def = f.def(f.resolve(f.inst(i).va()));
    if (def.valid() && f.inst(def).op == Op::iconst) return false;
    InstData c{.op = Op::iconst, .type = ir::Type::kI32};
    c.set_imm(is);
    const ir::Type t = ir::Type::kI32;
    const Inst n = f.new_inst(c, {&t, 1}, f.wasm_offset(i));
    f.insert_before(i, n);
    made.push_back(n);
    f.inst(i).a = f.result(n).n;
    return true;
  }
  // trap_if (icmp gt_u index, (length - bytes)): what bounds checks look like where the memory is as large as `bytes`, so
  // that the difference is not below 0.
  static bool bound(const ir::Function& f, const InstData& d, Bound& out) {
    const Inst c = f.def(f.resolve(d.va()));
    if (d.op != Op::trap_if || !c.valid()) return false;
    const InstData& compare = f.inst(c);
    if (compare.op != Op::icmp || compare.type != ir::Type::kI64 || compare.int_cc() != ir::IntCc::gt_u) return false;
    const Inst l = f.def(f.resolve(compare.vb()));
    if (!l.valid() || f.inst(l).op != Op::add) return false;
    const Inst k = f.def(f.resolve(f.inst(l).vb())), length = f.def(f.resolve(f.inst(l).va()));
    if (!k.valid() || f.inst(k).op != Op::iconst || !length.valid() || f.inst(length).op != Op::load ||
        f.inst(length).access().region != ir::Region::kMemoryDef)
      return false;
    const uint64_t bytes = 0 - f.inst(k).imm();
    if (bytes >> 32 != 0) return false;
    out = {Block(), f.resolve(compare.va()), f.resolve(f.inst(l).va()), bytes};
    return true;
  }
  bool within_bounds(const ir::Function& f, const Analyses& a, Block b, const InstData& d) const {
    Bound n;
    if (!bound(f, d, n) || n.index.n >= bounds_.size()) return false;
    const Bound& known = bounds_[n.index.n];
    return holds(a, known.at, b) && known.length == n.length && known.bytes >= n.bytes;
  }

  std::vector<Truth> truths_;  // by value, not of those made meanwhile
  std::vector<Bound> bounds_;
};

}  // namespace

struct Optimiser::Room {
  Analyses analyses;
  Known known;
  Facts facts;
  MemoryPass loads;
  WidenPass addresses;
  BalancePass sums;
  BranchPass ways;
  RotatePass turner;
  RoundsPass carried;
  std::vector<Inst> made;
  std::vector<Inst> fronts;  // by loop
  std::vector<uint32_t> barrier;
  std::vector<ir::Loop> skip;
  uint64_t work = 0;

  Inliner inliner;
  bool loads_seen = false;  // by the memory pass, in this graph
  const BodySource* source = nullptr;
  uint32_t own = 0, own_calls = 0;

  void inlining(ir::Function& f) {
    if (*source && inliner.run(f, own, *source, analyses, own_calls)) analyses.compute(f);
  }
  void memory(ir::Function& f) {
    loads.run(f, analyses);
    loads_seen = true;
  }
  void widen(ir::Function& f) { addresses.run(f, analyses); }
  void balance(ir::Function& f) { sums.run(f, analyses); }
  void branches(ir::Function& f) {
    if (!ways.run(f, analyses)) return;
    analyses.compute(f);
    if (ir::mend_layout(f, analyses.dom)) analyses.compute(f);
  }

  // Rules, and global value numbering, in one walk over the dominator tree: what dominates an instruction is done
  // before it.
  void simplify(ir::Function& f) {
    known.clear(f.inst_count());
    facts.clear(f.value_count());
    for (Block b : analyses.dom.preorder()) {
      facts.enter(f, analyses, b);
      for (Inst i = f.block(b).first; i.valid();) {
        const Inst next = f.next(i);
        visit(f, b, i);
        i = next;
      }
    }
    f.resolve_aliases();
  }

  void visit(ir::Function& f, Block b, Inst i) {
    for (unsigned round = 0; round < 8; ++round, ++work) {  // rules end; this is for the day that one does not
      resolve_operands(f, f.inst(i));
      made.clear();
      if (facts.decide(f, analyses, b, i, made)) resolve_operands(f, f.inst(i));
      const Rewritten r = apply_rules(f, i, made);
      // What was made in front is numbered first. Rules make constants and such: nothing to rewrite in them.
      for (Inst m : made) share(f, b, m);
      if (r.kind == Rewritten::kIsValue) {
        f.make_alias(f.result(i), r.value);
        f.remove(i);
        return;
      }
      if (r.kind == Rewritten::kGone) return f.remove(i);
      if (r.kind == Rewritten::kNot) break;
    }
    if (f.inst(i).format() == Format::kCheck) return facts.learn(f, analyses, b, i);
    // What did not trap once does not trap again.
    if (is_pure(f.inst(i)) || ir::info(f.inst(i).op).effects == Effects::kTrap) share(f, b, i);
  }

  // The instruction goes where an equal one is known already.
  void share(ir::Function& f, Block b, Inst i) {
    resolve_operands(f, f.inst(i));
    if (known.full()) return;
    Inst* at = known.find(f, f.inst(i));
    if (at->valid() && f.block_of(*at).valid() && analyses.dom.dominates(f.block_of(*at), b)) {
      f.make_alias(f.result(i), f.result(*at));
      f.remove(i);
      return;
    }
    *at = i;
  }

  // An instruction goes in front of the outermost loop around it that none of its operands is made in.
  void licm(ir::Function& f) {
    if (analyses.loops.count() == 0) return;
    find_fronts(f);
    known.clear(f.inst_count());
    bool shared = false;
    for (Block b : analyses.dom.preorder()) {
      const ir::Loop inner = analyses.loops.loop_of(b);
      // A register in the whole of a loop is too much for what is seldom done.
      if (!inner.valid() || f.block(b).cold) continue;
      for (Inst i = f.block(b).first; i.valid();) {
        const Inst next = f.next(i);
        if (worth_moving(f.inst(i)) || is_movable_load(f.inst(i))) {
          resolve_operands(f, f.inst(i));
          hoist(f, i, inner);
          shared |= !f.block_of(i).valid();
        }
        i = next;
      }
    }
    if (shared) f.resolve_aliases();
  }

  // Of each loop where to go in front of it, how far out there is such a place at all, and a loop further out: from loop to
  // loop along those it takes logarithmic time to one that is known by comparing, also in deep nests (Myers' skip list).
  void find_fronts(const ir::Function& f) {
    const ir::Loops& loops = analyses.loops;
    fronts.resize(loops.count());
    barrier.resize(loops.count());
    skip.resize(loops.count());
    for (ir::Loop l(0); l.n < loops.count(); ++l.n) {  // from outside in
      fronts[l.n] = front_of(f, l);
      const ir::Loop p = loops.parent(l);
      barrier[l.n] = !fronts[l.n].valid() ? loops.depth(l) : p.valid() ? barrier[p.n] : 0;
      skip[l.n] = p;
      if (!p.valid() || !skip[p.n].valid()) continue;
      const ir::Loop q = skip[p.n], r = skip[q.n];
      if (r.valid() && loops.depth(p) - loops.depth(q) == loops.depth(q) - loops.depth(r)) skip[l.n] = r;
    }
  }

  // Where what leaves a loop goes: the jump at the end of the only block that enters it.
  Inst front_of(const ir::Function& f, ir::Loop l) const {
    Inst front;
    const Block header = analyses.loops.header(l);
    for (const ir::Cfg::Pred& p : analyses.cfg.preds(header)) {
      if (!analyses.cfg.reachable(p.block) || analyses.loops.contains(l, p.block)) continue;
      const Inst t = f.terminator(p.block);
      if (front.valid() || f.inst(t).op != Op::jump) return Inst();
      front = t;
    }
    return front;
  }

  // Constants are made where they are used, comparisons where they are branched on, and extensions mostly cost nothing.
  static bool worth_moving(const InstData& d) {
    if (!is_pure(d)) return false;
    // What a reference leads to may only be read where it is known not to be null, nor of another type.
    if (ir::info(d.op).effects == Effects::kRead && d.access().region != ir::Region::kVmctx) return false;
    switch (d.op) {
      case Op::iconst: case Op::fconst: case Op::vconst: case Op::icmp: case Op::fcmp: case Op::extend_u: case Op::wrap:
        return false;
      default: return true;
    }
  }

  // What changes at times, and may be read at any time.
  bool is_movable_load(const InstData& d) const {
    if (!loads_seen || d.format() != Format::kLoad || d.access().traps) return false;
    const ir::Region r = d.access().region;
    return r == ir::Region::kMemoryDef || r == ir::Region::kTableDef || r == ir::Region::kGlobal;
  }

  void hoist(ir::Function& f, Inst i, ir::Loop inner) {
    // What may not leave a loop may not leave those around it.
    const bool may_change = is_movable_load(f.inst(i));
    const auto may_leave = [&](ir::Loop l) {
      ++work;
      return l.valid() && analyses.loops.depth(l) > barrier[inner.n] && is_invariant(f, i, l) &&
             (!may_change || !loads.written_in(f.inst(i), l));
    };
    if (!may_leave(inner)) return;
    ir::Loop to = inner;
    for (ir::Loop next = to; next.valid(); to = next.valid() ? next : to) {
      next = may_leave(skip[to.n]) ? skip[to.n] : ir::Loop();
      if (!next.valid() && may_leave(analyses.loops.parent(to))) next = analyses.loops.parent(to);
    }
    f.for_each_use(i, [&](Value v) { follow(f, v, to); });
    f.remove(i);
    // From two blocks of a loop the same may come, which neither had from the other.
    if (!known.full()) {
      Inst* at = known.find(f, f.inst(i));
      if (at->valid() && f.block_of(*at) == f.block_of(fronts[to.n])) return f.make_alias(f.result(i), f.result(*at));
      *at = i;
    }
    f.insert_before(fronts[to.n], i);
  }
  // Free things (constants, extensions) that an operand is made of go along.
  bool free_to_follow(const InstData& d) const {
    switch (d.op) {
      case Op::iconst: case Op::fconst: case Op::vconst: case Op::extend_u: case Op::wrap: return true;
      default: return false;
    }
  }
  bool is_invariant(const ir::Function& f, Inst i, ir::Loop l) {
    bool yes = true;
    f.for_each_use(i, [&](Value v) { ++work, yes = yes && is_outside(f, v, l); });
    if (WJIT_PLANTED(hoisted_too_far) && f.inst(i).op == Op::mul) return true;
    return yes;
  }
  bool is_outside(const ir::Function& f, Value v, ir::Loop l) {
    v = f.resolve(v);
    const Inst d = f.def(v);
    const Block b = d.valid() ? f.block_of(d) : Block(f.value(v).owner);
    if (!analyses.loops.contains(l, b)) return true;
    return d.valid() && free_to_follow(f.inst(d)) && is_invariant(f, d, l);
  }
  void follow(ir::Function& f, Value v, ir::Loop to) {
    v = f.resolve(v);
    const Inst d = f.def(v);
    if (!d.valid() || !analyses.loops.contains(to, f.block_of(d))) return;
    f.for_each_use(d, [&](Value u) { follow(f, u, to); });
    f.remove(d);
    f.insert_before(fronts[to.n], d);
  }

  void rotate(ir::Function& f) {
    if (turner.run(f, analyses)) analyses.compute(f);
    work += turner.work;
  }
  void rounds(ir::Function& f) {
    carried.run(f, analyses);
    work += carried.work;
  }
  void returns(ir::Function& f) { returns_in_place(f); }
};

Optimiser::Optimiser() : room_(std::make_unique<Room>()) {}
Optimiser::~Optimiser() = default;
uint64_t Optimiser::work() const { return room_->work; }

void Optimiser::run(ir::Function& f, unsigned level, void (*after)(void*, Pass), void* context) {
  room_->work = 0;
  if (level == 0) return;
  room_->loads_seen = false;
  room_->source = &source;
  room_->own = own;
  room_->own_calls = own_calls;
  room_->analyses.compute(f);
#define PASS(id, text, from, what)                                          \
  if (level >= from && (passes >> static_cast<unsigned>(Pass::id) & 1) != 0) { \
    room_->id(f);                                                           \
    if (after) after(context, Pass::id);                                    \
  }
#include "compiler/opt/passes.def"
#undef PASS
}

}  // namespace wjit::opt
