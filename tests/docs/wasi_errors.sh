#!/usr/bin/env bash
# The table of errors in docs/wasi.md says what the programs tests/wasi/errno_*.c have seen (their .out files), no more
# and no less. It has a row for every function there is, and each has been seen to succeed.
#   tests/docs/wasi_errors.sh
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

functions=$(sed -n 's/^WJIT_WASI_FUNCTION(\([a-z_]*\),.*/\1/p' "$root/runtime/wasi/functions.def")
[[ -n $functions ]] || { echo "FAILED: no functions in runtime/wasi/functions.def"; exit 1; }

# FUNCTION: errno errno…, sorted, one function a line.
sorted() { awk -F': ' '{ n = split($2, e, " "); for (i = 1; i <= n; i++) print $1 ": " e[i] }' | sort -u; }
sed -e 's/SUCCESS//' "$root"/tests/wasi/errno_*.out | tr '[:upper:]' '[:lower:]' | sorted > "$room/seen"

# The two that do not return are exit_code.c's and raise.c's.
for function in $functions; do
  [[ $function == proc_* ]] || grep -Eq "^$function:( .*)? ?SUCCESS\b" "$root"/tests/wasi/errno_*.out ||
    { echo "FAILED: no program has seen $function succeed"; exit 1; }
done

awk -v functions="$functions" '
  /^\| (every )?`/ {
    split($0, cells, "|")
    names = cells[2]
    text = cells[3]
    list = ""
    while (match(text, /`[a-z0-9]+`/)) {
      list = list " " substr(text, RSTART + 1, RLENGTH - 2)
      text = substr(text, RSTART + RLENGTH)
    }
    if (names ~ /every/) { of_paths = list; next }
    while (match(names, /`[^`]+`/)) {
      name = substr(names, RSTART + 1, RLENGTH - 2)
      names = substr(names, RSTART + RLENGTH)
      rows[name] = 1
      if (name !~ /^proc_/) print name ":" (name ~ /^path_/ ? of_paths : "") list
    }
  }
  END {
    n = split(functions, all, "\n")
    for (i = 1; i <= n; i++) if (!(all[i] in rows)) print all[i] ": has-no-row-in-docs/wasi.md"
  }' "$root/docs/wasi.md" | sorted > "$room/said"

if ! diff -U 0 --label "tests/wasi/errno_*.out" --label docs/wasi.md "$room/seen" "$room/said" > "$room/difference"; then
  grep -v '^@@' "$room/difference"
  echo "FAILED: docs/wasi.md and the tests do not say the same"
  exit 1
fi
echo "$(wc -l < "$room/seen") errors of WASI functions: docs/wasi.md agrees with the tests"
