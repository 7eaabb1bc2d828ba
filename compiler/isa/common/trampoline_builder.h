// The plan of trampolines.h, for any ISA. A is a thin layer over that ISA's masm (x64/trampolines.cpp,
// a64/trampolines.cpp) with its registers: see the members used here. A::kT0 never carries a value. kT1 and kT2 may (and
// kT2 may be the entry register): they are used only before registers are loaded with values, or after those are in
// memory. kHub is neither a value's nor one of those, but may be one that a caller wants back.
//
// What wasm calls preserve (A::kPreserved), C preserves too: so the ways from wasm to C, and suspensions there, keep it by
// touching none of it. The ways in save what C wants, and landing there restores that.
#pragma once
#include <algorithm>

#include "compiler/isa/common/trampolines.h"
#include "compiler/isa/common/label.h"
#include "vmcontext/abi.h"
#include "vmcontext/traps.h"

namespace wjit::isa {

namespace slot {  // of a frame, as distances below fp
constexpr int32_t kVmctx = vm::kFrameVmctx, kLanding = vm::kFrameLanding;
constexpr int32_t kResults = 24;  // where results go: array convention, native's pointer, wasm's result area
constexpr int32_t kLimits = 32, kFpControl = 40, kStackLimit = 48, kEntry = 56;
constexpr int32_t kFixed = kSavedLimits;  // its four words are the lowest of these
constexpr uint32_t kSavedWords[] = {vm::off::VMRuntimeLimits::last_wasm_exit_fp, vm::off::VMRuntimeLimits::last_wasm_exit_pc,
                                    vm::off::VMRuntimeLimits::last_wasm_entry_sp,
                                    vm::off::VMRuntimeLimits::last_wasm_entry_fp};
static_assert(kFixed >= kEntry + 4 * 8);
}  // namespace slot

template <class A>
class TrampolineBuilder {
 public:
  TrampolineBuilder(const Signature& signature)
      : s_(signature), wasm_(wasm_call(s_, A::kWasm)), native_(native_call(s_, A::kC)) {}

  const std::vector<FrameEdge>& frame_edges() const { return a_.frame_edges(); }
  support::Result<std::vector<uint8_t>> build(Trampoline kind) {
    a_.frame(kind == Trampoline::kTailCall ? FrameState::kWhole : FrameState::kNone);
    switch (kind) {
      case Trampoline::kArrayToWasm: enter(In::kArray); break;
      case Trampoline::kNativeToWasm: enter(In::kNative); break;
      case Trampoline::kWasmToArray: exit(Out::kArray); break;
      case Trampoline::kWasmToNative: exit(Out::kNative); break;
      case Trampoline::kWasmToInterpreter: exit(Out::kInterpreter); break;
      case Trampoline::kNativeToArray: adapt(In::kNative, Out::kArray); break;
      case Trampoline::kArrayToNative: adapt(In::kArray, Out::kNative); break;
      case Trampoline::kTailCall: tail_call(); break;
    }
    return a_.finish();
  }

  // See RaiseCode. fp stays the failing function's.
  support::Result<RaiseCode> build_raise() {
    a_.frame(FrameState::kNone);
    a_.take_return_address(A::kT1);
    a_.load(A::kT0, A::kVmctx, vm::off::VMContext::runtime_limits);
    a_.store(A::kT0, Limits::last_wasm_exit_pc, A::kT1);
    a_.store(A::kT0, Limits::last_wasm_exit_fp, A::kFp);
    RaiseCode code;
    code.redirected = a_.offset();
    a_.frame(FrameState::kRaiseBegin);
    a_.align_stack_and_reserve(16);
    a_.store(A::kSp, 0, A::kVmctx);
    a_.frame(FrameState::kRaising);
    call_libcall(A::kVmctx, vm::off::VMBuiltinFunctionsArray::raise_trap);
    a_.load(A::kT0, A::kSp, 0);
    a_.load(A::kT0, A::kT0, vm::off::VMContext::runtime_limits);
    land();
    auto bytes = a_.finish();
    if (!bytes) return tl::unexpected<Error>(std::move(bytes).error());
    code.bytes = std::move(*bytes);
    code.frames = a_.frame_edges();
    return code;
  }

