// The mid-end: IR to better IR.
#pragma once
#include <memory>

#include "compiler/ir/domtree.h"
#include "compiler/ir/function.h"
#include "compiler/ir/loops.h"

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

// What passes look at; made once per function, and kept as none of them changes the graph of blocks.
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

// With room that is used again from function to function. One per thread.
class Optimiser {
 public:
  Optimiser();
  ~Optimiser();
  // Every pass up to the level. Aliases are resolved afterwards. `after` is called behind each pass, if there is one.
  void run(ir::Function& f, unsigned level, void (*after)(void*, Pass) = nullptr, void* context = nullptr);

 private:
  struct Room;
  std::unique_ptr<Room> room_;
};

}  // namespace wjit::opt
