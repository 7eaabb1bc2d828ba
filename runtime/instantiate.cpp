// Instantiation. What can fail without a trace in other instances comes first: matching, reserving,
// allocating, initialisers of our own globals and tables. From the first active segment on, other instances
// may have been written to and may refer to this one, so from then on a failed instance is kept if anything
// could have seen it.
#include "runtime/instantiate.h"

#include <algorithm>
#include <cstring>

#include "compiler/support/plant.h"
#include "runtime/call.h"
#include "runtime/libcalls.h"

namespace wjit::rt {

namespace {

using vm::ValRaw;

// Undoes what was counted towards the store's limits unless the instance came to be.
class Reservation {
 public:
  explicit Reservation(Store& store)
      : store_(store),
        instances_(store.instance_count),
        memories_(store.memory_count),
        tables_(store.table_count) {}
  ~Reservation() {
    if (kept_) return;
    store_.instance_count = instances_;
    store_.memory_count = memories_;
    store_.table_count = tables_;
  }
  support::Result<void> take(const wasm::Module& m, bool counts_as_instance) {
    if (counts_as_instance) WJIT_CHECK(store_.reserve_instance());
    for (size_t i = m.imported_memories; i < m.memories.size(); ++i)
      WJIT_CHECK(store_.reserve_memory(m.memories[i]));
    for (size_t i = m.imported_tables; i < m.tables.size(); ++i)
      WJIT_CHECK(store_.reserve_table(m.tables[i].type));
    return {};
  }
  void keep() { kept_ = true; }

