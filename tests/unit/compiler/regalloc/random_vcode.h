// Random machine code without registers, and a machine that runs it with and without an allocation.
#pragma once
#include <string>

#include "compiler/mach/vcode.h"

namespace wjit::test {

struct Random {
  uint64_t state;
  uint64_t next() {  // splitmix64
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
  }
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(next() % n); }
  bool one_in(uint32_t n) { return below(n) == 0; }
};

struct Shape {
  uint32_t statements = 40;  // about
  uint32_t live = 12;        // how many values uses choose from: the register pressure
  uint32_t ints = 13, vectors = 15;
  uint32_t call_one_in = 12;  // 0: none
  bool vector_values = true, fixed = true, homes = true, early_defs = true;
};

mach::RegEnv make_env(uint32_t ints, uint32_t vectors);
mach::VCode make_vcode(uint64_t seed, const Shape& shape);

// Runs at most `steps` instructions and returns a hash of everything they have read. Without an allocation,
// vregs are variables.
uint64_t run_vcode(const mach::VCode& code, const mach::RegEnv& env, const mach::Allocation* allocation,
                   uint64_t seed, uint32_t steps);

std::string print(const mach::VCode& code, const mach::Allocation* allocation);

// Loads, stores and moves that the allocation makes, by depth of loop; cold blocks apart.
struct Traffic {
  uint64_t loads[8] = {}, stores[8] = {}, moves[8] = {}, cold = 0;
};
Traffic count_traffic(const mach::VCode& code, const mach::Allocation& allocation);

}  // namespace wjit::test
