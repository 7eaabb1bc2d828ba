// The validator's frame: locals, generic signatures, memory accesses, control frames, and all bodies in
// parallel.
#include "compiler/wasm/validate.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "compiler/wasm/limits.h"
#include "compiler/wasm/validate_checks.h"

namespace wjit::wasm {
namespace validate_detail {

namespace {

// Lanes of the vector a lane instruction looks at: by its access size, else by its name ("i16x8.…").
unsigned lane_count(const OpInfo& op) {
  if (op.bytes != 0) return 16u / op.bytes;
  const size_t x = op.text.find('x') + 1;
  return op.text[x] == '1' ? 16 : unsigned(op.text[x] - '0');
}

}  // namespace

// Operands beyond one for each byte of the body: the unused ones below, and the store past the top that the
// fast way makes for an instruction without result.
constexpr size_t kSlack = 16;

// ---- a function's beginning and end

FuncChecker::FuncChecker(const Module& module, uint32_t defined_index, ValidatorBuffers& buffers)
    : ValidatorView(module, module.imported_funcs + defined_index, buffers),
      reader_(module, module.body(defined_index), module.bodies[defined_index].offset, buffers.op) {
  // Without the feature a memarg's offset is another kind of LEB.
  fast_memory_ =
      !module.memories.empty() && !module.memories[0].is64 && module.features.has(Feature::kMemory64);
}

bool FuncChecker::start() {
  ByteCursor& c = reader_.cursor();
  const size_t body_size = c.remaining();
  if (!within_limit(c, body_size, kMaxBodySize, "bytes in a function body", c.offset())) return false;
  const FuncType type = module_.func_type(func_index_);
  ValidatorBuffers& b = buffers_;
  b.controls.clear();
  b.unset.clear();
  b.initialised.clear();
  b.groups.clear();
  const uint64_t at = c.offset();
  const uint32_t group_count = read_count(c, kMaxBodySize, "groups of locals");
  uint64_t total = type.params.size();
  for (uint32_t i = 0; i < group_count && c.ok(); ++i) {
    const uint32_t count = c.u32();
    const ValType local = read_val_type(c, reader_.scope());
    total += count;
    b.groups.push_back({count, local});
  }
  if (!c.ok()) return false;
  if (total - type.params.size() > 0xFFFF'FFFF)
    return c.fail(ErrorKind::kMalformed, "too many locals: more than 2^32-1", at);
  if (!within_limit(c, total, kMaxLocals, "locals", at)) return false;
  list_locals(type.params, uint32_t(total));
  // Each instruction pushes at most one operand for each byte it has; those that push more reserve().
  const size_t capacity = body_size + kSlack;
  if (b.operand_capacity < capacity) {
    const size_t more = std::max<size_t>(capacity, 1024);
    b.operands = std::make_unique_for_overwrite<ValType[]>(more);
    b.operand_capacity = more;  // behind what may throw: the buffers are used again
  }
  sp_ = base_ = b.operand_start();
  std::fill(b.operands.get(), sp_, kBot);
  open_frame(Op::kCount, {type.params, type.results});

  return true;
}

void FuncChecker::list_locals(std::span<const ValType> params, uint32_t total) {
  ValidatorBuffers& b = buffers_;
  static_assert(ValidatorBuffers::kListedLocals >= kMaxParams);
  b.locals.assign(params.begin(), params.end());
  b.group_ends.clear();
  uint32_t end = uint32_t(params.size());
  for (const LocalGroup& group : b.groups) {
    const uint32_t begin = end;
    end += group.count;
    b.group_ends.push_back(end);
    const uint32_t listed = std::min(end, b.kListedLocals);
    if (listed > b.locals.size()) b.locals.resize(listed, group.type);
    if (group.type.defaultable() || group.count == 0) continue;
    b.unset.resize(total, 0);
    std::fill(b.unset.begin() + begin, b.unset.begin() + end, 1);
  }
  local_count_ = total;
  fast_locals_ = b.unset.empty() ? uint8_t(std::min(total, 0x80u)) : 0;
}

bool FuncChecker::check_finished() {
  ByteCursor& c = reader_.cursor();
  if (!c.ok()) return false;
  return c.at_end() || c.fail(ErrorKind::kMalformed,
                              "END opcode expected: " + std::to_string(c.remaining()) +
                                  " bytes follow the end of the function body",
                              c.offset());
}

tl::unexpected<Error> FuncChecker::failure() { return failure(reader_.cursor().take_error()); }
tl::unexpected<Error> FuncChecker::failure(Error&& error) {
  return tl::unexpected<Error>(std::move(error).prefix("function " + std::to_string(func_index_) + ": "));
}
bool FuncChecker::fail(const Instr& in, std::string message) {
  return reader_.cursor().fail(ErrorKind::kInvalid, std::move(message), in.offset);
}

// ---- operands and frames

bool FuncChecker::reserve(const Instr& in, size_t pushes) {
  ValidatorBuffers& b = buffers_;
  const size_t used = height(), base = size_t(base_ - b.operand_start());
  if (!within_limit(reader_.cursor(), used + pushes, kMaxOperands, "operands on the stack", in.offset))
    return false;
  const size_t needed = used + pushes + reader_.cursor().remaining() + kSlack;
  if (needed <= b.operand_capacity) return true;
  const size_t capacity = std::max(needed, 2 * b.operand_capacity);
  auto grown = std::make_unique_for_overwrite<ValType[]>(capacity);
  std::copy_n(b.operands.get(), used + b.kUnder, grown.get());
  b.operands = std::move(grown);
  b.operand_capacity = capacity;
  sp_ = b.operand_start() + used;
  base_ = b.operand_start() + base;
  return true;
}

void FuncChecker::initialise(uint32_t local) {
  if (buffers_.unset.empty() || !buffers_.unset[local]) return;
  buffers_.unset[local] = 0;
  buffers_.initialised.push_back(local);
}

void FuncChecker::forget_locals(const ControlFrame& frame) {
  ValidatorBuffers& b = buffers_;
  for (; b.initialised.size() > frame.init_height; b.initialised.pop_back())
    b.unset[b.initialised.back()] = 1;
}

void FuncChecker::apply(const Instr& in, const Effect& effect) {
  sp_ = effect.sp;
  switch (effect.then) {
    case Effect::kNext:
      break;
    case Effect::kDead:
      buffers_.controls.back().dead = true;
      sp_ = base_;
      reachable_ = false;
      break;
    case Effect::kOpen:
      open_frame(in.op, in.block);
      break;
    case Effect::kElse: {
      ControlFrame& frame = buffers_.controls.back();
      forget_locals(frame);
      frame.op = Op::else_;
      frame.dead = false;
      reachable_ = !frame.opened_dead;
      break;
    }
    case Effect::kEnd:
      forget_locals(buffers_.controls.back());
      close_frame();
      break;
  }
  for (ValType type : effect.pushes) *sp_++ = type;
  if (effect.pushes_small_after) *sp_++ = effect.small[0];
  if (effect.initialises) initialise(in.a);
}

// ---- checks

bool FuncChecker::check_generic(const Instr& in, Effect& effect) {
  const Row& row = kRows[size_t(in.op)];
  if (!check_immediate(in, row)) return false;
  effect.sp = pop_params(in, row);
  if (!effect.sp) return false;
  for (unsigned i = 0; i < row.results; ++i) effect.small[i] = type_of(in, row.types[row.params + i]);
  effect.pushes = {effect.small, row.results};
  return true;
}

// The memory of a generic row: kMemory has it in a, an access in mem.
ValType FuncChecker::type_of(const Instr& in, uint8_t type) const {
  if (type != kAddress) return ValType::from_bits(type);
  return address_type(kOpTable[size_t(in.op)].imm == Imm::kMemory ? in.a : in.mem.memory);
}

bool FuncChecker::check_immediate(const Instr& in, const Row& row) {
  const OpInfo& op = kOpTable[size_t(in.op)];
  Effect none;
  Checks checks{*this, in, none};
  switch (op.imm) {
    case Imm::kMemory:
      return checks.memory_ok(in.a);
    case Imm::kData:
      return checks.data_ok(in.a);
    case Imm::kElem:
      return checks.elem_ok(in.a);
    case Imm::kMemArg:
      return check_access(in, row);
    case Imm::kMemArgLane:
      if (!check_access(in, row)) return false;
      [[fallthrough]];
    case Imm::kLane:
      return in.lane < lane_count(op) ||
             fail(in, "invalid lane index " + std::to_string(in.lane) + ": " + std::string(op.text) +
                          " has " + std::to_string(lane_count(op)) + " lanes");
    case Imm::kShuffle:
      return std::all_of(in.bytes, in.bytes + 16, [](uint8_t lane) { return lane < 32; }) ||
             fail(in, "invalid lane index: i8x16.shuffle chooses from 32 lanes");
    default:
      return true;  // constants: every value is fine
  }
}

bool FuncChecker::check_access(const Instr& in, const Row& row) {
  const MemArg& mem = in.mem;
  if (mem.memory >= module_.memories.size())
    return fail(in, "unknown memory " + std::to_string(mem.memory) + ": there are " +
                        std::to_string(module_.memories.size()));
  const bool exact = kOpTable[size_t(in.op)].prefix == 0xFE;
  if (mem.align_log2 > row.align_log2)
    return fail(in, "alignment must not be larger than natural: 2^" + std::to_string(mem.align_log2) +
                        " for " + std::to_string(1u << row.align_log2) + " bytes");
  if (exact && mem.align_log2 != row.align_log2)
    return fail(in, "atomic alignment must be natural: 2^" + std::to_string(mem.align_log2) + " for " +
                        std::to_string(1u << row.align_log2) + " bytes");
  if (is_address32(mem.memory) && mem.offset >> 32 != 0)
    return fail(in, "offset out of range: " + std::to_string(mem.offset) + " in a 32-bit memory");
  return true;
}

ValType* FuncChecker::pop_params(const Instr& in, const Row& row) {
  Effect none;
  Checks checks{*this, in, none};
  for (unsigned i = row.params; i-- > 0;)
    if (!checks.pop(type_of(in, row.types[i]))) return nullptr;
  return checks.sp;
}

}  // namespace validate_detail

ValType ValidatorView::unlisted_local(uint32_t index) const {
  const std::vector<uint32_t>& ends = buffers_.group_ends;
  return buffers_.groups[size_t(std::upper_bound(ends.begin(), ends.end(), index) - ends.begin())].type;
}

// ---- whole bodies

Result<void> validate_body(const Module& module, uint32_t defined_index) {
  ValidatorBuffers buffers;
  NullVisitor none;
  return validate_func(module, defined_index, none, buffers);
}

namespace {

// Workers take chunks of consecutive bodies in order, so that when one fails, every body before it has been
// taken by somebody and will be looked at: the lowest failure always wins.
class BodyQueue {
 public:
  explicit BodyQueue(const Module& module) : module_(module), first_failure_(module.bodies.size()) {}

