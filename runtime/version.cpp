#include "runtime/version.h"

namespace wjit::rt {
const char* version() { return "0.1.0"; }
}  // namespace wjit::rt
