#include "tools/bench/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <climits>
#include <cstdlib>
#include <sstream>

extern char** environ;

namespace wjit::bench {
namespace {

std::string read_to_end(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = ::read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, size_t(n));
  return text;
}

}  // namespace

std::optional<Cost> run_program(const Command& command, Stderr errors) {
  std::vector<char*> argv;
  for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  if (errors == Stderr::kWithStdout) posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
  // posix_spawn, not fork: a forked child starts with our own pages counted as its peak.
  auto start = std::chrono::steady_clock::now();
  pid_t pid = 0;
  int error = ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (error != 0) {
    ::close(ends[0]);
    return std::nullopt;
  }
  Cost cost;
  cost.output = read_to_end(ends[0]);
  ::close(ends[0]);
  int status = 0;
  rusage usage{};
  if (::wait4(pid, &status, 0, &usage) != pid) return std::nullopt;
  std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  cost.milliseconds = took.count();
  auto cpu = [](const timeval& t) { return double(t.tv_sec) * 1e3 + double(t.tv_usec) / 1e3; };
  cost.cpu_milliseconds = cpu(usage.ru_utime) + cpu(usage.ru_stime);
  cost.peak_kib = usage.ru_maxrss;
  cost.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return cost;
}

std::string first_line_of(const Command& command) {
  auto cost = run_program(command);
  if (!cost || cost->exit_code != 0) return "unknown version";
  return cost->output.substr(0, cost->output.find('\n'));
}

std::string beside_this_program(const std::string& name) {
  char path[PATH_MAX];
  ssize_t n = ::readlink("/proc/self/exe", path, sizeof path);
  std::string self(path, n > 0 ? size_t(n) : 0);
  return self.substr(0, self.rfind('/') + 1) + name;
}

std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string candidate = folder + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return "";
}

}  // namespace wjit::bench
