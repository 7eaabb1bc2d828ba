#include "tools/wast/script_run.h"

#include <fmt/format.h>

#include "compiler/wasm/text/parse_wat.h"
#include "runtime/compiled_module.h"
#include "tools/wast/compare.h"
#include "tools/wast/spectest.h"

namespace wjit::wast {
namespace {

const char* name_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kMalformed:
      return "malformed";
    case ErrorKind::kInvalid:
      return "invalid";
    case ErrorKind::kUnsupported:
      return "unsupported";
    case ErrorKind::kLimit:
      return "past a limit";
    case ErrorKind::kLink:
      return "unlinkable";
    case ErrorKind::kTrap:
      return "trap";
    case ErrorKind::kExit:
      return "exit";
    case ErrorKind::kResource:
      return "out of resources";
    case ErrorKind::kIo:
      return "input/output error";
    case ErrorKind::kUsage:
      return "usage error";
    case ErrorKind::kInternal:
      return "mistake of the compiler";
  }
  return "error";
}

std::string print(const std::vector<Val>& values) {
  std::string out;
  for (const Val& v : values) out += (out.empty() ? "" : " ") + to_string(v);
  return out.empty() ? "no values" : out;
}

std::string print(const std::vector<Value>& values) {
  std::string out;
  for (const Value& v : values) out += (out.empty() ? "" : " ") + to_string(v);
  return out.empty() ? "no values" : out;
}

}  // namespace

ScriptRun::ScriptRun(Engine engine, const ScriptPolicy& policy, CallFunction call,
                     std::function<void(const Module&)> on_module)
    : engine_(std::move(engine)),
      policy_(policy),
      call_(std::move(call)),
      on_module_(std::move(on_module)),
      store_(engine_),
      linker_(engine_) {
  linker_.allow_shadowing(true);  // scripts register a name more than once
  auto defined = define_spectest(linker_, store_, policy.features.has(Feature::kThreads));
  if (!defined) spectest_error_ = defined.error();
}

// --- how things end
// -------------------------------------------------------------------------------------------

ScriptRun::Outcome ScriptRun::from_error(const Error& error) {
  Outcome o;
  o.kind = error.kind() == ErrorKind::kUnsupported ? Outcome::Kind::kUnsupported : Outcome::Kind::kError;
  o.error = error.kind();
  o.text = fmt::format("{}: {}", name_of(error.kind()), error.to_string());
  return o;
}

ScriptRun::Outcome ScriptRun::from_trap(const TrapError& error) {
  if (auto* e = std::get_if<Error>(&error)) return from_error(*e);
  const Trap& trap = std::get<Trap>(error);
  Outcome o;
  o.kind = Outcome::Kind::kTrap;
  o.text = "trap: " + trap.message();
  if (trap.kind() != Trap::Kind::kWasm && trap.kind() != Trap::Kind::kException) {
    o.kind = Outcome::Kind::kError;
    return o;
  }
  o.trap = static_cast<vm::TrapCode>(trap.code());
  if (o.trap == vm::TrapCode::kUnsupported) o.kind = Outcome::Kind::kUnsupported;
  return o;
}

ScriptRun::Outcome ScriptRun::missing(const Absence& absence, const std::string& what) {
  Outcome o;
  o.kind = Outcome::Kind::kMissing;
  o.skipped = absence.skipped;
  o.text = what + ": " + absence.why;
  return o;
}

bool ScriptRun::refused_as_legacy(const Outcome& o) const {
  return policy_.expects_legacy_refusal && o.kind == Outcome::Kind::kUnsupported &&
         o.text.find("legacy") != std::string::npos;
}

template <class T>
void ScriptRun::explain(Slot<T>& slot, const Outcome& o) {
  if (slot.value) return;
  slot.absence.skipped = (o.kind == Outcome::Kind::kUnsupported && policy_.skip_unsupported) ||
                         (o.kind == Outcome::Kind::kMissing && o.skipped);
  slot.absence.why = o.text;
}

// --- doing what a command says
// --------------------------------------------------------------------------------

ScriptRun::Outcome ScriptRun::compile(const ModuleDefinition& m, Slot<Module>& out) {
  wasm::text::TextModule parsed;
  if (const auto* text = std::get_if<TextModule>(&m.source)) {
    auto made = wasm::text::parse_wat(text->text, {.features = policy_.features, .start = text->start, .lines = false});
    if (!made) return from_error(made.error());
    parsed = std::move(*made);
  }
  const auto* binary = std::get_if<BinaryModule>(&m.source);
  const std::vector<uint8_t>& bytes = binary ? binary->bytes : parsed.binary;
  auto module = Module::compile(engine_, bytes);
  if (!module) return from_error(module.err());
  // A lazy engine has not looked at the bodies yet; a script's verdict is on all of them.
  if (engine_.config().mode == CompilationMode::kLazy) {
    auto valid = Module::validate(engine_, bytes);
    if (!valid) return from_error(valid.err());
  }
  if (on_module_) on_module_(module.ok());
  out.value = std::move(module).ok();
  return {};
}

