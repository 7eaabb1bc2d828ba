#include "compiler/compile.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <ctime>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>

#include "compiler/ir/verify.h"
#include "compiler/isa/common/trampolines.h"
#include "compiler/isa/generic/backend.h"
#include "compiler/isa/x64/backend.h"
#include "compiler/opt/optimise.h"
#include "compiler/support/plant.h"
#include "compiler/translate/guesses.h"

namespace wjit {

namespace {

constexpr uint32_t kAlignment = 16;  // of functions: their constants are as aligned as they are
constexpr const char* kNotAskedFor = "not asked for";
constexpr const char* kGivenUp = "given up";
using support::Pass;

class FuncCompiler {
 public:
  FuncCompiler(const wasm::Module& module, const vm::VMOffsets& offsets, const CompileOptions& options)
      : module_(module),
        options_(options),
        env_{module, offsets, options.translate, options.memories, &options.profile},
        backend_(isa::machine(options.arch)
                     .backend({offsets.vmctx_defined_functions_begin(), true, options.features, options.poison},
                              options.regalloc)) {}

  support::Result<isa::CompiledFunc> compile(uint32_t defined, const Stages& stages = {},
                                             const translate::LoopPoint* loop = nullptr) {
    if (!asked_for(defined)) return fail(ErrorKind::kUnsupported, kNotAskedFor);
    bool inlined = false;
    auto out = compile(defined, stages, loop, true, inlined);
    // What it took in may be what has no rule: it is not for this that a function stays in tier 0.
    if (!out && inlined && out.error().kind() == ErrorKind::kUnsupported)
      return compile(defined, stages, loop, false, inlined);
    return out;
  }
  const support::PassTimes& times() const { return times_; }

 private:
  bool asked_for(uint32_t defined) const {
    const uint32_t index = module_.imported_funcs + defined;
    return index >= options_.first_function && index <= options_.last_function;
  }

  support::Result<isa::CompiledFunc> compile(uint32_t defined, const Stages& stages, const translate::LoopPoint* loop,
                                             bool inlining, bool& inlined) {
    const uint32_t index = module_.imported_funcs + defined;
    const auto given_up = [&] { return options_.given_up && options_.given_up->load(std::memory_order_relaxed); };
    if (given_up()) return fail(ErrorKind::kResource, kGivenUp);
    support::PassClock clock(options_.times ? &times_ : nullptr);
    WJIT_TRY(ir::Function f, translate::func_to_ir(env_, defined, buffers_, loop));
    clock.lap(Pass::kTranslate);
    if (stages.translated) stages.translated(f), clock.start();
    WJIT_CHECK(prove(f, index, "translation", clock));
    if (inlining) {
      optimiser_.own = defined;
      const translate::Profile* profile = options_.profile ? options_.profile(defined) : nullptr;
      optimiser_.own_calls = profile && !loop ? profile->calls : 0;
      optimiser_.source = [this](uint32_t callee, uint32_t most) { return inlinable(callee, most); };
    } else {
      optimiser_.source = nullptr;
    }
    if (given_up()) return fail(ErrorKind::kResource, kGivenUp);
    WJIT_CHECK(optimise(f, index, clock));
    if (given_up()) return fail(ErrorKind::kResource, kGivenUp);
    inlined = !f.inlined.empty();
    if (stages.optimised) stages.optimised(f);
    show(stages);
    clock.start();
    auto out = backend_->compile(f, module_.bodies[defined].offset, clock, stages.listing);
    if (!out && backend_->unproved) return mistake(index, "register allocation", std::move(out).error());
    if (out && inlined) {
      for (const ir::Function::Inlined& i : f.inlined) out->inlined.push_back({i.wasm_offset, i.call});
      if (stages.listing)
        for (isa::Line& l : stages.listing->lines) l.wasm_offset = f.offset_of_place(l.wasm_offset);
    }
    return out;
  }

  // Translations of small functions, kept for their next caller.
  const ir::Function* inlinable(uint32_t defined, uint32_t most_bytes) {
    if (module_.bodies[defined].size > most_bytes || !asked_for(defined)) return nullptr;
    auto [at, is_new] = small_.try_emplace(defined);
    if (!is_new) return at->second.get();
    if (auto f = translate::func_to_ir(env_, defined, buffers_)) at->second = std::make_unique<ir::Function>(std::move(*f));
    return at->second.get();
  }

