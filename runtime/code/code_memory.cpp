#include "runtime/code/code_memory.h"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "compiler/isa/common/trampolines.h"
#include "runtime/code/debugger.h"
#include "runtime/code/eh_frame.h"
#include "runtime/code/perf_map.h"

namespace wjit::rt {

namespace {

std::mutex list_lock;
CodeMemory* first_memory = nullptr;
std::atomic<CodeMemory*> process_memory{nullptr};

Result<void> check_tables(size_t bytes, const CodeTables& tables) {
  auto wrong = [](const char* what) {
    return fail(ErrorKind::kUsage, std::string("cannot publish code: ") + what);
  };
  if (bytes == 0) return wrong("there is none");
  if (bytes > UINT32_MAX) return wrong("more than 4 GiB in one piece");
  uint32_t end = 0;
  for (const CodeFunction& f : tables.functions) {
    if (f.start < end || f.end < f.start || f.end > bytes)
      return wrong("functions must be sorted, apart, and inside the code");
    end = f.end;
  }
  int64_t before = -1;
  for (const CodeTrapSite& t : tables.traps) {
    if (t.offset <= before || t.offset >= bytes)
      return wrong("trap sites must be sorted, distinct, and inside the code");
    before = t.offset;
  }
  before = -1;
  for (const isa::FrameEdge& e : tables.frames) {
    if (e.offset <= before) return wrong("frame edges must be sorted and distinct");
    before = e.offset;
  }
  if (tables.raise_offset != kNoRaise && tables.raise_offset >= bytes)
    return wrong("its raise entry is outside");
  return {};
}

// An entry per granule, and behind them the bits.
constexpr size_t table_bytes(uint32_t granules) {
  return granules * sizeof(void*) + (granules + 63) / 64 * sizeof(uint64_t);
}

constexpr bool is_inlined(uint32_t place) { return place != kNoWasmOffset && (place & isa::kInlined) != 0; }

// Fills in what the tables say of an offset. `at` is the byte looked at: the address asked for, or the one
// before.
void describe_offset(const CodeObject& object, uint32_t at, PcIs what, CodeHit* out) {
  auto function = std::upper_bound(object.functions.begin(), object.functions.end(), at,
                                   [](uint32_t offset, const CodeFunction& f) { return offset < f.start; });
  out->in_function = function != object.functions.begin() && at < (--function)->end;
  out->func_index = out->in_function ? function->func_index : 0;
  out->func_start = out->in_function ? function->start : 0;
  out->func_end = out->in_function ? function->end : 0;
  out->trap = vm::TrapCode::kNone;
  out->wasm_offset = kNoWasmOffset;
  out->inlined = 0;
  auto site = std::upper_bound(object.traps.begin(), object.traps.end(), at,
                               [](uint32_t offset, const CodeTrapSite& t) { return offset < t.offset; });
  if (site == object.traps.begin()) return;
  --site;
  if (what == PcIs::kInstruction ? site->offset != at : !out->in_function || site->offset < out->func_start)
    return;
  out->trap = site->code;
  uint32_t place = site->wasm_offset;
  const auto known = [&](uint32_t p) { return is_inlined(p) && (p & ~isa::kInlined) < object.inlined.size(); };
  const auto offset_of = [&](uint32_t p) { return known(p) ? object.inlined[p & ~isa::kInlined].wasm_offset : p; };
  out->wasm_offset = offset_of(place);
  while (known(place) && out->inlined < isa::kMostInlined) {
    place = object.inlined[place & ~isa::kInlined].call;
    out->calls[out->inlined++] = offset_of(place);
  }
}

}  // namespace

void CodeHandle::reset() {
  if (object_) memory_->drop(object_);
  object_ = nullptr;
}

// fork: everything holds still, and the child leaves alone what it shares with its parent.
struct CodeMemory::ForkHandlers {
  static void prepare() {
    list_lock.lock();
    for (CodeMemory* m = first_memory; m; m = m->next_) {
      m->gate_.writers.lock();
      m->lock_.lock();
    }
  }
  template <class Each>
  static void release(Each each) {
    for (CodeMemory* m = first_memory; m; m = m->next_) {
      each(m);
      m->lock_.unlock();
      m->gate_.writers.unlock();
    }
    list_lock.unlock();
  }
  static void in_parent() {
    release([](CodeMemory* m) {
      for (Slot& s : m->slots_)
        if (s.region && s.region->mapping() == CodeMapping::kDual && s.live) s.frozen = true;
    });
  }
  static void in_child() {
    release([](CodeMemory* m) { m->freeze_for_child(); });
  }
  static void install() {
    static const bool installed = pthread_atfork(prepare, in_parent, in_child) == 0;
    WJIT_ASSERT(installed);
  }
};

void CodeMemory::freeze_for_child() {
  gate_.forget_readers();
  for (Slot& s : slots_) {
    if (!s.region || s.region->mapping() != CodeMapping::kDual) continue;
    s.frozen = true;
    s.region->drop_writable();
    if (!s.live) s.region->unmap();
  }
}

CodeMemory::CodeMemory(Options options) : options_(options) {
  ForkHandlers::install();
  std::lock_guard lock(list_lock);
  next_ = first_memory;
  first_memory = this;
}

CodeMemory::~CodeMemory() {
  WJIT_ASSERT(objects() == 0);
  {
    std::lock_guard lock(list_lock);
    CodeMemory** link = &first_memory;
    while (*link != this) link = &(*link)->next_;
    *link = next_;
  }
  for (Slot& s : slots_)
    if (s.table) munmap(static_cast<void*>(s.table), table_bytes(s.region->granules()));
}

CodeMemory::Options CodeMemory::Options::from_environment() {
  Options options;
  const char* forced = std::getenv("WJIT_CODE_MEMORY");
  for (CodeMapping m : {CodeMapping::kDual, CodeMapping::kPrivate, CodeMapping::kNone})
    if (forced && std::strcmp(forced, to_string(m)) == 0) options.first = options.last = m;
  return options;
}

CodeMemory& CodeMemory::process() {
  static CodeMemory* const memory = [] {
    auto* made = new CodeMemory(Options::from_environment());
    process_memory.store(made, std::memory_order_release);
    return made;
  }();
  return *memory;
}

// Under lock_. The first slot takes what the options allow; the second is only ever needed beside frozen
// code.
Result<void> CodeMemory::open_slot(uint32_t index) {
  Slot& s = slots_[index];
  if (s.region) return {};
  CodeMapping first = index == 0 ? options_.first : CodeMapping::kPrivate;
  CodeMapping last = index == 0 ? options_.last : CodeMapping::kPrivate;
  std::string refused;
  std::unique_ptr<CodeRegion> region;
  for (unsigned m = unsigned(first); m <= unsigned(last) && !region; ++m) {
    const auto mapping = CodeMapping(m);
    auto opened = CodeRegion::open(mapping, options_.region_bytes);
    if (opened) {
      region = std::move(*opened);
    } else {
      refused += std::string(refused.empty() ? "" : ", ") +
                 (mapping == CodeMapping::kNone
                      ? "switched off by WJIT_CODE_MEMORY"
                      : std::string(to_string(mapping)) + " mapping: " + opened.error().message());
    }
  }
  refused_ = refused;
  if (!region) return fail(ErrorKind::kResource, "the host gives no executable memory (" + refused + ")");
  const uint32_t granules = region->granules(), words = (granules + 63) / 64;
  void* table = mmap(nullptr, table_bytes(granules), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (table == MAP_FAILED)
    return fail(ErrorKind::kResource,
                std::string("no memory for the table of code: ") + std::strerror(errno));
  // SAFETY: zero bytes are null pointers in a lock-free atomic of one word.
  static_assert(sizeof *s.table == sizeof(void*) && std::atomic<const CodeObject*>::is_always_lock_free);
  s.table = static_cast<std::atomic<const CodeObject*>*>(table);
  s.used = reinterpret_cast<uint64_t*>(s.table + granules);
  // What the last word has too much is never free.
  if (granules % 64) s.used[words - 1] = ~uint64_t{0} << granules % 64;
  s.size = region->size();
  s.granule_log2 = unsigned(std::countr_zero(region->granule()));
  s.region = std::move(region);
  s.base.store(s.region->base(), std::memory_order_release);
  return {};
}

// The lowest run of free granules that is long enough.
Result<CodeMemory::Place> CodeMemory::allocate(size_t bytes) {
  std::lock_guard lock(lock_);
  if (slots_[current_].frozen) current_ = 1;
  WJIT_CHECK(open_slot(current_));
  Slot& s = slots_[current_];
  const uint32_t total = s.region->granules();
  const uint64_t count = (bytes + s.region->granule() - 1) >> s.granule_log2;
  uint32_t run = 0;
  bool lowest = true;
  for (uint32_t g = s.first_free; g < total; ++g) {
    const uint64_t word = s.used[g / 64] >> g % 64;
    if (word & 1) {
      run = 0;
      g += unsigned(std::countr_one(word)) - 1;  // the shift brought in zeros: never past the word
      continue;
    }
    if (lowest) s.first_free = g;
    lowest = false;
    if (++run < count) continue;
    const uint32_t first = g + 1 - run;
    for (uint32_t i = first; i <= g; ++i) s.used[i / 64] |= uint64_t{1} << i % 64;
    if (first == s.first_free) s.first_free = g + 1;
    s.live += run;
    bytes_in_use_.fetch_add(size_t{run} << s.granule_log2, std::memory_order_relaxed);
    return Place{current_, first, run};
  }
  return fail(ErrorKind::kResource, "no room for " + std::to_string(bytes) +
                                        " bytes of code: " + std::to_string(bytes_in_use()) + " of " +
                                        std::to_string(s.size) + " bytes are in use");
}

// Granules that no reader and no thread has to do with any more.
void CodeMemory::free(Place place) {
  std::lock_guard lock(lock_);
  Slot& s = slots_[place.slot];
  s.live -= place.count;
  bytes_in_use_.fetch_sub(size_t{place.count} << s.granule_log2, std::memory_order_relaxed);
  if (s.frozen) {
    if (!s.live) s.region->unmap();
    return;
  }
  if (!s.region->retire(place.first, place.count)) return;
  for (uint32_t i = place.first; i < place.first + place.count; ++i)
    s.used[i / 64] &= ~(uint64_t{1} << i % 64);
  s.first_free = std::min(s.first_free, place.first);
}

void CodeMemory::set_entries(const CodeObject& object, const CodeObject* value) {
  for (uint32_t i = 0; i < object.granules; ++i)
    slots_[object.region].table[object.first_granule + i].store(value, std::memory_order_seq_cst);
}

// SAFETY: `to` is where bytes are written that will be executed at `at`; offsets are inside, as publish has checked.
static void apply_patches(std::span<const CodePatch> patches, uint8_t* to, uintptr_t at) {
  for (const CodePatch& p : patches) {
    // What is too far away is left as it was.
    isa::host_target().relocate(to + p.offset, static_cast<int64_t>(p.target - (at + p.offset)));
  }
}

Result<CodeHandle> CodeMemory::publish(std::span<const uint8_t> code, CodeTables tables,
                                       std::span<const CodePatch> patches) {
  WJIT_CHECK(check_tables(code.size(), tables));
  for (const CodePatch& p : patches)
    if (uint64_t{p.offset} + 4 > code.size()) return fail(ErrorKind::kUsage, "cannot publish code: a patch is outside");
  std::unique_ptr<CodeObject> object(new (std::nothrow) CodeObject);
  if (!object) return fail(ErrorKind::kResource, "no memory for the tables of code");
  WJIT_TRY(const Place place, allocate(code.size()));
  CodeRegion& region = *slots_[place.slot].region;
  uint8_t* const to = region.open_for_writing(place.first, place.count);
  const bool written = to != nullptr;
  if (written) {
    // SAFETY: place is ours alone, place.count granules long, and nobody executes it yet.
    std::memcpy(to, code.data(), code.size());
    apply_patches(patches, to, region.base() + place.first * region.granule());
    fill_with_traps(to + code.size(), to + place.count * region.granule());
  }
  if (!written || !region.make_executable(place.first, place.count)) {
    const std::string why = std::strerror(errno);
    free(place);
    return fail(ErrorKind::kResource,
                "no memory for " + std::to_string(code.size()) + " bytes of code: " + why);
  }
  static_cast<CodeTables&>(*object) = std::move(tables);
  const uintptr_t begin = region.base() + place.first * region.granule();
  object->bytes = {reinterpret_cast<const uint8_t*>(begin), code.size()};
  object->region = place.slot;
  object->first_granule = place.first;
  object->granules = place.count;
  if (object->raise_offset != kNoRaise) object->raise = begin + object->raise_offset;
  tell_perf(*object);
  tell_unwinders(*object);
  tell_debugger(*object);
  object->frames = {};  // they have been told; nobody else asks
  set_entries(*object, object.get());
  objects_.fetch_add(1, std::memory_order_relaxed);
  return CodeHandle(this, object.release());
}

void CodeMemory::drop(const CodeObject* object) {
  set_entries(*object, nullptr);
  gate_.wait_for_readers();
  forget_debugger_info(*object);
  forget_unwind_info(*object);
  const Place place{object->region, object->first_granule, object->granules};
  delete object;
  objects_.fetch_sub(1, std::memory_order_relaxed);
  free(place);
}

bool CodeMemory::lookup_in(const Slot& slot, uintptr_t pc, CodeHit* out, PcIs what) noexcept {
  const uintptr_t base = slot.base.load(std::memory_order_acquire);
  const uintptr_t at = what == PcIs::kReturnAddress ? pc - 1 : pc;
  if (base == 0 || at - base >= slot.size) return false;
  const unsigned gate = gate_.enter();
  const CodeObject* object = slot.table[(at - base) >> slot.granule_log2].load(std::memory_order_seq_cst);
  const bool hit = object && at - object->begin() < object->bytes.size();
  if (hit) {
    out->kind = object->kind;
    out->owner = object->owner;
    out->object = object->begin();
    out->offset = uint32_t(pc - object->begin());
    out->raise = object->raise;
    describe_offset(*object, uint32_t(at - object->begin()), what, out);
  }
  gate_.leave(gate);
  return hit;
}

bool CodeMemory::lookup(uintptr_t pc, CodeHit* out, PcIs what) noexcept {
  // Both, always: a frozen region that was unmapped may have left its addresses to the other.
  for (const Slot& slot : slots_)
    if (lookup_in(slot, pc, out, what)) return true;
  return false;
}

bool lookup_code(uintptr_t pc, CodeHit* out, PcIs what) noexcept {
  CodeMemory* memory = process_memory.load(std::memory_order_acquire);
  return memory && memory->lookup(pc, out, what);
}

CodeMapping CodeMemory::mapping() {
  std::lock_guard lock(lock_);
  if (slots_[current_].frozen) current_ = 1;
  return open_slot(current_) ? slots_[current_].region->mapping() : CodeMapping::kNone;
}

std::string CodeMemory::describe() {
  const CodeMapping chosen = mapping();
  std::lock_guard lock(lock_);
  const std::string why = refused_.empty() ? "" : " (" + refused_ + ")";
  if (chosen == CodeMapping::kNone) return "none" + why;
  return std::string(to_string(chosen)) + " mapping, " + std::to_string(slots_[current_].size >> 20) +
         " MiB" + why;
}

}  // namespace wjit::rt
