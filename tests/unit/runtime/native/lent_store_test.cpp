// A store that threads lend each other: each is held to its own stack, whatever way the calls take between them.
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "catch.h"
#include "vmcontext/traps.h"
#include "wjit/wjit.hpp"

namespace wjit {
namespace {

// Two threads, of which one works while the other waits for it, and may be asked by it to work meanwhile.
class Relay {
 public:
  Relay() : other_([this] { serve(1, quit_); }) {}
  ~Relay() {
    {
      const std::lock_guard hold(lock_);
      quit_ = true;
    }
    change_.notify_all();
    other_.join();
  }
  // Runs on the thread that does not call.
  void on_other(const std::function<void()>& work) {
    const int me = std::this_thread::get_id() == other_.get_id();
    bool done = false;
    const std::function<void()> all = [&] {
      work();
      const std::lock_guard hold(lock_);
      done = true;
      change_.notify_all();
    };
    {
      const std::lock_guard hold(lock_);
      job_[1 - me] = &all;
    }
    change_.notify_all();
    serve(me, done);
  }

 private:
  void serve(int me, const bool& done) {
    std::unique_lock hold(lock_);
    for (;;) {
      change_.wait(hold, [&] { return done || job_[me]; });
      if (!job_[me]) return;
      const std::function<void()>& job = *std::exchange(job_[me], nullptr);
      hold.unlock();
      job();
      hold.lock();
    }
  }
  std::mutex lock_;
  std::condition_variable change_;
  const std::function<void()>* job_[2] = {};
  bool quit_ = false;
  std::thread other_;
};

constexpr uint64_t kStack = 256 << 10;

// How deep two threads get that call each other through the store, each time with 16 KiB of their own; and what ends it.
int depth_of(Config config, uint8_t& code) {
  config.max_native_stack = kStack;
  const Engine engine(config);
  Store store(engine);
  Relay relay;
  int depth = 0;
  std::optional<Func> again;
  const Func host = Func::create(store, FuncType{}, [&](Caller, std::span<const Val>, std::span<Val>) -> Result<Ok, Trap> {
    if (++depth == 300) return Trap("deep enough");
    volatile char own[16 << 10];
    own[0] = 1;
    TrapResult<std::vector<Val>> r = std::vector<Val>{};
    relay.on_other([&] { r = again->call(store, {}); });
    own[1] = own[0];
    if (!r) return std::get<Trap>(std::move(r).err());
    return Ok{};
  });
  auto module = Module::from_text(engine, R"((module (import "h" "f" (func $f)) (func (export "g") (call $f))))");
  if (!module) FAIL(module.err().to_string());
  const Extern imports[] = {host};
  auto instance = Instance::create(store, module.ok(), imports);
  REQUIRE(instance);
  again = std::get<Func>(*instance.ok().get(store, "g"));
  for (int round = 0; round < 2; ++round) {  // and it is all forgotten afterwards
    const int before = std::exchange(depth, 0);
    auto r = again->call(store, {});
    REQUIRE(!r);
    code = std::get<Trap>(r.err()).code();
    if (round == 1) CHECK(depth == before);
  }
  return depth;
}

}  // namespace

TEST_CASE("a store lent to and fro: each thread has its stack once", "[native]") {
#if defined(__x86_64__)
  constexpr Tier kTiers[] = {Tier::kInterp, Tier::kJit};
#else
  constexpr Tier kTiers[] = {Tier::kInterp};
#endif
  for (const Tier tier : kTiers) {
    Config config;
    config.tier = tier;
    INFO("tier " << int(tier));
    uint8_t code = 0;
    const int depth = depth_of(config, code);
    CHECK(code == uint8_t(vm::TrapCode::kStackOverflow));
    CHECK(depth > 8);
    CHECK(uint64_t(depth) <= 2 * kStack / (16 << 10) + 1);
  }
}

}  // namespace wjit
