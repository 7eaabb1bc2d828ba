// From machine instructions and the registers they were given to bytes.
//
// The frame: generic/emit.h. Where there are vectors 8 bytes lie behind the VMContext, so that their slots are at multiples
// of 16, as instructions without AVX want their operands in memory.
#pragma once
#include "compiler/isa/generic/emit.h"
#include "compiler/isa/x64/lower.h"
#include "compiler/isa/x64/masm.h"

namespace wjit::x64 {

// What `f` becomes. `wasm_offset` is the function's own, for the stack check. `listing`, if not null, is filled. Error
// kResource: too large.
support::Result<isa::CompiledFunc> emit(const MachFunc& f, const mach::Allocation& allocation, uint32_t wasm_offset,
                                        isa::Listing* listing = nullptr);

using isa::StubCode;
support::Result<StubCode> emit_stubs();

// Its parts that copy and fill (stubs_bulk.cpp): leaves that keep nothing on the stack.
struct BulkCode {
  uint32_t copy, fill;
};
BulkCode emit_bulk(Masm& a);

}  // namespace wjit::x64
