#include "compiler/isa/a64/print.h"

#include <fmt/format.h>

#include "compiler/isa/generic/print.h"

namespace wjit::a64 {

namespace {

constexpr isa::InstText kInsts[] = {
#define WJIT_X(id, operands, fields) {std::string_view(#id).substr(1), fields},
    WJIT_A64_INSTS(WJIT_X)
#undef WJIT_X
};

#define WJIT_X(name, mnemonic, ...) mnemonic,
constexpr std::string_view kAdds[] = {WJIT_A64_ADD(WJIT_X)}, kLogics[] = {WJIT_A64_LOGIC(WJIT_X)},
                           kBinaries[] = {WJIT_A64_BINARY(WJIT_X)}, kShifts[] = {WJIT_A64_SHIFTS(WJIT_X)},
                           kUnaries[] = {WJIT_A64_UNARY(WJIT_X)}, kBitfields[] = {WJIT_A64_BITFIELD(WJIT_X)},
                           kFloat2s[] = {WJIT_A64_FLOAT2(WJIT_X)}, kFloat1s[] = {WJIT_A64_FLOAT1(WJIT_X)},
                           kExtends[] = {WJIT_A64_EXTENDS(WJIT_X)}, kRegShifts[] = {WJIT_A64_REG_SHIFTS(WJIT_X)};
#undef WJIT_X
#define WJIT_X(name, id) #name,
constexpr std::string_view kConditions[] = {WJIT_A64_CONDITIONS(WJIT_X)};
#undef WJIT_X

const isa::Meaning kMeanings[] = {{"x: Add", kAdds},         {"x: Logic", kLogics},           {"x: Binary", kBinaries},
                                  {"x: Shift", kShifts},     {"x: Unary", kUnaries},          {"x: Bitfield", kBitfields},
                                  {"x: Float2", kFloat2s},   {"x: Float1", kFloat1s},         {"x: LoadKind", isa::kLoadKinds},
                                  {"x: DivKind", isa::kDivKinds}};

std::string reg_name(mach::PReg r) {
  if (!r.valid()) return "none";
  return fmt::format("{}{}", r.cls() == mach::RegClass::kInt ? 'x' : 'v', r.hw());
}

bool details(const mach::MInst& i, std::string& out) {
  switch (MOp(i.op)) {
    case MOp::kAdd: case MOp::kLogic: case MOp::kNeg: case MOp::kNot: case MOp::kCmp:
      if (i.imm) out += fmt::format(" {} {}", kRegShifts[static_cast<size_t>(i.disp)], i.imm);
      return true;
    case MOp::kAddExt: out += fmt::format(" {} {}", kExtends[static_cast<size_t>(i.disp)], i.imm); return true;
    case MOp::kBitfield: out += fmt::format(" {} {}", i.imm, i.disp); return true;
    case MOp::kBranchZero: case MOp::kTrapZero: out += i.x ? " not 0" : " 0"; break;
    case MOp::kBranchBit: out += i.x ? " set" : " clear"; break;
    case MOp::kMulAdd: out += i.x ? " minus" : ""; return true;
    case MOp::kMulHi: case MOp::kIntToFloat:
      out += (MOp(i.op) == MOp::kMulHi ? i.x : i.cc) ? " signed" : " unsigned";
      return true;
    case MOp::kFloatToInt:
      out += fmt::format("{}{}{}", i.x & TruncKind::kSigned ? " signed" : " unsigned", i.x & TruncKind::k64 ? " 64" : "",
                         i.x & TruncKind::kSaturating ? " saturating" : "");
      return true;
    case MOp::kCmpImm: out += i.x ? " negated" : ""; break;
    case MOp::kCsel:
      if (i.x & Zeros::kFirst) out += " zero if so";
      if (i.x & Zeros::kSecond) out += " zero if not";
      return true;
    default: break;
  }
  return false;
}

}  // namespace

std::string print(const MachFunc& f, const mach::Allocation* allocation) {
  return isa::print({kInsts, kMeanings, kConditions, "x29", "sp", &reg_name, details}, f, allocation);
}

}  // namespace wjit::a64
