// The symbolic checker.
//
// Problem. An allocation is right if every use reads the value of its vreg, whatever path led there. What has
// to be known is which value a place (register, slot, home) holds at a point; held for all places at all
// blocks that would be a table of blocks × places, too large for the functions that matter.
//
// Strategy. Each block is run symbolically once, alone: after every step a place holds a vreg's value (of a
// definition in this block), or what some place held on entry to the block, or nothing known. A use of what
// was there on entry becomes a *demand* (block, place, vreg): "on entry to the block the place holds the
// vreg". A demand is met if each predecessor leaves the value there: it was defined there, or came from a
// place at its entry, which is a new demand. If the vreg is a parameter of the block, what is demanded of a
// predecessor is the argument that it passes. Demands are taken up once; those that are waited for in a
// circle are true if nothing breaks the circle (a proof by induction over the length of the path). So the
// work is in proportion to what is carried from block to block, not to what could be.
//
// Invariants.
// - Stale values: a demand for a vreg with an operand's definition in block B never passes B's entry (it
// would be the
//   value of an earlier round); a block parameter becomes another vreg where it passes its block's entry.
// - Widths: what a place holds is known with the number of bytes that were written, and does not satisfy a
// wider vreg.
// - A slot is used either as 8 bytes or as half of 16 in the whole function, so that places do not overlap.
// - Nothing of the allocator's is read but its answer.
#include "compiler/regalloc/check.h"

#include <fmt/format.h>

#include <algorithm>

namespace wjit::ra {
namespace {

using namespace mach;
using ir::Type;
using support::Result;

struct Content {
  enum class Kind : uint8_t { kNothing, kVReg, kEntry };
  Kind kind = Kind::kNothing;
  uint8_t bytes = 0;
  uint32_t id = 0;  // the vreg, or the place whose content on entry it is
};

struct Demand {
  uint32_t block, place;
  VReg vreg;
  uint8_t bytes;     // of it: a parameter may be narrower than what is passed
  uint32_t operand;  // for whose sake
  uint32_t inst;
};

class Checker {
 public:
  Checker(const VCode& code, const RegEnv& env, const Allocation& out) : code_(code), env_(env), out_(out) {}

  Result<void> run() {
    WJIT_CHECK(prepare());
    for (uint32_t b = 0; b < code_.blocks.size(); ++b) WJIT_CHECK(run_block(b));
    if (edit_ != out_.edits.size())
      return bad(fmt::format("edit {} is before instruction {}, out of order or of no instruction", edit_,
                             out_.edits[edit_].before));
    return meet_demands();
  }

 private:
  static tl::unexpected<Error> bad(std::string what) {
    return fail(ErrorKind::kInvalid, "register allocation: " + std::move(what));  // not one to be content with
  }

  // ---- places

  uint32_t place_of(Alloc a) const {
    if (a.is_reg()) return a.index;
    return 64 + a.index + (a.kind == Alloc::Kind::kHome ? out_.slots : 0);
  }
  std::string name(uint32_t place) const {
    if (place < 64) return fmt::format("{}{}", place < 32 ? "i" : "v", place & 31);
    if (place < 64 + out_.slots) return fmt::format("slot {}", place - 64);
    return fmt::format("home {}", place - 64 - out_.slots);
  }
  std::string name(Content c) const {
    if (c.kind == Content::Kind::kVReg) return fmt::format("{} bytes of v{}", c.bytes, c.id);
    if (c.kind == Content::Kind::kEntry)
      return fmt::format("{} bytes of what {} held on entry", c.bytes, name(c.id));
    return "nothing known";
  }
  std::string name_of_operand(uint32_t inst, uint32_t operand) const {
    static constexpr std::string_view kPolicies[] = {"any", "reg", "fixed", "reuse"};
    const Operand& o = code_.operands[operand];
    const bool has_arg = o.policy == Operand::Policy::kFixed || o.policy == Operand::Policy::kReuse;
    return fmt::format(
        "instruction {}, operand {} ({} {} of v{}, {}{})", inst, operand - code_.insts[inst].first_operand,
        o.pos == Operand::Pos::kEarly ? "early" : "late", o.kind == Operand::Kind::kUse ? "use" : "def",
        o.vreg.n, kPolicies[static_cast<size_t>(o.policy)], has_arg ? fmt::format(" {}", o.arg) : "");
  }
  static RegClass class_of(Type t) { return ir::is_int(t) ? RegClass::kInt : RegClass::kVector; }
  // Integers are moved whole, whatever their type, and are worth 8 bytes: a parameter's type may differ from
  // its argument's in width.
  static uint8_t bytes_of(Type t) { return static_cast<uint8_t>(ir::is_int(t) ? 8 : ir::bytes_of(t)); }
  uint8_t bytes_of(VReg v) const { return bytes_of(code_.types[v.n]); }

