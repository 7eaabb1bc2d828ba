// Moves that happen at the same time, put into an order in which one after the other does the same.
#pragma once
#include <vector>

#include "compiler/mach/vcode.h"

namespace wjit::ra {

struct Move {
  mach::Alloc from, to;
  ir::Type type;
};

class ParallelMoves {
 public:
  // Appends to `out` what `moves` want, in order, before instruction `before`. No two have the same target. A
  // circle of moves goes through a scratch register of the class of what is moved. Linear.
  void resolve(std::vector<Move>& moves, uint32_t before, const mach::RegEnv& env,
               std::vector<mach::Edit>& out);

 private:
  static uint32_t key(mach::Alloc a) { return a.is_reg() ? a.index : 64 + a.index; }

  // By place, all 0 between calls: 1 + number of the move that will write it; how many moves will read it.
  std::vector<uint32_t> writer_, readers_;
  std::vector<uint32_t> ready_;
};

}  // namespace wjit::ra
