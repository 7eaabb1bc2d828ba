// From machine instructions and the registers they were given to bytes: generic/emit.h.
//
// The stack pointer stays where the prologue puts it but for the arguments of a call that is being prepared; so places in
// the frame are reached from it or from the frame pointer, whichever has a form. Whatever is out of reach has its address
// made in x15.
#pragma once
#include "compiler/isa/a64/lower.h"
#include "compiler/isa/a64/masm.h"
#include "compiler/isa/generic/emit.h"

namespace wjit::a64 {

// What `f` becomes. `wasm_offset` is the function's own, for the stack check. `listing`, if not null, is filled. Error
// kResource: too large.
support::Result<isa::CompiledFunc> emit(const MachFunc& f, const mach::Allocation& allocation, uint32_t wasm_offset,
                                        isa::Listing* listing = nullptr);

support::Result<isa::StubCode> emit_stubs();

// Its parts that copy and fill (stubs_bulk.cpp): leaves that keep nothing on the stack.
struct BulkCode {
  uint32_t copy, fill;
};
BulkCode emit_bulk(Masm& a);

}  // namespace wjit::a64
