// Row 9 of the failure classes (instruction encoding), for AArch64: see x64/masm_test.cpp.
#include "compiler/isa/a64/masm.h"

#include <fmt/format.h>

#include <cstring>
#include <optional>

#include "../gnu_as.h"
#include "catch.h"

using namespace wjit;
using namespace wjit::a64;
using test::EncoderCase;

namespace {

constexpr W kWidths[] = {W::k32, W::k64};
constexpr F kFloats[] = {F::k32, F::k64};
constexpr Size kSizes[] = {Size::k8, Size::k16, Size::k32, Size::k64};

#define WJIT_X(name, mnemonic, ...) mnemonic,
constexpr const char* kExtends[] = {WJIT_A64_EXTENDS(WJIT_X)};
constexpr const char* kRegShifts[] = {WJIT_A64_REG_SHIFTS(WJIT_X)};
constexpr const char* kAdds[] = {WJIT_A64_ADD(WJIT_X)};
constexpr const char* kLogics[] = {WJIT_A64_LOGIC(WJIT_X)};
constexpr const char* kBinaries[] = {WJIT_A64_BINARY(WJIT_X)};
constexpr const char* kShifts[] = {WJIT_A64_SHIFTS(WJIT_X)};
constexpr const char* kUnaries[] = {WJIT_A64_UNARY(WJIT_X)};
constexpr const char* kBitfields[] = {WJIT_A64_BITFIELD(WJIT_X)};
constexpr const char* kSelects[] = {WJIT_A64_SELECT(WJIT_X)};
constexpr const char* kOrdereds[] = {WJIT_A64_ORDERED(WJIT_X)};
constexpr const char* kLses[] = {WJIT_A64_LSE(WJIT_X)};
constexpr const char* kFloat2s[] = {WJIT_A64_FLOAT2(WJIT_X)};
constexpr const char* kFloat1s[] = {WJIT_A64_FLOAT1(WJIT_X)};
constexpr const char* kIntToFloats[] = {WJIT_A64_INT_TO_FLOAT(WJIT_X)};
constexpr const char* kFloatToInts[] = {WJIT_A64_FLOAT_TO_INT(WJIT_X)};
constexpr const char* kVecLogics[] = {WJIT_A64_VEC_LOGIC(WJIT_X)};
#undef WJIT_X
#define WJIT_X(name, ...) #name,
constexpr const char* kConditions[] = {WJIT_A64_CONDITIONS(WJIT_X)};
#undef WJIT_X
struct AccessText {
  const char* mnemonic;
  char letter;
  uint32_t size;
};
#define WJIT_X(name, mnemonic, id, letter, size) {mnemonic, letter, size},
constexpr AccessText kAccesses[] = {WJIT_A64_ACCESS(WJIT_X)};
constexpr AccessText kVecAccesses[] = {WJIT_A64_VEC_ACCESS(WJIT_X)};
#undef WJIT_X

template <class E, size_t N, class Body>
void each(const char* const (&mnemonics)[N], Body body) {
  for (size_t i = 0; i < N; ++i) body(static_cast<E>(i), std::string(mnemonics[i]));
}

// All that may stand where zr may; few is for pairs and triples of them.
std::vector<Gp> gps() {
  std::vector<Gp> all;
  for (int i = 0; i <= int(Gp::zr); ++i) all.push_back(Gp(i));
  return all;
}
constexpr Gp kFew[] = {Gp::x0, Gp::x1, Gp::x15, Gp::x16, Gp::x30, Gp::zr};
constexpr Gp kBases[] = {Gp::x0, Gp::x17, Gp::x29, Gp::sp};
std::vector<Vec> vecs() {
  std::vector<Vec> all;
  for (int i = 0; i < 32; ++i) all.push_back(Vec(i));
  return all;
}
constexpr Vec kFewVecs[] = {Vec::v0, Vec::v1, Vec::v2, Vec::v15, Vec::v16, Vec::v31};

std::string text(W w, Gp reg) {
  if (reg == Gp::zr) return w == W::k32 ? "wzr" : "xzr";
  if (reg == Gp::sp) return w == W::k32 ? "wsp" : "sp";
  return fmt::format("{}{}", w == W::k32 ? 'w' : 'x', int(reg));
}
std::string text(Gp reg) { return text(W::k64, reg); }
std::string text(Size s, Gp reg) { return text(s == Size::k64 ? W::k64 : W::k32, reg); }
std::string text(char letter, Gp reg) { return text(letter == 'x' ? W::k64 : W::k32, reg); }
std::string text(char letter, Vec reg) { return fmt::format("{}{}", letter, int(reg)); }
std::string text(F f, Vec reg) { return text(f == F::k32 ? 's' : 'd', reg); }
std::string text(W w, Vec reg) { return text(w == W::k32 ? 's' : 'd', reg); }
std::string text8b(Vec reg) { return fmt::format("v{}.8b", int(reg)); }
const char* suffix(Size s) { return s == Size::k8 ? "b" : s == Size::k16 ? "h" : ""; }

std::string text(const Mem& m) {
  switch (m.mode) {
    case Mem::Mode::kOffset:
      return fmt::format("[{}, #{}]", text(m.base), m.offset);
    case Mem::Mode::kPreIndex:
      return fmt::format("[{}, #{}]!", text(m.base), m.offset);
    case Mem::Mode::kPostIndex:
      return fmt::format("[{}], #{}", text(m.base), m.offset);
    case Mem::Mode::kIndex:
      return m.shift ? fmt::format("[{}, {}, lsl #{}]", text(m.base), text(m.index), m.shift)
                     : fmt::format("[{}, {}]", text(m.base), text(m.index));
    default: {
      std::string extend = m.mode == Mem::Mode::kUxtw ? "uxtw" : "sxtw";
      if (m.shift) extend += fmt::format(" #{}", m.shift);
      return fmt::format("[{}, {}, {}]", text(m.base), text(W::k32, m.index), extend);
    }
  }
}

// Every address that an access of this size can have, at the borders of what fits.
std::vector<Mem> addresses(uint32_t size) {
  int s = int(size);
  uint8_t shift = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : size == 8 ? 3 : 4;
  std::vector<Mem> all;
  for (Gp base : kBases) {
    for (int offset : {0, 1, -1, 3, 255, -256, s, 4095 * s, 2048 * s, 256 * s})
      all.push_back(Mem::at(base, offset));
    for (int offset : {0, 16, -16, 255, -256})
      all.push_back(Mem::pre(base, offset)), all.push_back(Mem::post(base, offset));
    for (Gp index : {Gp::x1, Gp::x16, Gp::x30, Gp::zr}) {
      for (uint8_t amount : {uint8_t{0}, shift}) {
        all.push_back(Mem::at(base, index, amount));
        all.push_back(Mem::uxtw(base, index, amount));
        all.push_back(Mem::sxtw(base, index, amount));
      }
    }
  }
  return all;
}

std::vector<uint8_t> assemble(Masm& m, const std::string& text) {
  auto bytes = m.finish();
  INFO(text);
  if (!bytes) FAIL(bytes.error().to_string());
  return std::move(*bytes);
}

class Batch {
 public:
  template <class Emit>
  void add(std::string text, Emit emit) {
    Masm m;
    emit(m);
    std::vector<uint8_t> bytes = assemble(m, text);
    cases_.push_back({std::move(text), std::move(bytes)});
  }
  void compare() { test::compare_with_gnu_as(test::Machine::kA64, cases_); }

