#include "random_vcode.h"

#include <algorithm>

namespace wjit::test {

using namespace mach;
using ir::Type;

namespace {

// Structured programs, written block by block; blocks are put into their order at the end.
class Maker {
 public:
  Maker(uint64_t seed, const Shape& shape)
      : random_{seed}, shape_(shape), env_(make_env(shape.ints, shape.vectors)) {}

  VCode make() {
    RegSet all;
    for (PReg r : env_.ints) all.add(r);
    for (PReg r : env_.vectors) all.add(r);
    code_.clobbers.push_back(all);
    RegSet some;
    some.add(env_.ints[0]), some.add(env_.vectors[0]);
    code_.clobbers.push_back(some);
    start_block(false);
    entry();
    left_ = static_cast<int>(shape_.statements);
    statements(0);
    end({}, true);
    flatten();
    return std::move(code_);
  }

 private:
  struct Draft {
    std::vector<std::pair<MInst, std::vector<Operand>>> insts;
    std::vector<VReg> params, args;
    std::vector<uint32_t> succs;
    uint8_t depth = 0;
    bool cold = false;
  };

  uint32_t start_block(bool cold) {
    Draft d;
    d.depth = depth_;
    d.cold = cold;
    drafts_.push_back(std::move(d));
    return at_ = static_cast<uint32_t>(drafts_.size() - 1);
  }
  void add(MInst inst, std::vector<Operand> operands) {
    inst.op = static_cast<uint16_t>(random_.below(1000));
    inst.imm = random_.next();
    inst.operands = static_cast<uint8_t>(operands.size());
    drafts_[at_].insts.emplace_back(inst, std::move(operands));
  }
  // Ends the block; a return uses some values.
  void end(std::vector<uint32_t> succs, bool is_return = false) {
    MInst inst;
    inst.flags = MInst::kBranch;
    std::vector<Operand> operands;
    if (is_return) {
      if (!values_.empty()) operands.push_back(use_any(value()));
      if (shape_.fixed) operands.push_back(use_fixed(value(RegClass::kInt), env_.ints[1]));
    } else if (succs.size() > 1) {
      operands.push_back(random_.one_in(2) ? use_any(value()) : use(value()));
      if (shape_.early_defs && random_.one_in(3)) operands.push_back(def_early(code_.new_vreg(Type::kI64)));
    }
    add(inst, std::move(operands));
    drafts_[at_].succs = std::move(succs);
  }
  void jump(uint32_t to, std::vector<VReg> args) {
    end({to});
    drafts_[at_].args = std::move(args);
  }

  Type type() {
    if (!shape_.vector_values) return random_.one_in(2) ? Type::kI32 : Type::kI64;
    static constexpr Type kTypes[] = {Type::kI32, Type::kI64, Type::kI32, Type::kI64,
                                      Type::kF32, Type::kF64, Type::kV128};
    return kTypes[random_.below(7)];
  }
  VReg fresh(Type t) {
    const VReg v = code_.new_vreg(t);
    values_.push_back(v);
    return v;
  }
  VReg value() {  // mostly one of the newest
    const uint32_t n = static_cast<uint32_t>(values_.size());
    return values_[random_.one_in(8) ? random_.below(n) : n - 1 - random_.below(std::min(n, shape_.live))];
  }
  VReg value(RegClass cls) {
    for (int tries = 0; tries < 20; ++tries)
      if (const VReg v = value(); code_.cls(v) == cls) return v;
    for (VReg v : values_)
      if (code_.cls(v) == cls) return v;
    return values_[0];
  }
  VReg value(Type t) {
    for (int tries = 0; tries < 20; ++tries)
      if (const VReg v = value(); code_.types[v.n] == t) return v;
    for (VReg v : values_)
      if (code_.types[v.n] == t) return v;
    return value();
  }

