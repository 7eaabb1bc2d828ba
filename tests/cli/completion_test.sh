#!/usr/bin/env bash
# The completion script of a shell is one that this shell can read.
#   tests/cli/completion_test.sh WJIT SHELL      exit status 77: there is no such shell here
set -uo pipefail
wjit=${1:?usage: completion_test.sh WJIT SHELL}
shell=${2:?usage: completion_test.sh WJIT SHELL}
if ! command -v "$shell" > /dev/null; then
  echo "!!! NOT CHECKED: the completion script for $shell: there is no $shell here (tools/packages.txt)"
  exit 77
fi
script=$(mktemp)
trap 'rm -f "$script"' EXIT
"$wjit" completion "$shell" > "$script" || exit 1
[ -s "$script" ] || { echo "FAILED: wjit completion $shell prints nothing"; exit 1; }
"$shell" -n "$script" || { echo "FAILED: $shell -n finds something wrong"; exit 1; }
# That it looks at all: an unfinished command, which is wrong in each of them.
printf 'if true && (\n' >> "$script"
if "$shell" -n "$script" 2> /dev/null; then
  echo "FAILED: $shell -n finds nothing wrong in a broken script"
  exit 1
fi
