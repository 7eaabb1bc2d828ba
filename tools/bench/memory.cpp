// tools/dev bench memory: the most memory that processes of `wjit run` hold, beyond what `wjit --version` holds and the
// guest's own linear memory. Nothing is timed.
//
// What a parent is told of a child that has ended counts the pages that were the parent's own before the child became
// another program. So the child is stopped where it ends, and the kernel is asked about the child's memory alone.
#include "tools/bench/memory.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>

#include "tools/bench/process.h"
#include "wjit/wjit.hpp"

namespace wjit::bench {
namespace {

constexpr long kMostKib = 10 << 10;
constexpr int kSkipped = 77;

std::optional<long> high_water_kib(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmHWM:", 0) == 0) return std::atol(line.c_str() + 6);
  return std::nullopt;
}

[[noreturn]] void become(const std::vector<char*>& argv) {
  const int null = ::open("/dev/null", O_WRONLY);
  if (null >= 0 && ::dup2(null, 1) == 1 && ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0)
    ::execv(argv[0], argv.data());
  ::_exit(127);
}

// Nothing if it could not be run or traced, or did not end well.
std::optional<long> peak_kib(const Command& command) {
  std::vector<char*> argv;
  for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) return std::nullopt;
  if (pid == 0) become(argv);
  std::optional<long> peak;
  bool began = false;
  for (int status; ::waitpid(pid, &status, 0) == pid;) {
    if (WIFEXITED(status)) return WEXITSTATUS(status) == 0 ? peak : std::nullopt;
    if (WIFSIGNALED(status)) return std::nullopt;
    int signal = WSTOPSIG(status);
    if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8)) {
      peak = high_water_kib(pid);
      signal = 0;
    } else if (!began && signal == SIGTRAP) {  // it is the program now
      began = true;
      signal = 0;
      ::ptrace(PTRACE_SETOPTIONS, pid, nullptr, PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL);
    }
    ::ptrace(PTRACE_CONT, pid, nullptr, signal);
  }
  return std::nullopt;
}

// What a module's memories begin with.
std::optional<long> memory_kib(const std::string& file) {
  Config config;
  config.tier = Tier::kInterp;
  auto module = Module::from_file(Engine(config), file);
  if (!module) return std::nullopt;
  long kib = 0;
  for (const auto& e : module.ok().exports())
    if (const auto* m = std::get_if<MemoryType>(&e.type)) kib += static_cast<long>(m->min * 64);
  return kib;
}

}  // namespace

int bench_memory(Size size) {
  const std::string wjit = beside_this_program("wjit");
  const auto base = peak_kib({wjit, "--version"});
  if (!base) return std::fprintf(stderr, "wjit-bench: %s cannot be run and traced\n", wjit.c_str()), kSkipped;
  std::printf("KiB in memory at most; wjit --version: %ld. Beyond that and the guest's memory: at most %ld.\n\n", *base, kMostKib);
  std::printf("%-16s %10s %10s %10s\n", "", "in all", "guest's", "beyond");
  bool good = true;
  const auto tell = [&](const std::string& name, std::optional<long> peak, std::optional<long> own) {
    const bool known = peak && own;
    const long beyond = known ? *peak - *base - std::min(*own, *peak - *base) : 0;
    good &= known && beyond <= kMostKib;
    if (known)
      std::printf("%-16s %10ld %10ld %10ld%s\n", name.c_str(), *peak, *own, beyond, beyond > kMostKib ? "  TOO MUCH" : "");
    else
      std::printf("%-16s %10s\n", name.c_str(), "FAILED");
  };
  const std::string hello = beside_this_program("../examples/hello.wasm");
  tell("examples/hello", peak_kib({wjit, "run", hello}), memory_kib(hello));
  for (const Kernel& kernel : all_kernels()) {
    const std::string file = kernel_file(kernel, "wasm");
    if (::access(file.c_str(), R_OK) != 0) return std::printf("%s is not there\n", file.c_str()), kSkipped;
    tell(kernel.name, peak_kib({wjit, "run", file, kernel.size(size)}), memory_kib(file));
  }
  return good ? 0 : 1;
}

}  // namespace wjit::bench
