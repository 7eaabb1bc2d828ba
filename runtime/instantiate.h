// From a module and its imports to an instance, in the order of the specification (3.0 §4.7.2).
#pragma once
#include <span>

#include "compiler/support/result.h"
#include "runtime/imports.h"
#include "runtime/store.h"

namespace wjit::rt {

// Imports by position. Errors: kLink for what does not match (module, name, found and expected), kLimit and
// kResource for what there is no room for. A trap in a segment or in start leaves what was written before it.
TrapResult<Instance*> instantiate(Store& store, std::shared_ptr<CompiledModule> module,
                                  std::span<const ExternRefs> imports);

// One-export instances for what the embedder makes itself; the export is at index 0 of its kind.
support::Result<Instance*> make_host_memory(Store& store, const wasm::MemoryType& type);
support::Result<Instance*> make_host_shared_memory(Store& store, std::shared_ptr<SharedMemory> memory);
support::Result<Instance*> make_host_table(Store& store, const wasm::TableType& type, uint64_t init_ref);
support::Result<Instance*> make_host_global(Store& store, const wasm::GlobalType& type,
                                            const vm::ValRaw& init);
support::Result<Instance*> make_host_tag(Store& store, wasm::TypeId type);

// Evaluates a validated constant expression. Steps that need a GC object were refused before.
vm::ValRaw eval_const(Instance& instance, const wasm::ConstExpr& expr);
// Entry i of an element segment, as a reference.
uint64_t element_value(Instance& instance, const wasm::ElementSegment& segment, size_t i);

}  // namespace wjit::rt
