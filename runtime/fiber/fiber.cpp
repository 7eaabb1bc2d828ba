// Running and stopping fibers. The invariants stand in fiber.h.
#include "runtime/fiber/fiber.h"

#include <new>
#include <type_traits>

#include "compiler/support/result.h"
#include "runtime/fiber/sanitize.h"
#include "runtime/fiber/switch.h"

namespace wjit::rt {

// The offsets that stand as numbers in the assembly.
struct Fiber::Layout {
  static_assert(std::is_standard_layout_v<Fiber>);
  static_assert(offsetof(Fiber, other_sp_) == 0 && offsetof(Fiber, why_) == 8);
  static_assert(offsetof(Fiber, call_fn_) == 16 && offsetof(Fiber, call_arg_) == 24);
  static_assert(offsetof(Fiber, cancelled_) == kCancelledOffset);
  static_assert(uint32_t(Stop::kFinished) == 1 && kCall == 2);
};

namespace {

thread_local Fiber* tl_current = nullptr;

// A fiber may wake on another thread, and a compiler may keep the address of a thread_local across a call.
// Here it is computed anew each time: neither function is inlined, and neither can be taken for one without
// effects.
[[gnu::noinline]] void set_current(Fiber* fiber) {
  tl_current = fiber;
  asm volatile("" ::: "memory");
}

}  // namespace

[[gnu::noinline]] Fiber* Fiber::current() {
  asm volatile("" ::: "memory");
  return tl_current;
}

std::unique_ptr<Fiber> Fiber::create(FiberPool& pool, Body body, void* arg) {
  FiberPool::Stack stack;
  if (!pool.acquire(&stack)) return nullptr;
  Fiber* fiber = new (std::nothrow) Fiber(pool, stack, body, arg);
  if (!fiber) pool.release(stack);
  return std::unique_ptr<Fiber>(fiber);
}

Fiber::Fiber(FiberPool& pool, const FiberPool::Stack& stack, Body body, void* arg)
    : other_sp_(start_stack(stack.high, this, body, arg)),
      pool_(&pool),
      stack_(stack),
      sanitizer_(sanitize::make_context()),
      valgrind_id_(VALGRIND_STACK_REGISTER(stack.low, stack.high)) {}

Fiber::~Fiber() {
  WJIT_ASSERT(state_ != State::kRunning && "a fiber is not destroyed while it runs");
  sanitize::destroy_context(sanitizer_, stack_.low, stack_.high);
  sanitize::forget_frames(stack_.low, stack_.high);
  VALGRIND_STACK_DEREGISTER(valgrind_id_);
  pool_->release(stack_);
}

void Fiber::switch_in() {
  sanitize::SwitchNotice notice(&sanitizer_, stack_.low, stack_.high);
  wjit_fiber_switch(this);
  notice.back(&sanitizer_, why_ == uint32_t(Stop::kFinished));
}

// noexcept: what is called here for the fiber must not throw, because its frames lie elsewhere.
Fiber::Stop Fiber::resume() noexcept {
  WJIT_ASSERT(state_ == State::kSuspended && "a fiber is resumed when it is suspended, by one at a time");
  state_ = State::kRunning;
  Fiber* const resumer = current();
  for (;;) {
    why_ = uint32_t(Stop::kSuspended);
    set_current(this);
    switch_in();
    set_current(resumer);
    if (why_ != kCall) break;
    call_fn_(call_arg_);
  }
  const bool finished = why_ == uint32_t(Stop::kFinished);
  state_ = finished ? State::kFinished : State::kSuspended;
  return finished ? Stop::kFinished : Stop::kSuspended;
}

void Fiber::suspend() {
  WJIT_DASSERT(current() == this);
  wjit_fiber_suspend(this);
}

void Fiber::call_on_resumer(void (*fn)(void*), void* arg) {
  WJIT_DASSERT(current() == this);
  wjit_fiber_call_on_resumer(this, fn, arg);
}

}  // namespace wjit::rt
