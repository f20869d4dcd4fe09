#!/usr/bin/env bash
# clang-tidy over every source of ours that the clang build compiles; a finding in a header is
# reported once.
# One file a run: clang-tidy 14 reports va_lists as uninitialised from the second file on.
# usage: tidy.sh ROOT BUILD_DIR
source "$(dirname "$0")/lib.sh"
readonly BUILD_DIR="$2"

compiled() {
    sed -nE "s|^ *\"file\": \"$PWD/(.*\\.c)\",?\$|\\1|p" "$BUILD_DIR/compile_commands.json" |
        grep -E "^($(IFS='|' && echo "${ROOMS[*]}"))/" | sort -u
}

passed=yes
output="$(compiled | xargs -r -P 2 -n 1 clang-tidy --quiet -p "$BUILD_DIR" 2>/dev/null)" || passed=no
{ grep -E '^[^ ]+: error: ' <<<"$output" || true; } | sed "s|^$PWD/||" | sort -u |
    report 'findings of clang-tidy'
if [[ $passed == no ]]; then
    echo "clang-tidy failed without a finding:"
    echo "$output"
    exit 1
fi
