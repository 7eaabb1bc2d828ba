// Constant expressions (spec §3.3.10): read and type-checked in one go.
#pragma once
#include "compiler/support/byte_cursor.h"
#include "compiler/wasm/module.h"

namespace wjit::wasm {

class ConstExprReader {
 public:
  // `module` is the one being read: its types, functions and the globals read so far are what expressions may
  // name. `mark_escaping` is called with the index of each function that a ref.func names.
  ConstExprReader(const Module& module, std::vector<bool>& escaping) : module_(module), escaping_(escaping) {}

  // Reads up to and including `end`. The result must match `expected`. Errors stick to the cursor.
  ConstExpr read(ByteCursor& c, ValType expected);

 private:
  void step(ByteCursor& c);
  void step_constant(ByteCursor& c, ConstExpr::Step& s);
  void step_global(ByteCursor& c, ConstExpr::Step& s);
  void step_func(ByteCursor& c, ConstExpr::Step& s);
  void step_struct(ByteCursor& c, ConstExpr::Step& s);
  void step_array(ByteCursor& c, ConstExpr::Step& s);
  void step_convert(ByteCursor& c, Heap from, Heap to, uint64_t at);
  // The canonical type of a type index that must be of the given composite; null after an error.
  const SubType* composite(ByteCursor& c, const ConstExpr::Step& s, Composite kind);
  void push(ValType t) { stack_.push_back(t); }
  ValType pop(ByteCursor& c, ValType expected, uint64_t at);

  const Module& module_;
  std::vector<bool>& escaping_;
  std::vector<ValType> stack_;  // kept between expressions: most need no allocation at all
  std::vector<ConstExpr::Step> steps_;
};

}  // namespace wjit::wasm
