#include <fmt/format.h>

#include <algorithm>
#include <any>
#include <thread>

#include "compiler/wasm/text/parse_wat.h"
#include "native/emit.h"
#include "runtime/call.h"
#include "runtime/code/native_entries.h"
#include "runtime/fiber/fiber.h"
#include "runtime/instantiate.h"
#include "runtime/libcalls.h"
#include "runtime/native_calls.h"
#include "runtime/trap_access.h"

namespace wjit::graph {

namespace {

using rt::ExternRefs;

struct Failed {
  std::string what;
};

struct OwnedBytes : wasm::Bytes {
  std::vector<uint8_t> data;
};

template <class T>
T unwrap(support::Result<T> r, const char* doing) {
  if (!r) throw Failed{fmt::format("{}: {}", doing, r.error().to_string())};
  return std::move(*r);
}

// One for many graphs, but not for all: an engine keeps every type it has seen, and the code between its conventions.
std::shared_ptr<rt::Engine> engine_for_graphs() {
  constexpr int kGraphs = 1000;
  static std::shared_ptr<rt::Engine> engine;
  static int graphs = 0;
  if (graphs++ % kGraphs == 0) {
    Config config;
    config.tier = Tier::kInterp;  // but for the graph's own
    config.memory_style = MemoryStyle::kChecks;  // graphs come by the thousand
    config.max_wasm_stack = 1 << 20;
    config.consume_fuel = true;
    engine = std::make_shared<rt::Engine>(config);
    if (auto native = engine->enable_native_code(); !native) throw Failed{native.error().to_string()};
  }
  return engine;
}

class World {
 public:
  World(const Graph& g, uint64_t seed) : g_(g), random_(seed), store_(engine_for_graphs()) {
    reference_ = store_.extern_object(ExternRef(std::any(1)));
    make_host_things();
    for (uint32_t i = 0; i < g.instances; ++i) instantiate(i);
    fill_table();
    for (uint32_t i = 0; i < g.instances; ++i) publish(i);
  }

  // From function 0: plainly, and resumably with stops wherever chance wants them. Twice: what was compiled lazily the
  // first time is there the second.
  void run() {
    resumable_ = random_() % 2;
    for (int round = 0; round < 3; ++round, resumable_ = !resumable_) {
      std::vector<vm::ValRaw> values;
      rt::CallEnd end;
      do {
        next_event_ = 0;
        values = arguments(0);
        end = call(0, values);
      } while (end == rt::CallEnd::kSuspended && failure_.empty());  // dropped
      if (!failure_.empty()) throw Failed{failure_};
      if ((end == rt::CallEnd::kTrapped) != g_.ends_in_trap) {
        if (end != rt::CallEnd::kTrapped) throw Failed{"returned, where a trap was expected"};
        throw Failed{fmt::format("trap: {}\n{}", store_.pending_trap->message(), trace_text(store_.pending_trap->trace()))};
      }
      if (next_event_ != g_.events.size())
        throw Failed{fmt::format("{} host calls, expected {}", next_event_, g_.events.size())};
      if (g_.ends_in_trap) {
        check_trace(store_.pending_trap->trace(), g_.events.back(), "of the trap");
        store_.take_pending();
      } else {
        check_values(g_.results(0).types, g_.results(0).values, values.data(), "results of the whole");
      }
      check_limits();
    }
  }

