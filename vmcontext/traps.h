// Trap codes: one byte in trap tables, artefacts and the result of a call. Everything here reads traps.def.
#pragma once
#include <cstdint>
#include <string_view>

namespace wjit::vm {

enum class TrapCode : uint8_t {
  kNone = 0,
#define WJIT_TRAP(id, name, message, code) id = code,
#include "vmcontext/traps.def"
};

struct TrapInfo {
  TrapCode code;
  const char* id;       // "kUnreachable"
  const char* name;     // "unreachable"
  const char* message;  // the specification's words
};

inline constexpr TrapInfo kTraps[] = {
#define WJIT_TRAP(id, name, message, code) {TrapCode::id, #id, name, message},
#include "vmcontext/traps.def"
};

// Null for kNone and for a number that no row has (a damaged artefact, say).
constexpr const TrapInfo* trap_info(TrapCode code) {
  for (const TrapInfo& t : kTraps)
    if (t.code == code) return &t;
  return nullptr;
}
constexpr const char* name(TrapCode code) {
  const TrapInfo* t = trap_info(code);
  return t ? t->name : "none";
}
constexpr const char* message(TrapCode code) {
  const TrapInfo* t = trap_info(code);
  return t ? t->message : "no trap";
}

// The trap a script's message names: "uninitialized element 2" is kUninitializedElement, because a script may
// add details behind the words, but only from a space on ("unreachables" names nothing). kNone: no row
// matches. Where one row's words begin another's, the longer wins.
constexpr TrapCode trap_from_message(std::string_view text) {
  TrapCode best = TrapCode::kNone;
  size_t length = 0;
  for (const TrapInfo& t : kTraps) {
    std::string_view words = t.message;
    if (!text.starts_with(words) || words.size() < length) continue;
    if (text.size() > words.size() && text[words.size()] != ' ') continue;
    best = t.code;
    length = words.size();
  }
  return best;
}

// Does a script that expects `suite_message` accept this trap? Kinds are compared, not wordings.
constexpr bool trap_matches(TrapCode code, std::string_view suite_message) {
  return code != TrapCode::kNone && trap_from_message(suite_message) == code;
}

namespace detail {
constexpr bool trap_rows_are_distinct() {
  for (const TrapInfo& a : kTraps)
    for (const TrapInfo& b : kTraps)
      if (&a != &b && (a.code == b.code || std::string_view(a.name) == b.name ||
                       std::string_view(a.message) == b.message))
        return false;
  return true;
}
}  // namespace detail
static_assert(detail::trap_rows_are_distinct(), "traps.def: two rows share a code, a name or a message");
static_assert(trap_from_message("uninitialized element 2") == TrapCode::kUninitializedElement);

}  // namespace wjit::vm
