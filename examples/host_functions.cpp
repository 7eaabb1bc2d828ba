// Host functions: C++ that wasm calls. They may look at their caller's memory, use data of the store, and
// fail.
#include <any>
#include <cstdio>
#include <string>
#include <wjit/wjit.hpp>

static const char kModule[] = R"(
  (module
    (import "host" "print" (func $print (param i32 i32)))
    (import "host" "count" (func $count (result i32)))
    (import "host" "check" (func $check (param i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "hello from wasm")
    (func (export "greet")
      (call $print (i32.const 16) (i32.const 15)))
    (func (export "checked") (result i32)
      (call $check (call $count)))))";

// Text that lies in the memory of whoever called.
static wjit::Result<wjit::Ok, wjit::Trap> print(wjit::Caller caller, uint32_t at, uint32_t size) {
  auto item = caller.get_export("memory");
  const wjit::Memory* memory = item ? std::get_if<wjit::Memory>(&*item) : nullptr;
  if (!memory) return wjit::Trap("print: the caller exports no memory");
  std::span<uint8_t> bytes = memory->data(caller);
  // What comes from wasm is never believed.
  if (at > bytes.size() || size > bytes.size() - at) return wjit::Trap("print: out of bounds");
  std::printf("%.*s\n", int(size), reinterpret_cast<const char*>(bytes.data() + at));
  return wjit::Ok{};
}

int main() {
  wjit::Engine engine;
  wjit::Linker linker(engine);
  // Signatures are derived from the C++ ones.
  linker.func_wrap("host", "print", print).unwrap();
  linker.func_wrap("host", "count", [](wjit::Caller caller) { return ++std::any_cast<int&>(caller.data()); })
      .unwrap();
  // The same with a type known at run time.
  wjit::FuncType type{{{wjit::ValKind::kI32}}, {{wjit::ValKind::kI32}}};
  auto check = [](wjit::Caller, std::span<const wjit::Val> in,
                  std::span<wjit::Val> out) -> wjit::Result<wjit::Ok, wjit::Trap> {
    if (in[0].i32() > 2) return wjit::Trap("that is enough");
    out[0] = in[0];
    return wjit::Ok{};
  };
  linker.func_new("host", "check", type, check).unwrap();

  wjit::Store store(engine);
  store.data() = 0;
  auto module = wjit::Module::from_text(engine, kModule).unwrap();
  wjit::Instance instance = linker.instantiate(store, module).unwrap();
  auto func = [&](const char* name) { return std::get<wjit::Func>(*instance.get(store, name)); };

  (void)func("greet").call(store, {}).unwrap();
  for (int i = 0; i < 3; ++i) {
    auto r = func("checked").call(store, {});
    if (r)
      std::printf("checked: %d\n", r.ok()[0].i32());
    else
      std::printf("checked: %s\n", wjit::to_string(r.err()).c_str());
  }
  return 0;
}
