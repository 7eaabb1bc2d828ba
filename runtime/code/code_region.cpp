// Invariants:
//   - No page is ever mapped writable and executable at once, and none can be made so: kDual has two mappings
//   of one
//     file, each with its protection from the first to the last day; kPrivate goes from writable to
//     executable, and back only through inaccessible with the bytes dropped.
//   - The file behind kDual is closed as soon as it is mapped. Hosts close descriptors they do not know and
//   get the
//     numbers again: asking a kept one to punch a hole might punch it into the host's database.
//   - Bytes are in memory before they are written (MADV_POPULATE_WRITE): want of memory is an error and no
//   SIGBUS.
//     Kernels before 5.14 do not know that advice; there it is whatever the kernel makes of it.
#include "runtime/code/code_region.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef __aarch64__
#include <linux/membarrier.h>
#endif

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "runtime/anonymous_file.h"

#define WJIT_NO_SANITIZE __attribute__((no_sanitize("address", "thread", "undefined")))

namespace wjit::rt {

namespace {

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

// A retired stretch this long gives its pages back; a shorter one keeps them for the next.
constexpr size_t kGiveBackBytes = 64 << 10;
constexpr size_t kLeastRegion = 16 << 20;

bool populate(uint8_t* p, size_t bytes) {
  if (madvise(p, bytes, MADV_POPULATE_WRITE) == 0) return true;
  return errno != ENOMEM && errno != EFAULT && errno != EHWPOISON;  // else it is not known, or of no use here
}

// Other cores may have fetched what stood here before. Clearing the cache reaches their caches, but not what
// is already in their pipelines.
void synchronize_cores() {
#ifdef __aarch64__
  if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0) == 0) return;
  if (errno == EPERM &&
      syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0) == 0)
    syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
#endif
}

}  // namespace

const char* to_string(CodeMapping mapping) {
  switch (mapping) {
    case CodeMapping::kDual:
      return "dual";
    case CodeMapping::kPrivate:
      return "private";
    case CodeMapping::kNone:
      break;
  }
  return "none";
}

void fill_with_traps(uint8_t* from, uint8_t* to) {
#ifdef __aarch64__
  static constexpr uint8_t kBrk[4] = {0x00, 0x00, 0x20, 0xd4};
  for (; from < to; ++from) *from = kBrk[reinterpret_cast<uintptr_t>(from) & 3];
#else
  std::memset(from, 0xcc, size_t(to - from));                  // int3
#endif
}

Result<std::unique_ptr<CodeRegion>> CodeRegion::open(CodeMapping mapping, size_t most_bytes) {
  const size_t granule = std::max<size_t>(4096, size_t(sysconf(_SC_PAGESIZE)));
  std::unique_ptr<CodeRegion> region(new (std::nothrow) CodeRegion(mapping, granule));
  if (!region) return fail(ErrorKind::kResource, "no memory");
  const char* refused = "not allowed";
  for (size_t bytes = most_bytes; mapping != CodeMapping::kNone; bytes = std::max(bytes / 4, kLeastRegion)) {
    bytes = (bytes + granule - 1) & ~(granule - 1);
    refused = mapping == CodeMapping::kDual ? region->map_dual(bytes) : region->map_private(bytes);
    if (!refused) {
      region->size_ = bytes;
      region->mapped_ = true;
      return region;
    }
    if (bytes <= kLeastRegion) break;
  }
  return fail(ErrorKind::kResource, refused);
}

