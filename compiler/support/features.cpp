#include "wjit/config.hpp"

namespace wjit {

const char* feature_name(Feature f) {
  static constexpr const char* kNames[] = {
#define WJIT_F(id, name, on) name,
      WJIT_FEATURES(WJIT_F)
#undef WJIT_F
  };
  return kNames[unsigned(f)];
}

}  // namespace wjit