 private:
  enum class In : uint8_t { kWasm, kNative, kArray };
  enum class Out : uint8_t { kWasm, kNative, kArray, kInterpreter };
  using Limits = vm::off::VMRuntimeLimits;

  size_t count() const { return std::max(s_.params.size(), s_.results.size()); }

  // Frame: the fixed slots, callee-saved registers, the array, a VMInterpreterExit, the result area, outgoing stack arguments.
  void lay_out(In in, Out out) {
    uint32_t at = slot::kFixed;
    if (out == Out::kWasm) at = saved_ = at + A::kCalleeSavedBytes;
    if (in != In::kArray) at += 16 * uint32_t(count());
    at = hub_ = (at + 15) & ~15u;
    if (out == Out::kInterpreter) at = request_ = at + vm::off::VMInterpreterExit::kSize;
    if (out == Out::kWasm) at = area_ = at + wasm_.results.stack_bytes;
    if (out == Out::kWasm) at += wasm_.params.stack_bytes;
    if (out == Out::kNative) at += native_.params.stack_bytes;
    frame_ = (at + 15) & ~15u;
    hub_in_memory_ = in == In::kArray;
  }

  // ---- the array -------------------------------------------------------------------------------------------------
  struct At {
    Reg base;
    int32_t offset;
  };
  // kHub is taken where the array is the caller's.
  void take_hub() {
    if (hub_in_memory_) a_.load(A::kHub, A::kFp, -slot::kResults);
  }
  At hub(size_t i) const {
    if (hub_in_memory_) return {A::kHub, int32_t(16 * i)};
    return {A::kFp, -int32_t(hub_) + int32_t(16 * i)};
  }
  void hub_address(Reg to) {
    if (hub_in_memory_)
      a_.load(to, A::kFp, -slot::kResults);
    else
      a_.lea(to, A::kFp, -int32_t(hub_));
  }

  // A value between a register and 16 bytes of memory whose low 64 bits are all defined afterwards.
  void put(At to, Type t, Reg reg) {
    if (!is_vector(t)) {
      if (t == Type::kI32) a_.zero_extend32(reg);
      a_.store(to.base, to.offset, reg);
      return;
    }
    if (t == Type::kF32) a_.store_zero(to.base, to.offset);
    a_.store_vector(size_of(t), to.base, to.offset, reg);
  }
  void get(At from, Type t, Reg reg) {
    is_vector(t) ? a_.load_vector(size_of(t), reg, from.base, from.offset) : a_.load(reg, from.base, from.offset);
  }
  void copy(At to, At from, Type t) {  // memory to memory, by kT0
    for (int32_t i = 0; i < (t == Type::kV128 ? 16 : 8); i += 8) {
      a_.load(A::kT0, from.base, from.offset + i);
      if (size_of(t) == 4) a_.zero_extend32(A::kT0);
      a_.store(to.base, to.offset + i, A::kT0);
    }
  }
  void put_all(const Places& p, std::span<const Type> types, Reg stack_base, int32_t stack_offset) {
    // Registers first: kT0 is none of them, but a copy needs it.
    for (size_t i = 0; i < types.size(); ++i)
      if (p.locs[i].kind != Loc::Kind::kStack) put(hub(i), types[i], p.locs[i].reg);
    for (size_t i = 0; i < types.size(); ++i)
      if (p.locs[i].kind == Loc::Kind::kStack)
        copy(hub(i), {stack_base, stack_offset + int32_t(p.locs[i].offset)}, types[i]);
  }
  void get_all(const Places& p, std::span<const Type> types, Reg stack_base, int32_t stack_offset) {
    for (size_t i = 0; i < types.size(); ++i)
      if (p.locs[i].kind == Loc::Kind::kStack)
        copy({stack_base, stack_offset + int32_t(p.locs[i].offset)}, hub(i), types[i]);
    for (size_t i = 0; i < types.size(); ++i)
      if (p.locs[i].kind != Loc::Kind::kStack) get(hub(i), types[i], p.locs[i].reg);
  }

