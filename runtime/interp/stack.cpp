#include <sys/mman.h>

#include "runtime/interp/backtrace.h"
#include "runtime/interp/vm.h"
#include "runtime/native_calls.h"
#include "runtime/trap_access.h"

namespace wjit::rt {

static constexpr uint64_t kPage = 4096;
static uint64_t page_up(uint64_t n) { return (n + kPage - 1) & ~(kPage - 1); }

std::unique_ptr<Stack> Stack::create(uint64_t value_bytes, uint32_t depth) {
  // The page that both begin in has room for a few frames.
  constexpr uint64_t kSharedFrames = 1024;
  const uint64_t frames = page_up((uint64_t(depth) + 2) * sizeof(InterpFrame)) + kSharedFrames;
  const uint64_t values = value_bytes / 8 * 8, size = page_up(frames + values);
  if (size < values) return nullptr;
  std::unique_ptr<Stack> s(new Stack);
  void* p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) return nullptr;
  s->base_ = static_cast<char*>(p);
  s->size_ = size;
  s->begin_ = s->base_ + frames;
  s->values_end_ = reinterpret_cast<uint64_t*>(s->begin_ + values);
  s->frames_end_ = reinterpret_cast<InterpFrame*>(s->begin_) - (uint64_t(depth) + 1);  // with the bottom frame
  s->clear();
  return s;
}

Stack::~Stack() {
  if (link_) *link_ = next_;
  if (next_) next_->link_ = link_;
  if (base_) munmap(base_, size_);
}

void Stack::clear() {
  top = reinterpret_cast<uint64_t*>(begin_);
  top_frame = reinterpret_cast<InterpFrame*>(begin_);
  top_instance = nullptr;
  resumer = nullptr;
  noted_end_ = nullptr;
}

void Stack::reset() {
  clear();
  // Guests that ran deep do not keep their pages in the pool.
  const uint64_t frames = uint64_t(begin_ - base_), kept = page_up(frames + kKeepBytes);
  if (kept < size_) madvise(base_ + kept, size_ - kept, MADV_DONTNEED);
  if (frames > kKeepBytes) madvise(base_, (frames - kKeepBytes) & ~(kPage - 1), MADV_DONTNEED);
}

std::unique_ptr<Stack> Activations::take(const Config& config) {
  if (spare_.empty()) {
    auto made = Stack::create(config.max_wasm_stack, config.max_call_depth);
    if (!made) return nullptr;
    made->next_ = all_;
    made->link_ = &all_;
    if (all_) all_->link_ = &made->next_;
    all_ = made.get();
    return made;
  }
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
  size_t first = trace.size();  // of this activation
  for (const InterpFrame* f = top; trace.size() < kMaxTraceFrames && inst; ++f) {
    if (!f->code) {  // bottom of an activation: `saved` is whose host function called it, if any did
      const auto* record = reinterpret_cast<const ActivationRecord*>(f->ip);
      for (; first < trace.size(); ++first) trace[first].native_fp = record->native_fp;
      add_native_frames(trace, record->exit_fp, record->exit_pc, record->entry_fp, false);
      first = trace.size();
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