 private:
  uint64_t bits(Type t, Value v) const {
    return t == Type::kRef && v.low ? reinterpret_cast<uint64_t>(reference_) : v.low;
  }
  vm::ValRaw raw(Type t, Value v) const {
    return t == Type::kV128 ? vm::ValRaw::from_v128(vm::v128_t{v.high} << 64 | v.low) : vm::ValRaw::from_u64(bits(t, v));
  }
  std::vector<vm::ValRaw> arguments(uint32_t f) const {
    const Function& fn = g_.functions[f];
    std::vector<vm::ValRaw> values(std::max({fn.params.size(), g_.results(f).types.size(), size_t{1}}));
    for (size_t i = 0; i < fn.params.size(); ++i) values[i] = raw(fn.params[i], fn.args[i]);
    return values;
  }
  void check_values(const std::vector<Type>& types, const std::vector<Value>& expected, const vm::ValRaw* found,
                    const std::string& what) const {
    for (size_t i = 0; i < types.size(); ++i) {
      const vm::ValRaw want = raw(types[i], expected[i]);
      if (found[i].get_u64() != want.get_u64() ||
          (types[i] == Type::kV128 && found[i].get_v128() != want.get_v128()))
        throw Failed{fmt::format("{}, value {}: {:x}, expected {:x}", what, i, found[i].get_u64(), want.get_u64())};
    }
  }
  // Function f with what is in `values`. kSuspended: it was dropped while it waited, which happens to the outermost only.
  rt::CallEnd call(uint32_t f, std::vector<vm::ValRaw>& values) {
    store_.set_fuel(~uint64_t{0});
    if (!resumable_) return rt::call_func(store_, refs_[f], values.data(), values.size());
    ++depth_;
    std::unique_ptr<rt::Suspended> stopped;
    short_of_fuel();
    rt::CallEnd end = rt::call_func(store_, refs_[f], values.data(), values.size(), &stopped);
    while (end == rt::CallEnd::kSuspended && failure_.empty()) {
      if (depth_ == 1 && random_() % 32 == 0) break;
      end = go_on(stopped, values);
    }
    --depth_;
    return end;
  }
  rt::CallEnd go_on(std::unique_ptr<rt::Suspended>& stopped, std::vector<vm::ValRaw>& values) {
    std::vector<vm::ValRaw> inputs;
    if (stopped->kind == rt::Suspended::Kind::kHostTrap) {
      const auto f = uint32_t(std::find(refs_.begin(), refs_.end(), stopped->host_func) - refs_.begin());
      const Event& event = g_.events[stopped_at_];
      if (f != event.host) throw Failed{fmt::format("stopped at {}, expected host function {}", f, event.host)};
      check_trace(stopped->host_error->trace(), event, "of a host error");
      const Results& r = g_.results(f);
      for (size_t i = 0; i < r.types.size(); ++i) inputs.push_back(raw(r.types[i], r.values[i]));
      short_of_fuel();
    } else if (store_.fuel() >= stopped->required_fuel) {
      throw Failed{"out of fuel, of which there is enough"};
    } else {
      store_.set_fuel(stopped->required_fuel + random_() % 64);
    }
    rt::CallEnd end{};
    const auto resume = [&] { end = rt::resume(store_, stopped, inputs, values.data(), values.size()); };
    // Not within a host function's call: the stack limit is that of the thread it came from.
    if (depth_ > 1 || random_() % 8 != 0) return resume(), end;
    std::thread(resume).join();
    return end;
  }
  void short_of_fuel() { store_.set_fuel(random_() % 4 ? ~uint64_t{0} : random_() % 512); }

  void check_limits() const {
    const vm::VMRuntimeLimits& l = store_.limits;
    if (l.last_wasm_exit_fp || l.last_wasm_exit_pc || l.last_wasm_entry_fp || l.last_wasm_entry_sp ||
        l.stack_limit != ~uintptr_t{0})
      throw Failed{"VMRuntimeLimits are not as before the call"};
    if (store_.pins || store_.engine().fibers->stats().in_use) throw Failed{"a suspended call was not let go"};
  }
  static std::string trace_text(const std::vector<Frame>& trace) {
    std::string s;
    for (const Frame& f : trace) s += fmt::format("  function {} at {:#x}\n", f.func_index, f.module_offset);
    return s;
  }
  void check_trace(const std::vector<Frame>& trace, const Event& event, const std::string& what) const {
    bool same = trace.size() == event.frames.size();
    for (size_t i = 0; same && i < trace.size(); ++i) {
      const Function& fn = g_.functions[event.frames[i]];
      same = trace[i].instance == instances_[fn.instance] &&
             trace[i].func_index == index_in(g_, fn.instance, event.frames[i]);
      if (same && fn.kind == Kind::kNative) {
        const uint32_t base = call_offset(event.frames[i], 0);
        same = trace[i].module_offset >= base && trace[i].module_offset < base + fn.calls.size();
      }
    }
    if (same) return;
    std::string expected;
    for (uint32_t f : event.frames) expected += fmt::format(" {}", f);
    throw Failed{fmt::format("backtrace {}:\n{}expected{}", what, trace_text(trace), expected)};
  }

  wasm::TypeId type_of(uint32_t f) {
    const auto convert = [](const std::vector<Type>& types) {
      static const wasm::ValType kTypes[] = {wasm::kI32, wasm::kI64, wasm::kF32, wasm::kF64, wasm::kV128, wasm::kExternRef};
      std::vector<wasm::ValType> out;
      for (Type t : types) out.push_back(kTypes[size_t(t)]);
      return out;
    };
    return unwrap(store_.engine().registry->intern_func(convert(g_.functions[f].params), convert(g_.results(f).types)),
                  "type");
  }

  void make_host_things() {
    refs_.resize(g_.functions.size());
    for (uint32_t f = 0; f < g_.functions.size(); ++f)
      if (g_.functions[f].kind == Kind::kHost)
        refs_[f] = store_.add_host_func(type_of(f), [this, f](rt::HostCall& call) { return host(f, call); });
    wasm::TableType table;
    table.element = wasm::kFuncRef;
    table.limits.min = g_.functions.size();
    table_ = unwrap(rt::make_host_table(store_, table, 0), "table");
    wasm::GlobalType global;
    global.type = wasm::kExternRef;
    global_ = unwrap(rt::make_host_global(store_, global, vm::ValRaw::from_externref(reference_)), "global");
  }

