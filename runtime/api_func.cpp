// Func, Val, ResumableCall of the public API, and what typed.inl needs of them.
#include <algorithm>

#include "runtime/call.h"
#include "runtime/store.h"
#include "wjit/wjit.hpp"

namespace wjit {

namespace {

wasm::FuncType type_of(rt::Store& store, const vm::VMFuncRef* ref) {
  return (*store.engine().registry)[ref->type_index.bits()].func();
}

std::optional<Error> check_callee(rt::Store& store, const vm::VMFuncRef* ref) {
  if (!ref) return Error(ErrorKind::kUsage, "call of a null function");
  if (rt::store_of(ref) != &store) return Error(ErrorKind::kUsage, "the function belongs to another store");
  return std::nullopt;
}

// Cells of a call: arguments in, results out.
support::Result<std::vector<vm::ValRaw>> make_cells(rt::Store& store, const wasm::FuncType& type,
                                                    std::span<const Val> params) {
  if (params.size() != type.params.size())
    return fail(ErrorKind::kUsage, "the function takes " + std::to_string(type.params.size()) +
                                       " arguments " + wasm::to_string(type) + ", " +
                                       std::to_string(params.size()) + " were given");
  std::vector<vm::ValRaw> cells(std::max<size_t>({type.params.size(), type.results.size(), 1}));
  for (size_t i = 0; i < params.size(); ++i)
    WJIT_CHECK(rt::to_raw(store, params[i], type.params[i], "argument " + std::to_string(i + 1), &cells[i]));
  return cells;
}

std::vector<Val> take_results(rt::Store& store, const wasm::FuncType& type,
                              const std::vector<vm::ValRaw>& cells) {
  std::vector<Val> results;
  results.reserve(type.results.size());
  for (size_t i = 0; i < type.results.size(); ++i)
    results.push_back(rt::from_raw(store, cells[i], type.results[i]));
  return results;
}

using ResumableResult = TrapResult<std::variant<std::vector<Val>, ResumableCall>>;

ResumableResult finish(rt::Store& store, rt::CallEnd end, std::unique_ptr<rt::Suspended> suspended,
                       const wasm::FuncType& type, const std::vector<vm::ValRaw>& cells) {
  switch (end) {
    case rt::CallEnd::kReturned:
      return std::variant<std::vector<Val>, ResumableCall>(take_results(store, type, cells));
    case rt::CallEnd::kTrapped:
      return TrapError(store.take_pending());
    case rt::CallEnd::kSuspended:
      return std::variant<std::vector<Val>, ResumableCall>(ResumableCall(std::move(suspended)));
  }
  __builtin_unreachable();
}

}  // namespace

Val::Val(Func f) : kind_(ValKind::kFuncRef) { set(f.raw()); }
Val::Val(std::optional<Func> f) : kind_(ValKind::kFuncRef) { set(f ? f->raw() : nullptr); }

std::optional<Func> Val::funcref() const {
  auto* ref = get<vm::VMFuncRef*>();
  if (kind_ != ValKind::kFuncRef || !ref) return std::nullopt;
  return Func::from_raw(ref);
}

bool Val::is_null_ref() const {
  if (kind_ < ValKind::kFuncRef) return false;
  return kind_ == ValKind::kExternRef ? extern_.is_null() : get<uint64_t>() == 0;
}

Func Func::create(Store::Context cx, const FuncType& type, Callback callback) {
  return detail::make_host_func(cx, type, detail::untyped_callback(type, std::move(callback)));
}

FuncType Func::type(Store::Context) const {
  if (!ref_) return {};
  rt::Store& store = *rt::store_of(ref_);
  return rt::to_api(type_of(store, ref_), *store.engine().registry);
}

TrapResult<std::vector<Val>> Func::call(Store::Context cx, std::span<const Val> params) const {
  rt::Store& store = cx.impl();
  if (auto error = check_callee(store, ref_)) return TrapError(std::move(*error));
  const wasm::FuncType type = type_of(store, ref_);
  store.collect_externs_if_due();
  rt::Pin pin(store);
  auto cells = make_cells(store, type, params);
  if (!cells) return TrapError(std::move(cells).error());
  if (rt::call_func(store, ref_, cells->data(), cells->size()) != rt::CallEnd::kReturned)
    return TrapError(store.take_pending());
  return take_results(store, type, *cells);
}

ResumableResult Func::call_resumable(Store::Context cx, std::span<const Val> params) const {
  rt::Store& store = cx.impl();
  if (auto error = check_callee(store, ref_)) return TrapError(std::move(*error));
  const wasm::FuncType type = type_of(store, ref_);
  store.collect_externs_if_due();
  rt::Pin pin(store);
  auto cells = make_cells(store, type, params);
  if (!cells) return TrapError(std::move(cells).error());
  std::unique_ptr<rt::Suspended> suspended;
  const rt::CallEnd end = rt::call_func(store, ref_, cells->data(), cells->size(), &suspended);
  return finish(store, end, std::move(suspended), type, *cells);
}

ResumableCall::ResumableCall(std::unique_ptr<rt::Suspended> impl) : impl_(std::move(impl)) {}
ResumableCall::ResumableCall(ResumableCall&&) noexcept = default;
ResumableCall& ResumableCall::operator=(ResumableCall&&) noexcept = default;
ResumableCall::~ResumableCall() = default;

static_assert(int(ResumableCall::Kind::kHostTrap) == int(rt::Suspended::Kind::kHostTrap) &&
              int(ResumableCall::Kind::kOutOfFuel) == int(rt::Suspended::Kind::kOutOfFuel) &&
              int(ResumableCall::Kind::kYielded) == int(rt::Suspended::Kind::kYielded));
ResumableCall::Kind ResumableCall::kind() const {
  return impl_ ? Kind(impl_->kind) : Kind::kHostTrap;
}
uint64_t ResumableCall::required_fuel() const {
  return impl_ && kind() == Kind::kOutOfFuel ? impl_->required_fuel : 0;
}
Func ResumableCall::host_func() const {
  return impl_ && kind() == Kind::kHostTrap ? Func::from_raw(impl_->host_func) : Func();
}
const Trap& ResumableCall::host_error() const {
  static const Trap none("no host function has stopped this call");
  return impl_ && impl_->host_error ? *impl_->host_error : none;
}
Trap ResumableCall::into_host_error() && {
  if (!impl_ || !impl_->host_error) {
    Trap none = host_error();
    impl_.reset();
    return none;
  }
  Trap error = std::move(*impl_->host_error);
  impl_.reset();
  return error;
}

ResumableResult ResumableCall::resume(Store::Context cx, std::span<const Val> inputs) {
  rt::Store& store = cx.impl();
  if (!impl_) return TrapError(Error(ErrorKind::kUsage, "resume of a call that already went on"));
  if (impl_->store != &store)
    return TrapError(Error(ErrorKind::kUsage, "the suspended call belongs to another store"));
  std::span<const wasm::ValType> expected;
  if (impl_->kind == rt::Suspended::Kind::kHostTrap) expected = type_of(store, impl_->host_func).results;
  if (inputs.size() != expected.size())
    return TrapError(Error(ErrorKind::kUsage, "resume takes " + std::to_string(expected.size()) +
                                                  " inputs, the results of the host function; " +
                                                  std::to_string(inputs.size()) + " were given"));
  std::vector<vm::ValRaw> raw(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    auto stored = rt::to_raw(store, inputs[i], expected[i], "input " + std::to_string(i + 1), &raw[i]);
    if (!stored) return TrapError(std::move(stored).error());
  }
  const wasm::FuncType type = type_of(store, impl_->root);
  std::vector<vm::ValRaw> cells(std::max<size_t>({type.params.size(), type.results.size(), 1}));
  rt::Pin pin(store);
  std::unique_ptr<rt::Suspended> call = std::move(impl_);
  const rt::CallEnd end = rt::resume(store, call, raw, cells.data(), cells.size());
  if (end == rt::CallEnd::kTrapped) impl_ = std::move(call);  // still there if it did not run
  return finish(store, end, std::move(call), type, cells);
}

namespace detail {

RawCallback untyped_callback(const FuncType& type, Func::Callback callback) {
  return [type, callback = std::move(callback)](rt::HostCall& call) {
    rt::Store& store = *call.store;
    auto* cells = reinterpret_cast<vm::ValRaw*>(call.cells);
    std::vector<Val> params, results;
    for (size_t i = 0; i < type.params.size(); ++i)
      params.push_back(rt::from_raw(store, cells[i], rt::from_api(type.params[i])));
    for (ValType t : type.results) results.push_back(Val::null(t.kind));
    auto outcome = callback(Caller(call.store, call.caller), params, results);
    if (!outcome) return store.set_pending(std::move(outcome).err());
    for (size_t i = 0; i < results.size(); ++i) {
      auto stored = rt::to_raw(store, results[i], rt::from_api(type.results[i]),
                               "result " + std::to_string(i + 1) + " of a host function", &cells[i]);
      if (!stored) return store.set_pending(Trap(stored.error().message()));
    }
    return true;
  };
}

Func make_host_func(Store::Context cx, const FuncType& type, RawCallback callback) {
  auto id = rt::from_api(type, *cx.impl().engine().registry);
  if (!id) return Func();
  return Func::from_raw(cx.impl().add_host_func(*id, std::move(callback)));
}

bool raise(rt::HostCall& call, Trap trap) { return call.store->set_pending(std::move(trap)); }

std::optional<TrapError> call_raw(Store::Context cx, vm::VMFuncRef* func, unsigned char* cells,
                                  size_t capacity) {
  rt::Store& store = cx.impl();
  if (rt::store_of(func) != &store)
    return TrapError(Error(ErrorKind::kUsage, "the function belongs to another store"));
  rt::Pin pin(store);
  if (rt::call_func(store, func, reinterpret_cast<vm::ValRaw*>(cells), capacity) == rt::CallEnd::kReturned)
    return std::nullopt;
  return TrapError(store.take_pending());
}

std::optional<Error> check_type(Store::Context cx, vm::VMFuncRef* func, std::span<const ValKind> params,
                                std::span<const ValKind> results) {
  rt::Store& store = cx.impl();
  if (auto error = check_callee(store, func)) return error;
  const wasm::FuncType type = type_of(store, func);
  const FuncType found = rt::to_api(type, *store.engine().registry);
  auto same = [](const std::vector<ValType>& a, std::span<const ValKind> b) {
    // Only the nullable abstract reference types have a C++ type.
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](ValType x, ValKind k) { return x == ValType{k}; });
  };
  if (same(found.params, params) && same(found.results, results)) return std::nullopt;
  auto text = [](std::span<const ValKind> kinds) {
    std::string s = "[";
    for (ValKind k : kinds) s += (s.size() > 1 ? " " : "") + std::string(to_string(k));
    return s + "]";
  };
  return Error(ErrorKind::kUsage, "typed function: found " + wasm::to_string(type) + ", asked for " +
                                      text(params) + " -> " + text(results));
}

std::optional<Error> check_funcs(Store::Context cx, std::span<const ValKind> kinds,
                                 const unsigned char* cells, const char* what) {
  for (size_t i = 0; i < kinds.size(); ++i) {
    if (kinds[i] != ValKind::kFuncRef) continue;
    auto* ref = reinterpret_cast<vm::VMFuncRef*>(Cell<uint64_t>::load(nullptr, cells + 16 * i));
    if (ref && rt::store_of(ref) != &cx.impl())
      return Error(ErrorKind::kUsage, what + std::to_string(i + 1) + ": a function of another store");
  }
  return std::nullopt;
}

void before_extern_refs(Store::Context cx) { cx.impl().collect_externs_if_due(); }
uint64_t extern_to_cell(rt::Store* store, const ExternRef& ref) {
  return reinterpret_cast<uint64_t>(store->extern_object(ref));
}
ExternRef extern_from_cell(rt::Store* store, uint64_t cell) {
  return store->extern_ref(reinterpret_cast<rt::ExternObject*>(cell));
}

}  // namespace detail

}  // namespace wjit
