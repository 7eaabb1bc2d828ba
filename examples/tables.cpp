// Tables and references: functions as values in both directions, and values of the host's that wasm only
// keeps.
#include <any>
#include <cstdio>
#include <string>
#include <wjit/wjit.hpp>

static const char kModule[] = R"(
  (module
    (type $op (func (param i32) (result i32)))
    (table (export "ops") 3 funcref)
    (table (export "things") 2 externref)
    (elem (table 0) (i32.const 0) func $double)
    (func $double (type $op) (i32.mul (local.get 0) (i32.const 2)))
    (func (export "apply") (param $which i32) (param $to i32) (result i32)
      (call_indirect 0 (type $op) (local.get $to) (local.get $which)))
    (func (export "keep") (param externref)
      (table.set 1 (i32.const 0) (local.get 0)))))";

int main() {
  wjit::Engine engine;
  wjit::Store store(engine);
  auto module = wjit::Module::from_text(engine, kModule).unwrap();
  wjit::Instance instance = wjit::Instance::create(store, module, {}).unwrap();
  auto ops = std::get<wjit::Table>(*instance.get(store, "ops"));
  auto apply = std::get<wjit::Func>(*instance.get(store, "apply"))
                   .typed<std::tuple<int32_t, int32_t>, int32_t>(store)
                   .unwrap();

  // A function of the host's, where wasm calls it indirectly.
  ops.set(store, 1, wjit::Val(wjit::Func::wrap(store, [](int32_t x) { return x * x; }))).unwrap();
  std::printf("double: %d, square: %d\n", apply.call(store, {0, 7}).unwrap(),
              apply.call(store, {1, 7}).unwrap());
  auto empty = apply.call(store, {2, 7});
  std::printf("empty slot: %s\n", std::get<wjit::Trap>(empty.err()).message().c_str());

  // A C++ value as externref. It is destroyed when neither wasm nor the host holds it any more.
  wjit::ExternRef name(std::any(std::string("a value of the host's")));
  auto keep = std::get<wjit::Func>(*instance.get(store, "keep")).typed<wjit::ExternRef, void>(store).unwrap();
  (void)keep.call(store, name).unwrap();
  auto things = std::get<wjit::Table>(*instance.get(store, "things"));
  wjit::Val kept = *things.get(store, 0);
  std::printf("kept: %s\n", std::any_cast<std::string&>(*kept.externref().data()).c_str());
  std::printf("the other slot is %s\n", things.get(store, 1)->is_null_ref() ? "null" : "taken");
  return 0;
}
