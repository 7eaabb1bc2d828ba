// What the assemblers of all ISAs have in common: a buffer, labels, data, and an error that is kept until the
// end.
//
// A masm is thin: one call, one instruction, of the form that was asked for. It knows encodings, and the
// assembler library's mistakes; it decides nothing that a code generator could want to decide otherwise.
//
// Errors (an operand without encoding, a label never bound) do not interrupt: the first is kept, and finish()
// returns it. They are mistakes of ours or code that got too large, never a consequence of what is in a
// register.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "compiler/isa/common/label.h"
#include "compiler/support/result.h"

namespace wjit::isa {

struct JitCode;  // jit.h: the library's objects

class MasmBase {
 public:
  MasmBase(const MasmBase&) = delete;
  MasmBase& operator=(const MasmBase&) = delete;

  Label new_label();
  bool is_bound(Label label) const;
  uint32_t offset() const;
  uint32_t offset_of(Label label) const;  // of a bound one

  void data(std::span<const uint8_t> bytes);
  void data32(uint32_t value);
  void data64(uint64_t value);
  // The distance from one label to another as 32 bits, for jump tables. Both may still be unbound.
  void distance32(Label from, Label to);

  bool ok() const;
  support::Result<std::vector<uint8_t>> finish();

 protected:
  MasmBase();
  ~MasmBase();
  void bind_here(Label label);

  std::unique_ptr<JitCode> jit_;

 private:
  struct Distance {
    uint32_t at;
    Label from, to;
  };
  std::vector<Distance> distances_;
};

}  // namespace wjit::isa
