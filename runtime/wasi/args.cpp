#include "runtime/wasi/functions.h"

namespace wjit::rt::wasi::calls {
namespace {

uint64_t bytes_of(const std::vector<std::string>& strings) {
  uint64_t total = 0;
  for (const std::string& s : strings) total += s.size() + 1;
  return total;
}

// An array of pointers to the strings, which stand one behind the other in the buffer.
Errno put(GuestMemory memory, const std::vector<std::string>& strings, uint32_t pointers, uint32_t buffer) {
  WJIT_WASI_TRY(check(memory, pointers, uint64_t{4} * strings.size()));
  WJIT_WASI_TRY(check(memory, buffer, bytes_of(strings)));
  for (const std::string& s : strings) {
    WJIT_WASI_TRY(store(memory, pointers, buffer));
    std::memcpy(memory.base + buffer, s.c_str(), s.size() + 1);
    pointers += 4;
    buffer += static_cast<uint32_t>(s.size() + 1);
  }
  return Errno::kSuccess;
}

Errno put_sizes(GuestMemory memory, const std::vector<std::string>& strings, uint32_t count_out,
                uint32_t size_out) {
  WJIT_WASI_TRY(check_result<uint32_t>(memory, count_out));
  WJIT_WASI_TRY(store(memory, size_out, static_cast<uint32_t>(bytes_of(strings))));
  return store(memory, count_out, static_cast<uint32_t>(strings.size()));
}

}  // namespace

Errno args_get(System& system, Mem memory, u32 argv, u32 buf) { return put(memory, system.args, argv, buf); }
Errno args_sizes_get(System& system, Mem memory, u32 count_out, u32 size_out) {
  return put_sizes(memory, system.args, count_out, size_out);
}
Errno environ_get(System& system, Mem memory, u32 environ, u32 buf) {
  return put(memory, system.env, environ, buf);
}
Errno environ_sizes_get(System& system, Mem memory, u32 count_out, u32 size_out) {
  return put_sizes(memory, system.env, count_out, size_out);
}

}  // namespace wjit::rt::wasi::calls
