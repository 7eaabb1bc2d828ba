#include "runtime/jit/tier_up.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "runtime/code/code_map.h"
#include "runtime/compiled_module.h"
#include "runtime/jit/tiered_module.h"

namespace wjit::rt {

namespace {

// A core for the guest; and few compile as fast as functions become hot.
unsigned thread_count(const Config& config) {
  if (config.compile_threads != Config::kThreadPerCore) return std::min(config.compile_threads, 64u);
  return std::clamp(std::thread::hardware_concurrency() / 2, 1u, 4u);
}

constexpr uint64_t kLongestPause = 4'000'000;

// Worth over cost, scaled. A job that has just come is of a function that runs now: it gets something in advance.
uint64_t urgency(const TierJob& job) { return ((job.spent() - job.spent_before + 50'000) << 10) / job.cost(); }

// Signals are for the embedder's threads.
class NoSignals {
 public:
  NoSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~NoSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

// Of a function the next call profits, of a loop the next round does.
uint64_t TierJob::spent() const {
  const uint64_t calls = entry->calls.load(std::memory_order_relaxed), loops = entry->loops.load(std::memory_order_relaxed);
  return loops * kRoundNanoseconds + (is_loop() ? 0 : calls * kCallNanoseconds);
}
uint64_t TierJob::cost() const {
  return 30'000 + 1'000 * uint64_t{entry->module->wasm().bodies[entry->defined_index].size};
}

TierUp::TierUp(const Config& config) : most_threads_(thread_count(config)), process_(getpid()) {
  jobs_.reserve(kMostJobs);
  workers_.reserve(most_threads_);
}

bool TierUp::is_forked() const { return getpid() != process_; }

TierUp::~TierUp() {
  if (is_forked()) {
    for (auto& w : workers_) (void)w.release();  // nobody is there to be waited for
    conditions_.release();
    return;
  }
  {
    const std::lock_guard hold(lock_);
    WJIT_ASSERT(jobs_.empty());
    stop_ = true;
  }
  conditions_->wake.notify_all();
  for (auto& w : workers_) w->thread.join();
}

bool TierUp::start_worker() {
  try {
    auto worker = std::make_unique<Worker>();
    Worker& w = *worker;
    const NoSignals none;
    w.thread = std::thread([this, &w] { work(w); });
    workers_.push_back(std::move(worker));  // there is room
    return true;
  } catch (const std::exception&) {
    return !workers_.empty();  // no more threads: those that there are do it
  }
}

bool TierUp::push(TierJob job) {
  const std::unique_lock hold(lock_, std::try_to_lock);
  if (!hold || is_forked() || jobs_.size() == kMostJobs) return false;
  if (idle_ == 0 && workers_.size() < most_threads_ && !start_worker()) return false;
  job.spent_before = job.spent();
  jobs_.push_back(job);
  conditions_->wake.notify_one();
  return true;
}

bool TierUp::take(const TierJob& job) {
  const uint64_t cost = job.cost(), spent = job.spent();
  if (cost > kLongestPause) return false;
  const std::unique_lock hold(lock_, std::try_to_lock);
  if (!hold || is_forked()) return false;
  const auto at = std::find_if(jobs_.begin(), jobs_.end(), [&](const TierJob& j) {
    return j.entry == job.entry && j.loop == job.loop && spent - j.spent_before >= cost;
  });
  if (at == jobs_.end()) return false;
  jobs_.erase(at);
  if (jobs_.empty()) conditions_->done.notify_all();  // wait_until_idle
  return true;
}

void TierUp::forget(TieredModule& module) {
  if (is_forked()) return;
  module.give_up();
  std::unique_lock hold(lock_);
  std::erase_if(jobs_, [&](const TierJob& j) { return j.module == &module; });
  if (jobs_.empty()) conditions_->done.notify_all();  // wait_until_idle
  conditions_->done.wait(hold, [&] {
    return std::none_of(workers_.begin(), workers_.end(), [&](const auto& w) { return w->running == &module; });
  });
}

void TierUp::wait_until_idle() {
  std::unique_lock hold(lock_);
  conditions_->done.wait(hold, [&] {
    return jobs_.empty() && std::all_of(workers_.begin(), workers_.end(), [](const auto& w) { return !w->running; });
  });
}

// The most urgent job, and if it is a function, the most urgent others of its module.
void TierUp::take_batch(std::vector<TierJob>& batch) {
  std::vector<std::pair<uint64_t, size_t>> order;
  for (size_t i = 0; i < jobs_.size(); ++i) order.push_back({urgency(jobs_[i]), i});
  std::sort(order.begin(), order.end(), std::greater<>());
  std::vector<bool> taken(jobs_.size());
  size_t bytes = 0;
  const TierJob first = jobs_[order[0].second];
  for (const auto& [hot, i] : order) {
    const TierJob& j = jobs_[i];
    if (!batch.empty() && (first.is_loop() || j.is_loop() || j.module != first.module)) continue;
    bytes += j.entry->module->wasm().bodies[j.entry->defined_index].size;
    if (!batch.empty() && (bytes > kBatchBytes || batch.size() == kBatch)) break;
    batch.push_back(j);
    taken[i] = true;
  }
  size_t kept = 0;
  for (size_t i = 0; i < jobs_.size(); ++i)
    if (!taken[i]) jobs_[kept++] = jobs_[i];
  jobs_.resize(kept);
}

void TierUp::work(Worker& self) {
  // On a small machine the guest's thread gets three quarters of what the two want. (The number is the thread's on Linux.)
  const auto thread = static_cast<id_t>(syscall(SYS_gettid));
  setpriority(PRIO_PROCESS, thread, getpriority(PRIO_PROCESS, thread) + 5);
  std::vector<TierJob> batch;
  try {
    batch.reserve(kBatch);  // so that taking jobs does not fail half-way
  } catch (const std::bad_alloc&) {
  }
  std::unique_lock hold(lock_);
  for (;;) {
    ++idle_;
    conditions_->wake.wait(hold, [&] { return stop_ || !jobs_.empty(); });
    --idle_;
    if (stop_) return;
    try {
      take_batch(batch);
    } catch (const std::bad_alloc&) {
      if (batch.empty()) batch.push_back(jobs_.front()), jobs_.erase(jobs_.begin());
    }
    self.running = batch.front().module;
    hold.unlock();
    self.running->run(batch);
    batch.clear();
    hold.lock();
    self.running = nullptr;
    conditions_->done.notify_all();
  }
}

}  // namespace wjit::rt
