// A decoded module: what read_module makes of the bytes, with every type canonical. Function bodies stay
// bytes until they are validated. Immutable after read_module, shared freely between threads.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/wasm/instr.h"
#include "compiler/wasm/types.h"

namespace wjit::wasm {

// The bytes a module was read from; keeps a file mapping or a copy alive.
class Bytes {
 public:
  virtual ~Bytes() = default;
  std::span<const uint8_t> span;
};

// A constant expression (spec §3.3.10), already validated. Evaluated at instantiation with a small stack
// machine. Nearly all have one step, which lives inside: a module may have a hundred thousand of them.
class ConstExpr {
 public:
  struct Step {
    Op op;  // i32.const, i64.const, f32.const, f64.const, v128.const, global.get, ref.func, ref.null,
            // i32/i64.add/sub/mul, and the GC constructors
    uint32_t offset;          // in the module
    uint32_t a = 0;           // global.get, ref.func: the index; struct.new …: the type index in the module
    uint32_t b = 0;           // array.new_fixed: the count
    ValType type{};           // ref.null
    uint64_t lo = 0, hi = 0;  // constants: i32 zero-extended, i64, float bits, v128 in two halves
  };
  ValType type;  // type of its result: what it was declared to have, or a subtype

  ConstExpr() = default;
  ConstExpr(std::span<const Step> steps, ValType type);
  // In evaluation order, without the final end. Empty for what has no expression (imports, passive segments).
  std::span<const Step> steps() const { return {more_ ? more_.get() : &first_, count_}; }
  bool empty() const { return count_ == 0; }

 private:
  uint32_t count_ = 0;
  Step first_{};
  std::unique_ptr<Step[]> more_;  // all of them when there are several
};

struct Import {
  std::string_view module, name;
  ExternKind kind;
  uint32_t index;   // in the index space of its kind
  uint32_t offset;  // in the module
};
struct Export {
  std::string_view name;
  ExternKind kind;
  uint32_t index;
};
struct Table {
  TableType type;
  std::optional<ConstExpr> init;  // absent: null
};
struct Global {
  GlobalType type;
  ConstExpr init;  // empty for imports
};
enum class SegmentMode : uint8_t { kActive, kPassive, kDeclared };
struct ElementSegment {
  SegmentMode mode;
  uint32_t table = 0;
  ConstExpr offset;  // active
  ValType type;
  std::vector<uint32_t> funcs;   // when every entry is a ref.func, null entries being kNullFunc
  std::vector<ConstExpr> exprs;  // otherwise
  uint32_t module_offset = 0;
  static constexpr uint32_t kNullFunc = ~0u;
  size_t size() const { return exprs.empty() ? funcs.size() : exprs.size(); }
};
struct DataSegment {
  SegmentMode mode;
  uint32_t memory = 0;
  ConstExpr offset;
  std::span<const uint8_t> bytes;
  uint32_t module_offset = 0;
};
struct FuncBody {
  uint32_t offset;  // of the first byte after the size, in the module
  uint32_t size;
};
struct CustomSection {
  std::string_view name;
  std::span<const uint8_t> bytes;
  uint32_t offset;
};

struct Module {
  std::shared_ptr<const Bytes> bytes;
  std::shared_ptr<TypeRegistry> registry;
  FeatureSet features;

  std::vector<TypeId> types;    // type index -> canonical id
  std::vector<Import> imports;  // in order
  std::vector<TypeId> funcs;    // imported first; likewise below
  std::vector<Table> tables;
  std::vector<MemoryType> memories;
  std::vector<Global> globals;
  std::vector<TypeId> tags;
  uint32_t imported_funcs = 0, imported_tables = 0, imported_memories = 0, imported_globals = 0,
           imported_tags = 0;

  std::vector<Export> exports;            // in declaration order; names are unique
  std::vector<uint32_t> exports_by_name;  // places in `exports`, sorted by name
  std::optional<uint32_t> start;
  std::vector<ElementSegment> elements;
  std::vector<DataSegment> data;
  std::optional<uint32_t> data_count;
  std::vector<FuncBody> bodies;  // defined functions
  std::vector<CustomSection> customs;

  // Escaping functions: those a func ref can be made of (exported, in a segment, table or global initialiser,
  // or ref.func in a constant expression). Bodies may use ref.func only on these (spec: declared references).
  // escape_index[f] is the place in VMContext's func-ref array, or kNotEscaping. Sized funcs.size().
  std::vector<uint32_t> escape_index;
  std::vector<uint32_t> escaping;  // escape index -> function index
  static constexpr uint32_t kNotEscaping = ~0u;

  const SubType& type_at(uint32_t type_index) const { return (*registry)[types[type_index]]; }
  FuncType func_type(uint32_t func_index) const { return (*registry)[funcs[func_index]].func(); }
  std::span<const uint8_t> body(uint32_t defined_index) const {
    return bytes->span.subspan(bodies[defined_index].offset, bodies[defined_index].size);
  }
  const Export* find_export(std::string_view name) const;
};

}  // namespace wjit::wasm
