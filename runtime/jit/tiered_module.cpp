#include "runtime/jit/tiered_module.h"

#include <algorithm>

#include "compiler/bytecode/translate.h"
#include "compiler/compile.h"
#include "runtime/code/native_entries.h"
#include "runtime/compiled_module.h"
#include "runtime/fiber_call.h"
#include "runtime/instance.h"
#include "runtime/jit/native_module.h"
#include "runtime/jit/profiles.h"
#include "runtime/native_calls.h"
#include "runtime/store.h"

namespace wjit::rt {

using Heat = CodeEntry::Heat;

namespace {

// Loops of one function that are entered as soon as they are hot; more of them when the function has since run for as long
// as compiling takes; and a bound.
constexpr size_t kFreeLoops = 8, kMostLoops = 256;
constexpr uint32_t kNever = ~uint32_t{0};
constexpr uint32_t kPatienceWithoutMemory = 1'000'000;
constexpr uint32_t kLook = 64;        // rounds, likewise
constexpr uint32_t kPatience = 250;  // calls after which it is looked again what became of the function

// How long a profile is kept: for the last half before the threshold, but no longer than it takes to know. Counting ways
// makes bytecode slower.
constexpr uint32_t kProfiledCalls = 512, kProfiledLoops = 4096;

uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}
uint64_t choice(const TierConfig& config, uint32_t func_index, uint32_t what) {
  return mix(config.seed + mix(uint64_t{func_index} << 8 | what));
}
uint32_t threshold(const TierConfig& config, uint32_t most, uint32_t func_index, uint32_t what) {
  most = std::clamp(most, 1u, kNever - 1);
  return config.seed == 0 ? most : static_cast<uint32_t>(1 + choice(config, func_index, what) % most);
}
// When counts that have reached `n` are to be looked at again.
uint32_t later(uint32_t n, uint32_t step) { return n > kNever - 1 - step ? kNever : n + step; }

}  // namespace

TieredModule::TieredModule(CompiledModule& module) : module_(module), tier_up_(*module.engine().tier_up) {
  const TierConfig& config = module.engine().config.tiering;
  for (CodeEntry* e : module.code_entries) {
    const Steps s = steps(*e);
    e->hot_calls.store(s.profiled_calls, std::memory_order_relaxed);
    e->hot_loops.store(config.osr == TierConfig::Osr::kAlways ? 1 : s.profiled_loops, std::memory_order_relaxed);
  }
}
TieredModule::~TieredModule() = default;

TieredModule::Steps TieredModule::steps(const CodeEntry& e) const {
  const TierConfig& config = module_.engine().config.tiering;
  const uint32_t index = module_.wasm().imported_funcs + e.defined_index;
  const uint32_t calls = threshold(config, config.call_threshold, index, 0);
  const uint32_t loops = threshold(config, config.loop_threshold, index, 1);
  return {calls, loops, calls - std::min(calls / 2, kProfiledCalls), loops - std::min(loops / 2, kProfiledLoops)};
}

// ---- instances ----------------------------------------------------------------------------------------------------

void TieredModule::add(Instance& instance) {
  const std::lock_guard hold(lock_);
  instances_.push_back(&instance);
  instance.tiered_slot = instances_.size() - 1;
  for (const auto& [defined, code] : published_) publish_in(instance, defined, code);
}

// Under the lock.
void TieredModule::publish_in(Instance& instance, uint32_t defined, vm::VMWasmCallFunction* code) {
  vm::vmctx_at<vm::VMCodeEntry>(instance.vmctx(), module_.offsets.vmctx_entry(defined))->publish(code);
  const uint32_t escape = module_.wasm().escape_index[module_.wasm().imported_funcs + defined];
  if (escape == wasm::Module::kNotEscaping || !instance.made_refs[escape]) return;
  auto* ref = vm::vmctx_at<vm::VMFuncRef>(instance.vmctx(), module_.offsets.vmctx_func_ref(escape));
  std::atomic_ref(ref->wasm_call).store(code, std::memory_order_release);
}

void TieredModule::make_func_ref(Instance& instance, uint32_t func_index, vm::VMFuncRef* place) {
  const std::lock_guard hold(lock_);
  new (place) vm::VMFuncRef(instance.make_func_ref(func_index));
  instance.made_refs[module_.wasm().escape_index[func_index]] = true;
  const auto code = published_.find(func_index - module_.wasm().imported_funcs);
  if (code != published_.end()) place->wasm_call = code->second;
}

