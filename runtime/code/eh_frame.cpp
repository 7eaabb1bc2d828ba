#include "runtime/code/eh_frame.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <unordered_map>

#include "runtime/trap/unwind_library.h"
#include "vmcontext/vm_offsets.h"

// libgcc's, in every C++ process: a whole .eh_frame by its first byte.
extern "C" void __register_frame(void* begin);
extern "C" void __deregister_frame(void* begin);

namespace wjit::rt {

namespace {

using isa::FrameEdge;
using isa::FrameState;

// DWARF's names for what is used here (DWARF 5, sections 6.4 and 7).
enum : uint8_t {
  kAdvance1 = 0x02, kAdvance2 = 0x03, kAdvance4 = 0x04,
  kOffsetExtended = 0x05, kSameValue = 0x08, kRegister = 0x09, kDefCfa = 0x0c, kExpression = 0x10,
  kOpDeref = 0x06, kOpPlusUconst = 0x23, kOpBreg0 = 0x70,
};
constexpr int kDataAlignment = -8;

// Numbers of registers in DWARF.
#if defined(__x86_64__)
constexpr uint8_t kFp = 6, kSp = 7, kReturnAddress = 16, kVmctx = 5, kMovedTo = 2, kPoppedTo = 9;
constexpr uint8_t kCalleeSaved[] = {3, 12, 13, 14, 15};  // as TrampMasm saves them
constexpr uint64_t kCfaAtEntry = 8;
#else
constexpr uint8_t kFp = 29, kSp = 31, kReturnAddress = 30, kVmctx = 0, kMovedTo = 3, kPoppedTo = 17;
constexpr uint8_t kCalleeSaved[] = {19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 72, 73, 74, 75, 76, 77, 78, 79};
constexpr uint64_t kCfaAtEntry = 0;
#endif

class Writer {
 public:
  std::vector<uint8_t> bytes;
  void u8(uint8_t v) { bytes.push_back(v); }
  void u32(uint32_t v) { raw(&v, 4); }
  void u64(uint64_t v) { raw(&v, 8); }
  void uleb(uint64_t v) {
    do {
      u8(uint8_t((v & 0x7f) | (v > 0x7f ? 0x80 : 0)));
      v >>= 7;
    } while (v);
  }
  // A length, then what `body` writes, filled up to 8 bytes.
  template <class Body>
  void entry(Body body) {
    const size_t at = bytes.size();
    u32(0);
    body(uint32_t(at + 4));
    while (bytes.size() % 8 != 0) u8(0);  // DW_CFA_nop
    const auto length = uint32_t(bytes.size() - at - 4);
    std::memcpy(bytes.data() + at, &length, 4);
  }

