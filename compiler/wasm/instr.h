// One decoded instruction, and the opcode table as an enum and as rows. Everything that depends on an opcode
// derives from opcodes.def.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "compiler/wasm/types.h"
#include "wjit/config.hpp"

namespace wjit::wasm {

enum class Op : uint16_t {
#define WJIT_OP(id, text, prefix, code, imm, sig, bytes, feature, fuel) id,
#include "compiler/wasm/opcodes.def"
#undef WJIT_OP
  kCount
};
constexpr size_t kOpCount = size_t(Op::kCount);

// What follows the opcode in the binary. read_op switches on these, never on opcodes.
enum class Imm : uint8_t {
  kNone,
  kBlockType,      // block, loop, if
  kLabel,          // br, br_if, br_on_null …: a = relative depth
  kBrTable,        // labels (the default is last)
  kFunc,           // a = function index
  kTypeTable,      // call_indirect: a = type index, b = table index
  kType,           // a = type index
  kTypeField,      // a = type, b = field index
  kTypeCount,      // array.new_fixed: a = type, b = count
  kTypeData,       // a = type, b = data segment
  kTypeElem,       // a = type, b = element segment
  kTypeType,       // array.copy: a = dst type, b = src type
  kLocal, kGlobal, kTable, kTag, kData, kElem,  // a = index
  kTableTable,     // table.copy: a = dst, b = src
  kElemTable,      // table.init: a = element segment, b = table
  kMemory,         // memory.size/grow/fill: a = memory
  kMemoryMemory,   // memory.copy: a = dst, b = src
  kDataMemory,     // memory.init: a = data segment, b = memory
  kMemArg,         // mem: align, memory, offset
  kMemArgLane,     // mem + lane
  kLane,           // lane
  kShuffle,        // bytes: 16 lane indices
  kI32, kI64, kF32, kF64,  // value (floats as bits)
  kV128,           // bytes
  kHeapType,       // ref.null t, ref.test t, ref.cast t: type = (ref [null] ht)
  kBrCast,         // br_on_cast: a = label, type = source type, type2 = target type
  kSelectT,        // types: one value type
  kTryTable,       // block type + catches
  kFence,          // atomic.fence: one zero byte
};

// Signature classes. Generic rows are spelled with value letters, "params:results", and need no code in the
// validator: i = i32, I = i64, f = f32, F = f64, v = v128; P = the address type of the memory in `mem`/`a`.
// A row whose sig is "*" is special: the validator claims it by name.

struct CatchClause {
  enum Kind : uint8_t { kCatch, kCatchRef, kCatchAll, kCatchAllRef } kind;
  uint32_t tag;    // kCatch, kCatchRef
  uint32_t label;
};

struct BlockType {
  std::span<const ValType> params, results;
};

struct MemArg {
  uint32_t align_log2;
  uint32_t memory;
  uint64_t offset;
};

struct Instr {
  Op op;
  uint8_t lane;
  uint32_t offset;   // byte offset of the opcode in the module
  uint32_t a, b;     // indices, see Imm
  MemArg mem;
  union {
    uint64_t value;     // constants: i32 zero-extended, i64, float bits
    uint8_t bytes[16];  // v128.const, i8x16.shuffle
  };
  ValType type, type2;
  BlockType block;                   // into Instr's own buffers or the registry: valid until the next read
  std::span<const uint32_t> labels;  // br_table
  std::span<const CatchClause> catches;    // try_table
};

struct OpInfo {
  std::string_view text;
  uint8_t prefix;     // 0, 0xFB, 0xFC, 0xFD, 0xFE
  uint32_t code;
  Imm imm;
  std::string_view sig;
  uint8_t bytes;      // bytes accessed in memory (natural alignment = bytes), else 0
  Feature feature;
  uint16_t fuel;
};
const OpInfo& info(Op op);
// The op for (prefix, code), or Op::kCount.
Op find_op(uint8_t prefix, uint32_t code);

}  // namespace wjit::wasm
