// Trampolines of random types, run: values go through every pair of conventions and come back, failures land where
// the host entered, and what C and VMRuntimeLimits are owed is there afterwards.
#include "compiler/isa/common/trampolines.h"

#include <cfenv>
#include <cstring>
#include <functional>
#include <random>

#include "catch.h"
#include "compiler/isa/a64/tramp_masm.h"
#include "compiler/isa/x64/tramp_masm.h"
#include "tools/abi_check/exec_buffer.h"
#include "vmcontext/abi.h"
#include "vmcontext/traps.h"

namespace wjit {
namespace {

#if defined(__x86_64__)
using Asm = x64::TrampMasm;
#else
using Asm = a64::TrampMasm;
#endif
using isa::Trampoline;
using isa::Type;

std::vector<Type> random_types(std::mt19937& random, size_t most) {
  std::vector<Type> types(random() % (most + 1));
  for (Type& t : types) t = Type(random() % 6);
  return types;
}

vm::ValRaw random_value(std::mt19937& random, Type t) {
  const uint64_t low = uint64_t{random()} << 32 | random();
  switch (isa::size_of(t)) {
    case 4: return vm::ValRaw::from_u32(uint32_t(low));
    case 8: return vm::ValRaw::from_u64(low);
    default: return vm::ValRaw::from_v128(vm::v128_t{low} << 64 | random());
  }
}

void require_same(std::span<const Type> types, const vm::ValRaw* found, const std::vector<vm::ValRaw>& expected) {
  for (size_t i = 0; i < types.size(); ++i) {
    INFO("value " << i << " of type " << int(types[i]));
    REQUIRE(found[i].get_u64() == expected[i].get_u64());
    if (types[i] == Type::kV128) REQUIRE(found[i].get_v128() == expected[i].get_v128());
  }
}

// A VMContext with one entry and host functions behind it, as far as trampolines look.
struct World {
  struct Host {  // what the host function finds and does
    const std::vector<Type>* types = nullptr;
    std::vector<vm::ValRaw> expected, answer;
    bool fails = false;
    int calls = 0;
    std::function<void()> during;
  };

  explicit World(std::span<const Type> params, std::span<const Type> results)
      : params_(params.begin(), params.end()), results_(results.begin(), results.end()) {
    ctx.runtime_limits = &limits;
    ctx.builtin_functions = &builtins;
    array_host.host_state = this;
    array_host.func_ref.array_call = &array_function;
    builtins.raise_trap = [](vm::VMContext* c, uint32_t code) { reinterpret_cast<World*>(c->store)->raised = code; };
    builtins.enter_interpreter = [](vm::VMContext* c, vm::VMContext* caller, void* e, void* values, void* request) {
      return reinterpret_cast<World*>(c->store)->interpret(caller, e, static_cast<vm::ValRaw*>(values),
                                                           static_cast<vm::VMInterpreterExit*>(request));
    };
    ctx.store = this;
  }

  uint32_t put(const std::vector<uint8_t>& bytes) {
    while (code_.size() % 16) code_.push_back(0);
    const uint32_t at = uint32_t(code_.size());
    code_.insert(code_.end(), bytes.begin(), bytes.end());
    return at;
  }
  uint32_t put(Trampoline kind) {
    auto bytes = isa::host_target().trampoline(kind, {params_, results_}, nullptr);
    REQUIRE(bytes);
    return put(*bytes);
  }
  // first register := `first`, second := `second` (0: left alone), entry register := the entry; then to a function.
  uint32_t put_adapter(const void* first, const void* second) {
    Asm a;
    a.imm(Asm::kVmctx, reinterpret_cast<uint64_t>(first));
    if (second) a.imm(Asm::kCaller, reinterpret_cast<uint64_t>(second));
    a.imm(Asm::kT0, reinterpret_cast<uint64_t>(&jump_to_[jumps_]));
    a.load(Asm::kT0, Asm::kT0, 0);
    a.imm(Asm::kEntry, reinterpret_cast<uint64_t>(&entry));
    a.jump_to(Asm::kT0);
    auto bytes = a.finish();
    REQUIRE(bytes);
    ++jumps_;
    return put(*bytes);
  }
  void load() {
    auto base = buffer_.load(code_);
    REQUIRE(base);
    base_ = *base;
  }
  template <class F>
  F at(uint32_t offset) {
    return reinterpret_cast<F>(const_cast<uint8_t*>(base_) + offset);
  }
  void jump(int which, uint32_t offset) { jump_to_[which] = base_ + offset; }