 private:
  std::vector<EncoderCase> cases_;
};

template <class... Parts>
std::string line(const std::string& mnemonic, const Parts&... parts) {
  std::string out = mnemonic, separator = " ";
  ((out += separator + std::string(parts), separator = ", "), ...);
  return out;
}
std::string hash(int64_t value) { return fmt::format("#{}", value); }

}  // namespace

TEST_CASE("a64 encoder: additions are those of GNU as [row9]") {
  Batch b;
  each<Add>(kAdds, [&](Add op, const std::string& name) {
    const bool flags = op == Add::kAdds || op == Add::kSubs;
    const Gp to_or_zr = flags ? Gp::zr : Gp::sp;  // register 31 of the immediate and extended forms
    for (W w : kWidths) {
      for (Gp r : gps()) {
        for (Gp s : kFew)
          for (Gp t : kFew)
            b.add(line(name, text(w, r), text(w, s), text(w, t)), [&](Masm& m) { m.add(op, w, r, s, t); });
        if (r == Gp::zr) continue;
        for (int v : {0, 1, 255, 4095, 4096, 0x123000, 0xfff000})
          for (Gp s : {r, Gp::x7, Gp::sp})
            b.add(line(name, text(w, r), text(w, s), hash(v)),
                  [&](Masm& m) { m.add(op, w, r, s, uint32_t(v)); });
      }
      b.add(line(name, text(w, to_or_zr), text(w, Gp::sp), hash(16)),
            [&](Masm& m) { m.add(op, w, to_or_zr, Gp::sp, uint32_t{16}); });
      for (Gp r : kFew) {
        for (RegShift shift : {RegShift::kLsl, RegShift::kLsr, RegShift::kAsr})
          for (int amount : {1, 7, 31, 63}) {
            if (amount > 31 && w == W::k32) continue;
            b.add(line(name, text(w, r), text(w, Gp::x3), text(w, r),
                       fmt::format("{} #{}", kRegShifts[int(shift)], amount)),
                  [&](Masm& m) { m.add(op, w, r, Gp::x3, r, shift, uint8_t(amount)); });
          }
      }
      each<Extend>(kExtends, [&](Extend e, const std::string& extend) {
        const bool reads_x = e == Extend::kUxtx || e == Extend::kSxtx;
        for (int amount : {0, 1, 4})
          for (Gp to : {Gp::x0, Gp::x30, to_or_zr})
            for (Gp from : {Gp::x2, Gp::sp})
              for (Gp index : {Gp::x9, Gp::x30, Gp::zr})
                b.add(line(name, text(w, to), text(w, from),
                           text(w == W::k64 && reads_x ? W::k64 : W::k32, index),
                           fmt::format("{} #{}", extend, amount)),
                      [&](Masm& m) { m.add(op, w, to, from, index, e, uint8_t(amount)); });
      });
      b.add(line(name, text(w, to_or_zr), text(w, Gp::sp), text(w, Gp::x5)),
            [&](Masm& m) { m.add(op, w, to_or_zr, Gp::sp, Gp::x5); });
    }
  });
  b.compare();
}

