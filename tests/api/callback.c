/* Host functions: environments, results, traps, calls back into WebAssembly, wrong results. */
#include "test.h"

typedef struct {
  wasm_store_t* store;
  wasm_func_t* nested; /* called from within, when set */
  int mode, finalized;
} env_t;

static wasm_trap_t* host(void* data, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  env_t* env = (env_t*)data;
  CHECK(args->size == 1 && args->data[0].kind == WASM_I32 && results->data[0].kind == WASM_I32);
  if (env->nested) {
    int32_t sum = 0;
    CHECK(call2(env->nested, args->data[0].of.i32, 100, &sum) == NULL);
    results->data[0].of.i32 = sum;
    return NULL;
  }
  if (env->mode == 1) {
    wasm_message_t message;
    wasm_name_new_from_string_nt(&message, "no luck");
    wasm_trap_t* trap = wasm_trap_new(env->store, &message);
    wasm_name_delete(&message);
    wasm_trap_set_host_info(trap, env);
    return trap;
  }
  if (env->mode == 2) results->data[0].kind = WASM_F64;
  if (env->mode == 3) wasm_store_delete(env->store);
  results->data[0].of.i32 = args->data[0].of.i32 * 2;
  return NULL;
}
static void finalize(void* data) { ++((env_t*)data)->finalized; }

int main(void) {
  kit_t kit = kit_new(NULL);
  env_t env = {kit.store, NULL, 0, 0};
  wasm_functype_t* type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  wasm_functype_t* echo_type = wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref());
  wasm_func_t* call = wasm_func_new_with_env(kit.store, type, host, &env, finalize);
  wasm_func_t* echo = wasm_func_new(kit.store, echo_type, give_back);
  CHECK(wasm_func_param_arity(call) == 1 && wasm_func_result_arity(call) == 1);
  wasm_extern_t* imports[] = {wasm_func_as_extern(call), wasm_func_as_extern(echo)};
  wasm_extern_vec_t vec = WASM_ARRAY_VEC(imports);
  wasm_instance_t* instance = wasm_instance_new(kit.store, kit.module, &vec, NULL);
  CHECK(instance);
  wasm_extern_t* exported = wjit_instance_get(instance, WJIT_STR("call_host"));
  wasm_func_t* call_host = wasm_extern_as_func(exported);

  int32_t result = 0;
  CHECK(call2(call_host, 21, 0, &result) == NULL && result == 42);
  CHECK(call2(call, 4, 0, &result) == NULL && result == 8); /* host calls host */
  env.nested = kit_func(&kit, KIT_ADD);
  CHECK(call2(call_host, 21, 0, &result) == NULL && result == 121);
  env.nested = NULL;

  env.mode = 1;
  wasm_trap_t* trap = call2(call_host, 1, 0, &result);
  CHECK(trap && wasm_trap_get_host_info(trap) == &env); /* it is the trap that the callback made */
  CHECK(trap_says(trap, WJIT_TRAP_HOST, "no luck"));
  env.mode = 2;
  CHECK(trap_says(call2(call_host, 1, 0, &result), WJIT_TRAP_HOST,
                  "result 1 of a host function: found f64, expected i32"));

  /* Not made: the environment stays the caller's. */
  CHECK(!wasm_func_new_with_env(NULL, type, host, &env, finalize) && env.finalized == 0);
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_USAGE, "store is NULL"));
  CHECK(!wasm_func_new(kit.store, type, NULL));
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_USAGE, "callback is NULL"));

  /* A store deleted in the middle of a call ends with it. */
  env.mode = 3;
  CHECK(call2(call_host, 5, 0, &result) == NULL && result == 10 && env.finalized == 1);
  CHECK(trap_says(call2(call_host, 5, 0, &result), WJIT_TRAP_ERROR, "belongs to a deleted store"));

  wasm_functype_delete(type);
  wasm_functype_delete(echo_type);
  wasm_func_delete(call);
  wasm_func_delete(echo);
  wasm_extern_delete(exported);
  wasm_instance_delete(instance);
  kit.store = NULL;
  kit_delete(&kit);
  return 0;
}
