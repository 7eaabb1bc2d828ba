#include "compiler/wasm/read_module.h"

#include "binary.h"
#include "catch.h"

using namespace wjit;
using namespace wjit::wasm;
using namespace wjit::test;

namespace {

const Blob kZero{0x41, 0, 0x0b};  // i32.const 0, end

}  // namespace

TEST_CASE("what is no module is named for what it is", "[read]") {
  CHECK_REFUSED(read({}), ErrorKind::kMalformed, 0, "unexpected end");
  CHECK_REFUSED(read({0, 'a', 's'}), ErrorKind::kMalformed, 3, "8 bytes");
  CHECK_REFUSED(read({0, 'a', 's', 'm', 1, 0, 0}), ErrorKind::kMalformed, 7, "8 bytes");
  CHECK_REFUSED(read({0x7f, 'E', 'L', 'F', 2, 1, 1, 0}), ErrorKind::kMalformed, 0,
                "magic header not detected");
  CHECK_REFUSED(read({0, 'a', 's', 'm', 2, 0, 0, 0}), ErrorKind::kMalformed, 4, "unknown binary version 2");
  CHECK_REFUSED(read({0, 'a', 's', 'm', 0x0d, 0, 1, 0}), ErrorKind::kUnsupported, 4, "component");
  for (std::string_view s : {"(module)", "  \n(module)", ";; text"})
    CHECK_REFUSED(read(Blob(s.begin(), s.end())), ErrorKind::kUnsupported, 0, "WebAssembly text");
  REQUIRE_READ(m, read(module_of()));
  CHECK(m.funcs.empty());
}

TEST_CASE("sections stand in order, once, and are as long as they say", "[read]") {
  CHECK_REFUSED(read(module_of(section(14, {}))), ErrorKind::kMalformed, 8, "malformed section id 14");
  CHECK_REFUSED(read(module_of(void_type(), void_type())), ErrorKind::kMalformed, 14,
                "a second type section");
  CHECK_REFUSED(read(module_of(section(kMemorySec, {0}), section(kTableSec, {0}))), ErrorKind::kMalformed, 11,
                "the table section must come before the memory section");
  CHECK_REFUSED(read(module_of(section(kGlobalSec, {0}), section(kTagSec, {0}))), ErrorKind::kMalformed, 11,
                "tag");
  CHECK_REFUSED(read(module_of(section(kCodeSec, {0}), section(kDataCountSec, {0}))), ErrorKind::kMalformed,
                11, "data count");
  REQUIRE_READ(ordered,
               read(module_of(section(kMemorySec, {0}), section(kTagSec, {0}), section(kGlobalSec, {0}),
                              section(kElementSec, {0}), section(kDataCountSec, {0}), section(kCodeSec, {0}),
                              section(kDataSec, {0}))));
  CHECK(ordered.data_count == 0u);
  CHECK_REFUSED(read(module_of(Blob{kTypeSec, 5, 1, 0x60})), ErrorKind::kMalformed, 9,
                "length out of bounds");
  CHECK_REFUSED(read(module_of(section(kTypeSec, {1, 0x60, 0, 0, 7}))), ErrorKind::kMalformed, 14,
                "section size mismatch");
  CHECK_REFUSED(read(module_of(section(kTypeSec, {1, 0x60, 0}))), ErrorKind::kMalformed, 13,
                "unexpected end");
  CHECK_REFUSED(read(module_of(Blob{kTypeSec, 0x80, 0x80, 0x80, 0x80, 0x80, 0})), ErrorKind::kMalformed, 14,
                "integer representation too long");
}

TEST_CASE("custom sections are kept, with names in UTF-8", "[read]") {
  REQUIRE_READ(m, read(module_of(section(0, cat(text("one"), 1, 2)), void_type(), section(0, text("")))));
  REQUIRE(m.customs.size() == 2);
  CHECK(m.customs[0].name == "one");
  CHECK(m.customs[0].bytes.size() == 2);
  CHECK(m.customs[0].bytes.data() == m.bytes->span.data() + 14);  // not a copy
  CHECK_REFUSED(read(module_of(section(0, {2, 0xc0, 0x80}))), ErrorKind::kMalformed, 11, "malformed UTF-8");
  CHECK_REFUSED(read(module_of(section(0, {2, 'a'}))), ErrorKind::kMalformed, 10, "length out of bounds");
  CHECK_REFUSED(read(module_of(section(0, {}))), ErrorKind::kMalformed, 10, "unexpected end");
}

