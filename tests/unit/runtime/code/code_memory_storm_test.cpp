// Row 33 of the failure classes: code dropped while it is looked up. Eight threads publish, look up and drop;
// signal handlers in all of them look up too; two more threads do nothing but look up, so that there is
// hardly ever a moment without a reader.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <random>
#include <thread>

#include "catch.h"
#include "unit/runtime/code/fake_code.h"

namespace wjit::test {

using rt::CodeHandle;
using rt::CodeHit;
using rt::CodeMapping;
using rt::CodeMemory;
using rt::PcIs;

namespace {

constexpr int kWorkers = 8, kReaders = 2, kSlots = 64;
#ifdef WJIT_EMULATED
// A signal costs an emulator so much that a storm of them leaves no time for anything else.
constexpr int kRounds = 20, kHandled = 100, kPause = 5000;
#else
constexpr int kRounds = 400, kHandled = 1000, kPause = 6;
#endif

struct Storm {
  CodeMemory* memory;
  std::array<std::atomic<uintptr_t>, kSlots> addresses{};  // of code that is, or was a moment ago, published
  std::atomic<uint64_t> hits{0}, handled{0}, hits_in_handlers{0}, wrong{0};
  std::atomic<int> running{kWorkers};
  std::atomic<bool> over{false};

  // Everything published says its number in every table; a mixture of two objects does not add up.
  bool look(uintptr_t at) {
    CodeHit hit;
    if (!memory->lookup(at + 8, &hit)) return false;
    const auto number = reinterpret_cast<uintptr_t>(hit.owner);
    // The address may by now be in the middle of a larger object, where there is nothing to find.
    const bool right = hit.object == at
                           ? hit.in_function && hit.func_index == uint32_t(number) && hit.raise == number &&
                                 hit.trap == vm::TrapCode::kMemoryOutOfBounds && hit.offset == 8 &&
                                 hit.wasm_offset == uint32_t(number) && hit.func_end - hit.func_start == 16
                           : number % 4 == 0 && hit.offset >= 4096 && !hit.in_function && hit.raise == number;
    if (!right) wrong.fetch_add(1, std::memory_order_relaxed);
    CodeHit call;
    if (memory->lookup(at + 32, &call, PcIs::kReturnAddress) && call.object == at && call.func_start != 16)
      wrong.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
};
std::atomic<Storm*> storm_of_handlers{nullptr};

void on_profiling_signal(int) {
  Storm* storm = storm_of_handlers.load(std::memory_order_acquire);
  if (!storm) return;
  storm->handled.fetch_add(1, std::memory_order_relaxed);
  for (auto& address : storm->addresses)
    if (uintptr_t at = address.load(std::memory_order_relaxed))
      if (storm->look(at)) storm->hits_in_handlers.fetch_add(1, std::memory_order_relaxed);
}

// Code of `number`, of one granule or several.
CodeHandle publish(CodeMemory& memory, uint64_t number) {
  std::vector<uint8_t> bytes(number % 4 == 0 ? 9000 : 64);
  const auto n = uint32_t(number);
  auto handle =
      memory.publish(bytes, {.owner = reinterpret_cast<void*>(number),
                             .functions = {{0, 16, n}, {16, 32, n}},
                             .traps = {{0, vm::TrapCode::kNone, n}, {8, vm::TrapCode::kMemoryOutOfBounds, n}},
                             .raise = number});
  WJIT_ASSERT(handle.has_value());
  return std::move(*handle);
}

void work(Storm& storm, uint64_t worker) {
  std::mt19937_64 random(worker);
  std::vector<std::pair<CodeHandle, size_t>> mine;
  // Until the handlers, too, have had something to do.
  auto go_on = [&](uint64_t round) {
    return round <= kRounds ||
           (storm.hits_in_handlers.load(std::memory_order_relaxed) < kHandled && round < 1000 * kRounds);
  };
  for (uint64_t round = 1; go_on(round); ++round) {
    CodeHandle h = publish(*storm.memory, worker << 24 | round);
    const size_t slot = random() % kSlots;
    storm.addresses[slot].store(h->begin(), std::memory_order_relaxed);
    if (!storm.look(h->begin()))
      storm.wrong.fetch_add(1, std::memory_order_relaxed);  // ours, still published
    mine.emplace_back(std::move(h), slot);
    if (mine.size() > 4) mine.erase(mine.begin() + long(random() % mine.size()));
    for (int i = 0; i < 4; ++i)
      if (uintptr_t at = storm.addresses[random() % kSlots].load(std::memory_order_relaxed))
        if (storm.look(at)) storm.hits.fetch_add(1, std::memory_order_relaxed);
  }
  mine.clear();
  storm.running.fetch_sub(1, std::memory_order_acq_rel);
  while (!storm.over.load(std::memory_order_acquire))
    usleep(200);  // signals are only sent to threads that live
}

}  // namespace

TEST_CASE("Code is dropped while threads and signal handlers look it up [row33]", "[code]") {
  const auto mapping = GENERATE(CodeMapping::kDual, CodeMapping::kPrivate);
  if (mapping == CodeMapping::kDual && !has_dual_mapping()) return;
  CodeMemory memory({mapping, mapping, size_t{16} << 20});
  Storm storm{&memory};
  struct sigaction action {
  }, before;
  action.sa_handler = on_profiling_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGPROF, &action, &before);
  storm_of_handlers.store(&storm, std::memory_order_release);

  std::vector<std::thread> workers, readers;
  for (uint64_t w = 1; w <= kWorkers; ++w) workers.emplace_back([&storm, w] { work(storm, w); });
  for (int r = 0; r < kReaders; ++r)
    readers.emplace_back([&storm] {
      while (!storm.over.load(std::memory_order_acquire))
        for (auto& address : storm.addresses) storm.look(address.load(std::memory_order_relaxed));
    });
  for (size_t next = 0; storm.running.load(std::memory_order_acquire) != 0; ++next) {
    pthread_kill(workers[next % kWorkers].native_handle(), SIGPROF);
    usleep(kPause);
  }
  storm.over.store(true, std::memory_order_release);
  for (std::thread& t : workers) t.join();
  for (std::thread& t : readers) t.join();
  storm_of_handlers.store(nullptr, std::memory_order_release);
  sigaction(SIGPROF, &before, nullptr);

  INFO(storm.handled << " signals handled, " << storm.hits << " and " << storm.hits_in_handlers
                     << " lookups hit");
  CHECK(storm.wrong == 0);
  CHECK(storm.hits > 0);
  CHECK(storm.hits_in_handlers >= kHandled);
  CHECK(memory.objects() == 0);
  CHECK(memory.bytes_in_use() == 0);
}

}  // namespace wjit::test
