#include "compiler/ir/parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <unordered_map>

#include "compiler/ir/libcall.h"
#include "compiler/ir/print.h"
#include "compiler/ir/row_types.h"
#include "compiler/ir/text.h"
#include "compiler/ir/text_cursor.h"
#include "vmcontext/traps.h"

namespace wjit::ir {
namespace {

const std::unordered_map<std::string_view, Op>& ops_by_name() {
  static const std::unordered_map<std::string_view, Op> map = [] {
    std::unordered_map<std::string_view, Op> m;
    for (size_t i = 0; i < std::size(kOps); ++i) m.emplace(kOps[i].text, static_cast<Op>(i));
    return m;
  }();
  return map;
}

const std::unordered_map<std::string_view, VecOp>& vec_ops_by_name() {
  static const std::unordered_map<std::string_view, VecOp> map = [] {
    std::unordered_map<std::string_view, VecOp> m;
    for (size_t i = 0; i < kVecOpCount; ++i) m.emplace(kVecOps[i].text, static_cast<VecOp>(i));
    return m;
  }();
  return map;
}

template <class Names>
size_t index_of(const Names& names, std::string_view name) {
  return static_cast<size_t>(std::find(std::begin(names), std::end(names), name) - std::begin(names));
}

// One function. Values get the numbers they have in the text: so parameters and instructions are only noted while
// reading, and made in the order of their numbers afterwards; numbers that nothing has go to instructions in no block.
class FunctionParser {
 public:
  explicit FunctionParser(TextCursor& c)
      : c_(c), number_limit_(static_cast<uint32_t>(std::min<size_t>(c.size(), 1u << 30)) + kSpareNumbers) {}

  Result<Function> run() {
    WJIT_CHECK(header());
    while (c_.skip(), c_.at_numbered("sig")) WJIT_CHECK(signature_line());
    while (c_.skip(), !c_.accept("}")) {
      if (c_.at_numbered("block")) {
        WJIT_CHECK(block());
      } else if (blocks_.empty()) {
        return c_.expected("a block, a signature or `}`");
      } else {
        WJIT_CHECK(inst());
      }
    }
    WJIT_CHECK(make());
    return std::move(f_);
  }

 private:
  struct PendingBlock {
    Block block;
    size_t at;
    bool cold;
    std::vector<std::pair<uint32_t, Type>> params;
  };
  struct PendingInst {
    InstData data;
    uint32_t first_result, results;
    uint32_t wasm_offset;
    uint32_t block;  // index in blocks_
  };
  struct Definition {
    uint32_t number, count;
    bool is_param;
    uint32_t index;  // of the block or the instruction
    Type type;       // of a parameter
    size_t at;
  };
  struct Use {
    uint32_t number;
    size_t at;
  };

  // ---- small things -----------------------------------------------------------------------------------------------

