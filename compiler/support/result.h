// Errors are values. A Result carries either what was asked for or an Error that says what was wrong,
// where, and what was expected. Bad input never aborts; WJIT_ASSERT is for our own bugs.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <tl/expected.hpp>

#include "wjit/error.hpp"

namespace wjit {

namespace support {
template <class T>
using Result = tl::expected<T, Error>;
}  // namespace support
// The public header has a Result of its own (no dependency for embedders); inside, each room uses this one.
namespace wasm { using support::Result; }
namespace bc { using support::Result; }
namespace rt { using support::Result; }
namespace wast { using support::Result; }

inline tl::unexpected<Error> fail(ErrorKind kind, std::string message, uint64_t offset = kNoOffset) {
  return tl::unexpected<Error>(Error(kind, std::move(message), offset));
}

[[noreturn]] inline void assert_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "wjit: internal error: %s:%d: %s\n", file, line, what);
  std::abort();
}

}  // namespace wjit

// For our own bugs only; stays on in release builds where it is cheap.
#define WJIT_ASSERT(cond) \
  (__builtin_expect(!!(cond), 1) ? void(0) : ::wjit::assert_failed(#cond, __FILE__, __LINE__))
#ifdef NDEBUG
#define WJIT_DASSERT(cond) (void(sizeof(cond)))
#else
#define WJIT_DASSERT(cond) WJIT_ASSERT(cond)
#endif

#define WJIT_CONCAT2(a, b) a##b
#define WJIT_CONCAT(a, b) WJIT_CONCAT2(a, b)
// WJIT_TRY(lhs, expr): lhs = value of expr, or return its error.
#define WJIT_TRY(lhs, ...)                                                                      \
  auto WJIT_CONCAT(wjit_try_, __LINE__) = (__VA_ARGS__);                                        \
  if (!WJIT_CONCAT(wjit_try_, __LINE__))                                                        \
    return tl::unexpected<::wjit::Error>(std::move(WJIT_CONCAT(wjit_try_, __LINE__)).error()); \
  lhs = std::move(*WJIT_CONCAT(wjit_try_, __LINE__))
// WJIT_CHECK(expr): return the error of a Result<void>.
#define WJIT_CHECK(...)                                                        \
  do {                                                                         \
    if (auto wjit_check = (__VA_ARGS__); !wjit_check)                          \
      return tl::unexpected<::wjit::Error>(std::move(wjit_check).error());     \
  } while (0)
