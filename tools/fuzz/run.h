// Runs a generated program in wjit, in any of several configurations that must not differ, and writes down what could
// be seen after each call.
//
// Host functions, module "h"; h(id, args) is a hash whose recipe oracle_node.js and oracle_wasmtime.py repeat:
//   pure<id>     results from the hash of id and arguments; in resumable runs every other call stops the program first
//   grow:<m>     grows memory 0 of module m by its argument's lowest bit; pages before, or -1
//   call:<m>     calls a function of module m chosen by the argument, with arguments from the hash; the number of results
#pragma once
#include <string>
#include <vector>

#include "tools/fuzz/generate.h"
#include "wjit/wjit.hpp"

namespace wjit::fuzz {

struct Mode {
  const char* name;
  Config config;
  bool resumable = false;   // stop every few units of fuel, and at host functions, and go on
};
const std::vector<Mode>& modes();  // the first is what the others are compared with

struct Record {
  std::string result;    // values, or what trapped, in words that other engines share
  std::string precise;   // the same with references by name, and where it trapped
  std::string state;     // memories, tables, globals afterwards
  std::string position;  // "function@offset" of a trap, for engines that know
  uint64_t fuel = 0;     // metered modes
};
struct Outcome {
  std::string error;            // the program could not be run at all
  std::vector<Record> records;  // one for each call
  std::string state;            // at the end, for other engines (memories by CRC-32)
  bool overflow = false;        // some stack overflowed: not to be compared
};

// Engines of the modes, kept from program to program.
class Runner {
 public:
  Runner();
  ~Runner();
  Outcome run(const Program& program, size_t mode, bool for_oracle = false);
  // Runs all modes. What differs, or nothing. `fewer`: only some of the modes, for speed.
  std::string disagreement(const Program& program, Outcome* reference = nullptr, bool for_oracle = false);

 private:
  std::vector<Engine> engines_;
};

// The first difference between two outcomes, or nothing.
std::string difference(const Outcome& a, const Outcome& b, bool same_fuel);

uint32_t crc32(const uint8_t* bytes, size_t n);

}  // namespace wjit::fuzz
