// What running code asks the runtime to do; one function per row of libcalls.def that the interpreter needs.
// Indices are those of the calling module. Bounds are checked whole before the first byte or element is
// touched, and growth acts on the owner's definition, through imports too. kNone: done. The code is all there is of a trap,
// but for kTrapPending (Store::poll): that one is with the store already.
//
// Interruption (Store::poll; kInterrupt, kEpochDeadline, kTrapPending). Memory is worked on in pieces of kPollBytes, with a poll between
// two of them. An interrupted operation has done the pieces before that poll, whole: a prefix of it, or the end of it where
// memory.copy moves upwards within one memory. Work on tables, and growth, polls before it begins and when it is done:
// interrupted, all of it is done or nothing. (Growth may have to copy a memory, at most once: where its initial bytes are
// a mapped image and it may move.) A poll may change memories and tables: whoever holds base and length reads
// them anew.
#pragma once
#include <cstdint>

#include "vmcontext/traps.h"
#include "vmcontext/vm_types.h"

namespace wjit::rt {

using vm::kGrowRefused;  // -1, as wasm sees it
using vm::kGrowTrapped;

constexpr uint64_t kPollBytes = 1 << 20;

// Pages before, kGrowRefused, or kGrowTrapped with the trap pending. May move the memory: base and length are read anew afterwards.
uint64_t memory_grow(vm::VMContext* vmctx, uint32_t memory, uint64_t delta);
uint64_t memory_size(vm::VMContext* vmctx, uint32_t memory);  // pages
// `address` is the effective one (wasm::effective_address). What wasm is answered, or kGrowTrapped with the trap pending.
// Waiting is interrupted by what Store::poll says, and takes nothing of the host but its thread.
uint64_t memory_atomic_wait32(vm::VMContext* vmctx, uint32_t memory, uint64_t address, uint32_t expected,
                              uint64_t timeout);
uint64_t memory_atomic_wait64(vm::VMContext* vmctx, uint32_t memory, uint64_t address, uint64_t expected,
                              uint64_t timeout);
uint64_t memory_atomic_notify(vm::VMContext* vmctx, uint32_t memory, uint64_t address, uint32_t count);
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
                    uint64_t init_ref);  // or kGrowRefused, kGrowTrapped likewise
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
