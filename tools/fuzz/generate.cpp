// Modules as wholes: types, imports, memories, tables, segments, exports and the calls. Bodies are body.cpp's.
#include "tools/fuzz/generate.h"

#include <algorithm>
#include <tuple>

#include "tools/fuzz/module_state.h"

namespace wjit::fuzz {

namespace {

constexpr uint32_t kPage = 65536;

// One section: entries are appended to `bytes` and counted.
struct Section {
  uint32_t count = 0;
  Bytes bytes;
  void put(Bytes& out, uint8_t id) const {
    if (!count) return;
    Bytes head;
    put_leb(head, count);
    out.push_back(id);
    put_leb(out, head.size() + bytes.size());
    put_bytes(out, head);
    put_bytes(out, bytes);
  }
};

void put_limits(Bytes& b, bool is64, uint32_t min, uint32_t max, bool shared = false) {
  b.push_back(uint8_t(1 | (shared ? 2 : 0) | (is64 ? 4 : 0)));
  put_leb(b, min);
  put_leb(b, max);
}
void put_func_type(Bytes& b, const FuncType& t) {
  b.push_back(0x60);
  put_leb(b, t.params.size());
  for (Type p : t.params) put_type(b, p);
  put_leb(b, t.results.size());
  for (Type r : t.results) put_type(b, r);
}
bool mentions_index(const FuncType& t) {
  auto concrete = [](Type v) { return v.code == kRefNull; };
  return std::any_of(t.params.begin(), t.params.end(), concrete) ||
         std::any_of(t.results.begin(), t.results.end(), concrete);
}

class ModuleGenerator {
 public:
  ModuleGenerator(Choices& choices, const Options& options, uint32_t number, const ModuleState* first)
      : c_(choices), o_(options), number_(number), first_(first) {}
  GeneratedModule run();
  ModuleState& state() { return m_; }

 private:
  Type value_type(bool host);
  FuncType func_type(bool host);
  void import(std::string_view module, const std::string& name, uint8_t kind, const Bytes& description);
  void import_func(std::string_view module, const std::string& name, const FuncType& type);
  void imports();
  void import_from_first();
  void memories_and_tables();
  void tags();
  void globals();
  void segments();
  void exports();

