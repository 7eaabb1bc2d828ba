// How large a module may be (the JS API's implementation limits). Past one: ErrorKind::kLimit naming it.
#pragma once
#include <cstdint>

namespace wjit::wasm {

constexpr uint64_t kMaxModuleSize = uint64_t{1} << 30;
constexpr uint32_t kMaxTypes = 1'000'000;
constexpr uint32_t kMaxRecGroups = 1'000'000;
constexpr uint32_t kMaxTypesPerGroup = 1'000'000;
constexpr uint32_t kMaxFuncs = 1'000'000;
constexpr uint32_t kMaxImports = 1'000'000;
constexpr uint32_t kMaxExports = 1'000'000;
constexpr uint32_t kMaxGlobals = 1'000'000;
constexpr uint32_t kMaxTags = 1'000'000;
constexpr uint32_t kMaxSubtypeDepth = 63;
constexpr uint32_t kMaxDataSegments = 100'000;
constexpr uint32_t kMaxElementSegments = 10'000'000;
constexpr uint32_t kMaxTables = 100'000;
constexpr uint64_t kMaxTableSize = 10'000'000;         // at run time; a larger declared maximum is fine
constexpr uint32_t kMaxTableInitEntries = 10'000'000;  // entries of an element segment
constexpr uint32_t kMaxMemories = 100;
constexpr uint64_t kMaxMemory32Pages = 65'536;  // of 64 KiB
constexpr uint64_t kMaxMemory64DeclaredPages = (uint64_t{1} << 37) - 1;
constexpr uint64_t kMaxMemory64Pages = 262'144;
constexpr uint32_t kMaxParams = 1'000;
constexpr uint32_t kMaxResults = 1'000;
constexpr uint32_t kMaxBodySize = 7'654'321;
constexpr uint32_t kMaxLocals = 50'000;  // with params
constexpr uint32_t kMaxStructFields = 10'000;
constexpr uint32_t kMaxArrayNewFixed = 10'000;
// Ours: operands on the stack at once. Without functions of many results no body of the size above gets
// there.
constexpr uint32_t kMaxOperands = 1u << 22;

// What bulk operations cost beyond their row of the opcode table: a unit of fuel for so many bytes or elements.
constexpr uint32_t kBytesPerFuelLog2 = 6, kElementsPerFuelLog2 = 4;

}  // namespace wjit::wasm
