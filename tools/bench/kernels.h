// The kernels of kernels.def.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace wjit::bench {

enum class Size { kFull, kQuick, kTiny };

struct Kernel {
  std::string name, character;
  unsigned sizes[3];  // by Size

  std::string size(Size which) const { return std::to_string(sizes[size_t(which)]); }
};

const std::vector<Kernel>& all_kernels();

// Those named, in the table's order; all if none are. Nothing, and a message, for a name that is none.
std::optional<std::vector<Kernel>> kernels_named(const std::vector<std::string>& names);

// Where one is, as built into `folder` of the build's bench/ (tools/bench/kernels/CMakeLists.txt).
std::string kernel_file(const Kernel& kernel, const std::string& folder);

}  // namespace wjit::bench
