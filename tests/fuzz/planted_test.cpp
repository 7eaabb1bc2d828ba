// Mistakes planted in the compiler (compiler/support/plant.h), each of which the random programs have to find: by a
// program that runs otherwise, by the allocator's checker, or by a crash.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "catch.h"
#include "compiler/support/plant.h"
#include "tools/fuzz/run.h"

namespace wjit::plant {
Bug active = Bug::none;
}

using namespace wjit;
using namespace wjit::fuzz;

namespace {

constexpr uint64_t kPrograms = 400;

struct Found {
  bool by_disagreement = false, by_death = false;
  uint64_t programs = 0;  // until then
};

// In a process of its own, since wrong code may do anything.
Found hunt(plant::Bug bug, const std::string& modes, uint64_t programs) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    for (int s : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTERM}) ::signal(s, SIG_DFL);  // not the test's to report
    alarm(300);
    plant::active = bug;
    Runner runner(modes_called(modes));
    for (uint64_t seed = 0; seed < programs; ++seed) {
      (void)!write(ends[1], &seed, sizeof seed);
      runner.set_seed(seed);
      Choices choices(seed);
      const std::string what = runner.disagreement(generate(choices, {}));
      if (what.empty()) continue;
      if (bug == plant::Bug::none) std::fprintf(stderr, "seed %llu: %s\n", static_cast<unsigned long long>(seed), what.c_str());
      _exit(1);
    }
    _exit(0);
  }
  close(ends[1]);
  Found f;
  for (uint64_t seed; read(ends[0], &seed, sizeof seed) == sizeof seed;) f.programs = seed + 1;
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  f.by_disagreement = WIFEXITED(status) && WEXITSTATUS(status) == 1;
  f.by_death = WIFSIGNALED(status);
  return f;
}

}  // namespace

TEST_CASE("fuzz: mistakes planted in the compiler are found") {
  struct Row {
    plant::Bug bug;
    const char *name, *what;
  };
  static constexpr Row kRows[] = {
#define WJIT_X(name, what) {plant::Bug::name, #name, what},
      WJIT_PLANTS(WJIT_X)
#undef WJIT_X
  };
  for (const Row& r : kRows) {
    const Found f = hunt(r.bug, "native", kPrograms);
    INFO(r.name << ": " << r.what << "; programs: " << f.programs);
    CHECK((f.by_disagreement || f.by_death));
    if (std::getenv("WJIT_TEST_VERBOSE"))
      std::printf("%s: %s after %llu programs\n", r.name, f.by_death ? "died" : f.by_disagreement ? "disagreed" : "NOT FOUND",
                  static_cast<unsigned long long>(f.programs));
  }
}

TEST_CASE("fuzz: without a planted mistake nothing is found") {
  const Found f = hunt(plant::Bug::none, "native", 30);
  CHECK(f.programs == 30);
  CHECK_FALSE(f.by_disagreement);
  CHECK_FALSE(f.by_death);
}
