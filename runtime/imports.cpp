#include "runtime/imports.h"

#include "compiler/wasm/match.h"
#include "runtime/store.h"

namespace wjit::rt {

namespace {

// What an item really is now.
wasm::TableType type_of(const ExternTable& t) {
  return Instance::from_vmctx(t.owner)->defined_table(t.index).current_type();
}
wasm::MemoryType type_of(const ExternMemory& m) {
  return Instance::from_vmctx(m.owner)->defined_memory(m.index).current_type();
}

// Checks items against what imports declare and puts them where VMContext wants them.
class Matcher {
 public:
  Matcher(const wasm::Module& module, Imports& out) : m_(module), reg_(*module.registry), out_(out) {}

  support::Result<void> take(const wasm::Import& import, const ExternRefs& item) {
    const auto found = wasm::ExternKind(item.index());
    if (found != import.kind) return tl::unexpected<Error>(wasm::kind_mismatch(found, import.kind));
    switch (import.kind) {
      case wasm::ExternKind::kFunc: {
        vm::VMFuncRef* ref = std::get<ExternFunc>(item).ref;
        out_.funcs.push_back(ref);
        return wasm::match_func(reg_, ref->type_index.bits(), m_.funcs[import.index]);
      }
      case wasm::ExternKind::kTable: {
        const auto& t = std::get<ExternTable>(item);
        out_.tables.push_back({t.def, t.owner, t.index});
        return wasm::match_table(reg_, type_of(t), m_.tables[import.index].type);
      }
      case wasm::ExternKind::kMemory: {
        const auto& m = std::get<ExternMemory>(item);
        out_.memories.push_back({m.def, m.owner, m.index});
        return wasm::match_memory(type_of(m), m_.memories[import.index]);
      }
      case wasm::ExternKind::kGlobal: {
        const auto& g = std::get<ExternGlobal>(item);
        out_.globals.push_back(g);
        return wasm::match_global(reg_, g.type, m_.globals[import.index].type);
      }
      case wasm::ExternKind::kTag: {
        vm::VMTagDefinition* def = std::get<ExternTag>(item).def;
        out_.tags.push_back(def);
        return wasm::match_tag(reg_, def->type_index.bits(), m_.tags[import.index]);
      }
    }
    __builtin_unreachable();
  }

 private:
  const wasm::Module& m_;
  const wasm::TypeRegistry& reg_;
  Imports& out_;
};

}  // namespace

bool belongs_to(const ExternRefs& item, const Store& store) {
  if (auto* f = std::get_if<ExternFunc>(&item)) return store_of(f->ref) == &store;
  if (auto* t = std::get_if<ExternTable>(&item)) return t->owner->store == &store;
  if (auto* m = std::get_if<ExternMemory>(&item)) return m->owner->store == &store;
  if (auto* g = std::get_if<ExternGlobal>(&item)) return g->store == &store;
  return std::get<ExternTag>(item).store == &store;
}

std::string import_name(const wasm::Import& import) {
  return "import \"" + std::string(import.module) + "\" \"" + std::string(import.name) + "\"";
}

std::string describe_import(const wasm::Module& m, const wasm::Import& import) {
  switch (import.kind) {
    case wasm::ExternKind::kFunc:
      return "func " + wasm::to_string(m.func_type(import.index));
    case wasm::ExternKind::kTable:
      return wasm::to_string(m.tables[import.index].type);
    case wasm::ExternKind::kMemory:
      return wasm::to_string(m.memories[import.index]);
    case wasm::ExternKind::kGlobal:
      return wasm::to_string(m.globals[import.index].type);
    case wasm::ExternKind::kTag:
      return "tag " + wasm::to_string((*m.registry)[m.tags[import.index]].func());
  }
  __builtin_unreachable();
}

support::Result<Imports> match_imports(Store& store, const wasm::Module& module,
                                       std::span<const ExternRefs> items) {
  if (items.size() != module.imports.size())
    return fail(ErrorKind::kLink, "the module has " + std::to_string(module.imports.size()) + " imports, " +
                                      std::to_string(items.size()) + " were given");
  Imports out;
  Matcher matcher(module, out);
  for (size_t i = 0; i < items.size(); ++i) {
    const wasm::Import& import = module.imports[i];
    if (!belongs_to(items[i], store))
      return fail(ErrorKind::kUsage, import_name(import) + ": belongs to another store");
    if (auto matched = matcher.take(import, items[i]); !matched)
      return tl::unexpected<Error>(std::move(matched).error().prefix(import_name(import) + ": "));
  }
  return out;
}

}  // namespace wjit::rt
