// Runs functions of the IR as they stand: the meaning of the IR, next to the interpreter of bytecode and native code a
// third opinion on what a program does. For tests and fuzzing; speed is nobody's concern here.
//
// Numbers are those of compiler/wasm/eval.h. Everything else is the host's: where addresses point, who is called, what
// a check means. Addresses are real ones unless the host says otherwise, so a function that was translated for a module
// runs on a VMContext of that module.
//
// A value is 128 bits. What its type does not define (above 32 bits of an i32 or f32, above 64 of an i64 or f64) is
// filled with noise, also in what is handed to the host: whoever relies on it sees different results in each place.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/ir/function.h"
#include "vmcontext/abi.h"
#include "vmcontext/traps.h"

namespace wjit::ireval {

struct Bits {
  uint64_t lo = 0, hi = 0;

  uint32_t u32() const { return static_cast<uint32_t>(lo); }
  bool operator==(const Bits&) const = default;
};
// Is it the same value of this type?
bool same(ir::Type t, const Bits& a, const Bits& b);

// How something went that may end the run: a trap, a mistake in the program (text that lives longer than the run), or,
// out of a call, an exception that nobody handles.
struct Exception {
  uint32_t tag = 0;
  uint64_t value = 0;  // what handlers get
};
struct Signal {
  vm::TrapCode trap = vm::TrapCode::kNone;
  const char* mistake = nullptr;
  std::optional<Exception> thrown = std::nullopt;
  bool stops() const { return trap != vm::TrapCode::kNone || mistake || thrown; }
};

// A function to go on in, or none: then Host::call is asked.
struct Callee {
  const ir::Function* function = nullptr;
  uint64_t vmctx = 0;
};
// A call that the IR has no function for.
struct NativeCall {
  uint64_t code, callee_vmctx, caller_vmctx;  // a direct one: the index in `code`, twice the own vmctx
  bool direct;
  const ir::Signature& signature;
  std::span<const Bits> arguments;
  std::span<Bits> results;
};

class Host {
 public:
  virtual ~Host() = default;

  // Before each access to memory: kMemoryOutOfBounds where it would fault. Addresses from here on are real.
  virtual Signal access(uint64_t& address, uint32_t bytes, ir::Access access, bool write) { return {}; }
  // bulk_copy, bulk_fill: `from` is an address, or the byte.
  virtual Signal bulk(bool copy, uint64_t to, uint64_t from, uint64_t length);
  // Function `defined` of the module whose function is running.
  virtual Callee direct(uint32_t defined, uint64_t vmctx) { return {}; }
  virtual Callee indirect(uint64_t code, uint64_t callee_vmctx) { return {}; }
  virtual Signal call(const NativeCall&) { return {.mistake = "a call of a function that nobody knows"}; }
  // Arguments as in libcall_signature. One that fails returns, as in native code; the IR then leaves.
  virtual Signal libcall(vm::Libcall, std::span<const Bits> arguments, Bits& result) {
    return {.mistake = "a libcall, where there is none"};
  }
  virtual Signal fuel(uint64_t vmctx, uint64_t cost) { return {}; }
  virtual Signal epoch(uint64_t vmctx) { return {}; }
  // What a libcall left with the store, when the function leaves because of it.
  virtual vm::TrapCode pending_trap(uint64_t vmctx) { return vm::TrapCode::kNone; }
};

struct Limits {
  uint64_t steps = ~uint64_t{0};  // instructions
  uint32_t depth = 10'000;        // calls; one more is kStackOverflow
  uint64_t noise = 1;             // where what is undefined starts from
};

struct Outcome {
  enum class Kind : uint8_t { kReturned, kTrapped, kMistake, kThrown };
  struct Frame {
    uint32_t function;     // ir::Function::number
    uint32_t wasm_offset;  // of the instruction it is at
    bool operator==(const Frame&) const = default;
  };
  Kind kind = Kind::kReturned;
  std::vector<Bits> results;
  vm::TrapCode trap = vm::TrapCode::kNone;
  std::string mistake;
  Exception exception;
  std::vector<Frame> frames;  // where a trap or mistake was, or where it threw; innermost first
  uint64_t steps = 0;
};

// `f` is well-formed (ir::verify). Arguments without the contexts, which are both `vmctx`. Does not recurse.
Outcome run(Host& host, const ir::Function& f, uint64_t vmctx, std::span<const Bits> arguments, const Limits& = {});

}  // namespace wjit::ireval
