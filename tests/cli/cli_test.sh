#!/usr/bin/env bash
# The command line as a user meets it: exit statuses, messages, and what reaches the guest.
#   tests/cli/cli_test.sh WJIT
set -uo pipefail
wjit=${1:?usage: cli_test.sh WJIT}
wjit=$(realpath "$wjit") || exit 2
source_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
room=$(mktemp -d)
trap 'chmod -R u+rwx "$room"; rm -rf "$room"' EXIT
cd "$room" || exit 2
failed=0 passed=0

# check STATUS STDOUT STDERR COMMAND…: the patterns are extended regular expressions over the whole output, where a
# line's end is '|'; an empty one wants no output at all.
check() {
  local status=$1 out=$2 err=$3 found good=1
  shift 3
  "$@" > "$room/.out" 2> "$room/.err" < /dev/null
  found=$?
  matches "$out" .out && matches "$err" .err && [ "$found" = "$status" ] || good=0
  if [ $good = 1 ]; then
    passed=$((passed + 1))
    return
  fi
  failed=$((failed + 1))
  echo "FAILED: $*"
  echo "  expected status $status, found $found"
  echo "  expected stdout /$out/, found: $(head -c 2000 .out)"
  echo "  expected stderr /$err/, found: $(head -c 2000 .err)"
}
matches() {
  if [ -z "$1" ]; then [ ! -s "$2" ]; else tr '\n' '|' < "$2" | grep -Eq -- "$1"; fi
}

# --- modules, by hand --------------------------------------------------------------------------------------------
# add: (i32, i32) -> i32; id64, idf, idd: one i64, f32, f64 back; two: -> (1: i32, -2: i64); ref: a funcref back
{
  printf '\x00\x61\x73\x6d\x01\x00\x00\x00\x01\x20\x06\x60\x02\x7f\x7f\x01\x7f\x60\x01\x7e\x01\x7e\x60\x01\x7d\x01\x7d\x60'
  printf '\x01\x7c\x01\x7c\x60\x00\x02\x7f\x7e\x60\x01\x70\x01\x70\x03\x07\x06\x00\x01\x02\x03\x04\x05\x06\x06\x01\x7f\x00'
  printf '\x41\x07\x0b\x07\x2a\x07\x03\x61\x64\x64\x00\x00\x04\x69\x64\x36\x34\x00\x01\x03\x69\x64\x66\x00\x02\x03\x69\x64'
  printf '\x64\x00\x03\x03\x74\x77\x6f\x00\x04\x03\x72\x65\x66\x00\x05\x01\x67\x03\x00\x0a\x24\x06\x07\x00\x20\x00\x20\x01'
  printf '\x6a\x0b\x04\x00\x20\x00\x0b\x04\x00\x20\x00\x0b\x04\x00\x20\x00\x0b\x06\x00\x41\x01\x42\x7e\x0b\x04\x00\x20\x00'
  printf '\x0b'
} > math.wasm
# _start ("outer") calls "inner": nop, unreachable; the module is called "boom"
{
  printf '\x00\x61\x73\x6d\x01\x00\x00\x00\x01\x04\x01\x60\x00\x00\x03\x03\x02\x00\x00\x07\x0a\x01\x06\x5f\x73\x74\x61\x72'
  printf '\x74\x00\x00\x0a\x0b\x02\x04\x00\x10\x01\x0b\x04\x00\x01\x00\x0b\x00\x1d\x04\x6e\x61\x6d\x65\x00\x05\x04\x62\x6f'
  printf '\x6f\x6d\x01\x0f\x02\x00\x05\x6f\x75\x74\x65\x72\x01\x05\x69\x6e\x6e\x65\x72'
} > trap.wasm
# _start: proc_exit(number of arguments)
{
  printf '\x00\x61\x73\x6d\x01\x00\x00\x00\x01\x0e\x03\x60\x02\x7f\x7f\x01\x7f\x60\x01\x7f\x00\x60\x00\x00\x02\x4c\x02\x16'
  printf '\x77\x61\x73\x69\x5f\x73\x6e\x61\x70\x73\x68\x6f\x74\x5f\x70\x72\x65\x76\x69\x65\x77\x31\x0e\x61\x72\x67\x73\x5f'
  printf '\x73\x69\x7a\x65\x73\x5f\x67\x65\x74\x00\x00\x16\x77\x61\x73\x69\x5f\x73\x6e\x61\x70\x73\x68\x6f\x74\x5f\x70\x72'
  printf '\x65\x76\x69\x65\x77\x31\x09\x70\x72\x6f\x63\x5f\x65\x78\x69\x74\x00\x01\x03\x02\x01\x02\x05\x03\x01\x00\x01\x07'
  printf '\x13\x02\x06\x6d\x65\x6d\x6f\x72\x79\x02\x00\x06\x5f\x73\x74\x61\x72\x74\x00\x02\x0a\x12\x01\x10\x00\x41\x00\x41'
  printf '\x04\x10\x00\x1a\x41\x00\x28\x02\x00\x10\x01\x0b'
} > argc.wasm
# imports env.nope: (i32) -> ()
{
  printf '\x00\x61\x73\x6d\x01\x00\x00\x00\x01\x05\x01\x60\x01\x7f\x00\x02\x0c\x01\x03\x65\x6e\x76\x04\x6e\x6f\x70\x65\x00'
  printf '\x00'
} > import.wasm
# imports wasi_snapshot_preview1.proc_exit as (i64) -> ()
{
  printf '\x00\x61\x73\x6d\x01\x00\x00\x00\x01\x05\x01\x60\x01\x7e\x00\x02\x24\x01\x16\x77\x61\x73\x69\x5f\x73\x6e\x61\x70'
  printf '\x73\x68\x6f\x74\x5f\x70\x72\x65\x76\x69\x65\x77\x31\x09\x70\x72\x6f\x63\x5f\x65\x78\x69\x74\x00\x00'
} > sig.wasm
# i32.add without operands
{
  printf '\x00\x61\x73\x6d\x01\x00\x00\x00\x01\x05\x01\x60\x00\x01\x7f\x03\x02\x01\x00\x0a\x05\x01\x03\x00\x6a\x0b'
} > invalid.wasm
# _start never ends
{
  printf '\x00\x61\x73\x6d\x01\x00\x00\x00\x01\x04\x01\x60\x00\x00\x03\x02\x01\x00\x07\x0a\x01\x06\x5f\x73\x74\x61\x72\x74'
  printf '\x00\x00\x0a\x09\x01\x07\x00\x03\x40\x0c\x00\x0b\x0b'
} > loop.wasm
# _start waits for a day, and for standard input
"$wjit" parse - -o sleep.wasm << 'EOF'
(module (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (i32.store (i32.const 16) (i32.const 1)) (i64.store (i32.const 24) (i64.const 86400000000000))
    (drop (call $poll (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200)))))
