# Cross-building for AArch64 on a Debian host: its cross compiler, the :arm64 packages beside the host's own, and
# qemu-user to run what comes out. tools/dev test --target=aarch64 installs all of it.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR ${CMAKE_CURRENT_LIST_DIR}/emulate-aarch64)

# Headers are shared between architectures (/usr/include); libraries, their CMake files and .pc files are not.
# CMAKE_LIBRARY_ARCHITECTURE is what find_package looks under; CMake finds it out for itself, but only after the
# first compiler check.
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
# Never a library of the host's, even where the target's is missing.
set(CMAKE_IGNORE_PATH /usr/lib/${CMAKE_HOST_SYSTEM_PROCESSOR}-linux-gnu
    /usr/lib/${CMAKE_HOST_SYSTEM_PROCESSOR}-linux-gnu/cmake /lib/${CMAKE_HOST_SYSTEM_PROCESSOR}-linux-gnu)
