// WebAssembly types after canonicalisation. A ValType is one 32-bit word; a concrete heap type inside it is an
// engine-wide id, so that equal types compare as equal integers across modules (spec 3.0 §3.1, §4.2.1).
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "compiler/support/result.h"

namespace wjit::wasm {

// Engine-wide id of a canonical type: VMSharedTypeIndex of the ABI.
using TypeId = uint32_t;
constexpr TypeId kNoType = ~TypeId{0};

enum class ValKind : uint8_t { kBot, kI32, kI64, kF32, kF64, kV128, kRef };

// Abstract heap types of the three hierarchies and exn; kConcrete says "see the id".
enum class Heap : uint8_t {
  kFunc, kNoFunc, kExtern, kNoExtern, kAny, kEq, kI31, kStruct, kArray, kNone, kExn, kNoExn,
  kBot,       // bottom of every hierarchy; only the validator's stack has it
  kConcrete,
};

class ValType {
 public:
  constexpr ValType() = default;
  static constexpr ValType num(ValKind k) { return ValType(uint32_t(k)); }
  static constexpr ValType ref(bool nullable, Heap h) {
    return ValType(uint32_t(ValKind::kRef) | (nullable ? 8u : 0u) | (uint32_t(h) << 4));
  }
  // id < 2^24; the registry refuses to grow past that.
  static constexpr ValType ref(bool nullable, TypeId id) {
    return ValType(uint32_t(ValKind::kRef) | (nullable ? 8u : 0u) | (uint32_t(Heap::kConcrete) << 4) | (id << 8));
  }
  static constexpr ValType from_bits(uint32_t bits) { return ValType(bits); }

  constexpr ValKind kind() const { return ValKind(bits_ & 7); }
  constexpr bool is_ref() const { return kind() == ValKind::kRef; }
  constexpr bool is_num() const { return kind() >= ValKind::kI32 && kind() <= ValKind::kF64; }
  constexpr bool is_bot() const { return bits_ == 0; }
  constexpr bool nullable() const { return bits_ & 8; }
  constexpr Heap heap() const { return Heap((bits_ >> 4) & 15); }
  constexpr bool concrete() const { return is_ref() && heap() == Heap::kConcrete; }
  constexpr TypeId type_id() const { return bits_ >> 8; }
  constexpr ValType with_nullable(bool n) const { return ValType((bits_ & ~8u) | (n ? 8u : 0u)); }
  // A local or table slot of this type may start as zero / null (spec: defaultable).
  constexpr bool defaultable() const { return !is_ref() || nullable(); }
  constexpr uint32_t cells() const { return kind() == ValKind::kV128 ? 2 : 1; }  // 64-bit interpreter cells
  constexpr uint32_t bits() const { return bits_; }
  constexpr bool operator==(const ValType&) const = default;

 private:
  explicit constexpr ValType(uint32_t bits) : bits_(bits) {}
  uint32_t bits_ = 0;  // [0..2] kind, [3] nullable, [4..7] heap, [8..31] concrete id
};
static_assert(sizeof(ValType) == 4);

constexpr ValType kBot{};
constexpr ValType kI32 = ValType::num(ValKind::kI32), kI64 = ValType::num(ValKind::kI64);
constexpr ValType kF32 = ValType::num(ValKind::kF32), kF64 = ValType::num(ValKind::kF64);
constexpr ValType kV128 = ValType::num(ValKind::kV128);
constexpr ValType kFuncRef = ValType::ref(true, Heap::kFunc), kExternRef = ValType::ref(true, Heap::kExtern);
constexpr ValType kExnRef = ValType::ref(true, Heap::kExn);

struct FuncType {
  std::span<const ValType> params, results;
};

// Storage of a struct field or array element: a value type or a packed integer.
enum class Packed : uint8_t { kNone, kI8, kI16 };
struct FieldType {
  ValType type;  // kI32 when packed
  Packed packed = Packed::kNone;
  bool is_mutable = false;
  bool operator==(const FieldType&) const = default;
};

enum class Composite : uint8_t { kFunc, kStruct, kArray };

// One canonical type as the registry keeps it: immutable and never moved once it has an id.
struct SubType {
  Composite composite = Composite::kFunc;
  bool is_final = true;
  TypeId super = kNoType;
  uint32_t depth = 0;                 // number of supertypes above (limit: 63)
  std::vector<ValType> values;        // func: params then results
  uint32_t param_count = 0;
  std::vector<FieldType> fields;      // struct: fields; array: exactly one
  std::vector<TypeId> ancestors;      // ancestors[d] = the supertype at depth d, itself last
  uint32_t rec_start = 0, rec_size = 0;  // ids of the recursion group it belongs to

  FuncType func() const {
    return {{values.data(), param_count}, {values.data() + param_count, values.size() - param_count}};
  }
};

// Engine-wide canonical types. Append-only; readers take no lock. Thread-safe.
class TypeRegistry {
 public:
  TypeRegistry();
  ~TypeRegistry();
  TypeRegistry(const TypeRegistry&) = delete;

  // Adds a recursion group, or finds the equal one. Inside `group`, a reference to the group's own i-th type is
  // written as the id kRecBase + i (ValType ids and SubType::super alike); all others are registry ids.
  // Returns the id of the group's first type (its types have consecutive ids).
  // Error: kLimit when 2^23 types are held. Subtyping validity (finality, matching) is the caller's to check.
  static constexpr TypeId kRecBase = 1u << 23;
  Result<TypeId> intern(std::vector<SubType> group);
  // The plain function type ("final, no supertype, a group of its own") that host functions have.
  Result<TypeId> intern_func(std::span<const ValType> params, std::span<const ValType> results);

  const SubType& operator[](TypeId id) const;
  uint32_t size() const;

  bool is_subtype(TypeId sub, TypeId super) const;       // reflexive, by the ancestors array: O(1)
  // Whether `sub` may declare `super` as its supertype as far as their structure goes (spec §3.2.8): parameters
  // contravariant, results covariant, fields covariant when immutable and equal when mutable, width subtyping.
  bool composite_matches(const SubType& sub, const SubType& super) const;
  // The top of the hierarchy a reference belongs to: kFunc, kExtern, kAny or kExn (kBot for kBot).
  Heap top(ValType ref) const;
  bool heap_matches(ValType sub, ValType super) const;   // heap types only
  bool matches(ValType sub, ValType super) const {       // sub <: super
    return sub == super || matches_slow(sub, super);
  }

 private:
  bool matches_slow(ValType sub, ValType super) const;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// "i32", "(ref null 3)", "funcref": as the text format spells it, concrete types by engine id.
std::string to_string(ValType t);
std::string to_string(const FuncType& t);  // "[i32 i64] -> [f32]"

struct Limits {
  uint64_t min = 0;
  uint64_t max = ~uint64_t{0};  // kNoMax when absent
  static constexpr uint64_t kNoMax = ~uint64_t{0};
  bool has_max() const { return max != kNoMax; }
};
struct TableType {
  ValType element;
  Limits limits;
  bool is64 = false;
};
struct MemoryType {
  Limits limits;  // in pages of 2^page_size_log2 bytes
  bool is64 = false;
  bool shared = false;
  uint8_t page_size_log2 = 16;
};
struct GlobalType {
  ValType type;
  bool is_mutable = false;
};

enum class ExternKind : uint8_t { kFunc = 0, kTable = 1, kMemory = 2, kGlobal = 3, kTag = 4 };
const char* to_string(ExternKind kind);

}  // namespace wjit::wasm