  void entry() {
    std::vector<Operand> operands;
    MInst inst;
    for (uint32_t i = 0; i < 3 && i < env_.ints.size(); ++i)
      operands.push_back(def_fixed(fresh(i == 1 ? Type::kI32 : Type::kI64), env_.ints[i]));
    static constexpr Type kTypes[] = {Type::kF32, Type::kF64, Type::kV128};
    for (uint32_t i = 0; i < 3 && shape_.vector_values; ++i)
      operands.push_back(def_fixed(fresh(kTypes[i]), env_.vectors[i]));
    if (shape_.homes) {
      code_.homes.push_back({values_[0], -8});
      for (int i = 0; i < 2; ++i) {
        const VReg v = fresh(type());
        operands.push_back({v, Operand::Kind::kDef, Operand::Policy::kAny, Operand::Pos::kLate});
        code_.homes.push_back({v, 16 + 16 * i});
      }
    }
    add(inst, std::move(operands));
  }

  void statements(int nesting) {
    const uint32_t n = 1 + random_.below(8);
    for (uint32_t i = 0; i < n && left_ > 0; ++i) {
      const uint32_t kind = random_.below(nesting < 5 ? 12 : 8);
      if (kind < 8) {
        operation();
      } else if (kind < 10) {
        branch(nesting);
      } else {
        loop(nesting);
      }
    }
  }

  // The registers that an instruction takes of each class, early and late.
  struct Room {
    uint32_t early[2], late[2];
  };

  void operation() {
    --left_;
    if (shape_.call_one_in != 0 && random_.one_in(shape_.call_one_in)) return call();
    MInst inst;
    std::vector<Operand> operands;
    std::vector<Type> made;
    uint32_t room[2] = {shape_.ints, shape_.vectors};
    const bool clobbers = shape_.fixed && random_.one_in(10);
    if (clobbers) inst.flags = MInst::kClobbers, inst.x = 1, --room[0], --room[1];
    auto take = [&](RegClass c) {
      return room[static_cast<int>(c)] > 0 ? (--room[static_cast<int>(c)], true) : false;
    };
    if (random_.one_in(12)) {  // a move
      const VReg from = value();
      const VReg to = code_.new_vreg(code_.types[from.n]);
      inst.flags = MInst::kMove;
      if (random_.one_in(2)) {
        add(inst, {def(to), use(from)});
      } else {
        add(inst, {{to, Operand::Kind::kDef, Operand::Policy::kAny, Operand::Pos::kLate}, use_any(from)});
      }
      values_.push_back(to);
      return;
    }
    RegSet fixed;
    const uint32_t uses = random_.below(4);
    for (uint32_t i = 0; i < uses; ++i) {
      const VReg v = value();
      const RegClass c = code_.cls(v);
      const auto& regs = c == RegClass::kInt ? env_.ints : env_.vectors;
      if (random_.one_in(5)) {
        operands.push_back(use_any(v));
      } else if (take(c)) {
        operands.push_back(random_.one_in(6) ? use_late(v) : use(v));
        if (shape_.fixed && random_.one_in(6)) {
          const PReg r = regs[random_.below(static_cast<uint32_t>(std::min<size_t>(3, regs.size())))];
          if (!fixed.has(r) && (!clobbers || !code_.clobbers[1].has(r)))
            operands.back() = use_fixed(v, r), fixed.add(r);
          if (fixed.has(r) && random_.one_in(4) && operands.back().policy == Operand::Policy::kFixed)
            operands.back().pos = Operand::Pos::kLate;
        }
      }
    }
    if (shape_.early_defs && random_.one_in(6) && take(RegClass::kInt))
      operands.push_back(def_early(code_.new_vreg(Type::kI64)));
    const uint32_t defs = random_.one_in(8) ? 0 : random_.one_in(8) ? 2 : 1;
    RegSet fixed_defs;
    for (const Operand& o : operands)
      if (o.policy == Operand::Policy::kFixed && o.pos == Operand::Pos::kLate) fixed_defs.add(PReg{o.arg});
    for (uint32_t i = 0; i < defs; ++i) {
      uint32_t reuse = 255;
      for (uint32_t k = 0; k < operands.size(); ++k) {
        const Operand& o = operands[k];
        if (o.kind == Operand::Kind::kUse && o.policy == Operand::Policy::kReg &&
            o.pos == Operand::Pos::kEarly && random_.one_in(2))
          reuse = k;
      }
      for (const Operand& o : operands)
        if (o.policy == Operand::Policy::kReuse && o.arg == reuse) reuse = 255;
      const Type t = reuse == 255 ? type() : code_.types[operands[reuse].vreg.n];
      const RegClass c = ir::is_int(t) ? RegClass::kInt : RegClass::kVector;
      const auto& regs = c == RegClass::kInt ? env_.ints : env_.vectors;
      const PReg r = regs[random_.below(static_cast<uint32_t>(std::min<size_t>(3, regs.size())))];
      const VReg v = code_.new_vreg(t);
      if (reuse != 255) {
        operands.push_back(def_reuse(v, static_cast<uint8_t>(reuse)));
      } else if (random_.one_in(8)) {
        operands.push_back({v, Operand::Kind::kDef, Operand::Policy::kAny, Operand::Pos::kLate});
      } else if (!take(c)) {
        continue;
      } else if (shape_.fixed && random_.one_in(6) && !fixed_defs.has(r)) {
        operands.push_back(def_fixed(v, r));
        fixed_defs.add(r);
      } else {
        operands.push_back(def(v));
      }
      if (!random_.one_in(12)) values_.push_back(v);  // else dead
    }
    add(inst, std::move(operands));
  }

