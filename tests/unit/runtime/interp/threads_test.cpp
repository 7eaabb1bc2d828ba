// Stores on several threads with one memory between them: sums, locks, messages, waiting, growing. Nothing
// here depends on time: what could go on for ever if it were wrong is what ctest's limit is for.
#include <atomic>
#include <thread>

#include "compiler/wasm/eval_atomic.h"
#include "unit/runtime/fixture.h"
#include "wjit/memory_creator.hpp"

using namespace wjit;
using namespace wjit::test;

namespace {

// Every test runs once for each. (What native code does ThreadSanitizer does not see.)
Tier tier = Tier::kInterp;
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define EACH_TIER tier = GENERATE(Tier::kInterp, Tier::kJit)
#else
#define EACH_TIER tier = Tier::kInterp
#endif

Config threads_config(MemoryStyle style) {
  Config c = config_with(style);
  c.features.set(Feature::kThreads, true);
  c.tier = tier;
  return c;
}
constexpr MemoryType kShared{.min = 1, .max = 4, .shared = true};

// The import, and functions of the test.
std::string with_memory(const std::string& functions) {
  return "(module (import \"m\" \"m\" (memory 1 4 shared))" + functions + ")";
}

class Guest {
 public:
  Guest(const Engine& engine, const std::string& functions, const SharedMemory& memory) : store_(engine) {
    const Module module = Module::from_text(engine, with_memory(functions)).unwrap();
    const Extern import = memory.attach(store_).unwrap();
    instance_ = Instance::create(store_, module, {&import, 1}).unwrap();
  }
  TrapResult<std::vector<Val>> try_call(const char* name, std::vector<Val> args = {}) {
    return std::get<Func>(*instance_.get(store_, name)).call(store_, args);
  }
  int32_t call(const char* name, std::vector<Val> args = {}) {
    const auto results = try_call(name, std::move(args)).unwrap();
    return results.empty() ? 0 : results[0].i32();
  }
  Store& store() { return store_; }

 private:
  Store store_;
  Instance instance_;
};

struct Two {
  explicit Two(const std::string& functions, MemoryStyle style = MemoryStyle::kGuard)
      : engine(threads_config(style)),
        memory(SharedMemory::create(engine, kShared).unwrap()),
        a(engine, functions, memory),
        b(engine, functions, memory) {}
  template <class F, class G>
  static void both(F&& f, G&& g) {
    std::thread other(g);
    f();
    other.join();
  }
  uint32_t word(uint64_t at) { return wasm::atomic_load<uint32_t>(memory.data().data() + at); }
  Engine engine;
  SharedMemory memory;
  Guest a, b;
};

}  // namespace

TEST_CASE("threads: two stores add to one number, and nothing is lost", "[threads]") {
  EACH_TIER;
  constexpr int kTimes = 100'000;
  for (MemoryStyle style : {MemoryStyle::kGuard, MemoryStyle::kChecks})
    for (const char* add : {"i32.atomic.rmw.add", "i32.atomic.rmw8.add_u", "i32.atomic.rmw16.add_u"}) {
      INFO(add);
      Two w("(func (export \"run\") (param $n i32) (loop $again (drop (" + std::string(add) +
                " (i32.const 64) (i32.const 1))) (br_if $again (local.tee $n (i32.sub (local.get $n) "
                "(i32.const 1))))))",
            style);
      w.both([&] { w.a.call("run", {Val(kTimes)}); }, [&] { w.b.call("run", {Val(kTimes)}); });
      const std::string name = add;
      const uint32_t all = name.find("rmw8") != name.npos    ? 0xff
                           : name.find("rmw16") != name.npos ? 0xffff
                                                             : ~0u;
      CHECK(w.word(64) == (2 * kTimes & all));
    }
}

