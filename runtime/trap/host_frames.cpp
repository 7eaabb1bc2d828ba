#include "runtime/trap/host_frames.h"

#include <cxxabi.h>
#include <dlfcn.h>

#include <cstdlib>
#include <cstring>

#include "runtime/code/code_memory.h"
#include "runtime/code/eh_frame.h"
#include "runtime/engine.h"
#include "runtime/store.h"
#include "runtime/trap/unwind_library.h"

namespace wjit::rt {

namespace {

constexpr size_t kMaxHostFrames = 256;

struct HostFrame {
  uintptr_t pc;
  uintptr_t end;  // the stack pointer of its caller: the frame lies below
  std::string name;
  uint64_t offset;
};

std::string demangled(const char* name) {
  int status = 0;
  char* text = abi::__cxa_demangle(name, nullptr, nullptr, &status);
  std::string out = status == 0 && text ? text : name;
  std::free(text);
  return out;
}

// Of the running stack, innermost first, emitted code left out.
__attribute__((noinline)) std::vector<HostFrame> walk(const UnwindLibrary& l) {
  std::vector<HostFrame> frames;
  const UnwindLock lock;
  unw_context_t context;
#if defined(__x86_64__)
  l.get_context(&context);
#else
  unw_getcontext(&context);
#endif
  unw_cursor_t cursor;
  if (l.init_local(&cursor, &context) != 0) return frames;
  bool more = true;
  for (size_t steps = 0; more && steps < 4 * kMaxHostFrames && frames.size() < kMaxHostFrames; ++steps) {
    HostFrame f{};
    unw_word_t word = 0;
    l.get_reg(&cursor, UNW_REG_IP, &word);
    f.pc = uintptr_t(word);
    CodeHit hit;
    const bool emitted = lookup_code(f.pc, &hit, PcIs::kReturnAddress);
    if (!emitted) {
      char name[512];
      unw_word_t offset = 0;
      const int found = l.get_proc_name(&cursor, name, sizeof name, &offset);
      if (found == 0 || found == -UNW_ENOMEM) f.name = demangled(name), f.offset = offset;
    }
    more = l.step(&cursor) > 0;
    f.end = ~uintptr_t{0};
    if (more && l.get_reg(&cursor, UNW_REG_SP, &word) == 0) f.end = uintptr_t(word);
    if (!emitted && f.pc != 0) frames.push_back(std::move(f));
  }
  return frames;
}

wjit::Frame to_frame(HostFrame&& host) {
  wjit::Frame f{};
  f.host = true;
  f.func_name = std::move(host.name);
  f.func_offset = host.offset;
  f.module_offset = host.pc;
  if (Dl_info info; dladdr(reinterpret_cast<void*>(host.pc - 1), &info) && info.dli_fname) {
    const char* slash = std::strrchr(info.dli_fname, '/');
    f.module_name = slash ? slash + 1 : info.dli_fname;
  }
  return f;
}

}  // namespace

void add_host_frames(std::vector<wjit::Frame>& trace, Store& store) {
  if (!store.engine().config.native_frames || trace.empty()) return;
  const UnwindLibrary* const library = UnwindLibrary::get();
  if (!library) return;
  std::vector<HostFrame> hosts = walk(*library);
  if (hosts.empty()) return;

  const auto low = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  // The outermost frame has no end that is known.
  const uintptr_t high = hosts.size() > 1 ? hosts[hosts.size() - 2].end : low;
  const auto here = [&](const wjit::Frame& f) { return f.native_fp >= low - (1 << 16) && f.native_fp < high; };

  std::vector<wjit::Frame> merged;
  merged.reserve(trace.size() + hosts.size());
  size_t next = 0;
  // All up to the last one that lies within `end`.
  const auto take_until = [&](uintptr_t end) {
    size_t stop = next;
    for (size_t i = next; i < trace.size(); ++i)
      if (here(trace[i])) {
        if (trace[i].native_fp >= end) break;
        stop = i + 1;
      }
    while (next < stop) merged.push_back(std::move(trace[next++]));
  };
  const uintptr_t innermost = here(trace.front()) ? trace.front().native_fp : 0;
  do merged.push_back(std::move(trace[next++]));
  while (next < trace.size() && trace[next].native_fp == innermost);
  for (HostFrame& host : hosts) {
    if (host.end <= innermost + 16) continue;  // its end is the frame record's, if it has one
    take_until(host.end);
    merged.push_back(to_frame(std::move(host)));
  }
  while (next < trace.size()) merged.push_back(std::move(trace[next++]));
  trace = std::move(merged);
}

}  // namespace wjit::rt
