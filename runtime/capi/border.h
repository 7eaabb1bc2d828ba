// The border between C and the engine. Invariants:
//   - nothing thrown crosses it: every function that can allocate runs inside one of the border functions here;
//   - the want of memory is never told by allocating: the error and the trap that say so exist from the start, and
//     their deletes leave them alone;
//   - what is handed over is given back or freed whatever happens (OwnedVals, unique_ptr, Ref).
#pragma once
#include <exception>
#include <memory>
#include <new>

#include "wjit.h"
#include "wjit/wjit.hpp"

struct wjit_error_t {
  wjit::Error error;
};

namespace wjit::capi {

// Never null. Do not throw.
wjit_error_t* make_error(Error error) noexcept;
wjit_error_t* out_of_memory_error() noexcept;
wasm_trap_t* make_trap(wasm_store_t* store, TrapError error) noexcept;
wasm_trap_t* out_of_memory_trap() noexcept;

// What wjit_last_error gives.
void set_last_error(Error error) noexcept;
void set_last_out_of_memory() noexcept;

inline Error usage(std::string message) { return Error(ErrorKind::kUsage, std::move(message)); }

// Thrown inside the border only, to leave with an error from where a Result would have to be passed up by hand.
struct Failure {
  Error error;
};
[[noreturn]] inline void refuse(Error error) { throw Failure{std::move(error)}; }
[[noreturn]] inline void refuse(std::string message) { refuse(usage(std::move(message))); }
template <class T>
T value_or_refuse(Result<T> result) {
  if (!result) refuse(std::move(result).err());
  return std::move(result).ok();
}

// The error that an exception inside the border stands for; null for the want of memory. Call in a handler.
std::unique_ptr<Error> current_failure() noexcept;

// Answers `fallback` with a last error.
template <class R, class F>
R border(R fallback, F&& body) noexcept {
  try {
    return body();
  } catch (...) {
    if (auto error = current_failure())
      set_last_error(std::move(*error));
    else
      set_last_out_of_memory();
  }
  return fallback;
}
template <class F>
bool border_void(F&& body) noexcept {
  return border(false, [&] {
    body();
    return true;
  });
}
// Plain questions: of NULL the answer is 0, NULL or false, with a last error.
void set_last_null(const char* what) noexcept;
template <class F>
auto ask(const void* object, const char* what, F&& answer) noexcept {
  using R = decltype(answer());
  if (object) return answer();
  set_last_null(what);
  return R();
}
// For functions that answer an error, or null.
template <class F>
wjit_error_t* border_error(F&& body) noexcept {
  try {
    body();
    return nullptr;
  } catch (...) {
    auto error = current_failure();
    return error ? make_error(std::move(*error)) : out_of_memory_error();
  }
}
// For functions that answer a trap, or null.
template <class F>
wasm_trap_t* border_trap(wasm_store_t* store, F&& body) noexcept {
  try {
    return body();
  } catch (...) {
    auto error = current_failure();
    return error ? make_trap(store, std::move(*error)) : out_of_memory_trap();
  }
}

}  // namespace wjit::capi
