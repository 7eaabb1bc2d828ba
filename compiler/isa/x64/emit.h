// From machine instructions and the registers they were given to bytes.
//
// The frame, downwards from the frame pointer: the VMContext (8), 8 bytes where there are vectors (whose slots then are at
// multiples of 16, as instructions without AVX want their operands in memory), the slots, room for results that calls
// leave in memory; below it the stack arguments of a call that is being prepared. A function that neither calls nor traps
// nor keeps anything has none.
#pragma once
#include "compiler/isa/x64/lower.h"
#include "compiler/isa/x64/masm.h"

namespace wjit::x64 {

// What `f` becomes. `wasm_offset` is the function's own, for the stack check. `listing`, if not null, is filled. Error
// kResource: too large.
support::Result<isa::CompiledFunc> emit(const MachFunc& f, const mach::Allocation& allocation, uint32_t wasm_offset,
                                        isa::Listing* listing = nullptr);

// The stubs of a module, one after the other; `offsets` in the order of kStubs.
struct StubCode {
  std::vector<uint8_t> bytes;
  uint32_t raise[256] = {};  // by TrapCode; 0 where there is none
  uint32_t land = 0, fuel = 0, epoch = 0, copy = 0, fill = 0;
  uint32_t redirected = 0;   // where a fault goes on
  std::vector<isa::FrameEdge> frames;
  uint32_t of(isa::Stub stub, uint32_t target) const {
    switch (stub) {
      case isa::Stub::kRaise: return raise[target & 0xff];
      case isa::Stub::kLand: return land;
      case isa::Stub::kFuel: return fuel;
      case isa::Stub::kEpoch: return epoch;
      case isa::Stub::kCopy: return copy;
      case isa::Stub::kFill: return fill;
    }
    return 0;
  }
};
support::Result<StubCode> emit_stubs();

// Its parts that copy and fill (stubs_bulk.cpp): leaves that keep nothing on the stack.
struct BulkCode {
  uint32_t copy, fill;
};
BulkCode emit_bulk(Masm& a);

}  // namespace wjit::x64
