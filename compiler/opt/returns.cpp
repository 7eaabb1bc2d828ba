#include "compiler/opt/returns.h"

#include <vector>

namespace wjit::opt {

using namespace ir;

namespace {

// How much is copied, how often.
constexpr int kMaxInsts = 3, kMaxCopies = 4;
constexpr size_t kMaxValues = 16;  // that are returned, or passed on

// A few instructions that compute, and a return.
bool is_small_return(const Function& f, Block b) {
  if (b == f.entry() || f.inst(f.terminator(b)).op != Op::return_) return false;
  if (f.params(b).size() > kMaxValues || f.args(f.terminator(b)).size() > kMaxValues) return false;
  int n = 0;
  for (Inst i = f.block(b).first; i != f.terminator(b); i = f.next(i)) {
    const Format format = f.inst(i).format();
    if (info(f.inst(i).op).effects != Effects::kPure || ++n > kMaxInsts) return false;
    if (format != Format::kUnary && format != Format::kBinary && format != Format::kConvert &&
        format != Format::kCompare && format != Format::kConst)
      return false;
  }
  return true;
}

struct Copier {
  Function& f;
  const Block from;
  std::vector<std::pair<Value, Value>> means = {};

  Value mapped(Value v) const {
    v = f.resolve(v);
    for (const auto& [old, now] : means)
      if (old == v) return now;
    return v;
  }
  // Instead of a jump at its block's end; for a branch, in a block of its own.
  void replace(Inst terminator, Edge e) {
    const auto args = f.list(f.edge(e).args);
    const auto params = f.params(from);
    for (size_t k = 0; k < params.size(); ++k) means.push_back({params[k], f.resolve(args[k])});
    Block to = f.block_of(terminator);
    if (f.inst(terminator).op == Op::jump) {
      f.remove(terminator);
    } else {
      const Block made = f.new_block();
      f.insert_block_after(made, to);
      f.block(made).cold = f.block(from).cold;
      f.edge(e) = {made, {}};
      to = made;
    }
    for (Inst i = f.block(from).first; i.valid(); i = f.next(i)) copy(i, to);
  }
  void copy(Inst i, Block to) {
    InstData d = f.inst(i);
    std::vector<Type> types;
    for (uint32_t k = 0; k < f.result_count(i); ++k) types.push_back(f.type(f.result(i, k)));
    switch (d.format()) {
      case Format::kUnary: case Format::kConvert: d.a = mapped(d.va()).n; break;
      case Format::kBinary: case Format::kCompare: d.a = mapped(d.va()).n, d.b = mapped(d.vb()).n; break;
      case Format::kReturn: {
        std::vector<Value> values(f.args(i).begin(), f.args(i).end());
        for (Value& v : values) v = mapped(v);
        d.a = f.new_list(values).at;
        break;
      }
      default: break;  // a constant
    }
    const Inst made = f.new_inst(d, types, f.wasm_offset(i));
    f.append_inst(to, made);
    for (uint32_t k = 0; k < f.result_count(i); ++k) means.push_back({f.result(i, k), f.result(made, k)});
  }
};

}  // namespace

void returns_in_place(Function& f) {
  struct Way {
    Inst terminator;
    Edge edge;
  };
  std::vector<std::vector<Way>> ways(f.block_count());
  for (Block b = f.entry(); b.valid(); b = f.block(b).next) {
    const Inst t = f.terminator(b);
    f.for_each_edge(t, [&](Edge e) {
      auto& list = ways[f.edge(e).to.n];
      if (list.size() <= kMaxCopies) list.push_back({t, e});
    });
  }
  const uint32_t blocks = f.block_count();
  for (Block b = f.entry(); b.valid(); b = f.block(b).next) {
    if (b.n >= blocks || ways[b.n].size() > kMaxCopies || !is_small_return(f, b)) continue;
    const bool alone = ways[b.n].size() == 1;
    for (const Way& w : ways[b.n]) {
      const Op op = f.inst(w.terminator).op;
      if (op == Op::jump || (op == Op::brif && !alone)) Copier{f, b}.replace(w.terminator, w.edge);
    }
  }
}

}  // namespace wjit::opt
