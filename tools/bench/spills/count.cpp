#include "tools/bench/spills/count.h"

#include <algorithm>
#include <set>

#include "tools/bench/spills/flow.h"

#ifdef WJIT_WITH_ZYDIS
#include <Zydis/Zydis.h>
#endif

namespace wjit::bench {

#ifdef WJIT_WITH_ZYDIS
namespace {

struct Instruction {
  ZydisDecodedInstruction decoded;
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
  std::vector<uint32_t> targets{};  // of jumps, inside the function
  bool goes_on = true;              // to the next instruction
};

using Instructions = std::map<uint32_t, Instruction>;

// Decodes a function along its control flow.
class Decoder {
 public:
  explicit Decoder(const FunctionCode& function) : function_(function) {
    ZydisDecoderInit(&decoder_, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  }

  // False at bytes that are no instruction, and where the code has no end.
  bool run() {
    work_.push_back(0);
    // Tables last: by then it is known of more places that they are code, and so not a table's.
    while (!work_.empty() || !table_jumps_.empty()) {
      if (work_.empty()) {
        follow_table(table_jumps_.back());
        table_jumps_.pop_back();
        continue;
      }
      uint32_t at = work_.back();
      work_.pop_back();
      if (!decode_from(at)) return false;
    }
    return true;
  }

  Instructions instructions{};
  uint32_t unfollowed = 0;
  std::string failure{};

 private:
  bool decode_from(uint32_t at) {
    while (!instructions.count(at)) {
      if (at >= function_.bytes.size()) {
        failure = "the code goes on behind its end";
        return false;
      }
      Instruction i{};
      auto status = ZydisDecoderDecodeFull(&decoder_, function_.bytes.data() + at,
                                           function_.bytes.size() - at, &i.decoded, i.operands);
      if (!ZYAN_SUCCESS(status)) {
        failure = "no instruction at offset " + std::to_string(at);
        return false;
      }
      find_ways(i, at);
      if (function_.ends.count(at)) i.goes_on = false;
      bool goes_on = i.goes_on;
      uint32_t next = at + i.decoded.length;
      instructions.emplace(at, std::move(i));
      if (!goes_on) break;
      at = next;
    }
    return true;
  }

  void find_ways(Instruction& i, uint32_t at) {
    const auto category = i.decoded.meta.category;
    const auto mnemonic = i.decoded.mnemonic;
    if (category == ZYDIS_CATEGORY_RET || mnemonic == ZYDIS_MNEMONIC_UD2 || mnemonic == ZYDIS_MNEMONIC_INT3 ||
        mnemonic == ZYDIS_MNEMONIC_HLT) {
      i.goes_on = false;
    }
    if (category != ZYDIS_CATEGORY_COND_BR && category != ZYDIS_CATEGORY_UNCOND_BR) return;
    i.goes_on = category == ZYDIS_CATEGORY_COND_BR;
    ZyanU64 target = 0;
    if (i.operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
      // A jump out of the function is a tail call, or leads to code that all functions share.
      if (ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(&i.decoded, &i.operands[0], at, &target)) &&
          target < function_.bytes.size()) {
        i.targets.push_back(uint32_t(target));
        work_.push_back(uint32_t(target));
      }
      return;
    }
    table_jumps_.push_back(at);
  }

  void follow_table(uint32_t at) {
    auto told = function_.jumps.find(at);
    std::vector<uint32_t> targets = told != function_.jumps.end() ? told->second : read_table(at);
    if (targets.empty()) unfollowed++;
    std::sort(targets.begin(), targets.end());
    targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
    std::erase_if(targets, [&](uint32_t target) { return target >= function_.bytes.size(); });
    for (uint32_t target : targets) work_.push_back(target);
    instructions.at(at).targets = std::move(targets);
  }

  // lea table, [rip + X] ... movsxd entry, dword [table + index * 4] ... add ... jmp: entries are relative to
  // the table. It ends where an entry leads out of the function, and where code begins.
  std::vector<uint32_t> read_table(uint32_t jump) const {
    ZyanU64 table = 0;
    auto at = instructions.find(jump);
    for (int back = 0; back < 8 && at != instructions.begin(); back++) {
      --at;
      const Instruction& i = at->second;
      if (i.decoded.mnemonic != ZYDIS_MNEMONIC_LEA || i.operands[1].mem.base != ZYDIS_REGISTER_RIP) continue;
      if (ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(&i.decoded, &i.operands[1], at->first, &table))) break;
    }
    std::vector<uint32_t> targets;
    if (table == 0) return targets;
    uint64_t first_target = function_.bytes.size();
    for (uint64_t entry = table; entry + 4 <= std::min<uint64_t>(first_target, function_.bytes.size());
         entry += 4) {
      if (instructions.count(uint32_t(entry))) break;
      int32_t offset = 0;
      for (int byte = 3; byte >= 0; byte--)
        offset = int32_t(uint32_t(offset) << 8 | function_.bytes[entry + byte]);
      int64_t target = int64_t(table) + offset;
      if (target < 0 || target >= int64_t(function_.bytes.size())) break;
      if (target > int64_t(table)) first_target = std::min(first_target, uint64_t(target));
      targets.push_back(uint32_t(target));
    }
    return targets;
  }