TEST_CASE("types are canonical and their declarations are checked", "[read]") {
  auto registry = std::make_shared<TypeRegistry>();
  Blob func{0x60, 1, 0x7f, 2, 0x7e, 0x70};
  REQUIRE_READ(m, read(module_of(section(kTypeSec, vec({func, func}))), FeatureSet::defaults(), registry));
  REQUIRE(m.types.size() == 2);
  CHECK(m.types[0] == m.types[1]);
  CHECK(to_string(m.type_at(0).func()) == "[i32] -> [i64 funcref]");
  // (rec (struct (ref null 1)) (sub 0 …)): references forward inside the group.
  auto rec = [](int first) {
    return cat(0x4e, vec({cat(0x50, 0, 0x5f, 1, 0x63, first + 1, 0),
                          cat(0x50, 1, first, 0x5f, 2, 0x63, first + 1, 0, 0x78, 1)}));
  };
  REQUIRE_READ(g,
               read(module_of(section(kTypeSec, vec({rec(0), rec(2)}))), FeatureSet::defaults(), registry));
  REQUIRE(g.types.size() == 4);
  CHECK(g.types[2] == g.types[0]);
  CHECK(registry->is_subtype(g.types[1], g.types[0]));
  CHECK(g.type_at(1).fields[1] == FieldType{kI32, Packed::kI8, true});

  auto types = [](std::initializer_list<Blob> t) { return read(module_of(section(kTypeSec, vec(t)))); };
  CHECK_REFUSED(types({{0x40, 0, 0}}), ErrorKind::kMalformed, 11, "malformed definition type 0x40");
  CHECK_REFUSED(types({{0x60, 1, 0x11, 0}}), ErrorKind::kMalformed, 13, "malformed value type 0x11");
  CHECK_REFUSED(types({{0x5e, 0x7f, 2}}), ErrorKind::kMalformed, 13, "malformed mutability 0x02");
  CHECK_REFUSED(types({{0x60, 1, 0x63, 1, 0}, func}), ErrorKind::kInvalid, 14, "unknown type 1");
  CHECK_REFUSED(types({{0x60, 1, 0x63, 0x40, 0}}), ErrorKind::kMalformed, 14, "malformed heap type");
  CHECK_REFUSED(types({{0x50, 1, 0, 0x60, 0, 0}}), ErrorKind::kInvalid, 13, "unknown type 0: a supertype");
  CHECK_REFUSED(types({{0x50, 2, 0, 0, 0x60, 0, 0}}), ErrorKind::kInvalid, 12, "2 supertypes");
  CHECK_REFUSED(types({{0x60, 0, 0}, {0x50, 1, 0, 0x60, 0, 0}}), ErrorKind::kInvalid, 14, "which is final");
  CHECK_REFUSED(types({{0x50, 0, 0x60, 0, 0}, {0x50, 1, 0, 0x60, 0, 1, 0x7f}}), ErrorKind::kInvalid, 16,
                "sub type 1 does not match");
}

