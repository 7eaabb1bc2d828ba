# What is installed: headers, libwjit.a, libwjit.so, find_package(wjit CONFIG) and wjit.pc, as component
# "development"; the command line as component "tools".
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/wjit)

install(FILES include/wasm.h include/wjit.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
install(DIRECTORY include/wjit DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development
  FILES_MATCHING PATTERN "*.hpp" PATTERN "*.inl")

# One export each, so that who takes the shared library needs none of the static one's dependencies.
function(wjit_install_library target kind)
  install(TARGETS ${target} EXPORT wjit-${kind}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development NAMELINK_COMPONENT development
    INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT wjit-${kind} NAMESPACE wjit:: FILE wjit-${kind}.cmake DESTINATION ${package_dir} COMPONENT development)
endfunction()
wjit_install_library(wjit static)
if(TARGET wjit_shared)
  wjit_install_library(wjit_shared shared)
endif()

configure_package_config_file(cmake/install/wjit-config.cmake.in ${CMAKE_BINARY_DIR}/wjit-config.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/wjit-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/wjit-config.cmake ${CMAKE_BINARY_DIR}/wjit-config-version.cmake
  DESTINATION ${package_dir} COMPONENT development)

# The prefix is found from where the file lies, so that the installed tree can be moved.
file(RELATIVE_PATH pc_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" pc_prefix "${pc_prefix}")
configure_file(cmake/install/wjit.pc.in ${CMAKE_BINARY_DIR}/wjit.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/wjit.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

install(TARGETS wjit-cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tools)
