#include "compiler/ir/ssa.h"

#include <algorithm>

namespace wjit::ir {

namespace {
constexpr uint32_t kAsking = ~uint32_t{0} - 1;  // in known_: the region's ways are being asked
constexpr uint32_t kParamWork = 8;              // what a parameter counts for, which takes much more room than a step
}

// ---- ValueMap ---------------------------------------------------------------------------------------------------

void ValueMap::clear() {
  if (slots_.size() > kMostKept) {
    slots_ = std::vector<Slot>(kLeast);
    used_ = {};
    return;
  }
  for (uint32_t i : used_) slots_[i].value = kAbsent;
  used_.clear();
}

void ValueMap::set(uint64_t key, uint32_t value) {
  if (2 * used_.size() >= slots_.size()) grow();
  size_t i = place(key);
  while (slots_[i].value != kAbsent && slots_[i].key != key) i = (i + 1) & (slots_.size() - 1);
  if (slots_[i].value == kAbsent) used_.push_back(static_cast<uint32_t>(i));
  slots_[i] = {key, value};
}

void ValueMap::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  used_.clear();
  for (const Slot& s : old)
    if (s.value != kAbsent) {
      size_t i = place(s.key);
      while (slots_[i].value != kAbsent) i = (i + 1) & (slots_.size() - 1);
      slots_[i] = s;
      used_.push_back(static_cast<uint32_t>(i));
    }
}

// ---- records and regions ------------------------------------------------------------------------------------------

void Ssa::reset(Function& f, uint64_t most_work) {
  f_ = &f;
  most_work_ = most_work;
  work_ = 0;
  variables_.clear();
  records_.assign(1, {});
  regions_.assign(1, {});
  ways_.assign(1, {});
  incomplete_.assign(1, {});
  known_.clear();
  std::fill(std::begin(zeros_), std::end(zeros_), Value());
}

void Ssa::declare(Type t, uint32_t count) {
  variables_.resize(variables_.size() + count, Variable{.head = 0, .cached_in = 0, .cached = Value(), .type = t});
}

void Ssa::start() { begin_region(Kind::kEntry, f_->entry(), {}, {}); }

void Ssa::add_record(Variable& x, Value v) {
  Record r{v, x.head, x.head, 1};
  if (x.head != kNone) {
    const Record& last = records_[x.head];
    r.depth = last.depth + 1;
    if (last.jump != kNone) {
      const Record& jumped = records_[last.jump];
      if (last.depth - jumped.depth == jumped.depth - (jumped.jump != kNone ? records_[jumped.jump].depth : 0))
        r.jump = jumped.jump;
    }
  }
  x.head = now();
  records_.push_back(r);
}

uint32_t Ssa::newest_before(const Variable& x, uint32_t time) const {
  uint32_t r = x.head;
  while (r >= time) {  // kNone is before every time
    const Record& record = records_[r];
    r = record.jump >= time ? record.jump : record.previous;
  }
  return r;
}

void Ssa::begin_region(Kind kind, Block block, Point opened, Ways ways) {
  Region r{.kind = kind, .start = now(), .opened = opened, .end = 0, .block = block, .ways = ways, .jump = 0, .depth = 0};
  if (kind == Kind::kJoin) {
    // Jumps go from join to join as long as each was opened in the next.
    r.depth = 1;
    r.jump = opened.region;
    const Region& parent = regions_[opened.region];
    if (parent.kind == Kind::kJoin) {
      r.depth = parent.depth + 1;
      const Region& jumped = regions_[parent.jump];
      const uint32_t jumped_depth = jumped.kind == Kind::kJoin ? jumped.depth : 0;
      const Region& further = regions_[jumped.jump];
      const uint32_t further_depth = further.kind == Kind::kJoin ? further.depth : 0;
      if (jumped_depth != 0 && parent.depth - jumped_depth == jumped_depth - further_depth) r.jump = jumped.jump;
    }
  }
  regions_.push_back(r);
  current_ = static_cast<uint32_t>(regions_.size() - 1);
  start_ = shared_time_ = now();
}

void Ssa::add_way(Ways& ways, Edge edge, Point from) {
  ways_.push_back({edge, from, ways.last});
  ways.last = static_cast<uint32_t>(ways_.size() - 1);
  ++ways.count;
}

