// What the opaque types of wasm.h and wjit.h are.
//
// Every reference (wasm_func_t, wasm_extern_t, wasm_ref_t …) is a wasm_ref_t under another name: a handle of the C++
// API and the store it belongs to. So are all types of externs one struct. The types that C sees stay incomplete; as<>
// goes from one name to another.
//
// A wasm_store_t is counted by its owner and by every handle: when its owner deletes it, the store ends and what is
// left is an empty shell, in which handles can be deleted but not used.
#pragma once
#include <any>
#include <atomic>
#include <optional>
#include <unordered_map>

#include "runtime/capi/border.h"
#include "runtime/extern_access.h"

namespace wjit::capi {

// A pointer of the embedder's and what to do when nobody needs it any more.
class HostInfo {
 public:
  using Finalizer = void (*)(void*);
  HostInfo() = default;
  HostInfo(void* data, Finalizer finalizer) : data_(data), finalizer_(finalizer) {}
  HostInfo(HostInfo&& o) noexcept : data_(std::exchange(o.data_, nullptr)), finalizer_(std::exchange(o.finalizer_, nullptr)) {}
  HostInfo& operator=(HostInfo&& o) noexcept {
    HostInfo old(std::move(*this));  // its finalizer runs last, when the new info is in place
    std::swap(data_, o.data_);
    std::swap(finalizer_, o.finalizer_);
    return *this;
  }
  ~HostInfo() {
    if (finalizer_) finalizer_(data_);
  }
  void* data() const { return data_; }

 private:
  void* data_ = nullptr;
  Finalizer finalizer_ = nullptr;
};

class StorePtr {
 public:
  StorePtr() = default;
  explicit StorePtr(wasm_store_t* store) noexcept;
  StorePtr(const StorePtr& o) noexcept : StorePtr(o.store_) {}
  StorePtr(StorePtr&& o) noexcept : store_(std::exchange(o.store_, nullptr)) {}
  StorePtr& operator=(StorePtr o) noexcept {
    std::swap(store_, o.store_);
    return *this;
  }
  ~StorePtr();
  wasm_store_t* get() const { return store_; }

 private:
  wasm_store_t* store_ = nullptr;
};

struct TrapState {
  explicit TrapState(Trap t) : trap(std::move(t)) {}
  Trap trap;
  std::optional<Error> error;  // instead of a trap
  HostInfo info;
};
struct ModuleState {
  Module module;
  HostInfo info;
};

// A foreign object is an ExternRef to a shared_ptr<HostInfo>.
using Payload = std::variant<Func, Global, Table, Memory, Tag, Instance, std::shared_ptr<TrapState>,
                             std::shared_ptr<ModuleState>, ExternRef, ExnRef>;

}  // namespace wjit::capi

struct wasm_ref_t {
  wjit::capi::StorePtr store;
  wjit::capi::Payload payload;
};

struct wjit_resumable_t {
  wjit::capi::StorePtr store;
  std::optional<wjit::ResumableCall> call;
  size_t result_arity = 0;
  wjit_resumable_t *next = nullptr, **link = nullptr;  // in the store's list
  explicit wjit_resumable_t(wasm_store_t* s);
  ~wjit_resumable_t();
};

struct wasm_config_t {
  wjit::Config config;
};
struct wasm_engine_t {
  wjit::Engine engine;
};
struct wasm_shared_module_t {
  wjit::Module module;
};

struct wasm_store_t {
  explicit wasm_store_t(const wjit::Engine& e) : engine(e), store(std::make_unique<wjit::Store>(e)) {
    store->data() = this;
    store->limiter({.instances = UINT64_MAX, .tables = UINT64_MAX, .memories = UINT64_MAX});  // the standard knows none
  }
  std::atomic<uint32_t> holders{1};
  const wjit::Engine engine;
  std::unique_ptr<wjit::Store> store;  // null: it has ended
  // Host info of what lives as long as the store, by address.
  std::unordered_map<const void*, wjit::capi::HostInfo> infos;
  wjit::capi::HostInfo data;
  wjit_resumable_t* resumables = nullptr;
  uint32_t depth = 0;   // calls under way
  bool doomed = false;  // deleted during a call

  void end();
  static wasm_store_t* of(wjit::rt::Store& store);
};

struct wasm_frame_t {
  wjit::capi::StorePtr store;
  wjit::Frame frame;
  std::optional<wasm_ref_t> instance;
  wasm_name_t func_name, module_name;  // lent by `frame`
  wasm_frame_t(wasm_store_t* s, wjit::Frame f);
};

struct wasm_valtype_t {
  wjit::ValType type;
  std::shared_ptr<wjit::wasm::TypeRegistry> registry;  // of a concrete type: where its number means something
};

struct wasm_externtype_t {
  explicit wasm_externtype_t(int k) : kind(wasm_externkind_t(k)) {}
  wasm_externtype_t(const wasm_externtype_t&) = delete;
  ~wasm_externtype_t();
  wasm_externkind_t kind;
  wasm_valtype_vec_t params = WASM_EMPTY_VEC, results = WASM_EMPTY_VEC;  // functions and tags
  wasm_valtype_t content{};                                             // globals and tables
  bool is_mutable = false;
  wjit_limits_t limits{0, UINT64_MAX};                                   // tables and memories
  wasm_limits_t limits32{};
  bool is64 = false, is_shared = false;
  uint8_t page_size_log2 = 16;
};
struct wasm_importtype_t {
  wasm_name_t module = WASM_EMPTY_VEC, name = WASM_EMPTY_VEC;
  std::unique_ptr<wasm_externtype_t> type;
  ~wasm_importtype_t();
};
struct wasm_exporttype_t {
  wasm_name_t name = WASM_EMPTY_VEC;
  std::unique_ptr<wasm_externtype_t> type;
  ~wasm_exporttype_t();
};

