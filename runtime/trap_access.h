// Writes the parts of a wjit::Trap that embedders only read.
#pragma once
#include "vmcontext/traps.h"
#include "wjit/wjit.hpp"

namespace wjit {

struct TrapAccess {
  static Trap make(Trap::Kind kind, vm::TrapCode code, std::string message) {
    Trap t(std::move(message));
    t.kind_ = kind;
    t.code_ = uint8_t(code);
    return t;
  }
  static std::vector<Frame>& trace(Trap& t) { return t.trace_; }
  static std::string& message(Trap& t) { return t.message_; }
  static void set_kind(Trap& t, Trap::Kind kind) { t.kind_ = kind; }
  // What a callback answers ends the call: wasm that waits further out does not catch it, if it is an exception.
  static Trap ending(Trap t) {
    if (t.kind_ == Trap::Kind::kException) t.kind_ = Trap::Kind::kHost;
    return t;
  }
  static void set_code(Trap& t, vm::TrapCode code) { t.code_ = uint8_t(code); }
  static void set_exit(Trap& t, int32_t status) {
    t.kind_ = Trap::Kind::kExit;
    t.exit_status_ = status;
  }
  static std::shared_ptr<rt::Exception>& exception(Trap& t) { return t.exception_; }
  static void set_required_fuel(Trap& t, uint64_t fuel) { t.required_fuel_ = fuel; }
};

}  // namespace wjit
