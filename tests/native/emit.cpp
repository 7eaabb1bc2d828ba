#include "native/emit.h"

#include <algorithm>

#include "compiler/isa/a64/tramp_masm.h"
#include "compiler/isa/common/trampolines.h"
#include "compiler/isa/x64/tramp_masm.h"
#include "runtime/store.h"
#include "vmcontext/abi.h"

namespace wjit::graph {

namespace {

#if defined(__x86_64__)
using A = x64::TrampMasm;
#else
using A = a64::TrampMasm;
#endif
using isa::Loc;
using isa::Reg;

class Emitter {
 public:
  Emitter(const Graph& g, uint32_t f, rt::Instance& instance, uint64_t reference, uintptr_t raise)
      : g_(g), f_(f), fn_(g.functions[f]), instance_(instance), reference_(reference), raise_(raise), own_(shape(f)) {}

  Emitted emit() {
    lay_out();
    a_.begin_frame(frame_, false);
    a_.store(A::kFp, -vm::kFrameVmctx, A::kVmctx);
    a_.store(A::kFp, -kCaller, A::kCaller);
    if (own_.has_area()) a_.store(A::kFp, -kArea, A::kWasm.params.ints[0]);
    keep_params();
    for (size_t k = 0; k < std::size(A::kPreserved); ++k) {
      a_.store(A::kFp, kept_at(k), A::kPreserved[k]);
      a_.imm(A::kPreserved[k], mark(k));
    }
    check_stack_limit();
    check_context();
    for (size_t i = 0; i < fn_.params.size(); ++i)
      check_value({A::kFp, -int32_t(params_) + int32_t(16 * i)}, fn_.params[i], fn_.args[i]);
    for (uint32_t i = 0; i < fn_.calls.size(); ++i) call(fn_.calls[i], i);
    fn_.has_tail ? tail_call(fn_.tail) : give_results();
    cold();
    Emitted e;
    auto bytes = a_.finish();
    WJIT_ASSERT(bytes);
    e.bytes = std::move(*bytes);
    std::sort(sites_.begin(), sites_.end(), [](auto& a, auto& b) { return a.offset < b.offset; });
    e.sites = std::move(sites_);
    return e;
  }

 private:
  static constexpr int32_t kCaller = 16, kArea = 24, kScratch = 48;
  // What calls preserve is kept for the caller, and holds marks of this function's meanwhile.
  static int32_t kept_at(size_t k) { return -kScratch - 8 * int32_t(k + 1); }
  uint64_t mark(size_t k) const { return 0x5afe000000000000 | uint64_t{f_} << 8 | k; }
  void give_back_kept() {
    for (size_t k = 0; k < std::size(A::kPreserved); ++k) a_.load(A::kPreserved[k], A::kFp, kept_at(k));
  }
  void check_kept() {
    for (size_t k = 0; k < std::size(A::kPreserved); ++k) {
      a_.move(A::kT1, A::kPreserved[k]);
      a_.imm(A::kT0, mark(k));
      equal_or_fail(A::kT1, A::kT0);
    }
  }
  struct At {
    Reg base;
    int32_t offset;
  };

  isa::WasmCall shape(uint32_t f) const {
    return isa::wasm_call({g_.functions[f].params, g_.results(f).types}, A::kWasm);
  }
  void lay_out() {
    uint32_t at = kScratch + 8 * uint32_t(std::size(A::kPreserved));
    params_ = at = (at + 16 * uint32_t(fn_.params.size()) + 15) & ~15u;
    size_t results = 0, area = 0, out = 0;
    for (const Call& c : fn_.calls) {
      const isa::WasmCall s = shape(c.callee);
      results = std::max(results, g_.results(c.callee).types.size());
      area = std::max<size_t>(area, s.results.stack_bytes);
      out = std::max<size_t>(out, s.params.stack_bytes);
    }
    results_ = at = at + 16 * uint32_t(results);
    area_ = at = at + uint32_t(area);
    frame_ = (at + uint32_t(out) + 15) & ~15u;
  }

  uint64_t low(Type t, Value v) const { return t == Type::kRef && v.low ? reference_ : v.low; }

