// memory.copy and memory.fill in native code: every short length, constant and not, with stretches that overlap in both
// directions; at the end of a memory nothing is written before the trap.
#if defined(__x86_64__)
#include <fmt/format.h>

#include <cstring>

#include "unit/runtime/jit/guest.h"

using namespace wjit;
using namespace wjit::test;

namespace {

constexpr uint32_t kPage = 65536;

std::string program(const char* index) {
  std::string text = fmt::format(R"((module
  (memory $m (export "m") {0} 1) (memory $other (export "other") {0} 1 1)
  (func (export "copy") (param {0} {0} {0}) (memory.copy $m $m (local.get 0) (local.get 1) (local.get 2)))
  (func (export "across") (param {0} {0} {0}) (memory.copy $other $m (local.get 0) (local.get 1) (local.get 2)))
  (func (export "fill") (param {0} i32 {0}) (memory.fill $m (local.get 0) (local.get 1) (local.get 2)))
)",
                                 index);
  for (uint32_t n = 0; n <= 70; ++n)
    text += fmt::format(R"((func (export "copy{1}") (param {0} {0}) (memory.copy $m $m (local.get 0) (local.get 1) ({0}.const {1})))
(func (export "fill{1}") (param {0} i32) (memory.fill $m (local.get 0) (local.get 1) ({0}.const {1})))
(func (export "clear{1}") (param {0}) (memory.fill $m (local.get 0) (i32.const 0x1a5) ({0}.const {1})))
)",
                        index, n);
  return text + ")";
}

class Twin {
 public:
  Twin(const Mode& m, const Config& base, bool wide) : guest_(program(wide ? "i64" : "i32"), m, base), wide_(wide) {
    for (const char* name : {"m", "other"}) {
      const auto bytes = data(name);
      for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 7 + i / 251);
      (name[0] == 'm' ? m_ : other_).assign(bytes.begin(), bytes.end());
    }
  }
  Val at(uint64_t v) const { return wide_ ? Val(static_cast<int64_t>(v)) : Val(static_cast<int32_t>(v)); }

  void copy(const std::string& name, uint64_t to, uint64_t from, uint64_t length) {
    std::vector<Val> args{at(to), at(from)};
    if (name == "copy" || name == "across") args.push_back(at(length));
    auto& target = name == "across" ? other_ : m_;
    const bool fits = fits_in(to, length) && fits_in(from, length);
    if (fits && length != 0) std::memmove(target.data() + to, m_.data() + from, length);
    check(name, args, fits);
  }
  void fill(const std::string& name, uint64_t to, uint32_t byte, uint64_t length) {
    std::vector<Val> args{at(to)};
    if (name[0] == 'f') args.push_back(Val(static_cast<int32_t>(byte)));
    if (name == "fill") args.push_back(at(length));
    const bool fits = fits_in(to, length);
    if (fits && length != 0) std::memset(m_.data() + to, static_cast<int>(byte & 0xff), length);
    check(name, args, fits);
  }

 private:
  std::span<uint8_t> data(const char* name) { return guest_.get<Memory>(name).data(guest_.store); }
  static bool fits_in(uint64_t at, uint64_t length) { return length <= kPage && at <= kPage - length; }
  void check(const std::string& name, const std::vector<Val>& args, bool fits) {
    const auto result = guest_.call(name, args);
    const auto m = data("m"), other = data("other");
    const bool as_told = bool(result) == fits && (fits || to_text(result).find("out of bounds memory access") != std::string::npos) &&
                         std::equal(m.begin(), m.end(), m_.begin()) && std::equal(other.begin(), other.end(), other_.begin());
    if (as_told) return;
    std::string text;
    for (const Val& v : args) text += " " + to_text(v);
    FAIL(name << text << ": " << (result ? "fine" : to_text(result)) << ", expected " << (fits ? "fine" : "a trap"));
  }

  Guest guest_;
  bool wide_;
  std::vector<uint8_t> m_, other_;
};

void every_length(Twin& t) {
  for (uint32_t n = 0; n <= 150; ++n) {
    for (int32_t distance : {0, 1, -1, 3, -7, 15, -16, 31, -33, 64, -100, 400}) t.copy("copy", 1000u + static_cast<uint32_t>(distance), 1000, n);
    t.copy("across", 77 + n, 300, n);
    t.fill("fill", 5000 + n, 0x100 + n, n);
  }
  for (uint32_t n : {255u, 256u, 257u, 500u, 511u, 512u, 513u, 600u, 5000u}) {
    for (int32_t distance : {0, 1, -1, 31, -32, 200, -300}) t.copy("copy", 20000u + static_cast<uint32_t>(distance), 20000, n);
    t.fill("fill", 40000, n, n);
  }
  for (uint32_t n = 0; n <= 70; ++n) {
    const std::string number = std::to_string(n);
    for (uint32_t to : {2000u, 2001u, 1990u, 3000u}) t.copy("copy" + number, to, 2000, n);
    t.fill("fill" + number, 6000, 0xabc00 + n, n);
    t.fill("clear" + number, 6100, 0xa5, n);
  }
}

void at_the_end(Twin& t, bool wide) {
  for (uint64_t n : {0, 1, 5, 8, 16, 17, 33, 64, 65, 70}) {
    const std::string number = std::to_string(n);
    std::vector<uint64_t> places{kPage - n, kPage - n + 1, kPage, kPage + 1, 0xffffffff, 0xfffffff0};
    if (wide) places.insert(places.end(), {~uint64_t{0}, ~uint64_t{0} - n, uint64_t{1} << 32});
    for (uint64_t at : places) {
      t.copy("copy", at, 9000, n), t.copy("copy", 9000, at, n), t.copy("across", 9000, at, n), t.copy("across", at, 9000, n);
      t.copy("copy" + number, at, 9000, n), t.copy("copy" + number, 9000, at, n);
      t.fill("fill", at, 1, n), t.fill("fill" + number, at, 2, n), t.fill("clear" + number, at, 0xa5, n);
    }
  }
  std::vector<uint64_t> lengths{kPage, kPage + 1, 0xffffffff};
  if (wide) lengths.push_back(~uint64_t{0});
  for (uint64_t n : lengths) t.copy("copy", 0, 0, n), t.copy("copy", 1, 0, n), t.copy("across", 0, 0, n), t.fill("fill", 0, 3, n);
}

}  // namespace

TEST_CASE("stretches of memory are copied and filled", "[native]") {
  std::vector<Mode> modes = native_modes();
  modes.push_back(interpreter());
  modes.push_back(mode("sse2", [](CompilerConfig& c) { c.cpu = "sse2"; }));
  for (const Mode& m : modes) {
    INFO(m.name);
    for (bool wide : {false, true}) {
      Twin t(m, config_with(wide ? MemoryStyle::kChecks : MemoryStyle::kAuto), wide);
      every_length(t);
      at_the_end(t, wide);
    }
  }
}
#endif
