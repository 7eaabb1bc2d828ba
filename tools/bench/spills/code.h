// Machine code of functions, as it was read from some engine's file.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace wjit::bench {

struct FunctionCode {
  uint32_t index = 0;  // in the module
  std::string name{};
  uint64_t offset = 0;  // of the first byte, in the file's code
  std::vector<uint8_t> bytes{};
  // Where indirect jumps lead, by the offset of the jump in the function; for what cannot be found in the
  // code.
  std::map<uint32_t, std::vector<uint32_t>> jumps{};
  // Calls that never come back, by their offsets: what follows need not be code.
  std::set<uint32_t> ends{};
};

struct Code {
  std::vector<FunctionCode> functions{};
  std::string failure{};  // why it could not be read, with the place; empty if it could
};

// A line for each function: {"index": 7, "name": "f", "offset": 0, "hex": "5548..."}, and optionally
// "jumps": [[at, target...], ...] and "ends": [at, ...], offsets in the function. Other keys are let be.
Code read_dump(const std::string& text);

// A dump, or a module that Wasmtime serialized: an ELF file with symbols "wasm[0]::function[7]::name".
Code read_code(const std::string& file);

}  // namespace wjit::bench
