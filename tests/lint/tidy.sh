#!/usr/bin/env bash
# clang-tidy over every source of ours that the clang build compiles.
# One file a run: clang-tidy 14 reports va_lists as uninitialised from the second file on.
# usage: tidy.sh ROOT BUILD_DIR
source "$(dirname "$0")/lib.sh"
readonly BUILD_DIR="$2"

sed -nE "s|^ *\"file\": \"$PWD/(.*\\.c)\",?\$|\\1|p" "$BUILD_DIR/compile_commands.json" |
    grep -E "^($(IFS='|' && echo "${ROOMS[*]}"))/" | sort -u |
    xargs -r -P 2 -n 1 clang-tidy --quiet -p "$BUILD_DIR" 2>/dev/null
