/* Exceptions: made and thrown by C, caught by wasm, and the other way round. */
#include "test.h"

static wasm_extern_t* tag;
static int thrown = 0;

static wasm_trap_t* thrower(void* env, wjit_caller_t* caller, const wjit_val_t* args, size_t arg_count,
                            wjit_val_t* results, size_t result_count) {
  (void)env;
  CHECK(arg_count == 1 && result_count == 1);
  if (args[0].of.i32 == 0) {
    results[0].of.i32 = 1;
    return NULL;
  }
  wjit_val_t fields[2] = {{WASM_I32, {args[0].of.i32}}, {WASM_F64, {0}}};
  fields[1].of.f64 = 2.5;
  wjit_exn_t* exn = NULL;
  CHECK(!wjit_exn_new(wjit_caller_store(caller), tag, fields, 2, &exn));
  wasm_trap_t* trap = wjit_trap_new_exception(exn);
  CHECK(wjit_trap_kind(trap) == WJIT_TRAP_EXCEPTION);
  wjit_exn_delete(exn);
  ++thrown;
  return trap;
}

static const char kModule[] =
    "(module (import \"h\" \"tag\" (tag $t (param i32 f64)))"
    "  (import \"h\" \"throw\" (func $throw (param i32) (result i32)))"
    "  (func (export \"caught\") (param i32) (result i32 f64)"
    "    (block $h (result i32 f64) (try_table (catch $t $h) (drop (call $throw (local.get 0)))) (i32.const 0) (f64.const 0)))"
    "  (func (export \"reference\") (param i32) (result exnref)"
    "    (block $h (result exnref) (try_table (catch_all_ref $h) (drop (call $throw (local.get 0)))) (ref.null exn)))"
    "  (func (export \"again\") (param exnref) (throw_ref (local.get 0))))";

static wasm_func_t* export_named(const wasm_instance_t* instance, const char* name) {
  wasm_extern_t* e = wjit_instance_get(instance, name, strlen(name));
  wasm_func_t* f = wasm_func_copy(wasm_extern_as_func(e));
  wasm_extern_delete(e);
  return f;
}

int main(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_valtype_t* fields[2] = {wasm_valtype_new_i32(), wasm_valtype_new_f64()};
  wasm_valtype_vec_t params, none;
  wasm_valtype_vec_new(&params, 2, fields);
  wasm_valtype_vec_new_empty(&none);
  wasm_functype_t* type = wasm_functype_new(&params, &none);
  tag = wjit_tag_new(store, type);
  CHECK(tag && wasm_extern_kind(tag) == WJIT_EXTERN_TAG);
  wasm_functype_delete(type);
  type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  CHECK(!wjit_tag_new(store, type));
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_USAGE, "a tag has no results"));
  wasm_func_t* f = wjit_func_new(store, type, thrower, NULL, NULL);
  wasm_functype_delete(type);

  wasm_module_t* module = NULL;
  CHECK(!wjit_module_new(store, (const byte_t*)kModule, sizeof kModule - 1, &module));
  wasm_extern_t* items[2] = {tag, wasm_func_as_extern(f)};
  wasm_extern_vec_t imports = {2, items};
  wasm_instance_t* instance = wasm_instance_new(store, module, &imports, NULL);
  CHECK(instance);

  wasm_func_t* caught = export_named(instance, "caught");
  wasm_func_t* reference = export_named(instance, "reference");
  wasm_func_t* again = export_named(instance, "again");
  wjit_val_t seven = {WASM_I32, {7}}, results[2], value;
  CHECK(!wjit_func_call(caught, &seven, 1, results, 2));
  CHECK(results[0].of.i32 == 7 && results[1].of.f64 == 2.5 && thrown == 1);

  CHECK(!wjit_func_call(reference, &seven, 1, results, 1));
  CHECK(results[0].kind == WJIT_EXNREF && results[0].of.ref);
  wjit_exn_t* exn = wjit_ref_as_exn(results[0].of.ref);
  CHECK(exn && wjit_exn_as_ref(exn) == results[0].of.ref && wjit_exn_field_count(exn) == 2);
  CHECK(wjit_exn_field(exn, 1, &value) && value.of.f64 == 2.5);
  CHECK(!wjit_exn_field(exn, 2, &value));
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_USAGE, "has 2 fields; 2 was asked for"));

  wasm_trap_t* trap = wjit_func_call(again, results, 1, NULL, 0);
  CHECK(trap && wjit_trap_kind(trap) == WJIT_TRAP_EXCEPTION);
  wjit_exn_t* same = wjit_trap_exception(trap);
  CHECK(wasm_ref_same(wjit_exn_as_ref(same), results[0].of.ref));
  wasm_extern_t* its_tag = wjit_exn_tag(same);
  CHECK(wasm_ref_same(wasm_extern_as_ref(its_tag), wasm_extern_as_ref(tag)));
  wasm_extern_delete(its_tag);
  wjit_exn_t* copy = wjit_exn_copy(same);
  wjit_exn_delete(same);
  CHECK(wjit_exn_field(copy, 0, &value) && value.of.i32 == 7);
  wjit_exn_delete(copy);
  wasm_trap_delete(trap);

  wjit_val_t wrong = {WJIT_EXNREF, {0}};
  wrong.of.ref = wasm_func_as_ref(f);
  trap = wjit_func_call(again, &wrong, 1, NULL, 0);
  CHECK(trap && wjit_trap_kind(trap) == WJIT_TRAP_ERROR && !wjit_trap_exception(trap));
  wasm_trap_delete(trap);
  wrong.of.ref = NULL;
  trap = wjit_func_call(again, &wrong, 1, NULL, 0);
  CHECK(trap && wjit_trap_kind(trap) == WJIT_TRAP_WASM && strcmp(wjit_trap_code_name(wjit_trap_code(trap)), "null-exception-reference") == 0);
  wasm_trap_delete(trap);
  CHECK(!wjit_ref_as_exn(wasm_func_as_ref(f)));
  CHECK(error_says(wjit_exn_new(store, tag, NULL, 0, &exn), WJIT_ERROR_USAGE, "the tag has 2 fields; 0 were given"));

  wjit_val_delete(&results[0]);
  wasm_func_delete(caught);
  wasm_func_delete(reference);
  wasm_func_delete(again);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
  wasm_extern_delete(tag);
  wasm_func_delete(f);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
  return 0;
}