  // Is it a place that can hold this type? Says why not.
  std::string refuse(Alloc a, Type t) {
    switch (a.kind) {
      case Alloc::Kind::kNone:
        return "has no place";
      case Alloc::Kind::kReg:
        if (!a.preg().valid()) return fmt::format("has register {}, which is none", a.index);
        if (a.preg().cls() != class_of(t))
          return fmt::format("has {}, a register of the other class", name(a.index));
        if (!known_regs_.has(a.preg()))
          return fmt::format("has {}, which is not the allocator's", name(a.index));
        return {};
      case Alloc::Kind::kHome:
        if (a.index >= code_.homes.size())
          return fmt::format("has home {} of {}", a.index, code_.homes.size());
        return {};
      case Alloc::Kind::kSlot:
        break;
    }
    const uint32_t width = t == Type::kV128 ? 2 : 1;
    if (a.index >= out_.slots || out_.slots - a.index < width)
      return fmt::format("has slot {} of {}, {} wanted", a.index, out_.slots, width);
    if (a.index % width != 0)
      return fmt::format("has slot {}, an even one is expected for 16 bytes", a.index);
    for (uint32_t i = 0; i < width; ++i) {
      uint8_t& w = slot_widths_[a.index + i];
      if (w != 0 && w != width) return fmt::format("has slot {}, which is used as {} too", a.index, 8 * w);
      w = static_cast<uint8_t>(width);
    }
    return {};
  }

  // ---- preparation

  Result<void> prepare() {
    if (out_.operands.size() != code_.operands.size())
      return bad(fmt::format("{} places for {} operands", out_.operands.size(), code_.operands.size()));
    for (PReg r : env_.ints) known_regs_.add(r), handed_out_.add(r);
    for (PReg r : env_.vectors) known_regs_.add(r), handed_out_.add(r);
    for (PReg r : env_.scratch)
      if (r.valid()) known_regs_.add(r);
    for (const Operand& o : code_.operands)
      if (o.policy == Operand::Policy::kFixed && PReg{o.arg}.valid()) known_regs_.add(PReg{o.arg});
    slot_widths_.assign(out_.slots, 0);
    home_of_.assign(code_.vreg_count(), kNone);
    for (uint32_t h = 0; h < code_.homes.size(); ++h) home_of_[code_.homes[h].vreg.n] = h;
    const uint32_t places = 64 + out_.slots + static_cast<uint32_t>(code_.homes.size());
    local_.assign(places, {});
    stamp_.assign(places, 0);
    return find_definitions();
  }

  Result<void> find_definitions() {
    def_block_.assign(code_.vreg_count(), kNone);
    param_.assign(code_.vreg_count(), kNone);
    auto define = [&](VReg v, uint32_t b) -> Result<void> {
      if (v.n >= code_.vreg_count()) return bad(fmt::format("v{} does not exist", v.n));
      if (def_block_[v.n] != kNone) return bad(fmt::format("v{} is defined twice", v.n));
      def_block_[v.n] = b;
      return {};
    };
    for (uint32_t b = 0; b < code_.blocks.size(); ++b) {
      const VBlock& block = code_.blocks[b];
      for (uint32_t i = 0; i < block.param_count; ++i) {
        const VReg v = code_.params_of(block)[i];
        WJIT_CHECK(define(v, b));
        param_[v.n] = i;
        if (home_of_[v.n] != kNone) return bad(fmt::format("v{}, a block parameter, has a home", v.n));
      }
      for (uint32_t i = block.first; i < block.end; ++i)
        for (const Operand& o : code_.operands_of(code_.insts[i]))
          if (o.kind == Operand::Kind::kDef) WJIT_CHECK(define(o.vreg, b));
    }
    return {};
  }

