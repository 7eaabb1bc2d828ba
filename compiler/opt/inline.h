// Bodies in place of calls: of small functions of the same module, in loops of larger ones, and of small functions in
// themselves.
//
// A body keeps its fuel and epoch instructions, and every instruction of it its place, with the call's behind it
// (ir::Function::Inlined): traps and backtraces are those of the call. What it does not keep is the stack check. Two
// things make that good. The calls of a body that was put in place stay calls: so between two checks of a chain of calls
// there is at most one function that has none, and a recursion meets one in each round or, where it is the function's
// own body, in every other. And the frame that holds the body is one that the check of the function around has seen whole.
#pragma once
#include <vector>

#include "compiler/ir/frequencies.h"
#include "compiler/opt/optimise.h"

namespace wjit::opt {

class Inliner {
 public:
  // Whether anything was put in place of a call. The function `own` is f itself, of which its profile counted so many calls.
  bool run(ir::Function& f, uint32_t own, const BodySource& source, const Analyses& a, uint32_t own_calls = 0);

 private:
  struct Call {
    ir::Inst call;
    bool hot;
    bool chosen = false;
    double times = 0;  // that it is executed, by the profile
  };
  void find_calls(const ir::Function& f, const Analyses& a, uint32_t own_calls);
  bool choose(const ir::Function& f, uint32_t own, const BodySource& source);
  void expand(ir::Function& f, ir::Inst call, const ir::Function& g);
  void copy_blocks(ir::Function& f, const ir::Function& g, ir::Block before);
  void copy_insts(ir::Function& f, const ir::Function& g, uint32_t call_place);
  void connect(ir::Function& f, const ir::Function& g, ir::Block go_on);
  ir::Edge copy_edge(ir::Function& f, const ir::Function& g, ir::Edge e);
  ir::List copy_list(ir::Function& f, std::span<const ir::Value> from);

  std::vector<Call> calls_;     // from the function's end on
  std::vector<uint32_t> order_;  // the most frequent first
  ir::Frequencies frequencies_;
  std::vector<ir::Value> values_, list_;  // by g's value: f's
  std::vector<ir::Block> blocks_;
  std::vector<ir::Edge> edges_;
  std::vector<std::pair<ir::Inst, ir::Inst>> copies_;  // g's, f's
  ir::Inst only_return_;                               // g's, if it has one alone
};

}  // namespace wjit::opt