TEST_CASE("imports come before every defined entity [row22]", "[read][row22]") {
  Blob imports = section(kImportSec,
                         vec({cat(text("m"), text("g0"), 3, 0x7e, 0), cat(text("m"), text("f"), 0, 1),
                              cat(text("m"), text("t"), 1, 0x70, 4, 3),  // table i64
                              cat(text("m"), text("mem"), 2, 4, 2),      // memory i64
                              cat(text("m"), text("tag"), 4, 0, 2), cat(text("m"), text("g1"), 3, 0x7f, 1)}));
  REQUIRE_READ(
      m, read(module_of(
             section(kTypeSec, vec({{0x60, 0, 0}, {0x60, 1, 0x7f, 0}, {0x60, 1, 0x7e, 0}})), imports,
             section(kFuncSec, {1, 0}), section(kTableSec, {1, 0x6f, 1, 5, 6}),
             section(kMemorySec, {1, 1, 1, 9}), section(kTagSec, {1, 0, 1}),
             section(kGlobalSec, cat(1, 0x7e, 0, 0x23, 0, 0x0b)),
             section(kExportSec, vec({cat(text("f"), 0, 1), cat(text("t"), 1, 1), cat(text("m"), 2, 1),
                                      cat(text("g"), 3, 2), cat(text("x"), 4, 1), cat(text("if"), 0, 0)})),
             section(kStartSec, {1}), empty_code())));
  CHECK(m.imported_funcs == 1);
  CHECK(m.imported_tables == 1);
  CHECK(m.imported_memories == 1);
  CHECK(m.imported_globals == 2);
  CHECK(m.imported_tags == 1);
  CHECK(m.func_type(0).params.size() == 1);
  CHECK(m.func_type(1).params.empty());
  CHECK(m.tables[0].type.is64);
  CHECK(m.tables[0].type.limits.min == 3);
  CHECK_FALSE(m.tables[1].type.is64);
  CHECK(m.tables[1].type.element == kExternRef);
  CHECK(m.tables[1].type.limits.max == 6);
  CHECK(m.memories[0].is64);
  CHECK_FALSE(m.memories[1].is64);
  CHECK(m.memories[1].limits.max == 9);
  CHECK(m.globals[0].type.type == kI64);
  CHECK(m.globals[1].type.is_mutable);
  CHECK(m.globals[1].init.empty());
  REQUIRE(m.globals[2].init.steps().size() == 1);
  CHECK(m.globals[2].init.steps()[0].op == Op::global_get);
  CHECK(m.tags[0] == m.types[2]);
  CHECK(m.tags[1] == m.types[1]);
  CHECK(m.imports[5].kind == ExternKind::kGlobal);
  CHECK(m.imports[5].index == 1);
  CHECK(m.imports[5].name == "g1");
  CHECK(m.start == 1u);
  // Exported functions, imported ones too, are numbered in index order.
  CHECK(m.escaping == std::vector<uint32_t>{0, 1});
  CHECK(m.body(0).size() == 2);
  REQUIRE(m.find_export("t"));
  CHECK(m.find_export("t")->index == 1);
  CHECK(m.find_export("nothing") == nullptr);
}

TEST_CASE("imports are refused with a reason", "[read]") {
  auto import = [](const Blob& what, FeatureSet f = FeatureSet::defaults()) {
    return read(module_of(void_type(), section(kImportSec, vec({cat(text("m"), text("n"), what)}))), f);
  };
  CHECK_REFUSED(import({5, 0}), ErrorKind::kMalformed, 21, "malformed import kind 5");
  CHECK_REFUSED(import({0, 1}), ErrorKind::kInvalid, 22, "unknown type 1");
  CHECK_REFUSED(import({1, 0x7f, 0, 0}), ErrorKind::kMalformed, 22, "malformed reference type 0x7f");
  CHECK_REFUSED(import({3, 0x7f, 2}), ErrorKind::kMalformed, 23, "malformed mutability");
  CHECK_REFUSED(import({4, 1, 0}), ErrorKind::kMalformed, 22, "malformed tag attribute");
  CHECK_REFUSED(import({4, 0, 0}, without(Feature::kExceptions)), ErrorKind::kUnsupported, 21,
                "exceptions feature");
  CHECK_REFUSED(import({3, 0x7f, 1}, without(Feature::kMutableGlobals)), ErrorKind::kUnsupported, 21,
                "mutable");
  CHECK(import({1, 0x64, 0, 0, 1}));  // an imported table needs no default
  CHECK_REFUSED(read(module_of(section(kTypeSec, {1, 0x5f, 0}), section(kImportSec, cat(1, 0, 0, 0, 0)))),
                ErrorKind::kInvalid, 19, "type 0 is not a function type");
  CHECK_REFUSED(read(module_of(section(kTypeSec, {1, 0x60, 0, 1, 0x7f}), section(kTagSec, {1, 0, 0}))),
                ErrorKind::kInvalid, 18, "non-empty tag result type");
}

