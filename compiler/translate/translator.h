// The visitor that turns validated wasm into IR. func_to_ir.cpp has straight-line code, control.cpp blocks and
// branches, memory.cpp what touches memories, bulk.cpp copies and fills, simd.cpp vectors, calls.cpp calls, tables and
// references, likely_calls.cpp calls of whom the profile says, loop_entry.cpp the beginning in the middle.
//
// Operands are values; locals are variables of Ssa. Nothing is made for code that control does not reach: alive_ says
// whether it does. That is stricter than the validator's `reachable`, which lets code behind every `end` count; frames
// that such code opens are marked dead and only counted.
//
// What is loaded of a memory's definition is remembered until the region ends or a call is made: that is as far as a
// value may live without a register.
#pragma once
#include <vector>

#include "compiler/ir/builder.h"
#include "compiler/ir/ssa.h"
#include "compiler/translate/forms.h"
#include "compiler/translate/func_to_ir.h"
#include "compiler/wasm/validate.h"
#include "vmcontext/abi.h"
#include "vmcontext/traps.h"

namespace wjit::translate {

using support::Result;

ir::Type ir_type(wasm::ValType t);  // references are 64 bits wide

struct Control {
  wasm::Op op;        // kCount: the function itself; else_: an if past its else
  bool dead = false;  // opened where control does not get
  uint32_t height = 0;
  ir::Block label;  // a loop's header; else what the branches go to, once there is one
  ir::Ssa::Point opened;
  ir::Ssa::Ways ways;       // to the label, but for loops
  uint32_t loop = 0;        // Ssa's number
  bool behind_point = true;  // not opened before the point of entry
  ir::Edge otherwise;       // of an if that had no else yet; its arguments are the block's parameters
  uint32_t table_seen = 0;  // the br_table that had this label last, and its edge
  ir::Edge table_edge;
};

struct MemoryCache {
  ir::Value base, length;
  uint32_t base_stamp = 0, length_stamp = 0;
};

struct Buffers::Impl {
  wasm::ValidatorBuffers validator;
  ir::Ssa ssa;
  std::vector<ir::Value> stack, args;
  std::vector<Control> control;
  std::vector<ir::Edge> edges;
  std::vector<std::pair<ir::Block, uint32_t>> landings;
  std::vector<MemoryCache> memories;
  ir::ValueMap signatures;  // by type
};

class Translator {
 public:
  Translator(const Env& env, uint32_t defined_index, Buffers::Impl& b, ir::Function& f, const LoopPoint* loop);

  // The visitor's side (compiler/wasm/validate.h).
  Result<void> begin(const wasm::ValidatorView& view, std::span<const wasm::LocalGroup> locals);
  Result<void> visit(const wasm::Instr& in, bool reachable, const wasm::ValidatorView& view);
  void fuel_block(uint32_t offset);
  void fuel_block_end(uint64_t cost);
  void epoch();
  Result<void> finish();

 private:
  using Value = ir::Value;
  using Type = ir::Type;
  using Op = ir::Op;
  using TrapCode = vm::TrapCode;

  // ---- operands
  Value pop() {
    const Value v = stack_.back();
    stack_.pop_back();
    return v;
  }
  void push(Value v) { stack_.push_back(v); }
  std::span<const Value> top(size_t n) const { return {stack_.data() + stack_.size() - n, n}; }
  Value i32(uint32_t v) { return b_.iconst(Type::kI32, v); }
  Value i64(uint64_t v) { return b_.iconst(Type::kI64, v); }
  // An address, index or length in 64 bits, whatever its memory or table has.
  Value wide(Value v) { return f_.type(v) == Type::kI32 ? b_.extend_u(v) : v; }
  Value narrow_for(Value v, bool is64) { return is64 ? v : b_.wrap(v); }
  bool is_constant(Value v, uint64_t& value) const;
  void trap_if(Value condition, TrapCode code) { b_.check(Op::trap_if, condition, static_cast<uint16_t>(code)); }
  void is_null_traps(Value ref, TrapCode code) { trap_if(is_null(ref), code); }
  Value is_null(Value ref) { return b_.icmp(ir::IntCc::eq, Type::kI64, ref, i64(0)); }
  // Control does not go on.
  void trap(TrapCode code);
  void die() { alive_ = false; }
  void go_on_in(ir::Block b) {
    f_.append_block(b);
    b_.set_block(b);
  }
  // brif to a new block behind this one, or to a cold one. The block that the builder goes on in is the one given first.
  void branch_to_cold(Value condition, bool when, ir::Block cold, ir::Block go_on, std::span<const Value> args);

