// Machine instructions as text, for people.
//
//   b2 (v7, v9) loop 1:
//      14  alu.add.8 v12=v7 ← v7, v9        ; @1a2
//      15  load.sign8to32.4 v13 ← [v12+v3*4+16] !trap
//      16  jcc.ne → b2, b3
//
// v12=v7 must have v7's register, v3:rax that one; v5? may be in memory. With an allocation the places stand behind:
// v12@rbx, v5@slot3, v0@[rbp-8]; and the allocator's moves before the instruction they are for.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "compiler/isa/generic/lower.h"

namespace wjit::isa {

struct InstText {
  std::string_view name, fields;  // without its k; as the table has them
};
// What x is, by what the table of instructions says of it.
struct Meaning {
  std::string_view field;
  std::span<const std::string_view> names;
};

// What a processor's instructions are called.
struct PrintTables {
  std::span<const InstText> insts;
  std::span<const Meaning> meanings;
  std::span<const std::string_view> conditions;
  std::string_view fp, sp;
  std::string (*reg_name)(mach::PReg);
  // Of instructions that have more to say than their fields: true if that was all.
  std::function<bool(const mach::MInst&, std::string& out)> details;
};
inline constexpr std::string_view kLoadKinds[] = {"plain",      "zero8",       "zero16",      "zero32",    "sign8to32",
                                                  "sign8to64",  "sign16to32",  "sign16to64",  "sign32to64"};
inline constexpr std::string_view kDivKinds[] = {"div_s", "div_u", "rem_s", "rem_u"};

std::string print(const PrintTables& tables, const MachFunc& f, const mach::Allocation* allocation);

}  // namespace wjit::isa
