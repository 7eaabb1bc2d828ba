// Completion scripts, from what the commands declare.
#include <fmt/format.h>

#include "tools/wjit/commands.h"

namespace wjit::cli {
namespace {

std::vector<CommandInfo> shown_commands() {
  std::vector<CommandInfo> all;
  for (const Command& c : commands()) {
    if (!c.summary) continue;
    all.push_back(describe(c));
    all.back().summary = c.summary;
  }
  return all;
}

std::string join(const Args& items, const char* between = " ") {
  std::string text;
  for (const std::string& i : items) text += (text.empty() ? "" : between) + i;
  return text;
}

// In single quotes of a shell; `escape` stands for a quote.
std::string quote(const std::string& text, const char* escape) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') {
      out += escape;
    } else {
      out += c;
    }
  }
  return out + "'";
}

Args option_names(const CommandInfo& c) {
  Args names;
  for (const OptionInfo& o : c.options)
    if (!o.is_argument) names.insert(names.end(), o.names.begin(), o.names.end());
  return names;
}

// What an argument of the command can be, where that is a list.
Args argument_choices(const CommandInfo& c, const std::vector<CommandInfo>& all) {
  for (const OptionInfo& o : c.options) {
    if (!o.is_argument) continue;
    if (o.names[0] != "COMMAND") return o.choices;
    Args names;
    for (const CommandInfo& other : all) names.push_back(other.name);
    return names;
  }
  return {};
}

bool takes_directory(const OptionInfo& o) { return o.meta.starts_with("HOST") || o.meta == "DIR"; }
bool takes_file(const OptionInfo& o) { return o.meta == "FILE" || o.meta.ends_with("=FILE"); }

std::string bash(const std::vector<CommandInfo>& all) {
  std::string names, values, options;
  for (const CommandInfo& c : all) {
    names += (names.empty() ? "" : " ") + c.name;
    for (const OptionInfo& o : c.options) {
      if (o.is_argument || o.meta.empty()) continue;
      std::string words = fmt::format("-W {}", quote(join(o.choices), "'\\''"));
      if (o.choices.empty()) words = takes_directory(o) ? "-d" : takes_file(o) ? "-f" : "-W ''";
      for (const std::string& name : o.names)
        values +=
            fmt::format("    {}:{}) COMPREPLY=($(compgen {} -- \"$cur\")); return ;;\n", c.name, name, words);
    }
    const std::string arguments = join(argument_choices(c, all));
    options +=
        fmt::format("    {}) options='{}' arguments='{}' ;;\n", c.name, join(option_names(c)), arguments);
  }
  return fmt::format(
      R"(# Completion of wjit for bash. Put it where bash-completion looks (wjit completion bash >
# ~/.local/share/bash-completion/completions/wjit), or: source <(wjit completion bash)
_wjit() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} command=run options arguments
  # bash takes --option=value for three words.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=${{COMP_WORDS[COMP_CWORD-2]}}
  fi
  case " {0} " in *" ${{COMP_WORDS[1]}} "*) command=${{COMP_WORDS[1]}} ;; esac
  case $command:$prev in
{1}  esac
  case $command in
{2}  esac
  if [[ $cur == -* ]]; then
    [[ $COMP_CWORD == 1 ]] && options+=' --version'
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
  elif [[ -n $arguments ]]; then
    COMPREPLY=($(compgen -W "$arguments" -- "$cur"))
  else
    COMPREPLY=($(compgen -f -- "$cur"))
    [[ $COMP_CWORD == 1 ]] && COMPREPLY+=($(compgen -W '{0}' -- "$cur"))
  fi
}}
complete -o filenames -F _wjit wjit
)",
      names, values, options);
}

