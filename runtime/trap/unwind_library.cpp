#include "runtime/trap/unwind_library.h"

#include <dlfcn.h>

#include <type_traits>

namespace wjit::rt {

#define WJIT_TEXT(x) #x
#define WJIT_NAME(x) WJIT_TEXT(x)

const UnwindLibrary* UnwindLibrary::load() {
  void* const handle = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
  if (!handle) return nullptr;
  static UnwindLibrary l;
  bool whole = true;
  const auto find = [&](auto& to, const char* name) {
    to = reinterpret_cast<std::remove_reference_t<decltype(to)>>(dlsym(handle, name));
    whole = whole && to;
  };
  // What libunwind.h calls unw_step and so on has a name of its own for each architecture.
  find(l.init_local, WJIT_NAME(UNW_OBJ(init_local)));
  find(l.step, WJIT_NAME(UNW_OBJ(step)));
  find(l.get_reg, WJIT_NAME(UNW_OBJ(get_reg)));
  find(l.get_proc_info, WJIT_NAME(UNW_OBJ(get_proc_info)));
  find(l.get_proc_name, WJIT_NAME(UNW_OBJ(get_proc_name)));
  find(l.flush_cache_, WJIT_NAME(UNW_ARCH_OBJ(flush_cache)));
  find(l.local_, WJIT_NAME(UNW_OBJ(local_addr_space)));
  find(l.dyn_register, "_U_dyn_register");
  find(l.dyn_cancel, "_U_dyn_cancel");
#if defined(__x86_64__)
  find(l.get_context, WJIT_NAME(UNW_ARCH_OBJ(getcontext)));
#endif
  return whole ? &l : nullptr;
}

const UnwindLibrary* UnwindLibrary::get() {
  static const UnwindLibrary* const library = load();
  return library;
}

void UnwindLibrary::flush_cache() const { flush_cache_(*local_, 0, 0); }

}  // namespace wjit::rt
