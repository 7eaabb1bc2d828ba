#include "tools/bench/kernels.h"

#include <algorithm>
#include <cstdio>

#include "tools/bench/process.h"

namespace wjit::bench {

const std::vector<Kernel>& all_kernels() {
  static const std::vector<Kernel> kernels = {
#define WJIT_KERNEL(name, character, full, quick, tiny) {#name, character, {full, quick, tiny}},
#include "tools/bench/kernels.def"
#undef WJIT_KERNEL
  };
  return kernels;
}

std::optional<std::vector<Kernel>> kernels_named(const std::vector<std::string>& names) {
  if (names.empty()) return all_kernels();
  const auto& all = all_kernels();
  for (const auto& name : names) {
    if (std::any_of(all.begin(), all.end(), [&](auto& k) { return k.name == name; })) continue;
    std::fprintf(stderr, "wjit-bench: no kernel named '%s'; there are:", name.c_str());
    for (const auto& k : all) std::fprintf(stderr, " %s", k.name.c_str());
    std::fprintf(stderr, "\n");
    return std::nullopt;
  }
  std::vector<Kernel> chosen;
  for (const auto& k : all) {
    if (std::find(names.begin(), names.end(), k.name) != names.end()) chosen.push_back(k);
  }
  return chosen;
}

std::string kernel_file(const Kernel& kernel, const std::string& folder) {
  return beside_this_program("../bench/" + folder + "/" + kernel.name + (folder == "wasm" ? ".wasm" : ""));
}

}  // namespace wjit::bench
