// The structures generated code, the interpreter and the runtime share, as C++ sees them. Fields come from
// vm_types.def; here stand the methods, the promises and the proof that C++ laid the fields out as the list
// says.
//
// Threads. A store and everything in it, suspended calls included, is used by one thread at a time and may
// move to another between two uses, so nothing here knows its thread. Engines, modules and compiled code are
// shared freely and are immutable but for atomics. A thread that does not hold the store writes only the
// atomics made for that: the engine's epoch counter, the length of a shared memory, code entries; and, to interrupt, 0 to
// VMRuntimeLimits::epoch_deadline, which is plain to code and to the store's thread a word for atomic accesses. The
// static_asserts at the end keep each of these an atomic that no lock hides in, and everything else plain.
#pragma once
#include <atomic>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "vmcontext/vm_layout.h"

namespace wjit::vm {

static_assert(sizeof(void*) == 8, "the ABI is for 64-bit targets");
static_assert(std::endian::native == std::endian::little, "ValRaw and globals hold little-endian values");

__extension__ typedef unsigned __int128 v128_t;
using VMBytes16 = uint8_t[16];

#define WJIT_VM_DECLARE(S, align) struct S;
WJIT_VM_STRUCTS(WJIT_VM_DECLARE)
#undef WJIT_VM_DECLARE
union ValRaw;
struct VMWasmCallFunction;
struct VMNativeCallFunction;

// The first four bytes of a context, so that a debug build notices a cast to the wrong kind. Read as bytes
// they spell "wjvm", "wjac", "wjnc".
inline constexpr uint32_t kVMContextMagic = 0x6d766a77;
inline constexpr uint32_t kVMArrayCallHostFuncMagic = 0x63616a77;
inline constexpr uint32_t kVMNativeCallHostFuncMagic = 0x636e6a77;

// VMFuncRef::code_index of a host function.
inline constexpr uint32_t kNoCodeIndex = ~uint32_t{0};
// VMRuntimeLimits::last_wasm_entry_sp while the host has called a host function: there are no wasm frames
// between, and last_wasm_exit_fp must not be followed.
inline constexpr uintptr_t kNoWasmFrames = ~uintptr_t{0};
// Results of the growing libcalls that are no size. kGrowRefused is what wasm sees as -1.
inline constexpr uint64_t kGrowRefused = ~uint64_t{0};
inline constexpr uint64_t kGrowTrapped = ~uint64_t{0} - 1;
// A slot of a lazily initialised funcref table: 0 is "not yet", bit 0 marks the rest, so null is stored as 1.
inline constexpr uintptr_t kTableSlotUninitialized = 0;
inline constexpr uintptr_t kTableSlotInitializedBit = 1;

// Array call: one C++ type for every function. values holds the arguments and receives the results; capacity
// is at least max(params, results). False: a trap is pending, values hold nothing.
using VMArrayCallFunction = bool (*)(VMOpaqueContext* callee, VMOpaqueContext* caller, ValRaw* values,
                                     uint64_t capacity);

namespace detail {
template <size_t N>
struct Signature {
  char text[N];
  constexpr Signature(const char (&s)[N]) {
    for (size_t i = 0; i < N; ++i) text[i] = s[i];
  }
};
template <char>
struct Letter;
template <>
struct Letter<'v'> {
  using type = void;
};
template <>
struct Letter<'b'> {
  using type = bool;
};
template <>
struct Letter<'c'> {
  using type = VMContext*;
};
template <>
struct Letter<'i'> {
  using type = uint32_t;
};
template <>
struct Letter<'l'> {
  using type = uint64_t;
};
template <>
struct Letter<'p'> {
  using type = void*;
};
template <>
struct Letter<'r'> {
  using type = uintptr_t;
};
template <Signature S, class>
struct FunctionOf;
template <Signature S, size_t... I>
struct FunctionOf<S, std::index_sequence<I...>> {
  using type = typename Letter<S.text[0]>::type (*)(typename Letter<S.text[2 + I]>::type...);
};
}  // namespace detail
// The C++ type of a libcall: LibcallFunction<"l(cil)"> is uint64_t (*)(VMContext*, uint32_t, uint64_t).
template <detail::Signature S>
using LibcallFunction =
    typename detail::FunctionOf<S, std::make_index_sequence<sizeof(S.text) - sizeof("v()")>>::type;

#define WJIT_VM_FIELD(S, type, field, size, init) type field = init;
#define WJIT_VM_FIELDS(S) WJIT_VM_FIELDS_##S(WJIT_VM_FIELD)

struct VMFunctionBody {
  WJIT_VM_FIELDS(VMFunctionBody)
  VMFunctionBody() = default;
  VMFunctionBody(const VMFunctionBody&) = delete;  // code is not copied byte by byte
  VMFunctionBody& operator=(const VMFunctionBody&) = delete;
};
// Two kinds of address in code, kept apart by type. The runtime passes a wasm call pointer on, it never calls
// one: the convention behind it is no C++ convention.
struct VMWasmCallFunction {
  VMFunctionBody body;
};
struct VMNativeCallFunction {
  VMFunctionBody body;
};

struct VMSharedTypeIndex {
  WJIT_VM_FIELDS(VMSharedTypeIndex)  // all ones, which no type has
  constexpr uint32_t bits() const { return value; }
  constexpr bool valid() const { return value != ~uint32_t{0}; }
  friend constexpr bool operator==(VMSharedTypeIndex, VMSharedTypeIndex) = default;
};

struct VMCodeEntry {
  WJIT_VM_FIELDS(VMCodeEntry)
  // The one way to replace code: everything written before is visible to who calls through the entry.
  void publish(VMWasmCallFunction* to) { code.store(to, std::memory_order_release); }
};

struct VMFunctionImport {
  WJIT_VM_FIELDS(VMFunctionImport)
};
struct VMTableImport {
  WJIT_VM_FIELDS(VMTableImport)
};
struct VMMemoryImport {
  WJIT_VM_FIELDS(VMMemoryImport)
};
struct VMGlobalImport {
  WJIT_VM_FIELDS(VMGlobalImport)
};
struct VMTagImport {
  WJIT_VM_FIELDS(VMTagImport)
};

struct VMMemoryDefinition {
  WJIT_VM_FIELDS(VMMemoryDefinition)
  // Exact in a memory of one store. In a shared memory another thread may have grown it meanwhile: the answer
  // is then too low, never too high, because memories do not shrink.
  uint64_t length() const { return current_length.load(std::memory_order_relaxed); }
  void set_length(uint64_t bytes) { current_length.store(bytes, std::memory_order_relaxed); }
  // What memory.size asks and memory.grow of a shared memory says: who sees the new length sees all that was done
  // before, and in one order with every atomic access.
  uint64_t length_now() const { return current_length.load(std::memory_order_seq_cst); }
  void publish_length(uint64_t bytes) { current_length.store(bytes, std::memory_order_seq_cst); }
  static VMMemoryDefinition load(const VMMemoryDefinition* from) { return {from->base, from->length()}; }
};

struct VMTableDefinition {
  WJIT_VM_FIELDS(VMTableDefinition)
};

struct alignas(16) VMGlobalDefinition {
  WJIT_VM_FIELDS(VMGlobalDefinition)  // zero
#define WJIT_VM_AS(name, T)                                            \
  T& name() { return *reinterpret_cast<T*>(storage); }                 \
  const std::type_identity_t<T>& name() const {                        \
    return *reinterpret_cast<const std::type_identity_t<T>*>(storage); \
  }
  // SAFETY: storage is 16 bytes at 16, as large and as aligned as any of these; the tree is built with
  // -fno-strict-aliasing. Which one to ask for, the global's type says.
  WJIT_VM_AS(as_i32, int32_t)
  WJIT_VM_AS(as_u32, uint32_t)
  WJIT_VM_AS(as_i64, int64_t)
  WJIT_VM_AS(as_u64, uint64_t)
  WJIT_VM_AS(as_f32, float)
  WJIT_VM_AS(as_f32_bits, uint32_t)  // a NaN's payload survives only as bits
  WJIT_VM_AS(as_f64, double)
  WJIT_VM_AS(as_f64_bits, uint64_t)
  WJIT_VM_AS(as_v128, v128_t)
  WJIT_VM_AS(as_v128_bytes, VMBytes16)
  WJIT_VM_AS(as_externref, void*)
  WJIT_VM_AS(as_funcref, VMFuncRef*)
#undef WJIT_VM_AS
};

struct VMTagDefinition {
  WJIT_VM_FIELDS(VMTagDefinition)
};
struct VMFuncRef {
  WJIT_VM_FIELDS(VMFuncRef)
};
struct alignas(16) VMInvokeArgument {
  WJIT_VM_FIELDS(VMInvokeArgument)  // zero
};
struct VMRuntimeLimits {
  WJIT_VM_FIELDS(VMRuntimeLimits)
};
struct VMInterpreterExit {
  WJIT_VM_FIELDS(VMInterpreterExit)
};
struct VMBuiltinFunctionsArray {
  WJIT_VM_FIELDS(VMBuiltinFunctionsArray)
};

struct VMOpaqueContext {
  WJIT_VM_FIELDS(VMOpaqueContext)
  static VMOpaqueContext* from(VMContext* c) { return reinterpret_cast<VMOpaqueContext*>(c); }
  static VMOpaqueContext* from(VMArrayCallHostFuncContext* c) {
    return reinterpret_cast<VMOpaqueContext*>(c);
  }
  static VMOpaqueContext* from(VMNativeCallHostFuncContext* c) {
    return reinterpret_cast<VMOpaqueContext*>(c);
  }
  VMOpaqueContext(const VMOpaqueContext&) = delete;
  VMOpaqueContext& operator=(const VMOpaqueContext&) = delete;
};

namespace detail {
// A wrong context is a bug of ours, never an input: debug builds die here, others do not read the magic.
inline void check_magic([[maybe_unused]] const VMOpaqueContext* c, [[maybe_unused]] uint32_t magic) {
  assert(c->magic == magic && "context of another kind");
}
}  // namespace detail

struct VMArrayCallHostFuncContext {
  WJIT_VM_FIELDS(VMArrayCallHostFuncContext)
  static VMArrayCallHostFuncContext* from_opaque(VMOpaqueContext* c) {
    detail::check_magic(c, kVMArrayCallHostFuncMagic);
    return reinterpret_cast<VMArrayCallHostFuncContext*>(c);
  }
};
struct VMNativeCallHostFuncContext {
  WJIT_VM_FIELDS(VMNativeCallHostFuncContext)
  static VMNativeCallHostFuncContext* from_opaque(VMOpaqueContext* c) {
    detail::check_magic(c, kVMNativeCallHostFuncMagic);
    return reinterpret_cast<VMNativeCallHostFuncContext*>(c);
  }
};

// The header; the arrays follow it in the same allocation (vm_offsets.h), which trails the Instance. Its
// address is the instance's identity to generated code, so it is neither copied nor moved.
struct alignas(16) VMContext {
  WJIT_VM_FIELDS(VMContext)
  VMContext() = default;
  VMContext(const VMContext&) = delete;
  VMContext& operator=(const VMContext&) = delete;
  static VMContext* from_opaque(VMOpaqueContext* c) {
    detail::check_magic(c, kVMContextMagic);
    return reinterpret_cast<VMContext*>(c);
  }
};

// Make one with from_…: the low 64 bits are then always initialised (i32, u32 and f32 bits zero-extended), so
// that whoever does not know the type may copy a whole word. Floats travel as bits. Assigning to a member
// instead leaves the rest as it was.
union ValRaw {
#define WJIT_VM_MEMBER(S, type, field, size, init) type field;
  WJIT_VM_FIELDS_ValRaw(WJIT_VM_MEMBER)
#undef WJIT_VM_MEMBER
      constexpr ValRaw()
      : v128(0) {
  }
  static constexpr ValRaw from_u64(uint64_t x) { return ValRaw(x); }
  static constexpr ValRaw from_i64(int64_t x) { return ValRaw(static_cast<uint64_t>(x)); }
  static constexpr ValRaw from_u32(uint32_t x) { return ValRaw(x); }
  static constexpr ValRaw from_i32(int32_t x) { return ValRaw(static_cast<uint32_t>(x)); }
  static constexpr ValRaw from_f32_bits(uint32_t x) { return ValRaw(x); }
  static constexpr ValRaw from_f64_bits(uint64_t x) { return ValRaw(x); }
  static constexpr ValRaw from_v128(v128_t x) { return ValRaw(x); }
  static ValRaw from_funcref(void* x) { return ValRaw(reinterpret_cast<uint64_t>(x)); }
  static ValRaw from_externref(void* x) { return ValRaw(reinterpret_cast<uint64_t>(x)); }
  int32_t get_i32() const { return i32; }
  uint32_t get_u32() const { return static_cast<uint32_t>(i32); }
  int64_t get_i64() const { return i64; }
  uint64_t get_u64() const { return static_cast<uint64_t>(i64); }
  uint32_t get_f32_bits() const { return f32; }
  uint64_t get_f64_bits() const { return f64; }
  v128_t get_v128() const { return v128; }
  void* get_funcref() const { return funcref; }
  void* get_externref() const { return externref; }

