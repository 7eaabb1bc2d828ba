#!/usr/bin/env bash
# Does what README.md and docs/*.md say. Each page is read in its order, in an empty folder of its own:
#
#   ```wat file=NAME       (any language) the block is written to that file
#   ```console             lines behind "$ " are run by bash, one by one; what stands below them is what they print, on
#                          both streams. A line "..." stands for any lines, "..." within a line for anything there.
#                          needs=PROGRAM: left out, and said so, where that program is missing
#                          in=source: run among the sources, with this build in the place of build/release; it has to
#                          end well. Nothing is built, and tools/dev test does a small part of what it would
#   ```cpp example=NAME    the block stands, line for line, in examples/NAME.cpp
#   ```text prints=NAME    what examples/NAME.cpp prints
#
#   ```arrows, ```walls    read by tests/unit/layers_test.cpp
#
# Any other block is an error, an indented one too: it would be run by nobody. (docs/cli.md, which is generated, has its
# synopses indented; each is run with --help.) Code in running text is looked at by check_mention, and if it is a command
# run_mention runs what mentions.txt has for it. build/release/examples of every folder are the programs of examples/.
# Every example must be shown and its output too.
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

# The source tree by links, so that any build stands where the pages have the release.
lay_out_source() {
  local name tree
  tree=$(dirname "$binaries")
  mkdir -p "$room/source/build/release"
  for name in "$root"/* "$root"/.[!.]*; do
    [[ $name == */build || $name == */.git ]] || ln -s "$name" "$room/source/"
  done
  ln -s "$binaries" "$room/source/build/release/bin"
  for name in examples tests CMakeCache.txt CTestTestfile.cmake; do
    ln -s "$tree/$name" "$room/source/build/release/$name"
  done
  # For mentions.txt.
  mkdir "$room/source/scripts"
  echo '(module (func (export "_start")))' > "$room/source/m.wat"
  printf '\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\7\12\1\6_start\0\0\12\4\1\2\0\13' > "$room/source/m.wasm"
  echo '(module (func (export "f"))) (assert_return (invoke "f"))' | tee "$room/source/s.wast" > "$room/source/scripts/t.wast"
}

# Two parts of tools/dev test, and of each a little: not the units, of which this is one.
export WJIT_DEV_BUILD=none WJIT_DEV_TEST='--only spec,wasi --filter (^args|/nop\.bin\.wast)$'

