/* References of the host's in WebAssembly: foreign objects, and handles of other things as externrefs. */
#include "test.h"

static wasm_ref_t* echo(kit_t* kit, wasm_ref_t* ref) {
  wasm_val_t args[1] = {WASM_REF_VAL(ref)}, results[1] = {WASM_INIT_VAL};
  wasm_val_vec_t args_vec = WASM_ARRAY_VEC(args), results_vec = WASM_ARRAY_VEC(results);
  CHECK(wasm_func_call(kit_func(kit, KIT_ECHO), &args_vec, &results_vec) == NULL);
  CHECK(results[0].kind == WASM_EXTERNREF);
  return results[0].of.ref;
}

static void check_echo(kit_t* kit, wasm_ref_t* ref) {
  wasm_ref_t* back = echo(kit, ref);
  CHECK(wasm_ref_same(back, ref));
  wasm_ref_delete(back);
}

int main(void) {
  kit_t kit = kit_new(NULL);
  wasm_foreign_t* one = wasm_foreign_new(kit.store);
  wasm_foreign_t* two = wasm_foreign_new(kit.store);
  int thing;
  wasm_foreign_set_host_info(one, &thing);
  CHECK(!wasm_foreign_same(one, two));
  CHECK(echo(&kit, NULL) == NULL);
  check_echo(&kit, wasm_foreign_as_ref(one));
  check_echo(&kit, wasm_foreign_as_ref(two));
  wasm_ref_t* back = echo(&kit, wasm_foreign_as_ref(one));
  CHECK(wasm_ref_get_host_info(back) == &thing && wasm_ref_as_foreign(back) && !wasm_ref_as_instance(back));
  CHECK(!wasm_ref_same(back, wasm_foreign_as_ref(two)));
  wasm_ref_delete(back);
  /* Anything that has a handle may be an externref. */
  check_echo(&kit, wasm_instance_as_ref(kit.instance));
  check_echo(&kit, wasm_module_as_ref(kit.module));
  check_echo(&kit, wasm_func_as_ref(kit_func(&kit, KIT_ADD)));

  wasm_global_t* held = wasm_extern_as_global(kit.exports.data[KIT_HELD]);
  wasm_val_t v = WASM_REF_VAL(wasm_foreign_as_ref(two)), got, copy;
  wasm_global_set(held, &v);
  wasm_global_get(held, &got);
  wasm_val_copy(&copy, &got);
  CHECK(wasm_ref_same(copy.of.ref, wasm_foreign_as_ref(two)));
  wasm_val_delete(&copy);
  wasm_val_vec_t list, list_copy;
  wasm_val_vec_new(&list, 1, &got); /* takes the reference */
  wasm_val_vec_copy(&list_copy, &list);
  CHECK(list_copy.size == 1 && list_copy.data[0].of.ref != list.data[0].of.ref);
  wasm_val_vec_delete(&list);
  wasm_val_vec_delete(&list_copy);

  /* A table of externrefs; many objects that nobody holds. */
  wasm_limits_t limits = {3, 3};
  wasm_tabletype_t* type = wasm_tabletype_new(wasm_valtype_new_externref(), &limits);
  wasm_table_t* table = wasm_table_new(kit.store, type, wasm_foreign_as_ref(one));
  wasm_tabletype_delete(type);
  for (int i = 0; i < 5000; ++i) {
    wasm_foreign_t* passing = wasm_foreign_new(kit.store);
    CHECK(wasm_table_set(table, 1, wasm_foreign_as_ref(passing)));
    wasm_foreign_delete(passing);
  }
  back = wasm_table_get(table, 2);
  CHECK(wasm_ref_same(back, wasm_foreign_as_ref(one)));
  wasm_ref_delete(back);
  wasm_table_delete(table);
  wasm_foreign_delete(one);
  wasm_foreign_delete(two);
  kit_delete(&kit);
  return 0;
}
