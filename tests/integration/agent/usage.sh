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
says 64 '--profile and --out are needed' "$softcard" new --profile "$work/text"
says 64 'a card image is missing' "$softcard" show
says 64 'too many arguments' "$softcard" show "$work/text" "$work/text"
says 64 'a command is missing' "$softcard" apdu "$work/text"
says 64 "'abc' is no port" "$softcard" vpcd "$work/text" --port abc
says 64 "'0' is no port" "$softcard" vpcd "$work/text" --port 0
says 1 'is no soft card image' "$softcard" show "$work/text"
says 64 "'0' is no number of a write" "$softcard" apdu "$work/text" 00A4040000 --tear-after 0
says 64 "'nowhere' is not HOST:PORT" "$softcard" --state "$work/1.card" --vpcd nowhere
says 64 "'99999' is no port" "$softcard" --state "$work/1.card" --vpcd localhost:99999
says 64 "options go behind the command 'show'" "$softcard" --tear-after 1 show "$work/text"
says 1 '--profile says what card to make' "$softcard" --state "$work/1.card"
says 1 'there is no.yaml: No such file' "$softcard" new --profile 'there is no' --out "$work/1.card"
says 1 'text:1:1' "$softcard" new --profile "$work/text" --out "$work/1.card"
says 0 'Exit status' "$softcard" --help
for command in new show apdu vpcd; do says 0 'Example' "$softcard" $command --help; done

# A card that is made, asked, loses its power, and is shown.
profiles=$(cd "$(dirname "$0")/../../../configs/profiles" && pwd)
update=8050000008010203040506070800
"$softcard" new --profiles "$profiles" --profile test-scp03-i70 --out "$work/1.card"
says 1 'exists' "$softcard" new --profiles "$profiles" --profile test-scp03-i70 --out "$work/1.card"
says 0 '9000 success, 3.699 ms' "$softcard" apdu --timing "$work/1.card" 00A4040000
says 2 'the power was cut at write 1' "$softcard" apdu --tear-after 1 "$work/1.card" $update
says 0 'C103000000 9000' "$softcard" apdu "$work/1.card" 80CA00C100
says 2 'the power was cut at write 2' "$softcard" apdu --tear-after 2 "$work/1.card" $update $update
says 0 'C103000001 9000' "$softcard" apdu "$work/1.card" 80CA00C100
says 0 'KVN FF, counter 1, failed 0' "$softcard" show "$work/1.card"
says 0 '"kcv": "504A77"' "$softcard" show --json "$work/1.card"
! grep -qi 404142434445464748494A4B4C4D4E4F "$work/out" || { printf 'FAILED: a key is shown\n' >&2; exit 1; }
rm "$work/1.card" "$work/1.card.lock"

says 64 'a command and a card are needed' "$terminal" pay
says 64 'the command is pay, social or list' "$terminal" eat "$work/text"
says 64 'list needs --key-set' "$terminal" list "$work/text"
says 64 "'xyz' is no AID" "$terminal" pay "$work/text" --aid xyz
says 1 'the file is no image of a soft card' "$terminal" pay "$work/text"
[ ! -e "$work/text.lock" ] || { printf 'FAILED: a lock was left beside a file that is no card\n' >&2; exit 1; }
says 1 'there is no such file; as a reader' "$terminal" pay "$work/none.card"
