// Function-body validation (spec §3.3, appendix "Validation Algorithm") as a template that drives a visitor,
// so that a translator never sees unvalidated code and each body is decoded once.
//
// Every instruction goes through check → visit → apply. A check reads operands without moving the stack and
// says in an Effect what the instruction will do to it; so a visitor sees the state before the instruction,
// and a failing check needs no undoing. Dead code takes the same path, with no visits; there an empty frame
// yields operands of any type (kBot). Outside dead code the stack never holds kBot.
#pragma once
#include <memory>
#include <vector>

#include "compiler/wasm/module.h"
#include "compiler/wasm/op_table.h"
#include "compiler/wasm/read_op.h"

namespace wjit::wasm {

// A control frame as visitors see it.
struct ControlInfo {
  Op op;  // block, loop, if_, else_ (an if_ past its else), try_table; Op::kCount for the function
  BlockType type;
  uint32_t height;  // operands on the stack below the frame's parameters
  std::span<const ValType> label_types() const { return op == Op::loop ? type.params : type.results; }
};

struct ControlFrame : ControlInfo {
  uint32_t init_height;  // ValidatorBuffers::initialised when it was opened
  bool opened_dead;      // opened in dead code: nothing in it is shown
  bool dead;             // the code at the end so far is unreachable (spec: "polymorphic stack")
};

struct LocalGroup {
  uint32_t count;
  ValType type;
};

// What a validator needs room for; give the same one to many functions.
struct ValidatorBuffers {
  std::unique_ptr<ValType[]> operands;  // the first kUnder are not used: two can be read below any top
  size_t operand_capacity = 0;
  static constexpr size_t kUnder = 2;
  ValType* operand_start() const { return operands.get() + kUnder; }
  std::vector<ControlFrame> controls;
  std::vector<ValType> locals;
  std::vector<LocalGroup> groups;
  // Locals that have no default value and were not set yet: a flag for each local (empty when all have one),
  // and those that were set, in order, to be forgotten at the end of the frame that set them.
  std::vector<uint8_t> unset;
  std::vector<uint32_t> initialised;
  OpBuffers op;
};

// What a visitor may ask while it is called (all in constant time).
class ValidatorView {
 public:
  const Module& module() const { return module_; }
  // Index in the function index space.
  uint32_t func_index() const { return func_index_; }
  FuncType func_type() const { return {buffers_.controls[0].type.params, buffers_.controls[0].type.results}; }
  // Operand `depth` below the top, before the instruction takes effect; kBot in polymorphic code.
  ValType operand(uint32_t depth) const {
    return int64_t(depth) < sp_ - base_ ? sp_[-1 - int64_t(depth)] : kBot;
  }
  // Operands on the stack, those of outer frames included.
  uint32_t height() const { return uint32_t(sp_ - buffers_.operand_start()); }
  const ControlInfo& label(uint32_t depth) const {
    return buffers_.controls[buffers_.controls.size() - 1 - depth];
  }
  uint32_t control_depth() const { return uint32_t(buffers_.controls.size()); }
  ValType local(uint32_t index) const { return buffers_.locals[index]; }
  uint32_t local_count() const { return uint32_t(buffers_.locals.size()); }

 protected:
  ValidatorView(const Module& module, uint32_t func_index, ValidatorBuffers& buffers)
      : module_(module), buffers_(buffers), func_index_(func_index) {}

