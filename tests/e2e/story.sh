#!/usr/bin/env bash
# The demo's story, told by the programs of a build folder: five cards change their bank.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:?the build folder is missing}

output=$(mktemp "${TMPDIR:-/tmp}/rebind-e2e.XXXXXX")
trap 'rm -f "$output"' EXIT

status=0
"$top/configs/demo.sh" --once --build "$build" >"$output" 2>&1 || status=$?
cat "$output"

failures=0
expect() { # expect WHAT GOT WANTED
    [[ $2 == "$3" ]] && return
    printf 'FAILED: %s: got "%s", wanted "%s"\n' "$@" >&2
    failures=$((failures + 1))
}

# row PROFILE: the summary's row of one card, in words
row() { awk -v profile="$1" '$2 == profile && NF > 6 { $1 = $1; print }' "$output"; }

# card PROFILE EXCHANGES EVIDENCE: a row of the summary
card() {
    local before after exchanges evidence
    read -r _ _ before after exchanges _ _ evidence <<<"$(row "$1")"
    expect "$1: exchanges that carried a script" "$exchanges" "$2"
    expect "$1: social-security data" "$after" "$before"
    expect "$1: length of the digest" "${#before}" 16
    expect "$1: evidence" "$evidence" "$3"
}

expect 'exit status' "$status" 0
expect 'last line' "$(tail -n 1 "$output")" 'rebound 5, refused 1, revoked 1, failed 0'
card scp02-i55 1 'level: proven, by: cryptogram'
card scp02-i15 2 'level: proven, by: cryptogram'
card scp03-i70-aes128 1 'level: proven, by: r-mac, cryptogram'
card scp03-i60-aes256 2 'level: proven, by: r-mac, cryptogram'
card scp03-i10-aes192 1 'level: proven, by: cryptogram'
pays() { grep -A 6 "^Label  *$1\$" "$output" | grep -c '^Verified  *yes$' || true; }
expect 'cards that pay with bank A before' "$(pays 'BANK A DEBIT')" 5
expect 'cards that pay with bank B after' "$(pays 'BANK B DEBIT')" 5
[[ $failures -eq 0 ]]
