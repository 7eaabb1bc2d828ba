#include "tools/wjit/load.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace wjit::cli {

Result<Module> load_module(const Engine& engine, const std::string& file) {
  if (file != "-") return Module::from_file(engine, file);
  std::vector<uint8_t> bytes;
  uint8_t chunk[1 << 16];
  size_t n;
  errno = 0;
  while ((n = std::fread(chunk, 1, sizeof chunk, stdin)) > 0) bytes.insert(bytes.end(), chunk, chunk + n);
  if (std::ferror(stdin))
    return Error(ErrorKind::kIo, std::string("standard input: ") + std::strerror(errno));
  return Module::compile(engine, bytes);
}

}  // namespace wjit::cli
