// The generator of one function's body: a picture of the operand stack with its types, and steps that change it. Steps
// take what lies on the stack as often as they make their operands anew, so that values wait there for long while
// locals below them change: that is where translators go wrong.
#pragma once
#include <algorithm>
#include <span>

#include "compiler/wasm/op_table.h"
#include "tools/fuzz/module_state.h"

namespace wjit::fuzz {

// A row of the opcode table whose signature is spelled in letters.
struct PlainOp {
  const wasm::OpInfo* info;
  std::vector<Type> params, results;  // an address (P) is i32 here
};

// Some row that gives `*result` (null: any row). `compares`: only comparisons of two numbers.
const PlainOp* random_plain(Choices& c, const Options& o, const Type* result, bool compares = false);

class Body {
 public:
  Body(Choices& choices, const Options& options, ModuleState& module, uint32_t func);
  Bytes run();

 private:
  struct Label {
    enum Kind : uint8_t { kBlock, kLoop, kIf, kElse, kFunc } kind;
    FuncType type;
    size_t height;             // of the stack below its params
    bool unreachable = false;
    uint32_t counter = 0;      // kLoop: the local that bounds it
    const std::vector<Type>& branch_types() const { return kind == kLoop ? type.params : type.results; }
  };

  // ---- bytes
  void byte(uint8_t b) { out_.push_back(b); }
  void op(uint8_t code) { byte(code); }
  void op(uint8_t code, uint64_t index) { byte(code), put_leb(out_, index); }
  void prefixed(uint8_t prefix, uint32_t code, std::initializer_list<uint64_t> indices = {});
  void i32_const(int32_t v) { byte(0x41), put_sleb(out_, v); }
  void index_const(bool is64, int64_t v) { byte(is64 ? 0x42 : 0x41), put_sleb(out_, v); }
  void local_get(uint32_t i) { op(0x20, i); }
  void local_set(uint32_t i) { op(0x21, i); }

  // ---- the stack
  Label& label() { return labels_.back(); }
  Label& label(uint32_t depth) { return labels_[labels_.size() - 1 - depth]; }
  size_t height() const { return stack_.size() - labels_.back().height; }  // what the current block may take
  void push(Type t) { stack_.push_back(t); }
  void pop(size_t n = 1) { stack_.resize(stack_.size() - std::min(n, height())); }
  void set_unreachable();
  // Makes the top of the stack `types`: takes what fits and makes the rest.
  void ensure(std::span<const Type> types);
  void ensure(std::initializer_list<Type> types) { ensure(std::span<const Type>(types.begin(), types.size())); }
  // The block's end: what the label's end wants, and nothing else.
  void settle(const std::vector<Type>& want);

  // ---- values
  uint32_t local_of(Type t);      // some local of that type, made if there is none
  uint32_t new_local(Type t);
  void gen(Type t, unsigned depth);
  void leaf(Type t);
  bool special_value(Type t, unsigned depth);
  void gen_if(Type t, unsigned depth);
  void canonical_nan(Type t);     // the top of the stack, a float
  void canonical_lanes(Type lane);
  void bounded_float(Type t);     // the top becomes something every integer can hold
  bool hazard() { return c_.one_in(o_.hazard); }

  // ---- steps (body_steps.cpp)
  void steps(unsigned n);
  void step();
  void shuffle_indices();
  void plain(const PlainOp& p, bool fresh, unsigned depth);
  void before_plain(const PlainOp& p);
  uint8_t plain_code(const PlainOp& p) const;
  void folded_index(bool is64, uint32_t mask);
  uint64_t address(const MemoryState& m, unsigned bytes, bool fresh);
  void memory_access(const PlainOp& p, bool fresh, unsigned depth);
  uint64_t aligned_address(const MemoryState& m, unsigned bytes);
  void memarg(unsigned align, uint32_t memory, uint64_t offset);
  void local_step();
  void global_step();
  void observe_step();
  void pressure_step();
  void stale_step();
  void select_step();
  void memory_step();
  void table_step();
  void bulk_operand(bool is64, uint32_t mask, uint32_t limit);
  void ref_step();
  void wide_step();

  // ---- control (body_control.cpp)
  void condition();
  void block_step();
  void nest_step();
  void nested_loop(const std::vector<Type>& carried, unsigned levels, size_t outermost);
  void never();
  void block_type(const FuncType& t);
  void begin(Label::Kind kind, const FuncType& t);
  void branch_step();
  void br_table_step();
  void br_on_null_step();
  void bail_if_spent(int32_t cost);
  void call_step();
  void tail_call_step();
  void call_target(uint32_t type, bool tail);
  uint32_t func_of_type(uint32_t type);  // ~0u: none
  void return_step();

  // ---- exceptions (body_exceptions.cpp)
  struct Clause {
    uint8_t kind;
    uint32_t tag;
    bool has_tag() const { return kind < 2; }
  };
  Clause random_clause();
  std::vector<Type> passed_by(const Clause& clause) const;
  void try_step();
  void throw_step();

  Choices& c_;
  const Options& o_;
  ModuleState& m_;
  const FuncType type_;
  Bytes out_;
  std::vector<Type> stack_, locals_;
  std::vector<Label> labels_;
  uint32_t nan32_ = ~0u, nan64_ = ~0u, nan128_ = ~0u, spare_ref_ = ~0u;
  unsigned budget_;
  bool throws_ = false;  // or catches: others may have native code
};

}  // namespace wjit::fuzz