EOF
"$wjit" parse - -o read.wasm << 'EOF'
(module (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 8))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))))
EOF
# vec, ext, fun: one v128, externref, funcref back
{
  printf '\x00\x61\x73\x6d\x01\x00\x00\x00\x01\x10\x03\x60\x01\x7b\x01\x7b\x60\x01\x6f\x01\x6f\x60\x01\x70\x01\x70\x03\x04\x03'
  printf '\x00\x01\x02\x07\x13\x03\x03\x76\x65\x63\x00\x00\x03\x65\x78\x74\x00\x01\x03\x66\x75\x6e\x00\x02\x0a\x10\x03\x04\x00'
  printf '\x20\x00\x0b\x04\x00\x20\x00\x0b\x04\x00\x20\x00\x0b'
} > values.wasm
# _start writes "hi\n" to descriptor 1 and does not look at the answer
{
  printf '\x00\x61\x73\x6d\x01\x00\x00\x00\x01\x0c\x02\x60\x04\x7f\x7f\x7f\x7f\x01\x7f\x60\x00\x00\x02\x23\x01\x16\x77\x61\x73'
  printf '\x69\x5f\x73\x6e\x61\x70\x73\x68\x6f\x74\x5f\x70\x72\x65\x76\x69\x65\x77\x31\x08\x66\x64\x5f\x77\x72\x69\x74\x65\x00'
  printf '\x00\x03\x02\x01\x01\x05\x03\x01\x00\x01\x07\x13\x02\x06\x6d\x65\x6d\x6f\x72\x79\x02\x00\x06\x5f\x73\x74\x61\x72\x74'
  printf '\x00\x01\x0a\x0f\x01\x0d\x00\x41\x01\x41\x00\x41\x01\x41\x08\x10\x00\x1a\x0b\x0b\x1a\x02\x00\x41\x00\x0b\x0c\x10\x00'
  printf '\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x41\x10\x0b\x03\x68\x69\x0a'
} > hello.wasm
# imports lib.get: () -> i32; get: what it gives
{
  printf '\x00\x61\x73\x6d\x01\x00\x00\x00\x01\x05\x01\x60\x00\x01\x7f\x02\x0b\x01\x03\x6c\x69\x62\x03\x67\x65\x74\x00\x00\x03'
  printf '\x02\x01\x00\x07\x07\x01\x03\x67\x65\x74\x00\x01\x0a\x06\x01\x04\x00\x10\x00\x0b'
} > user.wasm
# a reactor: _initialize sets a counter to 41, get adds one and gives it
{
  printf '\x00\x61\x73\x6d\x01\x00\x00\x00\x01\x08\x02\x60\x00\x01\x7f\x60\x00\x00\x03\x03\x02\x01\x00\x06\x06\x01\x7f\x01\x41'
  printf '\x00\x0b\x07\x15\x02\x0b\x5f\x69\x6e\x69\x74\x69\x61\x6c\x69\x7a\x65\x00\x00\x03\x67\x65\x74\x00\x01\x0a\x14\x02\x06'
  printf '\x00\x41\x29\x24\x00\x0b\x0b\x00\x23\x00\x41\x01\x6a\x24\x00\x23\x00\x0b'
} > lib.wasm
# Not modules.
: > empty.wasm
printf 'hello, world\n' > junk.wasm
# Text.
cat > fac.wat <<'WAT'
(module $fac
  (func $fac (export "fac") (param $n i64) (result i64)
    (if (result i64) (i64.eqz (local.get $n))
      (then (i64.const 1))
      (else (i64.mul (local.get $n) (call $fac (i64.sub (local.get $n) (i64.const 1))))))))
