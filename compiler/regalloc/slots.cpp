#include <algorithm>

#include "compiler/regalloc/resolve.h"

namespace wjit::ra {

// First fit over whole lives (from the first to the last position, holes included), in the order of their
// starts. A block parameter takes the slot of an argument if it is free by then, and an argument its
// parameter's, so that passing it costs nothing.
uint32_t share_slots(const mach::VCode& code, const Flow& flow, const std::vector<uint8_t>& spilled,
                     std::vector<uint32_t>& slot_of) {
  const uint32_t n = code.vreg_count();
  slot_of.assign(n, kNone);
  auto wants = [&](uint32_t v) { return spilled[v] != 0 && flow.home[v] == kNone; };
  std::vector<uint32_t> order;
  for (uint32_t v = 0; v < n; ++v)
    if (wants(v)) order.push_back(v);
  if (order.empty()) return 0;
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return flow.low[a] < flow.low[b]; });
  std::vector<std::pair<VReg, VReg>> passed;  // relatives, both ways, sorted
  for (const mach::VBlock& b : code.blocks) {
    for (uint32_t a = 0; a < b.arg_count; ++a) {
      const VReg arg = code.args_of(b)[a], param = code.params_of(code.blocks[code.succs_of(b)[0]])[a];
      if (wants(arg.n) && wants(param.n)) passed.emplace_back(arg, param), passed.emplace_back(param, arg);
    }
  }
  std::sort(passed.begin(), passed.end());
  uint32_t slots = 0;
  for (const bool wide : {true, false}) {
    const uint32_t width = wide ? 2 : 1;
    std::vector<std::pair<uint32_t, uint32_t>> busy;  // heap: end, slot
    std::vector<uint32_t> free;                       // heap: the lowest first
    std::vector<uint8_t> is_free;                     // by (slot - base) / width
    const uint32_t base = slots;
    for (uint32_t v : order) {
      if ((code.types[v] == ir::Type::kV128) != wide) continue;
      while (!busy.empty() && busy.front().first <= flow.low[v]) {
        std::pop_heap(busy.begin(), busy.end(), std::greater<>());
        const uint32_t s = busy.back().second;
        busy.pop_back();
        free.push_back(s);
        std::push_heap(free.begin(), free.end(), std::greater<>());
        is_free[(s - base) / width] = 1;
      }
      uint32_t slot = kNone;
      auto it = std::lower_bound(passed.begin(), passed.end(), std::pair{VReg(v), VReg(0)});
      for (int tries = 0; it != passed.end() && it->first.n == v && tries < 8 && slot == kNone; ++it, ++tries)
        if (const uint32_t s = slot_of[it->second.n]; s != kNone && is_free[(s - base) / width] != 0)
          slot = s;
      while (slot == kNone && !free.empty()) {  // some in the heap have been taken meanwhile
        std::pop_heap(free.begin(), free.end(), std::greater<>());
        if (is_free[(free.back() - base) / width] != 0) slot = free.back();
        free.pop_back();
      }
      if (slot == kNone) {
        slot = slots;
        slots += width;
        is_free.push_back(0);
      }
      is_free[(slot - base) / width] = 0;
      slot_of[v] = slot;
      busy.emplace_back(flow.high[v], slot);
      std::push_heap(busy.begin(), busy.end(), std::greater<>());
    }
  }
  return slots;
}

}  // namespace wjit::ra
