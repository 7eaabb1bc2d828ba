#include "compiler/ir/ssa.h"

#include <random>

#include "catch.h"
#include "compiler/ir/builder.h"
#include "compiler/ir/print.h"
#include "compiler/ir/verify.h"

using namespace wjit;
using namespace wjit::ir;

namespace {

// A structured program over variables, in the manner of wasm. Conditions come from outside; `use` shows a variable.
struct Step {
  enum Kind : uint8_t { kSet, kCopy, kUse, kBlock, kLoop, kIf, kElse, kEnd, kBr, kBrIf } kind;
  uint32_t a = 0, b = 0;  // variable and constant, or source; label's depth
};
using Program = std::vector<Step>;

// ---- what it means ----------------------------------------------------------------------------------------------

std::vector<uint32_t> run_steps(const Program& p, uint32_t variables, uint32_t bits_seed, size_t most) {
  std::vector<uint32_t> matching(p.size()), else_of(p.size(), 0), open;
  for (uint32_t i = 0; i < p.size(); ++i) {
    if (p[i].kind == Step::kBlock || p[i].kind == Step::kLoop || p[i].kind == Step::kIf) open.push_back(i);
    if (p[i].kind == Step::kElse) else_of[open.back()] = i;
    if (p[i].kind == Step::kEnd) matching[open.back()] = i, open.pop_back();
  }
  std::mt19937 bits(bits_seed);
  std::vector<uint32_t> values(variables), seen, frames;
  size_t steps = 0;
  const auto branch = [&](uint32_t depth, uint32_t& at) {
    frames.resize(frames.size() - depth);
    const uint32_t frame = frames.back();
    if (p[frame].kind == Step::kLoop) {
      at = frame;
    } else {
      at = matching[frame];
      frames.pop_back();
    }
  };
  for (uint32_t at = 0; at < p.size() && seen.size() < most && ++steps < 100 * most; ++at) {
    const Step& s = p[at];
    switch (s.kind) {
      case Step::kSet: values[s.a] = s.b; break;
      case Step::kCopy: values[s.a] = values[s.b]; break;
      case Step::kUse: seen.push_back(values[s.a]); break;
      case Step::kBlock: case Step::kLoop: frames.push_back(at); break;
      case Step::kIf: {
        const uint32_t frame = at;
        frames.push_back(at);
        if (bits() % 2 == 0) {
          at = else_of[frame] ? else_of[frame] : matching[frame];
          if (!else_of[frame]) frames.pop_back();
        }
        break;
      }
      case Step::kElse:
        at = matching[frames.back()];
        frames.pop_back();
        break;
      case Step::kEnd: frames.pop_back(); break;
      case Step::kBr: branch(s.a, at); break;
      case Step::kBrIf:
        if (bits() % 2) branch(s.a, at);
        break;
    }
  }
  return seen;
}

// ---- what Ssa makes of it -----------------------------------------------------------------------------------------

struct Maker {
  struct Frame {
    Step::Kind kind;
    Block label;
    Ssa::Point opened;
    Ssa::Ways ways;
    uint32_t loop = 0;
    Edge otherwise;
    bool dead = false;
  };
  Function f;
  Builder b{f};
  Ssa& ssa;
  bool alive = true;
  std::vector<Frame> frames;
  Value address;

