#include "runtime/wasi/path_lookup.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace wjit::rt::wasi {
namespace {

int openat2(int dir, const char* path, const open_how* how, size_t size) {
  return static_cast<int>(::syscall(SYS_openat2, dir, path, how, size));
}

Errno host_error() { return errno_from_host(errno); }

int open_name(int dir, const char* name, int flags, mode_t mode = 0) {
  int fd;
  do fd = ::openat(dir, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
  while (fd < 0 && errno == EINTR);
  return fd;
}

// The walk of invariant 2.
class Walk {
 public:
  Walk(int root, const std::string& path, int flags, mode_t mode)
      : root_(root), rest_(path), flags_(flags), mode_(mode) {}

  Errno run(UniqueFd* fd) {
    for (;;) {
      size_t begin = rest_.find_first_not_of('/');
      if (begin == std::string::npos) return open_current(fd);
      size_t end = std::min(rest_.find('/', begin), rest_.size());
      std::string name = rest_.substr(begin, end - begin);
      rest_.erase(0, end);
      if (name == ".") continue;
      Errno error;
      if (name == "..") {
        error = pop();
      } else if ((flags_ & O_CREAT) && !rest_.empty() && rest_.find_first_not_of('/') == std::string::npos) {
        error = Errno::kIsdir;  // the kernel refuses it unseen: a link can end so, the path itself was looked
                                // at before
      } else if (!rest_.empty()) {
        error = enter(name);
      } else {
        bool done = false;
        error = open_last(name, fd, &done);
        if (done) return Errno::kSuccess;
      }
      if (error != Errno::kSuccess) return error;
    }
  }

 private:
  int current() const { return stack_.empty() ? root_ : stack_.back().get(); }

  Errno pop() {
    if (stack_.empty()) return Errno::kPerm;
    stack_.pop_back();
    return Errno::kSuccess;
  }

  // The path ended on a directory we stand in ("", "." or ".." last, or a trailing slash).
  Errno open_current(UniqueFd* fd) {
    if (flags_ & O_CREAT) return flags_ & O_EXCL ? Errno::kExist : Errno::kIsdir;
    *fd = UniqueFd(open_name(current(), ".", flags_, mode_));
    return *fd ? Errno::kSuccess : host_error();
  }

  // A name with more behind it: a directory, or a link to one.
  Errno enter(const std::string& name) {
    UniqueFd fd(open_name(current(), name.c_str(), O_PATH));
    if (!fd) return host_error();
    struct stat st;
    if (::fstat(fd.get(), &st) != 0) return host_error();
    if (S_ISLNK(st.st_mode)) return expand(fd.get());
    if (!S_ISDIR(st.st_mode)) return Errno::kNotdir;
    if (stack_.size() == kMaxWalkDepth) return Errno::kNametoolong;
    stack_.push_back(std::move(fd));
    return Errno::kSuccess;
  }

  // The last name. Success without *done: it was a link, and rest_ now holds where it leads.
  Errno open_last(const std::string& name, UniqueFd* result, bool* done) {
    bool follow = !(flags_ & O_NOFOLLOW) && !((flags_ & O_CREAT) && (flags_ & O_EXCL));
    UniqueFd fd(open_name(current(), name.c_str(), flags_, mode_));
    if (fd && follow && (flags_ & O_PATH)) {  // the one kind of open that succeeds on a link itself
      struct stat st;
      if (::fstat(fd.get(), &st) != 0) return host_error();
      if (S_ISLNK(st.st_mode)) return expand(fd.get());
    }
    if (fd) {
      *result = std::move(fd);
      *done = true;
      return Errno::kSuccess;
    }
    int error = errno;
    // O_NOFOLLOW meets a link with ELOOP, or ENOTDIR where O_DIRECTORY is asked for as well.
    if (!follow || (error != ELOOP && error != ENOTDIR)) return errno_from_host(error);
    UniqueFd probe(open_name(current(), name.c_str(), O_PATH));
    struct stat st;
    if (!probe || ::fstat(probe.get(), &st) != 0) return host_error();
    if (S_ISLNK(st.st_mode)) return expand(probe.get());
    if (error == ENOTDIR) return Errno::kNotdir;
    // It was a link a moment ago: look again, on the same account as links, so that a race ends.
    if (++links_ > kMaxSymlinks) return Errno::kLoop;
    rest_ = name;
    return Errno::kSuccess;
  }

  Errno expand(int link) {
    if (++links_ > kMaxSymlinks) return Errno::kLoop;
    char target[kMaxPath];
    ssize_t length = ::readlinkat(link, "", target, sizeof target);
    if (length < 0) return host_error();
    if (length == 0) return Errno::kNoent;
    if (static_cast<size_t>(length) == sizeof target) return Errno::kNametoolong;
    if (target[0] == '/') return Errno::kPerm;
    rest_.insert(0, target, static_cast<size_t>(length));  // rest_ is empty or begins with '/'
    return Errno::kSuccess;
  }

  int root_;
  std::string rest_;  // what is left to resolve
  int flags_;
  mode_t mode_;
  std::vector<UniqueFd> stack_;  // the directories below root_ we went through
  int links_ = 0;
};

}  // namespace

bool kernel_has_openat2() {
  // A size of zero is refused with EINVAL by a kernel that has the call; ENOSYS or a filter's EPERM
  // otherwise.
  static const bool has = [] {
    open_how how{};
    return openat2(-1, "", &how, 0) < 0 && errno == EINVAL;
  }();
  return has;
}

Errno PathLookup::open(int dir, const std::string& path, int flags, mode_t mode, UniqueFd* fd) const {
  if (path.empty()) return Errno::kNoent;
  if (path.size() >= kMaxPath) return Errno::kNametoolong;
  if (path[0] == '/') return Errno::kPerm;
  // No file can be made under a name that says it is a directory.
  if ((flags & O_CREAT) && path.back() == '/') return Errno::kIsdir;
  if (use_openat2) {
    open_how how{};
    how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
    how.mode = flags & O_CREAT ? mode : 0;
    how.resolve = RESOLVE_BENEATH;
    // EAGAIN: something was renamed while the kernel stepped over a ".."; it cannot tell that it is still
    // inside.
    for (int attempts = 0; attempts < 16;) {
      *fd = UniqueFd(openat2(dir, path.c_str(), &how, sizeof how));
      if (*fd) return Errno::kSuccess;
      if (errno == EXDEV) return Errno::kPerm;
      if (errno == EAGAIN) {
        attempts++;
      } else if (errno != EINTR) {
        return host_error();
      }
    }
  }
  return Walk(dir, path, flags, mode).run(fd);
}

Errno open_parent(const PathLookup& lookup, int dir, const std::string& path, ParentDir* parent) {
  if (path.empty()) return Errno::kNoent;
  if (path.size() >= kMaxPath) return Errno::kNametoolong;
  if (path[0] == '/') return Errno::kPerm;
  size_t end = path.find_last_not_of('/') + 1;  // not npos: the first character is no slash
  size_t slash = path.rfind('/', end - 1);
  size_t begin = slash == std::string::npos ? 0 : slash + 1;
  parent->name = path.substr(begin, end - begin) + (end < path.size() ? "/" : "");
  if (parent->is_dots()) {
    // The calls refuse these names, each with an error of its own; but a way out must be called one first.
    UniqueFd inside;
    if (Errno error = lookup.open(dir, path, O_PATH | O_DIRECTORY, 0, &inside); error != Errno::kSuccess)
      return error;
  }
  parent->dir = dir;
  if (begin == 0) return Errno::kSuccess;
  Errno error = lookup.open(dir, path.substr(0, begin), O_PATH | O_DIRECTORY, 0, &parent->owned);
  parent->dir = parent->owned.get();
  return error;
}

}  // namespace wjit::rt::wasi
