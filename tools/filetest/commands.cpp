#include <fmt/format.h>

#include "compiler/ir/loops.h"
#include "compiler/ir/parse.h"
#include "compiler/ir/print.h"
#include "compiler/ir/verify.h"
#include "tools/filetest/subject.h"

namespace wjit::filetest {
namespace {

// The functions' text, which must be well-formed and come back as it is when it is read.
Result<std::string> print(const File& file, std::string_view argument) {
  WJIT_TRY(const Settings settings, parse_settings(argument));
  WJIT_TRY(const auto functions, functions_of(file, settings));
  std::string out;
  for (const ir::Function& f : functions) {
    WJIT_CHECK(ir::verify(f));
    const std::string text = ir::print(f);
    WJIT_TRY(const ir::Function again, ir::parse(text));
    if (ir::print(again) != text) return fail(ErrorKind::kInvalid, "the text reads as something else:\n" + text);
    out += out.empty() ? text : "\n" + text;
  }
  return out;
}

Result<std::string> verify_error(const File& file, std::string_view) {
  WJIT_TRY(const auto functions, functions_of(file, {}));
  std::string out;
  for (const ir::Function& f : functions) {
    const auto ok = ir::verify(f);
    out += ok ? fmt::format("function {}: nothing wrong\n", f.number) : ok.error().message() + "\n";
  }
  return out;
}

Result<std::string> parse_error(const File& file, std::string_view) {
  const auto functions = functions_of(file, {});
  return functions ? std::string("nothing wrong\n") : functions.error().message() + "\n";
}

// A line for each block: who comes before, who dominates, which loops are around.
Result<std::string> cfg(const File& file, std::string_view argument) {
  WJIT_TRY(const Settings settings, parse_settings(argument));
  WJIT_TRY(const auto functions, functions_of(file, settings));
  ir::Cfg cfg;
  ir::DomTree dom;
  ir::Loops loops;
  std::string out;
  for (const ir::Function& f : functions) {
    cfg.compute(f);
    dom.compute(f, cfg);
    loops.compute(f, cfg, dom);
    out += fmt::format("function {}\n", f.number);
    for (ir::Block b = f.entry(); b.valid(); b = f.block(b).next) {
      out += fmt::format("  block{}:", b.n);
      if (!cfg.reachable(b)) {
        out += " unreachable\n";
        continue;
      }
      out += fmt::format(" rpo {}", cfg.rpo_index(b));
      if (dom.idom(b).valid()) out += fmt::format(", dominated by block{}", dom.idom(b).n);
      if (const ir::Loop l = loops.loop_of(b); l.valid())
        out += fmt::format(", in the loop of block{}, depth {}", loops.header(l).n, loops.depth(l));
      out += ", from";
      for (const auto& p : cfg.preds(b)) out += fmt::format(" block{}", p.block.n);
      if (cfg.preds(b).empty()) out += " nowhere";
      out += "\n";
    }
    if (!loops.irreducible_edges().empty())
      out += fmt::format("  {} irreducible edges\n", loops.irreducible_edges().size());
  }
  return out;
}

constexpr Command kCommands[] = {
    {"print", true, &print},
    {"verify-error", true, &verify_error},
    {"parse-error", true, &parse_error},
    {"cfg", true, &cfg},
    {"opt", true, &optimised},
    {"vcode", true, &machine_code},
    {"ra", true, &allocated},
    {"asm", true, &assembly},
    {"run", false, &run_call},
};

}  // namespace

std::span<const Command> commands() { return kCommands; }

}  // namespace wjit::filetest
