/* Types: of modules, of what they export, made by hand, copied, converted; vectors. */
#include "test.h"

static bool is(const wasm_name_t* name, const char* text) {
  return name->size == strlen(text) && memcmp(name->data, text, name->size) == 0;
}

static void by_hand(void) {
  wasm_functype_t* types[] = {
      wasm_functype_new_0_0(),
      wasm_functype_new_1_0(wasm_valtype_new_i32()),
      wasm_functype_new_2_0(wasm_valtype_new_i32(), wasm_valtype_new_i64()),
      wasm_functype_new_3_0(wasm_valtype_new_i32(), wasm_valtype_new_i64(), wasm_valtype_new_f32()),
      wasm_functype_new_0_1(wasm_valtype_new_f64()),
      wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i64()),
      wasm_functype_new_2_1(wasm_valtype_new_i32(), wasm_valtype_new_i64(), wasm_valtype_new_f32()),
      wasm_functype_new_3_1(wasm_valtype_new_i32(), wasm_valtype_new_i64(), wasm_valtype_new_f32(),
                            wasm_valtype_new_funcref()),
      wasm_functype_new_0_2(wasm_valtype_new_i32(), wasm_valtype_new_i64()),
      wasm_functype_new_1_2(wasm_valtype_new_i32(), wasm_valtype_new_i64(), wasm_valtype_new_f32()),
      wasm_functype_new_2_2(wasm_valtype_new_i32(), wasm_valtype_new_i64(), wasm_valtype_new_f32(),
                            wasm_valtype_new_f64()),
      wasm_functype_new_3_2(wasm_valtype_new_i32(), wasm_valtype_new_i64(), wasm_valtype_new_f32(),
                            wasm_valtype_new_f64(), wasm_valtype_new_externref()),
  };
  const size_t params[] = {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3}, results[] = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2};
  for (size_t i = 0; i < 12; ++i) {
    CHECK(wasm_functype_params(types[i])->size == params[i] && wasm_functype_results(types[i])->size == results[i]);
    wasm_functype_t* copy = wasm_functype_copy(types[i]);
    CHECK(wasm_functype_params(copy)->size == params[i]);
    wasm_functype_delete(copy);
  }
  CHECK(wasm_valtype_kind(wasm_functype_results(types[11])->data[1]) == WASM_EXTERNREF);
  wasm_externtype_t* e = wasm_functype_as_externtype(types[0]);
  CHECK(wasm_externtype_kind(e) == WASM_EXTERN_FUNC && wasm_externtype_as_functype(e) == types[0]);
  CHECK(!wasm_externtype_as_memorytype(e) && !wasm_externtype_as_globaltype_const(e));
  wasm_functype_vec_t vec, vec_copy;
  wasm_functype_vec_new(&vec, 12, types); /* takes them */
  wasm_functype_vec_copy(&vec_copy, &vec);
  CHECK(vec_copy.size == 12 && vec_copy.data[3] != vec.data[3]);
  wasm_functype_vec_delete(&vec);
  wasm_functype_vec_delete(&vec_copy);

  CHECK(!wasm_valtype_new(99));
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_USAGE, "99 is no kind of value"));
  CHECK(!wasm_functype_new_1_0(NULL));
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_USAGE, "a type is NULL"));
  CHECK(!wasm_globaltype_new(NULL, WASM_CONST));
  wasm_name_t module, name;
  wasm_name_new_from_string(&module, "m");
  wasm_name_new_from_string(&name, "n");
  wasm_limits_t limits = {1, 2};
  wasm_importtype_t* import =
      wasm_importtype_new(&module, &name, wasm_memorytype_as_externtype(wasm_memorytype_new(&limits)));
  wasm_importtype_t* import_copy = wasm_importtype_copy(import);
  wasm_importtype_delete(import);
  CHECK(is(wasm_importtype_module(import_copy), "m") && is(wasm_importtype_name(import_copy), "n"));
  wasm_importtype_delete(import_copy);
  wasm_name_new_from_string(&name, "n");
  CHECK(!wasm_exporttype_new(&name, NULL));

  wasm_byte_vec_t huge;
  wasm_byte_vec_new_uninitialized(&huge, SIZE_MAX / 2);
  CHECK(huge.size == 0 && huge.data == NULL);
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_RESOURCE, "out of memory"));
  wasm_valtype_vec_t many;
  wasm_valtype_vec_new_uninitialized(&many, SIZE_MAX / 4);
  CHECK(many.size == 0 && many.data == NULL);
  wasm_valtype_vec_new_uninitialized(&many, 3);
  CHECK(many.size == 3 && many.data[2] == NULL);
  wasm_valtype_vec_delete(&many);
  wasm_valtype_vec_delete(&many); /* empty now */
  int something;
  wasm_val_t pointer;
  wasm_val_init_ptr(&pointer, &something);
  CHECK(wasm_val_ptr(&pointer) == &something);
}