void TieredModule::remove(Instance& instance) {
  const std::lock_guard hold(lock_);
  if (instance.tiered_slot >= instances_.size()) return;  // never added
  instances_[instance.tiered_slot] = instances_.back();
  instances_.back()->tiered_slot = instance.tiered_slot;
  instances_.pop_back();
}

// ---- what the interpreter asks --------------------------------------------------------------------------------------

bool TieredModule::submit(Store& store, TierJob job) {
  if (tier_up_.has_threads()) return tier_up_.push(job);
  on_resumer(store, [&] { run({&job, 1}); });
  return true;
}

void TieredModule::help(Store& store, TierJob job) {
  if (tier_up_.has_threads() && tier_up_.take(job)) on_resumer(store, [&] { run({&job, 1}); });
}

void TieredModule::begin_profile(Store& store, CodeEntry& e) {
  const Steps s = steps(e);
  {
    const std::lock_guard hold(lock_);
    if (e.heat.load(std::memory_order_relaxed) != Heat::kCold) return;
    e.hot_calls.store(s.calls, std::memory_order_relaxed);
    if (module_.engine().config.tiering.osr != TierConfig::Osr::kAlways)
      e.hot_loops.store(s.loops, std::memory_order_relaxed);
    e.heat.store(Heat::kProfiled, std::memory_order_release);
  }
  if (s.calls == s.profiled_calls && s.loops == s.profiled_loops) return;
  on_resumer(store, [&] {
    try {
      bc::TranslateOptions options = bytecode_options(module_.engine());
      options.profile = options.detail = true;
      auto code = bc::translate_func(module_.wasm(), module_.offsets, e.defined_index, options);
      const std::lock_guard hold(lock_);
      if (!code || (*code)->places.empty() || e.heat.load(std::memory_order_relaxed) != Heat::kProfiled) return;
      if (bc::same_frames(*e.code.load(std::memory_order_relaxed), **code)) CodeMap::profile(e, std::move(*code));
    } catch (const std::bad_alloc&) {
      // Then there is no profile.
    }
  });
}

// Has the function compiled, once.
void TieredModule::request(Store& store, CodeEntry& e) {
  const uint32_t calls = e.calls.load(std::memory_order_relaxed);
  Heat heat = e.heat.load(std::memory_order_acquire);
  while (heat == Heat::kCold || heat == Heat::kProfiled) {
    if (!e.heat.compare_exchange_weak(heat, Heat::kWaiting, std::memory_order_acq_rel)) continue;
    e.hot_calls.store(later(calls, kPatience), std::memory_order_relaxed);
    {
      const std::lock_guard hold(lock_);
      CodeMap::end_profile(e);
    }
    if (!submit(store, {this, &e})) {
      e.hot_calls.store(later(calls, 64), std::memory_order_relaxed);
      e.heat.store(Heat::kProfiled, std::memory_order_release);
    }
    return;
  }
  if (heat == Heat::kWaiting) {
    e.hot_calls.store(later(calls, kPatience), std::memory_order_relaxed);
    help(store, {this, &e});
  } else {
    e.hot_calls.store(kNever, std::memory_order_relaxed);
  }
}

TieredModule::GoOn TieredModule::hot_call(Store& store, CodeEntry& e, const bc::Code& code) {
  if (e.heat.load(std::memory_order_acquire) == Heat::kCold) begin_profile(store, e);
  if (e.calls.load(std::memory_order_relaxed) >= e.hot_calls.load(std::memory_order_relaxed)) request(store, e);
  const bc::Code* now = e.code.load(std::memory_order_acquire);
  return now == &code ? GoOn() : GoOn{now, 0};
}

TieredModule::GoOn TieredModule::bytecode_now(const CodeEntry& e, const bc::Code& code, uint32_t loop) {
  const bc::Code* now = e.code.load(std::memory_order_acquire);
  if (now->is_bridge) now = e.bytecode.get();
  // What counts nothing (stop_counting) knows of no loops.
  return now == &code || loop >= now->loops.size() ? GoOn() : GoOn{now, now->loops[loop].word + 1};
}

bool TieredModule::is_chosen(const CodeEntry& e, uint32_t loop, size_t loops) const {
  const TierConfig& config = module_.engine().config.tiering;
  if (config.osr != TierConfig::Osr::kAlways || config.seed == 0) return true;
  return choice(config, module_.wasm().imported_funcs + e.defined_index, 2) % loops == loop;
}

