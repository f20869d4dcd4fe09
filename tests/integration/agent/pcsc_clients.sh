#!/usr/bin/env bash
# Programs of others find the soft card in a reader and get along with it: pcsc_scan, opensc-tool, and a
# script over pyscard that opens SCP02 and SCP03 with cryptography of its own.
#
#   private_pcscd pcsc_clients.sh SOFTCARD
set -euo pipefail

softcard=$1
here=$(cd "$(dirname "$0")" && pwd)
profiles=$here/../../../configs/profiles
work=$(mktemp -d "${TMPDIR:-/tmp}/rebind-clients.XXXXXX")
card=

for tool in opensc-tool pcsc_scan; do
    command -v $tool >/dev/null || { echo "skipped: $tool is not installed" >&2; exit 77; }
done
# Debian's packages are for Debian's python3, which need not be the first in the path.
for python in python3 /usr/bin/python3 none; do
    "$python" -c 'import smartcard, cryptography' 2>/dev/null && break
done
[ "$python" != none ] || { echo 'skipped: python3-pyscard or python3-cryptography is not installed' >&2; exit 77; }

take_out() {
    [ -n "$card" ] || return 0
    kill "$card" 2>/dev/null || true
    wait "$card" 2>/dev/null || true
    card=
}
trap 'take_out; rm -rf "$work"' EXIT

fail() {
    printf 'FAILED: %s\n' "$1" >&2
    exit 1
}

# Retry for ten seconds: pcscd needs a moment until it sees reader and card.
eventually() {
    for _ in $(seq 50); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.2
    done
    "$@"
}

atr_of() { sed -n 's/^ *atr: //p' "$profiles/$1.yaml"; }

# The answer to reset as opensc-tool prints it, without its colons.
seen_atr() { opensc-tool --reader 0 --atr | tr -d ':\n' | tr '[:lower:]' '[:upper:]'; }

in_reader() { [ "$(seen_atr)" = "$(atr_of "$1")" ]; }

put_in() { # put_in PROFILE [OPTION...]
    local name=$1
    shift
    "$softcard" --profiles "$profiles" --profile "$name" --state "$work/$name.card" \
        --vpcd "localhost:$VPCD_PORT" "$@" 2>"$work/softcard.log" &
    card=$!
    eventually in_reader "$name" || { cat "$work/softcard.log"; fail "the reader does not show $name"; }
}

# pcscd looks at its readers every 400 ms: a card changed faster than that looks like the same one.
change_to() {
    take_out
    sleep 1
    put_in "$@"
}

says() { # says TEXT FILE
    grep -qF -e "$1" "$2" || { cat "$2"; fail "no '$1'"; }
}

put_in test-scp02-i15
timeout 20 pcsc_scan -c >"$work/scan" 2>&1 || true
says 'Rebind test' "$work/scan"

opensc-tool --reader 0 --send-apdu 00A4040008A000000151000000 --send-apdu 80CA9F7F00 >"$work/opensc" 2>&1 ||
    { cat "$work/opensc"; fail 'opensc-tool'; }
[ "$(grep -c 'SW1=0x90, SW2=0x00' "$work/opensc")" = 2 ] || { cat "$work/opensc"; fail 'opensc-tool: not 9000'; }
says '9F 7F 2A' "$work/opensc"

for name in test-scp02-i15 test-scp02-i55-t0 test-scp02-i75 test-scp03-i70 test-scp03-s16; do
    [ "$name" = test-scp02-i15 ] || change_to "$name"
    "$python" "$here/pcsc_client.py" "$name" || fail "pyscard with $name"
done

# A card that loses its power in the middle of a command is a card taken out; it starts again whole.
change_to test-scp03-i70 --tear-after 2
"$python" "$here/pcsc_client.py" torn || fail 'the torn card'
wait "$card" && fail 'the power was not cut'
card=
change_to test-scp03-i70
"$python" "$here/pcsc_client.py" test-scp03-i70 || fail 'the card after its power was cut'
