// `test run`. IR runs alone, on a memory of 64 KiB that the contexts point at; modules run twice, in the interpreter of
// bytecode and in that of the IR, each on an instance of its own, and must end alike in everything.
#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cstring>

#include "compiler/ir/verify.h"
#include "runtime/instantiate.h"
#include "tools/filetest/subject.h"
#include "tools/irhost/instance_host.h"

namespace wjit::filetest {
namespace {

using ireval::Bits, ireval::Outcome;

// One call of a function, and how it must end.
struct Call {
  std::string name;
  std::vector<std::string> arguments;
  std::string expected;  // as render() writes it
};

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
  while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
  return s;
}
std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (!trimmed(list).empty()) {
    parts.emplace_back(trimmed(list.substr(0, list.find(','))));
    list.remove_prefix(std::min(list.size(), list.find(',') == list.npos ? list.size() : list.find(',') + 1));
  }
  return parts;
}
Result<Call> parse_call(std::string_view text) {
  const size_t open = text.find('('), close = text.find(')');
  if (open == text.npos || close == text.npos || close < open)
    return fail(ErrorKind::kUsage, "expected NAME(ARGUMENTS) == RESULTS or NAME(ARGUMENTS) traps NAME");
  Call c{std::string(trimmed(text.substr(0, open))), split(text.substr(open + 1, close - open - 1)), ""};
  std::string_view rest = trimmed(text.substr(close + 1));
  if (rest.starts_with("=="))
    for (const std::string& r : split(rest.substr(2))) c.expected += (c.expected.empty() ? "" : ", ") + r;
  else
    c.expected = rest;
  return c;
}

template <class T>
bool read(std::string_view s, T& out) {
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), out);
  return error == std::errc() && end == s.data() + s.size();
}
Result<Bits> parse_value(ir::Type t, std::string_view s) {
  if (ir::is_float(t) && !s.starts_with("0x")) {
    double wide = 0;
    float narrow = 0;
    if (t == ir::Type::kF32 ? read(s, narrow) : read(s, wide))
      return Bits{t == ir::Type::kF32 ? std::bit_cast<uint32_t>(narrow) : std::bit_cast<uint64_t>(wide)};
  }
  uint64_t n = 0;
  const bool negative = s.starts_with('-'), hex = s.substr(negative).starts_with("0x");
  const std::string_view digits = s.substr(negative + 2 * hex);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n, hex ? 16 : 10);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
    return fail(ErrorKind::kUsage, fmt::format("expected a value of type {}, found `{}`", ir::kTypeNames[size_t(t)], s));
  return Bits{negative ? 0 - n : n};
}
std::string render(ir::Type t, const Bits& b) {
  switch (t) {
    case ir::Type::kI32: return fmt::format("{}", static_cast<int32_t>(b.u32()));
    case ir::Type::kI64: return fmt::format("{}", static_cast<int64_t>(b.lo));
    case ir::Type::kF32: return fmt::format("{}", std::bit_cast<float>(b.u32()));
    case ir::Type::kF64: return fmt::format("{}", std::bit_cast<double>(b.lo));
    default: return fmt::format("0x{:016x}{:016x}", b.hi, b.lo);
  }
}
std::string render(const ir::Signature& s, const Outcome& o) {
  if (o.kind == Outcome::Kind::kMistake) return "mistake: " + o.mistake;
  if (o.kind == Outcome::Kind::kTrapped) {
    std::string text = fmt::format("traps {}", vm::name(o.trap));
    if (!o.frames.empty() && o.frames[0].wasm_offset != 0) text += fmt::format(" @{:x}", o.frames[0].wasm_offset);
    return text;
  }
  if (o.kind == Outcome::Kind::kThrown) return fmt::format("throws tag{} {}", o.exception.tag, o.exception.value);
  std::string text;
  for (size_t i = 0; i < o.results.size(); ++i) text += (i ? ", " : "") + render(s.results[i], o.results[i]);
  return text;
}