  const FunctionCode& function_;
  ZydisDecoder decoder_{};
  std::vector<uint32_t> work_{}, table_jumps_{};
};

// ---- stack slots ----

bool is_frame_set_up(const Instruction& i) {
  return i.decoded.mnemonic == ZYDIS_MNEMONIC_MOV && i.operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
         i.operands[0].reg.value == ZYDIS_REGISTER_RBP && i.operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER &&
         i.operands[1].reg.value == ZYDIS_REGISTER_RSP;
}

struct Accesses {
  uint32_t loads = 0, stores = 0;
};

Accesses accesses_of(const Instruction& i, bool frame_in_rbp) {
  Accesses found;
  const auto category = i.decoded.meta.category;
  if (category == ZYDIS_CATEGORY_CALL || category == ZYDIS_CATEGORY_RET) return found;
  for (int k = 0; k < i.decoded.operand_count; k++) {
    const ZydisDecodedOperand& operand = i.operands[k];
    if (operand.type != ZYDIS_OPERAND_TYPE_MEMORY)
      continue;  // lea has one, too, but it neither reads nor writes it
    if (operand.mem.base != ZYDIS_REGISTER_RSP && !(frame_in_rbp && operand.mem.base == ZYDIS_REGISTER_RBP))
      continue;
    found.loads += (operand.actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0;
    found.stores += (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
  }
  return found;
}

std::string text_of(const Instruction& i, uint32_t at) {
  ZydisFormatter formatter;
  ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
  char text[128] = "?";
  ZydisFormatterFormatInstruction(&formatter, &i.decoded, i.operands, i.decoded.operand_count_visible, text,
                                  sizeof text, at, nullptr);
  return text;
}

// ---- blocks ----

struct Blocks {
  std::vector<uint32_t> starts{};  // offsets, ascending; block 0 is the entry
  std::vector<FlowBlock> flow{};

  uint32_t of(uint32_t at) const {
    return uint32_t(std::upper_bound(starts.begin(), starts.end(), at) - starts.begin()) - 1;
  }
};

Blocks blocks_of(const Instructions& instructions) {
  std::set<uint32_t> leaders = {0};
  for (const auto& [at, i] : instructions) {
    leaders.insert(i.targets.begin(), i.targets.end());
    if (!i.goes_on || !i.targets.empty()) leaders.insert(at + i.decoded.length);
  }
  Blocks blocks;
  for (uint32_t leader : leaders) {
    if (instructions.count(leader)) blocks.starts.push_back(leader);
  }
  blocks.flow.resize(blocks.starts.size());
  for (const auto& [at, i] : instructions) {
    uint32_t next = at + i.decoded.length, block = blocks.of(at);
    auto& successors = blocks.flow[block].successors;
    for (uint32_t target : i.targets) successors.push_back(blocks.of(target));
    if (i.goes_on && instructions.count(next) && blocks.of(next) != block)
      successors.push_back(blocks.of(next));
  }
  return blocks;
}

LoopCount count_loop(const FlowLoop& loop, const Blocks& blocks, const Instructions& instructions,
                     bool frame) {
  LoopCount count{blocks.starts[loop.header]};
  for (const auto& [at, i] : instructions) {
    if (!loop.body[blocks.of(at)]) continue;
    count.instructions++;
    Accesses found = accesses_of(i, frame);
    count.loads += found.loads;
    count.stores += found.stores;
    if (found.loads + found.stores > 0) count.accesses.push_back({at, text_of(i, at)});
  }
  return count;
}

}  // namespace

bool can_count() { return true; }

FunctionCount count_stack_accesses(const FunctionCode& function) {
  FunctionCount count;
  Decoder decoder(function);
  if (function.bytes.empty()) return count;
  if (!decoder.run()) {
    count.failure = decoder.failure;
    return count;
  }
  const Instructions& instructions = decoder.instructions;
  bool frame = std::any_of(instructions.begin(), instructions.end(),
                           [](auto& i) { return is_frame_set_up(i.second); });
  Blocks blocks = blocks_of(instructions);
  auto loops = find_loops(blocks.flow);
  count.instructions = uint32_t(instructions.size());
  count.all_loops = uint32_t(loops.size());
  count.unfollowed = decoder.unfollowed;
  for (const auto& loop : loops) {
    if (!loop.innermost) continue;
    count.loops.push_back(count_loop(loop, blocks, instructions, frame));
    count.loads += count.loops.back().loads;
    count.stores += count.loops.back().stores;
    count.loop_instructions += count.loops.back().instructions;
  }
  return count;
}

#else

bool can_count() { return false; }

FunctionCount count_stack_accesses(const FunctionCode&) {
  FunctionCount count;
  count.failure = "built without Zydis (libzydis-dev)";
  return count;
}

#endif

}  // namespace wjit::bench
