#include "compiler/wasm/read_op.h"

#include <cstring>

#include "compiler/wasm/limits.h"
#include "compiler/wasm/op_table.h"

namespace wjit::wasm {

namespace {

std::string opcode_text(uint8_t first_byte, uint32_t code, bool prefixed) {
  char text[32];
  if (prefixed)
    std::snprintf(text, sizeof text, "0x%02x 0x%02x", first_byte, code);
  else
    std::snprintf(text, sizeof text, "0x%02x", first_byte);
  return text;
}

const char* legacy_exception_op(uint8_t byte) {
  switch (byte) {
    case 0x06:
      return "try";
    case 0x07:
      return "catch";
    case 0x09:
      return "rethrow";
    case 0x18:
      return "delegate";
    case 0x19:
      return "catch_all";
    default:
      return nullptr;
  }
}

constexpr ValType kSingleNums[] = {kV128, kF64, kF32, kI64, kI32};  // 0x7B … 0x7F

}  // namespace

bool OpReader::read_opcode(uint8_t first_byte, Instr& in) {
  if (!cursor_.ok()) return false;
  const unsigned row = prefix_row(first_byte);
  const bool prefixed = row > 0 && row < kPrefixRows;
  uint32_t code = first_byte;
  if (prefixed) {
    code = cursor_.u32();
    if (!cursor_.ok()) return false;
  }
  in.op = find_op_inline(prefixed ? first_byte : 0, code);
  if (in.op == Op::kCount) [[unlikely]] {
    if (const char* legacy = legacy_exception_op(first_byte))
      return cursor_.fail(
          ErrorKind::kUnsupported,
          std::string("instruction ") + legacy +
              " of the legacy exception-handling proposal; only try_table, throw and throw_ref of "
              "WebAssembly 3.0 are supported",
          in.offset);
    return cursor_.fail(ErrorKind::kMalformed, "illegal opcode " + opcode_text(first_byte, code, prefixed),
                        in.offset);
  }
  const OpInfo& op = kOpTable[size_t(in.op)];
  if (!scope_.features.has(op.feature)) [[unlikely]]
    return cursor_.fail(ErrorKind::kInvalid,
                        "illegal opcode " + opcode_text(first_byte, code, prefixed) + ": " +
                            std::string(op.text) + " needs the " + feature_name(op.feature) +
                            " feature, which is off",
                        in.offset);
  return true;
}

bool OpReader::read_after(uint8_t first_byte, Instr& in) {
  if (!read_opcode(first_byte, in)) return false;
  ByteCursor& c = cursor_;
  switch (kOpTable[size_t(in.op)].imm) {
    case Imm::kNone:
      break;
    case Imm::kBlockType:
      read_block_type(in);
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
    case Imm::kMemory:
      in.a = c.u32();
      break;
    case Imm::kTypeTable:
    case Imm::kTypeField:
    case Imm::kTypeCount:
    case Imm::kTypeData:
    case Imm::kTypeElem:
    case Imm::kTypeType:
    case Imm::kTableTable:
    case Imm::kElemTable:
    case Imm::kMemoryMemory:
    case Imm::kDataMemory:
      in.a = c.u32();
      in.b = c.u32();
      break;
    case Imm::kBrTable:
      read_labels(in);
      break;
    case Imm::kMemArgLane:
      read_mem_arg(in);
      in.lane = c.u8();
      break;
    case Imm::kMemArg:
      read_mem_arg(in);
      break;
    case Imm::kLane:
      in.lane = c.u8();
      break;
    case Imm::kShuffle:
    case Imm::kV128:
      if (auto from = c.bytes(16); !from.empty()) std::memcpy(in.bytes, from.data(), 16);
      break;
    case Imm::kI32:
      in.value = uint32_t(c.s32());
      break;
    case Imm::kI64:
      in.value = uint64_t(c.s64());
      break;
    case Imm::kF32:
      in.value = c.fixed_u32();
      break;
    case Imm::kF64:
      in.value = c.fixed_u64();
      break;
    case Imm::kHeapType:
      in.type = read_heap_type(c, scope_, in.op != Op::ref_test && in.op != Op::ref_cast);
      break;
    case Imm::kBrCast:
      read_br_cast(in);
      break;
    case Imm::kSelectT:
      read_select_types(in);
      break;
    case Imm::kTryTable:
      read_block_type(in);
      read_catches(in);
      break;
    case Imm::kFence:
      if (c.peek() != 0) return c.malformed("zero byte expected after atomic.fence");
      c.u8();
      break;
  }
  return c.ok();
}

// A block type is 0x40, a value type, or a type index as s33; the first two are single negative LEB bytes.
void OpReader::read_block_type(Instr& in) {
  ByteCursor& c = cursor_;
  const uint8_t byte = c.peek();
  in.block = {};
  if (byte == kEmptyBlock) {
    c.skip_peeked();
  } else if (byte >= 0x7C && byte <= 0x7F) {
    c.skip_peeked();
    in.block.results = {&kSingleNums[byte - 0x7B], 1};
  } else if ((byte & 0xC0) == 0x40) {
    const ValType type = read_val_type(c, scope_);
    if (c.ok()) in.block.results = {&buffers_.block_results.emplace_back(type), 1};
  } else {
    const uint64_t at = c.offset();
    const int64_t index = c.s33();
    if (!c.ok()) return;
    if (index < 0) {
      c.fail(ErrorKind::kMalformed, "malformed block type: expected 0x40, a value type or a type index", at);
      return;
    }
    if (!need_feature(c, scope_.features, Feature::kMultiValue, "a block type with a type index", at)) return;
    const TypeId id = resolve_type(c, uint32_t(index), scope_, at);
    if (!c.ok()) return;
    const SubType& type = registry_[id];
    if (type.composite != Composite::kFunc) {
      c.fail(ErrorKind::kInvalid, "block type " + std::to_string(index) + " is no function type", at);
      return;
    }
    const FuncType func = type.func();
    in.block = {func.params, func.results};
  }
}

void OpReader::read_labels(Instr& in) {
  ByteCursor& c = cursor_;
  const uint32_t count = read_count(c, kMaxBodySize, "br_table labels");
  buffers_.labels.resize(c.ok() ? size_t(count) + 1 : 0);
  for (uint32_t& label : buffers_.labels) label = c.u32();
  in.labels = buffers_.labels;
}

void OpReader::read_catches(Instr& in) {
  ByteCursor& c = cursor_;
  const uint32_t count = read_count(c, kMaxBodySize, "catch clauses");
  buffers_.catches.clear();
  for (uint32_t i = 0; i < count && c.ok(); ++i) {
    const uint64_t at = c.offset();
    const uint8_t kind = c.u8();
    if (kind > CatchClause::kCatchAllRef) {
      c.fail(ErrorKind::kMalformed,
             "malformed catch clause: expected a kind from 0 to 3, found " + std::to_string(kind), at);
      return;
    }
    CatchClause& clause = buffers_.catches.emplace_back();
    clause.kind = CatchClause::Kind(kind);
    clause.tag = kind <= CatchClause::kCatchRef ? c.u32() : 0;
    clause.label = c.u32();
  }
  in.catches = buffers_.catches;
}

void OpReader::read_mem_arg(Instr& in) {
  constexpr uint32_t kHasMemory = 0x40;
  ByteCursor& c = cursor_;
  const uint64_t at = c.offset();
  const uint32_t flags = c.u32();
  const bool has_memory = flags & kHasMemory;
  if (flags >= 2 * kHasMemory || (has_memory && !scope_.features.has(Feature::kMultiMemory))) {
    c.fail(ErrorKind::kMalformed, "malformed memop flags " + std::to_string(flags), at);
    return;
  }
  in.mem.align_log2 = flags & (kHasMemory - 1);
  in.mem.memory = has_memory ? c.u32() : 0;
  in.mem.offset = scope_.features.has(Feature::kMemory64) ? c.u64() : c.u32();
}

void OpReader::read_select_types(Instr& in) {
  ByteCursor& c = cursor_;
  const uint32_t count = read_count(c, kMaxBodySize, "select types");
  for (uint32_t i = 0; i < count && c.ok(); ++i) in.type = read_val_type(c, scope_);
  if (c.ok() && count != 1)
    c.fail(ErrorKind::kInvalid,
           "invalid result arity: select names " + std::to_string(count) + " types, expected one", in.offset);
}

void OpReader::read_br_cast(Instr& in) {
  ByteCursor& c = cursor_;
  const uint64_t at = c.offset();
  const uint8_t flags = c.u8();
  if (flags > 3) {
    c.fail(ErrorKind::kMalformed, "malformed br_on_cast flags " + std::to_string(flags), at);
    return;
  }
  in.a = c.u32();
  in.type = read_heap_type(c, scope_, flags & 1);
  in.type2 = read_heap_type(c, scope_, flags & 2);
}

}  // namespace wjit::wasm