TieredModule::GoOn TieredModule::hot_loop(Store& store, CodeEntry& e, const bc::Code& code, const uint64_t* ip) {
  try {
    return find_loop(store, e, code, ip);
  } catch (const std::bad_alloc&) {
    e.hot_loops.store(later(e.loops.load(std::memory_order_relaxed), kPatienceWithoutMemory), std::memory_order_relaxed);
    return {};  // the loop stays where it is
  }
}

TieredModule::GoOn TieredModule::find_loop(Store& store, CodeEntry& e, const bc::Code& code, const uint64_t* ip) {
  const TierConfig& config = module_.engine().config.tiering;
  const bool always = config.osr == TierConfig::Osr::kAlways;
  const uint32_t word = static_cast<uint32_t>(ip - code.words.data());
  const auto header = std::lower_bound(code.loops.begin(), code.loops.end(), word,
                                       [](const bc::LoopHeader& l, uint32_t w) { return l.word < w; });
  WJIT_ASSERT(header != code.loops.end() && header->word == word);
  const uint32_t number = static_cast<uint32_t>(header - code.loops.begin());
  if (!always && e.heat.load(std::memory_order_acquire) == Heat::kCold) begin_profile(store, e);
  const uint32_t count = e.loops.load(std::memory_order_relaxed), calls = e.calls.load(std::memory_order_relaxed);
  const uint32_t step = always ? 1 : std::max(config.loop_threshold / 4, 1u);
  // Hot as it is the function had better be native when it is called next; which is worth something before that only if
  // it is called now and then.
  const bool is_called = !always && calls > 1, is_hot = count >= e.hot_loops.load(std::memory_order_relaxed);
  if (is_called && is_hot) request(store, e);
  std::unique_lock hold(lock_);
  if (!is_hot) return bytecode_now(e, code, number);
  if (!always && e.heat.load(std::memory_order_relaxed) == Heat::kProfiled) e.hot_calls.store(0, std::memory_order_relaxed);
  if (config.osr == TierConfig::Osr::kOff) {
    e.hot_loops.store(kNever, std::memory_order_relaxed);
    return bytecode_now(e, code, number);
  }
  if (!is_chosen(e, number, code.loops.size())) return bytecode_now(e, code, number);
  FuncReport& r = reports_[e.defined_index];
  // Where there is code for one of the loops, it is looked for often.
  e.hot_loops.store(later(count, r.loops_compiled != 0 ? std::min(step, kLook) : step), std::memory_order_relaxed);
  const auto at = loops_.find(key(e.defined_index, number));
  if (at == loops_.end()) {
    const size_t made = r.loops_compiled + r.loops_refused;
    const TierJob job{this, &e, number};
    if (!always) {
      // Where calls are short, the next one will do.
      const bool same_call = r.last_calls == calls;
      r.last_calls = calls;
      if ((is_called && !same_call && count / calls < config.loop_threshold / 8) || made >= kMostLoops ||
          (made != 0 && count - r.last_rounds < step) ||
          (made >= kFreeLoops && uint64_t{count - r.last_rounds} * TierJob::kRoundNanoseconds < job.cost()))
        return bytecode_now(e, code, number);
      r.last_rounds = count;
    }
    auto made_loop = std::make_unique<Loop>();
    Loop* const loop = made_loop.get();
    loop->code = &code;
    loop->header = &*header;
    loops_.emplace(key(e.defined_index, number), std::move(made_loop));
    CodeMap::end_profile(e);
    hold.unlock();
    const bool submitted = submit(store, job);
    hold.lock();
    if (!submitted) {
      loops_.erase(key(e.defined_index, number));
      return bytecode_now(e, code, number);
    }
    return enter(e, *loop, code, number);
  }
  if (at->second->state == Loop::State::kWaiting && !always) {
    hold.unlock();
    help(store, {this, &e, number});
    hold.lock();
  }
  // Who could not submit it may have taken it away meanwhile.
  const auto now = loops_.find(key(e.defined_index, number));
  return now == loops_.end() ? bytecode_now(e, code, number) : enter(e, *now->second, code, number);
}

// Under the lock.
TieredModule::GoOn TieredModule::enter(const CodeEntry& e, const Loop& loop, const bc::Code& code, uint32_t number) {
  if (loop.state != Loop::State::kReady) return bytecode_now(e, code, number);
  ++reports_[e.defined_index].loops_entered;
  return {loop.bridge.get(), 0};
}

// ---- compiling ------------------------------------------------------------------------------------------------------

