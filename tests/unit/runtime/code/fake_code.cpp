#include "unit/runtime/code/fake_code.h"

#include <fstream>

namespace wjit::test {

std::string writable_and_executable_mappings() {
  std::ifstream maps("/proc/self/maps");
  std::string found;
  for (std::string line; std::getline(maps, line);) {
    const size_t flags = line.find(' ') + 1;
    if (line.compare(flags + 1, 2, "wx") == 0) found += line + "\n";
  }
  return found;
}

}  // namespace wjit::test