  Choices& c_;
  const Options& o_;
  const uint32_t number_;
  const ModuleState* first_;
  ModuleState m_;
  std::vector<HostFunc> hosts_;
  Section imports_, funcs_, tables_, memories_, tags_, globals_, exports_, elems_, data_, code_;
};

Type ModuleGenerator::value_type(bool host) {
  if (o_.exceptions && !host && c_.one_in(50)) return kExnRef;
  for (;;) {
    switch (c_.weighted({10, 8, 4, 5, 2, 2, 2, 2})) {
      case 0: return kI32;
      case 1: return kI64;
      case 2: return kF32;
      case 3: return kF64;
      case 4:
        if (o_.v128 && !host) return kV128;
        break;
      case 5:
        if (!host) return kFuncRef;
        break;
      case 6:
        if (o_.externref && !host) return kExternRef;
        break;
      default:
        if (o_.typed_refs && !host && !m_.types.empty()) return {kRefNull, c_.below(uint32_t(m_.types.size()))};
    }
  }
}

FuncType ModuleGenerator::func_type(bool host) {
  static constexpr uint32_t kCounts[] = {1, 0, 2, 3, 2, 4, 9, 18};
  FuncType t;
  for (uint32_t i = kCounts[c_.below(8)]; i-- > 0;) t.params.push_back(value_type(host));
  for (uint32_t i = kCounts[c_.below(host ? 3 : 8)]; i-- > 0;) t.results.push_back(value_type(host));
  return t;
}

void ModuleGenerator::import(std::string_view module, const std::string& name, uint8_t kind, const Bytes& description) {
  put_name(imports_.bytes, module);
  put_name(imports_.bytes, name);
  imports_.bytes.push_back(kind);
  put_bytes(imports_.bytes, description);
  ++imports_.count;
}

void ModuleGenerator::import_func(std::string_view module, const std::string& name, const FuncType& type) {
  const uint32_t index = m_.type_index(type);
  Bytes b;
  put_leb(b, index);
  import(module, name, 0, b);
  m_.funcs.push_back({index});
  ++m_.imported_funcs;
  if (module == "h") hosts_.push_back({name, type});
}

void ModuleGenerator::import_from_first() {
  for (uint32_t n = c_.below(4); n-- > 0;) {
    const uint32_t f = c_.below(uint32_t(first_->funcs.size()));
    if (!mentions_index(first_->type_of(f))) import_func("m0", "f" + std::to_string(f), first_->type_of(f));
  }
  const bool memory_allowed = !first_->memories.empty();
  if (memory_allowed && c_.one_in(2)) {
    const uint32_t i = c_.below(uint32_t(first_->memories.size()));
    Bytes b;
    put_limits(b, first_->memories[i].is64, first_->memories[i].min, first_->memories[i].max,
               first_->memories[i].shared);
    import("m0", "m" + std::to_string(i), 2, b);
    m_.memories.push_back(first_->memories[i]);
    ++m_.imported_memories;
  }
  if (!first_->tables.empty() && c_.most()) {
    const uint32_t i = c_.below(uint32_t(first_->tables.size()));
    const TableState& t = first_->tables[i];
    if (t.element.code != kRefNull) {
      Bytes b;
      put_type(b, t.element);
      put_limits(b, t.is64, t.min, t.max);
      import("m0", "t" + std::to_string(i), 1, b);
      m_.tables.push_back(t);
      ++m_.imported_tables;
    }
  }
  for (uint32_t i = 1; i < first_->globals.size(); ++i) {
    const GlobalState& g = first_->globals[i];
    if (g.type.code == kRefNull || !c_.one_in(3)) continue;
    Bytes b;
    put_type(b, g.type);
    b.push_back(g.is_mutable);
    import("m0", "g" + std::to_string(i), 3, b);
    m_.globals.push_back(g);
    ++m_.imported_globals;
  }
}

// Some of the first module's, under other numbers, and ones of its own, of the same types too.
void ModuleGenerator::tags() {
  for (uint32_t n = c_.between(1, 3); n-- > 0;) {
    FuncType t;
    for (uint32_t k = c_.below(4); k-- > 0;) t.params.push_back(c_.one_in(6) ? kExnRef : value_type(false));
    const uint32_t type = !m_.tags.empty() && c_.one_in(3) ? m_.tags[0] : m_.type_index(t);
    put_leb(tags_.bytes, 0);
    put_leb(tags_.bytes, type);
    ++tags_.count;
    m_.tags.push_back(type);
  }
}

void ModuleGenerator::imports() {
  if (first_ && o_.exceptions) {
    for (uint32_t n = c_.below(3); n-- > 0;) {
      const uint32_t i = c_.below(uint32_t(first_->tags.size()));
      const FuncType& type = first_->types[first_->tags[i]];
      if (mentions_index(type)) continue;
      Bytes b = {0};
      put_leb(b, m_.type_index(type));
      import("m0", "e" + std::to_string(i), 4, b);
      m_.tags.push_back(m_.type_index(type));
    }
  }
  if (first_) {
    import("m0", "g0", 3, {0x7f, 1});
    m_.globals.push_back({kI32, true});
    ++m_.imported_globals;
    import_from_first();
  }
  for (uint32_t n = c_.below(3), i = 0; i < n; ++i)
    import_func("h", "pure" + std::to_string(number_ * 8 + i), func_type(true));
  if (o_.exceptions && c_.one_in(2)) import_func("h", "throw:" + std::to_string(number_), {{kI32}, {kI32}});
  if (c_.one_in(3)) import_func("h", "grow:" + std::to_string(number_), {{kI32}, {kI32}});
  if (o_.host_reenters && c_.one_in(6)) import_func("h", "call:" + std::to_string(number_), {{kI32}, {kI32}});
}

void ModuleGenerator::memories_and_tables() {
  auto memory = [&](bool may_be_64) {
    const bool is64 = o_.memory64 && may_be_64 && c_.one_in(3);
    const uint32_t min = c_.one_in(2) ? 2 : 1;
    const uint32_t max = min + c_.below(3);
    const bool shared = o_.threads && c_.one_in(2);
    put_limits(memories_.bytes, is64, min, max, shared);
    ++memories_.count;
    m_.memories.push_back({is64, min, max, shared});
  };
  const uint32_t most = o_.multi_memory ? 3 : 1;
  if (m_.memories.empty()) memory(true);
  while (m_.memories.size() < most && c_.one_in(3)) memory(true);

  auto table = [&](Type element) {
    const bool is64 = o_.memory64 && c_.one_in(5);
    const uint32_t min = c_.between(4, 12), max = min + c_.below(6);
    put_type(tables_.bytes, element);
    put_limits(tables_.bytes, is64, min, max);
    ++tables_.count;
    m_.tables.push_back({element, is64, min, max});
  };
  table(kFuncRef);
  if (o_.exceptions && c_.one_in(2)) table(kExnRef);
  if (o_.externref && c_.one_in(4)) table(kExternRef);
  if (c_.one_in(4)) table(kFuncRef);
  if (o_.typed_refs && c_.one_in(4)) table({kRefNull, c_.below(uint32_t(m_.types.size()))});
}

void ModuleGenerator::globals() {
  auto global = [&](Type t, bool is_mutable) {
    put_type(globals_.bytes, t);
    globals_.bytes.push_back(is_mutable);
    put_const(globals_.bytes, c_, t);
    globals_.bytes.push_back(0x0b);
    ++globals_.count;
    m_.globals.push_back({t, is_mutable});
  };
  if (!first_) global(kI32, true);
  if (o_.exceptions && c_.one_in(2)) global(kExnRef, true);
  for (uint32_t n = c_.below(6); n-- > 0;) {
    const bool is_mutable = !c_.one_in(5);  // in this order with every compiler: a seed is one program
    global(value_type(false), is_mutable);
  }
}

void ModuleGenerator::segments() {
  auto offset = [&](bool is64, uint32_t at) {
    elems_.bytes.push_back(is64 ? 0x42 : 0x41);
    put_sleb(elems_.bytes, at);
    elems_.bytes.push_back(0x0b);
  };
  for (uint32_t t = 0; t < m_.tables.size(); ++t) {
    if (m_.tables[t].element != kFuncRef || (t < m_.imported_tables && c_.one_in(3))) continue;
    const uint32_t at = c_.below(3), n = std::min(c_.below(8), m_.tables[t].min - at);
    elems_.bytes.push_back(2);
    put_leb(elems_.bytes, t);
    offset(m_.tables[t].is64, at);
    elems_.bytes.push_back(0);
    put_leb(elems_.bytes, n);
    for (uint32_t i = 0; i < n; ++i) {
      const uint32_t f = c_.below(uint32_t(m_.funcs.size()));
      put_leb(elems_.bytes, f);
      m_.slots.push_back({t, at + i, f});
    }
    ++elems_.count;
    m_.elems.push_back({kFuncRef, 0});  // dropped once applied
  }
  for (uint32_t n = c_.below(3); n-- > 0;) {
    const uint32_t size = c_.below(6);
    elems_.bytes.push_back(1);
    elems_.bytes.push_back(0);
    put_leb(elems_.bytes, size);
    for (uint32_t i = 0; i < size; ++i) put_leb(elems_.bytes, c_.below(uint32_t(m_.funcs.size())));
    ++elems_.count;
    m_.elems.push_back({kFuncRef, size});
  }
  // Every function may be named by ref.func.
  elems_.bytes.push_back(3);
  elems_.bytes.push_back(0);
  put_leb(elems_.bytes, m_.funcs.size());
  for (uint32_t f = 0; f < m_.funcs.size(); ++f) put_leb(elems_.bytes, f);
  ++elems_.count;
  m_.elems.push_back({kFuncRef, 0});

  auto contents = [&](uint32_t size) {
    put_leb(data_.bytes, size);
    for (uint32_t i = 0; i < size; ++i) data_.bytes.push_back(uint8_t(c_.one_in(4) ? 0xff : i * 37 + size));
    ++data_.count;
    m_.data.push_back(size);
  };
  for (uint32_t n = c_.below(3); n-- > 0;) {
    data_.bytes.push_back(1);
    contents(c_.below(40));
  }
  for (uint32_t i = 0; i < m_.memories.size(); ++i) {
    const uint32_t size = c_.below(24);
    if (!m_.memories[i].min) continue;
    data_.bytes.push_back(2);
    put_leb(data_.bytes, i);
    data_.bytes.push_back(m_.memories[i].is64 ? 0x42 : 0x41);
    put_sleb(data_.bytes, c_.one_in(3) ? kPage - size : c_.below(256));
    data_.bytes.push_back(0x0b);
    contents(size);
    m_.data.back() = 0;
  }
}

void ModuleGenerator::exports() {
  auto all = [&](char letter, uint8_t kind, size_t n) {
    for (size_t i = 0; i < n; ++i) {
      put_name(exports_.bytes, letter + std::to_string(i));
      exports_.bytes.push_back(kind);
      put_leb(exports_.bytes, i);
      ++exports_.count;
    }
  };
  all('f', 0, m_.funcs.size());
  all('t', 1, m_.tables.size());
  all('m', 2, m_.memories.size());
  all('g', 3, m_.globals.size());
  all('e', 4, m_.tags.size());
}

GeneratedModule ModuleGenerator::run() {
  for (uint32_t n = c_.between(2, 5); n-- > 0;) m_.types.push_back(func_type(false));
  imports();
  const uint32_t defined = c_.between(1, 5);
  for (uint32_t i = 0; i < defined; ++i) {
    const uint32_t t = c_.below(uint32_t(m_.types.size()));
    put_leb(funcs_.bytes, t);
    ++funcs_.count;
    m_.funcs.push_back({t});
  }
  memories_and_tables();
  if (o_.exceptions) tags();
  globals();
  segments();
  exports();
  for (uint32_t i = 0; i < defined; ++i) {
    put_bytes(code_.bytes, generate_body(c_, o_, m_, m_.imported_funcs + i));
    ++code_.count;
  }
  Section types;  // last, for bodies add to them
  for (const FuncType& t : m_.types) put_func_type(types.bytes, t);
  types.count = uint32_t(m_.types.size());
  Bytes out = {0, 'a', 's', 'm', 1, 0, 0, 0};
  types.put(out, 1);
  imports_.put(out, 2);
  funcs_.put(out, 3);
  tables_.put(out, 4);
  memories_.put(out, 5);
  tags_.put(out, 13);
  globals_.put(out, 6);
  exports_.put(out, 7);
  elems_.put(out, 9);
  if (data_.count) {
    Bytes n;
    put_leb(n, data_.count);
    out.push_back(12);
    put_leb(out, n.size());
    put_bytes(out, n);
  }
  code_.put(out, 10);
  data_.put(out, 11);
  GeneratedModule g{std::move(out), std::move(hosts_), {}, m_.imported_funcs, {}};
  for (uint32_t i = 0; i < m_.funcs.size(); ++i) g.funcs.push_back(m_.type_of(i));
  for (const GlobalState& global : m_.globals) g.globals.push_back(global.type);
  return g;
}

uint64_t interesting(Choices& c, unsigned bits) {
  switch (c.weighted({6, 4, 2, 3})) {
    case 0: return uint64_t(int64_t(c.below(16)) - 7);
    case 1: {  // around a power of two
      const uint64_t p = uint64_t{1} << c.below(bits);
      return p + c.below(3) - 1;
    }
    case 2: return c.one_in(2) ? ~uint64_t{0} << c.below(bits) : ~uint64_t{0} >> c.below(64);
    default: return c.draw64();
  }
}

uint64_t float_bits(Choices& c, bool wide) {
  static constexpr uint64_t k64[] = {0,
                                     0x3ff0000000000000,   // 1
                                     0xbff0000000000000,
                                     0x8000000000000000,   // -0
                                     0x7ff0000000000000,   // infinity
                                     0xfff0000000000000,
                                     0x7ff8000000000000,   // the canonical NaN
                                     0x0000000000000001,   // least subnormal
                                     0x41dfffffffc00000,   // 2^31 - 1
                                     0xc1e0000000000000,   // -2^31
                                     0x41efffffffe00000,   // 2^32 - 1
                                     0x43e0000000000000,   // 2^63
                                     0xc3e0000000000000,
                                     0x43f0000000000000,   // 2^64
                                     0x3fe0000000000000,   // 0.5
                                     0x4004000000000000};  // 2.5
  static constexpr uint32_t k32[] = {0,          0x3f800000, 0xbf800000, 0x80000000, 0x7f800000, 0xff800000,
                                     0x7fc00000, 0x00000001, 0x4f000000, 0xcf000000, 0x4f800000, 0x5f000000,
                                     0xdf000000, 0x5f800000, 0x3f000000, 0x40200000};
  if (!c.one_in(4)) return wide ? k64[c.below(16)] : k32[c.below(16)];
  // Anything that is no NaN.
  const uint64_t bits = wide ? c.draw64() : c.draw();
  if (wide) return (bits & 0x7ff0000000000000) == 0x7ff0000000000000 ? bits & 0x800fffffffffffff : bits;
  return (bits & 0x7f800000) == 0x7f800000 ? bits & 0x807fffff : bits;
}

// Lanes of one width: mostly what is at the ends of their range, often all alike.
std::pair<uint64_t, uint64_t> vector_bits(Choices& c) {
  if (c.one_in(6)) return c.one_in(2) ? std::pair{uint64_t{0}, uint64_t{0}} : std::pair{~uint64_t{0}, ~uint64_t{0}};
  const bool floats = c.one_in(3), alike = c.one_in(2);
  const unsigned width = floats ? 32u << c.below(2) : 8u << c.below(4);
  uint64_t halves[2] = {0, 0}, lane = 0;
  for (unsigned at = 0; at < 128; at += width) {
    if (at == 0 || !alike) lane = floats ? float_bits(c, width == 64) : interesting(c, width);
    const uint64_t bits = width == 64 ? lane : lane & ((uint64_t{1} << width) - 1);
    halves[at / 64] |= bits << at % 64;
  }
  return {halves[0], halves[1]};
}

Value argument(Choices& c, Type t) {
  Value v{t};
  if (t == kI32) v.low = uint32_t(interesting(c, 32));
  if (t == kI64) v.low = interesting(c, 64);
  if (t == kF32) v.low = float_bits(c, false);
  if (t == kF64) v.low = float_bits(c, true);
  if (t == kV128) std::tie(v.low, v.high) = vector_bits(c);
  if (t == kExternRef) v.low = c.below(4);
  return v;
}

}  // namespace

void put_const(Bytes& b, Choices& c, Type t) {
  switch (t.code) {
    case 0x7f: b.push_back(0x41); put_sleb(b, int32_t(interesting(c, 32))); return;
    case 0x7e: b.push_back(0x42); put_sleb(b, int64_t(interesting(c, 64))); return;
    case 0x7d: b.push_back(0x43); put_fixed(b, float_bits(c, false), 4); return;
    case 0x7c: b.push_back(0x44); put_fixed(b, float_bits(c, true), 8); return;
    case 0x7b: {
      b.push_back(0xfd);
      b.push_back(12);
      const auto [low, high] = vector_bits(c);
      put_fixed(b, low, 8);
      put_fixed(b, high, 8);
      return;
    }
    case kRefNull:
      b.push_back(0xd0);
      put_sleb(b, t.index);
      return;
    default: b.push_back(0xd0); b.push_back(t.code); return;
  }
}

Program generate(Choices& c, const Options& options) {
  Program p;
  Options o = options;
  // Frames past 16-bit cells are slow to clear, so they are rare and the budget is small with them.
  if (o.far_frames) o.far_frames = c.one_in(80);
  if (o.far_frames) o.size = std::min(o.size, 20u);
  if (o.host_reenters) o.host_reenters = c.one_in(4);
  // There are more vector instructions than others: half of the programs have none, and few of those move vectors.
  o.simd = o.simd && o.v128 && c.one_in(2);
  if (!o.simd) o.v128 = o.v128 && c.one_in(4);
  p.host_reenters = o.host_reenters;
  p.budget = o.far_frames ? int32_t(c.between(4, 12)) : int32_t(c.between(20, 200));
  ModuleGenerator first(c, o, 0, nullptr);
  {
    Choices::Part part(c);
    p.modules.push_back(first.run());
  }
  if (o.two_modules && c.one_in(3)) {
    Choices::Part part(c);
    ModuleGenerator second(c, o, 1, &first.state());
    p.modules.push_back(second.run());
  }
  for (unsigned n = 1 + c.below(options.calls); n-- > 0;) {
    Choices::Part part(c);
    Call call{c.below(uint32_t(p.modules.size())), 0, {}};
    const GeneratedModule& m = p.modules[call.module];
    call.func = m.imported_funcs + c.below(uint32_t(m.funcs.size()) - m.imported_funcs);
    for (Type t : m.funcs[call.func].params) call.args.push_back(argument(c, t));
    p.calls.push_back(std::move(call));
  }
  return p;
}

}  // namespace wjit::fuzz