  static bool array_function(vm::VMOpaqueContext* callee, vm::VMOpaqueContext* caller, vm::ValRaw* values, uint64_t n) {
    auto* context = vm::VMArrayCallHostFuncContext::from_opaque(callee);
    World& w = *static_cast<World*>(context->host_state);
    REQUIRE(static_cast<void*>(caller) == w.expected_caller);
    REQUIRE(n >= std::max(w.params_.size(), w.results_.size()));
    ++w.host.calls;
    require_same(w.params_, values, w.host.expected);
    if (w.host.during) w.host.during();
    for (size_t i = 0; i < w.results_.size(); ++i) values[i] = w.host.answer[i];
    return !w.host.fails;
  }
  uint32_t interpret(vm::VMContext* caller, void* e, vm::ValRaw* values, vm::VMInterpreterExit* request) {
    REQUIRE(static_cast<void*>(caller) == expected_caller);
    REQUIRE(e == &entry);
    ++host.calls;
    require_same(params_, values, host.expected);
    if (tail) {
      *request = *tail;
      return uint32_t(vm::Crossing::kTailCall);
    }
    for (size_t i = 0; i < results_.size(); ++i) values[i] = host.answer[i];
    return uint32_t(host.fails ? vm::Crossing::kTrapped : vm::Crossing::kReturned);
  }

  // Calls an array function with random values and looks at what comes back.
  void run(std::mt19937& random, vm::VMArrayCallFunction function, void* callee, bool fails) {
    host.expected.clear();
    host.answer.clear();
    for (Type t : params_) host.expected.push_back(random_value(random, t));
    for (Type t : results_) host.answer.push_back(random_value(random, t));
    host.fails = fails;
    host.calls = 0;
    std::vector<vm::ValRaw> values(std::max({params_.size(), results_.size(), size_t{1}}));
    std::copy(host.expected.begin(), host.expected.end(), values.begin());
    // Any mark will do: it has to be there afterwards.
    limits.last_wasm_exit_fp = 11, limits.last_wasm_exit_pc = 12, limits.last_wasm_entry_sp = 13;
    limits.last_wasm_entry_fp = 14, limits.stack_limit = ~uintptr_t{0};
    const bool ok = function(static_cast<vm::VMOpaqueContext*>(callee),
                             static_cast<vm::VMOpaqueContext*>(expected_caller), values.data(), values.size());
    REQUIRE(host.calls == 1);
    REQUIRE(ok == !fails);
    if (ok) require_same(results_, values.data(), host.answer);
    REQUIRE(limits.last_wasm_exit_fp == 11);
    REQUIRE(limits.last_wasm_exit_pc == 12);
    REQUIRE(limits.last_wasm_entry_sp == 13);
    REQUIRE(limits.last_wasm_entry_fp == 14);
    REQUIRE(limits.stack_limit == ~uintptr_t{0});
  }

  vm::VMContext ctx;
  vm::VMRuntimeLimits limits;
  vm::VMBuiltinFunctionsArray builtins;
  vm::VMCodeEntry entry;
  vm::VMArrayCallHostFuncContext array_host;
  vm::VMNativeCallHostFuncContext native_host;
  Host host;
  void* expected_caller = nullptr;
  uint32_t raised = 0;
  const vm::VMInterpreterExit* tail = nullptr;
  std::vector<Type> params_, results_;

