// Vectors in the interpreter: where their cells lie, how they cross calls, and the bounds of their memory accesses.
#include "compiler/wasm/op_table.h"
#include "unit/runtime/fixture.h"

using namespace wjit;
using namespace wjit::test;

namespace {

Bytes fd(uint32_t code) { return cat(Bytes{0xfd}, leb(code)); }
Bytes local_set(uint32_t i) { return op(0x21, i); }
Bytes local_tee(uint32_t i) { return op(0x22, i); }
Bytes fd(wasm::Op o) { return fd(wasm::info(o).code); }
Bytes mem(wasm::Op o, uint64_t offset, Bytes lane = {}) { return cat(fd(o), Bytes{0}, leb(offset), lane); }
Bytes v128_const(V128 v) { return cat(fd(0x0c), Bytes(std::begin(v.bytes), std::end(v.bytes))); }
V128 counting(uint8_t first) {
  V128 v;
  for (unsigned i = 0; i < 16; ++i) v.bytes[i] = uint8_t(first + 7 * i);
  return v;
}
using W = wasm::Op;

// (param v128 i32 v128 i32) (result v128 i32 v128): one instruction of every form and every way to move a vector, all of
// whose locals lie behind `padding` others, so that the frame's last near cell is wherever the padding puts it.
// Function 0 of the module takes and gives (v128 i32 v128); memory 1 is for the general form; global 0 is a v128.
struct Everything {
  static constexpr uint32_t kA = 0, kN = 1, kB = 2;  // params
  Bytes body;
  uint32_t x, y, n;  // locals behind the padding

  void add(const Bytes& b) { append(body, b); }
  void fold() { add(cat(local_get(x), fd(W::i8x16_add), local_get(x), i32_const(1), fd(W::i8x16_shl), fd(W::v128_xor), local_set(x))); }

