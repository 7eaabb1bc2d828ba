// What a function becomes on its way to native code, for x86-64 or AArch64, on whatever machine this runs.
#include <fmt/format.h>

#include "compiler/compile.h"
#include "compiler/ir/print.h"
#include "compiler/ir/verify.h"
#include "compiler/opt/optimise.h"
#include "tools/filetest/subject.h"
#include "tools/wjit/disassemble.h"
#include "tools/wjit/listing.h"

namespace wjit::filetest {

namespace {

// What a command shows of one function.
struct View {
  Stages stages;
  std::string text;
};
using Show = void (*)(View&);

Result<std::string> listing_of(const rt::CompiledModule& m, uint32_t defined, const isa::CompiledFunc& f,
                               const isa::Listing& listing) {
  const auto name = [&](uint32_t index) { return fmt::format("function {}", index); };
  const cli::ListingNames names{m.offsets, [&](uint32_t n) { return name(m.wasm().imported_funcs + n); }, name};
  return fmt::format("{}: {} bytes, frame of {}\n{}", name(m.wasm().imported_funcs + defined), f.bytes.size(),
                     f.frame_bytes, cli::list_code(f, listing, names));
}

// Every function of a module, proved on the way. What is refused says why.
Result<std::string> each_function(const File& file, std::string_view argument, Show show) {
  if (!file.is_text_module()) return fail(ErrorKind::kUsage, "machine code is made of modules (.wat)");
  WJIT_TRY(const Settings settings, parse_settings(argument));
  WJIT_TRY(const auto module, load_module(std::make_shared<rt::Engine>(engine_config()), file));
  CompileOptions options;
  options.translate = settings.options;
  options.memories = memories_of(*module, settings);
  options.arch = settings.arch;
  options.features = settings.features;
  options.profile = profile_of(*module, settings);
  options.opt_level = settings.opt_level;
  options.opt_passes = settings.opt_passes;
  options.regalloc = {settings.regalloc, 0, true};
  options.verify = true;
  if (!show && settings.arch != isa::Arch::kX64) return fail(ErrorKind::kUsage, "only x86-64 code is disassembled");
  std::string out;
  for (uint32_t i = 0; i < module->counts.defined_functions; ++i) {
    View view;
    isa::Listing listing;
    if (show) show(view);
    view.stages.listing = &listing;
    auto func = compile_func(module->wasm(), module->offsets, options, i, view.stages);
    if (!func && func.error().kind() != ErrorKind::kUnsupported) return tl::unexpected<Error>(std::move(func).error());
    if (!out.empty()) out += "\n";
    if (!func) {
      out += fmt::format("function {} is refused: {}\n", module->wasm().imported_funcs + i, func.error().message());
    } else if (show) {
      out += fmt::format("function {}\n{}", module->wasm().imported_funcs + i, view.text);
    } else {
      WJIT_TRY(const std::string text, listing_of(*module, i, *func, listing));
      out += text;
    }
  }
  return out;
}

}  // namespace

Result<std::string> optimised(const File& file, std::string_view argument) {
  WJIT_TRY(const Settings settings, parse_settings(argument));
  WJIT_TRY(auto functions, functions_of(file, settings));
  opt::Optimiser optimiser;
  optimiser.passes = settings.opt_passes;
  std::string out;
  for (ir::Function& f : functions) {
    WJIT_CHECK(ir::verify(f));
    optimiser.run(f, settings.opt_level);
    WJIT_CHECK(ir::verify(f));
    out += (out.empty() ? "" : "\n") + ir::print(f);
  }
  return out;
}

Result<std::string> machine_code(const File& file, std::string_view argument) {
  return each_function(file, argument, [](View& v) { v.stages.lowered = [&v](const std::string& text) { v.text = text; }; });
}

Result<std::string> allocated(const File& file, std::string_view argument) {
  return each_function(file, argument,
                       [](View& v) { v.stages.allocated = [&v](const std::string& text) { v.text = text; }; });
}

Result<std::string> assembly(const File& file, std::string_view argument) {
  if (!cli::can_disassemble()) {
    // Nothing to compare with, and nothing to write anew.
    const Section* s = file.section(argument.empty() ? "asm" : fmt::format("asm {}", argument));
    return s ? s->text : std::string();
  }
  return each_function(file, argument, nullptr);
}

}  // namespace wjit::filetest
