// The visitor that turns validated wasm into register bytecode. translate.cpp has straight-line code,
// translate_control.cpp blocks, branches, calls and returns,
// translate_simd.cpp vectors, translate_atomic.cpp atomic accesses.
//
// Slots. Frame: params | scratch (far frames only) | locals | temporaries. An instruction names cells in 16 bits. A
// frame with more cells than that is a *far* frame: what lies beyond is reached through copy_far by way of eight
// scratch cells right behind the params: enough for three vectors and a vector result. Whether a frame is far shows only while translating; translate_func then
// starts over with scratch cells.
//
// Fusion looks back at the last instruction emitted, never further, and never over a place that a branch may reach.
#pragma once
#include <array>
#include <unordered_map>

#include "compiler/bytecode/operands.h"
#include "compiler/bytecode/translate.h"
#include "compiler/wasm/validate.h"

namespace wjit::bc {

// The form of each wasm op in bytecode: what the tables know; kNone for what is done by hand.
struct Form {
  enum Kind : uint8_t {
    kNone, kUnary, kBinary, kCompare, kTrapUnary, kTrapBinary, kLoad, kStore,
    kAtomicLoad, kAtomicStore, kAtomicRmw, kAtomicCmpxchg,
    kVUnary, kVBinary, kVTernary, kVShift, kVTest, kVSplat, kVExtract, kVReplace, kVLoad, kVLoadLane, kVStoreLane
  } kind = kNone;
  Op first{};
};

// Which forms of an operation use the accumulators (accumulator.def), and which accumulator: the type of its first and
// second operand and of its result. kCount: there is no such form.
enum class Accumulator : uint8_t { kNone, kInt, kF32, kF64 };
struct AccumulatorForms {
  Op first = Op::kCount, second = Op::kCount;  // takes that operand from it
  Op quiet = Op::kCount;                       // leaves the result in it alone
  Accumulator in_first = Accumulator::kNone, in_second = Accumulator::kNone, out = Accumulator::kNone;
};
extern const std::array<AccumulatorForms, size_t(Op::kCount)> kAccumulatorForms;

class Translator {
 public:
  Translator(const wasm::Module& module, const vm::VMOffsets& offsets, uint32_t defined_index,
             TranslateOptions options, bool far_frame)
      : module_(module), offsets_(offsets), func_index_(module.imported_funcs + defined_index), options_(options),
        far_frame_(far_frame) {}

  // The visitor's side (compiler/wasm/validate.h).
  Result<void> begin(const wasm::ValidatorView& view, std::span<const wasm::LocalGroup> locals);
  Result<void> visit(const wasm::Instr& in, bool reachable, const wasm::ValidatorView& view);
  void fuel_block(uint32_t offset);
  void fuel_block_end(uint64_t cost);
  Result<void> finish() { return {}; }

  bool needs_far_frame() const { return needs_far_frame_ && !far_frame_; }
  std::unique_ptr<const Code> take();

 private:
  static constexpr uint32_t kNone = ~0u;
  static constexpr uint32_t kScratchCells = 8;
  struct Control {
    wasm::Op op;             // kCount: the function itself
    uint32_t entries, cells; // of the operand stack below the block's params
    uint32_t params;
    uint32_t start = 0;      // loop: its first word
    uint32_t sites = kNone;  // chain of branches to the end
    uint32_t else_sites = kNone;
    uint32_t ways = kNone;   // if: the counters of its arms
    uint32_t catches = kNone;   // chain of catch clauses to the end
    uint32_t try_range = kNone; // try_table: its range
  };

  // ---- emission
  uint32_t pos() const { return uint32_t(code_->words.size()); }
  uint32_t emit(Op op, uint32_t a = 0, uint32_t b = 0, uint32_t c = 0);
  uint32_t emit_imm(Op op, uint32_t a, uint32_t imm);
  void word(uint64_t w) { code_->words.push_back(w); }
  void may_trap() { code_->offsets.push_back({pos(), offset_}); }  // before the instruction is emitted
  void epoch();
  // a <- …: pushes a temporary and makes the instruction write it. Extra words follow.
  void emit_def(Op op, uint32_t b = 0, uint32_t c = 0, std::initializer_list<uint64_t> extra = {}, uint32_t cells = 1);
  void emit_def_imm(Op op, uint32_t imm, std::initializer_list<uint64_t> extra = {}, uint32_t cells = 1);
  void label_here() { last_def_end_ = last_copy_end_ = accumulated_end_ = kNone; }

  // ---- cells
  uint32_t home(const Operand& e) const { return temp_base_ + e.cell; }
  uint32_t slot(const Operand& e);   // where the value is now; a constant is put into its home
  static bool is_near(uint32_t slot) { return slot <= 0xffff; }  // of a vector, whose upper cell no field names, too
  uint32_t near(uint32_t slot, uint32_t cells);  // the slot itself, or scratch cells with its value
  uint32_t use(const Operand& e) { return near(slot(e), e.cells); }
  uint32_t pop_use() { return use(stack_.pop()); }
  uint32_t def_begin(uint32_t cells);  // pushes a temporary; the cell to write
  void def_end(uint32_t start, uint32_t written);
  // The cells of an instruction's operands; `op` becomes the form that takes one from an accumulator where that is possible,
  // and that one's cell is 0. Operands are popped already.
  uint32_t operand(Op& op, const Operand& e, bool second = false);
  struct Cells { uint32_t first, second; };
  Cells operands(Op& op, const Operand& first, const Operand& second);
  bool take_accumulated(Op& op, const Operand& e, bool second);
  bool needs_code(const Operand& e) const { return e.kind == Operand::kConst || !is_near(e.kind == Operand::kLocal ? local_slot_[e.local] : home(e)); }
  uint32_t scratch(uint32_t cells);
  void copy_cells(uint32_t dst, uint32_t src, uint32_t cells);
  void constant(uint32_t dst, uint64_t value);
  void put(uint32_t dst, const Operand& e);  // copy or constant
  void go_home(const Operand& e) { put(home(e), e); }
  void flush_locals() { stack_.flush_locals([&](const Operand& e) { go_home(e); }); }
  void send_home(uint32_t n) { stack_.send_home(n, [&](const Operand& e) { go_home(e); }); }

