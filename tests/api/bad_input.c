/* What the C API answers to what makes no sense: NULL, handles of something else, of another store, of a
 * store that has ended, wrong kinds and counts. Each answer has its reason, and none is a crash. */
#include "test.h"

/* The last error is one of the caller's, and says so; it is taken. */
static bool last_says(const char* part) { return error_says(wjit_last_error(), WJIT_ERROR_USAGE, part); }

/* That the answer to NULL is 0 or NULL, and that it is said. */
#define NOTHING(call, part) \
  do {                      \
    CHECK(!(call));         \
    CHECK(last_says(part)); \
  } while (0)
#define NO_TRAP_BUT(call, part) CHECK(trap_says(call, WJIT_TRAP_ERROR, part))
#define NO_ERROR_BUT(call, part) CHECK(error_says(call, WJIT_ERROR_USAGE, part))

static wasm_trap_t* never(void* env, wjit_caller_t* caller, const wjit_val_t* args, size_t arg_count,
                          wjit_val_t* results, size_t result_count) {
  (void)env, (void)caller, (void)args, (void)arg_count, (void)results, (void)result_count;
  return NULL;
}

static void types(void) {
  wasm_limits_t limits = {0, 1};
  wjit_limits_t wide = {0, 1};
  wasm_name_t name, empty = WASM_EMPTY_VEC;
  NOTHING(wasm_valtype_new(77), "77 is no kind of value");
  NOTHING(wasm_valtype_copy(NULL), "type is NULL");
  NOTHING(wasm_valtype_kind(NULL), "type is NULL");
  wjit_valtype_to_string(NULL, &name);
  CHECK(name.size == 0 && last_says("type is NULL"));
  NOTHING(wasm_functype_copy(NULL), "type is NULL");
  NOTHING(wasm_functype_params(NULL), "type is NULL");
  NOTHING(wasm_functype_results(NULL), "type is NULL");
  wasm_valtype_t* holes[] = {NULL};
  wasm_valtype_vec_t params;
  wasm_valtype_vec_new(&params, 1, holes);
  NOTHING(wasm_functype_new(&params, NULL), "a type is NULL");
  CHECK(params.size == 0); /* taken all the same; taken twice, it is a type of nothing */
  wasm_functype_t* nothing = wasm_functype_new(&params, &params);
  CHECK(nothing && wasm_functype_params(nothing)->size == 0);
  wasm_functype_delete(nothing);
  NOTHING(wasm_globaltype_new(NULL, WASM_VAR), "content is NULL");
  NOTHING(wasm_globaltype_content(NULL), "type is NULL");
  NOTHING(wasm_globaltype_mutability(NULL), "type is NULL");
  NOTHING(wasm_tabletype_new(NULL, &limits), "element is NULL");
  NOTHING(wjit_tabletype_new(wasm_valtype_new_funcref(), NULL, false), "limits is NULL");
  NOTHING(wjit_tabletype_new(NULL, &wide, false), "element is NULL");
  NOTHING(wasm_tabletype_element(NULL), "type is NULL");
  NOTHING(wasm_tabletype_limits(NULL), "type is NULL");
  NOTHING(wjit_tabletype_limits(NULL).max, "type is NULL");
  NOTHING(wjit_tabletype_is64(NULL), "type is NULL");
  NOTHING(wasm_memorytype_new(NULL), "limits is NULL");
  NOTHING(wjit_memorytype_new(NULL, false, false, 16), "limits is NULL");
  NOTHING(wasm_memorytype_limits(NULL), "type is NULL");
  NOTHING(wjit_memorytype_limits(NULL).max, "type is NULL");
  NOTHING(wjit_memorytype_is64(NULL), "type is NULL");
  NOTHING(wjit_memorytype_is_shared(NULL), "type is NULL");
  NOTHING(wjit_memorytype_page_size_log2(NULL), "type is NULL");
  NOTHING(wasm_externtype_kind(NULL), "type is NULL");
  NOTHING(wasm_externtype_copy(NULL), "type is NULL");
  CHECK(!wasm_externtype_as_functype(NULL));
  wasm_memorytype_t* memory = wasm_memorytype_new(&limits);
  CHECK(!wasm_externtype_as_functype(wasm_memorytype_as_externtype(memory)));
  wasm_memorytype_delete(memory);
  NOTHING(wasm_importtype_new(&empty, &empty, NULL), "type is NULL");
  NOTHING(wasm_importtype_module(NULL), "type is NULL");
  NOTHING(wasm_importtype_name(NULL), "type is NULL");
  NOTHING(wasm_importtype_type(NULL), "type is NULL");
  NOTHING(wasm_importtype_copy(NULL), "type is NULL");
  NOTHING(wasm_exporttype_new(&empty, NULL), "type is NULL");
  NOTHING(wasm_exporttype_name(NULL), "type is NULL");
  NOTHING(wasm_exporttype_type(NULL), "type is NULL");
  NOTHING(wasm_exporttype_copy(NULL), "type is NULL");
}

