// A store with a module of which some functions are native code that the test emits.
#pragma once
#include <functional>
#include <map>
#include <string>

#include "catch.h"
#include "compiler/isa/a64/tramp_masm.h"
#include "compiler/isa/x64/tramp_masm.h"
#include "compiler/wasm/text/parse_wat.h"
#include "runtime/call.h"
#include "runtime/code/native_entries.h"
#include "runtime/instantiate.h"
#include "runtime/native_calls.h"
#include "vmcontext/abi.h"

namespace wjit::rt::native_test {

#if defined(__x86_64__)
using A = x64::TrampMasm;
#else
using A = a64::TrampMasm;
#endif
using Limits = vm::off::VMRuntimeLimits;

// What stands for the offset of an instruction in the module.
struct Site {
  uint32_t code_offset;
  vm::TrapCode code;
  uint32_t wasm_offset;
};

struct NativeWorld {
  explicit NativeWorld(Config config = {}, bool native = true) {
    config.tier = Tier::kInterp;  // but for what the test emits
    engine = std::make_shared<Engine>(config);
    if (native) REQUIRE(engine->enable_native_code());
    store = std::make_unique<Store>(engine);
  }
  // `hosts`: what the module imports, in order.
  void load(const std::string& wat, std::vector<vm::VMFuncRef*> hosts = {}) {
    struct OwnedBytes : wasm::Bytes {
      std::vector<uint8_t> data;
    };
    auto text = wasm::text::parse_wat(wat);
    REQUIRE(text);
    auto bytes = std::make_shared<OwnedBytes>();
    bytes->data = std::move(text->binary);
    bytes->span = bytes->data;
    auto module = CompiledModule::create(engine, bytes);
    REQUIRE(module);
    std::vector<ExternRefs> imports;
    for (vm::VMFuncRef* f : hosts) imports.push_back(ExternFunc{f});
    auto made = instantiate(*store, *module, imports);
    REQUIRE(bool(made));
    instance = std::move(made).ok();
  }
  vm::VMFuncRef* host(std::vector<wasm::ValType> params, std::vector<wasm::ValType> results,
                      std::function<bool(HostCall&)> callback) {
    return store->add_host_func(*engine->registry->intern_func(params, results), std::move(callback));
  }
  int32_t entry_offset(uint32_t func) const {
    return int32_t(instance->module->offsets.vmctx_entry(func - instance->wasm().imported_funcs));
  }
  // Emits with fp and vmctx in place when `emit` begins, and publishes.
  void native(uint32_t func, std::function<void(A&, std::vector<CodeTrapSite>&)> emit) {
    A a;
    CodeTables tables;
    emit(a, tables.traps);
    auto bytes = a.finish();
    REQUIRE(bytes);
    tables.owner = const_cast<CompiledModule*>(instance->module.get());
    tables.functions = {{0, uint32_t(bytes->size()), func}};
    tables.name = &CompiledModule::symbol;
    tables.frames = a.frame_edges();
    tables.raise = engine->native->raise_redirected();
    auto published = CodeMemory::process().publish(*bytes, std::move(tables));
    REQUIRE(published);
    code.push_back(std::move(*published));
    REQUIRE(publish_native(*instance, func, code.back()->bytes.data()));
  }
  CallEnd call(uint32_t func, std::vector<vm::ValRaw>& values) {
    if (values.empty()) values.resize(1);
    return call_func(*store, instance->func_ref(func), values.data(), values.size());
  }

  std::shared_ptr<Engine> engine;
  std::vector<CodeHandle> code;  // goes after the store
  std::unique_ptr<Store> store;
  Instance* instance = nullptr;
};

}  // namespace wjit::rt::native_test
