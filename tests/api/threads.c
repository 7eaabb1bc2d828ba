/* One engine and one shared module, a store for each thread. */
#include <pthread.h>

#include "test.h"

enum { kThreads = 8, kRounds = 20 };

typedef struct {
  wasm_engine_t* engine;
  wasm_shared_module_t* shared;
  int id, good;
} job_t;

static void* work(void* data) {
  job_t* job = (job_t*)data;
  for (int i = 0; i < kRounds; ++i) {
    wasm_store_t* store = wasm_store_new(job->engine);
    wasm_module_t* module = wasm_module_obtain(store, job->shared);
    wasm_instance_t* instance = kit_instantiate(store, module);
    wasm_extern_t* call_host = wjit_instance_get(instance, WJIT_STR("call_host"));
    wasm_extern_t* div = wjit_instance_get(instance, WJIT_STR("div"));
    int32_t result = 0;
    if (!call2(wasm_extern_as_func(call_host), job->id, 0, &result) && result == job->id + 1 &&
        trap_says(call2(wasm_extern_as_func(div), 1, 0, &result), WJIT_TRAP_WASM, "divide by zero"))
      ++job->good;
    /* Last errors are each thread's own. */
    wasm_valtype_new((wasm_valkind_t)(100 + job->id));
    char text[32];
    snprintf(text, sizeof text, "%d is no kind", 100 + job->id);
    if (!error_says(wjit_last_error(), WJIT_ERROR_USAGE, text)) job->good = -1000;
    wasm_extern_delete(call_host);
    wasm_extern_delete(div);
    wasm_instance_delete(instance);
    wasm_module_delete(module);
    wasm_store_delete(store);
  }
  return NULL;
}

int main(void) {
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_byte_vec_t binary = BYTES(kit_wasm);
  wasm_module_t* module = wasm_module_new(store, &binary);
  wasm_shared_module_t* shared = wasm_module_share(module);
  wasm_module_delete(module);
  wasm_store_delete(store);

  pthread_t threads[kThreads];
  job_t jobs[kThreads];
  for (int i = 0; i < kThreads; ++i) {
    job_t job = {engine, shared, i, 0};
    jobs[i] = job;
    CHECK(pthread_create(&threads[i], NULL, work, &jobs[i]) == 0);
  }
  for (int i = 0; i < kThreads; ++i) {
    pthread_join(threads[i], NULL);
    CHECK(jobs[i].good == kRounds);
  }

  wasm_engine_t* other = wasm_engine_new();
  store = wasm_store_new(other);
  CHECK(!wasm_module_obtain(store, shared));
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_USAGE, "different engines"));
  wasm_store_delete(store);
  wasm_engine_delete(other);
  wasm_shared_module_delete(shared);
  wasm_engine_delete(engine);
  return 0;
}
