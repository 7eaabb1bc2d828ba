// Islands of veneers, where so many branches wait for their targets that the room for them is itself a matter of reach.
#include <cstring>

#include "catch.h"
#include "compiler/isa/a64/masm.h"

using namespace wjit;
using namespace wjit::a64;

namespace {

using Label = decltype(std::declval<Masm>().new_label());

// As divisions make them: branches of the long reach to code behind everything else.
std::vector<Label> checks(Masm& a, unsigned count) {
  std::vector<Label> all;
  for (unsigned n = 0; n < count; ++n) {
    all.push_back(a.new_label());
    a.cbz(W::k32, Gp::x1, all.back());
    a.binary(Binary::kUdiv, W::k32, Gp::x1, Gp::x0, Gp::x1);
  }
  return all;
}

}  // namespace

TEST_CASE("a64 islands: none falls into a reserved stretch, however many branches wait [row9]") {
  for (const unsigned count : {2050u, 2500u, 2900u}) {
    CAPTURE(count);
    Masm a;
    const Label far = a.new_label();
    a.tbz(Gp::x0, 0, far);
    const std::vector<Label> cold = checks(a, count);
    std::vector<uint32_t> places;
    while (a.offset() < 40'000) {
      a.reserve(8);
      places.push_back(a.offset());
      a.blr(Gp::x9);
    }
    a.bind(far);
    for (const Label& l : cold) a.bind(l);
    a.ret();
    const auto code = a.finish();
    REQUIRE(code);
    unsigned wrong = 0;
    for (uint32_t at : places) {
      uint32_t word;
      std::memcpy(&word, code->data() + at, 4);
      wrong += word != 0xd63f0120;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("a64 islands: the short reach comes first [row9]") {
  for (const auto& [count, end] : {std::pair{12'000u, 990'000u}, {20'000u, 960'000u}, {20'000u, 900'000u}}) {
    CAPTURE(count, end);
    Masm a;
    const std::vector<Label> cold = checks(a, count);
    while (a.offset() < end) a.nop();
    const Label far = a.new_label();
    a.tbz(Gp::x0, 0, far);
    for (int n = 0; n < 10; ++n) a.nop();
    a.bind(far);
    for (const Label& l : cold) a.bind(l);
    a.ret();
    CHECK(a.finish());
  }
}
