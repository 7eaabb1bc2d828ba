// The bytes a memory starts with, in an anonymous file that instances map privately: pages are shared until
// they are written, and an instantiation costs a mapping instead of a copy.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace wjit::wasm {
struct Module;
}

namespace wjit::rt {

class MemoryImage {
 public:
  struct Piece {
    uint64_t at;
    std::span<const uint8_t> bytes;
  };
  // Null where the host has no memfd, or refuses one.
  static std::unique_ptr<MemoryImage> create(std::span<const Piece> pieces);
  ~MemoryImage();
  MemoryImage(const MemoryImage&) = delete;

  // Maps the image over [base + begin(), base + end()), which must be mapped memory, not written to yet.
  bool map_at(uint8_t* base) const;
  uint64_t begin() const { return begin_; }  // multiples of the host's page size
  uint64_t end() const { return end_; }

 private:
  MemoryImage(uint64_t begin, uint64_t end) : begin_(begin), end_(end) {}
  int fd_ = -1;
  uint64_t begin_, end_;
};

// Images of the defined memories, or empty pointers: only where every active data segment of the module has a
// constant, in-bounds offset in a defined memory, so that no segment can trap and their order cannot be seen.
std::vector<std::unique_ptr<MemoryImage>> build_memory_images(const wasm::Module& module);

}  // namespace wjit::rt
