#include "runtime/linker.h"

#include "runtime/instantiate.h"

namespace wjit::rt {

support::Result<void> Linker::define(Modules definitions) {
  if (!allow_shadowing)
    for (const auto& [module, names] : definitions)
      for (const auto& [name, definition] : names)
        if (has(module, name))
          return fail(ErrorKind::kUsage, "\"" + name + "\" of \"" + module +
                                             "\" is defined already (Linker::allow_shadowing permits it)");
  // From here on nodes change their maps, which cannot fail.
  while (!definitions.empty()) {
    auto there = modules_.insert(definitions.extract(definitions.begin()));
    if (there.inserted) continue;
    Names &to = there.position->second, &from = there.node.mapped();
    while (!from.empty()) {
      auto name = to.insert(from.extract(from.begin()));
      if (!name.inserted) name.position->second = std::move(name.node.mapped());
    }
  }
  return {};
}

support::Result<void> Linker::add(std::string_view module, std::string_view name, Definition definition) {
  Modules one;
  one[std::string(module)].emplace(std::string(name), std::move(definition));
  return define(std::move(one));
}

support::Result<Linker::Definition> Linker::in_store(Store& store, const ExternRefs& item) const {
  if (&store.engine() != engine_.get())
    return fail(ErrorKind::kUsage, "the linker and the store belong to different engines");
  Definition d;
  d.store_id = store.id();
  d.item = item;
  return d;
}

support::Result<void> Linker::define(Store& store, std::string_view module, std::string_view name,
                                     const ExternRefs& item) {
  WJIT_TRY(Definition d, in_store(store, item));
  return add(module, name, std::move(d));
}

support::Result<void> Linker::define_host(std::string_view module, std::string_view name, wasm::TypeId type,
                                          HostFunc::Callback callback) {
  Definition d;
  d.type = type;
  d.callback = std::make_shared<HostFunc::Callback>(std::move(callback));
  return add(module, name, std::move(d));
}

support::Result<std::optional<ExternRefs>> Linker::find(Store& store, std::string_view module,
                                                        std::string_view name) {
  auto names = modules_.find(module);
  if (names == modules_.end()) return std::nullopt;
  auto it = names->second.find(name);
  if (it == names->second.end()) return std::nullopt;
  Definition& d = it->second;
  if (d.store_id != store.id()) {
    if (!d.callback)
      return fail(ErrorKind::kUsage,
                  "\"" + it->first + "\" of \"" + names->first + "\" was defined with another store");
    // The store owns what it calls: it may outlive the linker.
    d.item = ExternFunc{store.add_host_func(d.type, [f = d.callback](HostCall& call) { return (*f)(call); })};
    d.store_id = store.id();
  }
  return d.item;
}

support::Result<std::vector<ExternRefs>> Linker::resolve(Store& store, const CompiledModule& module) {
  if (&store.engine() != engine_.get() || &module.engine() != engine_.get())
    return fail(ErrorKind::kUsage, "the linker, the store and the module belong to different engines");
  std::vector<ExternRefs> items;
  for (const wasm::Import& import : module.wasm().imports) {
    WJIT_TRY(auto item, find(store, import.module, import.name));
    if (!item)
      return fail(ErrorKind::kLink,
                  "unknown import: " + import_name(import) + ": the module wants a " +
                      describe_import(module.wasm(), import) + ", and nothing of this name is defined",
                  import.offset);
    items.push_back(*item);
  }
  return items;
}

TrapResult<Instance*> Linker::instantiate(Store& store, std::shared_ptr<CompiledModule> module) {
  auto items = resolve(store, *module);
  if (!items) return TrapError(std::move(items).error());
  return rt::instantiate(store, std::move(module), *items);
}

}  // namespace wjit::rt

namespace wjit {

namespace {
Result<Ok> ok_or(support::Result<void> r) {
  if (!r) return std::move(r).error();
  return Ok{};
}
}  // namespace

Linker::Linker(const Engine& engine) : impl_(std::make_unique<rt::Linker>(engine.shared())) {}
Linker::Linker(Linker&&) noexcept = default;
Linker::~Linker() = default;

void Linker::allow_shadowing(bool on) { impl_->allow_shadowing = on; }

Result<Ok> Linker::define(Store::Context cx, std::string_view module, std::string_view name,
                          const Extern& item) {
  if (ExternAccess::is_empty(item)) return Error(ErrorKind::kUsage, "define of an empty handle");
  if (!rt::belongs_to(ExternAccess::refs(item), cx.impl()))
    return Error(ErrorKind::kUsage,
                 "\"" + std::string(name) + "\" of \"" + std::string(module) + "\": belongs to another store");
  return ok_or(impl_->define(cx.impl(), module, name, ExternAccess::refs(item)));
}

Result<Ok> Linker::define_instance(Store::Context cx, std::string_view module, const Instance& instance) {
  if (!instance.raw()) return Error(ErrorKind::kUsage, "define of an empty handle");
  if (instance.raw()->store != &cx.impl())
    return Error(ErrorKind::kUsage, "the instance for \"" + std::string(module) + "\" belongs to another store");
  rt::Linker::Modules all;
  rt::Linker::Names& names = all[std::string(module)];
  for (const wasm::Export& e : instance.raw()->wasm().exports) {
    auto definition = impl_->in_store(cx.impl(), instance.raw()->extern_at(e.kind, e.index));
    if (!definition) return std::move(definition).error();
    names.emplace(std::string(e.name), std::move(*definition));
  }
  return ok_or(impl_->define(std::move(all)));
}

Result<Ok> Linker::func_raw(std::string_view module, std::string_view name, FuncType type,
                            std::function<bool(rt::HostCall&)> callback) {
  auto id = rt::from_api(type, *impl_->engine().registry);
  if (!id) return std::move(id).error();
  return ok_or(impl_->define_host(module, name, *id, std::move(callback)));
}

Result<Ok> Linker::func_new(std::string_view module, std::string_view name, const FuncType& type,
                            Func::Callback callback) {
  return func_raw(module, name, type, detail::untyped_callback(type, std::move(callback)));
}

TrapResult<Instance> Linker::instantiate(Store::Context cx, const Module& module) {
  auto made = impl_->instantiate(cx.impl(), module.shared());
  if (!made) return std::move(made).err();
  return Instance::from_raw(made.ok());
}

std::optional<Extern> Linker::get(Store::Context cx, std::string_view module, std::string_view name) {
  auto item = impl_->find(cx.impl(), module, name);
  if (!item || !*item) return std::nullopt;
  return ExternAccess::to_handle(**item);
}

}  // namespace wjit
