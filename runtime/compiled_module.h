// A module as an engine keeps it: decoded, validated by the engine's mode, its functions registered in the
// CodeMap, and what instantiation needs computed once. Immutable after create (but for what is built on first
// use), shared between threads. Keeps its engine alive.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/support/built_once.h"
#include "compiler/support/result.h"
#include "compiler/wasm/module.h"
#include "compiler/wasm/read_module.h"
#include "runtime/engine.h"
#include "runtime/memory_image.h"
#include "vmcontext/vm_offsets.h"

namespace wjit::rt {

struct CodeEntry;
class FunctionThunks;
class NativeModule;
class TieredModule;

// The start of a defined func-ref table as the leading active segments leave it; slots are made from it when
// they are first read. Segments that cannot be known beforehand are written at instantiation instead.
using LazyTableInit = std::vector<uint32_t>;  // slot -> function index, or ElementSegment::kNullFunc

class CompiledModule : public std::enable_shared_from_this<CompiledModule> {
 public:
  // `locate`, if given, is kept for errors that are found later (located).
  using Locate = std::function<Error(const Error&)>;
  static support::Result<std::shared_ptr<CompiledModule>> create(std::shared_ptr<Engine> engine,
                                                                 std::shared_ptr<const wasm::Bytes> bytes,
                                                                 Locate locate = nullptr);
  // Reads and validates everything, bodies included, whatever the engine's mode; keeps nothing.
  static support::Result<void> validate(const Engine& engine, std::span<const uint8_t> bytes);
  // For modules that exist without a binary (host-made memories, tables, globals, tags). No functions.
  static std::shared_ptr<CompiledModule> from_parts(std::shared_ptr<Engine> engine,
                                                    std::shared_ptr<const wasm::Module> module);
  ~CompiledModule();
  CompiledModule(const CompiledModule&) = delete;

  Engine& engine() const { return *engine_; }
  const std::shared_ptr<Engine>& shared_engine() const { return engine_; }
  const wasm::Module& wasm() const { return *module_; }
  const std::shared_ptr<const wasm::Module>& shared_wasm() const { return module_; }
  const wasm::NameSection& names() const;  // parsed when first asked for
  std::string_view func_name(uint32_t func_index) const { return names().func(func_index); }
  // For CodeTables::name, where a CompiledModule is the owner: "module!function", as backtraces have it.
  static std::string symbol(void* module, uint32_t func_index);
  // The embedder's name, else the name section's, else empty.
  std::string name() const;
  void set_name(std::string name) { name_override_ = std::move(name); }

  // Defined functions in the CodeMap: code_base is the index there of defined function 0.
  uint32_t code_index(uint32_t func_index) const { return code_base + (func_index - wasm().imported_funcs); }
  uint32_t code_base = 0;
  std::vector<CodeEntry*> code_entries;  // by defined function

  // Code of the functions that have some; null where the configuration wants none.
  std::unique_ptr<NativeModule> native;
  std::unique_ptr<TieredModule> tiered;     // null where functions do not change tier
  std::unique_ptr<FunctionThunks> thunks;  // null where the engine has no native code

  // Leading element segments that lazy_tables stand for; instantiation writes the rest.
  uint32_t lazy_segments() const { return lazy_segments_; }
  const LazyTableInit& lazy_table(uint32_t defined_table) const { return lazy_tables_[defined_table]; }
  // Null when data segments are to be copied one by one.
  const MemoryImage* memory_image(uint32_t defined_memory) const;
  void count_instantiation() const { instantiations_.fetch_add(1, std::memory_order_relaxed); }
  // An error of a body that is only looked at when it is called, told by its place in the text if the module
  // was text.
  Error located(Error error) const { return locate_ ? locate_(error) : error; }
  // Why no instance can be made: an initialiser needs an object of the GC heap.
  const std::optional<Error>& gc_initialiser() const { return gc_initialiser_; }

 private:
  CompiledModule(std::shared_ptr<Engine> engine, std::shared_ptr<const wasm::Module> module);
  void plan_lazy_tables();
  support::Result<void> register_functions();

  std::shared_ptr<Engine> engine_;
  std::shared_ptr<const wasm::Module> module_;

 public:
  const vm::ModuleCounts counts;
  const vm::VMOffsets offsets;

 private:
  std::string name_override_;
  mutable std::atomic<uint32_t> instantiations_{0};
  support::BuiltOnce<wasm::NameSection> names_;
  uint32_t lazy_segments_ = 0;
  std::vector<LazyTableInit> lazy_tables_;
  support::BuiltOnce<std::vector<std::unique_ptr<MemoryImage>>> images_;  // by defined memory; null: none
  std::optional<Error> gc_initialiser_;
  Locate locate_;
};

vm::ModuleCounts module_counts(const wasm::Module& module);

}  // namespace wjit::rt