  // ---- loads of what does not change, and stamps of what is remembered
  Value load_constant(Type t, Value address, uint64_t offset) {
    return b_.load(Op::load, t, {.region = ir::Region::kVmctx}, address, static_cast<int32_t>(offset));
  }
  Value load_of(ir::Region r, uint8_t number, Type t, Value address, uint64_t offset) {
    if (r == ir::Region::kVmctx) number = 0;
    return b_.load(Op::load, t, {.region = r, .number = number}, address, static_cast<int32_t>(offset));
  }
  // Two imports may be the same thing: they share a number.
  static uint8_t alias_number(uint32_t index, uint32_t imported) {
    return index < imported ? 127 : static_cast<uint8_t>((index - imported) % 127);
  }
  void forget_all() { ++stamp_, ++moving_stamp_; }  // at the beginning of a region, and after calls
  void forget_moving() { ++moving_stamp_; }         // where somebody else may change a memory

  // ---- straight-line code
  // `feature` is what is missing: the message begins with its name, by which refusals are counted.
  Result<void> unsupported(const wasm::Instr& in, Feature feature, const char* why) const;
  // References to exceptions stay where the interpreter keeps them (runtime/exception.h): nothing that gets one from
  // elsewhere is translated.
  Result<void> no_exception(wasm::ValType t, uint64_t offset) const;
  Result<void> unsupported(const wasm::Instr& in) const { return unsupported(in, wasm::info(in.op).feature, ""); }
  Result<void> other(const wasm::Instr& in, bool reachable, const wasm::ValidatorView& view);
  Result<void> global(const wasm::Instr& in, bool set);
  void select();
  void add_sub_128(bool sub);
  void mul_wide(bool is_signed);

  // ---- vectors
  void vector(const wasm::Instr& in);
  void vector_access(const wasm::Instr& in);
  static std::array<uint8_t, 16> bytes_of(const wasm::Instr& in);
  // Of the place that `in` names; false: it always traps.
  bool scalar_load(Op op, Type t, const wasm::Instr& in, Value& value);

  // ---- memories
  const MemoryInfo& memory_info(uint32_t memory) const;
  uint64_t least_bytes(uint32_t memory) const;
  // The VMMemoryDefinition's address as a value and a displacement.
  Value memory_definition(uint32_t memory, uint32_t& displacement);
  Value memory_base(uint32_t memory);
  Value memory_length(uint32_t memory);  // bytes
  struct Place {
    Value address;
    int32_t displacement;
    ir::Access access;
  };
  // Where an access of so many bytes goes, checked as far as need be. False: it always traps, and control ends here.
  bool place(const wasm::MemArg& mem, Value index, uint32_t bytes, Place& at);
  bool constant_place(const wasm::MemArg& mem, uint64_t index, uint32_t bytes, Place& at);
  void check_bounds(uint32_t memory, Value index, uint64_t end);
  void load(const Form& form, const wasm::Instr& in);
  void store(const Form& form, const wasm::Instr& in);
  Result<void> memory_op(const wasm::Instr& in);
  // atomics (atomic.cpp)
  void check_aligned(Value effective, uint32_t bytes);
  bool atomic_place(const wasm::MemArg& mem, Value index, uint32_t bytes, Value& at);  // as place()
  void atomic(const Form& form, const wasm::Instr& in);
  Value effective_address(const wasm::MemArg& mem, Value index);
  Result<void> wait_or_notify(const wasm::Instr& in);
  // memory.copy and memory.fill (bulk.cpp)
  struct Stretch {
    Value address;
    ir::Access access;
  };
  Result<void> bulk_op(const wasm::Instr& in);
  void check_range(uint32_t memory, Value start, Value length);  // traps unless it is all in the memory
  void copy_few(const Stretch& to, const Stretch& from, uint32_t length);
  void fill_few(const Stretch& to, Value byte, uint32_t length);
  // Fuel of an operation that grows with its operands, which is 0 when they are more than there is.
  void pay_by(Value units, Value most, uint32_t units_log2);

  // ---- libcalls
  ir::Inst libcall(vm::Libcall call, std::initializer_list<Value> args);  // behind the vmctx
  void libcall_or_leave(vm::Libcall call, std::initializer_list<Value> args);
  Value growing_libcall(vm::Libcall call, std::initializer_list<Value> args);

