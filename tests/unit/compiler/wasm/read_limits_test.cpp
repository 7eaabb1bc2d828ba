// Every limit of compiler/wasm/limits.h that the module reader keeps: just reached, and passed by one.
#include "../../allocation_watch.h"
#include "binary.h"
#include "catch.h"
#include "compiler/wasm/limits.h"

using namespace wjit;
using namespace wjit::wasm;
using namespace wjit::test;

namespace {

void check_limit(const char* words, const Result<ModulePtr>& at, const Result<ModulePtr>& past) {
  INFO(words << (at ? "" : ": " + at.error().to_string()));
  CHECK(at);
  REQUIRE_FALSE(past);
  INFO(past.error().to_string());
  CHECK(past.error().kind() == ErrorKind::kLimit);
  CHECK(past.error().message().find(words) != std::string::npos);
  CHECK(past.error().offset() != kNoOffset);
}
// A section whose vector has `n` equal items.
Blob many(int id, size_t n, const Blob& item) { return section(id, repeat(n, item)); }

}  // namespace

TEST_CASE("counts of the type section are limited", "[read][limits]") {
  auto types = [](size_t n) { return read(module_of(many(kTypeSec, n, {0x60, 0, 0}))); };
  check_limit("recursion groups", types(kMaxRecGroups), types(kMaxRecGroups + 1));
  auto group = [](size_t groups, size_t n) {
    Blob body = leb(groups);
    for (size_t i = 0; i < groups; i++) append(body, cat(0x4e, repeat(n, {0x5f, 0})));
    return read(module_of(section(kTypeSec, body)));
  };
  check_limit("types", group(2, kMaxTypes / 2), group(2, kMaxTypes / 2 + 1));
  check_limit("types in a recursion group", group(1, kMaxTypesPerGroup), group(1, kMaxTypesPerGroup + 1));

  auto type = [](const Blob& t) { return read(module_of(section(kTypeSec, cat(1, t)))); };
  auto params = [&](size_t n) { return type(cat(0x60, repeat(n, {0x7f}), 0)); };
  check_limit("parameters", params(kMaxParams), params(kMaxParams + 1));
  auto results = [&](size_t n) { return type(cat(0x60, 0, repeat(n, {0x7f}))); };
  check_limit("results", results(kMaxResults), results(kMaxResults + 1));
  auto fields = [&](size_t n) { return type(cat(0x5f, repeat(n, {0x7f, 0}))); };
  check_limit("fields of a struct", fields(kMaxStructFields), fields(kMaxStructFields + 1));
  auto chain = [](size_t depth, bool one_group) {
    Blob body = leb(depth + 1);
    append(body, Blob{0x50, 0, 0x5f, 0});
    for (size_t i = 0; i < depth; i++) append(body, cat(0x50, 1, leb(i), 0x5f, 0));
    return read(module_of(section(kTypeSec, one_group ? cat(1, 0x4e, body) : body)));
  };
  for (bool one_group : {false, true})
    check_limit("supertypes above a type", chain(kMaxSubtypeDepth, one_group),
                chain(kMaxSubtypeDepth + 1, one_group));
}

