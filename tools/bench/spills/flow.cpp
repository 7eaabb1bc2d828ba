#include "tools/bench/spills/flow.h"

#include <algorithm>

namespace wjit::bench {
namespace {

constexpr uint32_t kNone = ~0u;

struct Order {
  std::vector<uint32_t> blocks{};    // in reverse postorder
  std::vector<uint32_t> position{};  // by block; kNone: not reached
};

Order order_of(const std::vector<FlowBlock>& blocks) {
  struct Visit {
    uint32_t block;
    size_t next;
  };
  Order order;
  std::vector<bool> seen(blocks.size());
  std::vector<Visit> stack;
  if (!blocks.empty()) stack.push_back({0, 0}), seen[0] = true;
  while (!stack.empty()) {
    Visit& top = stack.back();
    const auto& successors = blocks[top.block].successors;
    if (top.next == successors.size()) {
      order.blocks.push_back(top.block);
      stack.pop_back();
      continue;
    }
    uint32_t to = successors[top.next++];
    if (!seen[to]) seen[to] = true, stack.push_back({to, 0});
  }
  std::reverse(order.blocks.begin(), order.blocks.end());
  order.position.assign(blocks.size(), kNone);
  for (uint32_t i = 0; i < order.blocks.size(); i++) order.position[order.blocks[i]] = i;
  return order;
}

using Predecessors = std::vector<std::vector<uint32_t>>;

// Immediate dominators as positions in the order, by iteration until nothing changes.
std::vector<uint32_t> dominators_of(const Order& order, const Predecessors& predecessors) {
  std::vector<uint32_t> dominator(order.blocks.size(), kNone);
  if (!dominator.empty()) dominator[0] = 0;
  auto common = [&](uint32_t a, uint32_t b) {
    while (a != b) {
      while (a > b) a = dominator[a];
      while (b > a) b = dominator[b];
    }
    return a;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (uint32_t i = 1; i < order.blocks.size(); i++) {
      uint32_t best = kNone;
      for (uint32_t from : predecessors[order.blocks[i]]) {
        uint32_t p = order.position[from];
        if (p == kNone || dominator[p] == kNone) continue;
        best = best == kNone ? p : common(p, best);
      }
      if (best != dominator[i]) dominator[i] = best, changed = true;
    }
  }
  return dominator;
}

bool dominates(const std::vector<uint32_t>& dominator, uint32_t a, uint32_t b) {
  while (b > a) b = dominator[b];
  return a == b;
}

// What reaches the jump back without going through the header.
void add_body(FlowLoop& loop, uint32_t from, const Predecessors& predecessors, const Order& order) {
  std::vector<uint32_t> work = {from};
  while (!work.empty()) {
    uint32_t block = work.back();
    work.pop_back();
    if (loop.body[block]) continue;
    loop.body[block] = true;
    for (uint32_t p : predecessors[block]) {
      if (order.position[p] != kNone) work.push_back(p);
    }
  }
}

}  // namespace

std::vector<FlowLoop> find_loops(const std::vector<FlowBlock>& blocks) {
  Order order = order_of(blocks);
  Predecessors predecessors(blocks.size());
  for (uint32_t i = 0; i < blocks.size(); i++) {
    for (uint32_t to : blocks[i].successors) predecessors[to].push_back(i);
  }
  auto dominator = dominators_of(order, predecessors);
  std::vector<FlowLoop> loops;
  for (uint32_t header : order.blocks) {
    FlowLoop loop{header, std::vector<bool>(blocks.size())};
    loop.body[header] = true;
    bool found = false;
    for (uint32_t from : predecessors[header]) {
      uint32_t p = order.position[from];
      if (p == kNone || !dominates(dominator, order.position[header], p)) continue;
      found = true;
      add_body(loop, from, predecessors, order);
    }
    if (found) loops.push_back(std::move(loop));
  }
  for (auto& loop : loops) {
    for (const auto& other : loops) {
      if (other.header != loop.header && loop.body[other.header]) loop.innermost = false;
    }
  }
  return loops;
}

}  // namespace wjit::bench
