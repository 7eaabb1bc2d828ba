// Functions: host functions in C, calls, calls that can stop and go on.
#include "runtime/capi/objects.h"

using namespace wjit;
using namespace wjit::capi;

struct wjit_caller_t {
  wasm_store_t* store;
  rt::Instance* instance;
};

wjit_resumable_t::wjit_resumable_t(wasm_store_t* s) : store(s), next(s->resumables), link(&s->resumables) {
  if (next) next->link = &next;
  s->resumables = this;
}
wjit_resumable_t::~wjit_resumable_t() {
  if (!link) return;  // its store has ended
  *link = next;
  if (next) next->link = link;
}

namespace wjit::capi {

namespace {

// A number or a null of the type, so that a callback finds the kind it is to fill in.
wjit_val_t blank(const ValType& type) { return {kind_to_c(type.kind), {}}; }

// Calls C in whichever form it wants its arguments.
wasm_trap_t* invoke(const HostCallback& f, wjit_caller_t& caller, const OwnedVals& args, OwnedVals& results) {
  if (f.with_caller)
    return f.with_caller(f.env.data(), &caller, args.list.data(), args.list.size(), results.list.data(),
                         results.list.size());
  std::vector<wasm_val_t> in, out;
  for (const wjit_val_t& v : args.list) in.push_back(narrow(v));
  for (const wjit_val_t& v : results.list) out.push_back(narrow(v));
  const wasm_val_vec_t args_vec = {in.size(), in.data()};
  wasm_val_vec_t results_vec = {out.size(), out.data()};
  wasm_trap_t* trap = f.with_env ? f.with_env(f.env.data(), &args_vec, &results_vec) : f.plain(&args_vec, &results_vec);
  for (size_t i = 0; i < out.size(); ++i) {
    wjit_val_t& v = results.list[i];
    v.kind = out[i].kind;
    std::memcpy(&v.of, &out[i].of, sizeof out[i].of);
  }
  return trap;
}

bool run_callback(const FuncType& type, HostCallback& f, rt::HostCall& call) {
  rt::Store& store = *call.store;
  wasm_store_t& owner = *wasm_store_t::of(store);
  auto* cells = reinterpret_cast<vm::ValRaw*>(call.cells);
  OwnedVals args, results;
  args.list.reserve(type.params.size());
  for (size_t i = 0; i < type.params.size(); ++i)
    args.list.push_back(from_val(owner, rt::from_raw(store, cells[i], rt::from_api(type.params[i]))));
  for (const ValType& t : type.results) results.list.push_back(blank(t));
  wjit_caller_t caller{&owner, call.caller};
  if (wasm_trap_t* trap = invoke(f, caller, args, results)) return store.set_pending(take_trap(trap));
  for (size_t i = 0; i < type.results.size(); ++i) {
    const std::string what = "result " + std::to_string(i + 1) + " of a host function";
    const Val v = to_val(owner, results.list[i], type.results[i], what.c_str());
    auto stored = rt::to_raw(store, v, rt::from_api(type.results[i]), what, &cells[i]);
    if (!stored) refuse(std::move(stored).error());
  }
  return true;
}

// The finalizer is armed only when nothing can fail any more: until then env is the caller's.
wasm_func_t* new_func(wasm_store_t* store, const wasm_functype_t* type, HostCallback f,
                      HostInfo::Finalizer finalizer) {
  return border<wasm_func_t*>(nullptr, [&] {
    auto callback = std::make_shared<HostCallback>(std::move(f));
    wasm_store_t& owner = live(store);
    if (!callback->plain && !callback->with_env && !callback->with_caller) refuse("callback is NULL");
    const FuncType t = func_type_from_c(not_null(extern_type(type), "type"), owner.engine);
    if (!callback->with_caller)
      for (const auto& list : {t.params, t.results})
        for (const ValType& v : list)
          if (v.kind == ValKind::kV128)
            refuse("wasm_val_t has no room for the type's v128: wjit_val_t has, with wjit_func_new");
    auto id = rt::from_api(t, *owner.engine.impl().registry);
    if (!id) refuse(std::move(id).error());
    auto handle = std::make_unique<wasm_ref_t>(wasm_ref_t{StorePtr(store), Func()});
    handle->payload = Func::from_raw(owner.store->impl().add_host_func(*id, make_callback(t, callback)));
    callback->env = HostInfo(callback->env.data(), finalizer);
    return as<wasm_func_t>(handle.release());
  });
}

// What a call needs and what becomes of it, for plain and resumable ones.
class Call {
 public:
  Call(const wasm_func_t* handle)
      : func_(get<Func>(handle, "func")), store_(*ref(handle)->store.get()), type_(func_.type(context(store_))) {}