  // ---- in and back -----------------------------------------------------------------------------------------------
  static constexpr int32_t kIncoming = 16;  // stack arguments, from fp

  void take_params(In in) {
    if (in == In::kArray) {
      a_.store(A::kFp, -slot::kResults, A::kC.ints[2]);
      return;
    }
    const Places& p = in == In::kWasm ? wasm_.params : native_.params;
    if (in == In::kWasm && wasm_.has_area()) a_.store(A::kFp, -slot::kResults, A::kWasm.params.ints[0]);
    put_all(p, s_.params, A::kFp, kIncoming);
    if (in == In::kNative && native_.has_results_pointer) {
      const Loc& l = p.locs.back();
      Reg reg = l.reg;
      if (l.kind == Loc::Kind::kStack) a_.load(reg = A::kT0, A::kFp, kIncoming + int32_t(l.offset));
      a_.store(A::kFp, -slot::kResults, reg);
    }
  }

  void give_results(In in) {
    if (in == In::kArray) {
      a_.imm(A::kCResult0, 1);
      return;
    }
    if (in == In::kWasm) {
      if (wasm_.has_area()) a_.load(A::kT1, A::kFp, -slot::kResults);
      get_all(wasm_.results, s_.results, A::kT1, 0);
      return;
    }
    if (native_.has_results_pointer) {
      a_.load(A::kT1, A::kFp, -slot::kResults);
      for (size_t i = s_.results[0] == Type::kV128 ? 0 : 1; i < s_.results.size(); ++i) {
        copy({A::kT1, int32_t(16 * i)}, hub(i), s_.results[i]);
      }
    }
    if (!s_.results.empty() && s_.results[0] != Type::kV128) get(hub(0), Type::kI64, A::kCResult0);
    a_.imm(A::kCResult1, 0);
  }
  // "A trap is pending", in the convention of who called.
  void give_failure(In in) {
    if (in == In::kArray)
      a_.imm(A::kCResult0, 0);
    else
      a_.imm(A::kCResult1, vm::kNativeTrapped);
  }

  // ---- out and back ----------------------------------------------------------------------------------------------
  void pass_params(Out out) {
    take_hub();
    if (out == Out::kWasm) {
      get_all(wasm_.params, s_.params, A::kSp, 0);
      if (wasm_.has_area()) a_.lea(A::kWasm.params.ints[0], A::kFp, -int32_t(area_));
    } else if (out == Out::kNative) {
      get_all(native_.params, s_.params, A::kSp, 0);
      if (native_.has_results_pointer) {
        const Loc& l = native_.params.locs.back();
        if (l.kind == Loc::Kind::kStack) {
          hub_address(A::kT0);
          a_.store(A::kSp, int32_t(l.offset), A::kT0);
        } else {
          hub_address(l.reg);
        }
      }
    } else {
      hub_address(A::kC.ints[2]);
      a_.imm(A::kC.ints[3], count());
    }
  }

  void take_results(Out out) {
    if (out == Out::kWasm) {
      take_hub();
      put_all(wasm_.results, s_.results, A::kFp, -int32_t(area_));
    } else if (out == Out::kNative && !s_.results.empty() && s_.results[0] != Type::kV128) {
      take_hub();
      Type t = size_of(s_.results[0]) == 4 ? Type::kI32 : Type::kI64;
      put(hub(0), t, A::kCResult0);
    }
  }

  void call_libcall(Reg vmctx, uint32_t libcall) {
    a_.load(A::kT0, vmctx, vm::off::VMContext::builtin_functions);
    a_.load(A::kT0, A::kT0, int32_t(libcall));
    a_.call(A::kT0);
  }

