#include "runtime/compiled_module.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "compiler/wasm/validate.h"
#include "runtime/code/code_map.h"
#include "runtime/code/native_entries.h"
#include "runtime/jit/native_module.h"
#include "runtime/jit/tier_up.h"
#include "runtime/jit/tiered_module.h"
#include "runtime/table.h"

namespace wjit::rt {

namespace {

bool is_constant_step(wasm::Op op) {
  switch (op) {
    case wasm::Op::i32_const:
    case wasm::Op::i64_const:
    case wasm::Op::f32_const:
    case wasm::Op::f64_const:
    case wasm::Op::v128_const:
    case wasm::Op::global_get:
    case wasm::Op::ref_func:
    case wasm::Op::ref_null:
    case wasm::Op::ref_i31:
    case wasm::Op::i32_add:
    case wasm::Op::i32_sub:
    case wasm::Op::i32_mul:
    case wasm::Op::i64_add:
    case wasm::Op::i64_sub:
    case wasm::Op::i64_mul:
      return true;
    default:
      return false;
  }
}

// The first initialiser that needs an object of the GC heap, as the error that instantiation gives.
class GcInitialisers {
 public:
  std::optional<Error> find(const wasm::Module& m) {
    for (size_t i = m.imported_globals; i < m.globals.size(); ++i) check(m.globals[i].init, "global", i);
    for (size_t i = m.imported_tables; i < m.tables.size(); ++i)
      if (m.tables[i].init) check(*m.tables[i].init, "table", i);
    for (size_t i = 0; i < m.elements.size(); ++i) {
      check(m.elements[i].offset, "offset of element segment", i);
      for (const wasm::ConstExpr& e : m.elements[i].exprs) check(e, "element segment", i);
    }
    for (size_t i = 0; i < m.data.size(); ++i) check(m.data[i].offset, "offset of data segment", i);
    return std::move(found_);
  }

