#pragma once

namespace wjit::bench {
// What crossing between the host and the tiers costs, as multiples of a native indirect call in the same run. 0, or an
// exit code.
int bench_call();
}  // namespace wjit::bench
