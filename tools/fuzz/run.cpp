#include "tools/fuzz/run.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <unordered_map>

#include "runtime/compiled_module.h"
#include "runtime/interp/backtrace.h"
#include "runtime/jit/native_module.h"
#include "runtime/store.h"
#include "tools/irhost/instance_host.h"
#include "vmcontext/traps.h"

namespace wjit::fuzz {

const std::vector<Mode>& modes() {
  static const std::vector<Mode> all = [] {
    using D = Dispatch;
    using M = MemoryStyle;
    using C = CompilationMode;
    using R = CompilerConfig::Regalloc;
    auto mode = [](const char* name, D d, M m, C c, bool fuel = false, bool resumable = false) {
      Mode r{name, {}, resumable};
      r.config.tier = Tier::kInterp;
      r.config.dispatch = d;
      r.config.memory_style = m;
      r.config.mode = c;
      r.config.consume_fuel = fuel;
      r.config.compile_threads = 1;
      r.config.features = FeatureSet::all();
      return r;
    };
    auto native = [&](const char* name, M m, R regalloc, const char* cpu = "native", bool fuel = false,
                      bool resumable = false) {
      Mode r = mode(name, D::kAuto, m, C::kLazyTranslation, fuel, resumable);
      r.config.tier = Tier::kJit;
      r.config.compiler.regalloc = regalloc;
      r.config.compiler.cpu = cpu;
      r.config.compiler.verify = true;
      return r;
    };
    auto ir = [&](const char* name, M m, unsigned opt_level, bool fuel = false) {
      Mode r = mode(name, D::kAuto, m, C::kLazyTranslation, fuel);
      r.config.compiler.opt_level = opt_level;
      r.ir = true;
      return r;
    };
    auto unoptimised = [&](Mode m) {
      m.config.compiler.opt_level = 0;
      return m;
    };
    // Functions become native at random numbers of calls, and loops at random rounds: Runner gives the seed.
    auto tiered = [](Mode m, uint32_t calls, uint32_t loops, TierConfig::Osr osr, unsigned threads = 0) {
      m.config.tier = Tier::kTiered;
      m.config.tiering = {.call_threshold = calls, .loop_threshold = loops, .osr = osr, .seed = 1};
      m.config.compile_threads = threads;
      return m;
    };
    // Without callbacks, a deadline that is never reached.
    auto epochs = [](Mode m, bool callbacks) {
      m.config.epoch_interruption = true;
      m.config.epoch_callbacks = callbacks;
      return m;
    };
    using O = TierConfig::Osr;
    std::vector<Mode> modes{
        mode("loop, eager", D::kLoop, M::kAuto, C::kEager),
        mode("tail, checks, lazy translation", D::kTail, M::kChecks, C::kLazyTranslation),
        mode("loop, checks, lazy, metered", D::kLoop, M::kChecks, C::kLazy, true),
        mode("tail, eager, metered", D::kTail, M::kAuto, C::kEager, true),
        mode("loop, eager, metered, stopping", D::kLoop, M::kChecks, C::kEager, true, true),
        mode("tail, lazy, metered, stopping", D::kTail, M::kAuto, C::kLazy, true, true),
        ir("ir", M::kAuto, 0),
        ir("ir, optimised, checks, metered", M::kChecks, 1, true),
        native("jit", M::kAuto, R::kScan),
        native("jit, checks", M::kChecks, R::kScan),
        unoptimised(native("jit, -O0", M::kAuto, R::kScan)),
        unoptimised(native("jit, -O0, spill", M::kAuto, R::kSpill)),
        native("jit, shuffle", M::kAuto, R::kShuffle),
        native("jit, shuffle, sse2, checks", M::kChecks, R::kShuffle, "sse2"),
        native("jit, metered", M::kAuto, R::kScan, "native", true),
        native("jit, shuffle, checks, metered, stopping", M::kChecks, R::kShuffle, "native", true, true),
        tiered(native("tiered", M::kAuto, R::kScan), 4, 6, O::kAuto),
        tiered(native("tiered, loops", M::kAuto, R::kScan), 1000, 1, O::kAlways),
        tiered(native("tiered, loops, shuffle, checks, metered", M::kChecks, R::kShuffle, "native", true), 100, 1,
               O::kAlways),
        tiered(native("tiered, metered, stopping", M::kAuto, R::kScan, "native", true, true), 3, 8, O::kAuto),
        tiered(native("tiered, profiled, shuffle", M::kAuto, R::kShuffle), 150, 300, O::kAuto),
        tiered(native("tiered, background, metered", M::kAuto, R::kScan, "native", true), 2, 2, O::kAuto, 1),
        epochs(mode("loop, epochs asked", D::kLoop, M::kAuto, C::kLazyTranslation), true),
        epochs(mode("tail, epochs yield", D::kTail, M::kChecks, C::kEager, false, true), true),
        epochs(native("jit, epochs", M::kAuto, R::kScan), false),
        epochs(native("jit, shuffle, checks, epochs asked", M::kChecks, R::kShuffle), true),
        epochs(native("jit, metered, epochs yield", M::kAuto, R::kScan, "native", true, true), true),
        tiered(epochs(native("tiered, epochs yield", M::kAuto, R::kScan, "native", false, true), true), 3, 5, O::kAuto),
        tiered(epochs(native("tiered, loops, epochs", M::kChecks, R::kScan), false), 1000, 1, O::kAlways),
        tiered(epochs(native("tiered, loops, epochs asked", M::kAuto, R::kScan), true), 100, 1, O::kAlways),
    };
    return modes;
  }();
  return all;
}

static constexpr size_t kMetered = 3;  // the interpreter that the others' fuel is compared with
// The one that the others' checks are compared with.
static size_t asked_first() {
  for (size_t i = 0; i < modes().size(); ++i)
    if (modes()[i].epochs()) return i;
  return 0;
}

std::vector<size_t> modes_called(const std::string& name) {
  std::vector<size_t> out;
  for (size_t i = 0; i < modes().size(); ++i) {
    const Mode& m = modes()[i];
    if (name == "all" || name == m.name || (name == "interp" && !m.native()) ||
        (name == "tiered" && (m.tiered() || i == 0 || i == kMetered || i == asked_first())) ||
        (name == "epochs" && (m.config.epoch_interruption || i == 0)) ||
        (name == "native" && (m.native() || m.ir || i == 0 || i == kMetered || i == asked_first())))
      out.push_back(i);
  }
  if (out.size() == 1 && out[0] != 0) {
    const Mode& m = modes()[out[0]];
    const size_t only = out[0];
    if (m.epochs() && only != asked_first()) out.insert(out.begin(), asked_first());
    if (m.config.consume_fuel && only != kMetered) out.insert(out.begin(), kMetered);
    out.insert(out.begin(), 0);
  }
  return out;
}

// ---- the host's side ------------------------------------------------------------------------------------------

namespace {

struct Hash {
  uint32_t h;
  void mix(uint32_t x) {
    h = (h ^ x) * 16777619u;
    h ^= h >> 13;
  }
};

uint32_t f32_word(uint32_t bits) { return (bits & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : bits; }
uint64_t f64_word(uint64_t bits) {
  return (bits & 0x7fffffffffffffff) > 0x7ff0000000000000 ? 0x7ff8000000000000 : bits;
}

Hash hash_of(uint32_t id, std::span<const Val> args) {
  Hash h{2166136261u ^ id};
  auto wide = [&](uint64_t v) { h.mix(uint32_t(v)), h.mix(uint32_t(v >> 32)); };
  for (const Val& v : args) {
    switch (v.kind()) {
      case ValKind::kI32: h.mix(uint32_t(v.i32())); break;
      case ValKind::kI64: wide(uint64_t(v.i64())); break;
      case ValKind::kF32: h.mix(f32_word(v.f32_bits())); break;
      case ValKind::kF64: wide(f64_word(v.f64_bits())); break;
      default: h.mix(v.is_null_ref() ? 0 : 1);
    }
  }
  return h;
}

Val value_from(Hash& h, ValKind kind) {
  h.mix(uint32_t(kind));
  switch (kind) {
    case ValKind::kI32: return Val(h.h);
    case ValKind::kI64: {
      const uint64_t low = h.h;
      h.mix(1);
      return Val(low | uint64_t{h.h} << 32);
    }
    case ValKind::kF32: return Val(float(int32_t(h.h) >> 8));
    case ValKind::kF64: return Val(double(int32_t(h.h)));
    case ValKind::kV128: return Val(V128{});
    default: return Val::null(kind);
  }
}

constexpr int64_t kPlenty = int64_t{1} << 50;

uint64_t folded_product(uint64_t a, uint64_t b) {
  const unsigned __int128 p = static_cast<unsigned __int128>(a) * b;
  return uint64_t(p) ^ uint64_t(p >> 64);
}

// Memories are looked at after every call: four sums at a time, as one alone would wait for its multiplications.
uint64_t words_hash(std::span<const uint8_t> bytes) {
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;
  uint64_t s0 = kOdd, s1 = 2 * kOdd, s2 = 3 * kOdd, s3 = 4 * kOdd;
  const auto word = [&](size_t at) {
    uint64_t w;
    std::memcpy(&w, &bytes[at], 8);
    return w;
  };
  const auto step = [&](uint64_t sum, size_t at) { return folded_product(sum ^ word(at), kOdd ^ word(at + 8)) + sum; };
  size_t i = 0;
  for (; i + 64 <= bytes.size(); i += 64) {
    s0 = step(s0, i);
    s1 = step(s1, i + 16);
    s2 = step(s2, i + 32);
    s3 = step(s3, i + 48);
  }
  uint64_t all = bytes.size();
  for (; i < bytes.size(); ++i) all = folded_product(all ^ bytes[i], kOdd);
  for (uint64_t sum : {s0, s1, s2, s3}) all = folded_product(all ^ sum, kOdd) + sum;
  return all;
}

}  // namespace

uint32_t crc32(const uint8_t* bytes, size_t n) {
  static const auto tables = [] {
    std::array<std::array<uint32_t, 256>, 8> t{};
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t v = i;
      for (int k = 0; k < 8; ++k) v = v & 1 ? v >> 1 ^ 0xedb88320 : v >> 1;
      t[0][i] = v;
    }
    for (uint32_t i = 0; i < 256; ++i)
      for (int k = 1; k < 8; ++k) t[k][i] = t[k - 1][i] >> 8 ^ t[0][t[k - 1][i] & 0xff];
    return t;
  }();
  uint32_t crc = ~0u;
  for (; n >= 8; n -= 8, bytes += 8) {
    uint64_t w;
    std::memcpy(&w, bytes, 8);
    w ^= crc;
    crc = 0;
    for (int k = 0; k < 8; ++k) crc ^= tables[7 - k][w >> 8 * k & 0xff];
  }
  for (; n > 0; --n, ++bytes) crc = crc >> 8 ^ tables[0][(crc ^ *bytes) & 0xff];
  return ~crc;
}

// ---- one run --------------------------------------------------------------------------------------------------

namespace {

class Run {
 public:
  Run(const Engine& engine, const Mode& mode, const Program& program, bool for_oracle, NativeCount& native)
      : engine_(engine), store_(engine), mode_(mode), program_(program), for_oracle_(for_oracle), native_(native) {
    if (mode.epochs()) {
      store_.epoch_deadline_callback([this](Store::Context) { return at_deadline(); }).unwrap();
      store_.set_epoch_deadline(0).unwrap();
    }
    if (mode.ir)
      ir_.emplace(store_.impl(), translate::Options{.fuel = mode.config.consume_fuel}, mode.config.compiler.opt_level);
  }
  Outcome run();

