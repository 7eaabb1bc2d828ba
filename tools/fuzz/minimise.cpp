#include "tools/fuzz/minimise.h"

#include <algorithm>

namespace wjit::fuzz {

Minimised minimise(std::vector<uint32_t> tape, const Options& options,
                   const std::function<std::string(const Program&)>& differs, unsigned tries) {
  Minimised best;
  auto size = [](const Program& p) {
    size_t n = p.calls.size() * 16;
    for (const GeneratedModule& m : p.modules) n += m.bytes.size();
    return n;
  };
  auto attempt = [&](std::vector<uint32_t> candidate, bool must_shrink) {
    if (tries == 0) return false;
    --tries;
    Choices choices(candidate);
    Program p = generate(choices, options);
    if (must_shrink && size(p) > size(best.program)) return false;
    std::string what = differs(p);
    if (what.empty()) return false;
    best = {std::move(p), std::move(what), std::move(candidate)};
    return true;
  };
  if (!attempt(tape, false)) return best;
  for (size_t chunk = std::max<size_t>(best.tape.size() / 2, 1); tries > 0;) {
    bool better = false;
    for (size_t at = 0; at < best.tape.size() && tries > 0;) {
      const size_t end = std::min(at + chunk, best.tape.size());
      std::vector<uint32_t> without = best.tape;
      without.erase(without.begin() + ptrdiff_t(at), without.begin() + ptrdiff_t(end));
      if (attempt(std::move(without), true)) {
        better = true;
        continue;
      }
      if (std::any_of(best.tape.begin() + ptrdiff_t(at), best.tape.begin() + ptrdiff_t(end),
                      [](uint32_t v) { return v != 0; })) {
        std::vector<uint32_t> zeroed = best.tape;
        std::fill(zeroed.begin() + ptrdiff_t(at), zeroed.begin() + ptrdiff_t(end), 0u);
        better |= attempt(std::move(zeroed), true);
      }
      at = end;
    }
    if (chunk > 1) chunk /= 2;
    else if (!better) break;
  }
  return best;
}

}  // namespace wjit::fuzz
