#include "unit/compiler/opt/random_loops.h"

#include <vector>

#include "compiler/ir/builder.h"
#include "vmcontext/traps.h"

namespace wjit::test {

using namespace ir;

namespace {

constexpr unsigned kVariables = 6;  // the first half i32, the others i64

class Maker {
 public:
  explicit Maker(std::mt19937& random) : random_(random), b_(f_) {}

  Function make(unsigned statements) {
    f_.name = "random";
    for (unsigned v = 0; v < kVariables; ++v) f_.signature.params.push_back(type(v));
    f_.signature.results = {Type::kI32, Type::kI64};
    begin(block());
    vmctx_ = f_.append_param(f_.entry(), Type::kI64);
    f_.append_param(f_.entry(), Type::kI64);
    for (unsigned v = 0; v < kVariables; ++v) now_.push_back(f_.append_param(f_.entry(), type(v)));
    body(statements, (1u << kVariables) - 1, 0);
    b_.return_(std::vector<Value>{now_[below(3)], now_[3 + below(3)]});
    return std::move(f_);
  }

 private:
  using Values = std::vector<Value>;
  static Type type(unsigned v) { return v < kVariables / 2 ? Type::kI32 : Type::kI64; }
  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }
  Block block() { return f_.new_block(); }
  void begin(Block b) {
    f_.append_block(b);
    b_.set_block(b);
    b_.set_offset(++offset_);
  }
  Value small(Type t) { return b_.iconst(t, uint64_t{below(5)} - 2); }
  Value operand(Type t) { return below(4) == 0 ? small(t) : now_[below(3) + (t == Type::kI64 ? 3 : 0)]; }
  Value test() {
    const Type t = below(2) != 0 ? Type::kI32 : Type::kI64;
    if (t == Type::kI32 && below(6) == 0) return now_[below(3)];
    return b_.icmp(static_cast<IntCc>(below(10)), t, operand(t), operand(t));
  }
  Values those_of(unsigned mask) const {
    Values out;
    for (unsigned v = 0; v < kVariables; ++v)
      if ((mask >> v & 1) != 0) out.push_back(now_[v]);
    return out;
  }
  void params(Block b, unsigned mask) {
    for (unsigned v = 0; v < kVariables; ++v)
      if ((mask >> v & 1) != 0) now_[v] = f_.append_param(b, type(v));
  }

