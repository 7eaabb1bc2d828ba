// Row 24 of the failure classes: every call of the C API with every n-th allocation failing, and once more
// with every allocation from the n-th on. Nothing aborts, nothing leaks, nothing throws; what cannot be had
// is NULL, false, empty or a trap; what is handed over is finalized once, or not at all when it was not
// taken; and the store goes on working.
#include "api/failing_memory.h"
#include "api/guests.h"
#include "api/test.h"
#include "catch.h"

using namespace failing_memory;

namespace {

const char* broken = nullptr;    // what failed although memory was there
long handed = 0, finalized = 0;  // data with a finalizer that was taken, and given back

// Holds unless an allocation has failed in this run.
#define EXPECT(cond) \
  if (!(cond) && !has_failed()) broken = #cond

// Owns; deletes with what the type deletes with.
template <class T, void (*kDelete)(T*)>
struct Own {
  T* p;
  Own(T* q = nullptr) : p(q) {}
  Own(const Own&) = delete;
  ~Own() { kDelete(p); }
  operator T*() const { return p; }
  T* release() { return std::exchange(p, nullptr); }
};
#define OWN(prefix, name) Own<prefix##_##name##_t, prefix##_##name##_delete>
template <class V, void (*kDelete)(V*)>
struct OwnVec {
  V v = WASM_EMPTY_VEC;
  ~OwnVec() { kDelete(&v); }
};
#define OWN_VEC(name) OwnVec<wasm_##name##_vec_t, wasm_##name##_vec_delete>

void drop(wasm_trap_t* trap) { wasm_trap_delete(trap); }
bool well(wjit_error_t* error) {
  const bool ok = !error;
  wjit_error_delete(error);
  return ok;
}
bool well(wasm_trap_t* trap) {
  const bool ok = !trap;
  drop(trap);
  return ok;
}

void count_finalized(void*) { ++finalized; }

wasm_trap_t* host_twice(void*, wjit_caller_t* caller, const wjit_val_t* args, size_t, wjit_val_t* results,
                        size_t) {
  OWN(wasm, extern) memory = wjit_caller_get_export(caller, WJIT_STR("memory"));
  if (args[0].of.i32 < 0) return wasm_trap_new(wjit_caller_store(caller), nullptr);
  results[0].of.i32 = 2 * args[0].of.i32;
  return nullptr;
}
wasm_trap_t* host_null(void*, wjit_caller_t*, const wjit_val_t*, size_t, wjit_val_t*, size_t) {
  return nullptr;
}
wasm_trap_t* host_plain(void*, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  return plus_one(args, results);
}

wasm_functype_t* i32_to_i32() {
  return wasm_functype_new_1_1(wasm_valtype_new_i32(), wasm_valtype_new_i32());
}
wasm_functype_t* ref_to_ref() {
  return wasm_functype_new_1_1(wasm_valtype_new_externref(), wasm_valtype_new_externref());
}

void types() {
  OWN(wasm, functype)
  f = wasm_functype_new_3_2(wasm_valtype_new_i32(), wasm_valtype_new_i64(), wasm_valtype_new_f32(),
                            wasm_valtype_new_f64(), wasm_valtype_new_externref());
  EXPECT(f && wasm_functype_params(f)->size == 3 && wasm_functype_results(f)->size == 2);
  if (f && (wasm_functype_params(f)->size != 3 || wasm_functype_results(f)->size != 2))
    broken = "a type is half-done";
  if (f) {
    OWN(wasm, functype) copy = wasm_functype_copy(f);
    EXPECT(copy);
    OWN_VEC(valtype) vec;
    wasm_valtype_vec_copy(&vec.v, wasm_functype_params(f));
    EXPECT(vec.v.size == 3);
  }
  const wasm_limits_t limits = {1, 2};
  OWN(wasm, globaltype) g = wasm_globaltype_new(wasm_valtype_new_f64(), WASM_VAR);
  OWN(wasm, tabletype) t = wasm_tabletype_new(wasm_valtype_new_funcref(), &limits);
  OWN(wasm, memorytype) m = wasm_memorytype_new(&limits);
  EXPECT(g && t && m);
  OWN(wasm, globaltype) g2 = g ? wasm_globaltype_copy(g) : nullptr;
  OWN(wasm, tabletype) t2 = t ? wasm_tabletype_copy(t) : nullptr;
  EXPECT(g2 && t2);
  wasm_name_t module, name, other;
  wasm_name_new_from_string(&module, "a module's name that is long");
  wasm_name_new_from_string(&name, "n");
  wasm_name_new_from_string(&other, "n");
  OWN(wasm, importtype)
  import = wasm_importtype_new(&module, &name, wasm_memorytype_as_externtype(m.release()));
  OWN(wasm, exporttype) exported = wasm_exporttype_new(&other, wasm_globaltype_as_externtype(g.release()));
  EXPECT(import && exported);
  OWN(wasm, importtype) import2 = import ? wasm_importtype_copy(import) : nullptr;
  OWN(wasm, exporttype) exported2 = exported ? wasm_exporttype_copy(exported) : nullptr;
  EXPECT(import2 && exported2);
  OWN(wasm, valtype) v128 = wasm_valtype_new(WJIT_V128);
  OWN_VEC(byte) text;
  if (v128) wjit_valtype_to_string(v128, &text.v);
  EXPECT(text.v.size == 4);
  const wjit_limits_t wide = {1, UINT64_MAX};
  OWN(wasm, memorytype) m64 = wjit_memorytype_new(&wide, true, false, 16);
  OWN(wasm, tabletype) t64 = wjit_tabletype_new(wasm_valtype_new_externref(), &wide, true);
  EXPECT(m64 && t64);
  EXPECT(!wasm_valtype_new(99));
}

// Engine, store and the kit; whatever of it could be had.
struct Kit {
  OWN(wasm, engine) engine;
  OWN(wasm, store) store;
  OWN(wasm, module) module;
  OWN(wasm, instance) instance;
  OWN_VEC(extern) exports;

