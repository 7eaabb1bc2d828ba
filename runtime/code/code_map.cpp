#include "runtime/code/code_map.h"

#include <fmt/format.h>

#include <chrono>

#include "compiler/bytecode/translate.h"
#include "runtime/compiled_module.h"
#include "runtime/jit/tiered_module.h"

namespace wjit::rt {

using State = CodeEntry::State;

static_assert(sizeof(Buckets<CodeEntry>) == (Buckets<CodeEntry>::kBuckets + 1) * sizeof(void*));

const char* to_string(State state) {
  static constexpr const char* kNames[] = {"uninit", "uncompiled", "compiling", "compiled", "failed"};
  return kNames[unsigned(state)];
}

static void free_entry(CodeEntry& e) {
  const bc::Code* code = e.code.exchange(nullptr);
  if (code != e.bytecode.get() && code != e.profiling.get()) delete code;
  e.bytecode.reset();
  e.profiling.reset();
  e.heat.store(CodeEntry::Heat::kCold, std::memory_order_relaxed);
  e.loops.store(0, std::memory_order_relaxed);
  e.hot_calls.store(~0u, std::memory_order_relaxed);
  e.hot_loops.store(~0u, std::memory_order_relaxed);
  e.translate_nanoseconds.store(0, std::memory_order_relaxed);
  e.error.reset();
  e.module = nullptr;
  e.calls.store(0, std::memory_order_relaxed);
  e.state.store(State::kUninit, std::memory_order_release);
}

CodeMap::~CodeMap() {
  for (uint32_t i = 0; i < entries_.length(); ++i) free_entry(entries_.at(i));
}

Result<uint32_t> CodeMap::add_module(CompiledModule& module, uint32_t count) {
  std::lock_guard guard(lock_);
  uint32_t base;
  if (auto it = free_.lower_bound(count); it != free_.end() && count != 0) {
    const auto [size, at] = *it;
    if (size > count) spare_.emplace(0, 0);
    auto node = free_.extract(it);
    if (size > count) {
      node.key() = size - count, node.mapped() = at + count;
      free_.insert(std::move(node));
    } else {
      spare_.insert(std::move(node));
    }
    base = at;
  } else {
    base = entries_.length();
    auto spare = spare_.emplace(0, 0);
    if (!entries_.grow(count)) {
      spare_.erase(spare);
      return fail(ErrorKind::kResource, fmt::format("no room for {} more functions in the engine, which has {}", count, base));
    }
  }
  for (uint32_t i = 0; i < count; ++i) {
    CodeEntry& e = entries_.at(base + i);
    WJIT_ASSERT(e.state.load(std::memory_order_relaxed) == State::kUninit);
    e.module = &module;
    e.defined_index = i;
    e.state.store(State::kUncompiled, std::memory_order_release);
  }
  return base;
}

static State wait_while_compiling(CodeEntry& e) {
  for (int spin = 0; spin < 200; ++spin) {
    const State s = e.state.load(std::memory_order_acquire);
    if (s != State::kCompiling) return s;
  }
  e.state.wait(State::kCompiling, std::memory_order_acquire);
  return e.state.load(std::memory_order_acquire);
}

void CodeMap::remove_module(uint32_t base, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    CodeEntry& e = entries_.at(base + i);
    while (wait_while_compiling(e) == State::kCompiling) {
    }
    free_entry(e);
  }
  std::lock_guard guard(lock_);
  auto node = spare_.extract(spare_.begin());
  if (count == 0) return;
  node.key() = count, node.mapped() = base;
  free_.insert(std::move(node));
}

// Leaves `compiling` however the scope is left.
namespace {
class Compiling {
 public:
  explicit Compiling(CodeEntry& e) : e_(e) {}
  ~Compiling() {
    e_.state.store(to_, std::memory_order_release);
    e_.state.notify_all();
  }
  void compiled(std::unique_ptr<const bc::Code> code) {
    e_.code.store(code.release(), std::memory_order_release);
    to_ = State::kCompiled;
  }
  void failed(Error error) {
    e_.error = std::make_unique<const Error>(std::move(error));
    to_ = State::kFailed;
  }

 private:
  CodeEntry& e_;
  State to_ = State::kUncompiled;
};
}  // namespace

static uint64_t compile_cost(const CodeEntry& e) {
  const bool validates = e.module->engine().config.mode == CompilationMode::kLazy;
  const uint64_t size = e.module->wasm().bodies[e.defined_index].size;
  return size * (kTranslateFuelPerByte + (validates ? kValidateFuelPerByte : 0));
}

// Takes the whole cost, or nothing and says so.
static bool pay(const CompileFuel& fuel, uint64_t cost) {
  if (!fuel.consumed) return true;
  if (*fuel.consumed > 0 || uint64_t(-*fuel.consumed) < cost) return false;
  *fuel.consumed += int64_t(cost);
  *fuel.compile_fuel += cost;
  return true;
}

CodeOrWhy CodeMap::get(CodeEntry& e, CompileFuel fuel) {
  for (;;) {
    State s = e.state.load(std::memory_order_acquire);
    if (s == State::kCompiling) s = wait_while_compiling(e);
    WJIT_ASSERT(s != State::kUninit);
    if (s == State::kCompiled) return {.code = e.code.load(std::memory_order_acquire)};
    if (s == State::kFailed) return {.error = e.error.get()};
    if (s != State::kUncompiled || !e.state.compare_exchange_strong(s, State::kCompiling)) continue;
    Compiling scope(e);
    const uint64_t cost = compile_cost(e);
    if (!pay(fuel, cost)) return {.required_fuel = cost};
    const CompiledModule& m = *e.module;
    const bool profile = m.tiered != nullptr;
    const auto before = profile ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point();
    bc::TranslateOptions options = bytecode_options(m.engine());
    options.profile = profile;
    auto code = bc::translate_func(m.wasm(), m.offsets, e.defined_index, options);
    if (profile)
      e.translate_nanoseconds.store(uint64_t((std::chrono::steady_clock::now() - before).count()),
                                    std::memory_order_relaxed);
    if (code)
      scope.compiled(std::move(*code));
    else
      scope.failed(m.located(std::move(code.error())));
    // The scope ends with the iteration and the next one reads the state it left.
  }
}

Result<void> CodeMap::publish(CodeEntry& e, std::unique_ptr<const bc::Code> code) {
  State s = State::kUncompiled;
  if (!e.state.compare_exchange_strong(s, State::kCompiling))
    return fail(ErrorKind::kUsage, fmt::format("the function is {}, expected uncompiled", to_string(s)));
  Compiling(e).compiled(std::move(code));
  return {};
}

void CodeMap::supersede(CodeEntry& e, std::unique_ptr<const bc::Code> code) {
  const bc::Code* before = e.code.load(std::memory_order_relaxed);
  WJIT_ASSERT(before && !before->is_bridge);
  if (!e.bytecode) e.bytecode.reset(before);
  e.code.store(code.release(), std::memory_order_release);
}

void CodeMap::profile(CodeEntry& e, std::unique_ptr<const bc::Code> code) {
  const bc::Code* before = e.code.load(std::memory_order_relaxed);
  WJIT_ASSERT(before && !before->is_bridge && !e.bytecode);
  e.bytecode.reset(before);
  e.profiling = std::move(code);
  e.code.store(e.profiling.get(), std::memory_order_release);
}

void CodeMap::end_profile(CodeEntry& e) {
  if (e.profiling && e.code.load(std::memory_order_relaxed) == e.profiling.get())
    e.code.store(e.bytecode.get(), std::memory_order_release);
}

}  // namespace wjit::rt
