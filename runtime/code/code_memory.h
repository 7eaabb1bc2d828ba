// Executable memory of the process, and the way from an address in it to the function and the trap site it
// belongs to: pc -> granule -> object -> function -> trap site, without locks and from signal handlers, while
// objects come and go.
//
// Invariants.
//   1. A granule belongs to at most one object, and its entry in the granule table points at that object from
//   the time
//      the object is whole (bytes executable, tables sorted) until it is dropped. An object never changes in
//      between.
//   2. A reader sees an object only between ReaderGate::enter and leave. Dropping clears the entries, waits
//   for those
//      readers, and only then frees the object and its granules. What a lookup hands out is copied, never a
//      pointer into the object; whether `owner` still lives is for its owner to know (code that runs pins its
//      module).
//   3. Dropping is for code that no thread executes or will return to.
//   4. The bytes of a region of shared mappings (CodeMapping::kDual) never change once a fork may have let
//   another
//      process execute them. After a fork with live objects, parent and child both *freeze* that region: its
//      objects stay, no granule of it is written or used again, and it is unmapped when its last object is
//      dropped. New code goes to a second region of private pages, which the kernel copies at every later
//      fork by itself. The child loses the means to write at once. (vfork and posix_spawn share or replace
//      everything and need none of this; a raw clone without exec is not supported, and neither is fork in a
//      handler that interrupted a lookup.)
//   5. Locks, in this order: list of code memories, gate.writers, lock_. fork takes them all, so no child is
//   born into
//      a half-done change. lookup takes none.
//   6. The process's own code memory is never destroyed: a signal may come at any time.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "compiler/isa/common/frame_edge.h"
#include "compiler/isa/common/inlined_place.h"
#include "compiler/support/result.h"
#include "runtime/code/code_region.h"
#include "runtime/code/reader_gate.h"
#include "vmcontext/traps.h"

namespace wjit::rt {

enum class CodeKind : uint8_t { kModule, kThunks, kTrampolines };

// Offsets are bytes from the object's first byte.
struct CodeFunction {
  uint32_t start, end;
  uint32_t func_index;
};
// One per instruction that can trap by a fault, and one per call (with TrapCode::kNone), so that a return
// address finds its wasm offset. `offset` is where the instruction begins.
struct CodeTrapSite {
  uint32_t offset;
  vm::TrapCode code;
  uint32_t wasm_offset;  // or isa::kInlined and a number among CodeTables::inlined
};
constexpr uint32_t kNoWasmOffset = ~uint32_t{0};
constexpr uint32_t kNoRaise = ~uint32_t{0};

struct CodeTables {
  CodeKind kind = CodeKind::kModule;
  void* owner = nullptr;                // opaque
  std::vector<CodeFunction> functions;  // sorted, not overlapping
  std::vector<CodeTrapSite> traps;      // sorted, one per offset
  std::vector<isa::InlinedPlace> inlined;
  // Sorted; for unwinders (eh_frame.h). May be left empty: then frames are taken to begin with each function.
  std::vector<isa::FrameEdge> frames;
  uintptr_t raise = 0;                  // where a fault at a trap site goes on; 0: nowhere
  uint32_t raise_offset = kNoRaise;     // the same, if it is in this very object
  // A function's name for debuggers and profilers, by owner and func_index; null: they get the index.
  std::string (*name)(void* owner, uint32_t func_index) = nullptr;
};

// Where 32 bits say how far a call or jump leads (isa::Reloc), which becomes the distance to `target` if it fits.
struct CodePatch {
  uint32_t offset;
  uintptr_t target;
};

struct CodeObject : CodeTables {
  std::span<const uint8_t> bytes;  // where they are executed
  uint32_t region, first_granule, granules;
  uintptr_t begin() const { return reinterpret_cast<uintptr_t>(bytes.data()); }
};

// What is known of an address in published code.
struct CodeHit {
  CodeKind kind;
  void* owner;
  uintptr_t object;  // its first byte
  uint32_t offset;   // of the address asked for
  bool in_function;  // the next three mean something
  uint32_t func_index;
  uint32_t func_start, func_end;            // offsets
  vm::TrapCode trap = vm::TrapCode::kNone;  // of the site found, if any
  uint32_t wasm_offset = kNoWasmOffset;     // so
  // Where the function that this offset is in was put in place of calls: their offsets, the innermost first.
  uint32_t inlined = 0, calls[isa::kMostInlined];
  uintptr_t raise;
};
enum class PcIs : uint8_t {
  kInstruction,    // the one that faulted: a trap site is only found exactly there
  kReturnAddress,  // behind a call, possibly the last instruction of its function: the site is the call's
};

class CodeMemory;

// Keeps code published; dropping it takes the code away (invariant 3).
class CodeHandle {
 public:
  CodeHandle() = default;
  CodeHandle(CodeHandle&& other) noexcept { swap(other); }
  CodeHandle& operator=(CodeHandle&& other) noexcept {
    CodeHandle(std::move(other)).swap(*this);
    return *this;
  }
  ~CodeHandle() { reset(); }
  void reset();
  explicit operator bool() const { return object_; }
  const CodeObject* operator->() const { return object_; }
  const CodeObject& operator*() const { return *object_; }

