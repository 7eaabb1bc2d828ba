// Rules for vectors: that they mean the same, which random functions show, whose operands are often alike, constants, or
// made by what rules look for; and that each does its work, which examples show.
#include <cstring>
#include <random>

#include "catch.h"
#include "compiler/ir/builder.h"
#include "compiler/ir/parse.h"
#include "compiler/ir/print.h"
#include "compiler/ir/verify.h"
#include "compiler/ireval/eval.h"
#include "compiler/opt/optimise.h"

using namespace wjit;
using ir::Op, ir::Type, ir::Value, ir::VecOp;

namespace {

// A function of straight-line code that returns some of its values.
class RandomVectors {
 public:
  explicit RandomVectors(uint32_t seed) : random_(seed), b_(f_) {
    const Type params[] = {Type::kV128, Type::kV128, Type::kI32, Type::kI64, Type::kF32, Type::kF64};
    f_.signature.params.assign(std::begin(params), std::end(params));
    const ir::Block entry = f_.new_block();
    f_.append_block(entry);
    b_.set_block(entry);
    f_.append_param(entry, Type::kI64), f_.append_param(entry, Type::kI64);
    for (Type t : params) values_.push_back(f_.append_param(entry, t));
    for (unsigned n = 3 + below(12); n > 0; --n) one();
    std::vector<Value> results;
    for (size_t k = values_.size() - std::min<size_t>(values_.size(), 5); k < values_.size(); ++k) {
      results.push_back(values_[k]);
      f_.signature.results.push_back(f_.type(values_[k]));
    }
    b_.return_(results);
  }
  ir::Function take() { return std::move(f_); }
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(random_() % n); }