static void engines_and_stores(kit_t* kit) {
  uint64_t fuel;
  NOTHING(wasm_store_new(NULL), "engine is NULL");
  NO_ERROR_BUT(wjit_config_set_feature(NULL, WJIT_STR("simd"), true), "config is NULL");
  NO_ERROR_BUT(wjit_config_set_tier(NULL, WJIT_TIER_INTERP), "config is NULL");
  wasm_config_t* config = wasm_config_new();
  NO_ERROR_BUT(wjit_config_set_feature(config, WJIT_STR("smid"), true), "no feature has the name \"smid\"");
  NO_ERROR_BUT(wjit_config_set_feature(config, NULL, 3, true), "name is NULL");
  NO_ERROR_BUT(wjit_config_set_tier(config, 9), "found 9, expected at most 2");
  NO_ERROR_BUT(wjit_config_set_osr(config, 9), "found 9, expected at most 2");
  NO_ERROR_BUT(wjit_config_set_compilation_mode(config, 9), "found 9, expected at most 2");
  NO_ERROR_BUT(wjit_config_set_memory_style(config, 9), "found 9, expected at most 2");
  NO_ERROR_BUT(wjit_config_set_dispatch(config, 9), "found 9, expected at most 2");
  wasm_config_delete(config);
  wjit_config_set_consume_fuel(NULL, true);
  CHECK(last_says("config is NULL"));
  wjit_config_set_max_call_depth(NULL, 1);
  CHECK(last_says("config is NULL"));
  NO_ERROR_BUT(wjit_store_get_fuel(kit->store, &fuel), "does not meter fuel");
  NO_ERROR_BUT(wjit_store_set_fuel(kit->store, 1), "does not meter fuel");
  NO_ERROR_BUT(wjit_store_get_fuel(NULL, &fuel), "store is NULL");
  NO_ERROR_BUT(wjit_store_set_fuel(NULL, 1), "store is NULL");
  wjit_interrupt_handle_t* handle = NULL;
  NO_ERROR_BUT(wjit_store_set_epoch_deadline(kit->store, 1), "Config::epoch_interruption");
  NO_ERROR_BUT(wjit_store_set_epoch_deadline(NULL, 1), "store is NULL");
  NO_ERROR_BUT(wjit_store_epoch_deadline_callback(NULL, NULL, NULL, NULL), "store is NULL");
  NO_ERROR_BUT(wjit_store_interrupt_handle(kit->store, &handle), "Config::epoch_interruption");
  NO_ERROR_BUT(wjit_store_interrupt_handle(NULL, &handle), "store is NULL");
  NO_ERROR_BUT(wjit_store_interrupt_handle(kit->store, NULL), "out is NULL");
  CHECK(!handle);
  wjit_interrupt_handle_delete(NULL);
  wjit_interrupt_handle_interrupt(NULL);
  CHECK(last_says("handle is NULL"));
  wjit_engine_increment_epoch(NULL);
  CHECK(last_says("engine is NULL"));
  wjit_config_set_epoch_interruption(NULL, true);
  CHECK(last_says("config is NULL"));
  wjit_store_limiter(NULL, NULL);
  CHECK(last_says("store is NULL"));
  NOTHING(wjit_store_get_data(NULL), "store is NULL");
  wjit_store_set_data(NULL, NULL, NULL);
  CHECK(last_says("store is NULL"));
  CHECK(!wjit_trap_code_name(255));
  NOTHING(wjit_error_message(NULL), "error is NULL");
  NOTHING(wjit_error_kind(NULL), "error is NULL");
  CHECK(!wjit_error_offset(NULL, &fuel));
}