  // Registers and stack arguments into memory at fp - `to`, 16 bytes each.
  void keep(const isa::Places& p, const std::vector<Type>& types, uint32_t to, At stack) {
    for (size_t i = 0; i < types.size(); ++i) {
      const Loc& l = p.locs[i];
      const int32_t at = -int32_t(to) + int32_t(16 * i);
      if (l.kind == Loc::Kind::kInt) {
        a_.store(A::kFp, at, l.reg);
      } else if (l.kind == Loc::Kind::kVector) {
        a_.store_vector(isa::size_of(types[i]), A::kFp, at, l.reg);
      }
    }
    for (size_t i = 0; i < types.size(); ++i) {
      const Loc& l = p.locs[i];
      if (l.kind != Loc::Kind::kStack) continue;
      for (int32_t b = 0; b < (types[i] == Type::kV128 ? 16 : 8); b += 8) {
        a_.load(A::kT0, stack.base, stack.offset + int32_t(l.offset) + b);
        a_.store(A::kFp, -int32_t(to) + int32_t(16 * i) + b, A::kT0);
      }
    }
  }
  void keep_params() { keep(own_.params, fn_.params, params_, {A::kFp, 16}); }

  void equal_or_fail(Reg a, Reg b) {  // a changes
    a_.subtract(a, a, b);
    a_.branch_if_nonzero(a, fail_);
  }
  void check_value(At at, Type t, Value v) {
    if (isa::size_of(t) == 4)
      a_.load32(A::kT1, at.base, at.offset);
    else
      a_.load(A::kT1, at.base, at.offset);
    a_.imm(A::kT0, low(t, v));
    equal_or_fail(A::kT1, A::kT0);
    if (t != Type::kV128) return;
    a_.load(A::kT1, at.base, at.offset + 8);
    a_.imm(A::kT0, v.high);
    equal_or_fail(A::kT1, A::kT0);
  }
  // The vmctx is this function's, and memory 0 this instance's.
  void check_context() {
    a_.load(A::kT1, A::kFp, -vm::kFrameVmctx);
    a_.imm(A::kT0, reinterpret_cast<uint64_t>(instance_.vmctx()));
    equal_or_fail(A::kT1, A::kT0);
    a_.load(A::kT0, A::kFp, -vm::kFrameVmctx);
    a_.load(A::kT0, A::kT0, int32_t(instance_.module->offsets.vmctx_defined_memory(0)));
    a_.load(A::kT0, A::kT0, vm::off::VMMemoryDefinition::base);
    a_.load(A::kT1, A::kT0, 0);
    a_.imm(A::kT0, memory_mark(fn_.instance));
    equal_or_fail(A::kT1, A::kT0);
  }
  void check_stack_limit() {
    a_.load(A::kT0, A::kFp, -vm::kFrameVmctx);
    a_.load(A::kT0, A::kT0, vm::off::VMContext::runtime_limits);
    a_.load(A::kT1, A::kT0, vm::off::VMRuntimeLimits::stack_limit);
    a_.move(A::kT0, A::kSp);
    a_.branch_if_below(A::kT0, A::kT1, overflow_);
  }

  // `code` := where to call, and the contexts; of a direct call the entry, too, instead of the code if that is the same
  // register.
  void aim(const Call& c, Reg code) {
    const rt::CompiledModule& m = *instance_.module;
    const uint32_t index = index_in(g_, fn_.instance, c.callee);
    a_.load(A::kCaller, A::kFp, -vm::kFrameVmctx);
    switch (c.how) {
      case How::kImport: {
        const int32_t at = int32_t(m.offsets.vmctx_imported_function(index));
        a_.load(code, A::kCaller, at + int32_t(vm::off::VMFunctionImport::wasm_call));
        a_.load(A::kVmctx, A::kCaller, at + int32_t(vm::off::VMFunctionImport::vmctx));
        return;
      }
      case How::kIndirect:
        a_.load(A::kT0, A::kCaller, int32_t(m.offsets.vmctx_imported_table(0) + vm::off::VMTableImport::from));
        a_.load(A::kT0, A::kT0, vm::off::VMTableDefinition::base);
        a_.load(A::kT0, A::kT0, int32_t(8 * c.callee));
        a_.load(A::kVmctx, A::kT0, int32_t(vm::off::VMFuncRef::vmctx) - 1);  // every slot is initialised: bit 0 is set
        a_.load(code, A::kT0, int32_t(vm::off::VMFuncRef::wasm_call) - 1);
        return;
      default:
        a_.move(A::kVmctx, A::kCaller);
        a_.lea(A::kEntry, A::kCaller, int32_t(m.offsets.vmctx_entry(index - m.wasm().imported_funcs)));
        if (code != A::kEntry) a_.load(code, A::kEntry, vm::off::VMCodeEntry::code);
    }
  }

