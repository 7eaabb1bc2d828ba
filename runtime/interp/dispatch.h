// Which of the interpreter's dispatchers runs.
#pragma once
#include "wjit/config.hpp"

namespace wjit::rt {

bool tail_dispatch_is_sound();  // whether this build turns handler tails into jumps

inline bool uses_tail_dispatch(const Config& config) {
  return config.dispatch != Dispatch::kLoop && tail_dispatch_is_sound();
}

}  // namespace wjit::rt
