/* A shared memory in stores of two threads. */
#include <pthread.h>

#include "test.h"

enum { kTimes = 10000 };

static const char kWat[] =
    "(module (import \"env\" \"memory\" (memory 1 3 shared))"
    "  (func (export \"add\") (param i32) (result i32)"
    "    (loop $again"
    "      (drop (i32.atomic.rmw.add (i32.const 8) (i32.const 1)))"
    "      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))"
    "    (i32.const 7))"
    "  (func (export \"wait\") (param i32) (result i32)"
    "    (memory.atomic.wait32 (i32.const 16) (local.get 0) (i64.const -1))))";

typedef struct {
  wasm_engine_t* engine;
  wjit_sharedmemory_t* memory;
  wasm_byte_vec_t* binary;
  const char* name;
  int32_t argument, result;
} job_t;

static void* work(void* data) {
  job_t* job = (job_t*)data;
  wasm_store_t* store = wasm_store_new(job->engine);
  wasm_module_t* module = wasm_module_new(store, job->binary);
  wasm_memory_t* memory = NULL;
  job->result = -1;
  if (!wjit_sharedmemory_attach(job->memory, store, &memory) && module) {
    wasm_extern_t* imports[] = {wasm_memory_as_extern(memory)};
    wasm_extern_vec_t vec = WASM_ARRAY_VEC(imports);
    wasm_instance_t* instance = wasm_instance_new(store, module, &vec, NULL);
    wasm_extern_t* func = instance ? wjit_instance_get(instance, job->name, strlen(job->name)) : NULL;
    wasm_val_t args[] = {WASM_I32_VAL(job->argument)}, results[] = {WASM_INIT_VAL};
    wasm_val_vec_t in = WASM_ARRAY_VEC(args), out = WASM_ARRAY_VEC(results);
    if (func && !wasm_func_call(wasm_extern_as_func(func), &in, &out)) job->result = results[0].of.i32;
    wasm_extern_delete(func);
    wasm_instance_delete(instance);
  }
  wasm_memory_delete(memory);
  wasm_module_delete(module);
  wasm_store_delete(store);
  return NULL;
}

int main(void) {
  wasm_config_t* config = wasm_config_new();
  CHECK(!wjit_config_set_feature(config, WJIT_STR("threads"), true));
  wasm_engine_t* engine = wasm_engine_new_with_config(config);
  wasm_byte_vec_t binary;
  CHECK(!wjit_wat2wasm(WJIT_STR(kWat), &binary));

  wjit_limits_t limits = {1, 3};
  wasm_memorytype_t* type = wjit_memorytype_new(&limits, false, true, 16);
  wjit_sharedmemory_t* memory = NULL;
  CHECK(!wjit_sharedmemory_new(engine, type, &memory) && memory);
  wasm_memorytype_delete(type);
  wjit_sharedmemory_t* same = wjit_sharedmemory_clone(memory);
  CHECK(wjit_sharedmemory_data(same) == wjit_sharedmemory_data(memory));
  CHECK(wjit_sharedmemory_size(same) == 1 && wjit_sharedmemory_data_size(same) == 65536);
  type = wjit_sharedmemory_type(same);
  CHECK(wjit_memorytype_is_shared(type) && wjit_memorytype_limits(type).max == 3);
  wasm_memorytype_delete(type);

  pthread_t threads[3];
  job_t jobs[3];
  for (int i = 0; i < 3; ++i) {
    job_t job = {engine, memory, &binary, i == 2 ? "wait" : "add", i == 2 ? 0 : kTimes, 0};
    jobs[i] = job;
    CHECK(pthread_create(&threads[i], NULL, work, &jobs[i]) == 0);
  }
  uint32_t woken = 0;
  while (!woken) CHECK(!wjit_sharedmemory_notify(memory, 16, UINT32_MAX, &woken));
  for (int i = 0; i < 3; ++i) {
    pthread_join(threads[i], NULL);
    CHECK(jobs[i].result == (i == 2 ? 0 : 7));
  }
  uint32_t sum;
  memcpy(&sum, wjit_sharedmemory_data(memory) + 8, sizeof sum);
  CHECK(sum == 2 * kTimes);

  wjit_wait_t end = 9;
  CHECK(!wjit_sharedmemory_wait32(memory, 8, 0, -1, &end) && end == WJIT_WAIT_NOT_EQUAL);
  CHECK(!wjit_sharedmemory_wait64(memory, 24, 0, 1000, &end) && end == WJIT_WAIT_TIMED_OUT);
  CHECK(error_says(wjit_sharedmemory_wait64(memory, 12, 0, 1000, &end), WJIT_ERROR_USAGE, "12 is not a multiple of 8"));
  CHECK(error_says(wjit_sharedmemory_notify(memory, 65536, 1, NULL), WJIT_ERROR_USAGE, "a memory of 65536 bytes"));
  uint64_t before = 9;
  CHECK(!wjit_sharedmemory_grow(memory, 2, &before) && before == 1 && wjit_sharedmemory_size(same) == 3);
  CHECK(error_says(wjit_sharedmemory_grow(memory, 1, NULL), WJIT_ERROR_LIMIT, "memory of 3 pages cannot grow by 1"));
  wjit_sharedmemory_delete(memory);

  /* Out of a store, which may end. */
  wasm_store_t* store = wasm_store_new(engine);
  wasm_memory_t* handle = NULL;
  CHECK(!wjit_sharedmemory_attach(same, store, &handle) && wjit_memory_size(handle) == 3);
  wjit_sharedmemory_delete(same);
  same = wjit_memory_shared(handle);
  CHECK(same);
  wasm_memory_delete(handle);
  wasm_store_delete(store);
  memcpy(&sum, wjit_sharedmemory_data(same) + 8, sizeof sum);
  CHECK(sum == 2 * kTimes);
  wjit_sharedmemory_delete(same);

  /* What makes no sense. */
  type = wjit_memorytype_new(&limits, false, false, 16);
  CHECK(error_says(wjit_sharedmemory_new(engine, type, &memory), WJIT_ERROR_USAGE, "not shared") && !memory);
  CHECK(error_says(wjit_sharedmemory_new(NULL, type, &memory), WJIT_ERROR_USAGE, "engine is NULL"));
  CHECK(error_says(wjit_sharedmemory_new(engine, NULL, &memory), WJIT_ERROR_USAGE, "type is NULL"));
  store = wasm_store_new(engine);
  handle = wasm_memory_new(store, type);
  CHECK(!wjit_memory_shared(handle) && error_says(wjit_last_error(), WJIT_ERROR_USAGE, "the memory is not shared"));
  CHECK(!wjit_memory_shared(NULL) && error_says(wjit_last_error(), WJIT_ERROR_USAGE, "memory is NULL"));
  wasm_memory_delete(handle);
  CHECK(error_says(wjit_sharedmemory_attach(NULL, store, &handle), WJIT_ERROR_USAGE, "shared memory is NULL"));
  CHECK(!wjit_sharedmemory_clone(NULL) && !wjit_sharedmemory_type(NULL) && !wjit_sharedmemory_data(NULL));
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_USAGE, "shared memory is NULL"));
  wjit_sharedmemory_delete(NULL);
  wasm_store_delete(store);
  wasm_memorytype_delete(type);
  wasm_byte_vec_delete(&binary);
  wasm_engine_delete(engine);
  return 0;
}