TEST_CASE("a64 encoder: moves and logic are those of GNU as [row9]") {
  Batch b;
  for (W w : kWidths) {
    for (Gp r : gps())
      for (Gp s : gps()) b.add(line("mov", text(w, r), text(w, s)), [&](Masm& m) { m.mov(w, r, s); });
    for (Gp r : {Gp::x0, Gp::x30, Gp::sp}) {
      b.add(line("mov", text(w, r), text(w, Gp::sp)), [&](Masm& m) { m.mov(w, r, Gp::sp); });
      b.add(line("mov", text(w, Gp::sp), text(w, r)), [&](Masm& m) { m.mov(w, Gp::sp, r); });
    }
    for (Gp r : kFew)
      for (int v : {0, 1, 0x8000, 0xffff})
        for (int s = 0; s < (w == W::k32 ? 32 : 64); s += 16) {
          std::string operands = fmt::format(" {}, #{}, lsl #{}", text(w, r), v, s);
          b.add("movz" + operands, [&](Masm& m) { m.movz(w, r, uint16_t(v), uint8_t(s)); });
          b.add("movn" + operands, [&](Masm& m) { m.movn(w, r, uint16_t(v), uint8_t(s)); });
          b.add("movk" + operands, [&](Masm& m) { m.movk(w, r, uint16_t(v), uint8_t(s)); });
        }
    each<Logic>(kLogics, [&](Logic op, const std::string& name) {
      for (Gp r : gps()) {
        for (Gp s : kFew)
          for (Gp t : kFew)
            b.add(line(name, text(w, r), text(w, s), text(w, t)), [&](Masm& m) { m.logic(op, w, r, s, t); });
        each<RegShift>(kRegShifts, [&](RegShift shift, const std::string& how) {
          for (int amount : {1, 31, 63})
            if (amount < 32 || w == W::k64)
              b.add(line(name, text(w, r), text(w, Gp::x3), text(w, r), fmt::format("{} #{}", how, amount)),
                    [&](Masm& m) { m.logic(op, w, r, Gp::x3, r, shift, uint8_t(amount)); });
        });
      }
      if (op > Logic::kAnds) return;
      for (uint64_t mask : {0x1ull, 0xffull, 0x7fffffffull, 0x80000001ull, 0xffff0000ull, 0x55555555ull,
                            0xfffffffeull, 0xffull << 40, 0x5555555555555555ull, 0xfffffffffffffff0ull,
                            0x8000000000000001ull, 0x0f0f0f0f0f0f0f0full, 0x7fffffffffffffffull}) {
        if (!Masm::is_logic_immediate(w, mask) || (w == W::k32 && mask > 0xffffffff)) continue;
        for (Gp to : {Gp::x0, Gp::x30, op == Logic::kAnds ? Gp::zr : Gp::sp})
          b.add(line(name, text(w, to), text(w, Gp::x9), fmt::format("#0x{:x}", mask)),
                [&](Masm& m) { m.logic(op, w, to, Gp::x9, mask); });
      }
    });
  }
  b.compare();
}

