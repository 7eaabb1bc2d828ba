// An instance and its VMContext in one allocation: [Instance | VMContext]. Neither is ever copied or moved,
// so the way from one to the other is a constant. Host-made memories, tables, globals and tags are instances
// too, of a module with one export: whatever is imported has an owner that can be asked to grow it.
#pragma once
#include <any>
#include <memory>
#include <string_view>
#include <vector>

#include "compiler/support/result.h"
#include "runtime/compiled_module.h"
#include "runtime/externs.h"
#include "runtime/shared_memory.h"
#include "runtime/table.h"
#include "vmcontext/vm_types.h"

namespace wjit::rt {

class Store;
struct CodeEntry;

// What an importer keeps of a function: the interpreter calls through it.
struct ImportTarget {
  vm::VMFuncRef* ref;
};

class alignas(16) Instance {
 public:
  struct Deleter {
    void operator()(Instance* instance) const;
  };
  // Memories and tables are made and empty, the VMContext is initialised, globals are zero. What fails leaves
  // nothing behind. `given`: in place of the module's one memory, which is of its type. Errors: kLimit, kResource.
  static support::Result<std::unique_ptr<Instance, Deleter>> allocate(Store& store,
                                                                      std::shared_ptr<CompiledModule> module,
                                                                      Imports imports,
                                                                      std::shared_ptr<SharedMemory> given = nullptr);
  // The VMContext of an Instance, never another context. Checks the magic in debug builds.
  static Instance* from_vmctx(vm::VMContext* vmctx) {
    auto* instance = reinterpret_cast<Instance*>(reinterpret_cast<char*>(vmctx) - sizeof(Instance));
    WJIT_DASSERT(vmctx->magic == vm::kVMContextMagic);
    return instance;
  }
  vm::VMContext* vmctx() {
    return reinterpret_cast<vm::VMContext*>(reinterpret_cast<char*>(this) + sizeof(Instance));
  }
  const wasm::Module& wasm() const { return module->wasm(); }

  // The hot fields, for the interpreter.
  Store* const store;
  CodeEntry* const* code_entries = nullptr;   // by defined function
  vm::VMMemoryDefinition* memory0 = nullptr;  // of no length when the module has no memory
  std::vector<ImportTarget> imported_func_refs;
  const std::shared_ptr<CompiledModule> module;
  size_t tiered_slot = ~size_t{0};  // TieredModule's
  std::vector<bool> made_refs;      // so: which func refs there are, by escape index

  // By index in the module's index spaces (imports first).
  vm::VMMemoryDefinition* memory(uint32_t index);
  vm::VMTableDefinition* table(uint32_t index);
  vm::VMGlobalDefinition* global(uint32_t index);
  vm::VMTagDefinition* tag(uint32_t index);
  // The func ref of a function that escapes: built on demand, the same bytes each time; an imported
  // function's is the original one. kNullFunc gives null.
  vm::VMFuncRef* func_ref(uint32_t func_index);
  // The same by value, for any function: escaping or not.
  vm::VMFuncRef make_func_ref(uint32_t func_index);

  // Who owns a memory or table, and its index among the owner's defined ones.
  struct Owned {
    Instance* owner;
    uint32_t defined_index;
  };
  Owned memory_owner(uint32_t index);
  Owned table_owner(uint32_t index);
  // Pointer minus first definition, asserted in range.
  uint32_t table_index(const vm::VMTableDefinition* defined);

  const Memory& defined_memory(uint32_t defined_index) const { return memories[defined_index].memory(); }
  SharedMemory* shared_memory(uint32_t index);  // null: it is not shared
  Table& defined_table(uint32_t defined_index) { return tables[defined_index]; }
  // A slot of a defined table as a reference, made first if need be. The one way to read a table; index <
  // size.
  uint64_t table_slot(uint32_t defined_index, uint64_t index);

  // Growth of what this instance owns, or has a share in: the old size, or nothing. The definitions are written anew
  // either way.
  std::optional<uint64_t> grow_memory(uint32_t defined_index, uint64_t delta);
  std::optional<uint64_t> grow_table(uint32_t defined_index, uint64_t delta, uint64_t init_ref);

  // The real types: an imported global may be of a subtype of what the import says.
  wasm::GlobalType global_type(uint32_t index) const;

  ExternRefs extern_at(wasm::ExternKind kind, uint32_t index);
  std::optional<ExternRefs> find_export(std::string_view name);

  // Segments: a dropped or applied one has length 0.
  bool data_dropped(uint32_t segment) const { return dropped_data[segment]; }
  bool elem_dropped(uint32_t segment) const { return dropped_elems[segment]; }
  std::vector<bool> dropped_data, dropped_elems;

  std::vector<DefinedMemory> memories;  // so with tables
  std::vector<Table> tables;
  std::vector<wasm::GlobalType> imported_global_types;
  std::any host_state;

 private:
  Instance(Store* s, std::shared_ptr<CompiledModule> m, const Imports& imports);
  ~Instance();
  template <class T>
  T* at(uint32_t offset) {
    return reinterpret_cast<T*>(reinterpret_cast<char*>(vmctx()) + offset);
  }
  void write_memory_definition(uint32_t defined_index);
  void write_table_definition(uint32_t defined_index);
  void initialize_vmctx(const Imports& imports) noexcept;
};
using InstancePtr = std::unique_ptr<Instance, Instance::Deleter>;

}  // namespace wjit::rt
