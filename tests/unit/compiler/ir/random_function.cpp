#include "unit/compiler/ir/random_function.h"

#include <algorithm>
#include <iterator>

#include "compiler/ir/domtree.h"
#include "compiler/ir/libcall.h"
#include "compiler/ir/row_types.h"
#include "compiler/ir/text.h"
#include "vmcontext/traps.h"

namespace wjit::ir {
namespace {

constexpr Type kTypes[] = {Type::kI32, Type::kI64, Type::kF32, Type::kF64, Type::kV128};

class Generator {
 public:
  Generator(std::mt19937& random, Function& f) : random_(random), f_(f), b_(f) {}

  void run(uint32_t max_blocks) {
    f_.number = below(1000);
    for (uint32_t i = below(8); i > 0; --i) f_.name += static_cast<char>(below(256));
    f_.signature = signature();
    for (uint32_t i = below(4); i > 0; --i) f_.add_signature(signature());
    shape(1 + below(max_blocks));
    Cfg cfg;
    DomTree dom;
    cfg.compute(f_);
    dom.compute(f_, cfg);
    values_.resize(f_.block_count());
    std::vector<Block> order(dom.preorder().begin(), dom.preorder().end());
    for (Block b = f_.entry(); b.valid(); b = f_.block(b).next)
      if (!cfg.reachable(b)) order.push_back(b);
    for (Block b : order) {
      if (dom.idom(b).valid()) values_[b.n] = values_[dom.idom(b).n];
      for (Value v : f_.params(b)) values_[b.n].push_back(v);
      b_.set_block(b);
      fill(b);
    }
    for (Block b : order) end(b);
  }

 private:
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(random_() % n); }
  char pick(std::string_view letters) { return letters[below(static_cast<uint32_t>(letters.size()))]; }
  Type type() { return kTypes[below(std::size(kTypes))]; }
  Signature signature() {
    Signature s;
    for (uint32_t i = below(4); i > 0; --i) s.params.push_back(type());
    for (uint32_t i = below(3); i > 0; --i) s.results.push_back(type());
    return s;
  }

  // Blocks, their parameters, and terminators whose operands come last.
  void shape(uint32_t blocks) {
    for (uint32_t i = 0; i < blocks; ++i) {
      if (below(10) == 0) f_.new_block();  // that is never laid out
      const Block b = f_.new_block();
      if (f_.entry().valid() && below(3) == 0)
        f_.insert_block_after(b, f_.entry());
      else
        f_.append_block(b);
      f_.block(b).cold = below(4) == 0;
      laid_out_.push_back(b);
    }
    f_.append_param(f_.entry(), Type::kI64);
    f_.append_param(f_.entry(), Type::kI64);
    for (Type t : f_.signature.params) f_.append_param(f_.entry(), t);
    for (Block b : laid_out_)
      for (uint32_t i = b == f_.entry() ? 0 : below(4); i > 0; --i) f_.append_param(b, type());
    for (Block b : laid_out_) {
      b_.set_block(b);
      const uint32_t kind = laid_out_.size() == 1 ? 4 : below(9) / 2;
      if (kind == 0) {
        b_.jump(target());
      } else if (kind == 1) {
        const Edge if_true = f_.new_edge(target()), if_false = f_.new_edge(target());
        b_.brif(Value(), if_true, if_false, static_cast<uint16_t>(below(3) == 0 ? 1 + below(65535) : 0));
      } else if (kind == 2) {
        std::vector<Edge> edges;
        for (uint32_t i = 1 + below(4); i > 0; --i) edges.push_back(f_.new_edge(target()));
        if (below(2) == 0) edges.push_back(edges[below(static_cast<uint32_t>(edges.size()))]);
        b_.br_table(Value(), edges);
      } else if (kind == 4) {
        leave();
      } else {
        try_call();
      }
    }
  }
  void try_call() {
    std::vector<Builder::Catch> catches;
    for (uint32_t i = below(4); i > 0; --i) catches.push_back({below(3) == 0 ? Handler::kAny : below(4), target()});
    b_.set_offset(below(10000));
    const bool direct = below(2) == 0;
    const Inst i = b_.try_call(direct ? Op::try_call : Op::try_call_indirect, f_.add_signature(signature()),
                               direct ? below(100) : 0, {}, target(), catches);
    f_.for_each_edge(i, [&](Edge e) { f_.edge(e).args = {}; });
  }
  Block target() { return laid_out_[1 + below(static_cast<uint32_t>(laid_out_.size()) - 1)]; }
  void leave() {
    b_.set_offset(below(10000));
    switch (below(4)) {
      case 0: b_.trap(trap_code()); break;
      case 1: b_.call(Op::return_call, same_results(), below(100), {}); break;
      case 2: b_.call(Op::return_call_indirect, same_results(), 0, {}); break;
      default: b_.return_({});
    }
  }
  Sig same_results() {
    Signature s = signature();
    s.results = f_.signature.results;
    return f_.add_signature(s);
  }
  uint16_t trap_code() { return static_cast<uint16_t>(vm::kTraps[below(std::size(vm::kTraps))].code); }

