// Addresses that cannot leave 32 bits are computed in 64: they take their constants and shifts along.
#pragma once
#include <optional>

#include "compiler/opt/optimise.h"

namespace wjit::opt {

class WidenPass {
 public:
  void run(ir::Function& f, const Analyses& a);
  uint64_t steps() const { return steps_; }

 private:
  struct Comparison {
    ir::IntCc cc;
    ir::Value value;
    uint64_t with;
  };
  void widen(ir::Function& f, ir::Inst i, unsigned depth);
  uint64_t most(ir::Value v, ir::Block at, unsigned depth);
  uint64_t most_of_inst(const ir::InstData& d, ir::Block at, unsigned depth);
  uint64_t most_of_param(ir::Value p, ir::Block b, unsigned depth);
  uint64_t most_of_counter(ir::Value p, ir::Block header, size_t k, unsigned depth);
  uint64_t guarded(ir::Value v, ir::Block at) const;
  uint64_t guarded_by_edge(ir::Value v, ir::Block from, ir::Edge e) const;
  std::optional<Comparison> comparison(ir::Value condition, bool holds) const;
  std::optional<uint64_t> rounds(ir::Block header);
  std::optional<uint64_t> count_rounds(ir::Block header) const;
  std::optional<uint64_t> constant(ir::Value v) const;
  struct Ways {  // into a loop's header: the one from outside, the one back
    ir::Block from, latch;
    ir::Edge in, back;
  };
  std::optional<Ways> ways(ir::Block header) const;
  ir::Value argument(ir::Edge e, size_t k) const { return f_->resolve(f_->list(f_->edge(e).args)[k]); }
  std::optional<size_t> param_index(ir::Value v, ir::Block header) const;

  ir::Function* f_ = nullptr;
  const Analyses* a_ = nullptr;
  uint64_t steps_ = 0;
  unsigned budget_ = 0;
  std::vector<uint64_t> rounds_;  // of loops, plus 2; 0: not known yet; 1: not to be known
};

}  // namespace wjit::opt
