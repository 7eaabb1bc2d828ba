// Turns variables into values while a function is built front to back, for structured control flow: the only places
// that are branched to before all branches are known are loop headers.
//
// The problem. A variable read where several ways meet needs a block parameter there, if the ways bring different
// values; nobody knows beforehand which variables will be read, and a vector of all variables per block would be
// quadratic. So parameters are made when a variable is read (Braun et al., "Simple and Efficient Construction of Static
// Single Assignment Form"), and where the answer is known from the nesting alone, no predecessor is asked.
//
// Time and regions. Every assignment is a record; its number is the time it was made. Program text is cut into regions:
// the entry, loops (from their header), and joins (where ways meet: the end of a block; an else and what follows a loop
// are joins of one way). A region lasts until the next begins, so a place is a time and a region, and what a variable
// is there is the newest record before that time, if it is not older than the region; otherwise what the variable is at
// the region's beginning:
//   entry   zero;
//   join    every way into it came from its frame, which was opened at a time and place: if no record is younger than
//           that, what it was there. Else one way is asked, or all of them, and a parameter made when they disagree;
//   loop    while it is open: a parameter, whose arguments are filled in when it is closed. Afterwards: as a join.
// Records of a variable, and chains of joins, have jump pointers beside their links (every link of an append-only tree
// remembers one ancestor further up, after Myers), so that both searches take logarithmic time.
//
// Parameters that turn out to be another name of one value become aliases of it. The work of asking is counted: a
// function that needs too much of it (a hundred thousand branches to a place where thousands of variables differ) is
// given up, too_large().
#pragma once
#include <span>
#include <vector>

#include "compiler/ir/function.h"

namespace wjit::ir {

// From 64 bits to 32: open addressing, emptied at the cost of what was in it.
class ValueMap {
 public:
  static constexpr uint32_t kAbsent = ~uint32_t{0};
  ValueMap() : slots_(kLeast) {}
  void clear();
  uint32_t get(uint64_t key) const {
    for (size_t i = place(key);; i = (i + 1) & (slots_.size() - 1)) {
      if (slots_[i].value == kAbsent) return kAbsent;
      if (slots_[i].key == key) return slots_[i].value;
    }
  }
  void set(uint64_t key, uint32_t value);  // not kAbsent

 private:
  static constexpr size_t kLeast = 64, kMostKept = 1 << 16;
  struct Slot {
    uint64_t key = 0;
    uint32_t value = kAbsent;
  };
  size_t place(uint64_t key) const { return (key * 0x9e3779b97f4a7c15) >> 32 & (slots_.size() - 1); }
  void grow();

  std::vector<Slot> slots_;  // a power of two, at most half full
  std::vector<uint32_t> used_;
};

class Ssa {
 public:
  // A place in the program, as far as variables are concerned.
  struct Point {
    uint32_t time = 0, region = 0;
  };
  // The ways into a place that is not reached yet. `edge` is not valid for control that falls into it without a branch.
  struct Ways {
    uint32_t last = 0, count = 0;
  };

  // Forgets everything; what it allocated stays. `most_work` bounds the values asked for at joins.
  void reset(Function& f, uint64_t most_work);
  void declare(Type t, uint32_t count = 1);
  // After the declarations; the function's first block is laid out. Variables are zero until set.
  void start();

  void set(uint32_t variable, Value v) {
    Variable& x = variables_[variable];
    if (x.head >= shared_time_) {  // nobody saw the value before
      records_[x.head].value = v;
      return;
    }
    add_record(x, v);
  }
  Value get(uint32_t variable) {
    Variable& x = variables_[variable];
    if (x.head >= start_) return records_[x.head].value;
    if (x.cached_in == current_) return x.cached;
    return read(variable);
  }
  Type type(uint32_t variable) const { return variables_[variable].type; }
  uint32_t variable_count() const { return static_cast<uint32_t>(variables_.size()); }

  Point here() {
    shared_time_ = now();
    return {now(), current_};
  }
  void add_way(Ways& ways, Edge edge, Point from);
  Edge only_edge(const Ways& ways) const { return ways_[ways.last].edge; }
  template <class F>
  void for_each_edge(const Ways& ways, F&& f) const {
    for (uint32_t w = ways.last; w != 0; w = ways_[w].next) f(ways_[w].edge);
  }

  // Goes on where the ways meet. All of them come out of a frame that was opened at `opened`. With one way no
  // parameters are ever made, and `block` need not be valid.
  void begin_join(Block block, Point opened, Ways ways);
  // Goes on in the loop that the edge enters; the loop's number.
  uint32_t begin_loop(Block header, Edge entry);
  void add_back_edge(uint32_t loop, Edge edge);
  // All branches to the header are known. What follows the loop's end, if control falls there, is begun by
  // begin_join with a way from here().
  void end_loop(uint32_t loop);

  bool too_large() const { return work_ > most_work_; }
  uint64_t work() const { return work_; }  // steps taken so far, and eight for each parameter made

 private:
  static constexpr uint32_t kNone = 0;  // of times, records and regions
  struct Variable {
    uint32_t head = 0;  // newest record
    uint32_t cached_in = 0;
    Value cached;
    Type type;
  };
  struct Record {
    Value value;
    uint32_t previous, jump, depth;
  };
  enum class Kind : uint8_t { kEntry, kJoin, kOpenLoop, kLoop };
  struct Region {
    Kind kind;
    uint32_t start;   // time
    Point opened;     // of its frame; a loop's: where it was entered
    uint32_t end;     // of a closed loop: time
    Block block;
    Ways ways;
    uint32_t jump, depth;  // over joins: kNone and 0 in other regions
    uint32_t incomplete_first = 0, incomplete_last = 0;  // of an open loop
  };
  struct Way {
    Edge edge;
    Point from;
    uint32_t next;
  };
  struct Incomplete {
    uint32_t variable;
    Value param;
    uint32_t next;
  };
  // A place whose ways are being asked.
  struct Question {
    uint32_t region;
    uint32_t next_way;
    uint32_t first_answer;
  };

  uint32_t now() const { return static_cast<uint32_t>(records_.size()); }
  void add_record(Variable& x, Value v);
  uint32_t newest_before(const Variable& x, uint32_t time) const;
  void begin_region(Kind kind, Block block, Point opened, Ways ways);
  Value read(uint32_t variable);
  Value value_at(uint32_t variable, Point p);
  // The value at p, or the region whose ways have to be asked.
  bool known_at(uint32_t variable, Point p, Value& value, uint32_t& region);
  Value answer(uint32_t variable, const Question& q);
  Value zero(Type t);
  static uint64_t key(uint32_t region, uint32_t variable) { return uint64_t{region} << 32 | variable; }

  Function* f_ = nullptr;
  uint64_t most_work_ = 0, work_ = 0;
  uint32_t current_ = 0, start_ = 1, shared_time_ = 1;
  std::vector<Variable> variables_;
  std::vector<Record> records_;  // the first is none
  std::vector<Region> regions_;  // the first is none
  std::vector<Way> ways_;        // the first is none
  std::vector<Incomplete> incomplete_;
  std::vector<Question> questions_;
  std::vector<Value> answers_, kept_;
  ValueMap known_;  // of a region and a variable: a Value, or kAsking
  Value zeros_[6];
};

}  // namespace wjit::ir
