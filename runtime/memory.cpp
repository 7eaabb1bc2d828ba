// Invariants of a memory's mapping:
//   base_ .. base_ + accessible_   readable and writable; accessible_ is length_ rounded up to host pages
//   .. base_ + mapped_             reserved and inaccessible (guard-page and shared memories only)
//   .. base_ + reservation_ + guard_   guard-page memories: what belongs to it, whoever mapped it
//   fixed_                         base_ never changes, nor is written, until the memory dies
// With explicit checks mapped_ == accessible_, and growing may move the mapping.
// A custom_ memory is the embedder's: mapped_ and accessible_ are 0, base_ and length_ repeat what it says.
#include "runtime/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "compiler/wasm/limits.h"

namespace wjit::rt {

namespace {

// What base points at when there are no bytes: never null, so that base + 0 is an address.
alignas(64) uint8_t no_bytes[64];
// An address that is aligned in wasm's eyes is so in the processor's: atomics need that.
constexpr uintptr_t kLeastAlignment = 16;

void* reserve(uint64_t bytes, int protection) {
  void* p = mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return p == MAP_FAILED ? nullptr : p;
}

std::string host_refused(const char* what, uint64_t bytes, const char* setting) {
  return std::string("cannot ") + what + " " + std::to_string(bytes) +
         " bytes for a memory: " + std::strerror(errno) + setting;
}

}  // namespace

uint64_t max_memory_bytes(const wasm::MemoryType& type) {
  const uint64_t most = type.is64 ? wasm::kMaxMemory64Pages << 16 : wasm::kMaxMemory32Pages << 16;
  uint64_t pages = most >> type.page_size_log2;
  // memory.size is an i32, so that 2^32 pages of one byte cannot be told from none.
  if (!type.is64) pages = std::min<uint64_t>(pages, 0xffff'ffff);
  return std::min(type.limits.max, pages) << type.page_size_log2;
}

support::Result<Memory> Memory::create(const Engine& engine, const wasm::MemoryType& type) {
  const uint64_t most = max_memory_bytes(type);
  if (type.limits.min > most >> type.page_size_log2)
    return fail(ErrorKind::kLimit, "memory of " + std::to_string(type.limits.min) + " pages: at most " +
                                       std::to_string(most >> type.page_size_log2) +
                                       " can be had at run time");
  const uint64_t bytes = type.limits.min << type.page_size_log2;
  Memory m(type, engine.memory.style_for(type));
  m.base_ = no_bytes;
  if (m.style_ == MemoryStyle::kGuard || type.shared) {
    m.fixed_ = true;
    const uint64_t reservation = m.style_ == MemoryStyle::kGuard
                                     ? engine.memory.reservation
                                     : std::max<uint64_t>(round_up_to_host_page(most), 1);
    const uint64_t guard = m.style_ == MemoryStyle::kGuard ? engine.memory.guard_size : 0;
    m.guard_ = guard;
    if (engine.config.memory_creator) {
      WJIT_CHECK(m.create_custom(engine, bytes, m.style_ == MemoryStyle::kGuard ? reservation : 0, guard));
      return m;
    }
    void* p = reserve(reservation + guard, PROT_NONE);
    if (!p)
      return fail(ErrorKind::kResource,
                  host_refused("reserve", reservation + guard,
                               " (Config::memory_reservation and memory_guard_size set this size; "
                               "Config::memory_style = kChecks needs no reservation)"));
    m.base_ = static_cast<uint8_t*>(p);
    m.mapped_ = reservation + guard;
    m.reservation_ = reservation;
  }
  if (engine.config.memory_creator) {
    WJIT_CHECK(m.create_custom(engine, bytes, 0, 0));
    return m;
  }
  if (!m.resize_mapping(bytes)) return fail(ErrorKind::kResource, host_refused("allocate", bytes, ""));
  return m;
}

support::Result<void> Memory::create_custom(const Engine& engine, uint64_t bytes, uint64_t reservation,
                                            uint64_t guard) {
  custom_ = engine.config.memory_creator->create({bytes, max_memory_bytes(type_), reservation, guard, !fixed_});
  uint8_t* base = custom_ ? custom_->base() : nullptr;
  if (!base)
    return fail(ErrorKind::kResource,
                "the memory creator refused a memory of " + std::to_string(bytes) + " bytes");
  if (reinterpret_cast<uintptr_t>(base) % kLeastAlignment != 0)
    return fail(ErrorKind::kResource, "the memory creator gave an address that is not a multiple of " +
                                          std::to_string(kLeastAlignment));
  base_ = base;
  length_ = bytes;
  reservation_ = reservation;  // promised by the embedder
  return {};
}

Memory::Memory(Memory&& other) noexcept
    : type_(other.type_),
      style_(other.style_),
      custom_(std::move(other.custom_)),
      fixed_(other.fixed_),
      has_image_(other.has_image_),
      base_(std::exchange(other.base_, no_bytes)),
      length_(other.length_.exchange(0)),
      accessible_(std::exchange(other.accessible_, 0)),
      mapped_(std::exchange(other.mapped_, 0)),
      reservation_(std::exchange(other.reservation_, 0)),
      guard_(std::exchange(other.guard_, 0)) {}

Memory::~Memory() {
  if (mapped_) munmap(base_, mapped_);
}

// Makes `bytes` bytes accessible; leaves everything as it was when the host refuses.
bool Memory::resize_mapping(uint64_t bytes) {
  if (custom_) {
    if (!custom_->grow_to(bytes)) return false;
    uint8_t* base = custom_->base();
    // A memory that code has no bounds checks for must not be believed to be where it is not.
    WJIT_ASSERT(base && (base == base_ || !fixed_) && reinterpret_cast<uintptr_t>(base) % kLeastAlignment == 0);
    if (!fixed_) base_ = base;
    length_ = bytes;
    return true;
  }
  const uint64_t accessible = round_up_to_host_page(bytes);
  if (accessible != accessible_) {
    if (fixed_) {
      if (accessible > reservation_) return false;
      if (mprotect(base_ + accessible_, accessible - accessible_, PROT_READ | PROT_WRITE) != 0) return false;
    } else {
      // A mapping with an image in it is several to the host, which mremap cannot move.
      void* p = mapped_ && !has_image_ ? mremap(base_, mapped_, accessible, MREMAP_MAYMOVE) : MAP_FAILED;
      if (p == MAP_FAILED) {
        p = reserve(accessible, PROT_READ | PROT_WRITE);
        if (!p) return false;
        if (mapped_) {
          std::memcpy(p, base_, length());
          munmap(base_, mapped_);
        }
        has_image_ = false;
      }
      base_ = static_cast<uint8_t*>(p);
      mapped_ = accessible;
    }
    accessible_ = accessible;
  }
  length_ = bytes;
  return true;
}

std::optional<uint64_t> Memory::grow(uint64_t delta_pages, uint64_t max_bytes_by_store) {
  const uint64_t before = pages();
  const uint64_t most = std::min(max_memory_bytes(type_), max_bytes_by_store) >> type_.page_size_log2;
  if (delta_pages == 0) return before;
  if (before > most || delta_pages > most - before) return std::nullopt;
  if (!resize_mapping((before + delta_pages) << type_.page_size_log2)) return std::nullopt;
  return before;
}

bool Memory::map_image(const MemoryImage& image) {
  if (custom_ || image.end() > accessible_ || !image.map_at(base_)) return false;
  has_image_ = true;
  return true;
}

wasm::MemoryType Memory::current_type() const {
  wasm::MemoryType t = type_;
  t.limits.min = pages();
  return t;
}

}  // namespace wjit::rt
