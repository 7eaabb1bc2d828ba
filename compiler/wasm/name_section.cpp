#include <algorithm>
#include <cstring>

#include "compiler/support/byte_cursor.h"
#include "compiler/support/utf8.h"
#include "compiler/wasm/read_module.h"

namespace wjit::wasm {

namespace {

// Names serve messages only: whatever is wrong with them is passed over, never reported.
std::string_view read_name(ByteCursor& c) {
  std::span<const uint8_t> bytes = c.bytes(c.u32());
  return is_utf8(bytes) ? as_text(bytes) : std::string_view();
}

}  // namespace

NameSection::NameSection(const Module& module) {
  auto custom =
      std::find_if(module.customs.begin(), module.customs.end(), [](auto& s) { return s.name == "name"; });
  if (custom == module.customs.end()) return;
  enum : uint8_t { kModuleName, kFunctionNames };
  ByteCursor c(custom->bytes);
  while (c.ok() && !c.at_end()) {
    uint8_t id = c.u8();
    ByteCursor part = c.sub(c.u32());
    if (!c.ok()) break;
    if (id == kModuleName) module_name_ = read_name(part);
    if (id != kFunctionNames) continue;
    uint32_t count = part.u32();
    if (count > part.remaining() / 2) continue;  // an entry takes two bytes at least
    funcs_.clear();
    funcs_.reserve(count);
    for (uint32_t i = 0; i < count; i++) {
      uint32_t index = part.u32();
      std::string_view name = read_name(part);
      if (!part.ok()) break;
      funcs_.emplace_back(index, name);
    }
  }
  auto by_index = [](auto& a, auto& b) { return a.first < b.first; };
  if (!std::is_sorted(funcs_.begin(), funcs_.end(), by_index))
    std::stable_sort(funcs_.begin(), funcs_.end(), by_index);
}

std::string_view NameSection::func(uint32_t index) const {
  auto it =
      std::lower_bound(funcs_.begin(), funcs_.end(), index, [](auto& f, uint32_t i) { return f.first < i; });
  return it != funcs_.end() && it->first == index ? it->second : std::string_view();
}

namespace {

class CopiedBytes final : public Bytes {
 public:
  explicit CopiedBytes(std::span<const uint8_t> from) : copy_(from.begin(), from.end()) { span = copy_; }

 private:
  std::vector<uint8_t> copy_;
};

}  // namespace

std::shared_ptr<const Bytes> copy_bytes(std::span<const uint8_t> bytes) {
  return std::make_shared<CopiedBytes>(bytes);
}

}  // namespace wjit::wasm
