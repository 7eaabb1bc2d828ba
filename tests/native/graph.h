// Random call graphs over all kinds of functions: bytecode, native code (emitted by hand, in the wasm convention) and
// host functions, in several instances of one store. What every function is given and gives is fixed beforehand, and
// so is the order of all calls, so that everything that can go wrong is seen where it does: arguments, results,
// vmctx, memory base, stack pointer, and at every host function the whole backtrace.
#pragma once
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "compiler/isa/common/call_conv.h"
#include "vmcontext/vm_types.h"

namespace wjit::graph {

using isa::Type;

struct Value {
  uint64_t low = 0, high = 0;  // references: 0 null, 1 the graph's host reference
};

enum class Kind : uint8_t { kBytecode, kNative, kHost };
enum class How : uint8_t { kDirect, kImport, kIndirect, kRef };  // kRef: bytecode, same instance

struct Call {
  uint32_t callee;
  How how;
};

struct Function {
  Kind kind;
  uint32_t instance = 0;         // of those that are not the host's
  std::vector<Type> params;
  std::vector<Value> args;       // what every caller passes
  uint32_t group = 0;            // of result types and values
  std::vector<Call> calls;       // of later functions, in this order
  bool has_tail = false;
  Call tail;                     // of a later function of the same group, in the end
  bool traps = false;            // host functions: ends the whole call
};

struct Results {
  std::vector<Type> types;
  std::vector<Value> values;
};

// What is seen at a host function: the wasm functions that wait, innermost first.
struct Event {
  uint32_t host;
  std::vector<uint32_t> frames;
};

struct Graph {
  uint32_t instances;
  std::vector<Function> functions;
  std::vector<Results> groups;
  std::vector<Event> events;     // of one run from function 0
  bool ends_in_trap = false;

  const Results& results(uint32_t f) const { return groups[functions[f].group]; }
  bool same_instance(uint32_t a, uint32_t b) const {
    return functions[b].kind != Kind::kHost && functions[a].instance == functions[b].instance;
  }
};

Graph generate(std::mt19937_64& random);
// The text of one instance's module. Imports: "e" "ref" the host reference, "e" "table" with function k at k, and
// functions of instances below and of the host as "f" "K". Exports every function by its number.
std::string module_text(const Graph& graph, uint32_t instance);
// As in module_text: which functions it imports, and the index of function f in it.
std::vector<uint32_t> imported(const Graph& graph, uint32_t instance);
uint32_t index_in(const Graph& graph, uint32_t instance, uint32_t f);
// What is at address 0 of an instance's memory.
constexpr uint64_t memory_mark(uint32_t instance) { return 0x1122334455667700 + instance; }
std::string describe(const Graph& graph);

// Runs one graph, plainly and resumably; `seed` says where it stops. Empty, or what went wrong.
std::string run(const Graph& graph, uint64_t seed);

}  // namespace wjit::graph