  Result<void> expect(std::string_view s) {
    c_.skip_blanks();
    return c_.accept(s) ? Result<void>() : c_.expected(fmt::format("`{}`", s));
  }
  Result<uint64_t> number(std::string_view what) {
    const size_t at = c_.at();
    const bool negative = c_.accept("-");
    const int base = c_.accept("0x") ? 16 : 10;
    const std::string_view digits = c_.while_(is_word);
    uint64_t n = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n, base);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() || (negative && n > 1ull << 63))
      return c_.expected_at(at, what);
    return negative ? 0 - n : n;
  }
  Result<uint32_t> numbered(std::string_view prefix, std::string_view what) {
    c_.skip_blanks();
    const size_t at = c_.at();
    uint32_t n = 0;
    if (c_.accept(prefix)) {
      const std::string_view digits = c_.while_(is_word);
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
      if (!digits.empty() && error == std::errc() && end == digits.data() + digits.size()) {
        if (n < number_limit_) return n;
        return c_.wrong_at(at, "{}{} is too high a number, expected less than {}", prefix, n, number_limit_);
      }
    }
    c_.back_to(at);
    return c_.expected(prefix.empty() ? std::string(what) : fmt::format("{} such as {}0", what, prefix));
  }
  Result<Type> type() {
    c_.skip_blanks();
    const size_t at = c_.at();
    const size_t n = index_of(kTypeNames, c_.while_(is_word));
    if (n == 0 || n >= std::size(kTypeNames)) return c_.expected_at(at, "a type: i32, i64, f32, f64 or v128");
    return static_cast<Type>(n);
  }
  template <class F>
  Result<void> separated(char end, F&& one) {
    c_.skip_blanks();
    if (c_.peek() == end) return {};
    do WJIT_CHECK(one());
    while (c_.skip_blanks(), c_.accept(","));
    return {};
  }
  Result<std::vector<Type>> types() {
    std::vector<Type> list;
    WJIT_CHECK(expect("("));
    WJIT_CHECK(separated(')', [&]() -> Result<void> {
      WJIT_TRY(const Type t, type());
      list.push_back(t);
      return {};
    }));
    WJIT_CHECK(expect(")"));
    return list;
  }
  Result<Signature> signature() {
    Signature s;
    WJIT_TRY(s.params, types());
    c_.skip_blanks();
    if (!c_.accept("->")) return s;
    WJIT_TRY(s.results, types());
    return s;
  }
  Result<std::string> quoted() {
    std::string s;
    WJIT_CHECK(expect("\""));
    while (!c_.accept("\"")) {
      if (c_.done() || c_.peek() == '\n') return c_.expected("`\"` at the end of the name");
      if (!c_.accept("\\")) {
        s += c_.peek();
        c_.back_to(c_.at() + 1);
        continue;
      }
      uint32_t byte = 0;
      for (int i = 0; i < 2; ++i) {
        WJIT_TRY(const uint32_t digit, hex_digit());
        byte = byte << 4 | digit;
      }
      s += static_cast<char>(byte);
    }
    return s;
  }
  Result<uint32_t> hex_digit() {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    const size_t n = c_.done() ? kDigits.npos : kDigits.find(c_.peek());
    if (n == kDigits.npos) return c_.expected("a hexadecimal digit");
    c_.back_to(c_.at() + 1);
    return static_cast<uint32_t>(n);
  }

  // ---- lines ------------------------------------------------------------------------------------------------------

  Result<void> header() {
    c_.skip();
    if (!c_.accept_word("function")) return c_.expected("`function`");
    WJIT_TRY(f_.number, numbered("", "the function's number"));
    WJIT_TRY(f_.name, quoted());
    WJIT_TRY(f_.signature, signature());
    return expect("{");
  }

  Result<void> signature_line() {
    const size_t at = c_.at();
    WJIT_TRY(const uint32_t n, numbered("sig", "a signature"));
    if (n != f_.sig_count())
      return c_.expected_at(at, fmt::format("sig{}: signatures are numbered in a row", f_.sig_count()));
    WJIT_CHECK(expect("="));
    WJIT_TRY(Signature s, signature());
    f_.new_signature(std::move(s));
    return {};
  }

  Result<void> block() {
    PendingBlock b{.at = c_.at(), .cold = false};
    WJIT_TRY(const uint32_t n, numbered("block", "a block"));
    b.block = Block(n);
    const uint32_t index = static_cast<uint32_t>(blocks_.size());
    c_.skip_blanks();
    if (c_.accept("(")) {
      WJIT_CHECK(separated(')', [&]() -> Result<void> {
        c_.skip_blanks();
        const size_t at = c_.at();
        WJIT_TRY(const uint32_t v, numbered("v", "a value"));
        if (!b.params.empty() && v <= b.params.back().first)
          return c_.wrong_at(at, "expected parameters in the order of their numbers");
        WJIT_CHECK(expect(":"));
        WJIT_TRY(const Type t, type());
        b.params.emplace_back(v, t);
        definitions_.push_back({v, 1, true, index, t, at});
        return {};
      }));
      WJIT_CHECK(expect(")"));
    }
    c_.skip_blanks();
    b.cold = c_.accept_word("cold");
    blocks_.push_back(std::move(b));
    return expect(":");
  }

