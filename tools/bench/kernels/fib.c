// Calls and nothing else: Fibonacci's numbers the slow way.
#include "kernel.h"

static NOINLINE uint32_t fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

uint64_t kernel(uint32_t n) { return mix(0, fib(n)); }
