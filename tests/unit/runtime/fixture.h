// What runtime tests share: an engine, a store, and short ways to make instances and to call them.
#pragma once
#include "catch.h"
#include "memory_style.h"
#include "module_builder.h"
#include "runtime/extern_access.h"
#include "runtime/instantiate.h"
#include "runtime/libcalls.h"
#include "wjit/wjit.hpp"

namespace wjit::test {

struct World {
  enum class Native { kNone, kEntries, kJit };  // kEntries: as an engine that has native code, though no function here does
  explicit World(Config config = {}, Native native = Native::kNone) : engine(made(config, native)), store(engine) {}
  static Engine made(Config config, Native native) {
    config.tier = native == Native::kJit ? Tier::kJit : Tier::kInterp;
    Engine engine(config);
    if (native == Native::kEntries) REQUIRE(engine.impl().enable_native_code());
    return engine;
  }
  // Each of them that this machine has.
  static std::vector<Native> natives() {
#if defined(__x86_64__)
    return {Native::kNone, Native::kEntries, Native::kJit};
#else
    return {Native::kNone, Native::kEntries};
#endif
  }
  Engine engine;
  Store store;

  Module compile(const ModuleBuilder& b) {
    auto m = Module::compile(engine, b.build());
    if (!m) FAIL(m.err().to_string());
    return m.ok();
  }
  TrapResult<Instance> try_instantiate(const ModuleBuilder& b, std::vector<Extern> imports = {}) {
    return Instance::create(store, compile(b), imports);
  }
  Instance instantiate(const ModuleBuilder& b, std::vector<Extern> imports = {}) {
    auto i = try_instantiate(b, std::move(imports));
    if (!i) FAIL(to_string(i.err()));
    return i.ok();
  }
  Extern item(Instance i, std::string_view name) {
    auto e = i.get(store, name);
    if (!e) FAIL("no export " << name);
    return *e;
  }
  template <class H>
  H get(Instance i, std::string_view name) {
    return std::get<H>(item(i, name));
  }
  TrapResult<std::vector<Val>> try_call(Instance i, std::string_view name, std::vector<Val> args = {}) {
    return get<Func>(i, name).call(store, args);
  }
  std::vector<Val> call(Instance i, std::string_view name, std::vector<Val> args = {}) {
    auto r = try_call(i, name, std::move(args));
    if (!r) FAIL(to_string(r.err()));
    return r.ok();
  }
  // "" when the call returns, else what ended it.
  std::string trap(Instance i, std::string_view name, std::vector<Val> args = {}) {
    auto r = try_call(i, name, std::move(args));
    if (r) return "";
    auto* t = std::get_if<Trap>(&r.err());
    return t ? t->message() : std::get<Error>(r.err()).to_string();
  }
  rt::Store& impl() { return store.impl(); }
};

inline std::string message(const TrapError& e) {
  auto* t = std::get_if<Trap>(&e);
  return t ? t->message() : std::get<Error>(e).message();
}
inline ErrorKind kind(const TrapError& e) {
  auto* error = std::get_if<Error>(&e);
  return error ? error->kind() : ErrorKind::kTrap;
}

}  // namespace wjit::test
