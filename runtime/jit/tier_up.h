// Who compiles hot functions, and which of them first: the engine's queue and threads.
//
// Invariants.
//  - A job is of a module that is not forgotten. forget takes a module's jobs out and waits for those that run, so a
//    worker needs no handle on modules, and never is the one that drops the last.
//  - Guests never wait here: a queue that is full, or held by somebody, refuses, and the function asks again later.
//  - A process that was forked has none of the threads, and compiles nothing in the background. (If a thread was just
//    publishing when it was forked, a lock of that module's is never free there.)
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
  bool is_loop() const { return loop != ~uint32_t{0}; }
};

class TierUp {
 public:
  explicit TierUp(const Config& config);
  ~TierUp();  // there are no modules any more
  TierUp(const TierUp&) = delete;

  bool has_threads() const { return most_threads_ != 0; }
  // False: ask again later.
  bool push(TierJob job);
  void forget(TieredModule& module);
  // Until nothing is queued and nothing runs; for tests and reports.
  void wait_until_idle();

 private:
  static constexpr size_t kMostJobs = 512;
  static constexpr size_t kBatch = 16, kBatchBytes = 16 << 10;  // functions, and bytes of their bodies
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