TEST_CASE("a64 encoder: the rest of integers is that of GNU as [row9]") {
  Batch b;
  for (W w : kWidths) {
    each<Binary>(kBinaries, [&](Binary op, const std::string& name) {
      for (Gp r : gps())
        for (Gp s : kFew)
          for (Gp t : kFew)
            b.add(line(name, text(w, r), text(w, s), text(w, t)), [&](Masm& m) { m.binary(op, w, r, s, t); });
    });
    each<Unary>(kUnaries, [&](Unary op, const std::string& name) {
      W source = name[0] == 's' ? W::k32 : w;
      for (Gp r : gps())
        for (Gp s : gps())
          b.add(line(name, text(w, r), text(source, s)), [&](Masm& m) { m.unary(op, w, r, s); });
    });
    const int bits = w == W::k32 ? 32 : 64;
    for (Gp r : gps()) {
      each<Shift>(kShifts, [&](Shift op, const std::string& name) {
        for (int amount : {0, 1, 15, 31, 63})
          if (amount < bits)
            b.add(line(name, text(w, r), text(w, Gp::x8), hash(amount)),
                  [&](Masm& m) { m.shift(op, w, r, Gp::x8, uint8_t(amount)); });
      });
      each<Bitfield>(kBitfields, [&](Bitfield op, const std::string& name) {
        for (int low : {0, 1, 8, 31, 40})
          for (int width : {1, 8, 16, 24, 32})
            if (low + width <= bits)
              b.add(line(name, text(w, r), text(w, Gp::x30), hash(low), hash(width)),
                    [&](Masm& m) { m.bitfield(op, w, r, Gp::x30, uint8_t(low), uint8_t(width)); });
      });
      for (Gp s : kFew) {
        b.add(line("madd", text(w, r), text(w, s), text(w, Gp::x4), text(w, Gp::x17)),
              [&](Masm& m) { m.madd(w, r, s, Gp::x4, Gp::x17); });
        b.add(line("msub", text(w, s), text(w, Gp::x4), text(w, Gp::x17), text(w, r)),
              [&](Masm& m) { m.msub(w, s, Gp::x4, Gp::x17, r); });
        for (int low : {1, 31})
          b.add(line("extr", text(w, r), text(w, s), text(w, Gp::x6), hash(low)),
                [&](Masm& m) { m.extr(w, r, s, Gp::x6, uint8_t(low)); });
      }
      each<Cc>(kConditions, [&](Cc cc, const std::string& name) {
        each<Select>(kSelects, [&](Select op, const std::string& select) {
          for (Gp s : kFew)
            b.add(line(select, text(w, r), text(w, s), text(w, Gp::x11), name),
                  [&](Masm& m) { m.select(op, w, r, s, Gp::x11, cc); });
        });
        b.add(line("cset", text(w, r), name), [&](Masm& m) { m.cset(w, r, cc); });
        b.add(line("csetm", text(w, r), name), [&](Masm& m) { m.csetm(w, r, cc); });
        for (int nzcv : {0, 5, 15}) {
          b.add(line("ccmp", text(w, r), text(w, Gp::x12), hash(nzcv), name),
                [&](Masm& m) { m.ccmp(w, r, Gp::x12, uint8_t(nzcv), cc); });
          b.add(line("ccmp", text(w, r), hash(31 - nzcv), hash(nzcv), name),
                [&](Masm& m) { m.ccmp(w, r, uint32_t(31 - nzcv), uint8_t(nzcv), cc); });
        }
      });
    }
  }
  for (Gp r : gps()) {
    for (Gp s : kFew) {
      for (Gp t : kFew) {
        b.add(line("smull", text(r), text(W::k32, s), text(W::k32, t)), [&](Masm& m) { m.smull(r, s, t); });
        b.add(line("umull", text(r), text(W::k32, s), text(W::k32, t)), [&](Masm& m) { m.umull(r, s, t); });
        b.add(line("smulh", text(r), text(s), text(t)), [&](Masm& m) { m.smulh(r, s, t); });
        b.add(line("umulh", text(r), text(s), text(t)), [&](Masm& m) { m.umulh(r, s, t); });
      }
      b.add(line("sxtw", text(r), text(W::k32, s)), [&](Masm& m) { m.sxtw(r, s); });
    }
  }
  b.compare();
}

TEST_CASE("a64 encoder: loads and stores are those of GNU as [row9]") {
  Batch b;
  for (size_t i = 0; i < std::size(kAccesses); ++i) {
    const AccessText& a = kAccesses[i];
    for (const Mem& at : addresses(a.size)) {
      CHECK((at.mode != Mem::Mode::kOffset || Masm::is_offset(a.size, at.offset)));
      for (Gp r : {Gp::x2, Gp::x28, Gp::zr})
        b.add(line(a.mnemonic, text(a.letter, r), text(at)), [&](Masm& m) { m.access(Access(i), r, at); });
    }
  }
  for (size_t i = 0; i < std::size(kVecAccesses); ++i) {
    const AccessText& a = kVecAccesses[i];
    for (const Mem& at : addresses(a.size))
      for (Vec v : {Vec::v0, Vec::v9, Vec::v31})
        b.add(line(a.mnemonic, text(a.letter, v), text(at)), [&](Masm& m) { m.access(VecAccess(i), v, at); });
  }
  for (Gp base : kBases) {
    for (int n : {0, 1, -1, 63, -64}) {
      for (int mode = 0; mode < 3; ++mode) {
        if (n == 0 && mode > 0) continue;  // the library takes the plain form, which does the same
        auto at = [&](int size) {
          return mode == 0   ? Mem::at(base, n * size)
                 : mode == 1 ? Mem::pre(base, n * size)
                             : Mem::post(base, n * size);
        };
        for (Gp r : {Gp::x2, Gp::x19, Gp::zr}) {
          for (W w : kWidths) {
            std::string operands = " " + text(w, r) + ", " + text(w, Gp::x30) + ", " + text(at(int(w)));
            b.add("ldp" + operands, [&](Masm& m) { m.ldp(w, r, Gp::x30, at(int(w))); });
            b.add("stp" + operands, [&](Masm& m) { m.stp(w, r, Gp::x30, at(int(w))); });
          }
        }
        for (int size : {4, 8, 16}) {
          char letter = size == 4 ? 's' : size == 8 ? 'd' : 'q';
          std::string operands =
              " " + text(letter, Vec::v8) + ", " + text(letter, Vec::v31) + ", " + text(at(size));
          b.add("ldp" + operands, [&](Masm& m) { m.ldp(uint32_t(size), Vec::v8, Vec::v31, at(size)); });
          b.add("stp" + operands, [&](Masm& m) { m.stp(uint32_t(size), Vec::v8, Vec::v31, at(size)); });
        }
      }
    }
  }
  for (Size s : kSizes) {
    for (Gp base : kBases) {
      std::string at = "[" + text(base) + "]";
      for (Gp r : kFew) {
        each<Ordered>(kOrdereds, [&](Ordered op, const std::string& name) {
          b.add(line(name + suffix(s), text(s, r), at), [&](Masm& m) { m.ordered(op, s, r, base); });
        });
        b.add(line(std::string("stlxr") + suffix(s), text(W::k32, Gp::x21), text(s, r), at),
              [&](Masm& m) { m.stlxr(s, Gp::x21, r, base); });
        each<Lse>(kLses, [&](Lse op, const std::string& name) {
          b.add(line(name + suffix(s), text(s, r), text(s, Gp::x22), at),
                [&](Masm& m) { m.lse(op, s, r, Gp::x22, base); });
        });
        b.add(line(std::string("casal") + suffix(s), text(s, r), text(s, Gp::x23), at),
              [&](Masm& m) { m.casal(s, r, Gp::x23, base); });
      }
    }
  }
  b.add("dmb ish", [](Masm& m) { m.dmb_ish(); });
  b.compare();
}

