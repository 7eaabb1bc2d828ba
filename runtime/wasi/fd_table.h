// The guest's descriptors: numbers of ours, not the host's.
#pragma once
#include <sys/stat.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/wasi/abi.h"
#include "runtime/wasi/wasi.h"

namespace wjit::rt::wasi {

// A host descriptor, closed when it goes.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~UniqueFd() { close(); }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  // What close(2) said; the descriptor is gone either way.
  Errno close();

 private:
  int fd_ = -1;
};

struct Descriptor {
  UniqueFd owned;
  int host = -1;  // owned's number, or one of this process's standard streams, which we never close
  bool borrowed =
      false;  // the open file description is shared with other programs: its flags are not ours to set
  bool pipe_like = false;  // a FIFO or socket: a write to it can raise SIGPIPE
  bool is_virtual = false;
  Stream::Read read;  // of a virtual stream
  Stream::Write write;
  abi::FileType type = abi::kTypeUnknown;
  uint32_t flags = 0;  // abi::kFd…
  uint64_t rights_base = 0;
  uint64_t rights_inheriting = 0;
  std::optional<std::string> preopen;  // the guest's name of a preopened directory

  bool is_directory() const { return type == abi::kTypeDirectory; }
  bool may(uint64_t rights) const { return (rights_base & rights) == rights; }
};

abi::FileType file_type(mode_t mode);
// The rights that have a meaning for an open file of this kind; `seekable` tells a terminal or pipe from a
// file.
uint64_t rights_of_kind(abi::FileType type, bool seekable);
// Fills in a descriptor for an open host file, which it does not own yet: the kind by fstat, the rights cut
// to it.
Errno describe(int host, uint64_t rights_base, uint64_t rights_inheriting, uint32_t flags,
               Descriptor* descriptor);

class FdTable {
 public:
  static constexpr uint32_t kMaxDescriptors = 1 << 16;

  Errno get(uint32_t fd, Descriptor** descriptor) const;
  // kMfile when the table is full. Asked before a file is opened, so that a refused open has no effect:
  // insert cannot fail afterwards.
  Errno room();
  uint32_t insert(std::unique_ptr<Descriptor> descriptor);  // at the lowest free number; there must be room
  void place(uint32_t fd, std::unique_ptr<Descriptor> descriptor);
  Errno close(uint32_t fd);
  Errno renumber(uint32_t from, uint32_t to);

 private:
  uint32_t lowest_free() const;
  std::vector<std::unique_ptr<Descriptor>> slots_;
  uint32_t no_free_below_ = 0;
};

}  // namespace wjit::rt::wasi