  // ---- one block

  Content read(uint32_t place) const {
    return stamp_[place] == epoch_ ? local_[place] : Content{Content::Kind::kEntry, 16, place};
  }
  void write(uint32_t place, Content c) {
    if (stamp_[place] != epoch_) stamp_[place] = epoch_, written_.push_back(place);
    local_[place] = c;
  }

  Result<void> run_block(uint32_t b) {
    block_ = b;
    ++epoch_;
    written_.clear();
    for (uint32_t i = code_.blocks[b].first; i < code_.blocks[b].end; ++i) {
      for (; edit_ < out_.edits.size() && out_.edits[edit_].before == i; ++edit_)
        WJIT_CHECK(run_edit(out_.edits[edit_]));
      WJIT_CHECK(run_inst(i));
    }
    std::sort(written_.begin(), written_.end());
    for (uint32_t place : written_) ends_.push_back({place, local_[place]});
    end_of_.push_back(static_cast<uint32_t>(ends_.size()));
    return {};
  }

  Result<void> run_edit(const Edit& e) {
    auto where = [&] { return fmt::format("edit {}, before instruction {}: ", edit_, e.before); };
    if (std::string why = refuse(e.from, e.type); !why.empty()) return bad(where() + "its source " + why);
    if (std::string why = refuse(e.to, e.type); !why.empty()) return bad(where() + "its target " + why);
    if (e.to.kind == Alloc::Kind::kHome) return bad(where() + "writes to a home");
    Content c = read(place_of(e.from));
    c.bytes = std::min(c.bytes, bytes_of(e.type));
    write(place_of(e.to), c);
    return {};
  }

  Result<void> run_inst(uint32_t i) {
    const MInst& inst = code_.insts[i];
    RegSet clobbers;
    if (inst.flags & (MInst::kCall | MInst::kClobbers)) clobbers = code_.clobbers[inst.x];
    const uint32_t first = inst.first_operand, end = first + inst.operands;
    for (uint32_t n = first; n < end; ++n) WJIT_CHECK(check_policy(i, n, clobbers));
    WJIT_CHECK(check_conflicts(i));
    using Kind = Operand::Kind;
    using Pos = Operand::Pos;
    for (uint32_t n = first; n < end; ++n)
      if (code_.operands[n].kind == Kind::kUse && code_.operands[n].pos == Pos::kEarly)
        WJIT_CHECK(read_operand(i, n));
    for (uint32_t n = first; n < end; ++n)
      if (code_.operands[n].kind == Kind::kDef && code_.operands[n].pos == Pos::kEarly) write_operand(n);
    for (PReg r : env_.scratch)
      if (r.valid()) write(r.n, {});
    for (uint64_t bits = clobbers.bits; bits != 0; bits &= bits - 1)
      write(static_cast<uint32_t>(__builtin_ctzll(bits)), {});
    for (uint32_t n = first; n < end; ++n)
      if (code_.operands[n].kind == Kind::kUse && code_.operands[n].pos == Pos::kLate)
        WJIT_CHECK(read_operand(i, n));
    for (uint32_t n = first; n < end; ++n)
      if (code_.operands[n].kind == Kind::kDef && code_.operands[n].pos == Pos::kLate) write_operand(n);
    return {};
  }

