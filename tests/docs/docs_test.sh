#!/usr/bin/env bash
# Does what README.md and docs/*.md say. Each page is read in its order, in an empty folder of its own:
#
#   ```wat file=NAME       (any language) the block is written to that file
#   ```console             lines behind "$ " are run by bash, one by one; what stands below them is what they print, on
#                          both streams. A line "..." stands for any lines, "..." within a line for anything there.
#                          needs=PROGRAM: left out, and said so, where that program is missing
#                          in=source: run where the sources are; left out, and said so, in another build than release
#   ```sh by=FILE          every command of the block stands in FILE, which runs it
#   ```sh other=WHAT       commands of programs that are not ours
#   ```cpp example=NAME    the block stands, line for line, in examples/NAME.cpp
#   ```text prints=NAME    what examples/NAME.cpp prints
#
#   ```arrows, ```walls    read by tests/unit/layers_test.cpp
#
# Any other block is an error, an indented one too: it would be run by nobody. (docs/cli.md, which is generated, has its
# synopses indented.) build/release/examples of every folder are the programs of examples/. Every example must be shown and
# its output too.
#   tests/docs/docs_test.sh BINARIES      the folder with wjit and example-NAME
set -uo pipefail
binaries=$(cd "${1:?usage: docs_test.sh BINARIES}" && pwd) || exit 2
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export PATH=$binaries:$PATH
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
passed=0 failed=0

fail() {
  failed=$((failed + 1))
  echo "FAILED $1"
}

# same EXPECTED FOUND: line by line, "..." as above. Both are files.
same() {
  awk '
    function fits(pattern, line,    at, i, n, parts) {
      n = split(pattern, parts, /\.\.\./)
      if (n == 1) return pattern == line
      if (substr(line, 1, length(parts[1])) != parts[1]) return 0
      line = substr(line, length(parts[1]) + 1)
      for (i = 2; i < n; i++) {
        at = index(line, parts[i])
        if (at == 0) return 0
        line = substr(line, at + length(parts[i]))
      }
      return length(line) >= length(parts[n]) && substr(line, length(line) - length(parts[n]) + 1) == parts[n]
    }
    function rest(i, j) {
      for (; i <= ne; i++) {
        if (expected[i] == "...") {
          for (; j <= nf + 1; j++) if (rest(i + 1, j)) return 1
          return 0
        }
        if (j > nf || !fits(expected[i], found[j])) return 0
        j++
      }
      return j > nf
    }
    FNR == 1 { file++ }
    FILENAME == ARGV[1] { expected[++ne] = $0; next }
    { found[++nf] = $0 }
    END { exit !rest(1, 1) }' "$1" "$2"
}

compare() {  # WHERE EXPECTED FOUND
  if same "$2" "$3"; then
    passed=$((passed + 1))
  else
    fail "$1"
    diff -u --label "the page" --label found "$2" "$3" | sed 's/^/    /'
  fi
}

