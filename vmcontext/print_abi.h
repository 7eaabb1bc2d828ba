// The contract as text or JSON, for `wjit abi` and `wjit-abi-check --print`.
#pragma once
#include <cstdarg>
#include <cstdio>
#include <string>

#include "vmcontext/abi.h"
#include "vmcontext/traps.h"

namespace wjit::vm {
namespace detail {

[[gnu::format(printf, 2, 3)]] inline void append(std::string& out, const char* format, ...) {
  char line[512];
  va_list args;
  va_start(args, format);
  std::vsnprintf(line, sizeof line, format, args);
  va_end(args);
  out += line;
}

// A JSON string. The lists hold ASCII without control characters.
inline std::string quoted(const char* s) {
  std::string out = "\"";
  for (; *s; ++s) {
    if (*s == '"' || *s == '\\') out += '\\';
    out += *s;
  }
  return out += '"';
}

// Calls row(const FieldLayout&) for the fields of one structure.
template <class Row>
void for_each_field(const StructLayout& s, Row&& row) {
  for (const FieldLayout& f : kFields)
    if (std::string_view(f.structure) == s.name) row(f);
}

// What the offsets of the arrays are shown for: one of everything.
inline constexpr ModuleCounts kOneOfEach{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

inline std::string abi_text() {
  std::string out;
  append(out, "layout version %u, fingerprint %016llx\n", kLayoutVersion,
         static_cast<unsigned long long>(layout_fingerprint()));
  for (const StructLayout& s : kStructs) {
    append(out, "\n%s %s: %u bytes, aligned to %u\n", s.is_union ? "union" : "struct", s.name, s.size,
           s.align);
    for_each_field(s, [&](const FieldLayout& f) {
      append(out, "  +0x%02x %3u  %-22s %s\n", f.offset, f.size, f.field, f.type);
    });
  }
  append(out, "\nVMContext arrays, in order (offsets of a module with one of each; begin, element size)\n");
  VMOffsets offsets(kOneOfEach);
  offsets.for_each_array([&](const ArrayInfo& a, uint64_t begin, uint32_t) {
    append(out, "  +0x%03llx %3u  %-22s %s\n", static_cast<unsigned long long>(begin), a.element_size, a.name,
           a.type);
  });
  append(out, "  +0x%03llx      end\n", static_cast<unsigned long long>(offsets.size()));
  append(out, "\nlibcalls (offset in VMBuiltinFunctionsArray, signature)\n");
  for (const LibcallInfo& l : kLibcalls)
    append(out, "  +0x%02x  %-22s %-12s %s\n", l.offset, l.name, l.signature, l.what);
  append(out, "\ntraps (code, name, message)\n");
  for (const TrapInfo& t : kTraps) append(out, "  %3u  %-26s %s\n", unsigned(t.code), t.name, t.message);
  append(out, "\nregisters of the wasm convention (x86-64, AArch64)\n");
  for (const RegisterRule& r : kRegisterRules)
    append(out, "  %-14s %-4s %-4s %s\n", r.role, r.x64, r.a64, r.why);
  return out;
}

inline std::string abi_json() {
  std::string out;
  const char* comma = "";
  auto open = [&](const char* key) { out += ",\n \"", out += key, out += "\": [", comma = ""; };
  auto next = [&] { out += comma, out += "\n  ", comma = ","; };
  append(out, "{\"layout_version\": %u, \"fingerprint\": \"%016llx\"", kLayoutVersion,
         static_cast<unsigned long long>(layout_fingerprint()));
  open("structures");
  for (const StructLayout& s : kStructs) {
    next();
    append(out, "{\"name\": \"%s\", \"union\": %s, \"size\": %u, \"align\": %u, \"fields\": [", s.name,
           s.is_union ? "true" : "false", s.size, s.align);
    const char* between = "";
    for_each_field(s, [&](const FieldLayout& f) {
      append(out, "%s\n   {\"name\": \"%s\", \"type\": %s, \"offset\": %u, \"size\": %u}", between, f.field,
             quoted(f.type).c_str(), f.offset, f.size);
      between = ",";
    });
    out += "]}";
  }
  out += "]";
  open("vmcontext_arrays");
  for (const ArrayInfo& a : kVMContextArrays) {
    next();
    append(
        out,
        "{\"name\": \"%s\", \"accessor\": \"vmctx_%s\", \"type\": %s, \"element_size\": %u, \"align\": %u}",
        a.name, a.element, quoted(a.type).c_str(), a.element_size, a.align);
  }
  out += "]";
  open("libcalls");
  for (const LibcallInfo& l : kLibcalls) {
    next();
    append(out, "{\"name\": \"%s\", \"signature\": \"%s\", \"offset\": %u, \"what\": %s}", l.name,
           l.signature, l.offset, quoted(l.what).c_str());
  }
  out += "]";
  open("traps");
  for (const TrapInfo& t : kTraps) {
    next();
    append(out, "{\"code\": %u, \"name\": \"%s\", \"message\": %s}", unsigned(t.code), t.name,
           quoted(t.message).c_str());
  }
  out += "]";
  open("registers");
  for (const RegisterRule& r : kRegisterRules) {
    next();
    append(out, "{\"role\": \"%s\", \"x64\": \"%s\", \"a64\": \"%s\", \"why\": %s}", r.role, r.x64, r.a64,
           quoted(r.why).c_str());
  }
  out += "]}\n";
  return out;
}

}  // namespace detail

inline std::string print_abi(bool json) { return json ? detail::abi_json() : detail::abi_text(); }

}  // namespace wjit::vm
