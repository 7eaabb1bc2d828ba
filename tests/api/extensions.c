/* What wjit.h adds: options, fuel, calls that stop and go on, vectors, callers, linking, WASI. */
#include "test.h"

static wasm_trap_t* twice(void* env, wjit_caller_t* caller, const wjit_val_t* args, size_t arg_count,
                          wjit_val_t* results, size_t result_count) {
  CHECK(arg_count == 1 && result_count == 1);
  if (env) ++*(int*)env;
  if (args[0].of.i32 < 0) { /* a trap that a resumable call stops at */
    wasm_message_t message;
    wasm_name_new_from_string_nt(&message, "negative");
    wasm_trap_t* trap = wasm_trap_new(wjit_caller_store(caller), &message);
    wasm_name_delete(&message);
    return trap;
  }
  /* The caller's memory. */
  wasm_extern_t* memory = wjit_caller_get_export(caller, WJIT_STR("memory"));
  if (memory) CHECK(memcmp(wasm_memory_data(wasm_extern_as_memory(memory)) + 8, "data", 4) == 0);
  wasm_extern_delete(memory);
  CHECK(!wjit_caller_get_export(caller, WJIT_STR("nothing")));
  results[0].of.i32 = 2 * args[0].of.i32;
  return NULL;
}
static wasm_trap_t* echo(void* env, wjit_caller_t* caller, const wjit_val_t* args, size_t arg_count,
                         wjit_val_t* results, size_t result_count) {
  (void)env, (void)caller, (void)args, (void)arg_count, (void)results, (void)result_count;
  return NULL; /* null, whatever came */
}

static int finalized = 0;
static void finalize(void* env) { finalized += env != NULL; }

static void options(void) {
  wasm_config_t* config = wasm_config_new();
  CHECK(error_says(wjit_config_set_feature(config, WJIT_STR("smid"), true), WJIT_ERROR_USAGE,
                   "no feature has the name \"smid\"; there are mvp, "));
  CHECK(!wjit_config_set_feature(config, WJIT_STR("multi-value"), false));
  CHECK(!wjit_config_set_tier(config, WJIT_TIER_INTERP) && !wjit_config_set_dispatch(config, WJIT_DISPATCH_LOOP));
  CHECK(!wjit_config_set_memory_style(config, WJIT_MEMORY_CHECKS));
  CHECK(!wjit_config_set_compilation_mode(config, WJIT_COMPILE_EAGER));
  CHECK(error_says(wjit_config_set_compilation_mode(config, 3), WJIT_ERROR_USAGE, "found 3, expected at most 2"));
  wjit_config_set_eager_tables(config, true);
  wjit_config_set_compile_threads(config, 1);
  CHECK(!wjit_config_set_osr(config, WJIT_OSR_OFF));
  wjit_config_set_call_threshold(config, 2);
  wjit_config_set_loop_threshold(config, 2);
  wjit_config_set_tier_seed(config, 1);
  wjit_config_set_max_wasm_stack(config, 1 << 20);
  wjit_config_set_max_native_stack(config, 1 << 20);
  wjit_config_set_max_call_depth(config, 1000);
  wjit_config_set_memory_reservation(config, 0);
  wjit_config_set_memory_guard_size(config, 0);
  wasm_engine_t* engine = wasm_engine_new_with_config(config);
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = NULL;
  /* "swap" has several results. */
  wjit_error_t* error = wjit_module_new(store, kit_wasm, sizeof kit_wasm, &module);
  CHECK(error && !module);
  wjit_error_delete(error);
  CHECK(wjit_module_validate(store, hello_wasm, sizeof hello_wasm) == NULL);
  CHECK(error_says(wjit_module_from_file(store, "/nowhere/to/be.found", &module), WJIT_ERROR_IO, "/nowhere/to/be.found"));
  uint64_t fuel;
  CHECK(error_says(wjit_store_get_fuel(store, &fuel), WJIT_ERROR_USAGE, "does not meter fuel"));
  wasm_store_delete(store);
  wasm_engine_delete(engine);

  engine = wasm_engine_new();
  store = wasm_store_new(engine);
  wjit_store_limits_t limits = {65536, 10, 1, 1, 1};
  wjit_store_limiter(store, &limits);
  wasm_limits_t pages = {2, 3};
  wasm_memorytype_t* type = wasm_memorytype_new(&pages);
  CHECK(!wasm_memory_new(store, type));
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_LIMIT, "the store's limiter allows 65536 bytes in a memory"));
  wasm_memorytype_delete(type);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