// A specification of _arguments, in which colons and brackets of descriptions are escaped.
std::string zsh_option(const OptionInfo& o, const Args& argument_words) {
  std::string help;
  for (char c : o.help)
    help += (c == '[' || c == ']' || c == ':' || c == '\\') ? std::string("\\") + c : std::string(1, c);
  std::string action = o.choices.empty() ? (takes_directory(o) ? "_files -/"
                                            : takes_file(o)    ? "_files"
                                                               : " ")
                                         : "(" + join(o.choices) + ")";
  std::string spec;
  if (o.is_argument) {
    action = argument_words.empty() ? "_files" : "(" + join(argument_words) + ")";
    return "      " + quote(fmt::format("{}:{}:{}", o.repeated ? "*" : "", o.names[0], action), "'\\''") +
           " \\\n";
  }
  for (const std::string& name : o.names) {
    const bool is_long = name.starts_with("--");
    const std::string value = o.meta.empty() ? "" : fmt::format(":{}:{}", "value", action);
    spec += "      " +
            quote(fmt::format("{}{}{}[{}]{}", o.repeated ? "*" : "", name,
                              o.meta.empty() ? ""
                              : is_long      ? "="
                                             : "+",
                              help, value),
                  "'\\''") +
            " \\\n";
  }
  return spec;
}

std::string zsh(const std::vector<CommandInfo>& all) {
  std::string names, described, cases;
  for (const CommandInfo& c : all) {
    names += (names.empty() ? "" : "|") + c.name;
    described += "    " + quote(c.name + ":" + c.summary, "'\\''") + "\n";
    cases += fmt::format("    {})\n      _arguments -S \\\n", c.name);
    for (const OptionInfo& o : c.options) cases += zsh_option(o, argument_choices(c, all));
    cases.erase(cases.size() - 3);
    cases += "\n      ;;\n";
  }
  return fmt::format(R"(#compdef wjit
# Completion of wjit for zsh. Put it as _wjit into a folder of $fpath.
_wjit() {{
  local command=run
  local -a known
  known=(
{1}  )
  if (( CURRENT == 2 )); then
    _describe -t commands command known
    [[ ${{words[2]}} == -* ]] || _files
  fi
  case ${{words[2]}} in
    {0}) command=${{words[2]}}; shift words; (( CURRENT-- )) ;;
  esac
  case $command in
{2}  esac
}}
if [[ $funcstack[1] == _wjit ]]; then _wjit "$@"; else compdef _wjit wjit; fi
)",
                     names, described, cases);
}

std::string fish(const std::vector<CommandInfo>& all) {
  std::string text = "# Completion of wjit for fish. Put it into ~/.config/fish/completions/wjit.fish\n";
  std::string others;
  for (const CommandInfo& c : all) {
    if (c.name != "run") others += " " + c.name;
    text +=
        fmt::format("complete -c wjit -n __fish_is_first_arg -a {} -d {}\n", c.name, quote(c.summary, "\\'"));
  }
  for (const CommandInfo& c : all) {
    // Without a command it is run.
    const std::string when = c.name == "run" ? "not __fish_seen_subcommand_from" + others
                                             : "__fish_seen_subcommand_from " + c.name;
    for (const OptionInfo& o : c.options) {
      std::string line = fmt::format("complete -c wjit -n '{}'", when);
      if (o.is_argument) {
        const Args words = argument_choices(c, all);
        if (words.empty()) continue;
        text += fmt::format("{} -f -a {}\n", line, quote(join(words), "\\'"));
        continue;
      }
      for (const std::string& name : o.names)
        line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (!o.choices.empty()) {
        line += " -x -a " + quote(join(o.choices), "\\'");
      } else if (!o.meta.empty()) {
        line += takes_directory(o) || takes_file(o) ? " -r" : " -x";
      }
      text += line + " -d " + quote(o.help, "\\'") + "\n";
    }
  }
  return text;
}

struct Shell {
  const char* name;
  std::string (*script)(const std::vector<CommandInfo>&);
};
constexpr Shell kShells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

}  // namespace

int completion_main(Args args) {
  std::string shell;
  Args names;
  for (const Shell& s : kShells) names.push_back(s.name);
  Options options("completion", "Print a completion script for a shell");
  options.positional("SHELL", shell, "Which one", names);
  if (auto status = options.parse(std::move(args))) return *status;
  for (const Shell& s : kShells) {
    if (shell != s.name) continue;
    const std::string text = s.script(shown_commands());
    std::fwrite(text.data(), 1, text.size(), stdout);
    return kExitOk;
  }
  return report_usage("wjit completion",
                      fmt::format("found '{}', expected one of: {}", shell, join(names, ", ")));
}

}  // namespace wjit::cli