 private:
  Store& store_;
  uint64_t instances_, memories_, tables_;
  bool kept_ = false;
};

void initialize_globals(Instance& instance) {
  const wasm::Module& m = instance.wasm();
  for (uint32_t i = m.imported_globals; i < m.globals.size(); ++i) {
    if (m.globals[i].init.empty()) continue;  // made by the host, which writes it
    const ValRaw value = eval_const(instance, m.globals[i].init);
    instance.global(i)->as_v128() = value.get_v128();
  }
}

void initialize_tables(Instance& instance) {
  const wasm::Module& m = instance.wasm();
  for (uint32_t i = m.imported_tables; i < m.tables.size(); ++i) {
    if (!m.tables[i].init) continue;
    const uint64_t ref = eval_const(instance, *m.tables[i].init).get_u64();
    Table& t = instance.defined_table(i - m.imported_tables);
    if (ref) std::fill_n(t.words(), t.size(), t.encode(ref));
  }
}

// Active element segments in order, but for the leading ones that lazy slots stand for.
vm::TrapCode write_elements(Instance& instance, bool* escaped) {
  const wasm::Module& m = instance.wasm();
  for (size_t s = instance.module->lazy_segments(); s < m.elements.size(); ++s) {
    const wasm::ElementSegment& segment = m.elements[s];
    if (segment.mode != wasm::SegmentMode::kActive) continue;
    const uint64_t at = eval_const(instance, segment.offset).get_u64();
    auto [owner, index] = instance.table_owner(segment.table);
    Table& t = owner->defined_table(index);
    if (at > t.size() || segment.size() > t.size() - at) return vm::TrapCode::kTableOutOfBounds;
    if (owner != &instance && segment.size()) *escaped = true;
    for (size_t i = 0; i < segment.size(); ++i)
      t.words()[at + i] = t.encode(element_value(instance, segment, i));
  }
  if (!instance.module->engine().config.eager_tables) return vm::TrapCode::kNone;
  for (uint32_t d = 0; d < instance.tables.size(); ++d)
    for (uint64_t i = 0; i < instance.tables[d].size(); ++i) instance.table_slot(d, i);
  return vm::TrapCode::kNone;
}

// Images of the memories, by index; null where segments are to be copied.
std::vector<const MemoryImage*> memory_images(const Instance& instance) {
  const wasm::Module& m = instance.wasm();
  std::vector<const MemoryImage*> images(m.memories.size());
  for (uint32_t i = m.imported_memories; i < m.memories.size(); ++i)
    images[i] = instance.module->memory_image(i - m.imported_memories);
  return images;
}

vm::TrapCode write_data(Instance& instance, std::vector<const MemoryImage*>& images) {
  const wasm::Module& m = instance.wasm();
  for (uint32_t i = m.imported_memories; i < m.memories.size(); ++i)
    if (images[i] && !instance.memories[i - m.imported_memories].map_image(*images[i]))
      images[i] = nullptr;
  for (const wasm::DataSegment& segment : m.data) {
    if (segment.mode != wasm::SegmentMode::kActive || images[segment.memory]) continue;
    const uint64_t at = eval_const(instance, segment.offset).get_u64();
    const vm::VMMemoryDefinition* memory = instance.memory(segment.memory);
    if (at > memory->length() || segment.bytes.size() > memory->length() - at)
      return vm::TrapCode::kMemoryOutOfBounds;
    if (!segment.bytes.empty()) std::memcpy(memory->base + at, segment.bytes.data(), segment.bytes.size());
  }
  return vm::TrapCode::kNone;
}

vm::TrapCode initialize(Instance& instance, bool* escaped) {
  initialize_globals(instance);
  initialize_tables(instance);
  auto images = memory_images(instance);  // takes memory: before others see anything
  const vm::TrapCode trap = write_elements(instance, escaped);
  return trap == vm::TrapCode::kNone ? write_data(instance, images) : trap;
}

support::Result<Instance*> make_host_instance(Store& store, std::shared_ptr<wasm::Module> module,
                                              wasm::ExternKind kind,
                                              std::shared_ptr<SharedMemory> given = nullptr) {
  module->bytes = std::make_shared<wasm::Bytes>();
  module->registry = store.engine().registry;
  module->features = store.engine().config.features;
  module->exports.push_back({"", kind, 0});
  module->exports_by_name.push_back(0);
  auto compiled = CompiledModule::from_parts(store.shared_engine(), std::move(module));
  Reservation reservation(store);
  WJIT_CHECK(reservation.take(compiled->wasm(), false));
  WJIT_TRY(InstancePtr instance, Instance::allocate(store, std::move(compiled), {}, std::move(given)));
  reservation.keep();
  return store.add_instance(std::move(instance));
}

}  // namespace

ValRaw eval_const(Instance& instance, const wasm::ConstExpr& expr) {
  std::vector<ValRaw> rest;  // all but the top of the stack: empty unless the expression is an extended one
  ValRaw top;
  bool has_top = false;
  auto push = [&](ValRaw v) {
    if (has_top) rest.push_back(top);
    top = v;
    has_top = true;
  };
  auto arithmetic = [&](auto op, bool narrow) {
    const uint64_t right = top.get_u64(), left = rest.back().get_u64();
    rest.pop_back();
    const uint64_t result = op(left, right);
    top = narrow ? ValRaw::from_u32(uint32_t(result)) : ValRaw::from_u64(result);
  };
  for (const auto& step : expr.steps()) {
    switch (step.op) {
      case wasm::Op::i32_const:
      case wasm::Op::f32_const:
        push(ValRaw::from_u32(uint32_t(step.lo)));
        break;
      case wasm::Op::i64_const:
      case wasm::Op::f64_const:
        push(ValRaw::from_u64(step.lo));
        break;
      case wasm::Op::v128_const:
        push(ValRaw::from_v128(vm::v128_t{step.hi} << 64 | step.lo));
        break;
      case wasm::Op::global_get:
        push(ValRaw::from_v128(instance.global(step.a)->as_v128()));
        break;
      case wasm::Op::ref_func:
        push(ValRaw::from_funcref(instance.func_ref(step.a)));
        break;
      case wasm::Op::ref_null:
        push(ValRaw());
        break;
      case wasm::Op::ref_i31:
        top = ValRaw::from_u64((top.get_u64() & 0x7fff'ffff) << 1 | 1);
        break;
      case wasm::Op::i32_add:
      case wasm::Op::i64_add:
        arithmetic([](uint64_t a, uint64_t b) { return a + b; }, step.op == wasm::Op::i32_add);
        break;
      case wasm::Op::i32_sub:
      case wasm::Op::i64_sub:
        arithmetic([](uint64_t a, uint64_t b) { return a - b; }, step.op == wasm::Op::i32_sub);
        break;
      case wasm::Op::i32_mul:
      case wasm::Op::i64_mul:
        arithmetic([](uint64_t a, uint64_t b) { return a * b; }, step.op == wasm::Op::i32_mul);
        break;
      default:
        WJIT_ASSERT(!"a step that gc_initialiser refuses");
    }
  }
  return top;
}

uint64_t element_value(Instance& instance, const wasm::ElementSegment& segment, size_t i) {
  if (!segment.exprs.empty()) return eval_const(instance, segment.exprs[i]).get_u64();
  return reinterpret_cast<uint64_t>(instance.func_ref(segment.funcs[i]));
}

TrapResult<Instance*> instantiate(Store& store, std::shared_ptr<CompiledModule> module,
                                  std::span<const ExternRefs> items) {
  if (&module->engine() != &store.engine() && !WJIT_PLANTED(foreign_module))
    return TrapError(Error(ErrorKind::kUsage, "the module and the store belong to different engines"));
  const wasm::Module& m = module->wasm();
  auto imports = match_imports(store, m, items);
  if (!imports) return TrapError(std::move(imports).error());
  if (module->gc_initialiser()) return TrapError(*module->gc_initialiser());
  Reservation reservation(store);
  if (auto reserved = reservation.take(m, true); !reserved) return TrapError(std::move(reserved).error());
  module->count_instantiation();
  auto allocated = Instance::allocate(store, module, std::move(*imports));
  if (!allocated) return TrapError(std::move(allocated).error());
  Instance* instance = store.add_instance(std::move(*allocated));
  bool escaped = false;  // may others refer to this instance?
  auto give_up = [&] {
    if (escaped)
      reservation.keep();
    else
      store.remove_instance(instance);
  };
  vm::TrapCode trap;
  try {
    trap = initialize(*instance, &escaped);
  } catch (const std::bad_alloc&) {
    give_up();
    throw;
  }
  if (trap != vm::TrapCode::kNone) {
    give_up();
    return TrapError(make_trap(trap));
  }
  reservation.keep();
  if (m.start) {
    vm::VMFuncRef own, *start = &own;
    if (*m.start < m.imported_funcs)
      start = instance->imported_func_refs[*m.start].ref;
    else
      own = instance->make_func_ref(*m.start);
    ValRaw none;
    const Pin pin(store);
    if (call_func(store, start, &none, 1, nullptr) != CallEnd::kReturned)
      return TrapError(store.take_pending());
  }
  return instance;
}

support::Result<Instance*> make_host_memory(Store& store, const wasm::MemoryType& type) {
  auto m = std::make_shared<wasm::Module>();
  m->memories.push_back(type);
  return make_host_instance(store, std::move(m), wasm::ExternKind::kMemory);
}

support::Result<Instance*> make_host_shared_memory(Store& store, std::shared_ptr<SharedMemory> memory) {
  auto m = std::make_shared<wasm::Module>();
  m->memories.push_back(memory->memory().current_type());
  return make_host_instance(store, std::move(m), wasm::ExternKind::kMemory, std::move(memory));
}

support::Result<Instance*> make_host_table(Store& store, const wasm::TableType& type, uint64_t init_ref) {
  auto m = std::make_shared<wasm::Module>();
  m->tables.push_back({type, std::nullopt});
  WJIT_TRY(Instance * instance, make_host_instance(store, std::move(m), wasm::ExternKind::kTable));
  Table& t = instance->defined_table(0);
  if (init_ref) std::fill_n(t.words(), t.size(), t.encode(init_ref));
  return instance;
}

support::Result<Instance*> make_host_global(Store& store, const wasm::GlobalType& type, const ValRaw& init) {
  auto m = std::make_shared<wasm::Module>();
  m->globals.push_back({type, {}});
  WJIT_TRY(Instance * instance, make_host_instance(store, std::move(m), wasm::ExternKind::kGlobal));
  instance->global(0)->as_v128() = init.get_v128();
  return instance;
}

support::Result<Instance*> make_host_tag(Store& store, wasm::TypeId type) {
  auto m = std::make_shared<wasm::Module>();
  m->tags.push_back(type);
  return make_host_instance(store, std::move(m), wasm::ExternKind::kTag);
}

}  // namespace wjit::rt
