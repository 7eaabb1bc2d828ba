// Reading types out of the binary: value, reference and heap types, limits and the types of externals. Used
// by the module reader and, for the types inside bodies, by the instruction reader.
//
// Errors stick to the cursor, as all of ByteCursor's do: the value returned then is a harmless default.
#pragma once
#include <span>

#include "compiler/support/byte_cursor.h"
#include "compiler/wasm/types.h"
#include "wjit/config.hpp"

namespace wjit::wasm {

// What a type index means at the place where it is read.
struct TypeScope {
  std::span<const TypeId> types;  // type index -> canonical id
  uint32_t group_size = 0;        // inside a recursion group: index types.size() + i means kRecBase + i
  FeatureSet features;
};

// Fails with kUnsupported unless the feature is on: "v128: needs the simd feature, which is off".
bool need_feature(ByteCursor& c, FeatureSet features, Feature feature, const char* what, uint64_t offset);
// Fails with kLimit when n > most: "too many types: 1000001, at most 1000000".
bool within_limit(ByteCursor& c, uint64_t n, uint64_t most, const char* what, uint64_t offset);
// The count of a vector whose entries take at least one byte each: bounded by the bytes that follow, then by
// `most`.
uint32_t read_count(ByteCursor& c, uint64_t most, const char* what);

// The canonical (or group-relative) id of a type index; kNoType after an error (kInvalid, unknown type).
TypeId resolve_type(ByteCursor& c, uint32_t index, const TypeScope& scope, uint64_t offset);

ValType read_val_type(ByteCursor& c, const TypeScope& scope);
ValType read_ref_type(ByteCursor& c, const TypeScope& scope);
// A heap type, returned as the reference to it with the given nullability.
ValType read_heap_type(ByteCursor& c, const TypeScope& scope, bool nullable);

TableType read_table_type(ByteCursor& c, const TypeScope& scope);
MemoryType read_memory_type(ByteCursor& c, FeatureSet features);
GlobalType read_global_type(ByteCursor& c, const TypeScope& scope);

// One recursion group of the type section: reads it, interns it, checks its subtype declarations and appends
// its types to `types`.
bool read_rec_group(ByteCursor& c, FeatureSet features, TypeRegistry& registry, std::vector<TypeId>& types);

}  // namespace wjit::wasm