Result<std::vector<Bits>> parse_arguments(const ir::Signature& s, const Call& c) {
  if (c.arguments.size() != s.params.size())
    return fail(ErrorKind::kUsage, fmt::format("{} arguments, expected {}", c.arguments.size(), s.params.size()));
  std::vector<Bits> arguments;
  for (size_t i = 0; i < s.params.size(); ++i) {
    WJIT_TRY(const Bits b, parse_value(s.params[i], c.arguments[i]));
    arguments.push_back(b);
  }
  return arguments;
}

// A trap's offset is compared where the expectation has one.
Result<void> compare(const Call& c, std::string found) {
  if (c.expected.find('@') == std::string::npos) found = found.substr(0, found.find(" @"));
  if (found == c.expected) return {};
  return fail(ErrorKind::kInvalid, fmt::format("found {}", found.empty() ? "no results" : found));
}

// ---- IR -----------------------------------------------------------------------------------------------------------

struct PlainHost : ireval::Host {
  const std::vector<ir::Function>& functions;
  std::vector<uint8_t> memory = std::vector<uint8_t>(64 << 10);

  explicit PlainHost(const std::vector<ir::Function>& f) : functions(f) {}
  uint64_t vmctx() const { return reinterpret_cast<uint64_t>(memory.data()); }
  ireval::Signal access(uint64_t& address, uint32_t bytes, ir::Access access, bool) override {
    const uint64_t at = address - vmctx();
    if (at < memory.size() && bytes <= memory.size() - at) return {};
    if (access.traps) return {vm::TrapCode::kMemoryOutOfBounds};
    return {.mistake = "an access outside of the memory, without a check"};
  }
  ireval::Callee direct(uint32_t defined, uint64_t vmctx) override {
    return defined < functions.size() ? ireval::Callee{&functions[defined], vmctx} : ireval::Callee{};
  }
  ireval::Callee indirect(uint64_t code, uint64_t callee_vmctx) override {
    return code < functions.size() ? direct(static_cast<uint32_t>(code), callee_vmctx) : ireval::Callee{};
  }
  // Functions from number 1000 on throw: an exception of the tag that is left, whose value is their first argument.
  ireval::Signal call(const ireval::NativeCall& c) override {
    if (c.code < kThrowers) return Host::call(c);
    return {.thrown = ireval::Exception{static_cast<uint32_t>(c.code - kThrowers),
                                        c.arguments.empty() ? 0 : defined_bits(c.signature.params[0], c.arguments[0])}};
  }
  static constexpr uint64_t kThrowers = 1000;
  static uint64_t defined_bits(ir::Type t, const Bits& b) { return ir::bytes_of(t) == 4 ? b.u32() : b.lo; }
};

constexpr ireval::Limits kLimits{.steps = 10'000'000};

Result<std::string> run_ir(const File& file, const Call& c) {
  WJIT_TRY(const auto functions, functions_of(file, {}));
  for (const ir::Function& f : functions) WJIT_CHECK(ir::verify(f));
  for (const ir::Function& f : functions) {
    if (f.name != c.name) continue;
    WJIT_TRY(const auto arguments, parse_arguments(f.signature, c));
    PlainHost host(functions);
    WJIT_CHECK(compare(c, render(f.signature, ireval::run(host, f, host.vmctx(), arguments, kLimits))));
    return std::string();
  }
  return fail(ErrorKind::kUsage, fmt::format("there is no function \"{}\"", c.name));
}

// ---- modules ------------------------------------------------------------------------------------------------------

struct World {
  Result<void> load(const File& file) {
    engine = std::make_shared<rt::Engine>(engine_config());
    WJIT_CHECK(engine->enable_native_code());
    store = std::make_unique<rt::Store>(engine);
    WJIT_TRY(const auto module, load_module(engine, file));
    auto made = rt::instantiate(*store, module, {});
    if (!made) return fail(ErrorKind::kInvalid, to_string(made.err()));
    instance = made.ok();
    return {};
  }
  std::shared_ptr<rt::Engine> engine;
  std::unique_ptr<rt::Store> store;
  rt::Instance* instance = nullptr;
};

