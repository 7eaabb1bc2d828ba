#!/usr/bin/env bash
# CPython for WASI, run on one line, on a script, and once more after a way through text; what it prints is compared with what CPython prints.
#   tests/cpython/run.sh PYTHON_WASM [NAME...]    WJIT_RUN: the command that runs a program, e.g. "bin/wjit run"
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=${1:?usage: run.sh PYTHON_WASM [NAME...]}
shift
read -r -a run <<< "${WJIT_RUN:?the command that runs a program}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

check() {  # NAME WANTED_CODE COMMAND...: stdout against NAME.out
  local name=$1 want=$2 code
  shift 2
  timeout 600 "$@" < "$work/stdin" > "$work/stdout" 2> "$work/stderr"
  code=$?
  if [[ $code == "$want" ]] && cmp -s "$here/$name.out" "$work/stdout"; then
    passed=$((passed + 1))
    return
  fi
  failed=$((failed + 1))
  echo "FAILED cpython/$name: exit code $code, expected $want"
  diff -u --label expected --label got "$here/$name.out" "$work/stdout" | head -n 30 | sed 's/^/    /'
  head -n 10 "$work/stderr" | sed 's/^/    stderr: /'
}

one_line() {
  check one_line 0 "${run[@]}" "$python" -c 'import json,math; print(json.dumps([1,2]), math.pi, sum(range(1000)))'
}

script() {
  mkdir "$work/folder"
  cp "$here/script.py" "$work/folder/"
  check script 7 "${run[@]}" --dir "$work/folder::/folder" "$python" /folder/script.py one "two words"
}

# Printed as text, parsed, and run: WJIT_RUN must be wjit itself (or an emulator of it), its command run, and options.
text() {
  local wjit=() word
  for word in "${run[@]}"; do
    [[ $word == run ]] && break
    wjit+=("$word")
  done
  "${wjit[@]}" print "$python" -o "$work/python.wat" && "${wjit[@]}" parse "$work/python.wat"
  check one_line 0 "${run[@]}" "$work/python.wasm" -c 'import json,math; print(json.dumps([1,2]), math.pi, sum(range(1000)))'
}

printf 'twelve chars' > "$work/stdin"
[[ $# -gt 0 ]] || set -- one_line script text
for name in "$@"; do $name; done
echo "CPython: $passed passed, $failed failed, 0 skipped"
[[ $failed == 0 ]]
