// A function in SSA form with block parameters.
//
// Invariants (verify.h checks them):
// - every reachable block ends in its only terminator; the first block of the layout is the entry, which nothing
//   branches to, and whose parameters are: the own vmctx (i64), the caller's vmctx (i64), the signature's parameters;
// - a value is defined once, in a place that dominates its uses, and has the type its definition says;
// - the arguments of an edge are as many as the parameters of its block, and of their types;
// - results of a try_call are arguments of the edges they exist on (ops.def), and are used nowhere else;
// - an edge, a table, a try and a list have one owner, so that changing them changes nothing else. A br_table may name an edge
//   of its own more than once: it must, where thousands of its entries carry many arguments to one block.
//
// Lists (arguments, parameters) lie in one pool; growing one may move it. Spans and references into a function are good
// until the next change of what they show.
#pragma once
#include <array>
#include <span>
#include <string>
#include <vector>

#include "compiler/ir/inst.h"
#include "compiler/support/result.h"

namespace wjit::ir {

struct Signature {
  std::vector<Type> params, results;  // without the contexts
  bool operator==(const Signature&) const = default;
};

// Values in the pool: offset of the first, 0 for an empty list.
struct List {
  uint32_t at = 0;
};

struct ValueData {
  enum class Kind : uint8_t { kResult, kParam, kAlias };
  Type type;
  Kind kind;
  uint16_t index;  // which result, or which parameter (as far as 16 bits go; for printers)
  uint32_t owner;  // Inst, Block, or the Value it is another name of
};

struct BlockData {
  List params;
  Inst first, last;
  Block prev, next;  // in the layout; not valid outside it
  bool laid_out = false;
  bool cold = false;  // seldom reached: goes to the end, spilled before others
};

struct EdgeData {
  Block to;
  List args;
};

// Where a call that may throw goes on: in the first handler that takes the exception's tag. With none, the exception leaves
// this function, too.
struct Handler {
  static constexpr uint32_t kAny = ~uint32_t{0};
  uint32_t tag;  // of the module's, or kAny
  Edge edge;
};
struct TryData {
  uint32_t callee;  // as `c` of the call
  Edge normal;
  std::vector<Handler> handlers;
};

class Function {
 public:
  std::string name;
  Signature signature;
  uint32_t number = 0;  // in the module's index space, for messages

  // Where an instruction is that stands in place of a call: its own offset, in another function, and the call's place. A
  // place is an offset, or kInlined and a number among these.
  static constexpr uint32_t kInlined = 1u << 31;
  struct Inlined {
    uint32_t wasm_offset, call;
  };
  std::vector<Inlined> inlined;
  uint32_t new_inlined_place(Inlined i) {
    inlined.push_back(i);
    return kInlined | static_cast<uint32_t>(inlined.size() - 1);
  }
  uint32_t offset_of_place(uint32_t place) const {
    return (place & kInlined) != 0 ? inlined[place & ~kInlined].wasm_offset : place;
  }

  // ---- making -----------------------------------------------------------------------------------------------
  Block new_block();
  void append_block(Block b);  // to the layout
  void insert_block_after(Block b, Block after);
  void remove_block(Block b);  // from the layout; nothing leads to it
  Value append_param(Block b, Type t);
  Sig add_signature(Signature s);  // the same number for an equal one
  Sig new_signature(Signature s);  // without looking
  void reserve(size_t insts);      // room for about so many
  Edge new_edge(Block to, std::span<const Value> args = {});
  Table new_table(std::span<const Edge> edges);
  Try new_try(TryData t);
  uint32_t add_vector_constant(const std::array<uint8_t, 16>& bytes);
  List new_list(std::span<const Value> values);
  void append(List& list, Value v);
  void set(List list, uint32_t index, Value v) { pool_[list.at + index] = v.n; }
  void truncate(List& list, uint32_t length);

  // Makes an instruction with result values of these types; it is not in a block yet.
  Inst new_inst(const InstData& data, std::span<const Type> results, uint32_t wasm_offset);
  void append_inst(Block b, Inst i);
  void insert_before(Inst at, Inst i);
  void insert_after(Inst at, Inst i);
  void remove(Inst i);  // from its block; its results must have no uses left
  // Every use of `v` means `as` from now on.
  void make_alias(Value v, Value as);
  // A parameter that is another name of something: the parameter goes, and the others keep their order. The edges'
  // arguments are the caller's to remove.
  void remove_param(Block b, uint32_t index);
  // In place of the parameters so far: some of them.
  void set_params(Block b, std::span<const Value> params);

  // ---- reading ----------------------------------------------------------------------------------------------
  uint32_t value_count() const { return static_cast<uint32_t>(values_.size()); }
  uint32_t block_count() const { return static_cast<uint32_t>(blocks_.size()); }
  uint32_t inst_count() const { return static_cast<uint32_t>(insts_.size()); }
  uint32_t edge_count() const { return static_cast<uint32_t>(edges_.size()); }

  InstData& inst(Inst i) { return insts_[i.n]; }
  const InstData& inst(Inst i) const { return insts_[i.n]; }
  uint32_t wasm_offset(Inst i) const { return places_[i.n].wasm_offset; }  // the place
  Block block_of(Inst i) const { return places_[i.n].block; }
  Inst next(Inst i) const { return places_[i.n].next; }
  Inst prev(Inst i) const { return places_[i.n].prev; }
  // First result and their number.
  Value result(Inst i, uint32_t k = 0) const { return Value(places_[i.n].first_result + k); }
  uint32_t result_count(Inst i) const { return places_[i.n].results; }