void Ssa::begin_join(Block block, Point opened, Ways ways) {
  WJIT_DASSERT(ways.count != 0 && (ways.count == 1 || block.valid()));
  begin_region(Kind::kJoin, block, opened, ways);
}

uint32_t Ssa::begin_loop(Block header, Edge entry) {
  const Point from = here();
  Ways ways;
  add_way(ways, entry, from);
  begin_region(Kind::kOpenLoop, header, from, ways);
  return current_;
}

void Ssa::add_back_edge(uint32_t loop, Edge edge) { add_way(regions_[loop].ways, edge, here()); }

// ---- reading ------------------------------------------------------------------------------------------------------

Value Ssa::read(uint32_t variable) {
  const Value v = value_at(variable, {now(), current_});
  Variable& x = variables_[variable];
  x.cached = v;
  x.cached_in = current_;
  return v;
}

Value Ssa::zero(Type t) {
  Value& v = zeros_[static_cast<size_t>(t)];
  if (v.valid()) return v;
  const Block entry = f_->entry();
  InstData d{.op = is_float(t) ? Op::fconst : Op::iconst, .type = t};
  if (t == Type::kV128) d = {.op = Op::vconst, .type = t, .c = f_->add_vector_constant({})};
  const Inst i = f_->new_inst(d, {&t, 1}, 0);
  const Inst first = f_->block(entry).first;
  if (first.valid())
    f_->insert_before(first, i);
  else
    f_->append_inst(entry, i);
  return v = f_->result(i);
}

bool Ssa::known_at(uint32_t variable, Point p, Value& value, uint32_t& region) {
  Variable& x = variables_[variable];
  uint32_t newest = newest_before(x, p.time);
  for (;;) {
    ++work_;
    const Region& r = regions_[p.region];
    if (newest >= r.start) {
      value = f_->resolve(records_[newest].value);
      return true;
    }
    switch (r.kind) {
      case Kind::kEntry:
        value = zero(x.type);
        return true;
      case Kind::kJoin:
        if (newest < r.opened.time) {
          // Not set within the frame: on where it was opened, as far as that holds.
          uint32_t at = p.region;
          for (;;) {
            const Region& join = regions_[at];
            const Region& jumped = regions_[join.jump];
            if (jumped.kind == Kind::kJoin && newest < jumped.opened.time) {
              at = join.jump;
              continue;
            }
            const Region& parent = regions_[join.opened.region];
            if (parent.kind != Kind::kJoin || newest >= parent.opened.time) break;
            at = join.opened.region;
            ++work_;
          }
          p = regions_[at].opened;
          continue;
        }
        if (r.ways.count == 1) {
          // On to where the way begins, if the answer is there, and if it is being asked: what goes round in circles
          // meets a loop. Else it is asked as for several ways, so that whoever comes by later finds the answer.
          const Point from = ways_[r.ways.last].from;
          const uint32_t there = newest_before(x, from.time);
          if (there >= regions_[from.region].start || known_.get(key(p.region, variable)) == kAsking) {
            p = from;
            newest = there;
            continue;
          }
        }
        break;
      case Kind::kLoop:
        if (newest_before(x, r.end) < r.start) {
          p = r.opened;
          continue;
        }
        break;
      case Kind::kOpenLoop: break;
    }
    const uint32_t known = known_.get(key(p.region, variable));
    if (known == kAsking || (known == ValueMap::kAbsent && r.kind == Kind::kOpenLoop)) {
      value = f_->append_param(r.block, x.type);
      work_ += kParamWork;
      known_.set(key(p.region, variable), value.n);
      if (known == kAsking) return true;  // whoever asks finds it
      Region& loop = regions_[p.region];
      incomplete_.push_back({variable, value, 0});
      const uint32_t i = static_cast<uint32_t>(incomplete_.size() - 1);
      (loop.incomplete_first == 0 ? loop.incomplete_first : incomplete_[loop.incomplete_last].next) = i;
      loop.incomplete_last = i;
      return true;
    }
    if (known != ValueMap::kAbsent) {
      value = f_->resolve(Value(known));
      return true;
    }
    region = p.region;
    return false;
  }
}

