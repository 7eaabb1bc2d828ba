#include <sys/resource.h>

#include "unit/runtime/fixture.h"

using namespace wjit;
using namespace wjit::test;

TEST_CASE("every reference starts null, whatever holds it [row17]") {
  World w;
  ModuleBuilder b;
  const uint32_t nothing = b.type({}, {}), is_null = b.type({}, {i32});
  b.func(nothing, {});  // function 0 exists, and is not null
  b.table(funcref, 1), b.table(externref, 1);
  b.global(funcref, true, ref_null(funcref)), b.global(externref, true, ref_null(externref));
  b.global(funcref, false, ref_func(0));
  b.exports("f", Kind::kGlobal, 0);
  b.exports("e", Kind::kGlobal, 1);
  b.exports("zero", Kind::kGlobal, 2);
  b.exports("tf", Kind::kTable, 0);
  b.exports("te", Kind::kTable, 1);
  b.exports("local_func", Kind::kFunc, b.func(is_null, cat(local_get(0), ref_is_null()), {funcref}));
  b.exports("local_extern", Kind::kFunc, b.func(is_null, cat(local_get(0), ref_is_null()), {externref}));
  b.exports("func0", Kind::kFunc, b.func(is_null, cat(ref_func(0), ref_is_null())));
  Instance i = w.instantiate(b);
  CHECK(w.get<Global>(i, "f").get(w.store).is_null_ref());
  CHECK(w.get<Global>(i, "e").get(w.store).is_null_ref());
  CHECK_FALSE(w.get<Global>(i, "zero").get(w.store).is_null_ref());
  CHECK(w.get<Table>(i, "tf").get(w.store, 0)->is_null_ref());
  CHECK(w.get<Table>(i, "te").get(w.store, 0)->is_null_ref());
  CHECK(w.call(i, "local_func")[0].i32() == 1);
  CHECK(w.call(i, "local_extern")[0].i32() == 1);
  CHECK(w.call(i, "func0")[0].i32() == 0);
  CHECK(i.raw()->func_ref(wasm::ElementSegment::kNullFunc) == nullptr);
}

TEST_CASE("building a func ref again writes identical bytes at the same place") {
  World w;
  ModuleBuilder b;
  b.func(b.type({}, {}), {});
  b.exports("f", Kind::kFunc, 0);
  Instance i = w.instantiate(b);
  vm::VMFuncRef* ref = i.raw()->func_ref(0);
  vm::VMFuncRef before = *ref;
  std::memset(static_cast<void*>(ref), 0x55, sizeof *ref);
  CHECK(i.raw()->func_ref(0) == ref);
  CHECK(std::memcmp(ref, &before, sizeof before) == 0);
  CHECK(ref->wasm_call != nullptr);
  CHECK(ref->native_call != nullptr);
}

TEST_CASE("global initialisers: constants, other globals, extended constants") {
  World w;
  ModuleBuilder b;
  b.import_global("m", "base", i32, false);
  b.global(i32, false, cat(global_get(0), i32_const(3), op(0x6c), i32_const(1), op(0x6b)));  // base * 3 - 1
  b.global(i64, false, cat(i64_const(-1), i64_const(2), op(0x7c)));
  b.global(i32, false, cat(i32_const(-1), i32_const(-1), op(0x6a)));
  b.global(f32, false, Bytes{0x43, 0x01, 0x00, 0xa0, 0x7f});  // a signalling NaN's bits
  b.global(v128, false, cat(Bytes{0xfd, 0x0c}, Bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}));
  b.global(i32, true, global_get(1));
  for (uint32_t g = 1; g <= 6; ++g) b.exports("g" + std::to_string(g), Kind::kGlobal, g);
  Global base = Global::create(w.store, {{ValKind::kI32}, false}, Val(14)).unwrap();
  Instance i = w.instantiate(b, {base});
  auto value = [&](const char* name) { return w.get<Global>(i, name).get(w.store); };
  CHECK(value("g1").i32() == 41);
  CHECK(value("g2").i64() == 1);
  CHECK(value("g3").i32() == -2);
  CHECK(value("g4").f32_bits() == 0x7fa00001);
  CHECK(value("g5").v128().bytes[15] == 16);
  CHECK(value("g6").i32() == 41);
  // The low word of every value is whole: i32 results are zero-extended.
  CHECK(i.raw()->global(3)->as_u64() == 0xffff'fffe);
}

