// Throwing and catching. An exception goes outwards over the frames of one run, and nothing happens to them before one is
// found that catches it; where none does, the run ends with it as a pending trap, which leaves native code and C++ like any
// other, and is looked at again by the run underneath that called them (catch_pending).
#include <algorithm>

#include "runtime/exception.h"
#include "runtime/interp/vm.h"
#include "runtime/store.h"
#include "runtime/trap_access.h"

namespace wjit::rt {

namespace {

const bc::CatchClause* clause_for(const bc::Code& code, uint32_t word, Instance* inst, const Exception& e) {
  for (const bc::TryRange* t = code.innermost_try(word); t; t = code.outer_try(*t))
    for (uint32_t i = t->first_clause; i < t->first_clause + t->clauses; ++i) {
      const bc::CatchClause& c = code.clauses[i];
      if (c.tag == bc::CatchClause::kAnyTag || inst->tag(c.tag) == e.tag) return &c;
    }
  return nullptr;
}

void collect_if_due(Vm* vm) {
  Store& store = *vm->store;
  if (!store.exceptions.due()) return;
  vm->stack->note_in_use(vm->frame);
  store.exceptions.collect(store);
}

// vm->frame and vm->inst are those of whoever throws.
bool throw_exception(Vm* vm, Exception& e) {
  if (catch_exception(vm, e)) return true;
  vm->store->set_pending(exception_trap(e));
  vm->done(DoneReason::kPending);
  return false;
}

bool end_with(Vm* vm, vm::TrapCode trap) {
  vm->trap = trap;
  vm->done(DoneReason::kTrap);
  return false;
}

}  // namespace

bool catch_exception(Vm* vm, Exception& e) {
  Instance* inst = vm->inst;
  for (InterpFrame* f = vm->frame; f->code; ++f) {
    // ip stands behind the instruction that threw or called.
    if (!f->code->tries.empty()) {
      const uint32_t word = uint32_t(f->ip - f->code->words.data()) - 1;
      if (const bc::CatchClause* c = clause_for(*f->code, word, inst, e)) {
        uint64_t* to = f->sp + c->cell;
        if (c->tag != bc::CatchClause::kAnyTag) to = std::ranges::copy(e.cells(), to).out;
        if (c->with_ref) *to = reinterpret_cast<uint64_t>(&e);
        f->ip = f->code->words.data() + c->word;
        vm->frame = f;
        vm->inst = inst;
        return true;
      }
    }
    if (f->saved) inst = f->saved;
  }
  return false;
}

bool catch_pending(Vm* vm) {
  Store& store = *vm->store;
  if (!store.pending_trap || store.pending_trap->kind() != wjit::Trap::Kind::kException) return false;
  const std::shared_ptr<Exception> e = TrapAccess::exception(*store.pending_trap);
  if (e->store_id != store.id()) return false;
  store.exceptions.keep(*e);
  if (!catch_exception(vm, *e)) return false;
  store.take_pending();
  collect_if_due(vm);
  return true;
}

bool throw_values(Vm* vm, const uint64_t* ip) {
  const uint64_t* const cells = vm->frame->sp + uint32_t(*ip >> 32);
  const uint32_t tag = uint32_t(ip[1]), count = uint32_t(ip[1] >> 32);
  vm->frame->ip = ip + 1;
  try {
    collect_if_due(vm);
    const auto e = Exception::make(*vm->store, vm->inst->tag(tag), {cells, count}, vm->inst, tag);
    vm->store->exceptions.keep(*e);
    return throw_exception(vm, *e);
  } catch (const std::bad_alloc&) {
    return end_with(vm, vm::TrapCode::kOutOfSystemMemory);
  }
}

bool throw_ref(Vm* vm, uint64_t ref, const uint64_t* ip) {
  vm->frame->ip = ip + 1;
  if (!ref) return end_with(vm, vm::TrapCode::kNullExceptionReference);
  try {
    return throw_exception(vm, *reinterpret_cast<Exception*>(ref));
  } catch (const std::bad_alloc&) {
    return end_with(vm, vm::TrapCode::kOutOfSystemMemory);
  }
}

}  // namespace wjit::rt
