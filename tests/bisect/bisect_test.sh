#!/usr/bin/env bash
# tools/bisect finds the function it is to find: in commands that say themselves when they fail, and in wjit.
#   tests/bisect/bisect_test.sh WJIT [WJIT-PLANTED]
set -uo pipefail
wjit=$(realpath "${1:?usage: bisect_test.sh WJIT [WJIT-PLANTED]}") || exit 2
planted=${2:+$(realpath "$2")}
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
before_or_behind="none of the mid-end's passes: in translation, or from lowering on"
for n in 0 1 2 3 37 64 1000 999999; do ends_with 0 "function $n, $before_or_behind" ./fails_with $n; done
ends_with 0 "functions 5 and 9, and perhaps others between them (none of them fails alone), $before_or_behind" ./fails_with 9 5 7
ends_with 0 "function 37, $before_or_behind" --message '^all of' ./fails_with 37
ends_with 1 "bisect: it fails without any native code, too" false
ends_with 1 "bisect: it does not fail with all functions in native code (is there --tier=jit in the command?)" true
ends_with 1 "bisect: it does not fail with all functions in native code (is there --tier=jit in the command?)" --message nothing ./fails_with 37

# Fails where function $1 has native code for which pass $2 ran.
cat > fails_in << 'END'
#!/bin/sh
first=${WJIT_JIT_FUNCTIONS%-*} last=${WJIT_JIT_FUNCTIONS#*-}
[ "$1" -ge "$first" ] && [ "$1" -le "$last" ] || exit 0
case ,${WJIT_OPT_PASSES:-$2}, in *,$2,*) exit 1 ;; esac
END
chmod +x fails_in
for pass in simplify licm; do ends_with 0 "function 5, pass $pass" ./fails_in 5 $pass; done

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
  for n in 1 3 4; do ends_with 0 "function $n, $before_or_behind" ./is_interpreted $n; done
fi

# A wjit with a mistake in it.
cat > squares.wat << 'END'
(module
  (func $two (result i32) (i32.const 2))
  (func (export "squares") (param $n i32) (result i32) (local $i i32) (local $s i32)
    (loop $l
      (local.set $s (i32.add (local.get $s) (i32.mul (local.get $i) (local.get $i))))
      (local.set $i (i32.add (local.get $i) (call $two)))
      (br_if $l (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $s)))
END
if [[ -n $planted && $(uname -m) == x86_64 ]]; then
  for bug in "hoisted_too_far licm"; do
    cat > squares_are_right << END
#!/bin/sh
export WJIT_PLANT=${bug% *}
[ "\$("$planted" run --tier=jit --invoke squares squares.wat 10)" = 120 ] || exit 1
# Lowering refuses what is used before it is made: the function stays in tier 0, and the report says whose mistake it is.
! "$planted" run --tier=jit --compile-only --tier-report squares.wat 2>&1 | grep -q "mistake of the compiler"
END
    chmod +x squares_are_right
    ends_with 0 "function 1, pass ${bug#* }" ./squares_are_right
    # Whoever proves each step need not look for it.
    found=$(WJIT_PLANT=${bug% *} "$planted" run --tier=jit --verify --invoke squares squares.wat 10 2>&1) && code=0 || code=$?
    if [[ $code -eq 70 && $found == *"the compiler made a mistake in function 1, in ${bug#* }: "* ]]; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
      printf 'FAILED: --verify with %s: status %s, and\n%s\n' "$bug" "$code" "$found"
    fi
  done
fi
echo "$passed passed, $failed failed, 0 skipped"
[[ $failed -eq 0 ]]
