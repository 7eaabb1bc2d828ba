// The state of reading one module: internal to read_module.cpp and read_segments.cpp.
#pragma once
#include "compiler/support/byte_cursor.h"
#include "compiler/wasm/const_expr.h"
#include "compiler/wasm/read_types.h"

namespace wjit::wasm {

enum class SectionId : uint8_t {
  kCustom,
  kType,
  kImport,
  kFunction,
  kTable,
  kMemory,
  kGlobal,
  kExport,
  kStart,
  kElement,
  kCode,
  kData,
  kDataCount,
  kTag,
  kCount
};

// Reads the sections in order into `m`. Each section has a cursor of its own that ends where the section
// ends.
class ModuleReader {
 public:
  explicit ModuleReader(Module& m) : m(m), const_exprs_(m, escaping_) {}
  Result<void> run();

 private:
  void header(ByteCursor& c);
  // The next section, whole. False after an error.
  bool section(ByteCursor& file);
  bool check_order(ByteCursor& file, SectionId id, uint64_t at);
  void section_body(ByteCursor& c, SectionId id);

  void custom_section(ByteCursor& c);
  void type_section(ByteCursor& c);
  void import_section(ByteCursor& c);
  void import_one(ByteCursor& c);
  void function_section(ByteCursor& c);
  void table_section(ByteCursor& c);
  void memory_section(ByteCursor& c);
  void tag_section(ByteCursor& c);
  void global_section(ByteCursor& c);
  void export_section(ByteCursor& c);
  void start_section(ByteCursor& c);
  void element_section(ByteCursor& c);
  void data_count_section(ByteCursor& c);
  void code_section(ByteCursor& c);
  void data_section(ByteCursor& c);
  // What can only be said at the end of the module.
  void finish(ByteCursor& file);
  void number_escaping();

  void element_segment(ByteCursor& c);
  void element_funcs(ByteCursor& c, ElementSegment& e, uint32_t count);
  void element_exprs(ByteCursor& c, ElementSegment& e, uint32_t count);
  void data_segment(ByteCursor& c);

  std::string_view name(ByteCursor& c);
  TypeScope scope() const { return {m.types, 0, m.features}; }
  // A type index that must be a function type; kNoType after an error.
  TypeId func_type_index(ByteCursor& c);
  TypeId tag_type(ByteCursor& c);
  void add_table(ByteCursor& c, TableType type, uint64_t at);
  void add_memory(ByteCursor& c, MemoryType type, uint64_t at);
  // Fails with "unknown table 3: there are 2" unless index < count.
  bool known(ByteCursor& c, const char* what, uint64_t index, size_t count, uint64_t at);
  // Marks a function as one that a func ref can be made of.
  bool escape(ByteCursor& c, uint32_t func, uint64_t at);

  Module& m;
  std::vector<bool> escaping_;  // by function index; grows with m.funcs
  ConstExprReader const_exprs_;
  unsigned last_rank_ = 0;  // of the last section that is not custom
  uint32_t defined_funcs_ = 0;
  bool seen_data_ = false;
};

}  // namespace wjit::wasm
