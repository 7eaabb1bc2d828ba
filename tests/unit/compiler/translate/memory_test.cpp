// Rows 1, 2, 11, 12 and 22 of the failure classes, as far as they are decided in translation: every load and store, with
// every kind of offset and index, against tier 0; results, traps and the memory's bytes.
#include <cstring>
#include <string>
#include <vector>

#include "catch.h"
#include "compiler/wasm/op_table.h"
#include "memory_style.h"
#include "tools/wast/compare.h"
#include "unit/compiler/translate/ir_host.h"
#include "unit/compiler/translate/translate.h"

using namespace wjit;

namespace {

struct AccessOp {
  std::string name, type;  // of the result, or of what is stored
  bool store;
  std::string lane;        // as text, behind the offset
  bool vector_operand;     // beside the index
};

std::vector<AccessOp> access_ops() {
  std::vector<AccessOp> ops;
  for (const wasm::OpInfo& op : wasm::kOpTable)
    if ((op.imm == wasm::Imm::kMemArg && op.prefix == 0) || (op.bytes != 0 && op.prefix == 0xfd)) {
      const std::string name(op.text);
      const bool lane = op.imm == wasm::Imm::kMemArgLane, store = name.find("store") != std::string::npos;
      ops.push_back({name, name.substr(0, name.find('.')), store, lane ? " 1" : "", lane});
    }
  return ops;
}

constexpr const char* kLeastIsOne = "1 2";
struct Shape {
  const char* index;   // i32, i64
  const char* limits;  // pages
  bool imported, second;
};

// A function for each op and offset with the index as parameter, and one for each constant index as well.
std::string text_of(const Shape& s, const std::vector<uint64_t>& offsets, const std::vector<uint64_t>& indices) {
  std::string wat = "(module\n";
  const std::string type = (s.index == std::string("i64") ? "i64 " : "") + std::string(s.limits);
  if (s.second) wat += s.imported ? "(import \"m\" \"other\" (memory 1 1))\n" : "(memory 1 1)\n";
  wat += s.imported ? "(import \"m\" \"memory\" (memory $m " + type + "))\n" : "(memory $m " + type + ")\n";
  wat += "(export \"memory\" (memory $m))\n(func (export \"grow\") (drop (memory.grow $m (" + std::string(s.index) +
         ".const 1))))\n";
  size_t n = 0;
  const auto func = [&](const AccessOp& op, uint64_t offset, const std::string& param, const std::string& index) {
    wat += "(func (export \"f" + std::to_string(n++) + "\")" + param;
    const std::string access = op.name + " $m offset=" + std::to_string(offset) + op.lane;
    const std::string value = op.type == "v128" ? " (v128.const i64x2 0x5c6d7e8f12345678 0xfedcba9876543210)" : " (" + op.type + ".const 0x5c6d7e8f)";
    wat += op.store            ? " (" + access + index + value + ")"
           : op.vector_operand ? " (result v128) (" + access + index + value + ")"
                               : " (result " + op.type + ") (" + access + index + ")";
    wat += ")\n";
  };
  for (const AccessOp& op : access_ops())
    for (uint64_t offset : offsets) {
      func(op, offset, " (param " + std::string(s.index) + ")", " (local.get 0)");
      for (uint64_t i : indices) func(op, offset, "", " (" + std::string(s.index) + ".const " + std::to_string(i) + ")");
    }
  return wat + ")";
}

Extern get(Store& store, Instance& instance, const std::string& name) {
  auto item = instance.get(store, name);
  REQUIRE(item);
  return *item;
}

void compare(MemoryStyle style, const Shape& shape) {
  const bool wide = shape.index == std::string("i64");
  std::vector<uint64_t> offsets = {0, 1, 8, 65'528, 65'535, 65'536, 131'072, 0x7fff'ffff, 0x8000'0000, 0xffff'ffff};
  std::vector<uint64_t> indices = {0, 1, 65'527, 65'528, 65'532, 65'535, 65'536, 0x7fff'fffe, 0x7fff'ffff, 0x8000'0000,
                                   0x8000'0001, 0xffff'fff8, 0xffff'ffff};
  if (wide) {
    for (uint64_t x : {uint64_t{1} << 32, ~uint64_t{0} - 8, ~uint64_t{0}}) offsets.push_back(x), indices.push_back(x);
    indices.push_back(uint64_t{1} << 63);
  }
  Config config = test::interpreted(test::config_with(style));
  config.features = FeatureSet::all();
  Engine engine(config);
  REQUIRE(engine.impl().enable_native_code());
  Store store(engine);
  Linker linker(engine);
  if (shape.imported) {
    const std::string owner = "(module (memory (export \"memory\") " + std::string(wide ? "i64 " : "") + shape.limits +
                              ") (memory (export \"other\") 1 1))";
    auto module = Module::from_text(engine, owner);
    REQUIRE(module);
    auto instance = linker.instantiate(store, module.ok());
    REQUIRE(instance);
    REQUIRE(linker.define_instance(store, "m", instance.ok()));
  }
  auto module = Module::from_text(engine, text_of(shape, offsets, indices));
  if (!module) FAIL(module.err().to_string());
  auto made = linker.instantiate(store, module.ok());
  REQUIRE(made);
  Instance instance = made.ok();
  if (shape.limits != kLeastIsOne) REQUIRE(std::get<Func>(get(store, instance, "grow")).call(store, {}));
  Memory memory = std::get<Memory>(get(store, instance, "memory"));
  const auto bytes = memory.data(store);
  REQUIRE(bytes.size() == 65'536);
  std::vector<uint8_t> before(bytes.size()), after(bytes.size());
  for (size_t i = 0; i < before.size(); ++i) before[i] = static_cast<uint8_t>(i * 37 + (i >> 8));

  test::IrHost host(Store::Context(store).impl(), {});
  size_t trapped = 0, done = 0, n = 0;
  const auto both = [&](const std::string& name, const std::vector<Val>& args) {
    const Func f = std::get<Func>(get(store, instance, name));
    std::memcpy(bytes.data(), before.data(), before.size());
    const auto expected = f.call(store, args);
    std::memcpy(after.data(), bytes.data(), after.size());
    std::memcpy(bytes.data(), before.data(), before.size());
    const auto found = host.call_function(f.raw(), args);
    const auto show = [](const TrapResult<std::vector<Val>>& r) {
      if (!r) return std::get<Trap>(r.err()).message();
      return r.ok().empty() ? std::string("done") : wast::to_string(r.ok()[0]);
    };
    if (show(expected) != show(found) || std::memcmp(after.data(), bytes.data(), after.size()) != 0)
      FAIL(name << ": expected " << show(expected) << ", found " << show(found));
    ++(expected ? done : trapped);
  };
  for (size_t op = 0; op < access_ops().size(); ++op)
    for (uint64_t offset : offsets) {
      INFO(access_ops()[op].name << " offset=" << offset);
      const std::string dynamic = "f" + std::to_string(n++);
      for (uint64_t i : indices) {
        INFO("index " << i);
        both(dynamic, {wide ? Val(i) : Val(static_cast<uint32_t>(i))});
        both("f" + std::to_string(n++), {});
      }
    }
  CHECK(host.refused == 0);
  CHECK(done > 200);
  CHECK(trapped > 2'000);
}

}  // namespace

TEST_CASE("row 1: every access in and out of bounds, guard pages", "[translate][memory]") {
  compare(MemoryStyle::kGuard, {"i32", kLeastIsOne, false, false});
  compare(MemoryStyle::kGuard, {"i32", "0 2", true, true});
}
TEST_CASE("row 1: every access in and out of bounds, checks", "[translate][memory]") {
  compare(MemoryStyle::kChecks, {"i32", kLeastIsOne, false, true});
  compare(MemoryStyle::kChecks, {"i32", "0 2", true, false});
}
TEST_CASE("row 22: every access in and out of bounds, 64-bit memories", "[translate][memory]") {
  compare(MemoryStyle::kGuard, {"i64", kLeastIsOne, false, false});
  compare(MemoryStyle::kChecks, {"i64", "0 2", true, true});
}

// ---- what is loaded, checked and shared ---------------------------------------------------------------------------

TEST_CASE("translation of memory accesses", "[translate][memory]") {
  test::Translation guard, checks;
  checks.guard = false;
  const auto body = [](const char* text) { return "(module (memory 1) (func (param i32) (result i32)\n" + std::string(text) + "))"; };
  SECTION("a guard-page access is an add and a load") {
    CHECK(test::ir_of(body("(i32.load offset=8 (local.get 0))"), guard) ==
          "function 0 \"\" (i32) -> (i32) {\n"
          "block0(v0: i64, v1: i64, v2: i32):\n"
          "  v3 = extend_u v2\n"
          "  v4 = load.i64 vmctx [v0 + 72]\n"
          "  v5 = add.i64 v4, v3\n"
          "  v6 = load.i32 heap0.trap [v5 + 8]\n"
          "  return v6\n"
          "}\n");
  }
  SECTION("a known address below the least size cannot fault") {
    const std::string ir = test::ir_of(body("(i32.load offset=8 (i32.const 65520))"), guard);
    CHECK(ir.find("load.i32 heap0 [v4 + 65528]") != std::string::npos);
    CHECK(test::ir_of(body("(i32.load offset=8 (i32.const 65525))"), guard).find("heap0.trap") != std::string::npos);
    CHECK(test::ir_of(body("(i32.load offset=8 (i32.const 65520))"), checks).find("trap_if") == std::string::npos);
    CHECK(test::ir_of(body("(i32.load offset=8 (i32.const 65525))"), checks).find("trap_if") != std::string::npos);
  }
  SECTION("base and length are loaded once, and again behind a call") {
    const std::string ir = test::ir_of(
        body("(i32.store (local.get 0) (i32.load (local.get 0))) (drop (memory.grow (i32.const 1))) (i32.load (local.get 0))"), checks);
    size_t loads = 0;
    for (size_t at = 0; (at = ir.find("memdef0", at)) != std::string::npos; ++at) ++loads;
    CHECK(loads == 4);
  }
}