static void modules(kit_t* kit) {
  wasm_byte_vec_t junk = {4, (char*)"junk"}, none = {4, NULL}, out;
  wasm_module_t* module = NULL;
  CHECK(!wasm_module_new(kit->store, &junk));
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_MALFORMED, "magic"));
  NOTHING(wasm_module_new(kit->store, NULL), "binary is NULL");
  NOTHING(wasm_module_new(kit->store, &none), "bytes are NULL");
  NOTHING(wasm_module_new(NULL, &junk), "store is NULL");
  NOTHING(wasm_module_validate(NULL, &junk), "store is NULL");
  NO_ERROR_BUT(wjit_module_new(NULL, "", 0, &module), "store is NULL");
  NO_ERROR_BUT(wjit_module_new(kit->store, NULL, 4, &module), "bytes are NULL");
  NO_ERROR_BUT(wjit_module_validate(NULL, "", 0), "store is NULL");
  NO_ERROR_BUT(wjit_module_from_file(kit->store, NULL, &module), "path is NULL");
  CHECK(error_says(wjit_module_from_file(kit->store, "/nowhere", &module), WJIT_ERROR_IO,
                   "/nowhere: No such file"));
  NO_ERROR_BUT(wjit_wat2wasm(NULL, 4, &out), "text is NULL");
  CHECK(error_says(wjit_wat2wasm(WJIT_STR("(modul"), &out), WJIT_ERROR_MALFORMED, "1:2: found 'modul'"));
  CHECK(!module && !out.data);
  NOTHING(wasm_module_deserialize(kit->store, NULL), "binary is NULL");
  CHECK(!wasm_module_deserialize(kit->store, &junk));
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_MALFORMED, "no serialised module"));
  NOTHING(wasm_module_share(NULL), "module is NULL");
  NOTHING(wasm_module_obtain(kit->store, NULL), "shared is NULL");
  wasm_importtype_vec_t imports;
  wasm_module_imports(NULL, &imports);
  CHECK(imports.size == 0 && last_says("module is NULL"));
  wasm_exporttype_vec_t exports;
  wasm_module_exports(NULL, &exports);
  CHECK(exports.size == 0 && last_says("module is NULL"));
  wasm_module_serialize(NULL, &out);
  CHECK(out.size == 0 && last_says("module is NULL"));
  wjit_module_name(NULL, &out);
  CHECK(out.size == 0 && last_says("module is NULL"));
  wjit_module_set_name(NULL, WJIT_STR("x"));
  CHECK(last_says("module is NULL"));
  wasm_engine_t* engine = wasm_engine_new();
  wasm_store_t* store = wasm_store_new(engine);
  wasm_shared_module_t* shared = wasm_module_share(kit->module);
  NOTHING(wasm_module_obtain(store, shared), "different engines");
  wasm_trap_t* trap = NULL;
  CHECK(!wasm_instance_new(store, kit->module, NULL, &trap));
  NO_TRAP_BUT(trap, "different engines");
  wasm_shared_module_delete(shared);
  wasm_store_delete(store);
  wasm_engine_delete(engine);
}

