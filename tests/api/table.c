/* Tables of functions: reading, writing, calling through them, growing. */
#include "test.h"

static int32_t indirect(kit_t* kit, int32_t index, int32_t a, int32_t b, wasm_trap_t** trap) {
  wasm_val_t args[3], results[1] = {WASM_INIT_VAL};
  args[0] = i32_val(index), args[1] = i32_val(a), args[2] = i32_val(b);
  wasm_val_vec_t args_vec = WASM_ARRAY_VEC(args), results_vec = WASM_ARRAY_VEC(results);
  *trap = wasm_func_call(kit_func(kit, KIT_INDIRECT), &args_vec, &results_vec);
  return *trap ? 0 : results[0].of.i32;
}

int main(void) {
  kit_t kit = kit_new(NULL);
  wasm_table_t* table = wasm_extern_as_table(kit.exports.data[KIT_TABLE]);
  wasm_trap_t* trap;
  CHECK(table && wasm_table_size(table) == 4);
  CHECK(indirect(&kit, 1, 6, 3, &trap) == 9 && !trap);
  CHECK(indirect(&kit, 2, 6, 3, &trap) == 2 && !trap);
  indirect(&kit, 0, 6, 3, &trap);
  CHECK(trap_says(trap, WJIT_TRAP_WASM, "uninitialized element"));
  indirect(&kit, 4, 6, 3, &trap);
  CHECK(trap_says(trap, WJIT_TRAP_WASM, "undefined element"));

  CHECK(wasm_table_get(table, 0) == NULL && wjit_last_error() == NULL);
  CHECK(wasm_table_get(table, 4) == NULL);
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_USAGE, "table index 4 in a table of 4"));
  wasm_ref_t* add = wasm_table_get(table, 1);
  CHECK(wasm_ref_as_func(add) && wasm_func_same(wasm_ref_as_func(add), kit_func(&kit, KIT_ADD)));
  CHECK(wasm_table_set(table, 0, add) && indirect(&kit, 0, 6, 3, &trap) == 9);
  CHECK(wasm_table_set(table, 1, NULL) && !wasm_table_set(table, 4, add));
  indirect(&kit, 1, 6, 3, &trap);
  CHECK(trap_says(trap, WJIT_TRAP_WASM, "uninitialized element"));
  CHECK(wasm_table_grow(table, 2, add) && wasm_table_size(table) == 6 && indirect(&kit, 5, 1, 1, &trap) == 2);
  CHECK(!wasm_table_grow(table, 11, NULL) && wasm_table_size(table) == 6);
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_LIMIT, "table of 6 elements cannot grow by 11"));
  CHECK(!wasm_table_set(table, 0, wasm_table_as_ref(table)));
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_USAGE, "table element: found a table, expected funcref"));

  wasm_tabletype_t* type = wasm_table_type(table);
  CHECK(wasm_valtype_kind(wasm_tabletype_element(type)) == WASM_FUNCREF);
  CHECK(wasm_tabletype_limits(type)->min == 6 && wasm_tabletype_limits(type)->max == 16);
  wasm_tabletype_delete(type);

  wasm_limits_t limits = {2, 5};
  type = wasm_tabletype_new(wasm_valtype_new(WASM_FUNCREF), &limits);
  wasm_table_t* mine = wasm_table_new(kit.store, type, add);
  wasm_ref_t* got = wasm_table_get(mine, 1);
  CHECK(mine && wasm_table_size(mine) == 2 && wasm_ref_same(got, add));
  CHECK(!wjit_tabletype_is64(type) && wjit_tabletype_limits(type).max == 5);
  wasm_ref_delete(got);
  wasm_ref_delete(add);
  wasm_tabletype_delete(type);
  wasm_table_delete(mine);
  type = wasm_tabletype_new(wasm_valtype_new_i32(), &limits);
  CHECK(!wasm_table_new(kit.store, type, NULL));
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_USAGE, "i32 is no reference"));
  wasm_tabletype_delete(type);
  kit_delete(&kit);
  return 0;
}