 private:
  void one() {
    const uint32_t what = below(20);
    if (what == 0) return values_.push_back(b_.vzext(Type::kI32, value(Type::kI32)));
    if (what == 1) return values_.push_back(b_.vzext(Type::kI64, value(Type::kI64)));
    const VecOp op = what < 5 ? recent_ : static_cast<VecOp>(below(ir::kVecOpCount));
    const Op row = ir::vec_row(op);
    if (row == Op::kCount) return;
    recent_ = op;
    if (row == Op::vshuffle) return values_.push_back(b_.vshuffle(value(Type::kV128), value(Type::kV128), indices()));
    std::array<Value, 3> v;
    const std::string_view letters = ir::row_types(row).operands;
    for (size_t k = 0; k < letters.size(); ++k)
      v[k] = value(letters[k] == 't' ? ir::vec_type(op) : ir::type_of_row_letter(letters[k]));
    if (letters.size() > 1 && letters[0] == 'v' && letters[1] == 'v' && below(5) == 0) v[1] = v[0];
    const unsigned lanes = ir::vec_lanes(op);
    const uint32_t lane = lanes == 0 ? 0 : below(2) == 0 ? below(std::min(lanes, 2u)) : below(lanes);
    switch (letters.size()) {
      case 1: return values_.push_back(b_.vec(op, {v[0]}, lane));
      case 2: return values_.push_back(b_.vec(op, {v[0], v[1]}, lane));
      default: return values_.push_back(b_.vec(op, {v[0], v[1], v[2]}, lane));
    }
  }
  Value value(Type t) {
    for (int tries = 0; tries < 12 && below(5) != 0; ++tries) {
      const Value v = values_[values_.size() - 1 - below(static_cast<uint32_t>(below(2) == 0 ? std::min<size_t>(values_.size(), 4) : values_.size()))];
      if (f_.type(v) == t) return v;
    }
    static constexpr uint64_t k[] = {0, 1, 2, 4, 7, 8, 31, 32, 64, 127, 128, 0xff, 0xffff, ~uint64_t{0}, 0x8000'0000, 1ull << 63};
    const uint64_t n = below(6) == 0 ? uint64_t{random_()} << 32 | random_() : k[below(std::size(k))];
    switch (t) {
      case Type::kI32: case Type::kI64: return b_.iconst(t, n);
      case Type::kF32: return b_.fconst(t, n & 0xffff'ffff);
      case Type::kF64: return b_.fconst(t, n);
      default: return b_.vconst(vector(n));
    }
  }
  // Mostly one number in every lane.
  std::array<uint8_t, 16> vector(uint64_t n) {
    std::array<uint8_t, 16> v{};
    const unsigned width = 1u << below(4);
    for (unsigned i = 0; i < 16; i += width) std::memcpy(&v[i], &n, width);
    if (below(5) == 0)
      for (uint8_t& byte : v) byte = static_cast<uint8_t>(random_());
    return v;
  }
  std::array<uint8_t, 16> indices() {
    std::array<uint8_t, 16> v{};
    const uint32_t how = below(6);
    const unsigned width = 1u << below(4), from = below(16 / width) * width;
    for (unsigned k = 0; k < 16; ++k) {
      const uint32_t any = below(32), lane = below(2 * 16 / width) * width + k % width;
      v[k] = static_cast<uint8_t>(how == 0   ? any
                                  : how == 1 ? k
                                  : how == 2 ? k + 16
                                  : how == 3 ? k % width + from          // the same lane everywhere
                                  : how == 4 ? (k % width == 0 ? lane : v[k - 1] + 1u)
                                             : any & 15);
    }
    return v;
  }

  std::mt19937 random_;
  ir::Function f_;
  ir::Builder b_;
  std::vector<Value> values_;
  VecOp recent_ = VecOp::v128_not;
};

std::vector<ireval::Bits> results_of(const ir::Function& f, std::span<const ireval::Bits> args) {
  ireval::Host host;
  ireval::Outcome o = ireval::run(host, f, 0, args);
  if (o.kind != ireval::Outcome::Kind::kReturned) FAIL(o.mistake);
  return o.results;
}

// The function's only block without its first and last line, optimised.
std::string optimised(const std::string& body) {
  auto f = ir::parse("function 0 \"\" (v128, v128, v128, i32, i64, f32, f64) -> (v128) {\n"
                     "block0(v0: i64, v1: i64, v2: v128, v3: v128, v4: v128, v5: i32, v6: i64, v7: f32, v8: f64):\n" +
                     body + "\n}\n");
  if (!f) FAIL(f.error().message());
  f->signature.results.clear();
  for (Value v : f->args(f->terminator(f->entry()))) f->signature.results.push_back(f->type(v));
  if (const auto ok = ir::verify(*f); !ok) FAIL(ok.error().message());
  opt::Optimiser().run(*f, 1);
  if (const auto ok = ir::verify(*f); !ok) FAIL(ok.error().message());
  // What the returned value is made of, one instruction deep.
  const Value v = f->args(f->terminator(f->entry()))[0];
  const ir::Inst i = f->def(v);
  if (!i.valid()) return "v" + std::to_string(v.n);
  std::string text = ir::print_inst(*f, i);
  return text.substr(text.find("= ") + 2);
}

}  // namespace

TEST_CASE("rules for vectors mean the same", "[opt]") {
  std::mt19937 random(1);
  size_t changed = 0;
  const uint32_t functions = std::getenv("WJIT_TEST_FULL") ? 300'000 : 6'000;
  for (uint32_t seed = 0; seed < functions; ++seed) {
    ir::Function f = RandomVectors(seed).take();
    if (const auto ok = ir::verify(f); !ok) FAIL(ok.error().message());
    std::vector<std::vector<ireval::Bits>> args, expected;
    for (int k = 0; k < 4; ++k) {
      const auto bits = [&]() -> uint64_t {
        static constexpr uint64_t some[] = {0, ~uint64_t{0}, 0x8000'0000'8000'0000, 0x7fc0'0001'ff80'0001, 0x8080'ff7f'0100'fe80};
        return random() % 3 == 0 ? some[random() % std::size(some)] : uint64_t{random()} << 32 | random();
      };
      std::vector<ireval::Bits> a;
      for (size_t p = 0; p < f.signature.params.size(); ++p) a.push_back({bits(), bits()});
      expected.push_back(results_of(f, a));
      args.push_back(std::move(a));
    }
    const std::string before = ir::print(f);
    opt::Optimiser().run(f, 1);
    const std::string after = ir::print(f);
    INFO("seed " << seed << "\n" << before << after);
    if (const auto ok = ir::verify(f); !ok) FAIL(ok.error().message());
    changed += after != before;
    for (size_t k = 0; k < args.size(); ++k) {
      const auto found = results_of(f, args[k]);
      REQUIRE(found.size() == expected[k].size());
      for (size_t r = 0; r < found.size(); ++r)
        if (!ireval::same(f.signature.results[r], found[r], expected[k][r])) FAIL("result " << r << " differs");
    }
  }
  CHECK(changed > functions / 2);
}

TEST_CASE("each rule for vectors does its work", "[opt]") {
  const std::string zero = "v20 = vconst 0x00000000000000000000000000000000\n",
                    ones = "v21 = vconst 0xffffffffffffffffffffffffffffffff\n",
                    two = "v22 = vconst 0x02000000020000000200000002000000\n";
  // Every body returns v30, whose type the first letter says.
  const auto becomes = [&](const std::string& body, const std::string& expected) {
    INFO(body);
    CHECK(optimised(body + "\nreturn v30") == expected);
  };
  const auto no = [](const char* v) { return "v10 = vunary v128.not " + std::string(v) + "\n"; };
  SECTION("constants") {
    becomes("v9 = iconst.i32 258\nv30 = vsplat.i32 i8x16.splat v9", "vconst 0x02020202020202020202020202020202");
    becomes("v9 = fconst.f64 1\nv30 = vsplat.f64 f64x2.splat v9", "vconst 0x000000000000f03f000000000000f03f");
    becomes("v9 = iconst.i64 5\nv30 = vzext.i64 v9", "vconst 0x05000000000000000000000000000000");
    becomes(two + "v30 = vbinary i32x4.add v22, v22", "vconst 0x04000000040000000400000004000000");
    becomes(two + "v30 = vextract.i32 i16x8.extract_lane_u v22, 2", "iconst.i32 2");
    becomes(two + "v30 = vextract.f32 f32x4.extract_lane v22, 1", "fconst.f32 3e-45");
    becomes(two + "v30 = vtest i8x16.bitmask v22", "iconst.i32 0");
    becomes(two + zero + "v30 = vshuffle i8x16.shuffle v22, v20, 0x00101010101010101010101010101010",
            "vconst 0x02000000000000000000000000000000");
    // Not what arithmetic makes of floats: the NaN is the machine's.
    becomes(ones + "v30 = vbinary f32x4.add v21, v21", "vbinary f32x4.add v21, v21");
  }
  SECTION("bits") {
    becomes(no("v2") + "v30 = vunary v128.not v10", "v2");
    becomes(zero + "v30 = vbinary v128.and v20, v2", "vconst 0x00000000000000000000000000000000");
    becomes(ones + "v30 = vbinary v128.and v21, v2", "v2");
    becomes(zero + "v30 = vbinary v128.or v2, v20", "v2");
    becomes(ones + "v30 = vbinary v128.xor v2, v21", "vunary v128.not v2");
    becomes("v30 = vbinary v128.xor v2, v2", "vconst 0x00000000000000000000000000000000");
    becomes(no("v3") + "v30 = vbinary v128.and v10, v2", "vbinary v128.andnot v2, v3");
    becomes(no("v3") + "v30 = vbinary v128.andnot v2, v10", "vbinary v128.and v2, v3");
    becomes(zero + "v30 = vternary v128.bitselect v2, v20, v3", "vbinary v128.and v2, v3");
    becomes(zero + "v30 = vternary i8x16.relaxed_laneselect v20, v2, v3", "vbinary v128.andnot v2, v3");
    becomes(no("v4") + "v30 = vternary v128.bitselect v2, v3, v10", "vternary v128.bitselect v3, v2, v4");
    becomes("v30 = vternary v128.bitselect v2, v2, v3", "v2");
  }
  SECTION("integers") {
    becomes(zero + "v30 = vbinary i16x8.add v20, v2", "v2");
    becomes(zero + "v30 = vbinary i64x2.sub v20, v2", "vunary i64x2.neg v2");
    becomes("v30 = vbinary i8x16.sub v2, v2", "vconst 0x00000000000000000000000000000000");
    becomes("v10 = vunary i32x4.neg v3\nv30 = vbinary i32x4.add v2, v10", "vbinary i32x4.sub v2, v3");
    becomes("v10 = vbinary i32x4.sub v2, v3\nv30 = vunary i32x4.neg v10", "vbinary i32x4.sub v3, v2");
    becomes("v10 = vunary i32x4.neg v2\nv30 = vunary i32x4.abs v10", "vunary i32x4.abs v2");
    becomes("v10 = vunary f64x2.abs v2\nv30 = vunary f64x2.abs v10", "vunary f64x2.abs v2");
    becomes(two + "v30 = vbinary i32x4.mul v22, v2", "vshift i32x4.shl v2, v31");
    becomes(two + "v30 = vbinary i16x8.mul v22, v2", "vbinary i16x8.mul v2, v22");
    becomes("v30 = vbinary i64x2.ge_s v2, v2", "vconst 0xffffffffffffffffffffffffffffffff");
    becomes("v30 = vbinary i16x8.min_u v2, v2", "v2");
    becomes("v30 = vbinary f32x4.eq v2, v2", "vbinary f32x4.eq v2, v2");
    becomes("v9 = iconst.i32 16\nv30 = vshift i16x8.shr_u v2, v9", "v2");
    becomes("v9 = iconst.i32 17\nv30 = vshift i16x8.shr_u v2, v9", "vshift i16x8.shr_u v2, v31");
  }
  SECTION("lanes") {
    becomes("v10 = vsplat.i32 i32x4.splat v5\nv30 = vextract.i32 i32x4.extract_lane v10, 3", "v5");
    becomes("v10 = vsplat.i32 i8x16.splat v5\nv30 = vextract.i32 i8x16.extract_lane_s v10, 3", "extend8_s.i32 v5");
    becomes("v10 = vsplat.f32 f32x4.splat v7\nv30 = vextract.i32 i32x4.extract_lane v10, 3", "bitcast.i32.f32 v7");
    becomes("v10 = vreplace.f64 f64x2.replace_lane v2, v8, 1\nv30 = vextract.f64 f64x2.extract_lane v10, 1", "v8");
    becomes("v10 = vreplace.f64 f64x2.replace_lane v2, v8, 1\nv30 = vextract.f64 f64x2.extract_lane v10, 0",
            "vextract.f64 f64x2.extract_lane v2, 0");
    becomes("v10 = vzext.i32 v5\nv30 = vextract.i32 i32x4.extract_lane v10, 0", "v5");
    becomes("v10 = vzext.i32 v5\nv30 = vextract.f32 f32x4.extract_lane v10, 1", "fconst.f32 0");
    becomes("v10 = vshuffle i8x16.shuffle v2, v3, 0x0405060714151617000102031c1d1e1f\n"
            "v30 = vextract.i32 i32x4.extract_lane v10, 3",
            "vextract.i32 i32x4.extract_lane v3, 3");
    becomes("v10 = vextract.i32 i16x8.extract_lane_s v2, 5\nv30 = vreplace.i32 i16x8.replace_lane v2, v10, 5", "v2");
    becomes("v10 = vreplace.i32 i16x8.replace_lane v2, v5, 5\nv9 = iconst.i32 1\n"
            "v30 = vreplace.i32 i16x8.replace_lane v10, v9, 5",
            "vreplace.i32 i16x8.replace_lane v2, v9, 5");
    becomes(zero + "v30 = vreplace.i64 i64x2.replace_lane v20, v6, 0", "vzext.i64 v6");
  }
  SECTION("shuffles") {
    becomes("v30 = vshuffle i8x16.shuffle v2, v3, 0x000102030405060708090a0b0c0d0e0f", "v2");
    becomes("v30 = vshuffle i8x16.shuffle v2, v3, 0x101112131415161718191a1b1c1d1e1f", "v3");
    becomes("v30 = vshuffle i8x16.shuffle v2, v3, 0x1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f10",
            "vshuffle i8x16.shuffle v3, v3, 0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f00");
    becomes("v10 = vsplat.i32 i32x4.splat v5\nv30 = vshuffle i8x16.shuffle v10, v3, 0x04050607000102030405060700010203",
            "vsplat.i32 i32x4.splat v5");
    becomes("v9 = vconst 0x0f0e0d0c0b0a09080706050403020180\nv30 = vbinary i8x16.swizzle v2, v9",
            "vshuffle i8x16.shuffle v2, v31, 0x0f0e0d0c0b0a09080706050403020110");
  }
}

TEST_CASE("equal vector constants, shuffles and lanes are one, others are not", "[opt]") {
  const auto same = [](const std::string& x, const std::string& y) {
    auto f = ir::parse("function 0 \"\" (v128, i32) -> (v128, v128) {\nblock0(v0: i64, v1: i64, v2: v128, v3: i32):\n v4 = " + x +
                       "\n v5 = " + y + "\n return v4, v5\n}\n");
    if (!f) FAIL(f.error().message());
    f->signature.results = {f->type(Value(4)), f->type(Value(5))};
    opt::Optimiser().run(*f, 1);
    const auto args = f->args(f->terminator(f->entry()));
    return args[0] == args[1];
  };
  const std::string c = "vconst 0x000102030405060708090a0b0c0d0e0f", d = "vconst 0x000102030405060708090a0b0c0d0e0e";
  CHECK(same(c, c));
  CHECK_FALSE(same(c, d));
  const std::string s = "vshuffle i8x16.shuffle v2, v2, 0x000102030405060708090a0b0c0d0e0";
  CHECK(same(s + "0", s + "0"));
  CHECK_FALSE(same(s + "0", s + "1"));
  CHECK(same("vextract.i32 i8x16.extract_lane_s v2, 3", "vextract.i32 i8x16.extract_lane_s v2, 3"));
  CHECK_FALSE(same("vextract.i32 i8x16.extract_lane_s v2, 3", "vextract.i32 i8x16.extract_lane_s v2, 4"));
  CHECK_FALSE(same("vextract.i32 i8x16.extract_lane_s v2, 3", "vextract.i32 i8x16.extract_lane_u v2, 3"));
  CHECK_FALSE(same("vreplace.i32 i16x8.replace_lane v2, v3, 3", "vreplace.i32 i16x8.replace_lane v2, v3, 4"));
  CHECK_FALSE(same("vunary i8x16.abs v2", "vunary i8x16.popcnt v2"));
}
