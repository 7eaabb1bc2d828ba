# Warnings are errors only in CI (WJIT_WERROR=ON), so that a newer compiler never breaks a user's build.
option(WJIT_WERROR "Treat warnings as errors" OFF)
add_library(wjit_warnings INTERFACE)
# -Wno-missing-field-initializers: members have defaults here, and leaving the rest to them is the point.
# -ffp-contract=off: a fused multiply-add has other results than the two operations WebAssembly asks for.
target_compile_options(wjit_warnings INTERFACE -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers
  -ffp-contract=off
  -fno-strict-aliasing -fno-omit-frame-pointer $<$<BOOL:${WJIT_WERROR}>:-Werror>
  # What the optimiser guesses differs by compiler and options: shown, never an error.
  "$<$<CXX_COMPILER_ID:GNU>:-Wno-error=maybe-uninitialized;-Wno-error=array-bounds;-Wno-error=stringop-overflow;-Wno-error=restrict>")
