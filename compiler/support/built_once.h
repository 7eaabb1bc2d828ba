// A value built when it is first asked for, by whichever thread comes first. What throws while it builds
// leaves it to whoever asks next. (std::call_once promises that too, and hangs on some C libraries.)
#pragma once
#include <atomic>
#include <memory>
#include <mutex>

namespace wjit::support {

template <class T>
class BuiltOnce {
 public:
  template <class F>
  const T& get(F&& build) const {
    if (const T* t = built_.load(std::memory_order_acquire)) return *t;
    std::lock_guard lock(mutex_);
    if (!owner_) {
      owner_.reset(new T(build()));
      built_.store(owner_.get(), std::memory_order_release);
    }
    return *owner_;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::atomic<const T*> built_{nullptr};
  mutable std::unique_ptr<const T> owner_;
};

}  // namespace wjit::support
