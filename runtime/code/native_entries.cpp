#include "runtime/code/native_entries.h"

#include <cstring>

#include "compiler/support/result.h"
#include "vmcontext/vm_offsets.h"

namespace wjit::rt {

isa::Type to_isa(wasm::ValType t) {
  switch (t.kind()) {
    case wasm::ValKind::kI32: return isa::Type::kI32;
    case wasm::ValKind::kI64: return isa::Type::kI64;
    case wasm::ValKind::kF32: return isa::Type::kF32;
    case wasm::ValKind::kF64: return isa::Type::kF64;
    case wasm::ValKind::kV128: return isa::Type::kV128;
    default: return isa::Type::kRef;
  }
}

std::vector<isa::Type> to_isa(std::span<const wasm::ValType> types) {
  std::vector<isa::Type> out;
  out.reserve(types.size());
  for (wasm::ValType t : types) out.push_back(to_isa(t));
  return out;
}

support::Result<std::unique_ptr<NativeEntries>> NativeEntries::create(std::shared_ptr<wasm::TypeRegistry> registry) {
  std::unique_ptr<NativeEntries> e(new NativeEntries(std::move(registry)));
  WJIT_TRY(auto raise, isa::host_target().raise());
  CodeTables tables;
  tables.kind = CodeKind::kTrampolines;
  tables.frames = std::move(raise.frames);
  WJIT_TRY(auto code, CodeMemory::process().publish(raise.bytes, std::move(tables)));
  e->raise_ = code->begin();
  e->redirected_ = code->begin() + raise.redirected;
  e->raise_code_ = std::move(code);
  return e;
}

support::Result<const TypeTrampolines*> NativeEntries::of(wasm::TypeId type) {
  {
    const std::lock_guard hold(lock_);
    if (auto found = types_.find(type); found != types_.end()) return &found->second->trampolines;
  }
  // Made without the lock: whoever forks meanwhile leaves a child that can make its own.
  const wasm::FuncType func = (*registry_)[type].func();
  const std::vector<isa::Type> params = to_isa(func.params), results = to_isa(func.results);
  std::vector<uint8_t> bytes;
  std::array<size_t, isa::kTrampolines> starts;
  CodeTables tables;
  tables.kind = CodeKind::kTrampolines;
  std::vector<isa::FrameEdge> frames;
  for (uint32_t k = 0; k < isa::kTrampolines; ++k) {
    bytes.resize((bytes.size() + 15) & ~size_t{15});
    starts[k] = bytes.size();
    WJIT_TRY(auto piece, isa::host_target().trampoline(isa::Trampoline(k), {params, results}, &frames));
    bytes.insert(bytes.end(), piece.begin(), piece.end());
    for (isa::FrameEdge edge : frames) {
      edge.offset += uint32_t(starts[k]);
      tables.frames.push_back(edge);
    }
  }
  auto entry = std::make_unique<Entry>();
  WJIT_TRY(auto code, CodeMemory::process().publish(bytes, std::move(tables)));
  for (uint32_t k = 0; k < isa::kTrampolines; ++k) entry->trampolines.at[k] = code->bytes.data() + starts[k];
  entry->code = std::move(code);
  const std::lock_guard hold(lock_);  // (who comes second keeps what the first has put there)
  return &types_.emplace(type, std::move(entry)).first->second->trampolines;
}

support::Result<FunctionThunks::Calls> FunctionThunks::of(uint32_t i, NativeEntries& entries,
                                                          std::span<const wasm::TypeId> types,
                                                          uint32_t first_entry_offset) {
  const isa::Target& target = isa::host_target();
  // Of each function: three thunks, then the two words that the last two jump through.
  constexpr uint32_t kWords = 3 * isa::kThunkBytes, kStride = kWords + 16;
  static_assert(kStride % 8 == 0);
  const uint32_t chunk = i / kChunk, first = chunk * kChunk;
  const CodeObject* made = nullptr;
  {
    const std::lock_guard hold(lock_);
    if (chunks_.empty()) chunks_.resize(types.size() / kChunk + 1);
    if (chunks_[chunk]) made = &*chunks_[chunk];
  }
  if (!made) {  // without the lock, as above
    const uint32_t count = std::min<uint32_t>(kChunk, uint32_t(types.size()) - first);
    std::vector<uint8_t> bytes(size_t{count} * kStride);
    for (uint32_t k = 0; k < count; ++k) {
      WJIT_TRY(auto trampolines, entries.of(types[first + k]));
      uint8_t* at = bytes.data() + size_t{k} * kStride;
      const uint32_t offset = first_entry_offset + (first + k) * vm::off::VMCodeEntry::kSize;
      target.wasm_thunk(at, offset);
      target.host_thunk(at + isa::kThunkBytes, offset, kWords - isa::kThunkBytes);
      target.host_thunk(at + 2 * isa::kThunkBytes, offset, kWords + 8 - 2 * isa::kThunkBytes);
      const uint8_t* words[] = {(*trampolines)[isa::Trampoline::kNativeToWasm],
                                (*trampolines)[isa::Trampoline::kArrayToWasm]};
      std::memcpy(at + kWords, words, sizeof words);
    }
    CodeTables tables;
    tables.kind = CodeKind::kThunks;
    WJIT_TRY(auto code, CodeMemory::process().publish(bytes, std::move(tables)));
    const std::lock_guard hold(lock_);  // (who comes second keeps what the first has put there)
    if (!chunks_[chunk]) chunks_[chunk] = std::move(code);
    made = &*chunks_[chunk];
  }
  const uint8_t* at = made->bytes.data() + size_t{i - first} * kStride;
  auto address = [&](uint32_t k) { return const_cast<uint8_t*>(at + k * isa::kThunkBytes); };
  return Calls{reinterpret_cast<vm::VMWasmCallFunction*>(address(0)),
               reinterpret_cast<vm::VMNativeCallFunction*>(address(1)),
               reinterpret_cast<vm::VMArrayCallFunction>(address(2))};
}

}  // namespace wjit::rt
