#include "compiler/ir/verify.h"

#include <bit>
#include <fmt/format.h>

#include <algorithm>

#include "compiler/ir/domtree.h"
#include "compiler/ir/libcall.h"
#include "compiler/ir/print.h"
#include "compiler/ir/row_types.h"
#include "compiler/ir/text.h"
#include "vmcontext/traps.h"

namespace wjit::ir {
namespace {

std::string_view type_name(Type t) {
  return t <= Type::kV128 ? kTypeNames[static_cast<size_t>(t)] : std::string_view("no type");
}

// In this order, because each step looks only at what those before it have found sound: layout and lists of
// instructions, what defines each value, the fields of instructions, dominance.
class Verifier {
 public:
  explicit Verifier(const Function& f) : f_(f) {}

  Result<void> run() {
    WJIT_CHECK(layout());
    WJIT_CHECK(aliases());
    definitions_.resize(f_.value_count());
    seen_.resize(f_.inst_count());
    edge_owner_.resize(f_.edge_count());
    table_owner_.resize(f_.table_count());
    try_owner_.resize(f_.try_count());
    WJIT_CHECK(for_each_block(&Verifier::define_block));
    WJIT_CHECK(entry());
    WJIT_CHECK(for_each_inst(&Verifier::check_inst));
    WJIT_CHECK(list_owners());
    cfg_.compute(f_);
    dom_.compute(f_, cfg_);
    WJIT_CHECK(for_each_block(&Verifier::check_end));
    return for_each_inst(&Verifier::check_dominance);
  }

 private:
  struct Definition {
    Block block;        // none: not defined
    uint32_t place = 0;  // among the block's instructions, from 1 on; parameters: 0
  };
  struct ListUse {
    uint32_t at;
    Block block;
    Inst inst;  // none: the block's parameters
  };

  template <class... Args>
  tl::unexpected<Error> wrong(fmt::format_string<Args...> format, Args&&... args) const {
    std::string where = fmt::format("function {}: ", f_.number);
    if (block_.valid()) where += fmt::format("block{}: ", block_.n);
    if (inst_.valid()) where += fmt::format("`{}`: ", print_inst(f_, inst_));
    return fail(ErrorKind::kInvalid, where + fmt::format(format, std::forward<Args>(args)...));
  }
  Result<void> for_each_block(Result<void> (Verifier::*check)()) {
    for (block_ = f_.entry(); block_.valid(); block_ = f_.block(block_).next) {
      inst_ = Inst();
      WJIT_CHECK((this->*check)());
    }
    return {};
  }
  Result<void> for_each_inst(Result<void> (Verifier::*check)(uint32_t place)) {
    for (block_ = f_.entry(); block_.valid(); block_ = f_.block(block_).next) {
      uint32_t place = 0;
      for (inst_ = f_.block(block_).first; inst_.valid(); inst_ = f_.next(inst_)) WJIT_CHECK((this->*check)(++place));
    }
    return {};
  }

  Result<void> layout() {
    if (!f_.entry().valid()) return wrong("there are no blocks, expected an entry");
    uint32_t blocks = 0;
    Block before;
    for (Block b = f_.entry(); b.valid(); before = b, b = f_.block(b).next) {
      if (b.n >= f_.block_count()) return wrong("block{} is in the layout, expected one of {}", b.n, f_.block_count());
      block_ = b;
      if (f_.block(b).prev != before || !f_.block(b).laid_out || ++blocks > f_.block_count())
        return wrong("expected the layout to be a list linked both ways");
    }
    if (f_.last_block() != before) return wrong("expected the layout's last block to be the last that it leads to");
    return {};
  }

  // Every chain ends at a value that is no alias.
  Result<void> aliases() {
    block_ = Block();
    std::vector<bool> ends(f_.value_count());
    std::vector<uint32_t> chain;
    for (uint32_t i = 0; i < f_.value_count(); ++i) {
      chain.clear();
      for (uint32_t v = i; !ends[v];) {
        if (f_.value(Value(v)).kind != ValueData::Kind::kAlias) {
          ends[v] = true;
          break;
        }
        chain.push_back(v);
        v = f_.value(Value(v)).owner;
        if (v >= f_.value_count() || chain.size() > f_.value_count())
          return wrong("v{} is another name of v{}, expected a chain that ends at a definition", i, v);
      }
      for (uint32_t v : chain) ends[v] = true;
    }
    return {};
  }

