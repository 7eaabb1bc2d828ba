// What went wrong in interpreters of this kind, each run under both dispatchers and both memory styles.
#include <thread>

#include "compiler/bytecode/translate.h"
#include "unit/runtime/fixture.h"
#include "vmcontext/traps.h"

using namespace wjit;
using namespace wjit::test;

namespace {

Config config_for(Dispatch dispatch, MemoryStyle style) {
  Config c = config_with(style);
  c.dispatch = dispatch;
  return c;
}

// Runs `body` once per dispatcher and memory style.
template <class F>
void in_every_way(F&& body) {
  for (Dispatch d : {Dispatch::kLoop, Dispatch::kTail})
    for (MemoryStyle m : {MemoryStyle::kAuto, MemoryStyle::kChecks}) {
      CAPTURE(int(d), int(m));
      World w(config_for(d, m));
      body(w);
    }
}

Trap trap_of(World& w, Instance i, const char* name, std::vector<Val> args = {}) {
  auto r = w.get<Func>(i, name).call(w.store, args);
  REQUIRE_FALSE(r);
  TrapError e = std::move(r).err();
  REQUIRE(std::holds_alternative<Trap>(e));
  return std::get<Trap>(e);
}

bool is(const Trap& t, vm::TrapCode code) { return t.code() == uint8_t(code); }

Bytes store_i64(uint32_t offset) { return cat(Bytes{0x37, 0}, leb(offset)); }
Bytes load_i32(uint32_t offset) { return cat(Bytes{0x28, 0}, leb(offset)); }
Bytes store_i32(uint32_t offset) { return cat(Bytes{0x36, 0}, leb(offset)); }
Bytes return_call(uint32_t f) { return op(0x12, f); }

}  // namespace

TEST_CASE("after a trap memory, globals and tables are as the instructions before it left them [row12]") {
  in_every_way([](World& w) {
    ModuleBuilder b;
    const uint32_t nothing = b.type({}, {});
    b.memory(1);
    b.table(funcref, 4);
    b.global(i32, true, i32_const(0));
    b.passive_data({1, 2, 3, 4});
    const uint32_t f = b.func(nothing, {});
    b.passive_elem({f, f});
    b.exports("mem", Kind::kMemory, 0);
    b.exports("tab", Kind::kTable, 0);
    b.exports("g", Kind::kGlobal, 0);
    // A store that crosses the end writes no byte of its front half.
    b.exports("store", Kind::kFunc,
              b.func(nothing, cat(i32_const(7), global_set(0), i32_const(65532), i64_const(-1), store_i64(0))));
    b.exports("fill", Kind::kFunc,
              b.func(nothing, cat(i32_const(65530), i32_const(0xaa), i32_const(7), fc(11, {0}))));
    b.exports("copy", Kind::kFunc, b.func(nothing, cat(i32_const(65530), i32_const(0), i32_const(7), fc(10, {0, 0}))));
    b.exports("init", Kind::kFunc, b.func(nothing, cat(i32_const(65534), i32_const(0), i32_const(4), fc(8, {0, 0}))));
    b.exports("tinit", Kind::kFunc, b.func(nothing, cat(i32_const(3), i32_const(0), i32_const(2), fc(12, {0, 0}))));
    b.exports("tfill", Kind::kFunc, b.func(nothing, cat(i32_const(3), ref_func(f), i32_const(2), fc(17, {0}))));
    Instance i = w.instantiate(b);
    auto untouched = [&] {
      auto bytes = w.get<Memory>(i, "mem").data(w.store);
      for (size_t k = 65536 - 16; k < 65536; ++k)
        if (bytes[k] != 0) return false;
      for (uint64_t k = 0; k < 4; ++k)
        if (!w.get<Table>(i, "tab").get(w.store, k)->is_null_ref()) return false;
      return true;
    };
    for (const char* name : {"store", "fill", "copy", "init"}) {
      CAPTURE(name);
      CHECK(is(trap_of(w, i, name), vm::TrapCode::kMemoryOutOfBounds));
      CHECK(untouched());
    }
    for (const char* name : {"tinit", "tfill"}) {
      CAPTURE(name);
      CHECK(is(trap_of(w, i, name), vm::TrapCode::kTableOutOfBounds));
      CHECK(untouched());
    }
    CHECK(w.get<Global>(i, "g").get(w.store).i32() == 7);
  });
}

TEST_CASE("unbounded recursion traps, directly, indirectly and through the host [row15]") {
  in_every_way([](World& w) {
    ModuleBuilder b;
    const uint32_t nothing = b.type({}, {});
    b.import_func("m", "again", nothing);
    b.table(funcref, 1);
    b.exports("direct", Kind::kFunc, b.func(nothing, call(1)));
    const uint32_t indirect = b.func(nothing, cat(i32_const(0), call_indirect(nothing)));
    b.exports("indirect", Kind::kFunc, indirect);
    b.elem(0, i32_const(0), {indirect});
    b.exports("host", Kind::kFunc, b.func(nothing, call(0)));
    b.exports("fine", Kind::kFunc, b.func(nothing, {}));
    Func again = Func::wrap(w.store, [](Caller c) -> Result<Ok, Trap> {
      auto self = std::get<Func>(*c.get_export("host"));
      auto r = self.call(c, {});
      if (r) return Ok{};
      return std::get<Trap>(std::move(r).err());
    });
    Instance i = w.instantiate(b, {again});
    for (const char* name : {"direct", "indirect", "host"}) {
      CAPTURE(name);
      const Trap t = trap_of(w, i, name);
      CHECK(is(t, vm::TrapCode::kStackOverflow));
      CHECK_FALSE(t.trace().empty());
      CHECK(w.get<Func>(i, "fine").call(w.store, {}));  // and the store goes on
    }
  });
}