// Asking goes on a stack of its own: chains of joins are as long as the function.
Value Ssa::value_at(uint32_t variable, Point p) {
  const size_t bottom = questions_.size();
  Value value;
  uint32_t region = 0;
  for (;;) {
    if (too_large()) {
      questions_.resize(bottom);
      return zero(variables_[variable].type);
    }
    if (!known_at(variable, p, value, region)) {
      known_.set(key(region, variable), kAsking);
      questions_.push_back({region, regions_[region].ways.last, static_cast<uint32_t>(answers_.size())});
    } else if (questions_.size() == bottom) {
      return value;
    } else {
      answers_.push_back(value);
    }
    // The next way to ask; places whose last way was asked have their answer.
    while (questions_.back().next_way == 0) {
      value = answer(variable, questions_.back());
      answers_.resize(questions_.back().first_answer);
      questions_.pop_back();
      if (questions_.size() == bottom) return value;
      answers_.push_back(value);
    }
    Question& q = questions_.back();
    p = ways_[q.next_way].from;
    q.next_way = ways_[q.next_way].next;
    ++work_;
  }
}

// What the answers of all ways make of it.
Value Ssa::answer(uint32_t variable, const Question& q) {
  const Region& r = regions_[q.region];
  const uint32_t known = known_.get(key(q.region, variable));
  Value param = known == kAsking ? Value() : Value(known);
  Value only;
  bool same = true;
  for (size_t i = q.first_answer; i < answers_.size() && same; ++i) {
    const Value v = f_->resolve(answers_[i]);
    if (v == param || v == only) continue;
    same = !only.valid();
    only = v;
  }
  if (same) {
    if (!only.valid()) only = zero(variables_[variable].type);  // nothing gets there
    if (param.valid()) {
      const auto params = f_->params(r.block);
      f_->remove_param(r.block, static_cast<uint32_t>(std::find(params.begin(), params.end(), param) - params.begin()));
      f_->make_alias(param, only);
    }
    known_.set(key(q.region, variable), only.n);
    return only;
  }
  if (!param.valid()) {
    param = f_->append_param(r.block, variables_[variable].type);
    work_ += kParamWork;
    known_.set(key(q.region, variable), param.n);
  }
  size_t i = q.first_answer;
  for (uint32_t w = r.ways.last; w != 0; w = ways_[w].next) f_->append(f_->edge(ways_[w].edge).args, answers_[i++]);
  return param;
}

// ---- closing a loop -------------------------------------------------------------------------------------------------

void Ssa::end_loop(uint32_t loop) {
  const Block header = regions_[loop].block;
  const uint32_t start = regions_[loop].start;
  kept_.clear();
  {
    // Its own parameters stand before those made for variables, in whose order they are looked at.
    const auto params = f_->params(header);
    const uint32_t first = regions_[loop].incomplete_first;
    for (Value v : params) {
      if (first != 0 && v == incomplete_[first].param) break;
      kept_.push_back(v);
    }
  }
  for (uint32_t i = regions_[loop].incomplete_first; i != 0; i = incomplete_[i].next) {
    const uint32_t variable = incomplete_[i].variable;
    const Value param = incomplete_[i].param;
    const Point opened = regions_[loop].opened;
    if (variables_[variable].head < start) {
      f_->make_alias(param, value_at(variable, opened));
      continue;
    }
    const size_t first = answers_.size();
    Value only;
    bool same = true;
    for (uint32_t w = regions_[loop].ways.last; w != 0; w = ways_[w].next) {
      const Value v = value_at(variable, ways_[w].from);
      answers_.push_back(v);
      ++work_;
    }
    for (size_t k = first; k < answers_.size() && same; ++k) {
      const Value v = f_->resolve(answers_[k]);
      if (v == param || v == only) continue;
      same = !only.valid();
      only = v;
    }
    if (same) {
      f_->make_alias(param, only);
    } else {
      kept_.push_back(param);
      size_t k = first;
      for (uint32_t w = regions_[loop].ways.last; w != 0; w = ways_[w].next)
        f_->append(f_->edge(ways_[w].edge).args, answers_[k++]);
    }
    answers_.resize(first);
  }
  if (regions_[loop].incomplete_first != 0) f_->set_params(header, kept_);
  Region& r = regions_[loop];
  r.kind = Kind::kLoop;
  r.end = now();
}

}  // namespace wjit::ir
