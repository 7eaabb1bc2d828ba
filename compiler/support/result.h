// Errors are values. A Result carries either what was asked for or an Error that says what was wrong,
// where, and what was expected. Bad input never aborts; WJIT_ASSERT is for our own bugs.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace wjit {

enum class ErrorKind : uint8_t {
  kMalformed,    // bytes that are no WebAssembly binary (spec: "malformed")
  kInvalid,      // decoded, but the validator refuses it (spec: "invalid")
  kUnsupported,  // valid, but of a feature that is switched off or that this tier does not run
  kLimit,        // past one of the implementation limits (compiler/wasm/limits.h)
  kLink,         // instantiation: unknown import, wrong type (spec: "unlinkable")
  kTrap,         // a WebAssembly trap
  kExit,         // the guest asked to end (proc_exit)
  kResource,     // the host ran out of memory or address space
  kIo,           // the operating system refused: message carries strerror
  kUsage,        // the caller's mistake: wrong arguments
};

constexpr uint64_t kNoOffset = ~uint64_t{0};

struct ErrorData {
  ErrorKind kind;
  uint64_t offset = kNoOffset;  // byte offset in the module's binary
  std::string message;
};

// One pointer wide, so that Result<void> stays in registers on paths that never fail.
class Error {
 public:
  Error(ErrorKind kind, std::string message, uint64_t offset = kNoOffset)
      : data_(std::make_unique<ErrorData>(ErrorData{kind, offset, std::move(message)})) {}
  Error(const Error& other) : data_(std::make_unique<ErrorData>(*other.data_)) {}
  Error(Error&&) = default;
  Error& operator=(const Error& other) { return *this = Error(other); }
  Error& operator=(Error&&) = default;

  ErrorKind kind() const { return data_->kind; }
  uint64_t offset() const { return data_->offset; }
  const std::string& message() const { return data_->message; }
  // Puts context in front: "function 12: " + message.
  Error&& prefix(const std::string& context) && {
    data_->message.insert(0, context);
    return std::move(*this);
  }
  // "message (at offset 0x1a3)"
  std::string to_string() const {
    if (offset() == kNoOffset) return message();
    char where[40];
    std::snprintf(where, sizeof where, " (at offset 0x%llx)", static_cast<unsigned long long>(offset()));
    return message() + where;
  }

 private:
  std::unique_ptr<ErrorData> data_;
};

template <class T>
using Result = tl::expected<T, Error>;

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
