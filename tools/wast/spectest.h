#pragma once
#include "compiler/support/result.h"
#include "wjit/wjit.hpp"

namespace wjit::wast {

// The module "spectest" that the official scripts import. With `threads`, its shared memory as well.
Result<void> define_spectest(Linker& linker, Store& store, bool threads);

}  // namespace wjit::wast