static void fuel(void) {
  wasm_config_t* config = wasm_config_new();
  wjit_config_set_consume_fuel(config, true);
  kit_t kit = kit_new(config);
  uint64_t left = 1;
  CHECK(!wjit_store_set_fuel(kit.store, 1000) && !wjit_store_get_fuel(kit.store, &left) && left == 1000);
  int32_t none = 0;
  wasm_trap_t* trap = call2(kit_func(&kit, KIT_FOREVER), 0, 0, &none);
  CHECK(trap && wjit_trap_kind(trap) == WJIT_TRAP_OUT_OF_FUEL && wjit_trap_required_fuel(trap, &left) && left > 0);
  CHECK(trap_says(trap, WJIT_TRAP_OUT_OF_FUEL, "all fuel consumed"));
  CHECK(!wjit_store_set_fuel(kit.store, 100));

  wjit_resumable_t* call = NULL;
  CHECK(!wjit_func_call_resumable(kit_func(&kit, KIT_FOREVER), NULL, 0, NULL, 0, &call) && call);
  for (int i = 0; i < 3; ++i) {
    CHECK(wjit_resumable_state(call) == WJIT_RESUMABLE_OUT_OF_FUEL && wjit_resumable_required_fuel(call) > 0);
    CHECK(!wjit_resumable_host_func(call) && !wjit_resumable_host_trap(call));
    CHECK(!wjit_store_set_fuel(kit.store, 100));
    CHECK(!wjit_resumable_resume(call, NULL, 0, NULL, 0));
  }
  /* It ends with its store. */
  kit_delete(&kit);
  CHECK(wjit_resumable_state(call) == WJIT_RESUMABLE_DONE);
  CHECK(trap_says(wjit_resumable_resume(call, NULL, 0, NULL, 0), WJIT_TRAP_ERROR, "resume of a call that has ended"));
  wjit_resumable_delete(call);
}

static int asked = 0;
static wasm_trap_t* at_deadline(void* env, wasm_store_t* store, uint64_t* ticks, wjit_update_deadline_kind_t* kind) {
  CHECK(env && *ticks == 1 && *kind == WJIT_UPDATE_DEADLINE_CONTINUE);
  switch (++asked) {
    case 1: *ticks = 0; return NULL;
    case 2:
    case 3: *ticks = 0, *kind = WJIT_UPDATE_DEADLINE_YIELD; return NULL;
    case 4: *kind = 7; return NULL;
    default: break;
  }
  wasm_message_t message;
  wasm_name_new_from_string_nt(&message, "too long");
  wasm_trap_t* trap = wasm_trap_new(store, &message);
  wasm_name_delete(&message);
  return trap;
}