  void call() {
    MInst inst;
    inst.flags = MInst::kCall;
    inst.x = 0;
    std::vector<Operand> operands;
    for (PReg r : env_.ints)
      if (random_.one_in(3)) operands.push_back(use_fixed(value(RegClass::kInt), r));
    if (operands.size() < env_.ints.size() && random_.one_in(2))
      operands.push_back(use(value(RegClass::kInt)));
    if (shape_.vector_values)
      for (uint32_t i = 0; i < 3; ++i)
        if (random_.one_in(3)) operands.push_back(use_fixed(value(RegClass::kVector), env_.vectors[i]));
    std::vector<Operand> defs;
    for (uint32_t i = 0; i < 2; ++i)
      if (random_.one_in(2)) defs.push_back(def_fixed(fresh(Type::kI64), env_.ints[i]));
    if (shape_.vector_values && random_.one_in(2))
      defs.push_back(def_fixed(fresh(Type::kF64), env_.vectors[0]));
    operands.insert(operands.end(), defs.begin(), defs.end());
    add(inst, std::move(operands));
  }

  void branch(int nesting) {
    const uint32_t ways = random_.one_in(6) ? 3 + random_.below(4) : 2;
    std::vector<Type> types(random_.below(4));
    for (Type& t : types) t = type();
    const uint32_t from = at_;
    const size_t visible = values_.size();
    std::vector<uint32_t> succs, ends;
    std::vector<std::vector<VReg>> args;
    const bool had_cold = drafts_[from].cold;
    for (uint32_t i = 0; i < ways; ++i) {
      const bool cold = had_cold || random_.one_in(4);
      succs.push_back(start_block(cold));
      if (!random_.one_in(4)) statements(nesting + 1);
      if (cold && shape_.call_one_in != 0 && random_.one_in(2)) call();
      std::vector<VReg> a;
      for (Type t : types) {
        const VReg v = value(t);
        if (code_.types[v.n] == t) {
          a.push_back(v);
        } else {
          a.push_back(fresh(t));
          add({}, {def(a.back())});
        }
      }
      args.push_back(std::move(a));
      ends.push_back(at_);
      values_.resize(visible);
    }
    at_ = from;
    end(succs);
    const uint32_t returns = random_.one_in(6) ? 0 : ways;  // one of them may not come back
    const uint32_t join = start_block(had_cold);
    for (uint32_t i = 0; i < ways; ++i) {
      at_ = ends[i];
      if (i == returns) {
        end({}, true);
      } else {
        jump(join, args[i]);
      }
    }
    at_ = join;
    for (Type t : types) drafts_[join].params.push_back(fresh(t));
  }