  Result<void> check_policy(uint32_t i, uint32_t n, RegSet clobbers) {
    const MInst& inst = code_.insts[i];
    const Operand& o = code_.operands[n];
    const Alloc a = out_.operands[n];
    auto where = [&] { return name_of_operand(i, n) + ": "; };
    if (o.vreg.n >= code_.vreg_count()) return bad(where() + "no such vreg");
    if (std::string why = refuse(a, code_.types[o.vreg.n]); !why.empty()) return bad(where() + why);
    if (o.policy != Operand::Policy::kAny && !a.is_reg())
      return bad(where() + "a register is expected, not " + name(place_of(a)));
    const bool def = o.kind == Operand::Kind::kDef;
    if (o.policy == Operand::Policy::kFixed) {
      if (a.index != o.arg)
        return bad(where() + fmt::format("{} is expected, not {}", name(o.arg), name(place_of(a))));
    } else if (a.is_reg()) {
      if (!handed_out_.has(a.preg())) return bad(where() + name(a.index) + " is not handed out");
      if (def && clobbers.has(a.preg()))
        return bad(where() + name(a.index) + " is clobbered by the instruction");
    }
    if (o.policy == Operand::Policy::kReuse) {
      const Operand& use = code_.operands[inst.first_operand + o.arg];
      if (!def || o.arg >= inst.operands || use.kind != Operand::Kind::kUse ||
          use.policy != Operand::Policy::kReg || use.pos != Operand::Pos::kEarly)
        return bad(where() + "what it reuses is no early use in a register");
      if (out_.operands[inst.first_operand + o.arg] != a)
        return bad(where() + fmt::format("{} is expected, the place of operand {}, not {}",
                                         name(place_of(out_.operands[inst.first_operand + o.arg])), o.arg,
                                         name(place_of(a))));
    }
    if (def && a.kind == Alloc::Kind::kHome && code_.homes[a.index].vreg != o.vreg)
      return bad(where() + fmt::format("is written to the home of v{}", code_.homes[a.index].vreg.n));
    return {};
  }

  Result<void> check_conflicts(uint32_t i) {
    const MInst& inst = code_.insts[i];
    const uint32_t first = inst.first_operand, end = first + inst.operands;
    for (uint32_t n = first; n < end; ++n) {
      const Operand& d = code_.operands[n];
      if (d.kind != Operand::Kind::kDef) continue;
      for (uint32_t m = first; m < end; ++m) {
        const Operand& o = code_.operands[m];
        if (m == n || out_.operands[m] != out_.operands[n]) continue;
        if (o.kind == Operand::Kind::kUse && o.pos == Operand::Pos::kEarly && d.pos == Operand::Pos::kLate)
          continue;
        return bad(fmt::format("{}: shares {} with operand {}, v{}, at the same time", name_of_operand(i, n),
                               name(place_of(out_.operands[n])), m - first, o.vreg.n));
      }
    }
    return {};
  }

  Result<void> read_operand(uint32_t i, uint32_t n) {
    const VReg v = code_.operands[n].vreg;
    const uint32_t place = place_of(out_.operands[n]);
    return expect({block_, place, v, bytes_of(v), n, i}, read(place));
  }

  void write_operand(uint32_t n) {
    const VReg v = code_.operands[n].vreg;
    const Content c{Content::Kind::kVReg, bytes_of(v), v.n};
    write(place_of(out_.operands[n]), c);
    if (home_of_[v.n] != kNone) write(64 + out_.slots + home_of_[v.n], c);
  }

  // ---- demands

  // d.vreg is wanted at a point of d.block where d.place holds c.
  Result<void> expect(const Demand& d, Content c) {
    auto wrong = [&](std::string_view why) {
      return bad(fmt::format("{}: v{} is expected in {} in block {}, which holds {}{}",
                             name_of_operand(d.inst, d.operand), d.vreg.n, name(d.place), d.block, name(c),
                             why));
    };
    if (c.kind == Content::Kind::kNothing) return wrong("");
    if (c.bytes < d.bytes) return wrong(fmt::format(", of {} needed", d.bytes));
    if (c.kind == Content::Kind::kVReg) return c.id == d.vreg.n ? Result<void>{} : wrong("");
    if (def_block_[d.vreg.n] == d.block && param_[d.vreg.n] == kNone)
      return wrong(fmt::format(", but v{} is defined in this block", d.vreg.n));
    if (code_.blocks[d.block].pred_count == 0) return wrong(", where the function begins");
    Demand next = d;
    next.place = c.id;
    if (remember(next)) demands_.push_back(next);
    return {};
  }