  // Never throws: a thread has nowhere to throw to.
  void work() noexcept {
    try {
      take_all();
    } catch (const std::bad_alloc&) {
      out_of_memory_.store(true, std::memory_order_relaxed);
    }
  }
  Result<void> result() {
    if (out_of_memory_.load(std::memory_order_relaxed)) throw std::bad_alloc();
    if (error_) return tl::unexpected<Error>(std::move(*error_));
    return {};
  }

 private:
  static constexpr size_t kChunkBytes = 64 << 10;

  void take_all() {
    ValidatorBuffers buffers;
    NullVisitor none;
    for (;;) {
      const auto [from, to] = take();
      if (from == to) return;
      for (size_t i = from; i < to && i < first_failure_.load(std::memory_order_relaxed); ++i)
        if (auto result = validate_func(module_, uint32_t(i), none, buffers); !result)
          record(i, std::move(result).error());
    }
  }
  std::pair<size_t, size_t> take() {
    std::lock_guard lock(mutex_);
    const size_t from = next_;
    for (size_t bytes = 0; next_ < first_failure_ && bytes < kChunkBytes; ++next_)
      bytes += module_.bodies[next_].size;
    return {from, next_};
  }
  void record(size_t index, Error&& error) {
    std::lock_guard lock(mutex_);
    if (index >= first_failure_) return;
    first_failure_ = index;
    error_ = std::move(error);
  }

  const Module& module_;
  std::mutex mutex_;
  size_t next_ = 0;
  std::atomic<size_t> first_failure_;
  std::atomic<bool> out_of_memory_{false};
  std::optional<Error> error_;
};

}  // namespace

Result<void> validate_module_bodies(const Module& module, unsigned threads) {
  constexpr size_t kWorthAThread = 256 << 10;  // bytes
  size_t bytes = 0;
  for (const FuncBody& body : module.bodies) bytes += body.size;
  BodyQueue queue(module);
  std::vector<std::thread> helpers;
  try {
    for (size_t i = 1; i < threads && i * kWorthAThread < bytes; ++i)
      helpers.emplace_back([&] { queue.work(); });
  } catch (const std::exception&) {
    // The system has no more threads or memory for us: fewer do the same.
  }
  queue.work();
  for (std::thread& helper : helpers) helper.join();
  return queue.result();
}

}  // namespace wjit::wasm
