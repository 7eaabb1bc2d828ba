// A configuration with memories of one style. Under qemu-user, where every page of address space that was ever
// reserved costs memory, guards are as small as they can be, and two fit: cmake/toolchains/emulate-aarch64. (A test
// that has more of them, or does not mind, asks for kAuto: guards, except there.)
#pragma once
#include "wjit/config.hpp"

namespace wjit::test {

inline Config config_with(MemoryStyle style) {
  Config c;
  c.memory_style = style;
#ifdef WJIT_EMULATED
  if (style == MemoryStyle::kGuard) {
    c.memory_reservation = uint64_t{1} << 32;
    c.memory_guard_size = 1 << 16;
  }
#endif
  return c;
}

// Nothing becomes native.
inline Config interpreted(Config c = {}) {
  c.tier = Tier::kInterp;
  return c;
}

}  // namespace wjit::test