TEST_CASE("threads: a lock made of cmpxchg guards what is not atomic", "[threads]") {
  EACH_TIER;
  constexpr int kTimes = 20'000;
  Two w(R"((func (export "run") (param $n i32)
    (loop $again
      (loop $spin (br_if $spin (i32.atomic.rmw.cmpxchg (i32.const 0) (i32.const 0) (i32.const 1))))
      (i32.store (i32.const 128) (i32.add (i32.load (i32.const 128)) (i32.const 1)))
      (i32.store16 (i32.const 133) (i32.add (i32.load16_u (i32.const 133)) (i32.const 3)))
      (i32.atomic.store (i32.const 0) (i32.const 0))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))");
  w.both([&] { w.a.call("run", {Val(kTimes)}); }, [&] { w.b.call("run", {Val(kTimes)}); });
  CHECK(w.word(128) == 2 * kTimes);
  CHECK((w.word(132) >> 8 & 0xffff) == (6 * kTimes & 0xffff));
}

TEST_CASE("threads: who sees the flag sees the message", "[threads]") {
  EACH_TIER;
  // The message is plain; the flag goes up by one for each, and the answer with it.
  Two w(R"((func (export "send") (param $n i32) (local $i i32)
    (loop $again
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (i32.store (i32.const 256) (local.get $i))
      (i64.store (i32.const 1024) (i64.extend_i32_u (i32.mul (local.get $i) (i32.const 7))))
      (i32.atomic.store (i32.const 0) (local.get $i))
      (loop $spin (br_if $spin (i32.ne (i32.atomic.load (i32.const 4)) (local.get $i))))
      (br_if $again (i32.ne (local.get $i) (local.get $n)))))
  (func (export "receive") (param $n i32) (result i32) (local $i i32) (local $bad i32)
    (loop $again
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (loop $spin (br_if $spin (i32.ne (i32.atomic.load (i32.const 0)) (local.get $i))))
      (local.set $bad (i32.or (local.get $bad) (i32.or
        (i32.ne (i32.load (i32.const 256)) (local.get $i))
        (i64.ne (i64.load (i32.const 1024)) (i64.extend_i32_u (i32.mul (local.get $i) (i32.const 7)))))))
      (i32.atomic.store (i32.const 4) (local.get $i))
      (br_if $again (i32.ne (local.get $i) (local.get $n))))
    (local.get $bad)))");
  int32_t bad = -1;
  w.both([&] { w.a.call("send", {Val(200)}); }, [&] { bad = w.b.call("receive", {Val(200)}); });
  CHECK(bad == 0);
}

TEST_CASE("threads: stores and loads of two threads are in one order", "[threads]") {
  EACH_TIER;
  // Store buffering: at least one of the two must see the other's store.
  Two w(R"((func (export "run") (param $mine i32) (param $theirs i32) (param $round i32) (result i32)
    (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
    (loop $spin (br_if $spin (i32.lt_u (i32.atomic.load (i32.const 0)) (i32.mul (local.get $round) (i32.const 2)))))
    (i32.atomic.store (local.get $mine) (local.get $round))
    (i32.eq (i32.atomic.load (local.get $theirs)) (local.get $round))))");
  for (int round = 1; round <= 50; ++round) {
    int32_t a = 0, b = 0;
    w.both(
        [&] {
          a = w.a.call("run", {Val(64), Val(128), Val(round)});
        },
        [&] {
          b = w.b.call("run", {Val(128), Val(64), Val(round)});
        });
    REQUIRE((a || b));
  }
}

TEST_CASE("threads: waiting and waking, back and forth between two stores", "[threads]") {
  EACH_TIER;
  // The ball is at 0: whoever's turn it is counts and passes it on.
  Two w(R"((func (export "play") (param $me i32) (param $n i32)
    (loop $again
      (block $mine (loop $wait
        (br_if $mine (i32.eq (i32.atomic.load (i32.const 0)) (local.get $me)))
        (drop (memory.atomic.wait32 (i32.const 0) (i32.xor (local.get $me) (i32.const 1)) (i64.const -1)))
        (br $wait)))
      (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1)))
      (i32.atomic.store (i32.const 0) (i32.xor (local.get $me) (i32.const 1)))
      (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))");
  w.both([&] { w.a.call("play", {Val(0), Val(2000)}); }, [&] { w.b.call("play", {Val(1), Val(2000)}); });
  CHECK(w.word(8) == 4000);
}

