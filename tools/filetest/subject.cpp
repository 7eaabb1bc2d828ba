#include "tools/filetest/subject.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <sstream>

#include "compiler/compile.h"
#include "compiler/ir/parse.h"
#include "compiler/opt/optimise.h"
#include "compiler/translate/guesses.h"
#include "compiler/wasm/text/parse_wat.h"

namespace wjit::filetest {

Result<Settings> parse_settings(std::string_view words) {
  Settings s;
  std::istringstream in{std::string(words)};
  for (std::string word; in >> word;) {
    if (word == "fuel") {
      s.options.fuel = true;
    } else if (word == "epoch") {
      s.options.epoch = true;
    } else if (word == "epoch-trap") {
      s.options.epoch = s.options.epoch_only_traps = true;
    } else if (word == "checks") {
      s.checks = true;
    } else if (word == "-O0") {
      s.opt_level = 0;
    } else if (word == "spill") {
      s.regalloc = ra::Mode::kSpill;
    } else if (word == "a64") {
      s.arch = isa::Arch::kA64;
    } else if (word.starts_with("cpu=")) {
      WJIT_TRY(s.features, parse_cpu_features(std::string_view(word).substr(4)));
    } else if (word.starts_with("likely=")) {
      uint32_t func = 0;
      const auto end = std::from_chars(word.data() + 7, word.data() + word.size(), func);
      if (end.ec != std::errc() || *end.ptr != 0) return fail(ErrorKind::kUsage, "expected likely=N, found `" + word + "`");
      s.likely = func;
    } else if (word.starts_with("passes=")) {
      WJIT_TRY(s.opt_passes, opt::parse_passes(std::string_view(word).substr(7)));
    } else {
      return fail(ErrorKind::kUsage,
                  fmt::format("expected fuel, epoch, epoch-trap, checks, likely=, -O0, passes=, cpu=, spill or a64, found `{}`", word));
    }
  }
  return s;
}

Config engine_config() {
  Config c;
  c.tier = Tier::kInterp;
  c.features = FeatureSet::all();
  return c;
}

Result<std::shared_ptr<rt::CompiledModule>> load_module(std::shared_ptr<rt::Engine> engine, const File& file) {
  struct OwnedBytes : wasm::Bytes {
    std::vector<uint8_t> data;
  };
  WJIT_TRY(wasm::text::TextModule text, wasm::text::parse_wat(file.head));
  auto bytes = std::make_shared<OwnedBytes>();
  bytes->data = std::move(text.binary);
  bytes->span = bytes->data;
  return rt::CompiledModule::create(std::move(engine), std::move(bytes));
}

std::vector<translate::MemoryInfo> memories_of(const rt::CompiledModule& module, const Settings& settings) {
  std::vector<translate::MemoryInfo> memories;
  for (const wasm::MemoryType& type : module.wasm().memories) {
    const bool guard = !settings.checks && !type.is64 && type.page_size_log2 == 16;
    memories.push_back({.guard = guard, .guard_bytes = guard ? uint64_t{1} << 31 : 0, .base_moves = !guard});
  }
  return memories;
}

std::function<const translate::Profile*(uint32_t defined)> profile_of(const rt::CompiledModule& module,
                                                                       const Settings& settings) {
  if (!settings.likely) return {};
  auto made = std::make_shared<std::map<uint32_t, translate::Profile>>();
  return [made, &module, likely = *settings.likely](uint32_t defined) {
    translate::Profile& p = (*made)[defined];
    if (p.targets.empty())
      for (const auto& call : translate::reference_calls(module.wasm(), defined)) p.targets.push_back({call.offset, likely});
    return &p;
  };
}

Result<std::vector<ir::Function>> functions_of(const File& file, const Settings& settings) {
  if (!file.is_text_module()) return ir::parse_functions(file.head);
  WJIT_TRY(const auto module, load_module(std::make_shared<rt::Engine>(engine_config()), file));
  const auto memories = memories_of(*module, settings);
  const auto profile = profile_of(*module, settings);
  const translate::Env env{module->wasm(), module->offsets, settings.options, memories, &profile};
  translate::Buffers buffers;
  std::vector<ir::Function> functions;
  for (uint32_t i = 0; i < module->counts.defined_functions; ++i) {
    WJIT_TRY(ir::Function f, translate::func_to_ir(env, i, buffers));
    if (f.name.empty()) f.name = module->func_name(f.number);
    functions.push_back(std::move(f));
  }
  return functions;
}

}  // namespace wjit::filetest
