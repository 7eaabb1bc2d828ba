#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "compiler/compile.h"
#include "compiler/ir/print.h"
#include "runtime/jit/native_module.h"
#include "tools/wjit/disassemble.h"
#include "tools/wjit/dump.h"
#include "tools/wjit/listing.h"
#include "tools/wjit/options.h"
#include "tools/wjit/native_report.h"

namespace wjit::cli {
namespace {

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

std::string function_text(const rt::CompiledModule& module, uint32_t index) {
  const std::string_view name = module.func_name(index);
  return name.empty() ? fmt::format("function {}", index) : fmt::format("function {} '{}'", index, name);
}

std::string assembly(const rt::CompiledModule& module, uint32_t index, const isa::CompiledFunc& func,
                     const isa::Listing& listing) {
  const uint32_t imported = module.wasm().imported_funcs;
  const ListingNames names{module.offsets, [&](uint32_t n) { return function_text(module, imported + n); },
                           [&](uint32_t n) { return function_text(module, n); }};
  return fmt::format("{}: {} bytes, frame of {}, {} moves to and from the stack\n{}", function_text(module, index),
                     func.bytes.size(), func.frame_bytes, func.spill_moves, list_code(func, listing, names));
}

// All stages of one function, as text.
int show(const std::string& file, const rt::CompiledModule& module, const CompileOptions& options, uint32_t index,
         const DumpNative& what) {
  const bool many = what.ir + what.opt + what.vcode + what.ra + !what.assembly.empty() > 1;
  const auto heading = [&](const char* stage) {
    if (many) print(fmt::format("--- {}\n", stage));
  };
  isa::Listing listing;
  support::PassTimes times;
  Stages stages;
  stages.listing = &listing;
  stages.times = &times;
  if (what.ir) stages.translated = [&](const ir::Function& f) { heading("ir"), print(ir::print(f)); };
  if (what.opt) stages.optimised = [&](const ir::Function& f) { heading("opt"), print(ir::print(f)); };
  if (what.vcode) stages.lowered = [&](const std::string& text) { heading("vcode"), print(text); };
  if (what.ra) stages.allocated = [&](const std::string& text) { heading("ra"), print(text); };
  auto func = compile_func(module.wasm(), module.offsets, options, index - module.wasm().imported_funcs, stages);
  if (!func) return report(file, module.located(func.error()));
  if (!what.assembly.empty()) {
    if (isa::kHostArch != isa::Arch::kX64)
      return report("--asm: machine code is shown for x86-64 only (--asm=json: its bytes)", ErrorKind::kUnsupported);
    if (!can_disassemble()) return report("--asm: this wjit was built without Zydis", ErrorKind::kUnsupported);
    heading("asm");
    print(assembly(module, index, *func, listing));
  }
  if (what.times) std::fflush(stdout), std::fputs(pass_table(times).c_str(), stderr);
  return kExitOk;
}

// A line of JSON: what tools/bench counts spills in. The code is as it is published, so that what jumps or calls out of
// a function really leads out of it.
std::string json_line(const rt::CompiledModule& module, const NativeCode& code, const NativeCode::Func& f,
                      const isa::CompiledFunc& func, const isa::Listing& listing) {
  std::string out = fmt::format("{{\"index\": {}, \"name\": {}, \"offset\": {}, \"hex\": \"", f.func_index,
                                json_string(module.func_name(f.func_index)), f.start);
  for (uint32_t at = f.start; at < f.end; ++at) out += fmt::format("{:02x}", code.bytes[at]);
  out += "\"";
  const char* before = ", \"jumps\": [";
  for (const isa::JumpTable& t : listing.tables) {
    out += fmt::format("{}[{}", std::exchange(before, ", "), t.jump);
    for (uint32_t k = 0; k < t.entries; ++k) {
      int32_t distance;
      std::memcpy(&distance, &code.bytes[f.start + t.table + 4 * k], 4);
      out += fmt::format(", {}", static_cast<int64_t>(t.table) + distance);
    }
    out += "]";
  }
  if (!listing.tables.empty()) out += "]";
  // What is called in order to raise a trap does not come back, and constants may follow.
  out += ", \"ends\": [";
  before = "";
  for (const isa::Reloc& r : func.relocs) {
    if (r.kind != isa::Reloc::Kind::kStub || r.stub != isa::Stub::kRaise) continue;
    out += fmt::format("{}{}", std::exchange(before, ", "), isa::kHostArch == isa::Arch::kX64 ? r.offset - 1 : r.offset);
  }
  return out + "]}\n";
}

int show_json(const std::string& file, const rt::CompiledModule& module, const CompileOptions& options,
              std::optional<uint32_t> only) {
  auto code = compile_module(module.wasm(), module.offsets, options);
  if (!code) return report(file, module.located(code.error()));
  for (const NativeCode::Func& f : code->functions) {
    if (only && *only != f.func_index) continue;
    isa::Listing listing;
    Stages stages;
    stages.listing = &listing;
    auto func =
        compile_func(module.wasm(), module.offsets, options, f.func_index - module.wasm().imported_funcs, stages);
    if (!func) return report(file, module.located(func.error()));
    if (func->bytes.size() != f.end - f.start)
      return report(fmt::format("{}: function {} was compiled twice, and became {} and {} bytes", file, f.func_index,
                                f.end - f.start, func->bytes.size()));
    print(json_line(module, *code, f, *func, listing));
  }
  if (options.times) std::fflush(stdout), std::fputs(pass_table(code->times).c_str(), stderr);
  for (const NativeCode::Refusal& r : code->refused)
    if (only == r.func_index) return report(file, module.located(r.error));
  return kExitOk;
}

}  // namespace

int dump_native(const std::string& file, const rt::CompiledModule& module, std::optional<uint32_t> func,
                const DumpNative& what) {
  auto options = rt::compile_options(module, 1);
  if (!options) return report(options.error().message(), options.error().kind());
  options->times = what.times;
  return what.assembly == "json" ? show_json(file, module, *options, func)
                                 : show(file, module, *options, *func, what);
}

}  // namespace wjit::cli