Val to_val(ir::Type t, const Bits& b) {
  switch (t) {
    case ir::Type::kI32: return Val(b.u32());
    case ir::Type::kI64: return Val(b.lo);
    case ir::Type::kF32: return Val::f32_bits(b.u32());
    default: return Val::f64_bits(b.lo);
  }
}
Bits from_val(const Val& v) {
  switch (v.kind()) {
    case ValKind::kI32: return {static_cast<uint32_t>(v.i32())};
    case ValKind::kI64: return {static_cast<uint64_t>(v.i64())};
    case ValKind::kF32: return {v.f32_bits()};
    case ValKind::kF64: return {v.f64_bits()};
    default: return {v.is_null_ref() ? 0u : 1u};
  }
}
Outcome outcome_of(const TrapResult<std::vector<Val>>& result) {
  Outcome o;
  if (result) {
    for (const Val& v : result.ok()) o.results.push_back(from_val(v));
  } else if (const auto* trap = std::get_if<wjit::Trap>(&result.err())) {
    o.kind = Outcome::Kind::kTrapped;
    o.trap = static_cast<vm::TrapCode>(trap->code());
    for (const Frame& f : trap->trace()) o.frames.push_back({f.func_index, static_cast<uint32_t>(f.module_offset)});
  } else {
    o.kind = Outcome::Kind::kMistake;
    o.mistake = std::get<Error>(result.err()).message();
  }
  return o;
}

// Memories and globals, byte for byte.
Result<void> compare_state(World& a, World& b) {
  const wasm::Module& w = a.instance->wasm();
  for (uint32_t i = 0; i < w.memories.size(); ++i) {
    const auto *x = a.instance->memory(i), *y = b.instance->memory(i);
    if (x->current_length != y->current_length || std::memcmp(x->base, y->base, x->current_length) != 0)
      return fail(ErrorKind::kInvalid, fmt::format("memory {} is not what the interpreter leaves", i));
  }
  for (uint32_t i = 0; i < w.globals.size(); ++i) {
    if (w.globals[i].type.type.is_ref()) continue;  // an address is another in each
    if (std::memcmp(a.instance->global(i), b.instance->global(i), 16) != 0)
      return fail(ErrorKind::kInvalid, fmt::format("global {} is not what the interpreter leaves", i));
  }
  return {};
}

Result<std::string> run_module(const File& file, const Call& c) {
  World bytecode, ir_world;
  WJIT_CHECK(bytecode.load(file));
  WJIT_CHECK(ir_world.load(file));
  const wasm::Module& w = bytecode.instance->wasm();
  const wasm::Export* found = nullptr;
  for (const wasm::Export& e : w.exports)
    if (e.name == c.name && e.kind == wasm::ExternKind::kFunc) found = &e;
  if (!found || found->index < w.imported_funcs)
    return fail(ErrorKind::kUsage, fmt::format("there is no exported function \"{}\"", c.name));

  irhost::InstanceHost host(*ir_world.store);
  std::string why;
  const ir::Function* f = host.translation(*ir_world.instance->module, found->index - w.imported_funcs, &why);
  if (!f) return fail(ErrorKind::kUnsupported, why);
  const ir::Signature& s = f->signature;
  WJIT_TRY(const auto arguments, parse_arguments(s, c));
  std::vector<Val> values;
  for (size_t i = 0; i < arguments.size(); ++i) values.push_back(to_val(s.params[i], arguments[i]));
  rt::Store& store = *bytecode.store;
  const Outcome x =
      outcome_of(Func::from_raw(bytecode.instance->func_ref(found->index)).call(Store::Context(&store), values));
  const Outcome y = outcome_of(host.call_function(ir_world.instance->func_ref(found->index), values, kLimits));
  WJIT_CHECK(compare(c, render(s, y)));
  if (render(s, x) != render(s, y))
    return fail(ErrorKind::kInvalid, fmt::format("the interpreter: {}; the IR: {}", render(s, x), render(s, y)));
  if (x.frames != y.frames) return fail(ErrorKind::kInvalid, "the backtrace is not the interpreter's");
  WJIT_CHECK(compare_state(bytecode, ir_world));
  return std::string();
}

}  // namespace

Result<std::string> run_call(const File& file, std::string_view argument) {
  WJIT_TRY(const Call c, parse_call(argument));
  return file.is_text_module() ? run_module(file, c) : run_ir(file, c);
}

}  // namespace wjit::filetest
