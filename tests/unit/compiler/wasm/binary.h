// Small pieces to write module binaries with, for tests.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/wasm/read_module.h"

namespace wjit::test {

using Blob = std::vector<uint8_t>;

inline Blob leb(uint64_t n) {
  Blob out;
  do {
    out.push_back(uint8_t((n & 0x7f) | (n > 0x7f ? 0x80 : 0)));
    n >>= 7;
  } while (n);
  return out;
}
inline void append(Blob& out, int byte) { out.push_back(uint8_t(byte)); }
inline void append(Blob& out, const Blob& more) { out.insert(out.end(), more.begin(), more.end()); }
// Bytes and blobs, one after the other.
template <class... Parts>
Blob cat(const Parts&... parts) {
  Blob out;
  (append(out, parts), ...);
  return out;
}
// A vector: count, then the items.
inline Blob vec(std::initializer_list<Blob> items) {
  Blob out = leb(items.size());
  for (const Blob& item : items) append(out, item);
  return out;
}
inline Blob repeat(size_t n, const Blob& item) {
  Blob out = leb(n);
  for (size_t i = 0; i < n; i++) append(out, item);
  return out;
}
inline Blob sized(const Blob& body) { return cat(leb(body.size()), body); }
inline Blob text(std::string_view s) { return sized(Blob(s.begin(), s.end())); }
inline Blob section(int id, const Blob& body) { return cat(id, sized(body)); }
template <class... Sections>
Blob module_of(const Sections&... sections) {
  return cat(0, 'a', 's', 'm', 1, 0, 0, 0, sections...);
}

constexpr int kTypeSec = 1, kImportSec = 2, kFuncSec = 3, kTableSec = 4, kMemorySec = 5, kGlobalSec = 6,
              kExportSec = 7, kStartSec = 8, kElementSec = 9, kCodeSec = 10, kDataSec = 11,
              kDataCountSec = 12, kTagSec = 13;
// type 0 = [] -> [], and one function of it with an empty body
inline Blob void_type() { return section(kTypeSec, {1, 0x60, 0, 0}); }
inline Blob func_decl() { return section(kFuncSec, {1, 0}); }
inline Blob empty_code() { return section(kCodeSec, {1, 2, 0, 0x0b}); }

using wasm::Result;
using ModulePtr = std::shared_ptr<const wasm::Module>;
inline Result<ModulePtr> read(const Blob& bytes, FeatureSet features = FeatureSet::defaults(),
                              std::shared_ptr<wasm::TypeRegistry> registry = nullptr) {
  if (!registry) registry = std::make_shared<wasm::TypeRegistry>();
  return wasm::read_module(wasm::copy_bytes(bytes), features, registry);
}

inline FeatureSet without(Feature f) {
  FeatureSet s = FeatureSet::all();
  s.set(f, false);
  return s;
}

}  // namespace wjit::test

// The module must be refused, with this kind, at this offset, with a message that contains this text.
#define CHECK_REFUSED(result, error_kind, at, words)                   \
  do {                                                                 \
    auto refused = (result);                                           \
    REQUIRE_FALSE(refused);                                            \
    INFO(refused.error().to_string());                                 \
    CHECK(refused.error().kind() == (error_kind));                     \
    CHECK(refused.error().offset() == uint64_t(at));                   \
    CHECK(refused.error().message().find(words) != std::string::npos); \
  } while (0)
// The module must be accepted; `var` is it.
#define REQUIRE_READ(var, result)                               \
  auto var##_result = (result);                                 \
  INFO((var##_result ? "" : var##_result.error().to_string())); \
  REQUIRE(var##_result);                                        \
  const auto& var = **var##_result
