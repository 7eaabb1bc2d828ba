// Embedding: a module that calls a host function, called itself with typed arguments, and a trap caught.
#include <cstdio>
#include <wjit/wjit.hpp>

// (module
//   (import "host" "log" (func $log (param i32)))
//   (func (export "divide") (param i32 i32) (result i32)
//     (call $log (local.get 0))
//     (return (i32.div_s (local.get 0) (local.get 1)))))
// in bytes. A program would read them from a file: Module::from_file.
static const uint8_t kModule[] = {
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,  // magic, version
    0x01, 0x0b, 0x02, 0x60, 0x01, 0x7f, 0x00, 0x60, 0x02, 0x7f, 0x7f, 0x01,
    0x7f,  // types: (i32), (i32 i32) -> i32
    0x02, 0x0c, 0x01, 0x04, 'h',  'o',  's',  't',  0x03, 'l',  'o',  'g',
    0x00, 0x00,                                                              // import host.log, type 0
    0x03, 0x02, 0x01, 0x01,                                                  // one function of type 1
    0x07, 0x0a, 0x01, 0x06, 'd',  'i',  'v',  'i',  'd',  'e',  0x00, 0x01,  // export it as "divide"
    0x0a, 0x0e, 0x01, 0x0c, 0x00,                                            // its body, no locals
    0x20, 0x00, 0x10, 0x00,                                                  // log(first)
    0x20, 0x00, 0x20, 0x01, 0x6d,                                            // first / second
    0x0f, 0x0b,                                                              // return, end
};

int main() {
  wjit::Engine engine;
  auto module = wjit::Module::compile(engine, kModule);
  if (!module) {
    std::fprintf(stderr, "embed: %s\n", module.err().to_string().c_str());
    return 1;
  }

  wjit::Linker linker(engine);
  linker.func_wrap("host", "log", [](int32_t x) { std::printf("wasm says %d\n", x); }).unwrap();

  wjit::Store store(engine);
  wjit::Instance instance = linker.instantiate(store, module.ok()).unwrap();
  auto divide = std::get<wjit::Func>(*instance.get(store, "divide"))
                    .typed<std::tuple<int32_t, int32_t>, int32_t>(store)
                    .unwrap();

  std::printf("84 / 2 = %d\n", divide.call(store, {84, 2}).unwrap());
  auto failed = divide.call(store, {1, 0});
  if (!failed) std::printf("1 / 0: %s\n", wjit::to_string(failed.err()).c_str());
  return 0;
}
