// Loops that are left at their top are left at their bottom: the header's test, where it is small, is at the end of the
// only block that goes back to it, too. What follows the test becomes the header, and a round has one jump less. Private
// to the folder.
//
// Every path passes the same instructions in the same order as before: checks, stores and fuel may be among them. What a
// header defines and others use becomes a parameter of the block in the loop that follows it, and one of the block behind
// the loop; where a use is behind neither the loop stays as it is.
//
// Linear: a loop's header is copied once and has few instructions, and each use is looked at once.
#pragma once
#include <vector>

#include "compiler/opt/optimise.h"

namespace wjit::opt {

class RotatePass {
 public:
  // Whether the graph is another one now.
  bool run(ir::Function& f, const Analyses& a);

  uint64_t work = 0;  // steps of the last run

 private:
  struct Turn {  // a loop that may be turned
    ir::Block header, latch, body, exit;
    ir::Edge to_body, to_exit;
    std::vector<ir::Value> in_body, at_exit;  // values that need a parameter there
    bool fails = false;
  };
  struct Use {
    ir::Inst at;
    uint32_t next;  // of the same value
  };

  bool find(const ir::Function& f, const Analyses& a, ir::Loop l);
  static bool is_small(const ir::Function& f, ir::Block header);
  void find_uses(const ir::Function& f, const Analyses& a);
  void note_uses(const ir::Function& f, ir::Inst i);
  void note(const ir::Function& f, ir::Value v, ir::Inst at);
  void find_needs(const ir::Function& f, const Analyses& a, Turn& t);
  void find_needs(const ir::Function& f, const Analyses& a, Turn& t, ir::Value v);
  void turn(ir::Function& f, const Analyses& a, Turn& t);
  void add_param(ir::Function& f, const Analyses& a, Turn& t, ir::Value v, bool at_exit);
  void copy_header(ir::Function& f, const Turn& t);

  std::vector<Turn> turns_;
  std::vector<uint8_t> more_ways_;    // by block: there are ways to it that the Cfg does not know
  std::vector<uint32_t> first_use_;   // by value; of those that headers define
  std::vector<uint32_t> owner_;       // by value: number among turns_, or kNone
  std::vector<Use> uses_;
  std::vector<std::pair<ir::Value, ir::Value>> means_;  // in the copy
};

}  // namespace wjit::opt
