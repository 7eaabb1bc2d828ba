// Linker: whole modules by name, and stand-ins for imports that nobody defined.
#include "runtime/call.h"
#include "runtime/instantiate.h"
#include "runtime/linker.h"

namespace wjit {

namespace {

Result<Ok> ok_or(support::Result<void> r) {
  if (!r) return std::move(r).error();
  return Ok{};
}

// A function of a command: every call runs in an instance of its own.
rt::HostFunc::Callback fresh_call(std::shared_ptr<rt::CompiledModule> module,
                                  std::shared_ptr<const std::vector<rt::ExternRefs>> imports,
                                  uint32_t index) {
  return [=](rt::HostCall& call) {
    rt::Store& store = *call.store;
    auto instance = rt::instantiate(store, module, *imports);
    if (!instance) {
      TrapError error = std::move(instance).err();
      if (auto* trap = std::get_if<Trap>(&error)) return store.set_pending(std::move(*trap));
      return store.set_pending(Trap(std::get<Error>(error).to_string()));
    }
    auto item = instance.ok()->extern_at(wasm::ExternKind::kFunc, index);
    const wasm::FuncType type = module->wasm().func_type(index);
    const size_t cells = std::max(type.params.size(), type.results.size());
    return rt::call_func(store, std::get<rt::ExternFunc>(item).ref, reinterpret_cast<vm::ValRaw*>(call.cells),
                         cells) == rt::CallEnd::kReturned;
  };
}

// Exports of a command that are no functions and that linkers of C programs have always put there.
bool ignorable(const wasm::Export& e) {
  for (const char* known :
       {"memory", "__indirect_function_table", "__data_end", "__heap_base", "__dso_handle", "__rtti_base"})
    if (e.name == known) return true;
  return false;
}

Result<Ok> define_command(rt::Linker& linker, rt::Store& store, std::string_view name,
                          const std::shared_ptr<rt::CompiledModule>& module) {
  auto resolved = linker.resolve(store, *module);
  if (!resolved) return std::move(resolved).error();
  // What does not match is an error now, not at the first call.
  if (auto matched = rt::match_imports(store, module->wasm(), *resolved); !matched)
    return std::move(matched).error();
  auto imports = std::make_shared<const std::vector<rt::ExternRefs>>(std::move(*resolved));
  for (const wasm::Export& e : module->wasm().exports) {
    if (e.kind != wasm::ExternKind::kFunc && !ignorable(e))
      return Error(ErrorKind::kUsage,
                   "export \"" + std::string(e.name) +
                       "\" of a command: expected a function, as its instances are not kept");
  }
  rt::NewHostFuncs added(store);
  rt::Linker::Modules all;
  rt::Linker::Names& names = all[std::string(name)];
  for (const wasm::Export& e : module->wasm().exports) {
    if (e.kind != wasm::ExternKind::kFunc) continue;
    vm::VMFuncRef* ref =
        store.add_host_func(module->wasm().funcs[e.index], fresh_call(module, imports, e.index));
    auto definition = linker.in_store(store, rt::ExternFunc{ref});
    if (!definition) return std::move(definition).error();
    names.emplace(std::string(e.name), std::move(*definition));
  }
  auto ok = ok_or(linker.define(std::move(all)));
  if (ok) added.keep();
  return ok;
}

// Calls the export of this name, if it is a function without parameters and results.
TrapResult<Ok> call_if_there(Store::Context cx, const Instance& instance, std::string_view name) {
  auto item = instance.get(cx, name);
  const Func* func = item ? std::get_if<Func>(&*item) : nullptr;
  if (!func) return Ok{};
  const FuncType type = func->type(cx);
  if (!type.params.empty() || !type.results.empty())
    return TrapError(Error(ErrorKind::kLink, "export \"" + std::string(name) +
                                                 "\": expected a function without parameters and results"));
  auto done = func->call(cx, std::span<const Val>());
  if (!done) return std::move(done).err();
  return Ok{};
}

Result<Extern> default_value(Store::Context cx, const ExternType& type) {
  auto made = [](auto result) -> Result<Extern> {
    if (!result) return std::move(result).err();
    return Extern(result.ok());
  };
  if (auto* f = std::get_if<FuncType>(&type)) {
    for (const ValType& t : f->results)
      if (!rt::from_api(t).defaultable())
        return Error(ErrorKind::kLink, "a result of type " + t.to_string() + " has no default value");
    return Extern(Func::create(
        cx, *f, [](Caller, std::span<const Val>, std::span<Val>) -> Result<Ok, Trap> { return Ok{}; }));
  }
  if (auto* t = std::get_if<TableType>(&type)) {
    if (!rt::from_api(t->element).defaultable())
      return Error(ErrorKind::kLink, "a table of " + t->element.to_string() + " has no default value");
    return made(Table::create(cx, *t, Val::null(t->element.kind)));
  }
  if (auto* m = std::get_if<MemoryType>(&type)) return made(Memory::create(cx, *m));
  if (auto* g = std::get_if<GlobalType>(&type)) {
    if (!rt::from_api(g->content).defaultable())
      return Error(ErrorKind::kLink, "a global of type " + g->content.to_string() + " has no default value");
    return made(Global::create(cx, *g, Val::null(g->content.kind)));
  }
  return made(Tag::create(cx, std::get<TagType>(type).type));
}

std::string quoted(const ImportType& i) { return "import \"" + i.module + "\" \"" + i.name + "\""; }

}  // namespace

TrapResult<Ok> Linker::module(Store::Context cx, std::string_view name, const Module& module) {
  const wasm::Export* start = module.impl().wasm().find_export("_start");
  if (start && start->kind == wasm::ExternKind::kFunc) {
    auto defined = define_command(*impl_, cx.impl(), name, module.shared());
    if (!defined) return TrapError(std::move(defined).err());
    return Ok{};
  }
  auto instance = instantiate(cx, module);
  if (!instance) return std::move(instance).err();
  auto initialized = call_if_there(cx, instance.ok(), "_initialize");
  if (!initialized) return initialized;
  auto defined = define_instance(cx, name, instance.ok());
  if (!defined) return TrapError(std::move(defined).err());
  return Ok{};
}

Result<Func> Linker::get_default(Store::Context cx, std::string_view module) {
  for (const char* name : {"", "_start"}) {
    auto item = impl_->find(cx.impl(), module, name);
    if (!item) return std::move(item).error();
    if (!*item) continue;
    if (auto* f = std::get_if<rt::ExternFunc>(&**item)) return Func::from_raw(f->ref);
    return Error(ErrorKind::kLink,
                 "\"" + std::string(name) + "\" of \"" + std::string(module) + "\" is not a function");
  }
  return Func::wrap(cx, [] {});
}

Result<Ok> Linker::define_unknown_imports_as_traps(const Module& module) {
  for (const ImportType& i : module.imports()) {
    auto* type = std::get_if<FuncType>(&i.type);
    if (!type || impl_->has(i.module, i.name)) continue;
    auto ok = func_new(
        i.module, i.name, *type,
        [what = quoted(i)](Caller, std::span<const Val>, std::span<Val>) -> Result<Ok, Trap> {
          return Trap("unknown import: " + what + " was called, and nothing of this name is defined");
        });
    if (!ok) return ok;
  }
  return Ok{};
}

Result<Ok> Linker::define_unknown_imports_as_default_values(Store::Context cx, const Module& module) {
  for (const ImportType& i : module.imports()) {
    if (impl_->has(i.module, i.name)) continue;
    auto value = default_value(cx, i.type);
    if (!value) return std::move(value).err().prefix(quoted(i) + ": ");
    auto ok = define(cx, i.module, i.name, value.ok());
    if (!ok) return ok;
  }
  return Ok{};
}

}  // namespace wjit
