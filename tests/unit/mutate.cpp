#include "mutate.h"

#include <algorithm>

namespace wjit::test {

namespace {

using Blob = std::vector<uint8_t>;

// The larger of two: most of the suite's modules are tiny.
const WastModule& pick(XorShift& random, const std::vector<WastModule>& corpus) {
  const WastModule& a = corpus[random.below(uint32_t(corpus.size()))];
  const WastModule& b = corpus[random.below(uint32_t(corpus.size()))];
  return a.bytes.size() < b.bytes.size() ? b : a;
}

// Control, locals, constants, arithmetic of each type, memory, tables, references, prefixes and value types:
// bytes that mean something are tried more often than others.
constexpr uint8_t kTelling[] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x0a, 0x0b, 0x0b, 0x0b,
                                0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x1a, 0x1a, 0x1b,
                                0x1c, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x28, 0x29, 0x2a, 0x36,
                                0x37, 0x3f, 0x40, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x50, 0x51, 0x5b,
                                0x61, 0x63, 0x64, 0x67, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x71,
                                0x72, 0x73, 0x74, 0x7b, 0x7c, 0x7d, 0x7e, 0x7f, 0xa0, 0xa7, 0xac, 0xbb, 0xc0,
                                0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xfb, 0xfc, 0xfd};
uint8_t telling_byte(XorShift& random) {
  if (random.one_in(4)) return uint8_t(random.next());
  if (random.one_in(3)) return uint8_t(random.below(5));
  return kTelling[random.below(std::size(kTelling))];
}

// Changes, puts in, takes out or copies a few bytes of `bytes`.
void edit(XorShift& random, Blob& bytes) {
  uint32_t size = uint32_t(bytes.size());
  uint32_t at = random.below(size + 1);
  switch (random.below(6)) {
    case 0:  // put in
      for (uint32_t n = 1 + random.below(3); n; n--) bytes.insert(bytes.begin() + at, telling_byte(random));
      break;
    case 1: {  // take out
      uint32_t n = std::min(1 + random.below(3), size - at);
      bytes.erase(bytes.begin() + at, bytes.begin() + at + n);
      break;
    }
    case 2: {  // copy a stretch elsewhere
      uint32_t from = random.below(size + 1), n = std::min(1 + random.below(12), size - from);
      Blob stretch(bytes.begin() + from, bytes.begin() + from + n);
      bytes.insert(bytes.begin() + at, stretch.begin(), stretch.end());
      break;
    }
    default:  // change
      if (size) bytes[std::min(at, size - 1)] = telling_byte(random);
  }
}

void append_leb(Blob& out, uint32_t n) {
  do {
    out.push_back(uint8_t((n & 0x7f) | (n > 0x7f ? 0x80 : 0)));
    n >>= 7;
  } while (n);
}
// Reads a u32; past the end it reads zeros. Corpus modules are well formed, so this is for safety alone.
uint32_t read_leb(const Blob& bytes, size_t& at) {
  uint32_t value = 0;
  for (unsigned shift = 0; at < bytes.size() && shift < 35; shift += 7) {
    uint8_t byte = bytes[at++];
    value |= uint32_t(byte & 0x7f) << shift;
    if (!(byte & 0x80)) break;
  }
  return value;
}

// The code section with one body edited and all sizes mended.
Blob edit_code(XorShift& random, const Blob& section) {
  size_t at = 0;
  uint32_t count = read_leb(section, at);
  std::vector<Blob> bodies;
  for (uint32_t i = 0; i < count && at < section.size(); i++) {
    const size_t stated = read_leb(section, at);  // (moves `at`)
    uint32_t size = uint32_t(std::min(stated, section.size() - at));
    bodies.emplace_back(section.begin() + at, section.begin() + at + size);
    at += size;
  }
  if (!bodies.empty()) {
    Blob& body = bodies[random.below(uint32_t(bodies.size()))];
    for (uint32_t n = 1 + random.below(3); n; n--) edit(random, body);
  }
  Blob out;
  append_leb(out, count);
  for (const Blob& body : bodies) {
    append_leb(out, uint32_t(body.size()));
    out.insert(out.end(), body.begin(), body.end());
  }
  return out;
}

}  // namespace

std::vector<uint8_t> mutate_anywhere(XorShift& random, const std::vector<WastModule>& corpus) {
  Blob bytes = pick(random, corpus).bytes;
  uint32_t size = uint32_t(bytes.size());
  switch (random.below(8)) {
    case 0:
    case 1:
      bytes.resize(random.below(size + 1));
      break;
    case 2: {  // the tail of another
      const Blob& other = pick(random, corpus).bytes;
      uint32_t cut = random.below(size + 1);
      bytes.resize(cut);
      bytes.insert(bytes.end(), other.begin() + std::min<size_t>(cut, other.size()), other.end());
      break;
    }
    case 3:  // random bytes after a good header
      bytes.resize(std::min(size, 8u));
      for (uint32_t n = random.below(200); n; n--) bytes.push_back(telling_byte(random));
      break;
    default:
      for (uint32_t n = 1 + random.below(8); n; n--) edit(random, bytes);
  }
  return bytes;
}

std::vector<uint8_t> mutate_bodies(XorShift& random, const std::vector<WastModule>& corpus) {
  constexpr uint8_t kTypeSection = 1, kCodeSection = 10;
  const Blob& bytes = pick(random, corpus).bytes;
  if (bytes.size() < 8) return bytes;
  bool types_too = random.one_in(10);
  Blob out(bytes.begin(), bytes.begin() + 8);
  for (size_t at = 8; at < bytes.size();) {
    uint8_t id = bytes[at++];
    const size_t stated = read_leb(bytes, at);  // (moves `at`)
    uint32_t size = uint32_t(std::min(stated, bytes.size() - at));
    Blob section(bytes.begin() + at, bytes.begin() + at + size);
    at += size;
    if (id == kCodeSection) section = edit_code(random, section);
    if (id == kTypeSection && types_too) edit(random, section);
    out.push_back(id);
    append_leb(out, uint32_t(section.size()));
    out.insert(out.end(), section.begin(), section.end());
  }
  return out;
}

}  // namespace wjit::test
