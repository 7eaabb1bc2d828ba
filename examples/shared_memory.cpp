// One memory, several threads: each has a store of its own, with the same shared memory in it.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <thread>
#include <vector>
#include <wjit/wjit.hpp>

static const char kModule[] = R"(
  (module
    (import "env" "memory" (memory 1 4 shared))
    (func (export "work") (param $times i32)
      ;; until the host says go
      (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
      (loop $again
        (drop (i32.atomic.rmw.add (i32.const 8) (i32.const 1)))
        (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1))))))))";

int main() {
  wjit::Config config;
  config.features.set(wjit::Feature::kThreads, true);
  wjit::Engine engine(config);
  const auto module = wjit::Module::from_text(engine, kModule).unwrap();
  // Of no store: it lives as long as somebody has it, never moves, and only grows.
  const auto memory = wjit::SharedMemory::create(engine, {.min = 1, .max = 4, .shared = true}).unwrap();

  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      wjit::Store store(engine);
      const wjit::Extern import = memory.attach(store).unwrap();
      wjit::Instance instance = wjit::Instance::create(store, module, {&import, 1}).unwrap();
      auto work = std::get<wjit::Func>(*instance.get(store, "work")).typed<int32_t, void>(store).unwrap();
      (void)work.call(store, 25'000).unwrap();
    });
  }
  // What guests write the host reads with atomics, too.
  auto* words = reinterpret_cast<uint32_t*>(memory.data().data());
  std::atomic_ref(words[0]).store(1);
  (void)memory.atomic_notify(0, ~0u).unwrap();  // those who sleep; the others see the 1
  for (std::thread& thread : threads) thread.join();
  std::printf("together: %u\n", std::atomic_ref(words[2]).load());
  return std::atomic_ref(words[2]).load() == 100'000 ? 0 : 1;
}
