#!/usr/bin/env bash
# The development PKI as others see it: OpenSSL verifies it, and curl and OpenSSL talk over it.
# usage: pki.sh OTACTL
set -euo pipefail
OTACTL="$1"
DIR="$(mktemp -d)"
SERVER=
cleanup() {
    [[ -z $SERVER ]] || kill "$SERVER" 2>/dev/null || true
    rm -rf "$DIR"
}
trap cleanup EXIT
PKI="$DIR/pki"

fail() {
    echo "failed: $*" >&2
    exit 1
}

expect_exit() { # expect_exit CODE WORDS…
    local code=0 expected="$1"
    shift
    "$@" >"$DIR/out" 2>&1 || code=$?
    [[ $code -eq $expected ]] || fail "$* gave $code, not $expected: $(cat "$DIR/out")"
}

shows() { # shows FILE TEXT
    openssl x509 -in "$PKI/$1.crt" -noout -text | grep -qF "$2" || fail "$1 does not show $2"
}

expect_exit 0 "$OTACTL" pki init --out "$PKI"
expect_exit 0 "$OTACTL" pki issue --dir "$PKI" --name alice --uri rebind:operator/alice --days 7

# What is in them.
for name in operator author approver officer auditor agent bank-a bank-b alice; do
    openssl verify -x509_strict -purpose sslclient -CAfile "$PKI/ca.crt" "$PKI/$name.crt" >/dev/null
    [[ $(stat -c %a "$PKI/$name.key") == 600 ]] || fail "$name.key is open to others"
done
openssl verify -x509_strict -purpose sslserver -verify_hostname localhost -CAfile "$PKI/ca.crt" "$PKI/server.crt" >/dev/null
openssl verify -purpose sslserver -verify_ip 127.0.0.1 -CAfile "$PKI/ca.crt" "$PKI/server.crt" >/dev/null
if openssl verify -purpose sslserver -CAfile "$PKI/ca.crt" "$PKI/operator.crt" >/dev/null 2>&1; then
    fail "an operator can stand for a server"
fi
shows bank-a "URI:rebind:bank/bank-a"
shows agent "URI:rebind:agent/agent"
shows alice "URI:rebind:operator/alice"
shows ca "CA:TRUE"
shows server "TLS Web Server Authentication"
openssl x509 -in "$PKI/alice.crt" -noout -checkend $((6 * 86400)) >/dev/null || fail "alice ends too early"
if openssl x509 -in "$PKI/alice.crt" -noout -checkend $((8 * 86400)) >/dev/null; then
    fail "alice ends too late"
fi
cmp -s <(openssl x509 -in "$PKI/alice.crt" -noout -pubkey) <(openssl pkey -in "$PKI/alice.key" -pubout) ||
    fail "alice's key is not the certificate's"

# A validity beyond 2049 is written in the other form.
expect_exit 0 "$OTACTL" pki issue --dir "$PKI" --name late --uri rebind:agent/late --days 36500
openssl verify -CAfile "$PKI/ca.crt" "$PKI/late.crt" >/dev/null

# Nothing is overwritten.
before="$(cat "$PKI"/*.crt "$PKI"/*.key | sha256sum)"
expect_exit 1 "$OTACTL" pki init --out "$PKI"
expect_exit 1 "$OTACTL" pki issue --dir "$PKI" --name alice --uri rebind:operator/mallory
[[ $before == "$(cat "$PKI"/*.crt "$PKI"/*.key | sha256sum)" ]] || fail "a file was changed"
rm "$PKI/late.crt" # half a pair is there: the key is not overwritten either
expect_exit 1 "$OTACTL" pki issue --dir "$PKI" --name late --uri rebind:agent/late

# An authority's key that others can read is refused.
chmod 644 "$PKI/ca.key"
expect_exit 1 "$OTACTL" pki issue --dir "$PKI" --name eve --uri rebind:agent/eve
chmod 600 "$PKI/ca.key"

# Usage.
expect_exit 2 "$OTACTL"
expect_exit 2 "$OTACTL" cards
expect_exit 2 "$OTACTL" pki make
expect_exit 2 "$OTACTL" pki init
expect_exit 2 "$OTACTL" pki init --out "$PKI" surplus
expect_exit 2 "$OTACTL" pki issue --dir "$PKI" --name x
expect_exit 2 "$OTACTL" pki issue --dir "$PKI" --name ../x --uri rebind:agent/x
expect_exit 2 "$OTACTL" pki issue --dir "$PKI" --name x --uri rebind:agent/x --days 0
expect_exit 0 "$OTACTL" --help
expect_exit 2 "$OTACTL" --json bank list
grep -q 'options follow the command' "$DIR/out" || fail "an option that comes too early is not named"
expect_exit 0 "$OTACTL" pki --help
grep -q 'otactl pki init --out pki' "$DIR/out" || fail "the help of pki has no example"
expect_exit 0 "$OTACTL" bind --help
grep -q 'otactl bind 7f3a9c' "$DIR/out" || fail "the help of bind has no example"
expect_exit 3 "$OTACTL" bank list --url https://localhost:1 --ca "$PKI/ca.crt"

# OpenSSL as server asks for a client certificate; curl has one and checks the server's.
openssl s_server -accept 0 -naccept 2 -www -tls1_3 -Verify 1 -verify_return_error -CAfile "$PKI/ca.crt" \
    -cert "$PKI/server.crt" -key "$PKI/server.key" >"$DIR/server" 2>&1 &
SERVER=$!
for _ in {1..100}; do
    port="$(sed -nE 's/^ACCEPT .*:([0-9]+)$/\1/p' "$DIR/server")"
    [[ -z $port ]] || break
    sleep 0.1
done
[[ -n $port ]] || fail "the server did not start: $(cat "$DIR/server")"
curl -sS --tlsv1.3 --max-time 20 --cacert "$PKI/ca.crt" --cert "$PKI/alice.crt" --key "$PKI/alice.key" \
    "https://localhost:$port/" >"$DIR/answer"
grep -q 'TLSv1.3' "$DIR/answer" || fail "no answer over TLS 1.3"
if curl -sS --tlsv1.3 --max-time 20 --cacert "$PKI/ca.crt" "https://127.0.0.1:$port/" >/dev/null 2>&1; then
    fail "a client without a certificate was served"
fi
