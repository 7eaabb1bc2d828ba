// The function that goes on at a loop header in the interpreter's place (LoopPoint).
//
// The body is translated from its beginning, behind a block that nothing branches to. In front of the loop a block is put,
// the *point*, that has two ways in: the text before it, and the entry, which has loaded everything from the cells. Its
// parameters are all locals and all operands. What cannot be reached is dropped at the end; if loops stand around the
// point, that leaves what comes around in them, and the point is the only way in: it is their header.
//
// Ssa knows that variables may have changed at the point, for they are set there. Operands are no variables: a value that
// lies on the stack below a frame is taken to be good wherever the frame ends, which is wrong if control got there by the
// entry. So, as long as the point is ahead, operands below a frame that is opened become variables, and are read again
// wherever ways of both kinds meet: at headers of loops around the point, and at the end (and the else) of frames around it.
#include "compiler/translate/loop_entry.h"

#include "compiler/ir/cfg.h"
#include "compiler/ir/domtree.h"
#include "compiler/ir/layout.h"
#include "compiler/translate/translator.h"

namespace wjit::translate {

constexpr size_t kMostLocals = 16384;  // each is a parameter of the point

Translator::Value Translator::load_cell(Type t, uint64_t cell) {
  return b_.load(Op::load, t, {.region = ir::Region::kOther, .number = 1}, cells_, static_cast<int32_t>(cell * 8));
}

Result<void> Translator::begin_at_loop(const wasm::FuncType& type, std::span<const wasm::LocalGroup> locals) {
  cells_ = f_.append_param(f_.entry(), Type::kI64);
  f_.signature.params.push_back(Type::kI64);
  for (wasm::ValType t : type.results) f_.signature.results.push_back(ir_type(t));
  uint64_t cell = 0;
  const auto add_local = [&](wasm::ValType t) {
    ssa_.declare(ir_type(t));
    locals_at_entry_.push_back(load_cell(ir_type(t), cell));
    cell += t.cells();
  };
  for (wasm::ValType t : type.params) add_local(t);
  cell += point_->local_gap;
  for (const wasm::LocalGroup& g : locals) {
    if (g.count > kMostLocals || locals_at_entry_.size() + g.count > kMostLocals)
      return fail(ErrorKind::kLimit, "too many locals to enter a loop with", point_->offset);
    for (uint32_t i = 0; i < g.count; ++i) add_local(g.type);
  }
  ssa_.start();
  // Any value does for what only dead code reads, but a constant: that may end in a trap before the loop.
  for (uint32_t i = 0; i < type.params.size(); ++i) ssa_.set(i, locals_at_entry_[i]);
  go_on_in(f_.new_block());
  Control c{.op = wasm::Op::kCount};
  c.opened = ssa_.here();
  control_.push_back(c);
  return {};
}

Result<void> Translator::enter_at_loop() {
  if (entered_ || stack_.size() != point_->operands.size())
    return fail(ErrorKind::kUnsupported, "the loop's operands are not what they were", point_->offset);
  entered_ = true;
  const uint32_t locals = static_cast<uint32_t>(locals_at_entry_.size());
  const ir::Block point = f_.new_block();
  args_.clear();
  for (uint32_t i = 0; i < locals; ++i) args_.push_back(ssa_.get(i));
  args_.insert(args_.end(), stack_.begin(), stack_.end());
  passed_ += args_.size();
  const ir::Edge usual = f_.new_edge(point, args_);
  jump(usual);
  ir::Ssa::Ways ways;
  const ir::Ssa::Point here = ssa_.here();
  ssa_.add_way(ways, usual, here);

  b_.set_block(f_.entry());
  std::vector<Value>& loaded = locals_at_entry_;
  for (size_t i = 0; i < stack_.size(); ++i) {
    const Type t = f_.type(stack_[i]);
    const LoopPoint::Operand& o = point_->operands[i];
    loaded.push_back(!o.is_constant        ? load_cell(t, o.value)
                     : ir::is_float(t) ? b_.fconst(t, o.value)
                                       : b_.iconst(t, o.value));
  }
  jump(f_.new_edge(point, loaded));

  go_on_in(point);
  ssa_.begin_join(point, here, ways);
  for (uint32_t i = 0; i < locals; ++i) ssa_.set(i, f_.append_param(point, ssa_.type(i)));
  for (Value& v : stack_) v = f_.append_param(point, f_.type(v));
  for (size_t i = 0; i < operand_variables_.size(); ++i) ssa_.set(operand_variables_[i], stack_[i]);
  forget_all();
  return {};
}

void Translator::share_operands(Control& c) {
  if (!point_ || entered_) return;
  c.behind_point = false;
  for (size_t i = operand_variables_.size(); i < c.height; ++i) {
    operand_variables_.push_back(ssa_.variable_count());
    ssa_.declare(f_.type(stack_[i]));
    ssa_.set(operand_variables_.back(), stack_[i]);
  }
}

void Translator::reread_operands(uint32_t height) {
  for (uint32_t i = 0; i < height; ++i) stack_[i] = ssa_.get(operand_variables_[i]);
}

// A frame has ended: what lay below it alone may be popped.
void Translator::forget_operand_variables() {
  if (control_.empty() || control_.back().dead || control_.back().height >= operand_variables_.size()) return;
  operand_variables_.resize(control_.back().height);
}

// ---- afterwards -----------------------------------------------------------------------------------------------------

namespace {

class ParamSweep {
 public:
  explicit ParamSweep(ir::Function& f) : f_(f) { cfg_.compute(f); }

