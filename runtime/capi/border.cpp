#include "runtime/capi/border.h"

#include "runtime/capi/objects.h"
#include "runtime/trap_access.h"

namespace wjit::capi {

namespace {

// Made when the library is loaded and never freed, so that they are there when nothing else can be had.
wjit_error_t& no_memory_error = *new wjit_error_t{Error(ErrorKind::kResource, "out of memory")};
wasm_ref_t& no_memory_trap = *new wasm_ref_t{
    {}, std::make_shared<TrapState>(TrapAccess::make(Trap::Kind::kWasm, vm::TrapCode::kOutOfSystemMemory,
                                                     "out of memory"))};

struct LastError {
  wjit_error_t* error = nullptr;
  ~LastError() { wjit_error_delete(error); }
  void set(wjit_error_t* e) {
    wjit_error_delete(error);
    error = e;
  }
};
thread_local LastError last_error;

}  // namespace

wjit_error_t* make_error(Error error) noexcept {
  try {
    return new wjit_error_t{std::move(error)};
  } catch (...) {
    return &no_memory_error;
  }
}

wjit_error_t* out_of_memory_error() noexcept { return &no_memory_error; }
wasm_trap_t* out_of_memory_trap() noexcept { return as<wasm_trap_t>(&no_memory_trap); }
bool is_immortal(const wasm_ref_t* ref) { return ref == &no_memory_trap; }

wasm_trap_t* make_trap(wasm_store_t* store, TrapError error) noexcept {
  try {
    auto state = std::make_shared<TrapState>(Trap(""));
    if (auto* e = std::get_if<Error>(&error)) {
      TrapAccess::message(state->trap) = e->to_string();
      state->error = std::move(*e);
    } else {
      Trap& trap = std::get<Trap>(error);
      // A trap of a host function keeps its identity on the way through WebAssembly.
      if (auto* before = std::any_cast<std::shared_ptr<TrapState>>(&trap.payload())) {
        state = std::move(*before);
        trap.payload().reset();
      }
      state->trap = std::move(trap);
    }
    return as<wasm_trap_t>(new wasm_ref_t{StorePtr(store), std::move(state)});
  } catch (...) {
    return out_of_memory_trap();
  }
}

void set_last_error(Error error) noexcept { last_error.set(make_error(std::move(error))); }
void set_last_null(const char* what) noexcept {
  border_void([&] { refuse(std::string(what) + " is NULL"); });
}
void set_last_out_of_memory() noexcept { last_error.set(&no_memory_error); }

std::unique_ptr<Error> current_failure() noexcept {
  try {
    try {
      throw;
    } catch (Failure& failure) {
      return std::make_unique<Error>(std::move(failure.error));
    } catch (const std::bad_alloc&) {
      return nullptr;
    } catch (const std::exception& e) {
      return std::make_unique<Error>(ErrorKind::kResource, e.what());
    } catch (...) {
      return std::make_unique<Error>(ErrorKind::kUsage, "a callback threw something");
    }
  } catch (...) {
    return nullptr;
  }
}

}  // namespace wjit::capi

using namespace wjit;

extern "C" {

void wjit_error_delete(wjit_error_t* error) {
  if (error != &capi::no_memory_error) delete error;
}
const char* wjit_error_message(const wjit_error_t* error) {
  return capi::ask(error, "error", [&] { return error->error.message().c_str(); });
}
wjit_error_kind_t wjit_error_kind(const wjit_error_t* error) {
  return capi::ask(error, "error", [&] { return wjit_error_kind_t(error->error.kind()); });
}
bool wjit_error_offset(const wjit_error_t* error, uint64_t* out) {
  if (!error || error->error.offset() == kNoOffset) return false;
  *out = error->error.offset();
  return true;
}
wjit_error_t* wjit_last_error(void) { return std::exchange(capi::last_error.error, nullptr); }

}  // extern "C"

static_assert(WJIT_ERROR_MALFORMED == int(ErrorKind::kMalformed) && WJIT_ERROR_INVALID == int(ErrorKind::kInvalid) &&
              WJIT_ERROR_UNSUPPORTED == int(ErrorKind::kUnsupported) && WJIT_ERROR_LIMIT == int(ErrorKind::kLimit) &&
              WJIT_ERROR_LINK == int(ErrorKind::kLink) && WJIT_ERROR_TRAP == int(ErrorKind::kTrap) &&
              WJIT_ERROR_EXIT == int(ErrorKind::kExit) && WJIT_ERROR_RESOURCE == int(ErrorKind::kResource) &&
              WJIT_ERROR_IO == int(ErrorKind::kIo) && WJIT_ERROR_USAGE == int(ErrorKind::kUsage) &&
              WJIT_ERROR_INTERNAL == int(ErrorKind::kInternal));
