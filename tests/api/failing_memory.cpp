// Under AddressSanitizer this allocator stands on its malloc, so that it sees bounds, lifetimes and leaks as
// always; only that new and delete are paired as they should be is not seen here, but in the other programs.
#include "api/failing_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <new>

extern "C" {
void* __real_malloc(size_t);
void* __real_calloc(size_t, size_t);
void* __real_realloc(void*, size_t);
void __real_free(void*);
void* __real_mmap(void*, size_t, int, int, int, off_t);
void* __real_mremap(void*, size_t, size_t, int, ...);
int __real_munmap(void*, size_t);
}

namespace failing_memory {

namespace {

bool armed = false, failed = false;
After then = After::kGoesOn;
long count = 0, fail_at = 0;
long news = 0, mallocs = 0, mappings = 0;

bool fails() {
  if (!armed) return false;
  ++count;
  if (fail_at == 0 || (then == After::kGoesOn ? count != fail_at : count < fail_at)) return false;
  return failed = true;
}

void* take(size_t size, size_t align) {
  if (fails()) return nullptr;
  void* p = align > 16 ? std::aligned_alloc(align, (size + align - 1) / align * align)
                       : __real_malloc(size ? size : 1);
  if (p) ++news;
  return p;
}
void* take_or_throw(size_t size, size_t align = 1) {
  if (void* p = take(size, align)) return p;
  throw std::bad_alloc();
}
void give(void* p) {
  if (!p) return;
  --news;
  __real_free(p);
}

void* new_malloc(void* p) {
  if (p) ++mallocs;
  return p;
}
void* no_mapping() {
  errno = ENOMEM;
  return MAP_FAILED;
}

}  // namespace

Held held() {
  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  close(fd);
  return {news, mallocs, mappings, fd};
}

void arm(long n, After after) { count = 0, fail_at = n, then = after, failed = false, armed = true; }
void disarm() { armed = false; }
long counted() { return count; }
bool has_failed() { return failed; }

Pause::Pause() : before_(armed) { armed = false; }
Pause::~Pause() { armed = before_; }

}  // namespace failing_memory

using namespace failing_memory;

extern "C" {
void* __wrap_malloc(size_t size) { return fails() ? nullptr : new_malloc(__real_malloc(size)); }
void* __wrap_calloc(size_t n, size_t size) { return fails() ? nullptr : new_malloc(__real_calloc(n, size)); }
void* __wrap_realloc(void* p, size_t size) {
  if (fails()) return nullptr;
  void* moved = __real_realloc(p, size);
  return p ? moved : new_malloc(moved);
}
void __wrap_free(void* p) {
  if (p) --mallocs;
  __real_free(p);
}
void* __wrap_mmap(void* at, size_t size, int protection, int flags, int fd, off_t offset) {
  if (fails()) return no_mapping();
  void* p = __real_mmap(at, size, protection, flags, fd, offset);
  if (p != MAP_FAILED && !(flags & MAP_FIXED)) ++mappings;
  return p;
}
void* __wrap_mremap(void* p, size_t before, size_t after, int flags, ...) {
  return fails() ? no_mapping() : __real_mremap(p, before, after, flags);
}
int __wrap_munmap(void* p, size_t size) {
  const int result = __real_munmap(p, size);
  if (result == 0) --mappings;
  return result;
}
}

void* operator new(size_t size) { return take_or_throw(size); }
void* operator new[](size_t size) { return take_or_throw(size); }
void* operator new(size_t size, std::align_val_t align) { return take_or_throw(size, size_t(align)); }
void* operator new[](size_t size, std::align_val_t align) { return take_or_throw(size, size_t(align)); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return take(size, 1); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return take(size, 1); }
void* operator new(size_t size, std::align_val_t align, const std::nothrow_t&) noexcept {
  return take(size, size_t(align));
}
void* operator new[](size_t size, std::align_val_t align, const std::nothrow_t&) noexcept {
  return take(size, size_t(align));
}
void operator delete(void* p) noexcept { give(p); }
void operator delete[](void* p) noexcept { give(p); }
void operator delete(void* p, size_t) noexcept { give(p); }
void operator delete[](void* p, size_t) noexcept { give(p); }
void operator delete(void* p, std::align_val_t) noexcept { give(p); }
void operator delete[](void* p, std::align_val_t) noexcept { give(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { give(p); }
void operator delete[](void* p, size_t, std::align_val_t) noexcept { give(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { give(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { give(p); }