TEST_CASE("a64 encoder: floats are those of GNU as [row9]") {
  Batch b;
  for (Vec x : vecs()) {
    for (Vec y : kFewVecs) {
      for (F f : kFloats) {
        each<Float1>(kFloat1s, [&](Float1 op, const std::string& name) {
          b.add(line(name, text(f, x), text(f, y)), [&](Masm& m) { m.fp(op, f, x, y); });
        });
        each<Float2>(kFloat2s, [&](Float2 op, const std::string& name) {
          for (Vec z : kFewVecs)
            b.add(line(name, text(f, x), text(f, y), text(f, z)), [&](Masm& m) { m.fp(op, f, x, y, z); });
        });
        b.add(line("fcmp", text(f, x), text(f, y)), [&](Masm& m) { m.fcmp(f, x, y); });
        each<Cc>(kConditions, [&](Cc cc, const std::string& name) {
          b.add(line("fcsel", text(f, x), text(f, y), text(f, Vec::v17), name),
                [&](Masm& m) { m.fcsel(f, x, y, Vec::v17, cc); });
        });
        b.add(line("fcvt", text(f == F::k32 ? F::k64 : F::k32, x), text(f, y)),
              [&](Masm& m) { m.fcvt(f, x, y); });
      }
      b.add(fmt::format("mov v{}.16b, v{}.16b", int(x), int(y)), [&](Masm& m) { m.mov128(x, y); });
      b.add(line("cnt", text8b(x), text8b(y)), [&](Masm& m) { m.cnt8(x, y); });
      b.add(line("addv", text('b', x), text8b(y)), [&](Masm& m) { m.addv8(x, y); });
      each<VecLogic>(kVecLogics, [&](VecLogic op, const std::string& name) {
        b.add(line(name, text8b(x), text8b(y), text8b(Vec::v18)),
              [&](Masm& m) { m.logic8(op, x, y, Vec::v18); });
      });
    }
    for (F f : kFloats) {
      b.add(line("fcmp", text(f, x), "#0.0"), [&](Masm& m) { m.fcmp_zero(f, x); });
      for (double v : {1.0, -1.0, 0.5, 2.0, 31.0, 0.125, -0.1328125, 10.0}) {
        CHECK(Masm::is_float_immediate(v));
        b.add(line("fmov", text(f, x), fmt::format("#{:.10f}", v)), [&](Masm& m) { m.fmov(f, x, v); });
      }
      for (W w : kWidths) {
        for (Gp r : gps()) {
          each<IntToFloat>(kIntToFloats, [&](IntToFloat op, const std::string& name) {
            b.add(line(name, text(f, x), text(w, r)), [&](Masm& m) { m.int_to_float(op, f, w, x, r); });
          });
          each<FloatToInt>(kFloatToInts, [&](FloatToInt op, const std::string& name) {
            b.add(line(name, text(w, r), text(f, x)), [&](Masm& m) { m.float_to_int(op, w, f, r, x); });
          });
        }
      }
    }
    for (W w : kWidths) {
      for (Gp r : gps()) {
        b.add(line("fmov", text(w, x), text(w, r)), [&](Masm& m) { m.fmov(w, x, r); });
        b.add(line("fmov", text(w, r), text(w, x)), [&](Masm& m) { m.fmov(w, r, x); });
      }
    }
  }
  for (double v : {0.0, 0.1, 32.0, 0.0625, 1.0 + 1.0 / 32}) CHECK_FALSE(Masm::is_float_immediate(v));
  for (Gp r : gps()) {
    b.add(line("mrs", text(r), "fpcr"), [&](Masm& m) { m.read_fpcr(r); });
    b.add(line("msr", "fpcr", text(r)), [&](Masm& m) { m.write_fpcr(r); });
  }
  b.compare();
}