  Maker(Ssa& s, uint32_t variables, uint64_t most_work = ~uint64_t{0}) : ssa(s) {
    go_on(f.new_block());
    address = f.append_param(f.entry(), Type::kI64);
    f.append_param(f.entry(), Type::kI64);
    ssa.reset(f, most_work);
    ssa.declare(Type::kI32, variables);
    ssa.start();
  }
  void go_on(Block x) {
    f.append_block(x);
    b.set_block(x);
    alive = true;
  }
  Value bit() { return b.load(Op::load, Type::kI32, {}, address, 0); }
  Edge edge_to(Frame& frame) {
    if (frame.kind == Step::kLoop) {
      const Edge e = f.new_edge(frame.label);
      ssa.add_back_edge(frame.loop, e);
      return e;
    }
    if (!frame.label.valid()) frame.label = f.new_block();
    const Edge e = f.new_edge(frame.label);
    ssa.add_way(frame.ways, e, ssa.here());
    return e;
  }
  void jump(Edge e) {
    b.put({.op = Op::jump, .a = e.n}, {});
    alive = false;
  }
  void end() {
    Frame frame = frames.back();
    frames.pop_back();
    if (frame.dead) return;
    if (frame.kind == Step::kLoop) {
      ssa.end_loop(frame.loop);
      if (!alive) return;
      Ssa::Ways ways;
      ssa.add_way(ways, Edge(), ssa.here());
      return ssa.begin_join(Block(), frame.opened, ways);
    }
    if (frame.otherwise.valid()) {
      if (!frame.label.valid()) frame.label = f.new_block();
      f.edge(frame.otherwise).to = frame.label;
      ssa.add_way(frame.ways, frame.otherwise, frame.opened);
    }
    if (frame.ways.count == 0) return;
    if (alive) jump(edge_to(frame));
    go_on(frame.label);
    ssa.begin_join(frame.label, frame.opened, frame.ways);
  }
  void step(const Step& s) {
    const bool opens = s.kind == Step::kBlock || s.kind == Step::kLoop || s.kind == Step::kIf;
    if (!alive && opens) return frames.push_back({.kind = s.kind, .dead = true});
    if (!alive && s.kind != Step::kElse && s.kind != Step::kEnd) return;
    switch (s.kind) {
      case Step::kSet: ssa.set(s.a, b.iconst(Type::kI32, s.b)); break;
      case Step::kCopy: ssa.set(s.a, ssa.get(s.b)); break;
      case Step::kUse: b.store(Op::store, Type::kI32, {}, address, ssa.get(s.a), 0); break;
      case Step::kBlock: frames.push_back({.kind = s.kind, .opened = ssa.here()}); break;
      case Step::kLoop: {
        Frame frame{.kind = s.kind, .label = f.new_block(), .opened = ssa.here()};
        const Edge e = f.new_edge(frame.label);
        jump(e);
        go_on(frame.label);
        frame.loop = ssa.begin_loop(frame.label, e);
        frames.push_back(frame);
        break;
      }
      case Step::kIf: {
        Frame frame{.kind = s.kind, .opened = ssa.here(), .otherwise = f.new_edge(Block())};
        const Block then = f.new_block();
        b.brif(bit(), f.new_edge(then), frame.otherwise);
        go_on(then);
        frames.push_back(frame);
        break;
      }
      case Step::kElse: {
        Frame& frame = frames.back();
        if (frame.dead) break;
        if (alive) jump(edge_to(frame));
        const Edge e = std::exchange(frame.otherwise, Edge());
        const Block x = f.new_block();
        f.edge(e).to = x;
        go_on(x);
        Ssa::Ways ways;
        ssa.add_way(ways, e, frame.opened);
        ssa.begin_join(x, frame.opened, ways);
        break;
      }
      case Step::kEnd: end(); break;
      case Step::kBr: jump(edge_to(frames[frames.size() - 1 - s.a])); break;
      case Step::kBrIf: {
        const Value c = bit();
        const Edge taken = edge_to(frames[frames.size() - 1 - s.a]);
        const Block x = f.new_block();
        b.brif(c, taken, f.new_edge(x));
        go_on(x);
        break;
      }
    }
  }
  void finish() {
    if (alive) b.return_({});
    f.resolve_aliases();
  }
};

std::vector<uint32_t> run_ir(const Function& f, uint32_t bits_seed, size_t most) {
  std::mt19937 bits(bits_seed);
  std::vector<uint32_t> values(f.value_count()), seen;
  size_t steps = 0;
  for (Inst i = f.block(f.entry()).first; seen.size() < most && ++steps < 1000 * most;) {
    const InstData& d = f.inst(i);
    const auto go = [&](Edge e) {
      std::vector<uint32_t> args;
      for (Value v : f.list(f.edge(e).args)) args.push_back(values[v.n]);
      const auto params = f.params(f.edge(e).to);
      if (args.size() != params.size()) FAIL(args.size() << " arguments");
      for (size_t k = 0; k < args.size(); ++k) values[params[k].n] = args[k];
      i = f.block(f.edge(e).to).first;
    };
    switch (d.op) {
      case Op::iconst: values[f.result(i).n] = static_cast<uint32_t>(d.imm()); break;
      case Op::load: values[f.result(i).n] = bits() % 2; break;
      case Op::store: seen.push_back(values[d.b]); break;
      case Op::jump: go(Edge(d.a)); continue;
      case Op::brif: go(Edge(values[d.a] ? d.b : d.c)); continue;
      case Op::return_: return seen;
      default: FAIL("unexpected instruction");
    }
    i = f.next(i);
  }
  return seen;
}

Program random_program(std::mt19937& random, uint32_t variables, size_t length) {
  Program p;
  std::vector<Step::Kind> frames;
  const auto label = [&] { return static_cast<uint32_t>(random() % frames.size()); };
  while (p.size() < length) {
    const uint32_t v = random() % variables;
    const auto open = [&](Step::Kind k) {
      p.push_back({k});
      frames.push_back(k);
    };
    switch (random() % 16) {
      case 0: case 1: p.push_back({Step::kSet, v, static_cast<uint32_t>(random() % 1000)}); break;
      case 2: p.push_back({Step::kCopy, v, static_cast<uint32_t>(random() % variables)}); break;
      case 3: case 4: case 5: p.push_back({Step::kUse, v}); break;
      case 6: open(Step::kBlock); break;
      case 7: open(Step::kLoop); break;
      case 8: open(Step::kIf); break;
      case 9:
        if (!frames.empty() && frames.back() == Step::kIf) {
          p.push_back({Step::kElse});
          frames.back() = Step::kElse;
        }
        break;
      case 10: case 11: case 12:
        if (!frames.empty()) p.push_back({Step::kEnd}), frames.pop_back();
        break;
      case 13:
        if (!frames.empty() && random() % 2) p.push_back({Step::kBr, label()});
        break;
      default:
        if (!frames.empty()) p.push_back({Step::kBrIf, label()});
    }
  }
  while (!frames.empty()) p.push_back({Step::kEnd}), frames.pop_back();
  for (uint32_t v = 0; v < variables; ++v) p.push_back({Step::kUse, v});
  return p;
}

struct Cost {
  uint64_t work;
  size_t args, params, insts;
};
// Runs through a program and says what it took.
Cost cost_of(const Program& p, uint32_t variables) {
  Ssa ssa;
  Maker m(ssa, variables);
  for (const Step& s : p) m.step(s);
  m.finish();
  REQUIRE(verify(m.f));
  Cost c{ssa.work(), 0, 0, m.f.inst_count()};
  for (uint32_t e = 0; e < m.f.edge_count(); ++e) c.args += m.f.list(m.f.edge(Edge(e)).args).size();
  for (uint32_t b = 1; b < m.f.block_count(); ++b) c.params += m.f.params(Block(b)).size();
  return c;
}

}  // namespace