TEST_CASE("limits of memories and tables", "[read]") {
  auto memory = [](const Blob& type, FeatureSet f = FeatureSet::all()) {
    return read(module_of(section(kMemorySec, cat(1, type))), f);
  };
  CHECK(memory(cat(0, leb(65536))));
  CHECK_REFUSED(memory(cat(0, leb(65537))), ErrorKind::kInvalid, 11, "at most 65536 pages (4GiB)");
  CHECK_REFUSED(memory(cat(1, 0, leb(65537))), ErrorKind::kInvalid, 11, "memory size");
  CHECK_REFUSED(memory({1, 2, 1}), ErrorKind::kInvalid, 11,
                "size minimum must not be greater than maximum: 2 > 1");
  CHECK_REFUSED(memory({2, 1}), ErrorKind::kInvalid, 11, "shared memory must have maximum");
  CHECK_REFUSED(memory({16, 1}), ErrorKind::kMalformed, 11, "malformed limits flags 0x10");
  CHECK_REFUSED(memory({3, 1, 1}, FeatureSet::defaults()), ErrorKind::kMalformed, 11,
                "threads feature is off");
  CHECK_REFUSED(memory({8, 1, 0}, FeatureSet::defaults()), ErrorKind::kMalformed, 11,
                "custom-page-sizes feature");
  CHECK_REFUSED(memory({8, 1, 1}), ErrorKind::kInvalid, 13, "invalid custom page size: 2^1 bytes");
  CHECK_REFUSED(memory({8, 1, 65}), ErrorKind::kMalformed, 13, "invalid custom page size");
  CHECK(memory(cat(4, leb(uint64_t{1} << 48))));
  CHECK_REFUSED(memory(cat(4, leb((uint64_t{1} << 48) + 1))), ErrorKind::kInvalid, 11, "memory size");
  CHECK(memory(cat(8, leb(0xffffffff), 0)));
  CHECK_REFUSED(memory(cat(8, leb(uint64_t{1} << 32), 0)), ErrorKind::kInvalid, 11, "memory size");
  REQUIRE_READ(shared, memory({15, 1, 2, 0}));
  CHECK(shared.memories[0].shared);
  CHECK(shared.memories[0].is64);
  CHECK(shared.memories[0].page_size_log2 == 0);

  auto table = [](const Blob& type) {
    return read(module_of(void_type(), section(kTableSec, cat(1, type))));
  };
  CHECK(table(cat(0x70, 0, leb(0xffffffff))));
  CHECK_REFUSED(table(cat(0x70, 0, leb(uint64_t{1} << 32))), ErrorKind::kInvalid, 18, "table size");
  CHECK_REFUSED(table({0x70, 2, 1}), ErrorKind::kMalformed, 18, "malformed limits flags 0x02 of a table");
  CHECK(table(cat(0x70, 5, 0, leb(~uint64_t{0}))));
  CHECK_REFUSED(table({0x64, 0, 0, 1}), ErrorKind::kInvalid, 17, "type mismatch: a table of (ref 0)");
  CHECK_REFUSED(table({0x40, 1, 0x70, 0, 1, 0xd0, 0x70, 0x0b}), ErrorKind::kMalformed, 17,
                "expected 0x40 0x00");
}