run_console() {  # WHERE BLOCK [FOLDER]: in this folder, where each command has to end well, or in the current one
  local command="" line
  : > "$room/expected"
  while IFS= read -r line; do
    if [[ $line == '$ '* ]]; then
      [[ -n $command ]] && compare "$1: $command" "$room/expected" "$room/found"
      command=${line#'$ '}
      (cd "${3:-.}" && bash -c "$command") > "$room/found" 2>&1 < /dev/null || [[ -z ${3:-} ]] ||
        echo "exit status $?" >> "$room/found"
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
  local word kind=${2%% *} file="" example="" prints="" needs="" in=""
  for word in $2; do
    case $word in
      file=*) file=${word#file=} ;;
      example=*) example=${word#example=} ;;
      prints=*) prints=${word#prints=} ;;
      needs=*) needs=${word#needs=} ;;
      in=*) in=${word#in=} ;;
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
    elif [[ $in == source ]]; then
      run_console "$1" "$3" "$room/source"
    else
      run_console "$1" "$3"
    fi
  elif [[ $kind != arrows && $kind != walls ]]; then
    fail "$1: a block that nothing runs or reads: '\`\`\`$2'"
  fi
}

# Code within running text only mentions what it names; of ours that must be there: commands, options, presets, files.
check_mention() {  # WHERE CODE
  local code words word help missing=""
  code=$(sed -E 's/^([A-Z_]+=("[^"]*"|[^ ]*) )+//' <<< "$2")  # without variables that are set for it
  read -r -a words <<< "$code"
  case ${words[0]:-} in
    tools/dev) help=$developer_help ;;
    wjit | build/*/bin/wjit) help=$(wjit help && wjit help "${words[1]:-help}" 2>&1) ;;
    cmake)
      [[ ! $code =~ --preset\ ([a-z-]+) ]] || grep -q "\"name\": \"${BASH_REMATCH[1]}\"" "$root/CMakePresets.json" ||
        missing=${BASH_REMATCH[0]}
      ;;
    .ci/* | cmake/* | compiler/* | docs/* | examples/* | include/* | runtime/* | tests/* | tools/* | vmcontext/*)
      [[ -n $(compgen -G "$root/${words[0]}*") ]] || missing=${words[0]}
      ;;
    *) return ;;
  esac
  for word in ${help:+"${words[@]:1}"}; do
    [[ $word == --* || $word == "${words[1]}" && $word == [a-z]* ]] || continue
    grep -Eq -e "^ *(.*, ?)?${word%%=*}( |,|=|$)" <<< "$help" || missing="${words[0]} ... $word"
  done
  [[ -z $missing ]] && passed=$((passed + 1)) || fail "$1: it mentions what there is not: $missing"
}

# ---- commands in running text

declare -A mention_run=() mention_needs=() mention_is_name=() mention_used=()
read_mentions() {
  local line mention=""
  while IFS= read -r line; do
    case $line in
      '#'*) ;;
      '') mention="" ;;
      '$ '*) mention_run[$mention]+=${line#'$ '}$'\n' ;;
      'needs '*) mention_needs[$mention]=${line#needs } ;;
      '! '*) ;;
      'name '*) mention_is_name[$mention]=1 ;;
      *) mention=$line && mention_run[$mention]="" ;;
    esac
  done < "$root/tests/docs/mentions.txt"
}

command_pattern='^([A-Z_]+=("[^"]*"|[^ ]*) )*(wjit|wjit-[a-z-]+|build/[^ ]+/bin/[^ ]+|tools/(dev|bisect)|\.ci/run|tests/[^ ]+\.sh|'
command_pattern+='cmake/toolchains/emulate[^ ]*|cmake|ctest|ninja|perf|gdb|qemu-[^ ]+|npm|apt-get|dpkg|git|cargo|pip|node|wasmtime)( |$)'

has() {  # WORD of mentions.txt's needs
  case $1 in
    host) [[ $(basename "$binaries") != emulated ]] ;;
    jit) has host && [[ $(uname -m) == x86_64 ]] ;;
    *) command -v "$1" > /dev/null ;;
  esac
}

# A command that a page mentions: something must be run for it, whoever reads the page may run it.
run_mention() {  # WHERE CODE
  local code=${2//'\|'/|} word command
  [[ $code =~ $command_pattern ]] || return 0
  if [[ -z ${mention_run[$code]+there} ]]; then
    if [[ $code != *' '* ]]; then  # a name, of a program that there is
      [[ -x $root/$code || $code == wjit || $code == build/release/bin/wjit ]] ||
        grep -rqsE --include=CMakeLists.txt "(add_executable|wjit_test_program)\($code " "$root/tests" "$root/tools" && return
    fi
    fail "$1: a command that nothing runs: \`$code\`: tests/docs/mentions.txt has no paragraph for it"
    return
  fi
  [[ -z ${mention_used[$code]:-} ]] || return 0
  mention_used[$code]=1
  for word in ${mention_needs[$code]:-}; do
    has "$word" || { echo "!!! $1: $code: left out, as there is no $word" && return; }
  done
  while IFS= read -r command; do
    [[ -n $command ]] || continue
    if (cd "$room/source" && PATH=$room/source/build/release/bin:$PATH timeout 120 bash -c "$command") > "$room/found" 2>&1 < /dev/null; then
      passed=$((passed + 1))
    else
      fail "$1: $code: failed: $command"
      sed 's/^/    /' "$room/found"
    fi
  done <<< "${mention_run[$code]}"
}

run_synopsis() {  # WHERE COMMAND NAME ...
  if wjit "$3" --help | grep -qxF "Usage: ${*:2}"; then
    passed=$((passed + 1))
  else
    fail "$1: wjit $3 --help does not say ${*:2}"
  fi
}

do_page() {
  local page=$1 line number=0 info="" begun=0 blank=1 code
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
    elif [[ $line == '    wjit '* ]]; then
      run_synopsis "${page#"$root/"}:$number" $line
    elif [[ $line == *\`* ]]; then
      code=${line//[!\`]/}
      [[ $((${#code} % 2)) -eq 0 ]] || fail "${page#"$root/"}:$number: code that goes on in the next line, where nothing reads it"
      while IFS= read -r code; do
        [[ $page == */docs/cli.md ]] || check_mention "${page#"$root/"}:$number" "${code//\`/}"
        run_mention "${page#"$root/"}:$number" "${code//\`/}"
      done < <(grep -o '`[^`]*`' <<< "$line")
    fi
    blank=0
    [[ -n $line ]] || blank=1
  done < "$page"
  [[ $begun == 0 ]] || fail "${page#"$root/"}:$begun: a block that does not end"
  cd "$room" && rm -rf "$room/page"
}

lay_out_source
read_mentions
developer_help=$("$root/tools/dev" help)
printed=""
for page in "$root/README.md" "$root"/docs/*.md; do do_page "$page"; done
for source in "$root"/examples/*.cpp; do
  name=$(basename "$source" .cpp)
  [[ $printed == *" $name "* ]] || fail "no page shows what examples/$name.cpp prints"
done
for mention in "${!mention_run[@]}"; do
  [[ -n ${mention_used[$mention]:-} ]] || fail "tests/docs/mentions.txt: no page mentions $mention"
  [[ -n ${mention_run[$mention]}${mention_is_name[$mention]:-} ]] || fail "tests/docs/mentions.txt: nothing is run for $mention"
done
echo "docs: $passed passed, $failed failed"
[[ $failed == 0 ]]
