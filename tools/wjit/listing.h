// A function's machine code as an annotated listing.
#pragma once
#include <functional>
#include <string>

#include "compiler/isa/common/compiled_func.h"
#include "vmcontext/vm_offsets.h"

namespace wjit::cli {

struct ListingNames {
  const vm::VMOffsets& offsets;                    // of the module
  std::function<std::string(uint32_t)> defined;    // a defined function: "function 7 'f'"
  std::function<std::string(uint32_t)> imported;
};

// Offsets of wasm, branch targets, the names of what is reached through the VMContext, of what is called, and of traps.
std::string list_code(const isa::CompiledFunc& func, const isa::Listing& listing, const ListingNames& names);

// The name of what lies `offset` bytes into a structure of vmcontext/ or, for "VMContext", in this module's. What it
// points at goes to `pointee`, "" for nothing known. "": nothing lies there.
std::string field_name(std::string_view structure, int64_t offset, const ListingNames& names, std::string& pointee);

}  // namespace wjit::cli
