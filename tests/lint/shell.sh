#!/usr/bin/env bash
# Shell scripts, under .ci too.
source "$(dirname "$0")/lib.sh"

{
    ours '*.sh'
    [[ ! -d .ci ]] || find .ci -type f
} | xargs -r shellcheck -x -e SC1091