const char* CodeRegion::map_dual(size_t bytes) {
  // Kernels that can forbid executable files want to hear that this is one.
  const int fd = anonymous_file("wjit-code", bytes, MFD_EXEC);
  if (fd < 0) return std::strerror(errno);
  void* code = mmap(nullptr, bytes, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_NORESERVE, fd, 0);
  void* writable = code == MAP_FAILED
                       ? MAP_FAILED
                       : mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
  const int why = errno;
  if (writable == MAP_FAILED && code != MAP_FAILED) munmap(code, bytes);
  close(fd);
  if (writable == MAP_FAILED) return std::strerror(why);
  code_ = static_cast<uint8_t*>(code);
  writable_ = static_cast<uint8_t*>(writable);
  if (runs_what_was_written()) return nullptr;
  munmap(code, bytes);
  munmap(writable, bytes);
  code_ = writable_ = nullptr;
  return "code that was replaced is still executed (an emulator?)";
}

// Emulators translate code once and learn of changes by watching the page it was read from, not its other
// mapping: qemu-user up to 8.1, and valgrind unless it is told otherwise.
WJIT_NO_SANITIZE bool CodeRegion::runs_what_was_written() {
  for (uint8_t number : {1, 2}) {
#ifdef __aarch64__
    const uint32_t function[] = {0x52800000u | uint32_t{number} << 5, 0xd65f03c0};  // mov w0, number; ret
#else
    const uint8_t function[] = {0xb8, number, 0, 0, 0, 0xc3};  // mov eax, number; ret
#endif
    uint8_t* const to = open_for_writing(0, 1);
    if (!to) return false;
    std::memcpy(to, function, sizeof function);
    make_executable(0, 1);
    if (reinterpret_cast<uint32_t (*)()>(code_)() != number) return false;
  }
  fill_with_traps(writable_, writable_ + granule_);
  return true;
}

// The host's rules may forbid what was written to become executable, which is better known now.
const char* CodeRegion::map_private(size_t bytes) {
  void* p = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) return std::strerror(errno);
  if (mprotect(p, granule_, PROT_READ | PROT_WRITE) != 0 || !populate(static_cast<uint8_t*>(p), granule_) ||
      mprotect(p, granule_, PROT_READ | PROT_EXEC) != 0 || mprotect(p, granule_, PROT_NONE) != 0) {
    const int why = errno;
    munmap(p, bytes);
    return std::strerror(why);
  }
  code_ = static_cast<uint8_t*>(p);
  return nullptr;
}

uint8_t* CodeRegion::open_for_writing(uint32_t first, uint32_t count) {
  const size_t at = first * granule_, bytes = count * granule_;
  if (mapping_ == CodeMapping::kPrivate && mprotect(code_ + at, bytes, PROT_READ | PROT_WRITE) != 0)
    return nullptr;
  uint8_t* to = (writable_ ? writable_ : code_) + at;
  return populate(to, bytes) ? to : nullptr;
}

bool CodeRegion::make_executable(uint32_t first, uint32_t count) {
  uint8_t* code = code_ + first * granule_;
  const size_t bytes = count * granule_;
  if (mapping_ == CodeMapping::kPrivate && mprotect(code, bytes, PROT_READ | PROT_EXEC) != 0) return false;
  __builtin___clear_cache(reinterpret_cast<char*>(code), reinterpret_cast<char*>(code + bytes));
  synchronize_cores();
  return true;
}

bool CodeRegion::retire(uint32_t first, uint32_t count) {
  const size_t at = first * granule_, bytes = count * granule_;
  if (mapping_ == CodeMapping::kPrivate) {
    if (mprotect(code_ + at, bytes, PROT_NONE) != 0) return false;
    madvise(code_ + at, bytes, MADV_DONTNEED);
    return true;
  }
  if (bytes >= kGiveBackBytes && madvise(writable_ + at, bytes, MADV_REMOVE) == 0) return true;
  fill_with_traps(writable_ + at, writable_ + at + bytes);
  return true;
}

void CodeRegion::drop_writable() {
  if (writable_) munmap(writable_, size_);
  writable_ = nullptr;
}

void CodeRegion::unmap() {
  if (!mapped_) return;
  drop_writable();
  munmap(code_, size_);
  mapped_ = false;
}

}  // namespace wjit::rt