 private:
  bool instantiate(Outcome& out);
  std::string count_native(const Module& module);
  std::string count_tiered();
  Func host_function(const std::string& name, const wjit::FuncType& type);
  Result<Ok, Trap> host_call(const std::string& name, std::span<const Val> args, std::span<Val> results);
  Result<Ok, Trap> throw_something(uint32_t module, std::span<const Val> args, std::span<Val> results);
  Result<Ok, Trap> reenter(uint32_t module, std::span<const Val> args, std::span<Val> results);
  void fill_memories();
  // `half`: of this much fuel or so many checks, to be stopped after them.
  void call(const Call& c, Record& r, Outcome& out, const Record* half = nullptr);
  Result<UpdateDeadline, Trap> at_deadline();
  bool starve(Outcome& out);
  TrapResult<std::vector<Val>> call_stopping(Func f, std::span<const Val> args, uint64_t& used);
  void trapped(const TrapError& e, Record& r, Outcome& out);
  Val argument(const Call& c, const Value& v);
  std::string show(const Val& v, bool precise);
  std::string state(bool precise);
  template <class T>
  T exported(uint32_t module, const std::string& name) {
    return std::get<T>(*instances_[module].get(store_, name));
  }

  const Engine& engine_;
  Store store_;
  const Mode& mode_;
  const Program& program_;
  const bool for_oracle_;
  NativeCount& native_;
  std::optional<irhost::InstanceHost> ir_;
  bool stops_ = mode_.resumable && !program_.host_reenters;
  std::vector<Instance> instances_;
  std::vector<Module> modules_;  // where functions change tier
  std::unordered_map<const void*, std::string> func_names_;
  int depth_ = 0;               // of re-entered calls
  uint32_t host_calls_ = 0;
  uint64_t checks_ = 0, last_check_ = ~uint64_t{0};  // of a call; and the one that stops it
  std::vector<Val> answer_;     // what a stopped host function would have returned
};

Func Run::host_function(const std::string& name, const wjit::FuncType& type) {
  return Func::create(store_, type, [this, name](Caller, std::span<const Val> args, std::span<Val> results) {
    return host_call(name, args, results);
  });
}

Result<Ok, Trap> Run::host_call(const std::string& name, std::span<const Val> args, std::span<Val> results) {
  const size_t digits = name.find_first_of("0123456789");
  const uint32_t id = uint32_t(std::stoul(name.substr(digits)));
  if (name[0] == 'g') {
    auto before = exported<Memory>(id, "m0").grow(store_, uint32_t(args[0].i32()) & 1);
    results[0] = Val(before ? int32_t(before.ok()) : -1);
    return Ok{};
  }
  if (name[0] == 'c') return reenter(id, args, results);
  if (name[0] == 't') return throw_something(id, args, results);
  Hash h = hash_of(id, args);
  for (Val& r : results) r = value_from(h, r.kind());
  if (stops_ && host_calls_++ % 2 == 0) {
    answer_.assign(results.begin(), results.end());
    return Trap("asks");
  }
  return Ok{};
}

// Asked at every check again.
Result<UpdateDeadline, Trap> Run::at_deadline() {
  if (++checks_ > last_check_) return Trap("the last check");
  // In a plain call out of a host function, too, a yield would be a trap.
  return stops_ && checks_ % 3 == 0 ? UpdateDeadline::yield_for(0) : UpdateDeadline::continue_for(0);
}

// Or nothing: what its argument says.
Result<Ok, Trap> Run::throw_something(uint32_t module, std::span<const Val> args, std::span<Val> results) {
  Hash h = hash_of(module, args);
  results[0] = Val(int32_t(h.h & 7));
  if (h.h & 8 || module >= instances_.size()) return Ok{};
  const auto tag = instances_[module].get(store_, "e" + std::to_string(h.h >> 4 & 1));
  if (!tag) return Ok{};
  std::vector<Val> fields;
  for (const ValType& t : std::get<Tag>(*tag).type(store_).type.params) fields.push_back(value_from(h, t.kind));
  auto thrown = ExnRef::create(store_, std::get<Tag>(*tag), fields);
  return thrown ? Trap::exception(thrown.ok()) : Trap(thrown.err().to_string());
}

Result<Ok, Trap> Run::reenter(uint32_t module, std::span<const Val> args, std::span<Val> results) {
  results[0] = Val(-1);
  if (depth_ >= 3 || module >= instances_.size()) return Ok{};
  const GeneratedModule& m = program_.modules[module];
  const uint32_t defined = uint32_t(m.funcs.size()) - m.imported_funcs;
  const uint32_t index = m.imported_funcs + uint32_t(args[0].i32()) % defined;
  for (const auto* types : {&m.funcs[index].params, &m.funcs[index].results})
    for (Type t : *types)
      if (t == kV128 || is_ref(t)) return Ok{};
  Func f = exported<Func>(module, "f" + std::to_string(index));
  Hash h = hash_of(77, args);
  std::vector<Val> inner;
  for (const ValType& t : f.type(store_).params) inner.push_back(value_from(h, t.kind));
  ++depth_;
  auto r = f.call(store_, inner);
  --depth_;
  if (!r) {
    if (auto* trap = std::get_if<Trap>(&r.err())) return std::move(*trap);
    return Trap(std::get<Error>(r.err()).to_string());
  }
  results[0] = Val(int32_t(r.ok().size()));
  return Ok{};
}

// What has native code, and what may have none: the huge. Another refusal is told.
// Functions with exceptions stay in tier 0.
static bool may_be_refused(const std::string& why) {
  return why.find("too many") != std::string::npos || why.find("exceptions: ") != std::string::npos;
}

// The same at the end of a program whose functions change tier.
std::string Run::count_tiered() {
  for (const Module& module : modules_) {
    const NativeReport made = module.native_report();
    native_.compiled += made.native;
    for (const auto& r : made.stayed) {
      if (!may_be_refused(r.error.message()))
        return fmt::format("function {} refused: {}", r.func_index, r.error.message());
      ++native_.refused[r.error.message()];
    }
    for (const auto& f : module.tier_report().functions) {
      native_.loops += f.loops_compiled;
      native_.loops_entered += f.loops_entered;
      native_.loops_refused += f.loops_refused;
      if (!f.loops_refused) continue;
      if (!may_be_refused(f.loop_refused))
        return fmt::format("a loop of function {} refused: {}", f.func_index, f.loop_refused);
      ++native_.loop_refusals[f.loop_refused];
    }
  }
  return "";
}

std::string Run::count_native(const Module& module) {
  if (mode_.tiered()) return modules_.push_back(module), "";
  const rt::NativeModule* native = module.impl().native.get();
  if (!native) return "there is no native code";
  const auto& refusals = native->refusals();
  native_.compiled += module.impl().wasm().bodies.size() - refusals.size();
  for (const auto& r : refusals) {
    const std::string& why = r.error.message();
    if (!may_be_refused(why))
      return fmt::format("function {} refused: {}", r.func_index, why);
    ++native_.refused[why];
  }
  return "";
}

bool Run::instantiate(Outcome& out) {
  for (size_t i = 0; i < program_.modules.size(); ++i) {
    const GeneratedModule& g = program_.modules[i];
    auto module = Module::compile(engine_, g.bytes);
    if (!module) {
      out.error = fmt::format("module {}: {}", i, module.err().to_string());
      return false;
    }
    if (mode_.native()) {
      if (const std::string why = count_native(module.ok()); !why.empty()) {
        out.error = fmt::format("module {}: {}", i, why);
        return false;
      }
    }
    std::vector<Extern> imports;
    for (const ImportType& t : module.ok().imports()) {
      if (t.module == "h")
        imports.push_back(host_function(t.name, std::get<wjit::FuncType>(t.type)));
      else
        imports.push_back(*instances_.at(0).get(store_, t.name));
    }
    auto instance = Instance::create(store_, module.ok(), imports);
    if (!instance) {
      out.error = fmt::format("instance {}: {}", i, to_string(instance.err()));
      return false;
    }
    instances_.push_back(instance.ok());
    for (uint32_t f = 0; f < g.funcs.size(); ++f)
      func_names_.try_emplace(exported<Func>(uint32_t(i), "f" + std::to_string(f)).raw(), fmt::format("{}.f{}", i, f));
  }
  return true;
}

// Loads of zeros tell little. (Other engines begin with zeros.)
void Run::fill_memories() {
  for (Instance& instance : instances_) {
    for (auto& [name, item] : instance.exports(store_)) {
      auto* m = std::get_if<Memory>(&item);
      if (!m) continue;
      const auto bytes = m->data(store_);
      for (size_t i = 0; i < bytes.size(); i = i == 0x2fff ? bytes.size() - 0x1000 : i + 1)
        bytes[i] = uint8_t((i * 0x9e3779b9u) >> 13 | (i % 5 == 0 ? 0x80 : 0));
    }
  }
}

std::string Run::show(const Val& v, bool precise) {
  switch (v.kind()) {
    case ValKind::kI32: return fmt::format("{}", v.i32());
    case ValKind::kI64: return fmt::format("{}L", v.i64());
    case ValKind::kF32: {
      const uint32_t bits = v.f32_bits();
      return f32_word(bits) == 0x7fc00000 ? "nan" : fmt::format("f{:08x}", bits);
    }
    case ValKind::kF64: {
      const uint64_t bits = v.f64_bits();
      return f64_word(bits) == 0x7ff8000000000000 ? "nan" : fmt::format("F{:016x}", bits);
    }
    case ValKind::kV128: {
      std::string s = "v";
      for (uint8_t b : v.v128().bytes) s += fmt::format("{:02x}", b);
      return s;
    }
    case ValKind::kFuncRef: {
      const auto f = v.funcref();
      if (!f) return "null";
      if (!precise) return "func";
      auto it = func_names_.find(f->raw());
      return it == func_names_.end() ? "other" : it->second;
    }
    case ValKind::kExternRef:
      return v.externref().is_null() ? "null" : fmt::format("x{}", std::any_cast<int>(*v.externref().data()));
    case ValKind::kExnRef: {
      if (v.is_null_ref() || !precise) return v.is_null_ref() ? "null" : "exn";
      std::string s = "exn(";
      for (const Val& field : v.exnref().fields(store_))
        s += (field.kind() == ValKind::kExnRef && !field.is_null_ref() ? "exn" : show(field, true)) + ",";
      return s + ")";
    }
    default: return v.is_null_ref() ? "null" : "ref";
  }
}

std::string Run::state(bool precise) {
  std::string s;
  for (size_t i = 0; i < instances_.size(); ++i) {
    for (const auto& [name, item] : instances_[i].exports(store_)) {
      if (auto* m = std::get_if<Memory>(&item)) {
        const auto bytes = m->data(store_);
        s += fmt::format("{}.{}={}:{:08x} ", i, name, m->size(store_),
                         precise ? words_hash(bytes) : crc32(bytes.data(), bytes.size()));
      } else if (auto* g = std::get_if<Global>(&item)) {
        const Val v = g->get(store_);
        if (precise || v.kind() != ValKind::kV128) s += fmt::format("{}.{}={} ", i, name, show(v, precise));
      } else if (auto* t = std::get_if<Table>(&item)) {
        const uint64_t size = t->size(store_);
        s += fmt::format("{}.{}={}:", i, name, size);
        for (uint64_t k = 0; k < size; ++k) {
          const Val v = *t->get(store_, k);
          s += precise ? show(v, true) + "," : v.is_null_ref() ? "0" : "1";
        }
        s += ' ';
      }
    }
  }
  return s;
}

Val Run::argument(const Call& c, const Value& v) {
  switch (v.type.code) {
    case 0x7f: return Val(uint32_t(v.low));
    case 0x7e: return Val(v.low);
    case 0x7d: return Val::f32_bits(uint32_t(v.low));
    case 0x7c: return Val::f64_bits(v.low);
    case 0x7b: {
      V128 w;
      std::memcpy(w.bytes.data(), &v.low, 8);
      std::memcpy(w.bytes.data() + 8, &v.high, 8);
      return Val(w);
    }
    case 0x6f: return v.low ? Val(ExternRef(std::any(int(v.low)))) : Val(ExternRef());
    case 0x69: return Val::null(ValKind::kExnRef);
    default: return Val::null(ValKind::kFuncRef);
  }
}

// What other engines call the trap as well.
const char* category(uint8_t code) {
  switch (vm::TrapCode(code)) {
    case vm::TrapCode::kUnreachable: return "unreachable";
    case vm::TrapCode::kIntegerDivideByZero: return "divide";
    case vm::TrapCode::kIntegerOverflow: case vm::TrapCode::kInvalidConversion: return "numeric";
    case vm::TrapCode::kMemoryOutOfBounds: return "memory";
    case vm::TrapCode::kTableOutOfBounds: case vm::TrapCode::kUndefinedElement: return "table";
    case vm::TrapCode::kUninitializedElement: case vm::TrapCode::kIndirectCallType: return "indirect";
    case vm::TrapCode::kNullReference: case vm::TrapCode::kNullFunctionReference: return "null";
    case vm::TrapCode::kStackOverflow: return "stack";
    default: return "other";
  }
}

void Run::trapped(const TrapError& e, Record& r, Outcome& out) {
  const auto* t = std::get_if<Trap>(&e);
  if (!t) {
    r.result = r.precise = "error: " + std::get<Error>(e).to_string();
    return;
  }
  r.result = t->kind() == Trap::Kind::kWasm ? fmt::format("trap {}", category(t->code())) : "trap: " + t->message();
  r.precise = fmt::format("trap {}: {}", int(t->kind()), t->message());
  if (t->kind() == Trap::Kind::kWasm && t->code() == uint8_t(vm::TrapCode::kStackOverflow)) out.overflow = true;
  size_t frames = 0;
  for (const Frame& f : t->trace())
    if (frames++ < rt::kMaxTraceFrames) r.precise += fmt::format(" {}@{:x}", f.func_index, f.module_offset);
  if (!t->trace().empty())
    r.position = fmt::format("{}@{:x}", t->trace()[0].func_index, t->trace()[0].module_offset);
}

TrapResult<std::vector<Val>> Run::call_stopping(Func f, std::span<const Val> args, uint64_t& used) {
  const bool metered = mode_.config.consume_fuel;
  Choices steps(uint64_t(args.size()) + 99);
  uint64_t given = steps.below(9);
  (void)store_.set_fuel(given);
  auto left = [&] { return metered ? store_.get_fuel().ok() : 0; };
  auto r = f.call_resumable(store_, args);
  for (;;) {
    if (!r) {
      used = given - left();
      return r.err();
    }
    auto* stopped = std::get_if<ResumableCall>(&r.ok());
    if (!stopped) {
      used = given - left();
      return std::get<std::vector<Val>>(r.ok());
    }
    ResumableCall call = std::move(*stopped);
    if (call.kind() == ResumableCall::Kind::kHostTrap) {
      const std::vector<Val> inputs = std::move(answer_);
      r = call.resume(store_, inputs);
      continue;
    }
    if (call.kind() == ResumableCall::Kind::kYielded) {
      r = call.resume(store_);
      continue;
    }
    const uint64_t before = left(), now = call.required_fuel() + steps.below(7) * steps.below(7);
    given += now - before;
    (void)store_.set_fuel(now);
    r = call.resume(store_);
  }
}

void Run::call(const Call& c, Record& r, Outcome& out, const Record* half) {
  (void)exported<Global>(0, "g0").set(store_, Val(program_.budget));
  const Func f = exported<Func>(c.module, "f" + std::to_string(c.func));
  std::vector<Val> args;
  for (const Value& v : c.args) args.push_back(argument(c, v));
  const uint64_t compiled = store_.impl().compile_fuel;
  const bool metered = mode_.config.consume_fuel;
  TrapResult<std::vector<Val>> result = std::vector<Val>{};
  auto plain_call = [&] { return ir_ ? ir_->call_function(f.raw(), args) : f.call(store_, args); };
  checks_ = 0;
  last_check_ = half ? half->checks / 2 : ~uint64_t{0};
  // A call out of a host function is a plain one, in which the want of fuel is a trap.
  if (stops_) {
    result = call_stopping(f, args, r.fuel);
  } else {
    // Where both are counted, it is stopped by checks.
    const uint64_t given = half && !mode_.epochs() ? half->fuel / 2 : kPlenty;
    if (metered) (void)store_.set_fuel(given);
    result = plain_call();
    if (metered) r.fuel = given - store_.get_fuel().ok();
  }
  r.fuel -= store_.impl().compile_fuel - compiled;
  r.checks = checks_;
  if (!result) return trapped(result.err(), r, out);
  for (const Val& v : result.ok()) {
    r.result += show(v, false) + ' ';
    r.precise += show(v, true) + ' ';
  }
}

// Some of the calls again, as plain ones with half the fuel that they took before, or half the checks: where it ends, and
// what has been done by then, is the same in all modes. Everything is translated first, so that none of them pays for that.
bool Run::starve(Outcome& out) {
  stops_ = false;
  for (const rt::InstancePtr& instance : store_.impl().instances())
    for (rt::CodeEntry* entry : instance->module->code_entries)
      if (rt::CodeMap::get(*entry).error) return false;
  const size_t calls = std::min<size_t>(program_.calls.size(), 3);
  for (size_t i = 0; i < calls && !out.overflow; ++i) {
    Record& r = out.records.emplace_back();
    const Record before = out.records[i];
    call(program_.calls[i], r, out, &before);
    r.state = state(true);
  }
  return true;
}

Outcome Run::run() {
  Outcome out;
  if (!instantiate(out)) return out;
  if (!for_oracle_) fill_memories();
  for (const Call& c : program_.calls) {
    Record& r = out.records.emplace_back();
    call(c, r, out);
    if (!for_oracle_ || mode_.resumable) r.state = state(true);
    if (out.overflow) break;
  }
  const bool starves = mode_.epochs() ? !mode_.resumable : mode_.config.consume_fuel;
  if (starves && !out.overflow && !starve(out)) out.error = "a function has no code";
  if (for_oracle_) out.state = state(false);
  if (const std::string why = count_tiered(); !why.empty()) out.error = why;
  return out;
}

}  // namespace

Runner::Runner(std::vector<size_t> chosen) : chosen_(std::move(chosen)), engines_(modes().size()) {}
Runner::~Runner() = default;

const Engine& Runner::engine(size_t mode) {
  if (!engines_[mode]) {
    Config config = modes()[mode].config;
    config.compiler.seed = compiler_seed_;
    if (config.tiering.seed) config.tiering.seed = compiler_seed_ + 1;
    engines_[mode].emplace(config);
    if (modes()[mode].ir) (void)engines_[mode]->impl().enable_native_code();
  }
  return *engines_[mode];
}

void Runner::set_seed(uint64_t seed) {
  if (seed / 64 == compiler_seed_) return;
  compiler_seed_ = seed / 64;
  for (size_t i = 0; i < engines_.size(); ++i)
    if (modes()[i].tiered() || modes()[i].config.compiler.regalloc == CompilerConfig::Regalloc::kShuffle)
      engines_[i].reset();
}

Outcome Runner::run(const Program& program, size_t mode, bool for_oracle) {
  return Run(engine(mode), modes()[mode], program, for_oracle, native_).run();
}

std::string difference(const Outcome& a, const Outcome& b, SameCost same, bool whole_traces) {
  if (a.error != b.error) return fmt::format("cannot run: \"{}\" | \"{}\"", a.error, b.error);
  if (a.overflow || b.overflow) return "";
  for (size_t i = 0; i < a.records.size(); ++i) {
    const Record &x = a.records[i], &y = b.records[i];
    const bool same_trap = !whole_traces && !x.position.empty() && x.result == y.result && x.position == y.position;
    if (x.precise != y.precise && !same_trap) return fmt::format("call {}: {} | {}", i, x.precise, y.precise);
    if (x.state != y.state) return fmt::format("call {}, afterwards: {} | {}", i, x.state, y.state);
    if (same == SameCost::kFuel && x.fuel != y.fuel) return fmt::format("call {}: fuel {} | {}", i, x.fuel, y.fuel);
    if (same == SameCost::kChecks && x.checks != y.checks)
      return fmt::format("call {}: checks {} | {}", i, x.checks, y.checks);
  }
  return "";
}

std::string Runner::disagreement(const Program& program, Outcome* reference, bool for_oracle) {
  const Outcome first = run(program, 0);
  if (!first.error.empty()) return "invalid: " + first.error;
  std::optional<Outcome> metered, asked;
  for (size_t i : chosen_) {
    // The IR's host does not know whose frames a trap has that came out of a host function, nor that a function which
    // called another tier's in a tail call is gone.
    if (i == 0 || (modes()[i].ir && program.host_reenters)) continue;
    const Outcome other = run(program, i);
    const std::string d = difference(first, other, SameCost::kNo, !modes()[i].ir);
    if (!d.empty()) return fmt::format("[{}] and [{}]: {}", modes()[0].name, modes()[i].name, d);
    if (modes()[i].native()) native_.calls += other.records.size();
    // Those with epochs among themselves: the calls that are stopped half-way are stopped by checks. Where some yield, fewer are
    // asked: while a yield waits for the end of a long operation nobody is.
    if (modes()[i].epochs()) {
      if (modes()[i].resumable) continue;
      if (!asked) {
        asked = other;
        continue;
      }
      const std::string f = difference(*asked, other, SameCost::kChecks);
      if (!f.empty()) return fmt::format("[epochs asked] and [{}]: {}", modes()[i].name, f);
      continue;
    }
    if (!modes()[i].config.consume_fuel) continue;
    if (metered) {
      const std::string f = difference(*metered, other, SameCost::kFuel, !modes()[i].ir);
      if (!f.empty()) return fmt::format("[metered] and [{}]: {}", modes()[i].name, f);
    } else {
      metered = other;
    }
  }
  if (reference) *reference = for_oracle ? run(program, 1, true) : first;
  return "";
}

}  // namespace wjit::fuzz
