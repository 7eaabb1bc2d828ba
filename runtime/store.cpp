#include "runtime/store.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <new>

#include "runtime/code/native_entries.h"
#include "runtime/fiber_call.h"
#include "runtime/instantiate.h"
#include "runtime/trap_access.h"

namespace wjit::rt {

namespace {

uint64_t next_store_id() {
  static std::atomic<uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

tl::unexpected<Error> past_limit(const char* what, uint64_t most) {
  return fail(ErrorKind::kLimit,
              std::string("the store's limiter allows ") + std::to_string(most) + " " + what);
}

}  // namespace

Store::Store(std::shared_ptr<Engine> engine) : engine_(std::move(engine)), id_(next_store_id()) {
  limits.epoch_deadline = deadline_;
  limits.stack_size = std::min<uint64_t>(engine_->config.max_native_stack, uint64_t{1} << 40);
}

Store::~Store() {
  if (!interrupt_target_) return;
  const std::lock_guard hold(interrupt_target_->lock);
  interrupt_target_->store = nullptr;
}

bool Store::set_pending_out_of_memory() noexcept {
  // Short enough for a string to hold without memory of its own.
  return set_pending(TrapAccess::make(wjit::Trap::Kind::kWasm, vm::TrapCode::kOutOfSystemMemory, "out of memory"));
}

bool Store::run_call_hook(CallHook what) noexcept {
  if (!call_hook) return true;
  // The hook may call into wasm itself, which must not find the trap of the call that is ending, and needs
  // room for one of its own.
  if (pending_trap && !spare_trap_) spare_trap_.reset(new (std::nothrow) wjit::Trap(""));
  if (pending_trap && !spare_trap_) return false;
  std::unique_ptr<wjit::Trap> before = std::move(pending_trap);
  const bool ok = ask_call_hook(what);
  if (before) {
    if (pending_trap) spare_trap_ = std::move(pending_trap);
    pending_trap = std::move(before);
  }
  return ok;
}

bool Store::ask_call_hook(CallHook what) noexcept {
  try {
    const auto hook = call_hook;  // it may replace itself
    try {
      auto answer = hook(wjit::Store::Context(this), what);
      return answer ? true : set_pending(TrapAccess::ending(std::move(answer).err()));
    } catch (const std::bad_alloc&) {
      throw;
    } catch (...) {
      wjit::Trap trap("the call hook threw an exception");
      trap.payload() = std::current_exception();
      return set_pending(std::move(trap));
    }
  } catch (...) {  // no memory
    return set_pending_out_of_memory();
  }
}

void Store::set_fuel(uint64_t fuel) {
  limits.fuel_consumed = -int64_t(std::min<uint64_t>(fuel, uint64_t(INT64_MAX)));
}

support::Result<void> Store::reserve_instance() {
  if (instance_count >= limiter.instances) return past_limit("instances", limiter.instances);
  ++instance_count;
  return {};
}

support::Result<void> Store::reserve_memory(const wasm::MemoryType& type) {
  if (memory_count >= limiter.memories) return past_limit("memories", limiter.memories);
  // Without a limit, what is too much is for the memory to say.
  if (limiter.memory_bytes != ~uint64_t{0} && type.limits.min > limiter.memory_bytes >> type.page_size_log2)
    return past_limit("bytes in a memory", limiter.memory_bytes);
  ++memory_count;
  return {};
}

support::Result<void> Store::reserve_table(const wasm::TableType& type) {
  if (table_count >= limiter.tables) return past_limit("tables", limiter.tables);
  if (type.limits.min > limiter.table_elements)
    return past_limit("elements in a table", limiter.table_elements);
  ++table_count;
  return {};
}

support::Result<Instance*> Store::attach(const std::shared_ptr<SharedMemory>& memory) {
  for (const auto& [known, instance] : attached_)
    if (known == memory.get()) return instance;
  attached_.reserve(attached_.size() + 1);
  WJIT_TRY(Instance * instance, make_host_shared_memory(*this, memory));
  attached_.emplace_back(memory.get(), instance);
  return instance;
}

Instance* Store::add_instance(InstancePtr instance) {
  instances_.push_back(std::move(instance));
  return instances_.back().get();
}

void Store::remove_instance(Instance* instance) {
  auto it =
      std::find_if(instances_.rbegin(), instances_.rend(), [&](auto& p) { return p.get() == instance; });
  WJIT_ASSERT(it != instances_.rend());
  instances_.erase(std::next(it).base());
}

vm::VMFuncRef* Store::add_host_func(wasm::TypeId type, HostFunc::Callback callback) {
  host_funcs_.push_back(std::make_unique<HostFunc>());
  HostFunc& f = *host_funcs_.back();
  f.store = this;
  f.type = type;
  f.callback = std::move(callback);
  f.context.host_state = &f;
  vm::VMFuncRef& ref = f.context.func_ref;
  fill_stub_entries(ref);
  if (NativeEntries* native = engine_->native.get()) {
    const auto trampolines = native->of(type);
    if (!trampolines) throw std::bad_alloc();
    ref.wasm_call = reinterpret_cast<vm::VMWasmCallFunction*>(
        const_cast<uint8_t*>((**trampolines)[isa::Trampoline::kWasmToArray]));
    ref.native_call = reinterpret_cast<vm::VMNativeCallFunction*>(
        const_cast<uint8_t*>((**trampolines)[isa::Trampoline::kNativeToArray]));
  }
  ref.array_call = &call_host_func;
  ref.type_index = {type};
  ref.code_index = vm::kNoCodeIndex;
  ref.vmctx = vm::VMOpaqueContext::from(&f.context);
  return &ref;
}

vm::VMFuncRef* Store::add_native_host_func(wasm::TypeId type, vm::VMNativeCallFunction* function) {
  WJIT_ASSERT(engine_->native);
  const auto trampolines = engine_->native->of(type);
  if (!trampolines) throw std::bad_alloc();
  const auto code = [&](isa::Trampoline t) { return const_cast<uint8_t*>((**trampolines)[t]); };
  host_funcs_.push_back(std::make_unique<HostFunc>());
  HostFunc& f = *host_funcs_.back();
  f.store = this;
  f.type = type;
  f.native_context.host_state = &f;
  vm::VMFuncRef& ref = f.native_context.func_ref;
  ref.native_call = function;
  ref.wasm_call = reinterpret_cast<vm::VMWasmCallFunction*>(code(isa::Trampoline::kWasmToNative));
  ref.array_call = reinterpret_cast<vm::VMArrayCallFunction>(code(isa::Trampoline::kArrayToNative));
  ref.type_index = {type};
  ref.code_index = vm::kNoCodeIndex;
  ref.vmctx = vm::VMOpaqueContext::from(&f.native_context);
  return &ref;
}

ExternObject* Store::extern_object(const wjit::ExternRef& ref) {
  if (ref.is_null()) return nullptr;
  if (auto it = externs_.find(ref.data()); it != externs_.end()) return it->second.get();
  auto object = std::make_unique<ExternObject>(ExternObject{ref.value_});
  return externs_.emplace(ref.data(), std::move(object)).first->second.get();
}

wjit::ExternRef Store::extern_ref(ExternObject* object) {
  wjit::ExternRef ref;
  if (object) ref.value_ = object->value;
  return ref;
}

void Store::collect_externs_if_due() {
  if (pins != 0) return;
  if (exceptions.due()) exceptions.collect(*this);
  if (externs_.size() < next_collection_) return;
  collect_externs();
  next_collection_ = std::max<size_t>(1024, 2 * externs_.size());
}

void Store::collect_externs() {
  WJIT_ASSERT(pins == 0);
  auto mark = [](uint64_t word) {
    if (word) reinterpret_cast<ExternObject*>(word)->marked = true;
  };
  exceptions.collect(*this);  // nothing is on the stacks
  for (const auto& e : exceptions.all()) {
    const uint64_t* cell = e->cells().data();
    for (wasm::ValType t : e->types) {
      if (t.is_ref() && t.heap() == wasm::Heap::kExtern) mark(*cell);
      cell += t.cells();
    }
  }
  auto holds_externs = [](wasm::ValType t) { return t.is_ref() && t.heap() == wasm::Heap::kExtern; };
  for (InstancePtr& instance : instances_) {
    const wasm::Module& m = instance->wasm();
    for (uint32_t i = m.imported_globals; i < m.globals.size(); ++i)
      if (holds_externs(m.globals[i].type.type)) mark(instance->global(i)->as_u64());
    for (Table& t : instance->tables)
      if (holds_externs(t.type().element))
        for (uint64_t i = 0; i < t.size(); ++i) mark(t.words()[i]);
  }
  for (auto it = externs_.begin(); it != externs_.end();) {
    if (it->second->marked) {
      it->second->marked = false;
      ++it;
    } else {
      it = externs_.erase(it);
    }
  }
}

}  // namespace wjit::rt
