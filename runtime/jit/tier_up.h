// Who compiles hot functions, and which of them first: the engine's queue and threads.
//
// Invariants.
//  - A job is of a module that is not forgotten. forget takes a module's jobs out and waits for those that run, so a
//    worker needs no handle on modules, and never is the one that drops the last.
//  - Guests never wait here: a queue that is full, or held by somebody, refuses, and the function asks again later.
//  - What is estimated to be worth most per time it takes is compiled first: what the interpreter has spent in a function
//    since it was asked for, over what compiling it costs. When the interpreter has spent as much as that and nobody has
//    begun, the guest takes the job out and compiles it itself (take), unless that would be a long pause.
//  - A process that was forked has none of the threads, and compiles nothing in the background. (If a thread was just
//    publishing when it was forked, a lock of that module's is never free there: TieredModule's, or for an instant one of
//    FunctionThunks or NativeEntries, which are not held while code is made or published. Compiling takes no other lock
//    that a fork could leave taken: reading the type registry needs none, and CodeMemory sees to its own.)
//  - Locks: TieredModule's may be held when this one is tried for, never the other way round.
#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "compiler/bytecode/code.h"
#include "wjit/config.hpp"

namespace wjit::rt {

class TieredModule;
struct CodeEntry;

struct TierJob {
  TieredModule* module;
  CodeEntry* entry;
  uint32_t loop = ~uint32_t{0};  // which of the function's; none: the function
  static constexpr uint64_t kCallNanoseconds = 100, kRoundNanoseconds = 20;
  uint64_t spent_before = 0;     // spent() when it was pushed
  bool is_loop() const { return loop != ~uint32_t{0}; }
  // Nanoseconds, roughly: in the interpreter so far, and for compiling it.
  uint64_t spent() const;
  uint64_t cost() const;
};

class TierUp {
 public:
  explicit TierUp(const Config& config);
  ~TierUp();  // there are no modules any more
  TierUp(const TierUp&) = delete;

  bool has_threads() const { return most_threads_ != 0; }
  // False: ask again later.
  bool push(TierJob job);
  // Whether the job was waiting, for as long as compiling it may take, and is the caller's now.
  bool take(const TierJob& job);
  void forget(TieredModule& module);
  // Until nothing is queued and nothing runs; for tests and reports.
  void wait_until_idle();

 private:
  static constexpr size_t kMostJobs = 512;
  static constexpr size_t kBatch = 8, kBatchBytes = 4 << 10;  // functions, and bytes of their bodies
  struct Worker {
    std::thread thread;
    TieredModule* running = nullptr;
  };
  bool start_worker();
  void work(Worker& self);
  void take_batch(std::vector<TierJob>& batch);

  bool is_forked() const;

  const unsigned most_threads_;
  const int process_;
  std::mutex lock_;
  // Never destroyed in a forked process: one that somebody waited for there would wait for them.
  struct Conditions {
    std::condition_variable wake, done;
  };
  std::unique_ptr<Conditions> conditions_ = std::make_unique<Conditions>();
  std::vector<TierJob> jobs_;
  std::vector<std::unique_ptr<Worker>> workers_;
  unsigned idle_ = 0;
  bool stop_ = false;
};

}  // namespace wjit::rt
