#!/usr/bin/env bash
# Runs the C programs of this folder and compares what they print and how they end.
#
#   tests/wasi/run.sh FOLDER [NAME...]      FOLDER holds the built NAME.wasm (build/<preset>/tests/wasi)
#   WJIT_RUN   the command that runs a program (default: FOLDER/../../bin/wjit run)
#   BLESS=1    writes NAME.out instead of comparing; read the difference before committing it
#
# A program says in its first comment lines how to run it:
#   // run: OPTIONS of wjit run     // args: ARGUMENTS of the guest     (both may name ROOM, a temporary folder
#   of the test, and BOX, ROOM/box, what a program may be given)
#   // stdin: TEXT, | for a newline     // exit: CODE, else 0     // stderr: PATTERN it must match
#   // setup: a shell command, run in ROOM first     // with: sockets, for standard input and standard error
#   (host/with_sockets.c)     // not: sanitized, left out where WJIT_SANITIZE is set
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${1:?usage: run.sh FOLDER [NAME...]}
folder=$(cd "$folder" && pwd) || exit 2
shift
read -r -a run <<< "${WJIT_RUN:-$folder/../../bin/wjit run}"
work=$(mktemp -d)
mkdir -p "$work/a/b/c"  # deep enough that no test's chain of .. leaves the temporary folder
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

directive() { sed -n "s|^// $2: ||p" "$1" | head -n 1; }

# Listing and contents of everything around the box: no program may change it.
around() {
  (cd "$1" && find . -path ./box -prune -o ! -name . -printf '%p %y %s %T@ %l\n' | sort && cat secret.txt vault/secret.txt)
}

lay_out() {
  mkdir -p "$1/box" "$1/vault"
  echo "do not read this" > "$1/secret.txt"
  echo "nor this" > "$1/vault/secret.txt"
  echo "hello from the box" > "$1/box/hello.txt"
  ln -s ../secret.txt "$1/box/out"
  ln -s .. "$1/box/outdir"
  ln -s "$1/vault" "$1/box/abs"
  ln -s ../new "$1/box/gone"
}

run_one() {
  local name=$1 source=$here/$1.c room=$work/a/b/c/$1 code want_code=0 options arguments pattern problem="" with=()
  lay_out "$room"
  (cd "$room" && eval "$(directive "$source" setup)") || problem="its setup failed"
  [[ $(directive "$source" with) == sockets ]] && with=(${WJIT_EMULATOR:-} "$folder/../../bin/with-sockets")
  eval "options=($(directive "$source" run))"
  eval "arguments=($(directive "$source" args))"
  options=("${options[@]/#BOX/$room/box}")
  arguments=("${arguments[@]/#ROOM/$room}")
  directive "$source" stdin | tr '|' '\n' > "$room/stdin"
  want_code=$(directive "$source" exit)
  pattern=$(directive "$source" stderr)
  local before after
  before=$(around "$room")
  (cd "$room" && timeout 300 "${with[@]}" "${run[@]}" "${options[@]}" "$folder/$name.wasm" "${arguments[@]}" \
    < stdin > "$work/$name.stdout" 2> "$work/$name.stderr")
  code=$?
  after=$(around "$room")
  [[ $code == "${want_code:-0}" ]] || problem="exit code $code, expected ${want_code:-0}"
  [[ -z $pattern ]] || grep -Eq "$pattern" "$work/$name.stderr" || problem="stderr does not match '$pattern'"
  [[ $before == "$after" ]] || problem="it changed files outside the preopened folder"
  if [[ -n ${BLESS:-} ]]; then
    cp "$work/$name.stdout" "$here/$name.out"
  elif ! cmp -s "$here/$name.out" "$work/$name.stdout"; then
    problem="other output than expected${problem:+; $problem}"
  fi
  if [[ -z $problem ]]; then
    passed=$((passed + 1))
    return
  fi
  failed=$((failed + 1))
  echo "FAILED wasi/$name: $problem"
  diff -u --label expected --label got "$here/$name.out" "$work/$name.stdout" | head -n 30 | sed 's/^/    /'
  head -n 10 "$work/$name.stderr" | sed 's/^/    stderr: /'
}

names=("$@")
if [[ ${#names[@]} == 0 ]]; then
  for source in "$here"/*.c; do names+=("$(basename "$source" .c)"); done
fi
sanitized=$(sed -n 's/^WJIT_SANITIZE:[A-Z]*=//p' "$folder/../../CMakeCache.txt" 2> /dev/null)
for name in "${names[@]}"; do
  if [[ -n $sanitized && $(directive "$here/$name.c" not) == sanitized ]]; then
    echo "left out of a sanitized build: wasi/$name"
  elif [[ -f $folder/$name.wasm ]]; then
    run_one "$name"
  else
    echo "SKIPPED wasi/$name: $folder/$name.wasm was not built"
    skipped=$((skipped + 1))
  fi
done
echo "C programs: $passed passed, $failed failed, $skipped skipped"
[[ $failed == 0 ]]
