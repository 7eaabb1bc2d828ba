#!/usr/bin/env bash
# Runs the C programs of this folder and compares what they print and how they end.
#
#   tests/wasi/run.sh FOLDER [NAME...]      FOLDER holds the built NAME.wasm (build/<preset>/tests/wasi)
#   WJIT_RUN   the command that runs a program (default: FOLDER/../../bin/wjit run)
#   BLESS=1    writes NAME.out instead of comparing; read the difference before committing it
#
# A program says in its first comment lines how to run it:
#   // run: OPTIONS of wjit run     // args: ARGUMENTS of the guest     (both may name ROOM, a temporary folder
#   of the test, and BOX, ROOM/box, what a program may be given; options also OTHER, an empty folder that is in another
#   file system where there is one)
#   // stdin: TEXT, | for a newline     // exit: CODE, else 0     // stderr: PATTERN it must match
#   // setup: a shell command, run in ROOM first     // host: a shell command for limits and streams of the host's, run
#   before it in the same shell (may be given more than once)
#   // with: sockets KIND, for standard input and standard error (host/with_sockets.c)
#   // with: failing host, whose calls fail as the program asks (host/fail_host.c)     (or both, with a comma)
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${1:?usage: run.sh FOLDER [NAME...]}
folder=$(cd "$folder" && pwd) || exit 2
shift
read -r -a run <<< "${WJIT_RUN:-$folder/../../bin/wjit run}"
work=$(mktemp -d)
mkdir -p "$work/a/b/c"  # deep enough that no test's chain of .. leaves the temporary folder
other=$work/other
trap 'chmod -R u+rwx "$work"; rm -rf "$work" "$other"' EXIT
passed=0 failed=0 skipped=0

directives() { sed -n "s|^// $2: ||p" "$1"; }
directive() { directives "$@" | head -n 1; }

# A folder in another file system than the temporary folder's, if this machine has one that we may write to.
find_other() {
  local place
  for place in /dev/shm "${XDG_RUNTIME_DIR:-/run}" /var/tmp "$folder"; do
    [[ $(stat -c %d "$place" 2> /dev/null) != $(stat -c %d "$work") ]] || continue
    other=$(mktemp -d "$place/wjit-test.XXXXXX" 2> /dev/null) && return
  done
  other=$work/other
}

# What a program is started with, from its "with:" line: ${with[@]}.
start_with() {
  local item items set_preload
  with=()
  IFS=, read -r -a items <<< "$1"
  for item in "${items[@]}"; do
    case ${item# } in
      "sockets "*) with+=(${WJIT_EMULATOR:-} "$folder/../../bin/with-sockets" "${item##* }") ;;
      "failing host")
        # An emulator must not load it itself. AddressSanitizer wants to be the first library, but works as the second.
        set_preload=LD_PRELOAD=$folder/fail-host.so
        [[ -z ${WJIT_EMULATOR:-} ]] || set_preload=QEMU_SET_ENV=$set_preload
        with+=(env "$set_preload" "ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0")
        ;;
      *) problem="it asks for something that there is not: '$item'" ;;
    esac
  done
}

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
  start_with "$(directive "$source" with)"
  eval "options=($(directive "$source" run))"
  eval "arguments=($(directive "$source" args))"
  options=("${options[@]/#BOX/$room/box}")
  if [[ ${options[*]} == *OTHER* ]]; then
    find_other
    mkdir -p "$other"
    options=("${options[@]/#OTHER/$other}")
  fi
  arguments=("${arguments[@]/#ROOM/$room}")
  directive "$source" stdin | tr '|' '\n' > "$room/stdin"
  want_code=$(directive "$source" exit)
  pattern=$(directive "$source" stderr)
  local before after
  before=$(around "$room")
  (cd "$room" && eval "$(directives "$source" host)" && timeout 300 "${with[@]}" "${run[@]}" "${options[@]}" "$folder/$name.wasm" "${arguments[@]}") \
    < "$room/stdin" > "$work/$name.stdout" 2> "$work/$name.stderr"
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
for name in "${names[@]}"; do
  if [[ -f $folder/$name.wasm ]]; then
    run_one "$name"
  else
    echo "SKIPPED wasi/$name: $folder/$name.wasm was not built"
    skipped=$((skipped + 1))
  fi
done
echo "C programs: $passed passed, $failed failed, $skipped skipped"
[[ $failed == 0 ]]
