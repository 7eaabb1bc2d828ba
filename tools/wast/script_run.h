// One script in one store: its definitions, instances and registered names, and the verdict on each command.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tools/wast/policy.h"
#include "tools/wast/script.h"
#include "vmcontext/traps.h"
#include "wjit/wjit.hpp"

namespace wjit::wast {

struct Verdict {
  enum class Kind : uint8_t { kPassed, kFailed, kSkipped };
  Kind kind = Kind::kPassed;
  std::string expected, found;  // of a failure
  std::string reason;           // of a skip

  static Verdict pass() { return {}; }
  static Verdict fail(std::string expected, std::string found) {
    return {Kind::kFailed, std::move(expected), std::move(found), {}};
  }
  static Verdict skip(std::string reason) { return {Kind::kSkipped, {}, {}, std::move(reason)}; }
};

// How a script's calls are made; empty: Func::call.
using CallFunction = std::function<TrapResult<std::vector<Val>>(Store&, const Func&, const std::vector<Val>&)>;

class ScriptRun {
 public:
  // `on_module`, if given, is called for each module made.
  ScriptRun(Engine engine, const ScriptPolicy& policy, CallFunction call = {},
            std::function<void(const Module&)> on_module = nullptr);
  Verdict run(const Command& command);

 private:
  // Why something a command needs is not there: what made it was skipped, or failed.
  struct Absence {
    bool skipped = false;
    std::string why;
  };
  template <class T>
  struct Slot {
    std::optional<T> value;
    Absence absence{false, "none was made before"};
  };

  // How a compilation, instantiation or call ended.
  struct Outcome {
    enum class Kind : uint8_t { kDone, kTrap, kUnsupported, kError, kMissing };
    Kind kind = Kind::kDone;
    std::vector<Val> values;
    vm::TrapCode trap = vm::TrapCode::kNone;
    ErrorKind error = ErrorKind::kUsage;
    std::string text;      // what was found, in words
    bool skipped = false;  // kMissing: because of a skip
  };
  static Outcome from_error(const Error& error);
  static Outcome from_trap(const TrapError& error);
  static Outcome missing(const Absence& absence, const std::string& what);

  Outcome compile(const ModuleDefinition& m, Slot<Module>& out);
  Outcome instantiate(const Slot<Module>& module, Slot<Instance>& out);
  Outcome call(const Action& action);
  void note_skipped_setup(const Action& action);
  Outcome register_as(const Registration& r);
  Outcome perform(const Command& command);
  // Remembers what a plain command made or failed to make.
  Outcome define(const ModuleDefinition& m);
  Outcome instantiate_plain(const ModuleInstance& m);
  // Fills in why an empty slot is empty.
  template <class T>
  void explain(Slot<T>& slot, const Outcome& outcome);

  Verdict judge(const Command& command, const Outcome& outcome);
  Verdict judge_results(const Command& command, const Outcome& outcome);
  Verdict judge_refusal(const Command& command, const Outcome& outcome, ErrorKind expected);
  bool refused_as_legacy(const Outcome& outcome) const;

  const Engine engine_;
  const ScriptPolicy policy_;
  const CallFunction call_;
  const std::function<void(const Module&)> on_module_;
  Store store_;
  Linker linker_;
  std::optional<Error> spectest_error_;
  std::map<std::string, Slot<Module>> definitions_;  // "" is the latest
  std::map<std::string, Slot<Instance>> instances_;  // the same
  std::map<std::string, Absence> missing_registrations_;
  // Instances on which a bare call was skipped: it was there to set something up, so what later calls find in
  // them says nothing, be it right or wrong.
  std::set<rt::Instance*> unprepared_;
};

}  // namespace wjit::wast
