#!/usr/bin/env bash
# Layout is clang-format's: run clang-format -i on the files that are named.
source "$(dirname "$0")/lib.sh"

ours '*.[ch]' | { xargs -r clang-format --dry-run --style=file 2>&1 || true; } |
    { grep -oE '^[^ :]+\.[ch]:' || true; } | sort -u | report 'files that clang-format would change'