 private:
  void raw(const void* p, size_t n) {
    const auto* b = static_cast<const uint8_t*>(p);
    bytes.insert(bytes.end(), b, b + n);
  }
};

void same_value(Writer& w, uint8_t reg) { w.u8(kSameValue), w.uleb(reg); }
void in_register(Writer& w, uint8_t reg, uint8_t other) { w.u8(kRegister), w.uleb(reg), w.uleb(other); }
void saved_at(Writer& w, uint8_t reg, uint64_t below_cfa) {
  w.u8(kOffsetExtended), w.uleb(reg), w.uleb(below_cfa / uint64_t(-kDataAlignment));
}
void cfa(Writer& w, uint8_t reg, uint64_t offset) { w.u8(kDefCfa), w.uleb(reg), w.uleb(offset); }

// The return address is last_wasm_exit_pc of a vmctx, which is in a register, or what sp points at.
void return_address_by_vmctx(Writer& w, bool in_memory) {
  Writer e;
  e.u8(uint8_t(kOpBreg0 + (in_memory ? kSp : kVmctx))), e.u8(0);
  if (in_memory) e.u8(kOpDeref);
  e.u8(kOpPlusUconst), e.uleb(uint64_t(vm::off::VMContext::runtime_limits));
  e.u8(kOpDeref);
  e.u8(kOpPlusUconst), e.uleb(uint64_t(vm::off::VMRuntimeLimits::last_wasm_exit_pc));
  w.u8(kExpression), w.uleb(kReturnAddress), w.uleb(e.bytes.size());
  w.bytes.insert(w.bytes.end(), e.bytes.begin(), e.bytes.end());
}

// Every rule that differs between states, so that none depends on the one before.
void write_state(Writer& w, const FrameEdge& edge) {
  const bool record = edge.state == FrameState::kSaved || edge.state == FrameState::kWhole;
  if (record) {
    cfa(w, edge.state == FrameState::kWhole ? kFp : kSp, 16);
    saved_at(w, kReturnAddress, 8);
    saved_at(w, kFp, 16);
  } else {
    same_value(w, kFp);
  }
  switch (edge.state) {
    case FrameState::kNone:
      cfa(w, kSp, kCfaAtEntry + edge.pushed);
      kCfaAtEntry ? saved_at(w, kReturnAddress, 8) : same_value(w, kReturnAddress);
      break;
    case FrameState::kMoved:
      cfa(w, kSp, 8);
      in_register(w, kReturnAddress, kMovedTo);
      break;
    case FrameState::kPopped:
      cfa(w, kSp, 0);
      in_register(w, kReturnAddress, kPoppedTo);
      break;
    case FrameState::kRaiseBegin:
    case FrameState::kRaising:
      cfa(w, kSp, 0);
      return_address_by_vmctx(w, edge.state == FrameState::kRaising);
      break;
    case FrameState::kSaved:
    case FrameState::kWhole: break;
  }
  int32_t at = edge.callee_saved;
  for (uint8_t reg : kCalleeSaved) {
    if (at)
      saved_at(w, reg, uint64_t(16 - at));
    else
      same_value(w, reg);
    at += at ? 8 : 0;
  }
}

void advance(Writer& w, uint32_t by) {
  if (by <= 0xff) {
    w.u8(kAdvance1), w.u8(uint8_t(by));
  } else if (by <= 0xffff) {
    w.u8(kAdvance2), w.u8(uint8_t(by)), w.u8(uint8_t(by >> 8));
  } else {
    w.u8(kAdvance4), w.u32(by);
  }
}

// Of code whose publisher did not say: a frame begins with the function, if it begins as frames do, and where it ends
// can be told only on AArch64. Else it is whole throughout.
void guess(std::vector<FrameEdge>& edges, std::span<const uint8_t> code, CodeFunction f) {
  const std::span<const uint8_t> body = code.subspan(f.start, f.end - f.start);
  const auto begins = [&](std::initializer_list<uint8_t> with) {
    return body.size() >= with.size() && std::equal(with.begin(), with.end(), body.begin());
  };
#if defined(__x86_64__)
  const uint32_t saved = 1, whole = 4;  // push rbp; mov rbp, rsp in either encoding
  const bool usual = begins({0x55, 0x48, 0x89, 0xe5}) || begins({0x55, 0x48, 0x8b, 0xec});
#else
  const uint32_t saved = 4, whole = 8;  // stp x29, x30, [sp, #-16]!; mov x29, sp
  const bool usual = begins({0xfd, 0x7b, 0xbf, 0xa9, 0xfd, 0x03, 0x00, 0x91});
#endif
  if (!usual) {
    edges.push_back({f.start, FrameState::kWhole});
    return;
  }
  edges.push_back({f.start, FrameState::kNone});
  edges.push_back({f.start + saved, FrameState::kSaved});
  edges.push_back({f.start + whole, FrameState::kWhole});
#if defined(__aarch64__)
  bool none = false;
  for (uint32_t at = whole; at + 4 <= body.size(); at += 4) {
    uint32_t word;
    std::memcpy(&word, body.data() + at, 4);
    if (word == 0xa8c17bfd && !none)  // ldp x29, x30, [sp], #16
      edges.push_back({f.start + at + 4, FrameState::kNone}), none = true;
    else if (none && (word & 0xff9ffc1f) == 0xd61f0000)  // br, ret
      edges.push_back({f.start + at + 4, FrameState::kWhole}), none = false;
  }
#endif
}

// Functions, and what lies between them, in order.
std::vector<CodeFunction> pieces_of(size_t size, const CodeTables& tables) {
  std::vector<CodeFunction> pieces;
  uint32_t at = 0;
  const auto gap = [&](uint32_t to) {
    if (to > at) pieces.push_back({at, to, 0});
  };
  for (const CodeFunction& f : tables.functions) {
    gap(f.start);
    if (f.end > f.start) pieces.push_back(f);
    at = f.end;
  }
  gap(uint32_t(size));
  return pieces;
}

}  // namespace

EhFrame make_eh_frame(uintptr_t begin, std::span<const uint8_t> code, const CodeTables& tables) {
  EhFrame out;
  Writer w;
  w.entry([&](uint32_t) {  // the common entry
    w.u32(0);
    w.u8(1);
    for (char c : {'z', 'R', '\0'}) w.u8(uint8_t(c));
    w.uleb(1);
    w.u8(kDataAlignment & 0x7f);
    w.u8(kReturnAddress);
    w.uleb(1), w.u8(0);  // addresses are absolute
    write_state(w, {0, FrameState::kNone});
  });
  std::vector<FrameEdge> edges = tables.frames;
  const std::vector<CodeFunction> pieces = pieces_of(code.size(), tables);
  if (edges.empty())
    for (const CodeFunction& p : pieces) {
      if (tables.kind == CodeKind::kModule)
        guess(edges, code, p);
      else
        edges.push_back({p.start, FrameState::kNone});
    }
  auto edge = edges.begin();
  FrameEdge now{0, FrameState::kNone};
  for (const CodeFunction& p : pieces) {
    while (edge != edges.end() && edge->offset <= p.start) now = *edge++;
    out.index.push_back({int32_t(p.start), int32_t(w.bytes.size())});
    w.entry([&](uint32_t here) {
      w.u32(here);  // back to the common entry, which is first
      w.u64(begin + p.start);
      w.u64(p.end - p.start);
      w.uleb(0);
      write_state(w, now);
      for (uint32_t at = p.start; edge != edges.end() && edge->offset < p.end; ++edge) {
        advance(w, edge->offset - at);
        at = edge->offset;
        write_state(w, now = *edge);
      }
    });
  }
  w.u32(0);
  out.bytes = std::move(w.bytes);
  return out;
}

// ---- registration

namespace {

struct Registration {
  EhFrame frame;
  unw_dyn_info_t info;
  const UnwindLibrary* library;