  void instantiate(uint32_t i) {
    wasm::text::ParseOptions options;
    options.lines = options.names = false;
    auto text = unwrap(wasm::text::parse_wat(module_text(g_, i), options), "text");
    auto bytes = std::make_shared<OwnedBytes>();
    bytes->data = std::move(text.binary);
    bytes->span = bytes->data;
    auto module = unwrap(rt::CompiledModule::create(store_.shared_engine(), bytes), "module");
    std::vector<ExternRefs> imports = {global_->extern_at(wasm::ExternKind::kGlobal, 0),
                                       table_->extern_at(wasm::ExternKind::kTable, 0)};
    for (uint32_t f : imported(g_, i)) imports.push_back(rt::ExternFunc{refs_[f]});
    auto instance = rt::instantiate(store_, module, imports);
    if (!instance) throw Failed{"no instance"};
    instances_.push_back(std::move(instance).ok());
    for (uint32_t f = 0; f < g_.functions.size(); ++f)
      if (g_.functions[f].kind != Kind::kHost && g_.functions[f].instance == i)
        refs_[f] = instances_[i]->func_ref(index_in(g_, i, f));
  }

  void fill_table() {
    for (uint32_t f = 0; f < g_.functions.size(); ++f)
      if (rt::table_set(table_->vmctx(), 0, f, reinterpret_cast<uint64_t>(refs_[f])) != vm::TrapCode::kNone)
        throw Failed{"table.set"};
  }

  void publish(uint32_t i) {
    rt::NativeEntries& native = *store_.engine().native;
    rt::CodeTables tables;
    std::vector<uint8_t> code;
    std::vector<std::pair<uint32_t, uint32_t>> starts;
    tables.owner = const_cast<rt::CompiledModule*>(instances_[i]->module.get());
    tables.raise = native.raise_redirected();
    for (uint32_t f = 0; f < g_.functions.size(); ++f) {
      if (g_.functions[f].kind != Kind::kNative || g_.functions[f].instance != i) continue;
      const Emitted e = emit(g_, f, *instances_[i], reinterpret_cast<uint64_t>(reference_), native.raise());
      code.resize((code.size() + 15) & ~size_t{15});
      const uint32_t start = uint32_t(code.size()), index = index_in(g_, i, f);
      code.insert(code.end(), e.bytes.begin(), e.bytes.end());
      tables.functions.push_back({start, uint32_t(code.size()), index});
      for (rt::CodeTrapSite site : e.sites) site.offset += start, tables.traps.push_back(site);
      starts.push_back({index, start});
    }
    if (code.empty()) return;
    code_.push_back(unwrap(rt::CodeMemory::process().publish(code, std::move(tables)), "code"));
    for (auto [index, start] : starts)
      if (auto r = rt::publish_native(*instances_[i], index, code_.back()->bytes.data() + start); !r)
        throw Failed{r.error().to_string()};
  }

  bool host(uint32_t f, rt::HostCall& call) {
    const Function& fn = g_.functions[f];
    auto* values = reinterpret_cast<vm::ValRaw*>(call.cells);
    size_t event_index = 0;
    try {
      if (next_event_ >= g_.events.size() || g_.events[next_event_].host != f)
        throw Failed{fmt::format("host function {} is called out of order (event {})", f, next_event_)};
      event_index = next_event_++;
      const Event& event = g_.events[event_index];
      const std::string what = fmt::format("at host function {} (event {})", f, next_event_ - 1);
      check_values(fn.params, fn.args, values, "arguments " + what);
      check_trace(rt::current_backtrace(store_), event, what);
      if (fn.traps) return store_.set_pending(rt::make_trap(vm::TrapCode::kHostError));
      for (const Call& c : fn.calls) {
        std::vector<vm::ValRaw> inner = arguments(c.callee);
        if (World::call(c.callee, inner) != rt::CallEnd::kReturned) {
          // The trap is on its way through this host function.
          if (g_.ends_in_trap && next_event_ == g_.events.size()) return false;
          throw Failed{fmt::format("call of {} by host function {}: trap: {}\n{}", c.callee, f,
                                   store_.pending_trap->message(), trace_text(store_.pending_trap->trace()))};
        }
        check_values(g_.results(c.callee).types, g_.results(c.callee).values, inner.data(), "results of a call " + what);
      }
    } catch (const Failed& e) {
      if (failure_.empty()) failure_ = e.what;
      return store_.set_pending(rt::make_trap(vm::TrapCode::kHostError));
    }
    if (resumable_ && random_() % 4 == 0) {
      stopped_at_ = event_index;
      return store_.set_pending(Trap("wait"));
    }
    const Results& r = g_.results(f);
    for (size_t i = 0; i < r.types.size(); ++i) values[i] = raw(r.types[i], r.values[i]);
    return true;
  }

  const Graph& g_;
  std::mt19937_64 random_;
  bool resumable_ = false;
  int depth_ = 0;
  size_t stopped_at_ = 0;  // event
  // Code goes after the store: nothing runs it then.
  std::vector<rt::CodeHandle> code_;
  rt::Store store_;
  rt::ExternObject* reference_;
  rt::Instance *table_ = nullptr, *global_ = nullptr;
  std::vector<rt::Instance*> instances_;
  std::vector<vm::VMFuncRef*> refs_;
  size_t next_event_ = 0;
  std::string failure_;
};

}  // namespace

std::string run(const Graph& graph, uint64_t seed) {
  try {
    World(graph, seed).run();
    return {};
  } catch (const Failed& e) {
    return e.what;
  }
}

}  // namespace wjit::graph
