// A translated function: immutable words and what the interpreter and backtraces need beside them. Position- and
// process-independent: it holds indices and VMContext offsets, never addresses.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace wjit::wasm {
struct SubType;
}

namespace wjit::bc {

enum class Op : uint16_t {
#define UNARY(id, A, R) id,
#define BINARY(id, A, R) id##_ss, id##_si, id##_is,
#define COMPARE(id, A) id##_ss, id##_si, br_##id##_ss, br_##id##_si, brn_##id##_ss, brn_##id##_si,
#define TRAP_UNARY(id, A, R) id,
#define TRAP_BINARY(id, A, R) id##_ss, id##_si, id##_is,
#define LOAD(id, M, R) id##_m0, id##_m0w, id##_abs, id##_gen,
#define STORE(id, M, S) id##_m0, id##_m0w, id##_abs, id##_gen,
#define SPECIAL(id, words) id,
#define A_LOAD(id, M, R) id,
#define A_STORE(id, M) id,
#define A_RMW(id, M, T, name) id,
#define A_CMPXCHG(id, M, T) id,
#define V_UNARY(id) id,
#define V_BINARY(id) id,
#define V_TERNARY(id) id,
#define V_SHIFT(id) id##_ss, id##_si,
#define V_TEST(id) id,
#define V_SPLAT(id, T) id,
#define V_EXTRACT(id, R) id,
#define V_REPLACE(id, T) id,
#define V_LOAD(id, M) id##_m0, id##_m0w, id##_abs, id##_gen,
#define V_STORE(id, M) id##_m0, id##_m0w, id##_abs, id##_gen,
#define V_LOAD_LANE(id, M) id,
#define V_STORE_LANE(id, M) id,
#include "compiler/bytecode/bytecode.def"
  kPlainCount,  // the forms that every dispatcher has
  kBeforeAccumulators = kPlainCount - 1,
#define ACC(name, words) name,
#include "compiler/bytecode/accumulator.def"
  kCount
};

// Where a bytecode word came from; sorted by word. Only instructions that can trap or call have an entry.
struct SourceOffset {
  uint32_t word;
  uint32_t wasm_offset;
};

// What the bridge to a native function calls: by the array convention, and for a tail call the wasm convention's code and
// its type's kTailCall trampoline. Addresses: a bridge is of this process, unlike other code.
struct Bridge {
  const wasm::SubType* type = nullptr;
  bool takes_cells = false;  // what it calls has one parameter: the address of the frame's cells
  const void* array_call = nullptr;
  const void* wasm_call = nullptr;
  const void* tail_call = nullptr;
};

// A loop header, as native code that goes on there needs it: where each operand of wasm's stack is. Locals are where they
// always are.
struct LoopHeader {
  static constexpr uint32_t kUnknown = ~uint32_t{0};
  uint32_t word;                          // of its count_loop
  uint32_t wasm_offset;                   // of the loop instruction
  uint32_t first_operand = 0, operands;   // in Code::loop_operands, bottom up; kUnknown: there were too many
};
struct LoopOperand {
  bool is_constant;
  uint64_t value;  // or its cell
};

// A place whose executions are counted by code that keeps a profile. Of a branch there are two counters: how often it went to
// its label (of an if: into its first arm), and how often not. Of a call through a reference three: the number of a function
// of the same instance, from 1 on, how often it was called, and how often another one.
struct ProfilePlace {
  static constexpr uint32_t kWays = 2, kCallee = 3;
  uint32_t wasm_offset;
  uint32_t first;     // counter
  uint32_t counters;  // kWays or kCallee
};

// A clause of a try_table. The frame goes on at `word`, with the tag's values in the cells from `cell` on, and then the
// exception if it is wanted.
struct CatchClause {
  static constexpr uint32_t kAnyTag = ~uint32_t{0};
  uint32_t tag;  // in the module's index space
  uint32_t cell, word;
  bool with_ref;
};
// The words of a try_table's body. Exceptions find their way by these: entering and leaving one makes no code.
struct TryRange {
  uint32_t begin, end;
  uint32_t first_clause, clauses;  // in Code::clauses, in the order in which they are tried
  uint32_t outer;                  // 1 + index of the next range around this one, 0: none
};

struct Code {
  uint32_t func_index = 0;    // in the module's index space
  uint32_t frame_cells = 0;   // params, locals, temporaries, and room for the results
  uint32_t param_cells = 0;
  uint32_t zero_cells = 0;    // locals behind the params that start as zero
  uint32_t result_cells = 0;
  bool is_bridge = false;     // stands for native code, of the function or of a loop in it: no frame to a backtrace
  Bridge bridge;              // then
  std::vector<uint64_t> words;
  std::vector<SourceOffset> offsets;
  std::vector<LoopHeader> loops;  // sorted; profiling engines only
  std::vector<LoopOperand> loop_operands;
  std::vector<ProfilePlace> places;  // sorted by offset; code that keeps a profile only
  std::unique_ptr<std::atomic<uint32_t>[]> counters;  // relaxed: several threads may lose counts
  std::vector<TryRange> tries;      // by begin, what is around before what is inside
  std::vector<CatchClause> clauses;
  uint32_t local_gap = 0;  // cells between params and the other locals

  uint32_t counter_count() const { return places.empty() ? 0 : places.back().first + places.back().counters; }
  // Byte offset in the module of the instruction that covers `word`.
  uint32_t wasm_offset(uint32_t word) const;
  // The innermost try_table around a word, and from there outwards. Null: none.
  const TryRange* innermost_try(uint32_t word) const;
  const TryRange* outer_try(const TryRange& t) const { return t.outer ? &tries[t.outer - 1] : nullptr; }
  size_t bytes() const {
    return sizeof *this + words.capacity() * 8 + offsets.capacity() * sizeof(SourceOffset) +
           loops.capacity() * sizeof(LoopHeader) + loop_operands.capacity() * sizeof(LoopOperand) +
           places.capacity() * sizeof(ProfilePlace) + counter_count() * sizeof(uint32_t) +
           tries.capacity() * sizeof(TryRange) + clauses.capacity() * sizeof(CatchClause);
  }
};

// How ref.test/ref.cast name their target in one word, free of engine-wide ids: bit 0 nullable, bits 1…7 wasm::Heap,
// high half the module's type index when the heap type is concrete.
inline uint64_t cast_target(bool nullable, unsigned heap, uint32_t type_index) {
  return uint64_t{nullable} | uint64_t{heap} << 1 | uint64_t{type_index} << 32;
}

// Whether a frame of one, at its beginning or at a loop header, is as one of the other there, so that it may go on in it.
bool same_frames(const Code& a, const Code& b);

const char* name(Op op);
unsigned word_count(const uint64_t* at);  // words of the instruction at `at`
std::string print_code(const Code& code);

}  // namespace wjit::bc
