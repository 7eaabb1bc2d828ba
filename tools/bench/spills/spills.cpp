// tools/dev bench spills: both engines' code of the kernels, and what their innermost loops load from and
// store to the stack. The C library's functions, those that all kernels have, are left out.
#include "tools/bench/spills/spills.h"

#include <stdlib.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>

#include "tools/bench/engines.h"
#include "tools/bench/spills/count.h"

namespace wjit::bench {
namespace {

struct Sum {
  unsigned functions = 0, loops = 0, loads = 0, stores = 0, instructions = 0, unfollowed = 0;

  unsigned spills() const { return loads + stores; }
  void add(const FunctionCount& c) {
    functions++;
    loops += unsigned(c.loops.size());
    loads += c.loads;
    stores += c.stores;
    instructions += c.loop_instructions;
    unfollowed += c.unfollowed;
  }
  void add(const Sum& s) {
    functions += s.functions;
    loops += s.loops;
    loads += s.loads;
    stores += s.stores;
    instructions += s.instructions;
    unfollowed += s.unfollowed;
  }
};

// A folder that goes with this object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "wjit-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data())) path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_{};
};

void list_function(const FunctionCode& function, const FunctionCount& count) {
  std::printf("  %s (function %u): %zu innermost of %u loops, %u loads, %u stores\n", function.name.c_str(),
              function.index, count.loops.size(), count.all_loops, count.loads, count.stores);
  for (const auto& loop : count.loops) {
    if (loop.accesses.empty()) continue;
    std::printf("    loop at %#x, %u instructions\n", loop.header, loop.instructions);
    for (const auto& access : loop.accesses) std::printf("      %#6x  %s\n", access.at, access.text.c_str());
  }
}

void also(std::string& failure, const std::string& more) { failure += (failure.empty() ? "" : "; ") + more; }

// The functions of `only`, or all if there are none; a failure names every function that was not wholly read, as
// nothing of it is counted.
Sum count_all(const Code& code, const std::set<uint32_t>* only, bool list, std::string& failure) {
  Sum sum;
  for (const auto& function : code.functions) {
    if (only && !only->count(function.index)) continue;
    FunctionCount count = count_stack_accesses(function);
    if (!count.failure.empty()) also(failure, "function " + function.name + ": " + count.failure);
    sum.add(count);
    if (list) list_function(function, count);
  }
  return sum;
}

void print_heading(const char* first) {
  std::printf("%-24s %-10s %9s %6s %7s %7s %13s\n", first, "", "functions", "loops", "loads", "stores",
              "instructions");
}

void print_sum(const std::string& name, const char* engine, const Sum& sum) {
  std::printf("%-24s %-10s %9u %6u %7u %7u %13u%s\n", name.c_str(), engine, sum.functions, sum.loops,
              sum.loads, sum.stores, sum.instructions,
              sum.unfollowed ? "  (indirect jumps not followed)" : "");
}

int count_files(const SpillOptions& options) {
  int result = 0;
  print_heading("file");
  for (const auto& file : options.files) {
    Code code = read_code(file);
    std::string failure = code.failure;
    Sum sum = count_all(code, nullptr, options.list, failure);
    if (failure.empty()) {
      print_sum(std::filesystem::path(file).filename().string(), "", sum);
    } else {
      std::fprintf(stderr, "wjit-bench: %s: %s\n", file.c_str(), failure.c_str());
      result = 1;
    }
  }
  return result;
}

// All kernels as Wasmtime compiles them, in `folder`; why not, if not.
std::string serialize_all(const std::string& folder) {
  auto engines = engines_named({kReference});
  if (!engines->front().missing.empty()) return "wasmtime is missing: " + engines->front().missing;
  Command command = {peer_python(), peer_script("wasmtime_peer.py"), "serialize", folder};
  for (const auto& kernel : all_kernels()) command.push_back(kernel_file(kernel, "wasm"));
  auto cost = run_program(command);
  return cost && cost->exit_code == 0 ? "" : "wasmtime did not serialize the kernels";
}

// What every kernel has beside its own functions: C's start and library, and main.c.
std::set<std::string> common_names(const std::vector<Code>& kernels) {
  std::map<std::string, size_t> seen;
  for (const auto& code : kernels) {
    std::set<std::string> names;
    for (const auto& function : code.functions) names.insert(function.name);
    for (const auto& name : names) seen[name]++;
  }
  std::set<std::string> common;
  for (const auto& [name, times] : seen) {
    if (times == kernels.size() && name != "kernel") common.insert(name);
  }
  return common;
}

Code wjit_code(const Kernel& kernel) {
  auto cost = run_program(wjit_assembly(kernel_file(kernel, "wasm")), Stderr::kWithStdout);
  if (!cost) return {{}, "cannot start wjit"};
  if (cost->exit_code != 0) return {{}, cost->output.substr(0, cost->output.find('\n'))};
  return read_dump(cost->output);
}

SpillVerdict compare(const SpillOptions& options) {
  SpillVerdict verdict;
  auto chosen = kernels_named(options.kernels);
  TemporaryFolder folder;
  if (!chosen) return {0, 0, "no such kernel"};
  if (!can_count()) return {0, 0, "this wjit-bench was built without Zydis (libzydis-dev)"};
  verdict.failure = serialize_all(folder.path());
  if (!verdict.failure.empty()) return verdict;
  std::vector<Code> reference;
  for (const auto& kernel : all_kernels())
    reference.push_back(read_code(folder.path() + "/" + kernel.name + ".cwasm"));
  const auto common = common_names(reference);

  std::printf("Stack slots in innermost loops, functions of the kernels alone:\n");
  print_heading("kernel");
  Sum theirs_all, ours_all;
  for (const auto& kernel : *chosen) {
    const Code& theirs =
        reference[size_t(&*std::find_if(all_kernels().begin(), all_kernels().end(), [&](auto& k) {
          return k.name == kernel.name;
        }) - all_kernels().data())];
    std::string failure = theirs.failure;
    std::set<uint32_t> own;
    for (const auto& function : theirs.functions) {
      if (!common.count(function.name)) own.insert(function.index);
    }
    Sum sum = count_all(theirs, &own, options.list, failure);
    theirs_all.add(sum);
    print_sum(kernel.name, kReference, sum);
    Code ours = wjit_code(kernel);
    if (ours.failure.empty()) {
      sum = count_all(ours, &own, options.list, failure);
      ours_all.add(sum);
      print_sum("", kJudged, sum);
      if (sum.functions != own.size()) also(failure, "wjit did not dump all functions");
    } else {
      also(failure, ours.failure);
    }
    if (!failure.empty()) also(verdict.failure, kernel.name + ": " + failure);
  }
  print_sum("all", kReference, theirs_all);
  if (ours_all.functions > 0) {
    print_sum("", kJudged, ours_all);
  } else {
    std::printf("%-24s %-10s MISSING: nothing to count\n", "", kJudged);
  }
  if (theirs_all.unfollowed + ours_all.unfollowed > 0) also(verdict.failure, "indirect jumps were not followed");
  verdict.ours = ours_all.spills();
  verdict.reference = theirs_all.spills();
  return verdict;
}

}  // namespace

int bench_spills(const SpillOptions& options) {
  if (!options.files.empty()) return count_files(options);
  SpillVerdict verdict = compare(options);
  if (!verdict.failure.empty()) std::printf("!!! %s\n", verdict.failure.c_str());
  return verdict.failure.empty() ? 0 : 1;
}

SpillVerdict spills_for_gate(const SpillOptions& options) { return compare(options); }

}  // namespace wjit::bench
