// Code that touches memory the way generated code does: a base register and a constant displacement. The ABI
// harness runs it against the C++ structs; nothing else should. Each ISA emits it in <isa>/probe.cpp.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "compiler/support/result.h"

namespace wjit {

struct ProbeField {
  uint32_t offset;  // from the base, what is under test; below 2^31
  uint32_t buffer;  // where the value goes to or comes from in the caller's buffer; below 2^31
  uint32_t size;    // bytes; any number, moved in pieces of 16, 8, 4, 2 and 1
};

// Two functions, both void(void* base, void* buffer) in the platform's C convention: the reader, at 0, copies
// every field to the buffer, the writer copies them back.
struct ProbeCode {
  std::vector<uint8_t> bytes;
  size_t writer = 0;
};

namespace x64 {
support::Result<ProbeCode> emit_probe(std::span<const ProbeField> fields);
}
namespace a64 {
support::Result<ProbeCode> emit_probe(std::span<const ProbeField> fields);
}

// For the machine this was built for.
#if defined(__x86_64__)
using x64::emit_probe;
#elif defined(__aarch64__)
using a64::emit_probe;
#else
#error "no code is emitted for this machine"
#endif

}  // namespace wjit