WAT
printf '(func (export "two-and-three") (result i32) (i32.add (i32.const 2) (i32.const 3)))\n' > one.wat
printf '(module\n  (func (result i32)\n    (i32.cost 1)))\n' > typo.wat
printf ';; a comment\n(func (result i32)\n\t(f32.const 1))\n' > wrong.wat
printf '\x00asm\x0d\x00\x01\x00' > component.wasm
printf '\x00asm\x02\x00\x00\x00' > version.wasm
head -c 40 math.wasm > truncated.wasm
mkdir folder.wasm
cp math.wasm secret.wasm && chmod 0 secret.wasm
cp argc.wasm ./-odd.wasm

# --- help, version, wrong usage ------------------------------------------------------------------------------------
check 0 '^wjit [0-9]+\.[0-9]+\.[0-9]+\|$' '' "$wjit" --version
check 0 'Usage: wjit .*validate.*wast.*dump.*abi' '' "$wjit" --help
check 2 '' 'Usage: wjit' "$wjit"
for command in run validate parse print wast dump compile abi completion; do
  check 0 "Usage: wjit $command" '' "$wjit" $command --help
  check 2 '' "unknown option '--bogus'.*Try 'wjit $command --help'" "$wjit" $command --bogus
done
check 2 '' "unexpected argument 'b'" "$wjit" dump math.wasm b
check 2 '' 'FILE is required' "$wjit" run
check 2 '' 'FILE is required' "$wjit" run --dir .
check 2 '' "unknown option '--bogus'" "$wjit" --bogus math.wasm
check 2 '' "^wjit: --tier: found 'turbo', expected one of: interp, jit, tiered\|" "$wjit" --tier=turbo math.wasm
check 2 '' "found '\+bogus', expected .*mvp, .*simd, .*wide-arithmetic" "$wjit" --features=+bogus math.wasm
check 2 '' "found 'simd', expected '\+' or '-'" "$wjit" validate --features=simd math.wasm
check 2 '' "^wjit: --env: found '=x', expected NAME=VALUE" "$wjit" --env =x argc.wasm
check 2 '' "^wjit: --dir: found '::x', expected HOST or HOST::GUEST" "$wjit" --dir ::x argc.wasm
for number in many -1 18446744073709551616 0x 7x ''; do
  check 2 '' "^wjit: --fuel: found '$number', expected a number from 0 to 18446744073709551615\|" "$wjit" "--fuel=$number" argc.wasm
done
check 2 '' '^wjit: --tier-calls: found .-1., expected' "$wjit" --tier-calls -1 argc.wasm
check 2 '' "^wjit: --cpu: unknown processor feature 'sse9', expected native, or sse2, .*avx2" "$wjit" --cpu avx,sse9 argc.wasm
check 2 '' "found '5-2', expected FIRST-LAST" "$wjit" --jit-functions 5-2 argc.wasm

printf '\xef\xbb\xbf(module)' > bom.wat
check 1 '' '^wjit: bom.wat:1:1: found the illegal character 0xef' "$wjit" validate bom.wat

# --- bad input -------------------------------------------------------------------------------------------------------
for command in run validate dump compile; do
  check 1 '' '^wjit: missing.wasm: No such file or directory\|$' "$wjit" $command missing.wasm
  check 1 '' '^wjit: folder.wasm: [Ii]s a directory' "$wjit" $command folder.wasm
  check 1 '' '^wjit: empty.wasm: .*unexpected end' "$wjit" $command empty.wasm
  check 1 '' '^wjit: junk.wasm: .*magic header.*\(at offset 0x0\)\|$' "$wjit" $command junk.wasm
  check 1 '' "^wjit: typo.wat:3:6: found 'i32.cost', expected an instruction.*\|      \(i32.cost 1\)\)\)\|       \^\|$" "$wjit" $command typo.wat
  check 1 '' '^wjit: component.wasm: .*component' "$wjit" $command component.wasm
  check 1 '' '^wjit: version.wasm: .*version 2.*\(at offset 0x4\)\|$' "$wjit" $command version.wasm
  check 1 '' '^wjit: truncated.wasm: .*\(at offset 0x' "$wjit" $command truncated.wasm
  # Root reads everything.
  [ -r secret.wasm ] || check 1 '' '^wjit: secret.wasm: Permission denied\|$' "$wjit" $command secret.wasm
