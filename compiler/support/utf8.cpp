#include "compiler/support/utf8.h"

#include <cstddef>
#include <cstring>

namespace wjit {

bool is_utf8(std::span<const uint8_t> bytes) {
  size_t i = 0, n = bytes.size();
  while (i < n) {
    if (n - i >= 8) {
      uint64_t word;
      std::memcpy(&word, &bytes[i], 8);
      if (!(word & 0x8080808080808080u)) {
        i += 8;
        continue;
      }
    }
    uint8_t lead = bytes[i++];
    if (lead < 0x80) continue;
    // The number of continuation bytes, and the range of the first of them: that range is what rules out long
    // forms, surrogates and all above U+10FFFF.
    size_t more;
    uint8_t low = 0x80, high = 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf) {
      more = 1;
    } else if (lead >= 0xe0 && lead <= 0xef) {
      more = 2;
      if (lead == 0xe0) low = 0xa0;
      if (lead == 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      more = 3;
      if (lead == 0xf0) low = 0x90;
      if (lead == 0xf4) high = 0x8f;
    } else {
      return false;
    }
    if (n - i < more) return false;
    for (; more; more--, low = 0x80, high = 0xbf) {
      uint8_t byte = bytes[i++];
      if (byte < low || byte > high) return false;
    }
  }
  return true;
}

}  // namespace wjit
