/* What the programs in this folder share. A check that fails says where and ends the program. */
#ifndef WJIT_TESTS_API_TEST_H
#define WJIT_TESTS_API_TEST_H

#include <stdio.h>
#include <stdlib.h>

#include "modules.h"
#include "wjit.h"

#define CHECK(cond)                                                              \
  do {                                                                           \
    if (!(cond)) {                                                               \
      wjit_error_t* why_ = wjit_last_error();                                    \
      fprintf(stderr, "%s:%d: %s does not hold", __FILE__, __LINE__, #cond);     \
      fprintf(stderr, " (last error: %s)\n", why_ ? wjit_error_message(why_) : "none"); \
      wjit_error_delete(why_);                                                   \
      exit(1);                                                                   \
    }                                                                            \
  } while (0)

/* Whether `message` has `part` in it. */
static inline bool mentions(const char* message, const char* part) {
  if (strstr(message, part)) return true;
  fprintf(stderr, "\"%s\" does not mention \"%s\"\n", message, part);
  return false;
}
/* The error says so; it is deleted. */
static inline bool error_says(wjit_error_t* error, wjit_error_kind_t kind, const char* part) {
  bool ok = error && wjit_error_kind(error) == kind && mentions(wjit_error_message(error), part);
  wjit_error_delete(error);
  return ok;
}
static inline bool trap_says(wasm_trap_t* trap, wjit_trap_kind_t kind, const char* part) {
  if (!trap) return false;
  wasm_message_t message;
  wasm_trap_message(trap, &message);
  bool ok = wjit_trap_kind(trap) == kind && message.size > 0 && mentions(message.data, part);
  wasm_byte_vec_delete(&message);
  wasm_trap_delete(trap);
  return ok;
}

static inline wasm_val_t i32_val(int32_t v) {
  wasm_val_t val = WASM_I32_VAL(v);
  return val;
}
static inline wasm_byte_vec_t bytes_of(const unsigned char* data, size_t size) {
  wasm_byte_vec_t v = {size, (char*)data};
  return v;
}
#define BYTES(array) bytes_of(array, sizeof(array))

/* host.call: its argument plus one. host.echo: its argument. */
static inline wasm_trap_t* plus_one(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  results->data[0] = i32_val(args->data[0].of.i32 + 1);
  return NULL;
}
static inline wasm_trap_t* give_back(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  wasm_val_copy(&results->data[0], &args->data[0]);
  return NULL;
}

/* The kit, instantiated. */
typedef struct kit_t {
  wasm_engine_t* engine;
  wasm_store_t* store;
  wasm_module_t* module;
  wasm_instance_t* instance;
  wasm_extern_vec_t exports;
} kit_t;

static inline wasm_instance_t* kit_instantiate(wasm_store_t* store, const wasm_module_t* module) {
  wasm_functype_t* call_type = wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
  wasm_functype_t* echo_type = wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref());
  wasm_func_t* call = wasm_func_new(store, call_type, plus_one);
  wasm_func_t* echo = wasm_func_new(store, echo_type, give_back);
  wasm_extern_t* imports[] = {wasm_func_as_extern(call), wasm_func_as_extern(echo)};
  wasm_extern_vec_t vec = WASM_ARRAY_VEC(imports);
  wasm_trap_t* trap = NULL;
  wasm_instance_t* instance = wasm_instance_new(store, module, &vec, &trap);
  CHECK(instance && !trap);
  wasm_functype_delete(call_type);
  wasm_functype_delete(echo_type);
  wasm_func_delete(call);
  wasm_func_delete(echo);
  return instance;
}
static inline kit_t kit_new(wasm_config_t* config) {
  kit_t kit;
  wasm_byte_vec_t binary = BYTES(kit_wasm);
  kit.engine = wasm_engine_new_with_config(config);
  kit.store = wasm_store_new(kit.engine);
  kit.module = wasm_module_new(kit.store, &binary);
  CHECK(kit.module);
  kit.instance = kit_instantiate(kit.store, kit.module);
  wasm_instance_exports(kit.instance, &kit.exports);
  CHECK(kit.exports.size == KIT_EXPORTS);
  return kit;
}
static inline void kit_delete(kit_t* kit) {
  wasm_extern_vec_delete(&kit->exports);
  wasm_instance_delete(kit->instance);
  wasm_module_delete(kit->module);
  wasm_store_delete(kit->store);
  wasm_engine_delete(kit->engine);
}
static inline wasm_func_t* kit_func(kit_t* kit, int index) {
  wasm_func_t* f = wasm_extern_as_func(kit->exports.data[index]);
  CHECK(f);
  return f;
}
/* Calls a function of two i32 that has one. */
static inline wasm_trap_t* call2(wasm_func_t* f, int32_t a, int32_t b, int32_t* result) {
  wasm_val_t args[2], results[1] = {WASM_INIT_VAL};
  args[0] = i32_val(a);
  args[1] = i32_val(b);
  wasm_val_vec_t args_vec = {wasm_func_param_arity(f), args}, results_vec = WASM_ARRAY_VEC(results);
  const size_t arity = wasm_func_result_arity(f); /* before the call, which may end the store */
  wasm_trap_t* trap = wasm_func_call(f, &args_vec, &results_vec);
  if (!trap && arity) *result = results[0].of.i32;
  return trap;
}

#endif
