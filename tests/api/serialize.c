/* Modules as bytes: what is refused, and what it says. */
#include "test.h"

int main(void) {
  kit_t kit = kit_new(NULL);
  wasm_byte_vec_t bytes, changed;
  wasm_module_serialize(kit.module, &bytes);
  CHECK(bytes.size > sizeof kit_wasm);
  wasm_module_t* module = wasm_module_deserialize(kit.store, &bytes);
  CHECK(module);
  wasm_instance_t* instance = kit_instantiate(kit.store, module);
  wasm_extern_t* add = wjit_instance_get(instance, WJIT_STR("add"));
  int32_t sum = 0;
  CHECK(call2(wasm_extern_as_func(add), 2, 3, &sum) == NULL && sum == 5);
  CHECK(!wasm_module_same(module, kit.module));

  const char* versions[] = {"engine ", "layout "};
  const char* says[] = {"found engine 9.9.9", "found layout 9"};
  for (int i = 0; i < 2; ++i) {
    wasm_byte_vec_copy(&changed, &bytes);
    char* at = changed.data;
    while (memcmp(at, versions[i], strlen(versions[i])) != 0) ++at;
    memcpy(at, i ? "layout 9" : "engine 9.9.9", i ? 8 : 12);
    CHECK(!wasm_module_deserialize(kit.store, &changed));
    CHECK(error_says(wjit_last_error(), WJIT_ERROR_UNSUPPORTED, says[i]));
    wasm_byte_vec_delete(&changed);
  }
  wasm_byte_vec_t plain = BYTES(kit_wasm);
  CHECK(!wasm_module_deserialize(kit.store, &plain));
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_MALFORMED, "are no serialised module"));
  for (size_t n = 0; n < bytes.size; n += 7) { /* cut short anywhere; exact, so that a sanitizer sees an overrun */
    wasm_byte_vec_new(&changed, n, bytes.data);
    CHECK(!wasm_module_deserialize(kit.store, &changed));
    wjit_error_t* why = wjit_last_error();
    CHECK(why);
    wjit_error_delete(why);
    wasm_byte_vec_delete(&changed);
  }

  /* Bytes that are no module at all. */
  wasm_byte_vec_t junk = {4, (char*)"junk"}, null = {4, NULL};
  CHECK(!wasm_module_new(kit.store, &junk) && !wasm_module_validate(kit.store, &junk));
  wjit_error_t* why = wjit_last_error();
  uint64_t offset;
  CHECK(why && wjit_error_kind(why) == WJIT_ERROR_MALFORMED && wjit_error_offset(why, &offset) && offset <= 4);
  wjit_error_delete(why);
  CHECK(!wasm_module_new(kit.store, &null) && !wasm_module_new(NULL, &junk) && !wasm_module_new(kit.store, NULL));
  wjit_error_delete(wjit_last_error());

  wasm_byte_vec_delete(&bytes);
  wasm_extern_delete(add);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  kit_delete(&kit);
  return 0;
}
