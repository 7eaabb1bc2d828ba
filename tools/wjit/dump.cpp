#include <fmt/format.h>

#include "compiler/bytecode/translate.h"
#include "compiler/support/byte_cursor.h"
#include "runtime/compiled_module.h"
#include "tools/wast/number.h"
#include "tools/wjit/commands.h"
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

int dump_bytecode(const std::string& file, const rt::CompiledModule& module, const std::string& func) {
  auto index = find_function(module, func);
  uint32_t imported = module.wasm().imported_funcs;
  if (!index) {
    return report(
        fmt::format("{}: no function '{}': expected an index below {} or the name of a function or export",
                    file, func, module.wasm().funcs.size()),
        ErrorKind::kLink);
  }
  if (*index < imported)
    return report(fmt::format("{}: function {} is imported: it has no bytecode", file, *index),
                  ErrorKind::kLink);
  bc::TranslateOptions options;
  options.fuel = module.engine().config.consume_fuel;
  auto code = bc::translate_func(module.wasm(), module.offsets, *index - imported, options);
  if (!code) return report(file, module.located(code.error()));
  print(bc::print_code(**code));
  return kExitOk;
}

}  // namespace

int dump_main(Args args) {
  EngineOptions engine_options;
  bool sections = false, bytecode = false;
  std::string func, file;
  Options options("dump", "Show what is in a module: its sections, unless something else is asked for");
  engine_options.declare(options);
  options.flag("--sections", sections, "The sections: where they lie, and how many entries they have");
  options.flag("--bytecode", bytecode, "The interpreter's bytecode of the function --func names");
  options.value("--func", func, "N|NAME", "A function, by index or name");
  options.positional("FILE", file, "The module; - is standard input");
  if (auto status = options.parse(std::move(args))) return *status;
  if (auto status = engine_options.resolve("dump")) return *status;
  if (bytecode != !func.empty()) {
    return report_usage("wjit dump", bytecode ? "--bytecode: expected --func=N|NAME with it"
                                              : "--func: expected --bytecode with it");
  }
  engine_options.config.mode = CompilationMode::kLazy;
  Engine engine(engine_options.config);
  auto module = load_module(engine, file);
  if (!module) return report(file, module.err());
  if (sections || !bytecode) dump_sections(module.ok().impl().wasm());
  return bytecode ? dump_bytecode(file, module.ok().impl(), func) : static_cast<int>(kExitOk);
}

}  // namespace wjit::cli
