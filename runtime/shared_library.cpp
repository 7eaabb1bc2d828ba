// Only in libwjit.so. libasmjit.a takes the address of stderr in a way that a shared library cannot offer, so that one
// is linked with --wrap=stderr: whoever says stderr there means the variable below.
#include <cstdio>

extern "C" {
extern FILE* __real_stderr;
[[gnu::visibility("hidden")]] FILE* __wrap_stderr = nullptr;
[[gnu::constructor(101)]] static void set_stderr() { __wrap_stderr = __real_stderr; }
}
