// Row 9 of the failure classes (instruction encoding), for x86-64: every form of every table, over a spread
// of registers, addresses and immediates, is what GNU as makes of the same text.
#include "compiler/isa/x64/masm.h"

#include <fmt/format.h>

#include "../gnu_as.h"
#include "catch.h"

using namespace wjit;
using namespace wjit::x64;
using test::EncoderCase;

namespace {

constexpr W kWidths[] = {W::k8, W::k16, W::k32, W::k64};
constexpr W kWideWidths[] = {W::k32, W::k64};
constexpr F kFloats[] = {F::k32, F::k64};

#define WJIT_X(name, mnemonic, ...) mnemonic,
constexpr const char* kAlu[] = {WJIT_X64_ALU(WJIT_X)};
constexpr const char* kUnary[] = {WJIT_X64_UNARY(WJIT_X)};
constexpr const char* kShifts[] = {WJIT_X64_SHIFTS(WJIT_X)};
constexpr const char* kBits[] = {WJIT_X64_BITS(WJIT_X)};
constexpr const char* kShift3[] = {WJIT_X64_SHIFT3(WJIT_X)};
constexpr const char* kLocked[] = {WJIT_X64_LOCKED(WJIT_X)};
constexpr const char* kFloat[] = {WJIT_X64_FLOAT(WJIT_X)};
constexpr const char* kFloatLogic[] = {WJIT_X64_FLOAT_LOGIC(WJIT_X)};
constexpr const char* kConditions[] = {WJIT_X64_CONDITIONS(WJIT_X)};
constexpr const char* kVecs[] = {WJIT_X64_VEC(WJIT_X)};
#undef WJIT_X

std::vector<Gp> gps() {
  std::vector<Gp> all;
  for (int i = 0; i < 16; ++i) all.push_back(Gp(i));
  return all;
}
std::vector<Xmm> xmms() {
  std::vector<Xmm> all;
  for (int i = 0; i < 16; ++i) all.push_back(Xmm(i));
  return all;
}

std::string text(W w, Gp reg) {
  static const char* kNames[4][8] = {{"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"},
                                     {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"},
                                     {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"},
                                     {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"}};
  int row = w == W::k8 ? 0 : w == W::k16 ? 1 : w == W::k32 ? 2 : 3;
  if (int(reg) < 8) return kNames[row][int(reg)];
  return fmt::format("r{}{}", int(reg), (const char*[]){"b", "w", "d", ""}[row]);
}
std::string text(Xmm reg) { return fmt::format("xmm{}", int(reg)); }

std::string text(uint32_t size, const Mem& m) {
  const char* word = size == 0   ? ""
                     : size == 1 ? "byte ptr "
                     : size == 2 ? "word ptr "
                     : size == 4 ? "dword ptr "
                     : size == 8 ? "qword ptr "
                                 : "xmmword ptr ";
  std::string out = std::string(word) + "[";
  if (m.has_base) out += text(W::k64, m.base);
  if (m.has_index)
    out += fmt::format("{}{} * {}", m.has_base ? " + " : "", text(W::k64, m.index), 1 << m.shift);
  return out + fmt::format(" {} {}]", m.displacement < 0 ? "-" : "+", std::abs(int64_t{m.displacement}));
}
std::string text(W w, const Mem& m) { return text(uint32_t(w), m); }
std::string text(F f, const Mem& m) { return text(uint32_t(f), m); }
const char* suffix(F f, const char* s, const char* d) { return f == F::k32 ? s : d; }

constexpr int32_t kDisplacements[] = {0, 1, -1, 127, 128, -128, -129, 0x7fff'ffff, -0x7fff'ffff - 1};

// Every base, every index and scale, every length of displacement.
std::vector<Mem> addresses() {
  std::vector<Mem> all;
  for (Gp base : gps())
    for (int32_t d : {0, 8, -129}) all.push_back(Mem::at(base, d));
  for (int32_t d : kDisplacements) all.push_back(Mem::at(Gp::rdi, d)), all.push_back(Mem::at(Gp::r13, d));
  for (Gp index : gps()) {
    if (index == Gp::rsp) continue;
    for (uint8_t shift = 0; shift < 4; ++shift) {
      all.push_back(Mem::at(Gp::rbx, index, shift));
      all.push_back(Mem::at(Gp::r12, index, shift, 16));
      all.push_back(Mem::at(Gp::rbp, index, shift, -0x12345));
    }
    all.push_back(Mem::at(Gp::r13, index, 2));
    all.push_back(Mem::at(Gp::rsp, index, 3, 127));
    all.push_back(Mem::scaled(index, 3, 0x1234));
  }
  return all;
}
std::vector<Mem> few_addresses() {
  return {Mem::at(Gp::rdi), Mem::at(Gp::rsp, 8), Mem::at(Gp::r13), Mem::at(Gp::r12, 0x1000),
          Mem::at(Gp::rbp, Gp::r9, 3, -8)};
}

std::vector<int32_t> immediates(W w) {
  std::vector<int32_t> all = {0, 1, -1, 5, 127, -128};
  if (w >= W::k16) all.insert(all.end(), {128, -129, 255, 0x1234, 32767, -32768});
  if (w >= W::k32) all.insert(all.end(), {32768, 65535, 0x1234'5678, 0x7fff'ffff, -0x7fff'ffff - 1});
  return all;
}

class Batch {
 public:
  template <class Emit>
  void add(std::string text, Emit emit, bool avx = false) {
    Masm m(avx);
    emit(m);
    auto bytes = m.finish();
    INFO(text);
    if (!bytes) FAIL(bytes.error().to_string());
    cases_.push_back({std::move(text), std::move(*bytes)});
  }
  void compare() { test::compare_with_gnu_as(test::Machine::kX64, cases_); }

 private:
  std::vector<EncoderCase> cases_;
};

// For the tables: all enumerators, with their mnemonics.
template <class E, size_t N, class Body>
void each(const char* const (&mnemonics)[N], Body body) {
  for (size_t i = 0; i < N; ++i) body(static_cast<E>(i), std::string(mnemonics[i]));
}

}  // namespace

TEST_CASE("x64 encoder: moves are those of GNU as [row9]") {
  Batch b;
  for (Gp r : gps()) {
    for (Gp s : gps()) {
      for (W w : kWidths) {
        b.add("mov " + text(w, r) + ", " + text(w, s), [&](Masm& m) { m.mov(w, r, s); });
        if (r != s && r != Gp::rax && s != Gp::rax)
          b.add("xchg " + text(w, r) + ", " + text(w, s), [&](Masm& m) { m.xchg(w, r, s); });
      }
      for (W from : {W::k8, W::k16}) {
        b.add("movzx " + text(W::k32, r) + ", " + text(from, s), [&](Masm& m) { m.movzx(from, r, s); });
        for (W w : kWideWidths)
          b.add("movsx " + text(w, r) + ", " + text(from, s), [&](Masm& m) { m.movsx(w, from, r, s); });
      }
      b.add("mov " + text(W::k32, r) + ", " + text(W::k32, s), [&](Masm& m) { m.movzx(W::k32, r, s); });
      b.add("movsxd " + text(W::k64, r) + ", " + text(W::k32, s),
            [&](Masm& m) { m.movsx(W::k64, W::k32, r, s); });
    }
    for (uint64_t v : {0ull, 1ull, 0x7fffffffull, 0x80000000ull, 0xffffffffull})
      b.add(fmt::format("mov {}, {}", text(W::k32, r), v), [&](Masm& m) { m.mov(r, v); });
    for (uint64_t v : {~0ull, 0xffffffff80000000ull})
      b.add(fmt::format("mov {}, {}", text(W::k64, r), int64_t(v)), [&](Masm& m) { m.mov(r, v); });
    for (uint64_t v : {0x100000000ull, 0xffffffff7fffffffull, 0x123456789abcdef0ull})
      b.add(fmt::format("movabs {}, 0x{:x}", text(W::k64, r), v), [&](Masm& m) { m.mov(r, v); });
    b.add("push " + text(W::k64, r), [&](Masm& m) { m.push(r); });
    b.add("pop " + text(W::k64, r), [&](Masm& m) { m.pop(r); });
  }
  b.compare();
}

TEST_CASE("x64 encoder: loads and stores are those of GNU as [row9]") {
  Batch b;
  for (const Mem& a : addresses()) {
    for (Gp r : {Gp::rax, Gp::rsi, Gp::r8, Gp::r15}) {
      for (W w : kWidths) {
        b.add("mov " + text(w, a) + ", " + text(w, r), [&](Masm& m) { m.mov(w, a, r); });
        if (w >= W::k32) b.add("mov " + text(w, r) + ", " + text(w, a), [&](Masm& m) { m.mov(w, r, a); });
      }
      b.add("xchg " + text(W::k64, a) + ", " + text(W::k64, r), [&](Masm& m) { m.xchg(W::k64, a, r); });
      for (W from : {W::k8, W::k16}) {
        b.add("movzx " + text(W::k32, r) + ", " + text(from, a), [&](Masm& m) { m.movzx(from, r, a); });
        for (W w : kWideWidths)
          b.add("movsx " + text(w, r) + ", " + text(from, a), [&](Masm& m) { m.movsx(w, from, r, a); });
      }
      b.add("mov " + text(W::k32, r) + ", " + text(W::k32, a), [&](Masm& m) { m.movzx(W::k32, r, a); });
      b.add("movsxd " + text(W::k64, r) + ", " + text(W::k32, a),
            [&](Masm& m) { m.movsx(W::k64, W::k32, r, a); });
      for (W w : kWideWidths)
        b.add("lea " + text(w, r) + ", " + text(uint32_t{0}, a), [&](Masm& m) { m.lea(w, r, a); });
    }
    for (W w : kWidths)
      for (int32_t v : {0, -1, 0x55})
        b.add(fmt::format("mov {}, {}", text(w, a), v), [&](Masm& m) { m.mov(w, a, v); });
    for (Xmm x : {Xmm::xmm0, Xmm::xmm7, Xmm::xmm8, Xmm::xmm15}) {
      for (F f : kFloats) {
        std::string op = f == F::k32 ? "movss " : "movsd ";
        b.add(op + text(x) + ", " + text(f, a), [&](Masm& m) { m.mov(f, x, a); });
        b.add(op + text(f, a) + ", " + text(x), [&](Masm& m) { m.mov(f, a, x); });
      }
      b.add("movups " + text(x) + ", " + text(16u, a), [&](Masm& m) { m.mov128(x, a); });
      b.add("movups " + text(16u, a) + ", " + text(x), [&](Masm& m) { m.mov128(a, x); });
    }
    b.add("jmp " + text(W::k64, a), [&](Masm& m) { m.jmp(a); });
    b.add("call " + text(W::k64, a), [&](Masm& m) { m.call(a); });
    b.add("ldmxcsr " + text(4u, a), [&](Masm& m) { m.ldmxcsr(a); });
    b.add("stmxcsr " + text(4u, a), [&](Masm& m) { m.stmxcsr(a); });
  }
  b.compare();
}

TEST_CASE("x64 encoder: integer arithmetic is that of GNU as [row9]") {
  Batch b;
  each<Alu>(kAlu, [&](Alu op, const std::string& name) {
    for (W w : kWidths) {
      for (Gp r : gps()) {
        for (Gp s : gps())
          b.add(name + " " + text(w, r) + ", " + text(w, s), [&](Masm& m) { m.alu(op, w, r, s); });
        for (int32_t v : immediates(w))
          b.add(fmt::format("{} {}, {}", name, text(w, r), v), [&](Masm& m) { m.alu(op, w, r, v); });
        for (const Mem& a : few_addresses()) {
          b.add(name + " " + text(w, r) + ", " + text(w, a), [&](Masm& m) { m.alu(op, w, r, a); });
          b.add(name + " " + text(w, a) + ", " + text(w, r), [&](Masm& m) { m.alu(op, w, a, r); });
        }
      }
      for (const Mem& a : few_addresses())
        for (int32_t v : immediates(w))
          b.add(fmt::format("{} {}, {}", name, text(w, a), v), [&](Masm& m) { m.alu(op, w, a, v); });
    }
  });
  for (W w : kWidths) {
    for (Gp r : gps()) {
      for (Gp s : gps()) b.add("test " + text(w, r) + ", " + text(w, s), [&](Masm& m) { m.test(w, r, s); });
      for (int32_t v : immediates(w))
        b.add(fmt::format("test {}, {}", text(w, r), v), [&](Masm& m) { m.test(w, r, v); });
    }
    for (const Mem& a : few_addresses())
      for (int32_t v : immediates(w))
        b.add(fmt::format("test {}, {}", text(w, a), v), [&](Masm& m) { m.test(w, a, v); });
  }
  b.compare();
}

TEST_CASE("x64 encoder: the rest of integers is that of GNU as [row9]") {
  Batch b;
  each<Unary>(kUnary, [&](Unary op, const std::string& name) {
    for (W w : kWidths) {
      for (Gp r : gps()) b.add(name + " " + text(w, r), [&](Masm& m) { m.unary(op, w, r); });
      for (const Mem& a : few_addresses())
        b.add(name + " " + text(w, a), [&](Masm& m) { m.unary(op, w, a); });
    }
  });
  each<Shift>(kShifts, [&](Shift op, const std::string& name) {
    for (W w : kWidths) {
      for (Gp r : gps()) {
        b.add(name + " " + text(w, r) + ", cl", [&](Masm& m) { m.shift(op, w, r); });
        for (int c : {1, 2, 7, 31, 63})
          b.add(fmt::format("{} {}, {}", name, text(w, r), c),
                [&](Masm& m) { m.shift(op, w, r, uint8_t(c)); });
      }
    }
  });
  for (W w : kWideWidths) {
    for (Gp r : gps()) {
      b.add("bswap " + text(w, r), [&](Masm& m) { m.bswap(w, r); });
      for (Gp s : gps()) {
        each<Bits>(kBits, [&](Bits op, const std::string& name) {
          b.add(name + " " + text(w, r) + ", " + text(w, s), [&](Masm& m) { m.bits(op, w, r, s); });
        });
        b.add("imul " + text(w, r) + ", " + text(w, s), [&](Masm& m) { m.imul(w, r, s); });
        b.add("rorx " + text(w, r) + ", " + text(w, s) + ", 7", [&](Masm& m) { m.rorx(w, r, s, 7); });
        for (Gp c : {Gp::rax, Gp::rbp, Gp::r8, Gp::r13}) {
          each<Shift3>(kShift3, [&](Shift3 op, const std::string& name) {
            b.add(name + " " + text(w, r) + ", " + text(w, s) + ", " + text(w, c),
                  [&](Masm& m) { m.shift3(op, w, r, s, c); });
          });
          b.add("andn " + text(w, r) + ", " + text(w, s) + ", " + text(w, c), [&](Masm& m) { m.andn(w, r, s, c); });
        }
        for (int32_t v : {3, -128, 128, 0x7fff'ffff})
          b.add(fmt::format("imul {}, {}, {}", text(w, r), text(w, s), v),
                [&](Masm& m) { m.imul(w, r, s, v); });
      }
      for (const Mem& a : few_addresses()) {
        b.add("imul " + text(w, r) + ", " + text(w, a), [&](Masm& m) { m.imul(w, r, a); });
        each<Bits>(kBits, [&](Bits op, const std::string& name) {
          b.add(name + " " + text(w, r) + ", " + text(w, a), [&](Masm& m) { m.bits(op, w, r, a); });
        });
      }
    }
    each<Cc>(kConditions, [&](Cc cc, const std::string& name) {
      for (Gp r : gps()) {
        if (w == W::k32) b.add("set" + name + " " + text(W::k8, r), [&](Masm& m) { m.setcc(cc, r); });
        for (Gp s : {Gp::rax, Gp::rbp, Gp::r8, Gp::r12})
          b.add("cmov" + name + " " + text(w, r) + ", " + text(w, s), [&](Masm& m) { m.cmov(cc, w, r, s); });
        for (const Mem& a : few_addresses())
          b.add("cmov" + name + " " + text(w, r) + ", " + text(w, a), [&](Masm& m) { m.cmov(cc, w, r, a); });
      }
    });
  }
  each<Locked>(kLocked, [&](Locked op, const std::string& name) {
    for (W w : kWidths)
      for (Gp r : gps())
        for (const Mem& a : few_addresses())
          b.add("lock\n" + name + " " + text(w, a) + ", " + text(w, r),
                [&](Masm& m) { m.locked(op, w, a, r); });
  });
  b.compare();
}

TEST_CASE("x64 encoder: floats are those of GNU as [row9]") {
  Batch b;
  for (Xmm x : xmms()) {
    for (Xmm y : xmms()) {
      b.add("movaps " + text(x) + ", " + text(y), [&](Masm& m) { m.mov(x, y); });
      for (F f : kFloats) {
        each<Float>(kFloat, [&](Float op, const std::string& name) {
          b.add(name + suffix(f, "ss ", "sd ") + text(x) + ", " + text(y),
                [&](Masm& m) { m.fp(op, f, x, y); });
        });
        each<FloatLogic>(kFloatLogic, [&](FloatLogic op, const std::string& name) {
          b.add(name + suffix(f, "ps ", "pd ") + text(x) + ", " + text(y),
                [&](Masm& m) { m.fp(op, f, x, y); });
        });
        b.add(std::string(suffix(f, "cvtss2sd ", "cvtsd2ss ")) + text(x) + ", " + text(y),
              [&](Masm& m) { m.float_to_float(f, x, y); });
        for (int p = 0; p < 8; ++p)
          b.add(fmt::format("cmp{} {}, {}, {}", suffix(f, "ss", "sd"), text(x), text(y), p),
                [&](Masm& m) { m.fp_compare(FloatPredicate(p), f, x, y); });
        for (Rounding r : {Rounding::kNearest, Rounding::kDown, Rounding::kUp, Rounding::kTruncate})
          b.add(fmt::format("round{} {}, {}, {}", suffix(f, "ss", "sd"), text(x), text(y), int(r)),
                [&](Masm& m) { m.round(f, r, x, y); });
      }
    }
    for (Gp r : gps()) {
      for (W w : kWideWidths) {
        std::string move = w == W::k32 ? "movd " : "movq ";
        b.add(move + text(x) + ", " + text(w, r), [&](Masm& m) { m.mov(w, x, r); });
        b.add(move + text(w, r) + ", " + text(x), [&](Masm& m) { m.mov(w, r, x); });
        for (F f : kFloats) {
          b.add(std::string(suffix(f, "cvtsi2ss ", "cvtsi2sd ")) + text(x) + ", " + text(w, r),
                [&](Masm& m) { m.int_to_float(f, w, x, r); });
          b.add(std::string(suffix(f, "cvttss2si ", "cvttsd2si ")) + text(w, r) + ", " + text(x),
                [&](Masm& m) { m.float_to_int(w, f, r, x); });
        }
      }
    }
    for (const Mem& a : few_addresses()) {
      for (F f : kFloats) {
        each<Float>(kFloat, [&](Float op, const std::string& name) {
          b.add(name + suffix(f, "ss ", "sd ") + text(x) + ", " + text(f, a),
                [&](Masm& m) { m.fp(op, f, x, a); });
        });
        each<FloatLogic>(kFloatLogic, [&](FloatLogic op, const std::string& name) {
          b.add(name + suffix(f, "ps ", "pd ") + text(x) + ", " + text(16u, a),
                [&](Masm& m) { m.fp(op, f, x, a); });
        });
        b.add(std::string(suffix(f, "cvtss2sd ", "cvtsd2ss ")) + text(x) + ", " + text(f, a),
              [&](Masm& m) { m.float_to_float(f, x, a); });
        for (W w : kWideWidths)
          b.add(std::string(suffix(f, "cvtsi2ss ", "cvtsi2sd ")) + text(x) + ", " + text(w, a),
                [&](Masm& m) { m.int_to_float(f, w, x, a); });
      }
    }
  }
  b.compare();
}

TEST_CASE("x64 encoder: floats with VEX are those of GNU as [row9]") {
  Batch b;
  const auto add = [&](const std::string& text, auto emit) { b.add(text, emit, true); };
  for (Xmm x : xmms()) {
    for (Xmm y : xmms()) {
      const std::string x_y = text(x) + ", " + text(y), x_x_y = text(x) + ", " + x_y, x_y_y = x_y + ", " + text(y);
      add("{load} vmovaps " + x_y, [&](Masm& m) { m.mov(x, y); });
      for (F f : kFloats) {
        each<Float>(kFloat, [&](Float op, const std::string& name) {
          add("v" + name + suffix(f, "ss ", "sd ") + (op == Float::kUcomi ? x_y : op == Float::kSqrt ? x_y_y : x_x_y),
              [&](Masm& m) { m.fp(op, f, x, y); });
          if (op != Float::kUcomi)
            add("v" + name + suffix(f, "ss ", "sd ") + x_y + ", xmm3", [&](Masm& m) { m.fp(op, f, x, y, Xmm::xmm3); });
        });
        each<FloatLogic>(kFloatLogic, [&](FloatLogic op, const std::string& name) {
          add("v" + name + suffix(f, "ps ", "pd ") + x_x_y, [&](Masm& m) { m.fp(op, f, x, y); });
        });
        add(suffix(f, "vcvtss2sd ", "vcvtsd2ss ") + x_y_y, [&](Masm& m) { m.float_to_float(f, x, y); });
        for (int p = 0; p < 8; ++p)
          add(fmt::format("vcmp{} {}, {}", suffix(f, "ss", "sd"), x_x_y, p),
              [&](Masm& m) { m.fp_compare(FloatPredicate(p), f, x, y); });
        for (Rounding r : {Rounding::kNearest, Rounding::kDown, Rounding::kUp, Rounding::kTruncate})
          add(fmt::format("vround{} {}, {}", suffix(f, "ss", "sd"), x_y_y, int(r)),
              [&](Masm& m) { m.round(f, r, x, y); });
      }
    }
    for (Gp r : gps()) {
      for (W w : kWideWidths) {
        const std::string move = w == W::k32 ? "vmovd " : "vmovq ";
        add(move + text(x) + ", " + text(w, r), [&](Masm& m) { m.mov(w, x, r); });
        add(move + text(w, r) + ", " + text(x), [&](Masm& m) { m.mov(w, r, x); });
        for (F f : kFloats) {
          add(suffix(f, "vcvtsi2ss ", "vcvtsi2sd ") + text(x) + ", " + text(x) + ", " + text(w, r),
              [&](Masm& m) { m.int_to_float(f, w, x, r); });
          add(suffix(f, "vcvttss2si ", "vcvttsd2si ") + text(w, r) + ", " + text(x),
              [&](Masm& m) { m.float_to_int(w, f, r, x); });
        }
      }
    }
    for (const Mem& a : few_addresses()) {
      const std::string x_x = text(x) + ", " + text(x) + ", ";
      add("vmovups " + text(x) + ", " + text(16u, a), [&](Masm& m) { m.mov128(x, a); });
      add("vmovups " + text(16u, a) + ", " + text(x), [&](Masm& m) { m.mov128(a, x); });
      for (F f : kFloats) {
        add(suffix(f, "vmovss ", "vmovsd ") + text(x) + ", " + text(f, a), [&](Masm& m) { m.mov(f, x, a); });
        add(suffix(f, "vmovss ", "vmovsd ") + text(f, a) + ", " + text(x), [&](Masm& m) { m.mov(f, a, x); });
        each<Float>(kFloat, [&](Float op, const std::string& name) {
          add("v" + name + suffix(f, "ss ", "sd ") + (op == Float::kUcomi ? text(x) + ", " : x_x) + text(f, a),
              [&](Masm& m) { m.fp(op, f, x, a); });
        });
        each<FloatLogic>(kFloatLogic, [&](FloatLogic op, const std::string& name) {
          add("v" + name + suffix(f, "ps ", "pd ") + x_x + text(16u, a), [&](Masm& m) { m.fp(op, f, x, a); });
        });
        add(suffix(f, "vcvtss2sd ", "vcvtsd2ss ") + x_x + text(f, a), [&](Masm& m) { m.float_to_float(f, x, a); });
        for (W w : kWideWidths)
          add(suffix(f, "vcvtsi2ss ", "vcvtsi2sd ") + x_x + text(w, a), [&](Masm& m) { m.int_to_float(f, w, x, a); });
      }
    }
  }
  b.compare();
}

TEST_CASE("x64 encoder: vectors are those of GNU as [row9]") {
  const std::vector<Xmm> few = {Xmm::xmm0, Xmm::xmm5, Xmm::xmm8, Xmm::xmm15};
  for (bool avx : {false, true}) {
    Batch b;
    for (size_t n = 0; n < std::size(kVecRows); ++n) {
      const Vec op = Vec(n);
      const VecRow& r = row(op);
      if (!avx && r.level >= VecLevel::kAvx) continue;
      const std::string name = (avx ? "v" : "") + std::string(kVecs[n]) + " ";
      const std::string merge = r.shape == VecShape::kMerge ? "{load} " : "";
      const bool imm = r.shape == VecShape::kBinaryImm || r.shape == VecShape::kUnaryImm;
      const std::string last = imm ? ", 5" : "";
      for (Xmm d : few) {
        for (Xmm a : few) {
          if (!avx && d != a && r.shape != VecShape::kUnary && r.shape != VecShape::kUnaryImm) continue;
          const std::string d_a = text(d) + ", " + (avx ? text(a) + ", " : "");
          switch (r.shape) {
            case VecShape::kBinary: case VecShape::kBinaryImm: case VecShape::kMerge:
              for (Xmm c : few)
                b.add(merge + name + d_a + text(c) + last, [&](Masm& m) { m.vec(op, d, a, c, imm ? 5 : 0); }, avx);
              if (r.shape == VecShape::kMerge) break;
              for (const Mem& at : few_addresses())
                b.add(name + d_a + text(0u, at) + last, [&](Masm& m) { m.vec(op, d, a, at, imm ? 5 : 0); }, avx);
              break;
            case VecShape::kUnary: case VecShape::kUnaryImm:
              b.add("{load} " + name + text(d) + ", " + text(a) + last, [&](Masm& m) { m.vec(op, d, a, imm ? 5 : 0); },
                    avx);
              break;
            case VecShape::kShift:
              for (int by : {1, 7})
                b.add(fmt::format("{}{}{}", name, d_a, by), [&](Masm& m) { m.vec_shift(op, d, a, uint8_t(by)); }, avx);
              break;
            case VecShape::kInsert:
              for (Gp c : gps())
                b.add(name + d_a + text(op == Vec::kPinsrq ? W::k64 : W::k32, c) + ", 1",
                      [&](Masm& m) { m.vec_insert(op, d, a, c, 1); }, avx);
              for (const Mem& at : few_addresses())
                b.add(name + d_a + text(0u, at) + ", 1", [&](Masm& m) { m.vec_insert(op, d, a, at, 1); }, avx);
              break;
            default: break;
          }
        }
        switch (r.shape) {
          case VecShape::kUnary: case VecShape::kUnaryImm: {
            // The assembler asks how wide these are, where the register does not say.
            const uint32_t size = op == Vec::kCvttpd2dq || op == Vec::kCvtpd2ps ? 16 : 0;
            for (const Mem& at : few_addresses())
              b.add(name + text(d) + ", " + text(size, at) + last, [&](Masm& m) { m.vec(op, d, at, imm ? 5 : 0); }, avx);
            break;
          }
          case VecShape::kExtract:
            for (Gp c : gps())
              b.add(name + text(op == Vec::kPextrq ? W::k64 : W::k32, c) + ", " + text(d) + ", 1",
                    [&](Masm& m) { m.vec_extract(op, c, d, 1); }, avx);
            for (const Mem& at : few_addresses())
              b.add(name + text(0u, at) + ", " + text(d) + ", 1", [&](Masm& m) { m.vec_extract(op, at, d, 1); }, avx);
            break;
          case VecShape::kMask:
            for (Gp c : gps())
              b.add(name + text(W::k32, c) + ", " + text(d), [&](Masm& m) { m.vec_mask(op, c, d); }, avx);
            break;
          case VecShape::kTest:
            for (Xmm a : few) b.add(name + text(d) + ", " + text(a), [&](Masm& m) { m.vec_test(d, a); }, avx);
            break;
          default: break;
        }
      }
    }
    b.compare();
  }
}

TEST_CASE("x64 encoder: control is that of GNU as [row9]") {
  Batch b;
#define WJIT_X(method, mnemonic, ...) b.add(mnemonic, [](Masm& m) { m.method(); });
  WJIT_X64_PLAIN(WJIT_X)
#undef WJIT_X
  b.add("ret", [](Masm& m) { m.ret(); });
  for (int n : {8, 16, 1024, 65535}) b.add(fmt::format("ret {}", n), [&](Masm& m) { m.ret(uint16_t(n)); });
  for (Gp r : gps()) {
    b.add("jmp " + text(W::k64, r), [&](Masm& m) { m.jmp(r); });
    b.add("call " + text(W::k64, r), [&](Masm& m) { m.call(r); });
  }
  const char* kNops[] = {"nop",
                         "data16 nop",
                         "nop dword ptr [rax]",
                         "{disp8} nop dword ptr [rax + 0]",
                         "{disp8} nop dword ptr [rax + rax * 1 + 0]",
                         "{disp8} nop word ptr [rax + rax * 1 + 0]",
                         "{disp32} nop dword ptr [rax + 0]",
                         "{disp32} nop dword ptr [rax + rax * 1 + 0]",
                         "{disp32} nop word ptr [rax + rax * 1 + 0]"};
  for (uint32_t n = 1; n <= 9; ++n) b.add(kNops[n - 1], [&](Masm& m) { m.nop(n); });
  b.add(std::string(kNops[8]) + "\n" + kNops[1], [](Masm& m) { m.nop(11); });

  // Forward without a promise, forward with one, and backward, where the masm picks the shorter form itself.
  auto forward = [](auto emit) {
    return [emit](Masm& m) {
      Label l = m.new_label();
      emit(m, l);
      m.ud2();
      m.bind(l);
    };
  };
  auto backward = [](auto emit) {
    return [emit](Masm& m) {
      Label l = m.new_label();
      m.bind(l);
      m.ud2();
      emit(m, l);
    };
  };
  each<Cc>(kConditions, [&](Cc cc, const std::string& name) {
    b.add("{disp32} j" + name + " 1f\nud2\n1:", forward([cc](Masm& m, Label l) { m.jcc(cc, l); }));
    b.add("{disp8} j" + name + " 1f\nud2\n1:",
          forward([cc](Masm& m, Label l) { m.jcc(cc, l, Masm::Reach::kShort); }));
    b.add("1: ud2\nj" + name + " 1b", backward([cc](Masm& m, Label l) { m.jcc(cc, l); }));
  });
  b.add("{disp32} jmp 1f\nud2\n1:", forward([](Masm& m, Label l) { m.jmp(l); }));
  b.add("{disp8} jmp 1f\nud2\n1:", forward([](Masm& m, Label l) { m.jmp(l, Masm::Reach::kShort); }));
  b.add("1: ud2\njmp 1b", backward([](Masm& m, Label l) { m.jmp(l); }));
  b.add("call 1f\nud2\n1:", forward([](Masm& m, Label l) { m.call(l); }));
  b.add("1: ud2\ncall 1b", backward([](Masm& m, Label l) { m.call(l); }));
  for (Gp r : gps()) {
    for (int d : {0, 4, -4}) {
      std::string at = fmt::format("[rip + 1f {} {}]", d < 0 ? "-" : "+", std::abs(d));
      b.add("lea " + text(W::k64, r) + ", " + at + "\nud2\n1:",
            forward([r, d](Masm& m, Label l) { m.lea(W::k64, r, Mem::at(l, d)); }));
      b.add("add " + text(W::k32, r) + ", dword ptr " + at + "\nud2\n1:",
            forward([r, d](Masm& m, Label l) { m.add(W::k32, r, Mem::at(l, d)); }));
      b.add(fmt::format("cmp dword ptr {}, 1000\nud2\n1:", at),
            forward([d](Masm& m, Label l) { m.cmp(W::k32, Mem::at(l, d), 1000); }));
    }
    b.add("1: ud2\nmov " + text(W::k64, r) + ", [rip + 1b]",
          backward([r](Masm& m, Label l) { m.mov(W::k64, r, Mem::at(l)); }));
  }
  b.compare();
}

TEST_CASE("x64 masm: jump tables, data, alignment and errors [row9]") {
  Masm m;
  Label table = m.new_label(), far = m.new_label();
  m.bind(table);
  m.distance32(table, far);
  m.distance32(far, table);
  m.data64(0x0102030405060708);
  m.align(32);
  CHECK(m.offset() == 32);
  CHECK_FALSE(m.is_bound(far));
  m.bind(far);
  CHECK(m.offset_of(far) == 32);
  auto bytes = m.finish();
  REQUIRE(bytes);
  CHECK((*bytes)[0] == 32);
  CHECK((*bytes)[4] == 0xe0);
  CHECK((*bytes)[8] == 8);

  Masm unbound;
  unbound.jmp(unbound.new_label());
  REQUIRE_FALSE(unbound.finish());
  Masm promise;
  Label end = promise.new_label();
  promise.jmp(end, Masm::Reach::kShort);
  promise.nop(200);
  promise.bind(end);
  CHECK_FALSE(promise.ok());
  REQUIRE_FALSE(promise.finish());
}
