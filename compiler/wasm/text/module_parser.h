// The state of parsing one module: internal to the parse_*.cpp files of this folder.
//
// Two passes over the fields. The first one only counts: it gives every named thing its index, because names
// may be used before they are bound; function bodies are passed over token by token. The second one writes
// each field to its section's buffer. Types stand between the two: they are written, from where the first
// pass saw them, before any other field asks for one. Types that signatures without a type use imply are
// added behind them, in the order of the text. Nothing recurses: folded instructions and blocks live on a
// stack of frames (parse_instr.cpp).
#pragma once
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/wasm/text/lexer.h"
#include "compiler/wasm/text/parse_wat.h"
#include "compiler/wasm/text/writer.h"

namespace wjit::wasm::text {

// The index spaces names live in, in the order of their subsections in the name section.
enum class Space : uint8_t { kFunc, kType, kTable, kMemory, kGlobal, kElem, kData, kTag, kCount };
struct NamedIndex {
  uint32_t index;
  std::string_view name;
};
struct IndexSpace {
  std::map<std::string_view, uint32_t> by_name;  // without '$', unescaped
  std::vector<NamedIndex> names;                 // for the name section
  uint32_t count = 0;                            // of the first pass
  uint32_t next = 0;                             // of the second
};

// A section of the binary while it grows. Lines are offsets in `out`.
struct SectionBuffer {
  Writer out;
  uint32_t count = 0;
  std::vector<TextModule::Line> lines;
};
// Sections in the order they have in a module.
#define WJIT_TEXT_SECTIONS(S)    \
  S(kType, 1, "type")            \
  S(kImport, 2, "import")        \
  S(kFunction, 3, "func")        \
  S(kTable, 4, "table")          \
  S(kMemory, 5, "memory")        \
  S(kTag, 13, "tag")             \
  S(kGlobal, 6, "global")        \
  S(kExport, 7, "export")        \
  S(kStart, 8, "start")          \
  S(kElem, 9, "elem")            \
  S(kDataCount, 12, "datacount") \
  S(kCode, 10, "code")           \
  S(kData, 11, "data")
enum class Section : uint8_t {
#define WJIT_S(id, number, text) id,
  WJIT_TEXT_SECTIONS(WJIT_S)
#undef WJIT_S
      kCount
};
struct CustomText {
  std::string name, bytes;
  // Slot 0 is before the first section, 2i + 1 before section i, 2i + 2 behind it, the last one the module's
  // end.
  unsigned slot;
};
constexpr unsigned kFirstSlot = 0, kLastSlot = 2 * unsigned(Section::kCount) + 1;
constexpr unsigned slot_before(Section s) { return 2 * unsigned(s) + 1; }
constexpr unsigned slot_after(Section s) { return 2 * unsigned(s) + 2; }

struct TypeInfo {
  std::string signature;  // of a function type: its bytes behind the form; else empty
  uint32_t params = 0;
  std::map<std::string_view, uint32_t> fields;
};

// The parameters and results of a function type, written.
struct Signature {
  Writer params, results;
  uint32_t param_count = 0, result_count = 0;
  bool empty() const { return !param_count && !result_count; }
  std::string bytes() const;
};

// Names of one function, for the name section.
struct FuncNames {
  uint32_t func;
  std::vector<NamedIndex> names;
};

class ModuleParser {
 public:
  ModuleParser(std::string_view source, const ParseOptions& options)
      : lex_(source, options.start), options_(options) {}
  Result<TextModule> run(Position* at);

 private:
  // --- parse_module.cpp: fields
  bool module();
  bool scan_fields();
  bool scan_field();
  bool scan_types(bool in_group);
  void scan_inline(const Token& keyword);
  bool skip_form();
  bool write_fields();
  bool field();
  bool import_field();
  bool import_type(Space kind, uint32_t index);
  bool func_field();
  bool table_field();
  bool memory_field();
  bool global_field();
  bool tag_field();
  bool export_field();
  bool start_field();
  bool custom_field();
  bool custom_placement(CustomText& custom);
  std::optional<Section> section_keyword();
  // Inline exports, then an inline import if there is one.
  bool inline_exports(Space kind, uint32_t index);
  bool inline_import(bool& found);
  bool begin_import();
  bool defined(Space kind);

  // --- parse_segments.cpp
  bool elem_field();
  bool elem_list(Position at, std::optional<uint32_t> table, bool active, bool declared,
                 const Writer& offset);
  bool elem_exprs(Writer& out, uint32_t& count);
  bool data_field();
  bool inline_elem(uint32_t table, const Writer& type, bool is_funcref, bool is64, uint64_t& size);
  bool inline_data(uint32_t memory, bool is64, uint64_t& size);
  bool data_strings(std::string& out);
  bool offset_expr(Writer& out);

  // --- parse_types.cpp
  bool write_types();
  bool type_def(Writer& out, bool in_group);
  bool sub_type(Writer& out, TypeInfo& type);
  bool composite(Writer& out, TypeInfo& type);
  bool struct_fields(Writer& out, TypeInfo& type, uint32_t index);
  bool field_type(Writer& out);
  bool at_val_type() const;
  bool val_type(Writer& out);
  bool ref_type(Writer& out);
  // (ref null? HEAP) in its parts, the heap type to `out`; abbreviations like anyref too.
  bool ref_parts(Writer& out, bool& nullable);
  bool heap_type(Writer& out);
  enum class ParamNames : uint8_t { kNone, kIgnored, kBound };  // kNone: an error
  bool signature(Signature& s, ParamNames names);
  bool param(Signature& s, ParamNames names);
  bool bind_local(std::string_view id, std::string_view name, Position at);
  bool value_list(Writer& out, uint32_t& count);
  // The first plain function type with this signature; added behind all others if there is none.
  uint32_t type_of_signature(const Signature& s);
  // (type x)? (param …)* (result …)*. Parameter names go to the function being parsed.
  bool type_use(uint32_t& index, ParamNames names);
  // The same, but says what was written: a block may do without a type index.
  bool type_use_parts(std::optional<uint32_t>& index, Signature& s, ParamNames names);
  bool check_inline_type(uint32_t index, const Signature& s, Position at);
  bool limits(Writer& out, uint8_t flags, bool shared_allowed);
  bool address_type();
  bool page_size(std::optional<uint8_t>& log2);
  bool global_type(Writer& out);

