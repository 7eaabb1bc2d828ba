// Hello: a module from text, one of its functions called with typed arguments, and a trap as a value.
#include <cstdio>
#include <wjit/wjit.hpp>

int main() {
  wjit::Engine engine;  // what all modules and stores share; make one
  auto module = wjit::Module::from_text(engine, R"(
    (module $calculator
      (func $divide (export "divide") (param i32 i32) (result i32)
        (i32.div_s (local.get 0) (local.get 1)))))");
  if (!module) {
    std::fprintf(stderr, "hello: %s\n", module.err().to_string().c_str());
    return 1;
  }

  wjit::Store store(engine);  // owns what is made in it; one thread at a time
  wjit::Instance instance = wjit::Instance::create(store, module.ok(), {}).unwrap();

  // An export is a variant of what can be exported. typed() checks the type once, calls go without checks.
  auto divide = std::get<wjit::Func>(*instance.get(store, "divide"))
                    .typed<std::tuple<int32_t, int32_t>, int32_t>(store)
                    .unwrap();
  std::printf("84 / 2 = %d\n", divide.call(store, {84, 2}).unwrap());

  auto failed = divide.call(store, {1, 0});
  if (!failed) std::printf("1 / 0: %s\n", wjit::to_string(failed.err()).c_str());
  return failed ? 1 : 0;
}
