// The members named in functions.def. Integers come as WebAssembly passes them; what a pointer points to, and
// what a pointer's result is, stands in wasi-libc's <wasi/api.h>. Result pointers are checked before a call
// has any effect.
#pragma once
#include "runtime/wasi/system.h"

namespace wjit::rt::wasi::calls {

using u32 = uint32_t;
using u64 = uint64_t;
using Mem = GuestMemory;

// args.cpp
Errno args_get(System&, Mem, u32 argv, u32 buf);
Errno args_sizes_get(System&, Mem, u32 count_out, u32 size_out);
Errno environ_get(System&, Mem, u32 environ, u32 buf);
Errno environ_sizes_get(System&, Mem, u32 count_out, u32 size_out);

// process.cpp
Errno clock_res_get(System&, Mem, u32 id, u32 out);
Errno clock_time_get(System&, Mem, u32 id, u64 precision, u32 out);
Outcome proc_exit(System&, Mem, u32 code);
Outcome proc_raise(System&, Mem, u32 signal);
Errno sched_yield(System&, Mem);
Errno random_get(System&, Mem, u32 buf, u32 len);

// fd_io.cpp
Errno fd_read(System&, Mem, u32 fd, u32 iovs, u32 iovs_len, u32 out);
Errno fd_write(System&, Mem, u32 fd, u32 iovs, u32 iovs_len, u32 out);
Errno fd_pread(System&, Mem, u32 fd, u32 iovs, u32 iovs_len, u64 offset, u32 out);
Errno fd_pwrite(System&, Mem, u32 fd, u32 iovs, u32 iovs_len, u64 offset, u32 out);
Errno fd_seek(System&, Mem, u32 fd, u64 offset, u32 whence, u32 out);
Errno fd_seek_unstable(System&, Mem, u32 fd, u64 offset, u32 whence, u32 out);
Errno fd_tell(System&, Mem, u32 fd, u32 out);

// fd_state.cpp
Errno fd_advise(System&, Mem, u32 fd, u64 offset, u64 len, u32 advice);
Errno fd_allocate(System&, Mem, u32 fd, u64 offset, u64 len);
Errno fd_close(System&, Mem, u32 fd);
Errno fd_datasync(System&, Mem, u32 fd);
Errno fd_sync(System&, Mem, u32 fd);
Errno fd_fdstat_get(System&, Mem, u32 fd, u32 out);
Errno fd_fdstat_set_flags(System&, Mem, u32 fd, u32 flags);
Errno fd_fdstat_set_rights(System&, Mem, u32 fd, u64 base, u64 inheriting);
Errno fd_filestat_get(System&, Mem, u32 fd, u32 out);
Errno fd_filestat_get_unstable(System&, Mem, u32 fd, u32 out);
Errno fd_filestat_set_size(System&, Mem, u32 fd, u64 size);
Errno fd_filestat_set_times(System&, Mem, u32 fd, u64 atim, u64 mtim, u32 flags);
Errno fd_prestat_get(System&, Mem, u32 fd, u32 out);
Errno fd_prestat_dir_name(System&, Mem, u32 fd, u32 path, u32 path_len);
Errno fd_renumber(System&, Mem, u32 fd, u32 to);

// fd_readdir.cpp
Errno fd_readdir(System&, Mem, u32 fd, u32 buf, u32 buf_len, u64 cookie, u32 out);

// path.cpp
Errno path_create_directory(System&, Mem, u32 fd, u32 path, u32 path_len);
Errno path_filestat_get(System&, Mem, u32 fd, u32 flags, u32 path, u32 path_len, u32 out);
Errno path_filestat_get_unstable(System&, Mem, u32 fd, u32 flags, u32 path, u32 path_len, u32 out);
Errno path_filestat_set_times(System&, Mem, u32 fd, u32 flags, u32 path, u32 path_len, u64 atim, u64 mtim,
                              u32 fst_flags);
Errno path_link(System&, Mem, u32 old_fd, u32 flags, u32 old_path, u32 old_len, u32 new_fd, u32 new_path,
                u32 new_len);
Errno path_open(System&, Mem, u32 fd, u32 dirflags, u32 path, u32 path_len, u32 oflags, u64 base,
                u64 inheriting, u32 fdflags, u32 out);
Errno path_readlink(System&, Mem, u32 fd, u32 path, u32 path_len, u32 buf, u32 buf_len, u32 out);
Errno path_remove_directory(System&, Mem, u32 fd, u32 path, u32 path_len);
Errno path_rename(System&, Mem, u32 fd, u32 old_path, u32 old_len, u32 new_fd, u32 new_path, u32 new_len);
Errno path_symlink(System&, Mem, u32 target, u32 target_len, u32 fd, u32 path, u32 path_len);
Errno path_unlink_file(System&, Mem, u32 fd, u32 path, u32 path_len);

// poll.cpp
Errno poll_oneoff(System&, Mem, u32 in, u32 out, u32 count, u32 count_out);
Errno poll_oneoff_unstable(System&, Mem, u32 in, u32 out, u32 count, u32 count_out);

// sock.cpp
Errno sock_accept(System&, Mem, u32 fd, u32 flags, u32 out);
Errno sock_recv(System&, Mem, u32 fd, u32 iovs, u32 iovs_len, u32 flags, u32 size_out, u32 flags_out);
Errno sock_send(System&, Mem, u32 fd, u32 iovs, u32 iovs_len, u32 flags, u32 size_out);
Errno sock_shutdown(System&, Mem, u32 fd, u32 how);

}  // namespace wjit::rt::wasi::calls
