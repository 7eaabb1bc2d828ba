// Control flow, dominators and loops against models that look at every way, on random graphs; and on large ones.
#include <algorithm>
#include <random>

#include "catch.h"
#include "compiler/ir/builder.h"
#include "compiler/ir/loops.h"

using namespace wjit::ir;

namespace {

using Graph = std::vector<std::vector<uint32_t>>;  // successors

// A function whose blocks end in what has as many edges: the first is the entry, at block 0.
Function function_of(const Graph& graph) {
  Function f;
  Builder b(f);
  for (size_t i = 0; i < graph.size(); ++i) f.append_block(f.new_block());
  for (uint32_t i = 0; i < graph.size(); ++i) {
    b.set_block(Block(i));
    std::vector<Edge> edges;
    for (uint32_t to : graph[i]) edges.push_back(f.new_edge(Block(to)));
    if (edges.empty()) {
      b.trap(1);
    } else if (edges.size() == 1) {
      b.jump(Block(graph[i][0]));
    } else if (edges.size() == 2) {
      b.brif(b.iconst(Type::kI32, 1), edges[0], edges[1]);
    } else {
      b.br_table(b.iconst(Type::kI32, 1), edges);
    }
  }
  return f;
}

// What can be reached from the entry without entering `without`.
std::vector<bool> reach(const Graph& graph, uint32_t without = ~0u) {
  std::vector<bool> seen(graph.size());
  std::vector<uint32_t> work;
  const auto visit = [&](uint32_t b) {
    if (b != without && !seen[b]) seen[b] = true, work.push_back(b);
  };
  visit(0);
  while (!work.empty()) {
    const uint32_t b = work.back();
    work.pop_back();
    for (uint32_t to : graph[b]) visit(to);
  }
  return seen;
}

Graph random_graph(std::mt19937& random) {
  const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  Graph graph(1 + below(20));
  const bool forwards = below(3) == 0;  // mostly
  for (uint32_t i = 0; i < graph.size() && graph.size() > 1; ++i) {
    const uint32_t edges = below(5) == 0 ? below(6) : below(3);
    for (uint32_t k = 0; k < edges; ++k) {
      uint32_t to = 1 + below(static_cast<uint32_t>(graph.size()) - 1);
      if (forwards && to <= i && below(8) != 0) to = std::min<uint32_t>(i + 1, static_cast<uint32_t>(graph.size()) - 1);
      graph[i].push_back(to);
    }
  }
  return graph;
}

struct Analyses {
  Cfg cfg;
  DomTree dom;
  Loops loops;
  void compute(const Function& f) {
    cfg.compute(f);
    dom.compute(f, cfg);
    loops.compute(f, cfg, dom);
  }
};

void check_cfg(const Graph& graph, const Cfg& cfg) {
  std::vector<std::vector<uint32_t>> preds(graph.size());
  for (uint32_t i = 0; i < graph.size(); ++i) {
    std::vector<uint32_t> succs;
    for (const auto& s : cfg.succs(Block(i))) succs.push_back(s.block.n);
    CHECK(succs == graph[i]);
    for (uint32_t to : graph[i]) preds[to].push_back(i);
  }
  const auto reachable = reach(graph);
  uint32_t places = 0;
  for (uint32_t i = 0; i < graph.size(); ++i) {
    std::vector<uint32_t> found;
    for (const auto& p : cfg.preds(Block(i))) found.push_back(p.block.n);
    CHECK(found == preds[i]);
    CHECK(cfg.reachable(Block(i)) == reachable[i]);
    places += reachable[i];
    if (reachable[i]) CHECK(cfg.rpo()[cfg.rpo_index(Block(i))] == Block(i));
  }
  CHECK(cfg.rpo().size() == places);
  CHECK(cfg.rpo()[0] == Block(0));
}

void check_dominators(const Graph& graph, const DomTree& dom) {
  const auto reachable = reach(graph);
  for (uint32_t a = 0; a < graph.size(); ++a) {
    const auto without = reach(graph, a);
    uint32_t dominated = 0;
    for (uint32_t b = 0; b < graph.size(); ++b) {
      const bool expected = a == b || (reachable[a] && reachable[b] && !without[b]);
      if (expected != dom.dominates(Block(a), Block(b))) FAIL_CHECK(a << " dominates " << b << ": " << !expected);
      dominated += expected && reachable[a];
    }
    // The immediate dominator is dominated by every other dominator.
    const Block idom = dom.idom(Block(a));
    CHECK(idom.valid() == (reachable[a] && a != 0));
    if (!idom.valid()) continue;
    CHECK(dom.dominates(idom, Block(a)));
    for (uint32_t c = 0; c < graph.size(); ++c)
      if (c != a && dom.dominates(Block(c), Block(a))) CHECK(dom.dominates(Block(c), idom));
    bool is_child = false;
    for (Block c = dom.first_child(idom); c.valid(); c = dom.next_sibling(c)) is_child |= c == Block(a);
    CHECK(is_child);
  }
}

void check_loops(const Graph& graph, const Analyses& a) {
  const auto reachable = reach(graph);
  uint32_t loops = 0, irreducible = 0;
  std::vector<std::vector<bool>> bodies(graph.size());  // by header
  for (uint32_t h = 0; h < graph.size(); ++h) {
    std::vector<bool> body(graph.size());
    std::vector<uint32_t> work;
    body[h] = true;
    bool is_header = false;
    for (uint32_t b = 0; b < graph.size() && reachable[h]; ++b) {
      for (uint32_t to : graph[b]) {
        if (to != h || !reachable[b]) continue;
        if (!a.dom.dominates(Block(h), Block(b))) {
          irreducible += a.cfg.rpo_index(Block(b)) > a.cfg.rpo_index(Block(h));
          continue;
        }
        is_header = true;
        if (!body[b]) body[b] = true, work.push_back(b);
      }
    }
    while (!work.empty()) {
      const uint32_t b = work.back();
      work.pop_back();
      for (uint32_t p = 0; p < graph.size(); ++p)
        if (reachable[p] && !body[p] && std::count(graph[p].begin(), graph[p].end(), b)) body[p] = true, work.push_back(p);
    }
    CHECK(a.loops.is_header(Block(h)) == is_header);
    loops += is_header;
    if (is_header) bodies[h] = body;
  }
  CHECK(a.loops.count() == loops);
  CHECK(a.loops.irreducible_edges().size() == irreducible);
  for (uint32_t b = 0; b < graph.size(); ++b) {
    uint32_t depth = 0;
    for (const auto& body : bodies) depth += !body.empty() && body[b];
    CHECK(a.loops.depth(Block(b)) == depth);
  }
  for (uint32_t l = 0; l < a.loops.count(); ++l) {
    const Loop parent = a.loops.parent(Loop(l));
    CHECK((!parent.valid() || parent.n < l));
    CHECK(a.loops.depth(Loop(l)) == (parent.valid() ? a.loops.depth(parent) + 1 : 1));
    for (uint32_t b = 0; b < graph.size(); ++b) {
      const bool expected = bodies[a.loops.header(Loop(l)).n][b];
      CHECK(a.loops.contains(Loop(l), Block(b)) == expected);
    }
  }
}

}  // namespace