ScriptRun::Outcome ScriptRun::instantiate(const Slot<Module>& module, Slot<Instance>& out) {
  if (!module.value) return missing(module.absence, "no module");
  for (const ImportType& import : module.value->imports()) {
    auto it = missing_registrations_.find(import.module);
    if (it != missing_registrations_.end())
      return missing(it->second, "no instance \"" + import.module + "\"");
  }
  auto instance = linker_.instantiate(store_, *module.value);
  if (instance) {
    out.value = std::move(instance).ok();
    return {};
  }
  Outcome o = from_trap(instance.err());
  // "An initialiser needs a GC object" is a link error by kind, but says nothing about the imports.
  const auto& gc = module.value->impl().gc_initialiser();
  if (gc && o.kind == Outcome::Kind::kError && o.text.find(gc->message()) != std::string::npos) {
    o.kind = Outcome::Kind::kUnsupported;
  }
  return o;
}

ScriptRun::Outcome ScriptRun::call(const Action& action) {
  const Slot<Instance>& slot = instances_[action.instance];
  if (!slot.value)
    return missing(slot.absence, "no instance" + (action.instance.empty() ? "" : ' ' + action.instance));
  if (unprepared_.contains(slot.value->raw()))
    return missing({true, "a call before was skipped"}, "its state");
  auto item = slot.value->get(store_, action.name);
  Outcome o;
  o.kind = Outcome::Kind::kError;
  if (action.is_get) {
    auto* global = item ? std::get_if<Global>(&*item) : nullptr;
    o.text = fmt::format("no global \"{}\" among the exports", action.name);
    if (!global) return o;
    o.kind = Outcome::Kind::kDone;
    o.values.push_back(global->get(store_));
    return o;
  }
  auto* func = item ? std::get_if<Func>(&*item) : nullptr;
  o.text = fmt::format("no function \"{}\" among the exports", action.name);
  if (!func) return o;
  std::vector<Val> args;
  for (const Value& v : action.args) {
    auto arg = to_val(v);
    o.kind = Outcome::Kind::kUnsupported;
    o.text = fmt::format("unsupported: the argument {}", to_string(v));
    if (!arg) return o;
    args.push_back(std::move(*arg));
  }
  auto results = call_ ? call_(store_, *func, args) : func->call(store_, args);
  if (!results) return from_trap(results.err());
  o.kind = Outcome::Kind::kDone;
  o.values = std::move(results).ok();
  return o;
}

ScriptRun::Outcome ScriptRun::register_as(const Registration& r) {
  const Slot<Instance>& slot = instances_[r.instance];
  missing_registrations_.erase(r.as);
  if (!slot.value) {
    missing_registrations_[r.as] = slot.absence;
    return missing(slot.absence, "no instance" + (r.instance.empty() ? "" : ' ' + r.instance));
  }
  auto defined = linker_.define_instance(store_, r.as, *slot.value);
  return defined ? Outcome{} : from_error(defined.err());
}

ScriptRun::Outcome ScriptRun::define(const ModuleDefinition& m) {
  Slot<Module> module;
  Outcome o = compile(m, module);
  explain(module, o);
  // What depends on a module that had to be refused is no failure of its own.
  if (refused_as_legacy(o)) module.absence.skipped = true;
  definitions_[m.name] = definitions_[""] = module;
  if (m.definition_only || refused_as_legacy(o)) {
    if (!m.definition_only) instances_[m.name] = instances_[""] = Slot<Instance>{{}, module.absence};
    return o;
  }
  Slot<Instance> instance;
  Outcome made = o.kind == Outcome::Kind::kDone ? instantiate(module, instance) : o;
  explain(instance, made);
  instances_[m.name] = instances_[""] = instance;
  return made;
}

ScriptRun::Outcome ScriptRun::instantiate_plain(const ModuleInstance& m) {
  Slot<Instance> instance;
  Outcome o = instantiate(definitions_[m.definition], instance);
  explain(instance, o);
  instances_[m.instance] = instances_[""] = instance;
  return o;
}

