// The register allocator.
//
// Problem. Lowering writes instructions over any number of virtual registers, each with one definition (SSA),
// and says which registers each instruction insists on. The machine has some 13 of one class and 15 of the
// other, and a call leaves none of them alone. Every operand needs a place in which its value is on every
// path; and what decides how fast the code is: no loads and stores of stack slots in inner loops, few moves.
//
// Strategy. First where values are in registers, then in which.
// 1. Flow (flow.cpp): life, uses, loops, frequencies.
// 2. Residency (residency.cpp): walking over the blocks with the set of values that are in registers, the one
// with the
//    farthest next use leaves when there are too many; "far" knows loops, calls and cold blocks. At joins and
//    loop headers sets are chosen so that loads and stores fall on the colder side. Here it is decided what
//    code costs.
// 3. Assignment (assign.cpp): a linear scan over the intervals of what is resident, with holes; split where
// no one register
//    will do, with wishes instead of coalescing.
// 4. Resolver (resolve.cpp, slots.cpp, moves.cpp): slots, operands' places, and the moves between what
// differs, on edges
//    and within blocks; each edge's at once, circles through a scratch register.
// A function in which fixed constraints leave no way (few registers, strange instructions) is done again with
// the instructions in question isolated, and in the end by spill_all.cpp.
//
// Invariants.
// - The code is not changed. The answer is a function of code, registers and options alone.
// - A vreg that is live and not resident is in its memory (slot or home); what is resident may be there too.
// - Where two blocks differ in a vreg's place, the edge between them moves it; edges are never critical.
// - Nothing is proved here: check.cpp does that, from the answer alone.
//
// Cost. Near-linear: live sets are lists of what lives (not matrices), sets in registers have at most as many
// members as there are registers, registers' futures are sorted. The one product that is left, values times
// the blocks in which they live, has a limit (kMaxLive in flow.cpp), beyond which the function is refused.
#include "compiler/regalloc/allocate.h"

#include "compiler/regalloc/resolve.h"
#include "compiler/regalloc/spill_all.h"

namespace wjit::ra {

struct Allocator::Buffers {
  Flow flow;
  Residency residency;
  Assignment assignment;
  Resolver resolver;
  ParallelMoves moves;
  std::vector<uint32_t> isolated;
  Work work;

  support::Result<void> scan(const mach::VCode& code, const mach::RegEnv& env, const Options& options,
                             mach::Allocation& out);
};

Allocator::Allocator() : buffers_(std::make_unique<Buffers>()) {}
Allocator::~Allocator() = default;
const Work& Allocator::work() const { return buffers_->work; }

support::Result<void> Allocator::run(const mach::VCode& code, const mach::RegEnv& env, const Options& options,
                                     mach::Allocation& out) {
  if (options.mode == Mode::kSpill) {
    WJIT_CHECK(spill_all(code, env, buffers_->moves, out));
  } else {
    WJIT_CHECK(buffers_->scan(code, env, options, out));
  }
  if (options.check) return check(code, env, out);
  return {};
}

support::Result<void> Allocator::Buffers::scan(const mach::VCode& code, const mach::RegEnv& env,
                                               const Options& options, mach::Allocation& out) {
  const uint64_t shuffle = options.mode == Mode::kShuffle ? options.seed * 2 + 1 : 0;
  isolated.clear();
  work = {};
  for (int round = 0; round < 8; ++round) {
    WJIT_CHECK(flow.analyze(code, env, isolated));
    WJIT_CHECK(residency.decide(code, env, flow, shuffle));
    const bool done = assignment.run(code, env, flow, residency, shuffle, isolated);
    work.live += flow.live_size();
    work.segments += residency.segments.size();
    work.steps += assignment.steps();
    ++work.rounds;
    if (!done) continue;
    resolver.run(code, env, flow, residency, assignment, moves, out);
    return {};
  }
  work.gave_up = true;  // never seen outside of tests with few registers
  return spill_all(code, env, moves, out);
}

}  // namespace wjit::ra
