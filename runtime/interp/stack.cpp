#include <sys/mman.h>

#include "runtime/interp/backtrace.h"
#include "runtime/interp/vm.h"
#include "runtime/native_calls.h"
#include "runtime/trap_access.h"

namespace wjit::rt {

static uint64_t page_up(uint64_t n) { return (n + 4095) & ~uint64_t{4095}; }

std::unique_ptr<Stack> Stack::create(uint64_t value_bytes, uint32_t depth) {
  const uint64_t values = page_up(value_bytes / 8 * 8), frames = page_up((uint64_t(depth) + 2) * sizeof(InterpFrame));
  if (values < value_bytes / 8 * 8 || values + frames < values) return nullptr;
  std::unique_ptr<Stack> s(new Stack);
  void* p = mmap(nullptr, values + frames, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) return nullptr;
  s->base_ = static_cast<char*>(p);
  s->size_ = values + frames;
  s->values_end_ = reinterpret_cast<uint64_t*>(s->base_) + value_bytes / 8;
  s->frames_ = reinterpret_cast<InterpFrame*>(s->base_ + values);
  s->frames_end_ = s->frames_ + depth + 1;  // with the bottom frame
  s->top = reinterpret_cast<uint64_t*>(s->base_);
  s->top_frame = s->frames_ - 1;
  return s;
}

Stack::~Stack() {
  if (base_) munmap(base_, size_);
}

void Stack::reset() {
  top = reinterpret_cast<uint64_t*>(base_);
  top_frame = frames_ - 1;
  top_instance = nullptr;
  // Guests that ran deep do not keep their pages in the pool.
  char* frames = reinterpret_cast<char*>(frames_);
  if (uint64_t(frames - base_) > kKeepBytes) madvise(base_ + kKeepBytes, frames - base_ - kKeepBytes, MADV_DONTNEED);
  const uint64_t frame_bytes = base_ + size_ - frames;
  if (frame_bytes > kKeepBytes) madvise(frames + kKeepBytes, frame_bytes - kKeepBytes, MADV_DONTNEED);
}

std::unique_ptr<Stack> Activations::take(const Config& config) {
  if (spare_.empty()) return Stack::create(config.max_wasm_stack, config.max_call_depth);
  auto s = std::move(spare_.back());
  spare_.pop_back();
  return s;
}

void Activations::give_back(std::unique_ptr<Stack> stack) {
  if (spare_.size() >= kSpare) return;
  stack->reset();
  spare_.push_back(std::move(stack));
}

void add_interp_frames(std::vector<wjit::Frame>& trace, const InterpFrame* top, Instance* inst) {
  for (const InterpFrame* f = top; trace.size() < kMaxTraceFrames && inst; --f) {
    if (!f->code) {  // bottom of an activation: `saved` is whose host function called it, if any did
      const auto* record = reinterpret_cast<const ActivationRecord*>(f->ip);
      add_native_frames(trace, record->exit_fp, record->exit_pc, record->entry_fp, false);
      inst = f->saved;
      continue;
    }
    const uint32_t at = uint32_t(f->ip - f->code->words.data());
    if (!f->code->is_bridge) add_frame(trace, inst, f->code->func_index, f->code->wasm_offset(at ? at - 1 : 0));
    if (f->saved) inst = f->saved;
  }
}

std::vector<wjit::Frame> interp_backtrace(const InterpFrame* top, Instance* inst) {
  std::vector<wjit::Frame> trace;
  add_interp_frames(trace, top, inst);
  return trace;
}

wjit::Trap trap_from_error(const Error& error) {
  const auto code = error.kind() == ErrorKind::kUnsupported ? vm::TrapCode::kUnsupported : vm::TrapCode::kCompileFailed;
  wjit::Trap t = TrapAccess::make(wjit::Trap::Kind::kWasm, code, error.to_string());
  t.payload() = error;
  return t;
}

}  // namespace wjit::rt
