#include "vmcontext/traps.h"

#include <string>

#include "catch.h"

using namespace wjit::vm;

TEST_CASE("Every trap has a name and a message, and its message names it") {
  for (const TrapInfo& t : kTraps) {
    CAPTURE(t.id);
    CHECK(t.code != TrapCode::kNone);
    CHECK(std::string(name(t.code)) == t.name);
    CHECK(std::string(message(t.code)) == t.message);
    CHECK(trap_from_message(t.message) == t.code);
    for (const TrapInfo& other : kTraps) CHECK(trap_matches(other.code, t.message) == (other.code == t.code));
  }
}

TEST_CASE("Numbers that no trap has") {
  CHECK(trap_info(TrapCode::kNone) == nullptr);
  CHECK(trap_info(TrapCode(200)) == nullptr);
  CHECK(std::string(name(TrapCode(200))) == "none");
  CHECK(std::string(message(TrapCode::kNone)) == "no trap");
}

// Every wording that assert_trap and assert_exhaustion use in the official suite.
TEST_CASE("The official suite's messages name kinds") {
  struct Row {
    const char* message;
    TrapCode code;
  };
  const Row rows[] = {
      {"unreachable", TrapCode::kUnreachable},
      {"integer divide by zero", TrapCode::kIntegerDivideByZero},
      {"integer overflow", TrapCode::kIntegerOverflow},
      {"invalid conversion to integer", TrapCode::kInvalidConversion},
      {"out of bounds memory access", TrapCode::kMemoryOutOfBounds},
      {"out of bounds table access", TrapCode::kTableOutOfBounds},
      {"out of bounds array access", TrapCode::kArrayOutOfBounds},
      {"undefined element", TrapCode::kUndefinedElement},
      {"uninitialized element", TrapCode::kUninitializedElement},
      {"uninitialized element 2", TrapCode::kUninitializedElement},
      {"indirect call type mismatch", TrapCode::kIndirectCallType},
      {"null reference", TrapCode::kNullReference},
      {"null function reference", TrapCode::kNullFunctionReference},
      {"null structure reference", TrapCode::kNullStructReference},
      {"null array reference", TrapCode::kNullArrayReference},
      {"null i31 reference", TrapCode::kNullI31Reference},
      {"null exception reference", TrapCode::kNullExceptionReference},
      {"cast failure", TrapCode::kCastFailure},
      {"call stack exhausted", TrapCode::kStackOverflow},
      {"unaligned atomic", TrapCode::kUnalignedAtomic},
      {"expected shared memory", TrapCode::kExpectedSharedMemory},
  };
  for (const Row& r : rows) {
    CAPTURE(r.message);
    CHECK(trap_from_message(r.message) == r.code);
    CHECK(trap_matches(r.code, r.message));
  }
}

TEST_CASE("A message that only resembles a trap's names nothing") {
  for (const char* text : {"", "unreachables", "unreach", "integer", "out of bounds", "null", " unreachable"})
    CHECK(trap_from_message(text) == TrapCode::kNone);
  CHECK_FALSE(trap_matches(TrapCode::kNone, "no trap"));
  CHECK_FALSE(trap_matches(TrapCode::kTableOutOfBounds, "undefined element"));
}
