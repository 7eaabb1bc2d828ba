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
  // The types of the first locals, parameters included, in full (a body of ten bytes may declare 50,000), and
  // for each of `groups` the index past its last local.
  static constexpr uint32_t kListedLocals = 1024;
  std::vector<ValType> locals;
  std::vector<uint32_t> group_ends;
  std::vector<LocalGroup> groups;
  // Locals that have no default value and were not set yet: a flag for each local (empty when all have one),
  // and those that were set, in order, to be forgotten at the end of the frame that set them.
  std::vector<uint8_t> unset;
  std::vector<uint32_t> initialised;
  OpBuffers op;
};

// What a visitor may ask while it is called (in constant time, but for locals past the first thousand).
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
  ValType local(uint32_t index) const {
    return index < buffers_.locals.size() ? buffers_.locals[index] : unlisted_local(index);
  }
  uint32_t local_count() const { return local_count_; }

 protected:
  ValidatorView(const Module& module, uint32_t func_index, ValidatorBuffers& buffers)
      : module_(module), buffers_(buffers), func_index_(func_index) {}

  ValType unlisted_local(uint32_t index) const;

  const Module& module_;
  ValidatorBuffers& buffers_;
  uint32_t func_index_;
  uint32_t local_count_ = 0;
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

// What the fast loop knows of the instruction with this first byte: of those of the first version with at
// most two operands, at most one result and short immediates it knows all. Their operands are checked without
// a branch on their shape: both on top are compared, each under a mask. Whatever does not fit goes the slow
// way, which does everything again and knows subtypes, dead code and errors.
struct FastRow {
  // How it is decoded. For the fast loop: kPlain has no immediate, kAccess a memarg, kConst an s32. For the
  // slow way: kBare has no immediate, kIndex one index, kBlock a block type. The reader knows all else.
  enum Shape : uint8_t {
    kOther,
    kPlain,
    kAccess,
    kConst,
    kLocalGet,
    kLocalSet,
    kLocalTee,
    kBare,
    kIndex,
    kBlock
  } shape = kOther;
  uint8_t params = 0, results = 0;
  uint8_t align_log2 = 0;
  Op op = Op::kCount;
  uint16_t fuel = 0;
  ValType result;
  uint32_t masks[2] = {}, operands[2] = {};  // the second from the top, the top. Addresses are i32 here
};
consteval FastRow::Shape shape_of(Op id) {
  const OpInfo& op = kOpTable[size_t(id)];
  switch (id) {
    case Op::local_get:
      return FastRow::kLocalGet;
    case Op::local_set:
      return FastRow::kLocalSet;
    case Op::local_tee:
      return FastRow::kLocalTee;
    default:
      break;
  }
  switch (op.imm) {
    case Imm::kNone:
      return op.sig == "*" ? FastRow::kBare : FastRow::kPlain;
    case Imm::kMemArg:
      return FastRow::kAccess;
    case Imm::kI32:
      return FastRow::kConst;
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
    row.shape = shape_of(from.op);
    row.params = from.params;
    row.results = from.results;
    row.align_log2 = from.align_log2;
    if (row.shape > FastRow::kConst) continue;
    if (from.params > 2 || from.results > 1) throw "too many operands for the fast loop";
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
// The loop jumps by the byte itself, which saves a dependent load: what it guesses wrong it knows sooner.
constexpr uint8_t kFirstAccess = 0x28, kLastAccess = 0x3E, kFirstPlain = 0x45, kLastPlain = 0xBF;
consteval bool all_have_shape(unsigned first, unsigned last, FastRow::Shape shape) {
  for (unsigned byte = first; byte <= last; ++byte)
    if (kFastRows[byte].shape != shape) return false;
  return true;
}
static_assert(all_have_shape(kFirstAccess, kLastAccess, FastRow::kAccess));
static_assert(all_have_shape(kFirstPlain, kLastPlain, FastRow::kPlain));

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

  void open_frame(Op op, const BlockType& type) {
    ControlFrame& frame = buffers_.controls.emplace_back();
    frame.op = op;
    frame.type = type;
    frame.height = height();
    frame.init_height = uint32_t(buffers_.initialised.size());
    frame.opened_dead = !reachable_;
    frame.dead = false;
    base_ = sp_;
  }
  void close_frame() {
    buffers_.controls.pop_back();
    if (buffers_.controls.empty()) {
      done_ = true;
      return;
    }
    const ControlFrame& outer = buffers_.controls.back();
    base_ = buffers_.operand_start() + outer.height;
    reachable_ = !outer.dead && !outer.opened_dead;
  }

  OpReader reader_;
  bool fast_memory_ = false;  // memory 0 is there and has 32-bit addresses
  uint8_t fast_locals_ = 0;   // locals below this index can be read and written
  bool reachable_ = true;
  bool done_ = false;  // the function's own end was read

 private:
  friend struct validate_detail::Checks;
  void list_locals(std::span<const ValType> params, uint32_t total);
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

  bool run_fast(Instr& in);
  const uint8_t* control_fast(const uint8_t* pos, ValType*& sp);
  bool show_fast(const FastRow& row, Instr& in, const uint8_t* pos, ValType* sp);
  bool decode(Instr& in);
  bool step_slow(Instr& in);
  bool show(const Instr& in, bool shown, bool reachable, uint32_t fuel) {
    if constexpr (kShow) {
      if (!shown) return true;
      cost_ += fuel;
      if (Result<void> r = visitor_.visit(in, reachable, *this); !r) [[unlikely]] {
        visitor_error_ = std::move(r).error();
        return false;
      }
    }
    return true;
  }

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
  while (ok && !done_) ok = run_fast(in) && decode(in) && step_slow(in);
  if (visitor_error_) return failure(std::move(*visitor_error_));
  if (!ok || !check_finished()) return failure();
  if constexpr (kShow) {
    visitor_.fuel_block_end(cost_);
    if (Result<void> r = visitor_.finish(); !r) return failure(std::move(r).error());
  }
  return {};
}

// The length of an LEB of at most three bytes, or 4.
inline unsigned short_leb_length(const uint8_t* at) {
  return at[0] < 0x80 ? 1 : at[1] < 0x80 ? 2 : at[2] < 0x80 ? 3 : 4;
}
inline uint32_t short_leb(const uint8_t* at, unsigned length) {
  uint32_t value = at[0] & 0x7F;
  if (length > 1) value |= uint32_t(at[1] & 0x7F) << 7;
  if (length > 2) value |= uint32_t(at[2] & 0x7F) << 14;
  return value;
}

// Takes instructions as long as the table knows them. False only after an error of the visitor.
template <class Visitor>
bool FuncValidator<Visitor>::run_fast(Instr& in) {
  constexpr ptrdiff_t kLookahead = 6;  // opcode, alignment, three bytes of an LEB; or opcode and four bytes
  ByteCursor& c = reader_.cursor();
  const uint8_t* pos = c.pos();
  const uint8_t* const end = c.end();
  const ValType* const locals = buffers_.locals.data();
  const ValType* base = base_;
  ValType* sp = sp_;
  while (end - pos >= kLookahead) {
    const FastRow& row = kFastRows[*pos];
    unsigned length = 1;
    switch (*pos) {
      case 0x20:  // local.get
        if (pos[1] >= fast_locals_) goto slow;
        in.a = pos[1];
        if (!show_fast(row, in, pos, sp)) [[unlikely]]
          return false;
        *sp++ = locals[pos[1]];
        pos += 2;
        continue;
      case 0x21:  // local.set
      case 0x22:  // local.tee
        if (pos[1] >= fast_locals_ || sp == base || sp[-1] != locals[pos[1]]) goto slow;
        in.a = pos[1];
        if (!show_fast(row, in, pos, sp)) [[unlikely]]
          return false;
        sp -= *pos == 0x21;
        pos += 2;
        continue;
      case 0x41:  // i32.const
        length += short_leb_length(pos + 1);
        if (length > 4) goto slow;
        if constexpr (kShow) {
          const unsigned sign = 32 - 7 * (length - 1);
          in.value = uint32_t(int32_t(short_leb(pos + 1, length - 1) << sign) >> sign);
        }
        break;
      case kFirstAccess ... kLastAccess: {
        const unsigned offset_length = short_leb_length(pos + 2);
        length += 1 + offset_length;
        if (pos[1] > row.align_log2 || offset_length > 3 || !fast_memory_) goto slow;
        if constexpr (kShow) in.mem = {pos[1], 0, short_leb(pos + 2, offset_length)};
        break;
      }
      case kFirstPlain ... kLastPlain:
        break;
      default:
        if constexpr (!kShow) {
          if (const uint8_t* after = control_fast(pos, sp)) {
            pos = after;
            base = base_;
            continue;
          }
        }
        goto slow;
    }
    const uint32_t unlike = ((sp[-2].bits() ^ row.operands[0]) & row.masks[0]) |
                            ((sp[-1].bits() ^ row.operands[1]) & row.masks[1]);
    if (sp - base < row.params || unlike != 0) goto slow;
    if (!show_fast(row, in, pos, sp)) [[unlikely]]
      return false;
    sp -= row.params;
    *sp = row.result;
    sp += row.results;
    pos += length;
  }
slow:
  c.advance_to(pos);
  sp_ = sp;
  return true;
}

// Blocks and branches that pass no values, when nobody watches. Null: this one goes the slow way.
template <class Visitor>
inline const uint8_t* FuncValidator<Visitor>::control_fast(const uint8_t* pos, ValType*& sp) {
  std::vector<ControlFrame>& controls = buffers_.controls;
  ControlFrame& frame = controls.back();
  switch (*pos) {
    case 0x02:  // block
    case 0x03:  // loop
    case 0x04:  // if
      if (pos[1] != kEmptyBlock) return nullptr;
      if (*pos == 0x04) {
        if (sp == base_ || sp[-1] != kI32) return nullptr;
        --sp;
      }
      sp_ = sp;
      open_frame(kFastRows[*pos].op, {});
      return pos + 2;
    case 0x0B:  // end
      if (sp != base_ || !frame.type.results.empty() || controls.size() == 1 || !buffers_.unset.empty())
        return nullptr;
      if (frame.op == Op::if_ && !frame.type.params.empty()) return nullptr;
      close_frame();
      return pos + 1;
    case 0x0C:  // br
    case 0x0D:  // br_if
      if (pos[1] >= 0x80 || pos[1] >= controls.size() || !label(pos[1]).label_types().empty()) return nullptr;
      if (*pos == 0x0D) {
        if (sp == base_ || sp[-1] != kI32) return nullptr;
        --sp;
      } else {
        frame.dead = true;
        reachable_ = false;
        sp = base_;
      }
      return pos + 2;
    default:
      return nullptr;
  }
}

template <class Visitor>
inline bool FuncValidator<Visitor>::show_fast(const FastRow& row, Instr& in, const uint8_t* pos,
                                              ValType* sp) {
  if constexpr (kShow) {
    if (!reachable_) return true;
    in.op = row.op;
    in.offset = uint32_t(reader_.cursor().offset_of(pos));
    sp_ = sp;
    return show(in, true, true, row.fuel);
  }
  return true;
}

// Reads the next instruction, the most frequent by a short way.
template <class Visitor>
inline bool FuncValidator<Visitor>::decode(Instr& in) {
  ByteCursor& c = reader_.cursor();
  in.offset = uint32_t(c.offset());
  const uint8_t byte = c.u8();
  const FastRow& row = kFastRows[byte];
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