 private:
  friend CodeMemory;
  CodeHandle(CodeMemory* memory, const CodeObject* object) : memory_(memory), object_(object) {}
  void swap(CodeHandle& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(object_, other.object_);
  }
  CodeMemory* memory_ = nullptr;
  const CodeObject* object_ = nullptr;
};

class CodeMemory {
 public:
  struct Options {
    CodeMapping first = CodeMapping::kDual;  // the first to try, and `last` the last
    CodeMapping last = CodeMapping::kPrivate;
    size_t region_bytes = size_t{1} << 30;  // less where the host refuses
    // WJIT_CODE_MEMORY=dual, private or none forces how code is mapped.
    static Options from_environment();
  };
  // The process's own, with the options of the environment.
  static CodeMemory& process();
  explicit CodeMemory(
      Options options);  // any other is for tests, and must outlive its handles and its readers
  ~CodeMemory();
  CodeMemory(const CodeMemory&) = delete;

  // Copies the code and makes it executable and findable. Errors: kResource, with what the host said or how
  // much is in use; kUsage for tables that are not sorted or reach beyond the code. Any thread.
  Result<CodeHandle> publish(std::span<const uint8_t> code, CodeTables tables, std::span<const CodePatch> patches = {});

  // False: not in published code. Lock-free and async-signal-safe.
  bool lookup(uintptr_t pc, CodeHit* out, PcIs what = PcIs::kInstruction) noexcept;

  // Where new code goes: what was chosen and why nothing better, for people. Opens the first region.
  std::string describe();
  CodeMapping mapping();
  size_t bytes_in_use() const { return bytes_in_use_.load(std::memory_order_relaxed); }  // whole granules
  size_t objects() const { return objects_.load(std::memory_order_relaxed); }

 private:
  friend CodeHandle;
  struct ForkHandlers;
  // Base, size and table are written once, before `base` is, and stay even when the mapping is gone.
  struct Slot {
    std::unique_ptr<CodeRegion> region;
    std::atomic<uintptr_t> base{0};
    size_t size = 0;
    unsigned granule_log2 = 0;
    std::atomic<const CodeObject*>* table = nullptr;  // by granule
    uint64_t* used = nullptr;                         // a bit per granule, behind the table
    uint32_t first_free = 0;                          // no free granule below
    uint32_t live = 0;                                // granules of objects published or being written
    bool frozen = false;                              // invariant 4
  };
  struct Place {
    uint32_t slot, first, count;
  };

  Result<void> open_slot(uint32_t index);
  Result<Place> allocate(size_t bytes);
  void free(Place place);
  void drop(const CodeObject* object);
  void set_entries(const CodeObject& object, const CodeObject* value);
  void freeze_for_child();
  bool lookup_in(const Slot& slot, uintptr_t pc, CodeHit* out, PcIs what) noexcept;

  const Options options_;
  ReaderGate gate_;
  std::mutex lock_;
  std::array<Slot, 2> slots_;
  uint32_t current_ = 0;
  std::string refused_;  // what could not be had, for messages
  std::atomic<size_t> bytes_in_use_{0}, objects_{0};
  CodeMemory* next_ = nullptr;  // list of all, for fork
};

// In the process's code memory, if there is one yet. Async-signal-safe.
bool lookup_code(uintptr_t pc, CodeHit* out, PcIs what = PcIs::kInstruction) noexcept;

}  // namespace wjit::rt