TEST_CASE("constant expressions", "[read]") {
  auto global = [](const Blob& type, const Blob& init, FeatureSet f = FeatureSet::defaults()) {
    // type 0: func, 1: struct of i64 and mutable funcref, 2: array of i8, 3: struct with a field without
    // default
    Blob types =
        section(kTypeSec,
                vec({{0x60, 0, 0}, {0x5f, 2, 0x7e, 0, 0x70, 1}, {0x5e, 0x78, 1}, {0x5f, 1, 0x64, 0x70, 0}}));
    if (!f.has(Feature::kGc)) types = void_type();
    Blob imports =
        section(kImportSec, cat(2, 0, 0, 3, 0x7f, 0, 0, 0, 3, 0x7f, 1));  // global 0 const, 1 mutable
    return read(module_of(types, imports, func_decl(),
                          section(kGlobalSec, cat(2, 0x7f, 0, 0x41, 5, 0x0b, type, 0, init)), empty_code()),
                f);
  };
  auto steps = [&](const Blob& type, const Blob& init) {
    auto m = global(type, init);
    INFO((m ? "" : m.error().to_string()));
    REQUIRE(m);
    return (*m)->globals[3].init.steps().size();
  };
  CHECK(steps({0x7f}, {0x41, 0x7f, 0x0b}) == 1);
  CHECK(steps({0x7e}, {0x42, 0x7f, 0x0b}) == 1);
  CHECK(steps({0x7d}, {0x43, 1, 2, 3, 4, 0x0b}) == 1);
  CHECK(steps({0x7c}, {0x44, 1, 2, 3, 4, 5, 6, 7, 8, 0x0b}) == 1);
  CHECK(steps({0x7b}, cat(0xfd, 0x0c, Blob(16, 9), 0x0b)) == 1);
  CHECK(steps({0x7f}, {0x23, 0, 0x0b}) == 1);
  CHECK(steps({0x7f}, {0x23, 2, 0x0b}) == 1);                          // a defined global before this one
  CHECK(steps({0x7f}, {0x41, 1, 0x23, 0, 0x6a, 0x0b}) == 3);           // i32.add
  CHECK(steps({0x7e}, {0x42, 1, 0x42, 2, 0x7e, 0x0b}) == 3);           // i64.mul
  CHECK(steps({0x70}, {0xd0, 0x73, 0x0b}) == 1);                       // ref.null nofunc
  CHECK(steps({0x64, 0}, {0xd2, 0, 0x0b}) == 1);                       // ref.func
  CHECK(steps({0x6c}, {0x41, 1, 0xfb, 0x1c, 0x0b}) == 2);              // ref.i31
  CHECK(steps({0x64, 1}, {0x42, 1, 0xd2, 0, 0xfb, 0, 1, 0x0b}) == 3);  // struct.new
  CHECK(steps({0x6e}, {0xfb, 1, 1, 0x0b}) == 1);                       // struct.new_default
  CHECK(steps({0x6a}, {0x41, 1, 0x41, 2, 0xfb, 6, 2, 0x0b}) == 3);     // array.new
  CHECK(steps({0x6a}, {0x41, 2, 0xfb, 7, 2, 0x0b}) == 2);              // array.new_default
  CHECK(steps({0x6a}, {0x41, 1, 0x41, 2, 0xfb, 8, 2, 2, 0x0b}) == 3);  // array.new_fixed
  CHECK(steps({0x6f}, {0xfb, 1, 1, 0xfb, 0x1b, 0x0b}) == 2);           // extern.convert_any

  auto m = global({0x7f}, {0x41, 0x7f, 0x0b});
  const ConstExpr& e = (*m)->globals[3].init;
  CHECK(e.steps()[0].op == Op::i32_const);
  CHECK(e.steps()[0].lo == 0xffffffffu);
  CHECK(e.type == kI32);
  m = global({0x70}, {0xd2, 0, 0x0b});
  CHECK((*m)->escaping == std::vector<uint32_t>{0});
  CHECK((*m)->globals[3].init.type == ValType::ref(false, (*m)->types[0]));
  m = global({0x7f}, {0x41, 1, 0x0b});
  CHECK((*m)->escaping.empty());

  auto refused = [&](const Blob& type, const Blob& init, ErrorKind kind, const char* words) {
    auto r = global(type, init);
    REQUIRE_FALSE(r);
    INFO(r.error().to_string());
    CHECK(r.error().kind() == kind);
    CHECK(r.error().message().find(words) != std::string::npos);
  };
  refused({0x7f}, {0x42, 0, 0x0b}, ErrorKind::kInvalid,
          "type mismatch: constant expression requires [i32] but has [i64]");
  refused({0x7f}, {0x0b}, ErrorKind::kInvalid, "but has []");
  refused({0x7f}, {0x41, 0, 0x41, 0, 0x0b}, ErrorKind::kInvalid, "but has [i32 i32]");
  refused({0x7f}, {0x41, 0, 0x6a, 0x0b}, ErrorKind::kInvalid, "type mismatch");
  refused({0x7f}, {0x23, 1, 0x0b}, ErrorKind::kInvalid, "global 1 is mutable");
  refused({0x7f}, {0x23, 3, 0x0b}, ErrorKind::kInvalid, "unknown global 3");  // itself
  refused({0x70}, {0xd2, 1, 0x0b}, ErrorKind::kInvalid, "unknown function 1");
  refused({0x7f}, {0x41, 0, 0x67, 0x0b}, ErrorKind::kInvalid, "constant expression required: i32.clz");
  refused({0x7f}, {0x41, 0, 0xff}, ErrorKind::kMalformed, "illegal opcode ff");
  refused({0x7f}, {0x41, 0}, ErrorKind::kMalformed, "unexpected end");
  refused({0x64, 0x70}, {0xd0, 0x70, 0x0b}, ErrorKind::kInvalid, "type mismatch");
  refused({0x6e}, {0xfb, 1, 3, 0x0b}, ErrorKind::kInvalid, "no default value");
  refused({0x6e}, {0xfb, 1, 2, 0x0b}, ErrorKind::kInvalid, "not a struct type");
  refused({0x6e}, {0xfb, 7, 9, 0x0b}, ErrorKind::kInvalid, "unknown type 9");
  refused({0x6e}, {0x41, 1, 0xfb, 8, 2, 2, 0x0b}, ErrorKind::kInvalid, "type mismatch");
  CHECK_FALSE(global({0x7f}, {0x41, 1, 0x41, 1, 0x6a, 0x0b}, without(Feature::kExtendedConst)));
  CHECK_FALSE(global({0x7f}, {0x23, 2, 0x0b}, without(Feature::kGc)));
  CHECK(global({0x7f}, {0x23, 0, 0x0b}, without(Feature::kGc)));
}

