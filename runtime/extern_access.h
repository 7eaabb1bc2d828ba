// Between the handles of the public API and the pointers they stand for.
#pragma once
#include "runtime/imports.h"
#include "runtime/store.h"
#include "wjit/wjit.hpp"

namespace wjit {

struct ExternAccess {
  static Extern to_handle(const rt::ExternRefs& item) {
    if (auto* f = std::get_if<rt::ExternFunc>(&item)) return Func::from_raw(f->ref);
    if (auto* t = std::get_if<rt::ExternTable>(&item)) {
      Table h;
      h.def_ = t->def, h.owner_ = t->owner, h.index_ = t->index;
      return h;
    }
    if (auto* m = std::get_if<rt::ExternMemory>(&item)) {
      Memory h;
      h.def_ = m->def, h.owner_ = m->owner, h.index_ = m->index;
      return h;
    }
    if (auto* g = std::get_if<rt::ExternGlobal>(&item)) {
      Global h;
      h.def_ = g->def, h.store_ = g->store;
      h.type_bits_ = g->type.type.bits(), h.mutable_ = g->type.is_mutable;
      return h;
    }
    Tag h;
    h.def_ = std::get<rt::ExternTag>(item).def;
    h.store_ = std::get<rt::ExternTag>(item).store;
    h.type_id_ = h.def_->type_index.bits();
    return h;
  }
  static rt::ExternRefs refs(const Extern& item) {
    if (auto* f = std::get_if<Func>(&item)) return rt::ExternFunc{f->raw()};
    if (auto* t = std::get_if<Table>(&item)) return refs(*t);
    if (auto* m = std::get_if<Memory>(&item)) return refs(*m);
    if (auto* g = std::get_if<Global>(&item)) return refs(*g);
    const Tag& t = std::get<Tag>(item);
    return rt::ExternTag{t.def_, t.store_};
  }
  static rt::ExternTable refs(const Table& t) { return {t.def_, t.owner_, t.index_}; }
  static rt::ExternMemory refs(const Memory& m) { return {m.def_, m.owner_, m.index_}; }
  static rt::ExternGlobal refs(const Global& g) {
    return {g.def_, {wasm::ValType::from_bits(g.type_bits_), g.mutable_}, g.store_};
  }
  // A default-constructed handle.
  static bool is_empty(const Extern& item) {
    return std::visit([](const auto& h) { return empty(h); }, item);
  }

 private:
  static bool empty(const Func& f) { return !f.raw(); }
  template <class H>
  static bool empty(const H& h) {
    return !h.def_;
  }
};

}  // namespace wjit