namespace {

// A module that takes one step after another, step k of them failing.
//   0 import mismatch · 1 memory that cannot be had · 2 element segment out of bounds, own table
//   3 element segment 1 into an imported table out of bounds, after segment 0 was written there
//   4 data segment 1 into an imported memory out of bounds, after segment 0 was written there
//   5 start traps
constexpr int kSteps = 6;
ModuleBuilder failing_at(int k) {
  ModuleBuilder b;
  const uint32_t nothing = b.type({}, {}), get = b.type({}, {i32});
  b.import_table("m", "t", funcref, 4);
  b.import_memory("m", "mem", 1);
  b.import_global("m", "g", i32, k == 0);
  if (k == 1) b.memory(65536);
  const uint32_t f = b.func(get, cat(i32_const(0), i32_load8_u(), global_get(0), op(0x6a)));
  const uint32_t trap = b.func(nothing, unreachable());
  const uint32_t own = b.table(funcref, 2);
  b.elem(own, i32_const(0), {f, f});
  if (k == 2) b.elem(own, i32_const(1), {f, f});
  b.elem(0, i32_const(0), {f});
  if (k == 3) b.elem(0, i32_const(4), {f});
  b.data(0, i32_const(0), {42});
  if (k == 4) b.data(0, i32_const(65535), {1, 2});
  if (k == 5) b.start(trap);
  return b;
}

}  // namespace

TEST_CASE("instantiation that fails at step k leaves what came before and nothing else [row19]") {
  for (int k = 0; k <= kSteps; ++k) {
    CAPTURE(k);
    World w;
    Table table = Table::create(w.store, {.min = 4}, Val::null(ValKind::kFuncRef)).unwrap();
    Memory memory = Memory::create(w.store, {.min = 1}).unwrap();
    Global global = Global::create(w.store, {{ValKind::kI32}, false}, Val(1)).unwrap();
    if (k == 1) w.store.limiter({.memory_bytes = 1 << 20});
    rt::Store& s = w.impl();
    const size_t instances = s.instances().size();
    const uint64_t counted = s.instance_count, memories = s.memory_count, tables = s.table_count;

    auto made = w.try_instantiate(failing_at(k), {table, memory, global});
    CHECK(bool(made) == (k == kSteps));
    const char* kMessages[] = {"import \"m\" \"g\"",          "limiter",
                               "out of bounds table access",  "out of bounds table access",
                               "out of bounds memory access", "unreachable"};
    if (!made) CHECK(message(made.err()).find(kMessages[k]) != std::string::npos);

    // From the first write to somebody else's table on, the instance is referred to and stays.
    const bool seen = k >= 3;
    CHECK(table.get(w.store, 0)->is_null_ref() == !seen);
    CHECK((memory.data(w.store)[0] == 42) == (k >= 4));
    CHECK(s.instances().size() == instances + (seen ? 1 : 0));
    CHECK(s.instance_count == counted + (seen ? 1 : 0));
    CHECK(s.memory_count == memories);
    CHECK(s.table_count == tables + (seen ? 1 : 0));
    if (seen) {  // its functions run, in its own world
      auto r = table.get(w.store, 0)->funcref()->call(w.store, {});
      REQUIRE(r);
      CHECK(r.ok()[0].i32() == (k >= 4 ? 43 : 1));
    }
  }
}

TEST_CASE("failing a thousand times takes up nothing [row19]") {
  World w;
  w.store.limiter({.memory_bytes = 1 << 20, .instances = 10, .tables = 10, .memories = 10});
  ModuleBuilder b;
  b.memory(1), b.table(funcref, 1);
  b.data(0, i32_const(65536), {1});
  Module m = w.compile(b);
  for (int n = 0; n < 1000; ++n) {
    auto made = Instance::create(w.store, m, {});
    REQUIRE_FALSE(made);
    REQUIRE(message(made.err()) == "out of bounds memory access");
  }
  CHECK(w.impl().instances().empty());
}