TEST_CASE("exports have distinct names and name what exists", "[read]") {
  auto exports = [](std::initializer_list<Blob> e) {
    return read(module_of(void_type(), func_decl(), section(kMemorySec, {1, 0, 1}),
                          section(kExportSec, vec(e)), empty_code()));
  };
  CHECK_REFUSED(exports({cat(text("a"), 0, 0), cat(text("b"), 2, 0), cat(text("a"), 2, 0)}),
                ErrorKind::kInvalid, 35, "duplicate export name \"a\"");
  CHECK_REFUSED(exports({cat(text("a"), 0, 1)}), ErrorKind::kInvalid, 29, "unknown function 1: there are 1");
  CHECK_REFUSED(exports({cat(text("a"), 1, 0)}), ErrorKind::kInvalid, 29, "unknown table 0: there are 0");
  CHECK_REFUSED(exports({cat(text("a"), 2, 1)}), ErrorKind::kInvalid, 29, "unknown memory 1");
  CHECK_REFUSED(exports({cat(text("a"), 3, 0)}), ErrorKind::kInvalid, 29, "unknown global 0");
  CHECK_REFUSED(exports({cat(text("a"), 4, 0)}), ErrorKind::kInvalid, 29, "unknown tag 0");
  CHECK_REFUSED(exports({cat(text("a"), 5, 0)}), ErrorKind::kMalformed, 28, "malformed export kind 5");
  CHECK_REFUSED(exports({cat(text("\xff"), 0, 0)}), ErrorKind::kMalformed, 27, "malformed UTF-8");

  Blob many = leb(500);
  for (int i = 0; i < 500; i++) append(many, cat(text("name" + std::to_string(i * 7 % 500)), 2, 0));
  REQUIRE_READ(m, read(module_of(section(kMemorySec, {1, 0, 1}), section(kExportSec, many))));
  for (int i = 0; i < 500; i++) REQUIRE(m.find_export("name" + std::to_string(i)));
  CHECK(m.find_export("name3") == &m.exports[429]);
  CHECK(m.find_export("name500") == nullptr);
}

TEST_CASE("the start function takes and returns nothing", "[read]") {
  CHECK_REFUSED(read(module_of(section(kTypeSec, {1, 0x60, 1, 0x7f, 0}), func_decl(), section(kStartSec, {0}),
                               empty_code())),
                ErrorKind::kInvalid, 21, "start function");
  CHECK_REFUSED(read(module_of(void_type(), func_decl(), section(kStartSec, {1}), empty_code())),
                ErrorKind::kInvalid, 20, "unknown function 1");
}

