#include "native/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace wjit::graph {

namespace {

constexpr size_t kMostEvents = 200, kMostCalls = 4000;

Value random_value(std::mt19937_64& random, Type t) {
  Value v{random(), random()};
  switch (t) {
    case Type::kI32: return {uint32_t(v.low), 0};
    case Type::kF32: return {uint32_t(v.low) & 0xff7fffff, 0};  // no NaN: moves keep them, but text is simpler
    case Type::kF64: return {v.low & 0xffefffffffffffff, 0};
    case Type::kRef: return {v.low & 1, 0};
    case Type::kI64: return {v.low, 0};
    default: return v;
  }
}

std::vector<Type> random_types(std::mt19937_64& random) {
  // Mostly few, sometimes more than there are registers of any kind.
  const size_t most = random() % 6 == 0 ? 30 : random() % 2 ? 9 : 3;
  std::vector<Type> types(random() % (most + 1));
  for (Type& t : types) t = Type(random() % 6);
  return types;
}

std::vector<Value> random_values(std::mt19937_64& random, const std::vector<Type>& types) {
  std::vector<Value> values;
  for (Type t : types) values.push_back(random_value(random, t));
  return values;
}

How choose_how(std::mt19937_64& random, const Graph& g, uint32_t from, uint32_t to) {
  std::vector<How> ways = {How::kIndirect};
  const Function &a = g.functions[from], &b = g.functions[to];
  if (g.same_instance(from, to)) {
    ways.push_back(How::kDirect);
    if (a.kind == Kind::kBytecode) ways.push_back(How::kRef);
  } else if (b.kind == Kind::kHost || b.instance < a.instance) {
    ways.push_back(How::kImport);
  }
  return ways[random() % ways.size()];
}

// What happens when function 0 is called.
class Simulation {
 public:
  explicit Simulation(Graph& g) : g_(g) {}
  bool run() {
    call(0);
    return g_.events.size() <= kMostEvents && calls_ <= kMostCalls;
  }

 private:
  void call(uint32_t f) {
    const size_t depth = stack_.size();
    for (;;) {
      if (++calls_ > kMostCalls || g_.ends_in_trap) break;
      const Function& fn = g_.functions[f];
      if (fn.kind == Kind::kHost) {
        g_.events.push_back({f, {stack_.rbegin(), stack_.rend()}});
        if (fn.traps) {
          g_.ends_in_trap = true;
          break;
        }
      } else {
        stack_.push_back(f);
      }
      for (const Call& c : fn.calls) {
        call(c.callee);
        if (g_.ends_in_trap) break;
      }
      if (g_.ends_in_trap || !fn.has_tail) break;
      stack_.resize(depth);
      f = fn.tail.callee;
    }
    stack_.resize(depth);
  }
  Graph& g_;
  std::vector<uint32_t> stack_;
  size_t calls_ = 0;
};

}  // namespace

Graph generate(std::mt19937_64& random) {
  for (;;) {
    Graph g;
    g.instances = 1 + random() % 3;
    const uint32_t groups = 1 + random() % 3, count = 2 + random() % 10;
    for (uint32_t i = 0; i < groups; ++i) {
      Results r{random_types(random), {}};
      r.values = random_values(random, r.types);
      g.groups.push_back(std::move(r));
    }
    for (uint32_t i = 0; i < count; ++i) {
      Function f;
      f.kind = Kind(i == 0 ? random() % 2 : random() % 3);
      f.instance = f.kind == Kind::kHost ? 0 : uint32_t(random() % g.instances);
      f.params = random_types(random);
      f.args = random_values(random, f.params);
      f.group = uint32_t(random() % groups);
      f.traps = f.kind == Kind::kHost && random() % 40 == 0;
      g.functions.push_back(std::move(f));
    }
    for (uint32_t i = 0; i + 1 < count; ++i) {
      Function& f = g.functions[i];
      const auto later = [&] { return i + 1 + uint32_t(random() % (count - i - 1)); };
      for (size_t n = random() % (f.kind == Kind::kHost ? 2 : 4); n > 0; --n) {
        const uint32_t callee = later();
        // The host calls what is wasm.
        if (f.kind == Kind::kHost && g.functions[callee].kind == Kind::kHost) continue;
        f.calls.push_back({callee, choose_how(random, g, i, callee)});
      }
      for (int tries = 0; f.kind != Kind::kHost && !f.has_tail && tries < int(random() % 4); ++tries) {
        const uint32_t callee = later();
        if (g.functions[callee].group != f.group) continue;
        f.has_tail = true;
        f.tail = {callee, choose_how(random, g, i, callee)};
      }
    }
    if (Simulation(g).run()) return g;
  }
}

