// The path_* functions. Each resolves its paths by path_lookup.h and nothing else; read its invariants first.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/wasi/functions.h"

namespace wjit::rt::wasi::calls {
namespace {

using namespace abi::rights;

Errno read_path(GuestMemory memory, uint32_t address, uint32_t length, std::string* path) {
  uint8_t* data;
  WJIT_WASI_TRY(slice(memory, address, length, &data));
  if (length >= kMaxPath) return Errno::kNametoolong;
  path->assign(reinterpret_cast<const char*>(data), length);
  return path->find('\0') == std::string::npos ? Errno::kSuccess : Errno::kInval;
}

// An O_PATH descriptor of what the path names; without `follow`, of a link itself.
Errno find(System& system, const Descriptor& dir, const std::string& path, bool follow, UniqueFd* fd) {
  return system.lookup.open(dir.host, path, O_PATH | (follow ? 0 : O_NOFOLLOW), 0, fd);
}

Errno lookup_flags(uint32_t flags, bool* follow) {
  *follow = flags & abi::kLookupSymlinkFollow;
  return flags & ~abi::kLookupAll ? Errno::kInval : Errno::kSuccess;
}

// A name for an open file in calls that take only paths. The kernel goes from it to that very file.
std::string proc_path(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

// The directory and name a call is to act on.
Errno get_parent(System& system, GuestMemory memory, uint32_t fd, uint64_t right, uint32_t address,
                 uint32_t length, ParentDir* parent) {
  Descriptor* d;
  std::string path;
  WJIT_WASI_TRY(system.get_directory(fd, right, &d));
  WJIT_WASI_TRY(read_path(memory, address, length, &path));
  return open_parent(system.lookup, d->host, path, parent);
}

Errno filestat(System& system, GuestMemory memory, uint32_t fd, uint32_t flags, uint32_t address,
               uint32_t length, abi::Filestat* out) {
  Descriptor* d;
  std::string path;
  bool follow;
  UniqueFd file;
  WJIT_WASI_TRY(system.get_directory(fd, kPathFilestatGet, &d));
  WJIT_WASI_TRY(lookup_flags(flags, &follow));
  WJIT_WASI_TRY(read_path(memory, address, length, &path));
  WJIT_WASI_TRY(find(system, *d, path, follow, &file));
  struct stat st;
  if (::fstat(file.get(), &st) != 0) return host_error();
  *out = to_filestat(st);
  return Errno::kSuccess;
}

}  // namespace

Errno path_create_directory(System& system, Mem memory, u32 fd, u32 path, u32 path_len) {
  ParentDir parent;
  WJIT_WASI_TRY(get_parent(system, memory, fd, kPathCreateDirectory, path, path_len, &parent));
  return from_call(::mkdirat(parent.dir, parent.name.c_str(), 0777));
}

Errno path_filestat_get(System& system, Mem memory, u32 fd, u32 flags, u32 path, u32 path_len, u32 out) {
  abi::Filestat stat;
  WJIT_WASI_TRY(filestat(system, memory, fd, flags, path, path_len, &stat));
  return store(memory, out, stat);
}

Errno path_filestat_get_unstable(System& system, Mem memory, u32 fd, u32 flags, u32 path, u32 path_len,
                                 u32 out) {
  abi::Filestat stat;
  WJIT_WASI_TRY(filestat(system, memory, fd, flags, path, path_len, &stat));
  return store(memory, out, to_unstable(stat));
}

Errno path_filestat_set_times(System& system, Mem memory, u32 fd, u32 flags, u32 address, u32 length,
                              u64 atim, u64 mtim, u32 fst_flags) {
  Descriptor* d;
  std::string path;
  bool follow;
  timespec times[2];
  UniqueFd file;
  WJIT_WASI_TRY(system.get_directory(fd, kPathFilestatSetTimes, &d));
  WJIT_WASI_TRY(lookup_flags(flags, &follow));
  WJIT_WASI_TRY(read_path(memory, address, length, &path));
  WJIT_WASI_TRY(to_times(atim, mtim, fst_flags, times));
  WJIT_WASI_TRY(find(system, *d, path, follow, &file));
  if (::utimensat(file.get(), "", times, AT_EMPTY_PATH) == 0) return Errno::kSuccess;
  if (errno != EINVAL) return host_error();  // kernels before 5.8 do not take AT_EMPTY_PATH here
  return from_call(::utimensat(AT_FDCWD, proc_path(file.get()).c_str(), times, 0));
}

Errno path_link(System& system, Mem memory, u32 old_fd, u32 flags, u32 old_address, u32 old_len, u32 new_fd,
                u32 new_address, u32 new_len) {
  Descriptor* old_dir;
  std::string old_path;
  bool follow;
  ParentDir target;
  WJIT_WASI_TRY(system.get_directory(old_fd, kPathLinkSource, &old_dir));
  WJIT_WASI_TRY(lookup_flags(flags, &follow));
  WJIT_WASI_TRY(read_path(memory, old_address, old_len, &old_path));
  WJIT_WASI_TRY(get_parent(system, memory, new_fd, kPathLinkTarget, new_address, new_len, &target));
  ParentDir source;
  WJIT_WASI_TRY(open_parent(system.lookup, old_dir->host, old_path, &source));
  // linkat would follow these names: with a slash or dots at the end it is a directory, and has no other
  // names.
  bool must_be_directory = source.has_slash() || source.is_dots();
  if (follow || must_be_directory) {
    UniqueFd file;
    WJIT_WASI_TRY(find(system, *old_dir, old_path, true, &file));
    if (must_be_directory) return Errno::kPerm;
    return from_call(::linkat(AT_FDCWD, proc_path(file.get()).c_str(), target.dir, target.name.c_str(),
                              AT_SYMLINK_FOLLOW));
  }
  return from_call(::linkat(source.dir, source.name.c_str(), target.dir, target.name.c_str(), 0));
}

Errno path_open(System& system, Mem memory, u32 fd, u32 dirflags, u32 address, u32 length, u32 oflags,
                u64 base, u64 inheriting, u32 fdflags, u32 out) {
  Descriptor* dir;
  std::string path;
  bool follow;
  WJIT_WASI_TRY(lookup_flags(dirflags, &follow));
  if ((oflags & ~abi::kOpenAll) || (fdflags & ~abi::kFdAll)) return Errno::kInval;
  uint64_t needed = kPathOpen;
  if (oflags & abi::kOpenCreat) needed |= kPathCreateFile;
  if (oflags & abi::kOpenTrunc) needed |= kPathFilestatSetSize;
  WJIT_WASI_TRY(system.get_directory(fd, needed, &dir));
  WJIT_WASI_TRY(read_path(memory, address, length, &path));
  WJIT_WASI_TRY(check_result<u32>(memory, out));
  WJIT_WASI_TRY(system.fds.room());
  // A right the directory does not pass on is left out. (Programs ask for all rights there are, used or not;
  // what they get they can look up.)
  base &= dir->rights_inheriting;
  inheriting &= dir->rights_inheriting;

  bool directory = oflags & abi::kOpenDirectory;
  if (directory && (oflags & (abi::kOpenCreat | abi::kOpenTrunc))) return Errno::kInval;
  bool read = base & (kFdRead | kFdReaddir);
  bool write = base & (kFdWrite | kFdDatasync | kFdAllocate | kFdFilestatSetSize);
  if (directory) write = false;  // there is no such thing, but programs ask for it among all rights
  int flags = (write ? (read ? O_RDWR : O_WRONLY) : O_RDONLY) | O_NOCTTY | O_CLOEXEC;
  if (!follow) flags |= O_NOFOLLOW;
  if (oflags & abi::kOpenCreat) flags |= O_CREAT | (oflags & abi::kOpenExcl ? O_EXCL : 0);
  if (directory) flags |= O_DIRECTORY;
  if (oflags & abi::kOpenTrunc) flags |= O_TRUNC;
  if (fdflags & abi::kFdAppend) flags |= O_APPEND;
  if (fdflags & abi::kFdDsync) flags |= O_DSYNC;
  if (fdflags & abi::kFdNonblock) flags |= O_NONBLOCK;
  if (fdflags & abi::kFdRsync) flags |= O_RSYNC;
  if (fdflags & abi::kFdSync) flags |= O_SYNC;

  auto d = std::make_unique<Descriptor>();  // what takes memory comes before what can be seen
  UniqueFd file;
  WJIT_WASI_TRY(system.lookup.open(dir->host, path, flags, 0666, &file));
  WJIT_WASI_TRY(describe(file.get(), base, inheriting, fdflags, d.get()));
  d->owned = std::move(file);
  return store(memory, out, system.fds.insert(std::move(d)));
}

Errno path_readlink(System& system, Mem memory, u32 fd, u32 address, u32 length, u32 buf, u32 buf_len,
                    u32 out) {
  Descriptor* d;
  std::string path;
  uint8_t* data;
  UniqueFd link;
  WJIT_WASI_TRY(system.get_directory(fd, kPathReadlink, &d));
  WJIT_WASI_TRY(read_path(memory, address, length, &path));
  WJIT_WASI_TRY(check_result<u32>(memory, out));
  WJIT_WASI_TRY(slice(memory, buf, buf_len, &data));
  WJIT_WASI_TRY(find(system, *d, path, false, &link));
  struct stat st;
  if (::fstat(link.get(), &st) != 0) return host_error();
  if (!S_ISLNK(st.st_mode)) return Errno::kInval;
  if (buf_len == 0) return store(memory, out, u32{0});  // the kernel would refuse the buffer
  ssize_t n = ::readlinkat(link.get(), "", reinterpret_cast<char*>(data), buf_len);
  return n < 0 ? host_error() : store(memory, out, static_cast<u32>(n));
}

Errno path_remove_directory(System& system, Mem memory, u32 fd, u32 path, u32 path_len) {
  ParentDir parent;
  WJIT_WASI_TRY(get_parent(system, memory, fd, kPathRemoveDirectory, path, path_len, &parent));
  return from_call(::unlinkat(parent.dir, parent.name.c_str(), AT_REMOVEDIR));
}

Errno path_rename(System& system, Mem memory, u32 fd, u32 old_path, u32 old_len, u32 new_fd, u32 new_path,
                  u32 new_len) {
  ParentDir from, to;
  WJIT_WASI_TRY(get_parent(system, memory, fd, kPathRenameSource, old_path, old_len, &from));
  WJIT_WASI_TRY(get_parent(system, memory, new_fd, kPathRenameTarget, new_path, new_len, &to));
  return from_call(::renameat(from.dir, from.name.c_str(), to.dir, to.name.c_str()));
}

Errno path_symlink(System& system, Mem memory, u32 target, u32 target_len, u32 fd, u32 path, u32 path_len) {
  std::string text;
  ParentDir parent;
  WJIT_WASI_TRY(read_path(memory, target, target_len, &text));
  WJIT_WASI_TRY(get_parent(system, memory, fd, kPathSymlink, path, path_len, &parent));
  // No guest could follow it, and a program of the host that does would be led anywhere.
  if (!text.empty() && text[0] == '/') return Errno::kPerm;
  return from_call(::symlinkat(text.c_str(), parent.dir, parent.name.c_str()));
}

Errno path_unlink_file(System& system, Mem memory, u32 fd, u32 path, u32 path_len) {
  ParentDir parent;
  WJIT_WASI_TRY(get_parent(system, memory, fd, kPathUnlinkFile, path, path_len, &parent));
  return from_call(::unlinkat(parent.dir, parent.name.c_str(), 0));
}

}  // namespace wjit::rt::wasi::calls