void TieredModule::run(std::span<const TierJob> jobs) noexcept {
  try {
    if (jobs[0].is_loop())
      compile_loop(jobs[0]);
    else
      compile_functions(jobs);
  } catch (const std::bad_alloc&) {
    // They stay in tier 0, as Heat::kWaiting: nothing is asked for again where there is no memory.
  }
}

void TieredModule::refuse(CodeEntry& e, std::string reason, Error error) {
  if (given_up_.load(std::memory_order_relaxed)) return;
  stop_counting(e);
  const std::lock_guard hold(lock_);
  e.heat.store(Heat::kRefused, std::memory_order_release);
  refusals_.push_back({module_.wasm().imported_funcs + e.defined_index, std::move(reason), std::move(error)});
}

// The interpreter goes on for good: with bytecode that does not count, from the next call on.
void TieredModule::stop_counting(CodeEntry& e) {
  auto code = bc::translate_func(module_.wasm(), module_.offsets, e.defined_index, bytecode_options(module_.engine()));
  if (!code) return;
  const std::lock_guard hold(lock_);
  if (!e.code.load(std::memory_order_relaxed)->is_bridge) CodeMap::supersede(e, std::move(*code));
}

support::Result<CompileOptions> TieredModule::options() const {
  WJIT_TRY(CompileOptions options, compile_options(module_, 1));
  options.given_up = &given_up_;
  return options;
}

// What is called and published already is called directly: it stays as long as this does.
support::Result<CodeHandle> TieredModule::publish(NativeCode& code) {
  std::vector<CodePatch> patches;
  {
    const std::lock_guard hold(lock_);
    for (const NativeCode::Outside& o : code.outside)
      if (const auto at = published_.find(o.defined); at != published_.end())
        patches.push_back({o.offset, reinterpret_cast<uintptr_t>(at->second)});
  }
  return CodeMemory::process().publish(code.bytes, code_tables(module_, code), patches);
}

void TieredModule::compile_functions(std::span<const TierJob> jobs) {
  auto done = try_functions(jobs);
  if (done) return;
  for (const TierJob& j : jobs)
    if (j.entry->heat.load(std::memory_order_acquire) == Heat::kWaiting)
      refuse(*j.entry, refusal_reason(done.error()), Error(done.error()));
}

support::Result<void> TieredModule::try_functions(std::span<const TierJob> jobs) {
  std::vector<uint32_t> defined;
  for (const TierJob& j : jobs) defined.push_back(j.entry->defined_index);
  std::sort(defined.begin(), defined.end());
  WJIT_TRY(CompileOptions how, options());
  Profiles profiles(module_, lock_);
  if (!how.profile) how.profile = [&](uint32_t d) { return profiles.of(d); };
  WJIT_TRY(NativeCode code, wjit::compile_functions(module_.wasm(), module_.offsets, how, defined));
  const uint32_t imported = module_.wasm().imported_funcs;
  for (NativeCode::Refusal& r : code.refused)
    refuse(*module_.code_entries[r.func_index - imported], std::move(r.reason), std::move(r.error));
  if (code.functions.empty()) return {};
  WJIT_TRY(CodeHandle handle, publish(code));
  std::vector<std::unique_ptr<const bc::Code>> bridges;
  for (const NativeCode::Func& f : code.functions) {
    WJIT_TRY(auto bridge, make_bridge(module_, f.func_index));
    bridges.push_back(std::move(bridge));
  }
  const std::lock_guard hold(lock_);
  published_.reserve(published_.size() + code.functions.size());
  reports_.reserve(reports_.size() + code.functions.size());
  const uintptr_t begin = handle->begin();
  code_.push_back(std::move(handle));
  for (size_t i = 0; i < code.functions.size(); ++i) {
    const NativeCode::Func& f = code.functions[i];
    const uint32_t at = f.func_index - imported;
    auto* start = reinterpret_cast<vm::VMWasmCallFunction*>(begin + f.start);
    FuncReport& r = reports_[at];
    r.compile_nanoseconds += f.nanoseconds;
    r.code_bytes += f.end - f.start;
    published_.emplace(at, start);
    for (Instance* instance : instances_) publish_in(*instance, at, start);
    CodeEntry& e = *module_.code_entries[at];
    CodeMap::supersede(e, std::move(bridges[i]));
    e.heat.store(Heat::kNative, std::memory_order_release);
  }
  return {};
}

