// Checks of tables, bulk memory operations, references and garbage-collected objects.
#include "compiler/wasm/limits.h"
#include "compiler/wasm/validate_checks.h"

namespace wjit::wasm::validate_detail {

namespace {

const char* composite_name(Composite c) {
  switch (c) {
    case Composite::kFunc:
      return "function";
    case Composite::kStruct:
      return "struct";
    case Composite::kArray:
      return "array";
  }
  return "?";
}

bool storage_matches(const TypeRegistry& registry, const FieldType& sub, const FieldType& super) {
  return sub.packed == super.packed && registry.matches(sub.type, super.type);
}

constexpr ValType smaller(ValType a, ValType b) { return a == kI32 || b == kI32 ? kI32 : kI64; }

}  // namespace

// ---- immediates

const SubType* Checks::type(uint32_t index, Composite composite) {
  if (!index_ok(index, v.module_.types.size(), "type")) return nullptr;
  const SubType& t = v.module_.type_at(index);
  if (t.composite == composite) return &t;
  fail("type mismatch: type " + std::to_string(index) + " is no " + composite_name(composite) + " type");
  return nullptr;
}

const TableType* Checks::table(uint32_t index) {
  if (!index_ok(index, v.module_.tables.size(), "table")) return nullptr;
  return &v.module_.tables[index].type;
}

bool Checks::data_ok(uint32_t index) {
  if (!v.module_.data_count)
    return v.reader_.cursor().fail(
        ErrorKind::kMalformed, "data count section required: an instruction names a data segment", in.offset);
  return index_ok(index, *v.module_.data_count, "data segment");
}

// ---- tables and memories

bool Checks::table_get() {
  const TableType* t = table(in.a);
  return t && pop(address(*t)) && next(t->element);
}
bool Checks::table_set() {
  const TableType* t = table(in.a);
  return t && pop(t->element) && pop(address(*t)) && next();
}
bool Checks::table_size() {
  const TableType* t = table(in.a);
  return t && next(address(*t));
}
bool Checks::table_grow() {
  const TableType* t = table(in.a);
  return t && pop(address(*t)) && pop(t->element) && next(address(*t));
}
bool Checks::table_fill() {
  const TableType* t = table(in.a);
  return t && pop(address(*t)) && pop(t->element) && pop(address(*t)) && next();
}
bool Checks::table_init() {
  const TableType* t = table(in.b);
  if (!t || !elem_ok(in.a)) return false;
  const ValType from = v.module_.elements[in.a].type;
  if (!matches(from, t->element)) return mismatch(to_string(t->element) + " in the elem segment", from);
  return pop(kI32) && pop(kI32) && pop(address(*t)) && next();
}
bool Checks::table_copy() {
  const TableType* to = table(in.a);
  const TableType* from = to ? table(in.b) : nullptr;
  if (!from) return false;
  if (!matches(from->element, to->element))
    return mismatch(to_string(to->element) + " in the source table", from->element);
  return pop(smaller(address(*to), address(*from))) && pop(address(*from)) && pop(address(*to)) && next();
}
bool Checks::memory_init() {
  return memory_ok(in.b) && data_ok(in.a) && pop(kI32) && pop(kI32) && pop(v.address_type(in.b)) && next();
}
bool Checks::memory_copy() {
  if (!memory_ok(in.a) || !memory_ok(in.b)) return false;
  const ValType to = v.address_type(in.a), from = v.address_type(in.b);
  return pop(smaller(to, from)) && pop(from) && pop(to) && next();
}

// ---- references

bool Checks::ref_null() { return next(in.type); }
bool Checks::ref_is_null() {
  ValType t;
  return pop_ref(t) && next(kI32);
}
bool Checks::ref_func() {
  if (!index_ok(in.a, v.module_.funcs.size(), "function")) return false;
  if (v.module_.escape_index[in.a] == Module::kNotEscaping)
    return fail("undeclared function reference: function " + std::to_string(in.a) +
                " is not exported nor named outside of function bodies");
  return next(ValType::ref(false, v.module_.funcs[in.a]));
}
bool Checks::ref_eq() {
  constexpr ValType eq = ValType::ref(true, Heap::kEq);
  return pop(eq) && pop(eq) && next(kI32);
}
bool Checks::ref_as_non_null() {
  ValType t;
  return pop_ref(t) && next(t.is_bot() ? ValType::ref(false, Heap::kBot) : t.with_nullable(false));
}
// ref.test and ref.cast of either nullability: any operand of the target's hierarchy.
bool Checks::ref_test() {
  if (!pop(ValType::ref(true, v.module_.registry->top(in.type)))) return false;
  return next(in.op == Op::ref_test || in.op == Op::ref_test_null ? kI32 : in.type);
}
bool Checks::any_convert_extern() {
  ValType t;
  if (!pop_ref(t)) return false;
  if (!matches(t, kExternRef)) return mismatch(kExternRef, t);
  return next(ValType::ref(t.nullable(), Heap::kAny));
}
bool Checks::extern_convert_any() {
  ValType t;
  if (!pop_ref(t)) return false;
  constexpr ValType any = ValType::ref(true, Heap::kAny);
  if (!matches(t, any)) return mismatch(any, t);
  return next(ValType::ref(t.nullable(), Heap::kExtern));
}
bool Checks::ref_i31() { return pop(kI32) && next(ValType::ref(false, Heap::kI31)); }
bool Checks::i31_get() { return pop(ValType::ref(true, Heap::kI31)) && next(kI32); }

// ---- structs

// struct.new and struct.new_default
bool Checks::struct_new() {
  const SubType* t = type(in.a, Composite::kStruct);
  if (!t) return false;
  for (size_t i = t->fields.size(); i-- > 0;) {
    const FieldType& f = t->fields[i];
    if (in.op == Op::struct_new ? !pop(f.type) : !f.type.defaultable() && !no_default(f)) return false;
  }
  return next(ref_to(in.a, false));
}
bool Checks::no_default(const FieldType& f) {
  return fail("type mismatch: " + to_string(f.type) +
              " has no default value (field type is not defaultable)");
}

const FieldType* Checks::field(bool must_be_mutable) {
  const SubType* t = type(in.a, Composite::kStruct);
  if (!t || !index_ok(in.b, t->fields.size(), "field")) return nullptr;
  const FieldType& f = t->fields[in.b];
  if (!must_be_mutable || f.is_mutable) return &f;
  fail("immutable field " + std::to_string(in.b) + " of type " + std::to_string(in.a));
  return nullptr;
}

// Packed fields are read with _s or _u, all others without.
bool Checks::packing_fits(const FieldType& f, bool sign_is_named) {
  if ((f.packed != Packed::kNone) == sign_is_named) return true;
  return fail(sign_is_named ? "type mismatch: the field is not packed, so that no sign may be named"
                            : "type mismatch: the field is packed: _s or _u must say how it is extended");
}

bool Checks::struct_get() {
  const FieldType* f = field(false);
  return f && packing_fits(*f, in.op != Op::struct_get) && pop(ref_to(in.a, true)) && next(f->type);
}
bool Checks::struct_set() {
  const FieldType* f = field(true);
  return f && pop(f->type) && pop(ref_to(in.a, true)) && next();
}

// ---- arrays

const FieldType* Checks::element(uint32_t type_index, bool must_be_mutable) {
  const SubType* t = type(type_index, Composite::kArray);
  if (!t) return nullptr;
  const FieldType& f = t->fields[0];
  if (!must_be_mutable || f.is_mutable) return &f;
  fail("immutable array: type " + std::to_string(type_index));
  return nullptr;
}

// array.new and array.new_default
bool Checks::array_new() {
  const FieldType* f = element(in.a, false);
  if (!f || !pop(kI32)) return false;
  if (in.op == Op::array_new ? !pop(f->type) : !f->type.defaultable() && !no_default(*f)) return false;
  return next(ref_to(in.a, false));
}
bool Checks::array_new_fixed() {
  const FieldType* f = element(in.a, false);
  if (!f) return false;
  if (!within_limit(v.reader_.cursor(), in.b, kMaxArrayNewFixed, "operands of array.new_fixed", in.offset))
    return false;
  for (uint32_t i = 0; i < in.b; ++i)
    if (!pop(f->type)) return false;
  return next(ref_to(in.a, false));
}
bool Checks::data_fits(const FieldType& f) {
  return !f.type.is_ref() ||
         fail("type mismatch: array type is not numeric or vector: bytes of a data segment make no " +
              to_string(f.type));
}
bool Checks::elem_fits(const FieldType& f) {
  const ValType from = v.module_.elements[in.b].type;
  return matches(from, f.type) || mismatch(to_string(f.type) + " in the elem segment", from);
}
bool Checks::array_new_data() {
  const FieldType* f = element(in.a, false);
  return f && data_fits(*f) && data_ok(in.b) && pop(kI32) && pop(kI32) && next(ref_to(in.a, false));
}
bool Checks::array_new_elem() {
  const FieldType* f = element(in.a, false);
  return f && elem_ok(in.b) && elem_fits(*f) && pop(kI32) && pop(kI32) && next(ref_to(in.a, false));
}
bool Checks::array_get() {
  const FieldType* f = element(in.a, false);
  return f && packing_fits(*f, in.op != Op::array_get) && pop(kI32) && pop(ref_to(in.a, true)) &&
         next(f->type);
}
bool Checks::array_set() {
  const FieldType* f = element(in.a, true);
  return f && pop(f->type) && pop(kI32) && pop(ref_to(in.a, true)) && next();
}
bool Checks::array_len() { return pop(ValType::ref(true, Heap::kArray)) && next(kI32); }
bool Checks::array_fill() {
  const FieldType* f = element(in.a, true);
  return f && pop(kI32) && pop(f->type) && pop(kI32) && pop(ref_to(in.a, true)) && next();
}
bool Checks::array_copy() {
  const FieldType* to = element(in.a, true);
  const FieldType* from = to ? element(in.b, false) : nullptr;
  if (!from) return false;
  if (!storage_matches(*v.module_.registry, *from, *to))
    return fail("type mismatch: array types do not match");
  return pop(kI32) && pop(kI32) && pop(ref_to(in.b, true)) && pop(kI32) && pop(ref_to(in.a, true)) && next();
}
bool Checks::array_init_data() {
  const FieldType* f = element(in.a, true);
  return f && data_fits(*f) && data_ok(in.b) && pop(kI32) && pop(kI32) && pop(kI32) &&
         pop(ref_to(in.a, true)) && next();
}
bool Checks::array_init_elem() {
  const FieldType* f = element(in.a, true);
  return f && elem_ok(in.b) && elem_fits(*f) && pop(kI32) && pop(kI32) && pop(kI32) &&
         pop(ref_to(in.a, true)) && next();
}

}  // namespace wjit::wasm::validate_detail