  // Constants to where the callee wants them; stack arguments go to [sp + at].
  void pass(uint32_t callee, const isa::WasmCall& s, int32_t at) {
    const Function& to = g_.functions[callee];
    for (size_t i = 0; i < to.params.size(); ++i) {
      const Loc& l = s.params.locs[i];
      const Type t = to.params[i];
      if (l.kind == Loc::Kind::kInt) continue;
      // By kT0, so that the integer registers come last. In the upper half of an i32 there may be anything.
      At place{A::kSp, at + int32_t(l.offset)};
      if (l.kind == Loc::Kind::kVector) place = {A::kFp, -kScratch};
      a_.imm(A::kT0, dirty(t, low(t, to.args[i])));
      a_.store(place.base, place.offset, A::kT0);
      if (t == Type::kV128) {
        a_.imm(A::kT0, to.args[i].high);
        a_.store(place.base, place.offset + 8, A::kT0);
      }
      if (l.kind == Loc::Kind::kVector) a_.load_vector(isa::size_of(t), l.reg, place.base, place.offset);
    }
    for (size_t i = 0; i < to.params.size(); ++i)
      if (const Loc& l = s.params.locs[i]; l.kind == Loc::Kind::kInt)
        a_.imm(l.reg, dirty(to.params[i], low(to.params[i], to.args[i])));
  }
  static uint64_t dirty(Type t, uint64_t bits) { return t == Type::kI32 ? bits | 0xdeadbeef00000000 : bits; }

  void call(const Call& c, uint32_t number) {
    const isa::WasmCall s = shape(c.callee);
    const Results& r = g_.results(c.callee);
    pass(c.callee, s, 0);
    if (s.has_area()) a_.lea(A::kWasm.params.ints[0], A::kFp, -int32_t(area_));
    aim(c, A::kT0);
    sites_.push_back({a_.offset(), vm::TrapCode::kNone, call_offset(f_, number)});
    a_.call(A::kT0);
    keep(s.results, r.types, results_, {A::kFp, -int32_t(area_)});
    // The callee has taken its arguments off the stack, and nothing else.
    a_.move(A::kT1, A::kSp);
    a_.lea(A::kT0, A::kFp, int32_t(s.params.stack_bytes) - int32_t(frame_));
    equal_or_fail(A::kT1, A::kT0);
    a_.lea(A::kT0, A::kFp, -int32_t(frame_));
    a_.move(A::kSp, A::kT0);
    check_kept();
    check_context();
    for (size_t i = 0; i < r.types.size(); ++i)
      check_value({A::kFp, -int32_t(results_) + int32_t(16 * i)}, r.types[i], r.values[i]);
  }

