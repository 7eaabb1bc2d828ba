// Threads: engine and module are shared; every job has a store of its own, which no other thread touches.
#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>
#include <wjit/wjit.hpp>

static const char kModule[] = R"(
  (module
    (func $fib (export "fib") (param i32) (result i32)
      (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
        (then (local.get 0))
        (else
          (i32.add
            (call $fib (i32.sub (local.get 0) (i32.const 1)))
            (call $fib (i32.sub (local.get 0) (i32.const 2)))))))))";

int main() {
  wjit::Engine engine;
  const auto module = wjit::Module::from_text(engine, kModule).unwrap();

  constexpr int kJobs = 24;
  int32_t results[kJobs];
  std::atomic<int> next_job{0};
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back([&] {
      for (int job; (job = next_job++) < kJobs;) {
        // Cheap: the module's code is translated once, by whoever needs it first.
        wjit::Store store(engine);
        wjit::Instance instance = wjit::Instance::create(store, module, {}).unwrap();
        auto fib = std::get<wjit::Func>(*instance.get(store, "fib")).typed<int32_t, int32_t>(store).unwrap();
        results[job] = fib.call(store, job).unwrap();
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  for (int job = 0; job < kJobs; ++job) std::printf("%d%s", results[job], job + 1 < kJobs ? " " : "\n");
  return results[kJobs - 1] == 28657 ? 0 : 1;
}