TEST_CASE("memories grow where they are owned, through imports and re-exports too") {
  for (MemoryStyle style : {MemoryStyle::kGuard, MemoryStyle::kChecks}) {
    CAPTURE(int(style));
    World w(config_with(style));
    ModuleBuilder owner;
    owner.memory(1), owner.memory(2, 10);
    owner.exports("m0", Kind::kMemory, 0);
    owner.exports("m1", Kind::kMemory, 1);
    const uint32_t size = owner.type({}, {i32});
    owner.exports("size0", Kind::kFunc, owner.func(size, memory_size(0)));
    owner.exports("size1", Kind::kFunc, owner.func(size, memory_size(1)));
    Instance o = w.instantiate(owner);
    ModuleBuilder importer;
    importer.import_memory("o", "m1", 1);
    importer.exports("again", Kind::kMemory, 0);
    const uint32_t grow = importer.type({i32}, {i32});
    importer.exports("grow", Kind::kFunc, importer.func(grow, cat(local_get(0), memory_grow())));
    importer.exports("load", Kind::kFunc, importer.func(grow, cat(local_get(0), i32_load8_u())));
    Instance i = w.instantiate(importer, {w.item(o, "m1")});
    Instance j = w.instantiate(importer, {w.item(i, "again")});
    CHECK(w.call(j, "grow", {Val(3)})[0].i32() == 2);
    CHECK(w.call(o, "size0")[0].i32() == 1);
    CHECK(w.call(o, "size1")[0].i32() == 5);
    CHECK(w.get<Memory>(j, "again") == w.get<Memory>(o, "m1"));
    w.get<Memory>(o, "m1").data(w.store)[5 * 65536 - 1] = 9;
    CHECK(w.call(i, "load", {Val(5 * 65536 - 1)})[0].i32() == 9);
    CHECK(w.trap(i, "load", {Val(5 * 65536)}) == "out of bounds memory access");
    CHECK(w.call(i, "grow", {Val(6)})[0].i32() == -1);
    CHECK(w.get<Memory>(o, "m1").grow(w.store, 5).unwrap() == 5);
    CHECK(w.get<Memory>(o, "m1").type(w.store).min == 10);
    CHECK_FALSE(w.get<Memory>(o, "m1").grow(w.store, 1));
  }
}

