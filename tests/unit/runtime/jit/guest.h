// What the tests of native code share: the ways through the compiler, and modules run in one of them, told as text so
// that two runs can be compared.
#pragma once
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "catch.h"
#include "memory_style.h"
#include "wjit/wjit.hpp"

namespace wjit::test {

// A way through the compiler; without a name, the interpreter.
struct Mode {
  std::string name;
  CompilerConfig compiler;
};
inline Mode interpreter() { return {}; }
inline Mode mode(std::string name, const std::function<void(CompilerConfig&)>& change = [](CompilerConfig&) {}) {
  Mode m{std::move(name), {}};
  m.compiler.verify = true;
  change(m.compiler);
  return m;
}
inline std::vector<Mode> native_modes() {
  using C = CompilerConfig;
  return {mode("default"), mode("-O0", [](C& c) { c.opt_level = 0; }),
          mode("spill", [](C& c) { c.regalloc = C::Regalloc::kSpill; }), mode("poison", [](C& c) { c.poison = true; })};
}
// With those that cost more.
inline std::vector<Mode> all_native_modes() {
  using C = CompilerConfig;
  std::vector<Mode> all = native_modes();
  for (uint64_t seed = 1; seed <= 3; ++seed)
    all.push_back(mode("shuffle " + std::to_string(seed), [&](C& c) { c.regalloc = C::Regalloc::kShuffle, c.seed = seed; }));
  all.push_back(mode("spill, poison, -O0", [](C& c) { c.regalloc = C::Regalloc::kSpill, c.poison = true, c.opt_level = 0; }));
  all.push_back(mode("shuffle, poison", [](C& c) { c.regalloc = C::Regalloc::kShuffle, c.poison = true, c.seed = 9; }));
  return all;
}
inline Config config_of(const Mode& m, Config base = {}) {
  base.tier = m.name.empty() ? Tier::kInterp : Tier::kJit;
  base.compiler = m.compiler;
  return base;
}
inline bool full_run() { return std::getenv("WJIT_TEST_FULL") != nullptr; }

// A value as text. `nan_bits`: else every NaN is the same, since which one arithmetic makes is the machine's choice.
inline std::string to_text(const Val& v, bool nan_bits = false) {
  char buffer[40];
  switch (v.kind()) {
    case ValKind::kI32: std::snprintf(buffer, sizeof buffer, "i32:%x", static_cast<uint32_t>(v.i32())); break;
    case ValKind::kI64: std::snprintf(buffer, sizeof buffer, "i64:%llx", static_cast<unsigned long long>(v.i64())); break;
    case ValKind::kF32:
      if (v.f32() != v.f32() && !nan_bits) return "f32:nan";
      std::snprintf(buffer, sizeof buffer, "f32:%x", v.f32_bits());
      break;
    case ValKind::kF64:
      if (v.f64() != v.f64() && !nan_bits) return "f64:nan";
      std::snprintf(buffer, sizeof buffer, "f64:%llx", static_cast<unsigned long long>(v.f64_bits()));
      break;
    case ValKind::kV128: {
      std::string text = "v128:";
      for (uint8_t byte : v.v128().bytes) {
        std::snprintf(buffer, sizeof buffer, "%02x", byte);
        text += buffer;
      }
      return text;
    }
    default: return v.is_null_ref() ? "null" : "reference";
  }
  return buffer;
}
// Results, or the trap with where it was.
inline std::string to_text(const TrapResult<std::vector<Val>>& r, bool nan_bits = false) {
  std::string text;
  if (r) {
    for (const Val& v : r.ok()) text += to_text(v, nan_bits) + " ";
    return text;
  }
  const auto* t = std::get_if<Trap>(&r.err());
  if (!t) return std::get<Error>(r.err()).to_string();
  text = t->message();
  for (const Frame& f : t->trace()) text += " @" + std::to_string(f.func_index) + "+" + std::to_string(f.func_offset);
  return text;
}

// All of an instance that is exported and can change.
inline std::string state_of(Store& store, const Instance& instance) {
  std::string text;
  for (const auto& [name, item] : instance.exports(store)) {
    text += name + "=";
    if (auto* m = std::get_if<Memory>(&item)) {
      const auto bytes = m->data(store);
      text.append(bytes.begin(), bytes.end());
    } else if (auto* g = std::get_if<Global>(&item)) {
      text += to_text(g->get(store), true);
    } else if (auto* t = std::get_if<Table>(&item)) {
      for (uint64_t i = 0; i < t->size(store); ++i) text += to_text(*t->get(store, i)) + ",";
    }
    text += "\n";
  }
  return text;
}

// A module's instance in an engine and a store of its own.
class Guest {
 public:
  using Imports = std::function<std::vector<Extern>(const Engine&, Store&)>;
  Guest(std::string_view wat, const Mode& m, const Config& base = {}, const Imports& imports = nullptr)
      : engine(config_of(m, base)), store(engine) {
    auto made = Module::from_text(engine, wat);
    if (!made) FAIL(m.name << ": " << made.err().to_string() << "\n" << wat);
    module = std::make_unique<Module>(std::move(made).ok());
    for (const auto& f : module->native_report().stayed)
      if (f.reason != "not asked for") FAIL(m.name << ": function " << f.func_index << " has no native code: " << f.error.to_string());
    auto i = Instance::create(store, *module, imports ? imports(engine, store) : std::vector<Extern>());
    if (!i) FAIL(m.name << ": " << to_string(i.err()));
    instance = i.ok();
  }
  template <class H>
  H get(std::string_view name) {
    auto e = instance.get(store, name);
    if (!e) FAIL("no export " << name);
    return std::get<H>(*e);
  }
  TrapResult<std::vector<Val>> call(std::string_view name, const std::vector<Val>& args = {}) {
    return get<Func>(name).call(store, args);
  }
  std::string run(std::string_view name, const std::vector<Val>& args = {}, bool nan_bits = false) {
    return to_text(call(name, args), nan_bits);
  }
  std::string state() { return state_of(store, instance); }

  Engine engine;
  Store store;
  std::unique_ptr<Module> module;
  Instance instance;
};

}  // namespace wjit::test
