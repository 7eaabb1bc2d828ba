// Paths of the guest, resolved so that nothing outside the directory they start at is ever reached.
//
// Invariants
// 1. A path of the guest reaches the kernel in one of two ways only: whole, through openat2 with
// RESOLVE_BENEATH; or
//    as a single name (no '/' inside), beside a descriptor we hold, in a call that does not follow that name.
// 2. Where the kernel lacks openat2, the walk opens one name at a time with O_NOFOLLOW, reads symbolic links
// itself
//    and puts their text in front of what is left. ".." pops our own stack of open directories: the kernel
//    never resolves it, so a directory that is moved away while we stand in it opens no way up.
// 3. What was checked is what is used: the answer is an open descriptor, never a path to be resolved again. A
// link
//    swapped between two steps is either seen as a link and resolved by these rules, or refused by
//    O_NOFOLLOW.
// 4. A way out (an absolute path, an absolute link, ".." past the start) answers EPERM, never ENOENT: whether
// the
//    place outside exists is not told.
#pragma once
#include <string>

#include "runtime/wasi/fd_table.h"

namespace wjit::rt::wasi {

constexpr size_t kMaxPath = 4096;  // with the final NUL, as the kernel counts
constexpr int kMaxSymlinks = 40;   // as Linux does; then ELOOP
constexpr size_t kMaxWalkDepth = 512;

// Whether this kernel (and its seccomp filter) lets us call openat2.
bool kernel_has_openat2();

struct PathLookup {
  bool use_openat2 = false;

  // open(2) of `path` beneath `dir`. Links are followed inside, the last one unless flags has O_NOFOLLOW.
  Errno open(int dir, const std::string& path, int flags, mode_t mode, UniqueFd* fd) const;
};

// The directory a path's last name stands in, for the calls that act on a name: they take (dir,
// name.c_str()).
struct ParentDir {
  int dir = -1;
  UniqueFd owned;    // dir, unless the path is a single name
  std::string name;  // keeps one trailing slash of the path: these calls do not follow the name for it, but
                     // insist on a directory, as POSIX has it. May be "." or "..", which they refuse.
  bool has_slash() const { return name.back() == '/'; }
  bool is_dots() const { return name == "." || name == ".." || name == "./" || name == "../"; }
};
Errno open_parent(const PathLookup& lookup, int dir, const std::string& path, ParentDir* parent);

}  // namespace wjit::rt::wasi