  void loop(int nesting) {
    std::vector<Type> types(random_.below(4));
    std::vector<VReg> initial;
    for (Type& t : types) initial.push_back(value()), t = code_.types[initial.back().n];
    const uint32_t before = at_;
    const bool cold = drafts_[before].cold;
    ++depth_;
    const uint32_t header = start_block(cold);
    at_ = before;
    jump(header, initial);
    at_ = header;
    for (Type t : types) drafts_[header].params.push_back(fresh(t));
    const size_t visible = values_.size();
    statements(nesting + 1);
    std::vector<VReg> again;
    for (size_t i = 0; i < types.size(); ++i) {
      VReg v = value(types[i]);
      if (code_.types[v.n] != types[i]) v = drafts_[header].params[i];
      again.push_back(v);
    }
    const uint32_t latch = at_;
    const uint32_t back = start_block(cold);
    jump(header, again);
    --depth_;
    const uint32_t out = start_block(cold);
    at_ = latch;
    end(random_.one_in(2) ? std::vector{back, out} : std::vector{out, back});
    at_ = out;
    values_.resize(std::max(visible, values_.size() - random_.below(3)));
  }

  void flatten() {
    std::vector<uint32_t> order, number(drafts_.size());
    for (bool cold : {false, true})
      for (uint32_t b = 0; b < drafts_.size(); ++b)
        if (drafts_[b].cold == cold) number[b] = static_cast<uint32_t>(order.size()), order.push_back(b);
    for (uint32_t b : order) {
      Draft& d = drafts_[b];
      VBlock block;
      block.first = static_cast<uint32_t>(code_.insts.size());
      for (auto& [inst, operands] : d.insts) {
        inst.first_operand = static_cast<uint32_t>(code_.operands.size());
        code_.operands.insert(code_.operands.end(), operands.begin(), operands.end());
        code_.insts.push_back(inst);
      }
      block.end = static_cast<uint32_t>(code_.insts.size());
      auto append = [&](const std::vector<VReg>& list, uint32_t& first, uint32_t& count) {
        first = static_cast<uint32_t>(code_.vregs.size());
        count = static_cast<uint32_t>(list.size());
        code_.vregs.insert(code_.vregs.end(), list.begin(), list.end());
      };
      append(d.params, block.params, block.param_count);
      append(d.args, block.args, block.arg_count);
      block.succs = static_cast<uint32_t>(code_.succs.size());
      block.succ_count = static_cast<uint32_t>(d.succs.size());
      for (uint32_t s : d.succs) code_.succs.push_back(number[s]);
      block.loop_depth = d.depth;
      block.cold = d.cold;
      code_.blocks.push_back(block);
    }
    code_.finish();
  }

  Random random_;
  const Shape& shape_;
  RegEnv env_;
  VCode code_;
  std::vector<Draft> drafts_;
  std::vector<VReg> values_;
  uint32_t at_ = 0;
  uint8_t depth_ = 0;
  int left_ = 0;
};

struct Bits {
  uint64_t lo = 0, hi = 0;
};
uint64_t mix(uint64_t h, uint64_t x) {
  h = (h ^ x) * 0x9e3779b97f4a7c15u;
  return h ^ h >> 29;
}

class Machine {
 public:
  Machine(const VCode& code, const RegEnv& env, const Allocation* allocation, uint64_t seed)
      : code_(code), env_(env), out_(allocation), seed_(seed), garbage_{seed * 3 + 1} {
    places_.resize(out_ ? 64 + out_->slots + code.homes.size() : code.vreg_count());
    for (Bits& b : places_) b = {garbage_.next(), garbage_.next()};
  }

  uint64_t run(uint32_t steps) {
    uint32_t b = 0;
    for (;;) {
      const VBlock& block = code_.blocks[b];
      uint64_t decision = 0;
      for (uint32_t i = block.first; i < block.end; ++i) {
        if (steps-- == 0) return hash_;
        edits_before(i);
        decision = step(i);
      }
      if (block.succ_count == 0) return hash_;
      const uint32_t s = code_.succs_of(block)[block.succ_count == 1 ? 0 : decision % block.succ_count];
      if (!out_) {
        std::vector<Bits> values;
        for (VReg v : code_.args_of(block)) values.push_back(places_[v.n]);
        for (size_t k = 0; k < values.size(); ++k) places_[code_.params_of(code_.blocks[s])[k].n] = values[k];
      }
      b = s;
    }
  }

