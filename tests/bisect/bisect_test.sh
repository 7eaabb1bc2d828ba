#!/usr/bin/env bash
# tools/bisect finds the function it is to find: in commands that say themselves when they fail, and in wjit.
#   tests/bisect/bisect_test.sh WJIT
set -uo pipefail
wjit=$(realpath "${1:?usage: bisect_test.sh WJIT}") || exit 2
bisect=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/tools/bisect
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
cd "$room" || exit 2
failed=0 passed=0

ends_with() {  # STATUS LAST-LINE COMMAND...: of bisect
  local status=$1 line=$2 found code=0
  shift 2
  found=$("$bisect" "$@" 2>&1) || code=$?
  if [[ $code -eq $status && $(tail -n 1 <<< "$found") == "$line" ]]; then
    passed=$((passed + 1))
    return
  fi
  failed=$((failed + 1))
  printf 'FAILED: bisect %s\n  expected status %s and the last line "%s"; found %s and\n%s\n' "$*" "$status" "$line" "$code" "$found"
}

# Fails if all functions of $2... are in native code.
cat > fails_with << 'END'
#!/bin/sh
first=${WJIT_JIT_FUNCTIONS%-*} last=${WJIT_JIT_FUNCTIONS#*-}
for n in "$@"; do [ "$n" -ge "$first" ] && [ "$n" -le "$last" ] || exit 0; done
echo "all of $*"
exit 3
END
chmod +x fails_with
for n in 0 1 2 3 37 64 1000 999999; do ends_with 0 "function $n" ./fails_with $n; done
ends_with 0 "functions 5 and 9, and perhaps others between them: none of them fails alone" ./fails_with 9 5 7
ends_with 0 "function 37" --message '^all of' ./fails_with 37
ends_with 1 "bisect: it fails without any native code, too" false
ends_with 1 "bisect: it does not fail with all functions in native code (is there --tier=jit in the command?)" true
ends_with 1 "bisect: it does not fail with all functions in native code (is there --tier=jit in the command?)" --message nothing ./fails_with 37

# wjit follows the range. It has failed, here, where function 3 has native code.
cat > many.wat << 'END'
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
  (func (export "one") (result i32) (i32.const 1))
  (func (export "two") (result i32) (i32.const 2))
  (func $three (export "three") (result i32) (call 1) (call 2) (i32.add))
  (func (export "four") (result i32) (i32.const 4)))
END
cat > is_interpreted << END
#!/bin/sh
[ "\$("$wjit" run --tier=jit --invoke three many.wat)" = 3 ] || exit 1
"$wjit" run --tier=jit --compile-only --tier-report many.wat 2>&1 | grep -q "^function \$1.*not asked for"
END
chmod +x is_interpreted
if [ "$(uname -m)" = x86_64 ]; then
  for n in 1 3 4; do ends_with 0 "function $n" ./is_interpreted $n; done
fi
echo "$passed passed, $failed failed, 0 skipped"
[[ $failed -eq 0 ]]
