// A function of a graph as native code that follows the wasm convention and checks everything it can.
#pragma once
#include "native/graph.h"
#include "runtime/code/code_memory.h"
#include "runtime/instance.h"

namespace wjit::graph {

struct Emitted {
  std::vector<uint8_t> bytes;
  std::vector<rt::CodeTrapSite> sites;  // offsets from the first byte
};

// Where calls stand in the module: what a compiler would know as offsets of wasm instructions. Made up here.
constexpr uint32_t call_offset(uint32_t f, uint32_t call) { return 0x10000 + f * 0x100 + call; }
constexpr uint32_t kTailCallNumber = 0xfe, kCheckNumber = 0xff;

// `host_reference`: the graph's reference as bits; `raise`: NativeEntries::raise.
Emitted emit(const Graph& graph, uint32_t f, rt::Instance& instance, uint64_t host_reference, uintptr_t raise);

}  // namespace wjit::graph