  wasm_store_t& store() { return store_; }
  const Func& func() const { return func_; }
  const FuncType& type() const { return type_; }
  std::vector<Val> arguments(std::span<const wjit_val_t> args) { return values(args, type_.params, "argument "); }
  std::vector<Val> values(std::span<const wjit_val_t> given, const std::vector<ValType>& types, const char* what) {
    std::vector<Val> list;
    list.reserve(given.size());
    for (size_t i = 0; i < given.size(); ++i)
      list.push_back(to_val(store_, given[i], i < types.size() ? types[i] : ValType{ValKind::kExternRef},
                            (what + std::to_string(i + 1)).c_str()));
    return list;
  }
  void check_room(size_t count) const {
    if (count < type_.results.size())
      refuse("the function has " + std::to_string(type_.results.size()) + " results, there is room for " +
             std::to_string(count));
  }
  wasm_trap_t* run(std::span<const wjit_val_t> args, wjit_val_t* results) {
    const std::vector<Val> params = arguments(args);
    CallScope scope(store_);
    auto outcome = func_.call(context(store_), params);
    if (!outcome) return make_trap(&store_, std::move(outcome).err());
    give(outcome.ok(), results);
    return nullptr;
  }
  // All or none.
  void give(const std::vector<Val>& values, wjit_val_t* results) {
    OwnedVals made;
    made.list.reserve(values.size());
    for (const Val& v : values) made.list.push_back(from_val(store_, v));
    std::copy(made.list.begin(), made.list.end(), results);
    made.release();
  }

 private:
  const Func func_;
  wasm_store_t& store_;
  const FuncType type_;
};

}  // namespace

Trap take_trap(wasm_trap_t* handle) {
  std::unique_ptr<wasm_trap_t, void (*)(wasm_trap_t*)> owned(handle, wasm_trap_delete);
  const auto* state = std::get_if<std::shared_ptr<TrapState>>(&ref(handle)->payload);
  if (!state) refuse("a host function returned a handle of something else as its trap");
  Trap trap = (*state)->trap;
  trap.payload() = *state;
  return trap;
}

detail::RawCallback make_callback(const FuncType& type, std::shared_ptr<HostCallback> callback) {
  return [type, callback = std::move(callback)](rt::HostCall& call) {
    try {
      return run_callback(type, *callback, call);
    } catch (Failure& failure) {
      return call.store->set_pending(Trap(failure.error.message()));
    }
  };
}

}  // namespace wjit::capi

