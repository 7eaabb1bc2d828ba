#include "compiler/wasm/validate.h"

#include "../../wast_modules.h"
#include "binary.h"
#include "catch.h"
#include "compiler/wasm/limits.h"
#include "compiler/wasm/print_op.h"

using namespace wjit;
using namespace wjit::wasm;
using namespace wjit::test;

namespace {

constexpr int kI32Byte = 0x7F, kI64Byte = 0x7E;
const Blob kNoLocals = {0};

// Types: 0 = [] -> [], 1 = [i32] -> [i32], 2 = [] -> [i32], 3 = [i32 i32] -> [i32 i32], 4 = (struct (mut
// i32)), 5 = [i64] -> []. One 32-bit and one 64-bit memory, a mutable and an immutable global, a table, a tag
// of type 5. The function has this type; its body ends by itself.
Blob with_body(int type, const Blob& locals_and_code) {
  const Blob types = vec({{0x60, 0, 0},
                          {0x60, 1, 0x7F, 1, 0x7F},
                          {0x60, 0, 1, 0x7F},
                          {0x60, 2, 0x7F, 0x7F, 2, 0x7F, 0x7F},
                          {0x5F, 1, 0x7F, 1},
                          {0x60, 1, 0x7E, 0}});
  return module_of(section(kTypeSec, types), section(kFuncSec, {1, uint8_t(type)}),
                   section(kTableSec, {1, 0x70, 0, 1}), section(kMemorySec, {2, 0, 1, 4, 1}),
                   section(kTagSec, {1, 0, 5}),
                   section(kGlobalSec, {2, 0x7F, 1, 0x41, 0, 0x0B, 0x7F, 0, 0x41, 0, 0x0B}),
                   section(kCodeSec, cat(1, sized(cat(locals_and_code, 0x0B)))));
}

struct NoVisit {
  Result<void> begin(const ValidatorView&, std::span<const LocalGroup>) { return {}; }
  Result<void> visit(const Instr&, bool, const ValidatorView&) { return {}; }
  void fuel_block(uint32_t) {}
  void fuel_block_end(uint64_t) {}
  Result<void> finish() { return {}; }
};

// Both ways through the validator, which must agree on every word.
Result<void> judge(const Module& m, uint32_t func) {
  const Result<void> alone = validate_body(m, func);
  ValidatorBuffers buffers;
  NoVisit visitor;
  const Result<void> shown = validate_func(m, func, visitor, buffers);
  const std::string a = alone ? "valid" : alone.error().to_string(),
                    b = shown ? "valid" : shown.error().to_string();
  if (a != b) FAIL_CHECK("alone: " << a << "\nshown: " << b);
  return alone;
}
Result<void> judge(int type, const Blob& code, const Blob& locals = kNoLocals) {
  REQUIRE_READ(m, read(with_body(type, cat(locals, code)), FeatureSet::all()));
  return judge(m, 0);
}
#define CHECK_VALID(...)                                \
  do {                                                  \
    auto verdict = judge(__VA_ARGS__);                  \
    INFO((verdict ? "" : verdict.error().to_string())); \
    CHECK(verdict);                                     \
  } while (0)
#define CHECK_INVALID(words, ...)                                      \
  do {                                                                 \
    auto verdict = judge(__VA_ARGS__);                                 \
    REQUIRE_FALSE(verdict);                                            \
    INFO(verdict.error().to_string());                                 \
    CHECK(verdict.error().kind() == ErrorKind::kInvalid);              \
    CHECK(verdict.error().message().find(words) != std::string::npos); \
    CHECK(verdict.error().message().find("function 0: ") == 0);        \
  } while (0)

constexpr int kConst = 0x41, kAdd = 0x6A, kDrop = 0x1A, kEnd = 0x0B, kBlock = 0x02, kLoop = 0x03, kIf = 0x04,
              kElse = 0x05, kUnreachable = 0x00, kBr = 0x0C, kBrIf = 0x0D, kReturn = 0x0F, kVoid = 0x40;

}  // namespace

