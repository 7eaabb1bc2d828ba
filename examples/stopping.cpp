// Stopping a guest: a deadline in ticks, an interrupt from another thread, and slices of time for guests that
// take turns.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>
#include <wjit/wjit.hpp>

static const char kModule[] = R"(
  (module
    (func (export "forever") (loop $l (br $l)))
    (func (export "count") (param i32) (result i32) (local i32)
      (loop $next
        (local.set 1 (i32.add (local.get 1) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get 1) (local.get 0))))
      (local.get 1))))";

using Outcome = std::variant<std::vector<wjit::Val>, wjit::ResumableCall>;

static wjit::Func function(wjit::Store& store, const wjit::Instance& instance, const char* name) {
  return std::get<wjit::Func>(*instance.get(store, name));
}

int main() {
  wjit::Config config;
  config.epoch_interruption = true;
  config.epoch_callbacks = true;  // for the last part alone
  wjit::Engine engine(config);
  auto module = wjit::Module::from_text(engine, kModule).unwrap();

  // One clock for all stores of the engine. What a tick is, is up to you.
  std::atomic<bool> done{false};
  std::thread clock([&] {
    while (!done) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      engine.increment_epoch();
    }
  });

  wjit::Store store(engine);
  wjit::Instance instance = wjit::Instance::create(store, module, {}).unwrap();
  store.set_epoch_deadline(10).unwrap();  // some ten milliseconds from now
  auto late = function(store, instance, "forever").call(store, {});
  const wjit::Trap& trap = std::get<wjit::Trap>(late.err());
  std::printf("%s%s\n", trap.message().c_str(),
              trap.kind() == wjit::Trap::Kind::kInterrupt ? ": stopped from outside" : "");

  // The store is as good as before.
  store.set_epoch_deadline(UINT64_MAX).unwrap();
  std::printf("counted to %d\n", function(store, instance, "count").call(store, {5}).unwrap()[0].i32());

  // A handle stops one store, whatever its deadline is, from any thread.
  wjit::InterruptHandle handle = store.interrupt_handle().unwrap();
  std::thread other([handle] { handle.interrupt(); });
  auto interrupted = function(store, instance, "forever").call(store, {});
  other.join();
  std::printf("%s\n", std::get<wjit::Trap>(interrupted.err()).message().c_str());

  // A callback decides what becomes of a guest whose time is over: here it waits for its next turn.
  store
      .epoch_deadline_callback([](wjit::Store::Context) -> wjit::Result<wjit::UpdateDeadline, wjit::Trap> {
        return wjit::UpdateDeadline::yield_for(1);  // or continue_for, or a Trap
      })
      .unwrap();
  store.set_epoch_deadline(0).unwrap();
  const wjit::Val turns(1000);
  Outcome count = function(store, instance, "count").call_resumable(store, {&turns, 1}).unwrap();
  int slices = 1;
  while (auto* call = std::get_if<wjit::ResumableCall>(&count)) {  // kind() is kYielded
    Outcome next = call->resume(store).unwrap();
    count = std::move(next);
    ++slices;
  }
  std::printf("counted to %d in %s\n", std::get<0>(count)[0].i32(), slices > 1 ? "slices" : "one go");
  done = true;
  clock.join();
  return slices > 1 ? 0 : 1;
}