static void references(kit_t* kit) {
  wasm_val_t val;
  NOTHING(wasm_func_copy(NULL), "reference is NULL");
  NOTHING(wasm_ref_get_host_info(NULL), "reference is NULL");
  wasm_ref_set_host_info(NULL, NULL);
  CHECK(last_says("reference is NULL"));
  CHECK(wasm_ref_same(NULL, NULL) && !wasm_func_same(kit_func(kit, KIT_ADD), NULL));
  CHECK(!wasm_ref_as_func(NULL) && !wasm_extern_as_global(kit->exports.data[KIT_ADD]));
  NOTHING(wasm_foreign_new(NULL), "store is NULL");
  wasm_val_copy(&val, NULL);
  CHECK(val.kind == WASM_EXTERNREF && !val.of.ref && last_says("value is NULL"));
  wasm_val_delete(NULL);
  wjit_val_delete(NULL);
  NOTHING(wasm_extern_kind(NULL), "extern is NULL");
  NOTHING(wasm_extern_type(NULL), "extern is NULL");
}

static void functions(kit_t* kit) {
  wasm_functype_t* type = wasm_functype_new_0_0();
  NOTHING(wasm_func_new(NULL, type, plus_one), "store is NULL");
  NOTHING(wasm_func_new(kit->store, NULL, plus_one), "type is NULL");
  NOTHING(wasm_func_new(kit->store, type, NULL), "callback is NULL");
  NOTHING(wasm_func_new_with_env(kit->store, type, NULL, NULL, NULL), "callback is NULL");
  NOTHING(wjit_func_new(kit->store, type, NULL, NULL, NULL), "callback is NULL");
  wasm_functype_delete(type);
  NOTHING(wasm_func_type(NULL), "func is NULL");
  NOTHING(wasm_func_param_arity(NULL), "func is NULL");
  NOTHING(wasm_func_result_arity(NULL), "func is NULL");
  NOTHING(wasm_func_type((wasm_func_t*)kit->exports.data[KIT_MEMORY]), "func is a handle of something else");

  wasm_func_t* add = kit_func(kit, KIT_ADD);
  wasm_val_t args[3] = {WASM_I32_VAL(1), WASM_I32_VAL(2), WASM_I32_VAL(3)}, results[1] = {WASM_INIT_VAL};
  wasm_val_vec_t one = {1, args}, two = {2, args}, three = {3, args}, room = WASM_ARRAY_VEC(results),
                 no_room = {0, NULL};
  NO_TRAP_BUT(wasm_func_call(NULL, &two, &room), "func is NULL");
  NO_TRAP_BUT(wasm_func_call(add, NULL, &room), "takes 2 arguments");
  NO_TRAP_BUT(wasm_func_call(add, &one, &room), "takes 2 arguments [i32 i32] -> [i32], 1 were given");
  NO_TRAP_BUT(wasm_func_call(add, &three, &room), "takes 2 arguments [i32 i32] -> [i32], 3 were given");
  NO_TRAP_BUT(wasm_func_call(add, &two, &no_room), "1 results, there is room for 0");
  args[1].kind = WASM_F64;
  NO_TRAP_BUT(wasm_func_call(add, &two, &room), "argument 2: found f64, expected i32");
  args[1].kind = 99;
  NO_TRAP_BUT(wasm_func_call(add, &two, &room), "argument 2: 99 is no kind of value");
  CHECK(results[0].of.ref == NULL);

  wjit_val_t wide[2], result;
  memset(wide, 0, sizeof wide);
  wjit_resumable_t* stopped = NULL;
  NO_TRAP_BUT(wjit_func_call(NULL, wide, 2, &result, 1), "func is NULL");
  NO_TRAP_BUT(wjit_func_call(add, NULL, 2, &result, 1), "args is NULL");
  NO_TRAP_BUT(wjit_func_call(add, wide, 2, NULL, 1), "results is NULL");
  NO_TRAP_BUT(wjit_func_call(add, wide, 2, &result, 0), "1 results, there is room for 0");
  NO_TRAP_BUT(wjit_func_call_resumable(NULL, wide, 2, &result, 1, &stopped), "func is NULL");
  NO_TRAP_BUT(wjit_func_call_resumable(add, wide, 1, &result, 1, &stopped), "takes 2 arguments");
  CHECK(!stopped);
  NO_TRAP_BUT(wjit_resumable_resume(NULL, NULL, 0, NULL, 0), "resumable is NULL");
  CHECK(wjit_resumable_state(NULL) == WJIT_RESUMABLE_DONE && !wjit_resumable_required_fuel(NULL));
  CHECK(!wjit_resumable_host_func(NULL) && !wjit_resumable_host_trap(NULL));
  NOTHING(wjit_caller_store(NULL), "caller is NULL");
  NOTHING(wjit_caller_get_export(NULL, WJIT_STR("x")), "caller is NULL");
}