  // ---- what defines each value ------------------------------------------------------------------------------------

  Result<void> define(Value v, uint32_t place) {
    if (definitions_[v.n].block.valid())
      return wrong("v{} is defined twice, the first time in block{}", v.n, definitions_[v.n].block.n);
    definitions_[v.n] = {block_, place};
    return {};
  }

  Result<void> define_block() {
    const BlockData& data = f_.block(block_);
    if (!f_.is_list(data.params)) return wrong("expected parameters to be a list of the pool");
    list_uses_.push_back({data.params.at, block_, Inst()});
    uint32_t index = 0;
    for (Value v : f_.params(block_)) {
      if (v.n >= f_.value_count()) return wrong("parameter {} is no value", index);
      const ValueData& value = f_.value(v);
      if (value.kind != ValueData::Kind::kParam || value.owner != block_.n)
        return wrong("parameter {} is v{}, which says that it is something else", index, v.n);
      if (value.index != std::min(index, 0xffffu)) return wrong("v{} is parameter {}, not {}", v.n, index, value.index);
      if (value.type == Type::kNone || value.type > Type::kV128) return wrong("v{} has no type", v.n);
      WJIT_CHECK(define(v, 0));
      ++index;
    }
    uint32_t place = 0;
    Inst before;
    for (inst_ = data.first; inst_.valid(); before = inst_, inst_ = f_.next(inst_)) {
      if (inst_.n >= f_.inst_count()) {
        inst_ = Inst();
        return wrong("expected its list to lead from instruction to instruction");
      }
      WJIT_CHECK(define_inst(before, ++place));
    }
    if (data.last != before) return wrong("expected its last instruction to be the last that its list leads to");
    return {};
  }

  Result<void> define_inst(Inst before, uint32_t place) {
    const InstData& d = f_.inst(inst_);
    if (d.op >= Op::kCount) {
      inst_ = Inst();
      return wrong("instruction {} has opcode {}, expected less than {}", place, unsigned(d.op), unsigned(Op::kCount));
    }
    if (seen_[inst_.n]) return wrong("the instruction is in the layout twice");
    seen_[inst_.n] = true;
    const Block said = f_.block_of(inst_);
    if (said != block_) return wrong("the instruction is in block{} by its own word", said.n);
    if (f_.prev(inst_) != before) return wrong("expected the instructions to be linked both ways");
    if (is_terminator(d.op) && f_.next(inst_).valid()) return wrong("a terminator before the block's end");
    for (uint32_t k = 0; k < f_.result_count(inst_); ++k) {
      const Value v = f_.result(inst_, k);
      if (v.n >= f_.value_count()) return wrong("result {} is no value", k);
      const ValueData& value = f_.value(v);
      const bool own = value.kind == ValueData::Kind::kResult && value.owner == inst_.n;
      if (!own && value.kind != ValueData::Kind::kAlias)
        return wrong("result {} is v{}, which says that it is something else", k, v.n);
      if (value.index != std::min(k, 0xffffu)) return wrong("v{} is result {}, not {}", v.n, k, value.index);
      // What became another name still takes its number, and nobody else may have it.
      WJIT_CHECK(define(v, place));
    }
    return {};
  }

  Result<void> entry() {
    block_ = f_.entry();
    inst_ = Inst();
    std::vector<Type> expected = {Type::kI64, Type::kI64};
    expected.insert(expected.end(), f_.signature.params.begin(), f_.signature.params.end());
    const auto params = f_.params(block_);
    if (params.size() != expected.size())
      return wrong("the entry has {} parameters, expected {}: the two contexts and those of the signature",
                   params.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      if (f_.type(params[i]) != expected[i])
        return wrong("the entry's parameter {} is {}, expected {}", i, type_name(f_.type(params[i])),
                     type_name(expected[i]));
    }
    return {};
  }

  // ---- fields of instructions -------------------------------------------------------------------------------------

