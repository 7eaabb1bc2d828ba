// Every vector operation in native code, one at a time: what a function made for nothing else computes is what
// compiler/wasm/eval_simd.h does; at each level of the processor, for each lane and count, with operands that are the
// same, or constants, with registers and without.
#if defined(__x86_64__)
#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>

#include "catch.h"
#include "compiler/ir/builder.h"
#include "compiler/isa/x64/backend.h"
#include "compiler/wasm/eval_simd.h"

using namespace wjit;
using ir::Type;
using ir::VecOp;
using wasm::V128;

namespace {

namespace evals {
using namespace wjit::wasm;
[[maybe_unused]] inline void v128_const() {}
}  // namespace evals

struct Result {
  uint64_t bits;
  V128 vector;
};

// The vector and float registers and the integer one that parameters come in. No register survives but the frame's.
Result call(const uint8_t* code, void* vmctx, uint64_t integer, V128 a, V128 b, V128 c) {
  register V128 x0 asm("xmm0") = a;
  register V128 x1 asm("xmm1") = b;
  register V128 x2 asm("xmm2") = c;
  uint64_t rax = reinterpret_cast<uint64_t>(code), rdi = reinterpret_cast<uint64_t>(vmctx), rdx = integer;
  asm volatile(
      "lea -128(%%rsp), %%rsp\n push %%rbp\n mov %%rsp, %%rbp\n and $-16, %%rsp\n"
      "call *%%rax\n"
      "mov %%rbp, %%rsp\n pop %%rbp\n lea 128(%%rsp), %%rsp"
      : "+a"(rax), "+D"(rdi), "+d"(rdx), "+x"(x0), "+x"(x1), "+x"(x2)
      :
      : "rbx", "rcx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
        "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "memory", "cc");
  return {rax, x0};
}

std::array<uint8_t, 16> bytes(V128 v) { return std::bit_cast<std::array<uint8_t, 16>>(v); }

// Lanes that something turns at, in vectors of them.
const std::vector<V128>& interesting() {
  static const std::vector<V128> all = [] {
    std::mt19937_64 random(7);
    std::vector<V128> out = {V128{0, 0}, V128{~0ull, ~0ull}};
    const std::vector<float> f = {0.f, -0.f, 1.f, -1.f, .5f, -.5f, 1.5f, 2.5f, -2.5f, .3f, -.7f, 8388607.5f, 8388608.f,
                                  -8388609.f, 2147483520.f, 2147483648.f, -2147483648.f, -2147483904.f, 4294967040.f,
                                  4294967296.f, 1e38f, -1e38f, 1e-40f, -1e-40f, INFINITY, -INFINITY, 3.9f, -3.9f};
    const std::vector<double> d = {0., -0., 1., -1., .5, -.5, 1.5, 2.5, -2.5, .3, -.7, 4503599627370495.5,
                                   4503599627370496., -4503599627370497., 2147483647., 2147483647.5, 2147483648.,
                                   -2147483648., -2147483648.9, -2147483649., 4294967295., 4294967295.9, 4294967296.,
                                   1e300, -1e300, 1e-310, INFINITY, -INFINITY, 1e-50, 3.4028235677973366e38};
    const uint64_t nans32[] = {0x7fc00000, 0xffc00000, 0x7f800001, 0xffc12345};
    const uint64_t nans64[] = {0x7ffull << 52 | 1ull << 51, 0xfffull << 52 | 1ull << 51,
                                                                       0x7ff0000000000001, 0xfffc000000000123};
    const uint8_t b[] = {0, 1, 0x7f, 0x80, 0xff, 0x7e, 0x81, 0x55};
    const uint16_t w[] = {0, 1, 0x7fff, 0x8000, 0xffff, 0x7f, 0x80, 0xff, 0x100, 0xff80, 0x8001, 0x1234};
    const uint32_t i[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fff, 0x8000, 0xffff, 0x10000, 0xffff8000,
                          0x80000001, 0x89abcdef, 0x1000001, 0xffffff7f};
    const uint64_t q[] = {0, 1, ~0ull >> 1, 1ull << 63, ~0ull, 0xffffffff, 0x100000000, 0x80000000, 0x7fffffff00000000};
    const auto pick = [&](auto& from) { return from[random() % std::size(from)]; };
    for (int n = 0; n < 16; ++n) {
      wasm::simd::Lanes<uint8_t> v8;
      wasm::simd::Lanes<uint16_t> v16;
      wasm::simd::Lanes<uint32_t> v32, vf;
      wasm::simd::Lanes<uint64_t> v64, vd;
      for (auto& x : v8) x = pick(b);
      for (auto& x : v16) x = pick(w);
      for (auto& x : v32) x = pick(i);
      for (auto& x : v64) x = pick(q);
      for (auto& x : vf) x = random() % 8 ? std::bit_cast<uint32_t>(pick(f)) : uint32_t(pick(nans32));
      for (auto& x : vd) x = random() % 8 ? std::bit_cast<uint64_t>(pick(d)) : pick(nans64);
      for (V128 v : {wasm::simd::pack(v8), wasm::simd::pack(v16), wasm::simd::pack(v32), wasm::simd::pack(v64),
                     wasm::simd::pack(vf), wasm::simd::pack(vd), V128{random(), random()}})
        out.push_back(v);
    }
    return out;
  }();
  return all;
}

// Which NaN comes out of arithmetic is open: a quiet one, and if all that went in were canonical, a canonical one.
template <class U>
bool same_floats(V128 got, V128 want, std::initializer_list<V128> inputs) {
  const int fraction = sizeof(U) == 4 ? 23 : 52;
  const U infinity = sizeof(U) == 4 ? U(0x7f800000) : U(0x7ff0000000000000), quiet = U(1) << (fraction - 1);
  const U magnitude = U(~U(0)) >> 1;
  const auto is_nan = [&](U x) { return (x & magnitude) > infinity; };
  bool canonical = true;
  for (V128 v : inputs) {
    for (uint32_t x : wasm::simd::lanes<uint32_t>(v)) canonical &= (x & 0x7fffffff) <= 0x7f800000 || (x & 0x3fffff) == 0;
    for (uint64_t x : wasm::simd::lanes<uint64_t>(v))
      canonical &= (x << 1 >> 1) <= 0x7ffull << 52 || (x & ((1ull << 51) - 1)) == 0;
  }
  const auto g = wasm::simd::lanes<U>(got), w = wasm::simd::lanes<U>(want);
  for (size_t k = 0; k < g.size(); ++k) {
    if (!is_nan(w[k]) ? g[k] != w[k] : !(is_nan(g[k]) && (g[k] & quiet))) return false;
    if (is_nan(w[k]) && canonical && (g[k] & (quiet - 1))) return false;
  }
  return true;
}

bool is_arithmetic(std::string_view text) {
  if (text[0] != 'f') return false;
  for (const char* word : {".add", ".sub", ".mul", ".div", ".min", ".max", "sqrt", "ceil", "floor", "trunc", "nearest",
                           "demote", "promote", "madd", "_min", "_max"})
    if (text.find(word) != std::string_view::npos) return true;
  return false;
}

class Bench {
 public:
  explicit Bench(isa::CpuFeatures features) : features_(features) {
    code_ = static_cast<uint8_t*>(mmap(nullptr, kRoom, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    REQUIRE(code_ != MAP_FAILED);
    // Wherever it points: to zeros.
    for (uint64_t& word : vmctx_) word = reinterpret_cast<uint64_t>(zeros_);
  }
  ~Bench() { munmap(code_, kRoom); }

  // The function that does `op`; whether a, b (or the integer) are parameters, or what they are.
  struct Shape {
    bool same = false;  // every vector operand is a
    std::optional<V128> constant_b;
    std::optional<uint64_t> constant_integer;
    uint32_t lane = 0;
    std::array<uint8_t, 16> mask{};
    bool spill = false;
  };
  void make(VecOp op, const Shape& s) {
    ir::Function f;
    const ir::Op row = ir::vec_row(op);
    const Type scalar = ir::vec_type(op);
    f.signature.params = {Type::kV128, Type::kV128, Type::kV128, Type::kI64};
    const bool takes_float = (row == ir::Op::vsplat || row == ir::Op::vreplace) && ir::is_float(scalar);
    if (takes_float) f.signature.params[1] = scalar;
    f.signature.results = {ir::result_type(row, scalar)};
    const ir::Block block = f.new_block();
    f.append_block(block);
    f.append_param(block, Type::kI64), f.append_param(block, Type::kI64);
    std::vector<ir::Value> p;
    for (Type t : f.signature.params) p.push_back(f.append_param(block, t));
    ir::Builder b(f);
    b.set_block(block);
    ir::Value v0 = p[0], v1 = s.same ? p[0] : p[1], v2 = s.same ? p[0] : p[2];
    if (s.constant_b) v1 = b.vconst(bytes(*s.constant_b));
    const auto integer = [&](Type t) {
      if (s.constant_integer) return b.iconst(t, *s.constant_integer);
      return t == Type::kI32 ? b.wrap(p[3]) : p[3];
    };
    ir::Value r;
    switch (row) {
      case ir::Op::vunary: case ir::Op::vtest: r = b.vec(op, {v0}); break;
      case ir::Op::vbinary: r = b.vec(op, {v0, v1}); break;
      case ir::Op::vternary: r = b.vec(op, {v0, v1, v2}); break;
      case ir::Op::vshift: r = b.vec(op, {v0, integer(Type::kI32)}); break;
      case ir::Op::vsplat: r = b.vec(op, {takes_float ? p[1] : integer(scalar)}); break;
      case ir::Op::vextract: r = b.vec(op, {v0}, s.lane); break;
      case ir::Op::vreplace: r = b.vec(op, {v0, takes_float ? p[1] : integer(scalar)}, s.lane); break;
      default: r = b.vshuffle(v0, v1, s.mask); break;
    }
    b.return_({&r, 1});
    x64::LowerEnv env{.entries_begin = 0, .direct_calls = true, .features = features_, .poison = true};
    ra::Options options;
    options.mode = s.spill ? ra::Mode::kSpill : ra::Mode::kScan;
    options.check = true;
    x64::Backend backend(env, options);
    support::PassClock clock(nullptr);
    auto out = backend.compile(f, 0, clock);
    INFO(ir::info(op).text);
    if (!out) FAIL(out.error().to_string());
    // Relocations are those of the stack's overflow, which does not happen.
    REQUIRE(out->bytes.size() <= kRoom);
    std::copy(out->bytes.begin(), out->bytes.end(), code_);
  }
  Result run(V128 a, V128 b, V128 c, uint64_t integer) { return call(code_, vmctx_, integer, a, b, c); }

 private:
  static constexpr size_t kRoom = 1 << 18;
  const isa::CpuFeatures features_;
  uint8_t* code_;
  alignas(16) uint64_t vmctx_[256];
  uint64_t zeros_[256] = {};
};

void expect(VecOp op, V128 got, V128 want, std::initializer_list<V128> inputs) {
  const std::string_view text = ir::info(op).text;
  bool same = bytes(got) == bytes(want);
  if (!same && is_arithmetic(text))
    same = text[1] == '3' ? same_floats<uint32_t>(got, want, inputs) : same_floats<uint64_t>(got, want, inputs);
  if (same) return;
  std::string all;
  for (V128 v : inputs) all += fmt::format(" {:016x}_{:016x}", v[1], v[0]);
  FAIL_CHECK(fmt::format("{}({} ) is {:016x}_{:016x}, not {:016x}_{:016x}", text, all, got[1], got[0], want[1], want[0]));
}
void expect(VecOp op, uint64_t got, uint64_t want, V128 a) {
  if (got != want)
    FAIL_CHECK(fmt::format("{}({:016x}_{:016x}) is {:x}, not {:x}", ir::info(op).text, a[1], a[0], got, want));
}

constexpr uint32_t lanes_of(VecOp op) { return ir::vec_lanes(op); }
std::mt19937_64 random_numbers(11);
V128 any() { return interesting()[random_numbers() % interesting().size()]; }

// One row, by the shape of the function that says what it does.
struct Row {
  Bench& bench;
  bool spill;

  void operator()(VecOp op, V128 (*f)(V128)) {
    bench.make(op, {.spill = spill});
    for (V128 a : interesting()) expect(op, bench.run(a, a, a, 0).vector, f(a), {a});
  }
  void operator()(VecOp op, V128 (*f)(V128, V128)) {
    bench.make(op, {.spill = spill});
    for (V128 a : interesting())
      for (int n = 0; n < 12; ++n) {
        const V128 b = any();
        expect(op, bench.run(a, b, b, 0).vector, f(a, b), {a, b});
      }
    bench.make(op, {.same = true, .spill = spill});
    for (V128 a : interesting()) expect(op, bench.run(a, ~a, ~a, 0).vector, f(a, a), {a});
    for (int n = 0; n < 6; ++n) {
      const V128 b = n < 2 ? interesting()[size_t(n)] : any();
      bench.make(op, {.constant_b = b, .spill = spill});
      for (V128 a : interesting()) expect(op, bench.run(a, a, a, 0).vector, f(a, b), {a, b});
    }
  }
  void operator()(VecOp op, V128 (*f)(V128, V128, V128)) {
    if (ir::vec_row(op) == ir::Op::vshuffle) return shuffle(op, f);
    bench.make(op, {.spill = spill});
    for (V128 a : interesting()) {
      const V128 b = any(), c = any();
      expect(op, bench.run(a, b, c, 0).vector, f(a, b, c), {a, b, c});
    }
    bench.make(op, {.same = true, .spill = spill});
    for (V128 a : interesting()) expect(op, bench.run(a, ~a, ~a, 0).vector, f(a, a, a), {a});
  }
  void operator()(VecOp op, uint32_t (*f)(V128)) {
    bench.make(op, {.spill = spill});
    for (V128 a : interesting()) expect(op, uint32_t(bench.run(a, a, a, 0).bits), f(a), a);
  }
  void operator()(VecOp op, V128 (*f)(V128, uint32_t)) {
    bench.make(op, {.spill = spill});
    for (V128 a : interesting()) {
      const uint32_t n = uint32_t(random_numbers());
      expect(op, bench.run(a, a, a, n).vector, f(a, n), {a, V128{n, 0}});
    }
    for (uint32_t n : {0u, 1u, 3u, 7u, 8u, 15u, 16u, 31u, 32u, 33u, 63u, 64u, ~0u}) {
      bench.make(op, {.constant_integer = n, .spill = spill});
      for (int k = 0; k < 20; ++k) {
        const V128 a = any();
        expect(op, bench.run(a, a, a, 0).vector, f(a, n), {a, V128{n, 0}});
      }
    }
  }
  template <class R>
  void operator()(VecOp op, R (*f)(V128, unsigned)) {
    for (uint32_t lane = 0; lane < lanes_of(op); ++lane) {
      bench.make(op, {.lane = lane, .spill = spill});
      for (int k = 0; k < 30; ++k) {
        const V128 a = any();
        const Result r = bench.run(a, a, a, 0);
        if constexpr (sizeof(R) == 4)
          expect(op, uint32_t(std::is_integral_v<R> ? r.bits : r.vector[0]), std::bit_cast<uint32_t>(f(a, lane)), a);
        else if constexpr (sizeof(R) == 8)
          expect(op, std::is_integral_v<R> ? r.bits : r.vector[0], std::bit_cast<uint64_t>(f(a, lane)), a);
      }
    }
  }
  template <class E>
  void operator()(VecOp op, V128 (*f)(V128, E, unsigned)) {
    for (uint32_t lane = 0; lane < lanes_of(op); ++lane) {
      bench.make(op, {.lane = lane, .spill = spill});
      for (int k = 0; k < 30; ++k) {
        const V128 a = any(), b = any();
        expect(op, bench.run(a, b, b, b[0]).vector, f(a, number<E>(b[0]), lane), {a, b});
      }
    }
  }
  template <class E>
  void operator()(VecOp op, V128 (*f)(E)) {
    bench.make(op, {.spill = spill});
    for (V128 b : interesting()) expect(op, bench.run(~b, b, b, b[0]).vector, f(number<E>(b[0])), {b});
  }
  template <class F>
  void operator()(VecOp, F) {}

  template <class E>
  static E number(uint64_t bits) {
    if constexpr (sizeof(E) == 8)
      return std::bit_cast<E>(bits);
    else if constexpr (sizeof(E) == 4)
      return std::bit_cast<E>(uint32_t(bits));
    else
      return E(bits);
  }

  void shuffle(VecOp op, V128 (*f)(V128, V128, V128)) {
    std::vector<std::array<uint8_t, 16>> masks;
    for (uint8_t bytes_of_lane : {1, 2, 4, 8})
      for (int n = 0; n < 40; ++n) {
        const uint8_t lanes = uint8_t(32 / bytes_of_lane);
        std::array<uint8_t, 16> m;
        const uint64_t kind = random_numbers() % 8;
        const uint8_t start = uint8_t(random_numbers() % lanes);
        for (uint8_t k = 0; k < 16; ++k) {
          const uint8_t place = k / bytes_of_lane, half = lanes / 2;
          uint8_t lane = uint8_t(random_numbers() % lanes);
          if (kind == 1) lane %= half;                                        // one operand
          if (kind == 2) lane = start;                                        // everywhere
          if (kind == 3) lane = uint8_t(place + (random_numbers() & 1 ? half : 0));  // in place
          if (kind == 4) lane = uint8_t((start + place) % lanes);              // in a row
          if (kind == 5) lane = uint8_t(place / 2 + (n & 1 ? half / 2 : 0) + ((place ^ (n >> 1)) & 1 ? half : 0));  // unpacked
          if (kind == 6) lane = uint8_t((start + place) % half);
          if (kind == 7) lane = uint8_t(lane % (half / 2) + (place >= half / 2 ? half / 2 : 0));  // in its half
          m[k] = uint8_t(lane * bytes_of_lane + k % bytes_of_lane);
          if (k % bytes_of_lane != 0) m[k] = uint8_t(m[k - 1] + 1);
        }
        masks.push_back(m);
      }
    for (const auto& m : masks) {
      const V128 mask = std::bit_cast<V128>(m);
      bench.make(op, {.mask = m, .spill = spill});
      const V128 a{0x0706050403020100, 0x0f0e0d0c0b0a0908}, b{0x1716151413121110, 0x1f1e1d1c1b1a1918};
      expect(op, bench.run(a, b, a, 0).vector, f(a, b, mask), {a, b, mask});
      bench.make(op, {.same = true, .mask = m, .spill = spill});
      expect(op, bench.run(a, b, a, 0).vector, f(a, a, mask), {a, a, mask});
      bench.make(op, {.constant_b = V128{}, .mask = m, .spill = spill});
      expect(op, bench.run(a, b, a, 0).vector, f(a, V128{}, mask), {a, V128{}, mask});
    }
  }
};

void every_operation(isa::CpuFeatures features) {
  Bench bench(features);
  for (bool spill : {false, true}) {
    Row row{bench, spill};
#define WJIT_VEC_0x00(...)
#define WJIT_VEC_0xfb(...)
#define WJIT_VEC_0xfc(...)
#define WJIT_VEC_0xfe(...)
#define WJIT_VEC_0xfd(id) \
  if (ir::vec_row(VecOp::id) != ir::Op::kCount) row(VecOp::id, &evals::id);
#define WJIT_OP(id, text, prefix, ...) WJIT_VEC_##prefix(id)
#include "compiler/wasm/opcodes.def"
#undef WJIT_OP
#undef WJIT_VEC_0x00
#undef WJIT_VEC_0xfb
#undef WJIT_VEC_0xfc
#undef WJIT_VEC_0xfd
#undef WJIT_VEC_0xfe
  }
}

}  // namespace

TEST_CASE("rows 7 and 10: native code, every vector operation with every set of processor features", "[failure-classes]") {
  const isa::CpuFeatures host = x64::host_features();
  isa::CpuFeatures f;
  SECTION("sse2") { every_operation(f); }
  f.ssse3 = host.ssse3;
  SECTION("ssse3") { every_operation(f); }
  f.sse41 = host.sse41;
  SECTION("sse4.1") { every_operation(f); }
  f.sse42 = host.sse42;
  SECTION("sse4.2") { every_operation(f); }
  f.avx = host.avx;
  SECTION("avx") { every_operation(f); }
  f.avx2 = host.avx2;
  SECTION("avx2") { every_operation(f); }
}
#endif
