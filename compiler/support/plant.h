// Mistakes on purpose: for the proof that the random programs of tools/fuzz, or the allocator's checker, or the tests of
// a row find such. No build of wjit has them. Only tests/fuzz compiles the sources that have some once more, with
// WJIT_PLANT_BUGS, and chooses one.
#pragma once

#ifdef WJIT_PLANT_BUGS

// name, what is wrong
#define WJIT_PLANTS(P)                                                                          \
  P(lost_extension, "an i32 is taken for an i64 as it is")                                      \
  P(wrong_condition, "unsigned <= compares as <")                                               \
  P(wrong_displacement, "a constant folded into an address is forgotten")                       \
  P(wrong_scale, "a scaled index is shifted by one less")                                       \
  P(lost_negation, "x == 0 of a condition is the condition")                                    \
  P(sunk_past_store, "a load is folded into its user across a store")                           \
  P(swapped_operands, "memory - x is stored as the sum")                                        \
  P(missing_check, "an access at a constant place that is out of bounds is not checked")        \
  P(wrong_trap, "division by zero is an overflow")                                              \
  P(wrong_place, "a trap tells the place of the function")                                      \
  P(wrong_cost, "bulk operations cost nothing")                                                 \
  P(wrong_sum, "(x + c1) + c2 becomes x + c1")                                                  \
  P(wrong_remainder, "x rem 2^k becomes x and 2^k")                                             \
  P(wrong_count, "a vector's shift count is taken modulo an eighth of a lane")                          \
  P(swapped_slots, "the allocator reads another value's slot")                                  \
  P(narrow_reload, "an i64 comes back from its slot as an i32")                                 \
  P(lost_register, "a register that calls preserve is not saved")                               \
  P(sure_guess, "whom a profile names is called unseen")                                        \
  P(next_guess, "whom a profile names is called when the next function is meant")

// For the proofs of --verify and for tools/bisect: random programs seldom have what it takes.
#define WJIT_PROOF_PLANTS(P) P(hoisted_too_far, "a product goes in front of the loop that makes its factors")

// Likewise, for tests of a row of the failure classes: name, the test that has to find it, what is wrong
#define WJIT_ROW_PLANTS(P)                                                                                         \
  P(forgotten_refusal, "row 18: the native*", "an invalid body leaves its function without native code, and no more") \
  P(forgotten_imports, "row 22: native*", "globals of the module's own are counted without imported ones") \
  P(foreign_module, "row 32: native*", "a module of another engine is instantiated")                               \
  P(imported_unchecked, "row 32: native*", "memories that are imported are taken for some with guard pages")

namespace wjit::plant {

enum class Bug {
  none,
#define WJIT_X(name, what) name,
  WJIT_PLANTS(WJIT_X)
  WJIT_PROOF_PLANTS(WJIT_X)
#undef WJIT_X
#define WJIT_X(name, test, what) name,
  WJIT_ROW_PLANTS(WJIT_X)
#undef WJIT_X
};
extern Bug active;

}  // namespace wjit::plant
#define WJIT_PLANTED(name) (::wjit::plant::active == ::wjit::plant::Bug::name)

#else
#define WJIT_PLANTED(name) false
#endif