 private:
  explicit constexpr ValRaw(v128_t bits) : v128(bits) {}
};

#undef WJIT_VM_FIELD
#undef WJIT_VM_FIELDS

// C++ laid the fields out as the list says.
#ifndef WJIT_ABI_BREAK
#define WJIT_VM_CHECK_FIELD(S, type, field, size, init)                                                   \
  static_assert(offsetof(S, field) == off::S::field, #S "." #field " is not where vm_types.def puts it"); \
  static_assert(sizeof(type) == size, #S "." #field " has another size than vm_types.def says");
#define WJIT_VM_CHECK(S, align)                                        \
  WJIT_VM_FIELDS_##S(WJIT_VM_CHECK_FIELD) static_assert(               \
      sizeof(S) == off::S::kSize && alignof(S) == off::S::kAlign, #S); \
  static_assert(std::is_standard_layout_v<S>, #S " must have one layout in every compiler");
WJIT_VM_STRUCTS(WJIT_VM_CHECK)
WJIT_VM_UNIONS(WJIT_VM_CHECK)
#undef WJIT_VM_CHECK_FIELD
#undef WJIT_VM_CHECK
static_assert(off::VMContext::magic == 0 && off::VMOpaqueContext::magic == 0 &&
                  off::VMArrayCallHostFuncContext::magic == 0 && off::VMNativeCallHostFuncContext::magic == 0,
              "the magic must be found without knowing what it tells");
#endif

static_assert(sizeof(VMFunctionBody) == 1 && sizeof(VMWasmCallFunction) == 1 &&
              sizeof(VMNativeCallFunction) == 1);
static_assert(!std::is_convertible_v<VMWasmCallFunction*, VMNativeCallFunction*>);
static_assert(sizeof(VMInvokeArgument) == sizeof(VMGlobalDefinition) && alignof(VMInvokeArgument) == 16);
static_assert(sizeof(ValRaw) == sizeof(VMGlobalDefinition), "a global's value goes into a ValRaw whole");
static_assert(alignof(VMGlobalDefinition) >= alignof(v128_t) && sizeof(void*) <= sizeof(VMGlobalDefinition));

// Neither copied nor moved.
template <class T>
inline constexpr bool kPinned = !std::is_copy_constructible_v<T> && !std::is_move_constructible_v<T> &&
                                !std::is_copy_assignable_v<T> && !std::is_move_assignable_v<T>;
static_assert(kPinned<VMContext> && kPinned<VMFunctionBody> && kPinned<VMOpaqueContext> &&
              kPinned<VMCodeEntry>);
// Plain data: bytes that may be copied in bulk, rebuilt in place and read by any thread that may read the
// store.
static_assert(std::is_trivially_copyable_v<VMFunctionImport> && std::is_trivially_copyable_v<VMTableImport> &&
              std::is_trivially_copyable_v<VMMemoryImport> && std::is_trivially_copyable_v<VMGlobalImport> &&
              std::is_trivially_copyable_v<VMTagImport> && std::is_trivially_copyable_v<VMTableDefinition> &&
              std::is_trivially_copyable_v<VMGlobalDefinition> && std::is_trivially_copyable_v<VMFuncRef> &&
              std::is_trivially_copyable_v<VMRuntimeLimits> && std::is_trivially_copyable_v<ValRaw>);
// What another thread may write is an atomic, one word, and takes no lock.
static_assert(std::is_same_v<decltype(VMMemoryDefinition::current_length), std::atomic<uint64_t>>);
static_assert(std::is_same_v<decltype(VMContext::epoch_ptr), const std::atomic<uint64_t>*>);
static_assert(std::atomic<uint64_t>::is_always_lock_free && std::atomic<void*>::is_always_lock_free);

}  // namespace wjit::vm
