#include "runtime/wasi/fd_table.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace wjit::rt::wasi {

Errno UniqueFd::close() {
  int fd = std::exchange(fd_, -1);
  // After EINTR Linux has closed it all the same: closing again could hit a descriptor of another thread.
  if (fd < 0 || ::close(fd) == 0 || errno == EINTR) return Errno::kSuccess;
  return errno_from_host(errno);
}

abi::FileType file_type(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return abi::kTypeRegularFile;
    case S_IFDIR:
      return abi::kTypeDirectory;
    case S_IFLNK:
      return abi::kTypeSymbolicLink;
    case S_IFCHR:
      return abi::kTypeCharacterDevice;
    case S_IFBLK:
      return abi::kTypeBlockDevice;
    case S_IFSOCK:
      return abi::kTypeSocketStream;
    default:  // WASI has no name for a FIFO
      return abi::kTypeUnknown;
  }
}

uint64_t rights_of_kind(abi::FileType type, bool seekable) {
  using namespace abi::rights;
  constexpr uint64_t kAnyDescriptor = kFdFdstatSetFlags | kFdFilestatGet | kFdFilestatSetTimes;
  constexpr uint64_t kStream = kAnyDescriptor | kFdRead | kFdWrite | kPollFdReadwrite;
  constexpr uint64_t kDirectory = kAnyDescriptor | kFdDatasync | kFdSync | kFdReaddir | kPathCreateDirectory |
                                  kPathCreateFile | kPathLinkSource | kPathLinkTarget | kPathOpen |
                                  kPathReadlink | kPathRenameSource | kPathRenameTarget | kPathFilestatGet |
                                  kPathFilestatSetSize | kPathFilestatSetTimes | kPathSymlink |
                                  kPathRemoveDirectory | kPathUnlinkFile;
  switch (type) {
    case abi::kTypeDirectory:
      return kDirectory;
    case abi::kTypeSocketDgram:
    case abi::kTypeSocketStream:
      return kStream | kSockShutdown | kSockAccept;
    default:
      // wasi-libc's isatty() goes by the seek rights: a character device without them is a terminal.
      return seekable ? kStream | kFdSeek | kFdTell | kFdAdvise | kFdAllocate | kFdDatasync | kFdSync |
                            kFdFilestatSetSize
                      : kStream | kFdDatasync | kFdSync;
  }
}

Errno describe(int host, uint64_t rights_base, uint64_t rights_inheriting, uint32_t flags,
               Descriptor* descriptor) {
  struct stat st;
  if (::fstat(host, &st) != 0) return errno_from_host(errno);
  descriptor->host = host;
  descriptor->type = file_type(st.st_mode);
  int socket_type = 0;
  socklen_t size = sizeof socket_type;
  if (S_ISSOCK(st.st_mode) && ::getsockopt(host, SOL_SOCKET, SO_TYPE, &socket_type, &size) == 0 &&
      socket_type == SOCK_DGRAM)
    descriptor->type = abi::kTypeSocketDgram;
  descriptor->pipe_like = S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode);
  bool seekable = !descriptor->pipe_like && !(S_ISCHR(st.st_mode) && ::isatty(host));
  descriptor->rights_base = rights_base & rights_of_kind(descriptor->type, seekable);
  descriptor->rights_inheriting = descriptor->is_directory() ? rights_inheriting : 0;
  descriptor->flags = flags;
  return Errno::kSuccess;
}

Errno FdTable::get(uint32_t fd, Descriptor** descriptor) const {
  if (fd >= slots_.size() || !slots_[fd]) return Errno::kBadf;
  *descriptor = slots_[fd].get();
  return Errno::kSuccess;
}

uint32_t FdTable::lowest_free() const {
  uint32_t fd = no_free_below_;
  while (fd < slots_.size() && slots_[fd]) fd++;
  return fd;
}

Errno FdTable::room() {
  const uint32_t fd = lowest_free();
  if (fd >= kMaxDescriptors) return Errno::kMfile;
  if (fd >= slots_.size()) slots_.resize(fd + 1);
  return Errno::kSuccess;
}

uint32_t FdTable::insert(std::unique_ptr<Descriptor> descriptor) {
  uint32_t fd = lowest_free();
  WJIT_ASSERT(fd < kMaxDescriptors);
  place(fd, std::move(descriptor));
  no_free_below_ = fd + 1;
  return fd;
}

void FdTable::place(uint32_t fd, std::unique_ptr<Descriptor> descriptor) {
  if (fd >= slots_.size()) slots_.resize(fd + 1);
  slots_[fd] = std::move(descriptor);
}

Errno FdTable::close(uint32_t fd) {
  Descriptor* d;
  if (Errno error = get(fd, &d); error != Errno::kSuccess) return error;
  Errno error = d->owned.close();
  slots_[fd].reset();
  no_free_below_ = std::min(no_free_below_, fd);
  return error;
}

Errno FdTable::renumber(uint32_t from, uint32_t to) {
  // Both must be open: a guest that could fill any free number would race with its own path_open.
  Descriptor* d;
  if (Errno error = get(from, &d); error != Errno::kSuccess) return error;
  if (Errno error = get(to, &d); error != Errno::kSuccess) return error;
  if (from == to) return Errno::kSuccess;
  slots_[to] = std::move(slots_[from]);
  no_free_below_ = std::min(no_free_below_, from);
  return Errno::kSuccess;
}

}  // namespace wjit::rt::wasi