extern "C" {

wasm_func_t* wasm_func_new(wasm_store_t* store, const wasm_functype_t* type, wasm_func_callback_t callback) {
  return new_func(store, type, {callback, nullptr, nullptr, {}}, nullptr);
}
wasm_func_t* wasm_func_new_with_env(wasm_store_t* store, const wasm_functype_t* type,
                                    wasm_func_callback_with_env_t callback, void* env, void (*finalizer)(void*)) {
  return new_func(store, type, {nullptr, callback, nullptr, HostInfo(env, nullptr)}, finalizer);
}
wasm_func_t* wjit_func_new(wasm_store_t* store, const wasm_functype_t* type, wjit_func_callback_t callback, void* env,
                           void (*finalizer)(void*)) {
  return new_func(store, type, {nullptr, nullptr, callback, HostInfo(env, nullptr)}, finalizer);
}

wasm_functype_t* wasm_func_type(const wasm_func_t* f) {
  return border<wasm_functype_t*>(nullptr, [&] {
    const Func& func = get<Func>(f, "func");
    wasm_store_t& store = *ref(f)->store.get();
    return as<wasm_functype_t>(to_c(func.type(context(store)), store.engine).release());
  });
}
size_t wasm_func_param_arity(const wasm_func_t* f) {
  return border<size_t>(0, [&] { return Call(f).type().params.size(); });
}
size_t wasm_func_result_arity(const wasm_func_t* f) {
  return border<size_t>(0, [&] { return Call(f).type().results.size(); });
}

wasm_trap_t* wjit_func_call(const wasm_func_t* f, const wjit_val_t* args, size_t arg_count, wjit_val_t* results,
                            size_t result_count) {
  wasm_store_t* store = f ? ref(f)->store.get() : nullptr;
  return border_trap(store, [&]() -> wasm_trap_t* {
    Call call(f);
    call.check_room(vals(results, result_count, "results").size());
    return call.run(vals(args, arg_count, "args"), results);
  });
}

wasm_trap_t* wasm_func_call(const wasm_func_t* f, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  wasm_store_t* store = f ? ref(f)->store.get() : nullptr;
  return border_trap(store, [&]() -> wasm_trap_t* {
    Call call(f);
    std::vector<wjit_val_t> in;
    for (size_t i = 0; args && i < args->size; ++i) in.push_back(widen(args->data[i]));
    for (const ValType& t : call.type().results) narrow(blank(t));  // before it runs
    OwnedVals out;
    out.list.resize(call.type().results.size());
    if (wasm_trap_t* trap = call.run(in, out.list.data())) return trap;
    // Only now: programs that expect a trap give no room.
    call.check_room(results ? results->size : 0);
    for (size_t i = 0; i < out.list.size(); ++i) results->data[i] = narrow(out.list[i]);
    out.release();
    return nullptr;
  });
}

// ---- callers ----

wasm_store_t* wjit_caller_store(const wjit_caller_t* caller) {
  return ask(caller, "caller", [&] { return caller->store; });
}
wasm_extern_t* wjit_caller_get_export(const wjit_caller_t* caller, const char* name, size_t size) {
  return border<wasm_extern_t*>(nullptr, [&]() -> wasm_extern_t* {
    not_null(caller, "caller");
    auto item = Caller(&caller->store->store->impl(), caller->instance).get_export(string_of(name, size, "name"));
    return item ? new_ref<wasm_extern_t>(caller->store, from_extern(*item)) : nullptr;
  });
}

// ---- calls that can stop and go on ----

wasm_trap_t* wjit_func_call_resumable(const wasm_func_t* f, const wjit_val_t* args, size_t arg_count,
                                      wjit_val_t* results, size_t result_count, wjit_resumable_t** out) {
  *out = nullptr;
  wasm_store_t* store = f ? ref(f)->store.get() : nullptr;
  return border_trap(store, [&]() -> wasm_trap_t* {
    Call call(f);
    const std::vector<Val> params = call.arguments(vals(args, arg_count, "args"));
    call.check_room(vals(results, result_count, "results").size());
    auto handle = std::make_unique<wjit_resumable_t>(store);
    CallScope scope(*store);
    auto outcome = call.func().call_resumable(context(*store), params);
    if (!outcome) return make_trap(store, std::move(outcome).err());
    if (auto* values = std::get_if<0>(&outcome.ok())) {
      call.give(*values, results);
      return nullptr;
    }
    handle->result_arity = call.type().results.size();
    handle->call = std::get<1>(std::move(outcome).ok());
    *out = handle.release();
    return nullptr;
  });
}

void wjit_resumable_delete(wjit_resumable_t* r) { delete r; }
wjit_resumable_state_t wjit_resumable_state(const wjit_resumable_t* r) {
  if (!r || !r->call || !*r->call) return WJIT_RESUMABLE_DONE;
  switch (r->call->kind()) {
    case ResumableCall::Kind::kHostTrap: return WJIT_RESUMABLE_HOST_TRAP;
    case ResumableCall::Kind::kOutOfFuel: return WJIT_RESUMABLE_OUT_OF_FUEL;
    case ResumableCall::Kind::kYielded: return WJIT_RESUMABLE_YIELDED;
  }
  return WJIT_RESUMABLE_DONE;
}
uint64_t wjit_resumable_required_fuel(const wjit_resumable_t* r) {
  return wjit_resumable_state(r) == WJIT_RESUMABLE_OUT_OF_FUEL ? r->call->required_fuel() : 0;
}
wasm_func_t* wjit_resumable_host_func(const wjit_resumable_t* r) {
  if (wjit_resumable_state(r) != WJIT_RESUMABLE_HOST_TRAP) return nullptr;
  return border<wasm_func_t*>(nullptr, [&] { return new_ref<wasm_func_t>(r->store.get(), r->call->host_func()); });
}
wasm_trap_t* wjit_resumable_host_trap(const wjit_resumable_t* r) {
  if (wjit_resumable_state(r) != WJIT_RESUMABLE_HOST_TRAP) return nullptr;
  return border_trap(r->store.get(), [&] { return make_trap(r->store.get(), r->call->host_error()); });
}

wasm_trap_t* wjit_resumable_resume(wjit_resumable_t* r, const wjit_val_t* inputs, size_t input_count,
                                   wjit_val_t* results, size_t result_count) {
  wasm_store_t* store = r ? r->store.get() : nullptr;
  return border_trap(store, [&]() -> wasm_trap_t* {
    not_null(r, "resumable");
    const wjit_resumable_state_t state = wjit_resumable_state(r);
    if (state == WJIT_RESUMABLE_DONE) refuse("resume of a call that has ended");
    wasm_store_t& owner = live(store);
    if (result_count < r->result_arity || (!results && r->result_arity))
      refuse("the call has " + std::to_string(r->result_arity) + " results, there is room for " +
             std::to_string(results ? result_count : 0));
    std::vector<ValType> expected;
    if (state == WJIT_RESUMABLE_HOST_TRAP) expected = r->call->host_func().type(context(owner)).results;
    std::vector<Val> values;
    for (const wjit_val_t& v : vals(inputs, input_count, "inputs"))
      values.push_back(to_val(owner, v,
                              values.size() < expected.size() ? expected[values.size()] : ValType{ValKind::kExternRef},
                              ("input " + std::to_string(values.size() + 1)).c_str()));
    CallScope scope(owner);
    auto outcome = r->call->resume(context(owner), values);
    if (!outcome) return make_trap(store, std::move(outcome).err());
    if (std::holds_alternative<ResumableCall>(outcome.ok())) {
      r->call = std::get<1>(std::move(outcome).ok());
      return nullptr;
    }
    r->call.reset();
    OwnedVals made;
    for (const Val& v : std::get<0>(outcome.ok())) {
      made.list.emplace_back();
      made.list.back() = from_val(owner, v);
    }
    std::copy(made.list.begin(), made.list.end(), results);
    made.release();
    return nullptr;
  });
}

}  // extern "C"
