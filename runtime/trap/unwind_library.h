// libunwind, loaded when it is first wanted. It is not linked: a program that has it among its libraries gets libunwind's
// _Unwind_* functions in place of libgcc's, if the order of libraries so falls, and then throws cost thirty times as
// much. Loaded later and for itself, its names stand behind everybody's.
#pragma once
#define UNW_LOCAL_ONLY
#include <libunwind.h>

namespace wjit::rt {

struct UnwindLibrary {
  int (*init_local)(unw_cursor_t*, unw_context_t*);
  int (*step)(unw_cursor_t*);
  int (*get_reg)(unw_cursor_t*, unw_regnum_t, unw_word_t*);
  int (*get_proc_info)(unw_cursor_t*, unw_proc_info_t*);
  int (*get_proc_name)(unw_cursor_t*, char*, size_t, unw_word_t*);
  int (*get_context)(unw_context_t*);  // null where libunwind.h does it inline
  void (*dyn_register)(unw_dyn_info_t*);
  void (*dyn_cancel)(unw_dyn_info_t*);
  void flush_cache() const;

  // Null: it is not installed. Any thread.
  static const UnwindLibrary* get();

 private:
  void (*flush_cache_)(unw_addr_space_t, unw_word_t, unw_word_t);
  unw_addr_space_t* local_;
  static const UnwindLibrary* load();
};

}  // namespace wjit::rt