int main(void) {
  by_hand();
  kit_t kit = kit_new(NULL);
  wasm_importtype_vec_t imports;
  wasm_exporttype_vec_t exports, copy;
  wasm_module_imports(kit.module, &imports);
  CHECK(imports.size == 2 && is(wasm_importtype_module(imports.data[0]), "host"));
  CHECK(is(wasm_importtype_name(imports.data[1]), "echo"));
  const wasm_functype_t* echo = wasm_externtype_as_functype_const(wasm_importtype_type(imports.data[1]));
  CHECK(echo && wasm_valtype_is_ref(wasm_functype_params(echo)->data[0]));
  wasm_importtype_vec_delete(&imports);

  wasm_module_exports(kit.module, &exports);
  wasm_exporttype_vec_copy(&copy, &exports);
  CHECK(exports.size == KIT_EXPORTS && copy.size == KIT_EXPORTS);
  for (size_t i = 0; i < exports.size; ++i) {
    /* What the module promises and what the instance has. */
    const wasm_externtype_t* promised = wasm_exporttype_type(copy.data[i]);
    wasm_externtype_t* found = wasm_extern_type(kit.exports.data[i]);
    CHECK(wasm_externtype_kind(promised) == wasm_externtype_kind(found));
    CHECK(wasm_externtype_kind(found) == wasm_extern_kind(kit.exports.data[i]));
    wasm_externtype_delete(found);
  }
  CHECK(is(wasm_exporttype_name(exports.data[KIT_MEMORY]), "memory"));
  const wasm_externtype_t* table = wasm_exporttype_type(exports.data[KIT_TABLE]);
  CHECK(wasm_tabletype_limits(wasm_externtype_as_tabletype_const(table))->max == 16);
  wasm_exporttype_vec_delete(&exports);
  wasm_exporttype_vec_delete(&copy);
  wasm_name_t name;
  wjit_module_name(kit.module, &name);
  CHECK(is(&name, "kit"));
  wasm_name_delete(&name);
  wjit_module_set_name(kit.module, WJIT_STR("other"));
  wjit_module_name(kit.module, &name);
  CHECK(is(&name, "other"));
  wasm_name_delete(&name);

  wasm_valtype_t* v128 = wasm_valtype_new(WJIT_V128);
  wjit_valtype_to_string(v128, &name);
  CHECK(is(&name, "v128") && wasm_valtype_is_num(v128));
  wasm_name_delete(&name);
  wasm_valtype_delete(v128);

  /* Tags have a kind of their own. */
  wasm_byte_vec_t binary = BYTES(tag_wasm);
  wasm_module_t* module = wasm_module_new(kit.store, &binary);
  wasm_extern_vec_t none = WASM_EMPTY_VEC;
  wasm_instance_t* instance = wasm_instance_new(kit.store, module, &none, NULL);
  wasm_extern_t* tag = wjit_instance_get(instance, WJIT_STR("tag"));
  CHECK(wasm_extern_kind(tag) == WJIT_EXTERN_TAG && !wasm_extern_as_func(tag));
  wasm_externtype_t* type = wasm_extern_type(tag);
  CHECK(wasm_externtype_kind(type) == WJIT_EXTERN_TAG);
  wasm_externtype_delete(type);
  wasm_extern_delete(tag);
  wjit_error_delete(wjit_last_error()); /* of the refusals above */
  CHECK(!wjit_instance_get(instance, WJIT_STR("nothing")) && !wjit_last_error());
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  kit_delete(&kit);
  return 0;
}