 private:
  std::vector<uint8_t> code_;
  const uint8_t* base_ = nullptr;
  abi_check::ExecBuffer buffer_;
  const void* jump_to_[8] = {};
  int jumps_ = 0;
};

// How scalar floats are rounded now (fegetround asks the x87 unit).
int rounding() {
#if defined(__x86_64__)
  return int(__builtin_ia32_stmxcsr() >> 13 & 3);
#else
  return std::fegetround();
#endif
}

vm::VMWasmCallFunction* as_wasm(const void* p) {
  return reinterpret_cast<vm::VMWasmCallFunction*>(const_cast<void*>(p));
}
vm::VMNativeCallFunction* as_native(const void* p) {
  return reinterpret_cast<vm::VMNativeCallFunction*>(const_cast<void*>(p));
}

}  // namespace

TEST_CASE("trampolines: array to wasm to array, types at random", "[isa][abi]") {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    const auto params = random_types(random, round % 3 == 0 ? 60 : 12), results = random_types(random, round % 5 == 0 ? 40 : 6);
    World w(params, results);
    w.expected_caller = &w.ctx;
    const uint32_t in = w.put(Trampoline::kArrayToWasm), out = w.put(Trampoline::kWasmToArray);
    const uint32_t start = w.put_adapter(&w.ctx, nullptr), wasm = w.put_adapter(&w.array_host, nullptr);
    w.load();
    w.jump(0, in), w.jump(1, out);
    w.entry.publish(as_wasm(w.at<void*>(wasm)));
    w.run(random, w.at<vm::VMArrayCallFunction>(start), &w.ctx, false);
    w.run(random, w.at<vm::VMArrayCallFunction>(start), &w.ctx, true);
  }
}

TEST_CASE("trampolines: through native calls both ways, types at random", "[isa][abi]") {
  std::mt19937 random(2);
  for (int round = 0; round < 300; ++round) {
    const auto params = random_types(random, round % 3 == 0 ? 60 : 12), results = random_types(random, round % 5 == 0 ? 40 : 6);
    World w(params, results);
    w.expected_caller = &w.ctx;
    // array -> native -> wasm -> native -> array
    const uint32_t to_native = w.put(Trampoline::kArrayToNative), enter = w.put(Trampoline::kNativeToWasm),
                   exit = w.put(Trampoline::kWasmToNative), to_array = w.put(Trampoline::kNativeToArray);
    vm::VMNativeCallHostFuncContext outer;
    const uint32_t native_start = w.put_adapter(&w.ctx, nullptr), wasm = w.put_adapter(&w.native_host, nullptr),
                   native_end = w.put_adapter(&w.array_host, nullptr);
    w.load();
    w.jump(0, enter), w.jump(1, exit), w.jump(2, to_array);
    outer.func_ref.native_call = as_native(w.at<void*>(native_start));
    w.native_host.func_ref.native_call = as_native(w.at<void*>(native_end));
    w.entry.publish(as_wasm(w.at<void*>(wasm)));
    w.run(random, w.at<vm::VMArrayCallFunction>(to_native), &outer, false);
    w.run(random, w.at<vm::VMArrayCallFunction>(to_native), &outer, true);
  }
}

TEST_CASE("trampolines: into the interpreter and back", "[isa][abi]") {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    const auto params = random_types(random, round % 3 == 0 ? 60 : 12), results = random_types(random, round % 5 == 0 ? 40 : 6);
    World w(params, results);
    w.expected_caller = &w.array_host;  // passed on, never looked at
    const uint32_t in = w.put(Trampoline::kArrayToWasm), stub = w.put(Trampoline::kWasmToInterpreter);
    const uint32_t start = w.put_adapter(&w.ctx, nullptr);
    w.load();
    w.jump(0, in);
    w.entry.publish(as_wasm(w.at<void*>(stub)));
    w.run(random, w.at<vm::VMArrayCallFunction>(start), &w.ctx, false);
    w.run(random, w.at<vm::VMArrayCallFunction>(start), &w.ctx, true);
  }
}

