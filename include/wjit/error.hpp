// What went wrong, as a value. Used by every part of wjit; embedders see it as wjit::Error. Standard library only.
#pragma once
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

namespace wjit {

enum class ErrorKind : uint8_t {
  kMalformed,    // bytes that are no WebAssembly binary (spec: "malformed")
  kInvalid,      // decoded, but the validator refuses it (spec: "invalid")
  kUnsupported,  // valid, but of a feature that is switched off or that this tier does not run
  kLimit,        // past one of the implementation's limits (compiler/wasm/limits.h; spec: Implementation Limitations) or
                 // of a store's (StoreLimits)
  kLink,         // instantiation: unknown import, wrong type (spec: "unlinkable")
  kTrap,         // a WebAssembly trap
  kExit,         // the guest asked to end (proc_exit)
  kResource,     // the host ran out of memory or address space
  kIo,           // the operating system refused: message carries strerror
  kUsage,        // the caller's mistake: wrong arguments
  kInternal,     // wjit's own mistake, found before it did harm: please report it
};

constexpr uint64_t kNoOffset = ~uint64_t{0};

struct ErrorData {
  ErrorKind kind;
  uint64_t offset = kNoOffset;  // byte offset in the module's binary
  std::string message;
};

// A plain value, of no store or engine; never empty but when moved from, and then only to be destroyed or assigned to.
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
  uint64_t offset() const { return data_->offset; }  // bytes into the module's binary; kNoOffset: about no place in one
  // What was wrong and what was expected, for people; its words may change. Text is told as "LINE:COLUMN: …".
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

}  // namespace wjit