  Result<void> inst() {
    PendingInst p{.first_result = 0, .results = 0, .block = static_cast<uint32_t>(blocks_.size()) - 1};
    const size_t at = c_.at();
    if (c_.at_numbered("v")) WJIT_CHECK(results(p));
    c_.skip_blanks();
    const size_t name_at = c_.at();
    const std::string_view name = c_.while_(is_word);
    const auto op = ops_by_name().find(name);
    if (op == ops_by_name().end()) return c_.expected_at(name_at, "an instruction");
    InstData& d = p.data;
    d.op = op->second;
    d.type = unwritten_type(d.op);
    if (has_written_type(d.op)) {
      WJIT_CHECK(expect("."));
      WJIT_TRY(d.type, type());
    }
    if (d.format() == Format::kConvert) {
      WJIT_CHECK(expect("."));
      WJIT_TRY(const Type from, type());
      d.aux = static_cast<uint16_t>(from);
    }
    for (char c : shape(d.op)) WJIT_CHECK(field(d, c));
    const size_t expected = result_types(d).size();
    if (expected != p.results) return c_.wrong_at(at, "{} results, expected {} of `{}`", p.results, expected, name);
    const uint32_t index = static_cast<uint32_t>(insts_.size());
    if (p.results != 0) definitions_.push_back({p.first_result, p.results, false, index, Type::kNone, at});
    WJIT_TRY(p.wasm_offset, wasm_offset());
    insts_.push_back(p);
    return {};
  }
  Result<void> results(PendingInst& p) {
    do {
      c_.skip_blanks();
      const size_t at = c_.at();
      WJIT_TRY(const uint32_t v, numbered("v", "a value"));
      if (p.results == 0) p.first_result = v;
      if (v != p.first_result + p.results)
        return c_.expected_at(at, fmt::format("v{}: results are numbered in a row", p.first_result + p.results));
      ++p.results;
      c_.skip_blanks();
    } while (c_.accept(","));
    return expect("=");
  }
  std::vector<Type> result_types(const InstData& d) const {
    if (d.format() == Format::kCall || d.format() == Format::kTryCall) return f_.call_results(d);
    const Type t = result_type(d.op, d.type);
    return t == Type::kNone ? std::vector<Type>() : std::vector<Type>{t};
  }
  // On the same line: `; @1a2`.
  Result<uint32_t> wasm_offset() {
    c_.skip_blanks();
    const size_t at = c_.at();
    if (c_.accept(";")) {
      c_.skip_blanks();
      if (c_.accept("@")) {
        const std::string_view digits = c_.while_(is_word);
        uint32_t n = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n, 16);
        if (error != std::errc() || end != digits.data() + digits.size())
          return c_.expected_at(at, "an offset of 32 bits, in hexadecimal digits");
        c_.while_([](char c) { return c != '\n'; });
        return n;
      }
    }
    c_.back_to(at);
    return 0;
  }

  // ---- fields -----------------------------------------------------------------------------------------------------

  Result<void> field(InstData& d, char letter) {
    switch (letter) {
      case ' ': return {};
      case 'a': return value(d.a);
      case 'b': return value(d.b);
      case 'c': return value(d.c);
      case '1': return edge(d.a);
      case '2': return edge(d.b);
      case '3': return edge(d.c);
      case 'J': return table(d);
      case 'C': return condition(d);
      case 'I': return immediate(d);
      case 'V': return vector(d);
      case 'M': return access(d);
      case '+': return displacement(d);
      case 'T': return trap(d);
      case 'R': return returned(d);
      case 'L': return call(d);
      case 'H': return handlers(d);
      case 'O': return vec_op(d);
      case 'N': return lane(d);
      case 'B': return bytes(d);
      case 'W': return likely(d);
      case 'F': {
        c_.skip_blanks();
        WJIT_TRY(const uint64_t cost, number("a cost"));
        d.set_imm(cost);
        return {};
      }
      default: return expect(std::string_view(&letter, 1));
    }
  }

  Result<void> value(uint32_t& n) {
    c_.skip_blanks();
    const size_t at = c_.at();
    WJIT_TRY(n, numbered("v", "a value"));
    uses_.push_back({n, at});
    return {};
  }
  Result<List> values(char end) {
    std::vector<Value> list;
    WJIT_CHECK(separated(end, [&]() -> Result<void> {
      uint32_t n = 0;
      WJIT_CHECK(value(n));
      list.push_back(Value(n));
      return {};
    }));
    return f_.new_list(list);
  }
  Result<void> returned(InstData& d) {
    c_.skip_blanks();
    if (!c_.at_numbered("v")) return {};
    WJIT_TRY(const List l, values('\0'));
    d.a = l.at;
    return {};
  }
  Result<void> edge(uint32_t& n) {
    c_.skip_blanks();
    const size_t at = c_.at();
    WJIT_TRY(const uint32_t to, numbered("block", "a block"));
    block_uses_.push_back({to, at});
    const Edge e = f_.new_edge(Block(to));
    n = e.n;
    c_.skip_blanks();
    if (!c_.accept("(")) return {};
    WJIT_TRY(f_.edge(e).args, values(')'));
    return expect(")");
  }
  Result<void> table(InstData& d) {
    std::vector<Edge> edges;
    const auto one = [&]() -> Result<void> {
      uint32_t n = 0;
      WJIT_CHECK(edge(n));
      edges.push_back(Edge(n));
      return {};
    };
    WJIT_CHECK(expect("["));
    WJIT_CHECK(separated(']', one));
    WJIT_CHECK(expect("]"));
    WJIT_CHECK(expect(","));
    WJIT_CHECK(one());
    d.b = f_.new_table(edges).n;
    return {};
  }

  Result<void> likely(InstData& d) {
    c_.skip_blanks();
    if (!c_.accept_word("likely")) return {};
    c_.skip_blanks();
    const size_t at = c_.at();
    WJIT_TRY(const uint64_t n, number("how likely"));
    if (n == 0 || n > 65535) return c_.expected_at(at, "a number from 1 to 65535");
    d.aux = static_cast<uint16_t>(n);
    return {};
  }
  Result<void> condition(InstData& d) {
    c_.skip_blanks();
    const size_t at = c_.at();
    const std::string_view name = c_.while_(is_word);
    const bool floats = d.op == Op::fcmp;
    const size_t n = floats ? index_of(kFloatCcNames, name) : index_of(kIntCcNames, name);
    if (n == (floats ? std::size(kFloatCcNames) : std::size(kIntCcNames))) return c_.expected_at(at, "a condition");
    d.aux = static_cast<uint16_t>(n);
    return {};
  }
  Result<void> trap(InstData& d) {
    c_.skip_blanks();
    const size_t at = c_.at();
    const std::string_view name = c_.while_([](char c) { return is_word(c) || c == '-'; });
    for (const vm::TrapInfo& t : vm::kTraps)
      if (name == t.name) return d.aux = static_cast<uint16_t>(t.code), Result<void>();
    return c_.expected_at(at, "the name of a trap");
  }
  Result<void> immediate(InstData& d) {
    c_.skip_blanks();
    if (d.type == Type::kF32) return real<float, uint32_t>(d);
    if (d.type == Type::kF64) return real<double, uint64_t>(d);
    const size_t at = c_.at();
    WJIT_TRY(uint64_t n, number("an integer of at most 64 bits"));
    if (d.type == Type::kI32) {
      if (n > UINT32_MAX && n < ~uint64_t{0} << 31) return c_.expected_at(at, "an integer of at most 32 bits");
      n = static_cast<uint32_t>(n);
    }
    d.set_imm(n);
    return {};
  }
  template <class F, class Bits>
  Result<void> real(InstData& d) {
    const size_t at = c_.at();
    if (c_.accept("nan:")) {
      WJIT_TRY(const uint64_t bits, number("the bits of a NaN"));
      const F nan = std::bit_cast<F>(static_cast<Bits>(bits));
      if (bits != static_cast<Bits>(bits) || nan == nan) return c_.expected_at(at, "the bits of a NaN");
      d.set_imm(bits);
      return {};
    }
    const std::string_view text = c_.while_([](char c) { return is_word(c) || c == '.' || c == '-' || c == '+'; });
    F x = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), x);
    if (error != std::errc() || end != text.data() + text.size() || x != x)
      return c_.expected_at(at, "a number, inf, -inf or nan:0x…");
    d.set_imm(std::bit_cast<Bits>(x));
    return {};
  }
  Result<void> vector(InstData& d) {
    WJIT_CHECK(expect("0x"));
    std::array<uint8_t, 16> bytes;
    for (uint8_t& byte : bytes) {
      WJIT_TRY(const uint32_t high, hex_digit());
      WJIT_TRY(const uint32_t low, hex_digit());
      byte = static_cast<uint8_t>(high << 4 | low);
    }
    d.c = f_.add_vector_constant(bytes);
    return {};
  }

  // Any of the table: whether it is one of this instruction is the verifier's to say, as for all other fields.
  Result<void> vec_op(InstData& d) {
    c_.skip_blanks();
    const size_t at = c_.at();
    const auto op = vec_ops_by_name().find(c_.while_([](char c) { return is_word(c) || c == '.'; }));
    if (op == vec_ops_by_name().end()) return c_.expected_at(at, "a vector operation, as wasm calls it");
    d.aux = static_cast<uint16_t>(op->second);
    return {};
  }
  Result<void> lane(InstData& d) {
    c_.skip_blanks();
    const size_t at = c_.at();
    WJIT_TRY(const uint64_t n, number("a lane"));
    if (n >= 16) return c_.expected_at(at, "a lane below 16");
    d.c = static_cast<uint32_t>(n);
    return {};
  }

  Result<void> bytes(InstData& d) {
    c_.skip_blanks();
    const size_t at = c_.at();
    WJIT_TRY(const uint64_t n, number("how many bytes"));
    if (n != 1 && n != 2 && n != 4 && n != 8) return c_.expected_at(at, "1, 2, 4 or 8 bytes");
    d.aux = static_cast<uint16_t>(n);
    return {};
  }

  Result<void> access(InstData& d) {
    c_.skip_blanks();
    const size_t at = c_.at();
    const std::string_view name = c_.while_(is_letter), digits = c_.while_(is_digit);
    Access a;
    const auto* region = std::find_if(std::begin(kRegionNames), std::end(kRegionNames),
                                      [&](const RegionName& r) { return r.text == name; });
    uint32_t n = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
    const bool has_number = error == std::errc() && n < 128;
    if (region == std::end(kRegionNames) || !(has_number || (digits.empty() && !region->numbered)))
      return c_.expected_at(
          at, "a region of memory: heap0, memdef0, tabledef0, table0, global0, vmctx, funcref or other");
    a.region = static_cast<Region>(region - kRegionNames);
    a.number = n & 127;
    a.traps = c_.accept(".trap");
    d.aux = a.pack();
    return {};
  }
  Result<void> displacement(InstData& d) {
    c_.skip_blanks();
    const bool negative = c_.peek() == '-';
    if (!c_.accept("+") && !c_.accept("-")) return {};
    c_.skip_blanks();
    const size_t at = c_.at();
    WJIT_TRY(const uint64_t n, number("a displacement"));
    if (n > (negative ? 1ull << 31 : (1ull << 31) - 1)) return c_.expected_at(at, "a displacement of 32 bits, signed");
    d.c = static_cast<uint32_t>(negative ? 0 - n : n);
    return {};
  }

  Result<void> call(InstData& d) {
    c_.skip_blanks();
    if (d.op == Op::call || d.op == Op::return_call || d.op == Op::try_call) {
      WJIT_TRY(d.c, numbered("fn", "a function"));
    } else if (d.op == Op::libcall) {
      const size_t at = c_.at();
      const std::string_view name = c_.while_(is_word);
      while (d.c < kLibcallCount && name != vm::kLibcalls[d.c].name) ++d.c;
      if (d.c == kLibcallCount) return c_.expected_at(at, "the name of a libcall");
    }
    c_.skip_blanks();
    const size_t at = c_.at();
    WJIT_TRY(d.b, numbered("sig", "a signature"));
    if (d.b >= f_.sig_count()) return c_.wrong_at(at, "sig{} is not defined", d.b);
    WJIT_CHECK(expect("("));
    WJIT_TRY(const List l, values(')'));
    d.a = l.at;
    return expect(")");
  }

  // Behind a call, whose callee is in d.c until then.
  Result<void> handlers(InstData& d) {
    TryData t{d.c, Edge(), {}};
    WJIT_CHECK(edge(t.normal.n));
    WJIT_CHECK(expect(","));
    WJIT_CHECK(expect("["));
    WJIT_CHECK(separated(']', [&]() -> Result<void> {
      Handler h{Handler::kAny, Edge()};
      c_.skip_blanks();
      if (!c_.accept_word("any")) {
        WJIT_TRY(h.tag, numbered("tag", "`any`, or a tag"));
      }
      WJIT_CHECK(edge(h.edge.n));
      t.handlers.push_back(h);
      return {};
    }));
    d.c = f_.new_try(std::move(t)).n;
    return expect("]");
  }

  // ---- making what was read ---------------------------------------------------------------------------------------

  Result<void> make() {
    std::sort(definitions_.begin(), definitions_.end(),
              [](const auto& a, const auto& b) { return a.number < b.number; });
    WJIT_CHECK(check_numbers());
    WJIT_CHECK(make_blocks());
    std::vector<Inst> made(insts_.size());
    const auto make_inst = [&](uint32_t i) {
      made[i] = f_.new_inst(insts_[i].data, result_types(insts_[i].data), insts_[i].wasm_offset);
    };
    for (const Definition& d : definitions_) {
      if (const uint32_t gap = d.number - f_.value_count(); gap != 0)
        f_.new_inst({}, std::vector<Type>(gap, Type::kI32), 0);
      if (d.is_param)
        f_.append_param(blocks_[d.index].block, d.type);
      else
        make_inst(d.index);
    }
    for (uint32_t i = 0; i < insts_.size(); ++i) {
      if (insts_[i].results == 0) make_inst(i);
      f_.append_inst(blocks_[insts_[i].block].block, made[i]);
    }
    return {};
  }

  Result<void> check_numbers() const {
    uint32_t next = 0;
    for (const Definition& d : definitions_) {
      if (d.number < next) return c_.wrong_at(d.at, "v{} is defined twice", d.number);
      next = d.number + d.count;
    }
    for (const Use& u : uses_) {
      const auto after = std::upper_bound(definitions_.begin(), definitions_.end(), u.number,
                                          [](uint32_t n, const Definition& d) { return n < d.number; });
      if (after == definitions_.begin() || u.number - (after - 1)->number >= (after - 1)->count)
        return c_.wrong_at(u.at, "v{} is not defined", u.number);
    }
    return {};
  }

  Result<void> make_blocks() {
    uint32_t count = 0;
    for (const PendingBlock& b : blocks_) count = std::max(count, b.block.n + 1);
    for (uint32_t i = 0; i < count; ++i) f_.new_block();
    for (const PendingBlock& b : blocks_) {
      if (f_.block(b.block).laid_out) return c_.wrong_at(b.at, "block{} is defined twice", b.block.n);
      f_.append_block(b.block);
      f_.block(b.block).cold = b.cold;
    }
    for (const Use& u : block_uses_)
      if (u.number >= count || !f_.block(Block(u.number)).laid_out)
        return c_.wrong_at(u.at, "block{} is not defined", u.number);
    return {};
  }

  // Numbers that nothing in the text has cost memory, too.
  static constexpr uint32_t kSpareNumbers = 1'000'000;
  TextCursor& c_;
  const uint32_t number_limit_;
  Function f_;
  std::vector<PendingBlock> blocks_;
  std::vector<PendingInst> insts_;
  std::vector<Definition> definitions_;
  std::vector<Use> uses_, block_uses_;
};

}  // namespace

Result<std::vector<Function>> parse_functions(std::string_view text) {
  std::vector<Function> functions;
  TextCursor c(text);
  for (c.skip(); !c.done(); c.skip()) {
    WJIT_TRY(Function f, FunctionParser(c).run());
    functions.push_back(std::move(f));
  }
  return functions;
}

Result<Function> parse(std::string_view text) {
  TextCursor c(text);
  WJIT_TRY(Function f, FunctionParser(c).run());
  c.skip();
  if (!c.done()) return c.expected("nothing more");
  return f;
}

}  // namespace wjit::ir
