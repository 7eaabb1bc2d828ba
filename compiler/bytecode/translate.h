#pragma once
#include <memory>

#include "compiler/bytecode/code.h"
#include "compiler/wasm/module.h"
#include "vmcontext/vm_offsets.h"

namespace wjit::bc {

// Part of every cache key of bytecode: what changes the words a function becomes.
struct TranslateOptions {
  bool fuel = false;     // a fuel instruction at the start of each block
  bool epoch = false;    // an epoch instruction at the function's start and in each loop header
  bool profile = false;  // calls and loop headers are counted, and loops can be left for native code
  bool detail = false;   // so are the ways that branches go, and who is called through references
  bool accumulators = false;  // the forms of accumulator.def, which the tail dispatcher alone has
};

// Validates and translates one body. Errors: those of the validator, and kUnsupported for an instruction this tier
// does not run (exceptions, GC objects), naming it and its offset. Near-linear in the body's size.
// Any thread.
Result<std::unique_ptr<const Code>> translate_func(const wasm::Module& module, const vm::VMOffsets& offsets,
                                                   uint32_t defined_index, TranslateOptions options);

}  // namespace wjit::bc
