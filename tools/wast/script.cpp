#include "tools/wast/script.h"

#include <fmt/format.h>

#include <algorithm>

namespace wjit::wast {

using wasm::text::append_string;
using wasm::text::describe;

namespace {

constexpr ShapeInfo kShapes[] = {
#define WJIT_S(id, name, lanes, bits, is_float) {name, lanes, bits, is_float},
    WJIT_WAST_SHAPES(WJIT_S)
#undef WJIT_S
};

struct AssertionInfo {
  const char* name;
  const char* subjects;
  bool results, message;
};
// Indexed by Command::Kind; row 0 is kPlain.
constexpr AssertionInfo kAssertions[] = {{"", "", false, false},
#define WJIT_A(id, name, subjects, results, message) {name, subjects, results, message},
                                         WJIT_WAST_ASSERTIONS(WJIT_A)
#undef WJIT_A
};

// Heap types an operand of ref.null may name.
constexpr std::string_view kHeapTypes[] = {"any",  "eq",     "i31",    "struct",   "array", "none",
                                           "func", "nofunc", "extern", "noextern", "exn",   "noexn"};
// What (ref.X) without operand may ask for.
constexpr std::string_view kRefPatterns[] = {"any", "eq", "i31", "struct", "array", "func", "exn"};

// What a script begins with that is the inside of a module.
constexpr std::string_view kFields[] = {"type",   "rec", "import", "func",  "table", "memory",
                                        "global", "tag", "export", "start", "elem",  "data"};

template <class List>
bool one_of(std::string_view word, const List& list) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

class Parser {
 public:
  Parser(std::string_view text, const std::string& path) : text_(text), lex_(text, path) {
    script_.path = path;
  }

  Result<Script> run() {
    WJIT_CHECK(lex_.status());
    if (lex_.peek().kind == TokenKind::kOpen && one_of(lex_.peek2().text, kFields)) return bare_module();
    while (lex_.peek().kind != TokenKind::kEnd) {
      WJIT_TRY(Command c, command());
      script_.commands.push_back(std::move(c));
    }
    return std::move(script_);
  }

 private:
  Result<void> open(const char* what) {
    if (lex_.peek().kind != TokenKind::kOpen) return lex_.expected(what);
    return lex_.advance();
  }
  Result<void> close(const char* what) {
    if (lex_.peek().kind != TokenKind::kClose) return lex_.expected(what);
    return lex_.advance();
  }
  bool at_close() const { return lex_.peek().kind == TokenKind::kClose; }
  bool at_atom(std::string_view text) const { return lex_.peek().is(text); }
  // A "$name" if one stands here, else an empty string.
  Result<std::string> optional_name() {
    const Token& t = lex_.peek();
    if (t.kind != TokenKind::kId) return std::string();
    std::string name(t.text);
    WJIT_CHECK(lex_.advance());
    return name;
  }
  Result<std::string> string(const char* what) {
    if (lex_.peek().kind != TokenKind::kString) return lex_.expected(what);
    std::string out;
    append_string(lex_.peek().text, out);
    WJIT_CHECK(lex_.advance());
    return out;
  }

  Result<Command> command();
  Result<Subject> subject(const Token& open, const char* allowed, const std::string& what);
  Result<Subject> module(const Token& open, const char* allowed);
  const char* start_of(const Token& token) const;
  Result<Subject> module_instance(Position at);
  Result<Subject> action(Position at);
  Result<Subject> registration(Position at);
  Result<Script> bare_module();
  Result<std::string> strings();
  Result<ModuleSource> text_source(const Token& first, bool with_close);

  Result<Value> value(bool is_result, bool in_either = false);
  Result<Value> vector(bool is_result);
  Result<Value> reference(std::string_view keyword, bool is_result);
  Result<Value> either();
  Result<FloatLiteral> lane(unsigned bits, bool is_float, bool is_result);