  const Module& module_;
  ValidatorBuffers& buffers_;
  uint32_t func_index_;
  ValType* sp_ = nullptr;    // past the top operand
  ValType* base_ = nullptr;  // the current frame's first operand
};

// The visitor concept:
//   Result<void> begin(const ValidatorView&, std::span<const LocalGroup> locals);
//   Result<void> visit(const Instr&, bool reachable, const ValidatorView&);
//       Called for every *reachable* instruction after its checks passed and before its stack effect is
//       applied to the view; and for every else/end that closes a frame which was opened in reachable code,
//       with `reachable` telling whether control falls into it. Nothing inside dead code is shown, nested
//       blocks of dead code included. Reachable is meant as the spec's validation has it: code after the end
//       of a block always is.
//   void fuel_block(uint32_t offset);     a fuel block begins here (before the instruction at `offset` is
//   visited) void fuel_block_end(uint64_t cost);   the block begun last costs this much; always follows
//   before the next begin Result<void> finish();                after the final end
// Fuel blocks are cut at: function entry, loop header, after if, else, end of a block/if/try_table, and after
// every conditional branch; each time after the visit of the instruction that cuts. Dead code costs nothing.
//
// A type with a member kShowsNothing is no visitor but the wish for validation alone.
struct NullVisitor {
  static constexpr bool kShowsNothing = true;
};

namespace validate_detail {

// A row of opcodes.def in the form the checks want it.
struct Row {
  Op op = Op::kCount;
  uint8_t params = 0, results = 0;
  uint8_t align_log2 = 0;
  uint16_t fuel = 0;
  uint8_t types[6] = {};  // ValType bits of params then results; kAddress for the memory's address type
};
constexpr uint8_t kAddress = 0xFF;
constexpr uint8_t type_of_letter(char c) {
  switch (c) {
    case 'i':
      return uint8_t(kI32.bits());
    case 'I':
      return uint8_t(kI64.bits());
    case 'f':
      return uint8_t(kF32.bits());
    case 'F':
      return uint8_t(kF64.bits());
    case 'v':
      return uint8_t(kV128.bits());
    default:
      return kAddress;
  }
}
consteval Row make_row(Op id) {
  const OpInfo& op = kOpTable[size_t(id)];
  Row row;
  row.op = id;
  row.fuel = op.fuel;
  if (op.sig == "*") return row;
  unsigned n = 0;
  bool in_results = false;
  for (char c : op.sig) {
    if (c == ':') {
      in_results = true;
    } else {
      row.types[n++] = type_of_letter(c);
      ++(in_results ? row.results : row.params);
    }
  }
  for (uint8_t bytes = op.bytes; bytes > 1; bytes >>= 1) ++row.align_log2;
  return row;
}
consteval std::array<Row, kOpCount> make_rows() {
  std::array<Row, kOpCount> rows;
  for (size_t i = 0; i < kOpCount; ++i) rows[i] = make_row(Op(i));
  return rows;
}
inline constexpr std::array<Row, kOpCount> kRows = make_rows();

// An instruction of the first version with at most two operands and one result, checked without a branch on
// its shape: both operands on top are compared, each under a mask (as two words: one wide load right after
// two narrow stores would stall). Addresses are i32 here; what reads 64-bit memories goes the slow way.
struct FastRow {
  Op op = Op::kCount;
  // How it is decoded. kPlain and kAccess have no immediate and a memarg, and are checked by this row. The
  // checks of kBare (no immediate), kIndex (one) and kBlock are special; all else is kOther.
  enum Shape : uint8_t { kOther, kPlain, kAccess, kBare, kIndex, kBlock } shape = kOther;
  uint8_t params = 0, results = 0;
  uint8_t align_log2 = 0;
  uint16_t fuel = 0;
  ValType result;
  uint32_t masks[2] = {}, operands[2] = {};  // the second from the top, the top
};
consteval FastRow::Shape shape_of(const OpInfo& op) {
  const bool special = op.sig == "*";
  switch (op.imm) {
    case Imm::kNone:
      return special ? FastRow::kBare : FastRow::kPlain;
    case Imm::kMemArg:
      return FastRow::kAccess;
    case Imm::kLabel:
    case Imm::kFunc:
    case Imm::kGlobal:
      return FastRow::kIndex;
    case Imm::kBlockType:
      return FastRow::kBlock;
    default:
      return FastRow::kOther;
  }
}
consteval std::array<FastRow, 256> make_fast_rows() {
  std::array<FastRow, 256> rows;
  for (const Row& from : kRows) {
    const OpInfo& op = kOpTable[size_t(from.op)];
    if (op.prefix != 0) continue;
    FastRow& row = rows[op.code];
    row.op = from.op;
    row.fuel = from.fuel;
    if (op.feature != Feature::kMvp) continue;
    row.shape = shape_of(op);
    if (row.shape != FastRow::kPlain && row.shape != FastRow::kAccess) continue;
    if (from.params > 2 || from.results > 1) throw "too many operands for a fast row";
    row.params = from.params;
    row.results = from.results;
    row.align_log2 = from.align_log2;
    for (unsigned i = 0; i < from.params; ++i) {
      const unsigned place = i + 2 - from.params;
      row.masks[place] = ~0u;
      row.operands[place] = from.types[i] == kAddress ? kI32.bits() : from.types[i];
    }
    if (from.results == 1) row.result = ValType::from_bits(from.types[from.params]);
  }
  return rows;
}
inline constexpr std::array<FastRow, 256> kFastRows = make_fast_rows();

// What an instruction does once it was shown.
struct Effect {
  ValType* sp;                      // after its pops
  std::span<const ValType> pushes;  // never into the operand stack
  ValType small[3];                 // room for pushes that are computed
  enum Then : uint8_t { kNext, kDead, kOpen, kElse, kEnd } then = kNext;
  bool cuts = false;                // a fuel block ends with it
  bool initialises = false;         // sets local a
  bool pushes_small_after = false;  // small[0] after the pushes