TEST_CASE("a64 encoder: control is that of GNU as [row9]") {
  Batch b;
  for (Gp r : gps()) {
    b.add(line("br", text(r)), [&](Masm& m) { m.br(r); });
    b.add(line("blr", text(r)), [&](Masm& m) { m.blr(r); });
  }
  b.add("ret", [](Masm& m) { m.ret(); });
  b.add("nop", [](Masm& m) { m.nop(); });
  b.add("hint #34", [](Masm& m) { m.bti_c(); });
  for (int code : {0, 1, 65535}) {
    b.add(line("brk", hash(code)), [&](Masm& m) { m.brk(uint16_t(code)); });
    b.add(line("udf", hash(code)), [&](Masm& m) { m.udf(uint16_t(code)); });
  }
  auto both = [&](const std::string& text, auto emit) {
    b.add(text + " 1f\nnop\nnop\n1:", [emit](Masm& m) {
      Label l = m.new_label();
      emit(m, l), m.nop(), m.nop(), m.bind(l);
    });
    b.add("1: nop\n" + text + " 1b", [emit](Masm& m) {
      Label l = m.new_label();
      m.bind(l), m.nop(), emit(m, l);
    });
  };
  both("b", [](Masm& m, Label l) { m.b(l); });
  both("bl", [](Masm& m, Label l) { m.bl(l); });
  each<Cc>(kConditions, [&](Cc cc, const std::string& name) {
    both("b." + name, [cc](Masm& m, Label l) { m.b(cc, l); });
  });
  for (Gp r : gps()) {
    for (W w : kWidths) {
      both("cbz " + text(w, r) + ",", [=](Masm& m, Label l) { m.cbz(w, r, l); });
      both("cbnz " + text(w, r) + ",", [=](Masm& m, Label l) { m.cbnz(w, r, l); });
    }
    for (int bit : {0, 5, 31, 32, 63}) {
      std::string operands = fmt::format(" {}, #{},", text(bit < 32 ? W::k32 : W::k64, r), bit);
      both("tbz" + operands, [=](Masm& m, Label l) { m.tbz(r, uint8_t(bit), l); });
      both("tbnz" + operands, [=](Masm& m, Label l) { m.tbnz(r, uint8_t(bit), l); });
    }
    both("adr " + text(r) + ",", [=](Masm& m, Label l) { m.adr(r, l); });
    both("ldr " + text(r) + ",", [=](Masm& m, Label l) { m.access(Access::kLdrX, r, Mem::at(l)); });
    both("ldr " + text(W::k32, r) + ",", [=](Masm& m, Label l) { m.access(Access::kLdrW, r, Mem::at(l)); });
  }
  for (Vec v : vecs()) {
    both("ldr " + text('s', v) + ",", [=](Masm& m, Label l) { m.access(VecAccess::kLdrS, v, Mem::at(l)); });
    both("ldr " + text('d', v) + ",", [=](Masm& m, Label l) { m.access(VecAccess::kLdrD, v, Mem::at(l)); });
    both("ldr " + text('q', v) + ",", [=](Masm& m, Label l) { m.access(VecAccess::kLdrQ, v, Mem::at(l)); });
  }
  b.compare();
}

// ---- what is more than one instruction ------------------------------------------------------------------------------

