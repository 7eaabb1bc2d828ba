// Whether what an embedder provides fits an import (spec §4.2.x, matching of external types). Each returns a
// kLink error that says what was found and what was expected; the linker puts the import's names in front.
#pragma once
#include "compiler/wasm/types.h"

namespace wjit::wasm {

Result<void> match_func(const TypeRegistry& registry, TypeId found, TypeId expected);
// For tables and memories `found.limits.min` is the size they have now.
Result<void> match_table(const TypeRegistry& registry, const TableType& found, const TableType& expected);
Result<void> match_memory(const MemoryType& found, const MemoryType& expected);
Result<void> match_global(const TypeRegistry& registry, const GlobalType& found, const GlobalType& expected);
Result<void> match_tag(const TypeRegistry& registry, TypeId found, TypeId expected);
// The provided thing is of another kind altogether.
Error kind_mismatch(ExternKind found, ExternKind expected);

// "table i64 1..10 funcref", "memory 1.. shared", "global mut i32".
std::string to_string(const TableType& t);
std::string to_string(const MemoryType& m);
std::string to_string(const GlobalType& g);
// A canonical type as the text format spells it: "(func (param i32) (result i64))", "(sub 3 (struct (field
// i8)))".
std::string to_string(const TypeRegistry& registry, TypeId id);

}  // namespace wjit::wasm
