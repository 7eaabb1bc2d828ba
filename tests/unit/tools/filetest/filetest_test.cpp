#include "tools/filetest/filetest.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "catch.h"

using namespace wjit;
using namespace wjit::filetest;

namespace {

// A file that goes when the test does.
struct TempFile {
  std::filesystem::path path;
  TempFile(std::string_view name, std::string_view text)
      : path(std::filesystem::temp_directory_path() /
             ("wjit-filetest-" + std::to_string(getpid()) + "-" + std::string(name))) {
    std::ofstream(path) << text;
  }
  ~TempFile() { std::filesystem::remove(path); }
  std::string text() const {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  Report run(bool bless = false) const {
    Report r;
    run_file(path.string(), bless, r);
    return r;
  }
};

constexpr std::string_view kAdd = R"(function 0 "add" (i32, i32) -> (i32) {
block0(v0: i64, v1: i64, v2: i32, v3: i32):
  v4 = add.i32 v2, v3
  return v4
}
)";

std::string ir(std::string_view tests) { return std::string(tests) + std::string(kAdd); }

}  // namespace

TEST_CASE("filetest: files are cut into tests, input and outputs", "[ir]") {
  const auto file =
      parse_file("x.wat",
                 ";; a comment\n;; test print fuel\n;; test run: f(1) == 2\n(module)\n;; test no\n"
                 ";; ---- print fuel\n;; one\n;;\n;; ---- two\n");
  REQUIRE(file);
  REQUIRE(file->tests.size() == 2);
  CHECK(file->tests[0].title() == "print fuel");
  CHECK(file->tests[0].line == 2);
  CHECK(file->tests[1].command == "run");
  CHECK(file->tests[1].argument == "f(1) == 2");
  CHECK(file->is_text_module());
  REQUIRE(file->sections.size() == 2);
  CHECK(file->section("print fuel")->text == "one\n\n");
  CHECK(file->section("two")->text.empty());
  CHECK(with_sections(*file, file->sections) == file->head + ";; ---- print fuel\n;; one\n;;\n;; ---- two\n");
  CHECK_FALSE(parse_file("x.ir", "function"));
  const auto stray = parse_file("x.ir", ";; test print\n;; ---- print\nstray");
  REQUIRE_FALSE(stray);
  CHECK(stray.error().message() == "3: expected a line of output, beginning with `;; `");
}

TEST_CASE("filetest: outputs are compared, and written anew when blessed", "[ir]") {
  const TempFile file("bless.ir", ir(";; test print\n"));
  CHECK(file.run().failed == 1);  // nothing is written down yet
  CHECK(file.run(true).rewritten == 1);
  CHECK(file.run().passed == 1);
  CHECK(file.run(true).rewritten == 0);
  std::string text = file.text();
  text.replace(text.rfind("add.i32"), 3, "sub");
  std::ofstream(file.path) << text;
  const Report r = file.run();
  REQUIRE(r.failed == 1);
  CHECK_THAT(r.messages[0], Catch::Contains(":1: print: line 3 of the output:") &&
                                Catch::Contains("expected:   v4 = sub.i32") &&
                                Catch::Contains("found:      v4 = add.i32"));
}

TEST_CASE("filetest: runs", "[ir]") {
  CHECK(TempFile("run.ir", ir(";; test run: add(-1, 0x10) == 15\n")).run().passed == 1);
  const auto message = [](std::string_view test) {
    const Report r = TempFile("wrong.ir", ir(";; test " + std::string(test) + "\n")).run();
    return r.failed == 1 ? r.messages[0].substr(r.messages[0].find(".ir:") + 4) : "passed";
  };
  CHECK(message("run: add(1, 2) == 4") == "1: run add(1, 2) == 4: found 3");
  CHECK(message("run: add(1, 2) traps unreachable") == "1: run add(1, 2) traps unreachable: found 3");
  CHECK(message("run: add(1) == 4") == "1: run add(1) == 4: 1 arguments, expected 2");
  CHECK(message("run: sub(1, 2) == 4") == "1: run sub(1, 2) == 4: there is no function \"sub\"");
  CHECK(message("run: add(1, x) == 4") == "1: run add(1, x) == 4: expected a value of type i32, found `x`");
  CHECK(message("fly") == "1: no such command: fly");
  CHECK(message("print fual") == "1: print fual: expected fuel, epoch, epoch-trap, checks, likely=, -O0, passes=, cpu=, spill or a64, found `fual`");
}

// The interpreter of bytecode is asked, too: an expectation that only one of the two meets is no pass.
TEST_CASE("filetest: modules run twice", "[ir]") {
  const auto run = [](std::string_view test) {
    return TempFile("twice.wat", std::string(test) + R"(
(module (memory 1)
  (func (export "f") (param i32) (result i32)
    (i32.store (local.get 0) (i32.const 7))
    (i32.div_u (i32.load (local.get 0)) (local.get 0)))))")
        .run();
  };
  CHECK(run(";; test run: f(2) == 3").passed == 1);
  CHECK(run(";; test run: f(0) traps integer-divide-by-zero").passed == 1);
  CHECK(run(";; test run: f(65536) traps memory-out-of-bounds").passed == 1);
  CHECK(run(";; test run: f(2) == 4").failed == 1);
  CHECK(run(";; test run: g(2) == 3").failed == 1);
}
