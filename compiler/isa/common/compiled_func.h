// One function's machine code, not yet at an address, and what has to be known of it. The same bytes for the same
// function, configuration and processor features, in any process.
#pragma once
#include <cstdint>
#include <vector>

#include "compiler/isa/common/frame_edge.h"
#include "compiler/isa/common/inlined_place.h"
#include "vmcontext/traps.h"

namespace wjit::isa {

enum class Arch : uint8_t { kX64, kA64 };
#if defined(__x86_64__)
inline constexpr Arch kHostArch = Arch::kX64;
#else
inline constexpr Arch kHostArch = Arch::kA64;
#endif

// Pieces of code that the functions of a module share; each published module has its own copies (stubs.h of the ISA), so
// that code never refers to anything outside its own object.
enum class Stub : uint8_t {
  kRaise,  // + TrapCode: the fault at the return address is this trap
  kLand,   // a trap is pending: leaves wasm
  kFuel,   // the block whose cost is in the scratch register could not be paid: returns when it is to be tried again
  kEpoch,  // the epoch deadline was reached: returns when the call goes on
  kCopy,   // bulk_copy; kFill: bulk_fill. Their registers are the ISA's business
  kFill,
};

struct Reloc {
  enum class Kind : uint8_t { kFunction, kStub };
  uint32_t offset;  // of what Target::relocate writes
  Kind kind;
  Stub stub = Stub::kRaise;
  uint32_t target = 0;  // kFunction: index among the module's defined functions; kRaise: the TrapCode
};

// As rt::CodeTrapSite: instructions that may fault (with their trap), and return addresses of calls (kNone), by the
// offset of the instruction.
struct Site {
  uint32_t offset;
  vm::TrapCode code;
  uint32_t wasm_offset;  // or kInlined and a number among the InlinedPlaces
};

// What a piece of code is made from, for tools.
struct Line {
  uint32_t offset;       // of its first byte
  uint32_t wasm_offset;  // 0: of nothing in particular
  uint32_t vmctx;        // which integer registers hold the VMContext, as far as the instruction asks for it: bits
  bool moves;            // what the register allocator wanted, before the instruction
};
struct JumpTable {
  uint32_t jump;     // the jump through it
  uint32_t table;    // of 32-bit distances from the table's first byte
  uint32_t entries;
};
struct Listing {
  std::vector<Line> lines;  // sorted
  std::vector<JumpTable> tables;
};

struct CompiledFunc {
  std::vector<uint8_t> bytes;  // code, then data
  uint32_t data = 0;           // where data begins: constants and tables
  uint32_t alignment = 16;     // of its first byte
  std::vector<Reloc> relocs;
  std::vector<Site> sites;  // sorted by offset
  std::vector<FrameEdge> frames;  // sorted, the first at 0
  std::vector<InlinedPlace> inlined;
  uint32_t frame_bytes = 0;
  uint64_t steps = 0;          // that emission took (support::PassTimes)
  uint32_t spill_moves = 0;  // loads and stores of stack slots that the allocator wanted
};

// What the target machine can do beyond its baseline. X(name, text): --cpu=sse2,+avx spells them so.
#define WJIT_X64_FEATURES(X)                                                                                  \
  X(ssse3, "ssse3") X(sse41, "sse4.1") X(sse42, "sse4.2") X(popcnt, "popcnt") X(lzcnt, "lzcnt") X(bmi1, "bmi1") X(bmi2, "bmi2") X(avx, "avx") X(avx2, "avx2") \
  X(fma, "fma")
struct CpuFeatures {
#define WJIT_X(name, text) bool name = false;
  WJIT_X64_FEATURES(WJIT_X)
#undef WJIT_X
  friend bool operator==(const CpuFeatures&, const CpuFeatures&) = default;
};

}  // namespace wjit::isa
