#include <cerrno>

#include "runtime/wasi/wasi.h"

namespace wjit::rt::wasi {

const char* errno_name(Errno error) {
  switch (error) {
#define WJIT_WASI_ERRNO(constant, name, number, host) \
  case Errno::constant:                               \
    return name;
#include "runtime/wasi/errno.def"
  }
  return "unknown";
}

Errno errno_from_host(int host_errno) {
  switch (host_errno) {
#define WJIT_WASI_ERRNO(constant, name, number, host) \
  case host:                                          \
    return Errno::constant;
#include "runtime/wasi/errno.def"
  }
  return Errno::kIo;
}

}  // namespace wjit::rt::wasi
