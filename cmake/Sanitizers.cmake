# WJIT_SANITIZE: empty, "address,undefined" or "thread".
set(WJIT_SANITIZE "" CACHE STRING "Sanitizers to build with")
if(WJIT_SANITIZE)
  add_compile_options(-fsanitize=${WJIT_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${WJIT_SANITIZE})
  # g++ 12 sees uninitialised members in std::variant and Catch2 that are none, once the checks are in the way.
  add_compile_options(-Wno-maybe-uninitialized)
endif()