  void tail_call(const Call& c) {
    const isa::WasmCall s = shape(c.callee);
    // Everything that the frame holds is taken from it first: code, contexts and the area in registers that are
    // neither scratch of replace_frame nor the callee's stack arguments' way.
    aim(c, A::kT2);
    give_back_kept();
    if (s.has_area()) a_.load(A::kWasm.params.ints[0], A::kFp, -kArea);
    vectors_before_frame_goes(c.callee, s);
    a_.lea(A::kT1, A::kFp, 16 + int32_t(own_.params.stack_bytes));
    a_.replace_frame(A::kT1, s.params.stack_bytes);
    const Function& to = g_.functions[c.callee];
    for (size_t i = 0; i < to.params.size(); ++i) {
      const Loc& l = s.params.locs[i];
      if (l.kind != Loc::Kind::kStack) continue;
      const int32_t at = int32_t(A::kReturnAddressBytes + l.offset);
      a_.imm(A::kT0, dirty(to.params[i], low(to.params[i], to.args[i])));
      a_.store(A::kSp, at, A::kT0);
      if (to.params[i] != Type::kV128) continue;
      a_.imm(A::kT0, to.args[i].high);
      a_.store(A::kSp, at + 8, A::kT0);
    }
    for (size_t i = 0; i < to.params.size(); ++i)
      if (const Loc& l = s.params.locs[i]; l.kind == Loc::Kind::kInt)
        a_.imm(l.reg, dirty(to.params[i], low(to.params[i], to.args[i])));
    if (c.how != How::kDirect) return a_.jump_to(A::kT2);
    a_.lea(A::kEntry, A::kVmctx,
           int32_t(instance_.module->offsets.vmctx_entry(index_in(g_, fn_.instance, c.callee) -
                                                         instance_.wasm().imported_funcs)));
    a_.load(A::kT0, A::kEntry, vm::off::VMCodeEntry::code);
    a_.jump_to(A::kT0);
  }
  void vectors_before_frame_goes(uint32_t callee, const isa::WasmCall& s) {
    const Function& to = g_.functions[callee];
    for (size_t i = 0; i < to.params.size(); ++i) {
      if (s.params.locs[i].kind != Loc::Kind::kVector) continue;
      a_.imm(A::kT0, to.args[i].low);
      a_.store(A::kFp, -kScratch, A::kT0);
      a_.imm(A::kT0, to.args[i].high);
      a_.store(A::kFp, -kScratch + 8, A::kT0);
      a_.load_vector(isa::size_of(to.params[i]), s.params.locs[i].reg, A::kFp, -kScratch);
    }
  }

  void give_results() {
    const Results& r = g_.results(f_);
    if (own_.has_area()) a_.load(A::kT1, A::kFp, -kArea);
    for (size_t i = 0; i < r.types.size(); ++i) {
      const Loc& l = own_.results.locs[i];
      if (l.kind == Loc::Kind::kInt) continue;
      At place{A::kT1, int32_t(l.offset)};
      if (l.kind == Loc::Kind::kVector) place = {A::kFp, -kScratch};
      a_.imm(A::kT0, dirty(r.types[i], low(r.types[i], r.values[i])));
      a_.store(place.base, place.offset, A::kT0);
      if (r.types[i] == Type::kV128) {
        a_.imm(A::kT0, r.values[i].high);
        a_.store(place.base, place.offset + 8, A::kT0);
      }
      if (l.kind == Loc::Kind::kVector) a_.load_vector(isa::size_of(r.types[i]), l.reg, place.base, place.offset);
    }
    for (size_t i = 0; i < r.types.size(); ++i)
      if (const Loc& l = own_.results.locs[i]; l.kind == Loc::Kind::kInt)
        a_.imm(l.reg, dirty(r.types[i], low(r.types[i], r.values[i])));
    give_back_kept();
    a_.end_frame(own_.params.stack_bytes);
  }

  void cold() {
    struct {
      isa::Label at;
      vm::TrapCode code;
    } const stubs[] = {{fail_, vm::TrapCode::kUnreachable}, {overflow_, vm::TrapCode::kStackOverflow}};
    for (const auto& stub : stubs) {
      a_.bind(stub.at);
      a_.load(A::kVmctx, A::kFp, -vm::kFrameVmctx);
      a_.imm(A::kC.ints[1], uint32_t(stub.code));
      a_.imm(A::kT0, raise_);
      sites_.push_back({a_.offset(), vm::TrapCode::kNone, call_offset(f_, kCheckNumber)});
      a_.call(A::kT0);
    }
  }

  const Graph& g_;
  const uint32_t f_;
  const Function& fn_;
  rt::Instance& instance_;
  const uint64_t reference_;
  const uintptr_t raise_;
  const isa::WasmCall own_;
  A a_;
  isa::Label fail_ = a_.new_label(), overflow_ = a_.new_label();
  std::vector<rt::CodeTrapSite> sites_;
  uint32_t params_ = 0, results_ = 0, area_ = 0, frame_ = 0;
};

}  // namespace

Emitted emit(const Graph& graph, uint32_t f, rt::Instance& instance, uint64_t host_reference, uintptr_t raise) {
  return Emitter(graph, f, instance, host_reference, raise).emit();
}

}  // namespace wjit::graph
