// The graph of blocks, made smaller. Private to the folder.
//
// - a branch whose condition is a constant, or whose ways are the same, becomes a jump;
// - an edge to a block that only jumps on goes where that leads; not into a loop from outside: what is moved out of the
//   loop needs a place in front of it;
// - an edge that brings a constant to a block that only tests it goes where the test leads;
// - a block with one way in, from a block with one way out, becomes part of that.
#pragma once
#include <vector>

#include "compiler/opt/optimise.h"

namespace wjit::opt {

class BranchPass {
 public:
  // Whether the graph is another one now; there are no aliases then.
  bool run(ir::Function& f, const Analyses& a);

 private:
  void decide(ir::Function& f, ir::Block b);
  void count(const ir::Function& f, const Analyses& a);
  void forward(ir::Function& f, const Analyses& a, ir::Block b);
  bool forward_edge(ir::Function& f, const Analyses& a, ir::Edge e);
  bool only_tests(const ir::Function& f, ir::Block b) const;
  ir::Edge way_on(const ir::Function& f, ir::Edge e) const;
  void join(ir::Function& f, const Analyses& a);

  std::vector<uint8_t> empty_;   // by block: it only jumps, and its parameters are used by its jump alone
  std::vector<uint8_t> tests_;   // by block: it only branches on a parameter, and nobody else uses what it defines
  std::vector<uint32_t> uses_;   // by value
  std::vector<uint32_t> ways_;   // by block: edges to it
  std::vector<ir::Value> args_;
  bool changed_ = false;
};

}  // namespace wjit::opt
