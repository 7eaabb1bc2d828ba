#include "compiler/isa/x64/print.h"

#include <fmt/format.h>

#include "compiler/isa/generic/print.h"

namespace wjit::x64 {

namespace {

constexpr isa::InstText kInsts[] = {
#define WJIT_X(id, operands, fields) {std::string_view(#id).substr(1), fields},
    WJIT_X64_INSTS(WJIT_X)
#undef WJIT_X
};

#define WJIT_X(name, mnemonic, ...) mnemonic,
constexpr std::string_view kAlus[] = {WJIT_X64_ALU(WJIT_X)}, kUnaries[] = {WJIT_X64_UNARY(WJIT_X)},
                           kShifts[] = {WJIT_X64_SHIFTS(WJIT_X)}, kBitOps[] = {WJIT_X64_BITS(WJIT_X)},
                           kFloats[] = {WJIT_X64_FLOAT(WJIT_X)}, kLogics[] = {WJIT_X64_FLOAT_LOGIC(WJIT_X)},
                           kVecs[] = {WJIT_X64_VEC(WJIT_X)},
                           kConditions[] = {WJIT_X64_CONDITIONS(WJIT_X) "fequal", "fnotequal"};
#undef WJIT_X
constexpr std::string_view kRegisters[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                           "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};

const isa::Meaning kMeanings[] = {{"x: Alu", kAlus},        {"x: Unary", kUnaries},        {"x: Shift", kShifts},
                             {"x: Bits", kBitOps},     {"x: FloatLogic", kLogics},    {"x: Float", kFloats},
                             {"x: LoadKind", isa::kLoadKinds},  {"x: Vec", kVecs},  {"x: DivKind", isa::kDivKinds}};

}  // namespace

std::string reg_name(mach::PReg r) {
  if (!r.valid()) return "none";
  return r.cls() == mach::RegClass::kInt ? std::string(kRegisters[r.hw() & 15]) : fmt::format("xmm{}", r.hw());
}

std::string print(const MachFunc& f, const mach::Allocation* allocation) {
  const auto details = [&f](const mach::MInst& i, std::string& out) {
    switch (MOp(i.op)) {
      case MOp::kVecConst: case MOp::kVec2Const:
        out += fmt::format(" 0x{:016x}_{:016x}", f.vectors[i.target].high, f.vectors[i.target].low);
        if (i.imm) out += fmt::format(" {:#x}", i.imm);
        return true;
      case MOp::kVec1: case MOp::kVec1Mem: case MOp::kVec2: case MOp::kVec2Mem:
        if (const VecShape shape = row(Vec(i.x)).shape; shape == VecShape::kBinaryImm || shape == VecShape::kUnaryImm)
          out += fmt::format(" {:#x}", i.imm);
        return true;
      default: return false;
    }
  };
  return isa::print({kInsts, kMeanings, kConditions, "rbp", "rsp", &reg_name, details}, f, allocation);
}

}  // namespace wjit::x64
