#include "tools/wjit/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

namespace wjit::cli {

struct Options::Impl {
  Impl(const std::string& command, const char* summary) : command(command), app(summary, command) {
    app.allow_extras();  // unexpected() names them
  }
  std::string command;
  CLI::App app;
  Args* guest = nullptr;

  // What CLI11 could make nothing of.
  std::optional<int> unexpected() const {
    for (const std::string& arg : app.remaining()) {
      if (arg == "--") continue;
      const char* what = arg.starts_with('-') ? "unknown option" : "unexpected argument";
      return report_usage(command, fmt::format("{} '{}'", what, arg));
    }
    return {};
  }
};

Options::Options(std::string command, const char* summary)
    : impl_(std::make_unique<Impl>("wjit " + command, summary)) {}
Options::~Options() = default;

void Options::flag(const char* names, bool& out, const char* help) { impl_->app.add_flag(names, out, help); }

void Options::value(const char* names, std::string& out, const char* meta, const char* help) {
  impl_->app.add_option(names, out, help)->type_name(meta);
}
void Options::value(const char* names, std::optional<std::string>& out, const char* meta, const char* help) {
  impl_->app
      .add_option_function<std::string>(
          names, [&out](const std::string& v) { out = v; }, help)
      ->type_name(meta);
}
void Options::value(const char* names, std::optional<uint64_t>& out, const char* meta, const char* help) {
  impl_->app
      .add_option_function<uint64_t>(
          names, [&out](const uint64_t& v) { out = v; }, help)
      ->type_name(meta);
}
void Options::values(const char* names, Args& out, const char* meta, const char* help) {
  impl_->app.add_option(names, out, help)
      ->type_name(meta)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}
void Options::positional(const char* name, std::string& out, const char* help) {
  impl_->app.add_option(name, out, help)->required()->type_name("");
}
void Options::positionals(const char* name, Args& out, const char* help) {
  impl_->app.add_option(name, out, help)->required()->type_name("");
}
void Options::guest_args(const char* name, Args& out, const char* help) {
  impl_->guest = &out;
  // For the help text alone: parse() takes them away before CLI11 sees them.
  impl_->app.add_option(name, out, help)->type_name("");
}
void Options::footer(const char* text) { impl_->app.footer(text); }

namespace {

// How many leading arguments are options of ours: up to the first that is neither an option nor the value of
// one.
size_t count_own(const CLI::App& app, const Args& args) {
  size_t i = 0;
  while (i < args.size() && args[i].size() > 1 && args[i][0] == '-' && args[i] != "--") {
    bool has_value = args[i].find('=') != std::string::npos;
    const CLI::Option* option = has_value ? nullptr : app.get_option_no_throw(args[i]);
    i += option && option->get_items_expected_min() > 0 ? 2 : 1;
  }
  return std::min(i, args.size());
}

}  // namespace

std::optional<int> Options::parse(Args args) {
  if (impl_->guest) {
    size_t own = count_own(impl_->app, args);
    size_t file = own + (own < args.size() && args[own] == "--");
    Args guest(args.begin() + std::min(file + 1, args.size()), args.end());
    args.erase(args.begin() + std::min(file + 1, args.size()), args.end());
    // So that a file called "-x" stays a file.
    if (file == own && own < args.size()) args.insert(args.begin() + own, "--");
    *impl_->guest = std::move(guest);
  }
  Args guest = impl_->guest ? std::move(*impl_->guest) : Args();
  std::reverse(args.begin(), args.end());  // as CLI11 wants them
  try {
    impl_->app.parse(std::move(args));
  } catch (const CLI::CallForHelp&) {
    std::string help = impl_->app.help();
    std::fwrite(help.data(), 1, help.size(), stdout);
    return kExitOk;
  } catch (const CLI::ParseError& e) {
    // A mistyped option is the better explanation when something is missing as well.
    if (auto status = impl_->unexpected()) return status;
    return report_usage(impl_->command, e.what());
  }
  if (auto status = impl_->unexpected()) return status;
  if (impl_->guest) *impl_->guest = std::move(guest);
  return {};
}

int report(const std::string& message) {
  std::fflush(stdout);
  std::string line = "wjit: " + message + (message.ends_with('\n') ? "" : "\n");
  std::fwrite(line.data(), 1, line.size(), stderr);
  return kExitBadInput;
}

int report(const std::string& path, const Error& error) {
  std::string message = error.to_string();
  return report(message.starts_with(path) ? message : path + ": " + message);
}

int report_usage(const std::string& command, const std::string& message) {
  report(message);
  std::fprintf(stderr, "Try '%s --help'.\n", command.c_str());
  return kExitUsage;
}

}  // namespace wjit::cli
