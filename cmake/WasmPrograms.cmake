# C programs to WebAssembly, for the examples and tests: clang with Debian's wasi-libc, found once.
find_program(WJIT_WASM_CC NAMES clang DOC "C compiler that knows --target=wasm32-wasi")
set(WJIT_WASM_CFLAGS --target=wasm32-wasi -O2)

if(WJIT_WASM_CC AND NOT DEFINED WJIT_WASM_CC_WORKS)
  set(probe ${CMAKE_BINARY_DIR}/CMakeFiles/wasm_probe)
  file(WRITE ${probe}.c "#include <stdio.h>\nint main(void) { return puts(\"\") < 0; }\n")
  execute_process(COMMAND ${WJIT_WASM_CC} ${WJIT_WASM_CFLAGS} ${probe}.c -o ${probe}.wasm
    RESULT_VARIABLE probe_result ERROR_VARIABLE probe_error OUTPUT_QUIET)
  if(probe_result EQUAL 0)
    # Only success is remembered: a package installed later is seen by the next configure.
    set(WJIT_WASM_CC_WORKS TRUE CACHE INTERNAL "WJIT_WASM_CC builds a WASI program")
  endif()
endif()
if(NOT WJIT_WASM_CC_WORKS)
  message(WARNING "No clang that builds for wasm32-wasi (Debian: clang lld wasi-libc libclang-rt-dev-wasm32): "
    "the example programs and the C programs of the tests are NOT built.\n${probe_error}")
endif()

# wjit_add_wasm_programs(TARGET SOURCE...): every SOURCE becomes NAME.wasm in the matching folder of the build
# tree, as part of TARGET (an empty target where clang is missing).
function(wjit_add_wasm_programs target)
  add_custom_target(${target} ALL)
  if(NOT WJIT_WASM_CC_WORKS)
    return()
  endif()
  set(outputs)
  foreach(source IN LISTS ARGN)
    get_filename_component(name ${source} NAME_WE)
    get_filename_component(input ${source} ABSOLUTE)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/${name}.wasm)
    add_custom_command(OUTPUT ${output}
      COMMAND ${WJIT_WASM_CC} ${WJIT_WASM_CFLAGS} -Wall -MD -MF ${output}.d -MT ${output} ${input} -o ${output} -lm
      DEPENDS ${input} DEPFILE ${output}.d COMMENT "Building WebAssembly program ${name}.wasm" VERBATIM)
    list(APPEND outputs ${output})
  endforeach()
  add_custom_target(${target}-files DEPENDS ${outputs})
  add_dependencies(${target} ${target}-files)
endfunction()