void TieredModule::compile_loop(const TierJob& job) {
  const uint32_t defined = job.entry->defined_index;
  Loop* loop;
  {
    const std::lock_guard hold(lock_);
    loop = loops_.at(key(defined, job.loop)).get();
  }
  auto done = try_loop(job, *loop);
  if (done) return;
  const std::lock_guard hold(lock_);
  loop->state = Loop::State::kRefused;
  FuncReport& r = reports_[defined];
  ++r.loops_refused;
  r.loop_refusal = done.error().message();
}

support::Result<void> TieredModule::try_loop(const TierJob& job, Loop& loop) {
  const uint32_t defined = job.entry->defined_index;
  const bc::LoopHeader& header = *loop.header;
  if (header.operands == bc::LoopHeader::kUnknown)
    return fail(ErrorKind::kLimit, "too many operands lie below the loop", header.wasm_offset);
  translate::LoopPoint point{header.wasm_offset, loop.code->local_gap, {}};
  for (uint32_t i = 0; i < header.operands; ++i) {
    const bc::LoopOperand& o = loop.code->loop_operands[header.first_operand + i];
    point.operands.push_back({o.is_constant, o.value});
  }
  WJIT_TRY(CompileOptions how, options());
  Profiles profiles(module_, lock_);
  if (!how.profile) how.profile = [&](uint32_t d) { return profiles.of(d); };
  WJIT_TRY(NativeCode code, wjit::compile_loop(module_.wasm(), module_.offsets, how, defined, point));
  if (!code.refused.empty()) return tl::unexpected<Error>(std::move(code.refused[0].error));
  // Behind the code, the thunk by which the array convention gets to it.
  Engine& engine = module_.engine();
  const wasm::ValType address[] = {wasm::kI64};
  const wasm::SubType& of = *job.entry->type;
  WJIT_TRY(const wasm::TypeId type, engine.registry->intern_func(address, of.func().results));
  WJIT_TRY(const TypeTrampolines* trampolines, engine.native->of(type));
  const size_t thunk = code.bytes.size();
  code.bytes.resize(thunk + isa::kFarThunkBytes);
  code.frames.push_back({static_cast<uint32_t>(thunk), isa::FrameState::kNone});
  isa::host_target().far_thunk(code.bytes.data() + thunk, reinterpret_cast<uintptr_t>(&loop.entry),
                               reinterpret_cast<uintptr_t>((*trampolines)[isa::Trampoline::kArrayToWasm]));
  WJIT_TRY(CodeHandle handle, publish(code));
  const uintptr_t begin = handle->begin(), start = begin + code.functions[0].start;

  auto bridge = std::make_unique<bc::Code>();
  bridge->func_index = module_.wasm().imported_funcs + defined;
  bridge->is_bridge = true;
  bridge->bridge = {&(*engine.registry)[type], true, reinterpret_cast<const void*>(begin + thunk),
                    reinterpret_cast<const void*>(start), (*trampolines)[isa::Trampoline::kTailCall]};
  bridge->param_cells = loop.code->param_cells;
  bridge->result_cells = loop.code->result_cells;
  bridge->frame_cells = loop.code->frame_cells;  // what lies there is read after the call has begun
  bridge->words = {uint64_t(bc::Op::call_native), uint64_t(bc::Op::ret)};

  const std::lock_guard hold(lock_);
  FuncReport& r = reports_[defined];
  code_.push_back(std::move(handle));
  loop.entry.publish(reinterpret_cast<vm::VMWasmCallFunction*>(start));
  loop.bridge = std::move(bridge);
  loop.state = Loop::State::kReady;
  ++r.loops_compiled;
  r.compile_nanoseconds += code.functions[0].nanoseconds;
  r.code_bytes += code.functions[0].end - code.functions[0].start;
  job.entry->hot_loops.store(0, std::memory_order_relaxed);
  return {};
}

const TieredModule::Refusal* TieredModule::refusal(size_t n) const {
  const std::lock_guard hold(lock_);
  return n < refusals_.size() ? &refusals_[n] : nullptr;
}

TieredModule::Report TieredModule::report() const {
  const std::lock_guard hold(lock_);
  Report r{reports_, {refusals_.begin(), refusals_.end()}, static_cast<uint32_t>(published_.size()), 0};
  for (const auto& [defined, f] : r.functions) r.code_bytes += f.code_bytes;
  std::sort(r.refused.begin(), r.refused.end(),
            [](const Refusal& a, const Refusal& b) { return a.func_index < b.func_index; });
  return r;
}

}  // namespace wjit::rt
