// Checked access to the guest's memory. Addresses and lengths come from the guest: every one of them passes
// check(), in 64 bits, so that no sum wraps. A record is copied, never pointed to: what was checked is what
// is used, though another thread of the guest may write meanwhile.
#pragma once
#include <cstring>
#include <type_traits>

#include "runtime/wasi/wasi.h"

// Returns from the enclosing function with the error of an expression of type Errno, if it is one.
#define WJIT_WASI_TRY(...)                                                                                   \
  do {                                                                                                       \
    if (::wjit::rt::wasi::Errno wasi_error = (__VA_ARGS__); wasi_error != ::wjit::rt::wasi::Errno::kSuccess) \
      return wasi_error;                                                                                     \
  } while (0)

namespace wjit::rt::wasi {

inline Errno check(GuestMemory memory, uint64_t address, uint64_t length) {
  return address <= memory.size && length <= memory.size - address ? Errno::kSuccess : Errno::kFault;
}

// Points *data at [address, address + length), which is inside the memory.
inline Errno slice(GuestMemory memory, uint64_t address, uint64_t length, uint8_t** data) {
  WJIT_WASI_TRY(check(memory, address, length));
  *data = memory.base + address;
  return Errno::kSuccess;
}

template <class T>
Errno load(GuestMemory memory, uint64_t address, T* value) {
  static_assert(std::is_trivially_copyable_v<T>);
  WJIT_WASI_TRY(check(memory, address, sizeof(T)));
  std::memcpy(value, memory.base + address, sizeof(T));
  return Errno::kSuccess;
}

template <class T>
Errno store(GuestMemory memory, uint64_t address, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  WJIT_WASI_TRY(check(memory, address, sizeof(T)));
  std::memcpy(memory.base + address, &value, sizeof(T));
  return Errno::kSuccess;
}

// What a result pointer must pass before the call has any effect.
template <class T>
Errno check_result(GuestMemory memory, uint64_t address) {
  return check(memory, address, sizeof(T));
}

}  // namespace wjit::rt::wasi
