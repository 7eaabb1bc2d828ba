// Typed functions: C++ callables as host functions, host functions as C++ callables. Included by wjit.hpp.
#pragma once
#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace wjit {

namespace rt {
// One call of a host function. A cell is 16 bytes, a vm::ValRaw: arguments in, results out in the same cells.
struct HostCall {
  Store* store;
  Instance* caller;  // null when the host called
  unsigned char* cells;
};
}  // namespace rt

namespace detail {

using RawCallback = std::function<bool(rt::HostCall&)>;
WJIT_API Func make_host_func(Store::Context cx, const FuncType& type, RawCallback callback);
WJIT_API RawCallback untyped_callback(const FuncType& type, Func::Callback callback);
// False from a RawCallback, with `trap` as what ends the call.
WJIT_API bool raise(rt::HostCall& call, Trap trap);
// Runs `func`, whose type was checked before, on `cells`.
WJIT_API std::optional<TrapError> call_raw(Store::Context cx, vm::VMFuncRef* func, unsigned char* cells,
                                  size_t capacity);
// Nothing when the type is the one asked for, else an error that says both.
WJIT_API std::optional<Error> check_type(Store::Context cx, vm::VMFuncRef* func, std::span<const ValKind> params,
                                std::span<const ValKind> results);
// Whether the functions among these values belong to the store: what checking the type once cannot tell.
WJIT_API std::optional<Error> check_funcs(Store::Context cx, std::span<const ValKind> kinds, const unsigned char* cells,
                                          const char* what);
WJIT_API uint64_t extern_to_cell(rt::Store* store, const ExternRef& ref);
WJIT_API void before_extern_refs(Store::Context cx);
WJIT_API ExternRef extern_from_cell(rt::Store* store, uint64_t cell);

template <class T>
struct Cell {  // numbers and vectors
  static void store(rt::Store*, unsigned char* cell, const T& value) {
    std::memset(cell, 0, 16);
    std::memcpy(cell, &value, sizeof(T));
  }
  static T load(rt::Store*, const unsigned char* cell) {
    T value;
    std::memcpy(&value, cell, sizeof(T));
    return value;
  }
};
template <>
struct Cell<std::optional<Func>> {
  static void store(rt::Store* s, unsigned char* cell, const std::optional<Func>& f) {
    Cell<uint64_t>::store(s, cell, f ? reinterpret_cast<uint64_t>(f->raw()) : 0);
  }
  static std::optional<Func> load(rt::Store* s, const unsigned char* cell) {
    uint64_t word = Cell<uint64_t>::load(s, cell);
    if (!word) return std::nullopt;
    return Func::from_raw(reinterpret_cast<vm::VMFuncRef*>(word));
  }
};
template <>
struct Cell<ExternRef> {
  static void store(rt::Store* s, unsigned char* cell, const ExternRef& ref) {
    Cell<uint64_t>::store(s, cell, extern_to_cell(s, ref));
  }
  static ExternRef load(rt::Store* s, const unsigned char* cell) {
    return extern_from_cell(s, Cell<uint64_t>::load(s, cell));
  }
};

// A single type or a std::tuple of them, void and std::tuple<> being none.
template <class T>
struct Values {
  static constexpr std::array<ValKind, 1> kKinds{WasmType<T>::kKind};
  static void store(rt::Store* s, unsigned char* cells, const T& v) { Cell<T>::store(s, cells, v); }
  static T load(rt::Store* s, const unsigned char* cells) { return Cell<T>::load(s, cells); }
};
template <class... Ts>
struct Values<std::tuple<Ts...>> {
  static constexpr std::array<ValKind, sizeof...(Ts)> kKinds{WasmType<Ts>::kKind...};
  static void store(rt::Store* s, unsigned char* cells, const std::tuple<Ts...>& v) {
    store_each(s, cells, v, std::index_sequence_for<Ts...>{});
  }
  static std::tuple<Ts...> load(rt::Store* s, const unsigned char* cells) {
    return load_each(s, cells, std::index_sequence_for<Ts...>{});
  }

