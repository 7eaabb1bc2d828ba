/* When finalizers run: once, when the object ends or other info takes its place. */
#include "test.h"

static int runs[10];
static void finalize(void* data) { ++runs[(intptr_t)data]; }
static void* number(intptr_t n) { return (void*)n; }

int main(void) {
  kit_t kit = kit_new(NULL);
  wasm_func_t* add = kit_func(&kit, KIT_ADD);
  wasm_func_set_host_info_with_finalizer(add, number(1), finalize);
  wasm_func_t* copy = wasm_func_copy(add);
  CHECK(wasm_func_get_host_info(copy) == number(1));
  CHECK(wasm_extern_get_host_info(wasm_func_as_extern(copy)) == number(1));
  wasm_func_set_host_info_with_finalizer(copy, number(2), finalize);
  CHECK(runs[1] == 1 && wasm_func_get_host_info(add) == number(2));
  wasm_func_delete(copy);
  CHECK(runs[2] == 0 && wasm_func_get_host_info(kit_func(&kit, KIT_DIV)) == NULL);

  /* Modules, traps and foreign objects end with their last handle. */
  wasm_module_t* module = wasm_module_copy(kit.module);
  wasm_module_set_host_info_with_finalizer(module, number(3), finalize);
  CHECK(wasm_module_same(module, kit.module));
  wasm_module_delete(kit.module);
  CHECK(runs[3] == 0);
  wasm_module_delete(module);
  CHECK(runs[3] == 1);
  kit.module = NULL;
  wasm_trap_t* trap = wasm_trap_new(kit.store, NULL);
  wasm_trap_set_host_info_with_finalizer(trap, number(4), finalize);
  wasm_trap_delete(trap);
  CHECK(runs[4] == 1);
  wasm_foreign_t* foreign = wasm_foreign_new(kit.store);
  wasm_foreign_set_host_info_with_finalizer(foreign, number(5), finalize);
  wasm_foreign_delete(foreign);
  CHECK(runs[5] == 1);
  /* …and a foreign object that WebAssembly holds lives as long as it does. */
  foreign = wasm_foreign_new(kit.store);
  wasm_foreign_set_host_info_with_finalizer(foreign, number(6), finalize);
  wasm_val_t held = WASM_REF_VAL(wasm_foreign_as_ref(foreign));
  wasm_global_set(wasm_extern_as_global(kit.exports.data[KIT_HELD]), &held);
  wasm_foreign_delete(foreign);
  CHECK(runs[6] == 0);

  wasm_instance_set_host_info_with_finalizer(kit.instance, number(7), finalize);
  wasm_ref_set_host_info_with_finalizer(wasm_memory_as_ref(wasm_extern_as_memory(kit.exports.data[KIT_MEMORY])),
                                        number(8), finalize);
  wjit_store_set_data(kit.store, number(9), finalize);
  CHECK(wjit_store_get_data(kit.store) == number(9));
  wasm_store_delete(kit.store);
  kit.store = NULL;
  for (int i = 1; i < 10; ++i) CHECK(runs[i] == 1);
  CHECK(wasm_func_get_host_info(add) == NULL);
  wasm_func_set_host_info_with_finalizer(add, number(1), finalize);
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_USAGE, "host info of a function that has none to set"));
  kit_delete(&kit);
  return 0;
}
