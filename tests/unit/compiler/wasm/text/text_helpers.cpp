#include "text_helpers.h"

#include "compiler/wasm/text/module_names.h"

namespace wjit::test {
namespace {

using namespace wjit::wasm;

bool same_limits(const Limits& a, const Limits& b) { return a.min == b.min && a.max == b.max; }

bool same_names(const Module& a, const Module& b) {
  text::ModuleNames x = text::read_names(a), y = text::read_names(b);
  if (!x.exact || !y.exact) return true;  // kept as bytes, which same_customs compares
  auto same_list = [](const std::vector<text::IndexedName>& p, const std::vector<text::IndexedName>& q) {
    return std::equal(p.begin(), p.end(), q.begin(), q.end(),
                      [](auto& i, auto& k) { return i.index == k.index && i.name == k.name; });
  };
  if (x.module != y.module) return false;
  for (auto kind :
       {text::NameKind::kFunc, text::NameKind::kTable, text::NameKind::kMemory, text::NameKind::kGlobal,
        text::NameKind::kElem, text::NameKind::kData, text::NameKind::kTag, text::NameKind::kType})
    if (!same_list(x.of(kind), y.of(kind))) return false;
  return true;
}

bool same_customs(const Module& a, const Module& b) {
  bool names_kept = text::read_names(a).exact;
  auto list = [&](const Module& m) {
    std::vector<std::pair<std::string, std::string>> out;
    for (const CustomSection& c : m.customs)
      if (!(names_kept && c.name == "name"))
        out.emplace_back(c.name, std::string(c.bytes.begin(), c.bytes.end()));
    return out;
  };
  return list(a) == list(b);
}

bool same_segments(const Module& a, const Module& b) {
  return std::equal(a.elements.begin(), a.elements.end(), b.elements.begin(), b.elements.end(),
                    [](auto& x, auto& y) {
                      return x.mode == y.mode && x.table == y.table && x.type == y.type &&
                             x.funcs == y.funcs && x.exprs.size() == y.exprs.size();
                    }) &&
         std::equal(a.data.begin(), a.data.end(), b.data.begin(), b.data.end(), [](auto& x, auto& y) {
           return x.mode == y.mode && x.memory == y.memory &&
                  std::equal(x.bytes.begin(), x.bytes.end(), y.bytes.begin(), y.bytes.end());
         });
}

// Up to how the bytes are written. Initialisers and bodies are compared by their text.
bool same_module(const Module& a, const Module& b) {
  return a.types == b.types && a.funcs == b.funcs && a.tags == b.tags && a.start == b.start &&
         a.escaping == b.escaping && a.bodies.size() == b.bodies.size() &&
         std::equal(a.imports.begin(), a.imports.end(), b.imports.begin(), b.imports.end(),
                    [](auto& x, auto& y) {
                      return x.module == y.module && x.name == y.name && x.kind == y.kind &&
                             x.index == y.index;
                    }) &&
         std::equal(
             a.exports.begin(), a.exports.end(), b.exports.begin(), b.exports.end(),
             [](auto& x, auto& y) { return x.name == y.name && x.kind == y.kind && x.index == y.index; }) &&
         std::equal(a.tables.begin(), a.tables.end(), b.tables.begin(), b.tables.end(),
                    [](auto& x, auto& y) {
                      return x.type.element == y.type.element && x.type.is64 == y.type.is64 &&
                             same_limits(x.type.limits, y.type.limits) &&
                             x.init.has_value() == y.init.has_value();
                    }) &&
         std::equal(a.memories.begin(), a.memories.end(), b.memories.begin(), b.memories.end(),
                    [](auto& x, auto& y) {
                      return x.is64 == y.is64 && x.shared == y.shared &&
                             x.page_size_log2 == y.page_size_log2 && same_limits(x.limits, y.limits);
                    }) &&
         std::equal(a.globals.begin(), a.globals.end(), b.globals.begin(), b.globals.end(),
                    [](auto& x, auto& y) {
                      return x.type.type == y.type.type && x.type.is_mutable == y.type.is_mutable;
                    }) &&
         same_segments(a, b) && same_customs(a, b) && same_names(a, b);
}

}  // namespace

std::string round_trip(const Module& m) {
  std::string first = print(m);
  ModulePtr again = read_binary(parse(first), m.registry);
  std::string second = print(*again);
  if (first != second) {
    size_t at =
        size_t(std::mismatch(first.begin(), first.end(), second.begin(), second.end()).first - first.begin());
    size_t from = at < 100 ? 0 : at - 100;
    INFO("first:  " << first.substr(from, 200));
    INFO("second: " << second.substr(from, 200));
    REQUIRE(false);
  }
  INFO(first.substr(0, 2000));
  REQUIRE(same_module(m, *again));
  return first;
}

}  // namespace wjit::test
