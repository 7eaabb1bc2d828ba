// One stretch of address space that code lives in, counted in granules, and the ways to get bytes into it
// without a mapping that is writable and executable at once. Who uses which granule is not known here
// (code_memory.h).
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

#include "compiler/support/result.h"

namespace wjit::rt {

// In the order in which they are tried.
enum class CodeMapping : uint8_t {
  kDual,     // an anonymous file mapped twice: readable and executable here, readable and writable elsewhere
  kPrivate,  // private pages, writable until they are filled and executable from then on
  kNone,     // the host allows neither: nothing can be published
};
const char* to_string(CodeMapping mapping);

class CodeRegion {
 public:
  // The largest of the sizes up to most_bytes that the host grants. Error kResource: why not.
  static Result<std::unique_ptr<CodeRegion>> open(CodeMapping mapping, size_t most_bytes);
  ~CodeRegion() { unmap(); }
  CodeRegion(const CodeRegion&) = delete;

  CodeMapping mapping() const { return mapping_; }
  size_t granule() const { return granule_; }
  uint32_t granules() const { return uint32_t(size_ / granule_); }
  size_t size() const { return size_; }
  uintptr_t base() const { return reinterpret_cast<uintptr_t>(code_); }  // stays what it was after unmap()

  // Where to write the granules [first, first + count), which nobody uses and nobody executes. Null: no
  // memory.
  uint8_t* open_for_writing(uint32_t first, uint32_t count);
  // Written: executable from now on. False: the host refuses.
  bool make_executable(uint32_t first, uint32_t count);
  // Nobody will execute them again: gives memory back, and makes a jump into them stop. False: not to be used
  // again.
  bool retire(uint32_t first, uint32_t count);
  // What code can be written by is taken away for ever; what is executable stays. Async-signal-safe.
  void drop_writable();
  void unmap();

 private:
  CodeRegion(CodeMapping mapping, size_t granule) : mapping_(mapping), granule_(granule) {}
  // Null, or why not.
  const char* map_dual(size_t bytes);
  const char* map_private(size_t bytes);
  bool runs_what_was_written();

  const CodeMapping mapping_;
  const size_t granule_;
  uint8_t* code_ = nullptr;
  uint8_t* writable_ = nullptr;  // kDual
  size_t size_ = 0;
  bool mapped_ = false;
};

// Fills with instructions that stop.
void fill_with_traps(uint8_t* from, uint8_t* to);

}  // namespace wjit::rt
