// Runs a part of a test in a child process: what changes a process for good, or ends it.
#pragma once
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace wjit::test {

// The child's status as waitpid gives it. The child begins with the default action for every signal (the test
// framework's handlers would report on its behalf), and exits with what `body` returns.
template <class Body>
int status_of_child(Body body) {
  std::fflush(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    for (int s : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTERM}) signal(s, SIG_DFL);
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    alarm(120);  // one that hangs must not outlive the test
    _exit(body());
  }
  int status = -1;
  if (pid < 0 || waitpid(pid, &status, 0) != pid) return -1;
  return status;
}
inline bool exited_with(int status, int code) { return WIFEXITED(status) && WEXITSTATUS(status) == code; }
inline bool killed_by(int status, int signal) { return WIFSIGNALED(status) && WTERMSIG(status) == signal; }

// For use in the child, where the framework's assertions would be lost: leaves with the line's number.
#define WJIT_CHILD_REQUIRE(condition)                                                    \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      std::fprintf(stderr, "%s:%d: in the child: %s\n", __FILE__, __LINE__, #condition); \
      _exit(99);                                                                         \
    }                                                                                    \
  } while (0)

}  // namespace wjit::test