namespace {

uint32_t word(const std::vector<uint8_t>& code, size_t at) {
  uint32_t w;
  std::memcpy(&w, code.data() + at, 4);
  return w;
}
int64_t sign_extend(uint64_t value, int bits) { return int64_t(value << (64 - bits)) >> (64 - bits); }

// Where the branch at `at` leads if it is taken; nothing if there is none. By the manual, not by the masm.
std::optional<size_t> taken(const std::vector<uint8_t>& code, size_t at) {
  uint32_t w = word(code, at);
  if ((w & 0xfc000000) == 0x14000000) return at + size_t(sign_extend(w & 0x3ffffff, 26) * 4);     // b
  if ((w & 0xff000010) == 0x54000000) return at + size_t(sign_extend(w >> 5 & 0x7ffff, 19) * 4);  // b.cond
  if ((w & 0x7e000000) == 0x34000000) return at + size_t(sign_extend(w >> 5 & 0x7ffff, 19) * 4);  // cbz, cbnz
  if ((w & 0x7e000000) == 0x36000000) return at + size_t(sign_extend(w >> 5 & 0x3fff, 14) * 4);   // tbz, tbnz
  return {};
}
bool is_b(uint32_t w) { return (w & 0xfc000000) == 0x14000000; }

// The instruction that is reached from `at` by following b only.
size_t follow(const std::vector<uint8_t>& code, size_t at) {
  for (int hops = 0; at < code.size() && is_b(word(code, at)); ++hops) {
    REQUIRE(hops < 100);
    at = *taken(code, at);
  }
  return at;
}

// What the sequence that Masm::mov made leaves in the register; by the manual.
uint64_t run_mov(const std::vector<uint8_t>& code) {
  uint64_t value = 0xdead'beef'dead'beef;
  for (size_t at = 0; at < code.size(); at += 4) {
    uint32_t w = word(code, at), shift = (w >> 21 & 3) * 16;
    uint64_t part = uint64_t{w >> 5 & 0xffff} << shift;
    switch (w >> 23 & 0x1ff) {
      case 0x1a5:
        value = part;
        break;  // movz
      case 0x125:
        value = ~part;
        break;  // movn
      case 0x1e5:
        value = (value & ~(uint64_t{0xffff} << shift)) | part;
        break;  // movk
      default:
        FAIL("not a move: " << w);
    }
  }
  return value;
}

}  // namespace