  // ---- tables and references
  struct TableInfo {
    bool imported, fixed, lazy, is64;
    uint64_t size;  // of a fixed one
    uint8_t number;
  };
  TableInfo table_info(uint32_t table) const;
  Value table_definition(uint32_t table, const TableInfo& t, uint32_t& displacement);
  Value table_size(uint32_t table, const TableInfo& t);
  // Address of an element; traps with this code when there is none.
  Value table_slot(uint32_t table, const TableInfo& t, Value index, TrapCode code);
  // The reference in a slot of a function table, made if need be. Null too, unless null traps with a code.
  // `word` is what the slot holds.
  Value lazy_reference(uint32_t table, Value word, Value index, TrapCode null_traps);
  Result<void> table_op(const wasm::Instr& in);
  Result<void> ref_op(const wasm::Instr& in);
  Value type_id(uint32_t type_index);
  uint32_t type_index_of(wasm::TypeId id) const;
  // Whether a reference is of this type, as an i32; not valid: it takes more than comparing ids.
  Value matches(Value ref, wasm::ValType type);

  // ---- calls
  ir::Sig signature(wasm::TypeId id);
  Result<void> call(const wasm::Instr& in);
  Result<void> call_indirect(const wasm::Instr& in);
  Result<void> call_ref(const wasm::Instr& in);
  // The operands on top are the arguments, behind those in args_.
  Result<void> finish_call(const wasm::Instr& in, Op op, wasm::TypeId type, uint32_t callee);
  // Of a call through a reference, behind everything that traps before it is looked at (likely_calls.cpp). `word` is the
  // reference and `bit` what stands in its lowest bit. Afterwards the builder is on the way of all other callees; where
  // that way comes to its end, `join_likely` has to follow, with the block that this gave.
  ir::Block call_likely(const wasm::Instr& in, bool tail, wasm::TypeId want, Value word, uint64_t bit);
  void join_likely(ir::Block join, wasm::TypeId type);
  uint32_t likely_callee(uint32_t offset, wasm::TypeId want) const;
  // Like the one that the builder is in, as far as being seldom reached goes.
  ir::Block new_block_like_this();
  void count_passed(uint64_t values) {
    passed_ += values;
    if (passed_ > most_passed_) passed_ = most_passed_ + 1;
  }

  // ---- control
  Result<void> control(const wasm::Instr& in, bool reachable, const wasm::ValidatorView& view);
  void open_block(const wasm::Instr& in);
  void open_loop(const wasm::Instr& in);
  void open_if(const wasm::Instr& in);
  void otherwise(const wasm::ValidatorView& view);
  void end(const wasm::ValidatorView& view);
  void end_function(const Control& c, uint32_t results);
  void meet(Control& c, std::span<const wasm::ValType> results);
  Control& target(uint32_t depth) { return control_[control_.size() - 1 - depth]; }
  bool is_return(uint32_t depth) const { return depth + 1 == control_.size(); }
  // An edge from here to a label, with the operands given.
  ir::Edge edge_to(Control& c, std::span<const Value> args);
  void jump(ir::Edge e) { b_.put({.op = Op::jump, .a = e.n}, {}); }
  uint16_t likelihood() const;  // that the branch being visited is taken
  void br(uint32_t depth, uint32_t arity);
  void branch_if(Value condition, uint32_t depth, std::span<const Value> args);
  void br_table(const wasm::Instr& in, uint32_t arity);
  void return_values(uint32_t n);

  // ---- entry at a loop header (loop_entry.cpp)
  Result<void> begin_at_loop(const wasm::FuncType& type, std::span<const wasm::LocalGroup> locals);
  Result<void> enter_at_loop();
  void share_operands(Control& c);
  void reread_operands(uint32_t height);
  void forget_operand_variables();
  // Control comes here by ways from before the point of entry and from behind it.
  bool around_point(const Control& c) const { return entered_ && !c.behind_point; }
  Value load_cell(Type t, uint64_t cell);

  const Env& env_;
  const wasm::Module& module_;
  const vm::VMOffsets& offsets_;
  uint32_t func_index_;
  ir::Function& f_;
  ir::Builder b_;
  Buffers::Impl& buffers_;
  ir::Ssa& ssa_;
  std::vector<Value>& stack_;
  std::vector<Value>& args_;
  std::vector<Control>& control_;
  Value vmctx_;
  bool alive_ = true;
  uint32_t stamp_ = 1, moving_stamp_ = 1, tables_seen_ = 0;
  ir::Inst fuel_;
  // Values that branches and calls pass, and how many a body of this size may.
  uint64_t passed_ = 0, most_passed_;
  std::array<ir::Sig, std::size(vm::kLibcalls)> libcall_signatures_;

  const Profile* profile_;  // or null
  const LoopPoint* point_;  // null: the function begins where it begins
  bool entered_ = false;    // the point is behind us
  Value cells_;
  std::vector<Value> locals_at_entry_;
  std::vector<uint32_t> operand_variables_;  // of the operands below the innermost open frame
};

}  // namespace wjit::translate