  Result<void> meet_demands() {
    while (!demands_.empty()) {
      const Demand d = demands_.back();
      demands_.pop_back();
      const VBlock& block = code_.blocks[d.block];
      for (uint32_t p : code_.preds_of(block)) {
        Demand at_pred = d;
        at_pred.block = p;
        if (def_block_[d.vreg.n] == d.block) {
          const VBlock& pred = code_.blocks[p];
          if (param_[d.vreg.n] >= pred.arg_count)
            return bad(fmt::format("block {} passes {} arguments to block {}", p, pred.arg_count, d.block));
          at_pred.vreg = code_.args_of(pred)[param_[d.vreg.n]];
        }
        WJIT_CHECK(expect(at_pred, at_end(p, d.place)));
      }
    }
    return {};
  }

  Content at_end(uint32_t b, uint32_t place) const {
    auto begin = ends_.begin() + (b == 0 ? 0 : end_of_[b - 1]), end = ends_.begin() + end_of_[b];
    auto it = std::lower_bound(begin, end, place, [](const End& e, uint32_t p) { return e.place < p; });
    return it != end && it->place == place ? it->content : Content{Content::Kind::kEntry, 16, place};
  }

  // False if it is known already. An open-addressed set.
  bool remember(const Demand& d) {
    if (2 * (known_ + 1) > table_.size()) grow();
    for (size_t at = slot_for(d);; at = (at + 1) & (table_.size() - 1)) {
      Key& k = table_[at];
      if (k.block == kNone) {
        k = {d.block, d.place, d.vreg.n, d.bytes};
        ++known_;
        return true;
      }
      if (k.block == d.block && k.place == d.place && k.vreg == d.vreg.n && k.bytes == d.bytes) return false;
    }
  }
  template <class D>
  size_t slot_for(const D& d) const {
    uint64_t h = d.block * 0x9e3779b97f4a7c15u ^ d.place * 0xc2b2ae3d27d4eb4fu;
    if constexpr (std::is_same_v<D, Demand>)
      h ^= d.vreg.n * 0x165667b19e3779f9u;
    else
      h ^= d.vreg * 0x165667b19e3779f9u;
    h ^= h >> 29;
    return (h * 0xbf58476d1ce4e5b9u >> 20) & (table_.size() - 1);
  }
  void grow() {
    std::vector<Key> old(std::max<size_t>(64, 2 * table_.size()));
    old.swap(table_);
    for (const Key& k : old) {
      if (k.block == kNone) continue;
      size_t at = slot_for(k);
      while (table_[at].block != kNone) at = (at + 1) & (table_.size() - 1);
      table_[at] = k;
    }
  }

  static constexpr uint32_t kNone = ~uint32_t{0};
  struct End {
    uint32_t place;
    Content content;
  };
  struct Key {
    uint32_t block = kNone, place = 0, vreg = 0;
    uint8_t bytes = 0;
  };

  const VCode& code_;
  const RegEnv& env_;
  const Allocation& out_;
  RegSet known_regs_, handed_out_;
  std::vector<uint8_t> slot_widths_;                   // in slots: 1, 2, or 0: not seen
  std::vector<uint32_t> home_of_, def_block_, param_;  // of vregs
  uint32_t block_ = 0, epoch_ = 0;
  size_t edit_ = 0;
  std::vector<Content> local_;  // of places, where stamp_ is epoch_
  std::vector<uint32_t> stamp_, written_;
  std::vector<End> ends_;         // what blocks have written, by block, then place
  std::vector<uint32_t> end_of_;  // in ends_, of blocks
  std::vector<Demand> demands_;
  std::vector<Key> table_;
  size_t known_ = 0;
};

}  // namespace

Result<void> check(const VCode& code, const RegEnv& env, const Allocation& out) {
  return Checker(code, env, out).run();
}

}  // namespace wjit::ra
