#include "runtime/instance.h"

#include <atomic>
#include <cstring>
#include <new>

#include "runtime/code/native_entries.h"
#include "runtime/jit/native_module.h"
#include "runtime/jit/tiered_module.h"
#include "runtime/libcalls.h"
#include "runtime/native_calls.h"
#include "runtime/store.h"

namespace wjit::rt {

namespace {

// Memory 0 of a module without one: nothing is in bounds.
vm::VMMemoryDefinition no_memory;

}  // namespace

namespace {

// All of them, so that no func ref fails later.
support::Result<void> make_native_calls(const CompiledModule& m) {
  for (uint32_t i = 0; i < m.counts.defined_functions; ++i) WJIT_CHECK(native_calls(m, i));
  return {};
}

}  // namespace

// Everything of an instance that needs memory of its own is made here: from then on nothing can fail.
Instance::Instance(Store* s, std::shared_ptr<CompiledModule> m, const Imports& imports)
    : store(s), module(std::move(m)) {
  const wasm::Module& w = wasm();
  imported_func_refs.reserve(imports.funcs.size());
  for (vm::VMFuncRef* f : imports.funcs) imported_func_refs.push_back({f});
  imported_global_types.reserve(imports.globals.size());
  for (const ExternGlobal& g : imports.globals) imported_global_types.push_back(g.type);
  dropped_data.resize(w.data.size());
  for (size_t i = 0; i < w.data.size(); ++i) dropped_data[i] = w.data[i].mode != wasm::SegmentMode::kPassive;
  dropped_elems.resize(w.elements.size());
  for (size_t i = 0; i < w.elements.size(); ++i)
    dropped_elems[i] = w.elements[i].mode != wasm::SegmentMode::kPassive;
}

Instance::~Instance() = default;

void Instance::Deleter::operator()(Instance* instance) const {
  if (instance->module->tiered) instance->module->tiered->remove(*instance);
  instance->vmctx()->~VMContext();
  instance->~Instance();
  ::operator delete (instance, std::align_val_t{alignof(Instance)});
}

support::Result<InstancePtr> Instance::allocate(Store& store, std::shared_ptr<CompiledModule> module,
                                                Imports imports, std::shared_ptr<SharedMemory> given) {
  static_assert(sizeof(Instance) % alignof(vm::VMContext) == 0, "VMContext follows Instance without a gap");
  size_t bytes;
  if (!module->offsets.fits() ||
      __builtin_add_overflow(sizeof(Instance), size_t(module->offsets.size()), &bytes))
    return fail(ErrorKind::kLimit,
                "an instance of this module would need " + std::to_string(module->offsets.size()) +
                    " bytes for its context, at most " + std::to_string(vm::VMOffsets::kMaxSize));
  const wasm::Module& w = module->wasm();
  if (module->thunks) WJIT_CHECK(make_native_calls(*module));
  std::vector<DefinedMemory> memories;
  memories.reserve(w.memories.size() - w.imported_memories);
  if (given) memories.emplace_back(std::move(given));
  for (size_t i = w.imported_memories + memories.size(); i < w.memories.size(); ++i) {
    auto memory = DefinedMemory::create(store.shared_engine(), w.memories[i]);
    if (!memory)
      return tl::unexpected<Error>(std::move(memory).error().prefix("memory " + std::to_string(i) + ": "));
    memories.push_back(std::move(*memory));
  }
  std::vector<Table> tables;
  tables.reserve(w.tables.size() - w.imported_tables);
  for (size_t i = w.imported_tables; i < w.tables.size(); ++i) {
    auto table = Table::create(w.tables[i].type, is_func_heap(w.tables[i].type.element, *w.registry));
    if (!table)
      return tl::unexpected<Error>(std::move(table).error().prefix("table " + std::to_string(i) + ": "));
    tables.push_back(std::move(*table));
  }
  struct FreeRaw {
    void operator()(void* p) const { ::operator delete (p, std::align_val_t{alignof(Instance)}); }
  };
  std::unique_ptr<void, FreeRaw> place(
      ::operator new (bytes, std::align_val_t{alignof(Instance)}, std::nothrow));
  if (!place)
    return fail(ErrorKind::kResource, "no room for an instance of " + std::to_string(bytes) + " bytes");
  auto* instance = new (place.get()) Instance(&store, std::move(module), imports);
  place.release();
  instance->memories = std::move(memories);
  instance->tables = std::move(tables);
  instance->initialize_vmctx(imports);
  InstancePtr made(instance);
  if (instance->module->tiered) {
    instance->made_refs.resize(w.escaping.size());
    instance->module->tiered->add(*instance);
  }
  return made;
}

// SAFETY: the allocation holds module->offsets.size() bytes behind this, uninitialised. Every array element
// is written here, but for func refs: they are built when they are asked for.
void Instance::initialize_vmctx(const Imports& imports) noexcept {
  const vm::ModuleCounts& counts = module->counts;
  WJIT_ASSERT(
      imports.funcs.size() == counts.imported_functions && imports.tables.size() == counts.imported_tables &&
      imports.memories.size() == counts.imported_memories &&
      imports.globals.size() == counts.imported_globals && imports.tags.size() == counts.imported_tags);
  static_assert(sizeof(wasm::TypeId) == sizeof(vm::VMSharedTypeIndex));
  vm::VMContext* ctx = new (vmctx()) vm::VMContext;
  ctx->runtime_limits = &store->limits;
  ctx->builtin_functions = &builtin_functions();
  ctx->epoch_ptr = &module->engine().epoch;
  ctx->type_ids = reinterpret_cast<const vm::VMSharedTypeIndex*>(wasm().types.data());
  ctx->store = store;

  vm::VMContextView view(ctx, counts);
  for (uint32_t i = 0; i < counts.imported_functions; ++i) {
    vm::VMFuncRef* f = imports.funcs[i];
    auto* const wasm_call = std::atomic_ref(f->wasm_call).load(std::memory_order_acquire);
    WJIT_ASSERT(wasm_call && f->native_call && f->array_call && f->vmctx);
    new (view.imported_functions() + i)
        vm::VMFunctionImport{wasm_call, f->native_call, f->array_call, f->vmctx};
  }
  auto copy = [](auto* to, const auto& from) {
    if (!from.empty()) std::memcpy(static_cast<void*>(to), from.data(), from.size() * sizeof(from[0]));
  };
  copy(view.imported_tables(), imports.tables);
  copy(view.imported_memories(), imports.memories);
  for (uint32_t i = 0; i < counts.imported_globals; ++i)
    new (view.imported_globals() + i) vm::VMGlobalImport{imports.globals[i].def};
  for (uint32_t i = 0; i < counts.imported_tags; ++i)
    new (view.imported_tags() + i) vm::VMTagImport{imports.tags[i]};

  for (uint32_t i = 0, owned = 0; i < counts.defined_memories; ++i) {
    SharedMemory* shared = memories[i].shared();
    view.defined_memories()[i] =
        shared ? shared->definition() : new (view.owned_memories() + owned++) vm::VMMemoryDefinition;
    write_memory_definition(i);
  }
  for (uint32_t i = 0; i < counts.defined_tables; ++i) {
    new (view.defined_tables() + i) vm::VMTableDefinition;
    write_table_definition(i);
  }
  for (uint32_t i = 0; i < counts.defined_globals; ++i)
    new (view.defined_globals() + i) vm::VMGlobalDefinition;
  for (uint32_t i = 0; i < counts.defined_tags; ++i)
    new (view.defined_tags() + i) vm::VMTagDefinition{{wasm().tags[wasm().imported_tags + i]}};
  vm::VMFuncRef stubs;
  fill_stub_entries(stubs);
  NativeEntries* native = module->engine().native.get();
  for (uint32_t i = 0; i < counts.defined_functions; ++i) {
    vm::VMWasmCallFunction* code = stubs.wasm_call;
    if (native) {
      const auto trampolines = native->of(wasm().funcs[wasm().imported_funcs + i]);
      WJIT_ASSERT(trampolines);  // make_native_calls has
      code = reinterpret_cast<vm::VMWasmCallFunction*>(
          const_cast<uint8_t*>((**trampolines)[isa::Trampoline::kWasmToInterpreter]));
      const uint8_t* compiled = module->native ? module->native->code_of(i) : nullptr;
      if (compiled) code = reinterpret_cast<vm::VMWasmCallFunction*>(const_cast<uint8_t*>(compiled));
    }
    new (view.defined_functions() + i) vm::VMCodeEntry{code};
  }

  memory0 = wasm().memories.empty() ? &no_memory : memory(0);
  code_entries = module->code_entries.data();
}

vm::VMMemoryDefinition* Instance::memory(uint32_t index) {
  const uint32_t imported = wasm().imported_memories;
  if (index < imported) return at<vm::VMMemoryImport>(module->offsets.vmctx_imported_memory(index))->from;
  return *at<vm::VMMemoryDefinition*>(module->offsets.vmctx_defined_memory(index - imported));
}

vm::VMTableDefinition* Instance::table(uint32_t index) {
  const uint32_t imported = wasm().imported_tables;
  if (index < imported) return at<vm::VMTableImport>(module->offsets.vmctx_imported_table(index))->from;
  return at<vm::VMTableDefinition>(module->offsets.vmctx_defined_table(index - imported));
}

vm::VMGlobalDefinition* Instance::global(uint32_t index) {
  const uint32_t imported = wasm().imported_globals;
  if (index < imported) return at<vm::VMGlobalImport>(module->offsets.vmctx_imported_global(index))->from;
  return at<vm::VMGlobalDefinition>(module->offsets.vmctx_defined_global(index - imported));
}

vm::VMTagDefinition* Instance::tag(uint32_t index) {
  const uint32_t imported = wasm().imported_tags;
  if (index < imported) return at<vm::VMTagImport>(module->offsets.vmctx_imported_tag(index))->from;
  return at<vm::VMTagDefinition>(module->offsets.vmctx_defined_tag(index - imported));
}

vm::VMFuncRef Instance::make_func_ref(uint32_t func_index) {
  const wasm::Module& w = wasm();
  if (func_index < w.imported_funcs) return *imported_func_refs[func_index].ref;
  vm::VMFuncRef ref;
  fill_stub_entries(ref);
  if (module->thunks) {
    const auto calls = native_calls(*module, func_index - w.imported_funcs);
    WJIT_ASSERT(calls);  // made when the instance was
    ref.wasm_call = calls->wasm, ref.native_call = calls->native, ref.array_call = calls->array;
    // What was compiled with the module stays its code: no thunk, and no entry word, on the way to it.
    if (const uint8_t* code = module->native ? module->native->code_of(func_index - w.imported_funcs) : nullptr)
      ref.wasm_call = reinterpret_cast<vm::VMWasmCallFunction*>(const_cast<uint8_t*>(code));
  }
  ref.type_index = {w.funcs[func_index]};
  ref.code_index = module->code_index(func_index);
  ref.vmctx = vm::VMOpaqueContext::from(vmctx());
  return ref;
}

vm::VMFuncRef* Instance::func_ref(uint32_t func_index) {
  const wasm::Module& w = wasm();
  if (func_index == wasm::ElementSegment::kNullFunc) return nullptr;
  if (func_index < w.imported_funcs) return imported_func_refs[func_index].ref;
  const uint32_t escape = w.escape_index[func_index];
  WJIT_ASSERT(escape != wasm::Module::kNotEscaping);
  auto* place = at<vm::VMFuncRef>(module->offsets.vmctx_func_ref(escape));
  if (!module->tiered) return new (place) vm::VMFuncRef(make_func_ref(func_index));
  if (!made_refs[escape]) module->tiered->make_func_ref(*this, func_index, place);
  return place;
}

Instance::Owned Instance::memory_owner(uint32_t index) {
  const uint32_t imported = wasm().imported_memories;
  if (index >= imported) return {this, index - imported};
  auto* import = at<vm::VMMemoryImport>(module->offsets.vmctx_imported_memory(index));
  return {from_vmctx(import->vmctx), import->index};
}

Instance::Owned Instance::table_owner(uint32_t index) {
  const uint32_t imported = wasm().imported_tables;
  if (index >= imported) return {this, index - imported};
  auto* import = at<vm::VMTableImport>(module->offsets.vmctx_imported_table(index));
  Instance* owner = from_vmctx(import->vmctx);
  return {owner, owner->table_index(import->from)};
}

SharedMemory* Instance::shared_memory(uint32_t index) {
  if (!wasm().memories[index].shared) return nullptr;
  const Owned m = memory_owner(index);
  return m.owner->memories[m.defined_index].shared();
}

uint32_t Instance::table_index(const vm::VMTableDefinition* defined) {
  const size_t i = size_t(defined - at<vm::VMTableDefinition>(module->offsets.vmctx_defined_tables_begin()));
  WJIT_ASSERT(i < tables.size());
  return uint32_t(i);
}

uint64_t Instance::table_slot(uint32_t defined_index, uint64_t index) {
  Table& t = tables[defined_index];
  uint64_t& word = t.words()[index];
  if (!t.lazy()) return word;
  if (!SlotWord::initialised(word)) {
    const LazyTableInit& init = module->lazy_table(defined_index);
    const uint32_t func = index < init.size() ? init[index] : wasm::ElementSegment::kNullFunc;
    word = SlotWord::make(reinterpret_cast<uint64_t>(func_ref(func)));
  }
  return SlotWord::ref(word);
}

std::optional<uint64_t> Instance::grow_memory(uint32_t defined_index, uint64_t delta) {
  if (SharedMemory* shared = memories[defined_index].shared()) return shared->grow(delta, store->limiter.memory_bytes);
  auto before = memories[defined_index].own().grow(delta, store->limiter.memory_bytes);
  write_memory_definition(defined_index);
  return before;
}

std::optional<uint64_t> Instance::grow_table(uint32_t defined_index, uint64_t delta, uint64_t init_ref) {
  auto before = tables[defined_index].grow(delta, init_ref, store->limiter.table_elements);
  write_table_definition(defined_index);
  return before;
}

void Instance::write_memory_definition(uint32_t defined_index) {
  if (memories[defined_index].shared()) return;  // it writes its own
  auto* def = *at<vm::VMMemoryDefinition*>(module->offsets.vmctx_defined_memory(defined_index));
  def->base = memories[defined_index].memory().base();
  def->set_length(memories[defined_index].memory().length());
}

void Instance::write_table_definition(uint32_t defined_index) {
  auto* def = at<vm::VMTableDefinition>(module->offsets.vmctx_defined_table(defined_index));
  def->base = reinterpret_cast<uint8_t*>(tables[defined_index].words());
  def->current_elements = tables[defined_index].size();
}

wasm::GlobalType Instance::global_type(uint32_t index) const {
  const uint32_t imported = wasm().imported_globals;
  return index < imported ? imported_global_types[index] : wasm().globals[index].type;
}

ExternRefs Instance::extern_at(wasm::ExternKind kind, uint32_t index) {
  switch (kind) {
    case wasm::ExternKind::kFunc:
      return ExternFunc{func_ref(index)};
    case wasm::ExternKind::kTable: {
      Owned o = table_owner(index);
      return ExternTable{table(index), o.owner->vmctx(), o.defined_index};
    }
    case wasm::ExternKind::kMemory: {
      Owned o = memory_owner(index);
      return ExternMemory{memory(index), o.owner->vmctx(), o.defined_index};
    }
    case wasm::ExternKind::kGlobal:
      return ExternGlobal{global(index), global_type(index), store};
    case wasm::ExternKind::kTag:
      return ExternTag{tag(index), store};
  }
  __builtin_unreachable();
}

std::optional<ExternRefs> Instance::find_export(std::string_view name) {
  const wasm::Export* e = wasm().find_export(name);
  if (!e) return std::nullopt;
  return extern_at(e->kind, e->index);
}

}  // namespace wjit::rt
