// What sanitizers and valgrind must be told about fibers; without them, nothing. SwitchNotice is held by the
// resumer around a switch: nothing instrumented runs between its two halves and the fiber's code, so the
// fiber's side has nothing to tell.
#pragma once
#include <cstddef>
#include <cstdint>

#if defined(__SANITIZE_ADDRESS__)
#define WJIT_FIBER_ASAN 1
#elif defined(__SANITIZE_THREAD__)
#define WJIT_FIBER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WJIT_FIBER_ASAN 1
#elif __has_feature(thread_sanitizer)
#define WJIT_FIBER_TSAN 1
#endif
#endif

#if defined(WJIT_FIBER_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#elif defined(WJIT_FIBER_TSAN)
#include <sanitizer/tsan_interface.h>
#endif

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(low, high) 0u
#define VALGRIND_STACK_DEREGISTER(id) (void(id))
#endif

namespace wjit::rt::sanitize {

#if defined(WJIT_FIBER_ASAN)

inline void* make_context() { return nullptr; }  // a fake stack, made by ASan when it needs one

class SwitchNotice {
 public:
  SwitchNotice(void** fiber_context, char* low, char* high) {
    __sanitizer_start_switch_fiber(&fake_stack_, low, size_t(high - low));
    __sanitizer_finish_switch_fiber(*fiber_context, &low_, &size_);
  }
  void back(void** fiber_context, bool finished) {
    *fiber_context = nullptr;
    __sanitizer_start_switch_fiber(finished ? nullptr : fiber_context, low_, size_);
    __sanitizer_finish_switch_fiber(fake_stack_, nullptr, nullptr);
  }

 private:
  void* fake_stack_ = nullptr;
  const void* low_ = nullptr;
  size_t size_ = 0;
};

// The context of a fiber that will not run again: entered, and left as one leaves a finished one.
inline void destroy_context(void* context, char* low, char* high) {
  if (!context) return;
  SwitchNotice notice(&context, low, high);
  notice.back(&context, true);
}

// Frames that never returned leave their red zones behind.
inline void forget_frames(char* low, char* high) { __asan_unpoison_memory_region(low, size_t(high - low)); }

#elif defined(WJIT_FIBER_TSAN)

inline void* make_context() { return __tsan_create_fiber(0); }

class SwitchNotice {
 public:
  SwitchNotice(void** fiber_context, char*, char*) : mine_(__tsan_get_current_fiber()) {
    __tsan_switch_to_fiber(*fiber_context, 0);
  }
  void back(void**, bool) { __tsan_switch_to_fiber(mine_, 0); }

 private:
  void* mine_;
};

inline void destroy_context(void* context, char*, char*) { __tsan_destroy_fiber(context); }
inline void forget_frames(char*, char*) {}

#else

inline void* make_context() { return nullptr; }

class SwitchNotice {
 public:
  SwitchNotice(void**, char*, char*) {}
  void back(void**, bool) {}
};

inline void destroy_context(void*, char*, char*) {}
inline void forget_frames(char*, char*) {}

#endif

}  // namespace wjit::rt::sanitize