 private:
  size_t index(Alloc a) const {
    return a.is_reg() ? a.index : 64 + a.index + (a.kind == Alloc::Kind::kHome ? out_->slots : 0);
  }
  Bits masked(Bits b, Type t, bool junk, bool whole = false) {
    Bits r = junk ? Bits{garbage_.next(), garbage_.next()} : Bits{};
    const uint32_t n = whole && ir::is_int(t) ? 8 : ir::bytes_of(t);
    if (n == 4) r.lo = (r.lo & ~uint64_t{0xffffffff}) | (b.lo & 0xffffffff);
    if (n >= 8) r.lo = b.lo;
    if (n == 16) r.hi = b.hi;
    return r;
  }
  void edits_before(uint32_t i) {
    if (!out_) return;
    auto it = std::lower_bound(out_->edits.begin(), out_->edits.end(), i,
                               [](const Edit& e, uint32_t n) { return e.before < n; });
    for (; it != out_->edits.end() && it->before == i; ++it)
      write(index(it->to), places_[index(it->from)], it->type, it->to.kind == Alloc::Kind::kSlot, true);
  }
  void write(size_t place, Bits b, Type t, bool slot, bool whole = false) {
    if (slot && t == Type::kV128) places_[place + 1] = {garbage_.next(), 0};
    places_[place] = masked(b, t, true, whole);
  }

  uint64_t step(uint32_t i) {
    const MInst& inst = code_.insts[i];
    const auto operands = code_.operands_of(inst);
    uint64_t h = mix(mix(seed_, inst.op), inst.imm);
    auto place = [&](size_t n) {
      return out_ ? index(out_->operands[inst.first_operand + n]) : operands[n].vreg.n;
    };
    auto uses = [&](Operand::Pos pos) {
      for (size_t n = 0; n < operands.size(); ++n) {
        if (operands[n].kind != Operand::Kind::kUse || operands[n].pos != pos) continue;
        const Bits b = masked(places_[place(n)], code_.types[operands[n].vreg.n], false);
        h = mix(mix(mix(h, n), b.lo), b.hi);
      }
    };
    auto defs = [&](Operand::Pos pos) {
      for (size_t n = 0; n < operands.size(); ++n) {
        if (operands[n].kind != Operand::Kind::kDef || operands[n].pos != pos) continue;
        Bits b{mix(h, n), mix(h, n + 1000)};
        // A move is one: it may disappear.
        if (inst.flags & MInst::kMove) b = moved_;
        const VReg v = operands[n].vreg;
        const bool slot = out_ && out_->operands[inst.first_operand + n].kind == Alloc::Kind::kSlot;
        write(place(n), b, code_.types[v.n], slot);
        for (size_t k = 0; out_ && k < code_.homes.size(); ++k)
          if (code_.homes[k].vreg == v) write(64 + out_->slots + k, b, code_.types[v.n], false);
      }
    };
    if (inst.flags & MInst::kMove) moved_ = places_[place(1)];
    uses(Operand::Pos::kEarly);
    defs(Operand::Pos::kEarly);
    if (out_) {
      if (inst.flags & (MInst::kCall | MInst::kClobbers))
        for (unsigned r = 0; r < 64; ++r)
          if (code_.clobbers[inst.x].has(PReg{static_cast<uint8_t>(r)}))
            places_[r] = {garbage_.next(), garbage_.next()};
      for (PReg r : env_.scratch) places_[r.n] = {garbage_.next(), garbage_.next()};
    }
    uses(Operand::Pos::kLate);
    hash_ = mix(hash_, h);
    defs(Operand::Pos::kLate);
    return mix(h, ++count_);
  }

