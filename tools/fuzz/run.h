// Runs a generated program in wjit, in any of several configurations that must not differ, and writes down what could
// be seen after each call.
//
// Host functions, module "h"; h(id, args) is a hash whose recipe oracle_node.js and oracle_wasmtime.py repeat:
//   pure<id>     results from the hash of id and arguments; in resumable runs every other call stops the program first
//   grow:<m>     grows memory 0 of module m by its argument's lowest bit; pages before, or -1
//   throw:<m>    throws an exception of one of module m's first two tags, or returns a small number: by the hash
//   call:<m>     calls a function of module m chosen by the argument, with arguments from the hash; the number of results
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/fuzz/generate.h"
#include "wjit/wjit.hpp"

namespace wjit::fuzz {

struct Mode {
  const char* name;
  Config config;
  bool resumable = false;   // stop every few units of fuel, and at host functions, and go on
  bool ir = false;          // functions run in the interpreter of IR, with this opt_level
  bool epochs() const { return config.epoch_callbacks; }  // the callback is asked at every check
  bool native() const { return config.tier != Tier::kInterp; }
  bool tiered() const { return config.tier == Tier::kTiered; }
};
const std::vector<Mode>& modes();  // the first is what the others are compared with
// Numbers of modes: "all", "interp" (the interpreter's), "native" (those of the compiler and of its IR, and what
// they are compared with), "epochs" (likewise), "tiered" (those in which functions change tier, likewise), or one mode's name beside the first. Empty: none is called that.
std::vector<size_t> modes_called(const std::string& name);

struct Record {
  std::string result;    // values, or what trapped, in words that other engines share
  std::string precise;   // the same with references by name, and where it trapped
  std::string state;     // memories, tables, globals afterwards
  std::string position;  // "function@offset" of a trap, for engines that know
  uint64_t fuel = 0;     // metered modes
  uint64_t checks = 0;   // modes with epochs: how often the callback was asked
};
struct Outcome {
  std::string error;            // the program could not be run at all
  std::vector<Record> records;  // one for each call; in metered modes and those with epochs then of some calls again, to be stopped half-way
  std::string state;            // at the end, for other engines (memories by CRC-32)
  bool overflow = false;        // some stack overflowed: not to be compared
};

// Functions that were to have native code.
struct NativeCount {
  uint64_t compiled = 0, calls = 0;  // functions; calls of a program in a mode, compared
  uint64_t loops = 0, loops_entered = 0, loops_refused = 0;  // entered in the middle of a call
  std::map<std::string, uint64_t> loop_refusals;
  std::map<std::string, uint64_t> refused;  // stayed in tier 0, by reason
};

// Engines of the modes, kept from program to program.
class Runner {
 public:
  explicit Runner(std::vector<size_t> chosen = modes_called("all"));
  ~Runner();
  // Of what follows: random choices of the compiler (CompilerConfig::seed) come from it, a new one for every 64 seeds.
  void set_seed(uint64_t seed);
  const NativeCount& native_count() const { return native_; }
  Outcome run(const Program& program, size_t mode, bool for_oracle = false);
  // Runs the chosen modes. What differs, or nothing.
  std::string disagreement(const Program& program, Outcome* reference = nullptr, bool for_oracle = false);

 private:
  const Engine& engine(size_t mode);

  std::vector<size_t> chosen_;
  std::vector<std::optional<Engine>> engines_;
  uint64_t compiler_seed_ = 0;
  NativeCount native_;
};

// The first difference between two outcomes, or nothing. What each is to have as much of: fuel, or checks of epochs.
enum class SameCost : uint8_t { kNo, kFuel, kChecks };
std::string difference(const Outcome& a, const Outcome& b, SameCost same, bool whole_traces = true);

uint32_t crc32(const uint8_t* bytes, size_t n);

}  // namespace wjit::fuzz
