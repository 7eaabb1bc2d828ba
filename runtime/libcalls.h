// What running code asks the runtime to do; one function per row of libcalls.def that the interpreter needs.
// Indices are those of the calling module. Bounds are checked whole before the first byte or element is
// touched, and growth acts on the owner's definition, through imports too. kNone: done. kResourceLimit and
// the like never surprise the caller with a pending trap: the code is all there is.
#pragma once
#include <cstdint>

#include "vmcontext/traps.h"
#include "vmcontext/vm_types.h"

namespace wjit::rt {

using vm::kGrowRefused;  // -1, as wasm sees it

// Pages before, or kGrowRefused. May move the memory: base and length are read anew afterwards.
uint64_t memory_grow(vm::VMContext* vmctx, uint32_t memory, uint64_t delta);
uint64_t memory_size(vm::VMContext* vmctx, uint32_t memory);  // pages
vm::TrapCode memory_copy(vm::VMContext* vmctx, uint32_t dst_memory, uint32_t src_memory, uint64_t dst,
                         uint64_t src, uint64_t length);
vm::TrapCode memory_fill(vm::VMContext* vmctx, uint32_t memory, uint64_t dst, uint32_t byte, uint64_t length);
vm::TrapCode memory_init(vm::VMContext* vmctx, uint32_t memory, uint32_t segment, uint64_t dst, uint32_t src,
                         uint32_t length);
void data_drop(vm::VMContext* vmctx, uint32_t segment);

uint64_t table_size(vm::VMContext* vmctx, uint32_t table);
vm::TrapCode table_get(vm::VMContext* vmctx, uint32_t table, uint64_t index, uint64_t* out);
vm::TrapCode table_set(vm::VMContext* vmctx, uint32_t table, uint64_t index, uint64_t ref);
// Makes the slot of a func-ref table if it is not made yet; index < size. The reference, 0 for null.
vm::VMFuncRef* table_get_lazy(vm::VMContext* vmctx, uint32_t table, uint64_t index);
uint64_t table_grow(vm::VMContext* vmctx, uint32_t table, uint64_t delta,
                    uint64_t init_ref);  // or kGrowRefused
vm::TrapCode table_fill(vm::VMContext* vmctx, uint32_t table, uint64_t dst, uint64_t ref, uint64_t length);
vm::TrapCode table_copy(vm::VMContext* vmctx, uint32_t dst_table, uint32_t src_table, uint64_t dst,
                        uint64_t src, uint64_t length);
vm::TrapCode table_init(vm::VMContext* vmctx, uint32_t table, uint32_t segment, uint64_t dst, uint32_t src,
                        uint32_t length);
void elem_drop(vm::VMContext* vmctx, uint32_t segment);

vm::VMFuncRef* ref_func(vm::VMContext* vmctx, uint32_t func_index);

// The builtin functions array every VMContext points at.
const vm::VMBuiltinFunctionsArray& builtin_functions();

}  // namespace wjit::rt