done
check 1 '' '^wjit: invalid.wasm: .*\(at offset 0x' "$wjit" invalid.wasm
check 1 '' '^wjit: invalid.wasm: .*\|wjit: junk.wasm: .*\|$' "$wjit" validate invalid.wasm math.wasm junk.wasm
check 0 '' '' "$wjit" validate math.wasm trap.wasm
check 1 '' '^wjit: math.wasm: .*function-references|reference-types' "$wjit" validate --features=-reference-types math.wasm
check 1 '' '^wjit: import.wasm: .*env.*nope' "$wjit" import.wasm
check 1 '' '^wjit: sig.wasm: .*proc_exit.*i64.*i32' "$wjit" sig.wasm
check 1 '' '^wjit: math.wasm: nothing to run.*_start.*--invoke.*add, id64' "$wjit" math.wasm
check 1 '' 'missing-folder.*No such file' "$wjit" --dir missing-folder argc.wasm

# --- --invoke --------------------------------------------------------------------------------------------------------
check 0 '^3\|$' '' "$wjit" --invoke add math.wasm 1 2
check 0 '^3\|$' '' "$wjit" run --invoke=add math.wasm 0x1 2
check 0 '^-2147483648\|$' '' "$wjit" --invoke add math.wasm 2147483647 1
check 0 '^-1\|$' '' "$wjit" --invoke id64 math.wasm 0xffff_ffff_ffff_ffff
check 0 '^1\.5\|$' '' "$wjit" --invoke idf math.wasm 0x1.8p+0
check 0 '^0\.1\|$' '' "$wjit" --invoke idd math.wasm 0.1
check 0 '^-inf\|$' '' "$wjit" --invoke idd math.wasm -inf
check 0 '^nan:0x8000000000000\|$' '' "$wjit" --invoke idd math.wasm nan
check 0 '^1\|-2\|$' '' "$wjit" --invoke two math.wasm
check 0 '^null\|$' '' "$wjit" --invoke ref math.wasm null
check 1 '' "no function 'nope': it exports the functions: add, id64, idf, idd, two, ref" "$wjit" --invoke nope math.wasm
check 1 '' "no function 'g'" "$wjit" --invoke g math.wasm
check 2 '' 'add takes 2 arguments, found 1' "$wjit" --invoke add math.wasm 1
check 2 '' "argument 2 of add: found 'x', expected a value of type i32" "$wjit" --invoke add math.wasm 1 x
check 2 '' "argument 1 of id64: found '1\.5', expected a value of type i64" "$wjit" --invoke id64 math.wasm 1.5
check 2 '' "argument 1 of ref: found '7', expected a value of type funcref: 'null' or func:NAME" "$wjit" --invoke ref math.wasm 7

check 0 '^v128:i32x4:0x00000001,0xffffffff,0x00000003,0x00000004\|$' '' "$wjit" --invoke vec values.wasm i32x4:1,-1,3,0x4
check 0 '^v128:i32x4:0x00000001,0xffffffff,0x00000003,0x00000004\|$' '' \
  "$wjit" --invoke vec values.wasm v128:i32x4:0x00000001,0xffffffff,0x00000003,0x00000004
check 0 '0x00000000,0x3ff80000,0x00000001,0x7ff00000\|$' '' "$wjit" --invoke vec values.wasm f64x2:1.5,nan:0x1
check 0 '0x00000001,0x00000000,0x00000000,0x00000000\|$' '' "$wjit" --invoke vec values.wasm 0x1
check 2 '' "expected 16 lanes, found 2" "$wjit" --invoke vec values.wasm i8x16:1,2
check 2 '' "for lane 3 a value of type i32, found '1e3'" "$wjit" --invoke vec values.wasm i32x4:1,2,3,1e3
check 2 '' "found '7', expected a value of type v128: SHAPE:LANE" "$wjit" --invoke vec values.wasm 7
check 0 '^extern:7\|$' '' "$wjit" --invoke ext values.wasm extern:7
check 0 '^null\|$' '' "$wjit" --invoke ext values.wasm null
check 2 '' "found '7', expected a value of type externref: 'null' or extern:N" "$wjit" --invoke ext values.wasm 7
check 0 '^func:ext\|$' '' "$wjit" --invoke fun values.wasm func:ext
check 2 '' "found 'func:no', expected" "$wjit" --invoke fun values.wasm func:no
for value in nan:0x1 -nan:0x400000 -inf 0x1p-149 -0 1e38; do
  printed=$("$wjit" --invoke idf math.wasm "$value")
  check 0 "^${printed//+/\\+}\|\$" '' "$wjit" --invoke idf math.wasm "$printed"
done

# --- JSON ------------------------------------------------------------------------------------------------------------
check 0 '^\{"results": \[\{"type": "i32", "value": "1"\}, \{"type": "i64", "value": "-2"\}\]\}\|$' '' \
  "$wjit" --json --invoke two math.wasm
