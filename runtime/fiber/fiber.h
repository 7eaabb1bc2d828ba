// Fibers: small guarded stacks on which resumable calls run, the pool that lends them, and the switch.
//
// The problem. A resumable call stops in the middle of native frames and goes on later, maybe on another
// thread. So it runs on a stack of its own, of which ten thousand must fit into a process with the kernel's
// default settings.
//
// The strategy. One symmetric switch (switch_x64.cpp, switch_a64.cpp): it pushes what the platform's C
// convention makes the callee keep, and the floating-point control state, exchanges the stack pointer with
// the fiber's word for it, and pops the same from the other stack. While a fiber is suspended that word is
// its own stack pointer; while it runs, its resumer's.
//
// Invariants.
//  - Everything that must be told about a switch (sanitizers, Fiber::current) is told by the resumer, before
//  and
//    after, on the resumer's stack. On the fiber a suspension is the switch and nothing else, so emitted code
//    can call it directly and no C++ frame lies under the suspension.
//  - Only emitted frames may lie under a suspension that is not sure to be resumed: destroying a suspended
//  fiber
//    gives its stack back and unwinds nothing. Whoever needs the frames to end in order sets cancelled and
//    resumes (emitted code then takes its trap path).
//  - A fiber is resumed by one thread at a time; which one may change from resume to resume. Threads that
//  hand a
//    fiber on synchronise by their own means.
//  - Code that may run on a fiber never keeps the address of a thread_local across a suspension.
//  - Host functions, lazy compilation and deep library calls run on the resumer's stack (call_on_resumer).
//  The guard
//    page below a stack is for mistakes; emitted code compares with stack_limit, which derives from
//    stack_low().
//  - No exception leaves a fiber's body or a function called on the resumer (it would have to cross the
//  switch).
//  - The last frame of a fiber is wjit_fiber_root: frame pointer 0 and return address undefined, so that
//  walks by
//    frame pointer, gdb and libunwind end there.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

namespace wjit::rt {

class Fiber;

// Stacks of one size, cut from slabs of up to 64. Safe to use from all threads; outlives its fibers.
class FiberPool {
 public:
  struct Options {
    size_t stack_size = 256 << 10;  // usable bytes, rounded up to pages
    size_t keep_stacks = 256;       // idle stacks that stay warm; of the others no page stays
    size_t keep_bytes = 16 << 10;   // what stays resident of a warm one, at its top
    bool light_guards = true;  // guards without mappings of their own, where the kernel has them (Linux 6.13)
  };
  struct Stats {
    size_t in_use, warm, slabs;
    bool light_guards;
  };

  explicit FiberPool(const Options& options);
  ~FiberPool();
  FiberPool(const FiberPool&) = delete;
  FiberPool& operator=(const FiberPool&) = delete;

  size_t stack_size() const { return stack_size_; }
  Stats stats() const;

 private:
  friend class Fiber;
  struct Slab;
  struct Stack {
    char* low = nullptr;  // lowest usable byte; the guard page lies below
    char* high = nullptr;
    Slab* slab = nullptr;
    uint32_t index = 0;
  };

  bool acquire(Stack* out);  // false: no memory, no address space or no mappings left
  void release(const Stack& stack);
  Slab* map_slab();
  bool unmap_slab(Slab* slab);
  bool guard(Slab* slab, uint32_t index);
  void link(Slab** list, Slab* slab);
  void unlink(Slab** list, Slab* slab);

  const size_t page_size_;
  const size_t stack_size_, stride_, keep_bytes_;  // a stride of 0: the stack size is beyond reason
  const size_t keep_stacks_;
  const uint32_t slab_stacks_;
  mutable std::mutex mutex_;
  Slab* open_ = nullptr;  // slabs with idle stacks, the last one returned to first
  Slab* full_ = nullptr;
  size_t in_use_ = 0, idle_ = 0, warm_ = 0, slabs_ = 0;
  bool light_guards_;
};

class Fiber {
 public:
  enum class Stop : uint32_t { kSuspended, kFinished };
  using Body = void (*)(Fiber*, void* arg);

  // A fiber that will run body(fiber, arg); null when there is no memory for it. The body starts with the
  // platform's default floating-point control state.
  static std::unique_ptr<Fiber> create(FiberPool& pool, Body body, void* arg);
  ~Fiber();  // not while it runs
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // ---- for the resumer

  // Runs the body until it returns or suspends; calls what it asks to have called meanwhile.
  Stop resume() noexcept;
  bool finished() const { return state_ == State::kFinished; }

  // ---- on the fiber

  void suspend();
  // Runs fn(arg) on the resumer's stack, with its floating-point control state, and returns after it. The
  // function may use other fibers. It must not throw.
  void call_on_resumer(void (*fn)(void*), void* arg);

  // ---- everywhere

  // The fiber this code runs on, null on a thread's own stack. Never inlined: see the invariants.
  static Fiber* current();
  char* stack_low() const { return stack_.low; }
  char* stack_high() const { return stack_.high; }
  bool contains(const void* p) const { return p >= stack_.low && p < stack_.high; }

  // Set before a resume, read by the body after suspend() returns. One byte at kCancelledOffset.
  bool cancelled() const { return cancelled_ != 0; }
  void set_cancelled() { cancelled_ = 1; }
  static constexpr uint32_t kCancelledOffset = 12;

 private:
  enum class State : uint32_t { kSuspended, kRunning, kFinished };

  Fiber(FiberPool& pool, const FiberPool::Stack& stack, Body body, void* arg);
  void switch_in();

  // The words that the switch knows, first and in this order.
  char* other_sp_;    // of the side that does not run
  uint32_t why_ = 0;  // why the fiber last switched to the resumer: a Stop, or kCall
  uint8_t cancelled_ = 0;
  void (*call_fn_)(void*) = nullptr;  // what it asks to have called
  void* call_arg_ = nullptr;

  State state_ = State::kSuspended;
  FiberPool* pool_;
  FiberPool::Stack stack_;
  void* sanitizer_ =
      nullptr;  // TSan: its context for the fiber. ASan: the fiber's fake stack while suspended.
  uint32_t valgrind_id_ = 0;

  static constexpr uint32_t kCall = 2;
  struct Layout;
};

// For emitted code: both are called as C functions, from the fiber, with its Fiber*, and leave no frame but
// their own. They keep what the C convention makes a callee keep, and the floating-point control state; all
// else is lost.
extern "C" void wjit_fiber_suspend(Fiber*);
extern "C" void wjit_fiber_call_on_resumer(Fiber*, void (*fn)(void*), void* arg);

}  // namespace wjit::rt
