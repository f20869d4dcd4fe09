#!/usr/bin/env bash
# The program ota-server: what it says when it cannot work, and how it ends.
# usage: program.sh OTA_SERVER
set -euo pipefail
OTA_SERVER="$1"
TREE="$(cd "$(dirname "$0")/../../../.." && pwd)"
DIR="$(mktemp -d)"
SERVER=
stop_server() {
    [[ -n $SERVER ]] || return 0
    kill "$SERVER" 2>/dev/null || true
    wait "$SERVER" 2>/dev/null || true
    SERVER=
}
trap 'stop_server; rm -rf "$DIR"' EXIT
cd "$DIR"

fail() {
    echo "failed: $*" >&2
    exit 1
}

expect() { # expect STATUS TEXT WORDS…: the program ends so and says so
    local status=0 expected="$1" text="$2"
    shift 2
    timeout 20 "$OTA_SERVER" "$@" >out 2>&1 || status=$?
    [[ $status -eq $expected ]] || fail "$* ended with $status, not $expected: $(cat out)"
    [[ -z $text ]] || grep -qF -- "$text" out || fail "$* does not say \"$text\": $(cat out)"
}

config() { # config NAME SED-EXPRESSION: the good configuration, changed
    sed -E "$2" good.yaml >"$1.yaml"
    ! cmp -s good.yaml "$1.yaml" || fail "$1 is no change"
}

start_server() { # start_server LOG
    rm -f port
    "$OTA_SERVER" --config good.yaml serve 2>"$1" &
    SERVER=$!
    for _ in {1..100}; do
        [[ ! -s port ]] || return 0
        sleep 0.1
    done
    fail "the server did not start: $(cat "$1")"
}

"$TREE/tests/integration/api/certificates.sh" "$DIR" operator
cat >good.yaml <<YAML
listen:
  address: 127.0.0.1
  port: 0
  port_file: port
tls:
  certificate: server.pem
  key: server.key
  trust: ca.pem
database: rebind.db
vault:
  file: vault
  credential: credential
profiles: $TREE/configs/profiles
limits:
  workers: 2
YAML

# The command line needs no configuration to be wrong or to explain itself.
expect 0 "serve until SIGTERM" --help
expect 0 "ota-server " --version
expect 64 "a command is missing"
expect 64 "there is no command 'sevre'" sevre
expect 64 "'principal' takes 2 arguments" principal x
expect 64 "too many arguments" a b c d
expect 64 "--config is missing" serve
expect 2 "none.yaml" --config none.yaml check

# Configurations, by file, line and column.
config unknown 's/^database:/databse:/'
expect 2 "unknown.yaml:9:1: unknown key 'databse'; did you mean 'database'?" --config unknown.yaml check
config type 's/workers: 2/workers: many/'
expect 2 "type.yaml:15:12:" --config type.yaml check
config range 's/port: 0/port: 70000/'
expect 2 "range.yaml:3:9:" --config range.yaml check
config missing '/credential:/d'
expect 2 "missing.yaml:11:3:" --config missing.yaml check
grep -qF "credential" out || fail "the missing key is not named: $(cat out)"
config twice 's/^database: .*/&\ndatabase: other.db/'
expect 2 "twice.yaml:10:1:" --config twice.yaml check
config kind 's/^profiles:.*/profiles: [a]/'
expect 2 "kind.yaml:13:11:" --config kind.yaml check
config profiles 's/^profiles:.*/profiles: none/'

# Vault and database.
expect 1 "'ota-server init' makes it" --config good.yaml check
expect 0 "" --config good.yaml init
expect 0 "" --config good.yaml init
expect 0 "" --config good.yaml check
[[ $(stat -c %a vault) == 600 && $(stat -c %a credential) == 600 && $(stat -c %a rebind.db) == 600 ]] ||
    fail "others may read vault, credential or database"