check 1 '' '^\{"error": \{"kind": "io", "message": "missing.wasm: No such file or directory"\}\}\|$' "$wjit" --json missing.wasm
check 1 '' '^\{"error": \{"kind": "malformed", .*"offset": 4\}\}\|$' "$wjit" --json version.wasm
check 1 '' '^\{"error": \{"kind": "invalid", ' "$wjit" --json invalid.wasm
check 1 '' '^\{"error": \{"kind": "link", .*env.*nope' "$wjit" --json import.wasm
check 2 '' '^\{"error": \{"kind": "usage", .*--tier' "$wjit" run --json --tier=turbo math.wasm
check 134 '' '^\{"error": \{"kind": "trap", .*"trap": "unreachable", "frames": \[\{"module": "boom", "function": "inner", "index": 1, ' \
  "$wjit" --json trap.wasm
check 1 '^\{"file": "math.wasm", "valid": true\}\|\{"file": "junk.wasm", "valid": false, "error": \{"kind": "malformed",' '' \
  "$wjit" validate --json math.wasm junk.wasm
# Options of a command may stand in front of its name; values of options are no names.
check 1 '^\{"file": "math.wasm", "valid": true\}\|\{"file": "junk.wasm", "valid": false' '' "$wjit" --json validate math.wasm junk.wasm
check 0 '^\{"file": "math.wasm", "valid": true\}\|$' '' "$wjit" --features +threads --json validate --memory=checks math.wasm
check 2 '' "unknown option '--bogus'\|Try 'wjit validate --help'" "$wjit" --bogus validate math.wasm
check 1 '' "no function 'validate': it exports" "$wjit" --invoke validate math.wasm
check 4 '' '' "$wjit" --env A=b argc.wasm validate --json print
printf '\x00asm\x02' > $'odd"\xff\n.wasm'
check 1 '"odd\\".*\\n.wasm", "valid": false' '' "$wjit" validate --json $'odd"\xff\n.wasm'

# --- imports -----------------------------------------------------------------------------------------------------------
check 0 '^42\|$' '' "$wjit" --preload lib=lib.wasm --invoke get user.wasm
check 0 '^42\|$' '' "$wjit" --preload=lib=lib.wasm --invoke get user.wasm
check 1 '' 'user.wasm: unknown import.*"lib" "get"' "$wjit" --preload other=lib.wasm --invoke get user.wasm
check 1 '' '^wjit: missing: No such file' "$wjit" --preload lib=missing --invoke get user.wasm
check 2 '' "^wjit: --preload: found 'lib', expected NAME=FILE" "$wjit" --preload lib --invoke get user.wasm
check 134 '' 'unknown import: import "lib" "get" was called' "$wjit" --unknown-imports=trap --invoke get user.wasm
check 0 '^0\|$' '' "$wjit" --unknown-imports default --invoke get user.wasm
check 2 '' "--unknown-imports: found 'x', expected one of: error, trap, default" "$wjit" --unknown-imports x math.wasm
check 1 '' 'hello.wasm: unknown import.*fd_write' "$wjit" --wasi=none hello.wasm
check 0 '' '' "$wjit" --wasi=no-stdio hello.wasm
check 2 '' "--wasi: found 'x', expected one of: preview1, none, no-stdio, inherit-env" "$wjit" --wasi=none,x hello.wasm

# --- standard input ------------------------------------------------------------------------------------------------------
check 0 '^3\|$' '' bash -c "'$wjit' --invoke add - 1 2 < math.wasm"
check 0 '^3\|$' '' bash -c "cat math.wasm | '$wjit' --invoke add - 1 2"
check 1 '' '^wjit: -: .*magic header' bash -c "'$wjit' - < junk.wasm"
check 0 '' '' bash -c "'$wjit' validate - < math.wasm"
check 0 '^\(module\|.*\)\)\|$' '' bash -c "'$wjit' print - < math.wasm"
check 0 '' '' bash -c "'$wjit' parse - -o piped.wasm < fac.wat"
check 0 '^120\|$' '' "$wjit" --invoke fac piped.wasm 5
check 2 '' '^wjit: -: is not called .wat: expected --output=FILE' bash -c "'$wjit' parse - < fac.wat"
check 1 '' "^wjit: -:3:6: found 'i32.cost'" bash -c "'$wjit' parse - -o - < typo.wat"

# --- help, completion, manual ----------------------------------------------------------------------------------------------
check 0 'Usage: wjit dump' '' "$wjit" help dump
check 0 'Usage: wjit .*For example' '' "$wjit" help
check 2 '' "no command 'dmp': expected one of: run, validate" "$wjit" help dmp
check 2 '' "'frob' is neither a file nor a command; commands: run, " "$wjit" frob
check 2 '' "unknown option '--invok': did you mean '--invoke'\?" "$wjit" --invok add math.wasm
check 2 '' "found 'ksh', expected one of: bash, zsh, fish" "$wjit" completion ksh
complete_bash() {
  local words=("$@")
  bash -c 'source <("$0" completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _wjit; printf "%s\n" "${COMPREPLY[@]}"' \
    "$wjit" "${words[@]}"
}
check 0 '^--memory\|$' '' complete_bash wjit --mem
check 0 '^guard\|$' '' complete_bash wjit validate --memory g
check 0 '^guard\|$' '' complete_bash wjit validate --memory = g
check 0 '^validate\|$' '' complete_bash wjit vali
check 0 '^folder.wasm\|$' '' complete_bash wjit run --dir folder
check 0 '^math.wasm\|$' '' complete_bash wjit dump ma
check 0 '^zsh\|$' '' complete_bash wjit completion z
check 0 '#compdef wjit.*--memory=' '' "$wjit" completion zsh
check 0 'complete -c wjit .*-l memory -x -a .auto guard checks.' '' "$wjit" completion fish
# Written anew by tools/dev bless.
check 0 '' '' bash -c "diff <('$wjit' reference man) '$source_root/docs/wjit.1'"
check 0 '' '' bash -c "diff <('$wjit' reference markdown) '$source_root/docs/cli.md'"
if command -v script > /dev/null; then
  check 0 '\[#+\.+\] 1/2 trap.wasm' '' script -qec "'$wjit' validate math.wasm trap.wasm" /dev/null
  check 0 "" "" script -qec "'$wjit' validate math.wasm" /dev/null
