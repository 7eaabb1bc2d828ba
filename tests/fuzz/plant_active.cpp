#include <cstdlib>
#include <cstring>

#include "compiler/support/plant.h"

namespace wjit::plant {
namespace {

Bug named_in_environment() {
  const char* name = std::getenv("WJIT_PLANT");
  if (!name) return Bug::none;
#define WJIT_X(bug, ...) \
  if (std::strcmp(name, #bug) == 0) return Bug::bug;
  WJIT_PLANTS(WJIT_X)
  WJIT_PROOF_PLANTS(WJIT_X)
  WJIT_ROW_PLANTS(WJIT_X)
#undef WJIT_X
  std::abort();
}

}  // namespace

Bug active = named_in_environment();

}  // namespace wjit::plant