  // The instructions of a block go before the terminator it has.
  void fill(Block b) {
    here_ = b;
    for (uint32_t i = below(8); i > 0; --i) one(static_cast<Op>(below(static_cast<uint32_t>(Op::kCount))));
  }
  Inst put(const InstData& d, std::span<const Type> results) {
    const Inst i = f_.new_inst(d, results, below(3) == 0 ? 0 : below(1 << 24));
    f_.insert_before(f_.terminator(here_), i);
    for (uint32_t k = 0; k < f_.result_count(i); ++k) values_[here_.n].push_back(f_.result(i, k));
    return i;
  }

  void one(Op op) {
    if (is_terminator(op)) return;
    InstData d{.op = op};
    if (d.format() == Format::kCall) return call(d);
    const RowTypes row = row_types(op);
    d.type = row.choices.empty() ? unwritten_type(op) : type_of_row_letter(pick(row.choices));
    switch (d.format()) {
      case Format::kCompare:
        d.aux = static_cast<uint16_t>(below(op == Op::fcmp ? std::size(kFloatCcNames) : std::size(kIntCcNames)));
        break;
      case Format::kConvert:
        do d.aux = static_cast<uint16_t>(type());
        while (!converts(op, d.type, d.from()));
        break;
      case Format::kConst: d.set_imm(constant(d.type)); break;
      case Format::kFuel: d.set_imm(below(100)); break;
      case Format::kVConst: d.c = vector(); break;
      case Format::kVec1: case Format::kVec2: case Format::kVec3: case Format::kVecLane: case Format::kVecLane2:
        do d.aux = static_cast<uint16_t>(below(kVecOpCount));
        while (vec_row(d.vec_op()) != op);
        d.type = vec_type(d.vec_op());
        if (const unsigned lanes = vec_lanes(d.vec_op()); lanes != 0) d.c = below(lanes);
        break;
      case Format::kVecShuffle:
        d.aux = static_cast<uint16_t>(VecOp::i8x16_shuffle);
        d.c = vector(31);
        break;
      case Format::kAtomic1: case Format::kAtomic2: case Format::kAtomic3:
        d.aux = static_cast<uint16_t>(1u << below(d.type == Type::kI32 ? 3 : 4));
        break;
      case Format::kLoad: case Format::kStore:
        d.aux = Access{static_cast<Region>(below(8)), static_cast<uint8_t>(below(2) * below(128)), below(2) == 0}.pack();
        d.c = below(2) == 0 ? 0 : below(2) == 0 ? below(64) - 32 : static_cast<uint32_t>(random_());
        break;
      case Format::kCheck: d.aux = takes_trap_code(op) ? trap_code() : 0; break;
      default: break;
    }
    uint32_t* fields[] = {&d.a, &d.b, &d.c};
    for (size_t i = 0; i < row.operands.size(); ++i) {
      const char letter = row.operands[i];
      *fields[i] = value(letter == 't' ? d.type : letter == 'x' ? d.from() : type_of_row_letter(letter)).n;
    }
    const Type result = result_type(op, d.type);
    put(d, result == Type::kNone ? std::span<const Type>() : std::span<const Type>(&result, 1));
  }
  uint64_t constant(Type t) {
    static constexpr uint64_t k[] = {0, 1, ~uint64_t{0}, 1ull << 31, 1ull << 63, 0x7fc00000, 0x7ff8000000000001,
                                     0x3ff0000000000000,
                                     0x8000000000000000, 0x7f800000, 0x7ff0000000000000, 0xfff0000000000000};
    const uint64_t bits = below(2) == 0 ? k[below(std::size(k))] : uint64_t{random_()} << 32 | random_();
    return bytes_of(t) == 4 ? bits & 0xffffffff : bits;
  }
  uint32_t vector(uint8_t mask = 0xff) {
    std::array<uint8_t, 16> bytes;
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random_()) & mask;
    return f_.add_vector_constant(bytes);
  }
  void call(InstData d) {
    if (d.op == Op::libcall) {
      d.c = below(kLibcallCount);
      d.b = f_.add_signature(libcall_signature(static_cast<vm::Libcall>(d.c))).n;
    } else {
      if (f_.sig_count() == 0) return;
      d.b = below(f_.sig_count());
      if (d.op == Op::call) d.c = below(1000);
    }
    d.a = arguments(d).at;
    const std::vector<Type> results = f_.sig(Sig(d.b)).results;
    put(d, results);
  }
  List arguments(const InstData& d) {
    std::vector<Type> types;
    if (is_indirect_call(d.op)) types = {Type::kI64, Type::kI64};
    for (Type t : f_.sig(Sig(d.b)).params) types.push_back(t);
    return list(types);
  }
  List list(std::span<const Type> types) {
    std::vector<Value> values;
    for (Type t : std::vector<Type>(types.begin(), types.end())) values.push_back(value(t));
    return f_.new_list(values);
  }
  // One that is there, or a constant that is put there.
  Value value(Type t) {
    const auto& all = values_[here_.n];
    for (int tries = 0; tries < 8 && !all.empty(); ++tries) {
      const Value v = all[below(static_cast<uint32_t>(all.size()))];
      if (f_.type(v) == t) return v;
    }
    InstData d{.op = is_int(t) ? Op::iconst : is_float(t) ? Op::fconst : Op::vconst, .type = t};
    if (t == Type::kV128)
      d.c = vector();
    else
      d.set_imm(constant(t));
    return f_.result(put(d, {&t, 1}));
  }