  explicit Registration(const CodeObject& object) : library(UnwindLibrary::get()) {
    frame = make_eh_frame(object.begin(), object.bytes, object);
    __register_frame(frame.bytes.data());
    if (!library) return;
    info = {};
    info.start_ip = object.begin();
    info.end_ip = object.begin() + object.bytes.size();
    // Places in the code from start_ip, descriptions from segbase: the two may be further apart than 32 bits reach.
    info.format = UNW_INFO_FORMAT_IP_OFFSET;
    info.u.rti.name_ptr = reinterpret_cast<unw_word_t>("wjit");
    info.u.rti.segbase = reinterpret_cast<unw_word_t>(frame.bytes.data());
    info.u.rti.table_len = frame.index.size() * sizeof(EhFrame::Entry) / sizeof(unw_word_t);
    info.u.rti.table_data = reinterpret_cast<unw_word_t>(frame.index.data());
    library->dyn_register(&info);
  }
  ~Registration() {
    if (library) {
      library->dyn_cancel(&info);
      library->flush_cache();
    }
    __deregister_frame(frame.bytes.data());
  }
  Registration(const Registration&) = delete;
};
static_assert(sizeof(EhFrame::Entry) == sizeof(unw_word_t));

std::atomic<bool> enabled{[] {
  const char* wanted = std::getenv("WJIT_UNWIND_INFO");
  return wanted && wanted[0] == '1';
}()};

// Never destroyed: code may be dropped while the process ends.
struct Registered {
  std::shared_mutex lock;
  std::unordered_map<const CodeObject*, std::unique_ptr<Registration>> all;
};
Registered& registered() {
  static Registered* const r = new Registered;
  return *r;
}

}  // namespace

void enable_unwind_info() { enabled.store(true, std::memory_order_relaxed); }
bool unwind_info_enabled() { return enabled.load(std::memory_order_relaxed); }

void tell_unwinders(const CodeObject& object) {
  if (!unwind_info_enabled()) return;
  Registered& r = registered();
  std::unique_lock hold(r.lock);
  try {
    r.all.emplace(&object, std::make_unique<Registration>(object));
  } catch (const std::bad_alloc&) {
    // Not known to unwinders, then.
  }
}

void forget_unwind_info(const CodeObject& object) {
  if (!unwind_info_enabled()) return;
  Registered& r = registered();
  std::unique_lock hold(r.lock);
  r.all.erase(&object);
}

UnwindLock::UnwindLock() : lock_(registered().lock) {}

}  // namespace wjit::rt
