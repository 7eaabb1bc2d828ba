// Vectors: every operand and result of two cells goes through the same use() and emit_def() as the scalars.
#include <cstring>

#include "compiler/bytecode/translator.h"

namespace wjit::bc {

static constexpr uint32_t kVectorCells = 2;

Result<void> Translator::vector(const Form& f, const wasm::Instr& in) {
  switch (f.kind) {
    case Form::kVUnary: case Form::kVSplat: {
      const uint32_t a = pop_use();
      emit_def(f.first, a, 0, {}, kVectorCells);
      return {};
    }
    case Form::kVTest: {
      const uint32_t a = pop_use();
      emit_def(f.first, a);
      return {};
    }
    case Form::kVBinary: {
      const Operand b = stack_.pop(), a = stack_.pop();
      const uint32_t ra = use(a), rb = use(b);
      emit_def(f.first, ra, rb, {}, kVectorCells);
      return {};
    }
    case Form::kVTernary: {
      const Operand c = stack_.pop(), b = stack_.pop(), a = stack_.pop();
      const uint32_t ra = use(a), rb = use(b), rc = use(c);
      emit_def(f.first, ra, rb, {rc}, kVectorCells);
      return {};
    }
    case Form::kVShift: {
      const Operand count = stack_.pop(), a = stack_.pop();
      const uint32_t ra = use(a);
      if (count.kind == Operand::kConst) {
        emit_def(Op(unsigned(f.first) + 1), ra, 0, {count.value}, kVectorCells);
      } else {
        const uint32_t rc = use(count);
        emit_def(f.first, ra, rc, {}, kVectorCells);
      }
      return {};
    }
    case Form::kVExtract: {
      const uint32_t a = pop_use();
      emit_def(f.first, a, in.lane);
      return {};
    }
    case Form::kVReplace: {
      const Operand value = stack_.pop(), a = stack_.pop();
      const uint32_t ra = use(a), rv = use(value);
      emit_def(f.first, ra, rv, {in.lane}, kVectorCells);
      return {};
    }
    case Form::kVLoad: load(f.first, in.mem, kVectorCells); return {};
    case Form::kVLoadLane: vector_lane_access(f.first, in, false); return {};
    case Form::kVStoreLane: vector_lane_access(f.first, in, true); return {};
    default: return unsupported(in);
  }
}

void Translator::vector_lane_access(Op op, const wasm::Instr& in, bool store) {
  const Operand value = stack_.pop(), addr = stack_.pop();
  const uint32_t p = use(addr), v = use(value);
  const uint64_t memory = memory_pointer(in.mem.memory);
  may_trap();
  if (store) {
    emit(op, v, p, in.lane);
    word(in.mem.offset);
    word(memory);
  } else {
    emit_def(op, p, v, {in.mem.offset, memory | uint64_t{in.lane} << 32}, kVectorCells);
  }
}

void Translator::v128_const(const wasm::Instr& in) {
  uint64_t halves[2];
  std::memcpy(halves, in.bytes, sizeof halves);
  emit_def(Op::v128_const, 0, 0, {halves[0], halves[1]}, kVectorCells);
}

void Translator::shuffle(const wasm::Instr& in) {
  uint64_t indices[2];
  std::memcpy(indices, in.bytes, sizeof indices);
  const Operand b = stack_.pop(), a = stack_.pop();
  const uint32_t ra = use(a), rb = use(b);
  emit_def(Op::i8x16_shuffle, ra, rb, {indices[0], indices[1]}, kVectorCells);
}

}  // namespace wjit::bc
