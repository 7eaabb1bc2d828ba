// What tier 0 saw of a function before it was compiled: a guess at what comes, never a promise. Code that is made of it
// must be right whatever happens; it is only laid out, inlined and guarded by it.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

namespace wjit::translate {

struct Profile {
  // Of br_if, br_on_null and the like how often they went to their label and how often not; of an if, how often into its
  // first arm and how often not.
  struct Branch {
    uint32_t offset;  // of the instruction, in the module
    uint32_t taken, not_taken;
  };
  // The only function that a call_indirect, call_ref or tail call of these kinds was seen to reach.
  struct Target {
    uint32_t offset;
    uint32_t func_index;  // in the same module, and of the same instance
  };
  uint32_t calls = 0;             // of the function
  std::vector<Branch> branches;   // sorted by offset
  std::vector<Target> targets;    // so

  // Null: nothing is known of that place.
  const Branch* branch(uint32_t offset) const { return find(branches, offset); }
  const Target* target(uint32_t offset) const { return find(targets, offset); }

 private:
  template <class T>
  static const T* find(const std::vector<T>& v, uint32_t offset) {
    const auto at = std::lower_bound(v.begin(), v.end(), offset, [](const T& t, uint32_t o) { return t.offset < o; });
    return at != v.end() && at->offset == offset ? &*at : nullptr;
  }
};

}  // namespace wjit::translate