  void push(ValType t) {
    small[0] = t;
    pushes = {small, 1};
  }
};

struct Checks;

// All of the validator that does not depend on the visitor.
class FuncChecker : public ValidatorView {
 protected:
  FuncChecker(const Module& module, uint32_t defined_index, ValidatorBuffers& buffers);

  // Reads the local declarations and opens the function's frame.
  bool start();
  // Immediates and operands of one decoded instruction.
  bool check(const Instr& in, Effect& effect);
  void apply(const Instr& in, const Effect& effect);
  bool check_access(const Instr& in, const Row& row);
  // For a row with a signature: where the stack is after the pops, or null after an error.
  ValType* pop_params(const Instr& in, const Row& row);
  bool check_finished();

  bool fail(const Instr& in, std::string message);
  tl::unexpected<Error> failure();
  tl::unexpected<Error> failure(Error&& error);

  bool is_address32(uint32_t memory) const { return !module_.memories[memory].is64; }
  ValType address_type(uint32_t memory) const { return is_address32(memory) ? kI32 : kI64; }
  void initialise(uint32_t local);
  // Grows the operand stack for a push of many values at once.
  bool reserve(const Instr& in, size_t pushes);

  OpReader reader_;
  ValType memory0_;  // address type of memory 0; kBot when there is none
  const ValType* locals_ = nullptr;
  uint32_t local_count_ = 0;
  bool has_unset_ = false;
  bool reachable_ = true;
  bool done_ = false;  // the function's own end was read

 private:
  friend struct validate_detail::Checks;
  void open_frame(Op op, const BlockType& type);
  void close_frame();
  void forget_locals(const ControlFrame& frame);
  bool check_generic(const Instr& in, Effect& effect);
  bool check_immediate(const Instr& in, const Row& row);
  ValType type_of(const Instr& in, uint8_t type) const;
};

template <class Visitor>
concept ShowsNothing = requires {
  Visitor::kShowsNothing;
};

template <class Visitor>
class FuncValidator : FuncChecker {
 public:
  FuncValidator(const Module& module, uint32_t defined_index, Visitor& visitor, ValidatorBuffers& buffers)
      : FuncChecker(module, defined_index, buffers), visitor_(visitor) {}

  Result<void> run();

 private:
  static constexpr bool kShow = !ShowsNothing<Visitor>;

  bool decode(uint8_t byte, const FastRow& row, Instr& in);
  bool step_slow(Instr& in);
  bool step_fast(const FastRow& row, Instr& in);
  bool step_access(uint8_t byte, const FastRow& row, Instr& in);
  bool step_local(Instr& in);  // local.get, set and tee in full
  bool show(const Instr& in, bool shown, bool reachable, uint32_t fuel) {
    if constexpr (kShow) {
      if (!shown) return true;
      if (!reader_.cursor().ok()) [[unlikely]]
        return false;
      cost_ += fuel;
      if (Result<void> r = visitor_.visit(in, reachable, *this); !r) [[unlikely]] {
        visitor_error_ = std::move(r).error();
        return false;
      }
    }
    return true;
  }
  bool show_plain(const Instr& in, uint32_t fuel) { return show(in, reachable_, true, fuel); }