TEST_CASE("operands are counted and typed") {
  CHECK_VALID(1, {0x20, 0, kConst, 5, kAdd});
  CHECK_INVALID("type mismatch: i32.add needs an operand more", 2, {kConst, 1, kAdd});
  CHECK_INVALID("type mismatch: i32.add expects i32, found i64", 2, {kConst, 1, 0x42, 1, kAdd});
  CHECK_INVALID("type mismatch: i32.add expects i32, found f32", 2, {0x43, 0, 0, 0, 0, kConst, 1, kAdd});
  CHECK_INVALID("1 values too many", 0, {kConst, 1});
  CHECK_INVALID("end needs an operand", 2, {});
  CHECK_INVALID("local.set expects i32, found i64", 1, {0x42, 0, 0x21, 0, kConst, 0});
  CHECK_INVALID("unknown local 1", 1, {0x20, 1});
  CHECK_INVALID("unknown global 2", 2, {0x23, 2});
  CHECK_INVALID("immutable global 1", 0, {kConst, 1, 0x24, 1});
  CHECK_INVALID("unknown function 1", 0, {0x10, 1});
  CHECK_INVALID("unknown label 1", 0, {kBr, 1});
  CHECK_INVALID("undeclared function reference", 0, {0xD2, 0, kDrop});
}

TEST_CASE("an operand of an outer block is out of reach") {
  CHECK_INVALID("drop needs an operand", 0, {kConst, 1, kBlock, kVoid, kDrop, kEnd, kDrop});
  CHECK_INVALID("i32.add needs an operand", 2, {kConst, 1, kBlock, kI32Byte, kConst, 2, kAdd, kEnd, kAdd});
  CHECK_INVALID("local.set needs an operand", 1, {kConst, 1, kBlock, kVoid, 0x21, 0, kEnd});
  CHECK_INVALID("br_if needs an operand", 1, {kConst, 1, kBlock, kVoid, kBrIf, 0, kEnd});
  CHECK_INVALID("if needs an operand", 1, {kConst, 1, kLoop, kVoid, kIf, kVoid, kEnd, kEnd});
}

TEST_CASE("block parameters come from outside and go in") {
  // block (type 3): two in, two out, under a third operand
  CHECK_VALID(2, {kConst, 9, kConst, 1, kConst, 2, kBlock, 3, kEnd, kAdd, kAdd});
  CHECK_INVALID("block needs an operand", 2, {kConst, 1, kBlock, 3, kEnd, kAdd});
  // The loop's label takes the parameters, the block's the results.
  CHECK_VALID(2, {kConst, 1, kLoop, 1, kBr, 0, kEnd});
  CHECK_INVALID("1 values too many", 2, {kConst, 9, kConst, 1, kLoop, 1, kConst, 2, kEnd, kDrop});
  // An if without else passes its parameters on.
  CHECK_VALID(2, {kConst, 1, kConst, 0, kIf, 1, kEnd});
  CHECK_INVALID("type mismatch: end would pass", 2, {kConst, 0, kIf, 2, kConst, 1, kEnd});
  CHECK_VALID(2, {kConst, 0, kIf, 2, kConst, 1, kElse, kConst, 2, kEnd});
  CHECK_INVALID("end of the if's first arm", 0, {kConst, 0, kIf, kVoid, kConst, 1, kElse, kEnd});
}

TEST_CASE("dead code has operands of any type, in its own block only") {
  CHECK_VALID(2, {kUnreachable, kAdd});
  CHECK_VALID(2, {kConst, 1, kReturn, 0x42, 0, 0xA7, kAdd});  // i32.wrap_i64
  CHECK_INVALID("i32.add expects i32, found i64", 2, {kUnreachable, 0x42, 0, kAdd});
  CHECK_INVALID("i32.add needs an operand", 2, {kUnreachable, kBlock, kI32Byte, kAdd, kEnd});
  CHECK_VALID(0, {kUnreachable, 0x1B, kDrop});  // select
  CHECK_INVALID("select expects", 0, {kUnreachable, 0xD0, 0x70, kConst, 0, 0x1B, kDrop});
  CHECK_VALID(2, {kBlock, kI32Byte, kConst, 1, kBr, 0, kEnd});
  CHECK_INVALID("1 values too many", 0, {kBr, 0, kConst, 1});
  CHECK_VALID(2, {kUnreachable, 0x0E, 1, 0, 0});
  CHECK_VALID(0, {kUnreachable, 0xD1, kDrop});  // ref.is_null
  CHECK_VALID(0, {kUnreachable, 0xD4, kDrop});  // ref.as_non_null
  CHECK_INVALID("expects i32", 2, {kUnreachable, 0xD4});
  // Reachable again after the block, whatever ended it.
  CHECK_INVALID("i32.add needs an operand", 2, {kBlock, kVoid, kUnreachable, kEnd, kAdd});
  CHECK_VALID(
      0, {kUnreachable, kBlock, kVoid, kBr, 0, kEnd, kLoop, kVoid, kEnd, kConst, 0, kIf, kVoid, kElse, kEnd});
}

