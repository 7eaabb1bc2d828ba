#include "compiler/wasm/read_op.h"

#include "binary.h"
#include "catch.h"
#include "compiler/wasm/print_op.h"

using namespace wjit;
using namespace wjit::wasm;
using namespace wjit::test;

namespace {

// type 0 = [] -> [], type 1 = (struct)
const Blob kTypes = module_of(section(kTypeSec, {2, 0x60, 0, 0, 0x5f, 0}));

// One instruction after the other, as text; then the error, if there is one.
std::vector<std::string> read_all(const Blob& bytes, FeatureSet features = FeatureSet::all()) {
  auto module = read(kTypes);
  REQUIRE(module);
  Module changed;
  changed.types = (*module)->types;
  changed.registry = (*module)->registry;
  changed.features = features;
  OpBuffers buffers;
  OpReader reader(changed, bytes, 50, buffers);
  std::vector<std::string> out;
  Instr in{};
  while (!reader.cursor().at_end() && reader.read(in)) out.push_back(to_string(in));
  if (!reader.cursor().ok()) {
    const Error& e = reader.cursor().error();
    const char* kind = e.kind() == ErrorKind::kMalformed ? "malformed"
                       : e.kind() == ErrorKind::kInvalid ? "invalid"
                                                         : "unsupported";
    out.push_back(std::string(kind) + " at " + std::to_string(e.offset()) + ": " + e.message());
  }
  return out;
}
std::string read_one(const Blob& bytes, FeatureSet features = FeatureSet::all()) {
  const auto all = read_all(bytes, features);
  return all.empty() ? "" : all.back();
}
bool starts(const std::string& s, const std::string& with) {
  INFO(s);
  CHECK(s.substr(0, with.size()) == with);
  return s.starts_with(with);
}

}  // namespace

TEST_CASE("every kind of immediate is read") {
  CHECK(read_one({0x01}) == "nop");
  CHECK(read_one({0x02, 0x40}) == "block");
  CHECK(read_one({0x03, 0x7E}) == "loop (result i64)");
  CHECK(read_one({0x04, 0x00}) == "if");
  CHECK(read_one({0x02, 0x64, 0x70}) == "block (result (ref func))");
  CHECK(read_one({0x0D, 0x05}) == "br_if 5");
  CHECK(read_one({0x0E, 2, 7, 8, 9}) == "br_table 7 8 9");
  CHECK(read_one({0x10, 0x80, 0x01}) == "call 128");
  CHECK(read_one({0x11, 0, 2}) == "call_indirect 2 (type 0)");
  CHECK(read_one({0x28, 1, 4}) == "i32.load offset=4 align=2");
  CHECK(read_one({0x28, 0x42, 3, 4}) == "i32.load 3 offset=4");
  CHECK(read_one({0x41, 0x7F}) == "i32.const -1");
  CHECK(read_one({0x42, 0x80, 0x7F}) == "i64.const -128");
  CHECK(read_one({0x44, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F}) == "f64.const 1.5");
  CHECK(read_one({0x1C, 1, 0x7C}) == "select (result f64)");
  CHECK(read_one({0xD0, 0x6E}) == "ref.null any");
  CHECK(starts(read_one({0xD0, 0x01}), "ref.null "));
  CHECK(read_one({0xFC, 8, 1, 0}) == "memory.init 1");
  CHECK(read_one({0xFC, 10, 1, 2}) == "memory.copy 1 2");
  CHECK(read_one({0xFB, 24, 1, 2, 0x6E, 0x6B}) == "br_on_cast 2 anyref (ref struct)");
  CHECK(read_one({0xFB, 8, 1, 3}) == "array.new_fixed 1 3");
  CHECK(read_one({0x1F, 0x40, 2, 1, 4, 5, 2, 6}) == "try_table (catch_ref 4 5) (catch_all 6)");
  CHECK(read_one({0xFD, 21, 15}) == "i8x16.extract_lane_s 15");
  CHECK(read_one({0xFD, 0x57, 0, 0, 1}) == "v128.load64_lane align=1 1");
  CHECK(read_one({0xFE, 3, 0}) == "atomic.fence");
  CHECK(read_all({0x20, 0, 0x1A}) == std::vector<std::string>{"local.get 0", "drop"});
}

TEST_CASE("what is no instruction is refused where it stands") {
  CHECK(starts(read_one({0x01, 0xFF}), "malformed at 51: illegal opcode 0xff"));
  CHECK(starts(read_one({0xFD, 0x9A, 0x01}), "malformed at 50: illegal opcode 0xfd 0x9a"));
  CHECK(starts(read_one({0x0E, 0x80, 0x80, 0x01, 0}), "malformed at 51: length out of bounds"));
  CHECK(starts(read_one({0x28, 0x80, 0x01, 0}), "malformed at 51: malformed memop flags"));
  CHECK(starts(read_one({0x02, 0x05}), "invalid at 51: unknown type 5"));
  CHECK(starts(read_one({0x02, 0x01}), "invalid at 51: block type 1 is no function type"));
  CHECK(starts(read_one({0x1C, 2, 0x7F, 0x7F}), "invalid at 50: invalid result arity"));
  CHECK(starts(read_one({0x1F, 0x40, 1, 9, 0}), "malformed at 53: malformed catch clause"));
  CHECK(starts(read_one({0xFB, 24, 4, 0, 0x6E, 0x6E}), "malformed at 52: malformed br_on_cast flags"));
  CHECK(starts(read_one({0xFE, 3, 1}), "malformed at 52: zero byte expected"));
  CHECK(starts(read_one({0x44, 0, 0}), "malformed at 51: unexpected end"));
  CHECK(starts(read_one({0xFC}), "malformed at 51: unexpected end"));
}

TEST_CASE("legacy exceptions are named") {
  for (int byte : {0x06, 0x07, 0x09, 0x18, 0x19}) {
    const std::string error = read_one({uint8_t(byte), 0x40});
    CHECK(starts(error, "unsupported at 50: "));
    CHECK(error.find("legacy exception-handling proposal") != std::string::npos);
  }
}

TEST_CASE("an instruction whose feature is off is refused with the feature's name") {
  CHECK(starts(read_one({0xFE, 3, 0}, without(Feature::kThreads)),
               "invalid at 50: illegal opcode 0xfe 0x03: atomic.fence needs the threads feature"));
  CHECK(starts(read_one({0xC0}, without(Feature::kSignExtension)), "invalid at 50: illegal opcode 0xc0"));
  CHECK(starts(read_one({0x28, 0x42, 1, 4}, without(Feature::kMultiMemory)),
               "malformed at 51: malformed memop"));
  CHECK(starts(read_one({0x02, 0x00}, without(Feature::kMultiValue)), "unsupported at 51: "));
}
