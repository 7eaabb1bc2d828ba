// The pool of stacks.
//
// A slab is one mapping; stack i of it is [guard page | usable pages] at i · stride. With light guards
// (page-table marks, Linux 6.13) a slab stays one mapping, else a stack costs two. Huge pages are refused:
// the first touch of a stack would bring two megabytes.
//
// A slab's stacks are idle, warm (idle, and its top keep_bytes may be resident) or lent. A slab with idle
// stacks is in the list open_, the last one returned to in front; the others are in full_. Nothing here
// allocates after the slab exists, so that a stack can always be returned.
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <new>

#include "compiler/support/result.h"
#include "runtime/fiber/fiber.h"

namespace wjit::rt {

namespace {

constexpr size_t kSlabBytes = 16 << 20;  // about, unless a single stack is larger
constexpr uint32_t kMaxSlabStacks = 64;  // bits of a mask
constexpr size_t kMaxStackBytes = size_t{1} << 30;
constexpr int kMadvGuardInstall = 102;  // MADV_GUARD_INSTALL, younger than the C library's headers

size_t round_up(size_t bytes, size_t page) { return (bytes + page - 1) & ~(page - 1); }

// Whether the kernel refuses to read a page. It is asked because qemu's user mode says yes to any madvise and
// does nothing; and asked with a sleep of no time (the page is still zero), a call that every sandbox allows.
bool unreadable(const char* page) { return syscall(SYS_nanosleep, page, nullptr) != 0 && errno == EFAULT; }

}  // namespace

struct FiberPool::Slab {
  Slab* previous = nullptr;
  Slab* next = nullptr;
  char* base = nullptr;
  uint64_t idle = 0;     // not lent
  uint64_t warm = 0;     // of those
  uint64_t guarded = 0;  // the guard page is in place
};

FiberPool::FiberPool(const Options& options)
    : page_size_(size_t(sysconf(_SC_PAGESIZE))),
      stack_size_(round_up(std::clamp(options.stack_size, 4 * page_size_, kMaxStackBytes), page_size_)),
      stride_(options.stack_size > kMaxStackBytes ? 0 : stack_size_ + page_size_),
      keep_bytes_(std::min(round_up(std::min(options.keep_bytes, kMaxStackBytes), page_size_), stack_size_)),
      keep_stacks_(options.keep_stacks),
      slab_stacks_(uint32_t(std::clamp<size_t>(stride_ ? kSlabBytes / stride_ : 1, 1, kMaxSlabStacks))),
      light_guards_(options.light_guards) {}

FiberPool::~FiberPool() {
  WJIT_ASSERT(in_use_ == 0 && "the pool outlives its fibers");
  while (open_) {
    Slab* slab = open_;
    unlink(&open_, slab);
    munmap(slab->base, slab_stacks_ * stride_);
    delete slab;
  }
}

FiberPool::Stats FiberPool::stats() const {
  std::lock_guard lock(mutex_);
  return {in_use_, warm_, slabs_, light_guards_};
}

void FiberPool::link(Slab** list, Slab* slab) {
  slab->previous = nullptr;
  slab->next = *list;
  if (*list) (*list)->previous = slab;
  *list = slab;
}

void FiberPool::unlink(Slab** list, Slab* slab) {
  (slab->previous ? slab->previous->next : *list) = slab->next;
  if (slab->next) slab->next->previous = slab->previous;
}

FiberPool::Slab* FiberPool::map_slab() {
  if (stride_ == 0) return nullptr;
  Slab* slab = new (std::nothrow) Slab;
  if (!slab) return nullptr;
  const size_t bytes = slab_stacks_ * stride_;
  void* base = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (base == MAP_FAILED) {
    delete slab;
    return nullptr;
  }
  madvise(base, bytes, MADV_NOHUGEPAGE);  // fails where there are none
  slab->base = static_cast<char*>(base);
  slab->idle = ~uint64_t{0} >> (64 - slab_stacks_);
  link(&open_, slab);
  idle_ += slab_stacks_;
  ++slabs_;
  return slab;
}

// False: the process has no mappings left (neighbouring slabs are one mapping, and taking one out makes two).
bool FiberPool::unmap_slab(Slab* slab) {
  if (munmap(slab->base, slab_stacks_ * stride_) != 0) return false;
  unlink(&open_, slab);
  idle_ -= slab_stacks_;
  warm_ -= size_t(std::popcount(slab->warm));
  --slabs_;
  delete slab;
  return true;
}

// A guard stays as long as its slab: giving pages back never includes it.
bool FiberPool::guard(Slab* slab, uint32_t index) {
  const uint64_t bit = uint64_t{1} << index;
  if (slab->guarded & bit) return true;
  char* page = slab->base + index * stride_;
  if (light_guards_) light_guards_ = madvise(page, page_size_, kMadvGuardInstall) == 0 && unreadable(page);
  if (!light_guards_ && mprotect(page, page_size_, PROT_NONE) != 0) return false;
  slab->guarded |= bit;
  return true;
}

bool FiberPool::acquire(Stack* out) {
  std::lock_guard lock(mutex_);
  Slab* slab = open_ ? open_ : map_slab();
  if (!slab) return false;
  const uint64_t guarded = slab->idle & slab->guarded;
  const auto index = uint32_t(std::countr_zero(slab->warm ? slab->warm : guarded ? guarded : slab->idle));
  if (!guard(slab, index)) {
    if (std::popcount(slab->idle) == int(slab_stacks_)) unmap_slab(slab);
    return false;
  }
  const uint64_t bit = uint64_t{1} << index;
  warm_ -= (slab->warm & bit) != 0;
  slab->warm &= ~bit;
  slab->idle &= ~bit;
  if (!slab->idle) unlink(&open_, slab), link(&full_, slab);
  --idle_;
  ++in_use_;
  char* low = slab->base + index * stride_ + page_size_;
  *out = {low, low + stack_size_, slab, index};
  return true;
}

void FiberPool::release(const Stack& stack) {
  // SAFETY: the stack is still the caller's; what is given back reads as zero afterwards.
  char* kept = stack.high - keep_bytes_;
  if (kept > stack.low) madvise(stack.low, size_t(kept - stack.low), MADV_DONTNEED);

  std::lock_guard lock(mutex_);
  Slab* slab = stack.slab;
  unlink(slab->idle ? &open_ : &full_, slab);
  link(&open_, slab);
  const uint64_t bit = uint64_t{1} << stack.index;
  slab->idle |= bit;
  --in_use_;
  ++idle_;
  if (warm_ < keep_stacks_ && keep_bytes_ > 0) {
    slab->warm |= bit;
    ++warm_;
  } else if (keep_bytes_ > 0) {
    madvise(kept, keep_bytes_, MADV_DONTNEED);
  }
  // A slab without lent stacks goes when the others hold enough idle ones.
  const bool whole = std::popcount(slab->idle) == int(slab_stacks_);
  if (whole && idle_ - slab_stacks_ >= keep_stacks_) unmap_slab(slab);
}

}  // namespace wjit::rt
