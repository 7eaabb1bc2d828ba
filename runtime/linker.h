// Names to things to import. Items defined with a store belong to it; host functions are made anew in each
// store.
#pragma once
#include <map>
#include <string>

#include "runtime/extern_access.h"

namespace wjit::rt {

class Linker {
 public:
  struct Definition {
    uint64_t store_id = 0;  // where `item` lives; 0: nowhere yet
    ExternRefs item;
    wasm::TypeId type = wasm::kNoType;  // of a host function
    std::shared_ptr<HostFunc::Callback> callback;
  };
  using Names = std::map<std::string, Definition, std::less<>>;
  using Modules = std::map<std::string, Names, std::less<>>;

  explicit Linker(std::shared_ptr<Engine> engine) : engine_(std::move(engine)) {}

  bool allow_shadowing = false;
  Engine& engine() const { return *engine_; }

  // All of them or none.
  support::Result<void> define(Modules definitions);
  support::Result<Definition> in_store(Store& store, const ExternRefs& item) const;
  support::Result<void> define(Store& store, std::string_view module, std::string_view name,
                               const ExternRefs& item);
  support::Result<void> define_host(std::string_view module, std::string_view name, wasm::TypeId type,
                                    HostFunc::Callback callback);
  bool has(std::string_view module, std::string_view name) const {
    auto names = modules_.find(module);
    return names != modules_.end() && names->second.find(name) != names->second.end();
  }
  // Nothing: not defined. kUsage: defined with another store.
  support::Result<std::optional<ExternRefs>> find(Store& store, std::string_view module,
                                                  std::string_view name);
  // What the module imports, in order.
  support::Result<std::vector<ExternRefs>> resolve(Store& store, const CompiledModule& module);
  TrapResult<Instance*> instantiate(Store& store, std::shared_ptr<CompiledModule> module);

 private:
  support::Result<void> add(std::string_view module, std::string_view name, Definition definition);

  std::shared_ptr<Engine> engine_;
  Modules modules_;
};

// Takes back the host functions that were added to a store meanwhile, unless they are kept.
class NewHostFuncs {
 public:
  explicit NewHostFuncs(Store& store) : store_(store), before_(store.host_func_count()) {}
  NewHostFuncs(const NewHostFuncs&) = delete;
  ~NewHostFuncs() {
    if (!kept_) store_.drop_host_funcs_from(before_);
  }
  void keep() { kept_ = true; }

 private:
  Store& store_;
  const size_t before_;
  bool kept_ = false;
};

}  // namespace wjit::rt