  explicit Everything(uint32_t padding) : x(4 + padding), y(x + 1), n(x + 2) {
    auto a = local_get(kA), b = local_get(kB), vx = local_get(x), vy = local_get(y);
    add(cat(local_get(kB), local_set(y), local_get(kN), local_set(n)));
    add(cat(a, local_set(x)));
    add(cat(vx, vy, fd(W::i32x4_add))), fold();
    add(cat(vy, fd(W::v128_not))), fold();
    add(cat(vx, vy, local_get(kA), fd(W::v128_bitselect))), fold();
    add(cat(vy, local_get(n), fd(W::i16x8_shl))), fold();
    add(cat(vy, i32_const(3), fd(W::i64x2_shr_s))), fold();
    add(cat(vy, fd(W::i8x16_bitmask), fd(W::i32x4_splat))), fold();
    add(cat(vy, fd(W::i64x2_extract_lane), Bytes{1}, fd(W::i64x2_splat))), fold();
    add(cat(vx, local_get(n), fd(W::i16x8_replace_lane), Bytes{5})), fold();
    add(cat(vx, i32_const(77), fd(W::i8x16_replace_lane), Bytes{15})), fold();
    add(cat(vx, vy, fd(W::i8x16_shuffle), Bytes{0, 17, 2, 19, 31, 30, 29, 28, 3, 3, 3, 3, 16, 15, 14, 1})), fold();
    add(cat(v128_const(counting(9)), fd(W::i8x16_abs))), fold();
    add(cat(v128_const(counting(1)), v128_const(counting(2)), v128_const(counting(3)), fd(W::v128_bitselect))), fold();
    // Memory: every form.
    add(cat(local_get(n), vx, mem(W::v128_store, 8)));                     // _m0
    add(cat(local_get(n), vy, mem(W::v128_store, 70'000)));                // _m0w
    add(cat(i32_const(48), vy, mem(W::v128_store, 3)));                    // _abs
    add(cat(local_get(n), mem(W::v128_load, 11))), fold();
    add(cat(local_get(n), mem(W::v128_load16x4_s, 70'003))), fold();
    add(cat(i32_const(40), mem(W::v128_load, 3))), fold();
    add(cat(local_get(n), vx, fd(W::v128_store), Bytes{0x40}, leb(1), leb(5)));
    add(cat(local_get(n), fd(W::v128_load8x8_u), Bytes{0x40}, leb(1), leb(7))), fold();
    add(cat(local_get(n), vx, mem(W::v128_load32_lane, 9, {2}))), fold();
    add(cat(i32_const(50), vx, mem(W::v128_load8_lane, 0, {13}))), fold();
    add(cat(local_get(n), vx, mem(W::v128_store64_lane, 100, {1})));
    add(cat(local_get(n), mem(W::v128_load64_zero, 100))), fold();
    // Moves.
    add(cat(vx, global_set(0), global_get(0), vy, fd(W::i64x2_sub))), fold();
    add(cat(vx, vy, local_get(n), op(0x1b))), fold();                      // select, true
    add(cat(vx, v128_const(counting(4)), i32_const(0), op(0x1b))), fold(); // select, false
    add(cat(vx, vy, local_tee(x), local_set(y), local_set(x)));            // swap through the stack
    add(cat(vx, a, local_tee(x), fd(W::i8x16_sub), local_set(x)));         // an operand outlives its local
    // Through labels: a branch that carries vectors past others, an if with results, a loop with a parameter.
    add(cat(Bytes{0x02, v128}, local_get(n), vy, vx, local_get(n), op(0x0d, 0), op(0x1a), op(0x1a), op(0x1a), a, op(0x0b))), fold();
    add(cat(Bytes{0x02, v128}, vy, vx, vy, local_get(n), op(0x0e), leb(1), leb(0), leb(0), op(0x0b))), fold();
    add(cat(local_get(n), Bytes{0x04, v128}, vy, op(0x05), a, op(0x0b))), fold();
    add(cat(local_get(n), op(0x45), Bytes{0x04, v128}, vy, op(0x05), vx, op(0x0b))), fold();
    // Calls.
    add(cat(vx, local_get(n), vy, call(0), local_set(y), local_set(n), local_get(n), fd(W::i32x4_splat), fd(W::v128_xor)));
    fold();
    add(cat(vx, local_get(n), vy));
  }
};

std::vector<Val> run_everything(World& w, uint32_t padding, bool odd) {
  ModuleBuilder b;
  const uint32_t swap = b.type({v128, i32, v128}, {v128, i32, v128});
  const uint32_t type = b.type({v128, i32, v128, i32}, {v128, i32, v128});
  b.memory(2), b.memory(1);
  b.global(v128, true, v128_const(counting(0)));
  b.func(swap, cat(local_get(2), local_get(1), i32_const(3), op(0x6a), local_get(0)));
  Bytes locals(padding, v128);
  if (odd && padding) locals[0] = i32;
  append(locals, {v128, v128, i32});
  b.exports("f", Kind::kFunc, b.func(type, Everything(padding).body, locals));
  Instance i = w.instantiate(b);
  return w.call(i, "f", {Val(counting(3)), Val(5), Val(counting(200)), Val(0)});
}

}  // namespace

TEST_CASE("vectors in frames of more cells than an instruction can name, wherever the border falls") {
  World w;
  const auto want = run_everything(w, 0, false);
  REQUIRE(want.size() == 3);
  CHECK(want[0].v128() != want[2].v128());
  // The named locals lie at cells 2 * padding + 6 and on; the border is at 65,536.
  for (uint32_t padding : {1u, 2u, 32'752u, 32'753u, 32'754u, 32'755u, 32'756u, 32'757u, 32'758u, 32'759u, 32'760u,
                           32'761u, 32'762u, 32'763u, 32'764u, 32'765u, 32'766u, 32'767u, 32'768u, 49'000u})
    for (bool odd : {false, true}) {
      INFO(padding << " vectors before" << (odd ? ", one of them an i32" : ""));
      const auto got = run_everything(w, padding, odd);
      REQUIRE(got.size() == 3);
      CHECK(got[0].v128() == want[0].v128());
      CHECK(got[1].i32() == want[1].i32());
      CHECK(got[2].v128() == want[2].v128());
    }
}

TEST_CASE("a result may lie over its operands in part") {
  World w;
  ModuleBuilder b;
  b.memory(1);
  b.data(0, i32_const(0), Bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
  const uint32_t type = b.type({i32, v128}, {v128});
  // The address is one cell, so the vector operand begins one cell above where the result goes.
  b.exports("lane", Kind::kFunc, b.func(type, cat(local_get(0), i32_const(1), op(0x6a), local_get(1), fd(W::v128_not),
                                                  mem(W::v128_load16_lane, 0, {6}))));
  b.exports("down", Kind::kFunc,  // the branch moves a vector down by one cell
            b.func(type, cat(Bytes{0x02, v128}, local_get(0), local_get(1), fd(W::v128_not), op(0x0c, 0), op(0x0b))));
  Instance i = w.instantiate(b);
  V128 zero{}, ones;
  std::fill(std::begin(ones.bytes), std::end(ones.bytes), 0xff);
  V128 want = ones;
  want.bytes[12] = 3, want.bytes[13] = 4;
  CHECK(w.call(i, "lane", {Val(1), Val(zero)})[0].v128() == want);
  CHECK(w.call(i, "down", {Val(1), Val(zero)})[0].v128() == ones);
}

TEST_CASE("vector parameters and results through host functions, tables and typed functions") {
  World w;
  ModuleBuilder b;
  const uint32_t type = b.type({i32, v128, f32, v128}, {v128, i64, v128});
  const uint32_t one = b.type({v128}, {v128});
  b.import_func("m", "dynamic", type);
  b.import_func("m", "typed", one);
  b.table(funcref, 2);
  b.elem(0, i32_const(0), {0, 1});
  auto args = cat(local_get(0), local_get(1), local_get(2), local_get(3));
  b.exports("call", Kind::kFunc, b.func(type, cat(args, call(0))));
  b.exports("tail", Kind::kFunc, b.func(type, cat(args, op(0x12, 0))));
  b.exports("indirect", Kind::kFunc, b.func(type, cat(args, i32_const(0), call_indirect(type))));
  b.exports("typed", Kind::kFunc, b.func(one, cat(local_get(0), call(1), call(1))));
  b.exports("host", Kind::kFunc, 1);
  const wjit::FuncType host_type{{{ValKind::kI32}, {ValKind::kV128}, {ValKind::kF32}, {ValKind::kV128}},
                                 {{ValKind::kV128}, {ValKind::kI64}, {ValKind::kV128}}};
  Func dynamic = Func::create(w.store, host_type,
                              [](Caller, std::span<const Val> p, std::span<Val> r) -> Result<Ok, Trap> {
                                r[0] = p[3];
                                r[1] = Val(int64_t(p[0].i32()) * 1'000'000'000'000 + int64_t(p[2].f32()));
                                r[2] = p[1];
                                return Ok{};
                              });
  Func typed = Func::wrap(w.store, [](V128 v) {
    for (uint8_t& byte : v.bytes) ++byte;
    return v;
  });
  Instance i = w.instantiate(b, {dynamic, typed});
  const V128 a = counting(1), c = counting(128);
  for (const char* name : {"call", "tail", "indirect"}) {
    INFO(name);
    const auto r = w.call(i, name, {Val(-7), Val(a), Val(2.0f), Val(c)});
    CHECK(r[0].v128() == c);
    CHECK(r[1].i64() == -6'999'999'999'998);
    CHECK(r[2].v128() == a);
  }
  for (auto [name, added] : {std::pair{"typed", 2}, std::pair{"host", 1}}) {
    INFO(name);
    auto f = w.get<Func>(i, name).typed<V128, V128>(w.store);
    REQUIRE(f);
    auto r = f.ok().call(w.store, a);
    REQUIRE(r);
    for (unsigned k = 0; k < 16; ++k) CHECK(r.ok().bytes[k] == uint8_t(a.bytes[k] + added));
  }
  auto wide = w.get<Func>(i, "call").typed<std::tuple<int32_t, V128, float, V128>, std::tuple<V128, int64_t, V128>>(w.store);
  REQUIRE(wide);
  auto r = wide.ok().call(w.store, {1, a, 0.0f, c});
  REQUIRE(r);
  CHECK(std::get<0>(r.ok()) == c);
  CHECK(std::get<2>(r.ok()) == a);
  CHECK_FALSE(w.get<Func>(i, "typed").typed<V128, int64_t>(w.store));
}

TEST_CASE("each vector access reaches the last byte of its memory and no further") {
  // Memory 0 with 32-bit addresses, memory 1 with 64-bit ones; each access through each of its forms.
  struct Form {
    const char* name;
    uint8_t memory;
    uint64_t offset;
    bool constant_address;
  };
  constexpr Form kForms[] = {{"near offset", 0, 100, false},   {"far offset", 0, 65'000, false}, {"constant", 0, 0, true},
                             {"constant, offset", 0, 9, true}, {"64 bits", 1, 100, false},       {"64 bits, constant", 1, 0, true}};
  constexpr uint64_t kSize = 65'536;
  World w;
  for (size_t k = 0; k < wasm::kOpCount; ++k) {
    const auto o = wasm::Op(k);
    const wasm::OpInfo& info = wasm::info(o);
    if (info.prefix != 0xFD || info.bytes == 0) continue;
    const bool vector_operand = info.sig[1] == 'v', gives = info.sig.back() == 'v';
    ModuleBuilder b;
    b.memory(1), b.memory(1, {}, 4);
    b.exports("m0", Kind::kMemory, 0);
    b.exports("m1", Kind::kMemory, 1);
    std::map<std::string, std::string> ends;
    for (const Form& f : kForms)
      for (bool beyond : {false, true}) {
        const uint64_t address = kSize - info.bytes - f.offset + beyond;
        const uint8_t address_type = f.memory ? i64 : i32;
        Bytes body = f.constant_address ? f.memory ? i64_const(int64_t(address)) : i32_const(int32_t(address)) : local_get(0);
        if (vector_operand) append(body, v128_const(counting(1)));
        append(body, cat(fd(o), f.memory ? Bytes{0x40, 1} : Bytes{0}, leb(f.offset)));
        if (info.imm == wasm::Imm::kMemArgLane) body.push_back(0);
        if (gives) append(body, drop());
        const std::string name = std::string(f.name) + (beyond ? " beyond" : "");
        b.exports(name, Kind::kFunc, b.func(b.type({address_type}, {}), body));
      }
    Instance i = w.instantiate(b);
    for (const Form& f : kForms) {
      INFO(info.text << ", " << f.name);
      Memory m = w.get<Memory>(i, f.memory ? "m1" : "m0");
      auto address = [&](uint64_t at) { return f.memory ? Val(at) : Val(uint32_t(at)); };
      std::fill(m.data(w.store).begin(), m.data(w.store).end(), 0xEE);
      const uint64_t last = kSize - info.bytes - f.offset;
      CHECK(w.trap(i, std::string(f.name) + " beyond", {address(last + 1)}) == "out of bounds memory access");
      CHECK(m.data(w.store)[kSize - 1] == 0xEE);
      if (!f.constant_address) {
        CHECK(w.trap(i, f.name, {address(last + info.bytes)}) == "out of bounds memory access");
        CHECK(w.trap(i, f.name, {address(f.memory ? ~uint64_t{0} : 0xFFFFFFFF)}) == "out of bounds memory access");
      }
      CHECK(w.trap(i, f.name, {address(last)}) == "");
      CHECK((m.data(w.store)[kSize - 1] != 0xEE) == !gives);  // a store wrote it
      CHECK(m.data(w.store)[kSize - info.bytes - 1] == 0xEE);
    }
  }
}