  // Calls the host function whose context is in the first register; to `failed` if that is how it ends.
  void call_host(Out out, Label failed) {
    const uint32_t func_ref = out == Out::kNative ? uint32_t(vm::off::VMNativeCallHostFuncContext::func_ref)
                                                  : uint32_t(vm::off::VMArrayCallHostFuncContext::func_ref);
    pass_params(out);
    if (out == Out::kNative) {
      a_.load(A::kT0, A::kVmctx, int32_t(func_ref + vm::off::VMFuncRef::native_call));
      a_.call(A::kT0);
      a_.branch_if_nonzero(A::kCResult1, failed);
      take_results(out);
    } else {
      a_.load(A::kT0, A::kVmctx, int32_t(func_ref + vm::off::VMFuncRef::array_call));
      a_.call(A::kT0);
      a_.zero_extend8(A::kCResult0);
      a_.branch_if_zero(A::kCResult0, failed);
    }
  }

  // The same from a fiber: on the resumer's stack, and where the call is to be suspended, here.
  void call_host_from_fiber(Out out, Label failed) {
    const uint32_t func_ref = out == Out::kNative ? uint32_t(vm::off::VMNativeCallHostFuncContext::func_ref)
                                                  : uint32_t(vm::off::VMArrayCallHostFuncContext::func_ref);
    // (function, callee, caller, values, capacity)
    a_.imm(A::kC.ints[4], count());
    hub_address(A::kC.ints[3]);
    a_.move(A::kC.ints[2], A::kCaller);
    a_.move(A::kC.ints[1], A::kVmctx);
    a_.load(A::kC.ints[0], A::kVmctx, int32_t(func_ref + vm::off::VMFuncRef::array_call));
    a_.load(A::kT1, A::kFp, -slot::kVmctx);
    call_libcall(A::kT1, vm::off::VMBuiltinFunctionsArray::host_call);
    suspend_if_asked();
    a_.branch_if_zero(A::kCResult0, failed);
  }

  // After a libcall that answers vm::Crossing: kSuspend waits here, with nothing but emitted frames between this and the
  // fiber's root, and then is kReturned or, when the call was cancelled meanwhile, kTrapped.
  void suspend_if_asked() {
    Label on = a_.new_label();
    a_.zero_extend8(A::kCResult0);
    a_.add_immediate(A::kT0, A::kCResult0, -int32_t(vm::Crossing::kSuspend));
    a_.branch_if_nonzero(A::kT0, on);
    a_.load(A::kT0, A::kFp, -slot::kLimits);
    a_.load(A::kC.ints[0], A::kT0, Limits::fiber);
    a_.load(A::kT1, A::kFp, -slot::kVmctx);
    call_libcall(A::kT1, vm::off::VMBuiltinFunctionsArray::fiber_suspend);
    a_.load(A::kT0, A::kFp, -slot::kLimits);
    a_.load(A::kT0, A::kT0, Limits::fiber);
    a_.load32(A::kT1, A::kT0, vm::kFiberCancelled);
    a_.zero_extend8(A::kT1);
    a_.imm(A::kCResult0, uint64_t(vm::Crossing::kReturned));
    a_.branch_if_zero(A::kT1, on);
    a_.imm(A::kCResult0, uint64_t(vm::Crossing::kTrapped));
    a_.bind(on);
  }

  // kT0: the limits.
  void land() {
    a_.load(A::kT1, A::kT0, Limits::last_wasm_entry_fp);
    a_.load(A::kT2, A::kT0, Limits::last_wasm_entry_sp);
    a_.land(A::kT1, A::kT2, -slot::kLanding);
  }