  Visitor& visitor_;
  uint64_t cost_ = 0;  // of the fuel block begun last
  std::optional<Error> visitor_error_;
};

template <class Visitor>
Result<void> FuncValidator<Visitor>::run() {
  if (!start()) return failure();
  if constexpr (kShow) {
    if (Result<void> r = visitor_.begin(*this, buffers_.groups); !r) return failure(std::move(r).error());
    visitor_.fuel_block(uint32_t(reader_.cursor().offset()));
  }
  Instr in{};
  bool ok = true;
  while (ok && !done_) {
    ByteCursor& c = reader_.cursor();
    in.offset = uint32_t(c.offset());
    const uint8_t byte = c.u8();
    const FastRow& row = kFastRows[byte];
    switch (byte) {
      case 0x20:  // local.get
        in.op = Op::local_get;
        in.a = c.u32();
        if (in.a < local_count_ && !has_unset_) [[likely]] {
          ok = show_plain(in, row.fuel);
          *sp_++ = locals_[in.a];
        } else {
          ok = step_local(in);
        }
        break;
      case 0x21:  // local.set
      case 0x22:  // local.tee
        in.op = row.op;
        in.a = c.u32();
        if (in.a < local_count_ && !has_unset_ && sp_ > base_ && sp_[-1] == locals_[in.a]) [[likely]] {
          ok = show_plain(in, row.fuel);
          sp_ -= byte == 0x21;
        } else {
          ok = step_local(in);
        }
        break;
      case 0x41:  // i32.const
        in.op = Op::i32_const;
        in.value = uint32_t(c.s32());
        ok = show_plain(in, row.fuel);
        *sp_++ = kI32;
        break;
      default:
        if (row.shape == FastRow::kAccess)
          ok = step_access(byte, row, in);
        else if (row.shape == FastRow::kPlain)
          ok = step_fast(row, in);
        else
          ok = decode(byte, row, in) && step_slow(in);
    }
  }
  if (visitor_error_) return failure(std::move(*visitor_error_));
  if (!ok || !check_finished()) return failure();
  if constexpr (kShow) {
    visitor_.fuel_block_end(cost_);
    if (Result<void> r = visitor_.finish(); !r) return failure(std::move(r).error());
  }
  return {};
}

// After the immediate was read.
template <class Visitor>
inline bool FuncValidator<Visitor>::step_fast(const FastRow& row, Instr& in) {
  in.op = row.op;
  ValType* sp = sp_ - row.params;
  const uint32_t unlike = ((sp_[-2].bits() ^ row.operands[0]) & row.masks[0]) |
                          ((sp_[-1].bits() ^ row.operands[1]) & row.masks[1]);
  if (sp < base_ || unlike != 0) [[unlikely]] {
    sp = pop_params(in, kRows[size_t(row.op)]);
    if (!sp) return false;
  }
  if (!show_plain(in, row.fuel)) [[unlikely]]
    return false;
  *sp = row.result;
  sp_ = sp + row.results;
  return true;
}

template <class Visitor>
inline bool FuncValidator<Visitor>::step_access(uint8_t byte, const FastRow& row, Instr& in) {
  ByteCursor& c = reader_.cursor();
  // Alignments past the natural one, memory indices and 64-bit memories are left to the slow way.
  if (c.peek() > row.align_log2 || memory0_ != kI32 || c.remaining() < 2) [[unlikely]]
    return reader_.read_after(byte, in) && step_slow(in);
  in.mem.align_log2 = c.peek();
  c.skip_peeked();
  in.mem.memory = 0;
  in.mem.offset = c.u64();
  if (in.mem.offset >> 32 != 0) [[unlikely]] {
    in.op = row.op;
    return check_access(in, kRows[size_t(row.op)]);
  }
  return step_fast(row, in);
}

template <class Visitor>
bool FuncValidator<Visitor>::step_local(Instr& in) {
  Effect effect;
  if (!reader_.cursor().ok() || !check(in, effect) || !show_plain(in, kRows[size_t(in.op)].fuel))
    return false;
  apply(in, effect);
  return true;
}

// As reader_.read_after, with a short way for the most frequent.
template <class Visitor>
inline bool FuncValidator<Visitor>::decode(uint8_t byte, const FastRow& row, Instr& in) {
  ByteCursor& c = reader_.cursor();
  in.op = row.op;
  if (row.shape == FastRow::kIndex) {
    in.a = c.u32();
  } else if (row.shape == FastRow::kBlock && c.peek() == kEmptyBlock) {
    c.skip_peeked();
    in.block = {};
  } else if (row.shape != FastRow::kBare) {
    return reader_.read_after(byte, in);
  }
  return c.ok();
}

template <class Visitor>
bool FuncValidator<Visitor>::step_slow(Instr& in) {
  Effect effect;
  if (!check(in, effect)) [[unlikely]]
    return false;
  if constexpr (kShow) {
    bool shown = reachable_;
    if (effect.then == Effect::kElse || effect.then == Effect::kEnd)
      shown = !buffers_.controls.back().opened_dead;
    if (!show(in, shown, reachable_, kRows[size_t(in.op)].fuel)) return false;
    apply(in, effect);
    if (shown && effect.cuts && !done_) {
      visitor_.fuel_block_end(cost_);
      cost_ = 0;
      visitor_.fuel_block(uint32_t(reader_.cursor().offset()));
    }
  } else {
    apply(in, effect);
  }
  return true;
}

}  // namespace validate_detail

// Validates one body and shows it to the visitor. Errors say which function they are in.
template <class Visitor>
Result<void> validate_func(const Module& module, uint32_t defined_index, Visitor& visitor,
                           ValidatorBuffers& buffers) {
  return validate_detail::FuncValidator<Visitor>(module, defined_index, visitor, buffers).run();
}

// Validation alone.
Result<void> validate_body(const Module& module, uint32_t defined_index);
// All bodies, on this many threads at most. Of several errors the first in the module is returned, whatever
// the number of threads.
Result<void> validate_module_bodies(const Module& module, unsigned threads);

}  // namespace wjit::wasm