TEST_CASE("br_table's labels agree in number, and each fits") {
  CHECK_VALID(2, {kBlock, kI32Byte, kConst, 1, kConst, 0, 0x0E, 1, 0, 1, kEnd});
  CHECK_INVALID("br_table's labels take 0 and 1 values", 2,
                {kBlock, kVoid, kConst, 1, kConst, 0, 0x0E, 1, 0, 1, kEnd, kConst, 0});
  CHECK_INVALID("br_table expects i32, found i64", 2,
                {kBlock, kI64Byte, 0x42, 1, kConst, 0, 0x0E, 1, 1, 0, kEnd, 0xA7});
}

TEST_CASE("memory accesses") {
  CHECK_VALID(2, {kConst, 0, 0x28, 2, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F});
  CHECK_INVALID("offset out of range", 2, {kConst, 0, 0x28, 2, 0x80, 0x80, 0x80, 0x80, 0x10});
  CHECK_INVALID("alignment must not be larger than natural", 2, {kConst, 0, 0x28, 3, 0});
  CHECK_VALID(2, {0x42, 0, 0x28, 0x42, 1, 0x80, 0x80, 0x80, 0x80, 0x10});  // the 64-bit memory
  CHECK_INVALID("i32.load expects i64, found i32", 2, {kConst, 0, 0x28, 0x42, 1, 0});
  CHECK_INVALID("unknown memory 2", 2, {kConst, 0, 0x28, 0x42, 2, 0});
  CHECK_INVALID("atomic alignment must be natural", 2, {kConst, 0, 0xFE, 0x10, 1, 0});
  CHECK_VALID(2, {kConst, 0, 0xFE, 0x10, 2, 0});
  CHECK_INVALID("invalid lane index 4", 0, {kConst, 0, 0xFD, 12, 0, 0, 0, 0,    0,    0, 0, 0, 0,
                                            0,      0, 0,    0,  0, 0, 0, 0xFD, 0x56, 0, 0, 4, kDrop});
  // memory.copy between a 32-bit and a 64-bit memory counts in i32
  CHECK_VALID(0, {0x42, 0, kConst, 0, kConst, 0, 0xFC, 10, 1, 0});
  CHECK_INVALID("memory.copy expects i32, found i64", 0, {0x42, 0, kConst, 0, 0x42, 0, 0xFC, 10, 1, 0});
  CHECK_VALID(0, {0x42, 0, 0x42, 0, 0x42, 0, 0xFC, 10, 1, 1});
}

TEST_CASE("locals without default value are set before they are read") {
  const Blob local = {1, 1, 0x64, 0x70};  // (ref func)
  CHECK_INVALID("uninitialized local 0", 0, {0x20, 0, kDrop}, local);
  CHECK_VALID(0, {kUnreachable, 0x21, 0, 0x20, 0, kDrop}, local);
  // What a block sets is forgotten at its end, and at its else.
  CHECK_INVALID("uninitialized local 0", 0, {kBlock, kVoid, kUnreachable, 0x21, 0, kEnd, 0x20, 0, kDrop},
                local);
  CHECK_INVALID("uninitialized local 0", 0,
                {kConst, 0, kIf, kVoid, kUnreachable, 0x21, 0, kElse, 0x20, 0, kDrop, kEnd}, local);
  CHECK_VALID(0, {kUnreachable, 0x21, 0, kBlock, kVoid, 0x20, 0, 0x21, 0, kEnd, 0x20, 0, kDrop}, local);
}