static void epochs(void) {
  finalized = 0;
  wasm_config_t* config = wasm_config_new();
  wjit_config_set_epoch_interruption(config, true);
  wjit_config_set_epoch_callbacks(config, true);
  kit_t kit = kit_new(config);
  int32_t none = 0;
  CHECK(!wjit_store_set_epoch_deadline(kit.store, 2));
  wjit_engine_increment_epoch(kit.engine);
  wjit_engine_increment_epoch(kit.engine);
  CHECK(trap_says(call2(kit_func(&kit, KIT_FOREVER), 0, 0, &none), WJIT_TRAP_INTERRUPT, "epoch deadline reached"));

  CHECK(!wjit_store_set_epoch_deadline(kit.store, UINT64_MAX));
  wjit_interrupt_handle_t* handle = NULL;
  CHECK(!wjit_store_interrupt_handle(kit.store, &handle) && handle);
  wjit_interrupt_handle_interrupt(handle);
  CHECK(trap_says(call2(kit_func(&kit, KIT_FOREVER), 0, 0, &none), WJIT_TRAP_INTERRUPT, "interrupted"));

  int env = 0;
  CHECK(!wjit_store_epoch_deadline_callback(kit.store, at_deadline, &env, finalize));
  CHECK(!wjit_store_set_epoch_deadline(kit.store, 0));
  wjit_resumable_t* call = NULL;
  CHECK(!wjit_func_call_resumable(kit_func(&kit, KIT_FOREVER), NULL, 0, NULL, 0, &call) && call && asked == 2);
  CHECK(wjit_resumable_state(call) == WJIT_RESUMABLE_YIELDED && wjit_resumable_required_fuel(call) == 0);
  CHECK(!wjit_resumable_host_func(call) && !wjit_resumable_host_trap(call));
  CHECK(!wjit_resumable_resume(call, NULL, 0, NULL, 0));
  CHECK(wjit_resumable_state(call) == WJIT_RESUMABLE_YIELDED && asked == 3);
  CHECK(trap_says(wjit_resumable_resume(call, NULL, 0, NULL, 0), WJIT_TRAP_HOST, "found kind 7, expected at most 1"));
  wjit_resumable_delete(call);
  CHECK(trap_says(call2(kit_func(&kit, KIT_FOREVER), 0, 0, &none), WJIT_TRAP_HOST, "too long"));
  CHECK(finalized == 0);
  CHECK(!wjit_store_epoch_deadline_callback(kit.store, NULL, NULL, NULL) && finalized == 1);
  CHECK(trap_says(call2(kit_func(&kit, KIT_FOREVER), 0, 0, &none), WJIT_TRAP_INTERRUPT, "epoch deadline reached"));
  CHECK(!wjit_store_epoch_deadline_callback(kit.store, at_deadline, &env, finalize));
  kit_delete(&kit);
  CHECK(finalized == 2);
  wjit_interrupt_handle_interrupt(handle); /* of nobody any more */
  wjit_interrupt_handle_delete(handle);
}