ScriptRun::Outcome ScriptRun::perform(const Command& c) {
  if (auto* action = std::get_if<Action>(&c.subject)) return call(*action);
  if (auto* registration = std::get_if<Registration>(&c.subject)) return register_as(*registration);
  if (!c.is_assertion()) {
    if (auto* m = std::get_if<ModuleDefinition>(&c.subject)) return define(*m);
    return instantiate_plain(std::get<ModuleInstance>(c.subject));
  }
  // What an assertion makes leaves no name behind.
  Slot<Instance> instance;
  if (auto* m = std::get_if<ModuleInstance>(&c.subject))
    return instantiate(definitions_[m->definition], instance);
  Slot<Module> module;
  Outcome o = compile(std::get<ModuleDefinition>(c.subject), module);
  bool about_linking = c.kind == Command::Kind::kAssertTrap || c.kind == Command::Kind::kAssertUnlinkable;
  return o.kind == Outcome::Kind::kDone && about_linking ? instantiate(module, instance) : o;
}

// --- verdicts
// -------------------------------------------------------------------------------------------------

Verdict ScriptRun::run(const Command& command) {
  if (spectest_error_) return Verdict::fail("the module \"spectest\"", spectest_error_->to_string());
  Verdict v = judge(command, perform(command));
  const Action* action = std::get_if<Action>(&command.subject);
  if (action && !command.is_assertion() && v.kind == Verdict::Kind::kSkipped) note_skipped_setup(*action);
  return v;
}

void ScriptRun::note_skipped_setup(const Action& action) {
  const Slot<Instance>& slot = instances_[action.instance];
  if (slot.value) unprepared_.insert(slot.value->raw());
}

Verdict ScriptRun::judge_results(const Command& c, const Outcome& o) {
  std::string expected = print(c.results);
  if (o.kind != Outcome::Kind::kDone) return Verdict::fail(expected, o.text);
  bool same = o.values.size() == c.results.size();
  for (size_t i = 0; same && i < o.values.size(); ++i) same = matches(c.results[i], o.values[i]);
  return same ? Verdict::pass() : Verdict::fail(expected, print(o.values));
}

Verdict ScriptRun::judge_refusal(const Command& c, const Outcome& o, ErrorKind expected) {
  if (o.kind == Outcome::Kind::kError && o.error == expected) return Verdict::pass();
  // Where the folder switched a feature off, "not supported" is how that feature's use is refused.
  if (o.kind == Outcome::Kind::kUnsupported && (policy_.features_removed || refused_as_legacy(o))) {
    return Verdict::pass();
  }
  std::string what = fmt::format("an error of kind \"{}\" ({})", name_of(expected), c.message);
  return Verdict::fail(what, o.kind == Outcome::Kind::kDone ? "no error" : o.text);
}

Verdict ScriptRun::judge(const Command& c, const Outcome& o) {
  using Kind = Command::Kind;
  bool about_bytes = c.kind == Kind::kAssertInvalid || c.kind == Kind::kAssertMalformed;
  if (o.kind == Outcome::Kind::kMissing && o.skipped && policy_.skip_unsupported) {
    return Verdict::skip(policy_.skip_unsupported);
  }
  if (!c.is_assertion() && refused_as_legacy(o)) return Verdict::pass();
  if (o.kind == Outcome::Kind::kUnsupported && !about_bytes && policy_.skip_unsupported) {
    return Verdict::skip(policy_.skip_unsupported);
  }
  switch (c.kind) {
    case Kind::kPlain:
      return o.kind == Outcome::Kind::kDone ? Verdict::pass() : Verdict::fail("success", o.text);
    case Kind::kAssertReturn:
      return judge_results(c, o);
    case Kind::kAssertInvalid:
      return judge_refusal(c, o, ErrorKind::kInvalid);
    case Kind::kAssertMalformed:
      return judge_refusal(c, o, ErrorKind::kMalformed);
    case Kind::kAssertUnlinkable:
      return judge_refusal(c, o, ErrorKind::kLink);
    case Kind::kAssertInvalidCustom:
      return judge_refusal(c, o, ErrorKind::kInvalid);
    case Kind::kAssertMalformedCustom:
      return judge_refusal(c, o, ErrorKind::kMalformed);
    case Kind::kAssertTrap:
    case Kind::kAssertExhaustion:
    case Kind::kAssertException:
      break;
  }
  bool same = o.kind == Outcome::Kind::kTrap &&
              (c.kind == Kind::kAssertException ? o.trap == vm::TrapCode::kUncaughtException
                                                : vm::trap_matches(o.trap, c.message));
  if (same) return Verdict::pass();
  std::string expected = c.kind == Kind::kAssertException ? "an exception" : "trap: " + c.message;
  return Verdict::fail(expected, o.kind == Outcome::Kind::kDone ? print(o.values) : o.text);
}

}  // namespace wjit::wast