TEST_CASE("trampolines: a tail call out of the interpreter, with more and with fewer arguments", "[isa][abi]") {
  std::mt19937 random(4);
  for (int round = 0; round < 300; ++round) {
    const auto first = random_types(random, round % 2 ? 60 : 8), second = random_types(random, round % 2 ? 8 : 60);
    const auto results = random_types(random, round % 5 == 0 ? 40 : 6);
    World w(first, results), to(second, results);
    to.expected_caller = &w.ctx;
    w.expected_caller = &w.ctx;
    to.ctx.runtime_limits = &w.limits;
    const uint32_t in = w.put(Trampoline::kArrayToWasm), stub = w.put(Trampoline::kWasmToInterpreter);
    const uint32_t start = w.put_adapter(&w.ctx, nullptr);
    w.load();
    w.jump(0, in);
    w.entry.publish(as_wasm(w.at<void*>(stub)));
    const uint32_t tail = to.put(Trampoline::kTailCall), out = to.put(Trampoline::kWasmToArray);
    to.load();
    for (Type t : second) to.host.expected.push_back(random_value(random, t));
    for (Type t : results) to.host.answer.push_back(random_value(random, t));
    const vm::VMInterpreterExit request{to.host.expected.data(), vm::VMOpaqueContext::from(&to.array_host),
                                        vm::VMOpaqueContext::from(&w.ctx), to.at<vm::VMFunctionBody*>(out),
                                        to.at<vm::VMFunctionBody*>(tail)};
    w.tail = &request;
    std::vector<vm::ValRaw> values(std::max({first.size(), results.size(), size_t{1}}));
    for (size_t i = 0; i < first.size(); ++i) values[i] = random_value(random, first[i]);
    w.host.expected = values;
    REQUIRE(w.at<vm::VMArrayCallFunction>(start)(vm::VMOpaqueContext::from(&w.ctx), vm::VMOpaqueContext::from(&w.ctx),
                                                 values.data(), values.size()));
    REQUIRE(w.host.calls == 1);
    REQUIRE(to.host.calls == 1);
    require_same(results, values.data(), to.host.answer);
  }
}

TEST_CASE("trampolines: native calls are the platform's C calls", "[isa][abi]") {
  // i32 f64 i64 f32, seven more integers and nine more floats, so that both kinds go to the stack.
  std::vector<Type> params = {Type::kI32, Type::kF64, Type::kI64, Type::kF32};
  for (int i = 0; i < 7; ++i) params.push_back(Type::kI32), params.push_back(Type::kF64);
  for (int i = 0; i < 2; ++i) params.push_back(Type::kF32);
  const std::vector<Type> results = {Type::kF64, Type::kI32};
  World w(params, results);
  struct Extra {
    vm::ValRaw values[2];
  };
  using Native = vm::NativeResult (*)(vm::VMOpaqueContext*, vm::VMOpaqueContext*, int32_t, double, int64_t, float, int32_t,
                                      double, int32_t, double, int32_t, double, int32_t, double, int32_t, double,
                                      int32_t, double, int32_t, double, float, float, vm::ValRaw*);
  static const Native host = [](vm::VMOpaqueContext*, vm::VMOpaqueContext*, int32_t a, double b, int64_t c, float d,
                                int32_t i0, double d0, int32_t i1, double d1, int32_t i2, double d2, int32_t i3, double d3,
                                int32_t i4, double d4, int32_t i5, double d5, int32_t i6, double d6, float e, float f,
                                vm::ValRaw* more) {
    const double sum = a + b + double(c) + d + i0 + d0 + i1 + d1 + i2 + d2 + i3 + d3 + i4 + d4 + i5 + d5 + i6 + d6 + e + f;
    more[1] = vm::ValRaw::from_i32(-a);
    return vm::NativeResult{std::bit_cast<uint64_t>(sum), nullptr};
  };
  const uint32_t enter = w.put(Trampoline::kNativeToWasm), exit = w.put(Trampoline::kWasmToNative);
  const uint32_t start = w.put_adapter(&w.ctx, nullptr), wasm = w.put_adapter(&w.native_host, &w.ctx);
  w.load();
  w.jump(0, enter), w.jump(1, exit);
  w.native_host.func_ref.native_call = reinterpret_cast<vm::VMNativeCallFunction*>(host);
  w.entry.publish(as_wasm(w.at<void*>(wasm)));
  vm::ValRaw more[2];
  const vm::NativeResult r = w.at<Native>(start)(vm::VMOpaqueContext::from(&w.ctx), nullptr, -5, 0.5, int64_t{1} << 40, 2.25f,
                                                 1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60, 7, 70, 100, 200, more);
  REQUIRE(r.trap == nullptr);
  REQUIRE(std::bit_cast<double>(r.first_result) == -5 + 0.5 + double(int64_t{1} << 40) + 2.25 + 28 + 280 + 300);
  REQUIRE(more[1].get_i32() == 5);
}

