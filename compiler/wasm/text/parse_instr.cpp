// Instructions, flat and folded, without recursion: what is open stands on a stack of frames.
//
// A folded operator's opcode and immediates are written to `pending_` when its parenthesis opens, and moved
// to the body when it closes, behind its operands. Blocks are written at once; the condition of a folded `if`
// is operands like any other, so its opcode waits for `(then`. Labels are in scope from where a block's
// instructions begin.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "compiler/wasm/op_table.h"
#include "compiler/wasm/text/module_parser.h"

namespace wjit::wasm::text {
namespace {

// Open addressing by the text of the opcode. Of two rows with one text (select, ref.test) the first one
// counts; the immediates decide.
constexpr size_t kHashSize = 2048;
constexpr size_t hash(std::string_view text) {
  uint32_t h = 2166136261u;
  for (char c : text) h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
  return (h ^ h >> 15) % kHashSize;
}
consteval std::array<Op, kHashSize> make_ops_by_text() {
  std::array<Op, kHashSize> table;
  table.fill(Op::kCount);
  for (size_t i = 0; i < kOpCount; ++i) {
    size_t slot = hash(kOpTable[i].text);
    while (table[slot] != Op::kCount && kOpTable[size_t(table[slot])].text != kOpTable[i].text)
      slot = (slot + 1) % kHashSize;
    if (table[slot] == Op::kCount) table[slot] = Op(i);
  }
  return table;
}
constexpr std::array<Op, kHashSize> kOpsByText = make_ops_by_text();

bool is_legacy(std::string_view text) {
  for (const char* word : {"try", "delegate", "rethrow"})
    if (text == word) return true;
  return false;
}

}  // namespace

bool ModuleParser::find_opcode(Op& op) {
  const Token& token = lex_.peek();
  if (token.kind == TokenKind::kKeyword) {
    for (size_t slot = hash(token.text); kOpsByText[slot] != Op::kCount; slot = (slot + 1) % kHashSize) {
      op = kOpsByText[slot];
      if (kOpTable[size_t(op)].text == token.text) {
        lex_.advance();
        return lex_.ok();
      }
    }
    if (is_legacy(token.text)) {
      error_kind_ = ErrorKind::kUnsupported;
      return lex_.fail(
          token.at, fmt::format("instruction {} of the legacy exception-handling proposal; only try_table, "
                                "throw and throw_ref of WebAssembly 3.0 are supported",
                                token.text));
    }
    return lex_.expected("an instruction (unknown operator)");
  }
  return lex_.expected("an instruction");
}

void ModuleParser::mark(Position at) {
  if (lines_) lines_->push_back({uint32_t(out_->size()), at.line, at.column});
}

// --- labels

void ModuleParser::push_label(std::string_view id, std::string_view name) {
  if (!id.empty()) labels_by_name_[id].push_back(uint32_t(labels_.size()));
  if (name.data() && in_func_) label_names_.names.push_back({label_count_, name});
  ++label_count_;
  labels_.push_back(id);
}

void ModuleParser::pop_label() {
  std::string_view name = labels_.back();
  labels_.pop_back();
  if (name.empty()) return;
  auto it = labels_by_name_.find(name);
  it->second.pop_back();
  if (it->second.empty()) labels_by_name_.erase(it);
}

// Behind else and end: the block's label may be repeated.
bool ModuleParser::same_label() {
  if (!lex_.at(TokenKind::kId)) return lex_.ok();
  Token id = lex_.peek();
  std::string_view name = labels_.back();
  if (id_name(id) == name) {
    lex_.advance();
    return lex_.ok();
  }
  return lex_.fail(id.at, fmt::format("found the mismatching label {}, expected {}", id.text,
                                      name.empty() ? "none" : fmt::format("${}", name)));
}

bool ModuleParser::label_index(uint32_t& index) {
  if (!lex_.at(TokenKind::kId)) return u32(index, "a label: how many blocks out, or a name");
  Token id = lex_.peek();
  auto it = labels_by_name_.find(id_name(id));
  if (it == labels_by_name_.end())
    return lex_.fail(id.at,
                     fmt::format("found the unknown label {}, expected one of a block around", id.text));
  index = uint32_t(labels_.size() - 1 - it->second.back());
  lex_.advance();
  return lex_.ok();
}

// --- the loop

bool ModuleParser::instructions(Writer& out, SectionBuffer* lines) {
  out_ = &out;
  lines_ = lines && options_.lines ? &lines->lines : nullptr;
  return instruction_loop(false);
}

bool ModuleParser::folded_instruction(Writer& out) {
  out_ = &out;
  lines_ = nullptr;
  if (!lex_.at(TokenKind::kOpen)) return lex_.expected("an instruction in parentheses");
  return instruction_loop(true);
}

bool ModuleParser::instruction_loop(bool single) {
  do {
    switch (lex_.peek().kind) {
      case TokenKind::kOpen:
        if (!open_form()) return false;
        break;
      case TokenKind::kClose:
        if (frames_.empty()) return hint_ < 0 || check_hint(Op::end);
        if (!close_form()) return false;
        break;
      case TokenKind::kAnnotation:
        if (!branch_hint()) return false;
        break;
      default:
        if (!plain()) return false;
    }
  } while (!single || !frames_.empty());
  return lex_.ok();
}

// Whether only folded instructions may stand in a frame, and not "i32.const 0" as it is.
static bool takes_only_folded(auto kind) {
  using Frame = decltype(kind);
  return kind == Frame::kOperands || kind == Frame::kIfOperands || kind == Frame::kAfterThen ||
         kind == Frame::kAfterElse;
}

bool ModuleParser::open_form() {
  if (!frames_.empty()) {
    Frame::Kind kind = frames_.back().kind;
    if ((kind == Frame::kIfOperands && lex_.peek2().is("then")) || kind == Frame::kAfterThen)
      return open_if_part();
    if (kind == Frame::kAfterElse) return lex_.expected("a closing parenthesis behind (else …)");
  }
  lex_.advance();
  Position at = lex_.peek().at;
  Op op{};
  if (!find_opcode(op)) return false;
  if (op == Op::end || op == Op::else_)
    return lex_.fail(
        at, fmt::format("found '{}' in parentheses, expected it as it is, or (then …)", info(op).text));
  if (!check_hint(op)) return false;
  Imm imm = info(op).imm;
  if (imm == Imm::kBlockType || imm == Imm::kTryTable) return structured(op, true, at);
  Frame frame{.kind = Frame::kOperands,
              .hint = std::exchange(hint_, int8_t{-1}),
              .at = at,
              .pending = uint32_t(pending_.size())};
  Writer* body = std::exchange(out_, &pending_);
  bool done = immediates(op, pending_);
  out_ = body;
  frames_.push_back(frame);
  return done;
}

// (then …) and (else …)
bool ModuleParser::open_if_part() {
  Frame& frame = frames_.back();
  bool is_then = frame.kind == Frame::kIfOperands;
  if (!is_then && !lex_.peek2().is("else")) return lex_.expected("(else …) or a closing parenthesis");
  mark(is_then ? frame.at : lex_.peek2().at);
  lex_.advance();
  lex_.advance();
  if (is_then) {
    if (frame.hint >= 0) hints_.push_back({uint32_t(out_->size()), uint8_t(frame.hint)});
    out_->raw(std::span(pending_.bytes).subspan(frame.pending));
    pending_.bytes.resize(frame.pending);
    push_label(frame.label, frame.label_name);
  } else {
    out_->opcode(Op::else_);
  }
  frame.kind = is_then ? Frame::kAfterThen : Frame::kAfterElse;
  frames_.push_back({.kind = is_then ? Frame::kThen : Frame::kElse, .at = frame.at});
  return lex_.ok();
}

bool ModuleParser::close_form() {
  Frame frame = frames_.back();
  if (hint_ >= 0) return check_hint(Op::end);
  switch (frame.kind) {
    case Frame::kOperands:
      mark(frame.at);
      if (frame.hint >= 0) hints_.push_back({uint32_t(out_->size()), uint8_t(frame.hint)});
      out_->raw(std::span(pending_.bytes).subspan(frame.pending));
      pending_.bytes.resize(frame.pending);
      break;
    case Frame::kIfOperands:
      return lex_.expected("(then …) behind the condition");
    case Frame::kThen:
    case Frame::kElse:
      break;
    case Frame::kBlock:
    case Frame::kAfterThen:
    case Frame::kAfterElse:
      mark(lex_.peek().at);
      out_->opcode(Op::end);
      pop_label();
      break;
    case Frame::kFlat:
    case Frame::kFlatIf:
    case Frame::kFlatElse:
      return lex_.expected(fmt::format("'end' for the block of {}:{}", frame.at.line, frame.at.column));
  }
  frames_.pop_back();
  lex_.advance();
  return lex_.ok();
}

// An instruction without parentheses around it.
bool ModuleParser::plain() {
  if (!frames_.empty() && takes_only_folded(frames_.back().kind))
    return lex_.expected("an instruction in parentheses or a closing parenthesis");
  Position at = lex_.peek().at;
  Op op{};
  if (lex_.at(TokenKind::kEnd)) return lex_.expected("an instruction or a closing parenthesis");
  if (!find_opcode(op) || !check_hint(op)) return false;
  Imm imm = info(op).imm;
  if (imm == Imm::kBlockType || imm == Imm::kTryTable) return structured(op, false, at);
  mark(at);
  if (op == Op::end || op == Op::else_) {
    bool in_if = !frames_.empty() && frames_.back().kind == Frame::kFlatIf;
    bool in_flat = !frames_.empty() && frames_.back().kind >= Frame::kFlat;
    if (op == Op::else_ ? !in_if : !in_flat)
      return lex_.fail(at, fmt::format("found '{}', expected an instruction: no {} is open here",
                                       info(op).text, op == Op::else_ ? "if without else" : "block"));
    out_->opcode(op);
    if (!same_label()) return false;
    if (op == Op::else_) {
      frames_.back().kind = Frame::kFlatElse;
    } else {
      pop_label();
      frames_.pop_back();
    }
    return true;
  }
  if (hint_ >= 0) hints_.push_back({uint32_t(out_->size()), uint8_t(std::exchange(hint_, int8_t{-1}))});
  return immediates(op, *out_);
}

// block, loop, if and try_table, behind their keyword.
bool ModuleParser::structured(Op op, bool folded, Position at) {
  bool is_if = op == Op::if_;
  bool waits = is_if && folded;
  std::string_view label = optional_id(), name = label;
  if (!optional_name(name, "label")) return false;
  if (!waits) mark(at);
  int8_t hint = std::exchange(hint_, int8_t{-1});
  if (hint >= 0 && !waits) hints_.push_back({uint32_t(out_->size()), uint8_t(hint)});
  Writer& out = waits ? pending_ : *out_;
  uint32_t pending = uint32_t(pending_.size());
  out.opcode(op);
  if (!block_type(out)) return false;
  if (info(op).imm == Imm::kTryTable && !catches(out)) return false;
  if (!waits) push_label(label, name);
  Frame::Kind kind = !folded ? (is_if ? Frame::kFlatIf : Frame::kFlat)
                     : is_if ? Frame::kIfOperands
                             : Frame::kBlock;
  frames_.push_back(
      {.kind = kind, .hint = hint, .at = at, .pending = pending, .label = label, .label_name = name});
  return lex_.ok();
}

bool ModuleParser::block_type(Writer& out) {
  std::optional<uint32_t> index;
  Signature s;
  if (!type_use_parts(index, s, ParamNames::kNone)) return false;
  constexpr uint8_t kEmpty = 0x40;
  if (!index && s.empty()) {
    out.u8(kEmpty);
  } else if (!index && s.param_count == 0 && s.result_count == 1) {
    out.raw(s.results.bytes);
  } else {
    out.s64(index ? *index : type_of_signature(s));
  }
  return true;
}

// (catch TAG LABEL)*, (catch_ref TAG LABEL), (catch_all LABEL), (catch_all_ref LABEL)
bool ModuleParser::catches(Writer& out) {
  constexpr const char* kWords[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
  Writer clauses;
  uint32_t count = 0;
  while (lex_.at(TokenKind::kOpen)) {
    size_t kind = 0;
    while (kind < 4 && !lex_.peek2().is(kWords[kind])) ++kind;
    if (kind == 4) break;
    lex_.advance();
    lex_.advance();
    clauses.u8(uint8_t(kind));
    uint32_t tag = 0, label = 0;
    if (kind <= CatchClause::kCatchRef) {
      if (!index(Space::kTag, tag)) return false;
      clauses.u64(tag);
    }
    if (!label_index(label) || !close()) return false;
    clauses.u64(label);
    ++count;
  }
  out.u64(count);
  out.raw(clauses.bytes);
  return true;
}

// --- (@metadata.code.branch_hint "\00") in front of an if or br_if

bool ModuleParser::branch_hint() {
  Position at = lex_.peek().at;
  if (lex_.peek().text == "custom" || lex_.peek().text == "name" || !in_func_)
    return lex_.expected(in_func_ ? "an instruction"
                                  : "an instruction (branch hints stand in functions only)");
  if (hint_ >= 0)
    return lex_.fail(at, "found a duplicate @metadata.code.branch_hint annotation, expected one");
  lex_.advance();
  std::string value;
  if (!string(value, "the hint: \"\\00\" (unlikely) or \"\\01\" (likely)")) return false;
  if (value.size() != 1 || uint8_t(value[0]) > 1)
    return lex_.fail(
        at, "found a @metadata.code.branch_hint annotation of another value, expected \"\\00\" or \"\\01\"");
  hint_ = int8_t(value[0]);
  hint_at_ = at;
  return close();
}

// Fails when a hint stands in front of something that does not branch.
bool ModuleParser::check_hint(Op op) {
  if (hint_ < 0 || op == Op::if_ || op == Op::br_if) return true;
  error_kind_ = ErrorKind::kInvalid;
  return lex_.fail(
      hint_at_,
      "found a @metadata.code.branch_hint annotation with an invalid target, expected it in front of "
      "an if or br_if");
}

// --- locals

// (local …)* as groups of equal types. The locals of a function come behind its parameters.
bool ModuleParser::local_decls(Writer& out) {
  Writer groups;
  uint32_t group_count = 0;
  uint64_t run = 0;
  Writer type, next;
  auto flush = [&] {
    if (!run) return;
    groups.u64(run);
    groups.raw(type.bytes);
    ++group_count;
  };
  while (lex_.at_form("local")) {
    lex_.advance();
    lex_.advance();
    Position at = lex_.peek().at;
    std::string_view id = optional_id(), name = id;
    if (!optional_name(name, "local")) return false;
    bool is_named = name.data();
    if (is_named && !bind_local(id, name, at)) return false;
    while (lex_.more()) {
      next.bytes.clear();
      if (!val_type(next)) return false;
      if (next.bytes != type.bytes) flush(), run = 0, std::swap(type, next);
      ++run;
      ++local_count_;
      if (is_named) break;
    }
    if (!close()) return false;
  }
  flush();
  out.u64(group_count);
  out.raw(groups.bytes);
  return lex_.ok();
}

}  // namespace wjit::wasm::text
