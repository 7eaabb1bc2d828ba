// wjit-abi-check: do generated code and C++ agree on the layout? Exit 0: they do. 1: they do not, and the
// first field that disagrees is named. 2: wrong usage, or this machine cannot tell.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tools/abi_check/check.h"
#include "vmcontext/print_abi.h"

namespace {

constexpr const char* kUsage =
    "usage: wjit-abi-check [--shapes N] [--seed N] [--break FIELD]\n"
    "       wjit-abi-check --list | --print [--json]\n"
    "  --shapes N     random module shapes to try (10000)\n"
    "  --seed N       start of the random numbers (1)\n"
    "  --break FIELD  move FIELD on the emitted side: the check must then fail\n"
    "  --list         the names of all fields\n"
    "  --print        the layout; with --json for programs\n";

// A whole decimal number up to max, or false.
bool number(const char* text, uint64_t max, uint64_t& out) {
  char* end = nullptr;
  errno = 0;
  if (!text || *text < '0' || *text > '9') return false;
  out = std::strtoull(text, &end, 10);
  return *end == 0 && errno == 0 && out <= max;
}

int usage_error(const char* what) {
  std::fprintf(stderr, "wjit-abi-check: %s\n%s", what, kUsage);
  return 2;
}

int finish(int code) {
  if (std::fflush(stdout) == 0) return code;
  std::perror("wjit-abi-check: stdout");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  wjit::abi_check::Options options;
  bool print = false, json = false, list = false;
  for (int i = 1; i < argc; ++i) {
    const char* arg = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : nullptr;
    uint64_t n = 0;
    if (!std::strcmp(arg, "--print")) {
      print = true;
    } else if (!std::strcmp(arg, "--json")) {
      json = true;
    } else if (!std::strcmp(arg, "--list")) {
      list = true;
    } else if (!std::strcmp(arg, "--help")) {
      std::fputs(kUsage, stdout);
      return finish(0);
    } else if (!std::strcmp(arg, "--shapes")) {
      if (!number(value, 1u << 30, n)) return usage_error("--shapes wants a number up to 2^30");
      options.shapes = static_cast<uint32_t>(n), ++i;
    } else if (!std::strcmp(arg, "--seed")) {
      if (!number(value, ~uint64_t{0}, n)) return usage_error("--seed wants a number");
      options.seed = n, ++i;
    } else if (!std::strcmp(arg, "--break")) {
      if (!value) return usage_error("--break wants a field");
      options.break_field = value, ++i;
    } else {
      return usage_error((std::string("unknown argument ") + arg).c_str());
    }
  }
  if (json && !print) return usage_error("--json goes with --print");
  if (print) {
    std::fputs(wjit::vm::print_abi(json).c_str(), stdout);
    return finish(0);
  }
  if (list) {
    for (const std::string& name : wjit::abi_check::field_names()) std::puts(name.c_str());
    return finish(0);
  }
  auto report = wjit::abi_check::check(options);
  if (!report) {
    std::fprintf(stderr, "wjit-abi-check: %s\n", report.error().to_string().c_str());
    return 2;
  }
  if (report->mismatch) {
    std::printf("MISMATCH %s\n%s\n", report->mismatch->field.c_str(), report->mismatch->text.c_str());
    return finish(1);
  }
  std::printf("ok: %u fields, %u module shapes, %llu values compared, layout version %u\n", report->fields,
              options.shapes, static_cast<unsigned long long>(report->compared), wjit::vm::kLayoutVersion);
  return finish(0);
}