TEST_CASE("threads: wait answers whether it was woken, not equal, or late; notify how many it woke",
          "[threads]") {
  Two w(R"(
    (func (export "wait32") (param i32 i32 i64) (result i32) (memory.atomic.wait32 (local.get 0) (local.get 1) (local.get 2)))
    (func (export "wait64") (param i32 i64 i64) (result i32) (memory.atomic.wait64 (local.get 0) (local.get 1) (local.get 2)))
    (func (export "notify") (param i32 i32) (result i32) (memory.atomic.notify (local.get 0) (local.get 1))))");
  CHECK(w.a.call("wait32", {Val(0), Val(1), Val(int64_t{-1})}) == 1);
  CHECK(w.a.call("wait64", {Val(0), Val(int64_t{1} << 32), Val(int64_t{-1})}) == 1);
  CHECK(w.a.call("wait32", {Val(0), Val(0), Val(int64_t{0})}) == 2);
  CHECK(w.a.call("wait64", {Val(0), Val(int64_t{0}), Val(int64_t{1'000'000})}) == 2);
  CHECK(w.a.call("notify", {Val(0), Val(-1)}) == 0);
  CHECK(w.memory.atomic_wait32(0, 7).unwrap() == SharedMemory::Wait::kNotEqual);
  CHECK(w.memory.atomic_wait32(0, 0, 1000).unwrap() == SharedMemory::Wait::kTimedOut);

  // Four wait: three at one address, of whom notify wakes the number it is told to.
  std::atomic<int> woken{0};
  std::vector<std::thread> waiters;
  for (int i = 0; i < 4; ++i)
    waiters.emplace_back([&, i] {
      Guest g(w.engine, R"((func (export "wait") (param i32) (result i32)
        (memory.atomic.wait64 (local.get 0) (i64.const 0) (i64.const 0x7fffffffffffffff))))",
              w.memory);
      if (g.call("wait", {Val(i == 3 ? 72 : 64)}) == 0) ++woken;
    });
  const auto wake = [&](int address, int count) {  // exactly so many, however long it takes until they wait
    for (int left = count; left;) left -= w.a.call("notify", {Val(address), Val(left)});
  };
  CHECK(w.a.call("notify", {Val(64), Val(0)}) == 0);
  wake(64, 1);
  while (woken != 1) std::this_thread::yield();
  CHECK(w.a.call("notify", {Val(68), Val(-1)}) == 0);
  wake(72, 1);
  while (woken != 2) std::this_thread::yield();
  for (uint32_t left = 2; left;) left -= w.memory.atomic_notify(64, ~0u).unwrap();  // the host's is the same
  for (std::thread& t : waiters) t.join();
  CHECK(woken == 4);
  CHECK(w.a.call("notify", {Val(64), Val(-1)}) == 0);
}

TEST_CASE("threads: a wait can be interrupted, and holds nothing while it sleeps", "[threads]") {
  EACH_TIER;
  const std::string wat = R"(
    (func (export "wait") (result i32) (i32.atomic.store (i32.const 0) (i32.const 1))
      (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const -1)))
    (func (export "grow") (result i32) (memory.grow (i32.const 1))))";
  for (const char* how : {"interrupt", "epoch"}) {
    INFO(how);
    Two w(wat);
    rt::Store& store = w.b.store().impl();
    if (*how == 'e') store.set_epoch_deadline(1);
    std::string ended = "nothing";
    w.both(
        [&] {
          while (w.word(0) != 1) std::this_thread::yield();
          CHECK(w.a.call("grow") == 1);  // the memory is not locked
          CHECK(w.memory.atomic_notify(16, 1).unwrap() == 0);
          if (*how == 'e')
            w.engine.impl().epoch = 1;
          else
            store.interrupt();
        },
        [&] {
          auto r = w.b.try_call("wait");
          ended = r ? "returned" : message(r.err());
        });
    CHECK(ended == (*how == 'e' ? "epoch deadline reached" : "interrupted"));
    CHECK(w.memory.atomic_notify(8, ~0u).unwrap() == 0);  // it is in line no more
  }
}

TEST_CASE("threads: an interrupt before a wait ends it", "[threads]") {
  EACH_TIER;
  Two w(
      R"((func (export "wait") (result i32) (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const -1))))");
  w.a.store().impl().interrupt();
  auto r = w.a.try_call("wait");
  REQUIRE_FALSE(r);
  CHECK(message(r.err()) == "interrupted");
  CHECK(std::get<Trap>(r.err()).trace().size() == 1);
}