  // ---- the three borders -----------------------------------------------------------------------------------------
  void enter(In in) {
    lay_out(in, Out::kWasm);
    Label landing = a_.new_label(), overflow = a_.new_label(), failed = a_.new_label(), out = a_.new_label();
    a_.begin_frame(frame_, true);
    a_.save_callee_saved(-int32_t(saved_));
    a_.store(A::kFp, -slot::kVmctx, A::kVmctx);
    a_.store(A::kFp, -slot::kEntry, A::kEntry);
    take_params(in);
    a_.load(A::kT0, A::kVmctx, vm::off::VMContext::runtime_limits);
    a_.store(A::kFp, -slot::kLimits, A::kT0);
    limit_stack(overflow);
    for (int i = 0; i < 4; ++i) {
      a_.load(A::kT1, A::kT0, int32_t(slot::kSavedWords[i]));
      a_.store(A::kFp, -kSavedLimits + 8 * i, A::kT1);
    }
    a_.store_zero(A::kT0, Limits::last_wasm_exit_fp);
    a_.store_zero(A::kT0, Limits::last_wasm_exit_pc);
    a_.move(A::kT1, A::kSp);
    a_.store(A::kT0, Limits::last_wasm_entry_sp, A::kT1);
    a_.store(A::kT0, Limits::last_wasm_entry_fp, A::kFp);
    a_.load_address(A::kT1, landing);
    a_.store(A::kFp, -slot::kLanding, A::kT1);
    a_.set_fp_control(-slot::kFpControl);
    pass_params(Out::kWasm);
    a_.load(A::kEntry, A::kFp, -slot::kEntry);
    a_.load(A::kT0, A::kEntry, vm::off::VMCodeEntry::code);
    a_.call(A::kT0);
    take_results(Out::kWasm);
    unlink();
    give_results(in);
    a_.bind(out);
    a_.restore_callee_saved(-int32_t(saved_));
    a_.end_frame(0);

    a_.bind(landing);
    a_.landing_pad();
    unlink();
    a_.bind(failed);
    give_failure(in);
    a_.jump(out);

    // Nothing is linked yet: an ordinary call. The frame may be many pages, of which none may be below what is anybody's:
    // only what it has saved stays.
    a_.bind(overflow);
    a_.lea(A::kT1, A::kFp, -int32_t((saved_ + 15) & ~15u));
    a_.move(A::kSp, A::kT1);
    a_.imm(A::kC.ints[1], uint32_t(vm::TrapCode::kStackOverflow));
    call_libcall(A::kVmctx, vm::off::VMBuiltinFunctionsArray::raise_trap);
    restore_stack_limit();
    a_.jump(failed);
  }

  // The outermost activation measures its limit from here; those within inherit it and are held to it.
  void limit_stack(Label overflow) {
    Label inner = a_.new_label(), set = a_.new_label();
    a_.load(A::kT1, A::kT0, Limits::stack_limit);
    a_.store(A::kFp, -slot::kStackLimit, A::kT1);
    a_.add_immediate(A::kT2, A::kT1, 1);
    a_.branch_if_nonzero(A::kT2, inner);
    a_.load(A::kT2, A::kT0, Limits::stack_size);
    a_.move(A::kT1, A::kSp);
    a_.subtract(A::kT1, A::kT1, A::kT2);
    a_.store(A::kT0, Limits::stack_limit, A::kT1);
    a_.jump(set);
    a_.bind(inner);
    a_.move(A::kT2, A::kSp);
    a_.branch_if_below(A::kT2, A::kT1, overflow);
    a_.bind(set);
  }
  void restore_stack_limit() {
    a_.load(A::kT0, A::kFp, -slot::kLimits);
    a_.load(A::kT1, A::kFp, -slot::kStackLimit);
    a_.store(A::kT0, Limits::stack_limit, A::kT1);
  }
  void unlink() {
    restore_stack_limit();
    for (int i = 0; i < 4; ++i) {
      a_.load(A::kT1, A::kFp, -kSavedLimits + 8 * i);
      a_.store(A::kT0, int32_t(slot::kSavedWords[i]), A::kT1);
    }
    a_.restore_fp_control(-slot::kFpControl);
  }