TEST_CASE("ir cfg: random graphs agree with models that look at every way", "[ir]") {
  std::mt19937 random(20261121);
  Analyses a;  // its buffers are used again and again
  uint32_t with_loops = 0, irreducible = 0;
  for (int round = 0; round < 2000; ++round) {
    const Graph graph = random_graph(random);
    const Function f = function_of(graph);
    a.compute(f);
    INFO("round " << round);
    check_cfg(graph, a.cfg);
    check_dominators(graph, a.dom);
    check_loops(graph, a);
    with_loops += a.loops.count() > 1;
    irreducible += !a.loops.irreducible_edges().empty();
  }
  CHECK(with_loops > 200);
  CHECK(irreducible > 100);
}

TEST_CASE("ir cfg: reverse postorder follows the text where it can", "[ir]") {
  const Function f = function_of({{1, 2}, {3}, {3}, {}});
  Cfg cfg;
  cfg.compute(f);
  CHECK(std::vector<Block>(cfg.rpo().begin(), cfg.rpo().end()) == std::vector{Block(0), Block(1), Block(2), Block(3)});
}

TEST_CASE("ir cfg: a block without a terminator, and edges to nothing, lead nowhere", "[ir]") {
  Function f;
  Builder b(f);
  for (int i = 0; i < 2; ++i) f.append_block(f.new_block());
  b.set_block(Block(0));
  b.brif(b.iconst(Type::kI32, 0), f.new_edge(Block(1)), f.new_edge(Block(77)));
  b.set_block(Block(1));
  b.iconst(Type::kI32, 0);
  Analyses a;
  a.compute(f);
  CHECK(a.cfg.succs(Block(0)).size() == 1);
  CHECK(a.cfg.succs(Block(1)).empty());
  CHECK(a.dom.idom(Block(1)) == Block(0));
  a.compute(Function());
  CHECK(a.cfg.rpo().empty());
}

// Graphs that take simpler algorithms quadratic time: 10^10 steps would be noticed.
TEST_CASE("ir cfg: large functions take linear time", "[ir]") {
  constexpr uint32_t kMany = 100'000;
  Graph graph;
  SECTION("a chain whose every block may leave to the end") {
    graph.resize(kMany + 1);
    for (uint32_t i = 0; i + 1 < kMany; ++i) graph[i] = {i + 1, kMany};
  }
  SECTION("two tables with the same targets, a long way apart") {
    graph.resize(kMany);
    for (uint32_t i = 0; i < kMany / 2; ++i) graph[i] = {i + 1};
    for (uint32_t i = kMany / 2 + 1; i < kMany; ++i) graph[0].push_back(i), graph[kMany / 2].push_back(i);
  }
  SECTION("loops in loops") {
    graph.resize(2 * kMany + 1);
    for (uint32_t i = 0; i < 2 * kMany; ++i) graph[i] = {i + 1};
    for (uint32_t i = kMany; i < 2 * kMany; ++i) graph[i].push_back(2 * kMany - i);
  }
  SECTION("blocks in blocks") {
    graph.resize(2 * kMany);
    for (uint32_t i = 0; i + 1 < 2 * kMany; ++i) graph[i] = {i + 1};
    for (uint32_t i = 0; i < kMany; ++i) graph[i].push_back(2 * kMany - 1 - i);
  }
  const Function f = function_of(graph);
  Analyses a;
  a.compute(f);
  CHECK(a.cfg.rpo().size() == graph.size());
  CHECK(a.dom.preorder().size() == graph.size());
  if (graph.size() == 2 * kMany + 1) {
    CHECK(a.loops.count() == kMany);
    CHECK(a.loops.depth(Block(kMany)) == kMany);
  }
}
