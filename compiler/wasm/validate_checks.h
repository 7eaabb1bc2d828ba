// The checks of the instructions that have no signature in opcodes.def. Included by the validator's sources
// alone.
#pragma once
#include "compiler/wasm/validate.h"

namespace wjit::wasm::validate_detail {

// op, method that checks it. Each row of opcodes.def whose signature is "*" stands here once (validate.cpp
// proves it).
#define WJIT_SPECIAL_OPS(F)                                                                                  \
  F(unreachable, dead_end)                                                                                   \
  F(block, block)                                                                                            \
  F(loop, block)                                                                                             \
  F(if_, block)                                                                                              \
  F(else_, else_op)                                                                                          \
  F(end, end)                                                                                                \
  F(throw_, throw_op)                                                                                        \
  F(throw_ref, throw_ref)                                                                                    \
  F(try_table, try_table) F(br, br) F(br_if, br_if) F(br_table, br_table) F(return_, return_op)              \
      F(br_on_null, br_on_null) F(br_on_non_null, br_on_non_null) F(br_on_cast, br_on_cast)                  \
          F(br_on_cast_fail, br_on_cast) F(call, call) F(call_indirect, call_indirect) F(call_ref, call_ref) \
              F(return_call, call) F(return_call_indirect, call_indirect) F(return_call_ref, call_ref)       \
                  F(drop, drop) F(select, select) F(select_t, select_t) F(local_get, local_get) F(           \
                      local_set, local_set) F(local_tee, local_set) F(global_get, global_get)                \
                      F(global_set, global_set) F(table_get, table_get) F(table_set, table_set) F(           \
                          table_init, table_init) F(table_copy, table_copy) F(table_grow, table_grow)        \
                          F(table_size, table_size) F(table_fill, table_fill) F(memory_init, memory_init) F( \
                              memory_copy, memory_copy) F(ref_null, ref_null) F(ref_is_null, ref_is_null)    \
                              F(ref_func, ref_func) F(ref_eq, ref_eq) F(ref_as_non_null, ref_as_non_null)    \
                                  F(ref_test, ref_test) F(ref_test_null, ref_test) F(ref_cast, ref_test) F(  \
                                      ref_cast_null, ref_test) F(struct_new, struct_new)                     \
                                      F(struct_new_default, struct_new) F(struct_get, struct_get) F(         \
                                          struct_get_s, struct_get) F(struct_get_u, struct_get)              \
                                          F(struct_set, struct_set) F(array_new, array_new) F(               \
                                              array_new_default, array_new)                                  \
                                              F(array_new_fixed, array_new_fixed) F(array_new_data,          \
                                                                                    array_new_data)          \
                                                  F(array_new_elem, array_new_elem) F(                       \
                                                      array_get, array_get) F(array_get_s, array_get)        \
                                                      F(array_get_u, array_get) F(array_set, array_set) F(   \
                                                          array_len, array_len) F(array_fill, array_fill)    \
                                                          F(array_copy, array_copy) F(array_init_data,       \
                                                                                      array_init_data)       \
                                                              F(array_init_elem, array_init_elem) F(         \
                                                                  any_convert_extern, any_convert_extern)    \
                                                                  F(extern_convert_any, extern_convert_any)  \
                                                                      F(ref_i31, ref_i31)                    \
                                                                          F(i31_get_s, i31_get)              \
                                                                              F(i31_get_u, i31_get)

// One instruction while it is checked. Pops move a stack pointer of their own; the validator's stays.
struct Checks {
  FuncChecker& v;
  const Instr& in;
  Effect& e;
  ValType* sp = v.sp_;

  // ---- operands
  // Any operand; kBot from an empty frame of dead code. False after an error.
  bool pop_any(ValType& t) {
    if (sp != v.base_) [[likely]] {
      t = *--sp;
      return true;
    }
    t = kBot;
    return v.buffers_.controls.back().dead || underflow();
  }
  bool pop(ValType expected) {
    ValType t;
    if (!pop_any(t)) [[unlikely]]
      return false;
    return t == expected || matches(t, expected) || mismatch(expected, t);
  }
  bool pop_all(std::span<const ValType> types) {
    for (size_t i = types.size(); i-- > 0;)
      if (!pop(types[i])) [[unlikely]]
        return false;
    return true;
  }
  // A reference or kBot.
  bool pop_ref(ValType& t);
  // The operands on top match, and stay.
  bool top_matches(std::span<const ValType> types);
  bool types_match(std::span<const ValType> sub, std::span<const ValType> super);
  bool matches(ValType sub, ValType super) const {
    return sub.is_bot() || (sub.is_ref() && super.is_ref() && v.module_.registry->matches(sub, super));
  }
  bool next() {
    e.sp = sp;
    return true;
  }
  bool next(ValType pushed) {
    e.push(pushed);
    return next();
  }
  bool dead_end() {
    e.then = Effect::kDead;
    return next();
  }
  bool fail(std::string message) { return v.fail(in, std::move(message)); }
  bool underflow();
  bool mismatch(ValType expected, ValType found);
  bool mismatch(const std::string& expected, ValType found);

  // ---- immediates
  const ControlFrame* label(uint32_t depth);
  bool index_ok(uint32_t index, size_t count, const char* what);
  bool memory_ok(uint32_t index) { return index_ok(index, v.module_.memories.size(), "memory"); }
  bool data_ok(uint32_t index);
  bool elem_ok(uint32_t index) { return index_ok(index, v.module_.elements.size(), "elem segment"); }
  const SubType* type(uint32_t index, Composite composite);
  const TableType* table(uint32_t index);
  static ValType address(const TableType& t) { return t.is64 ? kI64 : kI32; }
  const FieldType* field(bool must_be_mutable);
  const FieldType* element(uint32_t type_index, bool must_be_mutable);
  bool packing_fits(const FieldType& f, bool sign_is_named);
  bool push_after(std::span<const ValType> types, ValType last);
  bool no_default(const FieldType& f);
  bool data_fits(const FieldType& f);
  bool elem_fits(const FieldType& f);
  bool catch_fits(const CatchClause& clause);
  bool finish_call(const FuncType& type, bool tail);
  ValType ref_to(uint32_t type_index, bool nullable) const {
    return ValType::ref(nullable, v.module_.types[type_index]);
  }

  // ---- the checks: each says in `e` what its instruction does, or fails
  bool block();
  bool else_op();
  bool end();
  bool throw_op();
  bool throw_ref();
  bool try_table();
  bool br();
  bool br_if();
  bool br_table();
  bool return_op();
  bool br_on_null();
  bool br_on_non_null();
  bool br_on_cast();
  bool call();
  bool call_indirect();
  bool call_ref();
  bool drop();
  bool select();
  bool select_t();
  bool local_get();
  bool local_set();
  bool global_get();
  bool global_set();
  bool table_get();
  bool table_set();
  bool table_init();
  bool table_copy();
  bool table_grow();
  bool table_size();
  bool table_fill();
  bool memory_init();
  bool memory_copy();
  bool ref_null();
  bool ref_is_null();
  bool ref_func();
  bool ref_eq();
  bool ref_as_non_null();
  bool ref_test();
  bool struct_new();
  bool struct_get();
  bool struct_set();
  bool array_new();
  bool array_new_fixed();
  bool array_new_data();
  bool array_new_elem();
  bool array_get();
  bool array_set();
  bool array_len();
  bool array_fill();
  bool array_copy();
  bool array_init_data();
  bool array_init_elem();
  bool any_convert_extern();
  bool extern_convert_any();
  bool ref_i31();
  bool i31_get();
};

}  // namespace wjit::wasm::validate_detail