TEST_CASE("threads: who learns of a growth may use the bytes", "[threads]") {
  EACH_TIER;
  // By an atomic, by memory.size, by memory.grow.
  const std::string wat = R"(
    (func (export "grow") (drop (memory.grow (i32.const 1))) (i32.store (i32.const 0x10000) (i32.const 77))
      (i32.atomic.store (i32.const 0) (i32.const 1)))
    (func (export "by atomic") (result i32)
      (loop $spin (br_if $spin (i32.eqz (i32.atomic.load (i32.const 0)))))
      (i32.load (i32.const 0x10000)))
    (func (export "by size") (result i32)
      (loop $spin (br_if $spin (i32.eq (memory.size) (i32.const 1))))
      (drop (i32.load8_u (i32.const 0x1ffff)))
      (i32.load (i32.const 0x1fffc)))
    (func (export "by grow") (result i32)
      (loop $spin (br_if $spin (i32.eq (memory.grow (i32.const 0)) (i32.const 1))))
      (memory.copy (i32.const 0x1fff0) (i32.const 0) (i32.const 0))
      (i32.load (i32.const 0x1fffc))))";
  for (MemoryStyle style : {MemoryStyle::kGuard, MemoryStyle::kChecks})
    for (const auto& [how, expected] :
         {std::pair("by atomic", 77), std::pair("by size", 0), std::pair("by grow", 0)}) {
      INFO(how);
      Two w(wat, style);
      std::string answer;
      w.both([&] { w.a.call("grow"); },
             [&] {
               auto r = w.b.try_call(how);
               answer = r ? std::to_string(r.ok()[0].i32()) : message(r.err());
             });
      CHECK(answer == std::to_string(expected));
    }
}

TEST_CASE("threads: growths of many threads come one after the other", "[threads]") {
  EACH_TIER;
  for (MemoryStyle style : {MemoryStyle::kGuard, MemoryStyle::kChecks}) {
    const Engine engine(threads_config(style));
    const auto memory = SharedMemory::create(engine, {.min = 0, .max = 1000, .shared = true}).unwrap();
    const Module module = Module::from_text(engine, R"((module (import "m" "m" (memory 0 1000 shared))
      (func (export "run") (param $n i32) (local $p i32)
        (loop $again
          (local.set $p (memory.grow (i32.const 1)))
          (i32.store (i32.mul (local.get $p) (i32.const 65536)) (i32.add (local.get $p) (i32.const 1)))
          (memory.fill (i32.add (i32.mul (local.get $p) (i32.const 65536)) (i32.const 8)) (i32.const 5) (i32.const 65528))
          (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))))")
                              .unwrap();
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        Store store(engine);
        const Extern import = memory.attach(store).unwrap();
        const Instance instance = Instance::create(store, module, {&import, 1}).unwrap();
        const Val n(50);
        std::get<Func>(*instance.get(store, "run")).call(store, {&n, 1}).unwrap();
      });
    for (std::thread& t : threads) t.join();
    REQUIRE(memory.size() == 200);
    uint32_t wrong = 0;
    for (uint32_t page = 0; page < 200; ++page) {
      const uint8_t* at = memory.data().data() + page * 65536;
      wrong += wasm::atomic_load<uint32_t>(at) != page + 1 || at[8] != 5 || at[65535] != 5;
    }
    CHECK(wrong == 0);
    CHECK(!memory.grow(801));
    CHECK(memory.grow(800).unwrap() == 200);
  }
}

