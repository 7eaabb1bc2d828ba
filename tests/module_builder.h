// Modules for tests, written section by section. Bodies and constant expressions are bytes, made by the small
// functions below and joined by cat(); the builder adds sizes, local counts and the final end.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wjit::test {

using Bytes = std::vector<uint8_t>;

inline void append(Bytes& to, const Bytes& more) { to.insert(to.end(), more.begin(), more.end()); }
template <class... B>
Bytes cat(const B&... parts) {
  Bytes all;
  (append(all, Bytes(parts)), ...);
  return all;
}
inline Bytes leb(uint64_t v) {
  Bytes b;
  do {
    b.push_back(uint8_t((v & 0x7f) | (v > 0x7f ? 0x80 : 0)));
    v >>= 7;
  } while (v);
  return b;
}
inline Bytes sleb(int64_t v) {
  Bytes b;
  for (;;) {
    const uint8_t low = v & 0x7f;
    v >>= 7;
    const bool last = (v == 0 && !(low & 0x40)) || (v == -1 && (low & 0x40));
    b.push_back(last ? low : low | 0x80);
    if (last) return b;
  }
}
inline Bytes text(std::string_view s) { return cat(leb(s.size()), Bytes(s.begin(), s.end())); }

// Value types.
constexpr uint8_t i32 = 0x7f, i64 = 0x7e, f32 = 0x7d, f64 = 0x7c, v128 = 0x7b, funcref = 0x70,
                  externref = 0x6f;

// Instructions.
inline Bytes op(uint8_t code) { return {code}; }
inline Bytes op(uint8_t code, uint64_t index) { return cat(Bytes{code}, leb(index)); }
inline Bytes fc(uint32_t code, std::initializer_list<uint64_t> indices = {}) {
  Bytes b = cat(Bytes{0xfc}, leb(code));
  for (uint64_t i : indices) append(b, leb(i));
  return b;
}
inline Bytes i32_const(int32_t v) { return cat(Bytes{0x41}, sleb(v)); }
inline Bytes i64_const(int64_t v) { return cat(Bytes{0x42}, sleb(v)); }
inline Bytes local_get(uint32_t i) { return op(0x20, i); }
inline Bytes global_get(uint32_t i) { return op(0x23, i); }
inline Bytes global_set(uint32_t i) { return op(0x24, i); }
inline Bytes call(uint32_t f) { return op(0x10, f); }
inline Bytes call_indirect(uint32_t type, uint32_t table = 0) { return cat(op(0x11, type), leb(table)); }
inline Bytes table_get(uint32_t t) { return op(0x25, t); }
inline Bytes table_set(uint32_t t) { return op(0x26, t); }
inline Bytes memory_size(uint32_t m = 0) { return op(0x3f, m); }
inline Bytes memory_grow(uint32_t m = 0) { return op(0x40, m); }
inline Bytes i32_load8_u(uint32_t offset = 0) { return cat(Bytes{0x2d, 0}, leb(offset)); }
inline Bytes i32_store8(uint32_t offset = 0) { return cat(Bytes{0x3a, 0}, leb(offset)); }
inline Bytes ref_null(uint8_t heap) { return {0xd0, heap}; }
inline Bytes ref_func(uint32_t f) { return op(0xd2, f); }
inline Bytes ref_is_null() { return {0xd1}; }
inline Bytes table_size(uint32_t t) { return fc(16, {t}); }
inline Bytes unreachable() { return {0x00}; }
inline Bytes drop() { return {0x1a}; }

enum class Kind : uint8_t { kFunc, kTable, kMemory, kGlobal, kTag };

class ModuleBuilder {
 public:
  using Max = std::optional<uint64_t>;

  uint32_t type(const Bytes& params, const Bytes& results) {
    return entry(1, cat(Bytes{0x60}, leb(params.size()), params, leb(results.size()), results));
  }

  // Imports come before what is defined of their kind.
  uint32_t import_func(std::string_view module, std::string_view name, uint32_t type) {
    return import(module, name, Kind::kFunc, leb(type));
  }
  uint32_t import_table(std::string_view module, std::string_view name, uint8_t element, uint64_t min,
                        Max max = {}) {
    return import(module, name, Kind::kTable, cat(Bytes{element}, limits(min, max)));
  }
  uint32_t import_memory(std::string_view module, std::string_view name, uint64_t min, Max max = {}) {
    return import(module, name, Kind::kMemory, limits(min, max));
  }
  uint32_t import_global(std::string_view module, std::string_view name, uint8_t type, bool is_mutable) {
    return import(module, name, Kind::kGlobal, {type, is_mutable});
  }
  uint32_t import_tag(std::string_view module, std::string_view name, uint32_t type) {
    return import(module, name, Kind::kTag, cat(Bytes{0}, leb(type)));
  }

