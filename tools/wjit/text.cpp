// `wjit parse` and `wjit print`: between text and binary.
#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "compiler/wasm/text/parse_wat.h"
#include "compiler/wasm/text/print_wat.h"
#include "runtime/compiled_module.h"
#include "tools/wast/script.h"
#include "tools/wjit/commands.h"
#include "tools/wjit/load.h"

namespace wjit::cli {
namespace {

// A file, or standard output for "-". Nothing is made before the first byte is there.
class Output {
 public:
  explicit Output(std::string path) : path_(std::move(path)), file_(path_ == "-" ? stdout : nullptr) {}
  Output(const Output&) = delete;
  ~Output() {
    if (file_ && file_ != stdout) std::fclose(file_);
  }

  void write(std::string_view bytes) {
    if (failed_) return;
    errno = 0;
    if (!file_) file_ = std::fopen(path_.c_str(), "wb");
    if (!file_ || std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size())
      failed_ = errno ? errno : EIO;
  }
  // The exit status; main looks after standard output.
  int finish() {
    std::FILE* file = std::exchange(file_, nullptr);
    errno = 0;
    if (file && file != stdout && std::fclose(file) != 0 && !failed_) failed_ = errno ? errno : EIO;
    return failed_ && path_ != "-" ? report(path_ + ": " + std::strerror(failed_))
                                   : static_cast<int>(kExitOk);
  }

 private:
  std::string path_;
  std::FILE* file_;
  int failed_ = 0;
};

}  // namespace

int parse_main(Args args) {
  EngineOptions engine_options;
  std::string file, out;
  Options options(
      "parse", "Translate the text of a module to its binary. Only the text is checked; see wjit validate");
  engine_options.declare(options);
  options.value("--output,-o", out, "FILE",
                "Where to: by default FILE with .wasm for .wat; - is standard output");
  options.positional("FILE", file, "The module's text; - is standard input");
  if (auto status = options.parse(std::move(args))) return *status;
  if (auto status = engine_options.resolve("parse")) return *status;
  std::string source;
  if (file == "-") {
    auto text = read_stdin();
    if (!text) return report(text.err().message());
    source = std::move(text.ok());
  } else {
    auto text = wast::read_text(file);
    if (!text) return report(text.error().message());
    source = std::move(*text);
  }
  auto module = wasm::text::parse_wat_for_load(source, engine_options.config.features);
  if (!module) return report(file + ":" + module.error().message());
  if (out.empty()) {
    if (!file.ends_with(".wat"))
      return report_usage("wjit parse", fmt::format("{}: is not called .wat: expected --output=FILE", file));
    out = file.substr(0, file.size() - 4) + ".wasm";
  }
  Output output(out);
  output.write({reinterpret_cast<const char*>(module->binary.data()), module->binary.size()});
  return output.finish();
}

int print_main(Args args) {
  EngineOptions engine_options;
  std::string file, out = "-";
  bool no_names = false, no_customs = false;
  Options options("print", "Show a module as text, which wjit parse makes the same module of");
  engine_options.declare(options);
  options.value("--output,-o", out, "FILE", "Where to, instead of standard output");
  options.flag("--no-names", no_names, "Indices for identifiers");
  options.flag("--no-customs", no_customs, "Leave custom sections out");
  options.positional("FILE", file, "The module; - is standard input");
  if (auto status = options.parse(std::move(args))) return *status;
  if (auto status = engine_options.resolve("print")) return *status;
  engine_options.config.mode = CompilationMode::kLazy;
  auto module = load_module(Engine(engine_options.config), file);
  if (!module) return report(file, module.err());
  Output output(out);
  auto printed =
      wasm::text::print_wat(module.ok().impl().wasm(), {.names = !no_names, .customs = !no_customs},
                            [&](std::string_view piece) { output.write(piece); });
  int status = output.finish();
  return printed ? status : report(file, printed.error());
}

}  // namespace wjit::cli
