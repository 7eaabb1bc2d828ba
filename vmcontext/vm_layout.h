// Offsets as generated code is told them: computed from the sizes in vm_types.def alone, without asking the
// C++ compiler. vm_types.h then asserts that the C++ structs came out the same.
//
//   off::VMFuncRef::type_index   offset of a field       off::VMFuncRef::kSize, kAlign   of the structure
//
// WJIT_ABI_BREAK=VMFuncRef.type_index (a compile definition, never set in a real build) moves that one field
// here and leaves the C++ side alone: wjit-abi-check built so must fail and name it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "vmcontext/vm_types.def"

namespace wjit::vm {

// One row of the list.
struct FieldRow {
  const char* structure;
  const char* type;
  const char* field;
  uint32_t size;
};

namespace detail {

constexpr uint32_t field_align(uint32_t size) {
  uint32_t lowest_bit = size & (~size + 1);
  return lowest_bit > 16 ? 16 : lowest_bit;
}
constexpr uint64_t align_up(uint64_t n, uint64_t align) { return (n + align - 1) & ~(align - 1); }

#ifdef WJIT_ABI_BREAK
#define WJIT_VM_QUOTE2(x) #x
#define WJIT_VM_QUOTE(x) WJIT_VM_QUOTE2(x)
inline constexpr std::string_view kBrokenField = WJIT_VM_QUOTE(WJIT_ABI_BREAK);
#else
inline constexpr std::string_view kBrokenField = "";
#endif
// Is this the field that the build moves?
constexpr bool is_broken(std::string_view structure, std::string_view field) {
  return kBrokenField.size() == structure.size() + 1 + field.size() && kBrokenField.starts_with(structure) &&
         kBrokenField[structure.size()] == '.' && kBrokenField.ends_with(field);
}

// Offset of row i, or with i == the number of rows the end of the last one.
constexpr uint32_t place(const FieldRow* rows, uint32_t i) {
  uint64_t at = 0;
  for (uint32_t k = 0; k < i; ++k) at = align_up(at, field_align(rows[k].size)) + rows[k].size;
  return static_cast<uint32_t>(at);
}
constexpr uint32_t struct_offset(const FieldRow* rows, uint32_t i) {
  uint32_t at = static_cast<uint32_t>(align_up(place(rows, i), field_align(rows[i].size)));
  return is_broken(rows[i].structure, rows[i].field) ? at + rows[i].size : at;
}
constexpr uint32_t union_offset(const FieldRow* rows, uint32_t i) {
  return is_broken(rows[i].structure, rows[i].field) ? rows[i].size : 0;
}
constexpr uint32_t struct_size(const FieldRow* rows, uint32_t count, uint32_t align) {
  uint32_t size = static_cast<uint32_t>(align_up(place(rows, count), align));
  return is_broken(rows[0].structure, "sizeof") ? size + 8 : size;
}
constexpr uint32_t union_size(const FieldRow* rows, uint32_t count, uint32_t align) {
  uint32_t size = 0;
  for (uint32_t i = 0; i < count; ++i) size = rows[i].size > size ? rows[i].size : size;
  size = static_cast<uint32_t>(align_up(size, align));
  return is_broken(rows[0].structure, "sizeof") ? size + 8 : size;
}

}  // namespace detail

// The rows of each structure, and the index of each field among them.
namespace rows {
#define WJIT_VM_INDEX(S, type, field, size, init) i_##field,
#define WJIT_VM_ROW(S, type, field, size, init) {#S, #type, #field, size},
#define WJIT_VM_ROWS(S, align)                                         \
  struct S {                                                           \
    enum : uint32_t { WJIT_VM_FIELDS_##S(WJIT_VM_INDEX) kCount };      \
    static constexpr FieldRow k[] = {WJIT_VM_FIELDS_##S(WJIT_VM_ROW)}; \
  };
WJIT_VM_STRUCTS(WJIT_VM_ROWS)
WJIT_VM_UNIONS(WJIT_VM_ROWS)
#undef WJIT_VM_INDEX
#undef WJIT_VM_ROW
#undef WJIT_VM_ROWS
}  // namespace rows

namespace off {
#define WJIT_VM_OFF(S, type, field, size, init) \
  static constexpr uint32_t field = detail::struct_offset(rows::S::k, rows::S::i_##field);
#define WJIT_VM_OFFS(S, align)                                                                  \
  struct S {                                                                                    \
    WJIT_VM_FIELDS_##S(WJIT_VM_OFF) static constexpr uint32_t kAlign = align;                   \
    static constexpr uint32_t kSize = detail::struct_size(rows::S::k, rows::S::kCount, kAlign); \
  };
WJIT_VM_STRUCTS(WJIT_VM_OFFS)
#undef WJIT_VM_OFF
#undef WJIT_VM_OFFS
#define WJIT_VM_OFF(S, type, field, size, init) \
  static constexpr uint32_t field = detail::union_offset(rows::S::k, rows::S::i_##field);
#define WJIT_VM_OFFS(S, align)                                                                 \
  struct S {                                                                                   \
    WJIT_VM_FIELDS_##S(WJIT_VM_OFF) static constexpr uint32_t kAlign = align;                  \
    static constexpr uint32_t kSize = detail::union_size(rows::S::k, rows::S::kCount, kAlign); \
  };
WJIT_VM_UNIONS(WJIT_VM_OFFS)
#undef WJIT_VM_OFF
#undef WJIT_VM_OFFS
}  // namespace off

// The same as a list, for printers, disassembly comments and the harness.
struct FieldLayout {
  const char* structure;
  const char* type;
  const char* field;
  uint32_t offset;
  uint32_t size;
};
struct StructLayout {
  const char* name;
  uint32_t size;
  uint32_t align;
  bool is_union;
};
inline constexpr FieldLayout kFields[] = {
#define WJIT_VM_ENTRY(S, type, field, size, init) {#S, #type, #field, off::S::field, size},
#define WJIT_VM_ENTRIES(S, align) WJIT_VM_FIELDS_##S(WJIT_VM_ENTRY)
    WJIT_VM_STRUCTS(WJIT_VM_ENTRIES) WJIT_VM_UNIONS(WJIT_VM_ENTRIES)
#undef WJIT_VM_ENTRY
#undef WJIT_VM_ENTRIES
};
inline constexpr StructLayout kStructs[] = {
#define WJIT_VM_ENTRY(S, align) {#S, off::S::kSize, align, false},
    WJIT_VM_STRUCTS(WJIT_VM_ENTRY)
#undef WJIT_VM_ENTRY
#define WJIT_VM_ENTRY(S, align) {#S, off::S::kSize, align, true},
        WJIT_VM_UNIONS(WJIT_VM_ENTRY)
#undef WJIT_VM_ENTRY
};

}  // namespace wjit::vm
