// Libcalls as the IR sees them: from the letters of vmcontext/libcalls.def.
#pragma once
#include <iterator>

#include "compiler/ir/function.h"
#include "vmcontext/abi.h"

namespace wjit::ir {

inline constexpr uint32_t kLibcallCount = std::size(vm::kLibcalls);

// A pointer or reference is an i64, a bool an i32. What `leave_unless` and `leave_if` are told about.
constexpr Type type_of_letter(char letter) {
  switch (letter) {
    case 'v': return Type::kNone;
    case 'i': case 'b': return Type::kI32;
    default: return Type::kI64;
  }
}

// The whole signature, contexts included: a libcall's arguments are these, the own vmctx first.
inline Signature libcall_signature(vm::Libcall call) {
  const std::string_view text = vm::kLibcalls[static_cast<size_t>(call)].signature;
  Signature s;
  if (const Type t = type_of_letter(text[0]); t != Type::kNone) s.results.push_back(t);
  for (char c : text.substr(2, text.size() - 3)) s.params.push_back(type_of_letter(c));
  return s;
}

}  // namespace wjit::ir