  // --- parse_instr.cpp
  struct Frame {
    enum Kind : uint8_t {
      kOperands,
      kBlock,
      kIfOperands,
      kThen,
      kAfterThen,
      kElse,
      kAfterElse,
      kFlat,
      kFlatIf,
      kFlatElse
    };
    Kind kind;
    int8_t hint = -1;  // branch hint of the instruction
    Position at;
    uint32_t pending = 0;                    // kOperands, kIfOperands: where in pending_ its bytes begin
    std::string_view label{}, label_name{};  // kIfOperands
  };
  // Instructions up to a closing parenthesis, which stays. The caller writes the final end.
  bool instructions(Writer& out, SectionBuffer* lines);
  // One folded instruction.
  bool folded_instruction(Writer& out);
  bool instruction_loop(bool single);
  bool open_form();
  bool close_form();
  bool open_if_part();
  bool plain();
  bool plain_end();
  bool plain_else();
  bool find_opcode(Op& op);
  bool structured(Op op, bool folded, Position at);
  bool block_type(Writer& out);
  bool catches(Writer& out);
  bool branch_hint();
  bool check_hint(Op op);
  bool same_label();
  // `name` is what the name section says.
  void push_label(std::string_view id, std::string_view name);
  void pop_label();
  void mark(Position at);
  bool local_decls(Writer& out);

  // --- parse_immediates.cpp
  bool immediates(Op& op, Writer& out);
  bool index_pair(Writer& out, Space first, Space second, bool swapped);
  bool optional_pair(Writer& out, Space space);
  bool segment_and(Writer& out, Space segment, Space other);
  bool label_index(uint32_t& index);
  bool mem_arg(Op op, Writer& out, bool with_lane);
  bool lane(Writer& out);
  bool vector_const(Writer& out);
  bool shuffle(Writer& out);
  bool type_and_field(Writer& out);
  bool br_cast(Writer& out);
  bool heap_immediate(Op& op, Writer& out);
  bool call_indirect(Writer& out);
  bool select_types(Op& op, Writer& out);
  bool memory_immediate(uint32_t& memory);

  // --- parse_names.cpp: tokens and names
  bool open(const char* what);
  bool keyword(std::string_view word);
  bool close(const char* what = "a closing parenthesis");
  bool string(std::string& out, const char* what);
  bool name_string(Writer& out, const char* what);
  bool at_index() const;
  bool index(Space space, uint32_t& out);
  bool u32(uint32_t& out, const char* what);
  bool number(unsigned bits, bool is_signed, uint64_t& out, const char* what);
  std::string_view id_name(const Token& id);
  // An identifier if one stands here.
  std::string_view optional_id();
  bool bind(Space space, std::string_view name, uint32_t index, Position at);
  // Behind an identifier: the @name annotation, which wins over it. The name to be written.
  bool optional_name(std::string_view& name, const char* of);
  // The identifier and name of the field being written, at its place in the name section.
  bool declare(Space space, uint32_t& index);
  void mark(Section section, Position at);

  // --- encode_module.cpp
  TextModule encode();
  void encode_customs(TextModule& m, unsigned slot);
  void encode_section(TextModule& m, Section s);
  void encode_names(TextModule& m);
  void encode_hints(TextModule& m);

  SectionBuffer& section(Section s) { return sections_[size_t(s)]; }
  IndexSpace& space(Space s) { return spaces_[size_t(s)]; }

  Lexer lex_;
  const ParseOptions options_;
  ErrorKind error_kind_ = ErrorKind::kMalformed;

  struct Field {
    Token token;  // its opening parenthesis
  };
  std::vector<Field> fields_;  // in the order of the text, without types
  std::vector<Field> type_fields_;
  IndexSpace spaces_[size_t(Space::kCount)];
  SectionBuffer sections_[size_t(Section::kCount)];
  std::vector<CustomText> customs_;
  std::vector<TypeInfo> types_;
  std::map<std::string, uint32_t> func_types_;  // final function types in groups of their own, by signature
  std::deque<std::string> unescaped_;           // names that are not a piece of the source
  std::string_view module_name_;
  bool has_start_ = false, needs_data_count_ = false, bare_ = false;
  const char* first_definition_ = nullptr;

  // The function being parsed.
  std::map<std::string_view, uint32_t> locals_;
  uint32_t local_count_ = 0;
  FuncNames local_names_, label_names_;
  std::vector<FuncNames> all_local_names_, all_label_names_, all_field_names_;
  bool in_func_ = false;

  // The instruction sequence being parsed.
  Writer* out_ = nullptr;
  std::vector<TextModule::Line>* lines_ = nullptr;
  Writer pending_;
  std::vector<Frame> frames_;
  std::vector<std::string_view> labels_;
  std::map<std::string_view, std::vector<uint32_t>> labels_by_name_;
  uint32_t label_count_ = 0;
  int8_t hint_ = -1;
  Position hint_at_;
  struct Hint {
    uint32_t offset;
    uint8_t value;
  };
  std::vector<Hint> hints_;
  Writer all_hints_;
  uint32_t hinted_funcs_ = 0;
};

}  // namespace wjit::wasm::text