  void drop_blocks() {
    for (ir::Block b = f_.entry(); b.valid();) {
      const ir::Block next = f_.block(b).next;
      if (!cfg_.reachable(b)) f_.remove_block(b);
      b = next;
    }
    cfg_.compute(f_);
  }
  void drop_params() {
    needed_.assign(f_.value_count(), false);
    index_.assign(f_.value_count(), 0);
    for (ir::Block b : cfg_.rpo()) {
      for (uint32_t i = 0; i < f_.params(b).size(); ++i) index_[f_.params(b)[i].n] = i;
      for (ir::Inst i = f_.block(b).first; i.valid(); i = f_.next(i)) look_at(i);
    }
    while (!work_.empty()) {
      const ir::Value v = work_.back();
      work_.pop_back();
      const ir::Block b(f_.value(v).owner);
      if (b == f_.entry()) continue;
      for (const ir::Cfg::Pred& p : cfg_.preds(b)) need(f_.list(f_.edge(p.edge).args)[index_[v.n]]);
    }
    for (ir::Block b : cfg_.rpo())
      if (b != f_.entry()) sweep(b);
  }

 private:
  void look_at(ir::Inst i) {
    const ir::InstData& d = f_.inst(i);
    if (d.format() == ir::Format::kJump) return;
    if (d.format() == ir::Format::kBranch || d.format() == ir::Format::kBrTable) return need(d.va());
    f_.for_each_use(i, [&](ir::Value v) { need(v); });
  }
  void need(ir::Value v) {
    if (f_.def(v).valid() || needed_[v.n]) return;
    needed_[v.n] = true;
    work_.push_back(v);
  }
  void sweep(ir::Block b) {
    kept_.clear();
    for (ir::Value v : f_.params(b))
      if (needed_[v.n]) kept_.push_back(v);
    if (kept_.size() == f_.params(b).size()) return;
    for (const ir::Cfg::Pred& p : cfg_.preds(b)) {
      args_.clear();
      const auto args = f_.list(f_.edge(p.edge).args);
      for (ir::Value v : kept_) args_.push_back(args[index_[v.n]]);
      f_.truncate(f_.edge(p.edge).args, 0);
      for (ir::Value v : args_) f_.append(f_.edge(p.edge).args, v);
    }
    f_.set_params(b, kept_);
  }

  ir::Function& f_;
  ir::Cfg cfg_;
  std::vector<bool> needed_;
  std::vector<uint32_t> index_;  // of a parameter among its block's
  std::vector<ir::Value> work_, kept_, args_;
};

// What dominates a block stands before it in the layout, which the allocator relies on: what comes around in loops around
// the point, and was text before it, goes behind the last branch back there.
void put_in_order(ir::Function& f) {
  ir::Cfg cfg;
  ir::DomTree dom;
  cfg.compute(f);
  dom.compute(f, cfg);
  std::vector<ir::Block> text, order;
  std::vector<uint32_t> at(f.block_count());
  for (ir::Block b = f.entry(); b.valid(); b = f.block(b).next) {
    at[b.n] = static_cast<uint32_t>(text.size());
    text.push_back(b);
  }
  const uint32_t point = at[cfg.succs(f.entry())[0].block.n];
  if (point == 1) return;
  uint32_t last = point;
  for (uint32_t i = point; i < text.size(); ++i)
    for (const ir::Cfg::Succ& s : cfg.succs(text[i]))
      if (at[s.block.n] < point) last = i;
  order.assign(text.begin() + point, text.begin() + last + 1);
  order.insert(order.end(), text.begin() + 1, text.begin() + point);
  order.insert(order.end(), text.begin() + last + 1, text.end());
  ir::lay_out(f, order, dom);
}

}  // namespace

void drop_what_is_not_needed(ir::Function& f) {
  {
    ParamSweep sweep(f);
    sweep.drop_blocks();
    sweep.drop_params();
  }
  put_in_order(f);
}

}  // namespace wjit::translate