  // `what`, with a number where it is one of many.
  Result<void> operand(Value v, Type expected, std::string_view what, int64_t number = -1) {
    const auto name = [&] { return number < 0 ? std::string(what) : fmt::format("{} {}", what, number); };
    if (v.n >= f_.value_count()) return wrong("{} is no value, expected {}", name(), type_name(expected));
    const Value end = f_.resolve(v);
    if (!definitions_[end.n].block.valid())
      return wrong("{} is v{}, which nothing in the layout defines", name(), end.n);
    if (f_.type(end) != expected)
      return wrong("{} is v{}, {}; expected {}", name(), end.n, type_name(f_.type(end)), type_name(expected));
    return {};
  }
  Result<void> operands(List list, std::span<const Type> expected, std::string_view what) {
    if (!f_.is_list(list)) return wrong("expected {}s to be a list of the pool", what);
    list_uses_.push_back({list.at, block_, inst_});
    const auto values = f_.list(list);
    if (values.size() != expected.size()) return wrong("{} {}s, expected {}", values.size(), what, expected.size());
    for (size_t i = 0; i < values.size(); ++i)
      WJIT_CHECK(operand(values[i], expected[i], what, static_cast<int64_t>(i)));
    return {};
  }

  Result<void> check_inst(uint32_t) {
    const InstData& d = f_.inst(inst_);
    if (info(d.op).types != "*") {
      WJIT_CHECK(check_row(d));
    } else if (d.type != Type::kNone) {
      return wrong("type {}, expected none", type_name(d.type));
    }
    switch (d.format()) {
      case Format::kCompare: return check_condition(d);
      case Format::kConst: return check_constant(d);
      case Format::kVConst: return check_vector(d);
      case Format::kVec1: case Format::kVec2: case Format::kVec3: case Format::kVecLane: case Format::kVecLane2:
      case Format::kVecShuffle:
        return check_vec_op(d);
      case Format::kLoad: case Format::kStore:
        if (static_cast<size_t>(d.access().region) < std::size(kRegionNames)) return {};
        return wrong("expected a region of memory");
      case Format::kAtomic1: case Format::kAtomic2: case Format::kAtomic3:
        if (std::has_single_bit(d.aux) && d.aux <= bytes_of(d.type)) return {};
        return wrong("an access of {} bytes, expected 1, 2, 4 or 8, and no more than {} has", d.aux, type_name(d.type));
      case Format::kCheck: case Format::kTrapNow: return check_trap(d);
      case Format::kCall: case Format::kTryCall: return check_call(d);
      case Format::kJump: return check_edge(Edge(d.a));
      case Format::kBranch:
        WJIT_CHECK(operand(d.va(), Type::kI32, "the condition"));
        WJIT_CHECK(check_edge(Edge(d.b)));
        return check_edge(Edge(d.c));
      case Format::kBrTable: return check_table(d);
      case Format::kReturn: return operands(List{d.a}, f_.signature.results, "returned value");
      default: return {};
    }
  }

  // Types by the row's letters.
  Result<void> check_row(const InstData& d) {
    const RowTypes row = row_types(d.op);
    if (!has_written_type(d.op)) {
      if (d.type != unwritten_type(d.op))
        return wrong("type {}, expected {}", type_name(d.type), type_name(unwritten_type(d.op)));
    } else if (std::none_of(row.choices.begin(), row.choices.end(),
                            [&](char c) { return type_of_row_letter(c) == d.type; })) {
      return wrong("type {}, expected one of [{}] in ops.def", type_name(d.type), row.choices);
    }
    if (d.format() == Format::kConvert && (d.from() > Type::kV128 || !converts(d.op, d.type, d.from())))
      return wrong("does not convert from {}", type_name(d.from()));
    const uint32_t fields[] = {d.a, d.b, d.c};
    constexpr std::string_view kNames[] = {"operand a", "operand b", "operand c"};
    for (size_t i = 0; i < row.operands.size(); ++i) {
      const char letter = row.operands[i];
      const Type expected = letter == 't' ? d.type : letter == 'x' ? d.from() : type_of_row_letter(letter);
      WJIT_CHECK(operand(Value(fields[i]), expected, kNames[i]));
    }
    const Type result = result_type(d.op, d.type);
    return results(result == Type::kNone ? std::span<const Type>() : std::span<const Type>(&result, 1));
  }
  Result<void> results(std::span<const Type> expected) {
    if (f_.result_count(inst_) != expected.size())
      return wrong("{} results, expected {}", f_.result_count(inst_), expected.size());
    for (uint32_t k = 0; k < expected.size(); ++k) {
      const Value v = f_.result(inst_, k);
      if (f_.type(v) != expected[k])
        return wrong("result v{} is {}, expected {}", v.n, type_name(f_.type(v)), type_name(expected[k]));
    }
    return {};
  }

