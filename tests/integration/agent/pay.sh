#!/usr/bin/env bash
# Whole payments at a terminal: directory, selection, options, records, request, the issuer's answer, approval.
#
#   pay.sh SOFTCARD CARD-TERMINAL PROFILES
set -euo pipefail

softcard=$1
terminal=$2
profiles=$3
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/rebind-pay.XXXXXX")
trap 'rm -rf "$work"' EXIT

fail() {
    printf 'FAILED: %s\n' "$1" >&2
    exit 1
}

(umask 077; cp "$here/keys.yaml" "$work/keys.yaml"; printf 0123456789ABCDEFFEDCBA9876543210 >"$work/ac.key")
(umask 077; printf 1123456789ABCDEFFEDCBA9876543210 >"$work/other.key")
"$softcard" new --profile "$profiles/scp03-i70-aes128.yaml" --issuance "$here/pay_issuance.yaml" \
    --keys "$work/keys.yaml" --out "$work/1.card"

pay() { "$terminal" pay "$work/1.card" --json "$@" >"$work/pay.json"; }
says() { tr -d ' \n' <"$work/pay.json" | grep -qF "$1" || { cat "$work/pay.json"; fail "the findings do not say $1"; }; }

# The bank with the first priority, though it stands in the second record.
pay --ac-key-file "$work/ac.key" || fail "the payment"
says '"label":"BANKA","aid":"A00000033301010141"'
says '"atc":1,"cryptogram":{"type":"ARQC"'
says '"completion":{"type":"TC"'
says '"verified":true,"issuer_accepted":true}'

pay --ac-key-file "$work/ac.key" --aid A00000033301010142 || fail "the payment with the second bank"
says '"atc":1,"cryptogram":{"type":"ARQC"'
says '"completion":{"type":"TC"'
says '"verified":true,"issuer_accepted":true}'

# Another issuer sees that the request is not its card's, and does not answer.
status=0
pay --ac-key-file "$work/other.key" 2>"$work/problem" || status=$?
[ $status -eq 4 ] || fail "exit status $status for a cryptogram of another issuer"
says '"completion":null'

# The transaction that broke off used up its counter.
pay --ac-key-file "$work/ac.key" || fail "the payment after that"
says '"atc":3,"cryptogram":{"type":"ARQC"'

# What the user switches off is counted, and lasts.
answer=$("$softcard" apdu "$work/1.card" 00A4040009A00000015143525300 80F001000B4F09A0000003330101014200 80CA00A500)
grep -q 'A5099F0802010080020001 9000' <<<"$answer" || fail "the registry: $answer"
answer=$("$softcard" apdu "$work/1.card" 00A4040009A00000015143525300 80F240000F4F09A000000333010101425C029F7000)
grep -q '^61059F70020700 9000' <<<"$answer" || fail "the state of the second bank: $answer"