 private:
  template <size_t... I>
  static void store_each([[maybe_unused]] rt::Store* s, unsigned char* cells, const std::tuple<Ts...>& v,
                         std::index_sequence<I...>) {
    (Cell<Ts>::store(s, cells + 16 * I, std::get<I>(v)), ...);
  }
  template <size_t... I>
  static std::tuple<Ts...> load_each([[maybe_unused]] rt::Store* s, const unsigned char* cells,
                                     std::index_sequence<I...>) {
    return std::tuple<Ts...>(Cell<Ts>::load(s, cells + 16 * I)...);
  }
};
template <>
struct Values<Ok> {
  static constexpr std::array<ValKind, 0> kKinds{};
  static void store(rt::Store*, unsigned char*, Ok) {}
  static Ok load(rt::Store*, const unsigned char*) { return {}; }
};
template <>
struct Values<void> : Values<Ok> {};

template <class V>
constexpr bool has_funcs() {
  return std::find(V::kKinds.begin(), V::kKinds.end(), ValKind::kFuncRef) != V::kKinds.end();
}

inline FuncType make_func_type(std::span<const ValKind> params, std::span<const ValKind> results) {
  FuncType t;
  for (ValKind k : params) t.params.push_back(ValType{k});
  for (ValKind k : results) t.results.push_back(ValType{k});
  return t;
}

// What a callable takes and gives.
template <class F>
struct Signature : Signature<decltype(&F::operator())> {};
template <class R, class... As>
struct Signature<R (*)(As...)> {
  using Result = R;
  using Args = std::tuple<std::decay_t<As>...>;
};
template <class R, class... As>
struct Signature<R(As...)> : Signature<R (*)(As...)> {};
template <class R, class C, class... As>
struct Signature<R (C::*)(As...)> : Signature<R (*)(As...)> {};
template <class R, class C, class... As>
struct Signature<R (C::*)(As...) const> : Signature<R (*)(As...)> {};
template <class R, class C, class... As>
struct Signature<R (C::*)(As...) noexcept> : Signature<R (*)(As...)> {};
template <class R, class C, class... As>
struct Signature<R (C::*)(As...) const noexcept> : Signature<R (*)(As...)> {};

template <class Args>
struct SplitCaller {
  static constexpr bool kHasCaller = false;
  using Params = Args;
};
template <class... As>
struct SplitCaller<std::tuple<Caller, As...>> {
  static constexpr bool kHasCaller = true;
  using Params = std::tuple<As...>;
};
template <class R>
struct SplitResult {
  static constexpr bool kCanTrap = false;
  using Values = R;
};
template <class T>
struct SplitResult<Result<T, Trap>> {
  static constexpr bool kCanTrap = true;
  using Values = T;
};

template <class F>
struct Wrapped {
  using Sig = Signature<std::decay_t<F>>;
  using Split = SplitCaller<typename Sig::Args>;
  using In = Values<typename Split::Params>;
  using Return = SplitResult<typename Sig::Result>;
  using Out = Values<typename Return::Values>;

  static FuncType type() { return make_func_type(In::kKinds, Out::kKinds); }
  static RawCallback callback(F f) {
    return [f = std::move(f)](rt::HostCall& call) mutable {
      auto invoke = [&]() -> decltype(auto) {
        if constexpr (Split::kHasCaller)
          return std::apply(f, std::tuple_cat(std::tuple<Caller>(Caller(call.store, call.caller)),
                                              In::load(call.store, call.cells)));
        else
          return std::apply(f, In::load(call.store, call.cells));
      };
      if constexpr (std::is_void_v<typename Sig::Result>) {
        invoke();
      } else if constexpr (Return::kCanTrap) {
        auto result = invoke();
        if (!result) return raise(call, std::move(result).err());
        Out::store(call.store, call.cells, result.ok());
      } else {
        Out::store(call.store, call.cells, invoke());
      }
      if constexpr (has_funcs<Out>()) {
        auto wrong = check_funcs(Store::Context(call.store), Out::kKinds, call.cells, "result of a host function, ");
        if (wrong) return raise(call, Trap(wrong->message()));
      }
      return true;
    };
  }
};

}  // namespace detail

// A function whose type was checked once (Func::typed). Results is Ok (or an empty tuple) when there are none. Handles as
// Func is; a call of it with another Store, or with functions of one, is an Error (kUsage).
template <class Params, class Results>
class TypedFunc {
  using In = detail::Values<Params>;
  using Out = detail::Values<Results>;
  using Return = std::conditional_t<std::is_void_v<Results>, Ok, Results>;

 public:
  TrapResult<Return> call(Store::Context cx, const Params& params) const {
    constexpr size_t kCells = std::max(In::kKinds.size(), Out::kKinds.size());
    alignas(16) unsigned char cells[16 * (kCells ? kCells : 1)];
    if constexpr (std::find(In::kKinds.begin(), In::kKinds.end(), ValKind::kExternRef) != In::kKinds.end())
      detail::before_extern_refs(cx);
    In::store(&cx.impl(), cells, params);
    if constexpr (detail::has_funcs<In>()) {
      if (auto wrong = detail::check_funcs(cx, In::kKinds, cells, "argument ")) return TrapError(std::move(*wrong));
    }
    if (auto error = detail::call_raw(cx, func_.raw(), cells, kCells)) return std::move(*error);
    return Out::load(&cx.impl(), cells);
  }
  const Func& func() const { return func_; }

 private:
  friend class Func;
  explicit TypedFunc(Func func) : func_(func) {}
  Func func_;
};

template <class Params, class Results>
Result<TypedFunc<Params, Results>> Func::typed(Store::Context cx) const {
  if (auto error =
          detail::check_type(cx, ref_, detail::Values<Params>::kKinds, detail::Values<Results>::kKinds))
    return std::move(*error);
  return TypedFunc<Params, Results>(*this);
}

template <class F>
Func Func::wrap(Store::Context cx, F f) {
  using W = detail::Wrapped<F>;
  return detail::make_host_func(cx, W::type(), W::callback(std::move(f)));
}

template <class F>
Result<Ok> Linker::func_wrap(std::string_view module, std::string_view name, F f) {
  using W = detail::Wrapped<F>;
  return func_raw(module, name, W::type(), W::callback(std::move(f)));
}

template <class T, class E>
T Result<T, E>::unwrap() && {
  if (*this) return std::get<0>(std::move(v_));
  std::string message;
  if constexpr (std::is_same_v<E, Error> || std::is_same_v<E, Trap>)
    message = err().to_string();
  else if constexpr (std::is_same_v<E, TrapError>)
    message = to_string(err());
  std::fprintf(stderr, "wjit: unwrap: %s\n", message.c_str());
  std::abort();
}

}  // namespace wjit