TEST_CASE("locals past those that are listed have their types") {
  // 2 i32, 30000 i64, 5 f32 after the parameter
  const Blob locals = cat(3, 2, 0x7F, leb(30000), 0x7E, 5, 0x7D);
  const auto get = [](uint32_t i) { return cat(0x20, leb(i)); };
  CHECK_VALID(1, cat(get(2)), locals);
  for (uint32_t i : {3u, 1023u, 1024u, 30002u}) CHECK_VALID(1, cat(get(i), 0xA7), locals);
  for (uint32_t i : {30003u, 30007u}) CHECK_VALID(1, cat(get(i), 0xA8), locals);
  CHECK_INVALID("found i64", 1, cat(get(30002)), locals);
  CHECK_INVALID("found f32", 1, cat(get(30003)), locals);
  CHECK_INVALID("unknown local 30008", 1, cat(get(30008)), locals);
}

TEST_CASE("references and objects") {
  CHECK_VALID(2, {kConst, 7, 0xFB, 0, 4, 0xFB, 2, 4, 0});
  CHECK_INVALID("no struct type", 0, {0xFB, 1, 0, kDrop});
  CHECK_INVALID("not packed", 0, {0xD0, 4, 0xFB, 3, 4, 0, kDrop});
  CHECK_INVALID("unknown field 1", 0, {0xD0, 4, 0xFB, 2, 4, 1, kDrop});
  CHECK_VALID(2, {0xD0, 4, 0xFB, 20, 0x6B});  // ref.test struct
  CHECK_INVALID("ref.test expects anyref, found funcref", 2, {0xD0, 0x70, 0xFB, 20, 0x6B});
  CHECK_VALID(0, {kBlock, kVoid, 0xD0, 4, 0xD5, 0, kDrop, kEnd});      // br_on_null
  CHECK_INVALID("must take a reference last", 0, {0xD0, 4, 0xD6, 0});  // br_on_non_null
  CHECK_VALID(0, {kBlock, 0x6B, 0xD0, 0x6E, 0xFB, 24, 3, 0, 0x6E, 0x6B, kDrop, 0xD0, 0x6B, kEnd, kDrop});
  CHECK_INVALID("no subtype of it", 0, {kBlock, 0x6B, 0xD0, 0x6B, 0xFB, 24, 3, 0, 0x6B, 0x6E, kEnd, kDrop});
}

TEST_CASE("exceptions are caught by labels that take what they carry") {
  CHECK_VALID(0, {kBlock, kI64Byte, 0x1F, kVoid, 1, 0, 0, 0, kEnd, kUnreachable, kEnd, kDrop});
  CHECK_INVALID("try_table would pass", 0, {kBlock, kVoid, 0x1F, kVoid, 1, 0, 0, 0, kEnd, kEnd});
  CHECK_INVALID("throw expects i64, found i32", 0, {kConst, 0, 0x08, 0});
  CHECK_INVALID("unknown tag 1", 0, {0x08, 1});
}

TEST_CASE("a body ends at its end") {
  const auto refused = [](const Blob& code, const char* words) {
    REQUIRE_READ(m, read(with_body(0, cat(kNoLocals, code)), FeatureSet::all()));
    auto verdict = judge(m, 0);
    REQUIRE_FALSE(verdict);
    INFO(verdict.error().to_string());
    CHECK(verdict.error().kind() == ErrorKind::kMalformed);
    CHECK(verdict.error().message().find(words) != std::string::npos);
  };
  refused({kEnd}, "END opcode expected");
  refused({kBlock, kVoid}, "unexpected end");
  refused({kConst}, "unexpected end");  // takes the end's byte as its immediate
  refused({kElse}, "misplaced ELSE");
  refused({0xFC, 9, 0}, "data count section required");
}

