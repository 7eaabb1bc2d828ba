#include "runtime/code/perf_map.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>

#include "runtime/code/code_memory.h"

namespace wjit::rt {

namespace {

void add_line(std::string& text, uintptr_t begin, size_t bytes, const char* name, const void* owner,
              uint32_t number, const std::string& given = {}) {
  if (bytes == 0) return;
  char line[160];
  std::snprintf(line, sizeof line, "%" PRIxPTR " %zx wjit %s [%p]", begin, bytes, name, owner);
  text += line;
  if (!given.empty()) text += ' ' + given;
  if (number != ~uint32_t{0}) text += " function " + std::to_string(number);
  text += '\n';
}

const char* name_of(CodeKind kind) {
  switch (kind) {
    case CodeKind::kModule:
      return "module";
    case CodeKind::kThunks:
      return "thunks";
    case CodeKind::kTrampolines:
      break;
  }
  return "trampolines";
}

}  // namespace

bool append_perf_map(const char* path, const CodeObject& object) {
  // The folder is everybody's: a file that another user put there, or a link to some other file, is not
  // written to.
  const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  struct stat file;
  bool good = fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && file.st_uid == geteuid();
  if (good) {
    const char* const name = name_of(object.kind);
    std::string text;
    uint32_t at = 0;
    for (const CodeFunction& f : object.functions) {
      add_line(text, object.begin() + at, f.start - at, name, object.owner, ~uint32_t{0});
      add_line(text, object.begin() + f.start, f.end - f.start, name, object.owner, f.func_index,
               object.name ? object.name(object.owner, f.func_index) : std::string());
      at = f.end;
    }
    add_line(text, object.begin() + at, object.bytes.size() - at, name, object.owner, ~uint32_t{0});
    good = write(fd, text.data(), text.size()) == ssize_t(text.size());
  }
  close(fd);
  return good;
}

void tell_perf(const CodeObject& object) {
  static const bool on = [] {
    const char* wanted = std::getenv("WJIT_PERF_MAP");
    return wanted && wanted[0] == '1';
  }();
  if (!on) return;
  try {
    const std::string path = "/tmp/perf-" + std::to_string(getpid()) + ".map";
    append_perf_map(path.c_str(), object);
  } catch (const std::bad_alloc&) {
    // A name less.
  }
}

}  // namespace wjit::rt
