/* Traps: kinds, messages, frames; start functions; wrong arguments. */
#include "test.h"

static const wasm_extern_vec_t none_externs = WASM_EMPTY_VEC;

int main(void) {
  kit_t kit = kit_new(NULL);
  int32_t result = 0;
  wasm_func_t* div = kit_func(&kit, KIT_DIV);
  wasm_trap_t* trap = call2(div, 1, 0, &result);
  CHECK(trap && wjit_trap_kind(trap) == WJIT_TRAP_WASM);
  CHECK(strcmp(wjit_trap_code_name(wjit_trap_code(trap)), "integer-divide-by-zero") == 0);
  CHECK(wjit_trap_code_name(0) == NULL && wjit_trap_error(trap) == NULL);

  wasm_frame_t* origin = wasm_trap_origin(trap);
  CHECK(origin && wasm_frame_func_index(origin) == 3);
  CHECK(wasm_frame_module_offset(origin) > wasm_frame_func_offset(origin));
  CHECK(wasm_instance_same(wasm_frame_instance(origin), kit.instance));
  CHECK(wjit_frame_func_name(origin)->size == 3 && memcmp(wjit_frame_func_name(origin)->data, "div", 3) == 0);
  CHECK(wjit_frame_module_name(origin)->size == 3);
  wasm_frame_vec_t trace, copy;
  wasm_trap_trace(trap, &trace);
  wasm_frame_vec_copy(&copy, &trace);
  CHECK(trace.size == 1 && copy.size == 1 && wasm_frame_func_index(copy.data[0]) == 3);
  wasm_frame_vec_delete(&trace);
  wasm_frame_vec_delete(&copy);
  wasm_frame_delete(origin);
  wasm_name_t text;
  wjit_trap_to_string(trap, &text);
  CHECK(text.size > 0 && strncmp(text.data, "wasm trap: integer divide by zero", 33) == 0);
  wasm_name_delete(&text);

  wasm_trap_t* same = wasm_trap_copy(trap);
  CHECK(wasm_trap_same(trap, same) && wasm_ref_as_trap(wasm_trap_as_ref(same)) == same);
  CHECK(wasm_ref_as_func(wasm_trap_as_ref(same)) == NULL);
  wasm_trap_delete(same);
  CHECK(trap_says(trap, WJIT_TRAP_WASM, "integer divide by zero"));

  /* The caller's mistakes. */
  wasm_val_t args[2] = {WASM_F32_VAL(1), WASM_I32_VAL(1)};
  wasm_val_vec_t two = WASM_ARRAY_VEC(args), one = {1, args}, none = WASM_EMPTY_VEC;
  trap = wasm_func_call(div, &two, &none);
  wjit_error_t* error = wjit_trap_error(trap);
  CHECK(error_says(error, WJIT_ERROR_USAGE, "argument 1: found f32, expected i32"));
  CHECK(trap_says(trap, WJIT_TRAP_ERROR, "argument 1: found f32, expected i32"));
  CHECK(trap_says(wasm_func_call(div, &one, &none), WJIT_TRAP_ERROR, "takes 2 arguments"));
  args[0] = i32_val(4);
  CHECK(trap_says(wasm_func_call(div, &two, &none), WJIT_TRAP_ERROR, "has 1 results, there is room for 0"));
  args[0].kind = 77;
  CHECK(trap_says(wasm_func_call(div, &two, &none), WJIT_TRAP_ERROR, "argument 1: 77 is no kind of value"));
  CHECK(trap_says(wasm_func_call(NULL, &two, &none), WJIT_TRAP_ERROR, "func is NULL"));

  /* Traps of the host's making. */
  CHECK(trap_says(wasm_trap_new(kit.store, NULL), WJIT_TRAP_HOST, ""));
  trap = wjit_trap_new_exit(kit.store, 17);
  int32_t status = 0;
  CHECK(wjit_trap_exit_status(trap, &status) && status == 17 && wasm_trap_origin(trap) == NULL);
  CHECK(trap_says(trap, WJIT_TRAP_EXIT, "exit with status 17"));

  /* Instances that do not come to be. */
  wasm_byte_vec_t binary = BYTES(start_traps_wasm);
  wasm_module_t* module = wasm_module_new(kit.store, &binary);
  CHECK(wasm_instance_new(kit.store, module, &none_externs, &trap) == NULL);
  CHECK(trap_says(trap, WJIT_TRAP_WASM, "unreachable"));
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_TRAP, "unreachable"));
  CHECK(wasm_instance_new(kit.store, module, &none_externs, NULL) == NULL);
  wasm_module_delete(module);
  CHECK(wasm_instance_new(kit.store, kit.module, &none_externs, &trap) == NULL);
  CHECK(trap_says(trap, WJIT_TRAP_ERROR, "import"));
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_LINK, "import"));
  wasm_extern_t* wrong[] = {kit.exports.data[KIT_MEMORY], kit.exports.data[KIT_MEMORY]};
  wasm_extern_vec_t wrong_vec = WASM_ARRAY_VEC(wrong);
  CHECK(wasm_instance_new(kit.store, kit.module, &wrong_vec, &trap) == NULL);
  CHECK(trap_says(trap, WJIT_TRAP_ERROR, "host"));
  wrong[0] = NULL;
  CHECK(wasm_instance_new(kit.store, kit.module, &wrong_vec, &trap) == NULL);
  CHECK(trap_says(trap, WJIT_TRAP_ERROR, "import 0 is NULL"));

  wjit_error_delete(wjit_last_error());
  kit_delete(&kit);
  return 0;
}
