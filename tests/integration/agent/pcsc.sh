#!/usr/bin/env bash
# A soft card in a virtual PC/SC reader: the terminal sees through pcscd what it sees in the image file.
#
#   private_pcscd pcsc.sh SOFTCARD CARD-TERMINAL
set -euo pipefail

softcard=$1
terminal=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/rebind-pcsc.XXXXXX")
reader="Rebind test"
server=

cleanup() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap cleanup EXIT

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

field() { sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\).*/\1/p" "$2" | tail -n 1; }

serve() {
    "$softcard" vpcd "$work/1.card" --host localhost --port "$VPCD_PORT" 2>/dev/null &
    server=$!
    sleep 0.2
    kill -0 "$server" 2>/dev/null
}

(umask 077; cp "$here/keys.yaml" "$work/keys.yaml"; printf 0123456789ABCDEFFEDCBA9876543210 >"$work/ac.key")
"$softcard" new --profile "$here/profile.yaml" --issuance "$here/issuance.yaml" --keys "$work/keys.yaml" \
    --out "$work/1.card"
"$terminal" social "$work/1.card" --json >"$work/file.json"

eventually serve || fail "the virtual reader does not take the card"
eventually "$terminal" social "$reader" --json || fail "the reader does not show the card"

"$terminal" pay "$reader" --ac-key-file "$work/ac.key" --json >"$work/pay.json" || fail "the payment"
[ "$(field verified "$work/pay.json")" = true ] || fail "the cryptogram does not verify"
[ "$(field pan "$work/pay.json")" = "622202******1234" ] || fail "the card number is not masked"
[ "$(field atc "$work/pay.json")" = 1 ] || fail "the counter is not that of a first payment"
[ "$(field issuer_accepted "$work/pay.json")" = true ] || fail "the card does not accept its issuer"
[ "$(field type "$work/pay.json")" = TC ] || fail "the payment is not approved"

"$terminal" social "$reader" --json >"$work/reader.json" || fail "the social-security application"
[ "$(field sha256 "$work/reader.json")" = "$(field sha256 "$work/file.json")" ] || fail "the digests differ"

"$terminal" list "$reader" --key-set "$work/keys.yaml" >"$work/list.txt" || fail "the list"
grep -q "^A000000151000000 .*secured" "$work/list.txt" || fail "the issuer security domain is not listed"
grep -q "^A0000003330101014201 .*selectable" "$work/list.txt" || fail "the instance is not listed"

kill "$server"
wait "$server" 2>/dev/null || true
server=
gone() { ! "$terminal" pay "$reader"; }
eventually gone || fail "the card is still seen after it was taken away"
