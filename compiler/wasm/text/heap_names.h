// The abstract heap types as text: for parser and printer.
#pragma once
#include <string_view>

#include "compiler/wasm/types.h"

namespace wjit::wasm::text {

struct HeapName {
  Heap type;
  uint8_t code;                // in the binary
  std::string_view heap;       // "func"
  std::string_view reference;  // "funcref", short for (ref null func)
};
inline constexpr HeapName kHeapNames[] = {
    {Heap::kFunc, 0x70, "func", "funcref"},       {Heap::kNoFunc, 0x73, "nofunc", "nullfuncref"},
    {Heap::kExtern, 0x6f, "extern", "externref"}, {Heap::kNoExtern, 0x72, "noextern", "nullexternref"},
    {Heap::kAny, 0x6e, "any", "anyref"},          {Heap::kEq, 0x6d, "eq", "eqref"},
    {Heap::kI31, 0x6c, "i31", "i31ref"},          {Heap::kStruct, 0x6b, "struct", "structref"},
    {Heap::kArray, 0x6a, "array", "arrayref"},    {Heap::kNone, 0x71, "none", "nullref"},
    {Heap::kExn, 0x69, "exn", "exnref"},          {Heap::kNoExn, 0x74, "noexn", "nullexnref"},
};

}  // namespace wjit::wasm::text
