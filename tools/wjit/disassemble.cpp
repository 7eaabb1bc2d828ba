#include "tools/wjit/disassemble.h"

#ifdef WJIT_WITH_ZYDIS
#include <Zydis/Zydis.h>
#endif

namespace wjit::cli {

#ifndef WJIT_WITH_ZYDIS

bool can_disassemble() { return false; }
std::optional<Decoded> disassemble(std::span<const uint8_t>, uint64_t) { return {}; }

#else

namespace {

// Of an integer register of whatever width; kNoReg for others.
uint8_t number(ZydisRegister r) {
  const ZydisRegister whole = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, r);
  if (whole < ZYDIS_REGISTER_RAX || whole > ZYDIS_REGISTER_R15) return kNoReg;
  return static_cast<uint8_t>(whole - ZYDIS_REGISTER_RAX);
}

void note_operand(const ZydisDecodedOperand& o, Decoded& out) {
  const bool writes = (o.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
  if (o.type == ZYDIS_OPERAND_TYPE_REGISTER && writes) {
    if (const uint8_t n = number(o.reg.value); n != kNoReg) out.writes |= 1u << n;
  }
  if (o.type != ZYDIS_OPERAND_TYPE_MEMORY || o.visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN) return;
  out.has_memory = o.mem.type == ZYDIS_MEMOP_TYPE_MEM || o.mem.type == ZYDIS_MEMOP_TYPE_AGEN;
  out.base = number(o.mem.base);
  out.index = number(o.mem.index);
  out.disp = o.mem.disp.has_displacement ? o.mem.disp.value : 0;
}

}  // namespace

bool can_disassemble() { return true; }

std::optional<Decoded> disassemble(std::span<const uint8_t> code, uint64_t at) {
  static const ZydisDecoder decoder = [] {
    ZydisDecoder d;
    ZydisDecoderInit(&d, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    return d;
  }();
  static const ZydisFormatter formatter = [] {
    ZydisFormatter f;
    ZydisFormatterInit(&f, ZYDIS_FORMATTER_STYLE_INTEL);
    ZydisFormatterSetProperty(&f, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE);
    ZydisFormatterSetProperty(&f, ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE, ZYDIS_PADDING_DISABLED);
    ZydisFormatterSetProperty(&f, ZYDIS_FORMATTER_PROP_DISP_PADDING, ZYDIS_PADDING_DISABLED);
    ZydisFormatterSetProperty(&f, ZYDIS_FORMATTER_PROP_IMM_PADDING, ZYDIS_PADDING_DISABLED);
    return f;
  }();
  ZydisDecodedInstruction in;
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
  if (at >= code.size() ||
      !ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code.data() + at, code.size() - at, &in, operands)))
    return {};
  Decoded out;
  out.length = in.length;
  for (uint8_t k = 0; k < in.operand_count; ++k) note_operand(operands[k], out);
  if (in.mnemonic == ZYDIS_MNEMONIC_MOV && in.operand_width == 64 && operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
      operands[1].type == ZYDIS_OPERAND_TYPE_MEMORY)
    out.loads = number(operands[0].reg.value);
  out.calls = in.meta.category == ZYDIS_CATEGORY_CALL;
  out.ends = in.meta.category == ZYDIS_CATEGORY_UNCOND_BR || in.meta.category == ZYDIS_CATEGORY_RET;
  ZyanU64 target;
  if (in.operand_count_visible == 1 && operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE &&
      operands[0].imm.is_relative && ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(&in, &operands[0], at, &target)))
    out.target = target;
  char text[160];
  if (ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&formatter, &in, operands, in.operand_count_visible, text,
                                                   sizeof text, at, nullptr)))
    out.text = text;
  return out;
}

#endif

}  // namespace wjit::cli
