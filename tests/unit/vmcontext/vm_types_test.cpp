#include "vmcontext/vm_types.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <new>
#include <string>
#include <vector>

#include "catch.h"
#include "vmcontext/abi.h"
#include "vmcontext/print_abi.h"

using namespace wjit::vm;

namespace {
constexpr v128_t v128(uint64_t high, uint64_t low) { return v128_t{high} << 64 | low; }

// Builds a T on bytes that are anything but zero, so that a forgotten initialiser shows.
template <class T>
struct OnGarbage {
  OnGarbage() {
    std::memset(bytes, 0xa5, sizeof bytes);
    value = new (bytes) T{};
  }
  alignas(T) unsigned char bytes[sizeof(T)];
  T* value;
};
}  // namespace

TEST_CASE("Defaults") {
  OnGarbage<VMRuntimeLimits> limits;
  CHECK(limits.value->stack_limit == ~uintptr_t{0});
  CHECK(limits.value->fuel_consumed == 0);
  CHECK(limits.value->epoch_deadline == 0);
  CHECK(limits.value->last_wasm_exit_fp == 0);
  CHECK(limits.value->last_wasm_exit_pc == 0);
  CHECK(limits.value->last_wasm_entry_sp == 0);
  CHECK(limits.value->last_wasm_entry_fp == 0);
  CHECK(kNoWasmFrames == ~uintptr_t{0});

  OnGarbage<VMFuncRef> ref;
  CHECK(ref.value->native_call == nullptr);
  CHECK(ref.value->array_call == nullptr);
  CHECK(ref.value->wasm_call == nullptr);
  CHECK(ref.value->code_index == kNoCodeIndex);
  CHECK_FALSE(ref.value->type_index.valid());
  CHECK(ref.value->vmctx == nullptr);

  OnGarbage<VMContext> context;
  CHECK(context.value->magic == kVMContextMagic);
  CHECK(context.value->epoch_ptr == nullptr);
  CHECK(context.value->store == nullptr);

  OnGarbage<VMGlobalDefinition> global;
  CHECK(global.value->as_v128() == 0);
  OnGarbage<VMInvokeArgument> argument;
  CHECK(std::vector<uint8_t>(argument.value->bytes, argument.value->bytes + 16) == std::vector<uint8_t>(16));
  OnGarbage<VMMemoryDefinition> memory;
  CHECK(memory.value->base == nullptr);
  CHECK(memory.value->length() == 0);
  CHECK(OnGarbage<VMTableDefinition>().value->current_elements == 0);
  CHECK_FALSE(OnGarbage<VMTagDefinition>().value->type_index.valid());
}

TEST_CASE("A shared type index is all ones until it is one") {
  CHECK(VMSharedTypeIndex{}.bits() == 0xffffffff);
  CHECK_FALSE(VMSharedTypeIndex{}.valid());
  CHECK(VMSharedTypeIndex{7}.valid());
  CHECK(VMSharedTypeIndex{7} == VMSharedTypeIndex{7});
  CHECK_FALSE(VMSharedTypeIndex{7} == VMSharedTypeIndex{8});
}

TEST_CASE("Global accessors write their own bytes and read them back") {
  VMGlobalDefinition g;
  const VMGlobalDefinition& c = g;
  g.as_v128() = v128(0x1111111111111111, 0x2222222222222222);
  g.as_i32() = -2;
  CHECK(c.as_i32() == -2);
  CHECK(c.as_u32() == 0xfffffffe);
  CHECK(c.as_u64() == 0x22222222fffffffe);  // an i32 is 4 bytes, the rest stays
  g.as_u32() = 0x80000000;
  CHECK(c.as_i32() == INT32_MIN);
  g.as_i64() = -3;
  CHECK(c.as_i64() == -3);
  CHECK(c.as_u64() == ~uint64_t{2});
  CHECK(uint64_t(c.as_v128() >> 64) == 0x1111111111111111);
  g.as_u64() = 0x8000000000000000;
  CHECK(c.as_i64() == INT64_MIN);
  g.as_f32() = 1.5f;
  CHECK(c.as_f32() == 1.5f);
  CHECK(c.as_f32_bits() == 0x3fc00000);
  g.as_f64() = -2.5;
  CHECK(c.as_f64() == -2.5);
  CHECK(c.as_f64_bits() == 0xc004000000000000);
}