static void linker(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module;
  CHECK(!wjit_module_new(store, kit_wasm, sizeof kit_wasm, &module));
  wjit_linker_t* linker = wjit_linker_new(engine);
  wasm_trap_t* trap = NULL;
  CHECK(!wjit_linker_instantiate(linker, store, module, &trap));
  CHECK(trap_says(trap, WJIT_TRAP_ERROR, "unknown import"));
  wasm_functype_t* type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  wasm_functype_t* echo_type = wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref());
  int calls = 0;
  CHECK(!wjit_linker_define_func(linker, WJIT_STR("host"), WJIT_STR("call"), type, twice, &calls, finalize));
  CHECK(error_says(wjit_linker_define_func(linker, WJIT_STR("host"), WJIT_STR("call"), type, twice, &calls, finalize),
                   WJIT_ERROR_USAGE, "is defined already"));
  CHECK(finalized == 0);
  CHECK(!wjit_linker_define_func(linker, WJIT_STR("host"), WJIT_STR("echo"), echo_type, echo, NULL, NULL));
  wasm_instance_t* instance = wjit_linker_instantiate(linker, store, module, &trap);
  CHECK(instance && !trap);
  wasm_extern_t* call_host = wjit_instance_get(instance, WJIT_STR("call_host"));
  int32_t result = 0;
  CHECK(!call2(wasm_extern_as_func(call_host), 21, 0, &result) && result == 42 && calls == 1);

  /* A call that a host function's trap stops goes on with another value. */
  wjit_val_t args[1] = {{WASM_I32, {-1}}}, results[1];
  wjit_resumable_t* call = NULL;
  CHECK(!wjit_func_call_resumable(wasm_extern_as_func(call_host), args, 1, results, 1, &call));
  CHECK(call && wjit_resumable_state(call) == WJIT_RESUMABLE_HOST_TRAP);
  CHECK(trap_says(wjit_resumable_host_trap(call), WJIT_TRAP_HOST, "negative"));
  wasm_func_t* stopped = wjit_resumable_host_func(call);
  CHECK(stopped && wasm_func_param_arity(stopped) == 1);
  wasm_func_delete(stopped);
  wjit_val_t input[1] = {{WASM_F32, {0}}};
  CHECK(trap_says(wjit_resumable_resume(call, input, 1, results, 1), WJIT_TRAP_ERROR, "input 1: found f32, expected i32"));
  CHECK(trap_says(wjit_resumable_resume(call, NULL, 0, results, 1), WJIT_TRAP_ERROR, "resume takes 1 inputs"));
  CHECK(wjit_resumable_state(call) == WJIT_RESUMABLE_HOST_TRAP);
  input[0].kind = WASM_I32, input[0].of.i32 = 77;
  CHECK(!wjit_resumable_resume(call, input, 1, results, 1) && wjit_resumable_state(call) == WJIT_RESUMABLE_DONE);
  CHECK(results[0].kind == WASM_I32 && results[0].of.i32 == 77);
  wjit_resumable_delete(call);
  CHECK(!wjit_func_call_resumable(wasm_extern_as_func(call_host), args, 1, results, 1, &call) && call);
  wjit_resumable_delete(call); /* dropped */

  /* Names: an instance's, one item's, shadowed, found again. */
  CHECK(!wjit_linker_define_instance(linker, WJIT_STR("kit"), instance));
  wasm_extern_t* found = wjit_linker_get(linker, store, WJIT_STR("kit"), WJIT_STR("call_host"));
  CHECK(found && wasm_extern_same(found, call_host));
  wjit_linker_allow_shadowing(linker, true);
  CHECK(!wjit_linker_define(linker, WJIT_STR("host"), WJIT_STR("call"), found));
  wasm_store_t* other = wasm_store_new(engine);
  CHECK(!wjit_linker_get(linker, other, WJIT_STR("kit"), WJIT_STR("call_host")));
  wasm_store_delete(other);
  wasm_extern_delete(found);

  /* Vectors go through wjit_val_t, and only there. */
  wasm_extern_t* same = wjit_instance_get(instance, WJIT_STR("same_v128"));
  wjit_val_t vector[1] = {{WJIT_V128, {0}}};
  for (int i = 0; i < 16; ++i) vector[0].of.v128[i] = (uint8_t)(i * 3);
  CHECK(!wjit_func_call(wasm_extern_as_func(same), vector, 1, results, 1));
  CHECK(results[0].kind == WJIT_V128 && memcmp(results[0].of.v128, vector[0].of.v128, 16) == 0);
  wasm_val_t narrow[1] = {WASM_INIT_VAL};
  wasm_val_vec_t narrow_vec = WASM_ARRAY_VEC(narrow);
  narrow[0].kind = WJIT_V128;
  CHECK(trap_says(wasm_func_call(wasm_extern_as_func(same), &narrow_vec, &narrow_vec), WJIT_TRAP_ERROR,
                  "wasm_val_t has no room for a v128"));
  wasm_extern_delete(same);

  wasm_extern_delete(call_host);
  wasm_instance_delete(instance);
  wasm_functype_delete(type);
  wasm_functype_delete(echo_type);
  wasm_module_delete(module);
  wjit_linker_delete(linker);
  CHECK(finalized == 0); /* the store still calls it */
  wasm_store_delete(store);
  CHECK(finalized == 1);
  wasm_engine_delete(engine);
}

