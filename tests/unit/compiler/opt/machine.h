// What the passes' tests run functions on: the IR's interpreter, with memories that a call may change.
#pragma once
#include <string>
#include <vector>

#include "compiler/ir/libcall.h"
#include "compiler/ireval/eval.h"

namespace wjit::test {

using ireval::Bits;
using ireval::Signal;

// A small memory for each region and number: addresses meet often.
struct Machine : ireval::Host {
  static constexpr size_t kBytes = 64;
  std::vector<uint8_t> bytes = std::vector<uint8_t>(8 * 128 * (kBytes + 16));
  uint8_t nothing[16];
  std::string log;
  uint64_t state = 1;
  const std::vector<ir::Function>* functions = nullptr;

  uint64_t next() {
    state = state * 6364136223846793005 + 1442695040888963407;
    return state >> 24;
  }
  void note(const std::string& what, uint64_t value) { log += what + std::to_string(value) + " "; }
  uint8_t* area(ir::Region r, unsigned number) {
    return &bytes[(static_cast<size_t>(r) * 128 + number) * (kBytes + 16)];
  }
  void disturb(ir::Region r) {
    for (unsigned number = 0; number < 128; ++number)
      for (size_t k = 0; k < kBytes + 16; k += 8) area(r, number)[k + next() % 8] ^= static_cast<uint8_t>(next());
  }
  void disturb_all() {
    using R = ir::Region;
    for (R r : {R::kHeap, R::kMemoryDef, R::kTableDef, R::kTable, R::kGlobal, R::kOther}) disturb(r);
  }
  Signal access(uint64_t& address, uint32_t, ir::Access a, bool write) override {
    if (a.traps && address % 17 == 3) return {vm::TrapCode::kMemoryOutOfBounds};
    if (write && a.constant())
      address = reinterpret_cast<uint64_t>(nothing);  // what never changes
    else
      address = reinterpret_cast<uint64_t>(area(a.region, a.number) + address % kBytes);
    return {};
  }
  ireval::Callee direct(uint32_t defined, uint64_t vmctx) override {
    return functions && defined < functions->size() ? ireval::Callee{&(*functions)[defined], vmctx} : ireval::Callee{};
  }
  static uint64_t defined_bits(ir::Type t, const Bits& b) { return ir::bytes_of(t) == 4 ? b.u32() : b.lo; }
  Signal call(const ireval::NativeCall& c) override {
    note("call ", c.code);
    for (size_t k = 0; k < c.arguments.size(); ++k) note("", defined_bits(c.signature.params[k], c.arguments[k]));
    disturb_all();
    for (Bits& r : c.results) r = {next(), next()};
    const uint64_t end = next();
    if (end % 4 == 1) return {.thrown = ireval::Exception{static_cast<uint32_t>(next() % 4), next()}};
    return end % 16 == 0 ? Signal{vm::TrapCode::kHostError} : Signal();
  }
  Signal bulk(bool copy, uint64_t to, uint64_t from, uint64_t length) override {
    note(copy ? "copy " : "fill ", (to * 31 + (copy ? from : from & 0xff)) * 31 + length);
    return disturb(ir::Region::kHeap), Signal();
  }
  Signal libcall(vm::Libcall call, std::span<const Bits> arguments, Bits& result) override {
    const ir::Signature s = ir::libcall_signature(call);
    uint64_t sum = static_cast<uint64_t>(call);
    for (size_t k = 0; k < arguments.size(); ++k) sum = sum * 31 + defined_bits(s.params[k], arguments[k]);
    note("libcall ", sum);
    switch (call) {
      case vm::Libcall::table_get_lazy: disturb(ir::Region::kTable); break;
      case vm::Libcall::ref_func: break;
      case vm::Libcall::memory_fill: case vm::Libcall::memory_copy: case vm::Libcall::memory_init:
        disturb(ir::Region::kHeap);
        disturb(ir::Region::kMemoryDef);
        break;
      default: disturb_all();
    }
    result = {next() % 4, 0};
    return {};
  }
  Signal fuel(uint64_t, uint64_t cost) override { return note("fuel ", cost), disturb_all(), Signal(); }
  Signal epoch(uint64_t) override { return note("epoch ", 0), disturb_all(), Signal(); }
  vm::TrapCode pending_trap(uint64_t) override { return vm::TrapCode::kHostError; }
};

struct Run {
  ireval::Outcome outcome;
  Machine machine;
};
inline Run run(const ir::Function& f, uint64_t seed, uint64_t steps, const std::vector<ir::Function>* functions = nullptr) {
  Run r;
  r.machine.functions = functions;
  r.machine.state = seed;
  for (uint8_t& byte : r.machine.bytes) byte = static_cast<uint8_t>(r.machine.next());
  std::vector<Bits> arguments;
  for (size_t k = 0; k < f.signature.params.size(); ++k) arguments.push_back({r.machine.next(), r.machine.next()});
  r.outcome = ireval::run(r.machine, f, 1000, arguments, {.steps = steps, .depth = 50, .noise = seed ^ steps});
  return r;
}
inline bool too_long(const Run& r) {
  return r.outcome.mistake == "too many steps" || r.outcome.trap == vm::TrapCode::kStackOverflow;
}
inline std::string differs(const ir::Function& f, const Run& x, const Run& y) {
  if (x.outcome.kind != y.outcome.kind || x.outcome.trap != y.outcome.trap) return "how it ends";
  if (x.outcome.exception.tag != y.outcome.exception.tag || x.outcome.exception.value != y.outcome.exception.value)
    return "what is thrown";
  if (x.machine.log != y.machine.log) return "calls:\n" + x.machine.log + "\n" + y.machine.log;
  if (x.machine.bytes != y.machine.bytes) return "memory";
  for (size_t k = 0; k < x.outcome.results.size(); ++k)
    if (!ireval::same(f.signature.results[k], x.outcome.results[k], y.outcome.results[k])) return "results";
  return {};
}

}  // namespace wjit::test