TEST_CASE("Signalling NaNs go through a global as bits") {
  VMGlobalDefinition g;
  g.as_f32_bits() = 0x7fa00001;
  CHECK(g.as_f32_bits() == 0x7fa00001);
  CHECK(g.as_u32() == 0x7fa00001);
  g.as_f64_bits() = 0xfff4000000000001;
  CHECK(g.as_f64_bits() == 0xfff4000000000001);
  CHECK(g.as_u64() == 0xfff4000000000001);
}

TEST_CASE("A v128 global is a number and its little-endian bytes") {
  VMGlobalDefinition g;
  g.as_v128() = v128(0x0f0e0d0c0b0a0908, 0x0706050403020100);
  for (int i = 0; i < 16; ++i) CHECK(g.as_v128_bytes()[i] == i);
  g.as_v128_bytes()[15] = 0xff;
  CHECK(uint64_t(g.as_v128() >> 64) == 0xff0e0d0c0b0a0908);
  const VMGlobalDefinition copy = g;
  CHECK(copy.as_v128_bytes()[15] == 0xff);
}

TEST_CASE("References fit in a global") {
  VMGlobalDefinition g;
  const VMGlobalDefinition& c = g;
  int something = 0;
  VMFuncRef ref;
  g.as_externref() = &something;
  CHECK(c.as_externref() == &something);
  g.as_funcref() = &ref;
  CHECK(c.as_funcref() == &ref);
  g.as_funcref() = nullptr;
  CHECK(c.as_externref() == nullptr);
  CHECK(c.as_u64() == 0);  // null is 0
}

TEST_CASE("Globals in an array are aligned for each type") {
  VMGlobalDefinition globals[3];
  for (VMGlobalDefinition& g : globals) {
    CHECK(reinterpret_cast<uintptr_t>(&g.as_i32()) % alignof(int32_t) == 0);
    CHECK(reinterpret_cast<uintptr_t>(&g.as_f64()) % alignof(double) == 0);
    CHECK(reinterpret_cast<uintptr_t>(&g.as_v128()) % 16 == 0);
    CHECK(reinterpret_cast<uintptr_t>(&g.as_externref()) % alignof(void*) == 0);
  }
}

TEST_CASE("ValRaw initialises a whole word, whatever the type") {
  auto low = [](const ValRaw& v) {
    uint64_t word;
    std::memcpy(&word, &v, 8);
    return word;
  };
  CHECK(low(ValRaw::from_i32(-1)) == 0x00000000ffffffff);
  CHECK(low(ValRaw::from_u32(0x80000000)) == 0x80000000);
  CHECK(low(ValRaw::from_f32_bits(0xffc00001)) == 0xffc00001);
  CHECK(low(ValRaw::from_i64(-1)) == ~uint64_t{0});
  CHECK(low(ValRaw::from_u64(1)) == 1);
  CHECK(low(ValRaw::from_f64_bits(0x7ff4000000000001)) == 0x7ff4000000000001);
  CHECK(low(ValRaw::from_funcref(nullptr)) == 0);
  CHECK(low(ValRaw()) == 0);
}

TEST_CASE("ValRaw gives back what it was given") {
  int something = 0;
  VMFuncRef ref;
  CHECK(ValRaw::from_i32(INT32_MIN).get_i32() == INT32_MIN);
  CHECK(ValRaw::from_i32(-5).get_u32() == 0xfffffffb);
  CHECK(ValRaw::from_u32(0xfffffffb).get_i32() == -5);
  CHECK(ValRaw::from_i64(INT64_MIN).get_i64() == INT64_MIN);
  CHECK(ValRaw::from_i64(-5).get_u64() == ~uint64_t{4});
  CHECK(ValRaw::from_u64(~uint64_t{0}).get_i64() == -1);
  CHECK(ValRaw::from_f32_bits(0x7fa00001).get_f32_bits() == 0x7fa00001);
  CHECK(ValRaw::from_f64_bits(0xfff4000000000001).get_f64_bits() == 0xfff4000000000001);
  CHECK(ValRaw::from_v128(v128(3, 4)).get_v128() == v128(3, 4));
  CHECK(ValRaw::from_funcref(&ref).get_funcref() == &ref);
  CHECK(ValRaw::from_externref(&something).get_externref() == &something);
}

TEST_CASE("A memory's length is read and copied relaxed") {
  uint8_t bytes[4] = {};
  VMMemoryDefinition m{bytes, 4};
  CHECK(m.length() == 4);
  m.set_length(3);
  VMMemoryDefinition copy = VMMemoryDefinition::load(&m);
  m.set_length(2);
  CHECK(copy.base == bytes);
  CHECK(copy.length() == 3);
}

