// Directories are read through getdents64 and a seek to the guest's cookie, which is the kernel's own
// position: as stable as the file system makes it when names come and go, and nothing is kept between calls.
#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>

#include "runtime/wasi/functions.h"

namespace wjit::rt::wasi::calls {
namespace {

// What the kernel writes.
struct LinuxDirent {
  uint64_t ino;
  int64_t next;
  uint16_t size;  // of the record
  uint8_t type;
  char name[1];  // NUL-terminated
};
constexpr size_t kNameAt = offsetof(LinuxDirent, name);

abi::FileType entry_type(int dir, uint8_t type, const char* name) {
  if (type != DT_UNKNOWN) return file_type(DTTOIF(type));
  struct stat st;
  return ::fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? file_type(st.st_mode) : abi::kTypeUnknown;
}

// Fills the guest's buffer and cuts off the last entry, as the interface has it.
struct Sink {
  uint8_t* data;
  uint32_t room;
  uint32_t used = 0;

  bool full() const { return used == room; }
  void put(const void* bytes, size_t size) {
    size = std::min<size_t>(size, room - used);
    if (size) std::memcpy(data + used, bytes, size);
    used += static_cast<uint32_t>(size);
  }
};

}  // namespace

Errno fd_readdir(System& system, Mem memory, u32 fd, u32 buf, u32 buf_len, u64 cookie, u32 out) {
  Descriptor* d;
  WJIT_WASI_TRY(system.get_directory(fd, abi::rights::kFdReaddir, &d));
  WJIT_WASI_TRY(check_result<u32>(memory, out));
  Sink sink{nullptr, buf_len};
  WJIT_WASI_TRY(slice(memory, buf, buf_len, &sink.data));
  if (cookie > INT64_MAX || ::lseek(d->host, static_cast<off_t>(cookie), SEEK_SET) < 0) return Errno::kInval;
  struct stat self {};
  if (d->preopen && ::fstat(d->host, &self) != 0) return host_error();
  auto chunk = std::make_unique<uint8_t[]>(kReaddirChunk);
  while (!sink.full()) {
    long got = uninterrupted([&] { return ::syscall(SYS_getdents64, d->host, chunk.get(), kReaddirChunk); });
    if (got < 0) return host_error();
    if (got == 0) break;
    for (long at = 0; at < got && !sink.full();) {
      LinuxDirent entry;
      std::memcpy(&entry, chunk.get() + at, kNameAt);
      const char* name = reinterpret_cast<const char*>(chunk.get() + at + kNameAt);
      abi::Dirent dirent{};
      dirent.next = static_cast<u64>(entry.next);
      // The parent of a preopened directory is out of sight: as at the root of a file system, it is its own.
      dirent.ino = d->preopen && std::strcmp(name, "..") == 0 ? self.st_ino : entry.ino;
      dirent.namlen = static_cast<u32>(std::strlen(name));
      dirent.type = entry_type(d->host, entry.type, name);
      sink.put(&dirent, sizeof dirent);
      sink.put(name, dirent.namlen);
      at += entry.size;
    }
  }
  return store(memory, out, sink.used);
}

}  // namespace wjit::rt::wasi::calls
