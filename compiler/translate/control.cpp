// Blocks and branches.
//
// A label becomes a block when the first branch to it is translated. Its operands are parameters if several ways lead
// there, and else just the values that the one way brings. The layout is the order of wasm, which keeps loops together.
#include "compiler/translate/translator.h"

namespace wjit::translate {

namespace {
// A br_table with so many entries, most of them repeated, branches by way of a block for each label: edges with
// arguments would be looked at once for each entry.
constexpr size_t kLargeTable = 256;
// One with no more entries than these, its default aside, is comparisons: a jump through a table costs more than three.
constexpr size_t kFewEntries = 3;
}  // namespace

ir::Edge Translator::edge_to(Control& c, std::span<const Value> args) {
  passed_ += args.size();
  if (c.op == wasm::Op::loop) {
    const ir::Edge e = f_.new_edge(c.label, args);
    ssa_.add_back_edge(c.loop, e);
    return e;
  }
  if (!c.label.valid()) c.label = f_.new_block();
  const ir::Edge e = f_.new_edge(c.label, args);
  ssa_.add_way(c.ways, e, ssa_.here());
  return e;
}

void Translator::return_values(uint32_t n) {
  b_.return_(top(n));
  passed_ += n;
  die();
}

void Translator::br(uint32_t depth, uint32_t arity) {
  if (is_return(depth)) return return_values(arity);
  jump(edge_to(target(depth), top(arity)));
  die();
}

uint16_t Translator::likelihood() const {
  const Profile::Branch* seen = profile_ ? profile_->branch(b_.offset()) : nullptr;
  return seen ? ir::likelihood(seen->taken, seen->not_taken) : 0;
}

void Translator::branch_if(Value condition, uint32_t depth, std::span<const Value> args) {
  const ir::Edge taken = edge_to(target(depth), args);
  const ir::Block go_on = f_.new_block();
  b_.brif(condition, taken, f_.new_edge(go_on), likelihood());
  go_on_in(go_on);
}

void Translator::branch_to_cold(Value condition, bool when, ir::Block cold, ir::Block go_on, std::span<const Value> args) {
  const ir::Edge rare = f_.new_edge(cold), usual = f_.new_edge(go_on, args);
  b_.brif(condition, when ? rare : usual, when ? usual : rare);
  f_.block(cold).cold = true;
  go_on_in(cold);
}

void Translator::br_table(const wasm::Instr& in, uint32_t arity) {
  const Value index = pop();
  const std::span<const Value> args = top(arity);
  // Entries that lead where all others lead need no question.
  const uint32_t otherwise = in.labels.back();
  size_t entries = in.labels.size() - 1;
  while (entries != 0 && in.labels[entries - 1] == otherwise) --entries;
  if (entries <= kFewEntries) {
    for (uint32_t k = 0; k < entries; ++k)
      branch_if(b_.icmp(ir::IntCc::eq, Type::kI32, index, i32(k)), in.labels[k], args);
    return br(otherwise, arity);
  }
  std::vector<ir::Edge>& edges = buffers_.edges;
  edges.clear();
  ++tables_seen_;
  size_t labels = 0;
  if (in.labels.size() >= kLargeTable)
    for (uint32_t depth : in.labels) labels += std::exchange(target(depth).table_seen, tables_seen_) != tables_seen_;
  const bool by_landings = in.labels.size() >= kLargeTable && labels <= in.labels.size() / 2;
  ++tables_seen_;
  buffers_.landings.clear();
  for (uint32_t depth : in.labels) {
    Control& c = target(depth);
    if (c.table_seen != tables_seen_) {
      c.table_seen = tables_seen_;
      if (by_landings) {
        const ir::Block landing = f_.new_block();
        c.table_edge = f_.new_edge(landing);
        buffers_.landings.push_back({landing, depth});
      } else {
        c.table_edge = edge_to(c, args);
      }
    }
    edges.push_back(c.table_edge);
  }
  b_.br_table(index, edges);
  for (const auto& [landing, depth] : buffers_.landings) {
    go_on_in(landing);
    jump(edge_to(target(depth), args));
  }
  die();
}

// ---- opening --------------------------------------------------------------------------------------------------------

void Translator::open_block(const wasm::Instr& in) {
  Control c{.op = in.op, .height = static_cast<uint32_t>(stack_.size() - in.block.params.size())};
  share_operands(c);
  c.opened = ssa_.here();
  control_.push_back(c);
}

void Translator::open_loop(const wasm::Instr& in) {
  const size_t params = in.block.params.size();
  Control c{.op = in.op, .height = static_cast<uint32_t>(stack_.size() - params), .label = f_.new_block()};
  share_operands(c);
  c.opened = ssa_.here();
  const ir::Edge e = f_.new_edge(c.label, top(params));
  jump(e);
  go_on_in(c.label);
  for (size_t i = c.height; i < stack_.size(); ++i) stack_[i] = f_.append_param(c.label, f_.type(stack_[i]));
  c.loop = ssa_.begin_loop(c.label, e);
  if (!c.behind_point) reread_operands(c.height);
  forget_all();
  control_.push_back(c);
  epoch();
}

void Translator::open_if(const wasm::Instr& in) {
  const Value condition = pop();
  const size_t params = in.block.params.size();
  Control c{.op = in.op, .height = static_cast<uint32_t>(stack_.size() - params)};
  share_operands(c);
  c.opened = ssa_.here();
  c.otherwise = f_.new_edge(ir::Block(), top(params));
  const ir::Block then = f_.new_block();
  b_.brif(condition, f_.new_edge(then), c.otherwise, likelihood());
  go_on_in(then);
  control_.push_back(c);
}

// ---- closing --------------------------------------------------------------------------------------------------------

void Translator::otherwise(const wasm::ValidatorView& view) {
  Control& c = control_.back();
  c.op = wasm::Op::else_;
  if (c.dead) return;
  if (alive_) jump(edge_to(c, top(view.label(0).type.results.size())));
  const ir::Edge e = std::exchange(c.otherwise, ir::Edge());
  const ir::Block b = f_.new_block();
  f_.edge(e).to = b;
  go_on_in(b);
  alive_ = true;
  stack_.resize(c.height);
  for (Value v : f_.list(f_.edge(e).args)) push(v);
  f_.truncate(f_.edge(e).args, 0);
  ir::Ssa::Ways ways;
  ssa_.add_way(ways, e, c.opened);
  ssa_.begin_join(b, c.opened, ways);
  if (around_point(c)) reread_operands(c.height);
  forget_all();
}

void Translator::end_function(const Control& c, uint32_t results) {
  if (c.ways.count == 0) {
    if (alive_) return_values(results);
    return;
  }
  if (alive_) jump(f_.new_edge(c.label, top(results)));
  go_on_in(c.label);
  args_.clear();
  for (Type t : f_.signature.results) args_.push_back(f_.append_param(c.label, t));
  b_.return_(args_);
  die();
}

// Goes on behind the end of a block or an if, where all ways to it meet.
void Translator::meet(Control& c, std::span<const wasm::ValType> results) {
  if (c.otherwise.valid()) {  // no else: its operands, which are the parameters, are the results
    if (!c.label.valid()) c.label = f_.new_block();
    f_.edge(c.otherwise).to = c.label;
    ssa_.add_way(c.ways, c.otherwise, c.opened);
  }
  if (c.ways.count == 0) {
    if (!alive_) stack_.resize(c.height);
    return;
  }
  if (alive_) jump(edge_to(c, top(results.size())));
  alive_ = true;
  stack_.resize(c.height);
  go_on_in(c.label);
  if (c.ways.count == 1) {
    ir::List& args = f_.edge(ssa_.only_edge(c.ways)).args;
    for (Value v : f_.list(args)) push(v);
    f_.truncate(args, 0);
  } else {
    for (wasm::ValType t : results) push(f_.append_param(c.label, ir_type(t)));
  }
  ssa_.begin_join(c.label, c.opened, c.ways);
  if (around_point(c)) reread_operands(c.height);
  forget_all();
}

void Translator::end(const wasm::ValidatorView& view) {
  Control c = control_.back();
  const std::span<const wasm::ValType> results = view.label(0).type.results;
  if (c.op == wasm::Op::kCount) {
    end_function(c, static_cast<uint32_t>(results.size()));
  } else if (c.op != wasm::Op::loop || c.dead) {
    if (!c.dead) meet(c, results);
  } else {
    ssa_.end_loop(c.loop);
    if (alive_) {
      // The code goes on in the same block. For variables it is a place of its own: what the loop leaves alone is what
      // it was before.
      ir::Ssa::Ways ways;
      ssa_.add_way(ways, ir::Edge(), ssa_.here());
      ssa_.begin_join(ir::Block(), c.opened, ways);
    } else {
      stack_.resize(c.height);
    }
  }
  control_.pop_back();
  forget_operand_variables();
}

Result<void> Translator::control(const wasm::Instr& in, bool, const wasm::ValidatorView& view) {
  using W = wasm::Op;
  if (!alive_) {
    switch (in.op) {
      case W::block: case W::loop: case W::if_: case W::try_table:
        control_.push_back({.op = in.op, .dead = true});
        return {};
      case W::else_: otherwise(view); return {};
      case W::end: end(view); return {};
      default: return {};
    }
  }
  const auto arity = [&](uint32_t depth) { return static_cast<uint32_t>(view.label(depth).label_types().size()); };
  if (passed_ > most_passed_ || ssa_.too_large()) return finish();
  switch (in.op) {
    case W::block: open_block(in); return {};
    case W::loop:
      if (point_ && in.offset == point_->offset) WJIT_CHECK(enter_at_loop());
      open_loop(in);
      return {};
    case W::if_: open_if(in); return {};
    case W::else_: otherwise(view); return {};
    case W::end: end(view); return {};
    case W::unreachable: trap(TrapCode::kUnreachable); return {};
    case W::br: br(in.a, arity(in.a)); return {};
    case W::br_if: {
      const Value condition = pop();
      branch_if(condition, in.a, top(arity(in.a)));
      return {};
    }
    case W::br_table: {
      br_table(in, arity(in.labels.back()));
      return {};
    }
    case W::return_: return_values(static_cast<uint32_t>(f_.signature.results.size())); return {};
    case W::br_on_null: {
      const Value ref = pop();
      branch_if(is_null(ref), in.a, top(arity(in.a)));
      push(ref);
      return {};
    }
    case W::br_on_non_null: {
      const Value not_null = b_.icmp(ir::IntCc::ne, Type::kI64, stack_.back(), i64(0));
      branch_if(not_null, in.a, top(arity(in.a)));
      stack_.pop_back();
      return {};
    }
    case W::br_on_cast: case W::br_on_cast_fail: {
      Value is = matches(stack_.back(), in.type2);
      if (!is.valid()) return unsupported(in, Feature::kGc, ": the type has subtypes");
      if (in.op == W::br_on_cast_fail) is = b_.icmp(ir::IntCc::eq, Type::kI32, is, i32(0));
      branch_if(is, in.a, top(arity(in.a)));
      return {};
    }
    default: return unsupported(in);
  }
}

}  // namespace wjit::translate
