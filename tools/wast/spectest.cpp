#include "tools/wast/spectest.h"

namespace wjit::wast {
namespace {

constexpr const char* kModule = "spectest";

// The public API's Result as the rooms' own.
template <class T>
Result<T> lower(wjit::Result<T> r) {
  if (!r) return tl::unexpected<Error>(std::move(r).err());
  return std::move(r).ok();
}

template <class T>
Result<void> define(Linker& linker, Store& store, const char* name, wjit::Result<T> item) {
  WJIT_TRY(T value, lower(std::move(item)));
  WJIT_TRY([[maybe_unused]] Ok ok, lower(linker.define(store, kModule, name, value)));
  return {};
}

Result<void> define_functions(Linker& linker) {
  struct Row {
    const char* name;
    std::vector<ValType> params;
  };
  constexpr ValType kI32{ValKind::kI32}, kI64{ValKind::kI64}, kF32{ValKind::kF32}, kF64{ValKind::kF64};
  const Row rows[] = {{"print", {}},
                      {"print_i32", {kI32}},
                      {"print_i64", {kI64}},
                      {"print_f32", {kF32}},
                      {"print_f64", {kF64}},
                      {"print_i32_f32", {kI32, kF32}},
                      {"print_f64_f64", {kF64, kF64}}};
  for (const Row& row : rows) {
    auto quiet = [](Caller, std::span<const Val>, std::span<Val>) -> wjit::Result<Ok, Trap> { return Ok{}; };
    WJIT_TRY([[maybe_unused]] Ok ok,
             lower(linker.func_new(kModule, row.name, FuncType{row.params, {}}, quiet)));
  }
  return {};
}

}  // namespace

Result<void> define_spectest(Linker& linker, Store& store, bool threads) {
  auto global = [&](const char* name, Val value) {
    return define(linker, store, name,
                  Global::create(store, GlobalType{ValType{value.kind()}, false}, value));
  };
  WJIT_CHECK(global("global_i32", Val(int32_t{666})));
  WJIT_CHECK(global("global_i64", Val(int64_t{666})));
  WJIT_CHECK(global("global_f32", Val(666.6f)));
  WJIT_CHECK(global("global_f64", Val(666.6)));
  for (bool is64 : {false, true}) {
    TableType type;
    type.min = 10;
    type.max = 20;
    type.is64 = is64;
    WJIT_CHECK(define(linker, store, is64 ? "table64" : "table",
                      Table::create(store, type, Val::null(ValKind::kFuncRef))));
  }
  MemoryType memory;
  memory.min = 1;
  memory.max = 2;
  WJIT_CHECK(define(linker, store, "memory", Memory::create(store, memory)));
  if (threads) {
    memory.shared = true;
    WJIT_CHECK(define(linker, store, "shared_memory", Memory::create(store, memory)));
  }
  return define_functions(linker);
}

}  // namespace wjit::wast
