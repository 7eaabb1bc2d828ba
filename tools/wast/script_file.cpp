#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "tools/wast/script.h"

namespace wjit::wast {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> io_error(const std::string& path, const std::string& why) {
  return fail(ErrorKind::kIo, fmt::format("{}: {}", path, why));
}

}  // namespace

Result<std::string> read_text(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) return io_error(path, std::strerror(errno));
  std::string text;
  char buffer[1 << 16];
  size_t n;
  errno = 0;
  while ((n = std::fread(buffer, 1, sizeof buffer, file)) > 0) text.append(buffer, n);
  int error = std::ferror(file) ? errno : 0;
  std::fclose(file);
  if (error) return io_error(path, std::strerror(error));
  return text;
}

Result<Script> read_script(const std::string& path) {
  WJIT_TRY(std::string text, read_text(path));
  return parse_script(text, path);
}

Result<std::vector<std::string>> find_scripts(const std::string& path) {
  std::error_code error;
  fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return io_error(path, std::strerror(ENOENT));
  if (error) return io_error(path, error.message());
  if (status.type() != fs::file_type::directory) return std::vector<std::string>{path};
  std::vector<std::string> found;
  fs::recursive_directory_iterator it(path, error), end;
  for (; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".wast" && it->is_regular_file(error)) found.push_back(it->path().string());
  }
  if (error) return io_error(path, error.message());
  if (found.empty()) return io_error(path, "holds no script (*.wast)");
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace wjit::wast