  // A proof failed: the bug is ours, and no way for a function to stay in tier 0.
  static tl::unexpected<Error> mistake(uint32_t index, std::string_view pass, Error error) {
    return fail(ErrorKind::kInternal,
                "the compiler made a mistake in function " + std::to_string(index) + ", in " + std::string(pass) + ": " +
                    error.message() + " (please report it, with the module and the options)",
                error.offset());
  }
  // Whether the IR is sound, if that is asked for. `pass` made it what it is.
  support::Result<void> prove(const ir::Function& f, uint32_t index, std::string_view pass, support::PassClock& clock) {
    if (!options_.verify) return {};
    auto sound = ir::verify(f);
    clock.lap(Pass::kVerify);
    if (!sound) return mistake(index, pass, std::move(sound).error());
    return {};
  }
  support::Result<void> optimise(ir::Function& f, uint32_t index, support::PassClock& clock) {
    struct Proof {
      FuncCompiler& self;
      ir::Function& f;
      uint32_t index;
      support::PassClock& clock;
      support::Result<void> result;
    } proof{*this, f, index, clock, {}};
    const auto after = [](void* context, opt::Pass pass) {
      Proof& p = *static_cast<Proof*>(context);
      p.clock.lap(Pass::kOptimise);
      if (p.result) p.result = p.self.prove(p.f, p.index, opt::kPassNames[static_cast<size_t>(pass)], p.clock);
    };
    optimiser_.passes = options_.opt_passes;
    optimiser_.run(f, options_.opt_level, options_.verify ? +after : nullptr, &proof);
    clock.lap(Pass::kOptimise, optimiser_.work());
    return std::move(proof.result);
  }
  void show(const Stages& stages) {
    if (stages.lowered) backend_->lowered = [&] { stages.lowered(backend_->text(false)); };
    if (stages.allocated) backend_->allocated = [&] { stages.allocated(backend_->text(true)); };
  }

  const wasm::Module& module_;
  const CompileOptions& options_;
  translate::Env env_;
  translate::Buffers buffers_;
  opt::Optimiser optimiser_;
  std::unordered_map<uint32_t, std::unique_ptr<ir::Function>> small_;
  const std::unique_ptr<isa::Backend> backend_;
  support::PassTimes times_;
};

using Compiled = support::Result<isa::CompiledFunc>;
using MaybeCompiled = std::optional<Compiled>;  // none: there was no memory (an error is not copied: that may throw)

std::vector<MaybeCompiled> compile_all(const wasm::Module& module, const vm::VMOffsets& offsets,
                                  const CompileOptions& options, support::PassTimes& times) {
  const size_t count = module.bodies.size();
  std::vector<MaybeCompiled> out(count);
  std::atomic<size_t> next{0};
  std::mutex times_lock;
  // Nothing leaves it but what is in `out`: where there is no memory, not even for an error, nothing is.
  const auto work = [&]() noexcept {
    try {
      std::optional<FuncCompiler> compiler(std::in_place, module, offsets, options);
      for (size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) {
        try {
          out[i] = compiler->compile(static_cast<uint32_t>(i));
        } catch (const std::bad_alloc&) {
          compiler.emplace(module, offsets, options);  // its buffers may be in the middle of a change
        }
      }
      const std::lock_guard lock(times_lock);
      times += compiler->times();
    } catch (const std::bad_alloc&) {
    }
  };
  std::vector<std::thread> others;
  try {
    for (size_t i = 1; i < std::min<size_t>(options.threads, count / 16 + 1); ++i) others.emplace_back(work);
  } catch (const std::exception&) {
    // No more threads, or no memory for them: fewer do the same.
  }
  work();
  for (std::thread& t : others) t.join();
  return out;
}

uint64_t thread_nanoseconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(t.tv_nsec);
}

struct Piece {
  uint32_t defined;
  MaybeCompiled code;
  uint64_t nanoseconds = 0;
  bool is_entry = true;  // what calls of the function reach
};

// Puts the pieces of a module one after the other: stubs, functions, and a way to the entry of each function that has no
// code and is called directly.
class Linker {
 public:
  Linker(const wasm::Module& module, const vm::VMOffsets& offsets, isa::Arch arch)
      : module_(module), offsets_(offsets), machine_(isa::machine(arch)) {}

