#include "compiler/support/byte_cursor.h"

#include <type_traits>

namespace wjit {

bool ByteCursor::fail(ErrorKind kind, std::string message, uint64_t offset) {
  if (!error_) error_.emplace(kind, std::move(message), offset);
  pos_ = end_;
  return false;
}

// A LEB128 integer of kBits bits (spec §5.2.2): at most ceil(kBits / 7) bytes, and the last of these may
// carry only bits that the value has (unsigned) or copies of its sign (signed).
template <class T, unsigned kBits>
T ByteCursor::leb() {
  using U = std::make_unsigned_t<T>;
  U value = 0;
  for (unsigned shift = 0;; shift += 7) {
    if (shift >= kBits) return malformed("integer representation too long"), T(0);
    if (pos_ == end_) return unexpected_end(), T(0);
    const uint8_t byte = *pos_;
    const unsigned left = kBits - shift;
    if (left < 7) {
      // Unsigned: bits [left, 7) are zero. Signed: they equal the sign, bit left - 1.
      const uint8_t mask = uint8_t(0x7F & (~0u << (std::is_signed_v<T> ? left - 1 : left)));
      const uint8_t extra = byte & mask;
      if (extra != 0 && !(std::is_signed_v<T> && extra == mask)) return malformed("integer too large"), T(0);
    }
    ++pos_;
    value |= U(byte & 0x7F) << shift;
    if (byte & 0x80) continue;
    if (std::is_signed_v<T> && (byte & 0x40) && shift + 7 < 8 * sizeof(T)) value |= ~U(0) << (shift + 7);
    return T(value);
  }
}

uint32_t ByteCursor::u32_slow() { return leb<uint32_t, 32>(); }
uint64_t ByteCursor::u64_slow() { return leb<uint64_t, 64>(); }
int32_t ByteCursor::s32_slow() { return leb<int32_t, 32>(); }
int64_t ByteCursor::s33_slow() { return leb<int64_t, 33>(); }
int64_t ByteCursor::s64_slow() { return leb<int64_t, 64>(); }

}  // namespace wjit