  // ---- straight-line
  void unary(Op op, bool traps);
  void binary(Op ss, bool traps);
  void compare(Op ss);
  void load(Op m0, const wasm::MemArg& mem, uint32_t cells);
  void store(Op m0, const wasm::MemArg& mem);
  void local_set(uint32_t local, bool tee);
  void global(const wasm::Instr& in, bool set);
  void select(uint32_t cells);
  void three(Op op, uint64_t w1);
  void table_op(const wasm::Instr& in);
  void memory_op(const wasm::Instr& in);
  void wide(Op op, uint32_t operands);
  Result<void> ref_test(const wasm::Instr& in, bool cast);
  uint64_t cast_target(wasm::ValType type) const;

  // ---- atomics
  Result<void> atomic(const Form& f, const wasm::Instr& in);
  void wait_or_notify(Op op, const wasm::Instr& in, bool wait);

  // ---- vectors
  Result<void> vector(const Form& f, const wasm::Instr& in);
  void v128_const(const wasm::Instr& in);
  void shuffle(const wasm::Instr& in);
  void vector_lane_access(Op op, const wasm::Instr& in, bool store);

  bool is_mem0_fast(const wasm::MemArg& mem) const { return mem.memory == 0 && !module_.memories[0].is64; }
  uint32_t memory_pointer(uint32_t memory) const;
  Result<void> unsupported(const wasm::Instr& in) const;

  // ---- control
  Result<void> control(const wasm::Instr& in, bool reachable, const wasm::ValidatorView& view);
  void begin_block(const wasm::Instr& in);
  void count_loop();
  // The counters of the instruction being visited; kNone: nothing is counted.
  uint32_t counters(uint32_t count);
  void count_way(uint32_t ways, bool taken) {
    if (ways != kNone) emit_imm(Op::count_way, 0, ways + !taken);
  }
  void begin_try(const wasm::Instr& in);
  void end_try(uint32_t range);
  void bind_catches(uint32_t& chain);
  void throw_values(uint32_t tag);
  void else_(bool reachable, const wasm::ValidatorView& view);
  void end(bool reachable, const wasm::ValidatorView& view);
  Control& target(uint32_t depth) { return control_[control_.size() - 1 - depth]; }
  bool is_return(uint32_t depth) const { return depth + 1 == control_.size(); }
  // Whether the top n values already are where the label wants them.
  bool in_place(uint32_t depth, uint32_t n);
  void move_to_label(uint32_t depth, uint32_t n);
  void jump(uint32_t depth, uint32_t n);            // moves, then br or return
  void site_to(uint32_t depth, uint32_t word, bool high);
  void add_site(uint32_t& chain, uint32_t word, bool high);
  void set_offset(uint32_t word, bool high, uint32_t to);
  void bind(uint32_t& chain);
  // Emits a branch taken when `cond` is `when`, fused with the comparison that made it where possible. Its offset is
  // left open.
  struct Site { uint32_t word; bool high; };
  Site branch_on(const Operand& cond, bool when);
  void br_if(uint32_t depth, uint32_t n);
  void br_on_null(uint32_t depth, uint32_t n);
  void br_on_non_null(uint32_t depth, uint32_t n);
  void br_on_cast(const wasm::Instr& in, uint32_t n, bool on_fail);
  void br_table(const wasm::Instr& in, const wasm::ValidatorView& view);
  void return_values(uint32_t n);
  void call(const wasm::Instr& in, bool tail);

  const wasm::Module& module_;
  const vm::VMOffsets& offsets_;
  uint32_t func_index_;
  TranslateOptions options_;
  bool far_frame_, needs_far_frame_ = false;

  std::unique_ptr<Code> code_ = std::make_unique<Code>();
  OperandStack stack_;
  std::vector<uint32_t> local_slot_;   // per local, and its width in local_cells_
  std::vector<uint8_t> local_cells_;
  std::vector<Control> control_;
  uint32_t temp_base_ = 0, scratch_base_ = 0, next_scratch_ = 0;
  uint32_t results_ = 0;
  uint32_t offset_ = 0;                // of the instruction being visited
  uint32_t fuel_at_ = kNone;
  uint32_t counters_ = 0;              // so far
  uint32_t innermost_try_ = kNone;
  // The last instruction, when it wrote one near value and nothing may jump behind it.
  uint32_t last_def_ = 0, last_def_end_ = kNone, last_def_slot_ = 0;
  uint32_t last_copy_ = 0, last_copy_end_ = kNone;
  // The last instruction, when its result is in an accumulator besides this cell.
  uint32_t accumulated_ = 0, accumulated_end_ = kNone, accumulated_slot_ = 0;
};

}  // namespace wjit::bc
