#include "tools/fuzz/minimise.h"

#include <algorithm>

namespace wjit::fuzz {

namespace {

class Minimiser {
 public:
  Minimiser(const Options& options, const std::function<std::string(const Program&)>& differs, unsigned tries)
      : options_(options), differs_(differs), tries_(tries) {}

  Minimised run(const Decisions& record) {
    current_ = record;
    if (!attempt(false)) return {};
    for (bool better = true; better && tries_ > 0;) {
      better = remove_parts(current_);
      better |= simplify_draws(current_);
    }
    return std::move(best_);
  }

 private:
  static size_t size(const Program& p) {
    size_t n = p.calls.size() * 16;
    for (const GeneratedModule& m : p.modules) n += m.bytes.size();
    return n;
  }
  // Whether what current_ stands for still disagrees; then it is the best so far.
  bool attempt(bool no_larger) {
    if (tries_ == 0) return false;
    Choices choices(current_);
    Program p = generate(choices, options_);
    if (no_larger && (size(p) > size(best_.program) || p.modules == best_.program.modules)) return false;
    --tries_;
    std::string what = differs_(p);
    if (what.empty()) return false;
    best_ = {std::move(p), std::move(what), current_};
    return true;
  }
  bool remove_parts(Decisions& node) {
    bool better = false;
    for (size_t chunk = std::max<size_t>(node.parts.size(), 1); chunk > 0; chunk /= 2) {
      for (size_t end = node.parts.size(); end > 0 && tries_ > 0;) {
        const size_t from = end > chunk ? end - chunk : 0;
        std::vector<Decisions> before = node.parts;
        node.parts.erase(node.parts.begin() + ptrdiff_t(from), node.parts.begin() + ptrdiff_t(end));
        if (attempt(true)) better = true;
        else node.parts = std::move(before);
        end = from;
      }
    }
    for (Decisions& part : node.parts) better |= remove_parts(part);
    return better;
  }
  bool simplify_draws(Decisions& node) {
    bool better = false;
    for (size_t chunk = std::max<size_t>(node.draws.size(), 1); chunk > 0; chunk /= 2) {
      for (size_t at = 0; at < node.draws.size() && tries_ > 0; at += chunk) {
        const size_t end = std::min(at + chunk, node.draws.size());
        const std::vector<uint32_t> before = node.draws;
        std::fill(node.draws.begin() + ptrdiff_t(at), node.draws.begin() + ptrdiff_t(end), 0u);
        if (node.draws != before && attempt(true)) better = true;
        else node.draws = before;
      }
    }
    for (Decisions& part : node.parts) better |= simplify_draws(part);
    return better;
  }

  const Options& options_;
  const std::function<std::string(const Program&)>& differs_;
  unsigned tries_;
  Decisions current_;
  Minimised best_;
};

// ( draws, then parts )
void put(const Decisions& d, std::string& out) {
  out += '(';
  for (uint32_t v : d.draws) out += std::to_string(v) + ' ';
  for (const Decisions& part : d.parts) put(part, out);
  out += ')';
}

}  // namespace

std::string to_text(const Decisions& record) {
  std::string out;
  put(record, out);
  return out;
}

bool from_text(std::string_view text, Decisions& record) {
  std::vector<Decisions*> open;
  Decisions whole;
  open.push_back(&whole);
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '(') {
      open.push_back(&open.back()->parts.emplace_back());
    } else if (c == ')') {
      if (open.size() < 2) return false;
      open.pop_back();
    } else if (c >= '0' && c <= '9') {
      uint64_t v = 0;
      for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) v = std::min<uint64_t>(v * 10 + uint64_t(text[i] - '0'), ~0u);
      --i;
      open.back()->draws.push_back(uint32_t(v));
    } else if (c != ' ') {
      return false;
    }
  }
  if (open.size() != 1 || whole.parts.size() != 1 || !whole.draws.empty()) return false;
  record = std::move(whole.parts[0]);
  return true;
}

Minimised minimise(const Decisions& record, const Options& options,
                   const std::function<std::string(const Program&)>& differs, unsigned tries) {
  return Minimiser(options, differs, tries).run(record);
}

}  // namespace wjit::fuzz
