// tools/dev bench short: many short calls from the host, from a cold start.
#pragma once

namespace wjit::bench {

int bench_short_calls(int rounds);

}  // namespace wjit::bench