static void traps(void) {
  wasm_message_t message;
  wasm_frame_vec_t trace;
  int32_t status;
  uint64_t fuel;
  wasm_trap_message(NULL, &message);
  CHECK(!message.size && last_says("trap is NULL"));
  wasm_trap_trace(NULL, &trace);
  CHECK(!trace.size && last_says("trap is NULL"));
  wjit_trap_to_string(NULL, &message);
  CHECK(!message.size && last_says("trap is NULL"));
  NOTHING(wasm_trap_origin(NULL), "trap is NULL");
  NOTHING(wjit_trap_kind(NULL), "trap is NULL");
  NOTHING(wjit_trap_code(NULL), "trap is NULL");
  CHECK(!wjit_trap_exit_status(NULL, &status) && !wjit_trap_required_fuel(NULL, &fuel));
  NO_ERROR_BUT(wjit_trap_error(NULL), "trap is NULL");
  NO_TRAP_BUT(wasm_trap_new(NULL, NULL), "store is NULL");
  NO_TRAP_BUT(wjit_trap_new_exit(NULL, 1), "store is NULL");
  NOTHING(wasm_frame_copy(NULL), "frame is NULL");
  CHECK(!wasm_frame_instance(NULL));
  NOTHING(wasm_frame_func_index(NULL), "frame is NULL");
  NOTHING(wasm_frame_func_offset(NULL), "frame is NULL");
  NOTHING(wasm_frame_module_offset(NULL), "frame is NULL");
  NOTHING(wjit_frame_func_name(NULL), "frame is NULL");
  NOTHING(wjit_frame_module_name(NULL), "frame is NULL");
}

