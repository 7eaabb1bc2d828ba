#include "runtime/wasi/system.h"

#include <algorithm>

namespace wjit::rt::wasi {

Errno System::get(uint32_t fd, uint64_t rights, Descriptor** descriptor) const {
  WJIT_WASI_TRY(fds.get(fd, descriptor));
  return (*descriptor)->may(rights) ? Errno::kSuccess : Errno::kNotcapable;
}

Errno System::get_file(uint32_t fd, uint64_t rights, Descriptor** descriptor) const {
  WJIT_WASI_TRY(fds.get(fd, descriptor));
  if ((*descriptor)->is_directory()) return Errno::kBadf;
  return (*descriptor)->may(rights) ? Errno::kSuccess : Errno::kNotcapable;
}

Errno System::get_directory(uint32_t fd, uint64_t rights, Descriptor** descriptor) const {
  WJIT_WASI_TRY(fds.get(fd, descriptor));
  if (!(*descriptor)->is_directory()) return Errno::kNotdir;
  return (*descriptor)->may(rights) ? Errno::kSuccess : Errno::kNotcapable;
}

uint64_t to_timestamp(const timespec& time) {
  if (time.tv_sec < 0) return 0;
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

timespec to_timespec(uint64_t timestamp) {
  timespec time;
  time.tv_sec = static_cast<time_t>(timestamp / 1'000'000'000);
  time.tv_nsec = static_cast<long>(timestamp % 1'000'000'000);
  return time;
}

abi::Filestat to_filestat(const struct stat& st) {
  abi::Filestat out{};
  out.dev = st.st_dev;
  out.ino = st.st_ino;
  out.filetype = file_type(st.st_mode);
  out.nlink = st.st_nlink;
  out.size = static_cast<uint64_t>(st.st_size);
  out.atim = to_timestamp(st.st_atim);
  out.mtim = to_timestamp(st.st_mtim);
  out.ctim = to_timestamp(st.st_ctim);
  return out;
}

abi::FilestatUnstable to_unstable(const abi::Filestat& stat) {
  abi::FilestatUnstable out{};
  out.dev = stat.dev;
  out.ino = stat.ino;
  out.filetype = stat.filetype;
  out.nlink = static_cast<uint32_t>(std::min<uint64_t>(stat.nlink, UINT32_MAX));
  out.size = stat.size;
  out.atim = stat.atim;
  out.mtim = stat.mtim;
  out.ctim = stat.ctim;
  return out;
}

Errno to_times(uint64_t atim, uint64_t mtim, uint32_t flags, timespec times[2]) {
  if (flags & ~abi::kTimeAll) return Errno::kInval;
  auto pick = [](uint64_t value, bool set, bool now) {
    timespec time = to_timespec(value);
    if (!set) time.tv_nsec = now ? UTIME_NOW : UTIME_OMIT;
    return time;
  };
  bool set_atim = flags & abi::kTimeAtim, atim_now = flags & abi::kTimeAtimNow;
  bool set_mtim = flags & abi::kTimeMtim, mtim_now = flags & abi::kTimeMtimNow;
  if ((set_atim && atim_now) || (set_mtim && mtim_now)) return Errno::kInval;
  times[0] = pick(atim, set_atim, atim_now);
  times[1] = pick(mtim, set_mtim, mtim_now);
  return Errno::kSuccess;
}

}  // namespace wjit::rt::wasi
