#include "runtime/memory_image.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "compiler/wasm/module.h"
#include "runtime/anonymous_file.h"
#include "runtime/engine.h"

namespace wjit::rt {

namespace {

constexpr uint64_t kLeastImageBytes = 64 << 10;  // below this a copy is as fast as a mapping

bool write_all(int fd, std::span<const uint8_t> bytes, uint64_t at) {
  while (!bytes.empty()) {
    ssize_t n = pwrite(fd, bytes.data(), bytes.size(), off_t(at));
    if (n <= 0) return false;
    bytes = bytes.subspan(size_t(n));
    at += uint64_t(n);
  }
  return true;
}

// The offset of a segment when it is a plain constant.
bool constant_offset(const wasm::ConstExpr& expr, uint64_t* out) {
  auto steps = expr.steps();
  if (steps.size() != 1) return false;
  if (steps[0].op != wasm::Op::i32_const && steps[0].op != wasm::Op::i64_const) return false;
  *out = steps[0].lo;
  return true;
}

}  // namespace

std::unique_ptr<MemoryImage> MemoryImage::create(std::span<const Piece> pieces) {
  uint64_t begin = ~uint64_t{0}, end = 0;
  for (const Piece& p : pieces) {
    begin = std::min(begin, p.at);
    end = std::max(end, p.at + p.bytes.size());
  }
  if (begin >= end) return nullptr;
  begin &= ~(host_page_size() - 1);
  end = round_up_to_host_page(end);
  std::unique_ptr<MemoryImage> image(new MemoryImage(begin, end));
  const int fd = image->fd_ = anonymous_file("wjit-memory-image", end - begin);
  if (fd < 0) return nullptr;
  for (const Piece& p : pieces)
    if (!write_all(fd, p.bytes, p.at - begin)) return nullptr;
  return image;
}

MemoryImage::~MemoryImage() {
  if (fd_ >= 0) close(fd_);
}

bool MemoryImage::map_at(uint8_t* base) const {
  return mmap(base + begin_, end_ - begin_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd_, 0) !=
         MAP_FAILED;
}

std::vector<std::unique_ptr<MemoryImage>> build_memory_images(const wasm::Module& module) {
  const uint32_t imported = module.imported_memories;
  std::vector<std::unique_ptr<MemoryImage>> images(module.memories.size() - imported);
  std::vector<std::vector<MemoryImage::Piece>> pieces(images.size());
  for (const wasm::DataSegment& segment : module.data) {
    if (segment.mode != wasm::SegmentMode::kActive) continue;
    uint64_t at;
    if (segment.memory < imported || !constant_offset(segment.offset, &at)) return images;
    const wasm::MemoryType& type = module.memories[segment.memory];
    // A minimum that overflows here cannot be instantiated anyway.
    const uint64_t length = type.limits.min << type.page_size_log2;
    if (length >> type.page_size_log2 != type.limits.min) return images;
    if (at > length || segment.bytes.size() > length - at) return images;
    if (!segment.bytes.empty()) pieces[segment.memory - imported].push_back({at, segment.bytes});
  }
  for (size_t i = 0; i < images.size(); ++i) {
    uint64_t bytes = 0, begin = ~uint64_t{0}, end = 0;
    for (const auto& p : pieces[i]) {
      bytes += p.bytes.size();
      begin = std::min(begin, p.at);
      end = std::max(end, p.at + p.bytes.size());
    }
    // An image far larger than the bytes that back it would let a small module take much memory.
    const uint64_t pages = module.memories[imported + i].limits.min
                           << module.memories[imported + i].page_size_log2;
    if (bytes < kLeastImageBytes || end - begin > 4 * bytes || round_up_to_host_page(end) > pages) continue;
    images[i] = MemoryImage::create(pieces[i]);
  }
  return images;
}

}  // namespace wjit::rt
