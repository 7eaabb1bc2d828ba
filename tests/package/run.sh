#!/bin/sh
# Installs the libraries into a fresh prefix, moves it, and builds and runs what strangers would write: a CMake project
# of ten lines (C and C++; shared and static) and programs built with pkg-config.
# usage: run.sh CMAKE BUILD_DIR CC CXX SANITIZERS
set -eu
cmake=$1 build=$2 cc=$3 cxx=$4 sanitize=$5
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$cmake" --install "$build" --component development --prefix "$work/first" > "$work/install.log"
mv "$work/first" "$work/prefix"  # nothing may depend on where it was installed
prefix=$work/prefix
libdir=$(dirname "$(find "$prefix" -name libwjit.a)")
flags=${sanitize:+-fsanitize=$sanitize}
shared=yes
[ -e "$libdir/libwjit.so" ] || shared=

export CMAKE_GENERATOR=Ninja  # what wjit itself is built with: make may not be there
say() { echo "== $1"; }
expect() { [ "$1" = "2 + 3 = 5" ] || { echo "found \"$1\", expected \"2 + 3 = 5\""; exit 1; }; }

for kind in ${shared:+shared} static; do
  say "CMake, $kind"
  "$cmake" -S "$here/cmake" -B "$work/$kind" -DCMAKE_PREFIX_PATH="$prefix" -DKIND=$kind -DCMAKE_C_COMPILER="$cc" \
    -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags" > "$work/cmake.log" ||
    { cat "$work/cmake.log"; exit 1; }
  "$cmake" --build "$work/$kind" > "$work/build.log" || { cat "$work/build.log"; exit 1; }
  expect "$("$work/$kind/embed_c")"
  expect "$("$work/$kind/embed_cpp")"
done

command -v pkg-config > /dev/null || { echo "pkg-config is not installed: its part is left out"; exit 0; }
export PKG_CONFIG_PATH="$libdir/pkgconfig"
for kind in ${shared:+shared} static; do
  say "pkg-config, $kind"
  if [ $kind = shared ]; then
    libs="$(pkg-config --libs wjit) -Wl,-rpath,$libdir"
  else
    libs="$libdir/libwjit.a $(pkg-config --static --libs wjit | sed 's/-lwjit//')"
  fi
  # shellcheck disable=SC2046,SC2086
  "$cc" $flags -std=c11 "$here/embed.c" $(pkg-config --cflags wjit) $libs -o "$work/c"
  # shellcheck disable=SC2046,SC2086
  "$cxx" $flags -std=c++20 "$here/embed.cpp" $(pkg-config --cflags wjit) $libs -o "$work/cpp"
  expect "$("$work/c")"
  expect "$("$work/cpp")"
done

if [ "$shared" ]; then
  say "what libwjit.so exports"
  # C functions of the API and members of namespace wjit; nothing of the inside or of other libraries.
  nm -D --defined-only -C "$libdir/libwjit.so" | cut -d' ' -f3- | grep -Ev '^(wasm|wjit)_[a-z]|^(typeinfo (name )?for )?wjit::[A-Za-z]' > "$work/strangers" || true
  nm -D --defined-only -C "$libdir/libwjit.so" | grep -E 'wjit::(rt|wasm|bc|vm|support)::' | grep -Ev 'wjit::[A-Z][A-Za-z]*::|wjit::detail::' >> "$work/strangers" || true
  if [ -s "$work/strangers" ]; then
    echo "exported, but not of the API:"
    head -20 "$work/strangers"
    exit 1
  fi
fi
echo "all work"
