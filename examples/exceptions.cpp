// Exceptions of WebAssembly: thrown by a host function, caught by wasm, and what nothing catches found by the host.
#include <cstdio>
#include <string>
#include <wjit/wjit.hpp>

static const char kModule[] = R"(
  (module $guest
    (import "host" "no_such" (tag $no_such (param i32)))
    (import "host" "find" (func $find (param i32) (result i32)))
    (tag $tired (export "tired") (param i32))
    ;; What the host finds, or -1.
    (func (export "look_up") (param i32) (result i32)
      (block $missing (result i32)
        (return (try_table (result i32) (catch $no_such $missing)
          (call $find (local.get 0)))))
      drop
      (i32.const -1))
    (func $work (export "work") (param i32)
      (throw $tired (local.get 0)))))";

int main() {
  wjit::Engine engine;
  wjit::Store store(engine);
  wjit::Tag no_such = wjit::Tag::create(store, {{{wjit::ValKind::kI32}}, {}}).unwrap();
  auto find = [no_such](wjit::Caller caller, int32_t key) -> wjit::Result<int32_t, wjit::Trap> {
    if (key < 10) return key * key;
    const wjit::Val field(key);
    return wjit::Trap::exception(wjit::ExnRef::create(caller, no_such, {&field, 1}).unwrap());
  };
  auto module = wjit::Module::from_text(engine, kModule).unwrap();
  const wjit::Extern imports[] = {no_such, wjit::Func::wrap(store, find)};
  wjit::Instance instance = wjit::Instance::create(store, module, imports).unwrap();
  auto look_up = std::get<wjit::Func>(*instance.get(store, "look_up")).typed<int32_t, int32_t>(store).unwrap();
  std::printf("%d %d\n", look_up.call(store, 5).unwrap(), look_up.call(store, 50).unwrap());

  auto worked = std::get<wjit::Func>(*instance.get(store, "work")).call(store, {wjit::Val(8)});
  const wjit::Trap& trap = std::get<wjit::Trap>(worked.err());
  const wjit::ExnRef thrown = trap.thrown();  // null, were it another kind of trap
  if (thrown.tag(store) == std::get<wjit::Tag>(*instance.get(store, "tired")))
    std::printf("tired after %d hours\n", thrown.fields(store)[0].i32());
  std::printf("%s\n", trap.to_string().c_str());
  return 0;
}
