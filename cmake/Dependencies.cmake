# Every dependency is a Debian package; tools/dev installs what is missing.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(asmjit CONFIG REQUIRED)
find_package(tl-expected CONFIG REQUIRED)
pkg_check_modules(LIBUNWIND REQUIRED libunwind)