  // What the terminator was waiting for.
  void end(Block b) {
    here_ = b;
    const Inst i = f_.terminator(b);
    InstData d = f_.inst(i);
    if (d.format() == Format::kBranch || d.format() == Format::kBrTable) d.a = value(Type::kI32).n;
    if (d.format() == Format::kReturn) d.a = list(f_.signature.results).at;
    if (d.format() == Format::kCall || d.format() == Format::kTryCall) d.a = arguments(d).at;
    f_.inst(i) = d;
    std::vector<Edge> edges;
    f_.for_each_edge(i, [&](Edge e) { edges.push_back(e); });
    for (Edge e : edges) {
      std::vector<Type> types;
      for (Value v : f_.params(f_.edge(e).to)) types.push_back(f_.type(v));
      if (f_.edge(e).args.at != 0) continue;  // a table's, for the second time
      const List l = list(types);
      f_.edge(e).args = l;
      if (d.format() == Format::kTryCall) pass_results(i, e);
    }
  }

  // Some of what is there on this edge alone.
  void pass_results(Inst i, Edge e) {
    const uint32_t last = f_.result_count(i) - 1;
    const bool normal = f_.try_data(Try(f_.inst(i).c)).normal == e;
    const auto args = f_.list(f_.edge(e).args);
    for (uint32_t k = 0; k < args.size(); ++k) {
      const uint32_t n = !normal ? last : last == 0 ? 0 : below(last);
      if (normal && last == 0) return;
      if (below(3) != 0 && f_.type(f_.result(i, n)) == f_.type(args[k])) f_.set(f_.edge(e).args, k, f_.result(i, n));
    }
  }

  std::mt19937& random_;
  Function& f_;
  Builder b_;
  std::vector<Block> laid_out_;
  std::vector<std::vector<Value>> values_;  // by block: what is defined there or dominates it
  Block here_;
};

}  // namespace

Function random_function(std::mt19937& random, uint32_t max_blocks) {
  Function f;
  Generator(random, f).run(max_blocks);
  return f;
}

}  // namespace wjit::ir
