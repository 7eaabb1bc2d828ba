#include "compiler/wasm/read_types.h"

#include "compiler/wasm/limits.h"

namespace wjit::wasm {

namespace {

std::string hex_byte(uint8_t b) {
  char text[8];
  std::snprintf(text, sizeof text, "0x%02x", b);
  return text;
}

// The abstract heap types by their byte, 0x69 first.
struct AbstractHeap {
  Heap heap;
  Feature feature;
};
constexpr uint8_t kFirstAbstract = 0x69;
constexpr AbstractHeap kAbstractHeaps[] = {
    {Heap::kExn, Feature::kExceptions},         // 0x69
    {Heap::kArray, Feature::kGc},               // 0x6a
    {Heap::kStruct, Feature::kGc},              // 0x6b
    {Heap::kI31, Feature::kGc},                 // 0x6c
    {Heap::kEq, Feature::kGc},                  // 0x6d
    {Heap::kAny, Feature::kGc},                 // 0x6e
    {Heap::kExtern, Feature::kReferenceTypes},  // 0x6f
    {Heap::kFunc, Feature::kReferenceTypes},    // 0x70
    {Heap::kNone, Feature::kGc},                // 0x71
    {Heap::kNoExtern, Feature::kGc},            // 0x72
    {Heap::kNoFunc, Feature::kGc},              // 0x73
    {Heap::kNoExn, Feature::kExceptions},       // 0x74
};
const AbstractHeap* abstract_heap(uint8_t byte) {
  uint8_t i = uint8_t(byte - kFirstAbstract);
  return i < std::size(kAbstractHeaps) ? &kAbstractHeaps[i] : nullptr;
}
constexpr uint8_t kRefNullForm = 0x63, kRefForm = 0x64;

}  // namespace

bool need_feature(ByteCursor& c, FeatureSet features, Feature feature, const char* what, uint64_t offset) {
  if (features.has(feature)) [[likely]]
    return true;
  return c.fail(ErrorKind::kUnsupported,
                std::string(what) + ": needs the " + feature_name(feature) + " feature, which is off",
                offset);
}

bool within_limit(ByteCursor& c, uint64_t n, uint64_t most, const char* what, uint64_t offset) {
  if (n <= most) [[likely]]
    return true;
  return c.fail(
      ErrorKind::kLimit,
      std::string("too many ") + what + ": " + std::to_string(n) + ", at most " + std::to_string(most),
      offset);
}

uint32_t read_count(ByteCursor& c, uint64_t most, const char* what) {
  uint64_t at = c.offset();
  uint32_t count = c.u32();
  if (count > c.remaining()) [[unlikely]] {
    c.fail(ErrorKind::kMalformed,
           "length out of bounds: " + std::to_string(count) + " " + what + ", but only " +
               std::to_string(c.remaining()) + " bytes follow",
           at);
    return 0;
  }
  return within_limit(c, count, most, what, at) ? count : 0;
}

TypeId resolve_type(ByteCursor& c, uint32_t index, const TypeScope& scope, uint64_t offset) {
  if (index < scope.types.size()) return scope.types[index];
  uint32_t count = uint32_t(scope.types.size()) + scope.group_size;
  if (index < count) return TypeRegistry::kRecBase + (index - uint32_t(scope.types.size()));
  c.fail(ErrorKind::kInvalid,
         "unknown type " + std::to_string(index) + ": there are " + std::to_string(count) + " here", offset);
  return kNoType;
}

ValType read_heap_type(ByteCursor& c, const TypeScope& scope, bool nullable) {
  uint64_t at = c.offset();
  if (const AbstractHeap* h = abstract_heap(c.peek())) {
    c.skip_peeked();
    if (!need_feature(c, scope.features, h->feature, "this heap type", at)) return {};
    return ValType::ref(nullable, h->heap);
  }
  int64_t index = c.s33();
  if (!c.ok()) return {};
  if (index < 0) {
    c.fail(ErrorKind::kMalformed, "malformed heap type: expected an abstract heap type or a type index", at);
    return {};
  }
  if (!need_feature(c, scope.features, Feature::kFunctionReferences, "a typed reference", at)) return {};
  TypeId id = resolve_type(c, uint32_t(index), scope, at);
  return c.ok() ? ValType::ref(nullable, id) : ValType();
}

ValType read_ref_type(ByteCursor& c, const TypeScope& scope) {
  uint64_t at = c.offset();
  uint8_t byte = c.u8();
  if (byte == kRefNullForm || byte == kRefForm) {
    if (!need_feature(c, scope.features, Feature::kFunctionReferences, "a typed reference", at)) return {};
    return read_heap_type(c, scope, byte == kRefNullForm);
  }
  const AbstractHeap* h = abstract_heap(byte);
  if (!h) {
    c.fail(ErrorKind::kMalformed, "malformed reference type " + hex_byte(byte), at);
    return {};
  }
  // Tables of funcref are older than the reference-types proposal.
  if (h->heap != Heap::kFunc && !need_feature(c, scope.features, h->feature, "this reference type", at))
    return {};
  return ValType::ref(true, h->heap);
}

ValType read_val_type(ByteCursor& c, const TypeScope& scope) {
  uint64_t at = c.offset();
  uint8_t byte = c.peek();
  if (byte >= 0x7b && byte <= 0x7f) {
    c.skip_peeked();
    if (byte == 0x7b && !need_feature(c, scope.features, Feature::kSimd, "v128", at)) return {};
    constexpr ValType kByByte[] = {kV128, kF64, kF32, kI64, kI32};
    return kByByte[byte - 0x7b];
  }
  if (byte == kRefNullForm || byte == kRefForm || abstract_heap(byte)) {
    if (!need_feature(c, scope.features, Feature::kReferenceTypes, "a reference type", at)) return {};
    return read_ref_type(c, scope);
  }
  c.u8();  // at the end of the input this is the error
  c.fail(ErrorKind::kMalformed, "malformed value type " + hex_byte(byte), at);
  return {};
}

// ---- limits and external types

namespace {

enum LimitFlags : uint8_t { kHasMax = 1, kShared = 2, kIs64 = 4, kPageSize = 8 };

// To a reader without the feature, a flag of its is as malformed as any other; but the message names the
// feature.
uint8_t read_limit_flags(ByteCursor& c, FeatureSet features, uint8_t allowed, const char* of) {
  struct Row {
    uint8_t flag;
    Feature feature;
  };
  constexpr Row kFlagFeatures[] = {
      {kShared, Feature::kThreads}, {kIs64, Feature::kMemory64}, {kPageSize, Feature::kCustomPageSizes}};
  uint64_t at = c.offset();
  uint8_t flags = c.u8();
  auto message = [&] { return "malformed limits flags " + hex_byte(flags) + " of a " + of; };
  if (flags & ~allowed) c.fail(ErrorKind::kMalformed, message(), at);
  for (const Row& row : kFlagFeatures)
    if ((flags & row.flag) && !features.has(row.feature))
      c.fail(ErrorKind::kMalformed, message() + ": the " + feature_name(row.feature) + " feature is off", at);
  return flags;
}

Limits read_limits(ByteCursor& c, uint8_t flags) {
  Limits limits;
  limits.min = c.u64();
  if (flags & kHasMax) limits.max = c.u64();  // 2^64-1, which a 64-bit table may declare, is the same as none
  return limits;
}

void check_limits(ByteCursor& c, const Limits& limits, uint64_t most, const std::string& size_message,
                  uint64_t at) {
  if (limits.min > most || (limits.has_max() && limits.max > most))
    c.fail(ErrorKind::kInvalid, size_message, at);
  else if (limits.min > limits.max)
    c.fail(ErrorKind::kInvalid,
           "size minimum must not be greater than maximum: " + std::to_string(limits.min) + " > " +
               std::to_string(limits.max),
           at);
}

// The page size that may follow the limits, as a power of two.
uint8_t read_page_size(ByteCursor& c) {
  uint64_t at = c.offset();
  uint32_t log2 = c.u32();
  if (!c.ok() || log2 == 0 || log2 == 16) return uint8_t(log2);
  c.fail(log2 > 64 ? ErrorKind::kMalformed : ErrorKind::kInvalid,
         "invalid custom page size: 2^" + std::to_string(log2) + " bytes; expected 1 or 65536", at);
  return 16;
}

// Mutability of a global or field.
bool read_mutability(ByteCursor& c) {
  uint64_t at = c.offset();
  uint8_t flag = c.u8();
  if (flag > 1)
    c.fail(ErrorKind::kMalformed, "malformed mutability " + hex_byte(flag) + ": expected 0 or 1", at);
  return flag == 1;
}

}  // namespace

TableType read_table_type(ByteCursor& c, const TypeScope& scope) {
  TableType t;
  t.element = read_ref_type(c, scope);
  uint64_t at = c.offset();
  uint8_t flags = read_limit_flags(c, scope.features, kHasMax | kIs64, "table");
  t.is64 = flags & kIs64;
  t.limits = read_limits(c, flags);
  if (!t.is64)
    check_limits(c, t.limits, 0xffff'ffffu, "table size must be at most 2^32-1 entries", at);
  else
    check_limits(c, t.limits, ~uint64_t{0}, "", at);
  return t;
}

MemoryType read_memory_type(ByteCursor& c, FeatureSet features) {
  MemoryType m;
  uint64_t at = c.offset();
  uint8_t flags = read_limit_flags(c, features, kHasMax | kShared | kIs64 | kPageSize, "memory");
  m.is64 = flags & kIs64;
  m.shared = flags & kShared;
  m.limits = read_limits(c, flags);
  if (flags & kPageSize) m.page_size_log2 = read_page_size(c);
  if (m.shared && !(flags & kHasMax)) c.fail(ErrorKind::kInvalid, "shared memory must have maximum", at);
  // As many pages as the address type reaches; with pages of one byte, a size must still be an address.
  unsigned bits = m.is64 ? 64 : 32;
  uint64_t most = m.page_size_log2 ? uint64_t{1} << (bits - m.page_size_log2) : ~uint64_t{0} >> (64 - bits);
  if (m.limits.min > most || m.limits.max > most || m.limits.min > m.limits.max) {
    std::string message = "memory size must be at most " + std::to_string(most) + " pages";
    if (most == 65536) message += " (4GiB)";
    check_limits(c, m.limits, most, message, at);
  }
  return m;
}

GlobalType read_global_type(ByteCursor& c, const TypeScope& scope) {
  GlobalType g;
  g.type = read_val_type(c, scope);
  g.is_mutable = read_mutability(c);
  return g;
}

// ---- the type section

namespace {

constexpr uint8_t kArrayForm = 0x5e, kStructForm = 0x5f, kFuncForm = 0x60;
constexpr uint8_t kRecForm = 0x4e, kSubFinalForm = 0x4f, kSubForm = 0x50;

void read_val_types(ByteCursor& c, const TypeScope& scope, std::vector<ValType>& out, uint32_t most,
                    const char* what) {
  uint32_t count = read_count(c, most, what);
  out.reserve(out.size() + count);
  for (uint32_t i = 0; i < count; i++) out.push_back(read_val_type(c, scope));
}

void read_func_type(ByteCursor& c, const TypeScope& scope, SubType& t) {
  t.composite = Composite::kFunc;
  read_val_types(c, scope, t.values, kMaxParams, "parameters of a function type");
  t.param_count = uint32_t(t.values.size());
  uint64_t at = c.offset();
  read_val_types(c, scope, t.values, kMaxResults, "results of a function type");
  if (t.values.size() > t.param_count + 1)
    need_feature(c, scope.features, Feature::kMultiValue, "invalid result arity: several results", at);
}

FieldType read_field(ByteCursor& c, const TypeScope& scope) {
  constexpr uint8_t kI8 = 0x78, kI16 = 0x77;
  FieldType f;
  if (c.peek() == kI8 || c.peek() == kI16) {
    f.packed = c.u8() == kI8 ? Packed::kI8 : Packed::kI16;
    f.type = kI32;
  } else {
    f.type = read_val_type(c, scope);
  }
  f.is_mutable = read_mutability(c);
  return f;
}

void read_composite(ByteCursor& c, const TypeScope& scope, SubType& t) {
  uint64_t at = c.offset();
  uint8_t form = c.u8();
  uint32_t count = 1;
  switch (form) {
    case kFuncForm:
      return read_func_type(c, scope, t);
    case kStructForm:
      need_feature(c, scope.features, Feature::kGc, "a struct type", at);
      t.composite = Composite::kStruct;
      count = read_count(c, kMaxStructFields, "fields of a struct type");
      break;
    case kArrayForm:
      need_feature(c, scope.features, Feature::kGc, "an array type", at);
      t.composite = Composite::kArray;
      break;
    default:
      c.fail(ErrorKind::kMalformed,
             "malformed definition type " + hex_byte(form) +
                 ": expected 0x60 (func), 0x5f (struct) or 0x5e (array)",
             at);
      return;
  }
  t.fields.reserve(count);
  for (uint32_t i = 0; i < count; i++) t.fields.push_back(read_field(c, scope));
}

// `index` is the type's own: a supertype must come before it.
void read_supertype(ByteCursor& c, const TypeScope& scope, uint32_t index, SubType& t) {
  uint64_t at = c.offset();
  uint32_t count = c.u32();
  if (count > 1)
    c.fail(ErrorKind::kInvalid, "sub type: " + std::to_string(count) + " supertypes; expected at most one",
           at);
  if (count != 1) return;
  at = c.offset();
  uint32_t super = c.u32();
  if (!c.ok()) return;
  if (super < index)
    t.super = resolve_type(c, super, scope, at);
  else
    c.fail(ErrorKind::kInvalid,
           "unknown type " + std::to_string(super) + ": a supertype must be declared before its subtype", at);
}

SubType read_sub_type(ByteCursor& c, const TypeScope& scope, uint32_t index) {
  SubType t;
  if (c.peek() == kSubForm || c.peek() == kSubFinalForm) {
    need_feature(c, scope.features, Feature::kGc, "a sub type", c.offset());
    t.is_final = c.u8() == kSubFinalForm;
    read_supertype(c, scope, index, t);
  }
  read_composite(c, scope, t);
  return t;
}

// Supertypes above a type of the group being read.
uint32_t depth_of(const SubType& t, const std::vector<SubType>& group, const TypeRegistry& registry) {
  if (t.super == kNoType) return 0;
  bool inside = t.super >= TypeRegistry::kRecBase;
  return 1 + (inside ? group[t.super - TypeRegistry::kRecBase].depth : registry[t.super].depth);
}

// Whether the subtype declarations hold is a property of the canonical group, so it can be asked after
// interning.
bool check_declarations(ByteCursor& c, const TypeRegistry& registry, TypeId start, uint32_t count,
                        uint32_t index, uint64_t at) {
  for (uint32_t i = 0; i < count; i++) {
    const SubType& t = registry[start + i];
    if (t.super == kNoType) continue;
    const SubType& super = registry[t.super];
    if (super.is_final || !registry.composite_matches(t, super))
      return c.fail(ErrorKind::kInvalid,
                    "sub type " + std::to_string(index + i) + " does not match its super type" +
                        (super.is_final ? ", which is final" : ""),
                    at);
  }
  return true;
}

}  // namespace

bool read_rec_group(ByteCursor& c, FeatureSet features, TypeRegistry& registry, std::vector<TypeId>& types) {
  uint64_t at = c.offset();
  uint32_t count = 1, first = uint32_t(types.size());
  if (c.peek() == kRecForm) {
    need_feature(c, features, Feature::kGc, "a recursion group", at);
    c.u8();
    count = read_count(c, kMaxTypesPerGroup, "types in a recursion group");
  }
  within_limit(c, uint64_t{first} + count, kMaxTypes, "types", at);
  TypeScope scope{types, count, features};
  std::vector<SubType> group;
  for (uint32_t i = 0; i < count && c.ok(); i++) {
    uint64_t type_at = c.offset();
    group.push_back(read_sub_type(c, scope, first + i));
    if (!c.ok()) break;
    group.back().depth = depth_of(group.back(), group, registry);
    within_limit(c, group.back().depth, kMaxSubtypeDepth, "supertypes above a type", type_at);
  }
  if (!c.ok()) return false;
  if (count == 0) return true;
  Result<TypeId> start = registry.intern(std::move(group));
  if (!start) return c.fail(start.error().kind(), start.error().message(), at);
  if (!check_declarations(c, registry, *start, count, first, at)) return false;
  for (uint32_t i = 0; i < count; i++) types.push_back(*start + i);
  return true;
}

}  // namespace wjit::wasm