  explicit Kit(void (*configure)(wasm_config_t*) = nullptr) {
    wasm_config_t* config = wasm_config_new();
    EXPECT(config);
    if (!config) return;
    if (configure) configure(config);
    engine.p = wasm_engine_new_with_config(config);
    EXPECT(engine);
    if (!engine) return;
    store.p = wasm_store_new(engine);
    EXPECT(store);
    if (!store) return;
    wasm_byte_vec_t binary = BYTES(kit_wasm);
    EXPECT(wasm_module_validate(store, &binary));
    module.p = wasm_module_new(store, &binary);
    EXPECT(module);
    if (!module) return;
    OWN(wasm, functype) call_type = i32_to_i32();
    OWN(wasm, functype) echo_type = ref_to_ref();
    if (!call_type || !echo_type) return;
    OWN(wasm, func) call = wasm_func_new_with_env(store, call_type, host_plain, this, count_finalized);
    if (call) ++handed;
    OWN(wasm, func) echo = wasm_func_new(store, echo_type, give_back);
    EXPECT(call && echo);
    if (!call || !echo) return;
    wasm_extern_t* imports[] = {wasm_func_as_extern(call), wasm_func_as_extern(echo)};
    wasm_extern_vec_t vec = WASM_ARRAY_VEC(imports);
    OWN(wasm, trap) trap;
    instance.p = wasm_instance_new(store, module, &vec, &trap.p);
    EXPECT(instance && !trap);
    if (!instance && !trap) broken = "no instance and no trap";
    if (!instance) return;
    wasm_instance_exports(instance, &exports.v);
    EXPECT(exports.v.size == KIT_EXPORTS);
  }
  // What was possible before is possible still.
  ~Kit() {
    Pause pause;
    int32_t sum = 0;
    if (ready() && (call2(func(KIT_ADD), 2, 3, &sum) || sum != 5))
      broken = "the store does not work any more";
  }
  bool ready() const { return exports.v.size == KIT_EXPORTS; }
  wasm_func_t* func(int i) { return wasm_extern_as_func(exports.v.data[i]); }
};

void modules() {
  Kit kit;
  if (!kit.module) return;
  OWN_VEC(importtype) imports;
  OWN_VEC(exporttype) exports;
  wasm_module_imports(kit.module, &imports.v);
  wasm_module_exports(kit.module, &exports.v);
  EXPECT(imports.v.size == 2 && exports.v.size == KIT_EXPORTS);
  OWN_VEC(exporttype) copy;
  wasm_exporttype_vec_copy(&copy.v, &exports.v);
  EXPECT(copy.v.size == exports.v.size);
  OWN_VEC(byte) bytes;
  wasm_module_serialize(kit.module, &bytes.v);
  OWN(wasm, module) again = wasm_module_deserialize(kit.store, &bytes.v);
  OWN(wasm, shared_module) shared = wasm_module_share(kit.module);
  OWN(wasm, module) obtained = wasm_module_obtain(kit.store, shared);
  OWN(wasm, module) copied = wasm_module_copy(kit.module);
  EXPECT(again && shared && obtained && copied);
  wjit_module_set_name(kit.module, WJIT_STR("another name that is a long one"));
  OWN_VEC(byte) name;
  wjit_module_name(kit.module, &name.v);
  EXPECT(name.v.size == 31);
  wasm_byte_vec_t junk = {4, const_cast<char*>("junk")};
  EXPECT(!wasm_module_new(kit.store, &junk));
  OWN(wasm, module) made;
  EXPECT(well(wjit_module_new(kit.store, hello_wasm, sizeof hello_wasm, &made.p)) && made);
  EXPECT(well(wjit_module_validate(kit.store, hello_wasm, sizeof hello_wasm)));
  OWN(wasm, module) file;
  OWN_VEC(byte) binary;
  EXPECT(well(
      wjit_wat2wasm(WJIT_STR("(module $m (func $f (export \"f\") (result i32) (i32.const 7)))"), &binary.v)));
  EXPECT(binary.v.size > 8);
  wasm_byte_vec_delete(&binary.v);
  wjit_error_delete(wjit_wat2wasm(WJIT_STR("(module (func (export 5)))"), &binary.v));
  wjit_error_delete(wjit_module_from_file(kit.store, "/nowhere", &file.p));
}

void calls() {
  Kit kit;
  if (!kit.ready()) return;
  int32_t result = 0;
  EXPECT(well(call2(kit.func(KIT_ADD), 1, 2, &result)) && result == 3);
  EXPECT(well(call2(kit.func(KIT_CALL_HOST), 1, 0, &result)) && result == 2);
  OWN(wasm, trap) trap = call2(kit.func(KIT_DIV), 1, 0, &result);
  if (!trap) broken = "a division by zero returned";
  OWN(wasm, frame) origin = wasm_trap_origin(trap);
  OWN_VEC(frame) trace;
  wasm_trap_trace(trap, &trace.v);
  OWN_VEC(byte) message, text;
  wasm_trap_message(trap, &message.v);
  wjit_trap_to_string(trap, &text.v);
  EXPECT(origin && trace.v.size == 1 && message.v.size && text.v.size);
  OWN(wasm, frame) frame = origin ? wasm_frame_copy(origin) : nullptr;
  OWN(wasm, trap) same = wasm_trap_copy(trap);
  EXPECT(frame && same);
  OWN(wasm, trap) exit = wjit_trap_new_exit(kit.store, 1);
  wasm_trap_set_host_info_with_finalizer(exit, &kit, count_finalized);
  if (wasm_trap_get_host_info(exit)) ++handed;
  OWN(wasm, trap) error = wasm_func_call(kit.func(KIT_ADD), nullptr, nullptr);
  OWN(wjit, error) why = wjit_trap_error(error);
  if (!trap || !exit || !error) broken = "no trap";
  wasm_val_t args[] = {WASM_I32_VAL(1), WASM_I64_VAL(2), WASM_F32_VAL(3), WASM_F64_VAL(4)};
  wasm_val_t results[] = {WASM_INIT_VAL, WASM_INIT_VAL, WASM_INIT_VAL, WASM_INIT_VAL};
  wasm_val_vec_t args_vec = WASM_ARRAY_VEC(args), results_vec = WASM_ARRAY_VEC(results);
  EXPECT(well(wasm_func_call(kit.func(KIT_SWAP), &args_vec, &results_vec)) && results[3].of.i32 == 1);
  OWN(wasm, functype) type = wasm_func_type(kit.func(KIT_SWAP));
  EXPECT(type && wasm_func_param_arity(kit.func(KIT_SWAP)) == 4);
  wjit_val_t vector[1] = {{WJIT_V128, {}}};
  EXPECT(well(wjit_func_call(kit.func(KIT_SAME_V128), vector, 1, vector, 1)));
}

void objects() {
  Kit kit;
  if (!kit.ready()) return;
  OWN(wasm, foreign) foreign = wasm_foreign_new(kit.store);
  EXPECT(foreign);
  if (!foreign) return;
  wasm_foreign_set_host_info_with_finalizer(foreign, &kit, count_finalized);
  if (wasm_foreign_get_host_info(foreign)) ++handed;
  wasm_ref_t* ref = wasm_foreign_as_ref(foreign);
  wasm_val_t args[] = {WASM_REF_VAL(ref)}, results[] = {WASM_INIT_VAL};
  wasm_val_vec_t args_vec = WASM_ARRAY_VEC(args), results_vec = WASM_ARRAY_VEC(results);
  EXPECT(well(wasm_func_call(kit.func(KIT_ECHO), &args_vec, &results_vec)) && results[0].of.ref);
  wasm_val_delete(&results[0]);
  args[0].of.ref = wasm_instance_as_ref(kit.instance);
  EXPECT(well(wasm_func_call(kit.func(KIT_ECHO), &args_vec, &results_vec)) && results[0].of.ref);
  OWN_VEC(val) vals;
  wasm_val_vec_new(&vals.v, 1, results);
  OWN_VEC(val) copies;
  wasm_val_vec_copy(&copies.v, &vals.v);

  wasm_global_t* held = wasm_extern_as_global(kit.exports.v.data[KIT_HELD]);
  args[0].of.ref = ref;
  wasm_global_set(held, &args[0]);
  wasm_val_t got;
  wasm_global_get(held, &got);
  EXPECT(got.of.ref && wasm_ref_same(got.of.ref, ref));
  wasm_val_delete(&got);
  wasm_global_set_host_info_with_finalizer(held, &kit, count_finalized);
  if (wasm_global_get_host_info(held)) ++handed;
  OWN(wasm, globaltype) global_type = wasm_global_type(held);
  OWN(wasm, global) global = global_type ? wasm_global_new(kit.store, global_type, &args[0]) : nullptr;
  EXPECT(global);

  wasm_table_t* exported_table = wasm_extern_as_table(kit.exports.v.data[KIT_TABLE]);
  OWN(wasm, tabletype) table_type = wasm_table_type(exported_table);
  OWN(wasm, ref) element = wasm_table_get(exported_table, 1);
  EXPECT(element);
  EXPECT(wasm_table_set(exported_table, 0, element) && wasm_table_grow(exported_table, 4, element));
  OWN(wasm, table) table = table_type ? wasm_table_new(kit.store, table_type, element) : nullptr;
  EXPECT(table && wasm_table_size(table) == 4);
  EXPECT(!wasm_table_set(exported_table, 99, element));

  wasm_memory_t* exported_memory = wasm_extern_as_memory(kit.exports.v.data[KIT_MEMORY]);
  OWN(wasm, memorytype) memory_type = wasm_memory_type(exported_memory);
  OWN(wasm, memory) memory = memory_type ? wasm_memory_new(kit.store, memory_type) : nullptr;
  EXPECT(memory && wasm_memory_grow(memory, 1) && well(wjit_memory_grow(memory, 1, nullptr)));
  EXPECT(!memory || !wasm_memory_grow(memory, 1));
  EXPECT(wasm_memory_data(exported_memory) && wasm_memory_data_size(exported_memory));

  for (size_t i = 0; i < kit.exports.v.size; i += 5) {
    OWN(wasm, externtype) type = wasm_extern_type(kit.exports.v.data[i]);
    OWN(wasm, extern) copy = wasm_extern_copy(kit.exports.v.data[i]);
    EXPECT(type && copy);
  }
  OWN_VEC(extern) externs;
  wasm_extern_vec_copy(&externs.v, &kit.exports.v);
  OWN(wasm, extern) found = wjit_instance_get(kit.instance, WJIT_STR("memory"));
  OWN(wasm, instance) instance = wasm_instance_copy(kit.instance);
  EXPECT(externs.v.size && found && instance);
  wjit_store_set_data(kit.store, &kit, nullptr);
  const wjit_store_limits_t limits = {1, 1, 1, 1, 1};
  wjit_store_limiter(kit.store, &limits);
  OWN(wasm, memory) refused = memory_type ? wasm_memory_new(kit.store, memory_type) : nullptr;
  EXPECT(!refused);
}

void resumable() {
  Kit kit([](wasm_config_t* config) { wjit_config_set_consume_fuel(config, true); });
  if (!kit.ready()) return;
  EXPECT(well(wjit_store_set_fuel(kit.store, 200)));
  OWN(wjit, resumable) call;
  EXPECT(well(wjit_func_call_resumable(kit.func(KIT_FOREVER), nullptr, 0, nullptr, 0, &call.p)) && call);
  if (call) {
    EXPECT(well(wjit_store_set_fuel(kit.store, 200)));
    EXPECT(well(wjit_resumable_resume(call, nullptr, 0, nullptr, 0)));
    EXPECT(wjit_resumable_state(call) == WJIT_RESUMABLE_OUT_OF_FUEL);
  }
  int32_t none;
  OWN(wasm, trap) trap = call2(kit.func(KIT_FOREVER), 0, 0, &none);
  if (!trap) broken = "forever has an end";
  wjit_error_delete(wjit_store_set_fuel(kit.store, 1'000'000));
}

bool defined(wjit_linker_t* linker, wasm_store_t* store, std::string_view module, std::string_view name) {
  Pause pause;
  OWN(wasm, extern)
  item = wjit_linker_get(linker, store, module.data(), module.size(), name.data(), name.size());
  return item;
}

void linker() {
  OWN(wasm, engine) engine = wasm_engine_new();
  OWN(wasm, store) store = engine ? wasm_store_new(engine) : nullptr;
  OWN(wjit, linker) linker = engine ? wjit_linker_new(engine) : nullptr;
  EXPECT(store && linker);
  if (!store || !linker) return;
  OWN(wasm, functype) call_type = i32_to_i32();
  OWN(wasm, functype) echo_type = ref_to_ref();
  if (!call_type || !echo_type) return;
  const bool taken = well(wjit_linker_define_func(linker, WJIT_STR("host"), WJIT_STR("call"), call_type,
                                                  host_twice, linker.p, count_finalized));
  if (taken) ++handed;
  EXPECT(taken);
  EXPECT(well(wjit_linker_define_func(linker, WJIT_STR("host"), WJIT_STR("echo"), echo_type, host_null,
                                      nullptr, nullptr)));
  OWN(wasm, module) module;
  EXPECT(well(wjit_module_new(store, kit_wasm, sizeof kit_wasm, &module.p)));
  OWN(wasm, trap) trap;
  OWN(wasm, instance) instance = wjit_linker_instantiate(linker, store, module, &trap.p);
  EXPECT(instance && !trap);
  if (!instance) return;
  if (!well(wjit_linker_define_instance(linker, WJIT_STR("kit"), instance))) {
    EXPECT(!"define_instance");
    if (defined(linker, store, "kit", "add") || defined(linker, store, "kit", "held"))
      broken = "some names are defined";
    return;
  }
  OWN(wasm, extern) found = wjit_linker_get(linker, store, WJIT_STR("kit"), WJIT_STR("call_host"));
  EXPECT(found);
  if (found) {
    wjit_linker_allow_shadowing(linker, true);
    EXPECT(well(wjit_linker_define(linker, WJIT_STR("host"), WJIT_STR("call"), found)));
    const wjit_val_t args[] = {{WASM_I32, {-1}}}, input[] = {{WASM_I32, {5}}};
    wjit_val_t results[1];
    OWN(wjit, resumable) call;
    EXPECT(well(wjit_func_call_resumable(wasm_extern_as_func(found), args, 1, results, 1, &call.p)) && call);
    if (call) {
      OWN(wasm, func) host = wjit_resumable_host_func(call);
      OWN(wasm, trap) why = wjit_resumable_host_trap(call);
      EXPECT(host && why);
      EXPECT(well(wjit_resumable_resume(call, input, 1, results, 1)) && results[0].of.i32 == 5);
    }
  }
}

// ---- guests as text: all that reading, translating and running them takes ----

wasm_trap_t* call1(wasm_instance_t* instance, const char* name, int32_t arg, int32_t* result) {
  OWN(wasm, extern) f = wjit_instance_get(instance, name, strlen(name));
  const wjit_val_t args[] = {{WASM_I32, {arg}}};
  wjit_val_t results[1] = {{WASM_I32, {0}}};
  wasm_trap_t* trap = wjit_func_call(f ? wasm_extern_as_func(f) : nullptr, args, 1, results, 1);
  *result = results[0].of.i32;
  return trap;
}

wasm_functype_t* wide_type() {
  wasm_valtype_vec_t params = WASM_EMPTY_VEC, results = WASM_EMPTY_VEC;
  wasm_valtype_vec_new_uninitialized(&params, 18);
  for (size_t i = 0; i < params.size; ++i) params.data[i] = wasm_valtype_new_i32();
  return wasm_functype_new(&params, &results);
}

// Calls back into WebAssembly; a negative argument traps in there.
wasm_trap_t* host_nested(void* env, wjit_caller_t*, const wjit_val_t* args, size_t, wjit_val_t* results,
                         size_t) {
  auto* kit = static_cast<Kit*>(env);
  int32_t sum = 0;
  wasm_trap_t* trap = args[0].of.i32 < 0 ? call2(kit->func(KIT_DIV), 1, 0, &sum)
                                         : call2(kit->func(KIT_ADD), args[0].of.i32, 1, &sum);
  results[0] = {WASM_I32, {sum}};
  return trap;
}

void run_all_sorts(Kit& kit) {
  OWN(wjit, linker) linker = wjit_linker_new(kit.engine);
  OWN(wasm, functype) type = i32_to_i32();
  OWN(wasm, functype) wide = wide_type();
  OWN(wasm, module) module;
  EXPECT(well(wjit_module_new(kit.store, kAllSorts.data(), kAllSorts.size(), &module.p)));
  OWN(wasm, func)
  nested = type ? wjit_func_new(kit.store, type, host_nested, &kit, count_finalized) : nullptr;
  if (nested) ++handed;
  EXPECT(linker && type && wide && module && nested);
  if (!linker || !wide || !module || !nested) return;
  EXPECT(well(wjit_linker_define(linker, WJIT_STR("host"), WJIT_STR("call"), wasm_func_as_extern(nested))));
  EXPECT(well(wjit_linker_define_func(linker, WJIT_STR("host"), WJIT_STR("wide"), wide, host_null, nullptr,
                                      nullptr)));
  OWN(wasm, trap) trap;
  OWN(wasm, instance) instance = wjit_linker_instantiate(linker, kit.store, module, &trap.p);
  EXPECT(instance && !trap);
  if (!instance) return;
  int32_t result;
  EXPECT(well(call1(instance, "fib", 8, &result)) && result == 21);
  EXPECT(well(call1(instance, "loops", 5, &result)) && result == 10);
  EXPECT(well(call1(instance, "simd", 5, &result)) && result == 7);
  EXPECT(well(call1(instance, "bulk", 1, &result)) && result == 8);
  // What failed above can be done now, or had been done.
  Pause pause;
  if (!well(call1(instance, "fib", 8, &result)) || result != 21)
    broken = "a function cannot be called any more";
  if (!well(call1(instance, "simd", 5, &result)) || result != 7)
    broken = "a function was not translated any more";
}

void text() {
  Kit kit;
  if (!kit.ready()) return;
  run_all_sorts(kit);
  OWN(wasm, functype) type = i32_to_i32();
  OWN(wasm, func)
  nested = type ? wjit_func_new(kit.store, type, host_nested, &kit, count_finalized) : nullptr;
  if (nested) ++handed;
  const wjit_val_t args[] = {{WASM_I32, {-1}}};
  wjit_val_t results[1];
  OWN(wasm, trap) trap = wjit_func_call(nested, args, 1, results, 1);
  if (!trap) broken = "a trap inside a host function was lost";
  EXPECT(trap && wjit_trap_kind(trap) == WJIT_TRAP_WASM);
}

void other_options() {
  Kit kit([](wasm_config_t* config) {
    EXPECT(well(wjit_config_set_feature(config, WJIT_STR("simd"), true)));
    wjit_error_delete(wjit_config_set_feature(config, WJIT_STR("no such feature"), true));
    EXPECT(well(wjit_config_set_compilation_mode(config, WJIT_COMPILE_EAGER)));
    EXPECT(well(wjit_config_set_memory_style(config, WJIT_MEMORY_CHECKS)));
    EXPECT(well(wjit_config_set_dispatch(config, WJIT_DISPATCH_LOOP)));
    wjit_error_delete(wjit_config_set_dispatch(config, 99));
    wjit_config_set_eager_tables(config, true);
  });
  if (kit.ready()) run_all_sorts(kit);
}

void lazy_validation() {
  Kit kit([](wasm_config_t* config) {
    EXPECT(well(wjit_config_set_compilation_mode(config, WJIT_COMPILE_LAZY)));
    EXPECT(well(wjit_config_set_dispatch(config, WJIT_DISPATCH_TAIL)));
  });
  if (!kit.ready()) return;
  run_all_sorts(kit);
  constexpr std::string_view kNoFunc = "(module (func (export \"f\") (throw 0)) (tag))";
  OWN(wasm, module) module;
  EXPECT(well(wjit_module_new(kit.store, kNoFunc.data(), kNoFunc.size(), &module.p)));
  const wasm_extern_vec_t none = WASM_EMPTY_VEC;
  OWN(wasm, instance) instance = module ? wasm_instance_new(kit.store, module, &none, nullptr) : nullptr;
  EXPECT(instance);
  OWN(wasm, extern) f = instance ? wjit_instance_get(instance, WJIT_STR("f")) : nullptr;
  for (int i = 0; f && i < 2; ++i) drop(wjit_func_call(wasm_extern_as_func(f), nullptr, 0, nullptr, 0));
}

// A function that could not be compiled for want of memory is interpreted; what the module does is the same.
void native_code() {
  Kit kit([](wasm_config_t* config) { EXPECT(well(wjit_config_set_tier(config, WJIT_TIER_JIT))); });
  if (!kit.ready()) return;
  wjit_native_report_t report;
  wjit_module_native_report(kit.module, &report);
  EXPECT(report.native > 0);
  run_all_sorts(kit);
}

// Nor one that was to become native while it runs, in the middle of its loops too.
void tiering() {
  Kit kit([](wasm_config_t* config) {
    EXPECT(well(wjit_config_set_tier(config, WJIT_TIER_TIERED)));
    wjit_config_set_call_threshold(config, 2);
    wjit_config_set_loop_threshold(config, 2);
    wjit_config_set_compile_threads(config, 0);
  });
  if (kit.ready()) run_all_sorts(kit);
}

void wasi() {
  OWN(wasm, engine) engine = wasm_engine_new();
  OWN(wasm, store) store = engine ? wasm_store_new(engine) : nullptr;
  OWN(wjit, linker) linker = engine ? wjit_linker_new(engine) : nullptr;
  EXPECT(store && linker);
  const char* args[] = {"a program with a long name of its own", "b"};
  wjit_wasi_config_t* config = wjit_wasi_config_new();
  EXPECT(config);
  if (!config) return;
  wjit_wasi_config_inherit_stdio(config, false);
  EXPECT(wjit_wasi_config_set_args(config, 2, args) &&
         wjit_wasi_config_add_env(config, "A_LONG_NAME_OF_A_VARIABLE", "a long value of a variable") &&
         wjit_wasi_config_preopen_dir(config, "/", "a long path of the guest's own"));
  if (!well(wjit_linker_define_wasi(linker, store, config))) {
    EXPECT(!"define_wasi");
    if (linker && store &&
        (defined(linker, store, "wasi_snapshot_preview1", "args_get") ||
         defined(linker, store, "wasi_unstable", "proc_exit")))
      broken = "some of WASI is defined";
    return;
  }
  OWN(wasm, module) program;
  EXPECT(well(wjit_module_new(store, kGuest.data(), kGuest.size(), &program.p)));
  OWN(wasm, instance) running = program ? wjit_linker_instantiate(linker, store, program, nullptr) : nullptr;
  EXPECT(running);
  if (!running) return;
  OWN(wasm, extern) start = wjit_instance_get(running, WJIT_STR("_start"));
  OWN(wasm, trap) exit = start ? wjit_func_call(wasm_extern_as_func(start), nullptr, 0, nullptr, 0) : nullptr;
  EXPECT(exit && wjit_trap_kind(exit) == WJIT_TRAP_EXIT);
  if (start && !exit) broken = "a program went on after its exit";
}

// ---- the runs ----

// Whether all that was held before is held again, and nothing more.
bool run_once(void (*scenario)(), long n, After after) {
  broken = nullptr;
  handed = finalized = 0;
  const Held before = held();
  arm(n, after);
  scenario();
  disarm();
  wjit_error_delete(wjit_last_error());
  if (handed != finalized) broken = "what was handed over was not finalized once";
  return held() == before;
}

void run(void (*scenario)(), long n, After after) {
  INFO("allocation " << n << (after == After::kStaysOut ? " and all that follow" : ""));
  // What is made once and kept (a buffer of the thread's, a table made when it is first needed) is no leak: a
  // leak shows each time.
  bool clean = run_once(scenario, n, after);
  for (int again = 0; !clean && again < 2; ++again) clean = run_once(scenario, n, after);
  CHECK((broken ? std::string(broken) : "") == "");
  CHECK(clean);
}

void run_all(void (*scenario)()) {
  run(scenario, 0, After::kGoesOn);  // things made once and kept
  run(scenario, 0, After::kGoesOn);
  const long total = counted();
  REQUIRE(total > 20);
  REQUIRE(!broken);
  for (long n = 1; n <= total; ++n) {
    run(scenario, n, After::kGoesOn);
    run(scenario, n, After::kStaysOut);
  }
}

}  // namespace

TEST_CASE("out of memory: types", "[row24]") { run_all(types); }
TEST_CASE("out of memory: modules", "[row24]") { run_all(modules); }
TEST_CASE("out of memory: calls and traps", "[row24]") { run_all(calls); }
TEST_CASE("out of memory: globals, tables, memories, references", "[row24]") { run_all(objects); }
TEST_CASE("out of memory: resumable calls", "[row24]") { run_all(resumable); }
TEST_CASE("out of memory: linker", "[row24]") { run_all(linker); }
TEST_CASE("out of memory: modules as text, and what they do", "[row24]") { run_all(text); }
TEST_CASE("out of memory: eager compilation, checked memories", "[row24]") { run_all(other_options); }
TEST_CASE("out of memory: lazy validation", "[row24]") { run_all(lazy_validation); }
#if defined(__x86_64__)
TEST_CASE("out of memory: native code", "[row24]") { run_all(native_code); }
TEST_CASE("out of memory: functions and loops that become native", "[row24]") { run_all(tiering); }
#endif
TEST_CASE("out of memory: WASI", "[row24]") { run_all(wasi); }