TEST_CASE("trampolines: wasm has its own floating-point control, the host gets its back", "[isa][abi]") {
  const std::vector<Type> none;
  World w(none, none);
  std::mt19937 random(5);
  w.expected_caller = &w.ctx;
  const uint32_t in = w.put(Trampoline::kArrayToWasm), out = w.put(Trampoline::kWasmToArray);
  const uint32_t start = w.put_adapter(&w.ctx, nullptr), wasm = w.put_adapter(&w.array_host, nullptr);
  w.load();
  w.jump(0, in), w.jump(1, out);
  w.entry.publish(as_wasm(w.at<void*>(wasm)));
  int inside = -1;
  w.host.during = [&] { inside = rounding(); };
  const int nearest = rounding();
  for (bool fails : {false, true}) {
    std::fesetround(FE_UPWARD);
    w.run(random, w.at<vm::VMArrayCallFunction>(start), &w.ctx, fails);
    const int after = rounding();
    std::fesetround(FE_TONEAREST);
    REQUIRE(inside == nearest);
    REQUIRE(after != nearest);
  }
}

TEST_CASE("row 15: the stack limit is set by the outermost entry and holds through the host", "[isa][abi][failure-classes]") {
  const std::vector<Type> none;
  World w(none, none);
  w.expected_caller = &w.ctx;
  const uint32_t in = w.put(Trampoline::kArrayToWasm), out = w.put(Trampoline::kWasmToArray);
  const uint32_t start = w.put_adapter(&w.ctx, nullptr), wasm = w.put_adapter(&w.array_host, nullptr);
  w.load();
  w.jump(0, in), w.jump(1, out);
  w.entry.publish(as_wasm(w.at<void*>(wasm)));
  w.limits.stack_size = 64 << 10;
  int depth = 0, deepest = 0;
  bool inner_ok = true;
  const auto call = [&] {
    vm::ValRaw value;
    return w.at<vm::VMArrayCallFunction>(start)(vm::VMOpaqueContext::from(&w.ctx), vm::VMOpaqueContext::from(&w.ctx), &value, 1);
  };
  w.host.during = [&] {
    deepest = std::max(deepest, ++depth);
    REQUIRE(depth < 10'000);
    if (!call()) inner_ok = false;
    --depth;
  };
  REQUIRE(call());
  REQUIRE_FALSE(inner_ok);
  REQUIRE(w.raised == uint32_t(vm::TrapCode::kStackOverflow));
  REQUIRE(deepest > 10);
  REQUIRE(w.limits.stack_limit == ~uintptr_t{0});
  REQUIRE(w.limits.last_wasm_entry_fp == 0);
}

}  // namespace wjit
