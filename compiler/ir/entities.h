// Names of things in a function: 32-bit numbers that cannot be mixed up. They are dense and never reused, so that a
// side table of any of them is a vector.
#pragma once
#include <compare>
#include <cstdint>
#include <functional>

namespace wjit::ir {

template <class Tag>
struct Id {
  static constexpr uint32_t kNone = ~uint32_t{0};
  uint32_t n = kNone;

  constexpr Id() = default;
  constexpr explicit Id(uint32_t number) : n(number) {}
  constexpr bool valid() const { return n != kNone; }
  friend constexpr bool operator==(Id, Id) = default;
  friend constexpr auto operator<=>(Id, Id) = default;
};

using Value = Id<struct ValueTag>;      // v0 … what an instruction or a block parameter defines
using Block = Id<struct BlockTag>;      // block0 …
using Inst = Id<struct InstTag>;
using Sig = Id<struct SigTag>;          // a signature that calls refer to
using Edge = Id<struct EdgeTag>;        // a way from a terminator to a block, with its arguments
using Table = Id<struct JumpTableTag>;  // the edges of a br_table
using Try = Id<struct TryTag>;          // where a call that may throw goes on

}  // namespace wjit::ir

template <class Tag>
struct std::hash<wjit::ir::Id<Tag>> {
  size_t operator()(wjit::ir::Id<Tag> id) const noexcept { return id.n; }
};
