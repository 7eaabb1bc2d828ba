// The harness itself is under test here: that it passes, and that it would not if anything moved.
#include <sys/wait.h>

#include <cstdio>
#include <string>

#include "catch.h"
#include "compiler/isa/common/probe.h"
#include "tools/abi_check/check.h"
#include "tools/abi_check/exec_buffer.h"

using namespace wjit;
using namespace wjit::abi_check;

namespace {
struct Run {
  int exit_code;
  std::string output;
};
Run run(const std::string& command) {
  Run result{-1, ""};
  FILE* pipe = popen((WJIT_EMULATOR " " + command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  char line[512];
  while (std::fgets(line, sizeof line, pipe)) result.output += line;
  int status = pclose(pipe);
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  return result;
}
}  // namespace

TEST_CASE("10,000 random module shapes agree") {
  auto report = check({});
  REQUIRE(report);
  INFO(report->mismatch.value_or(Mismatch{}).text);
  CHECK_FALSE(report->mismatch);
  CHECK(report->fields == field_names().size());
  CHECK(report->compared > 1'000'000);
}

TEST_CASE("Every field that moves is found, by the code that was emitted, under its name") {
  for (const std::string& field : field_names()) {
    CAPTURE(field);
    auto report = check({.shapes = 1, .seed = 1, .break_field = field});
    REQUIRE(report);
    REQUIRE(report->mismatch);
    CHECK(report->mismatch->field == field);
    CHECK(report->mismatch->how == Found::kEmittedRead);
  }
}

TEST_CASE("A field that does not exist cannot be broken") {
  for (const char* name : {"VMFuncRef", "VMFuncRef.", "VMFuncRef.nothing", "VMFuncReftype_index"}) {
    auto report = check({.shapes = 1, .seed = 1, .break_field = name});
    REQUIRE_FALSE(report);
    CHECK(report.error().kind() == ErrorKind::kUsage);
  }
}

TEST_CASE("The tool says so with its exit code") {
  const std::string tool = WJIT_ABI_CHECK;
  Run good = run(tool + " --shapes 50 --seed 7");
  CHECK(good.exit_code == 0);
  CHECK(good.output.find("ok: ") == 0);
  Run moved = run(tool + " --shapes 1 --break VMRuntimeLimits.fuel_consumed");
  CHECK(moved.exit_code == 1);
  CHECK(moved.output.find("MISMATCH VMRuntimeLimits.fuel_consumed\n") == 0);
  CHECK(moved.output.find("C++ has it at 8, emitted code at 16") != std::string::npos);
  CHECK(run(tool + " --break no.such").exit_code == 2);
  CHECK(run(tool + " --shapes x").exit_code == 2);
  CHECK(run(tool + " --frobnicate").exit_code == 2);
  CHECK(run(tool + " --print --json").output.find("\"layout_version\"") != std::string::npos);
}

// Built with -DWJIT_ABI_BREAK=…, one executable for each (tests/CMakeLists.txt): the constants that generated
// code is made from are wrong there, not the harness's copy of them.
TEST_CASE("A build flag that moves a field makes the tool fail and name it") {
  std::string list = WJIT_ABI_BROKEN;  // "field=path field=path "
  int seen = 0;
  for (size_t at = 0; at < list.size(); ++seen) {
    size_t equals = list.find('=', at), end = list.find(' ', at);
    std::string field = list.substr(at, equals - at), path = list.substr(equals + 1, end - equals - 1);
    at = end + 1;
    CAPTURE(field);
    Run broken = run(path + " --shapes 2");
    CHECK(broken.exit_code == 1);
    CHECK(broken.output.find("MISMATCH " + field + "\n") == 0);
  }
  CHECK(seen >= 4);
}

TEST_CASE("The probe moves fields of any size, and nothing else") {
  const ProbeField fields[] = {{1, 0, 7}, {300, 16, 31}, {9, 64, 1}};
  auto code = emit_probe(fields);
  REQUIRE(code);
  ExecBuffer exec;
  auto at = exec.load(code->bytes);
  REQUIRE(at);
  uint8_t memory[400], buffer[80] = {};
  for (int i = 0; i < 400; ++i) memory[i] = uint8_t(i * 7 + 1);
  reinterpret_cast<void (*)(void*, void*)>(const_cast<uint8_t*>(*at))(memory, buffer);
  for (int i = 0; i < 7; ++i) CHECK(buffer[i] == memory[1 + i]);
  CHECK(buffer[7] == 0);
  for (int i = 0; i < 31; ++i) CHECK(buffer[16 + i] == memory[300 + i]);
  CHECK(buffer[47] == 0);
  CHECK(buffer[64] == memory[9]);
  uint8_t back[400] = {};
  reinterpret_cast<void (*)(void*, void*)>(const_cast<uint8_t*>(*at + code->writer))(back, buffer);
  for (int i = 0; i < 400; ++i) {
    bool field = (i >= 1 && i < 8) || i == 9 || (i >= 300 && i < 331);
    CHECK(back[i] == (field ? memory[i] : 0));
  }
}