# Every line of the block, without its comment, must stand in the file.
check_run_by() {  # WHERE BLOCK FILE
  local line
  while IFS= read -r line; do
    line=${line%%#*}
    line=${line%"${line##*[![:space:]]}"}
    if [[ -z $line ]]; then
      continue
    elif [[ -f $root/$3 ]] && grep -Fq -- "$line" "$root/$3"; then
      passed=$((passed + 1))
    else
      fail "$1: $3 does not run: $line"
    fi
  done < "$2"
}

run_console() {  # WHERE BLOCK: in the current folder
  local command="" line
  : > "$room/expected"
  while IFS= read -r line; do
    if [[ $line == '$ '* ]]; then
      [[ -n $command ]] && compare "$1: $command" "$room/expected" "$room/found"
      command=${line#'$ '}
      bash -c "$command" > "$room/found" 2>&1 < /dev/null
      : > "$room/expected"
    else
      printf '%s\n' "$line" >> "$room/expected"
    fi
  done < "$2"
  [[ -n $command ]] && compare "$1: $command" "$room/expected" "$room/found"
}

check_example() {  # WHERE BLOCK NAME
  local source=$root/examples/$3.cpp
  if [[ ! -f $source ]]; then
    fail "$1: there is no examples/$3.cpp"
  elif awk 'FILENAME == ARGV[1] { want[++n] = $0; next }
            { have[++m] = $0 }
            END { for (i = 0; i + n <= m; i++) { for (j = 1; j <= n && want[j] == have[i + j]; j++); if (j > n) exit 0 }
                  exit 1 }' "$2" "$source"; then
    passed=$((passed + 1))
  else
    fail "$1: the block is not what stands in examples/$3.cpp"
  fi
}

run_example() {  # WHERE BLOCK NAME
  "example-$3" > "$room/found" 2>&1 || echo "exit status $?" >> "$room/found"
  compare "$1: example-$3" "$2" "$room/found"
  printed+=" $3 "
}

do_block() {  # WHERE INFO BLOCK
  local word kind=${2%% *} file="" example="" prints="" needs="" in="" by="" other=""
  for word in $2; do
    case $word in
      file=*) file=${word#file=} ;;
      example=*) example=${word#example=} ;;
      prints=*) prints=${word#prints=} ;;
      needs=*) needs=${word#needs=} ;;
      in=*) in=${word#in=} ;;
      by=*) by=${word#by=} ;;
      other=*) other=${word#other=} ;;
    esac
  done
  if [[ -n $file ]]; then
    cp "$3" "$file"
  elif [[ -n $example ]]; then
    check_example "$1" "$3" "$example"
  elif [[ -n $prints ]]; then
    run_example "$1" "$3" "$prints"
  elif [[ $kind == console ]]; then
    if [[ -n $needs ]] && ! command -v "$needs" > /dev/null; then
      echo "!!! $1: left out, as there is no $needs"
    elif [[ $in == source && $binaries != "$root/build/release/bin" ]]; then
      echo "!!! $1: left out, as this build is not build/release"
    elif [[ $in == source ]]; then
      (cd "$root" && WJIT_DEV_BUILD=none run_console "$1" "$3" && exit $((failed != 0))) || fail "$1: see above"
    else
      run_console "$1" "$3"
    fi
  elif [[ $kind == sh && -n $by ]]; then
    check_run_by "$1" "$3" "$by"
  elif [[ $kind != sh || -z $other ]] && [[ $kind != arrows && $kind != walls ]]; then
    fail "$1: a block that nothing runs or reads: '\`\`\`$2'"
  fi
}

do_page() {
  local page=$1 line number=0 info="" begun=0 blank=1
  mkdir -p "$room/page/build/release" && cd "$room/page" || exit 2
  ln -s "$(dirname "$binaries")/examples" build/release/examples
  while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    if [[ $line == '```'* && $begun == 0 ]]; then
      begun=$number info=${line#'```'}
      : > "$room/block"
    elif [[ $line == '```' ]]; then
      do_block "${page#"$root/"}:$begun" "$info" "$room/block"
      begun=0
    elif [[ $begun != 0 ]]; then
      printf '%s\n' "$line" >> "$room/block"
    elif [[ $blank == 1 && $line == '    '[!\ ]* && $page != */docs/cli.md ]]; then
      fail "${page#"$root/"}:$number: an indented block, which nothing runs: expected one between \`\`\`"
    fi
    blank=0
    [[ -n $line ]] || blank=1
  done < "$page"
  [[ $begun == 0 ]] || fail "${page#"$root/"}:$begun: a block that does not end"
  cd "$room" && rm -rf "$room/page"
}

printed=""
for page in "$root/README.md" "$root"/docs/*.md; do do_page "$page"; done
for source in "$root"/examples/*.cpp; do
  name=$(basename "$source" .cpp)
  [[ $printed == *" $name "* ]] || fail "no page shows what examples/$name.cpp prints"
done
echo "docs: $passed passed, $failed failed"
[[ $failed == 0 ]]