fi

# --- what belongs to the guest -----------------------------------------------------------------------------------------
check 1 '' '' "$wjit" argc.wasm
check 1 '' '' "$wjit" run argc.wasm
check 4 '' '' "$wjit" argc.wasm -c --help --version
check 4 '' '' "$wjit" run --env A=b --dir . argc.wasm --dir x ''
check 3 '' '' "$wjit" run --dir=. --dir=folder.wasm::/y argc.wasm -- run
check 2 '' '' "$wjit" -- ./-odd.wasm --invoke
check 2 '' '' "$wjit" run -- -odd.wasm --invoke

# --- traps ---------------------------------------------------------------------------------------------------------------
check 134 '' '^wjit: trap.wasm: .*unreachable.*inner.*0x[0-9a-f]+.*outer' "$wjit" trap.wasm
cat > throws.wat <<'END'
(module $guest (tag $oops (export "oops") (param i32))
  (func $inner (param i32) (throw $oops (local.get 0)))
  (func $outer (export "f") (param i32) (call $inner (local.get 0))))
END
check 134 '' '^wjit: throws.wat: uncaught exception: tag oops \(42\)\|.* 0: +0x[0-9a-f]+  guest!inner.*guest!outer' "$wjit" --invoke f throws.wat 42
check 134 '' '"trap": "uncaught-exception", "frames": .{"module": "guest", "function": "inner"' "$wjit" --json --invoke f throws.wat 42
check 134 '' '^wjit: loop.wasm: .*fuel' "$wjit" --fuel 1000 loop.wasm
for tier in interp jit tiered; do
  [ $tier = jit ] && [ "$(uname -m)" != x86_64 ] && continue
  check 134 '' '^wjit: loop.wasm: timed out after 20ms\|    0: .*0x[0-9a-f]+' "$wjit" --tier=$tier --timeout 20ms loop.wasm
done
check 134 '' '"kind": "trap", "message": "loop.wasm: timed out after 0.02s", "trap": "interrupt", "frames": \[\{' \
  "$wjit" --json --timeout=0.02s loop.wasm
check 134 '' '^wjit: sleep.wasm: timed out after 20ms\|    0: ' "$wjit" --timeout=20ms sleep.wasm
mkfifo quiet
check 134 '' '^wjit: read.wasm: timed out after 20ms\|    0: ' bash -c "exec 3<>quiet; '$wjit' --timeout=20ms read.wasm <&3"
check 0 '^7\|$' '' "$wjit" --timeout=1h --invoke add math.wasm 3 4
for wrong in 5 s -5s 5x 0s 1.2.3s 1e3s 99999999999999h; do
  check 2 '' "--timeout: found '$wrong', expected a number and us, ms, s, m or h" "$wjit" --timeout="$wrong" loop.wasm
done