TEST_CASE("counts of the other sections are limited", "[read][limits]") {
  auto imports = [](size_t n) { return read(module_of(void_type(), many(kImportSec, n, {0, 0, 0, 0}))); };
  check_limit("imports", imports(kMaxImports), imports(kMaxImports + 1));
  auto funcs = [](size_t imported, size_t n) {
    return read(module_of(void_type(), many(kImportSec, imported, {0, 0, 0, 0}), many(kFuncSec, n, {0}),
                          many(kCodeSec, n, {2, 0, 0x0b})));
  };
  check_limit("functions", funcs(0, kMaxFuncs), funcs(0, kMaxFuncs + 1));
  check_limit("functions", funcs(10, kMaxFuncs - 10), funcs(11, kMaxFuncs - 10));
  auto globals = [](size_t imported, size_t n) {
    return read(module_of(many(kImportSec, imported, {0, 0, 3, 0x7f, 0}),
                          many(kGlobalSec, n, {0x7f, 0, 0x41, 0, 0x0b})));
  };
  check_limit("globals", globals(0, kMaxGlobals), globals(0, kMaxGlobals + 1));
  check_limit("globals", globals(1, kMaxGlobals - 1), globals(2, kMaxGlobals - 1));
  auto tags = [](size_t imported, size_t n) {
    return read(
        module_of(void_type(), many(kImportSec, imported, {0, 0, 4, 0, 0}), many(kTagSec, n, {0, 0})));
  };
  check_limit("tags", tags(0, kMaxTags), tags(0, kMaxTags + 1));
  check_limit("tags", tags(1, kMaxTags - 1), tags(2, kMaxTags - 1));
  auto tables = [](size_t imported, size_t n) {
    return read(
        module_of(many(kImportSec, imported, {0, 0, 1, 0x70, 0, 0}), many(kTableSec, n, {0x70, 0, 0})));
  };
  check_limit("tables", tables(0, kMaxTables), tables(0, kMaxTables + 1));
  check_limit("tables", tables(1, kMaxTables - 1), tables(2, kMaxTables - 1));
  auto memories = [](size_t imported, size_t n) {
    return read(module_of(many(kImportSec, imported, {0, 0, 2, 0, 0}), many(kMemorySec, n, {0, 0})));
  };
  check_limit("memories", memories(0, kMaxMemories), memories(0, kMaxMemories + 1));
  check_limit("memories", memories(1, kMaxMemories - 1), memories(2, kMaxMemories - 1));
  auto exports = [](size_t n) {
    Blob body = leb(n);
    for (size_t i = 0; i < n; i++) append(body, cat(text(std::to_string(i)), 2, 0));
    return read(module_of(section(kMemorySec, {1, 0, 0}), section(kExportSec, body)));
  };
  check_limit("exports", exports(kMaxExports), exports(kMaxExports + 1));
  auto data = [](size_t n) { return read(module_of(many(kDataSec, n, {1, 0}))); };
  check_limit("data segments", data(kMaxDataSegments), data(kMaxDataSegments + 1));
  auto data_count = [](size_t n) {
    return read(module_of(section(kDataCountSec, leb(n)), many(kDataSec, n, {1, 0})));
  };
  check_limit("data segments", data_count(kMaxDataSegments), data_count(kMaxDataSegments + 1));
  auto entries = [](size_t n) {
    return read(module_of(void_type(), func_decl(), section(kElementSec, cat(1, 1, 0, repeat(n, {0}))),
                          empty_code()));
  };
  check_limit("entries in an element segment", entries(kMaxTableInitEntries),
              entries(kMaxTableInitEntries + 1));
  auto body = [](size_t n) {
    return read(module_of(void_type(), func_decl(), section(kCodeSec, cat(1, leb(n), Blob(n, 0x0b)))));
  };
  check_limit("bytes in a function body", body(kMaxBodySize), body(kMaxBodySize + 1));
}

TEST_CASE("the module's size is limited", "[read][limits]") {
  // No such bytes exist: the size is refused before any is read.
  struct Huge final : Bytes {
    Huge() { span = {&byte, size_t(kMaxModuleSize + 1)}; }
    uint8_t byte = 0;
  };
  auto r = read_module(std::make_shared<Huge>(), FeatureSet::defaults(), std::make_shared<TypeRegistry>());
  CHECK_REFUSED(std::move(r), ErrorKind::kLimit, 0, "module size");
}

TEST_CASE("huge counts in tiny modules allocate nothing ahead of the bytes that back them",
          "[read][limits]") {
  const Blob huge = leb(900'000);
  const Blob array_types = section(kTypeSec, {2, 0x60, 0, 0, 0x5e, 0x7f, 0});
  const Blob array_types_module = module_of(array_types);
  const Blob modules[] = {
      module_of(section(kTypeSec, cat(huge, 0x60, 0, 0))),
      module_of(section(kTypeSec, cat(1, 0x4e, huge, 0x60, 0, 0))),
      module_of(section(kTypeSec, cat(1, 0x60, leb(900), 0x7f))),
      module_of(section(kTypeSec, cat(1, 0x5f, leb(9000), 0x7f))),
      module_of(void_type(), section(kImportSec, cat(huge, 0, 0, 0, 0))),
      module_of(void_type(), section(kImportSec, cat(1, huge, 0, 0, 0))),
      module_of(void_type(), section(kFuncSec, cat(huge, 0))),
      module_of(section(kTableSec, cat(leb(90'000), 0x70, 0, 0))),
      module_of(section(kGlobalSec, cat(huge, 0x7f, 0, 0x41, 0, 0x0b))),
      module_of(section(kExportSec, cat(huge, 0))),
      module_of(section(kElementSec, cat(leb(9'000'000), 1, 0, 0))),
      module_of(section(kElementSec, cat(1, 1, 0, leb(9'000'000), 0))),
      module_of(void_type(), func_decl(), section(kCodeSec, cat(huge, 2, 0, 0x0b))),
      module_of(section(kDataSec, cat(leb(90'000), 1, 0))),
      module_of(section(kDataCountSec, leb(100'000))),
      module_of(array_types, section(kGlobalSec, cat(1, 0x6a, 0, 0x41, 0, 0xfb, 8, 1, leb(10'000), 0x0b))),
  };
  auto registry = std::make_shared<TypeRegistry>();
  REQUIRE(read(array_types_module, FeatureSet::defaults(), registry));  // the registry's first chunk
  for (const Blob& bytes : modules) {
    auto copy = copy_bytes(bytes);
    AllocationWatch watch;
    auto r = read_module(copy, FeatureSet::defaults(), registry);
    size_t largest = watch.largest(), total = watch.total();
    CHECK_FALSE(r);
    INFO(r.error().to_string());
    CHECK(largest <= 1024);  // the Module itself
    CHECK(total <= 8 * 1024);
  }
}
