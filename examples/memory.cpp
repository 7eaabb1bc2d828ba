// Memories: read and written by both sides, grown by either, limited by the store.
#include <cstdio>
#include <cstring>
#include <wjit/wjit.hpp>

static const char kModule[] = R"(
  (module
    (memory (export "memory") 1 10)
    (func (export "sum") (param $at i32) (param $count i32) (result i32) (local $sum i32)
      (loop $next
        (if (local.get $count)
          (then
            (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
            (local.set $at (i32.add (local.get $at) (i32.const 4)))
            (local.set $count (i32.sub (local.get $count) (i32.const 1)))
            (br $next))))
      (local.get $sum))
    (func (export "grow") (param i32) (result i32)
      (memory.grow (local.get 0)))))";

int main() {
  wjit::Engine engine;
  wjit::Store store(engine);
  store.limiter({.memory_bytes = 4 * 65536});
  auto module = wjit::Module::from_text(engine, kModule).unwrap();
  wjit::Instance instance = wjit::Instance::create(store, module, {}).unwrap();
  auto memory = std::get<wjit::Memory>(*instance.get(store, "memory"));
  auto sum = std::get<wjit::Func>(*instance.get(store, "sum"))
                 .typed<std::tuple<int32_t, int32_t>, int32_t>(store)
                 .unwrap();
  auto grow = std::get<wjit::Func>(*instance.get(store, "grow")).typed<int32_t, int32_t>(store).unwrap();

  const int32_t numbers[] = {1, 2, 3, 4};
  std::memcpy(memory.data(store).data() + 100, numbers,
              sizeof numbers);  // wasm is little-endian, as x86-64 is
  std::printf("sum: %d\n", sum.call(store, {100, 4}).unwrap());

  // data() is good until the memory grows: ask again afterwards.
  std::printf("grew from %d pages", grow.call(store, 1).unwrap());
  std::printf(" to %zu bytes\n", memory.data(store).size());
  std::printf("past the store's limit: %d\n", grow.call(store, 5).unwrap());
  auto refused = memory.grow(store, 5);
  std::printf("the host is refused as well: %s\n", refused.err().message().c_str());

  auto outside = sum.call(store, {2 * 65536 - 4, 2});
  std::printf("outside: %s\n", std::get<wjit::Trap>(outside.err()).message().c_str());
  return 0;
}
