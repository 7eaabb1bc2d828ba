// Memory for the probe's code: writable while it is filled, then executable, never both.
#pragma once
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <span>

#include "compiler/support/result.h"

namespace wjit::abi_check {

using support::Result;

class ExecBuffer {
 public:
  ExecBuffer() = default;
  ~ExecBuffer() {
    if (memory_) munmap(memory_, size_);
  }
  ExecBuffer(const ExecBuffer&) = delete;
  ExecBuffer& operator=(const ExecBuffer&) = delete;

  // Replaces what was there. The result stays valid until the next call.
  Result<const uint8_t*> load(std::span<const uint8_t> code) {
    if (code.size() > size_) {
      if (memory_) munmap(memory_, size_);
      size_ = (code.size() * 2 + 0xffff) & ~size_t{0xffff};
      void* p = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      memory_ = p == MAP_FAILED ? nullptr : p;
      if (!memory_) return size_ = 0, refused("mmap of writable memory");
    } else if (mprotect(memory_, size_, PROT_READ | PROT_WRITE) != 0) {
      return refused("mprotect to writable");
    }
    std::memcpy(memory_, code.data(), code.size());
    auto* begin = static_cast<char*>(memory_);
    __builtin___clear_cache(begin, begin + code.size());
    if (mprotect(memory_, size_, PROT_READ | PROT_EXEC) != 0) return refused("mprotect to executable");
    return static_cast<const uint8_t*>(memory_);
  }

 private:
  static tl::unexpected<Error> refused(const char* what) {
    return fail(ErrorKind::kResource, std::string(what) + ": " + std::strerror(errno));
  }
  void* memory_ = nullptr;
  size_t size_ = 0;
};

}  // namespace wjit::abi_check