  // `locals`: one value type each.
  uint32_t func(uint32_t type, const Bytes& body, const Bytes& locals = {}) {
    entry(3, leb(type));
    Bytes b = leb(locals.size());
    for (uint8_t l : locals) append(b, {1, l});
    append(b, body);
    b.push_back(0x0b);
    entry(10, cat(leb(b.size()), b));
    return next(Kind::kFunc);
  }
  uint32_t table(uint8_t element, uint64_t min, Max max = {}) {
    entry(4, cat(Bytes{element}, limits(min, max)));
    return next(Kind::kTable);
  }
  uint32_t table_with_init(uint8_t element, uint64_t min, const Bytes& init) {
    entry(4, cat(Bytes{0x40, 0x00, element}, limits(min, {}), init, Bytes{0x0b}));
    return next(Kind::kTable);
  }
  // flags: 4 is a 64-bit memory, 8 custom pages whose size's logarithm follows.
  uint32_t memory(uint64_t min, Max max = {}, uint8_t flags = 0, Bytes page = {}) {
    Bytes b = limits(min, max, flags);
    append(b, page);
    entry(5, b);
    return next(Kind::kMemory);
  }
  uint32_t global(uint8_t type, bool is_mutable, const Bytes& init) {
    entry(6, cat(Bytes{type, is_mutable}, init, Bytes{0x0b}));
    return next(Kind::kGlobal);
  }
  uint32_t tag(uint32_t type) {
    entry(13, cat(Bytes{0}, leb(type)));
    return next(Kind::kTag);
  }
  void exports(std::string_view name, Kind kind, uint32_t index) {
    entry(7, cat(text(name), Bytes{uint8_t(kind)}, leb(index)));
  }
  void start(uint32_t func) { start_ = leb(func); }

  uint32_t elem(uint32_t table, const Bytes& offset, const std::vector<uint32_t>& funcs) {
    return entry(9, cat(Bytes{2}, leb(table), offset, Bytes{0x0b, 0x00}, indices(funcs)));
  }
  uint32_t passive_elem(const std::vector<uint32_t>& funcs) {
    return entry(9, cat(Bytes{1, 0}, indices(funcs)));
  }
  uint32_t declare(const std::vector<uint32_t>& funcs) { return entry(9, cat(Bytes{3, 0}, indices(funcs))); }
  uint32_t data(uint32_t memory, const Bytes& offset, const Bytes& bytes) {
    return entry(11, cat(Bytes{2}, leb(memory), offset, Bytes{0x0b}, leb(bytes.size()), bytes));
  }
  uint32_t passive_data(const Bytes& bytes) { return entry(11, cat(Bytes{1}, leb(bytes.size()), bytes)); }

  Bytes build() const {
    Bytes out = {0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00};
    for (int id : {1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11}) {
      if (id == 8 && start_) section(out, 8, *start_);
      if (id == 12 && sections_.count(11)) section(out, 12, leb(sections_.at(11).count));
      if (auto it = sections_.find(id); it != sections_.end())
        section(out, id, cat(leb(it->second.count), it->second.bytes));
    }
    return out;
  }

 private:
  struct Section {
    uint32_t count = 0;
    Bytes bytes;
  };
  uint32_t entry(int section, const Bytes& bytes) {
    append(sections_[section].bytes, bytes);
    return sections_[section].count++;
  }
  uint32_t import(std::string_view module, std::string_view name, Kind kind, const Bytes& description) {
    entry(2, cat(text(module), text(name), Bytes{uint8_t(kind)}, description));
    return next(kind);
  }
  uint32_t next(Kind kind) { return counts_[kind]++; }
  static Bytes limits(uint64_t min, Max max, uint8_t flags = 0) {
    return cat(Bytes{uint8_t(flags | (max ? 1 : 0))}, leb(min), max ? leb(*max) : Bytes{});
  }
  static Bytes indices(const std::vector<uint32_t>& v) {
    Bytes b = leb(v.size());
    for (uint32_t i : v) append(b, leb(i));
    return b;
  }
  static void section(Bytes& out, int id, const Bytes& bytes) {
    out.push_back(uint8_t(id));
    append(out, leb(bytes.size()));
    append(out, bytes);
  }

  std::map<int, Section> sections_;
  std::map<Kind, uint32_t> counts_;
  std::optional<Bytes> start_;
};

}  // namespace wjit::test
