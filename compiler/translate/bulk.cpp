// memory.copy and memory.fill.
//
// Both look at their bounds before they write anything, so the check stands in front, and what follows cannot
// fault, in whatever style the memory is. A few bytes, of a known number, are loads and stores; other short
// stretches are bulk_copy and bulk_fill; long ones are a libcall's, which looks in between whether it is to
// stop.
#include <algorithm>
#include <array>

#include "compiler/translate/translator.h"
#include "compiler/wasm/limits.h"

namespace wjit::translate {

namespace {

using ir::Op;
using ir::Type;

constexpr uint64_t kFew = 64;
constexpr uint64_t kShort = 512;  // far below what a libcall does between two looks

// Of a stretch of a few bytes: accesses that cover it, and may overlap.
struct Piece {
  uint32_t at;
  Op load, store;
  Type type;
};
uint32_t cover(uint32_t length, Piece (&pieces)[4]) {
  constexpr struct {
    uint32_t bytes;
    Op load, store;
    Type type;
  } kWidths[] = {{16, Op::load, Op::store, Type::kV128},
                 {8, Op::load, Op::store, Type::kI64},
                 {4, Op::load, Op::store, Type::kI32},
                 {2, Op::load16_u, Op::store16, Type::kI32},
                 {1, Op::load8_u, Op::store8, Type::kI32}};
  uint32_t count = 0;
  for (const auto& w : kWidths) {
    if (length < w.bytes) continue;
    for (uint32_t at = 0; at < length; at += w.bytes)
      pieces[count++] = {std::min(at, length - w.bytes), w.load, w.store, w.type};
    break;
  }
  return count;
}

}  // namespace

void Translator::check_range(uint32_t memory, Value start, Value length) {
  uint64_t bytes, at;
  if (is_constant(length, bytes) && bytes <= least_bytes(memory)) {
    if (is_constant(start, at) && at <= least_bytes(memory) - bytes) return;
    return check_bounds(memory, start, bytes);
  }
  const Value size = memory_length(memory);
  if (module_.memories[memory].is64) {  // no sum that may wrap
    trap_if(b_.icmp(ir::IntCc::gt_u, Type::kI64, length, size), TrapCode::kMemoryOutOfBounds);
    const Value most = b_.binary(Op::sub, Type::kI64, size, length);
    return trap_if(b_.icmp(ir::IntCc::gt_u, Type::kI64, start, most), TrapCode::kMemoryOutOfBounds);
  }
  const Value end = b_.binary(Op::add, Type::kI64, start, length);
  trap_if(b_.icmp(ir::IntCc::gt_u, Type::kI64, end, size), TrapCode::kMemoryOutOfBounds);
}

void Translator::copy_few(const Stretch& to, const Stretch& from, uint32_t length) {
  Piece pieces[4];
  const uint32_t count = cover(length, pieces);
  Value values[4];
  for (uint32_t k = 0; k < count; ++k)
    values[k] = b_.load(pieces[k].load, pieces[k].type, from.access, from.address,
                        static_cast<int32_t>(pieces[k].at));
  for (uint32_t k = 0; k < count; ++k)
    b_.store(pieces[k].store, pieces[k].type, to.access, to.address, values[k],
             static_cast<int32_t>(pieces[k].at));
}

void Translator::fill_few(const Stretch& to, Value byte, uint32_t length) {
  constexpr uint64_t kEverywhere = 0x0101010101010101;
  Piece pieces[4];
  const uint32_t count = cover(length, pieces);
  if (count == 0) return;
  const Type t = pieces[0].type;
  uint64_t known;
  Value value;
  if (is_constant(byte, known)) {
    std::array<uint8_t, 16> bytes;
    bytes.fill(static_cast<uint8_t>(known));
    value = t == Type::kV128 ? b_.vconst(bytes) : b_.iconst(t, (known & 0xff) * kEverywhere);
  } else {
    const Value wide_byte = b_.extend_u(b_.binary(Op::and_, Type::kI32, byte, i32(0xff)));
    value = b_.binary(Op::mul, Type::kI64, wide_byte, i64(kEverywhere));
    if (t == Type::kI32) value = b_.wrap(value);
    if (t == Type::kV128) value = b_.vec(ir::VecOp::i64x2_splat, {value});
  }
  for (uint32_t k = 0; k < count; ++k)
    b_.store(pieces[k].store, t, to.access, to.address, value, static_cast<int32_t>(pieces[k].at));
}

Result<void> Translator::bulk_op(const wasm::Instr& in) {
  const bool copies = in.op == wasm::Op::memory_copy;
  const auto widened = [&](Value v) {
    uint64_t known;
    return is_constant(v, known) ? i64(known) : wide(v);
  };
  const Value length = widened(pop());
  Value from = pop();
  const Value to = widened(pop());
  if (copies) from = widened(from);
  if (env_.options.fuel) pay_by(length, memory_length(in.a), wasm::kBytesPerFuelLog2);
  const auto call = [&] {
    if (copies)
      libcall_or_leave(vm::Libcall::memory_copy, {i32(in.a), i32(in.b), to, from, length});
    else
      libcall_or_leave(vm::Libcall::memory_fill, {i32(in.a), to, from, length});
  };
  uint64_t known = 0;
  const bool is_known = is_constant(length, known);
  if (is_known && known > kShort) return call(), Result<void>();

  check_range(in.a, to, length);
  if (copies) check_range(in.b, from, length);
  const auto stretch = [&](uint32_t memory, Value at) {
    return Stretch{b_.binary(Op::add, Type::kI64, memory_base(memory), at),
                   {.region = ir::Region::kHeap, .number = alias_number(memory, module_.imported_memories)}};
  };
  const Stretch target = stretch(in.a, to), source = copies ? stretch(in.b, from) : Stretch{from, {}};
  if (is_known && known <= kFew) {
    const uint32_t bytes = static_cast<uint32_t>(known);
    copies ? copy_few(target, source, bytes) : fill_few(target, from, bytes);
    return {};
  }
  const Op op = copies ? Op::bulk_copy : Op::bulk_fill;
  if (is_known) return b_.bulk(op, target.address, source.address, length), Result<void>();
  const ir::Block far = f_.new_block(), near = f_.new_block(), done = f_.new_block();
  branch_to_cold(b_.icmp(ir::IntCc::gt_u, Type::kI64, length, i64(kShort)), true, far, near, {});
  const uint32_t stamp = stamp_;
  call();
  stamp_ = stamp;  // but for what moves, all is as it was
  b_.jump(done, {});
  go_on_in(near);
  b_.bulk(op, target.address, source.address, length);
  b_.jump(done, {});
  go_on_in(done);
  return {};
}

}  // namespace wjit::translate
