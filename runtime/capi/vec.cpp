// Vectors. Their memory comes from operator new; what fails leaves {0, NULL} and has freed what it was given.
#include "runtime/capi/objects.h"

namespace wjit::capi {

namespace {

// How the elements of one kind of vector behave.
struct Bytes {
  using Element = wasm_byte_t;
  static void init(Element& e) { e = 0; }
  static bool copy(Element* to, const Element& from) { return *to = from, true; }
  static void destroy(Element&) {}
};
struct Values {
  using Element = wasm_val_t;
  static void init(Element& e) { e = WASM_INIT_VAL; }
  static bool copy(Element* to, const Element& from) { return copy_val(to, from); }
  static void destroy(Element& e) { wasm_val_delete(&e); }
};
template <class T, T* (*kCopy)(const T*), void (*kDelete)(T*)>
struct Pointers {
  using Element = T*;
  static void init(Element& e) { e = nullptr; }
  static bool copy(Element* to, T* const& from) {
    *to = from ? kCopy(from) : nullptr;
    return *to || !from;
  }
  static void destroy(Element& e) { kDelete(e); }
};

template <class P, class V>
void destroy(V* v) {
  if (!v || !v->data) return;
  for (size_t i = 0; i < v->size; ++i) P::destroy(v->data[i]);
  ::operator delete(v->data);
  *v = {0, nullptr};
}

template <class P, class V>
bool allocate(V* out, size_t size) {
  using T = typename P::Element;
  *out = {0, nullptr};
  if (size == 0) return true;
  size_t bytes;
  void* p = __builtin_mul_overflow(size, sizeof(T), &bytes) ? nullptr : ::operator new(bytes, std::nothrow);
  if (!p) {
    set_last_out_of_memory();
    return false;
  }
  *out = {size, static_cast<T*>(p)};
  for (size_t i = 0; i < size; ++i) P::init(out->data[i]);
  return true;
}

template <class P, class V>
void create(V* out, size_t size, const typename P::Element* elements) {
  if (allocate<P>(out, size)) {
    std::copy(elements, elements + size, out->data);
    return;
  }
  for (size_t i = 0; i < size; ++i) {
    typename P::Element e = elements[i];
    P::destroy(e);
  }
}

template <class P, class V>
void copy(V* out, const V* from) {
  const V source = *from;  // `out` may be `from`
  if (!allocate<P>(out, source.size)) return;
  for (size_t i = 0; i < source.size; ++i) {
    if (P::copy(&out->data[i], source.data[i])) continue;
    destroy<P>(out);
    return;
  }
}

}  // namespace
}  // namespace wjit::capi

using namespace wjit::capi;

#define WJIT_VEC(name, ...)                                                                              \
  void wasm_##name##_vec_new_empty(wasm_##name##_vec_t* out) { *out = {0, nullptr}; }                    \
  void wasm_##name##_vec_new_uninitialized(wasm_##name##_vec_t* out, size_t size) {                      \
    allocate<__VA_ARGS__>(out, size);                                                                    \
  }                                                                                                      \
  void wasm_##name##_vec_new(wasm_##name##_vec_t* out, size_t size,                                      \
                             __VA_ARGS__::Element const elements[]) {                                    \
    create<__VA_ARGS__>(out, size, elements);                                                            \
  }                                                                                                      \
  void wasm_##name##_vec_copy(wasm_##name##_vec_t* out, const wasm_##name##_vec_t* from) {               \
    copy<__VA_ARGS__>(out, from);                                                                        \
  }                                                                                                      \
  void wasm_##name##_vec_delete(wasm_##name##_vec_t* v) { destroy<__VA_ARGS__>(v); }
#define WJIT_POINTER_VEC(name) \
  WJIT_VEC(name, Pointers<wasm_##name##_t, &wasm_##name##_copy, &wasm_##name##_delete>)

extern "C" {
WJIT_VEC(byte, Bytes)
WJIT_VEC(val, Values)
WJIT_POINTER_VEC(valtype)
WJIT_POINTER_VEC(functype)
WJIT_POINTER_VEC(globaltype)
WJIT_POINTER_VEC(tabletype)
WJIT_POINTER_VEC(memorytype)
WJIT_POINTER_VEC(externtype)
WJIT_POINTER_VEC(importtype)
WJIT_POINTER_VEC(exporttype)
WJIT_POINTER_VEC(frame)
WJIT_POINTER_VEC(extern)
}
