// Sockets the guest was given. It cannot make one: preview 1 has no call for that.
#include <sys/socket.h>

#include "runtime/wasi/functions.h"
#include "runtime/wasi/iovecs.h"
#include "runtime/wasi/transfer.h"

namespace wjit::rt::wasi::calls {
namespace {

Errno get_socket(System& system, uint32_t fd, uint64_t rights, Descriptor** d) {
  WJIT_WASI_TRY(system.fds.get(fd, d));
  if ((*d)->type != abi::kTypeSocketStream && (*d)->type != abi::kTypeSocketDgram) return Errno::kNotsock;
  return (*d)->may(rights) ? Errno::kSuccess : Errno::kNotcapable;
}

msghdr message_of(Iovecs& iovecs) {
  msghdr message{};
  message.msg_iov = iovecs.items;
  message.msg_iovlen = static_cast<size_t>(iovecs.count);
  return message;
}

}  // namespace

Errno sock_accept(System& system, Mem memory, u32 fd, u32 flags, u32 out) {
  Descriptor* d;
  WJIT_WASI_TRY(get_socket(system, fd, abi::rights::kSockAccept, &d));
  if (flags & ~abi::kFdNonblock) return Errno::kInval;
  WJIT_WASI_TRY(check_result<u32>(memory, out));
  WJIT_WASI_TRY(system.fds.room());
  int host_flags = SOCK_CLOEXEC | (flags & abi::kFdNonblock ? SOCK_NONBLOCK : 0);
  auto accepted = std::make_unique<Descriptor>();  // before a connection is taken that cannot be given back
  u32 host_peer = 0;
  WJIT_WASI_TRY(transfer(
      system, *d, POLLIN, [&] { return ssize_t{::accept4(d->host, nullptr, nullptr, host_flags)}; }, &host_peer));
  UniqueFd peer(static_cast<int>(host_peer));
  WJIT_WASI_TRY(describe(peer.get(), d->rights_base, 0, flags, accepted.get()));
  accepted->owned = std::move(peer);
  return store(memory, out, system.fds.insert(std::move(accepted)));
}

Errno sock_recv(System& system, Mem memory, u32 fd, u32 iovs, u32 iovs_len, u32 flags, u32 size_out,
                u32 flags_out) {
  Descriptor* d;
  Iovecs iovecs;
  WJIT_WASI_TRY(get_socket(system, fd, abi::rights::kFdRead, &d));
  if (flags & ~abi::kRecvAll) return Errno::kInval;
  WJIT_WASI_TRY(check_result<u32>(memory, size_out));
  WJIT_WASI_TRY(check_result<uint16_t>(memory, flags_out));
  WJIT_WASI_TRY(read_iovecs(memory, iovs, iovs_len, &iovecs));
  msghdr message = message_of(iovecs);
  int host_flags = (flags & abi::kRecvPeek ? MSG_PEEK : 0) | (flags & abi::kRecvWaitall ? MSG_WAITALL : 0);
  u32 moved = 0;
  WJIT_WASI_TRY(transfer(
      system, *d, POLLIN, [&] { return ::recvmsg(d->host, &message, host_flags | MSG_CMSG_CLOEXEC); }, &moved));
  uint16_t truncated = message.msg_flags & MSG_TRUNC ? abi::kRecvDataTruncated : 0;
  WJIT_WASI_TRY(store(memory, flags_out, truncated));
  return store(memory, size_out, moved);
}

Errno sock_send(System& system, Mem memory, u32 fd, u32 iovs, u32 iovs_len, u32 flags, u32 size_out) {
  Descriptor* d;
  Iovecs iovecs;
  WJIT_WASI_TRY(get_socket(system, fd, abi::rights::kFdWrite, &d));
  if (flags != 0) return Errno::kInval;  // none has a meaning
  WJIT_WASI_TRY(check_result<u32>(memory, size_out));
  WJIT_WASI_TRY(read_iovecs(memory, iovs, iovs_len, &iovecs));
  msghdr message = message_of(iovecs);
  u32 moved = 0;
  WJIT_WASI_TRY(transfer(
      system, *d, POLLOUT, [&] { return ::sendmsg(d->host, &message, MSG_NOSIGNAL); }, &moved));
  return store(memory, size_out, moved);
}

Errno sock_shutdown(System& system, Mem, u32 fd, u32 how) {
  Descriptor* d;
  WJIT_WASI_TRY(get_socket(system, fd, abi::rights::kSockShutdown, &d));
  if (how == 0 || (how & ~abi::kShutAll)) return Errno::kInval;
  return from_call(::shutdown(d->host, how == abi::kShutAll  ? SHUT_RDWR
                                       : how == abi::kShutRd ? SHUT_RD
                                                             : SHUT_WR));
}

}  // namespace wjit::rt::wasi::calls
