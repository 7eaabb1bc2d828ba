/* Several parameters and results. */
#include "test.h"

static wasm_trap_t* swap(void* env, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  ++*(int*)env;
  for (size_t i = 0; i < 4; ++i) wasm_val_copy(&results->data[i], &args->data[3 - i]);
  return NULL;
}

int main(void) {
  kit_t kit = kit_new(NULL);
  wasm_val_t args[4] = {WASM_I32_VAL(1), WASM_I64_VAL(2), WASM_F32_VAL(3), WASM_F64_VAL(4)};
  wasm_val_t results[4] = {WASM_INIT_VAL, WASM_INIT_VAL, WASM_INIT_VAL, WASM_INIT_VAL};
  wasm_val_vec_t args_vec = WASM_ARRAY_VEC(args), results_vec = WASM_ARRAY_VEC(results);
  wasm_functype_t* type = wasm_func_type(kit_func(&kit, KIT_SWAP));
  int calls = 0;
  wasm_func_t* mine = wasm_func_new_with_env(kit.store, type, swap, &calls, NULL);
  wasm_functype_delete(type);
  const wasm_func_t* both[] = {kit_func(&kit, KIT_SWAP), mine};
  for (int i = 0; i < 2; ++i) {
    memset(results, 0, sizeof results);
    CHECK(wasm_func_call(both[i], &args_vec, &results_vec) == NULL);
    CHECK(results[0].kind == WASM_F64 && results[0].of.f64 == 4);
    CHECK(results[1].kind == WASM_F32 && results[1].of.f32 == 3);
    CHECK(results[2].kind == WASM_I64 && results[2].of.i64 == 2);
    CHECK(results[3].kind == WASM_I32 && results[3].of.i32 == 1);
  }
  CHECK(calls == 1);
  wasm_func_delete(mine);
  kit_delete(&kit);
  return 0;
}