std::vector<uint32_t> imported(const Graph& g, uint32_t instance) {
  std::vector<uint32_t> list;
  for (uint32_t f = 0; f < g.functions.size(); ++f)
    if (g.functions[f].kind == Kind::kHost || g.functions[f].instance < instance) list.push_back(f);
  return list;
}

uint32_t index_in(const Graph& g, uint32_t instance, uint32_t f) {
  const std::vector<uint32_t> imports = imported(g, instance);
  if (auto at = std::find(imports.begin(), imports.end(), f); at != imports.end()) return uint32_t(at - imports.begin());
  uint32_t index = uint32_t(imports.size());
  for (uint32_t k = 0; k < f; ++k)
    index += g.functions[k].kind != Kind::kHost && g.functions[k].instance == instance;
  return index;
}

namespace {

const char* name(Type t) {
  static constexpr const char* kNames[] = {"i32", "i64", "f32", "f64", "v128", "externref"};
  return kNames[size_t(t)];
}

std::string constant(Type t, Value v) {
  switch (t) {
    case Type::kI32: return fmt::format("(i32.const {})", v.low);
    case Type::kI64: return fmt::format("(i64.const {})", v.low);
    case Type::kF32: return fmt::format("(f32.reinterpret_i32 (i32.const {}))", v.low);
    case Type::kF64: return fmt::format("(f64.reinterpret_i64 (i64.const {}))", v.low);
    case Type::kV128: return fmt::format("(v128.const i64x2 {} {})", v.low, v.high);
    default: return v.low ? "(global.get $ref)" : "(ref.null extern)";
  }
}

// Traps unless the local has the value.
std::string check(Type t, Value v, const std::string& local) {
  const std::string get = "(local.get " + local + ")";
  const auto ne = [&](const std::string& type, const std::string& what, uint64_t bits) {
    return fmt::format("    (if ({}.ne {} ({}.const {})) (then unreachable))\n", type, what, type, bits);
  };
  switch (t) {
    case Type::kI32: return ne("i32", get, v.low);
    case Type::kI64: return ne("i64", get, v.low);
    case Type::kF32: return ne("i32", "(i32.reinterpret_f32 " + get + ")", v.low);
    case Type::kF64: return ne("i64", "(i64.reinterpret_f64 " + get + ")", v.low);
    case Type::kV128:
      return ne("i64", "(i64x2.extract_lane 0 " + get + ")", v.low) + ne("i64", "(i64x2.extract_lane 1 " + get + ")", v.high);
    default: return ne("i32", "(ref.is_null " + get + ")", v.low == 0);
  }
}

std::string signature(const Graph& g, uint32_t f) {
  std::string s;
  for (Type t : g.functions[f].params) s += fmt::format(" (param {})", name(t));
  for (Type t : g.results(f).types) s += fmt::format(" (result {})", name(t));
  return s;
}

std::string call_text(const Graph& g, const Call& c, bool tail) {
  const Function& callee = g.functions[c.callee];
  std::string s;
  for (size_t i = 0; i < callee.params.size(); ++i) s += "    " + constant(callee.params[i], callee.args[i]) + "\n";
  const char* r = tail ? "return_call" : "call";
  switch (c.how) {
    case How::kIndirect:
      return s + fmt::format("    (i32.const {})\n    {}_indirect $table (type $t{})\n", c.callee, r, c.callee);
    case How::kRef: return s + fmt::format("    (ref.func $f{})\n    {}_ref $t{}\n", c.callee, r, c.callee);
    default: return s + fmt::format("    {} $f{}\n", r, c.callee);
  }
}

std::string body_text(const Graph& g, uint32_t f) {
  const Function& fn = g.functions[f];
  std::string locals, s;
  for (size_t i = 0; i < fn.params.size(); ++i) s += check(fn.params[i], fn.args[i], std::to_string(i));
  const std::string own_memory = fmt::format("    (if (i64.ne (i64.load (i32.const 0)) (i64.const {})) (then unreachable))\n",
                                             memory_mark(fn.instance));
  s += own_memory;
  uint32_t k = 0;
  for (const Call& c : fn.calls) {
    s += call_text(g, c, false);
    const Results& r = g.results(c.callee);
    std::string checks;
    for (size_t i = r.types.size(); i-- > 0;) {
      const std::string local = fmt::format("$r{}", k++);
      locals += fmt::format("    (local {} {})\n", local, name(r.types[i]));
      s += fmt::format("    local.set {}\n", local);
      checks += check(r.types[i], r.values[i], local);
    }
    s += checks + own_memory;
  }
  if (fn.has_tail) return locals + s + call_text(g, fn.tail, true);
  const Results& r = g.results(f);
  for (size_t i = 0; i < r.types.size(); ++i) s += "    " + constant(r.types[i], r.values[i]) + "\n";
  return locals + s;
}

}  // namespace

