#include "compiler/isa/common/probe.h"

#include <asmjit/x86.h>

#include <string>

namespace wjit::x64 {
namespace {

using namespace asmjit;

void move_piece(x86::Assembler& a, uint32_t size, const x86::Mem& from, const x86::Mem& to) {
  switch (size) {
    case 16:
      a.movups(x86::xmm0, from);
      a.movups(to, x86::xmm0);
      return;
    case 8:
      a.mov(x86::rax, from);
      a.mov(to, x86::rax);
      return;
    case 4:
      a.mov(x86::eax, from);
      a.mov(to, x86::eax);
      return;
    case 2:
      a.mov(x86::ax, from);
      a.mov(to, x86::ax);
      return;
    default:
      a.mov(x86::al, from);
      a.mov(to, x86::al);
  }
}

void copy_fields(x86::Assembler& a, std::span<const ProbeField> fields, bool write) {
  for (const ProbeField& f : fields) {
    uint32_t done = 0;
    for (uint32_t piece = 16; piece > 0; piece /= 2) {
      for (; f.size - done >= piece; done += piece) {
        x86::Mem field(x86::rdi, static_cast<int32_t>(f.offset + done), piece);
        x86::Mem slot(x86::rsi, static_cast<int32_t>(f.buffer + done), piece);
        write ? move_piece(a, piece, slot, field) : move_piece(a, piece, field, slot);
      }
    }
  }
  a.ret();
}

}  // namespace

support::Result<ProbeCode> emit_probe(std::span<const ProbeField> fields) {
  Environment environment;
  environment.setArch(Arch::kX64);
  CodeHolder code;
  if (asmjit::Error e = code.init(environment); e != kErrorOk)
    return fail(ErrorKind::kResource, std::string("assembler: ") + DebugUtils::errorAsString(e));
  x86::Assembler a(&code);
  ProbeCode out;
  copy_fields(a, fields, false);
  out.writer = a.offset();
  copy_fields(a, fields, true);
  const CodeBuffer& text = code.textSection()->buffer();
  out.bytes.assign(text.data(), text.data() + text.size());
  // An operand the assembler refuses emits nothing and leaves no error behind without a handler: the last
  // byte tells.
  if (out.bytes.size() < 2 || out.bytes.back() != 0xc3)
    return fail(ErrorKind::kResource, "assembler: the probe was not emitted whole");
  return out;
}

}  // namespace wjit::x64
