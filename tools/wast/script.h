// Spec scripts (.wast) read into commands. Their modules stay what they are: bytes, or text that is parsed
// when the script runs.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tools/wast/lexer.h"
#include "tools/wast/number.h"

namespace wjit::wast {

// --- values
// ---------------------------------------------------------------------------------------------------

// name in the script, lanes, bits of a lane, lanes are floats
#define WJIT_WAST_SHAPES(S)        \
  S(kI8x16, "i8x16", 16, 8, false) \
  S(kI16x8, "i16x8", 8, 16, false) \
  S(kI32x4, "i32x4", 4, 32, false) \
  S(kI64x2, "i64x2", 2, 64, false) \
  S(kF32x4, "f32x4", 4, 32, true)  \
  S(kF64x2, "f64x2", 2, 64, true)

enum class Shape : uint8_t {
#define WJIT_S(id, name, lanes, bits, is_float) id,
  WJIT_WAST_SHAPES(WJIT_S)
#undef WJIT_S
};
struct ShapeInfo {
  const char* name;
  uint8_t lanes, bits;
  bool is_float;
};
const ShapeInfo& shape_info(Shape s);

// An argument, or what a result is compared with.
struct Value {
  enum class Kind : uint8_t {
    kI32,
    kI64,
    kF32,
    kF64,
    kV128,
    kRefNull,    // (ref.null HEAP_TYPE); as a result, any null reference; `heap` is empty in (ref.null)
    kRefExtern,  // (ref.extern N): the externalised host reference N
    kRefHost,    // (ref.host N)
    kRefAny,     // results only: (ref.func), (ref.i31) …: any non-null reference of the kind `heap` names
    kEither,     // results only: one of `choices`
  };
  Kind kind = Kind::kI32;
  Shape shape = Shape::kI32x4;
  uint64_t bits = 0;  // number, or N of a reference
  NanPattern nan = NanPattern::kNone;
  std::array<FloatLiteral, 16> lanes{};  // kV128: shape_info(shape).lanes of them
  std::string heap;                      // "func", "extern", "i31" …
  std::vector<Value> choices;
};
// As it would stand in a script, numbers in hexadecimal and floats with their value: "(i32.const 0x2a)".
std::string to_string(const Value& v);

// --- commands
// -------------------------------------------------------------------------------------------------

struct BinaryModule {
  std::vector<uint8_t> bytes;
};
struct TextModule {  // as it stands in the script, or what a (module quote …) spells
  std::string text;
  Position start;  // of the text in the script; of a quoted one, 1:1
  bool quoted = false;
};
using ModuleSource = std::variant<BinaryModule, TextModule>;

// Names keep their '$'; an empty one means "the latest".
// (module [definition] [$name] FIELD*), (module [definition] [$name] binary "…"*), the same with quote
struct ModuleDefinition {
  Position at;
  std::string name;
  bool definition_only = false;  // else it is instantiated at once, under the same name
  ModuleSource source;
};
struct ModuleInstance {  // (module instance [$instance [$definition]])
  Position at;
  std::string instance, definition;
};
struct Registration {  // (register "as" [$instance])
  Position at;
  std::string as, instance;
};
struct Action {  // (invoke [$instance] "name" argument*), (get [$instance] "name")
  Position at;
  bool is_get = false;
  std::string instance, name;
  std::vector<Value> args;
};

using Subject = std::variant<ModuleDefinition, ModuleInstance, Registration, Action>;

// Assertions: id, keyword, which subjects it may have (letters: a action, i module instance, m module),
// whether results follow (else, where the last column says so, a message).
#define WJIT_WAST_ASSERTIONS(A)                                      \
  A(kAssertReturn, "assert_return", "a", true, false)                \
  A(kAssertTrap, "assert_trap", "aim", false, true)                  \
  A(kAssertExhaustion, "assert_exhaustion", "a", false, true)        \
  A(kAssertException, "assert_exception", "a", false, false)         \
  A(kAssertInvalid, "assert_invalid", "m", false, true)              \
  A(kAssertMalformed, "assert_malformed", "m", false, true)          \
  A(kAssertUnlinkable, "assert_unlinkable", "im", false, true)       \
  A(kAssertInvalidCustom, "assert_invalid_custom", "m", false, true) \
  A(kAssertMalformedCustom, "assert_malformed_custom", "m", false, true)

struct Command {
  enum class Kind : uint8_t {
    kPlain,  // the subject itself: it must succeed
#define WJIT_A(id, name, subjects, results, message) id,
    WJIT_WAST_ASSERTIONS(WJIT_A)
#undef WJIT_A
  };
  Kind kind = Kind::kPlain;
  Position at;
  Subject subject;
  std::vector<Value> results;
  std::string message;

  bool is_assertion() const { return kind != Kind::kPlain; }
};
// "assert_return"; empty for kPlain.
const char* keyword(Command::Kind k);
// "(assert_return (invoke "f" (i32.const 0x1)) (i32.const 0x2))", without the bytes of modules.
std::string to_string(const Command& c);

struct Script {
  std::string path;
  std::vector<Command> commands;
};

// --- reading
// --------------------------------------------------------------------------------------------------

// `path` names the script in errors: "FILE:LINE:COLUMN: found …, expected …". A form that is not listed above
// is such an error.
Result<Script> parse_script(std::string_view text, const std::string& path);
// The same from a file; errors of the system are of kind kIo.
Result<Script> read_script(const std::string& path);

// All of a file; errors of the system are of kind kIo.
Result<std::string> read_text(const std::string& path);
// The scripts (*.wast) at `path`: itself when it is a file, else every one below it, sorted.
Result<std::vector<std::string>> find_scripts(const std::string& path);

}  // namespace wjit::wast