TEST_CASE("a tail call takes no stack, whatever its arguments [row15][row34]") {
  in_every_way([](World& w) {
    ModuleBuilder b;
    // (n, a) -> f2(n-1, a, 1, 2, 3) -> (n-1, a+1) … : unequal argument counts, two million calls deep
    const uint32_t two = b.type({i32, i32}, {i32}), five = b.type({i32, i32, i32, i32, i32}, {i32});
    const uint32_t f = 0, g = 1;
    b.func(two, cat(local_get(0), op(0x45), Bytes{0x04, 0x7f}, local_get(1), op(0x05), local_get(0), i32_const(1),
                    op(0x6b), local_get(1), i32_const(1), i32_const(2), i32_const(3), return_call(g), op(0x0b)));
    b.func(five, cat(local_get(0), local_get(1), local_get(2), op(0x6a), return_call(f)));
    b.exports("f", Kind::kFunc, f);
    Instance i = w.instantiate(b);
    CHECK(w.call(i, "f", {Val(1'000'000), Val(5)})[0].i32() == 1'000'005);
  });
}

TEST_CASE("a tail call into a third instance returns to the first with its own memory and globals [row27]") {
  in_every_way([](World& w) {
    auto simple = [&](int value) {
      ModuleBuilder b;
      b.memory(1);
      b.data(0, i32_const(0), {uint8_t(value), 0, 0, 0});
      b.exports("get", Kind::kFunc, b.func(b.type({}, {i32}), cat(i32_const(0), load_i32(0))));
      return w.instantiate(b);
    };
    Instance c = simple(30);
    ModuleBuilder mb;  // B: tail-calls C
    const uint32_t t = mb.type({}, {i32});
    mb.import_func("c", "get", t);
    mb.memory(1);
    mb.data(0, i32_const(0), {20});
    mb.exports("get", Kind::kFunc, mb.func(t, return_call(0)));
    // and by way of one more frame of its own
    mb.exports("get2", Kind::kFunc, mb.func(t, return_call(1)));
    Instance bi = w.instantiate(mb, {w.get<Func>(c, "get")});
    for (const char* name : {"get", "get2"}) {
      ModuleBuilder a;
      const uint32_t ta = a.type({}, {i32});
      a.import_func("b", "get", ta);
      a.memory(1);
      a.global(i32, true, i32_const(100));
      a.data(0, i32_const(0), {10});
      // b() * 10000 + own memory * 100 + own global
      a.exports("run", Kind::kFunc,
                a.func(ta, cat(call(0), i32_const(10000), op(0x6c), i32_const(0), load_i32(0), i32_const(100), op(0x6c),
                               op(0x6a), global_get(0), op(0x6a))));
      Instance ai = w.instantiate(a, {w.get<Func>(bi, name)});
      CHECK(w.call(ai, "run")[0].i32() == 30 * 10000 + 10 * 100 + 100);
    }
  });
}

TEST_CASE("memory 0 is fresh after a host function grew it, called or tail-called [row28]") {
  in_every_way([](World& w) {
    ModuleBuilder b;
    const uint32_t nothing = b.type({}, {}), gets = b.type({}, {i32});
    b.import_func("m", "grow", nothing);
    b.memory(1);
    b.exports("mem", Kind::kMemory, 0);
    const uint32_t tail = b.func(nothing, return_call(0));
    auto probe = [&](uint32_t callee) {  // call, then write and read in the page that is new
      return b.func(gets, cat(call(callee), memory_size(), i32_const(65536), op(0x6c), i32_const(4), op(0x6b),
                              i32_const(77), store_i32(0), memory_size(), i32_const(65536), op(0x6c), i32_const(4),
                              op(0x6b), load_i32(0)));
    };
    b.exports("called", Kind::kFunc, probe(0));
    b.exports("tail_called", Kind::kFunc, probe(tail));
    Func grow = Func::wrap(w.store, [](Caller c) {
      auto m = std::get<Memory>(*c.get_export("mem"));
      (void)m.grow(c, 3);
    });
    Instance i = w.instantiate(b, {grow});
    CHECK(w.call(i, "called")[0].i32() == 77);
    CHECK(w.call(i, "tail_called")[0].i32() == 77);
    CHECK(w.get<Memory>(i, "mem").size(w.store) == 7);
  });
}

