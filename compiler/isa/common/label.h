// A place in code that is being assembled, known before or after it is reached.
#pragma once
#include <cstdint>

namespace wjit::isa {

struct Label {
  uint32_t id = ~uint32_t{0};
  bool valid() const { return id != ~uint32_t{0}; }
  friend bool operator==(Label, Label) = default;
};

}  // namespace wjit::isa
