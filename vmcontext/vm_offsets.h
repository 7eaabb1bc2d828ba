// Where the arrays of a VMContext lie, for a module with these counts. constexpr and without allocation: the
// compiler, the runtime, the printer and the harness all ask here.
#pragma once
#include <cassert>
#include <cstdint>
#include <string_view>

#include "vmcontext/vm_types.h"

namespace wjit::vm {

struct ModuleCounts {
  uint32_t imported_functions = 0;
  uint32_t imported_tables = 0;
  uint32_t imported_memories = 0;
  uint32_t imported_globals = 0;
  uint32_t imported_tags = 0;
  uint32_t defined_tables = 0;
  uint32_t defined_memories = 0;  // pointers, one per memory the module defines
  uint32_t owned_memories =
      0;  // of these the ones whose VMMemoryDefinition lies in the VMContext (not shared)
  uint32_t defined_globals = 0;
  uint32_t defined_tags = 0;
  uint32_t escaped_funcs = 0;  // functions that need a VMFuncRef
  uint32_t defined_functions = 0;
  bool operator==(const ModuleCounts&) const = default;
};

struct ArrayInfo {
  const char* element;  // accessor: vmctx_<element>(i)
  const char* name;     // the member of ModuleCounts
  const char* type;
  uint32_t element_size;
  uint32_t align;
};
inline constexpr ArrayInfo kVMContextArrays[] = {
#define WJIT_A(element, count, Type, size, align) {#element, #count, #Type, size, align},
    WJIT_VMCTX_ARRAYS(WJIT_A)
#undef WJIT_A
};

class VMOffsets {
 public:
  // Generated code reaches every element with a signed 32-bit displacement.
  static constexpr uint64_t kMaxSize = 0x7fff'fff0;

  // A size past kMaxSize is remembered, not trusted: ask fits() before anything else. (The sum cannot wrap:
  // there are twelve arrays of at most 2^32 elements of at most 40 bytes.)
  explicit constexpr VMOffsets(const ModuleCounts& counts) : counts_(counts) {
    uint64_t at = off::VMContext::kSize;
#define WJIT_A(element, count, Type, size, align) \
  at = detail::align_up(at, align);               \
  count##_ = at;                                  \
  at += uint64_t{counts.count} * (size);          \
  if (detail::is_broken("VMContext", #count)) count##_ += size;
    WJIT_VMCTX_ARRAYS(WJIT_A)
#undef WJIT_A
    size_ = detail::align_up(at, off::VMContext::kAlign);
  }

  constexpr const ModuleCounts& counts() const { return counts_; }
  constexpr bool fits() const { return size_ <= kMaxSize; }
  // Of the whole VMContext: header, arrays, tail padding. A multiple of 16.
  constexpr uint64_t size() const { return size_; }

  // vmctx_imported_function(i) and so on: offset of element i from the vmctx pointer.
  // vmctx_imported_functions_begin() and so on: of the array (of what follows it, when it is empty).
#define WJIT_A(element, count, Type, size, align)                                              \
  constexpr uint32_t vmctx_##count##_begin() const { return static_cast<uint32_t>(count##_); } \
  constexpr uint32_t vmctx_##element(uint32_t i) const {                                       \
    assert(fits() && i < counts_.count);                                                       \
    return static_cast<uint32_t>(count##_ + uint64_t{i} * (size));                             \
  }
  WJIT_VMCTX_ARRAYS(WJIT_A)
#undef WJIT_A

  // The header, which is the same for every module: vmctx_epoch_ptr() and so on.
#define WJIT_F(S, type, field, size, init) \
  static constexpr uint32_t vmctx_##field() { return off::VMContext::field; }
  WJIT_VM_FIELDS_VMContext(WJIT_F)
#undef WJIT_F

      // Calls visit(const ArrayInfo&, uint64_t begin, uint32_t count) in layout order.
      template <class Visit>
      constexpr void for_each_array(Visit&& visit) const {
    uint32_t k = 0;
#define WJIT_A(element, count, Type, size, align) visit(kVMContextArrays[k++], count##_, counts_.count);
    WJIT_VMCTX_ARRAYS(WJIT_A)
#undef WJIT_A
  }

 private:
  ModuleCounts counts_;
#define WJIT_A(element, count, Type, size, align) uint64_t count##_ = 0;
  WJIT_VMCTX_ARRAYS(WJIT_A)
#undef WJIT_A
  uint64_t size_ = 0;
};

// The same arrays as C++ sees them. It asks sizeof and alignof instead of the list, so that the harness
// compares two derivations and not one with itself. For setting an instance up; hot paths use VMOffsets.
class VMContextView {
 public:
  VMContextView(VMContext* vmctx, const ModuleCounts& counts) : counts_(counts) {
    uintptr_t at = reinterpret_cast<uintptr_t>(vmctx) + sizeof(VMContext);
#define WJIT_A(element, count, Type, size, align)                  \
  at = (at + alignof(Type) - 1) & ~(uintptr_t{alignof(Type)} - 1); \
  count##_ = reinterpret_cast<Type*>(at);                          \
  at += sizeof(Type) * size_t{counts.count};
    WJIT_VMCTX_ARRAYS(WJIT_A)
#undef WJIT_A
    end_ = at;
  }
  // imported_functions() and so on: pointer to the first of counts().imported_functions elements.
#define WJIT_A(element, count, Type, size, align) \
  Type* count() const { return count##_; }
  WJIT_VMCTX_ARRAYS(WJIT_A)
#undef WJIT_A
  const ModuleCounts& counts() const { return counts_; }
  uintptr_t end() const { return end_; }  // address behind the last element

 private:
  ModuleCounts counts_;
#define WJIT_A(element, count, Type, size, align) Type* count##_;
  WJIT_VMCTX_ARRAYS(WJIT_A)
#undef WJIT_A
  uintptr_t end_;
};

// The T at an offset from a context.
template <class T>
T* vmctx_at(VMContext* vmctx, uint32_t offset) {
  return reinterpret_cast<T*>(reinterpret_cast<char*>(vmctx) + offset);
}

#ifndef WJIT_ABI_BREAK
namespace detail {
// What hot code wants within a signed 8-bit displacement is there: memory 0, table 0 and the first global of
// a module that defines one of each, however many functions it imports.
inline constexpr VMOffsets kUsual({.imported_functions = 500,
                                   .defined_tables = 1,
                                   .defined_memories = 1,
                                   .owned_memories = 1,
                                   .defined_globals = 1,
                                   .escaped_funcs = 1000});
static_assert(kUsual.vmctx_defined_memory(0) < 128 && kUsual.vmctx_owned_memory(0) < 128 &&
              kUsual.vmctx_defined_table(0) < 128 && kUsual.vmctx_defined_global(0) < 128);
static_assert(kUsual.vmctx_defined_global(0) % 16 == 0 && kUsual.size() % 16 == 0);
}  // namespace detail
#endif

}  // namespace wjit::vm
