#include "compiler/regalloc/moves.h"

namespace wjit::ra {

using mach::Alloc;

// A move can be made once nobody reads its target any more. What is left when none can be made are circles,
// in which each place is read by one move: one of a circle's values steps aside into the scratch register,
// and the rest can run. Homes are never written, and are not counted.
void ParallelMoves::resolve(std::vector<Move>& moves, uint32_t before, const mach::RegEnv& env,
                            std::vector<mach::Edit>& out) {
  std::erase_if(moves, [](const Move& m) { return m.from == m.to; });
  if (moves.size() == 1) {
    out.push_back({before, moves[0].from, moves[0].to, moves[0].type});
    return;
  }
  auto tracked = [](Alloc a) { return a.kind == Alloc::Kind::kReg || a.kind == Alloc::Kind::kSlot; };
  uint32_t top = 0;
  for (const Move& m : moves) {
    if (tracked(m.from)) top = std::max(top, key(m.from) + 1);
    top = std::max(top, key(m.to) + 1);
  }
  if (writer_.size() < top) writer_.resize(top, 0), readers_.resize(top, 0);
  ready_.clear();
  for (uint32_t i = 0; i < moves.size(); ++i) {
    WJIT_ASSERT(moves[i].to.kind != Alloc::Kind::kHome && writer_[key(moves[i].to)] == 0);
    writer_[key(moves[i].to)] = i + 1;
    if (tracked(moves[i].from)) ++readers_[key(moves[i].from)];
  }
  for (uint32_t i = static_cast<uint32_t>(moves.size()); i-- > 0;)
    if (readers_[key(moves[i].to)] == 0) ready_.push_back(i);
  uint32_t left = static_cast<uint32_t>(moves.size());
  auto run_ready = [&] {
    while (!ready_.empty()) {
      const Move m = moves[ready_.back()];
      ready_.pop_back();
      out.push_back({before, m.from, m.to, m.type});
      writer_[key(m.to)] = 0;
      --left;
      if (!tracked(m.from) || --readers_[key(m.from)] != 0) continue;
      if (const uint32_t w = writer_[key(m.from)]; w != 0) ready_.push_back(w - 1);
    }
  };
  run_ready();
  for (uint32_t i = 0; left != 0; ++i) {
    Move& m = moves[i];
    if (writer_[key(m.to)] != i + 1) continue;  // made
    const Alloc aside = Alloc::reg(env.scratch[ir::is_int(m.type) ? 0 : 1]);
    out.push_back({before, m.from, aside, m.type});
    --readers_[key(m.from)];
    const uint32_t w = writer_[key(m.from)];
    m.from = aside;  // read by nobody else, written by none: it needs no count
    WJIT_ASSERT(w != 0);
    ready_.push_back(w - 1);
    // The scratch register may lie beyond the tables; its move is made when its target is free.
    if (key(aside) >= writer_.size()) writer_.resize(key(aside) + 1, 0), readers_.resize(key(aside) + 1, 0);
    ++readers_[key(aside)];
    run_ready();
  }
}

}  // namespace wjit::ra
