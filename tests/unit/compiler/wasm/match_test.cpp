#include "compiler/wasm/match.h"

#include "catch.h"

using namespace wjit;
using namespace wjit::wasm;

TEST_CASE("functions match imports by subtyping of their canonical types", "[match]") {
  TypeRegistry r;
  ValType params[] = {kI32};
  TypeId f = *r.intern_func(params, {}), g = *r.intern_func({}, params);
  CHECK(match_func(r, f, f));
  auto refused = match_func(r, f, g);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind() == ErrorKind::kLink);
  CHECK(refused.error().message() ==
        "incompatible import type: expected (func (result i32)), found (func (param i32))");
  SubType open = r[f];
  open.is_final = false;
  TypeId base = *r.intern({open});
  SubType sub = open;
  sub.super = base;
  TypeId derived = *r.intern({sub});
  CHECK(match_func(r, derived, base));
  CHECK_FALSE(match_func(r, base, derived));
  CHECK_FALSE(match_tag(r, derived, base));
  CHECK(match_tag(r, base, base));
}

TEST_CASE("memories match by limits, address type, sharing and page size", "[match]") {
  const MemoryType wanted{{2, 5}, false, false, 16};
  auto with = [&](auto change) {
    MemoryType found = wanted;
    change(found);
    return match_memory(found, wanted).has_value();
  };
  CHECK(with([](auto&) {}));
  CHECK(with([](auto& m) { m.limits = {3, 4}; }));
  CHECK_FALSE(with([](auto& m) { m.limits = {1, 5}; }));
  CHECK_FALSE(with([](auto& m) { m.limits = {2, 6}; }));
  CHECK_FALSE(with([](auto& m) { m.limits = {2}; }));
  CHECK_FALSE(with([](auto& m) { m.is64 = true; }));
  CHECK_FALSE(with([](auto& m) { m.shared = true; }));
  CHECK_FALSE(with([](auto& m) { m.page_size_log2 = 0; }));
  auto refused = match_memory({{2}, true, true, 0}, wanted);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message() ==
        "incompatible import type: expected memory 2..5, found memory i64 2.. shared (pagesize 1)");
  CHECK(match_memory({{9, 9}}, {{2}}));
}

TEST_CASE("tables match by limits and equal element types, globals by mutability", "[match]") {
  TypeRegistry r;
  ValType f = ValType::ref(true, *r.intern_func({}, {}));
  CHECK(match_table(r, {kFuncRef, {3, 4}}, {kFuncRef, {2}}));
  CHECK_FALSE(match_table(r, {f, {3}}, {kFuncRef, {2}}));
  CHECK_FALSE(match_table(r, {kFuncRef, {3}}, {f, {2}}));
  CHECK_FALSE(match_table(r, {kFuncRef, {3}, true}, {kFuncRef, {2}}));
  CHECK_FALSE(match_table(r, {kFuncRef, {1}}, {kFuncRef, {2}}));

  CHECK(match_global(r, {kI32, true}, {kI32, true}));
  CHECK_FALSE(match_global(r, {kI32, true}, {kI32, false}));
  CHECK_FALSE(match_global(r, {kI32, false}, {kI32, true}));
  CHECK(match_global(r, {f, false}, {kFuncRef, false}));
  CHECK_FALSE(match_global(r, {f, true}, {kFuncRef, true}));
  auto refused = match_global(r, {kI64, true}, {kI32, false});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message() == "incompatible import type: expected global i32, found global mut i64");
  CHECK(kind_mismatch(ExternKind::kGlobal, ExternKind::kMemory).message() ==
        "incompatible import type: expected memory, found global");
}