  uint64_t steps() const { return steps_; }  // support::PassTimes
  support::Result<NativeCode> link(std::vector<Piece> pieces) {
    WJIT_TRY(stubs_, machine_.stubs());
    out_.bytes = stubs_.bytes;
    out_.raise_offset = stubs_.redirected;
    out_.frames = stubs_.frames;
    out_.entries.assign(module_.bodies.size(), NativeCode::kNone);
    const uint32_t imported = module_.imported_funcs;
    for (Piece& piece : pieces) {
      const uint32_t i = piece.defined;
      if (!piece.code) piece.code.emplace(fail(ErrorKind::kResource, "no memory to compile it"));
      Compiled& function = *piece.code;
      if (!function) {
        if (function.error().kind() == ErrorKind::kInternal)
          return tl::unexpected<Error>(std::move(function).error());
        if (WJIT_PLANTED(forgotten_refusal)) continue;
        out_.refused.push_back({imported + i, refusal_reason(function.error()), std::move(function).error()});
        continue;
      }
      isa::CompiledFunc& f = *function;
      align(f.alignment);
      const uint32_t at = size();
      steps_ += 1 + f.bytes.size() / 64 + f.inlined.size() + f.sites.size() + f.frames.size() + f.relocs.size();
      if (piece.is_entry) out_.entries[i] = at;
      out_.functions.push_back({at, at + static_cast<uint32_t>(f.bytes.size()), imported + i, piece.nanoseconds});
      out_.bytes.insert(out_.bytes.end(), f.bytes.begin(), f.bytes.end());
      const uint32_t places = static_cast<uint32_t>(out_.inlined.size());
      for (isa::InlinedPlace i : f.inlined) {
        if ((i.call & isa::kInlined) != 0) i.call += places;
        out_.inlined.push_back(i);
      }
      for (isa::Site s : f.sites) {
        s.offset += at;
        if ((s.wasm_offset & isa::kInlined) != 0) s.wasm_offset += places;
        out_.sites.push_back(s);
      }
      for (isa::FrameEdge e : f.frames) {
        e.offset += at;
        out_.frames.push_back(e);
      }
      for (isa::Reloc r : f.relocs) {
        r.offset += at;
        relocs_.push_back(r);
      }
    }
    relocate();
    if (!near_ || out_.bytes.size() > machine_.most_bytes)
      return fail(ErrorKind::kResource,
                  "the module's code is larger than " + std::to_string(machine_.most_bytes >> 20) + " MiB");
    return std::move(out_);
  }

 private:
  uint32_t size() const { return static_cast<uint32_t>(out_.bytes.size()); }
  void align(size_t to = kAlignment) { out_.bytes.resize((out_.bytes.size() + to - 1) & ~(to - 1), machine_.filler); }

  void relocate() {
    std::vector<uint32_t> ways(out_.entries.size(), NativeCode::kNone);
    for (const isa::Reloc& r : relocs_) {
      ++steps_;
      uint32_t to;
      if (r.kind == isa::Reloc::Kind::kStub) {
        to = stubs_.of(r.stub, r.target);
      } else {
        to = out_.entries[r.target];
        if (to == NativeCode::kNone) {
          if (ways[r.target] == NativeCode::kNone) ways[r.target] = way_to_entry(r.target);
          to = ways[r.target];
          out_.outside.push_back({r.offset, r.target});
        }
      }
      near_ = machine_.target.relocate(out_.bytes.data() + r.offset, int64_t{to} - int64_t{r.offset}) && near_;
    }
  }
  uint32_t way_to_entry(uint32_t defined) {
    align();
    const uint32_t at = size();
    out_.frames.push_back({at, isa::FrameState::kNone});
    // Direct calls leave it out.
    out_.bytes.insert(out_.bytes.end(), machine_.caller_is_self.begin(), machine_.caller_is_self.end());
    uint8_t thunk[isa::kThunkBytes];
    machine_.target.wasm_thunk(thunk, offsets_.vmctx_entry(defined));
    out_.bytes.insert(out_.bytes.end(), thunk, thunk + sizeof thunk);
    return at;
  }

  const wasm::Module& module_;
  const vm::VMOffsets& offsets_;
  const isa::Machine& machine_;
  isa::StubCode stubs_;
  bool near_ = true;
  std::vector<isa::Reloc> relocs_;
  uint64_t steps_ = 0;
  NativeCode out_;
};

}  // namespace