  Result<void> check_condition(const InstData& d) {
    const size_t count = d.op == Op::fcmp ? std::size(kFloatCcNames) : std::size(kIntCcNames);
    return d.aux < count ? Result<void>() : wrong("condition {}, expected less than {}", d.aux, count);
  }
  Result<void> check_constant(const InstData& d) {
    if (bytes_of(d.type) == 4 && d.imm() >> 32 != 0)
      return wrong("the constant is {:#x}, expected 32 bits, zero-extended", d.imm());
    return {};
  }
  Result<void> check_vector(const InstData& d) {
    if (d.c < f_.vector_constant_count()) return {};
    return wrong("vector constant {}, expected one of {}", d.c, f_.vector_constant_count());
  }
  // That the row's operands are those of the VecOp; then what stands behind them.
  Result<void> check_vec_op(const InstData& d) {
    if (d.aux >= kVecOpCount) return wrong("vector operation {}, expected less than {}", d.aux, kVecOpCount);
    if (vec_row(d.vec_op()) != d.op)
      return wrong("{} has other operands than {}", info(d.vec_op()).text, info(d.op).text);
    if (vec_type(d.vec_op()) != d.type)
      return wrong("type {}, expected {} of {}", type_name(d.type), type_name(vec_type(d.vec_op())),
                   info(d.vec_op()).text);
    if (const unsigned lanes = vec_lanes(d.vec_op()); lanes != 0 && d.lane() >= lanes)
      return wrong("lane {}, expected less than {}", d.lane(), lanes);
    if (d.op != Op::vshuffle) return {};
    WJIT_CHECK(check_vector(d));
    for (uint8_t index : f_.vector_constant(d.c))
      if (index >= 32) return wrong("shuffles lane {}, expected less than 32", index);
    return {};
  }
  Result<void> check_trap(const InstData& d) {
    if (takes_trap_code(d.op)) {
      if (d.aux > 0xff || !vm::trap_info(static_cast<vm::TrapCode>(d.aux)))
        return wrong("{} is no trap code of traps.def", d.aux);
    } else if (d.aux != 0) {
      return wrong("trap code {}, expected none", d.aux);
    }
    return {};
  }

  Result<void> check_call(const InstData& d) {
    if (d.b >= f_.sig_count()) return wrong("sig{}, expected one of {}", d.b, f_.sig_count());
    const Signature& sig = f_.sig(Sig(d.b));
    expected_.clear();
    if (is_indirect_call(d.op)) expected_ = {Type::kI64, Type::kI64};
    if (d.op == Op::libcall) {
      if (d.c >= kLibcallCount) return wrong("libcall {}, expected less than {}", d.c, kLibcallCount);
      if (sig != libcall_signature(static_cast<vm::Libcall>(d.c)))
        return wrong("sig{} is not the signature of {} in libcalls.def", d.b, vm::kLibcalls[d.c].name);
    }
    expected_.insert(expected_.end(), sig.params.begin(), sig.params.end());
    WJIT_CHECK(operands(List{d.a}, expected_, "argument"));
    if (d.format() == Format::kTryCall) return check_try(d);
    if (!is_terminator(d.op)) return results(sig.results);
    if (sig.results != f_.signature.results) return wrong("expected a callee whose results are the function's own");
    return results({});
  }

  Result<void> check_try(const InstData& d) {
    WJIT_CHECK(results(f_.call_results(d)));
    if (d.c >= f_.try_count()) return wrong("try {}, expected one of {}", d.c, f_.try_count());
    if (try_owner_[d.c].valid()) return wrong("expected a try that no other instruction has");
    try_owner_[d.c] = inst_;
    const TryData& t = f_.try_data(Try(d.c));
    WJIT_CHECK(check_edge(t.normal));
    for (const Handler& h : t.handlers) WJIT_CHECK(check_edge(h.edge));
    return {};
  }