TEST_CASE("shared memories: one object in many stores, alive as long as one of them", "[threads]") {
  EACH_TIER;
  const Engine engine(threads_config(MemoryStyle::kGuard)), other(threads_config(MemoryStyle::kGuard));
  Store a(engine), c(other);
  auto b = std::make_unique<Store>(engine);
  const Module definer = Module::from_text(engine, R"((module (memory (export "m") 1 3 shared)
    (data (i32.const 3) "shared") (memory (export "own") 1)))")
                             .unwrap();
  const Instance instance = Instance::create(*b, definer, {}).unwrap();
  const Memory exported = std::get<Memory>(*instance.get(*b, "m"));
  CHECK_FALSE(std::get<Memory>(*instance.get(*b, "own")).shared(*b));
  CHECK_FALSE(Memory().shared(*b));
  const SharedMemory memory = exported.shared(*b).value();
  CHECK(memory == exported.shared(*b).value());
  CHECK(memory.type().shared);
  CHECK(memory.type().max == 3u);
  const Memory here = memory.attach(a).unwrap();
  CHECK(here == exported);
  CHECK(memory.attach(a).unwrap() == here);
  CHECK(memory.attach(*b).unwrap() == exported);
  CHECK(std::string(reinterpret_cast<const char*>(here.data(a).data() + 3), 6) == "shared");
  CHECK(here.grow(a, 1).unwrap() == 1);
  CHECK(exported.size(*b) == 2);
  CHECK(exported.type(*b).min == 2);
  CHECK(exported.data(*b).data() == here.data(a).data());
  b.reset();
  CHECK(here.data(a)[3] == 's');
  CHECK(memory.attach(c).err().kind() == ErrorKind::kUsage);
  // Of one import the type must fit: shared for shared, and the size it has now counts.
  const auto import = [&](const char* type) {
    const Extern item = here;
    auto r = Instance::create(
        a,
        Module::from_text(engine, std::string("(module (import \"m\" \"m\" (memory ") + type + ")))")
            .unwrap(),
        {&item, 1});
    return r ? "" : message(r.err());
  };
  CHECK(import("2 3 shared") == "");
  CHECK(import("3 3 shared") != "");
  CHECK(import("2 3") != "");
  a.limiter({.memory_bytes = 65536 * 2});
  CHECK(here.grow(a, 1).err().kind() == ErrorKind::kLimit);
  CHECK(memory.grow(1).unwrap() == 2);
  CHECK(memory.grow(1).err().kind() == ErrorKind::kLimit);
  Store small(engine);
  small.limiter({.memory_bytes = 65536 * 2});
  CHECK(memory.attach(small).err().kind() == ErrorKind::kLimit);
  small.limiter({.memories = 0});
  CHECK(memory.attach(small).err().kind() == ErrorKind::kLimit);

  CHECK(SharedMemory::create(engine, {.min = 1, .max = 1}).err().kind() == ErrorKind::kUsage);
  CHECK(SharedMemory::create(engine, {.min = 1, .shared = true}).err().kind() == ErrorKind::kUsage);
  CHECK(memory.atomic_notify(2, 1).err().kind() == ErrorKind::kUsage);
  CHECK(memory.atomic_notify(65536 * 3, 1).err().kind() == ErrorKind::kUsage);
  CHECK(memory.atomic_wait64(4, 0).err().kind() == ErrorKind::kUsage);
  CHECK(memory.atomic_wait32(~uint64_t{3}, 0).err().kind() == ErrorKind::kUsage);
}

TEST_CASE("shared memories: an embedder's memory is told not to move, and aligned", "[threads]") {
  EACH_TIER;
  struct Bytes : LinearMemory {
    explicit Bytes(const MemoryRequest& r, size_t shift) : bytes(r.maximum + 64), shift(shift) {}
    uint8_t* base() const override {
      return reinterpret_cast<uint8_t*>((reinterpret_cast<uintptr_t>(bytes.data()) + 15) / 16 * 16 + shift);
    }
    bool grow_to(uint64_t) override { return true; }
    std::vector<uint8_t> bytes;
    size_t shift;
  };
  struct Creator : MemoryCreator {
    std::unique_ptr<LinearMemory> create(const MemoryRequest& r) override {
      CHECK_FALSE(r.may_move);
      return std::make_unique<Bytes>(r, shift);
    }
    size_t shift = 0;
  };
  auto creator = std::make_shared<Creator>();
  Config config = threads_config(MemoryStyle::kChecks);
  config.memory_creator = creator;
  const Engine engine(config);
  const auto memory = SharedMemory::create(engine, kShared).unwrap();
  Guest g(engine, R"((func (export "run") (result i32) (drop (memory.grow (i32.const 1)))
    (i32.atomic.store (i32.const 65536) (i32.const 7)) (i32.atomic.rmw.add (i32.const 65536) (i32.const 1))))",
          memory);
  CHECK(g.call("run") == 7);
  creator->shift = 4;
  CHECK(SharedMemory::create(engine, kShared).err().kind() == ErrorKind::kResource);
}
