// The mid-end: IR to better IR.
#pragma once
#include <functional>
#include <memory>

#include "compiler/ir/domtree.h"
#include "compiler/ir/function.h"
#include "compiler/ir/loops.h"
#include "compiler/support/result.h"

namespace wjit::opt {

enum class Pass : uint8_t {
#define PASS(id, text, level, what) id,
#include "compiler/opt/passes.def"
#undef PASS
  kCount
};
inline constexpr std::string_view kPassNames[] = {
#define PASS(id, text, level, what) text,
#include "compiler/opt/passes.def"
#undef PASS
};

// "simplify,licm" or "none" as bits; the error says what is none, and what there are.
support::Result<uint32_t> parse_passes(std::string_view names);

// What passes look at; made once per function, and anew after a pass that changes the graph of blocks.
struct Analyses {
  ir::Cfg cfg;
  ir::DomTree dom;
  ir::Loops loops;
  void compute(const ir::Function& f) {
    cfg.compute(f);
    dom.compute(f, cfg);
    loops.compute(f, cfg, dom);
  }
};

// A function that the module defines, as it was translated (validated, without aliases), if its body has no more bytes
// than this; null: not this one. It stays as it is as long as the optimiser runs.
using BodySource = std::function<const ir::Function*(uint32_t defined, uint32_t most_bytes)>;

// With room that is used again from function to function. One per thread.
class Optimiser {
 public:
  Optimiser();
  ~Optimiser();
  // Those that may run, a bit each; for tests, and for those who look for the one that matters.
  uint32_t passes = ~uint32_t{0};
  // For the inlining pass: where bodies come from, if there is such a place, and which function is the one that is optimised.
  BodySource source;
  uint32_t own = ~uint32_t{0};
  uint32_t own_calls = 0;  // that its profile counted, where its branches have likelihoods
  // Every pass up to the level. Aliases are resolved afterwards. `after` is called behind each pass, if there is one.
  void run(ir::Function& f, unsigned level, void (*after)(void*, Pass) = nullptr, void* context = nullptr);
  // Steps that the last run took: for tests that it does not take too many.
  uint64_t work() const;

 private:
  struct Room;
  std::unique_ptr<Room> room_;
};

}  // namespace wjit::opt