  Result<void> check_table(const InstData& d) {
    WJIT_CHECK(operand(d.va(), Type::kI32, "the index"));
    if (d.b >= f_.table_count()) return wrong("table {}, expected one of {}", d.b, f_.table_count());
    if (table_owner_[d.b].valid()) return wrong("expected a table that no other instruction has");
    table_owner_[d.b] = inst_;
    const auto edges = f_.table(Table(d.b));
    if (edges.empty()) return wrong("the table is empty, expected at least the edge past its end");
    for (Edge e : edges) {
      if (e.n < edge_owner_.size() && edge_owner_[e.n] == inst_) continue;  // seen, and maybe named many times
      WJIT_CHECK(check_edge(e));
    }
    return {};
  }

  Result<void> check_edge(Edge e) {
    if (e.n >= f_.edge_count()) return wrong("edge {}, expected one of {}", e.n, f_.edge_count());
    if (edge_owner_[e.n].valid()) return wrong("expected an edge of its own: it stands in another place, too");
    edge_owner_[e.n] = inst_;
    const Block to = f_.edge(e).to;
    if (to.n >= f_.block_count() || !f_.block(to).laid_out)
      return wrong("block{} is not in the layout, expected a block that is", to.n);
    if (to == f_.entry()) return wrong("a branch to the entry block{}", to.n);
    expected_.clear();
    for (Value v : f_.params(to)) expected_.push_back(f_.type(v));
    return operands(f_.edge(e).args, expected_, "edge argument");
  }

  Result<void> list_owners() {
    std::sort(list_uses_.begin(), list_uses_.end(), [](const ListUse& a, const ListUse& b) { return a.at < b.at; });
    for (size_t i = 1; i < list_uses_.size(); ++i) {
      const ListUse& use = list_uses_[i];
      block_ = use.block;
      inst_ = use.inst;
      if (use.at != 0 && use.at == list_uses_[i - 1].at) return wrong("expected a list that has no other owner");
    }
    return {};
  }

  // ---- the whole --------------------------------------------------------------------------------------------------

  Result<void> check_end() {
    const Inst end = f_.terminator(block_);
    if (cfg_.reachable(block_) && (!end.valid() || !is_terminator(f_.inst(end).op)))
      return wrong("the block can be reached and does not end in a terminator");
    return {};
  }

  Result<void> check_dominance(uint32_t place) {
    if (!cfg_.reachable(block_)) return {};
    Value bad, stray;
    const auto check = [&](Value used) {
      const Value v = f_.resolve(used);
      const Definition& d = definitions_[v.n];
      if (d.block == block_ ? d.place >= place : !dom_.dominates(d.block, block_)) bad = v;
      if (is_of_try(v)) stray = v;
    };
    // An edge that a table names often is looked at once.
    if (f_.inst(inst_).format() == Format::kBrTable) {
      check(f_.inst(inst_).va());
      for (const Cfg::Succ& s : cfg_.succs(block_))
        for (Value v : f_.list(f_.edge(s.edge).args)) check(v);
    } else if (f_.inst(inst_).format() == Format::kTryCall) {
      for (Value v : f_.args(inst_)) check(v);
      const Edge normal = f_.try_data(Try(f_.inst(inst_).c)).normal;
      const Value exception = f_.result(inst_, f_.result_count(inst_) - 1);
      f_.for_each_edge(inst_, [&](Edge e) {
        for (Value v : f_.list(f_.edge(e).args))
          if (f_.def(f_.resolve(v)) != inst_ || (f_.resolve(v) == exception) == (e == normal)) check(v);
      });
    } else {
      f_.for_each_use(inst_, check);
    }
    if (stray.valid())
      return wrong("v{} is used, expected it as an argument of the edges of its call that it exists on alone", stray.n);
    if (bad.valid())
      return wrong("v{} is used where its definition in block{} does not dominate", bad.n, definitions_[bad.n].block.n);
    return {};
  }

  bool is_of_try(Value v) const {
    const Inst d = f_.def(v);
    return d.valid() && f_.inst(d).format() == Format::kTryCall;
  }

  const Function& f_;
  Block block_;  // where we are
  Inst inst_;
  std::vector<Definition> definitions_;  // by value
  std::vector<bool> seen_;               // by instruction
  std::vector<Inst> edge_owner_, table_owner_, try_owner_;
  std::vector<ListUse> list_uses_;
  std::vector<Type> expected_;
  Cfg cfg_;
  DomTree dom_;
};

}  // namespace

Result<void> verify(const Function& f) { return Verifier(f).run(); }

}  // namespace wjit::ir
