// Basic blocks and their loops.
#pragma once
#include <cstdint>
#include <vector>

namespace wjit::bench {

struct FlowBlock {
  std::vector<uint32_t> successors{};
};

struct FlowLoop {
  uint32_t header;
  std::vector<bool> body;  // by block
  bool innermost = true;
};

// The natural loops of what can be reached from block 0, one for each header.
std::vector<FlowLoop> find_loops(const std::vector<FlowBlock>& blocks);

}  // namespace wjit::bench
