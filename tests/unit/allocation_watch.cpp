#include "allocation_watch.h"

#include <cstdlib>
#include <new>

namespace {
thread_local size_t largest_request = 0, total_requested = 0;
}

// Sanitizers bring their own operator new, which finds more than ours would: there the watch sees nothing.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void* operator new(size_t size) {
  if (size > largest_request) largest_request = size;
  total_requested += size;
  if (void* p = std::malloc(size ? size : 1)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }
#endif

namespace wjit::test {

AllocationWatch::AllocationWatch() { largest_request = total_requested = 0; }
size_t AllocationWatch::largest() const { return largest_request; }
size_t AllocationWatch::total() const { return total_requested; }

}  // namespace wjit::test
