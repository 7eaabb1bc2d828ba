#include "runtime/imports.h"

#include "runtime/store.h"

namespace wjit::rt {

namespace {

std::string limits_text(const wasm::Limits& l, bool is64) {
  std::string s = std::to_string(l.min) + "..";
  if (l.has_max()) s += std::to_string(l.max);
  return is64 ? s + " (i64)" : s;
}
std::string text(const wasm::FuncType& t) { return "func " + wasm::to_string(t); }
std::string text(const wasm::TableType& t) {
  return "table " + limits_text(t.limits, t.is64) + " " + wasm::to_string(t.element);
}
std::string text(const wasm::MemoryType& t) {
  std::string s = "memory " + limits_text(t.limits, t.is64);
  if (t.shared) s += " shared";
  if (t.page_size_log2 != 16) s += " of " + std::to_string(uint64_t{1} << t.page_size_log2) + "-byte pages";
  return s;
}
std::string text(const wasm::GlobalType& t) {
  return std::string("global ") + (t.is_mutable ? "mut " : "") + wasm::to_string(t.type);
}

// What an item really is now.
wasm::TableType type_of(const ExternTable& t) {
  return Instance::from_vmctx(t.owner)->defined_table(t.index).current_type();
}
wasm::MemoryType type_of(const ExternMemory& m) {
  return Instance::from_vmctx(m.owner)->defined_memory(m.index).current_type();
}

bool limits_match(const wasm::Limits& found, const wasm::Limits& expected) {
  return found.min >= expected.min && (!expected.has_max() || (found.has_max() && found.max <= expected.max));
}

// Does this item match what the import declares? Moves it to its place if so.
class Matcher {
 public:
  Matcher(const wasm::Module& module, Imports& out) : m_(module), reg_(*module.registry), out_(out) {}

  bool take(const wasm::Import& import, const ExternRefs& item) {
    if (item.index() != size_t(import.kind)) return false;
    switch (import.kind) {
      case wasm::ExternKind::kFunc:
        return take_func(import, std::get<ExternFunc>(item));
      case wasm::ExternKind::kTable:
        return take_table(m_.tables[import.index].type, std::get<ExternTable>(item));
      case wasm::ExternKind::kMemory:
        return take_memory(m_.memories[import.index], std::get<ExternMemory>(item));
      case wasm::ExternKind::kGlobal:
        return take_global(m_.globals[import.index].type, std::get<ExternGlobal>(item));
      case wasm::ExternKind::kTag:
        if (std::get<ExternTag>(item).def->type_index.bits() != m_.tags[import.index]) return false;
        out_.tags.push_back(std::get<ExternTag>(item).def);
        return true;
    }
    return false;
  }

 private:
  bool take_func(const wasm::Import& import, const ExternFunc& f) {
    if (!reg_.is_subtype(f.ref->type_index.bits(), m_.funcs[import.index])) return false;
    out_.funcs.push_back(f.ref);
    return true;
  }
  bool take_table(const wasm::TableType& expected, const ExternTable& t) {
    const wasm::TableType found = type_of(t);
    if (found.element != expected.element || found.is64 != expected.is64 ||
        !limits_match(found.limits, expected.limits))
      return false;
    out_.tables.push_back({t.def, t.owner, t.index});
    return true;
  }
  bool take_memory(const wasm::MemoryType& expected, const ExternMemory& t) {
    const wasm::MemoryType found = type_of(t);
    if (found.is64 != expected.is64 || found.shared != expected.shared ||
        found.page_size_log2 != expected.page_size_log2 || !limits_match(found.limits, expected.limits))
      return false;
    out_.memories.push_back({t.def, t.owner, t.index});
    return true;
  }
  bool take_global(const wasm::GlobalType& expected, const ExternGlobal& g) {
    if (g.type.is_mutable != expected.is_mutable) return false;
    if (expected.is_mutable ? g.type.type != expected.type : !reg_.matches(g.type.type, expected.type)) return false;
    out_.globals.push_back(g);
    return true;
  }

  const wasm::Module& m_;
  const wasm::TypeRegistry& reg_;
  Imports& out_;
};

bool in_store(const ExternRefs& item, const Store& store) {
  if (auto* f = std::get_if<ExternFunc>(&item)) return store_of(f->ref) == &store;
  if (auto* t = std::get_if<ExternTable>(&item)) return t->owner->store == &store;
  if (auto* m = std::get_if<ExternMemory>(&item)) return m->owner->store == &store;
  return true;  // globals and tags do not know theirs
}

std::string quoted(const wasm::Import& import) {
  return "import \"" + std::string(import.module) + "\" \"" + std::string(import.name) + "\"";
}

}  // namespace

std::string describe(const ExternRefs& item, const wasm::TypeRegistry& registry) {
  if (auto* f = std::get_if<ExternFunc>(&item)) return text(registry[f->ref->type_index.bits()].func());
  if (auto* t = std::get_if<ExternTable>(&item)) return text(type_of(*t));
  if (auto* m = std::get_if<ExternMemory>(&item)) return text(type_of(*m));
  if (auto* g = std::get_if<ExternGlobal>(&item)) return text(g->type);
  return "tag " + wasm::to_string(registry[std::get<ExternTag>(item).def->type_index.bits()].func());
}

std::string describe_import(const wasm::Module& m, const wasm::Import& import) {
  switch (import.kind) {
    case wasm::ExternKind::kFunc:
      return text(m.func_type(import.index));
    case wasm::ExternKind::kTable:
      return text(m.tables[import.index].type);
    case wasm::ExternKind::kMemory:
      return text(m.memories[import.index]);
    case wasm::ExternKind::kGlobal:
      return text(m.globals[import.index].type);
    case wasm::ExternKind::kTag:
      return "tag " + wasm::to_string((*m.registry)[m.tags[import.index]].func());
  }
  __builtin_unreachable();
}

support::Result<Imports> match_imports(Store& store, const wasm::Module& module, std::span<const ExternRefs> items) {
  if (items.size() != module.imports.size())
    return fail(ErrorKind::kLink, "the module has " + std::to_string(module.imports.size()) + " imports, " +
                                      std::to_string(items.size()) + " were given");
  Imports out;
  Matcher matcher(module, out);
  for (size_t i = 0; i < items.size(); ++i) {
    const wasm::Import& import = module.imports[i];
    if (!in_store(items[i], store)) return fail(ErrorKind::kUsage, quoted(import) + ": belongs to another store");
    if (matcher.take(import, items[i])) continue;
    return fail(ErrorKind::kLink, "incompatible import type: " + quoted(import) + ": found " +
                                      describe(items[i], *module.registry) + ", expected " +
                                      describe_import(module, import), import.offset);
  }
  return out;
}

}  // namespace wjit::rt