 private:
  void check(const wasm::ConstExpr& expr, const char* where, size_t index) {
    if (found_) return;
    for (const auto& step : expr.steps()) {
      if (is_constant_step(step.op)) continue;
      found_.emplace(ErrorKind::kLink,
                     std::string(where) + " " + std::to_string(index) +
                         ": its initialiser needs an object of the GC "
                         "heap (" +
                         std::string(wasm::info(step.op).text) + "), which this version cannot make",
                     step.offset);
      return;
    }
  }
  std::optional<Error> found_;
};

}  // namespace

vm::ModuleCounts module_counts(const wasm::Module& m) {
  vm::ModuleCounts c;
  c.imported_functions = m.imported_funcs;
  c.imported_tables = m.imported_tables;
  c.imported_memories = m.imported_memories;
  c.imported_globals = m.imported_globals;
  c.imported_tags = m.imported_tags;
  c.defined_functions = uint32_t(m.funcs.size()) - m.imported_funcs;
  c.defined_tables = uint32_t(m.tables.size()) - m.imported_tables;
  c.defined_memories = uint32_t(m.memories.size()) - m.imported_memories;
  for (uint32_t i = m.imported_memories; i < m.memories.size(); ++i) c.owned_memories += !m.memories[i].shared;
  c.defined_globals = uint32_t(m.globals.size()) - m.imported_globals;
  c.defined_tags = uint32_t(m.tags.size()) - m.imported_tags;
  c.escaped_funcs = uint32_t(m.escaping.size());
  return c;
}

CompiledModule::CompiledModule(std::shared_ptr<Engine> engine, std::shared_ptr<const wasm::Module> module)
    : engine_(std::move(engine)),
      module_(std::move(module)),
      counts(module_counts(*module_)),
      offsets(counts) {
  if (engine_->native) thunks = std::make_unique<FunctionThunks>();
  plan_lazy_tables();
  gc_initialiser_ = GcInitialisers().find(*module_);
}

CompiledModule::~CompiledModule() {
  if (tiered) engine_->tier_up->forget(*tiered);  // nobody compiles any of it from here on
  if (!code_entries.empty()) engine_->code_map->remove_module(code_base, uint32_t(code_entries.size()));
}

namespace {

unsigned thread_count(const Engine& engine) {
  const unsigned asked = engine.config.compile_threads;
  return std::max(1u, asked == Config::kThreadPerCore ? std::thread::hardware_concurrency() : asked);
}

// Translates every function now. One that this tier cannot run keeps its error until it is called.
void translate_all(const std::vector<CodeEntry*>& entries, unsigned threads) {
  std::atomic<size_t> next{0};
  auto work = [&] {
    try {
      for (size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < entries.size();)
        CodeMap::get(*entries[i]);
    } catch (const std::bad_alloc&) {
      // What is not translated now is tried again when it is called.
    }
  };
  std::vector<std::thread> others;
  const size_t useful = std::min<size_t>(threads, entries.size() / 64);
  try {
    for (size_t i = 1; i < useful; ++i) others.emplace_back(work);
  } catch (const std::exception&) {
    // No memory or no more threads for us: fewer do the same.
  }
  work();
  for (std::thread& t : others) t.join();
}

}  // namespace

support::Result<void> CompiledModule::register_functions() {
  const uint32_t count = counts.defined_functions;
  if (count == 0) return {};
  CodeMap& map = *engine_->code_map;
  code_entries.reserve(count);  // first: once the span is ours, entries say that it is to be given back
  WJIT_TRY(code_base, map.add_module(*this, count));
  for (uint32_t i = 0; i < count; ++i) {
    CodeEntry& entry = map.at(code_base + i);
    entry.type = &(*engine_->registry)[wasm().funcs[wasm().imported_funcs + i]];
    code_entries.push_back(&entry);
  }
  if (engine_->tier_up) tiered = std::make_unique<TieredModule>(*this);
  return {};
}

support::Result<std::shared_ptr<CompiledModule>> CompiledModule::create(
    std::shared_ptr<Engine> engine, std::shared_ptr<const wasm::Bytes> bytes, Locate locate) {
  WJIT_TRY(auto module, wasm::read_module(std::move(bytes), engine->config.features, engine->registry));
  const CompilationMode mode = engine->config.mode;
  // Compiling to native code validates as well: only what it refused is left.
  const bool compile = engine->config.tier == Tier::kJit && !engine->native_refused;
  const auto validate_bodies = [&engine = *engine](const wasm::Module& m) {
    return wasm::validate_module_bodies(m, thread_count(engine));
  };
  if (mode != CompilationMode::kLazy && !compile) WJIT_CHECK(validate_bodies(*module));
  std::shared_ptr<CompiledModule> compiled(new CompiledModule(std::move(engine), std::move(module)));
  compiled->locate_ = std::move(locate);
  if (compiled->gc_initialiser_) compiled->gc_initialiser_ = compiled->located(*compiled->gc_initialiser_);
  WJIT_CHECK(compiled->register_functions());
  if (compiled->engine().config.tier == Tier::kJit) {
    if (compiled->engine().native_refused) return tl::unexpected<Error>(*compiled->engine().native_refused);
    auto native = NativeModule::create(*compiled, thread_count(compiled->engine()));
    if (mode != CompilationMode::kLazy && (!native || !(*native)->refusals().empty()))
      WJIT_CHECK(validate_bodies(compiled->wasm()));
    if (!native) return tl::unexpected<Error>(std::move(native).error());
    compiled->native = std::move(*native);
  }
  if (mode == CompilationMode::kEager)
    translate_all(compiled->code_entries, thread_count(compiled->engine()));
  return compiled;
}

support::Result<void> CompiledModule::validate(const Engine& engine, std::span<const uint8_t> bytes) {
  class Borrowed : public wasm::Bytes {};
  auto borrowed = std::make_shared<Borrowed>();
  borrowed->span = bytes;
  WJIT_TRY(auto module, wasm::read_module(std::move(borrowed), engine.config.features, engine.registry));
  return wasm::validate_module_bodies(*module, thread_count(engine));
}

std::shared_ptr<CompiledModule> CompiledModule::from_parts(std::shared_ptr<Engine> engine,
                                                           std::shared_ptr<const wasm::Module> module) {
  return std::shared_ptr<CompiledModule>(new CompiledModule(std::move(engine), std::move(module)));
}

const wasm::NameSection& CompiledModule::names() const {
  return names_.get([this] { return wasm::NameSection(*module_); });
}

std::string CompiledModule::name() const {
  return name_override_.empty() ? std::string(names().module_name()) : name_override_;
}

const MemoryImage* CompiledModule::memory_image(uint32_t defined_memory) const {
  // The first instance copies: for a program that runs once, a copy is cheaper than a file and a copy into
  // it.
  if (instantiations_.load(std::memory_order_relaxed) < 2) return nullptr;
  return images_.get([this] { return build_memory_images(*module_); })[defined_memory].get();
}

// Takes the leading segments that write functions at constant, in-bounds places of tables defined here: they
// cannot trap, nothing can see when they are written, and so their slots may as well be written when they are
// first read.
void CompiledModule::plan_lazy_tables() {
  const wasm::Module& m = *module_;
  lazy_tables_.resize(m.tables.size() - m.imported_tables);
  uint64_t entries = 0, planned = 0;
  for (const wasm::ElementSegment& segment : m.elements) {
    if (segment.mode == wasm::SegmentMode::kActive) {
      if (segment.table < m.imported_tables || !segment.exprs.empty()) return;
      const uint32_t t = segment.table - m.imported_tables;
      const wasm::Table& table = m.tables[segment.table];
      if (!is_func_heap(table.type.element, *m.registry)) return;
      if (table.init && !(table.init->steps().size() == 1 && table.init->steps()[0].op == wasm::Op::ref_null))
        return;
      auto steps = segment.offset.steps();
      if (steps.size() != 1 || (steps[0].op != wasm::Op::i32_const && steps[0].op != wasm::Op::i64_const))
        return;
      const uint64_t at = steps[0].lo, n = segment.funcs.size();
      if (at > table.type.limits.min || n > table.type.limits.min - at) return;
      // The plan, of all tables, must not be much larger than the bytes that back it.
      entries += n;
      LazyTableInit& init = lazy_tables_[t];
      if (init.size() < at + n) {
        planned += at + n - init.size();
        if (planned > 1024 + 8 * entries) return;
        init.resize(at + n, wasm::ElementSegment::kNullFunc);
      }
      std::copy(segment.funcs.begin(), segment.funcs.end(), init.begin() + ptrdiff_t(at));
    }
    ++lazy_segments_;
  }
}

std::string CompiledModule::symbol(void* module, uint32_t func_index) {
  const auto& m = *static_cast<const CompiledModule*>(module);
  const std::string name = m.name();
  const std::string_view func = m.func_name(func_index);
  return (name.empty() ? "wasm" : name) + '!' +
         (func.empty() ? "function[" + std::to_string(func_index) + "]" : std::string(func));
}

}  // namespace wjit::rt
