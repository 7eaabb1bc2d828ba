// irhost::InstanceHost for tests of the translator: mistakes are failures, and fuel is counted beside the store's.
#pragma once
#include "tools/irhost/instance_host.h"

namespace wjit::test {

class IrHost : public irhost::InstanceHost {
 public:
  using InstanceHost::InstanceHost;

  // As Func::call.
  TrapResult<std::vector<Val>> call_function(vm::VMFuncRef* ref, const std::vector<Val>& args);
  ireval::Signal fuel(uint64_t, uint64_t cost) override {
    fuel_used += cost;
    return {};
  }

  uint64_t fuel_used = 0;
};

}  // namespace wjit::test