TEST_CASE("all eight forms of element segments", "[read]") {
  auto elements = [](std::initializer_list<Blob> e, FeatureSet f = FeatureSet::defaults()) {
    return read(module_of(void_type(), section(kFuncSec, {3, 0, 0, 0}),
                          section(kTableSec, {2, 0x70, 0, 5, 0x70, 4, 5}), section(kElementSec, vec(e)),
                          section(kCodeSec, {3, 2, 0, 11, 2, 0, 11, 2, 0, 11})),
                f);
  };
  const Blob zero64{0x42, 0, 0x0b};
  const Blob exprs = vec({{0xd2, 2, 0x0b}, {0xd0, 0x70, 0x0b}});
  REQUIRE_READ(m, elements({cat(0, kZero, 2, 2, 0), cat(1, 0, 1, 2), cat(2, 1, zero64, 0, 1, 0),
                            cat(3, 0, 1, 2), cat(4, kZero, exprs), cat(5, 0x70, exprs),
                            cat(6, 1, zero64, 0x70, exprs), cat(7, 0x73, vec({{0xd0, 0x73, 0x0b}}))}));
  const SegmentMode modes[] = {SegmentMode::kActive, SegmentMode::kPassive, SegmentMode::kActive,
                               SegmentMode::kDeclared};
  REQUIRE(m.elements.size() == 8);
  for (int i = 0; i < 8; i++) {
    CHECK(m.elements[i].mode == modes[i % 4]);
    CHECK(m.elements[i].table == (i % 4 == 2 ? 1u : 0u));
    CHECK(m.elements[i].exprs.empty());
  }
  CHECK(m.elements[0].type == ValType::ref(false, Heap::kFunc));
  CHECK(m.elements[0].funcs == std::vector<uint32_t>{2, 0});
  CHECK(m.elements[4].type == kFuncRef);
  CHECK(m.elements[5].funcs == std::vector<uint32_t>{2, ElementSegment::kNullFunc});
  CHECK(m.elements[7].funcs == std::vector<uint32_t>{ElementSegment::kNullFunc});
  CHECK(m.escaping == std::vector<uint32_t>{0, 2});
  CHECK(m.escape_index == std::vector<uint32_t>{0, Module::kNotEscaping, 1});

  // An entry that is neither ref.func nor ref.null turns all into expressions.
  REQUIRE_READ(i31s, elements({cat(5, 0x6c, vec({{0xd0, 0x6c, 0x0b}, {0x41, 1, 0xfb, 0x1c, 0x0b}}))}));
  REQUIRE(i31s.elements[0].exprs.size() == 2);
  CHECK(i31s.elements[0].funcs.empty());
  CHECK(i31s.elements[0].exprs[0].steps()[0].op == Op::ref_null);
  CHECK(i31s.elements[0].exprs[1].steps().size() == 2);

  CHECK_REFUSED(elements({cat(8, kZero, 0)}), ErrorKind::kMalformed, 32, "malformed elements segment kind 8");
  CHECK_REFUSED(elements({cat(2, 2, kZero, 0, 0)}), ErrorKind::kInvalid, 33, "unknown table 2");
  CHECK_REFUSED(elements({cat(2, 1, kZero, 0, 0)}), ErrorKind::kInvalid, 34, "requires [i64]");
  CHECK_REFUSED(elements({cat(1, 1, 0)}), ErrorKind::kMalformed, 33, "malformed element kind 1");
  CHECK_REFUSED(elements({cat(1, 0, 1, 3)}), ErrorKind::kInvalid, 35, "unknown function 3");
  CHECK_REFUSED(elements({cat(6, 0, kZero, 0x6f, 0)}), ErrorKind::kInvalid, 32,
                "type mismatch: elements of type externref");
  CHECK_REFUSED(elements({cat(1, 0, 0)}, without(Feature::kBulkMemory)), ErrorKind::kUnsupported, 32,
                "bulk-memory");
}

TEST_CASE("data segments, and the count before the code", "[read]") {
  auto data = [](const Blob& count, const Blob& segments) {
    return read(module_of(section(kMemorySec, {2, 0, 1, 4, 1}), count, segments));
  };
  const Blob none;
  REQUIRE_READ(m, data(section(kDataCountSec, {3}),
                       section(kDataSec, vec({cat(0, kZero, text("abc")), cat(1, text("")),
                                              cat(2, 1, 0x42, 7, 0x0b, text("d"))}))));
  CHECK(m.data_count == 3u);
  CHECK(m.data[0].mode == SegmentMode::kActive);
  CHECK(m.data[0].bytes.size() == 3);
  CHECK(m.data[0].bytes[2] == 'c');
  CHECK(m.data[1].mode == SegmentMode::kPassive);
  CHECK(m.data[1].offset.empty());
  CHECK(m.data[2].memory == 1);
  CHECK(m.data[2].offset.steps()[0].lo == 7);
  CHECK_REFUSED(data(none, section(kDataSec, {1, 3, 0})), ErrorKind::kMalformed, 18,
                "malformed data segment kind 3");
  CHECK_REFUSED(data(none, section(kDataSec, cat(1, 2, 2, kZero, 0))), ErrorKind::kInvalid, 18,
                "unknown memory 2");
  CHECK_REFUSED(data(none, section(kDataSec, cat(1, 2, 1, kZero, 0))), ErrorKind::kInvalid, 20,
                "requires [i64]");
  CHECK_REFUSED(data(none, section(kDataSec, {1, 1, 5, 0})), ErrorKind::kMalformed, 19,
                "a data segment of 5 bytes");
  CHECK_REFUSED(data(section(kDataCountSec, {2}), section(kDataSec, {1, 1, 0})), ErrorKind::kMalformed, 23,
                "data count and data section have inconsistent lengths: 2 and 1");
  CHECK_REFUSED(data(section(kDataCountSec, {2}), none), ErrorKind::kMalformed, 18, "inconsistent lengths");
}

