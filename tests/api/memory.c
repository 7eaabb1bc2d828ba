/* Memories: exported, made by the host, imported nowhere; bounds, growth, 64-bit ones. */
#include "test.h"

int main(void) {
  kit_t kit = kit_new(NULL);
  wasm_memory_t* memory = wasm_extern_as_memory(kit.exports.data[KIT_MEMORY]);
  CHECK(memory && wasm_memory_size(memory) == 1 && wasm_memory_data_size(memory) == MEMORY_PAGE_SIZE);
  CHECK(memcmp(wasm_memory_data(memory) + 8, "data", 4) == 0);
  int32_t result = 0;
  CHECK(call2(kit_func(&kit, KIT_STORE), 100, 0x01020304, &result) == NULL);
  CHECK(wasm_memory_data(memory)[100] == 4 && wasm_memory_data(memory)[103] == 1);
  wasm_memory_data(memory)[100] = 5;
  CHECK(call2(kit_func(&kit, KIT_LOAD), 100, 0, &result) == NULL && result == 0x01020305);
  CHECK(trap_says(call2(kit_func(&kit, KIT_LOAD), 65533, 0, &result), WJIT_TRAP_WASM, "out of bounds memory access"));

  CHECK(wasm_memory_grow(memory, 1) && wasm_memory_size(memory) == 2);
  CHECK(call2(kit_func(&kit, KIT_LOAD), 65533, 0, &result) == NULL && result == 0);
  CHECK(call2(kit_func(&kit, KIT_GROW), 1, 0, &result) == NULL && result == 2);
  CHECK(wasm_memory_size(memory) == 3 && !wasm_memory_grow(memory, 1) && wasm_memory_grow(memory, 0));
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_LIMIT, "memory of 3 pages cannot grow by 1"));

  wasm_memorytype_t* type = wasm_memory_type(memory);
  CHECK(wasm_memorytype_limits(type)->min == 3 && wasm_memorytype_limits(type)->max == 3);
  wasm_memorytype_delete(type);
  wasm_memory_t* copy = wasm_memory_copy(memory);
  CHECK(wasm_memory_same(copy, memory) && copy != memory);
  wasm_memory_delete(copy);

  wasm_limits_t limits = {2, wasm_limits_max_default};
  type = wasm_memorytype_new(&limits);
  wasm_memory_t* mine = wasm_memory_new(kit.store, type);
  CHECK(mine && wasm_memory_size(mine) == 2 && !wasm_memory_same(mine, memory));
  wasm_memorytype_delete(type);
  wasm_memory_delete(mine);
  limits.min = 3, limits.max = 2;
  type = wasm_memorytype_new(&limits);
  CHECK(!wasm_memory_new(kit.store, type));
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_USAGE, "the maximum is below the minimum"));
  wasm_memorytype_delete(type);

  /* 64-bit: the numbers that do not fit are in wjit.h. */
  wasm_byte_vec_t binary = BYTES(memory64_wasm);
  wasm_module_t* module = wasm_module_new(kit.store, &binary);
  CHECK(module);
  wasm_extern_vec_t none = WASM_EMPTY_VEC;
  wasm_instance_t* instance = wasm_instance_new(kit.store, module, &none, NULL);
  wasm_extern_t* exported = wjit_instance_get(instance, WJIT_STR("memory"));
  memory = wasm_extern_as_memory(exported);
  type = wasm_memory_type(memory);
  CHECK(wjit_memorytype_is64(type) && !wjit_memorytype_is_shared(type) && wjit_memorytype_page_size_log2(type) == 16);
  CHECK(wjit_memorytype_limits(type).max == 0x200000000u && wasm_memorytype_limits(type)->max == 0xffffffffu);
  uint64_t before = 9;
  CHECK(wjit_memory_grow(memory, 2, &before) == NULL && before == 1 && wjit_memory_size(memory) == 3);
  CHECK(error_says(wjit_memory_grow(memory, 0x300000000u, NULL), WJIT_ERROR_LIMIT, "cannot grow"));
  wasm_memorytype_delete(type);
  wasm_extern_delete(exported);
  wasm_instance_delete(instance);
  wasm_module_delete(module);

  wjit_limits_t wide = {1, UINT64_MAX};
  type = wjit_memorytype_new(&wide, true, false, 5);
  CHECK(!wasm_memory_new(kit.store, type));
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_USAGE, "found pages of 2^5 bytes, expected 2^16 or 2^0"));
  wasm_memorytype_delete(type);
  kit_delete(&kit);
  return 0;
}
