// Vectors. Without AVX the allocator has given the first operand's register to the destination.
#include "compiler/isa/x64/emitter.h"

namespace wjit::x64 {

bool Emitter::vector_inst(MOp op) {
  const MInst& i = *now_;
  const uint8_t imm = static_cast<uint8_t>(i.imm);
  switch (op) {
    case MOp::kVecConst: {
      const VecConst& c = x64_.vectors[i.target];
      const Xmm d = xmm(0);
      if (c == VecConst{})
        a_.vec(Vec::kPxor, d, d, d);
      else if (c == VecConst::q(~uint64_t{0}))
        a_.vec(Vec::kPcmpeqd, d, d, d);
      else
        a_.mov128(d, Mem::at(vec_constant()));
      return true;
    }
    case MOp::kVecMove:
      if (xmm(0) != xmm(1)) a_.mov(xmm(0), xmm(1));
      return true;
    case MOp::kVec2:
      in_reg(1) ? a_.vec(vec(), xmm(2), xmm(0), xmm(1), imm) : a_.vec(vec(), xmm(2), xmm(0), place(1, 16), imm);
      return true;
    case MOp::kVec2Mem: fault_site(), a_.vec(vec(), xmm(1), xmm(0), mem(), imm); return true;
    case MOp::kVec2Const: a_.vec(vec(), xmm(1), xmm(0), Mem::at(vec_constant()), imm); return true;
    case MOp::kVec1:
      in_reg(1) ? a_.vec(vec(), xmm(0), xmm(1), imm) : a_.vec(vec(), xmm(0), place(1, 16), imm);
      return true;
    case MOp::kVec1Mem: fault_site(), a_.vec(vec(), xmm(0), mem(), imm); return true;
    case MOp::kVecShift: a_.vec_shift(vec(), xmm(1), xmm(0), imm); return true;
    case MOp::kVecInsert: a_.vec_insert(vec(), xmm(2), xmm(0), gp(1), imm); return true;
    case MOp::kVecInsertMem: fault_site(), a_.vec_insert(vec(), xmm(1), xmm(0), mem(), imm); return true;
    case MOp::kVecExtract: a_.vec_extract(vec(), gp(0), xmm(1), imm); return true;
    case MOp::kVecExtractMem: fault_site(), a_.vec_extract(vec(), mem(), xmm(0), imm); return true;
    case MOp::kVecMask: a_.vec_mask(vec(), gp(0), xmm(1)); return true;
    case MOp::kVecTest: a_.vec_test(xmm(0), xmm(1)); return true;
    default: return false;
  }
}

}  // namespace wjit::x64