TEST_CASE("each declared function has one body", "[read]") {
  CHECK_REFUSED(read(module_of(void_type(), func_decl())), ErrorKind::kMalformed, 18,
                "function and code section have inconsistent lengths: 1 and 0");
  CHECK_REFUSED(read(module_of(void_type(), empty_code())), ErrorKind::kMalformed, 16,
                "inconsistent lengths: 0 and 1");
  CHECK_REFUSED(read(module_of(void_type(), func_decl(), section(kCodeSec, {1, 3, 0, 0x0b}))),
                ErrorKind::kMalformed, 22, "unexpected end");
  CHECK_REFUSED(read(module_of(void_type(), section(kFuncSec, {1, 1}), empty_code())), ErrorKind::kInvalid,
                17, "unknown type 1");
}

TEST_CASE("features that are off are named", "[read]") {
  auto refused = [](Feature f, const Blob& bytes) {
    INFO(feature_name(f));
    CHECK(read(bytes, FeatureSet::all()));
    auto r = read(bytes, without(f));
    REQUIRE_FALSE(r);
    CHECK(r.error().message().find(feature_name(f)) != std::string::npos);
  };
  auto type = [](const Blob& t) { return module_of(section(kTypeSec, vec({t}))); };
  refused(Feature::kMultiValue, type({0x60, 0, 2, 0x7f, 0x7f}));
  refused(Feature::kSimd, type({0x60, 1, 0x7b, 0}));
  refused(Feature::kReferenceTypes, type({0x60, 1, 0x6f, 0}));
  refused(Feature::kFunctionReferences, type({0x60, 1, 0x64, 0x70, 0}));
  refused(Feature::kGc, type({0x60, 1, 0x6d, 0}));
  refused(Feature::kGc, type({0x5f, 0}));
  refused(Feature::kGc, type({0x5e, 0x7f, 0}));
  refused(Feature::kGc, type({0x4e, 0}));
  refused(Feature::kGc, type({0x50, 0, 0x60, 0, 0}));
  refused(Feature::kExceptions, type({0x60, 1, 0x69, 0}));
  refused(Feature::kExceptions, module_of(section(kTagSec, {0})));
  refused(Feature::kReferenceTypes, module_of(section(kTableSec, {2, 0x70, 0, 0, 0x70, 0, 0})));
  refused(Feature::kMultiMemory, module_of(section(kMemorySec, {2, 0, 0, 0, 0})));
  refused(Feature::kMemory64, module_of(section(kMemorySec, {1, 4, 0})));
  refused(Feature::kThreads, module_of(section(kMemorySec, {1, 3, 0, 0})));
  refused(Feature::kBulkMemory, module_of(section(kDataCountSec, {0})));
  refused(Feature::kFunctionReferences,
          module_of(section(kTableSec, {1, 0x40, 0, 0x70, 0, 0, 0xd0, 0x70, 0x0b})));
}

TEST_CASE("names are found in the name section, a broken one is passed over", "[read]") {
  auto names = [](const Blob& body) {
    auto m = read(module_of(section(0, cat(text("name"), body))));
    REQUIRE(m);
    return *m;
  };
  auto m = names(
      cat(0, sized(text("mod")), 7, 1, 0, 1, sized(vec({cat(2, text("two")), cat(leb(300), text("last"))}))));
  NameSection n(*m);
  CHECK(n.module_name() == "mod");
  CHECK(n.func(2) == "two");
  CHECK(n.func(300) == "last");
  CHECK(n.func(0).empty());
  CHECK(n.func(301).empty());
  m = names(cat(1, sized(vec({cat(9, text("nine")), cat(2, text("two"))}))));
  CHECK(NameSection(*m).func(2) == "two");
  m = names(cat(1, sized(cat(leb(0xffffffff), 0, text("zero")))));
  CHECK(NameSection(*m).func(0).empty());
  m = names(cat(1, sized(cat(2, 0, text("zero"), 1, 9, 'x'))));
  CHECK(NameSection(*m).func(0) == "zero");
  CHECK(NameSection(*m).func(1).empty());
  m = names({1, 50, 1});
  CHECK(NameSection(*m).func(0).empty());
}
