#include "tools/wjit/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <utility>

#include "tools/wjit/report.h"

namespace wjit::cli {
namespace {

thread_local CommandInfo* describing = nullptr;

std::vector<std::string> split_names(std::string_view names) {
  std::vector<std::string> all;
  for (size_t begin = 0; begin <= names.size();) {
    size_t end = std::min(names.find(',', begin), names.size());
    all.emplace_back(names.substr(begin, end - begin));
    begin = end + 1;
  }
  return all;
}

std::string with_choices(std::string help, const Args& choices) {
  for (size_t i = 0; i < choices.size(); ++i) help += (i ? ", " : ": ") + choices[i];
  return help;
}

// Decimal, or hexadecimal behind 0x.
std::optional<uint64_t> parse_number(std::string_view text) {
  const int base = text.starts_with("0x") || text.starts_with("0X") ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  uint64_t n;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), n, base);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return {};
  return n;
}

// How many letters must be changed, added or taken away (Levenshtein).
size_t distance(std::string_view a, std::string_view b) {
  if (a.size() > 64) return a.size();
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t changed = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

struct Options::Impl {
  Impl(const std::string& name, const char* summary) : command("wjit " + name), app(summary, command) {
    app.allow_extras();  // unexpected() names them
    info.name = name;
    info.summary = summary;
    add("-h,--help", "", "Print this help message and exit");
  }
  std::string command;
  CLI::App app;
  CommandInfo info;
  Args* guest = nullptr;
  bool has_json = false;

  OptionInfo& add(const char* names, const char* meta, const char* help) {
    info.options.push_back({split_names(names), meta, help, {}, false, false});
    return info.options.back();
  }
  OptionInfo& add_argument(const char* name, const char* help, bool repeated) {
    info.options.push_back({{name}, "", help, {}, repeated, true});
    return info.options.back();
  }

  // The option that was probably meant, if one is near enough.
  std::string nearest(const std::string& arg) const {
    const std::string word = arg.substr(0, arg.find('='));
    std::string best;
    size_t least = word.size() < 6 ? 2 : 3;  // below this many letters wrong
    for (const OptionInfo& o : info.options) {
      for (const std::string& name : o.names) {
        const size_t d = o.is_argument || name.size() < 3 ? least : distance(word, name);
        if (d < least) least = d, best = name;
      }
    }
    return best;
  }

  // What CLI11 could make nothing of.
  std::optional<int> unexpected() const {
    for (const std::string& arg : app.remaining()) {
      if (arg == "--") continue;
      const char* what = arg.starts_with('-') ? "unknown option" : "unexpected argument";
      const std::string meant = arg.starts_with('-') ? nearest(arg) : "";
      return report_usage(command,
                          fmt::format("{} '{}'{}", what, arg,
                                      meant.empty() ? "" : fmt::format(": did you mean '{}'?", meant)));
    }
    return {};
  }
};

Options::Options(std::string command, const char* summary)
    : impl_(std::make_unique<Impl>(command, summary)) {}
Options::~Options() = default;

void Options::flag(const char* names, bool& out, const char* help) {
  impl_->app.add_flag(names, out, help);
  impl_->add(names, "", help);
}
void Options::flag_or_choice(const char* name, std::string& out, const char* plain, Args choices, const char* help) {
  impl_->app.add_flag(fmt::format("{}{{{}}}", name, plain), out, with_choices(help, choices));
  impl_->add(name, "", help).choices = std::move(choices);
}
void Options::value(const char* names, std::string& out, const char* meta, const char* help) {
  impl_->app.add_option(names, out, help)->type_name(meta);
  impl_->add(names, meta, help);
}
void Options::value(const char* names, std::optional<std::string>& out, const char* meta, const char* help) {
  impl_->app
      .add_option_function<std::string>(
          names, [&out](const std::string& v) { out = v; }, help)
      ->type_name(meta);
  impl_->add(names, meta, help);
}
void Options::value(const char* names, std::optional<uint64_t>& out, const char* meta, const char* help) {
  impl_->app
      .add_option_function<std::string>(
          names,
          [&out, names](const std::string& v) {
            out = parse_number(v);
            if (!out)
              throw CLI::ConversionError(fmt::format("{}: found '{}', expected a number from 0 to {}", names, v, UINT64_MAX));
          },
          help)
      ->type_name(meta);
  impl_->add(names, meta, help);
}
void Options::values(const char* names, Args& out, const char* meta, const char* help) {
  impl_->app.add_option(names, out, help)
      ->type_name(meta)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  impl_->add(names, meta, help).repeated = true;
}
void Options::choice(const char* names, std::string& out, const char* meta, Args choices, const char* help) {
  impl_->app.add_option(names, out, with_choices(help, choices))->type_name(meta);
  impl_->add(names, meta, help).choices = std::move(choices);
}
void Options::json(bool& out, const char* help) {
  flag("--json", out, help);
  impl_->has_json = true;
}
void Options::positional(const char* name, std::string& out, const char* help, Args choices) {
  impl_->app.add_option(name, out, with_choices(help, choices))->required()->type_name("");
  impl_->add_argument(name, help, false).choices = std::move(choices);
}
void Options::optional(const char* name, std::string& out, const char* help) {
  impl_->app.add_option(name, out, help)->type_name("");
  impl_->add_argument(name, help, false);
}
void Options::positionals(const char* name, Args& out, const char* help) {
  impl_->app.add_option(name, out, help)->required()->type_name("");
  impl_->add_argument(name, help, true);
}
void Options::guest_args(const char* name, Args& out, const char* help) {
  impl_->guest = &out;
  // For the help text alone: parse() takes them away before CLI11 sees them.
  impl_->app.add_option(name, out, help)->type_name("");
  impl_->add_argument(name, help, true);
}
void Options::footer(const char* text) {
  impl_->app.footer(text);
  impl_->info.footer = text;
}

void Options::describe_next(CommandInfo* info) { describing = info; }

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

// CLI11 would take the next argument for the value of "--name=".
void split_empty_values(const CLI::App& app, Args& args, size_t own) {
  for (size_t i = own; i-- > 0;) {
    if (!args[i].starts_with("--") || !args[i].ends_with('=')) continue;
    const std::string name = args[i].substr(0, args[i].size() - 1);
    const CLI::Option* option = app.get_option_no_throw(name);
    if (!option || option->get_items_expected_min() == 0) continue;
    args[i] = name;
    args.insert(args.begin() + static_cast<std::ptrdiff_t>(i) + 1, "");
  }
}

}  // namespace

std::optional<int> Options::parse(Args args) {
  if (describing) {
    *std::exchange(describing, nullptr) = impl_->info;
    return kExitOk;
  }
  split_empty_values(impl_->app, args, impl_->guest ? count_own(impl_->app, args) : args.size());
  if (impl_->has_json) {
    const size_t own = impl_->guest ? count_own(impl_->app, args) : args.size();
    if (std::find(args.begin(), args.begin() + own, "--json") != args.begin() + own) report_as_json();
  }
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

}  // namespace wjit::cli
