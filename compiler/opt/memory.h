// Loads whose value is known, read before or just written; and stores that nobody sees. Private to the folder.
//
// Memory is divided into classes: a region with its number (ir::Access) is one, until there are kClasses; what comes later
// shares the last. Every class has a version, which changes where something may write to it: two loads of the same
// address and version give the same value. Where ways meet with different versions a new one begins; so does one at a
// loop's header for each class that the loop writes to. One walk in reverse postorder finds all of that: linear in edges
// times kClasses.
//
// Of stores go those of what is there already, and those that the same block overwrites before anybody can look: where
// something may trap or call between them, or takes fuel, or looks at the epoch, somebody can.
//
// What is read again cannot trap anew: the first access has been there, and memories do not shrink. Accesses of other
// threads need no thought: a load between two of theirs may give what an earlier one has seen.
#pragma once
#include <vector>

#include "compiler/opt/optimise.h"

namespace wjit::opt {

class MemoryPass {
 public:
  static constexpr unsigned kClasses = 16;

  void run(ir::Function& f, const Analyses& a);
  // Whether something in the loop may write what this load reads. For the graph that `run` has seen.
  bool written_in(const ir::InstData& load, ir::Loop l) const {
    return (loop_writes_[l.n] >> classes_[index(load.access())] & 1) != 0;
  }

 private:
  struct Known {
    ir::InstData load;  // b: the version
    ir::Value value;
    ir::Block block;
    uint32_t when = 0;
  };

  static size_t index(ir::Access a) { return static_cast<size_t>(a.region) << 7 | a.number; }
  static bool is_load(const ir::InstData& d) {
    return d.format() == ir::Format::kLoad && !(d.access().constant() && !d.access().traps);
  }
  void number_classes(const ir::Function& f);
  uint16_t writes(const ir::InstData& d) const;
  void find_loop_writes(const ir::Function& f, const Analyses& a);
  void enter(const Analyses& a, ir::Block b);
  void visit(ir::Function& f, const Analyses& a, ir::Block b, ir::Inst i);
  Known* find(const ir::InstData& key);
  bool is_there(const ir::Function& f, const Analyses& a, ir::Block b, const ir::InstData& store);
  void end_stores(ir::Function& f, ir::Inst i);
  ir::InstData key(const ir::InstData& access, ir::Op op, ir::Value address) const;

  std::vector<uint8_t> classes_;       // by index()
  uint16_t of_region_[16];             // all classes of a region
  std::vector<uint16_t> block_writes_, loop_writes_;
  std::vector<uint32_t> out_;          // versions at the end of each block
  uint32_t now_[kClasses];
  uint32_t next_version_ = 0;
  ir::Inst unseen_[kClasses];          // the last store in this block, as long as nobody can have looked
  bool any_unseen_ = false;
  std::vector<Known> known_;           // open addressing
  size_t mask_ = 0;
  uint32_t time_ = 0;
};

}  // namespace wjit::opt
