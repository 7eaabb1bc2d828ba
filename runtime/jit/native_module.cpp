#include "runtime/jit/native_module.h"

#include <atomic>

#include "compiler/compile.h"
#include "runtime/compiled_module.h"
#include "runtime/native_calls.h"

namespace wjit::rt {

namespace {
std::atomic<bool> measuring{false};
}  // namespace

MadeUpProfile made_up_profile;

void measure_passes() { measuring.store(true, std::memory_order_relaxed); }

support::Result<CompileOptions> compile_options(const CompiledModule& module, unsigned threads) {
  const Engine& engine = module.engine();
  const CompilerConfig& config = engine.config.compiler;
  CompileOptions o;
  o.translate.fuel = engine.config.consume_fuel;
  o.translate.epoch = engine.config.epoch_interruption;
  o.translate.epoch_only_traps = !engine.config.epoch_callbacks;
  for (const auto& type : module.wasm().memories) {
    translate::MemoryInfo info;
    info.guard = engine.memory.style_for(type) == MemoryStyle::kGuard;
    if (info.guard) {
      info.guard_bytes = engine.memory.reservation + engine.memory.guard_size - (uint64_t{1} << 32);
      info.base_moves = false;
    }
    if (type.shared) info.base_moves = false;
    o.memories.push_back(info);
  }
  o.regalloc.mode = ra::Mode(config.regalloc);
  o.regalloc.seed = config.seed;
  o.regalloc.check = config.verify;
  o.verify = config.verify;
  o.poison = config.poison;
  o.opt_level = config.opt_level;
  o.opt_passes = config.opt_passes;
  WJIT_TRY(o.features, parse_cpu_features(config.cpu));
  o.first_function = config.first_function;
  o.last_function = config.last_function;
  if (made_up_profile)
    o.profile = [&module](uint32_t defined) { return made_up_profile(module, defined); };
  else if (config.regalloc == CompilerConfig::Regalloc::kShuffle && engine.config.tier == Tier::kJit)
    o.profile = guessed_profiles(module.wasm(), config.seed);
  o.times = measuring.load(std::memory_order_relaxed);
  o.threads = threads;
  return o;
}
static_assert(int(ra::Mode::kScan) == int(CompilerConfig::Regalloc::kScan) &&
              int(ra::Mode::kSpill) == int(CompilerConfig::Regalloc::kSpill) &&
              int(ra::Mode::kShuffle) == int(CompilerConfig::Regalloc::kShuffle));

size_t NativeModule::metadata_bytes() const {
  size_t bytes = entries_.size() * sizeof entries_[0];
  if (code_) bytes += code_->functions.size() * sizeof(CodeFunction) + code_->traps.size() * sizeof(CodeTrapSite);
  return bytes;
}

CodeTables code_tables(CompiledModule& module, const NativeCode& code) {
  CodeTables tables;
  tables.kind = CodeKind::kModule;
  tables.owner = &module;
  tables.name = &CompiledModule::symbol;
  tables.raise_offset = code.raise_offset;
  for (const NativeCode::Func& f : code.functions) tables.functions.push_back({f.start, f.end, f.func_index});
  tables.traps.reserve(code.sites.size());
  for (const isa::Site& s : code.sites) tables.traps.push_back({s.offset, s.code, s.wasm_offset});
  tables.frames = code.frames;
  tables.inlined = code.inlined;
  return tables;
}

support::Result<std::unique_ptr<NativeModule>> NativeModule::create(CompiledModule& module, unsigned threads) {
  auto out = std::make_unique<NativeModule>();
  out->entries_.assign(module.counts.defined_functions, kNoCode);
  if (module.counts.defined_functions == 0) return out;
  WJIT_TRY(const CompileOptions options, compile_options(module, threads));
  WJIT_TRY(NativeCode code, compile_module(module.wasm(), module.offsets, options));
  for (auto& r : code.refused) out->refusals_.push_back({r.func_index, std::move(r.reason), std::move(r.error)});
  out->times_ = code.times;
  out->functions_ = static_cast<uint32_t>(code.functions.size());
  support::PassClock clock(options.times ? &out->times_ : nullptr);
  WJIT_TRY(out->code_, CodeMemory::process().publish(code.bytes, code_tables(module, code)));
  out->entries_ = std::move(code.entries);
  for (uint32_t i = 0; i < out->entries_.size(); ++i)
    if (out->entries_[i] != kNoCode) WJIT_CHECK(publish_bridge(module, module.wasm().imported_funcs + i));
  clock.lap(support::Pass::kPublish);
  return out;
}

}  // namespace wjit::rt