static void wasi(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module;
  CHECK(!wjit_module_new(store, wasi_exit_wasm, sizeof wasi_exit_wasm, &module));
  wjit_linker_t* linker = wjit_linker_new(engine);
  wjit_wasi_config_t* config = wjit_wasi_config_new();
  const char* args[] = {"program", "argument"};
  CHECK(wjit_wasi_config_set_args(config, 2, args) && wjit_wasi_config_add_env(config, "HOME", "/"));
  CHECK(wjit_wasi_config_preopen_dir(config, "/", "/"));
  wjit_wasi_config_inherit_stdio(config, false);
  CHECK(!wjit_linker_define_wasi(linker, store, config));
  wasm_instance_t* instance = wjit_linker_instantiate(linker, store, module, NULL);
  CHECK(instance);
  wasm_extern_t* start = wjit_instance_get(instance, WJIT_STR("_start"));
  wasm_trap_t* trap = wjit_func_call(wasm_extern_as_func(start), NULL, 0, NULL, 0);
  int32_t status = 0;
  CHECK(trap && wjit_trap_exit_status(trap, &status) && status == 3);
  wasm_trap_delete(trap);

  config = wjit_wasi_config_new();
  CHECK(wjit_wasi_config_preopen_dir(config, "/nowhere/to/be/found", "/"));
  wjit_linker_allow_shadowing(linker, true);
  wjit_error_t* error = wjit_linker_define_wasi(linker, store, config);
  CHECK(error && mentions(wjit_error_message(error), "/nowhere/to/be/found"));
  wjit_error_delete(error);
  wasm_extern_delete(start);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wjit_linker_delete(linker);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

static void text(void) {
  wasm_byte_vec_t binary;
  CHECK(!wjit_wat2wasm(WJIT_STR("(module (func (export \"f\") (result i32) (i32.const 7)))"), &binary));
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  CHECK(wasm_module_validate(store, &binary));
  wasm_byte_vec_delete(&binary);
  CHECK(error_says(wjit_wat2wasm(WJIT_STR("(module\n  (func (export 5)))"), &binary), WJIT_ERROR_MALFORMED, "2:17"));
  CHECK(binary.size == 0 && binary.data == NULL);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

/* Which functions have native code, and why the others have none. */
static void native(void) {
  wasm_byte_vec_t binary;
  CHECK(!wjit_wat2wasm(WJIT_STR("(module (func (export \"f\") (result i32) (i32.const 7)) (type $s (struct)) (func (drop (struct.new $s))))"), &binary));
  for (int jit = 0; jit < 2; ++jit) {
    wasm_config_t* config = wasm_config_new();
    CHECK(!wjit_config_set_tier(config, jit ? WJIT_TIER_JIT : WJIT_TIER_INTERP));
    wasm_engine_t* engine = wasm_engine_new_with_config(config);
    wasm_store_t* store = wasm_store_new(engine);
    wasm_module_t* module = wasm_module_new(store, &binary);
#if !defined(__x86_64__)
    if (jit) CHECK(!module);
#endif
    wjit_native_report_t report;
    uint32_t index = 0;
    const char *reason = NULL, *message = NULL;
    if (module) {
      wjit_module_native_report(module, &report);
      CHECK(report.native == (uint32_t)jit && report.stayed == (uint32_t)jit && !report.code_bytes == !jit);
      CHECK(wjit_module_native_stayed(module, 0, &index, &reason, &message) == (jit == 1));
      CHECK(!jit || (index == 1 && strcmp(reason, "gc") == 0 && strstr(message, "struct.new")));
      CHECK(!wjit_module_native_stayed(module, 1, &index, &reason, &message));
    }
    wasm_module_delete(module);
    wasm_store_delete(store);
    wasm_engine_delete(engine);
  }
  wasm_byte_vec_delete(&binary);
}

/* The same where functions become native when they are called often enough. */
static void tiered(void) {
  wasm_byte_vec_t binary;
  CHECK(!wjit_wat2wasm(WJIT_STR("(module (func (export \"f\") (result i32) (i32.const 7)))"), &binary));
  wasm_config_t* config = wasm_config_new();
  CHECK(!wjit_config_set_tier(config, WJIT_TIER_TIERED));
  wjit_config_set_call_threshold(config, 3);
  wjit_config_set_compile_threads(config, 0);
  wasm_engine_t* engine = wasm_engine_new_with_config(config);
  wasm_store_t* store = wasm_store_new(engine);
  wasm_module_t* module = wasm_module_new(store, &binary);
  wasm_extern_vec_t imports = WASM_EMPTY_VEC;
  wasm_instance_t* instance = wasm_instance_new(store, module, &imports, NULL);
  CHECK(instance);
  wasm_extern_t* f = wjit_instance_get(instance, WJIT_STR("f"));
  for (uint32_t call = 1; call <= 4; ++call) {
    wasm_val_t result[1];
    wasm_val_vec_t none = WASM_EMPTY_VEC, results = WASM_ARRAY_VEC(result);
    CHECK(!wasm_func_call(wasm_extern_as_func(f), &none, &results) && result[0].of.i32 == 7);
    wjit_native_report_t report;
    wjit_module_native_report(module, &report);
    CHECK(report.native == (call >= 3));
  }
  wasm_extern_delete(f);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  wasm_byte_vec_delete(&binary);
}

int main(void) {
  CHECK(strchr(wjit_version(), '.') != NULL);
  options();
  fuel();
  epochs();
  finalized = 0;
  linker();
  wasi();
  text();
  native();
  tiered();
  return 0;
}
