// The table of HostFunctions, made of functions.def and the C++ signatures of functions.h.
#include "runtime/wasi/functions.h"

#include <array>
#include <string_view>
#include <tuple>
#include <utility>

namespace wjit::rt::wasi {
namespace {

template <class Return, class... Args>
using Member = Return (*)(System&, GuestMemory, Args...);

template <class Return, class... Args>
constexpr bool letters_match(Member<Return, Args...>, std::string_view params, std::string_view results) {
  constexpr char letters[] = {(sizeof(Args) == 8 ? 'I' : 'i')..., '\0'};
  return params == std::string_view(letters, sizeof...(Args)) && (results.empty() || results == "i");
}

template <class Return, class... Args, size_t... I>
Outcome spread(Member<Return, Args...> member, System& system, GuestMemory memory, const uint64_t* args,
               uint64_t* results, std::index_sequence<I...>) {
  if constexpr (std::is_same_v<Return, Outcome>) {
    return member(system, memory, static_cast<Args>(args[I])...);
  } else {
    results[0] = static_cast<uint64_t>(member(system, memory, static_cast<Args>(args[I])...));
    return {};
  }
}

template <class Return, class... Args>
Outcome unpack(Member<Return, Args...> member, System& system, GuestMemory memory, const uint64_t* args,
               uint64_t* results) {
  return spread(member, system, memory, args, results, std::index_sequence_for<Args...>());
}

template <auto kMember>
Outcome call(Context& context, GuestMemory memory, const uint64_t* args, uint64_t* results) {
  System& system = context.system();
  const Outcome outcome = unpack(kMember, system, memory, args, results);
  if (!std::exchange(system.was_interrupted, false)) return outcome;
  return {Outcome::Kind::kInterrupted, 0, nullptr};
}

#define WJIT_WASI_FUNCTION(name, params, results, member, unstable) \
  static_assert(letters_match(calls::member, params, results),      \
                #name " has other parameters than its row says");
#include "runtime/wasi/functions.def"

constexpr HostFunction kFunctions[] = {
#define WJIT_WASI_FUNCTION(name, params, results, member, unstable) \
  {#name, params, results, call<calls::member>},
#include "runtime/wasi/functions.def"
};

// A function wasi_unstable does not have.
constexpr std::nullptr_t none = nullptr;

template <auto kMember>
constexpr void add(HostFunction row, HostFunction* rows, size_t* count) {
  // Not by comparing pointers: under UBSan g++ holds that for no constant expression.
  if constexpr (!std::is_null_pointer_v<decltype(kMember)>) {
    row.call = call<kMember>;
    rows[(*count)++] = row;
  }
}

struct UnstableTable {
  std::array<HostFunction, std::size(kFunctions)> rows{};
  size_t count = 0;
};

constexpr UnstableTable kUnstable = [] {
  using namespace calls;
  UnstableTable table;
#define WJIT_WASI_FUNCTION(name, params, results, member, unstable) \
  add<unstable>({#name, params, results, nullptr}, table.rows.data(), &table.count);
#include "runtime/wasi/functions.def"
  return table;
}();

}  // namespace

std::span<const HostFunction> functions() { return kFunctions; }
std::span<const HostFunction> functions_unstable() { return {kUnstable.rows.data(), kUnstable.count}; }

}  // namespace wjit::rt::wasi
