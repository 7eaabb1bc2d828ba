// The array of libcalls every VMContext points at: libcalls.h behind the signatures of libcalls.def. Native
// code reads it; until there is some, rows that only native code needs end the process and say which one it
// was.
#include <cstdio>
#include <cstdlib>

#include "runtime/libcalls.h"
#include "runtime/store.h"
#include "vmcontext/abi.h"

namespace wjit::rt {

namespace {

using vm::TrapCode;
using vm::VMContext;

// A libcall that fails leaves the trap with the store and answers false.
bool done(VMContext* c, TrapCode trap) {
  return trap == TrapCode::kNone || Instance::from_vmctx(c)->store->set_pending(make_trap(trap));
}

template <auto Row, class F>
struct Missing;
template <auto Row, class R, class... As>
struct Missing<Row, R (*)(As...)> {
  static R call(As...) {
    std::fprintf(stderr, "wjit: internal error: libcall %s, which only native code has\n",
                 vm::kLibcalls[size_t(Row)].name);
    std::abort();
  }
};

vm::VMBuiltinFunctionsArray make_builtin_functions() {
  vm::VMBuiltinFunctionsArray b;
#define WJIT_L(X, name, signature, what) \
  b.name = &Missing<vm::Libcall::name, vm::LibcallFunction<signature>>::call;
  WJIT_LIBCALLS(WJIT_L, )
#undef WJIT_L
  b.raise_trap = [](VMContext* c, uint32_t code) { done(c, TrapCode(code)); };
  b.memory_grow = &memory_grow;
  b.memory_copy = [](VMContext* c, uint32_t to, uint32_t from, uint64_t dst, uint64_t src, uint64_t n) {
    return done(c, memory_copy(c, to, from, dst, src, n));
  };
  b.memory_fill = [](VMContext* c, uint32_t memory, uint64_t dst, uint32_t byte, uint64_t n) {
    return done(c, memory_fill(c, memory, dst, byte, n));
  };
  b.memory_init = [](VMContext* c, uint32_t memory, uint32_t segment, uint64_t dst, uint32_t src,
                     uint32_t n) { return done(c, memory_init(c, memory, segment, dst, src, n)); };
  b.data_drop = &data_drop;
  b.table_get_lazy = [](VMContext* c, uint32_t table, uint64_t index) -> void* {
    return table_get_lazy(c, table, index);
  };
  b.table_grow = &table_grow;
  b.table_copy = [](VMContext* c, uint32_t to, uint32_t from, uint64_t dst, uint64_t src, uint64_t n) {
    return done(c, table_copy(c, to, from, dst, src, n));
  };
  b.table_fill = [](VMContext* c, uint32_t table, uint64_t dst, uintptr_t ref, uint64_t n) {
    return done(c, table_fill(c, table, dst, ref, n));
  };
  b.table_init = [](VMContext* c, uint32_t table, uint32_t segment, uint64_t dst, uint32_t src, uint32_t n) {
    return done(c, table_init(c, table, segment, dst, src, n));
  };
  b.elem_drop = &elem_drop;
  b.ref_func = [](VMContext* c, uint32_t func) -> void* { return ref_func(c, func); };
  return b;
}

}  // namespace

const vm::VMBuiltinFunctionsArray& builtin_functions() {
  static const vm::VMBuiltinFunctionsArray array = make_builtin_functions();
  return array;
}

}  // namespace wjit::rt
