#include "tools/wjit/report.h"

#include <fmt/format.h>

#include <cstdio>

#include "tools/wjit/options.h"
#include "vmcontext/traps.h"

namespace wjit::cli {
namespace {

bool as_json = false;

struct KindRow {
  ErrorKind kind;
  const char* name;
  ExitStatus status;
};
constexpr KindRow kKinds[] = {
    {ErrorKind::kMalformed, "malformed", kExitBadInput},
    {ErrorKind::kInvalid, "invalid", kExitBadInput},
    {ErrorKind::kUnsupported, "unsupported", kExitBadInput},
    {ErrorKind::kLimit, "limit", kExitBadInput},
    {ErrorKind::kLink, "link", kExitBadInput},
    {ErrorKind::kTrap, "trap", kExitTrap},
    {ErrorKind::kExit, "exit", kExitBadInput},
    {ErrorKind::kResource, "resource", kExitBadInput},
    {ErrorKind::kIo, "io", kExitBadInput},
    {ErrorKind::kUsage, "usage", kExitUsage},
    {ErrorKind::kInternal, "internal", kExitInternal},
};
const KindRow& row_of(ErrorKind kind) {
  for (const KindRow& row : kKinds)
    if (row.kind == kind) return row;
  return kKinds[0];
}

void write(const std::string& line) {
  std::fflush(stdout);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void write_message(const std::string& message) {
  write("wjit: " + message + (message.ends_with('\n') ? "" : "\n"));
}

// The length of the UTF-8 sequence at `s`, 0 if there is none.
size_t utf8_length(std::string_view s) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(s[i]); };
  const size_t length = byte(0) < 0x80       ? 1
                        : byte(0) >> 5 == 6  ? 2
                        : byte(0) >> 4 == 14 ? 3
                        : byte(0) >> 3 == 30 ? 4
                                             : 0;
  if (!length || length > s.size()) return 0;
  uint32_t code = length == 1 ? byte(0) : byte(0) & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) {
    if (byte(i) >> 6 != 2) return 0;
    code = code << 6 | (byte(i) & 0x3f);
  }
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  return code < kLeast[length] || code > 0x10ffff || surrogate ? 0 : length;
}

}  // namespace

void report_as_json() { as_json = true; }

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (size_t i = 0; i < text.size();) {
    const size_t length = utf8_length(text.substr(i));
    const auto c = static_cast<unsigned char>(text[i]);
    if (length == 0) {
      out += "\xef\xbf\xbd";
    } else if (c == '"' || c == '\\') {
      out += std::string("\\") + text[i];
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < 0x20) {
      out += fmt::format("\\u{:04x}", c);
    } else {
      out += text.substr(i, length);
    }
    i += std::max<size_t>(length, 1);
  }
  return out + '"';
}

std::string json_error(ErrorKind kind, const std::string& message, uint64_t offset) {
  std::string where = offset == kNoOffset ? "" : fmt::format(", \"offset\": {}", offset);
  return fmt::format("{{\"kind\": \"{}\", \"message\": {}{}}}", row_of(kind).name, json_string(message),
                     where);
}

int report(const std::string& message, ErrorKind kind) {
  if (as_json) {
    write(fmt::format("{{\"error\": {}}}\n", json_error(kind, message)));
  } else {
    write_message(message);
  }
  return row_of(kind).status;
}

// What goes in front of a message about a file: FILE:LINE:COLUMN where the message begins with a place in its text.
static std::string front_of(const std::string& path, const std::string& message) {
  if (message.starts_with(path)) return "";
  const size_t line = message.find_first_not_of("0123456789");
  const bool has_place = line != 0 && line != message.npos && message[line] == ':' && line + 1 < message.size() &&
                         message[line + 1] >= '0' && message[line + 1] <= '9';
  return path + (has_place ? ":" : ": ");
}

int report(const std::string& path, const Error& error) {
  const std::string& message = error.message();
  const std::string front = front_of(path, message);
  if (as_json) {
    write(fmt::format("{{\"error\": {}}}\n", json_error(error.kind(), front + message, error.offset())));
  } else {
    write_message(front + error.to_string());
  }
  return row_of(error.kind()).status;
}

int report_trap(const std::string& path, const Trap& trap) {
  if (!as_json) {
    const std::string text = trap.to_string();
    write_message(front_of(path, text) + text);
    return kExitTrap;
  }
  std::string frames;
  for (const Frame& f : trap.trace()) {
    frames += fmt::format("{}{{\"module\": {}, \"function\": {}, \"index\": {}, \"offset\": {}}}",
                          frames.empty() ? "" : ", ", json_string(f.module_name), json_string(f.func_name),
                          f.func_index, f.module_offset);
  }
  write(fmt::format(
      "{{\"error\": {{\"kind\": \"trap\", \"message\": {}, \"trap\": \"{}\", \"frames\": [{}]}}}}\n",
      json_string(front_of(path, trap.message()) + trap.message()), vm::name(vm::TrapCode(trap.code())), frames));
  return kExitTrap;
}

int report_usage(const std::string& command, const std::string& message) {
  report(message, ErrorKind::kUsage);
  if (!as_json) write(fmt::format("Try '{} --help'.\n", command));
  return kExitUsage;
}

}  // namespace wjit::cli