TEST_CASE("a64 masm: any constant takes at most four instructions and is that constant [row9]") {
  auto length = [](uint64_t v) {
    Masm m;
    m.mov(Gp::x5, v);
    std::vector<uint8_t> code = assemble(m, "mov");
    bool one_mask =
        code.size() == 4 && (word(code, 0) >> 23 & 0x1ff) == 0x164;  // orr, compared with as elsewhere
    if (!one_mask) CHECK(run_mov(code) == v);
    if (one_mask) CHECK(Masm::is_logic_immediate(W::k64, v));
    return code.size() / 4;
  };
  CHECK(length(0) == 1);
  CHECK(length(~uint64_t{0}) == 1);
  CHECK(length(0xffff'0000) == 1);
  CHECK(length(0x1234'0000'0000'0000) == 1);
  CHECK(length(0xffff'ffff'1234'ffff) == 1);
  CHECK(length(0x5555'5555'5555'5555) == 1);
  CHECK(length(0x12345678) == 2);
  CHECK(length(0xffff'1234'ffff'5678) == 2);
  CHECK(length(0x123456789abcdef0) == 4);
  uint64_t v = 1;
  for (int i = 0; i < 2000; ++i) {
    v = v * 6364136223846793005 + 1442695040888963407;
    uint64_t mask = (i & 1 ? 0xffffull : 0) | (i & 2 ? 0xffff0000ull : 0) | (i & 4 ? 0xffff00000000ull : 0) |
                    (i & 8 ? 0xffff000000000000ull : 0);
    CHECK(length(v & mask) <= 4);
    CHECK(length(v | mask) <= 4);
  }
}

TEST_CASE("a64 masm: branches reach a target that is known and far [row9]") {
  Masm m;
  Label back = m.new_label();
  m.bind(back);
  for (int i = 0; i < (1 << 18) + 8; ++i) m.nop();
  std::vector<uint32_t> branches;
  auto place = [&](auto emit) {
    branches.push_back(m.offset());
    emit();
  };
  place([&] { m.b(Cc::lt, back); });
  place([&] { m.cbz(W::k32, Gp::x3, back); });
  place([&] { m.cbnz(W::k64, Gp::x3, back); });
  place([&] { m.tbz(Gp::x3, 40, back); });
  place([&] { m.tbnz(Gp::x3, 3, back); });
  m.nop();
  std::vector<uint8_t> code = assemble(m, "far");
  const uint32_t inverse[] = {0x5400000a, 0x35000003, 0xb4000003, 0xb7400003, 0x36180003};
  const uint32_t keep[] = {0xff00001f, 0xff00001f, 0xff00001f, 0xfff8001f, 0xfff8001f};
  for (size_t i = 0; i < branches.size(); ++i) {
    CAPTURE(i);
    size_t at = branches[i];
    CHECK((word(code, at) & keep[i]) == inverse[i]);  // the opposite condition, on the same register and bit
    CHECK(*taken(code, at) == at + 8);
    CHECK(follow(code, at + 4) == 0);
  }
  CHECK(m.islands() == 0);
}

TEST_CASE("a64 masm: branches reach a target that is not known yet, however far it will be [row9]") {
  // One batch of branches to a near target (no island for it), then many to few far ones, all along the way.
  constexpr int kTargets = 5;
  constexpr uint32_t kNops = 700'000;  // 2.8 MB
  Masm m;
  struct Branch {
    uint32_t at;
    int target;
  };
  std::vector<Branch> branches;
  Label targets[kTargets];
  for (Label& t : targets) t = m.new_label();
  Label near = m.new_label();
  m.tbz(Gp::x0, 1, near);
  m.b(Cc::ne, near);
  m.nop();
  m.bind(near);
  uint32_t other = 0;  // instructions that are neither nop nor of an island
  for (uint32_t i = 0; i < kNops; ++i) {
    m.nop();
    if (i % 1009 != 0 || i > 600'000) continue;
    int target = int(i / 1009 % kTargets);
    m.reserve(8);
    branches.push_back({m.offset(), target});
    switch (i / 1009 % 3) {
      case 0:
        m.b(Cc::hi, targets[target]);
        break;
      case 1:
        m.cbnz(W::k64, Gp::x9, targets[target]);
        break;
      default:
        m.tbnz(Gp::x9, 33, targets[target]);
        break;
    }
    ++other;
  }
  for (Label t : targets) m.bind(t), m.brk(1);
  CHECK(m.ok());
  std::vector<uint8_t> code = assemble(m, "far");
  CHECK(m.islands() > 2);
  CHECK(m.islands() < 200);
  for (const Branch& b : branches) {
    size_t first = *taken(code, b.at);
    REQUIRE(first % 4 == 0);
    REQUIRE(first < code.size());
    REQUIRE(follow(code, first) == m.offset_of(targets[b.target]));
  }
  // Straight on, with no branch taken but those over islands: all that was emitted, in order, and nothing
  // else.
  uint32_t nops = 0, branches_met = 0;
  size_t at = 12;
  REQUIRE(follow(code, *taken(code, 0)) == m.offset_of(near));
  for (at = m.offset_of(near); at < m.offset_of(targets[0]); at = follow(code, at + 4))
    word(code, at) == 0xd503201f ? ++nops : ++branches_met;
  CHECK(nops == kNops);
  CHECK(branches_met == other);
}

TEST_CASE("a64 masm: no island falls into a reserved stretch [row9]") {
  for (uint32_t lead = 0; lead < 24; ++lead) {
    CAPTURE(lead);
    Masm m;
    Label far = m.new_label();
    m.tbz(Gp::x0, 0, far);
    for (uint32_t i = 0; i < 8192 - 40 + lead; ++i) m.nop();
    m.reserve(80);
    uint32_t begin = m.offset();
    for (int i = 0; i < 20; ++i) m.data32(0);
    CHECK(m.offset() == begin + 80);
    for (int i = 0; i < 100; ++i) m.nop();
    m.bind(far);
    m.nop();
    std::vector<uint8_t> code = assemble(m, "reserved");
    CHECK(m.islands() == 1);
    CHECK(follow(code, *taken(code, 0)) == m.offset_of(far));
  }
}

TEST_CASE("a64 masm: what has no encoding is an error [row9]") {
  auto refuses = [](auto emit) {
    Masm m;
    emit(m);
    return !m.finish().has_value();
  };
  CHECK(refuses([](Masm& m) { m.add(Add::kAdd, W::k64, Gp::x0, Gp::x0, uint32_t{4097}); }));
  CHECK(refuses([](Masm& m) { m.add(Add::kAdd, W::k64, Gp::x0, Gp::x0, uint32_t{0x1000000}); }));
  CHECK(refuses([](Masm& m) { m.logic(Logic::kAnd, W::k64, Gp::x0, Gp::x0, uint64_t{5}); }));
  CHECK(refuses([](Masm& m) { m.access(Access::kLdrX, Gp::x0, Mem::at(Gp::x1, 4095 * 8 + 8)); }));
  CHECK(refuses([](Masm& m) { m.access(Access::kLdrX, Gp::x0, Mem::at(Gp::x1, 257)); }));
  CHECK(refuses([](Masm& m) { m.access(Access::kLdrX, Gp::x0, Mem::at(Gp::x1, Gp::x2, 2)); }));
  CHECK(refuses([](Masm& m) { m.ldp(W::k64, Gp::x0, Gp::x1, Mem::at(Gp::sp, 512)); }));
  CHECK(refuses([](Masm& m) { m.fmov(F::k64, Vec::v0, 0.1); }));
  CHECK(refuses([](Masm& m) { m.b(Cc::eq, m.new_label()); }));
  CHECK(refuses([](Masm& m) { m.b(m.new_label()); }));
  CHECK(refuses([](Masm& m) {
    Label l = m.new_label();
    m.adr(Gp::x0, l);
    m.reserve(1 << 21);
    for (int i = 0; i < 1 << 19; ++i) m.data32(0);
    m.bind(l);
  }));
  for (int32_t offset : {-257, 257, 4095 * 8 + 8}) CHECK_FALSE(Masm::is_offset(8, offset));
  CHECK(Masm::is_offset(8, 256));
  CHECK(Masm::is_offset(8, 4095 * 8));
  CHECK(Masm::is_offset(8, 255));
  CHECK(Masm::is_add_immediate(0xfff000));
  CHECK_FALSE(Masm::is_add_immediate(0x1001));
  CHECK_FALSE(Masm::is_logic_immediate(W::k64, 0));
  CHECK_FALSE(Masm::is_logic_immediate(W::k32, 0xffff'ffff));
}