  const VCode& code_;
  const RegEnv& env_;
  const Allocation* out_;
  uint64_t seed_, hash_ = 1, count_ = 0;
  Random garbage_;
  Bits moved_;
  std::vector<Bits> places_;
};

}  // namespace

RegEnv make_env(uint32_t ints, uint32_t vectors) {
  RegEnv env;
  for (uint32_t i = 0; i < ints; ++i) env.ints.push_back(int_reg(i + (i >= 4)));
  for (uint32_t i = 0; i < vectors; ++i) env.vectors.push_back(vector_reg(i));
  env.scratch[0] = int_reg(4), env.scratch[1] = vector_reg(31);
  return env;
}

VCode make_vcode(uint64_t seed, const Shape& shape) { return Maker(seed, shape).make(); }

uint64_t run_vcode(const VCode& code, const RegEnv& env, const Allocation* allocation, uint64_t seed,
                   uint32_t steps) {
  return Machine(code, env, allocation, seed).run(steps);
}

std::string print(const VCode& code, const Allocation* allocation) {
  auto place = [](Alloc a) {
    static constexpr const char* kKinds[] = {"-", "r", "s", "h"};
    if (a.is_reg() && a.index >= 32) return "x" + std::to_string(a.index - 32);
    return kKinds[static_cast<int>(a.kind)] + std::to_string(a.index);
  };
  std::string s;
  size_t e = 0;
  auto list = [&](std::span<const VReg> vs) {
    std::string t = "(";
    for (VReg v : vs) t += " v" + std::to_string(v.n);
    return t + " )";
  };
  for (size_t b = 0; b < code.blocks.size(); ++b) {
    const VBlock& block = code.blocks[b];
    s += "block" + std::to_string(b) + list(code.params_of(block)) + " depth " +
         std::to_string(block.loop_depth) + (block.cold ? " cold" : "") + "\n";
    for (uint32_t i = block.first; i < block.end; ++i) {
      for (; allocation && e < allocation->edits.size() && allocation->edits[e].before == i; ++e)
        s += "        " + place(allocation->edits[e].to) + " <- " + place(allocation->edits[e].from) + "\n";
      s += "  " + std::to_string(i) + ":" + (code.insts[i].flags & MInst::kCall ? " call" : "") +
           (code.insts[i].flags & MInst::kClobbers ? " clobbers" : "") +
           (code.insts[i].flags & MInst::kMove ? " move" : "");
      for (uint32_t n = 0; n < code.insts[i].operands; ++n) {
        const Operand& o = code.operands[code.insts[i].first_operand + n];
        static constexpr const char* kPolicies[] = {"any", "", "fix", "reuse"};
        s += std::string(o.kind == Operand::Kind::kDef ? " def" : " use") +
             (o.pos == Operand::Pos::kLate ? "/l" : "/e") + kPolicies[static_cast<int>(o.policy)] + ":v" +
             std::to_string(o.vreg.n);
        if (allocation) s += "=" + place(allocation->operands[code.insts[i].first_operand + n]);
      }
      s += "\n";
    }
    if (block.succ_count) s += "  ->";
    for (uint32_t t : code.succs_of(block)) s += " block" + std::to_string(t);
    s += block.succ_count ? list(code.args_of(block)) + "\n" : "";
  }
  return s;
}

Traffic count_traffic(const VCode& code, const Allocation& allocation) {
  Traffic t;
  std::vector<uint32_t> block_of(code.insts.size());
  for (uint32_t b = 0; b < code.blocks.size(); ++b)
    for (uint32_t i = code.blocks[b].first; i < code.blocks[b].end; ++i) block_of[i] = b;
  auto count = [&](uint32_t inst, bool load, bool store) {
    const VBlock& b = code.blocks[block_of[inst]];
    const int d = std::min<int>(b.loop_depth, 7);
    if (b.cold) {
      ++t.cold;
      return;
    }
    t.loads[d] += load, t.stores[d] += store, t.moves[d] += !load && !store;
  };
  for (const Edit& e : allocation.edits) count(e.before, !e.from.is_reg(), !e.to.is_reg());
  for (uint32_t i = 0; i < code.insts.size(); ++i)
    for (uint32_t n = 0; n < code.insts[i].operands; ++n) {
      const uint32_t o = code.insts[i].first_operand + n;
      if (allocation.operands[o].is_reg()) continue;
      const bool use = code.operands[o].kind == Operand::Kind::kUse;
      if (i != 0) count(i, use, !use);
    }
  return t;
}

}  // namespace wjit::test
