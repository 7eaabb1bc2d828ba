// Reads a byte range from front to back: bytes, LEB128 integers, fixed-width words.
//
// The first error sticks: it is kept with its offset, the cursor jumps to its end, and every later read
// yields zero. So a reader may read several fields and ask ok() once, and loops over at_end() stop. Counts
// read from the input must still be compared with remaining() before anything is allocated for them.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>

#include "compiler/support/result.h"

namespace wjit {

class ByteCursor {
 public:
  ByteCursor() = default;
  // `base` is the offset of bytes[0] in the module.
  explicit ByteCursor(std::span<const uint8_t> bytes, uint64_t base = 0)
      : pos_(bytes.data()),
        end_(bytes.data() + bytes.size()),
        origin_(reinterpret_cast<uintptr_t>(bytes.data()) - uintptr_t(base)) {}

  uint64_t offset() const { return offset_of(pos_); }
  uint64_t offset_of(const uint8_t* at) const { return reinterpret_cast<uintptr_t>(at) - origin_; }
  size_t remaining() const { return size_t(end_ - pos_); }
  bool at_end() const { return pos_ == end_; }
  const uint8_t* pos() const { return pos_; }
  const uint8_t* end() const { return end_; }
  // For a reader that went ahead by itself; between pos() and end().
  void advance_to(const uint8_t* pos) { pos_ = pos; }

  bool ok() const { return !error_; }
  // Only when !ok().
  const Error& error() const { return *error_; }
  Error take_error() { return std::move(*error_); }
  // Keeps the first error only. Always false, so that a caller can return it.
  bool fail(ErrorKind kind, std::string message, uint64_t offset);
  bool malformed(const char* message) { return fail(ErrorKind::kMalformed, message, offset()); }

  uint8_t u8() {
    if (pos_ == end_) [[unlikely]]
      return unexpected_end(), uint8_t(0);
    return *pos_++;
  }
  // The next byte without taking it; 0 at the end.
  uint8_t peek() const { return pos_ == end_ ? uint8_t(0) : *pos_; }
  void skip_peeked() { ++pos_; }

  uint32_t u32() {
    if (pos_ != end_ && *pos_ < 0x80) [[likely]]
      return *pos_++;
    return u32_slow();
  }
  uint64_t u64() {
    if (pos_ != end_ && *pos_ < 0x80) [[likely]]
      return *pos_++;
    return u64_slow();
  }
  int32_t s32() {
    if (pos_ != end_ && *pos_ < 0x80) [[likely]]
      return sign7(*pos_++);
    return s32_slow();
  }
  int64_t s33() {
    if (pos_ != end_ && *pos_ < 0x80) [[likely]]
      return sign7(*pos_++);
    return s33_slow();
  }
  int64_t s64() {
    if (pos_ != end_ && *pos_ < 0x80) [[likely]]
      return sign7(*pos_++);
    return s64_slow();
  }
  uint32_t fixed_u32() { return fixed<uint32_t>(); }
  uint64_t fixed_u64() { return fixed<uint64_t>(); }

  // The next n bytes; empty (and an error) when there are fewer.
  std::span<const uint8_t> bytes(size_t n) {
    if (n > remaining()) [[unlikely]]
      return unexpected_end(), std::span<const uint8_t>();
    pos_ += n;
    return {pos_ - n, n};
  }
  // A cursor over the next n bytes, which this one skips.
  ByteCursor sub(size_t n) {
    uint64_t at = offset();
    return ByteCursor(bytes(n), at);
  }

 private:
  static constexpr int32_t sign7(uint8_t b) { return int32_t(uint32_t(b) << 25) >> 25; }
  template <class T>
  T fixed() {
    static_assert(std::endian::native == std::endian::little);
    T value = 0;
    if (auto from = bytes(sizeof(T)); !from.empty()) std::memcpy(&value, from.data(), sizeof(T));
    return value;
  }
  void unexpected_end() { malformed("unexpected end"); }
  template <class T, unsigned kBits>
  T leb();
  uint32_t u32_slow();
  uint64_t u64_slow();
  int32_t s32_slow();
  int64_t s33_slow();
  int64_t s64_slow();

  const uint8_t* pos_ = nullptr;
  const uint8_t* end_ = nullptr;
  uintptr_t origin_ = 0;  // the address offset 0 would have
  std::optional<Error> error_;
};

}  // namespace wjit
