#include "compiler/wasm/print_op.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <iterator>

#include "compiler/wasm/op_table.h"

namespace wjit::wasm {

namespace {

using Out = std::back_insert_iterator<std::string>;

void print_block_type(Out out, const BlockType& type) {
  for (const auto& [keyword, types] : {std::pair("param", type.params), std::pair("result", type.results)}) {
    if (types.empty()) continue;
    fmt::format_to(out, " ({}", keyword);
    for (ValType t : types) fmt::format_to(out, " {}", to_string(t));
    fmt::format_to(out, ")");
  }
}

void print_mem_arg(Out out, const MemArg& mem, uint8_t natural) {
  if (mem.memory != 0) fmt::format_to(out, " {}", mem.memory);
  if (mem.offset != 0) fmt::format_to(out, " offset={}", mem.offset);
  if (const uint64_t align = uint64_t{1} << mem.align_log2; align != natural)
    fmt::format_to(out, " align={}", align);
}

void print_catch(Out out, const CatchClause& clause) {
  switch (clause.kind) {
    case CatchClause::kCatch:
      fmt::format_to(out, " (catch {} {})", clause.tag, clause.label);
      break;
    case CatchClause::kCatchRef:
      fmt::format_to(out, " (catch_ref {} {})", clause.tag, clause.label);
      break;
    case CatchClause::kCatchAll:
      fmt::format_to(out, " (catch_all {})", clause.label);
      break;
    case CatchClause::kCatchAllRef:
      fmt::format_to(out, " (catch_all_ref {})", clause.label);
      break;
  }
}

// "funcref" and its like name the type of a reference; where a heap type is expected, its own name.
std::string heap_text(ValType type) {
  std::string text = to_string(type.with_nullable(false));  // "(ref func)"
  constexpr std::string_view kPrefix = "(ref ";
  return text.starts_with(kPrefix) ? text.substr(kPrefix.size(), text.size() - kPrefix.size() - 1) : text;
}

void print_float(Out out, double value, uint64_t bits, int mantissa_bits) {
  if (value == value) {
    fmt::format_to(out, " {}", value);
  } else {
    const uint64_t payload = bits & ((uint64_t{1} << mantissa_bits) - 1);
    fmt::format_to(out, " {}nan:0x{:x}", std::signbit(value) ? "-" : "", payload);
  }
}

void print_bytes(Out out, const Instr& in, bool lanes) {
  if (!lanes) fmt::format_to(out, " i8x16");
  for (uint8_t byte : in.bytes) {
    if (lanes)
      fmt::format_to(out, " {}", byte);
    else
      fmt::format_to(out, " 0x{:02x}", byte);
  }
}

}  // namespace

std::string to_string(const Instr& in) {
  const OpInfo& op = kOpTable[size_t(in.op)];
  std::string text(op.text);
  Out out = std::back_inserter(text);
  switch (op.imm) {
    case Imm::kNone:
    case Imm::kFence:
      break;
    case Imm::kBlockType:
      print_block_type(out, in.block);
      break;
    case Imm::kTryTable:
      print_block_type(out, in.block);
      for (const CatchClause& clause : in.catches) print_catch(out, clause);
      break;
    case Imm::kLabel:
    case Imm::kFunc:
    case Imm::kType:
    case Imm::kLocal:
    case Imm::kGlobal:
    case Imm::kTable:
    case Imm::kTag:
    case Imm::kData:
    case Imm::kElem:
      fmt::format_to(out, " {}", in.a);
      break;
    case Imm::kMemory:
      if (in.a != 0) fmt::format_to(out, " {}", in.a);
      break;
    case Imm::kTypeTable:
      if (in.b != 0) fmt::format_to(out, " {}", in.b);
      fmt::format_to(out, " (type {})", in.a);
      break;
    case Imm::kTypeField:
    case Imm::kTypeCount:
    case Imm::kTypeData:
    case Imm::kTypeElem:
    case Imm::kTypeType:
    case Imm::kTableTable:
      fmt::format_to(out, " {} {}", in.a, in.b);
      break;
    case Imm::kMemoryMemory:
      if (in.a != 0 || in.b != 0) fmt::format_to(out, " {} {}", in.a, in.b);
      break;
    case Imm::kElemTable:
    case Imm::kDataMemory:
      if (in.b != 0) fmt::format_to(out, " {}", in.b);
      fmt::format_to(out, " {}", in.a);
      break;
    case Imm::kBrTable:
      for (uint32_t label : in.labels) fmt::format_to(out, " {}", label);
      break;
    case Imm::kMemArg:
      print_mem_arg(out, in.mem, op.bytes);
      break;
    case Imm::kMemArgLane:
      print_mem_arg(out, in.mem, op.bytes);
      fmt::format_to(out, " {}", in.lane);
      break;
    case Imm::kLane:
      fmt::format_to(out, " {}", in.lane);
      break;
    case Imm::kShuffle:
    case Imm::kV128:
      print_bytes(out, in, op.imm == Imm::kShuffle);
      break;
    case Imm::kI32:
      fmt::format_to(out, " {}", int32_t(in.value));
      break;
    case Imm::kI64:
      fmt::format_to(out, " {}", int64_t(in.value));
      break;
    case Imm::kF32:
      print_float(out, std::bit_cast<float>(uint32_t(in.value)), in.value, 23);
      break;
    case Imm::kF64:
      print_float(out, std::bit_cast<double>(in.value), in.value, 52);
      break;
    case Imm::kHeapType:
      fmt::format_to(out, " {}", in.op == Op::ref_null ? heap_text(in.type) : to_string(in.type));
      break;
    case Imm::kBrCast:
      fmt::format_to(out, " {} {} {}", in.a, to_string(in.type), to_string(in.type2));
      break;
    case Imm::kSelectT:
      fmt::format_to(out, " (result {})", to_string(in.type));
      break;
  }
  return text;
}

}  // namespace wjit::wasm
