// WebAssembly to IR: the only door between the two.
#pragma once
#include <functional>
#include <memory>
#include <span>

#include "compiler/ir/function.h"
#include "compiler/translate/profile.h"
#include "compiler/wasm/module.h"
#include "vmcontext/vm_offsets.h"

namespace wjit::translate {

// How code reaches a memory. It depends on the engine and the memory's type alone, so an imported memory is as a
// defined one of its type.
struct MemoryInfo {
  // No checks: 4 GiB are reserved from the base on, and `guard_bytes` behind them are never accessible; what lies
  // between the memory's end and there faults. Only for memories of 32-bit addresses and pages of 64 KiB.
  bool guard = false;
  uint64_t guard_bytes = 0;
  // Growing may change the base of a memory without guard.
  bool base_moves = true;
};

// Part of every cache key of compiled code.
struct Options {
  bool fuel = false;   // fuel instructions where blocks begin
  bool epoch = false;  // epoch instructions at the entry and in loop headers
  bool epoch_only_traps = false;  // and nobody is called back by them, who might change memories, tables or globals
};

struct Env {
  const wasm::Module& module;
  const vm::VMOffsets& offsets;
  Options options;
  std::span<const MemoryInfo> memories;  // one for each of the module's; those missing are checked
  // What is known of a defined function, or null.
  const std::function<const Profile*(uint32_t defined)>* profile = nullptr;
};

// A loop header at which the interpreter stands, and where it keeps things: in cells of 8 bytes from an address on, which
// is the only parameter of what goes on there. Parameters and locals come first, in order, with a gap between.
struct LoopPoint {
  uint32_t offset;  // of the loop instruction
  uint32_t local_gap;
  struct Operand {
    bool is_constant;
    uint64_t value;  // or its cell
  };
  std::vector<Operand> operands;  // wasm's stack as the loop finds it, bottom up
};

// What a translation needs room for; give the same one to many functions, one at a time.
class Buffers {
 public:
  Buffers();
  ~Buffers();
  struct Impl;
  Impl& operator*() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// Validates and translates one body. Nothing live is needed: bytes and layout. Any thread. The function has no aliases
// and no unreachable blocks. Its vmctx is the entry's first parameter; what differs from vmctx to vmctx is loaded.
// Errors: those of the validator; kUnsupported for what has no IR yet (exceptions, objects, calls through
// tables of types with subtypes), naming the feature in front, the instruction and its offset; kLimit for a function
// whose branches pass more values than its size allows. Such functions stay in tier 0. Near-linear in the body's size.
//
// With a LoopPoint the function is what is left of the body from there on, without the fuel of anything before. Its graph
// is reducible: of loops around the point the header is a block in front of the point, which the entry leads to.
support::Result<ir::Function> func_to_ir(const Env& env, uint32_t defined_index, Buffers& buffers,
                                         const LoopPoint* loop = nullptr);

}  // namespace wjit::translate