  void exit(Out out) {
    lay_out(In::kWasm, out);
    Label failed = a_.new_label(), done = a_.new_label(), on_fiber = a_.new_label();
    a_.begin_frame(frame_, false);
    const Reg own = out == Out::kInterpreter ? A::kVmctx : A::kCaller;
    a_.store(A::kFp, -slot::kVmctx, own);
    take_params(In::kWasm);
    a_.load(A::kT0, own, vm::off::VMContext::runtime_limits);
    a_.store(A::kFp, -slot::kLimits, A::kT0);
    a_.load(A::kT1, A::kFp, 0);
    a_.store(A::kT0, Limits::last_wasm_exit_fp, A::kT1);
    a_.load(A::kT1, A::kFp, 8);
    a_.store(A::kT0, Limits::last_wasm_exit_pc, A::kT1);
    if (out == Out::kInterpreter) {
      interpret(failed);
    } else {
      a_.load(A::kT1, A::kT0, Limits::fiber);
      a_.branch_if_nonzero(A::kT1, on_fiber);
      call_host(out, failed);
    }
    a_.bind(done);
    a_.load(A::kT0, A::kFp, -slot::kLimits);
    a_.store_zero(A::kT0, Limits::last_wasm_exit_fp);
    a_.store_zero(A::kT0, Limits::last_wasm_exit_pc);
    give_results(In::kWasm);
    a_.end_frame(wasm_.params.stack_bytes);

    a_.bind(failed);
    a_.load(A::kT0, A::kFp, -slot::kLimits);
    land();
    if (out == Out::kInterpreter) return;
    a_.bind(on_fiber);
    call_host_from_fiber(out, failed);
    a_.jump(done);
  }

  // Enters the interpreter and does what it asks for, until it has the results: calls and suspensions happen here, so
  // that no frame of the interpreter's own lies under them. A tail call leaves for good.
  void interpret(Label failed) {
    using E = vm::off::VMInterpreterExit;
    const int32_t e = -int32_t(request_);
    Label again = a_.new_label(), call = a_.new_label(), host = a_.new_label(), suspended = a_.new_label(),
          returned = a_.new_label();
    a_.store(A::kFp, -slot::kEntry, A::kEntry);
    a_.store_zero(A::kFp, e + int32_t(E::run));
    a_.bind(again);
    a_.load(A::kC.ints[2], A::kFp, -slot::kEntry);
    hub_address(A::kC.ints[3]);
    a_.lea(A::kC.ints[4], A::kFp, e);
    call_libcall(A::kVmctx, vm::off::VMBuiltinFunctionsArray::enter_interpreter);
    a_.zero_extend8(A::kCResult0);
    const auto on = [&](vm::Crossing crossing, Label to) {
      a_.add_immediate(A::kT0, A::kCResult0, -int32_t(crossing));
      a_.branch_if_zero(A::kT0, to);
    };
    on(vm::Crossing::kReturned, returned);
    on(vm::Crossing::kCall, call);
    on(vm::Crossing::kHostCall, host);
    on(vm::Crossing::kSuspend, suspended);
    a_.branch_if_zero(A::kCResult0, failed);
    leave_by_tail_call();

    a_.bind(suspended);
    suspend_if_asked();
    a_.branch_if_zero(A::kCResult0, failed);
    a_.load(A::kVmctx, A::kFp, -slot::kVmctx);
    a_.jump(again);

    a_.bind(call);  // (callee, caller, values, capacity)
    a_.load(A::kC.ints[0], A::kFp, e + int32_t(E::callee));
    a_.load(A::kC.ints[1], A::kFp, e + int32_t(E::caller));
    a_.load(A::kC.ints[2], A::kFp, e + int32_t(E::values));
    a_.load(A::kC.ints[3], A::kFp, e + int32_t(E::capacity));
    a_.load(A::kT0, A::kFp, e + int32_t(E::function));
    a_.call(A::kT0);
    Label ended = a_.new_label();
    a_.bind(ended);
    a_.zero_extend8(A::kCResult0);
    a_.store(A::kFp, e + int32_t(E::capacity), A::kCResult0);
    a_.load(A::kVmctx, A::kFp, -slot::kVmctx);
    a_.jump(again);

    a_.bind(host);  // (function, callee, caller, values, capacity)
    a_.load(A::kC.ints[0], A::kFp, e + int32_t(E::function));
    a_.load(A::kC.ints[1], A::kFp, e + int32_t(E::callee));
    a_.load(A::kC.ints[2], A::kFp, e + int32_t(E::caller));
    a_.load(A::kC.ints[3], A::kFp, e + int32_t(E::values));
    a_.load(A::kC.ints[4], A::kFp, e + int32_t(E::capacity));
    a_.load(A::kT1, A::kFp, -slot::kVmctx);
    call_libcall(A::kT1, vm::off::VMBuiltinFunctionsArray::host_call);
    suspend_if_asked();
    a_.jump(ended);
    a_.bind(returned);
  }