TEST_CASE("large data comes from an image from the second instance on, each instance with its own bytes") {
  for (MemoryStyle style : {MemoryStyle::kAuto, MemoryStyle::kChecks}) {
    CAPTURE(int(style));
    World w(config_with(style));
    ModuleBuilder b;
    b.memory(8);
    Bytes bytes(200'000);
    for (size_t k = 0; k < bytes.size(); ++k) bytes[k] = uint8_t(k * 7 + 1);
    b.data(0, i32_const(1000), bytes);
    b.data(0, i32_const(100'000), {0xee});  // later segments win
    b.exports("m", Kind::kMemory, 0);
    Module m = w.compile(b);
    bytes[99'000] = 0xee;
    for (int n = 0; n < 3; ++n) {
      Instance i = Instance::create(w.store, m, {}).unwrap();
      Memory memory = w.get<Memory>(i, "m");
      CHECK((m.impl().memory_image(0) != nullptr) == (n > 0));
      CHECK(std::equal(bytes.begin(), bytes.end(), memory.data(w.store).begin() + 1000));
      CHECK(memory.data(w.store)[999] == 0);
      CHECK(memory.data(w.store)[201'000] == 0);
      memory.data(w.store)[1000] = 99;  // not seen by the next one
    }
  }
}

TEST_CASE("large data is copied where the process may have no file that holds it") {
  World w;
  ModuleBuilder b;
  b.memory(8);
  b.data(0, i32_const(1000), Bytes(200'000, 7));
  b.exports("m", Kind::kMemory, 0);
  Module m = w.compile(b);
  rlimit before;
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small{4096, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);  // past it the kernel sends SIGXFSZ
  std::vector<Instance> all;
  for (int n = 0; n < 3; ++n) all.push_back(Instance::create(w.store, m, {}).unwrap());
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  CHECK(m.impl().memory_image(0) == nullptr);
  for (Instance i : all) CHECK(w.get<Memory>(i, "m").data(w.store)[200'999] == 7);
}

TEST_CASE("segments: active ones are dropped, dropped ones have length 0, dropping again does nothing") {
  World w;
  ModuleBuilder b;
  b.memory(1), b.table(funcref, 4);
  const uint32_t nothing = b.type({}, {}), init = b.type({i32, i32, i32}, {});
  b.func(nothing, {});
  b.elem(0, i32_const(0), {0});
  b.passive_elem({0, 0});
  b.data(0, i32_const(0), {1, 2});
  b.passive_data({3, 4, 5});
  auto with = [&](uint32_t code, uint32_t a, uint32_t c) {
    return b.func(init, cat(local_get(0), local_get(1), local_get(2), fc(code, {a, c})));
  };
  b.exports("init0", Kind::kFunc, with(8, 0, 0));
  b.exports("init1", Kind::kFunc, with(8, 1, 0));
  b.exports("tinit0", Kind::kFunc, with(12, 0, 0));
  b.exports("tinit1", Kind::kFunc, with(12, 1, 0));
  b.exports("drop", Kind::kFunc, b.func(nothing, cat(fc(9, {1}), fc(13, {1}), fc(9, {0}), fc(13, {0}))));
  b.exports("m", Kind::kMemory, 0);
  Instance i = w.instantiate(b);
  auto args = [](int a, int c, int d) { return std::vector<Val>{Val(a), Val(c), Val(d)}; };
  CHECK(w.trap(i, "init0", args(0, 0, 1)) == "out of bounds memory access");
  CHECK(w.trap(i, "init0", args(65536, 0, 0)).empty());
  CHECK(w.trap(i, "init0", args(65537, 0, 0)) == "out of bounds memory access");
  CHECK(w.trap(i, "tinit0", args(0, 0, 1)) == "out of bounds table access");
  CHECK(w.trap(i, "init1", args(65534, 0, 3)) == "out of bounds memory access");
  CHECK(w.get<Memory>(i, "m").data(w.store)[65534] == 0);
  CHECK(w.trap(i, "init1", args(10, 1, 2)).empty());
  CHECK(w.get<Memory>(i, "m").data(w.store)[11] == 5);
  CHECK(w.trap(i, "tinit1", args(2, 0, 2)).empty());
  CHECK(w.trap(i, "tinit1", args(3, 0, 2)) == "out of bounds table access");
  w.call(i, "drop");
  w.call(i, "drop");
  CHECK(w.trap(i, "init1", args(0, 0, 1)) == "out of bounds memory access");
  CHECK(w.trap(i, "init1", args(0, 0, 0)).empty());
  CHECK(w.trap(i, "tinit1", args(0, 0, 1)) == "out of bounds table access");
}

TEST_CASE("an initialiser that needs a GC object is a link error that names it") {
  World w;
  // (module (type (struct)) (global (ref 0) (struct.new 0)))
  const Bytes bytes = {0, 0x61, 0x73, 0x6d, 1,    0, 0, 0,    1, 3, 1,   0x5f,
                       0, 6,    9,    1,    0x64, 0, 0, 0xfb, 0, 0, 0x0b};
  Bytes fixed = bytes;
  fixed[14] = uint8_t(bytes.size() - 15);
  auto m = Module::compile(w.engine, fixed);
  if (!m) FAIL(m.err().to_string());
  auto made = Instance::create(w.store, m.ok(), {});
  REQUIRE_FALSE(made);
  CHECK(kind(made.err()) == ErrorKind::kLink);
  CHECK(message(made.err()).find("struct.new") != std::string::npos);
}

TEST_CASE("start runs last and its trap is what instantiation gives") {
  World w;
  ModuleBuilder b;
  b.import_memory("m", "m", 1);
  const uint32_t nothing = b.type({}, {});
  b.start(b.func(nothing, cat(i32_const(1), i32_const(0), i32_load8_u(), i32_store8())));  // mem[1] = mem[0]
  b.data(0, i32_const(0), {77});
  Memory m = Memory::create(w.store, {.min = 1}).unwrap();
  w.instantiate(b, {m});
  CHECK(m.data(w.store)[1] == 77);
}
