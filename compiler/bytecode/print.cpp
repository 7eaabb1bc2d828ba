#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>

#include "compiler/bytecode/code.h"

namespace wjit::bc {

// What follows the first word, for printing and for walking code.
struct Shape {
  const char* name;
  uint8_t words;  // 0: br_table
};
constexpr Shape kShapes[] = {
#define UNARY(id, A, R) {#id, 1},
#define BINARY(id, A, R) {#id "_ss", 1}, {#id "_si", 2}, {#id "_is", 2},
#define COMPARE(id, A) \
  {#id "_ss", 1}, {#id "_si", 2}, {"br_" #id "_ss", 2}, {"br_" #id "_si", 2}, {"brn_" #id "_ss", 2}, {"brn_" #id "_si", 2},
#define TRAP_UNARY(id, A, R) {#id, 1},
#define TRAP_BINARY(id, A, R) {#id "_ss", 1}, {#id "_si", 2}, {#id "_is", 2},
#define LOAD(id, M, R) {#id "_m0", 1}, {#id "_m0w", 2}, {#id "_abs", 1}, {#id "_gen", 3},
#define STORE(id, M, S) {#id "_m0", 1}, {#id "_m0w", 2}, {#id "_abs", 1}, {#id "_gen", 3},
#define SPECIAL(id, words) {#id, words},
#define A_LOAD(id, M, R) {#id, 3},
#define A_STORE(id, M) {#id, 3},
#define A_RMW(id, M, T, name) {#id, 3},
#define A_CMPXCHG(id, M, T) {#id, 3},
#define V_UNARY(id) {#id, 1},
#define V_BINARY(id) {#id, 1},
#define V_TERNARY(id) {#id, 2},
#define V_SHIFT(id) {#id "_ss", 1}, {#id "_si", 2},
#define V_TEST(id) {#id, 1},
#define V_SPLAT(id, T) {#id, 1},
#define V_EXTRACT(id, R) {#id, 1},
#define V_REPLACE(id, T) {#id, 2},
#define V_LOAD(id, M) {#id "_m0", 1}, {#id "_m0w", 2}, {#id "_abs", 1}, {#id "_gen", 3},
#define V_STORE(id, M) {#id "_m0", 1}, {#id "_m0w", 2}, {#id "_abs", 1}, {#id "_gen", 3},
#define V_LOAD_LANE(id, M) {#id, 3},
#define V_STORE_LANE(id, M) {#id, 3},
#include "compiler/bytecode/bytecode.def"
#define ACC(name, words) {#name, words},
#include "compiler/bytecode/accumulator.def"
};
static_assert(std::size(kShapes) == size_t(Op::kCount));

const char* name(Op op) { return kShapes[size_t(op)].name; }

unsigned word_count(const uint64_t* at) {
  const Op op = Op(*at & 0xffff);
  if (op == Op::br_table || op == Op::br_table_a) return 1 + (uint32_t(*at >> 32) + 2) / 2;
  return kShapes[size_t(op)].words;
}

uint32_t Code::wasm_offset(uint32_t word) const {
  auto it = std::upper_bound(offsets.begin(), offsets.end(), word,
                             [](uint32_t w, const SourceOffset& o) { return w < o.word; });
  return it == offsets.begin() ? 0 : std::prev(it)->wasm_offset;
}

// Ranges are nested: of all that begin in front of the word, those around it are the last one or around that.
const TryRange* Code::innermost_try(uint32_t word) const {
  auto it = std::upper_bound(tries.begin(), tries.end(), word,
                             [](uint32_t w, const TryRange& t) { return w < t.begin; });
  if (it == tries.begin()) return nullptr;
  const TryRange* t = &*std::prev(it);
  while (t && word >= t->end) t = outer_try(*t);
  return t;
}

bool same_frames(const Code& a, const Code& b) {
  const auto same_loop = [](const LoopHeader& x, const LoopHeader& y) {
    return x.wasm_offset == y.wasm_offset && x.first_operand == y.first_operand && x.operands == y.operands;
  };
  const auto same_operand = [](const LoopOperand& x, const LoopOperand& y) {
    return x.is_constant == y.is_constant && x.value == y.value;
  };
  return a.frame_cells == b.frame_cells && a.param_cells == b.param_cells && a.zero_cells == b.zero_cells &&
         a.result_cells == b.result_cells && a.local_gap == b.local_gap &&
         std::equal(a.loops.begin(), a.loops.end(), b.loops.begin(), b.loops.end(), same_loop) &&
         std::equal(a.loop_operands.begin(), a.loop_operands.end(), b.loop_operands.begin(), b.loop_operands.end(),
                    same_operand);
}

std::string print_code(const Code& code) {
  std::string out = fmt::format("function {}: {} cells ({} params, {} zeroed, {} results), {} words\n", code.func_index,
                                code.frame_cells, code.param_cells, code.zero_cells, code.result_cells,
                                code.words.size());
  for (uint32_t at = 0; at < code.words.size();) {
    const uint64_t* w = &code.words[at];
    const unsigned n = word_count(w);
    out += fmt::format("{:6}  {:<24} {:5} {:5} {:5}", at, name(Op(*w & 0xffff)), *w >> 16 & 0xffff, *w >> 32 & 0xffff,
                       *w >> 48);
    for (unsigned i = 1; i < n; ++i) out += fmt::format(" {:#x}", w[i]);
    auto it = std::lower_bound(code.offsets.begin(), code.offsets.end(), at,
                               [](const SourceOffset& o, uint32_t x) { return o.word < x; });
    if (it != code.offsets.end() && it->word == at) out += fmt::format("  ; 0x{:x}", it->wasm_offset);
    out += '\n';
    at += n;
  }
  for (const TryRange& t : code.tries) {
    out += fmt::format("try {}..{}\n", t.begin, t.end);
    for (uint32_t i = t.first_clause; i < t.first_clause + t.clauses; ++i) {
      const CatchClause& c = code.clauses[i];
      const std::string tag = c.tag == CatchClause::kAnyTag ? "any tag" : fmt::format("tag {}", c.tag);
      out += fmt::format("  {}{}: cell {}, to {}\n", tag, c.with_ref ? " and the exception" : "", c.cell, c.word);
    }
  }
  return out;
}

}  // namespace wjit::bc
