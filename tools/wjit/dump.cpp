#include <fmt/format.h>

#include "compiler/bytecode/translate.h"
#include "compiler/support/byte_cursor.h"
#include "runtime/compiled_module.h"
#include "tools/wast/number.h"
#include "tools/wjit/commands.h"
#include "tools/wjit/dump.h"
#include "tools/wjit/load.h"

namespace wjit::cli {
namespace {

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

// The sections as they lie in the file. The module was read before, so its framing is sound.
void dump_sections(const wasm::Module& module) {
  ByteCursor file(module.bytes->span);
  file.bytes(8);
  print(fmt::format("{:<12} {:>10} {:>10}  {}\n", "section", "offset", "bytes", "entries"));
  while (file.ok() && !file.at_end()) {
    uint8_t id = file.u8();
    uint32_t size = file.u32();
    ByteCursor section = file.sub(size);
    uint64_t offset = section.offset();
    std::string what;
    if (id == 0) {
      auto name = section.bytes(section.u32());
      what = fmt::format("\"{}\"", std::string_view(reinterpret_cast<const char*>(name.data()), name.size()));
    } else {
      // Every other section begins with a number: how many entries, or the start function.
      what = std::to_string(section.u32());
    }
    print(fmt::format("{:<12} {:#10x} {:>10}  {}\n", wasm::section_name(id), offset, size, what));
  }
}

// A function by index or by the name the name section or an export gives it.
std::optional<uint32_t> find_function(const rt::CompiledModule& module, const std::string& text) {
  const wasm::Module& m = module.wasm();
  if (auto index = wast::parse_int(text, 32); index && *index < m.funcs.size()) return *index;
  for (uint32_t i = 0; i < m.funcs.size(); ++i) {
    if (module.func_name(i) == text) return i;
  }
  const wasm::Export* e = m.find_export(text);
  if (e && e->kind == wasm::ExternKind::kFunc) return e->index;
  return {};
}

// The defined function that --func names; else why it is none was reported.
std::optional<uint32_t> choose_function(const std::string& file, const rt::CompiledModule& module,
                                        const std::string& func) {
  auto index = find_function(module, func);
  if (!index) {
    report(fmt::format("{}: no function '{}': expected an index below {} or the name of a function or export", file,
                       func, module.wasm().funcs.size()),
           ErrorKind::kLink);
    return {};
  }
  if (*index < module.wasm().imported_funcs) {
    report(fmt::format("{}: function {} is imported: it has no code", file, *index), ErrorKind::kLink);
    return {};
  }
  return index;
}

int dump_bytecode(const std::string& file, const rt::CompiledModule& module, uint32_t index) {
  auto code = bc::translate_func(module.wasm(), module.offsets, index - module.wasm().imported_funcs,
                                 rt::bytecode_options(module.engine()));
  if (!code) return report(file, module.located(code.error()));
  print(bc::print_code(**code));
  return kExitOk;
}

}  // namespace

int dump_main(Args args) {
  EngineOptions engine_options;
  bool sections = false, bytecode = false;
  DumpNative native;
  std::string func, file;
  Options options("dump", "Show what is in a module: its sections, unless something else is asked for");
  engine_options.declare(options);
  options.flag("--sections", sections, "The sections: where they lie, and how many entries they have");
  options.flag("--bytecode", bytecode, "The interpreter's bytecode of the function --func names");
  options.flag("--ir", native.ir, "That function as the compiler translates it");
  options.flag("--opt", native.opt, "After the passes that make it better");
  options.flag("--vcode", native.vcode, "As machine instructions, before they have registers");
  options.flag("--ra", native.ra, "The same with the registers they were given, and the moves that takes");
  options.flag_or_choice("--asm", native.assembly, "text", {"text", "json"},
                         "Its machine code; as JSON a line for each function, or for the one --func names");
  options.value("--func", func, "N|NAME", "A function, by index or name");
  options.flag("--time-passes", native.times, "How long each pass took, on standard error");
  options.positional("FILE", file, "The module; - is standard input");
  if (auto status = options.parse(std::move(args))) return *status;
  if (auto status = engine_options.resolve("dump")) return *status;
  if (!native.assembly.empty() && native.assembly != "text" && native.assembly != "json")
    return report_usage("wjit dump", fmt::format("--asm: found '{}', expected one of: text, json", native.assembly));
  const bool one = bytecode || (native.any() && native.assembly != "json");
  if (one && func.empty()) return report_usage("wjit dump", "expected --func=N|NAME: which function");
  if (!func.empty() && !bytecode && !native.any())
    return report_usage("wjit dump", "--func: expected --bytecode or a stage of native code with it");
  if (native.assembly == "json" && (native.ir || native.opt || native.vcode || native.ra))
    return report_usage("wjit dump", "--asm=json: expected no other stage with it");
  engine_options.config.mode = CompilationMode::kLazy;
  engine_options.config.tier = Tier::kInterp;  // what is shown is compiled for that, and not run
  Engine engine(engine_options.config);
  auto module = load_module(engine, file);
  if (!module) return report(file, module.err());
  const rt::CompiledModule& m = module.ok().impl();
  std::optional<uint32_t> index;
  if (!func.empty() && !(index = choose_function(file, m, func))) return kExitBadInput;
  if (sections || (!bytecode && !native.any())) dump_sections(m.wasm());
  int status = bytecode ? dump_bytecode(file, m, *index) : static_cast<int>(kExitOk);
  if (native.any() && status == kExitOk) status = dump_native(file, m, index, native);
  return status;
}

}  // namespace wjit::cli