static void globals_tables_memories(kit_t* kit) {
  wasm_val_t seven = WASM_I32_VAL(7), half = WASM_F32_VAL(0.5f), out;
  wasm_globaltype_t* constant = wasm_globaltype_new(wasm_valtype_new_i32(), WASM_CONST);
  NOTHING(wasm_global_new(NULL, constant, &seven), "store is NULL");
  NOTHING(wasm_global_new(kit->store, NULL, &seven), "type is NULL");
  NOTHING(wasm_global_new(kit->store, constant, NULL), "initial value is NULL");
  NOTHING(wasm_global_new(kit->store, constant, &half), "initial value: found f32, expected i32");
  wasm_global_t* global = wasm_global_new(kit->store, constant, &seven);
  wasm_global_set(global, &seven);
  CHECK(last_says("the global is immutable"));
  wasm_global_set(global, NULL);
  CHECK(last_says("value is NULL"));
  wasm_global_get(NULL, &out);
  CHECK(last_says("global is NULL"));
  NOTHING(wasm_global_type(NULL), "global is NULL");
  wasm_global_delete(global);
  wasm_globaltype_delete(constant);

  wasm_limits_t backwards = {2, 1}, limits = {2, 3};
  wasm_tabletype_t* type = wasm_tabletype_new(wasm_valtype_new_funcref(), &backwards);
  NOTHING(wasm_table_new(kit->store, type, NULL), "the maximum is below the minimum");
  wasm_tabletype_delete(type);
  type = wasm_tabletype_new(wasm_valtype_new_i32(), &limits);
  NOTHING(wasm_table_new(kit->store, type, NULL), "i32 is no reference");
  wasm_tabletype_delete(type);
  type = wasm_tabletype_new(wasm_valtype_new_funcref(), &limits);
  NOTHING(wasm_table_new(NULL, type, NULL), "store is NULL");
  NOTHING(wasm_table_new(kit->store, NULL, NULL), "type is NULL");
  NOTHING(wasm_table_new(kit->store, type,
                         wasm_extern_as_memory(kit->exports.data[KIT_MEMORY])
                             ? (wasm_ref_t*)kit->exports.data[KIT_MEMORY]
                             : NULL),
          "initial element: found a memory, expected funcref");
  wasm_table_t* table = wasm_table_new(kit->store, type, NULL);
  NOTHING(wasm_table_get(table, 2), "table index 2 in a table of 2");
  NOTHING(wasm_table_set(table, 2, NULL), "table index 2 in a table of 2");
  NOTHING(wasm_table_set(table, 0, (wasm_ref_t*)kit->exports.data[KIT_COUNTER]),
          "table element: found a global");
  CHECK(!wasm_table_grow(table, 2, NULL));
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_LIMIT, "table of 2 elements cannot grow by 2"));
  NOTHING(wasm_table_get(NULL, 0), "table is NULL");
  NOTHING(wasm_table_set(NULL, 0, NULL), "table is NULL");
  NOTHING(wasm_table_grow(NULL, 0, NULL), "table is NULL");
  NOTHING(wasm_table_size(NULL), "table is NULL");
  NOTHING(wasm_table_type(NULL), "table is NULL");
  wasm_table_delete(table);
  wasm_tabletype_delete(type);

  wjit_limits_t pages = {1, 2};
  uint64_t before;
  wasm_memorytype_t* odd = wjit_memorytype_new(&pages, false, false, 3);
  NOTHING(wasm_memory_new(kit->store, odd), "found pages of 2^3 bytes");
  NOTHING(wasm_memory_new(kit->store, NULL), "type is NULL");
  NOTHING(wasm_memory_new(NULL, odd), "store is NULL");
  wasm_memorytype_delete(odd);
  NOTHING(wasm_memory_data(NULL), "memory is NULL");
  NOTHING(wasm_memory_data_size(NULL), "memory is NULL");
  NOTHING(wasm_memory_size(NULL), "memory is NULL");
  NOTHING(wjit_memory_size(NULL), "memory is NULL");
  NOTHING(wasm_memory_grow(NULL, 1), "memory is NULL");
  NOTHING(wasm_memory_type(NULL), "memory is NULL");
  NO_ERROR_BUT(wjit_memory_grow(NULL, 1, &before), "memory is NULL");
  wasm_memory_t* memory = wasm_extern_as_memory(kit->exports.data[KIT_MEMORY]);
  CHECK(error_says(wjit_memory_grow(memory, 9, &before), WJIT_ERROR_LIMIT,
                   "memory of 1 pages cannot grow by 9"));
}