TEST_CASE("A code entry publishes") {
  VMFunctionBody body;
  auto* code = reinterpret_cast<VMWasmCallFunction*>(&body);
  VMCodeEntry entry;
  CHECK(entry.code.load() == nullptr);
  entry.publish(code);
  CHECK(entry.code.load(std::memory_order_acquire) == code);
}

TEST_CASE("Contexts are cast by named functions and come back") {
  VMContext context;
  VMArrayCallHostFuncContext array;
  VMNativeCallHostFuncContext native;
  CHECK(VMContext::from_opaque(VMOpaqueContext::from(&context)) == &context);
  CHECK(VMArrayCallHostFuncContext::from_opaque(VMOpaqueContext::from(&array)) == &array);
  CHECK(VMNativeCallHostFuncContext::from_opaque(VMOpaqueContext::from(&native)) == &native);
  CHECK(VMOpaqueContext::from(&context)->magic == kVMContextMagic);
  CHECK(VMOpaqueContext::from(&array)->magic == kVMArrayCallHostFuncMagic);
  CHECK(VMOpaqueContext::from(&native)->magic == kVMNativeCallHostFuncMagic);
  CHECK(kVMContextMagic != kVMArrayCallHostFuncMagic);
  CHECK(kVMContextMagic != kVMNativeCallHostFuncMagic);
  CHECK(kVMArrayCallHostFuncMagic != kVMNativeCallHostFuncMagic);
}

#ifndef NDEBUG
namespace {
template <class F>
bool dies(F&& f) {
  std::fflush(nullptr);
  pid_t child = fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);  // not the test runner's handler
    std::freopen("/dev/null", "w", stderr);
    f();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}
}  // namespace

TEST_CASE("A cast to the wrong context dies in a debug build") {
  VMContext context;
  VMArrayCallHostFuncContext array;
  VMNativeCallHostFuncContext native;
  CHECK(dies([&] { VMArrayCallHostFuncContext::from_opaque(VMOpaqueContext::from(&context)); }));
  CHECK(dies([&] { VMNativeCallHostFuncContext::from_opaque(VMOpaqueContext::from(&array)); }));
  CHECK(dies([&] { VMContext::from_opaque(VMOpaqueContext::from(&native)); }));
  CHECK_FALSE(dies([&] { VMContext::from_opaque(VMOpaqueContext::from(&context)); }));
}
#endif

TEST_CASE("Libcall signatures are C++ types") {
  CHECK(std::is_same_v<LibcallFunction<"v(ci)">, void (*)(VMContext*, uint32_t)>);
  CHECK(std::is_same_v<LibcallFunction<"b(c)">, bool (*)(VMContext*)>);
  CHECK(std::is_same_v<decltype(VMBuiltinFunctionsArray::memory_grow),
                       uint64_t (*)(VMContext*, uint32_t, uint64_t)>);
  CHECK(std::is_same_v<decltype(VMBuiltinFunctionsArray::table_grow),
                       uint64_t (*)(VMContext*, uint32_t, uint64_t, uintptr_t)>);
  CHECK(std::is_same_v<decltype(VMBuiltinFunctionsArray::ref_func), void* (*)(VMContext*, uint32_t)>);
  CHECK(sizeof(VMBuiltinFunctionsArray) == std::size(kLibcalls) * sizeof(void*));
  for (size_t i = 0; i < std::size(kLibcalls); ++i) CHECK(kLibcalls[i].offset == i * 8);
  CHECK(std::string(kLibcalls[size_t(Libcall::ref_func)].name) == "ref_func");
}

TEST_CASE("The printed ABI names every row") {
  std::string text = print_abi(false), json = print_abi(true);
  for (const FieldLayout& f : kFields) {
    CHECK(text.find(f.field) != std::string::npos);
    CHECK(json.find("\"" + std::string(f.field) + "\"") != std::string::npos);
  }
  for (const ArrayInfo& a : kVMContextArrays) CHECK(json.find(a.name) != std::string::npos);
  for (const LibcallInfo& l : kLibcalls) CHECK(text.find(l.what) != std::string::npos);
  for (const TrapInfo& t : kTraps) CHECK(text.find(t.message) != std::string::npos);
  // Quotes inside a type are escaped: "LibcallFunction<\"v(ci)\">".
  CHECK(json.find("LibcallFunction<\\\"v(ci)\\\">") != std::string::npos);
}