  void body(unsigned statements, unsigned mask, unsigned depth) {
    for (unsigned n = 0; n < statements; ++n) {
      b_.set_offset(++offset_);
      switch (below(12)) {
        case 0: choose(mask, depth); break;
        case 1: case 2:
          if (depth < 3) loop(mask, depth);
          break;
        case 3: case 4: memory(mask); break;
        case 5: constant_choice(mask); break;
        default: assign(mask);
      }
    }
  }
  void assign(unsigned mask) {
    const unsigned v = below(kVariables);
    if ((mask >> v & 1) == 0) return;
    static constexpr Op kOps[] = {Op::add, Op::add, Op::sub, Op::mul, Op::xor_, Op::and_, Op::rotl, Op::shl};
    const Type t = type(v);
    switch (below(4)) {
      case 0: now_[v] = b_.binary(Op::add, t, now_[v], small(t)); break;
      case 1: now_[v] = t == Type::kI64 ? b_.extend_u(now_[below(3)]) : b_.wrap(now_[3 + below(3)]); break;
      default: now_[v] = b_.binary(kOps[below(8)], t, operand(t), operand(t));
    }
  }
  void memory(unsigned mask) {
    const bool heap = below(2) != 0;
    const Access access{heap ? Region::kHeap : Region::kGlobal, static_cast<uint8_t>(below(2)), heap && below(2) != 0};
    const Value address = heap ? (below(2) != 0 ? b_.extend_u(now_[below(3)]) : now_[3 + below(3)]) : vmctx_;
    const unsigned v = below(kVariables);
    const int32_t at = static_cast<int32_t>(8 * below(3));
    switch (below(8)) {
      case 0: b_.check(Op::trap_if, test(), static_cast<uint16_t>(vm::TrapCode::kUnreachable)); break;
      case 1: below(2) != 0 ? b_.fuel(offset_) : b_.epoch(); break;
      case 2: case 3: case 4: b_.store(Op::store, type(v), access, address, now_[v], at); break;
      default:
        if ((mask >> v & 1) != 0) now_[v] = b_.load(Op::load, type(v), access, address, at);
    }
  }
  void choose(unsigned mask, unsigned depth) {
    const unsigned changed = mask & below(1u << kVariables);
    const Block yes = block(), no = block(), end = block();
    b_.brif(test(), f_.new_edge(yes), f_.new_edge(no));
    const Values before = now_;
    for (Block arm : {yes, no}) {
      now_ = before;
      begin(arm);
      body(below(3), changed, depth);
      b_.jump(end, those_of(changed));
    }
    now_ = before;
    begin(end);
    params(end, changed);
  }
  // A choice that was made twice: one of the ways to the second brings its outcome along.
  void constant_choice(unsigned mask) {
    const unsigned changed = mask & 7u;
    const Block yes = block(), no = block(), meet = block(), left = block(), right = block(), end = block();
    b_.brif(test(), f_.new_edge(yes), f_.new_edge(no));
    begin(yes);
    b_.jump(meet, Values{b_.iconst(Type::kI32, below(2))});
    begin(no);
    b_.jump(meet, Values{below(2) != 0 ? b_.iconst(Type::kI32, below(2)) : now_[below(3)]});
    begin(meet);
    Value p = f_.append_param(meet, Type::kI32);
    if (below(2) != 0) p = b_.icmp(static_cast<IntCc>(below(10)), Type::kI32, p, small(Type::kI32));
    b_.brif(p, f_.new_edge(left), f_.new_edge(right));
    const Values before = now_;
    for (Block arm : {left, right}) {
      now_ = before;
      begin(arm);
      assign(changed);
      b_.jump(end, those_of(changed));
    }
    now_ = before;
    begin(end);
    params(end, changed);
  }
  void loop(unsigned mask, unsigned depth) {
    const unsigned changed = mask & (below(1u << kVariables) | 1u << below(kVariables));
    const bool breaks = below(2) != 0, at_top = below(3) != 0;
    const Block header = block(), end = block();
    // How often at most: programs end.
    b_.jump(header, [&] {
      Values v = those_of(changed);
      v.push_back(b_.iconst(Type::kI32, 1 + below(6)));
      return v;
    }());
    begin(header);
    params(header, changed);
    const Value rounds = f_.append_param(header, Type::kI32);
    Value left;
    const auto out = [&] {
      const Block on = block();
      if (!left.valid()) left = b_.binary(Op::add, Type::kI32, rounds, b_.iconst(Type::kI32, ~uint64_t{0}));
      const Value more = below(3) == 0 ? b_.binary(Op::and_, Type::kI32, left, test()) : left;
      const bool twisted = below(2) != 0;
      const Edge go = f_.new_edge(on), leave = f_.new_edge(end, breaks ? those_of(changed) : Values());
      b_.brif(twisted ? b_.icmp(IntCc::eq, Type::kI32, more, b_.iconst(Type::kI32, 0)) : more, twisted ? leave : go,
              twisted ? go : leave);
      begin(on);
    };
    Values at_end;
    if (at_top) {
      body(below(2), changed, 3);
      at_end = now_;
      out();
    }
    body(1 + below(4), changed, depth + 1);
    if (!at_top || breaks) at_end = now_, out();
    body(below(3), changed, depth + 1);
    Values again = those_of(changed);
    again.push_back(left);
    b_.jump(header, again);
    begin(end);
    now_ = at_end;
    if (breaks) params(end, changed);
  }

  std::mt19937& random_;
  Function f_;
  Builder b_;
  Value vmctx_;
  Values now_;
  uint32_t offset_ = 0;
};

}  // namespace

Function random_loops(std::mt19937& random, unsigned statements) { return Maker(random).make(statements); }

}  // namespace wjit::test
