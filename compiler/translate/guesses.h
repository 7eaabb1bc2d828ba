// Profiles that nobody has seen: for tests, which want the code that is made of profiles to be right whatever they say.
#pragma once
#include <memory>
#include <mutex>
#include <unordered_map>

#include "compiler/translate/profile.h"
#include "compiler/wasm/module.h"

namespace wjit::translate {

// A call_indirect, call_ref or tail call of these kinds.
struct ReferenceCall {
  uint32_t offset;
  wasm::TypeId type;
};
// Those of a body, in order; of one that cannot be read to its end, those before that.
std::vector<ReferenceCall> reference_calls(const wasm::Module& module, uint32_t defined);

// Of most calls some function of the type called, of others any number at all, of some none.
class Guesses {
 public:
  Guesses(const wasm::Module& module, uint64_t seed) : module_(module), seed_(seed) {}
  const Profile* of(uint32_t defined);  // any thread; as long as this exists

 private:
  std::unique_ptr<const Profile> make(uint32_t defined) const;
  const wasm::Module& module_;
  const uint64_t seed_;
  std::mutex lock_;
  std::unordered_map<uint32_t, std::unique_ptr<const Profile>> made_;
};

}  // namespace wjit::translate
