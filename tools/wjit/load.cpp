#include "tools/wjit/load.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace wjit::cli {

Result<std::string> read_stdin() {
  std::string bytes;
  char chunk[1 << 16];
  size_t n;
  errno = 0;
  while ((n = std::fread(chunk, 1, sizeof chunk, stdin)) > 0) bytes.append(chunk, n);
  if (std::ferror(stdin))
    return Error(ErrorKind::kIo, std::string("standard input: ") + std::strerror(errno));
  return bytes;
}

Result<Module> load_module(const Engine& engine, const std::string& file) {
  if (file != "-") return Module::from_file(engine, file);
  auto bytes = read_stdin();
  if (!bytes) return std::move(bytes).err();
  return Module::compile(engine, {reinterpret_cast<const uint8_t*>(bytes.ok().data()), bytes.ok().size()});
}

}  // namespace wjit::cli
