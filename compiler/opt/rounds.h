// What goes round a loop: a header's parameter and what the next round has in its place want one register. Private to the
// folder.
//
// They can have one where the parameter is not needed any more when its successor is made. So, for p and q = p + c that
// goes back to the header as p:
// - what compares p with a constant, or adds one to it, behind q, does so with q; whatever else needs p behind the loop
//   computes q - c there;
// - a successor goes down its block, behind what still needs the value that it is made of;
// - a successor p op x of an operation that commutes names p first: lowering overwrites the first operand.
//
// One walk over the instructions; each use is looked at once.
#pragma once
#include <vector>

#include "compiler/opt/optimise.h"

namespace wjit::opt {

class RoundsPass {
 public:
  void run(ir::Function& f, const Analyses& a);

  uint64_t work = 0;  // steps of the last run

 private:
  struct Step {  // q = p + c
    ir::Value p, q;
    ir::Inst made;
    ir::Loop loop;
    uint64_t c = 0;
    bool each_round = false;  // made once in each round
    bool fails = false;
  };
  struct Use {
    uint32_t step;
    ir::Inst at;
  };
  enum class How : uint8_t { kBefore, kRewrite, kAnew, kNot };

  void find(ir::Function& f, const Analyses& a, ir::Loop l);
  void consider(ir::Function& f, ir::Loop l, ir::Value p, ir::Value q);
  void sink(ir::Function& f, ir::Inst i);
  ir::Inst last_need(const ir::Function& f, ir::Inst i, ir::Value x);
  void find_uses(const ir::Function& f, const Analyses& a);
  uint32_t step_of(const ir::Function& f, ir::Value v) const;
  How how(const ir::Function& f, const Analyses& a, const Step& s, ir::Inst use) const;
  void rewrite(ir::Function& f, const Step& s, ir::Inst use);
  void make_anew(ir::Function& f, const Step& s, ir::Inst use);

  std::vector<Step> steps_;
  std::vector<uint32_t> step_of_;  // by value, of parameters
  std::vector<uint32_t> order_;    // by instruction: its place among all
  std::vector<Use> uses_;
  std::vector<ir::Inst> to_sink_;
};

}  // namespace wjit::opt
