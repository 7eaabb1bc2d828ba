// Decodes function bodies and constant expressions, one instruction at a time. Only what the binary format
// says is checked here (and that type indices exist, since types are resolved to canonical ids); all else is
// the validator's.
#pragma once
#include <deque>
#include <vector>

#include "compiler/support/byte_cursor.h"
#include "compiler/wasm/module.h"
#include "compiler/wasm/read_types.h"

namespace wjit::wasm {

// Storage that instructions point into; reused from body to body.
struct OpBuffers {
  std::vector<uint32_t> labels;
  std::vector<CatchClause> catches;
  // Single-result block types of reference type. They stay until the body ends, since control frames keep
  // them.
  std::deque<ValType> block_results;
};

constexpr uint8_t kEmptyBlock = 0x40;  // the block type without parameters and results

class OpReader {
 public:
  OpReader(const Module& module, std::span<const uint8_t> bytes, uint64_t offset, OpBuffers& buffers)
      : cursor_(bytes, offset),
        scope_{module.types, 0, module.features},
        registry_(*module.registry),
        buffers_(buffers) {
    buffers.block_results.clear();
  }

  // Reads one instruction. False: cursor().error() says why. Spans in `in` are valid until the next read,
  // those of in.block until the reader's end.
  bool read(Instr& in) {
    in.offset = uint32_t(cursor_.offset());
    return read_after(cursor_.u8(), in);
  }
  // The same when the opcode's first byte was read and in.offset set.
  bool read_after(uint8_t first_byte, Instr& in);

  ByteCursor& cursor() { return cursor_; }
  const TypeScope& scope() const { return scope_; }

 private:
  bool read_opcode(uint8_t first_byte, Instr& in);
  void read_block_type(Instr& in);
  void read_labels(Instr& in);
  void read_catches(Instr& in);
  void read_mem_arg(Instr& in);
  void read_select_types(Instr& in);
  void read_br_cast(Instr& in);

  ByteCursor cursor_;
  TypeScope scope_;
  const TypeRegistry& registry_;
  OpBuffers& buffers_;
};

}  // namespace wjit::wasm
