// Rows 1, 2 and 6 of the failure classes for native code: which addresses scalar accesses touch. The model is
// arithmetic on 64 bits; the interpreter has no say in row 1.
#if defined(__x86_64__)
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <limits>
#include <random>

#include "compiler/wasm/op_table.h"
#include "unit/runtime/jit/guest.h"
#include "wjit/memory_creator.hpp"

using namespace wjit;
using namespace wjit::test;

namespace {

constexpr uint64_t kPage = 65536;

struct Access {
  std::string name, type;
  uint32_t bytes;
  bool store, is_signed;
};
std::vector<Access> accesses() {
  std::vector<Access> all;
  for (const wasm::OpInfo& op : wasm::kOpTable)
    if (op.imm == wasm::Imm::kMemArg && op.prefix == 0) {
      const std::string name(op.text);
      all.push_back({name, name.substr(0, 3), op.bytes, name.find("store") != std::string::npos, name.ends_with("_s")});
    }
  return all;
}
constexpr uint64_t kStored = 0xf1e2d3c4b5a69788;
uint8_t pattern(uint64_t i) { return static_cast<uint8_t>(i * 37 + (i >> 8) + 0x80); }

// What the access gives or writes, or "" for a trap.
std::string expected(const Access& a, uint64_t address, uint64_t size) {
  if (address > size || size - address < a.bytes) return "";
  if (a.store) return "stored";
  uint64_t v = 0;
  for (uint32_t i = 0; i < a.bytes; ++i) v |= uint64_t{pattern(address + i)} << (8 * i);
  if (a.is_signed && a.bytes < 8 && v >> (8 * a.bytes - 1)) v |= ~uint64_t{0} << (8 * a.bytes);
  if (a.type == "i32") return to_text(Val(static_cast<uint32_t>(v))) + " ";
  if (a.type == "i64") return to_text(Val(v)) + " ";
  return to_text(a.type == "f32" ? Val::f32_bits(static_cast<uint32_t>(v)) : Val::f64_bits(v), true) + " ";
}

struct Checked {
  uint64_t inside = 0, trapped = 0;
};

Checked check_accesses(const Mode& m, MemoryStyle style, const char* index, bool grown) {
  std::vector<uint64_t> offsets = {0, 1, 65'528, 65'535, 65'536, 0x7fff'ffff, 0x8000'0000, 0xffff'fff8, 0xffff'ffff};
  std::vector<uint64_t> indices = {0, 1, 65'520, 65'528, 65'529, 65'532, 65'533, 65'534, 65'535, 65'536, 0x7fff'fff8, 0x7fff'ffff,
                                   0x8000'0000, 0x8000'0008, 0xffff'0000, 0xffff'fff8, 0xffff'ffff};
  const bool wide = index == std::string("i64");
  if (wide)
    for (uint64_t x : {uint64_t{1} << 32, uint64_t{1} << 63, ~uint64_t{0} - 7, ~uint64_t{0}}) offsets.push_back(x), indices.push_back(x);
  const std::vector<uint64_t> constants = {0, 65'528, 65'535, 0x8000'0000, 0xffff'ffff};
  const std::string get = "(local.get 0)";
  std::string wat = "(module (memory (export \"memory\") " + std::string(wide ? "i64 " : "") + (grown ? "0 1" : "1 1") +
                    ")\n(func (export \"grow\") (drop (memory.grow (" + index + ".const 1))))\n";
  size_t n = 0;
  const auto func = [&](const Access& a, uint64_t offset, const std::string& param, const std::string& at) {
    const std::string access = a.name + " offset=" + std::to_string(offset) + " " + at;
    wat += "(func (export \"f" + std::to_string(n++) + "\")" + param;
    if (!a.store) wat += " (result " + a.type + ") (" + access + "))\n";
    else if (a.type[0] == 'i') wat += " (" + access + " (" + a.type + ".const " + std::to_string(a.type == "i32" ? kStored & ~0u : kStored) + ")))\n";
    else if (a.type == "f32") wat += " (" + access + " (f32.reinterpret_i32 (i32.const " + std::to_string(kStored & ~0u) + "))))\n";
    else wat += " (" + access + " (f64.reinterpret_i64 (i64.const " + std::to_string(kStored) + "))))\n";
  };
  for (const Access& a : accesses())
    for (uint64_t offset : offsets) {
      func(a, offset, " (param " + std::string(index) + ")", get);
      if (!wide) func(a, offset, " (param i64)", "(i32.wrap_i64 " + get + ")");
      for (uint64_t c : constants) func(a, offset, "", "(" + std::string(index) + ".const " + std::to_string(c) + ")");
    }
  Guest guest(wat + ")", m, config_with(style));
  if (grown) REQUIRE(guest.run("grow").empty());
  const Memory memory = guest.get<Memory>("memory");
  const auto bytes = memory.data(guest.store);
  REQUIRE(bytes.size() == kPage);
  for (uint64_t i = 0; i < kPage; ++i) bytes[i] = pattern(i);

  Checked checked;
  n = 0;
  for (const Access& a : accesses())
    for (uint64_t offset : offsets) {
      const Func dynamic = guest.get<Func>("f" + std::to_string(n++));
      const auto check = [&](const Func& f, uint64_t at, const std::vector<Val>& args) {
        const unsigned __int128 sum = static_cast<unsigned __int128>(at) + offset;
        const uint64_t address = sum > ~uint64_t{0} - 16 ? ~uint64_t{0} - 16 : static_cast<uint64_t>(sum);
        const auto found = f.call(guest.store, args);
        std::string want = expected(a, address, kPage), got;
        if (found) got = a.store ? "stored" : to_text(found, true);
        else if (std::get<Trap>(found.err()).message() != "out of bounds memory access") got = to_text(found);
        ++(want.empty() ? checked.trapped : checked.inside);
        if (found && a.store && want == "stored")  // put back what was there
          for (uint32_t i = 0; i < a.bytes; ++i) {
            if (bytes[address + i] != static_cast<uint8_t>(kStored >> (8 * i))) got = "another byte stored";
            bytes[address + i] = pattern(address + i);
          }
        if (want != got)
          FAIL(m.name << ": " << a.name << " offset=" << offset << " at " << at << (args.empty() ? " (constant)" : "") << ": expected "
                      << (want.empty() ? "a trap" : want) << ", found " << (got.empty() ? "a trap" : got));
      };
      for (uint64_t i : indices) check(dynamic, i, {wide ? Val(i) : Val(static_cast<uint32_t>(i))});
      // The upper half of what an index was cut from is not its own.
      if (!wide) {
        const Func cut = guest.get<Func>("f" + std::to_string(n++));
        for (uint64_t i : indices) check(cut, i, {Val(i | uint64_t{0x1234'5670} << 32)});
      }
      for (uint64_t c : constants) check(guest.get<Func>("f" + std::to_string(n++)), c, {});
    }
  for (uint64_t i = 0; i < kPage; ++i)
    if (bytes[i] != pattern(i)) FAIL(m.name << ": a byte that nobody stored to changed: " << i);
  return checked;
}

}  // namespace

TEST_CASE("row 1: native code, exact bounds of every scalar access", "[jit][failure-classes]") {
  const auto modes = full_run() ? all_native_modes() : native_modes();
  for (const Mode& m : modes)
    for (MemoryStyle style : {MemoryStyle::kGuard, MemoryStyle::kChecks})
      for (bool grown : {false, true}) {
        if (grown && !full_run() && m.name != "default") continue;
        const Checked c = check_accesses(m, style, "i32", grown);
        CHECK(c.inside > 100);
        CHECK(c.trapped > 1'000);
      }
}
TEST_CASE("row 22: native code, exact bounds of every scalar access to 64-bit memories", "[jit][failure-classes]") {
  for (const Mode& m : native_modes()) {
    if (!full_run() && m.name == "spill") continue;
    const Checked c = check_accesses(m, MemoryStyle::kGuard, "i64", m.name == "-O0");
    CHECK(c.inside > 100);
    CHECK(c.trapped > 1'000);
  }
}

// ---- row 2 ----------------------------------------------------------------------------------------------------

namespace {

// An address made of two parameters by additions, shifts and changes of width.
class Chain {
 public:
  explicit Chain(uint64_t seed) : random_(seed) {}
  std::string i32(int depth) {
    switch (depth == 0 ? below(2) : below(9)) {
      case 0: return "(local.get 0)";
      case 1: return depth ? "(i32.const " + number() + ")" : "(local.get 0)";
      case 2: case 3: return "(i32.add " + i32(depth - 1) + " " + i32(depth - 1) + ")";
      case 4: return "(i32.shl " + i32(depth - 1) + " (i32.const " + std::to_string(below(34)) + "))";
      case 5: return "(i32.wrap_i64 " + i64(depth - 1) + ")";
      case 6: return "(i32.add " + i32(depth - 1) + " (i32.const " + number() + "))";
      case 7: return "(i32.sub " + i32(depth - 1) + " (i32.const " + number() + "))";
      default: return "(i32.and " + i32(depth - 1) + " (i32.const " + number() + "))";
    }
  }
  std::string i64(int depth) {
    switch (depth == 0 ? below(2) : below(9)) {
      case 0: return "(local.get 1)";
      case 1: return "(i64.extend_i32_u (local.get 0))";
      case 2: case 3: return "(i64.add " + i64(depth - 1) + " " + i64(depth - 1) + ")";
      case 4: return "(i64.shl " + i64(depth - 1) + " (i64.const " + std::to_string(below(66)) + "))";
      case 5: return "(i64.extend_i32_u " + i32(depth - 1) + ")";
      case 6: return "(i64.extend_i32_s " + i32(depth - 1) + ")";
      case 7: return "(i64.add " + i64(depth - 1) + " (i64.const " + number() + "))";
      default: return "(i64.and " + i64(depth - 1) + " (i64.const 0xffffffff))";
    }
  }
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(random_() % n); }
  std::string number() {
    static const char* const kNumbers[] = {"0", "1", "4", "8", "16", "255", "65535", "65528", "0x7fffffff", "0x80000000", "-1", "-8", "-65536", "0xfff8"};
    return kNumbers[below(std::size(kNumbers))];
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace

TEST_CASE("row 2: native code, addresses made by chains of mixed width", "[jit][failure-classes]") {
  const int rounds = full_run() ? 10 : 1, functions = 400;
  const std::vector<std::pair<uint32_t, uint64_t>> arguments = {
      {0, 0}, {8, 8}, {65'528, 0xffff'fff8'0000'0008}, {0x8000'0000, 0x8000'0000}, {0xffff'ffff, ~uint64_t{0}}, {0x1fff, 0x1'0000'0010}, {0xffff'fff0, 32}};
  for (int round = 0; round < rounds; ++round)
    for (const bool wide : {false, true}) {
      Chain chain(2 + static_cast<uint64_t>(round) * 2 + wide);
      std::string wat = "(module (memory (export \"memory\") " + std::string(wide ? "i64 " : "") + "1)\n";
      for (int i = 0; i < functions; ++i) {
        const std::string address = wide ? chain.i64(4) : chain.i32(4);
        const std::string offset = chain.below(3) ? "" : " offset=" + std::to_string(chain.below(2) ? chain.below(70'000) : 0xffff'fff0u);
        wat += "(func (export \"f" + std::to_string(i) + "\") (param i32 i64) (result i64)\n  ";
        switch (chain.below(4)) {
          case 0: wat += "(i64.load" + offset + " " + address + ")"; break;
          case 1: wat += "(i64.load8_s" + offset + " " + address + ")"; break;
          case 2: wat += "(i64.store16" + offset + " " + address + " (i64.const 0x1234)) (i64.const 1)"; break;
          default:  // the address lives on
            wat += std::string("(local $a ") + (wide ? "i64" : "i32") + ") (i64.add (i64.load32_u" + offset + " (local.tee $a " + address + ")) " +
                   (wide ? "(local.get $a)" : "(i64.extend_i32_u (local.get $a))") + ")";
        }
        wat += ")\n";
      }
      wat += ")";
      for (MemoryStyle style : {MemoryStyle::kGuard, MemoryStyle::kChecks}) {
        if (wide && style == MemoryStyle::kGuard) continue;  // is checked whatever the style
        const auto fill = [](Guest& g) {
          const auto bytes = g.get<Memory>("memory").data(g.store);
          for (uint64_t i = 0; i < bytes.size(); ++i) bytes[i] = pattern(i);
        };
        Guest truth(wat, interpreter(), config_with(style));
        std::vector<std::string> want;
        size_t inside = 0;
        fill(truth);
        for (int i = 0; i < functions; ++i)
          for (const auto& [a, b] : arguments) {
            want.push_back(truth.run("f" + std::to_string(i), {Val(a), Val(b)}));
            inside += want.back().starts_with("i64");
          }
        CHECK(inside > 100);
        CHECK(want.size() - inside > 100);
        const std::string state = truth.state();
        for (const Mode& m : native_modes()) {
          Guest guest(wat, m, config_with(style));
          fill(guest);
          size_t n = 0;
          for (int i = 0; i < functions; ++i)
            for (const auto& [a, b] : arguments) {
              const std::string found = guest.run("f" + std::to_string(i), {Val(a), Val(b)});
              if (found != want[n]) FAIL(m.name << ": f" << i << "(" << a << ", " << b << "): expected " << want[n] << ", found " << found << "\n" << wat.substr(wat.find("\"f" + std::to_string(i) + "\""), 900));
              ++n;
            }
          if (guest.state() != state) FAIL(m.name << ": the memory differs");
        }
      }
    }
}

// ---- row 6 ----------------------------------------------------------------------------------------------------

namespace {

// Memories whose last byte is the last before pages that must not be touched.
class Cliffs : public MemoryCreator {
  class Cliff : public LinearMemory {
   public:
    explicit Cliff(uint64_t bytes) : bytes_(bytes) {
      const uint64_t cliff = kPage;
      base_ = static_cast<uint8_t*>(mmap(nullptr, bytes + cliff, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
      REQUIRE(base_ != MAP_FAILED);
      REQUIRE(mprotect(base_, bytes, PROT_READ | PROT_WRITE) == 0);
    }
    ~Cliff() override { munmap(base_, bytes_ + kPage); }
    uint8_t* base() const override { return base_; }
    bool grow_to(uint64_t) override { return false; }

   private:
    uint8_t* base_;
    uint64_t bytes_;
  };

 public:
  std::unique_ptr<LinearMemory> create(const MemoryRequest& r) override { return std::make_unique<Cliff>(r.minimum); }
};

}  // namespace

// An instruction that reads more than the load it took in ends the process here, by a signal that is not wasm's.
TEST_CASE("row 6: native code, a load in a wider instruction reads no more than its own", "[jit][failure-classes]") {
  std::vector<Access> loads;
  for (const Access& a : accesses())
    if (!a.store) loads.push_back(a);
  std::vector<std::string> bodies;  // of (param $at i32) (param $x i64) (param $f f64) (result i64); $i: an i32
  std::vector<uint32_t> widths;
  for (const Access& a : loads) {
    const std::string load = "(" + a.name + " (local.get $at))", t = a.type;
    const bool is_int = t[0] == 'i';
    const std::string other = t == "i32" ? "(local.get $i)" : t == "i64" ? "(local.get $x)" : t == "f32" ? "(f32.demote_f64 (local.get $f))" : "(local.get $f)";
    const auto bits = [&](const std::string& type, const std::string& e) {
      return type == "i32" ? "(i64.extend_i32_u " + e + ")" : type == "f32" ? "(i64.extend_i32_u (i32.reinterpret_f32 " + e + "))" : type == "f64" ? "(i64.reinterpret_f64 " + e + ")" : e;
    };
    const auto add = [&](const std::string& type, const std::string& e) { bodies.push_back(bits(type, e)), widths.push_back(a.bytes); };
    for (const wasm::OpInfo& op : wasm::kOpTable) {
      const std::string_view sig = op.sig;
      if (op.imm != wasm::Imm::kNone || (op.prefix != 0 && op.prefix != 0xfc) || op.bytes || sig.find(':') == sig.npos || sig.size() < 3) continue;
      const auto type_of = [](char c) { return std::string(c == 'i' ? "i32" : c == 'I' ? "i64" : c == 'f' ? "f32" : c == 'F' ? "f64" : ""); };
      const std::string_view params = sig.substr(0, sig.find(':')), results = sig.substr(sig.find(':') + 1);
      if (results.size() != 1 || params.size() > 2 || type_of(params[0]) != t || type_of(results[0]).empty()) continue;
      const std::string name(op.text);
      if (params.size() == 2 && params[1] != params[0]) continue;
      if (name.find("wide") != name.npos) continue;
      if (params.size() == 1) add(type_of(results[0]), "(" + name + " " + load + ")");
      else {
        add(type_of(results[0]), "(" + name + " " + load + " " + other + ")");
        add(type_of(results[0]), "(" + name + " " + other + " " + load + ")");
      }
    }
    add(t, "(select " + load + " " + other + " (i32.wrap_i64 (local.get $x)))");
    if (is_int) {
      const std::string test = t == "i32" ? load : "(i64.ne (i64.const 0) " + load + ")";
      add("i64", "(if (result i64) " + test + " (then (i64.const 5)) (else (i64.const 6)))");
      add("i32", "(i32.load8_u (i32.and (i32.const 1023) " + (t == "i32" ? load : "(i32.wrap_i64 " + load + ")") + "))");
      // Memory as the destination, too: read, changed and written in one instruction.
      if (a.bytes * 8 == (t == "i32" ? 32u : 64u) || !a.is_signed)
        for (const char* op : {"add", "sub", "and", "or", "xor"}) {
          const std::string width = a.bytes * 8 == (t == "i32" ? 32u : 64u) ? "" : std::to_string(a.bytes * 8);
          bodies.push_back("(" + t + ".store" + width + " (local.get $at) (" + t + "." + op + " " + load + " " + other + ")) (i64.const 0)");
          widths.push_back(a.bytes);
        }
    }
  }
  // The same at constant places, where no check stands between a load and what it could be folded into.
  for (size_t i = 0, n = bodies.size(); i < n; ++i) {
    std::string body = bodies[i];
    const std::string_view at = "(local.get $at)";
    for (size_t k; (k = body.find(at)) != body.npos;)
      body.replace(k, at.size(), "(i32.const " + std::to_string(kPage - widths[i]) + ")");
    bodies.push_back(body), widths.push_back(widths[i]);
  }
  std::string wat = "(module (memory (export \"memory\") 1 1)\n";
  for (size_t i = 0; i < bodies.size(); ++i)
    wat += "(func (export \"f" + std::to_string(i) + "\") (param $at i32) (param $x i64) (param $f f64) (result i64) (local $i i32)\n  (local.set $i (i32.wrap_i64 (local.get $x))) " +
           bodies[i] + ")\n";
  wat += ")";
  REQUIRE(bodies.size() > 400);
  const auto config = [] {
    Config c = config_with(MemoryStyle::kChecks);
    c.memory_creator = std::make_shared<Cliffs>();
    return c;
  };
  const auto fill = [](Guest& g) {
    const auto bytes = g.get<Memory>("memory").data(g.store);
    for (uint64_t i = 0; i < bytes.size(); ++i) bytes[i] = pattern(i) & 0x3f;  // no NaNs
  };
  Guest truth(wat, interpreter(), config());
  fill(truth);
  const auto run = [&](Guest& g, size_t i, uint32_t back) {
    const std::string end = g.run("f" + std::to_string(i), {Val(static_cast<uint32_t>(kPage - widths[i] + back)), Val(uint64_t{3}), Val(1.5)});
    uint64_t last = 0;  // later stores would hide what this one did
    std::memcpy(&last, &g.get<Memory>("memory").data(g.store)[kPage - 8], 8);
    return end + " " + std::to_string(last);
  };
  std::vector<std::string> want;
  for (size_t i = 0; i < bodies.size(); ++i)
    for (uint32_t back : {0u, 1u}) want.push_back(run(truth, i, back));
  std::vector<Mode> modes = native_modes();
  modes.push_back(mode("sse2", [](CompilerConfig& c) { c.cpu = "sse2"; }));
  for (const Mode& m : modes) {
    Guest guest(wat, m, config());
    fill(guest);
    size_t n = 0;
    for (size_t i = 0; i < bodies.size(); ++i)
      for (uint32_t back : {0u, 1u}) {
        const std::string found = run(guest, i, back);
        if (found != want[n]) FAIL(m.name << ": " << bodies[i] << ": expected " << want[n] << ", found " << found);
        ++n;
      }
    if (guest.state() != truth.state()) FAIL(m.name << ": the memory differs");
  }
}

// What chooses between two numbers that bring noise along must leave none, whichever way it goes.
TEST_CASE("row 3: a choice between i32s is extended and used as an address without what lay above them", "[failure-classes][native]") {
  std::vector<std::string> conditions;
  for (const char* cc : {"eq", "ne", "lt", "gt", "le", "ge"})
    for (const char* f : {"f32", "f64"})
      conditions.push_back("(" + std::string(f) + "." + cc + " (local.get $" + f + "a) (local.get $" + f + "b))");
  for (const char* cc : {"eq", "ne", "lt_s", "gt_u"})
    conditions.push_back("(i64." + std::string(cc) + " (local.get $x) (local.get $y))");
  for (size_t i = 0, n = conditions.size(); i < n; ++i) conditions.push_back("(i32.eqz " + conditions[i] + ")");
  const char* const choices[] = {"(i32.wrap_i64 (local.get $x)) (i32.wrap_i64 (local.get $y))", "(local.get $p) (local.get $q)",
                                 "(local.get $p) (i32.const 3)", "(i32.const 3) (local.get $p)"};
  std::string wat = "(module (memory 1)\n(data (i32.const 0) \"0123456789abcdef\")\n";
  size_t n = 0;
  for (const std::string& c : conditions)
    for (const char* choice : choices) {
      const std::string chosen = "(select " + std::string(choice) + " " + c + ")", f = std::to_string(n++);
      // By way of a call, whose arguments are what the registers hold.
      for (const auto& [name, body] : {std::pair{"e", "(i64.extend_i32_u " + chosen + ")"}, {"l", "(i64.load8_u " + chosen + ")"}})
        wat += "(func $" + (name + f) + " (param $x i64) (param $y i64) (param $p i32) (param $q i32) (param $f32a f32) (param $f32b f32) "
               "(param $f64a f64) (param $f64b f64) (result i64) " + body + ")\n(func (export \"" + (name + f) +
               "\") (param $x i64) (param $y i64) (param $a f64) (param $b f64) (result i64) (call $" + (name + f) +
               " (local.get $x) (local.get $y) (i32.wrap_i64 (local.get $x)) (i32.wrap_i64 (local.get $y)) (f32.demote_f64 (local.get $a)) "
               "(f32.demote_f64 (local.get $b)) (local.get $a) (local.get $b)))\n";
    }
  wat += ")";
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::pair<double, double> floats[] = {{1, 1}, {1, 2}, {2, 1}, {nan, 1}, {nan, nan}};
  const uint64_t x = 0x7777'0000'0000'0005, y = 0xdead'beef'0000'0009;
  Guest truth(wat, interpreter());
  std::vector<Mode> modes = native_modes();
  modes.push_back(mode("sse2", [](CompilerConfig& c) { c.cpu = "sse2"; }));
  for (const Mode& m : modes) {
    Guest guest(wat, m);
    for (size_t i = 0; i < n; ++i)
      for (const char* name : {"e", "l"})
        for (const auto& [a, b] : floats) {
          const std::string f = name + std::to_string(i);
          const std::vector<Val> args = {Val(x), Val(y), Val(a), Val(b)};
          if (const std::string found = guest.run(f, args), want = truth.run(f, args); found != want)
            FAIL(m.name << ": " << conditions[i / std::size(choices)] << ", " << choices[i % std::size(choices)] << ": expected " << want
                        << ", found " << found);
        }
  }
}
#endif