TEST_CASE("limits of a body") {
  const auto kind_of = [](const Blob& locals) {
    REQUIRE_READ(m, read(with_body(1, locals)));
    auto verdict = judge(m, 0);
    return verdict ? ErrorKind::kUsage : verdict.error().kind();
  };
  const auto locals = [](uint64_t n) { return cat(1, leb(n), kI32Byte, 0x20, 0); };
  CHECK(kind_of(locals(kMaxLocals - 1)) == ErrorKind::kUsage);  // valid, with the parameter
  CHECK(kind_of(locals(kMaxLocals)) == ErrorKind::kLimit);
  CHECK(kind_of(cat(2, leb(0xFFFF'FFFF), kI32Byte, leb(1), kI32Byte)) == ErrorKind::kMalformed);
}

// ---- what a visitor sees

namespace {

// "i32.add(i32 i32)": the instruction and the operands named by its pops, as the view has them.
struct Recorder {
  std::vector<std::string> seen;
  std::vector<uint64_t> costs;
  std::vector<uint32_t> starts;  // relative to the first instruction
  uint32_t first = 0;
  bool open = false;

  Result<void> begin(const ValidatorView& v, std::span<const LocalGroup> groups) {
    CHECK(v.control_depth() == 1);
    CHECK(v.height() == 0);
    seen.push_back("begin " + std::to_string(groups.size()) + " " + std::to_string(v.local_count()));
    return {};
  }
  Result<void> visit(const Instr& in, bool reachable, const ValidatorView& v) {
    std::string s = to_string(in) + " |";
    for (uint32_t i = 0; i < v.height() && !v.operand(i).is_bot(); ++i) s += " " + to_string(v.operand(i));
    s += " @" + std::to_string(v.control_depth());
    if (!reachable) s += " dead";
    seen.push_back(s);
    return {};
  }
  void fuel_block(uint32_t offset) {
    CHECK_FALSE(open);
    open = true;
    if (starts.empty()) first = offset;
    starts.push_back(offset - first);
  }
  void fuel_block_end(uint64_t cost) {
    CHECK(open);
    open = false;
    costs.push_back(cost);
  }
  Result<void> finish() {
    CHECK_FALSE(open);
    seen.push_back("finish");
    return {};
  }
};
Recorder record(int type, const Blob& code, const Blob& locals = kNoLocals) {
  REQUIRE_READ(m, read(with_body(type, cat(locals, code)), FeatureSet::all()));
  Recorder recorder;
  ValidatorBuffers buffers;
  const Result<void> result = validate_func(m, 0, recorder, buffers);
  INFO((result ? "" : result.error().to_string()));
  CHECK(result);
  return recorder;
}
using Lines = std::vector<std::string>;
using Costs = std::vector<uint64_t>;
using Starts = std::vector<uint32_t>;

}  // namespace

TEST_CASE("a visitor sees each reachable instruction before its effect") {
  const Recorder r =
      record(1, {0x20, 0, 0x41, 0x80, 0x01, 0x6A, kBlock, 1, 0x28, 2, 0x88, 1, kEnd}, {1, 2, 0x7E});
  CHECK(r.seen == Lines{"begin 1 3", "local.get 0 | @1", "i32.const 128 | i32 @1", "i32.add | i32 i32 @1",
                        "block (param i32) (result i32) | i32 @1", "i32.load offset=136 | i32 @2",
                        "end | i32 @2", "end | i32 @1", "finish"});
}

TEST_CASE("a visitor sees no dead code but the end of what was opened alive") {
  const Recorder r = record(2, {kBlock, kI32Byte, kConst, 1, kBr, 0, kBlock, kVoid, kLoop, kVoid, kEnd, kEnd,
                                kDrop, kConst, 3, kEnd});
  CHECK(r.seen == Lines{"begin 0 0", "block (result i32) | @1", "i32.const 1 | @2", "br 0 | i32 @2",
                        "end | i32 @2 dead", "end | i32 @1", "finish"});
  const Recorder arms = record(2, {kConst, 1, kIf, kI32Byte, kUnreachable, kElse, kConst, 2, kEnd});
  CHECK(arms.seen == Lines{"begin 0 0", "i32.const 1 | @1", "if (result i32) | i32 @1", "unreachable | @2",
                           "else | @2 dead", "i32.const 2 | @2", "end | i32 @2", "end | i32 @1", "finish"});
}

TEST_CASE("fuel blocks are cut where control joins or parts, and cost what is reachable") {
  // One block: get, const, add cost one each, the end nothing.
  const Recorder straight = record(1, {0x20, 0, kConst, 1, kAdd});
  CHECK(straight.costs == Costs{3});
  CHECK(straight.starts == Starts{0});

  // loop: after its header; br_if: after it; end of a loop: no cut; end of a block: cut.
  const Recorder loop =
      record(0, {kLoop, kVoid, kConst, 1, kBrIf, 0, kConst, 1, kDrop, kEnd, kBlock, kVoid, kEnd});
  CHECK(loop.starts == Starts{0, 2, 6, 13});
  CHECK(loop.costs == Costs{0, 2, 1, 0});

  // if, else and end cut; the if itself costs one, before the cut; nop, drop and block are free.
  const Recorder arms = record(0, {kConst, 0, kIf, kVoid, kConst, 1, kDrop, 0x01, kElse, kConst, 1, kConst, 1,
                                   kDrop, kDrop, kEnd, kConst, 1, kDrop});
  CHECK(arms.starts == Starts{0, 4, 9, 16});
  CHECK(arms.costs == Costs{2, 1, 2, 1});

  // Dead code is free, and what it holds cuts nothing.
  const Recorder dead = record(0, {kBlock, kVoid, kBr, 0, kConst, 1, kDrop, kLoop, kVoid, kConst, 1, kBrIf, 0,
                                   kEnd, kEnd, kConst, 1, kDrop});
  CHECK(dead.starts == Starts{0, 15});
  CHECK(dead.costs == Costs{1, 1});
}

TEST_CASE("a visitor's error ends the validation and is named by its function") {
  struct Refuser : NoVisit {
    Result<void> visit(const Instr& in, bool, const ValidatorView&) {
      if (in.op != Op::i32_add && in.op != Op::end) return {};
      return fail(ErrorKind::kUnsupported, "no " + std::string(info(in.op).text), in.offset);
    }
  };
  REQUIRE_READ(m, read(with_body(2, cat(kNoLocals, Blob{kConst, 1, kConst, 2, kAdd})), FeatureSet::all()));
  Refuser visitor;
  ValidatorBuffers buffers;
  const auto result = validate_func(m, 0, visitor, buffers);
  REQUIRE_FALSE(result);
  CHECK(result.error().message() == "function 0: no i32.add");
  CHECK(result.error().kind() == ErrorKind::kUnsupported);
  CHECK(result.error().offset() == m.bodies[0].offset + 5);
}

// ---- all bodies

TEST_CASE("the first invalid body wins on any number of threads") {
  constexpr size_t kBodies = 3000, kFirstBad = 1234;
  // Bodies of some 700 bytes: nops. The bad ones leave a value.
  Blob code = leb(kBodies);
  for (size_t i = 0; i < kBodies; ++i) {
    Blob body = {0};
    body.insert(body.end(), 700, 0x01);
    if (i >= kFirstBad && i % 2 == 0) append(body, Blob{kConst, 0});
    append(body, kEnd);
    append(code, sized(body));
  }
  Blob funcs = leb(kBodies);
  funcs.resize(funcs.size() + kBodies, 0);
  REQUIRE_READ(m, read(module_of(void_type(), section(kFuncSec, funcs), section(kCodeSec, code))));
  for (unsigned threads : {1u, 2u, 8u}) {
    const auto result = validate_module_bodies(m, threads);
    REQUIRE_FALSE(result);
    CHECK(result.error().message().find("function 1234: ") == 0);
  }
}

TEST_CASE("with or without a visitor, the verdicts on the suite's bodies are the same") {
  size_t bodies = 0;
  for (const WastModule& module : wast_modules("core/")) {
    auto m = read(module.bytes);
    if (!m) continue;
    bool all_valid = true;
    for (uint32_t i = 0; i < (*m)->bodies.size(); ++i, ++bodies) all_valid &= bool(judge(**m, i));
    if (all_valid != bool(validate_module_bodies(**m, 2))) FAIL_CHECK(module.file << ":" << module.line);
    if (all_valid && module.expect != WastModule::kValid)
      FAIL_CHECK(module.file << ":" << module.line << " is valid, but should be: " << module.message);
  }
  if (bodies == 0) WARN("WJIT_SPEC_TESTSUITE is not set or not found: no body was judged");
}