static void instances_and_linkers(kit_t* kit) {
  wasm_trap_t* trap = NULL;
  wasm_extern_vec_t exports;
  wasm_extern_t* wrong[] = {kit->exports.data[KIT_MEMORY], NULL};
  wasm_extern_vec_t one = {1, wrong}, two = {2, wrong};
  CHECK(!wasm_instance_new(NULL, kit->module, NULL, &trap));
  NO_TRAP_BUT(trap, "store is NULL");
  CHECK(!wasm_instance_new(kit->store, NULL, NULL, &trap));
  NO_TRAP_BUT(trap, "module is NULL");
  CHECK(!wasm_instance_new(kit->store, kit->module, &two, &trap));
  NO_TRAP_BUT(trap, "import 1 is NULL");
  CHECK(!wasm_instance_new(kit->store, kit->module, &one, &trap));
  NO_TRAP_BUT(trap, "the module has 2 imports, 1 were given");
  CHECK(!wasm_instance_new(kit->store, kit->module, NULL, NULL)); /* nobody asked for the trap */
  CHECK(error_says(wjit_last_error(), WJIT_ERROR_LINK, "0 were given"));
  wrong[1] = (wasm_extern_t*)kit->module;
  CHECK(!wasm_instance_new(kit->store, kit->module, &two, &trap));
  NO_TRAP_BUT(trap, "import 1 is a handle of a module");
  wasm_instance_exports(NULL, &exports);
  CHECK(!exports.size && last_says("instance is NULL"));
  NOTHING(wjit_instance_get(NULL, WJIT_STR("x")), "instance is NULL");
  NOTHING(wjit_instance_get(kit->instance, NULL, 1), "name is NULL");
  CHECK(!wjit_instance_get(kit->instance, WJIT_STR("no such export")));

  wasm_functype_t* type = wasm_functype_new_0_0();
  wjit_linker_t* linker = wjit_linker_new(kit->engine);
  wasm_extern_t* add = kit->exports.data[KIT_ADD];
  NOTHING(wjit_linker_new(NULL), "engine is NULL");
  wjit_linker_allow_shadowing(NULL, true);
  CHECK(last_says("linker is NULL"));
  NO_ERROR_BUT(wjit_linker_define(NULL, WJIT_STR("m"), WJIT_STR("f"), add), "linker is NULL");
  NO_ERROR_BUT(wjit_linker_define(linker, NULL, 1, WJIT_STR("f"), add), "module is NULL");
  NO_ERROR_BUT(wjit_linker_define(linker, WJIT_STR("m"), NULL, 1, add), "name is NULL");
  NO_ERROR_BUT(wjit_linker_define(linker, WJIT_STR("m"), WJIT_STR("f"), NULL), "item is NULL");
  CHECK(!wjit_linker_define(linker, WJIT_STR("m"), WJIT_STR("f"), add));
  NO_ERROR_BUT(wjit_linker_define(linker, WJIT_STR("m"), WJIT_STR("f"), add),
               "\"f\" of \"m\" is defined already");
  NO_ERROR_BUT(wjit_linker_define_instance(linker, WJIT_STR("m"), NULL), "instance is NULL");
  NO_ERROR_BUT(wjit_linker_define_func(linker, WJIT_STR("m"), WJIT_STR("g"), type, NULL, NULL, NULL),
               "callback is NULL");
  NO_ERROR_BUT(wjit_linker_define_func(linker, WJIT_STR("m"), WJIT_STR("g"), NULL, never, NULL, NULL),
               "type is NULL");
  NO_ERROR_BUT(wjit_linker_define_func(NULL, WJIT_STR("m"), WJIT_STR("g"), type, never, NULL, NULL),
               "linker is NULL");
  NO_ERROR_BUT(wjit_linker_define_wasi(linker, kit->store, NULL), "config is NULL");
  NO_ERROR_BUT(wjit_linker_define_wasi(linker, NULL, wjit_wasi_config_new()), "store is NULL");
  CHECK(!wjit_linker_instantiate(NULL, kit->store, kit->module, &trap));
  NO_TRAP_BUT(trap, "linker is NULL");
  CHECK(!wjit_linker_instantiate(linker, kit->store, kit->module, &trap));
  NO_TRAP_BUT(trap, "unknown import: import \"host\" \"call\"");
  NOTHING(wjit_linker_get(NULL, kit->store, WJIT_STR("m"), WJIT_STR("f")), "linker is NULL");
  NOTHING(wjit_linker_get(linker, NULL, WJIT_STR("m"), WJIT_STR("f")), "store is NULL");
  CHECK(!wjit_linker_get(linker, kit->store, WJIT_STR("m"), WJIT_STR("g")));
  const char* args[] = {"a", NULL};
  wjit_wasi_config_t* config = wjit_wasi_config_new();
  NOTHING(wjit_wasi_config_set_args(config, 2, args), "argument is NULL");
  NOTHING(wjit_wasi_config_set_args(NULL, 1, args), "config is NULL");
  NOTHING(wjit_wasi_config_add_env(config, NULL, "x"), "name is NULL");
  NOTHING(wjit_wasi_config_add_env(NULL, "x", "x"), "config is NULL");
  NOTHING(wjit_wasi_config_preopen_dir(config, NULL, "/"), "host_path is NULL");
  NOTHING(wjit_wasi_config_preopen_dir(NULL, ".", "/"), "config is NULL");
  wjit_wasi_config_inherit_stdio(NULL, true);
  CHECK(last_says("config is NULL"));
  wjit_wasi_config_delete(config);
  wjit_linker_delete(linker);
  wasm_functype_delete(type);
}

