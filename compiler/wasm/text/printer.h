// The state of printing one module: internal to the print_*.cpp files of this folder.
//
// Entries are referred to by identifier where they have one of bearable length, else by number. An identifier
// must be unique among its kind, a name need not be: an entry whose name is taken (or empty) gets an
// identifier made for it, and a @name annotation with the name.
#pragma once
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "compiler/wasm/read_op.h"
#include "compiler/wasm/text/module_names.h"
#include "compiler/wasm/text/print_wat.h"

namespace wjit::wasm::text {

// The identifiers of one kind: which index has which, and what stands behind it.
struct Identifiers {
  struct Entry {
    std::string id;          // "$name", "$\"other name\""
    std::string annotation;  // " (@name \"…\")" when the identifier is not the name
  };
  std::unordered_map<uint32_t, Entry> by_index;
};
Identifiers make_identifiers(const std::vector<IndexedName>& names);

class Printer {
 public:
  Printer(const Module& module, const PrintOptions& options, const TextSink& sink);
  Result<void> run();

 private:
  // --- print_wat.cpp
  void types();
  void sub_type(uint32_t index, uint32_t group_start);
  void fields(uint32_t index, const SubType& t);
  void field_type(const FieldType& f);
  void imports();
  void tables();
  void memories();
  void tags();
  void globals();
  void exports();
  void elements();
  void data();
  void customs();
  void custom(const CustomSection& section, const std::string& placement);
  void table_type(const TableType& t);
  void memory_type(const MemoryType& t);
  void global_type(const GlobalType& t);
  void limits(const Limits& l);
  void const_expr(const ConstExpr& e);
  void offset(const ConstExpr& e);

  // --- print_body.cpp
  Result<void> functions();
  Result<void> function(uint32_t defined);
  void func_type(const FuncType& t, const Identifiers* locals);
  bool locals(ByteCursor& c, const TypeScope& scope, const Identifiers& names, uint32_t first);
  Result<void> body(OpReader& reader, uint32_t func);
  void instruction(const Instr& in, const Identifiers& locals);
  void immediates(const Instr& in, const Identifiers& locals);
  void block_type(const Instr& in);
  void mem_arg(const Instr& in);
  void catches(const Instr& in);

  // --- both
  void val_type(ValType t);
  void heap_type(ValType t);
  void ref(NameKind kind, uint32_t index);
  void ref(const Identifiers& ids, uint32_t index);
  // " $name (;3;)" behind a field's keyword.
  void define(NameKind kind, uint32_t index);
  uint32_t type_index(TypeId id) const;
  const Identifiers& fields_of(uint32_t type);
  void quote_name(std::string_view name);
  void quote_data(std::string_view bytes);
  void line(unsigned depth);
  void put(std::string_view s) { out_.append(s); }
  void put(uint64_t n) { out_.append(std::to_string(n)); }
  void flush(bool all);

  const Module& m_;
  const PrintOptions options_;
  const TextSink& sink_;
  ModuleNames names_;
  Identifiers ids_[size_t(NameKind::kCount)];
  std::unordered_map<uint32_t, Identifiers> fields_;
  // A canonical type's first index; while a group is printed, its own types go by their place in it, so that
  // a group that is declared twice refers to itself both times.
  std::unordered_map<TypeId, uint32_t> type_index_;
  TypeId group_first_ = 0;
  uint32_t group_size_ = 0, group_index_ = 0;
  OpBuffers buffers_;
  std::string out_;
};

}  // namespace wjit::wasm::text