TEST_CASE("a host tail call without params and results leaves its caller's cells alone [row29]") {
  in_every_way([](World& w) {
    ModuleBuilder b;
    const uint32_t nothing = b.type({}, {}), gets = b.type({}, {i32});
    b.import_func("m", "nop", nothing);
    const uint32_t empty = b.func(nothing, return_call(0));           // a frame of no cells
    const uint32_t owner = b.func(nothing, return_call(0), {i64, i64});  // a frame with cells
    b.exports("run", Kind::kFunc,
              b.func(gets, cat(i32_const(5), op(0x21, 0), i32_const(40), call(empty), call(owner), local_get(0), op(0x6a)),
                     {i32}));
    b.exports("root", Kind::kFunc, b.func(nothing, return_call(0)));
    int calls = 0;
    Func nop = Func::wrap(w.store, [&calls]() { ++calls; });
    Instance i = w.instantiate(b, {nop});
    CHECK(w.call(i, "run")[0].i32() == 45);
    CHECK(w.call(i, "root").empty());
    CHECK(calls == 3);
  });
}

TEST_CASE("the same body becomes the same bytecode, on one thread and on eight [row26]") {
  World w;
  ModuleBuilder b;
  const uint32_t t = b.type({i32, i32}, {i32});
  b.memory(1);
  b.table(funcref, 2);
  for (int k = 0; k < 64; ++k)
    b.exports("f" + std::to_string(k), Kind::kFunc,
              b.func(t, cat(local_get(0), i32_const(k * 77), op(0x6a), local_get(1), op(0x6c), Bytes{0x02, 0x40},
                            local_get(0), local_get(1), op(0x48), op(0x0d, 0), i32_const(0), call_indirect(b.type({}, {})),
                            op(0x0b), load_i32(uint32_t(k) * 1000))));
  auto module = wasm::read_module(wasm::copy_bytes(b.build()), FeatureSet::all(), std::make_shared<wasm::TypeRegistry>());
  REQUIRE(module);
  const vm::VMOffsets offsets(rt::module_counts(**module));
  auto translate_all = [&](size_t first, std::vector<std::vector<uint64_t>>& out) {
    for (size_t k = 0; k < 64; ++k) {
      const size_t f = (k + first) % 64;
      auto code = bc::translate_func(**module, offsets, uint32_t(f), {.fuel = true});
      if (code) out[f] = (*code)->words;
    }
  };
  std::vector<std::vector<uint64_t>> one(64);
  translate_all(0, one);
  CHECK(one[0] != one[1]);
  std::vector<std::vector<std::vector<uint64_t>>> many(8, std::vector<std::vector<uint64_t>>(64));
  std::vector<std::thread> threads;
  for (size_t n = 0; n < 8; ++n) threads.emplace_back([&, n] { translate_all(n * 7, many[n]); });
  for (auto& th : threads) th.join();
  for (auto& m : many) CHECK(m == one);
}

TEST_CASE("a frame with more cells than 16 bits name runs like a small one") {
  in_every_way([](World& w) {
    ModuleBuilder b;
    const uint32_t t = b.type({i32, i32}, {i32});
    // 49,000 v128 locals (98,000 cells) push the last i32 locals beyond 65,535.
    auto body = [&](uint32_t first) {
      return cat(local_get(0), op(0x21, first), local_get(1), op(0x21, first + 1),       // set far locals
                 local_get(first), local_get(first + 1), op(0x6a), op(0x22, first + 2),  // add, tee
                 local_get(first + 2), i32_const(10), op(0x6c), op(0x6a),                // x + x * 10
                 local_get(first), local_get(first + 1), i32_const(1), op(0x1b), op(0x6a),
                 Bytes{0x02, 0x40}, local_get(first), local_get(first + 1), op(0x4e), op(0x0d, 0), op(0x0b));
    };
    const uint32_t far = b.func(t, body(2 + 49'000), cat(Bytes(49'000, v128), Bytes{i32, i32, i32}));
    const uint32_t small = b.func(t, body(2), Bytes{i32, i32, i32});
    b.exports("far", Kind::kFunc, far);
    b.exports("small", Kind::kFunc, small);
    Instance i = w.instantiate(b);
    for (auto [x, y] : {std::pair{3, 4}, {100, -7}, {0, 0}})
      CHECK(w.call(i, "far", {Val(x), Val(y)})[0].i32() == w.call(i, "small", {Val(x), Val(y)})[0].i32());
  });
}

TEST_CASE("backtraces name function, index and offset, innermost first") {
  World w;
  ModuleBuilder b;
  const uint32_t nothing = b.type({}, {});
  b.func(nothing, unreachable());
  b.func(nothing, cat(Bytes{0x01}, call(0)));
  b.exports("top", Kind::kFunc, b.func(nothing, cat(Bytes{0x01, 0x01}, call(1))));
  Instance i = w.instantiate(b);
  const Trap t = trap_of(w, i, "top");
  REQUIRE(t.trace().size() == 3);
  for (uint32_t k = 0; k < 3; ++k) {
    CHECK(t.trace()[k].func_index == k);
    CHECK(t.trace()[k].func_offset == 1 + k);  // behind the local count
  }
}