head -c 32 /dev/zero >other-credential
chmod 600 other-credential
config wrong-credential 's/credential: .*/credential: other-credential/'
expect 1 "the credential is wrong, or the file was altered" --config wrong-credential.yaml check
config no-credential 's/credential: .*/credential: none/'
expect 1 "vault" --config no-credential.yaml check
cp rebind.db newer.db
sqlite3 newer.db 'PRAGMA user_version = 999'
config newer 's/rebind\.db/newer.db/'
expect 1 "newer.db: the database has schema version 999, this program knows up to" --config newer.yaml check
printf 'no database' >text.db
config text 's/rebind\.db/text.db/'
expect 1 "database $DIR/text.db" --config "$DIR/text.yaml" check
expect 2 "profiles none: " --config profiles.yaml serve
expect 2 "profiles none: " --config profiles.yaml check
config no-certificate 's/server\.pem/none.pem/'
expect 1 "none.pem" --config no-certificate.yaml check
config foreign-key 's/server\.key/operator.key/'
expect 1 "does not belong to the certificate" --config foreign-key.yaml check
expect 1 "ota-server: cannot open none.yaml: " --config good.yaml key-set k none.yaml

# Keys and principals.
printf 'scheme: kdf4\nenc: 00112233445566778899AABBCCDDEEFF\nmac: 00\n' >keys.yaml
chmod 600 keys.yaml
expect 1 "keys.yaml:1:9: the scheme must be" --config good.yaml key-set k keys.yaml
printf 'scheme: kdf3\nenc: 00112233445566778899AABBCCDDEE\nmac: 00\n' >keys.yaml
expect 1 "keys.yaml:2:6:" --config good.yaml key-set k keys.yaml
! grep -q 00112233 out || fail "a key is shown: $(cat out)"
printf '0011' >bank.key
chmod 600 bank.key
expect 1 "a transport key is 32 bytes in hex" --config good.yaml bank-key bank-a bank.key
expect 1 "the kind must be" --config good.yaml --kind king principal x operator.pem
expect 1 "this kind needs --person" --config good.yaml --kind operator principal x operator.pem
expect 1 "this kind needs --tenant" --config good.yaml --kind bank principal x operator.pem
expect 1 "no certificate in PEM" --config good.yaml --kind operator --person p principal x good.yaml
expect 0 "" --config good.yaml --kind operator --person p principal x operator.pem
expect 1 "registered already" --config good.yaml --kind operator --person p principal x operator.pem

# Certificates and the address.
config no-certificate 's/certificate: .*/certificate: none.pem/'
expect 1 "none.pem: the server's certificate chain cannot be used" --config no-certificate.yaml serve
config bad-key 's/key: server.key/key: ca.key/'
expect 1 "the server's private key cannot be used" --config bad-key.yaml serve
config no-trust 's/trust: .*/trust: none.pem/'
expect 1 "none.pem: " --config no-trust.yaml serve
config address 's/address: .*/address: nowhere/'
expect 1 "the address is not one of IPv4 or IPv6" --config address.yaml serve
start_server log
config taken "s/port: 0/port: $(cat port)/; /port_file/d"
expect 1 "port $(cat port): address already in use: the address cannot be listened on" --config taken.yaml serve

# What goes through a request is in no log line; an ended server ends well.
curl -sS --http2 --noproxy '*' --cacert ca.pem --cert operator.pem --key operator.key \
    -H 'Content-Type: application/json' -d '{"iin":"42310000","cin":"9156000000000001"}' \
    "https://127.0.0.1:$(cat port)/v1/cards/lookup" >answer
grep -qF '"code":"not-found"' answer || fail "the lookup gave $(cat answer)"
kill -TERM "$SERVER"
status=0
wait "$SERVER" || status=$?
SERVER=
[[ $status -eq 0 ]] || fail "SIGTERM ended the server with $status: $(cat log)"
grep -qF '"event":"http.request"' log || fail "the request was not logged: $(cat log)"
grep -qF '"event":"server.stopped"' log || fail "the end was not logged: $(cat log)"
! grep -qE '9156000000000001|42310000' log || fail "a card number is in the log: $(cat log)"

start_server log
kill -INT "$SERVER"
status=0
wait "$SERVER" || status=$?
SERVER=
[[ $status -eq 0 ]] || fail "SIGINT ended the server with $status: $(cat log)"
