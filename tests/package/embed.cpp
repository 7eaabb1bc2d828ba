#include <cstdio>
#include <wjit/wjit.hpp>

// (module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
static const uint8_t kModule[] = {0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0,
                                  7, 7, 1, 3, 97, 100, 100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11};

int main() {
  wjit::Engine engine;
  wjit::Store store(engine);
  wjit::Module module = wjit::Module::compile(engine, kModule).unwrap();
  wjit::Linker linker(engine);
  wjit::Instance instance = linker.instantiate(store, module).unwrap();
  wjit::Func add = std::get<wjit::Func>(*instance.get(store, "add"));
  auto typed = add.typed<std::tuple<int32_t, int32_t>, int32_t>(store).unwrap();
  std::printf("2 + 3 = %d\n", typed.call(store, {2, 3}).unwrap());
}