# --- dump ------------------------------------------------------------------------------------------------------------------
check 0 'type +0xa +[0-9]+ +6\|.*code +0x[0-9a-f]+ +[0-9]+ +6\|' '' "$wjit" dump math.wasm
check 0 'custom +0x[0-9a-f]+ +[0-9]+ +"name"\|' '' "$wjit" dump --sections trap.wasm
check 0 '.' '' "$wjit" dump --bytecode --func=inner trap.wasm
check 0 '.' '' "$wjit" dump --bytecode --func add math.wasm
check 2 '' 'expected --func=N\|NAME' "$wjit" dump --bytecode math.wasm
check 1 '' "no function 'nope'" "$wjit" dump --bytecode --func nope math.wasm
check 1 '' 'function 0 is imported' "$wjit" dump --bytecode --func 0 argc.wasm
check 2 '' 'expected --func=N\|NAME' "$wjit" dump --ir math.wasm
check 2 '' 'expected no other stage' "$wjit" dump --ir --asm=json math.wasm
check 2 '' "found 'yaml', expected one of: text, json" "$wjit" dump --asm=yaml --func=add math.wasm
if [ "$(uname -m)" = x86_64 ]; then
  check 0 'add.i32' '' "$wjit" dump --ir --func=add math.wasm
  check 0 'add.i32' '' "$wjit" dump --opt --func=0 math.wasm
  check 0 'alu\.add\.4 v[0-9]+=v[0-9]+ ← v[0-9]+, v[0-9]+.? ' '' "$wjit" dump --vcode --func=add math.wasm
  check 0 '^; [0-9]+ slots.*alu\.add\.4 v[0-9]+@r[a-z0-9]+ ← v[0-9]+@r[a-z0-9]+, ' '' "$wjit" dump --ra --func=add math.wasm
  check 0 "^function 0: [0-9]+ bytes.*@[0-9a-f]+\|.* lea e.*ret" '' "$wjit" dump --asm --func=add math.wasm
  check 0 'push rbp.* ; runtime_limits\|.* ; VMRuntimeLimits.stack_limit\|.*call function 1 .inner.' '' "$wjit" dump --asm -O0 --func=outer trap.wasm
  check 0 'call <raise unreachable>' '' "$wjit" dump --asm --cpu=sse2 --regalloc=spill --verify --func=inner trap.wasm
  check 0 'mov .*\[r[a-z0-9]+\].* ; .*memories' '' "$wjit" dump --asm --memory=checks --func=_start argc.wasm
  check 0 '^--- ir\|.*--- vcode\|.*--- ra\|.*--- asm\|' '^pass .*translate .*regalloc' "$wjit" dump --ir --vcode --ra --asm --time-passes --func=add math.wasm
  check 0 '^(\{"index": [0-9]+, "name": "[^"]*", "offset": [0-9]+, "hex": "([0-9a-f][0-9a-f])+", "ends": \[[0-9, ]*\]\}\|){6}$' '' "$wjit" dump --asm=json math.wasm
  check 0 '^\{"index": 1, "name": "inner", [^|]*\|$' '' "$wjit" dump --asm=json --func=inner trap.wasm
  echo '(module (type $s (struct)) (func (export "new") (drop (struct.new $s))) (func))' > stays.wat
  check 1 '' 'gc: ' "$wjit" dump --ir --func=new stays.wat
  check 0 '^functions 6\|stayed 0\|code [0-9]+\|metadata [0-9]+\|nanoseconds [0-9]+\|cpu_nanoseconds [0-9]+\|$' '' "$wjit" compile --threads=1 math.wasm
  check 0 'stayed 1\|.*stayed, gc: 1\|function 0: .*gc: ' '^pass .*publish' "$wjit" compile --time-passes stays.wat
  check 0 '^5\|$' '^1 functions have native code, 0 functions stayed in tier 0\|$' "$wjit" run --tier=jit --tier-report --invoke two-and-three one.wat
  check 0 '^5\|$' '^1 functions have native code, .*  native         1 ' "$wjit" run --tier=tiered --tier-calls=1 --compile-threads=0 --tier-report --invoke two-and-three one.wat
  check 0 '^5\|$' '"function": 0, .*"native": false, "calls": 1, ' "$wjit" run --tier=tiered --tier-report=json --invoke two-and-three one.wat
  check 2 '' "^wjit: --tier-report: found 'xml', expected one of: text, json" "$wjit" run --tier-report=xml one.wat
  check 2 '' "^wjit: --osr: found 'never', expected one of: auto, off, always" "$wjit" run --osr=never one.wat
  check 0 '^5\|$' '' "$wjit" run --tier=jit -O0 --regalloc=shuffle --regalloc-seed=3 --verify --invoke two-and-three one.wat
  check 0 '^5\|$' 'function 0: not asked for' "$wjit" run --tier=jit --jit-functions=1- --tier-report --invoke two-and-three one.wat
  check 0 '' '' "$wjit" run --tier=jit --compile-only one.wat
  check 2 '' "^wjit: --jit-functions: found 'x-2', expected" "$wjit" run --jit-functions=x-2 one.wat
  check 2 '' "^wjit: -O: found '7', expected one of: 0, 1" "$wjit" run -O7 one.wat
fi

# --- text ------------------------------------------------------------------------------------------------------------------
check 0 '^120\|$' '' "$wjit" --invoke fac fac.wat 5
check 0 '' '' "$wjit" validate fac.wat
check 1 '' '^wjit: wrong.wat:3:15: function 0: type mismatch.*\|   \(f32.const 1\)\)\|                \^\|$' "$wjit" validate wrong.wat
# A body that is only looked at when it is called, or that cannot be run then: still by its place in the text.
printf ';; a comment\n(func (export "f") (result i32)\n\t(f32.const 1))\n' > late.wat
printf '(tag $t)\n(func (export "f") (result i32)\n  (throw $t))\n' > never.wat
for mode in lazy lazy-translation eager; do
  late=1
  [ $mode = lazy ] && late=134
  check $late '' '^wjit: late.wat:3:15: function 0: type mismatch.*\|   \(f32.const 1\)\)\|                \^\|$' \
    "$wjit" --mode=$mode --invoke f late.wat
