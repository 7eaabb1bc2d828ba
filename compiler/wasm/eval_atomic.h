// What each atomic access does with memory (threads proposal), all in one order with all others. `place` is
// aligned to the access and in bounds, and another thread may be at the same bytes; M is the type in memory,
// an unsigned integer. The interpreter, the evaluator of IR and the runtime share these; what ThreadSanitizer
// sees of a guest's synchronisation are these functions.
#pragma once
#include <cstdint>

namespace wjit::wasm {

template <class M>
M atomic_load(const uint8_t* place) {
  return __atomic_load_n(reinterpret_cast<const M*>(place), __ATOMIC_SEQ_CST);
}
template <class M>
void atomic_store(uint8_t* place, M value) {
  __atomic_store_n(reinterpret_cast<M*>(place), value, __ATOMIC_SEQ_CST);
}
// The value before.
#define WJIT_RMW(name, builtin)                                           \
  template <class M>                                                      \
  M atomic_rmw_##name(uint8_t* place, M value) {                          \
    return builtin(reinterpret_cast<M*>(place), value, __ATOMIC_SEQ_CST); \
  }
WJIT_RMW(add, __atomic_fetch_add)
WJIT_RMW(sub, __atomic_fetch_sub)
WJIT_RMW(and, __atomic_fetch_and)
WJIT_RMW(or, __atomic_fetch_or)
WJIT_RMW(xor, __atomic_fetch_xor)
WJIT_RMW(xchg, __atomic_exchange_n)
#undef WJIT_RMW
// Compares with all of `expected`, the value in memory being extended with zeros: what does not fit in M is
// never found.
template <class M>
M atomic_cmpxchg(uint8_t* place, uint64_t expected, M value) {
  M found = M(expected);
  if (found != expected) return atomic_load<M>(place);
  __atomic_compare_exchange_n(reinterpret_cast<M*>(place), &found, value, false, __ATOMIC_SEQ_CST,
                              __ATOMIC_SEQ_CST);
  return found;
}
inline void atomic_fence() { __sync_synchronize(); }

// Where a 64-bit index and offset lead. A sum that does not fit is far outside of every memory, and as
// aligned as the sum.
constexpr uint64_t effective_address(uint64_t index, uint64_t offset) {
  const uint64_t sum = index + offset;
  return sum < offset ? sum | ~uint64_t{15} : sum;
}

}  // namespace wjit::wasm
