// Sums (and other chains of one operation that may be regrouped) in loops: what comes late is added last.
#pragma once
#include "compiler/opt/optimise.h"

namespace wjit::opt {

class BalancePass {
 public:
  void run(ir::Function& f, const Analyses& a);

 private:
  struct Leaf {
    ir::Value value;
    uint32_t depth, order;
  };
  void count_uses(const ir::Function& f, const Analyses& a);
  void find_carried(const ir::Function& f, const Analyses& a);
  uint32_t measure(const ir::Function& f, ir::Block b, ir::Inst i) const;
  bool is_inner(const ir::Function& f, ir::Value v, const ir::InstData& user, ir::Block b) const;
  bool collect(const ir::Function& f, ir::Block b, ir::Inst root);
  uint32_t best_depth() const;
  void rebuild(ir::Function& f, ir::Block b, ir::Inst root);
  ir::Inst place(const ir::Function& f, ir::Block b, ir::Value x, ir::Value y) const;
  void grow(const ir::Function& f);

  std::vector<uint8_t> uses_;       // of values: 0, 1, 2 = several
  std::vector<uint8_t> carried_;    // of values: it hangs on what the round before has computed
  std::vector<uint32_t> depth_;     // of values: cycles from the block's beginning on, roughly
  std::vector<uint64_t> position_;  // of instructions: in their block
  std::vector<uint8_t> part_;       // of instructions that there were: an inner node
  std::vector<ir::Value> constants_, work_;
  std::vector<Leaf> leaves_;
  std::vector<ir::Inst> inner_;
};

}  // namespace wjit::opt
