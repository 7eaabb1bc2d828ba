// Things that can be imported and exported, as pointers into a store, and an instance's imports in
// VMContext's form.
#pragma once
#include <variant>
#include <vector>

#include "compiler/wasm/types.h"
#include "vmcontext/vm_types.h"

namespace wjit::rt {

class Store;

struct ExternFunc {
  vm::VMFuncRef* ref;
};
struct ExternTable {
  vm::VMTableDefinition* def;
  vm::VMContext* owner;
  uint32_t index;  // among the owner's defined tables
};
struct ExternMemory {
  vm::VMMemoryDefinition* def;
  vm::VMContext* owner;
  uint32_t index;
};
struct ExternGlobal {
  vm::VMGlobalDefinition* def;
  wasm::GlobalType type;
  Store* store;
};
struct ExternTag {
  vm::VMTagDefinition* def;
  Store* store;
};
using ExternRefs =
    std::variant<ExternFunc, ExternTable, ExternMemory, ExternGlobal, ExternTag>;  // as ExternKind

struct Imports {
  std::vector<vm::VMFuncRef*> funcs;
  std::vector<vm::VMTableImport> tables;
  std::vector<vm::VMMemoryImport> memories;
  std::vector<ExternGlobal> globals;
  std::vector<vm::VMTagDefinition*> tags;
};

}  // namespace wjit::rt
