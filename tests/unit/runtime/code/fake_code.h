// The least code that can be published: functions that return a number.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#if defined(__x86_64__)
#include "compiler/isa/x64/masm.h"
#else
#include "compiler/isa/a64/masm.h"
#endif
#include "runtime/code/code_memory.h"

namespace wjit::test {

#if defined(__x86_64__)
namespace machine = x64;
#else
namespace machine = a64;
#endif
using machine::Gp;
using machine::Masm;
using machine::Mem;
using machine::W;

inline std::vector<uint8_t> finish(Masm& m) {
  auto bytes = m.finish();
  WJIT_ASSERT(bytes.has_value());
  return std::move(*bytes);
}

// uint64_t f(): the number, which may use all 64 bits.
inline void emit_constant(Masm& m, uint64_t value) {
#if defined(__x86_64__)
  m.mov(Gp::rax, value);
#else
  m.mov(Gp::x0, value);
#endif
  m.ret();
}

inline std::vector<uint8_t> constant_code(uint64_t value) {
  Masm m;
  emit_constant(m, value);
  return finish(m);
}

inline uint64_t call_code(uintptr_t at) { return reinterpret_cast<uint64_t (*)()>(at)(); }

// What a host with nothing against it grants; an emulator may not.
inline bool has_dual_mapping() {
  return rt::CodeMemory({rt::CodeMapping::kDual, rt::CodeMapping::kDual, 16 << 20}).mapping() ==
         rt::CodeMapping::kDual;
}

// The lines of /proc/self/maps that name a mapping both writable and executable.
std::string writable_and_executable_mappings();

}  // namespace wjit::test
