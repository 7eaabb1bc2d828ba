#include "compiler/isa/generic/print.h"

#include <fmt/format.h>

#include <iterator>

#include "vmcontext/abi.h"
#include "vmcontext/traps.h"

namespace wjit::isa {

namespace {

using mach::Alloc;
using mach::MInst;

class Printer {
 public:
  Printer(const PrintTables& tables, const MachFunc& f, const mach::Allocation* al) : t_(tables), c_(f.code), al_(al) {}

  std::string run() {
    if (al_) put("; {} slots of 8 bytes, {} moves\n", al_->slots, al_->edits.size());
    for (const mach::Home& h : c_.homes) put("; v{} is at [{}{:+}]\n", h.vreg.n, t_.fp, h.fp_offset);
    for (uint32_t b = 0; b < c_.blocks.size(); ++b) block(b);
    return std::move(out_);
  }

 private:
  template <class... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  void block(uint32_t b) {
    const mach::VBlock& v = c_.blocks[b];
    put("b{}", b);
    list(" (", c_.params_of(v), ")");
    if (v.loop_depth) put(" loop {}", v.loop_depth);
    if (v.cold) put(" cold");
    put(":\n");
    for (uint32_t n = v.first; n < v.end; ++n) {
      edits_before(n);
      inst(n, v);
    }
  }

  void list(const char* before, std::span<const mach::VReg> vregs, const char* behind) {
    for (size_t i = 0; i < vregs.size(); ++i) put("{}v{}", i ? ", " : before, vregs[i].n);
    if (!vregs.empty()) put("{}", behind);
  }

  void edits_before(uint32_t n) {
    if (!al_) return;
    for (; next_edit_ < al_->edits.size() && al_->edits[next_edit_].before == n; ++next_edit_) {
      const mach::Edit& e = al_->edits[next_edit_];
      put("          {} ⇐ {}\n", place(e.to), place(e.from));
    }
  }

  std::string place(const Alloc& a) const {
    switch (a.kind) {
      case Alloc::Kind::kNone: return "none";
      case Alloc::Kind::kReg: return t_.reg_name(a.preg());
      case Alloc::Kind::kSlot: return fmt::format("slot{}", a.index);
      case Alloc::Kind::kHome: return fmt::format("[{}{:+}]", t_.fp, c_.homes[a.index].fp_offset);
    }
    return {};
  }

  // Operand k of an instruction; in memory operands what it must be goes without saying.
  std::string operand(const MInst& i, uint32_t k, bool plain = false) const {
    const mach::Operand& o = c_.operands[i.first_operand + k];
    std::string text = fmt::format("v{}", o.vreg.n);
    if (al_) return text + "@" + place(al_->operands[i.first_operand + k]);
    if (plain) return text;
    switch (o.policy) {
      case mach::Operand::Policy::kReg: break;
      case mach::Operand::Policy::kAny: text += "?"; break;
      case mach::Operand::Policy::kFixed: text += ":" + t_.reg_name({o.arg}); break;
      case mach::Operand::Policy::kReuse:
        text += fmt::format("=v{}", c_.operands[i.first_operand + o.arg].vreg.n);
        break;
    }
    const bool is_def = o.kind == mach::Operand::Kind::kDef;
    if (is_def && o.pos == mach::Operand::Pos::kEarly) text += " early";
    if (!is_def && o.pos == mach::Operand::Pos::kLate) text += " late";
    return text;
  }

  void inst(uint32_t n, const mach::VBlock& in) {
    const MInst& i = c_.insts[n];
    put("    {:4}  {}", n, name(i));
    const uint32_t memory = ((i.y & Shape::kBase) != 0) + ((i.y & Shape::kIndex) != 0);
    for (auto kind : {mach::Operand::Kind::kDef, mach::Operand::Kind::kUse}) {
      const char* between = kind == mach::Operand::Kind::kDef ? " " : " ← ";
      for (uint32_t k = 0; k + memory < i.operands; ++k) {
        if (c_.operands[i.first_operand + k].kind != kind) continue;
        put("{}{}", between, operand(i, k));
        between = ", ";
      }
    }
    if (memory) put(" [{}]", address(i, memory));
    details(i);
    if (i.y & Shape::kTraps) put(" !trap");
    if (i.flags & MInst::kBranch) successors(in);
    if (i.wasm_offset) put("  ; @{:x}", i.wasm_offset);
    put("\n");
  }

  std::string name(const MInst& i) const {
    const InstText& t = t_.insts[i.op];
    std::string text;
    for (char c : t.name) text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    for (const Meaning& m : t_.meanings) {
      if (t.fields.find(m.field) == std::string_view::npos || i.x >= m.names.size()) continue;
      text += fmt::format(".{}", m.names[i.x]);
      break;
    }
    if (t.fields.find("cc: Cond") != std::string_view::npos) text += fmt::format(".{}", t_.conditions[i.cc]);
    if (i.size) text += fmt::format(".{}", i.size);
    return text;
  }

  std::string address(const MInst& i, uint32_t memory) const {
    uint32_t k = i.operands - memory;
    std::string text;
    if (i.y & Shape::kBase) text = operand(i, k++, true);
    if (i.y & Shape::kIndex) {
      text += (text.empty() ? "" : "+") + operand(i, k, true);
      if (const int shift = i.y >> Shape::kShiftBit & 3) text += fmt::format("*{}", 1 << shift);
    }
    if (i.disp) text += fmt::format("{:+}", i.disp);
    return text;
  }

  void details(const MInst& i) {
    if (t_.details(i, out_)) return;
    switch (SharedOp(i.op)) {
      case SharedOp::kTrap: case SharedOp::kTrapCc: put(" {}", vm::name(vm::TrapCode(i.imm))); return;
      case SharedOp::kLibcall: put(" {}", vm::kLibcalls[i.imm].name); return;
      case SharedOp::kCallFunc: case SharedOp::kTailFunc: put(" defined {}", i.imm); break;
      case SharedOp::kCallEntry: case SharedOp::kTailEntry: put(" entry [vmctx+{:#x}]", i.disp); break;
      case SharedOp::kLoad: case SharedOp::kFLoad:
        if (i.target == 1) put(" [{}{:+}]", t_.fp, i.disp);  // it came on the stack
        return;
      case SharedOp::kStoreArg: case SharedOp::kLoadArea: put(" [{}{:+}]", t_.sp, i.disp); return;
      default:
        if (t_.insts[i.op].fields.find("imm") != std::string_view::npos)
          put(" {}", i.imm < 10 ? fmt::format("{}", i.imm) : fmt::format("{:#x}", i.imm));
        return;
    }
    if (i.target) put(" {} bytes of arguments", i.target);
  }

  void successors(const mach::VBlock& b) {
    const char* before = " → ";
    for (uint32_t s : c_.succs_of(b)) put("{}b{}", std::exchange(before, ", "), s);
    list(" (", c_.args_of(b), ")");
  }

  const PrintTables& t_;
  const mach::VCode& c_;
  const mach::Allocation* al_;
  size_t next_edit_ = 0;
  std::string out_;
};

}  // namespace

std::string print(const PrintTables& tables, const MachFunc& f, const mach::Allocation* allocation) {
  return Printer(tables, f, allocation).run();
}

}  // namespace wjit::isa