std::string module_text(const Graph& g, uint32_t instance) {
  std::string s = "(module\n";
  for (uint32_t f = 0; f < g.functions.size(); ++f) s += fmt::format("  (type $t{} (func{}))\n", f, signature(g, f));
  s += "  (import \"e\" \"ref\" (global $ref externref))\n";
  s += fmt::format("  (import \"e\" \"table\" (table $table {} funcref))\n", g.functions.size());
  for (uint32_t f : imported(g, instance)) s += fmt::format("  (import \"f\" \"{0}\" (func $f{0} (type $t{0})))\n", f);
  s += "  (memory 1)\n";
  s += "  (data (i32.const 0) \"";
  for (int i = 0; i < 8; ++i) s += fmt::format("\\{:02x}", memory_mark(instance) >> 8 * i & 0xff);
  s += "\")\n";
  std::string declared;
  for (uint32_t f = 0; f < g.functions.size(); ++f) {
    const Function& fn = g.functions[f];
    if (fn.kind == Kind::kHost || fn.instance != instance) continue;
    declared += fmt::format(" $f{}", f);
    s += fmt::format("  (func $f{0} (export \"{0}\") (type $t{0})\n{1}  )\n", f,
                     fn.kind == Kind::kNative ? "    unreachable\n" : body_text(g, f));
  }
  if (!declared.empty()) s += fmt::format("  (elem declare func{})\n", declared);
  return s + ")\n";
}

std::string describe(const Graph& g) {
  static constexpr const char* kKinds[] = {"bytecode", "native", "host"};
  static constexpr const char* kHow[] = {"direct", "import", "indirect", "ref"};
  std::string s;
  for (uint32_t f = 0; f < g.functions.size(); ++f) {
    const Function& fn = g.functions[f];
    s += fmt::format("{}: {} in {}{}{}, calls", f, kKinds[int(fn.kind)], fn.instance, signature(g, f),
                     fn.traps ? " traps" : "");
    for (const Call& c : fn.calls) s += fmt::format(" {}({})", c.callee, kHow[int(c.how)]);
    if (fn.has_tail) s += fmt::format(", tail {}({})", fn.tail.callee, kHow[int(fn.tail.how)]);
    s += "\n";
  }
  return s;
}

}  // namespace wjit::graph
