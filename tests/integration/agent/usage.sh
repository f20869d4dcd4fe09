#!/usr/bin/env bash
# What softcard and card-terminal say when they are called wrongly, and their exit codes.
#
#   usage.sh SOFTCARD CARD-TERMINAL
set -euo pipefail

softcard=$1
terminal=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/rebind-usage.XXXXXX")
trap 'rm -rf "$work"' EXIT

# says CODE TEXT COMMAND...: the command ends with that code and says that
says() {
    local expected=$1 text=$2 code=0
    shift 2
    "$@" >"$work/out" 2>&1 || code=$?
    if [ "$code" -ne "$expected" ] || ! grep -qF -e "$text" "$work/out"; then
        printf 'FAILED: %s: %d, not %d with: %s\n' "$*" "$code" "$expected" "$text" >&2
        cat "$work/out" >&2
        exit 1
    fi
}

printf 'not a card' >"$work/text"

says 64 'Usage' "$softcard"
says 64 "unknown command 'nope'" "$softcard" nope
says 64 '--profile, --issuance and --out are needed' "$softcard" new --profile "$work/text"
says 64 'a card image is missing' "$softcard" show
says 64 'too many arguments' "$softcard" show "$work/text" "$work/text"
says 64 'a command is missing' "$softcard" apdu "$work/text"
says 64 "'abc' is no port" "$softcard" vpcd "$work/text" --port abc
says 64 "'0' is no port" "$softcard" vpcd "$work/text" --port 0
says 1 'is no soft card image' "$softcard" show "$work/text"
says 0 'Exit status' "$softcard" --help

says 64 'a command and a card are needed' "$terminal" pay
says 64 'the command is pay, social or list' "$terminal" eat "$work/text"
says 64 'list needs --key-set' "$terminal" list "$work/text"
says 64 "'xyz' is no AID" "$terminal" pay "$work/text" --aid xyz
says 1 'the file is no image of a soft card' "$terminal" pay "$work/text"
[ ! -e "$work/text.lock" ] || { printf 'FAILED: a lock was left beside a file that is no card\n' >&2; exit 1; }
says 1 'there is no such file; as a reader' "$terminal" pay "$work/none.card"
