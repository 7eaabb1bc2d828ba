/* Engine, store, module, host function, instance, call. */
#include "test.h"

static int greetings = 0;

static wasm_trap_t* hello(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  CHECK(args->size == 0 && results->size == 0);
  ++greetings;
  return NULL;
}

int main(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_byte_vec_t binary = BYTES(hello_wasm);
  CHECK(wasm_module_validate(store, &binary));
  wasm_module_t* module = wasm_module_new(store, &binary);
  CHECK(module);

  wasm_functype_t* type = wasm_functype_new_0_0();
  wasm_func_t* func = wasm_func_new(store, type, hello);
  wasm_functype_delete(type);
  wasm_extern_t* imports[] = {wasm_func_as_extern(func)};
  wasm_extern_vec_t imports_vec = WASM_ARRAY_VEC(imports);
  wasm_instance_t* instance = wasm_instance_new(store, module, &imports_vec, NULL);
  CHECK(instance);
  wasm_func_delete(func);

  wasm_extern_vec_t exports;
  wasm_instance_exports(instance, &exports);
  CHECK(exports.size == 1 && wasm_extern_kind(exports.data[0]) == WASM_EXTERN_FUNC);
  /* Instance and module may go: the store keeps what it runs. */
  wasm_module_delete(module);
  wasm_instance_delete(instance);
  wasm_val_vec_t none = WASM_EMPTY_VEC;
  CHECK(wasm_func_call(wasm_extern_as_func(exports.data[0]), &none, &none) == NULL);
  CHECK(greetings == 1);

  /* The engine may go first, and handles may outlive their store; they are good for nothing then. */
  wasm_engine_delete(engine);
  wasm_store_delete(store);
  CHECK(trap_says(wasm_func_call(wasm_extern_as_func(exports.data[0]), &none, &none), WJIT_TRAP_ERROR,
                  "belongs to a deleted store"));
  wasm_extern_vec_delete(&exports);
  return 0;
}