/* Things of one store where another's are expected, then those of a store that has ended. */
static void stores(kit_t* kit) {
  wasm_store_t* other = wasm_store_new(kit->engine);
  wasm_byte_vec_t binary = BYTES(kit_wasm);
  wasm_module_t* module = wasm_module_new(other, &binary);
  wasm_instance_t* instance = kit_instantiate(other, module);
  wasm_extern_vec_t theirs;
  wasm_instance_exports(instance, &theirs);
  wasm_trap_t* trap = NULL;
  wasm_extern_t* imports[] = {theirs.data[KIT_COUNTER], theirs.data[KIT_ECHO]};
  wasm_extern_vec_t vec = WASM_ARRAY_VEC(imports);
  CHECK(!wasm_instance_new(kit->store, kit->module, &vec, &trap));
  NO_TRAP_BUT(trap, "import 0 belongs to another store");
  wasm_table_t* table = wasm_extern_as_table(kit->exports.data[KIT_TABLE]);
  NOTHING(wasm_table_set(table, 0, (wasm_ref_t*)theirs.data[KIT_ADD]),
          "table element: a reference of another store");
  wasm_foreign_t* foreign = wasm_foreign_new(other);
  wasm_val_t args[1] = {{WASM_EXTERNREF, {.ref = wasm_foreign_as_ref(foreign)}}};
  wasm_val_vec_t args_vec = WASM_ARRAY_VEC(args);
  wasm_global_set(wasm_extern_as_global(kit->exports.data[KIT_HELD]), &args[0]);
  CHECK(last_says("value: a reference of another store"));
  NO_TRAP_BUT(wasm_func_call(kit_func(kit, KIT_HOLD), &args_vec, NULL),
              "argument 1: a reference of another store");
  wjit_linker_t* linker = wjit_linker_new(kit->engine);
  CHECK(!wjit_linker_define(linker, WJIT_STR("host"), WJIT_STR("call"), theirs.data[KIT_ADD]));
  CHECK(!wjit_linker_get(linker, kit->store, WJIT_STR("host"), WJIT_STR("call")));
  CHECK(!wjit_linker_instantiate(linker, kit->store, kit->module, &trap));
  NO_TRAP_BUT(trap, "was defined with another store");
  wjit_linker_delete(linker);

  wasm_store_delete(other);
  wasm_val_t out;
  NO_TRAP_BUT(wasm_func_call(wasm_extern_as_func(theirs.data[KIT_ADD]), NULL, NULL),
              "func belongs to a deleted store");
  NOTHING(wasm_memory_size(wasm_extern_as_memory(theirs.data[KIT_MEMORY])),
          "memory belongs to a deleted store");
  NOTHING(wasm_table_get(wasm_extern_as_table(theirs.data[KIT_TABLE]), 0),
          "table belongs to a deleted store");
  wasm_global_get(wasm_extern_as_global(theirs.data[KIT_COUNTER]), &out);
  CHECK(last_says("global belongs to a deleted store"));
  NOTHING(wjit_instance_get(instance, WJIT_STR("add")), "instance belongs to a deleted store");
  NOTHING(wasm_extern_type(theirs.data[KIT_ADD]), "extern belongs to a deleted store");
  wasm_extern_vec_delete(&theirs);
  wasm_foreign_delete(foreign);
  wasm_instance_delete(instance);
  wasm_module_delete(module);
}

int main(void) {
  kit_t kit = kit_new(NULL);
  types();
  engines_and_stores(&kit);
  modules(&kit);
  references(&kit);
  functions(&kit);
  traps();
  globals_tables_memories(&kit);
  instances_and_linkers(&kit);
  stores(&kit);
  CHECK(!wjit_last_error());
  int32_t sum = 0;
  CHECK(!call2(kit_func(&kit, KIT_ADD), 1, 2, &sum) && sum == 3); /* nothing has come to harm */
  kit_delete(&kit);
  return 0;
}
