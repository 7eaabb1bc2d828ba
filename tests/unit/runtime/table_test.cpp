#include "unit/runtime/fixture.h"

using namespace wjit;
using namespace wjit::test;

namespace {

// Table 0 of 4: [null, f0, f1, null]; f_n returns n. Functions to read it in several ways.
ModuleBuilder table_module() {
  ModuleBuilder b;
  const uint32_t get = b.type({}, {i32}), at = b.type({i32}, {i32});
  const uint32_t f0 = b.func(get, i32_const(100)), f1 = b.func(get, i32_const(101));
  b.table(funcref, 4);
  b.elem(0, i32_const(1), {f0, f1});
  b.exports("table", Kind::kTable, 0);
  b.exports("call", Kind::kFunc, b.func(at, cat(local_get(0), call_indirect(get))));
  b.exports("is_null", Kind::kFunc, b.func(at, cat(local_get(0), table_get(0), ref_is_null())));
  b.exports(
      "copy", Kind::kFunc,
      b.func(b.type({i32, i32, i32}, {}), cat(local_get(0), local_get(1), local_get(2), fc(14, {0, 0}))));
  b.exports("grow", Kind::kFunc, b.func(at, cat(ref_null(funcref), local_get(0), fc(15, {0}))));
  return b;
}

uint64_t* words(World& w, Instance i) { return i.raw()->defined_table(0).words(); }

}  // namespace

TEST_CASE("a lazy table makes its slots when they are first read [row17]") {
  World w;
  Instance i = w.instantiate(table_module());
  for (int k = 0; k < 4; ++k) CHECK(words(w, i)[k] == vm::kTableSlotUninitialized);
  CHECK(w.call(i, "call", {Val(1)})[0].i32() == 100);
  CHECK(rt::SlotWord::initialised(words(w, i)[1]));
  CHECK(words(w, i)[2] == 0);
  CHECK(w.call(i, "is_null", {Val(0)})[0].i32() == 1);
  CHECK(words(w, i)[0] == 1);  // null, and known to be
  CHECK(w.call(i, "is_null", {Val(2)})[0].i32() == 0);
  CHECK(w.trap(i, "call", {Val(3)}) == "uninitialized element");
  CHECK(w.trap(i, "call", {Val(4)}) == "undefined element");
}

TEST_CASE("function index 0 in a table is not null [row17]") {
  World w;
  Instance i = w.instantiate(table_module());
  CHECK(w.get<Table>(i, "table").get(w.store, 1)->funcref().has_value());
  CHECK_FALSE(w.get<Table>(i, "table").get(w.store, 0)->funcref().has_value());
  CHECK_FALSE(w.get<Table>(i, "table").get(w.store, 4).has_value());
}

TEST_CASE("an initialised slot gives the same reference each time, and the eager table the same values") {
  for (bool eager : {false, true}) {
    CAPTURE(eager);
    Config c;
    c.eager_tables = eager;
    World w(c);
    Instance i = w.instantiate(table_module());
    for (int k = 0; k < 4; ++k) CHECK(rt::SlotWord::initialised(words(w, i)[k]) == eager);
    Table t = w.get<Table>(i, "table");
    CHECK(*t.get(w.store, 1)->funcref() == *t.get(w.store, 1)->funcref());
    CHECK(t.get(w.store, 2)->funcref()->call(w.store, {}).unwrap()[0].i32() == 101);
    CHECK(t.get(w.store, 3)->is_null_ref());
  }
}

TEST_CASE("grown slots are stored initialised") {
  World w;
  Instance i = w.instantiate(table_module());
  CHECK(w.call(i, "grow", {Val(3)})[0].i32() == 4);
  for (int k = 4; k < 7; ++k) CHECK(words(w, i)[k] == 1);
  CHECK(words(w, i)[0] == 0);
  CHECK(w.call(i, "call", {Val(2)})[0].i32() == 101);
}

TEST_CASE("copies read lazy slots, also where they overlap") {
  World w;
  Instance i = w.instantiate(table_module());
  w.call(i, "copy", {Val(0), Val(1), Val(3)});
  CHECK(w.call(i, "call", {Val(0)})[0].i32() == 100);
  CHECK(w.call(i, "call", {Val(1)})[0].i32() == 101);
  CHECK(w.trap(i, "call", {Val(2)}) == "uninitialized element");
  w.call(i, "copy", {Val(1), Val(0), Val(3)});
  CHECK(w.call(i, "call", {Val(2)})[0].i32() == 101);
  CHECK(w.trap(i, "copy", {Val(2), Val(0), Val(3)}) == "out of bounds table access");
  CHECK(w.call(i, "call", {Val(2)})[0].i32() == 101);  // nothing was written
}

