#include "compiler/wasm/op_table.h"

namespace wjit::wasm {

const OpInfo& info(Op op) { return kOpTable[size_t(op)]; }
Op find_op(uint8_t prefix, uint32_t code) { return find_op_inline(prefix, code); }

namespace {

consteval bool sigs_are_well_formed() {
  for (const OpInfo& op : kOpTable) {
    if (op.sig == "*") continue;
    size_t colons = 0;
    for (char c : op.sig) {
      if (c == ':') {
        ++colons;
      } else if (std::string_view("iIfFvP").find(c) == std::string_view::npos) {
        return false;
      }
    }
    if (colons != 1) return false;
  }
  return true;
}
consteval bool memory_ops_have_sizes() {
  for (const OpInfo& op : kOpTable) {
    const bool accesses = op.imm == Imm::kMemArg || op.imm == Imm::kMemArgLane;
    if (accesses != (op.bytes != 0) || (op.bytes & (op.bytes - 1)) != 0) return false;
  }
  return true;
}
static_assert(sigs_are_well_formed());
static_assert(memory_ops_have_sizes());

}  // namespace
}  // namespace wjit::wasm