TEST_CASE("random structured programs mean the same in SSA form", "[ssa]") {
  Ssa ssa;
  size_t shown = 0, params = 0;
  for (uint32_t seed = 0; seed < 4000; ++seed) {
    std::mt19937 random(seed);
    const uint32_t variables = 1 + random() % 6;
    const Program p = random_program(random, variables, 5 + random() % 120);
    Maker m(ssa, variables);
    for (const Step& s : p) m.step(s);
    m.finish();
    INFO("seed " << seed);
    const auto ok = verify(m.f);
    if (!ok) FAIL(ok.error().message() + "\n" + print(m.f));
    for (uint32_t b = 0; b < m.f.block_count(); ++b) params += m.f.params(Block(b)).size();
    for (uint32_t bits = 0; bits < 4; ++bits) {
      const auto expected = run_steps(p, variables, bits, 50);
      const auto found = run_ir(m.f, bits, 50);
      // Programs that stopped for their length rather than their end: what both saw.
      const size_t n = std::min(expected.size(), found.size());
      INFO(print(m.f));
      REQUIRE(std::vector(expected.begin(), expected.begin() + n) == std::vector(found.begin(), found.begin() + n));
      shown += n;
    }
  }
  CHECK(shown > 50'000);
  CHECK(params > 5'000);
}

TEST_CASE("a variable that a loop leaves alone needs no parameter", "[ssa]") {
  const Program p = {{Step::kSet, 0, 7}, {Step::kLoop}, {Step::kLoop}, {Step::kUse, 0},
                     {Step::kSet, 1, 3}, {Step::kBrIf, 0}, {Step::kEnd}, {Step::kBrIf, 0}, {Step::kEnd},
                     {Step::kUse, 0}, {Step::kUse, 1}};
  CHECK(cost_of(p, 2).params == 0);
}

TEST_CASE("a variable that a loop sets and reads is its parameter, once", "[ssa]") {
  const Program p = {{Step::kSet, 0, 7}, {Step::kLoop}, {Step::kUse, 0}, {Step::kSet, 0, 3}, {Step::kBrIf, 0},
                     {Step::kEnd}, {Step::kUse, 0}};
  const Cost c = cost_of(p, 1);
  CHECK(c.params == 1);
  CHECK(c.args == 2);
}

// Each shape at two sizes: twice the program may take about twice the work, and no more parameters and arguments than
// that. What is counted are steps, not time.
TEST_CASE("the work of SSA construction grows with the program", "[ssa]") {
  struct Shape {
    const char* name;
    uint32_t variables;  // at size 1
    Program (*make)(uint32_t n);
  };
  const Shape shapes[] = {
      {"nested blocks, one variable set inside", 1,
       [](uint32_t n) {
         Program p(n, Step{Step::kBlock});
         for (uint32_t i = 0; i < n; ++i) p.insert(p.end(), {{Step::kBrIf, i}, {Step::kSet, 0, i}});
         for (uint32_t i = 0; i < n; ++i) p.insert(p.end(), {{Step::kEnd}, {Step::kUse, 0}});
         return p;
       }},
      {"nested blocks, read only at the end", 1,
       [](uint32_t n) {
         Program p(n, Step{Step::kBlock});
         for (uint32_t i = 0; i < n; ++i) p.insert(p.end(), {{Step::kBrIf, i}, {Step::kSet, 0, i}});
         p.insert(p.end(), n, {Step::kEnd});
         p.push_back({Step::kUse, 0});
         return p;
       }},
      {"blocks in a row, set in each, read at the end", 1,
       [](uint32_t n) {
         Program p;
         for (uint32_t i = 0; i < n; ++i)
           p.insert(p.end(), {{Step::kBlock}, {Step::kBrIf, 0}, {Step::kSet, 0, i}, {Step::kEnd}});
         p.push_back({Step::kUse, 0});
         return p;
       }},
      {"blocks in a row and many variables, set before and read behind", 2,
       [](uint32_t n) {
         Program p;
         for (uint32_t i = 0; i < n; ++i) p.push_back({Step::kSet, i, i});
         for (uint32_t i = 0; i < n; ++i) p.insert(p.end(), {{Step::kBlock}, {Step::kBrIf, 0}, {Step::kEnd}});
         for (uint32_t i = 0; i < n; ++i) p.push_back({Step::kUse, i});
         return p;
       }},
      {"loops in a row and many variables, set before and read behind", 2,
       [](uint32_t n) {
         Program p;
         for (uint32_t i = 0; i < n; ++i) p.push_back({Step::kSet, i, i});
         for (uint32_t i = 0; i < n; ++i)
           p.insert(p.end(), {{Step::kLoop}, {Step::kUse, n}, {Step::kSet, n, i}, {Step::kBrIf, 0}, {Step::kEnd}});
         for (uint32_t i = 0; i < n; ++i) p.push_back({Step::kUse, i});
         return p;
       }},
      {"a loop that sets and reads many variables", 1,
       [](uint32_t n) {
         Program p = {{Step::kLoop}};
         for (uint32_t i = 0; i < n; ++i) p.insert(p.end(), {{Step::kUse, i}, {Step::kSet, i, i}});
         p.insert(p.end(), {{Step::kBrIf, 0}, {Step::kEnd}});
         return p;
       }},
      {"a loop that reads many variables and sets none", 1,
       [](uint32_t n) {
         Program p = {{Step::kLoop}};
         for (uint32_t i = 0; i < n; ++i) p.push_back({Step::kUse, i});
         p.insert(p.end(), {{Step::kBrIf, 0}, {Step::kEnd}});
         return p;
       }},
      {"nested loops, one variable", 1,
       [](uint32_t n) {
         Program p(n, Step{Step::kLoop});
         p.insert(p.end(), {{Step::kUse, 0}, {Step::kSet, 0, 1}});
         for (uint32_t i = 0; i < n; ++i) p.insert(p.end(), {{Step::kBrIf, 0}, {Step::kEnd}});
         return p;
       }},
      {"ifs with else in a row, set in one arm, read at the end", 1,
       [](uint32_t n) {
         Program p;
         for (uint32_t i = 0; i < n; ++i)
           p.insert(p.end(), {{Step::kIf}, {Step::kSet, 0, i}, {Step::kElse}, {Step::kUse, 0}, {Step::kEnd}});
         p.push_back({Step::kUse, 0});
         return p;
       }},
      {"many branches to one label, few variables", 1,
       [](uint32_t n) {
         Program p = {{Step::kBlock}};
         for (uint32_t i = 0; i < n; ++i) p.insert(p.end(), {{Step::kSet, 0, i}, {Step::kBrIf, 0}});
         p.insert(p.end(), {{Step::kEnd}, {Step::kUse, 0}});
         return p;
       }},
      {"many branches out of a loop body, variables not set in it", 1,
       [](uint32_t n) {
         Program p;
         for (uint32_t i = 0; i < n; ++i) p.push_back({Step::kSet, i, i});
         p.push_back({Step::kBlock});
         for (uint32_t i = 0; i < n; ++i) p.push_back({Step::kBrIf, 0});
         p.push_back({Step::kEnd});
         for (uint32_t i = 0; i < n; ++i) p.push_back({Step::kUse, i});
         return p;
       }},
  };
  for (const Shape& s : shapes) {
    const uint32_t n = 5'000;
    const Cost one = cost_of(s.make(n), 2 * n + 1), four = cost_of(s.make(4 * n), 8 * n + 1);
    INFO(s.name << ": work " << one.work << " and " << four.work << ", arguments " << one.args << " and " << four.args);
    CHECK(four.work <= 6 * one.work + 100);
    CHECK(four.work <= 200 * 4 * n);
    CHECK(four.args <= 5 * one.args + 100);
    CHECK(four.params <= 5 * one.params + 100);
  }
}

TEST_CASE("a function whose joins want too much is given up", "[ssa]") {
  Ssa ssa;
  Maker m(ssa, 1000, 100'000);
  Program p = {{Step::kBlock}};
  for (uint32_t i = 0; i < 1000; ++i) p.push_back({Step::kSet, i, i});
  for (uint32_t i = 0; i < 1000; ++i) p.push_back({Step::kBrIf, 0});
  for (uint32_t i = 0; i < 1000; ++i) p.push_back({Step::kSet, i, i});
  p.push_back({Step::kEnd});
  for (uint32_t i = 0; i < 1000; ++i) p.push_back({Step::kUse, i});
  for (const Step& s : p) m.step(s);
  CHECK(ssa.too_large());
  CHECK(ssa.work() < 110'000 + 1000 * 4);
}