// The importer has the table at index 1, behind one of its own with other functions in it, and reads it
// first.
TEST_CASE("a lazy table that is read first through an import is initialised by its owner's index [row30]") {
  for (const char* way : {"call", "get", "host", "copy"}) {
    CAPTURE(way);
    World w;
    ModuleBuilder owner;
    const uint32_t get = owner.type({}, {i32});
    const uint32_t f = owner.func(get, i32_const(1)), g = owner.func(get, i32_const(2));
    owner.table(funcref, 2), owner.table(funcref, 2);
    owner.elem(0, i32_const(0), {f, f});
    owner.elem(1, i32_const(0), {g, g});
    owner.exports("first", Kind::kTable, 0);
    owner.exports("second", Kind::kTable, 1);
    Instance o = w.instantiate(owner);

    ModuleBuilder importer;
    const uint32_t result = importer.type({}, {i32}), at = importer.type({i32}, {i32});
    importer.import_table("o", "second", funcref, 2);  // index 0 here, 1 there
    const uint32_t own = importer.table(funcref, 2);
    importer.elem(own, i32_const(0), {importer.func(result, i32_const(3)), 0});
    importer.exports("call", Kind::kFunc, importer.func(at, cat(local_get(0), call_indirect(result, 0))));
    importer.exports("call_own", Kind::kFunc,
                     importer.func(at, cat(local_get(0), call_indirect(result, own))));
    importer.exports("copy", Kind::kFunc,
                     importer.func(importer.type({}, {}),
                                   cat(i32_const(0), i32_const(0), i32_const(2), fc(14, {own, 0}))));
    importer.exports("again", Kind::kTable, 0);
    Instance i = w.instantiate(importer, {w.item(o, "second")});

    const std::string_view how = way;
    if (how == "call") CHECK(w.call(i, "call", {Val(0)})[0].i32() == 2);
    if (how == "get")
      CHECK(reinterpret_cast<vm::VMFuncRef*>(rt::table_get_lazy(i.raw()->vmctx(), 0, 1))->vmctx ==
            reinterpret_cast<vm::VMOpaqueContext*>(o.raw()->vmctx()));
    if (how == "host")
      CHECK(w.get<Table>(i, "again").get(w.store, 1)->funcref()->call(w.store, {}).unwrap()[0].i32() == 2);
    if (how == "copy") {
      w.call(i, "copy");
      CHECK(w.call(i, "call_own", {Val(1)})[0].i32() == 2);
    }
    // The re-exported table is the owner's.
    CHECK(w.get<Table>(i, "again") == w.get<Table>(o, "second"));
  }
}

TEST_CASE("tables grow where they are owned, through imports too") {
  World w;
  ModuleBuilder owner;
  owner.table(funcref, 1, 5);
  owner.exports("t", Kind::kTable, 0);
  const uint32_t size = owner.type({}, {i32});
  owner.exports("size", Kind::kFunc, owner.func(size, table_size(0)));
  Instance o = w.instantiate(owner);
  ModuleBuilder importer;
  importer.import_table("o", "t", funcref, 1);
  importer.exports(
      "grow", Kind::kFunc,
      importer.func(importer.type({i32}, {i32}), cat(ref_null(funcref), local_get(0), fc(15, {0}))));
  Instance i = w.instantiate(importer, {w.item(o, "t")});
  CHECK(w.call(i, "grow", {Val(3)})[0].i32() == 1);
  CHECK(w.call(o, "size")[0].i32() == 4);
  CHECK(w.call(i, "grow", {Val(2)})[0].i32() == -1);
  CHECK(w.call(o, "size")[0].i32() == 4);
  CHECK(w.get<Table>(o, "t").grow(w.store, 1, Val::null(ValKind::kFuncRef)).unwrap() == 4);
  auto refused = w.get<Table>(o, "t").grow(w.store, 1, Val::null(ValKind::kFuncRef));
  REQUIRE_FALSE(refused);
  CHECK(refused.err().kind() == ErrorKind::kLimit);
  auto wrong = w.get<Table>(o, "t").grow(w.store, 0, Val(1));
  REQUIRE_FALSE(wrong);
  CHECK(wrong.err().message() == "table element: found i32, expected funcref");
}

TEST_CASE("a table whose initialiser is a function is full of it") {
  World w;
  ModuleBuilder b;
  const uint32_t get = b.type({}, {i32});
  b.func(get, i32_const(9));
  b.table_with_init(funcref, 3, ref_func(0));
  b.exports("t", Kind::kTable, 0);
  b.exports("call", Kind::kFunc, b.func(b.type({i32}, {i32}), cat(local_get(0), call_indirect(get))));
  Instance i = w.instantiate(b);
  for (int k = 0; k < 3; ++k) CHECK(w.call(i, "call", {Val(k)})[0].i32() == 9);
}

TEST_CASE("a far element in a large table stays small until it is read") {
  World w;
  ModuleBuilder b;
  const uint32_t get = b.type({}, {i32});
  b.func(get, i32_const(5));
  b.table(funcref, 10'000'000);
  b.elem(0, i32_const(9'999'999), {0});
  b.exports("call", Kind::kFunc, b.func(b.type({i32}, {i32}), cat(local_get(0), call_indirect(get))));
  Module m = w.compile(b);
  CHECK(m.impl().lazy_table(0).empty());
  Instance i = Instance::create(w.store, m, {}).unwrap();
  CHECK(w.call(i, "call", {Val(9'999'999)})[0].i32() == 5);
}

TEST_CASE("many tables with a far element each stay small until they are read") {
  World w;
  ModuleBuilder b;
  const uint32_t nothing = b.type({}, {});
  const uint32_t f = b.func(nothing, {});
  for (int i = 0; i < 1000; ++i) {
    const uint32_t t = b.table(funcref, 1000);
    b.elem(t, i32_const(999), {f});
  }
  Module m = w.compile(b);
  size_t planned = 0;
  for (uint32_t t = 0; t < 1000; ++t) planned += m.impl().lazy_table(t).size();
  CHECK(planned < 10'000);
}
