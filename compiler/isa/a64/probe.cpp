#include <asmjit/core.h>
//
#include <asmjit/arm/a64assembler.h>

#include <string>

#include "compiler/isa/common/probe.h"

namespace wjit::a64 {
namespace {

namespace jit = asmjit::a64;
using asmjit::arm::Mem;

// [base, #displacement] where the instruction has room for it, else through the scratch register.
Mem address(jit::Assembler& a, const jit::Gp& base, const jit::Gp& scratch, uint32_t displacement,
            uint32_t size) {
  if (displacement % size == 0 ? displacement / size < 4096 : displacement < 256)
    return Mem(base, static_cast<int32_t>(displacement));
  a.movz(scratch, displacement & 0xffff);
  a.movk(scratch, displacement >> 16, asmjit::arm::lsl(16));
  return Mem(base, scratch);
}

// Loads and stores move whole registers of the size; a displacement without alignment takes the unscaled
// form.
void move_piece(jit::Assembler& a, uint32_t size, const Mem& from, const Mem& to) {
  switch (size) {
    case 16:
      a.ldr(jit::q0, from), a.str(jit::q0, to);
      return;
    case 8:
      a.ldr(jit::x10, from), a.str(jit::x10, to);
      return;
    case 4:
      a.ldr(jit::w10, from), a.str(jit::w10, to);
      return;
    case 2:
      a.ldrh(jit::w10, from), a.strh(jit::w10, to);
      return;
    default:
      a.ldrb(jit::w10, from), a.strb(jit::w10, to);
  }
}

void copy_fields(jit::Assembler& a, std::span<const ProbeField> fields, bool write) {
  for (const ProbeField& f : fields) {
    uint32_t done = 0;
    for (uint32_t piece = 16; piece > 0; piece /= 2) {
      for (; f.size - done >= piece; done += piece) {
        Mem field = address(a, jit::x0, jit::x9, f.offset + done, piece);
        Mem slot = address(a, jit::x1, jit::x11, f.buffer + done, piece);
        write ? move_piece(a, piece, slot, field) : move_piece(a, piece, field, slot);
      }
    }
  }
  a.ret(jit::x30);
}

// Keeps the first error.
struct Errors : asmjit::ErrorHandler {
  void handleError(asmjit::Error, const char* message, asmjit::BaseEmitter*) override {
    if (text.empty()) text = message;
  }
  std::string text;
};

}  // namespace

support::Result<ProbeCode> emit_probe(std::span<const ProbeField> fields) {
  asmjit::Environment environment;
  environment.setArch(asmjit::Arch::kAArch64);
  asmjit::CodeHolder code;
  Errors errors;
  if (asmjit::Error e = code.init(environment); e != asmjit::kErrorOk)
    return fail(ErrorKind::kResource, std::string("assembler: ") + asmjit::DebugUtils::errorAsString(e));
  code.setErrorHandler(&errors);
  jit::Assembler a(&code);
  ProbeCode out;
  copy_fields(a, fields, false);
  out.writer = a.offset();
  copy_fields(a, fields, true);
  if (!errors.text.empty()) return fail(ErrorKind::kResource, "assembler: " + errors.text);
  const asmjit::CodeBuffer& text = code.textSection()->buffer();
  out.bytes.assign(text.data(), text.data() + text.size());
  return out;
}

}  // namespace wjit::a64
