#include "tools/wast/policy.h"

#include <fnmatch.h>

#include <filesystem>
#include <fstream>
#include <vector>

namespace wjit::wast {
namespace {

namespace fs = std::filesystem;

struct FolderFeature {
  const char* path;
  Feature feature;
  bool on;
};
// The two threads scripts are forks of older core scripts, from before these features.
constexpr FolderFeature kFolderFeatures[] = {
    {"proposals/threads/*", Feature::kThreads, true},
    {"proposals/threads/imports", Feature::kMultiMemory, false},
    {"proposals/threads/imports", Feature::kReferenceTypes, false},
    {"proposals/threads/memory", Feature::kMultiMemory, false},
    {"proposals/threads/memory", Feature::kMemory64, false},
    {"proposals/custom-page-sizes/*", Feature::kCustomPageSizes, true},
    {"proposals/wide-arithmetic/*", Feature::kWideArithmetic, true},
};

enum class SkipKind { kScript, kUnsupported };
struct Skip {
  const char* path;
  SkipKind kind;
  const char* reason;
};
constexpr Skip kSkips[] = {
#define WJIT_WAST_SKIP(path, what, reason) {path, SkipKind::what, reason},
#include "tools/wast/skips.def"
};

std::string_view without_extension(std::string_view path) {
  for (std::string_view extension : {".wast", ".bin"}) {
    if (path.ends_with(extension)) path.remove_suffix(extension.size());
  }
  return path;
}

}  // namespace

bool script_matches(std::string_view path, const char* pattern) {
  std::string rest(without_extension(path));
  while (true) {
    if (fnmatch(pattern, rest.c_str(), 0) == 0) return true;
    size_t slash = rest.find('/');
    if (slash == std::string::npos) return false;
    rest.erase(0, slash + 1);
  }
}

ScriptPolicy policy_for(const std::string& path, FeatureSet base) {
  std::error_code ignored;
  fs::path absolute = fs::absolute(path, ignored);
  std::string full = ignored ? path : absolute.lexically_normal().string();
  ScriptPolicy policy;
  policy.features = base;
  for (const FolderFeature& f : kFolderFeatures) {
    if (!script_matches(full, f.path)) continue;
    policy.features.set(f.feature, f.on);
    policy.features_removed |= !f.on;
  }
  policy.expects_legacy_refusal = script_matches(full, "legacy-exceptions/*");
  for (const Skip& skip : kSkips) {
    if (!script_matches(full, skip.path)) continue;
    (skip.kind == SkipKind::kScript ? policy.skip_script : policy.skip_unsupported) = skip.reason;
  }
  return policy;
}

void FeatureNames::load(const std::string& manifest) {
  if (!loaded_.insert(manifest).second) return;
  std::ifstream in(manifest);
  std::string root = manifest.substr(0, manifest.rfind('/') + 1);
  for (std::string line; std::getline(in, line);) {
    size_t tab = line.find('\t');
    if (tab == std::string::npos) continue;
    std::string file(without_extension(line.substr(0, tab)));
    std::string primary = line.substr(tab + 1, line.find('\t', tab + 1) - tab - 1);
    // The scripts lie in bin/ (or raw/) beside the manifest.
    for (const char* folder : {"bin/", "raw/", ""}) primary_.emplace(root + folder + file, primary);
  }
}

std::string FeatureNames::row_of(const std::string& path) {
  std::error_code ignored;
  fs::path full = fs::absolute(path, ignored).lexically_normal();
  for (fs::path folder = full.parent_path(); folder.has_relative_path(); folder = folder.parent_path()) {
    load((folder / "MANIFEST.tsv").string());
  }
  auto it = primary_.find(std::string(without_extension(full.string())));
  return it != primary_.end() ? it->second : full.parent_path().filename().string();
}

}  // namespace wjit::wast