  // To the callee's kTailCall: kT0 the values, kT1 the end of this call's stack arguments, kT2 the function, and the
  // contexts. The frame is still there.
  void leave_by_tail_call() {
    using T = vm::off::VMInterpreterExit;
    const int32_t r = -int32_t(request_);
    a_.load(A::kT0, A::kFp, -slot::kLimits);
    a_.store_zero(A::kT0, Limits::last_wasm_exit_fp);
    a_.store_zero(A::kT0, Limits::last_wasm_exit_pc);
    if (wasm_.has_area()) a_.load(A::kWasm.params.ints[0], A::kFp, -slot::kResults);
    a_.load(A::kT0, A::kFp, r + int32_t(T::values));
    a_.load(A::kT2, A::kFp, r + int32_t(T::function));
    a_.load(A::kVmctx, A::kFp, r + int32_t(T::callee));
    a_.load(A::kCaller, A::kFp, r + int32_t(T::caller));
    const Reg trampoline = A::kWasm.params.ints[1];
    a_.load(trampoline, A::kFp, r + int32_t(T::trampoline));
    a_.lea(A::kT1, A::kFp, kIncoming + int32_t(wasm_.params.stack_bytes));
    a_.jump_to(trampoline);
  }

  // SAFETY: the values are in the runtime's memory, not in the frame that goes. Its frame record is read before
  // anything is written, and the stack pointer moves before what is above it is.
  void tail_call() {
    a_.replace_frame(A::kT1, wasm_.params.stack_bytes);  // fp, return address and sp as at the callee's entry
    hub_in_memory_ = false;
    // As pass_params, from [kT0]: with kT1 free now for copies.
    const int32_t args = A::kReturnAddressBytes;
    for (size_t i = 0; i < s_.params.size(); ++i) {
      const Loc& l = wasm_.params.locs[i];
      if (l.kind != Loc::Kind::kStack) continue;
      for (int32_t b = 0; b < (s_.params[i] == Type::kV128 ? 16 : 8); b += 8) {
        a_.load(A::kT1, A::kT0, int32_t(16 * i) + b);
        a_.store(A::kSp, args + int32_t(l.offset) + b, A::kT1);
      }
    }
    for (size_t i = 0; i < s_.params.size(); ++i) {
      const Loc& l = wasm_.params.locs[i];
      if (l.kind != Loc::Kind::kStack) get({A::kT0, int32_t(16 * i)}, s_.params[i], l.reg);
    }
    a_.jump_to(A::kT2);
  }

  // From host to host. The context is a host function's; whatever fails stays pending.
  void adapt(In in, Out out) {
    lay_out(in, out);
    Label failed = a_.new_label(), done = a_.new_label();
    a_.begin_frame(frame_, true);
    a_.store(A::kFp, -slot::kEntry, A::kHub);  // C may want it back
    take_params(in);
    call_host(out, failed);
    give_results(in);
    a_.bind(done);
    a_.load(A::kHub, A::kFp, -slot::kEntry);
    a_.end_frame(0);
    a_.bind(failed);
    give_failure(in);
    a_.jump(done);
  }

  const Signature& s_;
  const WasmCall wasm_;
  const NativeCall native_;
  A a_;
  uint32_t saved_ = 0, hub_ = 0, request_ = 0, area_ = 0, frame_ = 0;
  bool hub_in_memory_ = false;
};

}  // namespace wjit::isa
