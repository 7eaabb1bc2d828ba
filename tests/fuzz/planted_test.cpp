// Mistakes planted in the compiler (compiler/support/plant.h), each of which the random programs have to find: by a
// program that runs otherwise, by the allocator's checker, or by a crash. Others are for the tests of a row.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "catch.h"
#include "compiler/support/plant.h"
#include "tools/fuzz/run.h"
#include "wjit/wjit.hpp"

using namespace wjit;
using namespace wjit::fuzz;

namespace {

constexpr uint64_t kPrograms = 2000;

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

// ---- tests of rows --------------------------------------------------------------------------------------------

namespace {

// Whether the tests of that name, which are in this program, pass in a process of their own with the mistake.
bool pass_with(const char* bug, const char* tests) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    alarm(300);
    if (bug) ::setenv("WJIT_PLANT", bug, 1);
    const int nowhere = ::open("/dev/null", O_WRONLY);
    ::dup2(nowhere, 1), ::dup2(nowhere, 2);
    ::execl("/proc/self/exe", "wjit-planted-test", tests, "--warn", "NoTests", nullptr);
    _exit(127);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("fuzz: mistakes planted for the tests of a row are found by them") {
  struct Row {
    const char *bug, *tests, *what;
  };
  static constexpr Row kRows[] = {
#define WJIT_X(name, tests, what) {#name, tests, what},
      WJIT_ROW_PLANTS(WJIT_X)
#undef WJIT_X
  };
  for (const Row& r : kRows) {
    INFO(r.bug << ": " << r.what << "; tests: " << r.tests);
    if (std::string_view(r.tests).starts_with("row 18") && !std::getenv("WJIT_SPEC_TESTSUITE")) {
      WARN("WJIT_SPEC_TESTSUITE is not set: there is nothing to mutate");
      continue;
    }
    CHECK_FALSE(pass_with(r.bug, r.tests));
  }
  // It is the mistake that makes them fail.
  CHECK(pass_with(nullptr, "row 22: native*"));
  CHECK(pass_with(nullptr, "row 32: native*"));
  CHECK_FALSE(pass_with(nullptr, "no such test"));
}

// ---- proofs ---------------------------------------------------------------------------------------------------

TEST_CASE("fuzz: a proof that fails is an internal error, and says of which function and which pass") {
  const auto error_with = [](plant::Bug bug, CompilerConfig::Regalloc regalloc) -> std::string {
    Config config;
    config.tier = Tier::kJit;
    config.compiler.verify = true;
    config.compiler.regalloc = regalloc;
    const Engine engine(config);
    plant::active = bug;
    const auto made = Module::from_text(engine, R"((module
      (func (param i32) (result i32) (local.get 0))
      (func (param i32 i64 i64 i64) (result i64) (local i32 i64)
        (loop $l
          (local.set 5 (i64.add (local.get 5) (i64.extend_i32_u (i32.mul (local.get 4) (local.get 4)))))
          (local.set 1 (i64.sub (local.get 2) (i64.xor (local.get 1) (local.get 3))))
          (local.set 2 (i64.or (local.get 5) (i64.rotl (local.get 2) (local.get 1))))
          (local.set 4 (i32.add (local.get 4) (i32.const 1)))
          (br_if $l (i32.lt_u (local.get 4) (local.get 0))))
        (i64.add (local.get 5) (i64.add (local.get 1) (i64.add (local.get 2) (local.get 3)))))))");
    plant::active = plant::Bug::none;
    if (made) return "";
    CHECK(made.err().kind() == ErrorKind::kInternal);
    return made.err().message();
  };
  using enum CompilerConfig::Regalloc;
  const auto has = [](const std::string& text, const char* part) { return text.find(part) != text.npos; };
  CHECK(error_with(plant::Bug::none, kSpill).empty());
  const std::string licm = error_with(plant::Bug::hoisted_too_far, kScan);
  INFO(licm);
  CHECK(has(licm, "the compiler made a mistake in function 1, in licm: "));
  CHECK(has(licm, "(please report it"));
  const std::string registers = error_with(plant::Bug::swapped_slots, kSpill);
  INFO(registers);
  CHECK(has(registers, "the compiler made a mistake in function 1, in register allocation: "));
}
