// tools/dev bench memory: what wjit holds in memory at most while kernels run.
#pragma once
#include "tools/bench/kernels.h"

namespace wjit::bench {

// 1 if one needs more than it may, or cannot be told; 77 where the kernels were not built.
int bench_memory(Size size);

}  // namespace wjit::bench