  const BlockData& block(Block b) const { return blocks_[b.n]; }
  BlockData& block(Block b) { return blocks_[b.n]; }
  Block entry() const { return first_block_; }
  Block last_block() const { return last_block_; }
  std::span<const Value> params(Block b) const { return list(blocks_[b.n].params); }
  Inst terminator(Block b) const { return blocks_[b.n].last; }

  const ValueData& value(Value v) const { return values_[v.n]; }
  Type type(Value v) const { return values_[v.n].type; }
  // What v is another name of, at the end of the chain (which this shortens).
  Value resolve(Value v) const;
  // The instruction that defines it, or none for a parameter. `v` is resolved.
  Inst def(Value v) const {
    return values_[v.n].kind == ValueData::Kind::kResult ? Inst(values_[v.n].owner) : Inst();
  }

  std::span<const Value> list(List l) const;
  std::span<const Value> args(Inst i) const { return list(List{insts_[i.n].a}); }  // kCall, kTryCall, kReturn
  const EdgeData& edge(Edge e) const { return edges_[e.n]; }
  EdgeData& edge(Edge e) { return edges_[e.n]; }
  std::span<const Edge> table(Table t) const { return tables_[t.n]; }
  std::span<Edge> table(Table t) { return tables_[t.n]; }
  const TryData& try_data(Try t) const { return tries_[t.n]; }
  TryData& try_data(Try t) { return tries_[t.n]; }
  uint32_t try_count() const { return static_cast<uint32_t>(tries_.size()); }
  // Of kCall and kTryCall: a function by its index, or a libcall.
  uint32_t callee(const InstData& d) const { return d.format() == Format::kTryCall ? tries_[d.c].callee : d.c; }
  // Of the same: types of the results that the instruction has.
  std::vector<Type> call_results(const InstData& d) const;
  const Signature& sig(Sig s) const { return signatures_[s.n]; }
  uint32_t sig_count() const { return static_cast<uint32_t>(signatures_.size()); }
  const std::array<uint8_t, 16>& vector_constant(uint32_t n) const { return vectors_[n]; }
  uint32_t vector_constant_count() const { return static_cast<uint32_t>(vectors_.size()); }
  uint32_t table_count() const { return static_cast<uint32_t>(tables_.size()); }
  // Does it lie in the pool? For those who look at functions that may be broken.
  bool is_list(List l) const {
    return l.at == 0 || (l.at >= 3 && l.at <= pool_.size() && pool_[l.at - 1] <= pool_[l.at - 2] &&
                         pool_[l.at - 2] <= pool_.size() - l.at);
  }

  // Out of a block: as many as its terminator has.
  template <class F>
  void for_each_edge(Inst terminator, F&& f) const {
    const InstData& d = inst(terminator);
    switch (d.format()) {
      case Format::kJump: f(Edge(d.a)); break;
      case Format::kBranch: f(Edge(d.b)), f(Edge(d.c)); break;
      case Format::kBrTable:
        for (Edge e : table(Table(d.b))) f(e);
        break;
      case Format::kTryCall:
        f(try_data(Try(d.c)).normal);
        for (const Handler& h : try_data(Try(d.c)).handlers) f(h.edge);
        break;
      default: break;
    }
  }
  // Values that an instruction uses, its edges' arguments too; unresolved. F(Value).
  template <class F>
  void for_each_use(Inst i, F&& f) const {
    const InstData& d = inst(i);
    switch (d.format()) {
      case Format::kUnary: case Format::kConvert: case Format::kLoad: case Format::kCheck: case Format::kVec1:
      case Format::kVecLane: case Format::kAtomic1:
        f(d.va());
        break;
      case Format::kBinary: case Format::kCompare: case Format::kStore: case Format::kVec2: case Format::kVecLane2:
      case Format::kVecShuffle: case Format::kAtomic2:
        f(d.va()), f(d.vb());
        break;
      case Format::kSelect: case Format::kVec3: case Format::kBulk: case Format::kAtomic3:
        f(d.va()), f(d.vb()), f(d.vc());
        break;
      case Format::kCall: case Format::kTryCall: case Format::kReturn:
        for (Value v : args(i)) f(v);
        break;
      case Format::kBranch: case Format::kBrTable: f(d.va()); break;
      default: break;
    }
    if (is_terminator(d.op)) for_each_edge(i, [&](Edge e) { for (Value v : list(edge(e).args)) f(v); });
  }
  // All uses mean the end of their alias chains afterwards.
  void resolve_aliases();

 private:
  struct Place {
    Block block;
    Inst prev, next;
    uint32_t first_result = ~uint32_t{0};
    uint32_t results = 0;
    uint32_t wasm_offset = 0;
  };
  Value new_value(Type t, ValueData::Kind kind, uint32_t index, uint32_t owner);

  std::vector<InstData> insts_;
  std::vector<Place> places_;
  mutable std::vector<ValueData> values_;
  std::vector<BlockData> blocks_;
  std::vector<EdgeData> edges_;
  std::vector<std::vector<Edge>> tables_;
  std::vector<TryData> tries_;
  std::vector<Signature> signatures_;
  std::vector<std::array<uint8_t, 16>> vectors_;
  // Lists: [capacity, length, values …]; List::at is the place of the first value. The first word is never used.
  std::vector<uint32_t> pool_ = {0};
  Block first_block_, last_block_;
};

}  // namespace wjit::ir
