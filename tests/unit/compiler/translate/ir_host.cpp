#include "unit/compiler/translate/ir_host.h"

#include "catch.h"

namespace wjit::test {

TrapResult<std::vector<Val>> IrHost::call_function(vm::VMFuncRef* ref, const std::vector<Val>& args) {
  auto result = InstanceHost::call_function(ref, args, {.steps = 200'000'000, .depth = 5'000});
  if (!result)
    if (const auto* e = std::get_if<Error>(&result.err()); e && e->message().starts_with("IR: ")) FAIL(e->message());
  return result;
}

}  // namespace wjit::test
