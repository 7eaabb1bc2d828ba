// Names and texts of the public API: types, traps, errors.
#include "runtime/store.h"
#include "runtime/trap_access.h"
#include "wjit/wjit.hpp"

namespace wjit {

const char* to_string(ValKind k) {
  switch (k) {
    case ValKind::kI32:
      return "i32";
    case ValKind::kI64:
      return "i64";
    case ValKind::kF32:
      return "f32";
    case ValKind::kF64:
      return "f64";
    case ValKind::kV128:
      return "v128";
    case ValKind::kFuncRef:
      return "funcref";
    case ValKind::kExternRef:
      return "externref";
    case ValKind::kAnyRef:
      return "anyref";
    case ValKind::kExnRef:
      return "exnref";
  }
  return "?";
}

std::string ValType::to_string() const {
  return bits ? wasm::to_string(wasm::ValType::from_bits(bits)) : wjit::to_string(kind);
}

Trap::Trap(std::string message) : code_(uint8_t(vm::TrapCode::kHostError)), message_(std::move(message)) {}

Trap Trap::exit(int32_t status) {
  Trap t("exit with status " + std::to_string(status));
  TrapAccess::set_exit(t, status);
  return t;
}

Trap Trap::wasm(uint8_t trap_code) {
  if (!vm::trap_info(vm::TrapCode(trap_code)))
    return Trap(std::to_string(trap_code) + " is the code of no trap");
  return rt::make_trap(vm::TrapCode(trap_code));
}

// wasm trap: integer divide by zero
//     0: 0x1a3 <module>!<function>
std::string Trap::to_string() const {
  // A body that cannot be compiled when it is called ends the call as a trap does, but is none of
  // WebAssembly's.
  const bool trapped = kind_ == Kind::kWasm && code_ != uint8_t(vm::TrapCode::kCompileFailed) &&
                       code_ != uint8_t(vm::TrapCode::kUnsupported);
  std::string s = trapped ? "wasm trap: " + message_ : message_;
  for (size_t i = 0; i < trace_.size(); ++i) {
    const Frame& f = trace_[i];
    char head[64];
    std::snprintf(head, sizeof head, "\n%5zu: %#8llx  ", i, static_cast<unsigned long long>(f.module_offset));
    s += head;
    s += f.module_name.empty() ? "<unnamed>" : f.module_name;
    s += '!';
    if (f.host) {
      s += f.func_name.empty() ? "<host>" : f.func_name;
      continue;
    }
    s += f.func_name.empty() ? "<func " + std::to_string(f.func_index) + ">" : f.func_name;
  }
  return s;
}

std::string to_string(const TrapError& e) {
  return std::visit([](const auto& x) { return x.to_string(); }, e);
}

}  // namespace wjit
