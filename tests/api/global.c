/* Globals: reading, writing, immutable ones, wrong types. */
#include "test.h"

int main(void) {
  kit_t kit = kit_new(NULL);
  wasm_global_t* counter = wasm_extern_as_global(kit.exports.data[KIT_COUNTER]);
  wasm_val_t v;
  wasm_global_get(counter, &v);
  CHECK(v.kind == WASM_I32 && v.of.i32 == 7);
  v.of.i32 = 8;
  wasm_global_set(counter, &v);
  v.of.i32 = 0;
  wasm_global_get(counter, &v);
  CHECK(v.of.i32 == 8);
  wasm_val_t wrong = WASM_F32_VAL(1);
  wasm_global_set(counter, &wrong);
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_USAGE, "found f32, expected i32"));
  wasm_globaltype_t* type = wasm_global_type(counter);
  CHECK(wasm_globaltype_mutability(type) == WASM_VAR);
  CHECK(wasm_valtype_kind(wasm_globaltype_content(type)) == WASM_I32);
  wasm_globaltype_delete(type);

  type = wasm_globaltype_new(wasm_valtype_new_f64(), WASM_CONST);
  wasm_val_t pi = WASM_F64_VAL(3.25);
  wasm_global_t* mine = wasm_global_new(kit.store, type, &pi);
  wasm_global_get(mine, &v);
  CHECK(v.kind == WASM_F64 && v.of.f64 == 3.25);
  wasm_global_set(mine, &pi);
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_USAGE, "the global is immutable"));
  CHECK(!wasm_global_new(kit.store, type, &wrong));
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_USAGE, "initial value: found f32, expected f64"));
  CHECK(!wasm_global_same(mine, counter));
  wasm_global_delete(mine);
  wasm_globaltype_delete(type);

  /* A NaN keeps its bits. */
  type = wasm_globaltype_new(wasm_valtype_new_f32(), WASM_VAR);
  const uint32_t bits = 0x7fa00001;
  wasm_val_t nan = WASM_F32_VAL(0);
  memcpy(&nan.of, &bits, sizeof bits);
  mine = wasm_global_new(kit.store, type, &nan);
  wasm_global_get(mine, &v);
  CHECK(memcmp(&v.of, &bits, sizeof bits) == 0);
  wasm_global_delete(mine);
  wasm_globaltype_delete(type);

  /* Another store's references stay there. */
  wasm_store_t* other = wasm_store_new(kit.engine);
  wasm_foreign_t* stranger = wasm_foreign_new(other);
  wasm_val_t ref = WASM_REF_VAL(wasm_foreign_as_ref(stranger));
  wasm_global_set(wasm_extern_as_global(kit.exports.data[KIT_HELD]), &ref);
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_USAGE, "a reference of another store"));
  wasm_foreign_delete(stranger);
  wasm_store_delete(other);
  kit_delete(&kit);
  return 0;
}