done
check 1 '' '^wjit: late.wat:3:15: function 0: type mismatch.*\|   \(f32.const 1\)\)\|                \^\|$' \
  "$wjit" dump --bytecode --func f late.wat
check 134 '' '^wjit: -:3:15: function 0: type mismatch' bash -c "'$wjit' --mode=lazy --invoke f - < late.wat"
check 134 '' '"message": "late.wat:3:15: function 0: .*"trap": "compile-failed"' "$wjit" --json --mode=lazy --invoke f late.wat
check 0 'code +0x[0-9a-f]+' '' "$wjit" dump fac.wat
check 0 '' '' "$wjit" parse fac.wat
check 0 '^120\|$' '' "$wjit" --invoke fac fac.wasm 5
check 0 '^\(module \$fac\|.*\(func \$fac .*local.get \$n' '' "$wjit" print fac.wasm
check 0 'local.get 0' '' "$wjit" print --no-names fac.wasm
check 0 '' '' "$wjit" print fac.wasm -o again.wat
check 0 '' '' "$wjit" parse again.wat -o again.wasm
check 0 '' '' cmp fac.wasm again.wasm
check 1 '' '^wjit: typo.wat:3:6: ' "$wjit" parse typo.wat
check 1 '' '' test -e typo.wasm
check 1 '' '^wjit: missing.wat: No such file or directory\|$' "$wjit" parse missing.wat
check 1 '' '^wjit: nowhere/x.wasm: No such file or directory\|$' "$wjit" parse fac.wat -o nowhere/x.wasm
check 1 '' '^wjit: nowhere/x.wat: No such file or directory\|$' "$wjit" print fac.wasm -o nowhere/x.wat
check 1 '' '^wjit: math.wasm:1:1: found ' "$wjit" parse math.wasm
mv fac.wat fac.txt
check 2 '' 'fac.txt: is not called .wat: expected --output=FILE' "$wjit" parse fac.txt
check 1 '' '^wjit: junk.wasm: .*magic header' "$wjit" print junk.wasm

# --- too little and too much ------------------------------------------------------------------------------------------------
for command in run validate parse print wast dump completion; do
  check 2 '' 'is required' "$wjit" $command
  [ $command = completion ] || check 1 '' 'missing: No such file or directory' "$wjit" $command missing
done
for command in 'parse fac.txt' 'print math.wasm' 'dump math.wasm' 'completion bash' abi 'help run'; do
  check 2 '' "unexpected argument 'x'" "$wjit" $command x
done
check 2 '' '--func' "$wjit" dump math.wasm --func
check 2 '' "expected one of: guard|expected one of: auto, guard, checks" "$wjit" print --memory=x math.wasm
check 2 '' "found 'x', expected one of: eager, lazy-translation, lazy" "$wjit" validate --mode=x math.wasm

# --- abi -------------------------------------------------------------------------------------------------------------------
check 0 'VMContext' '' "$wjit" abi
check 0 '^[[{].*VMContext' '' "$wjit" abi --json

# --- scripts ---------------------------------------------------------------------------------------------------------------
printf '(module binary "\\00asm\\01\\00\\00\\00")\n(invoke "f")\n' > fails.wast
printf '(module binary "\\00asm\\01\\00\\00\\00")\n' > good.wast
printf '(module binary "")\n(assert_nothing)\n' > unknown.wast
printf '(module (func (export "f") (result i32) (i32.const 1)))\n(assert_return (invoke "f") (i32.const 1))\n' > text.wast
check 0 '2 passed, 0 failed, 0 skipped\|$' '' "$wjit" wast text.wast
check 0 '1 passed, 0 failed, 0 skipped\|$' '' "$wjit" wast good.wast
check 1 'fails.wast:2:1: \(invoke "f"\)\|.*no function "f".*1 passed, 1 failed, 0 skipped\|$' '' "$wjit" wast fails.wast
check 1 'unknown.wast:2:2: found .assert_nothing., expected one of' '' "$wjit" wast unknown.wast
check 1 '' '^wjit: missing: No such file or directory\|$' "$wjit" wast missing
check 1 '' '^wjit: folder.wasm: holds no script' "$wjit" wast folder.wasm
check 1 '.' 'nowhere/x.md: No such file or directory' "$wjit" wast --markdown nowhere/x.md good.wast
check 0 '.' '' "$wjit" wast --markdown table.md good.wast
check 0 '\| \*\*all\*\* \| 1 \| 0 \| 1 \| 0 \| 0 \|' '' cat table.md

# --- a full disk -----------------------------------------------------------------------------------------------------------
if [ -w /dev/full ]; then
  for command in --version --help 'dump math.wasm' '--invoke add math.wasm 1 2' 'wast good.wast'; do
    check 1 '' 'cannot write to standard output: No space left on device' bash -c "'$wjit' $command > /dev/full"
  done
  check 0 '^hi\|$' '' "$wjit" hello.wasm
  check 1 '' '^wjit: stdout: No space left on device\|$' bash -c "'$wjit' hello.wasm > /dev/full"
fi

echo "$passed passed, $failed failed"
[ $failed = 0 ]
