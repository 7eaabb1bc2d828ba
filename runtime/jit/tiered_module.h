// The native code of one module whose functions become native when they are hot: what there is, who is to learn of new
// code, and what the interpreter does when a count says that something is hot.
//
// Invariants.
//  1. Publishing a function: its code is executable; then every instance's entry word is stored, and the func ref the
//     instance has of it; then its CodeEntry holds the bridge. A bridge therefore never leads back to the interpreter,
//     whatever thread looks when. New instances and new func refs get their words under the same lock, so none is left out.
//  2. Code, bridges and bytecode stay as long as the module: frames of each may be anywhere.
//     A function that is half-way to being hot goes on in bytecode that keeps a profile (compiler/translate/profile.h), until
//     it or one of its loops is submitted: then back in the one that only counts, so that what waits for its native code
//     pays for no profile. The two have the same frames, and a frame changes from one to the other at its function's
//     beginning or at a loop header, when it asks here.
//  3. hot_calls and hot_loops of an entry are written under the lock (but for races with counts, which only delay), so
//     that what is published does not get lost between looking and waiting.
//  4. Compiling holds no lock, and nothing of the guest's waits for it. With no background threads the guest's thread
//     compiles itself, from a fiber on the resumer's stack; with them, what they have not begun after a while (TierUp::take).
//  5. New code calls directly what is published already, and everything else through entries.
#pragma once
#include <atomic>
#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "compiler/support/result.h"
#include "runtime/code/code_map.h"
#include "runtime/code/code_memory.h"
#include "runtime/jit/tier_up.h"
#include "vmcontext/vm_types.h"

namespace wjit {
struct CompileOptions;
struct NativeCode;
}  // namespace wjit

namespace wjit::rt {

class Instance;
class Store;

class TieredModule {
 public:
  explicit TieredModule(CompiledModule& module);
  ~TieredModule();

  // An instance with all its entry words set to the interpreter's stubs.
  void add(Instance& instance);
  void remove(Instance& instance);
  // Builds one of the instance's func refs, which it has not got yet, at its place.
  void make_func_ref(Instance& instance, uint32_t func_index, vm::VMFuncRef* place);

  // For the interpreter: what a frame of `code` goes on with, and at which word of it; null: with what it has.
  struct GoOn {
    const bc::Code* code = nullptr;
    uint32_t word = 0;
  };
  GoOn hot_call(Store& store, CodeEntry& entry, const bc::Code& code);
  GoOn hot_loop(Store& store, CodeEntry& entry, const bc::Code& code, const uint64_t* ip);

  // Compiles and publishes; any thread. All functions, or one loop.
  void run(std::span<const TierJob> jobs) noexcept;
  // What is being compiled need not be finished: nobody will run it.
  void give_up() { given_up_.store(true, std::memory_order_relaxed); }

  struct FuncReport {
    uint64_t compile_nanoseconds = 0, code_bytes = 0;  // of function and loops
    uint32_t loops_compiled = 0, loops_refused = 0;
    uint64_t loops_entered = 0;
    std::string loop_refusal;  // why the last one was
    uint32_t last_calls = 0, last_rounds = 0;  // when a loop was last asked for, or made
  };
  struct Refusal {
    uint32_t func_index;
    std::string reason;
    Error error;
  };
  struct Report {
    std::unordered_map<uint32_t, FuncReport> functions;  // by defined index: those that something was done for
    std::vector<Refusal> refused;                        // sorted
    uint32_t native = 0;
    uint64_t code_bytes = 0;
  };
  Report report() const;
  // The n-th that was refused, in no order; stays as long as the module. Null: there are not as many.
  const Refusal* refusal(size_t n) const;

 private:
  struct Loop {
    enum class State : uint8_t { kWaiting, kReady, kRefused } state = State::kWaiting;
    vm::VMCodeEntry entry{nullptr};  // what the trampoline calls through
    const bc::Code* code = nullptr;  // where it is
    const bc::LoopHeader* header = nullptr;
    std::unique_ptr<const bc::Code> bridge;
  };
  // Thresholds of an entry, and the counts from which on it keeps a profile.
  struct Steps {
    uint32_t calls, loops, profiled_calls, profiled_loops;
  };
  Steps steps(const CodeEntry& entry) const;
  void begin_profile(Store& store, CodeEntry& entry);
  // At that loop header of `code`, the bytecode that the function has now; under the lock.
  static GoOn bytecode_now(const CodeEntry& entry, const bc::Code& code, uint32_t loop);
  static uint64_t key(uint32_t defined, uint32_t loop) { return uint64_t{defined} << 32 | loop; }
  // Whoever is to compile it does, or has. False: ask again later.
  bool submit(Store& store, TierJob job);
  // What waits for too long is compiled here.
  void help(Store& store, TierJob job);
  void request(Store& store, CodeEntry& entry);
  GoOn enter(const CodeEntry& entry, const Loop& loop, const bc::Code& code, uint32_t number);
  GoOn find_loop(Store& store, CodeEntry& entry, const bc::Code& code, const uint64_t* ip);
  support::Result<CompileOptions> options() const;
  support::Result<CodeHandle> publish(NativeCode& code);
  void publish_in(Instance& instance, uint32_t defined, vm::VMWasmCallFunction* code);
  void stop_counting(CodeEntry& entry);
  void compile_functions(std::span<const TierJob> jobs);
  void compile_loop(const TierJob& job);
  support::Result<void> try_functions(std::span<const TierJob> jobs);
  support::Result<void> try_loop(const TierJob& job, Loop& loop);
  void refuse(CodeEntry& entry, std::string reason, Error error);
  bool is_chosen(const CodeEntry& entry, uint32_t loop, size_t loops) const;

  CompiledModule& module_;
  TierUp& tier_up_;
  mutable std::mutex lock_;
  std::vector<Instance*> instances_;
  std::unordered_map<uint32_t, vm::VMWasmCallFunction*> published_;  // by defined index
  std::vector<CodeHandle> code_;
  std::unordered_map<uint64_t, std::unique_ptr<Loop>> loops_;
  std::unordered_map<uint32_t, FuncReport> reports_;
  std::deque<Refusal> refusals_;  // handed out, so they do not move
  std::atomic<bool> given_up_{false};
};

}  // namespace wjit::rt
