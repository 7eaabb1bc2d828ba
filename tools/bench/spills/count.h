// Loads and stores of stack slots inside innermost loops, counted in x86-64 code.
//
// The code is decoded along its control flow, from the first byte on, since tables may stand between
// instructions. A jump through a table is followed if it has the usual form (lea of the table, movsxd of an
// entry, add, jmp) or if the dump says where it leads. A call ends the code if the dump says so. Loops are natural ones: a jump back to a block that
// dominates it, and what reaches that jump. A stack slot is memory addressed by rsp or, where the function
// keeps its frame there, by rbp; push and pop are one store and one load.
#pragma once
#include <string>
#include <vector>

#include "tools/bench/spills/code.h"

namespace wjit::bench {

struct StackAccess {
  uint32_t at;       // in the function
  std::string text;  // the instruction
};

struct LoopCount {
  uint32_t header;  // in the function
  uint32_t instructions = 0, loads = 0, stores = 0;
  std::vector<StackAccess> accesses{};
};

struct FunctionCount {
  std::vector<LoopCount> loops{};  // the innermost ones
  uint32_t all_loops = 0, instructions = 0;
  uint32_t loads = 0, stores = 0, loop_instructions = 0;  // sums over `loops`
  uint32_t unfollowed = 0;                                // indirect jumps whose targets are not known
  std::string failure{};                                  // bytes that are no instruction, and where
};

// False where this program was built without a disassembler; counts are then failures.
bool can_count();

FunctionCount count_stack_accesses(const FunctionCode& function);

}  // namespace wjit::bench