std::string refusal_reason(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kLimit: return "limit";
    case ErrorKind::kResource: return "memory";
    case ErrorKind::kMalformed: case ErrorKind::kInvalid: return "invalid";
    default: break;
  }
  const std::string_view message = error.message();
  if (message == kNotAskedFor) return kNotAskedFor;
  // "function 7: simd: …": the first of its parts that is a feature.
  for (std::string_view rest = message; !rest.empty();) {
    const size_t end = std::min(rest.find(": "), rest.size());
    const std::string_view word = rest.substr(0, end);
#define WJIT_F(id, name, on) \
  if (word == name) return name;
    WJIT_FEATURES(WJIT_F)
#undef WJIT_F
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  return "other";
}

std::function<const translate::Profile*(uint32_t defined)> guessed_profiles(const wasm::Module& module, uint64_t seed) {
  return [guesses = std::make_shared<translate::Guesses>(module, seed)](uint32_t defined) { return guesses->of(defined); };
}

isa::CpuFeatures host_cpu_features() { return x64::host_features(); }

support::Result<isa::CpuFeatures> parse_cpu_features(std::string_view text) {
  isa::CpuFeatures f;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view name = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    if (name == "native") f = host_cpu_features();
#define WJIT_X(id, spelled) else if (name == spelled) f.id = true;
    WJIT_X64_FEATURES(WJIT_X)
#undef WJIT_X
    else if (name != "sse2")
      return fail(ErrorKind::kUsage, "unknown processor feature '" + std::string(name) + "', expected native, or sse2"
#define WJIT_X(id, spelled) ", " spelled
                                     WJIT_X64_FEATURES(WJIT_X)
#undef WJIT_X
      );
  }
  // Vector instructions come in steps: whoever has one has those before it.
  f.avx |= f.avx2;
  f.sse42 |= f.avx;
  f.sse41 |= f.sse42;
  f.ssse3 |= f.sse41;
  return f;
}

support::Result<NativeCode> compile_module(const wasm::Module& module, const vm::VMOffsets& offsets,
                                           const CompileOptions& options) {
  support::PassTimes times;
  std::vector<MaybeCompiled> functions = compile_all(module, offsets, options, times);
  support::PassClock clock(options.times ? &times : nullptr);
  std::vector<Piece> pieces;
  pieces.reserve(functions.size());
  for (MaybeCompiled& f : functions) pieces.push_back({static_cast<uint32_t>(pieces.size()), std::move(f)});
  Linker linker(module, offsets, options.arch);
  WJIT_TRY(NativeCode code, linker.link(std::move(pieces)));
  clock.lap(Pass::kLink, linker.steps());
  code.times = times;
  return code;
}

support::Result<NativeCode> compile_functions(const wasm::Module& module, const vm::VMOffsets& offsets,
                                              const CompileOptions& options, std::span<const uint32_t> defined) {
  FuncCompiler compiler(module, offsets, options);
  std::vector<Piece> pieces;
  for (uint32_t i : defined) {
    const uint64_t before = thread_nanoseconds();
    Compiled code = compiler.compile(i);
    pieces.push_back({i, std::move(code), thread_nanoseconds() - before});
  }
  return Linker(module, offsets, options.arch).link(std::move(pieces));
}

support::Result<NativeCode> compile_loop(const wasm::Module& module, const vm::VMOffsets& offsets,
                                         const CompileOptions& options, uint32_t defined,
                                         const translate::LoopPoint& loop) {
  FuncCompiler compiler(module, offsets, options);
  const uint64_t before = thread_nanoseconds();
  Compiled code = compiler.compile(defined, {}, &loop);
  std::vector<Piece> pieces;
  pieces.push_back({defined, std::move(code), thread_nanoseconds() - before, false});
  return Linker(module, offsets, options.arch).link(std::move(pieces));
}

support::Result<isa::CompiledFunc> compile_func(const wasm::Module& module, const vm::VMOffsets& offsets,
                                                const CompileOptions& options, uint32_t defined_index,
                                                const Stages& stages) {
  FuncCompiler compiler(module, offsets, options);
  auto out = compiler.compile(defined_index, stages);
  if (stages.times) *stages.times += compiler.times();
  return out;
}

}  // namespace wjit
