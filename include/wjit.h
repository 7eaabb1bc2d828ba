/* What wjit offers C beyond the standard API of wasm.h: options of an engine, fuel, errors with messages, the cause of
 * a trap, 128-bit vectors, host functions that know their caller, calls that can stop and go on, 64-bit memories and
 * tables, linking by name, WASI. Plain functions over opaque pointers, fit for foreign-function interfaces.
 *
 * Ownership, failure and threads are as wasm.h says; `own` is what is handed over, and every delete takes NULL.
 * Functions that can fail for many reasons return a wjit_error_t, NULL when all went well.
 * Strings are given as pointer and length (WJIT_STR for a literal) unless they are named as ending in NUL. */
#ifndef WJIT_H
#define WJIT_H

#include "wasm.h"

#ifdef __cplusplus
extern "C" {
#endif

#define own

/* "0.1.0"; static. */
WASM_API_EXTERN const char* wjit_version(void);

/* A literal as the two arguments that strings are given in. */
#define WJIT_STR(literal) (literal), (sizeof(literal) - 1)

/* ---- Errors ---------------------------------------------------------------------------------------------------- */

typedef uint8_t wjit_error_kind_t;
enum wjit_error_kind_enum {
  WJIT_ERROR_MALFORMED,   /* bytes that are no WebAssembly binary */
  WJIT_ERROR_INVALID,     /* decoded, but the validator refuses it */
  WJIT_ERROR_UNSUPPORTED, /* valid, but of a feature that is off or that does not run yet */
  WJIT_ERROR_LIMIT,       /* past one of the limits of the implementation or of the store */
  WJIT_ERROR_LINK,        /* an unknown import or one of the wrong type */
  WJIT_ERROR_TRAP,        /* a WebAssembly trap where only an error can be given */
  WJIT_ERROR_EXIT,        /* the guest asked to end */
  WJIT_ERROR_RESOURCE,    /* the host ran out of memory or address space */
  WJIT_ERROR_IO,          /* the operating system refused */
  WJIT_ERROR_USAGE,       /* a mistake of the caller's */
  WJIT_ERROR_INTERNAL,    /* a mistake of wjit's own: please report it */
};

/* Of no store; used by one thread at a time. */
typedef struct wjit_error_t wjit_error_t;
WASM_API_EXTERN void wjit_error_delete(own wjit_error_t*);
/* Ends in NUL; lent by the error. */
WASM_API_EXTERN const char* wjit_error_message(const wjit_error_t*);
WASM_API_EXTERN wjit_error_kind_t wjit_error_kind(const wjit_error_t*);
/* Byte offset in the module's binary; false when the error is about none. */
WASM_API_EXTERN bool wjit_error_offset(const wjit_error_t*, uint64_t* out);

/* Why the last function of this thread that failed without saying why (NULL, false, an empty vector) did so. Takes it:
 * the next answer is NULL until something fails again. Functions that succeed leave it alone. */
WASM_API_EXTERN own wjit_error_t* wjit_last_error(void);

/* ---- Options of an engine (before wasm_engine_new_with_config) -------------------------------------------------- */

/* An option that cannot be is refused with an error; one that only a machine can refuse shows where it is wanted. */

/* A feature by the name that `wjit --features` knows ("simd", "threads"). */
WASM_API_EXTERN own wjit_error_t* wjit_config_set_feature(wasm_config_t*, const char* name, size_t name_size, bool on);

typedef uint8_t wjit_tier_t;
enum wjit_tier_enum { WJIT_TIER_INTERP, WJIT_TIER_JIT, WJIT_TIER_TIERED };
/* WJIT_TIER_TIERED by default where there is a compiler (x86-64), else WJIT_TIER_INTERP. */
WASM_API_EXTERN own wjit_error_t* wjit_config_set_tier(wasm_config_t*, wjit_tier_t);

/* With WJIT_TIER_TIERED: calls of a function, or rounds of its loops, after which it is hot (1000 and 20000 by default);
 * whether a hot loop goes on in native code at once; and, not 0, a seed for choosing those numbers at random, function by
 * function, up to the ones given: for tests. */
typedef uint8_t wjit_osr_t;
enum wjit_osr_enum { WJIT_OSR_AUTO, WJIT_OSR_OFF, WJIT_OSR_ALWAYS };
WASM_API_EXTERN void wjit_config_set_call_threshold(wasm_config_t*, uint32_t);
WASM_API_EXTERN void wjit_config_set_loop_threshold(wasm_config_t*, uint32_t);
WASM_API_EXTERN own wjit_error_t* wjit_config_set_osr(wasm_config_t*, wjit_osr_t);
WASM_API_EXTERN void wjit_config_set_tier_seed(wasm_config_t*, uint64_t);

typedef uint8_t wjit_compilation_mode_t;
enum wjit_compilation_mode_enum {
  WJIT_COMPILE_EAGER,            /* validate and translate everything when the module is made */
  WJIT_COMPILE_LAZY_TRANSLATION, /* validate then, translate a function on its first call; the default */
  WJIT_COMPILE_LAZY,             /* validate on the first call too */
};
WASM_API_EXTERN own wjit_error_t* wjit_config_set_compilation_mode(wasm_config_t*, wjit_compilation_mode_t);

typedef uint8_t wjit_memory_style_t;
enum wjit_memory_style_enum {
  WJIT_MEMORY_AUTO,   /* guard pages when the address space allows the reservation */
  WJIT_MEMORY_GUARD,
  WJIT_MEMORY_CHECKS,
};
WASM_API_EXTERN own wjit_error_t* wjit_config_set_memory_style(wasm_config_t*, wjit_memory_style_t);

typedef uint8_t wjit_dispatch_t;
enum wjit_dispatch_enum { WJIT_DISPATCH_AUTO, WJIT_DISPATCH_LOOP, WJIT_DISPATCH_TAIL };
WASM_API_EXTERN own wjit_error_t* wjit_config_set_dispatch(wasm_config_t*, wjit_dispatch_t);

/* Meter WebAssembly: wjit_store_set_fuel. Off by default. */
WASM_API_EXTERN void wjit_config_set_consume_fuel(wasm_config_t*, bool);
/* Wasm looks whether its store is to stop: wjit_engine_increment_epoch, wjit_store_set_epoch_deadline and
 * wjit_store_interrupt_handle. Off by default. */
WASM_API_EXTERN void wjit_config_set_epoch_interruption(wasm_config_t*, bool);
/* With it, wjit_store_epoch_deadline_callback; a little slower. Off by default. */
WASM_API_EXTERN void wjit_config_set_epoch_callbacks(wasm_config_t*, bool);
/* Fill tables of functions at instantiation instead of on first read. Off by default. */
WASM_API_EXTERN void wjit_config_set_eager_tables(wasm_config_t*, bool);
/* For validating, translating and compiling whole modules: one per core by default. With WJIT_TIER_TIERED: how many
 * compile in the background; 0: none, whoever runs a hot function compiles it. */
WASM_API_EXTERN void wjit_config_set_compile_threads(wasm_config_t*, unsigned);
/* Past either WebAssembly traps: 16 MiB and 100000 by default. */
WASM_API_EXTERN void wjit_config_set_max_wasm_stack(wasm_config_t*, uint64_t bytes);
WASM_API_EXTERN void wjit_config_set_max_native_stack(wasm_config_t*, uint64_t bytes);
WASM_API_EXTERN void wjit_config_set_max_call_depth(wasm_config_t*, uint32_t frames);
/* Address space for a memory with guard pages, and behind it: 8 GiB and 2 GiB by default. */
WASM_API_EXTERN void wjit_config_set_memory_reservation(wasm_config_t*, uint64_t bytes);
WASM_API_EXTERN void wjit_config_set_memory_guard_size(wasm_config_t*, uint64_t bytes);

/* ---- Stores ----------------------------------------------------------------------------------------------------- */

/* Fuel left (about one unit for an instruction; more for bulk operations, and for the first call of a body). An error
 * when the engine does not meter. A new store has none; no more than INT64_MAX is kept. */
WASM_API_EXTERN own wjit_error_t* wjit_store_get_fuel(const wasm_store_t*, uint64_t* out);
WASM_API_EXTERN own wjit_error_t* wjit_store_set_fuel(wasm_store_t*, uint64_t fuel);

/* Epochs, after wjit_config_set_epoch_interruption; errors without it. One tick of the engine's clock; any thread, signal
 * handlers too. */
WASM_API_EXTERN void wjit_engine_increment_epoch(wasm_engine_t*);
/* Wasm in the store traps (WJIT_TRAP_INTERRUPT) when the epoch has advanced by so many ticks; 0: at its next check;
 * UINT64_MAX, as in a new store: never. */
WASM_API_EXTERN own wjit_error_t* wjit_store_set_epoch_deadline(wasm_store_t*, uint64_t ticks_beyond_current);

/* Called instead, in the middle of the guest and on its thread, after wjit_config_set_epoch_callbacks. It must not call
 * functions of the store. A trap that it returns ends the call; else it fills in what is to happen (both begin as 1 tick and
 * CONTINUE). A callback of NULL: traps again. The finalizer runs when the store ends or another callback takes its place;
 * not on failure. */
typedef uint8_t wjit_update_deadline_kind_t;
enum wjit_update_deadline_kind_enum {
  WJIT_UPDATE_DEADLINE_CONTINUE, /* the next deadline is as many ticks beyond the epoch there is now */
  WJIT_UPDATE_DEADLINE_YIELD,    /* a resumable call stops (WJIT_RESUMABLE_YIELDED), others trap; ticks beyond the epoch
                                    there is when it is resumed */
};
typedef own wasm_trap_t* (*wjit_epoch_callback_t)(void* env, wasm_store_t*, uint64_t* ticks_beyond_current,
                                                  wjit_update_deadline_kind_t* kind);
WASM_API_EXTERN own wjit_error_t* wjit_store_epoch_deadline_callback(wasm_store_t*, wjit_epoch_callback_t, void* env,
                                                                     void (*finalizer)(void*));

/* Stops what runs in a store, or what runs next if nothing does, with a trap (WJIT_TRAP_INTERRUPT), once. Any thread may
 * call wjit_interrupt_handle_interrupt at any time, also after the store has been deleted; each handle is deleted once,
 * when nobody uses it. Not from signal handlers: there wjit_engine_increment_epoch is. */
typedef struct wjit_interrupt_handle_t wjit_interrupt_handle_t;
WASM_API_EXTERN void wjit_interrupt_handle_delete(own wjit_interrupt_handle_t*);
WASM_API_EXTERN own wjit_error_t* wjit_store_interrupt_handle(wasm_store_t*, own wjit_interrupt_handle_t** out);
WASM_API_EXTERN void wjit_interrupt_handle_interrupt(const wjit_interrupt_handle_t*);

/* Upper bounds for what the store may hold from now on; UINT64_MAX: none, as in a new store. Past one creation fails
 * (WJIT_ERROR_LIMIT) and growth is refused. NULL: those of the C++ API, 10000 instances, tables and memories. */
typedef struct wjit_store_limits_t {
  uint64_t memory_bytes;   /* of one memory */
  uint64_t table_elements; /* of one table */
  uint64_t instances, tables, memories;
} wjit_store_limits_t;
WASM_API_EXTERN void wjit_store_limiter(wasm_store_t*, const wjit_store_limits_t*);

/* The embedder's pointer; its finalizer runs when the store ends or another takes its place. */
WASM_API_EXTERN void* wjit_store_get_data(const wasm_store_t*);
WASM_API_EXTERN void wjit_store_set_data(wasm_store_t*, void* data, void (*finalizer)(void*));

/* ---- Types that the standard does not name --------------------------------------------------------------------- */

/* Kinds of value types. Null is the only value of the last two that C can hold. */
enum wjit_valkind_enum {
  WJIT_V128 = 4,
  WJIT_ANYREF = 130,
  WJIT_EXNREF = 131,
};
/* The type as the text format spells it ("(ref null 3)"; concrete types by the engine's number). */
WASM_API_EXTERN void wjit_valtype_to_string(const wasm_valtype_t*, own wasm_name_t* out);

/* Tags among imports and exports. */
enum wjit_externkind_enum { WJIT_EXTERN_TAG = 4 };

/* Limits in full: elements of a table or pages of a memory. `max` is UINT64_MAX where there is none. */
typedef struct wjit_limits_t {
  uint64_t min, max;
} wjit_limits_t;
/* page_size_log2: 16, or 0 for pages of one byte. */
WASM_API_EXTERN own wasm_memorytype_t* wjit_memorytype_new(const wjit_limits_t*, bool is64, bool shared,
                                                           uint8_t page_size_log2);
WASM_API_EXTERN wjit_limits_t wjit_memorytype_limits(const wasm_memorytype_t*);
WASM_API_EXTERN bool wjit_memorytype_is64(const wasm_memorytype_t*);
WASM_API_EXTERN bool wjit_memorytype_is_shared(const wasm_memorytype_t*);
WASM_API_EXTERN uint8_t wjit_memorytype_page_size_log2(const wasm_memorytype_t*);
WASM_API_EXTERN own wasm_tabletype_t* wjit_tabletype_new(own wasm_valtype_t*, const wjit_limits_t*, bool is64);
WASM_API_EXTERN wjit_limits_t wjit_tabletype_limits(const wasm_tabletype_t*);
WASM_API_EXTERN bool wjit_tabletype_is64(const wasm_tabletype_t*);

/* Pages of a memory whatever its size; grow: the pages before through `before` (may be NULL). */
WASM_API_EXTERN uint64_t wjit_memory_size(const wasm_memory_t*);
WASM_API_EXTERN own wjit_error_t* wjit_memory_grow(wasm_memory_t*, uint64_t delta, uint64_t* before);

/* ---- Memories of several threads (threads proposal) ------------------------------------------------------------- */

/* A shared memory: of no store, counted, and used by any number of threads at once. It never moves, and only grows; its
 * bytes may change whenever another thread runs a guest that has it. */
typedef struct wjit_sharedmemory_t wjit_sharedmemory_t;
WASM_API_EXTERN void wjit_sharedmemory_delete(own wjit_sharedmemory_t*);
/* All zero. The type must be shared, and so have a maximum (wjit_memorytype_new). */
WASM_API_EXTERN own wjit_error_t* wjit_sharedmemory_new(wasm_engine_t*, const wasm_memorytype_t*,
                                                        own wjit_sharedmemory_t** out);
/* Another handle of the same memory. */
WASM_API_EXTERN own wjit_sharedmemory_t* wjit_sharedmemory_clone(const wjit_sharedmemory_t*);
WASM_API_EXTERN own wasm_memorytype_t* wjit_sharedmemory_type(const wjit_sharedmemory_t*);
/* Good as long as the memory; data_size is in bytes, size in pages, both as they are now. */
WASM_API_EXTERN uint8_t* wjit_sharedmemory_data(const wjit_sharedmemory_t*);
WASM_API_EXTERN size_t wjit_sharedmemory_data_size(const wjit_sharedmemory_t*);
WASM_API_EXTERN uint64_t wjit_sharedmemory_size(const wjit_sharedmemory_t*);
/* The pages before through `before` (may be NULL). */
WASM_API_EXTERN own wjit_error_t* wjit_sharedmemory_grow(wjit_sharedmemory_t*, uint64_t delta, uint64_t* before);
/* Wakes who waits at the address, in bytes: the first `count` of them; how many through `woken` (may be NULL). */
WASM_API_EXTERN own wjit_error_t* wjit_sharedmemory_notify(wjit_sharedmemory_t*, uint64_t address, uint32_t count,
                                                           uint32_t* woken);
/* Sleeps while the number at the address is `expected` and nobody notifies; `timeout` in nanoseconds, negative: none. */
typedef uint8_t wjit_wait_t;
enum wjit_wait_enum { WJIT_WAIT_WOKEN, WJIT_WAIT_NOT_EQUAL, WJIT_WAIT_TIMED_OUT };
WASM_API_EXTERN own wjit_error_t* wjit_sharedmemory_wait32(wjit_sharedmemory_t*, uint64_t address, uint32_t expected,
                                                           int64_t timeout, wjit_wait_t* out);
WASM_API_EXTERN own wjit_error_t* wjit_sharedmemory_wait64(wjit_sharedmemory_t*, uint64_t address, uint64_t expected,
                                                           int64_t timeout, wjit_wait_t* out);
/* Its handle in a store of the same engine, to be imported there; the store keeps the memory. */
WASM_API_EXTERN own wjit_error_t* wjit_sharedmemory_attach(const wjit_sharedmemory_t*, wasm_store_t*,
                                                           own wasm_memory_t** out);
/* What other stores can have of a memory of this one; NULL with a last error when it is not shared. */
WASM_API_EXTERN own wjit_sharedmemory_t* wjit_memory_shared(const wasm_memory_t*);

/* ---- Modules ---------------------------------------------------------------------------------------------------- */

/* As wasm_module_new and wasm_module_validate, with the reason. *out is NULL when there is one. */
WASM_API_EXTERN own wjit_error_t* wjit_module_new(wasm_store_t*, const void* bytes, size_t size,
                                                  own wasm_module_t** out);
WASM_API_EXTERN own wjit_error_t* wjit_module_validate(wasm_store_t*, const void* bytes, size_t size);
/* Module text (.wat) to a binary, whatever features it uses. Errors say line and column, and show the place. */
WASM_API_EXTERN own wjit_error_t* wjit_wat2wasm(const char* text, size_t size, own wasm_byte_vec_t* out);
/* Maps the file, which must not be truncated while the module lives. `path` ends in NUL. */
WASM_API_EXTERN own wjit_error_t* wjit_module_from_file(wasm_store_t*, const char* path, own wasm_module_t** out);
/* Empty when it has none. */
WASM_API_EXTERN void wjit_module_name(const wasm_module_t*, own wasm_name_t* out);
/* Overrides the name section in backtraces; before the module is instantiated or shared. */
WASM_API_EXTERN void wjit_module_set_name(wasm_module_t*, const char* name, size_t name_size);

/* What became of the module's functions so far where the tier is WJIT_TIER_JIT, or WJIT_TIER_TIERED; all zero elsewhere. */
typedef struct wjit_native_report_t {
  uint32_t native; /* functions with native code */
  uint32_t stayed; /* functions that the interpreter runs */
  uint64_t code_bytes;
} wjit_native_report_t;
WASM_API_EXTERN void wjit_module_native_report(const wasm_module_t*, wjit_native_report_t* out);
/* The n-th of those that stayed: its index, a word for why (a feature's name, "limit", "memory", "invalid", "not asked for", "other")
 * and a sentence. Both end in NUL and are the module's. False when there are not as many. */
WASM_API_EXTERN bool wjit_module_native_stayed(
    const wasm_module_t*, uint32_t n, uint32_t* func_index, const char** reason, const char** message);

/* An export by name; NULL without a last error when there is none. */
WASM_API_EXTERN own wasm_extern_t* wjit_instance_get(const wasm_instance_t*, const char* name, size_t name_size);

/* ---- Traps ------------------------------------------------------------------------------------------------------ */

typedef uint8_t wjit_trap_kind_t;
enum wjit_trap_kind_enum {
  WJIT_TRAP_WASM,        /* a trap of WebAssembly: wjit_trap_code */
  WJIT_TRAP_HOST,        /* made by a host function */
  WJIT_TRAP_EXIT,        /* the guest asked to end: wjit_trap_exit_status */
  WJIT_TRAP_OUT_OF_FUEL, /* wjit_trap_required_fuel */
  WJIT_TRAP_INTERRUPT,   /* stopped from outside */
  WJIT_TRAP_EXCEPTION,   /* one that nothing has caught: wjit_trap_exception */
  WJIT_TRAP_ERROR,       /* no WebAssembly ran: a wrong argument, an import that does not fit: wjit_trap_error */
};
WASM_API_EXTERN wjit_trap_kind_t wjit_trap_kind(const wasm_trap_t*);
/* The number of the trap and its name ("integer-divide-by-zero"); 0 and NULL for other kinds. */
WASM_API_EXTERN uint8_t wjit_trap_code(const wasm_trap_t*);
WASM_API_EXTERN const char* wjit_trap_code_name(uint8_t code);
/* False for other kinds. */
WASM_API_EXTERN bool wjit_trap_exit_status(const wasm_trap_t*, int32_t* out);
WASM_API_EXTERN bool wjit_trap_required_fuel(const wasm_trap_t*, uint64_t* out);
/* NULL for other kinds. */
WASM_API_EXTERN own wjit_error_t* wjit_trap_error(const wasm_trap_t*);
/* Message and backtrace as `wjit run` prints them. */
WASM_API_EXTERN void wjit_trap_to_string(const wasm_trap_t*, own wasm_name_t* out);
/* A trap that ends the whole call as proc_exit does. */
WASM_API_EXTERN own wasm_trap_t* wjit_trap_new_exit(wasm_store_t*, int32_t status);
/* Names of a frame, lent by it; empty when unknown. */
WASM_API_EXTERN const wasm_name_t* wjit_frame_func_name(const wasm_frame_t*);
WASM_API_EXTERN const wasm_name_t* wjit_frame_module_name(const wasm_frame_t*);

/* ---- Values and calls with vectors, host functions with their caller -------------------------------------------- */

/* wasm_val_t with room for a v128 (little-endian lanes). References are owned as there. */
typedef struct wjit_val_t {
  wasm_valkind_t kind;
  union {
    int32_t i32;
    int64_t i64;
    float32_t f32;
    float64_t f64;
    wasm_ref_t* ref;
    uint8_t v128[16];
  } of;
} wjit_val_t;
WASM_API_EXTERN void wjit_val_delete(own wjit_val_t*);

/* As wasm_func_call. Room for the results is checked before it runs; they are the caller's to delete. */
WASM_API_EXTERN own wasm_trap_t* wjit_func_call(const wasm_func_t*, const wjit_val_t* args, size_t arg_count,
                                                wjit_val_t* results, size_t result_count);

/* Who called a host function; lent for the call. */
typedef struct wjit_caller_t wjit_caller_t;
WASM_API_EXTERN wasm_store_t* wjit_caller_store(const wjit_caller_t*);
/* An export of the calling instance; NULL when there is none, or when the host called. */
WASM_API_EXTERN own wasm_extern_t* wjit_caller_get_export(const wjit_caller_t*, const char* name, size_t name_size);

/* As wasm_func_callback_with_env_t. `result_count` results are to be filled in; they are blank when it begins. */
typedef own wasm_trap_t* (*wjit_func_callback_t)(void* env, wjit_caller_t* caller, const wjit_val_t* args,
                                                 size_t arg_count, wjit_val_t* results, size_t result_count);
WASM_API_EXTERN own wasm_func_t* wjit_func_new(wasm_store_t*, const wasm_functype_t*, wjit_func_callback_t, void* env,
                                               void (*finalizer)(void*));

/* ---- Exceptions ------------------------------------------------------------------------------------------------- */

/* A tag of the store's own: what its exceptions carry are the parameters; a type has no results. NULL: no such type. */
WASM_API_EXTERN own wasm_extern_t* wjit_tag_new(wasm_store_t*, const wasm_functype_t*);

/* An exception of a store (exnref): a tag and values of its types. Counted: copies are the same one. Another name for it
 * is wasm_ref_t, in values of kind WJIT_EXNREF. */
typedef struct wjit_exn_t wjit_exn_t;
WASM_API_EXTERN void wjit_exn_delete(own wjit_exn_t*);
WASM_API_EXTERN own wjit_exn_t* wjit_exn_copy(const wjit_exn_t*);
/* Not thrown by that. The fields stay the caller's. */
WASM_API_EXTERN own wjit_error_t* wjit_exn_new(wasm_store_t*, const wasm_extern_t* tag, const wjit_val_t* fields,
                                               size_t field_count, own wjit_exn_t** out);
WASM_API_EXTERN own wasm_extern_t* wjit_exn_tag(const wjit_exn_t*);
WASM_API_EXTERN size_t wjit_exn_field_count(const wjit_exn_t*);
/* False: there are not as many. */
WASM_API_EXTERN bool wjit_exn_field(const wjit_exn_t*, size_t index, own wjit_val_t* out);
/* Lent, as the same object; NULL for a reference to something else. */
WASM_API_EXTERN wasm_ref_t* wjit_exn_as_ref(wjit_exn_t*);
WASM_API_EXTERN wjit_exn_t* wjit_ref_as_exn(wasm_ref_t*);

/* Returned by a host function it is thrown in the WebAssembly that called. */
WASM_API_EXTERN own wasm_trap_t* wjit_trap_new_exception(const wjit_exn_t*);
/* What nothing has caught (WJIT_TRAP_EXCEPTION); NULL for other kinds. */
WASM_API_EXTERN own wjit_exn_t* wjit_trap_exception(const wasm_trap_t*);

/* ---- Calls that can stop and go on ------------------------------------------------------------------------------ */

/* A call that a host function's trap, the want of fuel or an epoch deadline's callback has stopped. Belongs to its store and ends with it. */
typedef struct wjit_resumable_t wjit_resumable_t;
WASM_API_EXTERN void wjit_resumable_delete(own wjit_resumable_t*);

/* As wjit_func_call; but where *out is not NULL afterwards, the call has stopped and can go on: nothing is returned
 * then, and no results are written. */
WASM_API_EXTERN own wasm_trap_t* wjit_func_call_resumable(const wasm_func_t*, const wjit_val_t* args, size_t arg_count,
                                                          wjit_val_t* results, size_t result_count,
                                                          own wjit_resumable_t** out);
typedef uint8_t wjit_resumable_state_t;
enum wjit_resumable_state_enum {
  WJIT_RESUMABLE_DONE,        /* it has returned or trapped; only to be deleted */
  WJIT_RESUMABLE_HOST_TRAP,   /* resume with values in place of the host function's results */
  WJIT_RESUMABLE_OUT_OF_FUEL, /* resume without values, after fuel was added */
  WJIT_RESUMABLE_YIELDED,     /* resume without values: wjit_store_epoch_deadline_callback */
};
WASM_API_EXTERN wjit_resumable_state_t wjit_resumable_state(const wjit_resumable_t*);
/* The cost of what could not be paid; 0 unless in state OUT_OF_FUEL. */
WASM_API_EXTERN uint64_t wjit_resumable_required_fuel(const wjit_resumable_t*);
/* NULL unless in state HOST_TRAP. */
WASM_API_EXTERN own wasm_func_t* wjit_resumable_host_func(const wjit_resumable_t*);
WASM_API_EXTERN own wasm_trap_t* wjit_resumable_host_trap(const wjit_resumable_t*);
/* Goes on with the call. NULL and state DONE: results are written. NULL and another state: it has stopped again. A
 * trap and state DONE: it has trapped. A trap of kind ERROR with the state as before: the inputs did not fit. */
WASM_API_EXTERN own wasm_trap_t* wjit_resumable_resume(wjit_resumable_t*, const wjit_val_t* inputs, size_t input_count,
                                                       wjit_val_t* results, size_t result_count);

/* ---- WASI ------------------------------------------------------------------------------------------------------- */

/* WASI preview 1 for one store. Strings are copied. */
typedef struct wjit_wasi_config_t wjit_wasi_config_t;
WASM_API_EXTERN void wjit_wasi_config_delete(own wjit_wasi_config_t*);
WASM_API_EXTERN own wjit_wasi_config_t* wjit_wasi_config_new(void);
/* args[0] is the program's name; strings end in NUL. False: a NULL, or no memory; the config is as it was. */
WASM_API_EXTERN bool wjit_wasi_config_set_args(wjit_wasi_config_t*, size_t count, const char* const args[]);
WASM_API_EXTERN bool wjit_wasi_config_add_env(wjit_wasi_config_t*, const char* name, const char* value);
/* The host's directory under the guest's name for it; opened by wjit_linker_define_wasi. */
WASM_API_EXTERN bool wjit_wasi_config_preopen_dir(wjit_wasi_config_t*, const char* host_path, const char* guest_path);
/* True, as in a new config: stdin, stdout and stderr of the process. False: empty input, output dropped. */
WASM_API_EXTERN void wjit_wasi_config_inherit_stdio(wjit_wasi_config_t*, bool);

/* ---- Linking by name -------------------------------------------------------------------------------------------- */

/* Used by one thread at a time. Items of a store are only found by that store; host functions defined here are made
 * anew in each store. It keeps its engine. */
typedef struct wjit_linker_t wjit_linker_t;
WASM_API_EXTERN void wjit_linker_delete(own wjit_linker_t*);
WASM_API_EXTERN own wjit_linker_t* wjit_linker_new(wasm_engine_t*);
/* Whether a name may be defined again. */
WASM_API_EXTERN void wjit_linker_allow_shadowing(wjit_linker_t*, bool);
/* Lent; it stays its store's. */
WASM_API_EXTERN own wjit_error_t* wjit_linker_define(wjit_linker_t*, const char* module, size_t module_size,
                                                     const char* name, size_t name_size, const wasm_extern_t*);
/* All exports of the instance, as those of `module`. */
WASM_API_EXTERN own wjit_error_t* wjit_linker_define_instance(wjit_linker_t*, const char* module, size_t module_size,
                                                              const wasm_instance_t*);
/* The finalizer runs when the linker and every store that uses the function are gone; not on failure. Stores on
 * different threads may call it at the same time. */
WASM_API_EXTERN own wjit_error_t* wjit_linker_define_func(wjit_linker_t*, const char* module, size_t module_size,
                                                          const char* name, size_t name_size, const wasm_functype_t*,
                                                          wjit_func_callback_t, void* env, void (*finalizer)(void*));
/* wasi_snapshot_preview1 and wasi_unstable (docs/wasi.md), for this store. Takes the config, whether it succeeds or
 * not. */
WASM_API_EXTERN own wjit_error_t* wjit_linker_define_wasi(wjit_linker_t*, wasm_store_t*, own wjit_wasi_config_t*);
/* NULL: *trap (if asked for) is the trap, or says which import is unknown or does not fit. */
WASM_API_EXTERN own wasm_instance_t* wjit_linker_instantiate(wjit_linker_t*, wasm_store_t*, const wasm_module_t*,
                                                             own wasm_trap_t** trap);
/* NULL: not defined, or with another store. */
WASM_API_EXTERN own wasm_extern_t* wjit_linker_get(wjit_linker_t*, wasm_store_t*, const char* module,
                                                   size_t module_size, const char* name, size_t name_size);

#undef own

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* WJIT_H */