namespace wjit {
struct LinkerAccess {
  static Result<Ok> func_raw(Linker& linker, std::string_view module, std::string_view name, FuncType type,
                             detail::RawCallback callback) {
    return linker.func_raw(module, name, std::move(type), std::move(callback));
  }
};
}  // namespace wjit

namespace wjit::capi {

inline StorePtr::StorePtr(wasm_store_t* store) noexcept : store_(store) {
  if (store_) store_->holders.fetch_add(1, std::memory_order_relaxed);
}
void release_store(wasm_store_t* store) noexcept;
inline StorePtr::~StorePtr() {
  if (store_) release_store(store_);
}

// One object, two names. Only between wasm_ref_t and its aliases, and wasm_externtype_t and its.
template <class To, class From>
To* as(From* object) {
  return reinterpret_cast<To*>(object);
}
template <class From>
const wasm_ref_t* ref(const From* handle) {
  return reinterpret_cast<const wasm_ref_t*>(handle);
}
template <class From>
const wasm_externtype_t* extern_type(const From* type) {
  return reinterpret_cast<const wasm_externtype_t*>(type);
}

bool is_immortal(const wasm_ref_t* ref);

// A new handle.
template <class C>
C* new_ref(wasm_store_t* store, Payload payload) {
  return as<C>(new wasm_ref_t{StorePtr(store), std::move(payload)});
}

// The thing behind a handle; refuses null, a handle of another kind and one whose store has ended. `what` is the
// parameter's name.
wasm_store_t& live(const wasm_ref_t* handle, const char* what);
wasm_store_t& live(const wasm_store_t* store);
template <class T, class C>
const T& get(const C* handle, const char* what) {
  live(ref(handle), what);
  const T* t = std::get_if<T>(&ref(handle)->payload);
  if (!t) refuse(std::string(what) + " is a handle of something else");
  return *t;
}
inline Store::Context context(wasm_store_t& store) { return *store.store; }
template <class T>
const T& not_null(const T* p, const char* what) {
  if (!p) refuse(std::string(what) + " is NULL");
  return *p;
}
std::string_view string_of(const char* text, size_t size, const char* what);

const void* identity(const Payload& payload);
const char* name_of(const Payload& payload);
std::optional<Extern> to_extern(const Payload& payload);
Payload from_extern(const Extern& item);

// While a call runs, deleting its store waits.
class CallScope {
 public:
  explicit CallScope(wasm_store_t& store) : store_(&store) { ++store.depth; }
  CallScope(const CallScope&) = delete;
  ~CallScope() {
    wasm_store_t* s = store_.get();
    if (--s->depth == 0 && s->doomed) s->end();
  }

 private:
  StorePtr store_;
};

// ---- types ----

std::unique_ptr<wasm_valtype_t> to_c(const ValType& type, const Engine& engine);
std::unique_ptr<wasm_externtype_t> to_c(const ExternType& type, const Engine& engine);
// Refuse types of another engine.
ValType from_c(const wasm_valtype_t& type, const Engine& engine);
FuncType func_type_from_c(const wasm_externtype_t& type, const Engine& engine);
MemoryType memory_type_from_c(const wasm_externtype_t& type);
void set_name(wasm_name_t* out, std::string_view text);  // refuses when memory is out

// ---- values ----

// A value of the C API as one that a place of type `expected` may be given; refuses what has no meaning. Whether the
// kinds agree is for the engine to check and to say.
Val to_val(wasm_store_t& store, const wjit_val_t& value, const ValType& expected, const char* what);
Val ref_to_val(wasm_store_t& store, const wasm_ref_t* handle, const ValType& expected, const char* what);
wjit_val_t from_val(wasm_store_t& store, const Val& value);  // owned by the caller
wjit_val_t widen(const wasm_val_t& value);
wasm_val_t narrow(const wjit_val_t& value);  // refuses v128
bool copy_val(wasm_val_t* out, const wasm_val_t& value);
wasm_valkind_t kind_to_c(ValKind kind);

// Values of ours until they are released.
class OwnedVals {
 public:
  std::vector<wjit_val_t> list;
  OwnedVals() = default;
  OwnedVals(const OwnedVals&) = delete;
  ~OwnedVals() {
    for (wjit_val_t& v : list) wjit_val_delete(&v);
  }
  std::vector<wjit_val_t> release() { return std::exchange(list, {}); }
};

// ---- functions ----

// A host function in C, whichever of the three callbacks it is.
struct HostCallback {
  wasm_func_callback_t plain = nullptr;
  wasm_func_callback_with_env_t with_env = nullptr;
  wjit_func_callback_t with_caller = nullptr;
  HostInfo env;
};
// What a callback in C returned.
Trap take_trap(wasm_trap_t* handle);
detail::RawCallback make_callback(const FuncType& type, std::shared_ptr<HostCallback> callback);

Linker& linker_of(wjit_linker_t* linker);  // refuses null

std::span<const wjit_val_t> vals(const wjit_val_t* data, size_t count, const char* what);

}  // namespace wjit::capi