  std::string_view text_;
  Lexer lex_;
  Script script_;
};

std::string subject_names(const char* allowed) {
  std::string out;
  auto add = [&](const char* name) { out += (out.empty() ? "" : ", ") + std::string(name); };
  for (const char* p = allowed; *p; ++p) {
    add(*p == 'a' ? "invoke, get" : *p == 'i' ? "module instance" : *p == 'm' ? "module" : "register");
  }
  return out;
}

bool allows(const char* allowed, char c) {
  return std::string_view(allowed).find(c) != std::string_view::npos;
}

// At the keyword of a subject, its parenthesis read; reads to its closing parenthesis. `what`: what may stand
// here.
Result<Subject> Parser::subject(const Token& open, const char* allowed, const std::string& what) {
  Position at = lex_.peek().at;
  if ((at_atom("invoke") || at_atom("get")) && allows(allowed, 'a')) return action(at);
  if (at_atom("module") && (allows(allowed, 'm') || allows(allowed, 'i'))) return module(open, allowed);
  if (at_atom("register") && allows(allowed, 'r')) return registration(at);
  return lex_.expected(what);
}

Result<Command> Parser::command() {
  Command c;
  Token begin = lex_.peek();
  c.at = begin.at;
  WJIT_CHECK(open("a command in parentheses"));
  const AssertionInfo* info = nullptr;
  std::string known = "one of module, register, invoke, get";
  for (size_t i = 1; i < std::size(kAssertions); ++i) {
    known += std::string(", ") + kAssertions[i].name;
    if (at_atom(kAssertions[i].name)) {
      info = &kAssertions[i];
      c.kind = static_cast<Command::Kind>(i);
    }
  }
  if (!info) {
    WJIT_TRY(c.subject, subject(begin, "aimr", known));
    return c;
  }
  WJIT_CHECK(lex_.advance());
  std::string what = fmt::format("what {} is about: ({})", info->name, subject_names(info->subjects));
  begin = lex_.peek();
  WJIT_CHECK(open(what.c_str()));
  WJIT_TRY(c.subject, subject(begin, info->subjects, what));
  while (info->results && !at_close()) {
    WJIT_TRY(Value v, value(true));
    c.results.push_back(std::move(v));
  }
  if (info->message) {
    WJIT_TRY(c.message, string("the message as a string"));
  }
  WJIT_CHECK(close(info->results ? "a result or a closing parenthesis" : "a closing parenthesis"));
  return c;
}

Result<Subject> Parser::registration(Position at) {
  Registration r;
  r.at = at;
  WJIT_CHECK(lex_.advance());
  WJIT_TRY(r.as, string("the name to register under, as a string"));
  WJIT_TRY(r.instance, optional_name());
  WJIT_CHECK(close("an instance's name or a closing parenthesis"));
  return Subject(std::move(r));
}

Result<Subject> Parser::action(Position at) {
  Action a;
  a.at = at;
  a.is_get = at_atom("get");
  WJIT_CHECK(lex_.advance());
  WJIT_TRY(a.instance, optional_name());
  WJIT_TRY(a.name, string("the name of an export, as a string"));
  while (!a.is_get && !at_close()) {
    WJIT_TRY(Value v, value(false));
    a.args.push_back(std::move(v));
  }
  WJIT_CHECK(close("a closing parenthesis"));
  return Subject(std::move(a));
}

// At "module"; its parenthesis is the token before it.
Result<Subject> Parser::module(const Token& open, const char* allowed) {
  WJIT_CHECK(lex_.advance());
  if (at_atom("instance") && allows(allowed, 'i')) return module_instance(open.at);
  if (!allows(allowed, 'm')) return lex_.expected("'instance'");
  ModuleDefinition m;
  m.at = open.at;
  if (at_atom("definition")) {
    m.definition_only = true;
    WJIT_CHECK(lex_.advance());
  }
  WJIT_TRY(m.name, optional_name());
  bool binary = at_atom("binary");
  if (!binary && !at_atom("quote")) {
    // The word "definition" is none of the text format's: without it, and what stands before the fields.
    Token first = m.definition_only ? lex_.peek() : open;
    WJIT_TRY(m.source, text_source(first, !m.definition_only));
    return Subject(std::move(m));
  }
  WJIT_CHECK(lex_.advance());
  WJIT_TRY(std::string text, strings());
  if (binary) {
    m.source = BinaryModule{{text.begin(), text.end()}};
  } else {
    m.source = TextModule{std::move(text), {}, true};
  }
  return Subject(std::move(m));
}

Result<std::string> Parser::strings() {
  std::string out;
  while (lex_.peek().kind == TokenKind::kString) {
    append_string(lex_.peek().text, out);
    WJIT_CHECK(lex_.advance());
  }
  WJIT_CHECK(close("a string of the module or a closing parenthesis"));
  return out;
}

// Inside a module: goes behind its closing parenthesis. The text begins at `first`.
Result<ModuleSource> Parser::text_source(const Token& first, bool with_close) {
  for (size_t depth = 0;;) {
    switch (lex_.peek().kind) {
      case TokenKind::kOpen:
      case TokenKind::kAnnotation:
        ++depth;
        break;
      case TokenKind::kEnd:
        return lex_.expected("a closing parenthesis");
      case TokenKind::kClose:
        if (depth-- == 0) {
          const char* begin = start_of(first);
          const char* end = lex_.peek().text.data() + (with_close ? 1 : 0);
          TextModule m{std::string(begin, end), first.at, false};
          WJIT_CHECK(lex_.advance());
          return ModuleSource(std::move(m));
        }
        break;
      default:
        break;
    }
    WJIT_CHECK(lex_.advance());
  }
}

// Where a token of one piece begins: a parenthesis or a word, or the parenthesis of an annotation.
const char* Parser::start_of(const Token& token) const {
  const char* at = token.text.data();
  if (token.kind == TokenKind::kAnnotation)
    while (*at != '(') --at;
  return at;
}

// A script that is nothing but the fields of one module.
Result<Script> Parser::bare_module() {
  Command c;
  ModuleDefinition m;
  m.source = TextModule{std::string(text_), {}, false};
  c.subject = std::move(m);
  script_.commands.push_back(std::move(c));
  return std::move(script_);
}

Result<Subject> Parser::module_instance(Position at) {
  ModuleInstance m;
  m.at = at;
  WJIT_CHECK(lex_.advance());
  WJIT_TRY(m.instance, optional_name());
  WJIT_TRY(m.definition, optional_name());
  WJIT_CHECK(close("a name or a closing parenthesis"));
  return Subject(std::move(m));
}

// --- values
// ---------------------------------------------------------------------------------------------------

Result<Value> Parser::value(bool is_result, bool in_either) {
  const char* what = is_result ? "a result: (i32.const …) or another constant, a reference or (either …)"
                               : "an argument: (i32.const …) or another constant, or a reference";
  WJIT_CHECK(open(what));
  std::string_view keyword = lex_.peek().kind == TokenKind::kKeyword ? lex_.peek().text : std::string_view();
  if (keyword == "i32.const" || keyword == "i64.const" || keyword == "f32.const" || keyword == "f64.const") {
    WJIT_CHECK(lex_.advance());
    bool is_float = keyword[0] == 'f';
    unsigned bits = keyword[1] == '3' ? 32 : 64;
    WJIT_TRY(FloatLiteral literal, lane(bits, is_float, is_result));
    Value v;
    v.kind = is_float ? (bits == 32 ? Value::Kind::kF32 : Value::Kind::kF64)
                      : (bits == 32 ? Value::Kind::kI32 : Value::Kind::kI64);
    v.bits = literal.bits;
    v.nan = literal.nan;
    WJIT_CHECK(close("a closing parenthesis"));
    return v;
  }
  if (keyword == "v128.const") return vector(is_result);
  if (keyword.substr(0, 4) == "ref.") return reference(keyword, is_result);
  // One level: nesting would say nothing more and would let a script recurse without end.
  if (keyword == "either" && is_result && !in_either) return either();
  return lex_.expected(what);
}

Result<FloatLiteral> Parser::lane(unsigned bits, bool is_float, bool is_result) {
  const Token& t = lex_.peek();
  std::optional<FloatLiteral> literal;
  if (t.is_word()) {
    if (is_float) {
      literal = parse_float(t.text, bits, is_result);
    } else if (auto i = parse_int(t.text, bits)) {
      literal = FloatLiteral{*i};
    }
  }
  if (!literal) {
    return lex_.expected(
        is_float ? fmt::format("a literal of type f{}{}", bits, is_result ? " or a NaN pattern" : "")
                 : fmt::format("an integer of {} bits", bits));
  }
  WJIT_CHECK(lex_.advance());
  return *literal;
}

Result<Value> Parser::vector(bool is_result) {
  Value v;
  v.kind = Value::Kind::kV128;
  WJIT_CHECK(lex_.advance());
  auto shape = std::find_if(std::begin(kShapes), std::end(kShapes),
                            [&](const ShapeInfo& s) { return at_atom(s.name); });
  if (shape == std::end(kShapes)) return lex_.expected("a shape: i8x16, i16x8, i32x4, i64x2, f32x4, f64x2");
  v.shape = static_cast<Shape>(shape - kShapes);
  WJIT_CHECK(lex_.advance());
  for (unsigned i = 0; i < shape->lanes; ++i) {
    WJIT_TRY(v.lanes[i], lane(shape->bits, shape->is_float, is_result));
  }
  WJIT_CHECK(close("a closing parenthesis after the last lane"));
  return v;
}

Result<Value> Parser::reference(std::string_view keyword, bool is_result) {
  std::string_view kind = keyword.substr(4);
  Value v;
  Token at_keyword = lex_.peek();
  WJIT_CHECK(lex_.advance());
  if (kind == "null") {
    v.kind = Value::Kind::kRefNull;
    if (!(is_result && at_close())) {
      if (lex_.peek().kind != TokenKind::kKeyword || !one_of(lex_.peek().text, kHeapTypes)) {
        return lex_.expected("an abstract heap type (func, extern, any …)");
      }
      v.heap = lex_.peek().text;
      WJIT_CHECK(lex_.advance());
    }
  } else if ((kind == "extern" || kind == "host") && !(kind == "extern" && is_result && at_close())) {
    v.kind = kind == "extern" ? Value::Kind::kRefExtern : Value::Kind::kRefHost;
    WJIT_TRY(FloatLiteral n, lane(32, false, false));
    v.bits = n.bits;
  } else if (is_result && (kind == "extern" || one_of(kind, kRefPatterns))) {
    v.kind = Value::Kind::kRefAny;
    v.heap = kind;
  } else {
    return lex_.error_at(
        at_keyword.at,
        fmt::format("found {}, expected {}", describe(at_keyword),
                    is_result ? "ref.null, ref.extern, ref.host, ref.func, ref.any, ref.eq, ref.i31, "
                                "ref.struct, ref.array or ref.exn"
                              : "ref.null, ref.extern or ref.host"));
  }
  WJIT_CHECK(close("a closing parenthesis"));
  return v;
}

Result<Value> Parser::either() {
  Value v;
  v.kind = Value::Kind::kEither;
  WJIT_CHECK(lex_.advance());
  do {
    WJIT_TRY(Value choice, value(true, true));
    v.choices.push_back(std::move(choice));
  } while (!at_close());
  WJIT_CHECK(close("a closing parenthesis"));
  return v;
}

}  // namespace

const ShapeInfo& shape_info(Shape s) { return kShapes[static_cast<size_t>(s)]; }

Result<Script> parse_script(std::string_view text, const std::string& path) {
  return Parser(text, path).run();
}

const char* keyword(Command::Kind k) { return kAssertions[static_cast<size_t>(k)].name; }

}  // namespace wjit::wast
