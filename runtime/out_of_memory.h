// The want of memory is a trap like others, wherever it shows: nothing is thrown through frames of wasm.
#pragma once
#include <new>

#include "runtime/store.h"

namespace wjit::rt {

// What `body` answers; `trapped` where memory ran out, which is then the pending trap, whatever a half-made one left.
template <class R, class F>
R or_out_of_memory(Store& store, R trapped, F&& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    store.set_pending_out_of_memory();
    return trapped;
  }
}

}  // namespace wjit::rt
