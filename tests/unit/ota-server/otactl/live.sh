#!/usr/bin/env bash
# otactl against the real ota-server, and an audit trail that was tampered with in the database.
# usage: live.sh OTACTL OTA_SERVER
set -euo pipefail
OTACTL="$1"
OTA_SERVER="$2"
PROFILES="$(cd "$(dirname "$0")/../../../../configs/profiles" && pwd)"
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
    cat log >&2 || true
    exit 1
}

expect() { # expect CODE TEXT AS OTACTL-WORDS…: as whom, with this exit code and this in the output
    local code=0 expected="$1" text="$2" who="$3"
    shift 3
    "$OTACTL" "$@" --config "$who.yaml" >out 2>&1 || code=$?
    [[ $code -eq $expected ]] || fail "$who: $* gave $code, not $expected: $(cat out)"
    grep -qF -- "$text" out || fail "$who: $* does not say \"$text\": $(cat out)"
}

start_server() {
    rm -f port
    "$OTA_SERVER" --config server.yaml serve >>log 2>&1 &
    SERVER=$!
    for _ in {1..100}; do
        [[ -s port ]] && break
        sleep 0.1
    done
    [[ -s port ]] || fail "the server did not start"
    for who in operator author approver officer auditor bank-a; do
        printf 'url: https://localhost:%s\nca: pki/ca.crt\ncert: pki/%s.crt\nkey: pki/%s.key\n' \
            "$(cat port)" "$who" "$who" >"$who.yaml"
    done
}

"$OTACTL" pki init --out pki >/dev/null
cp -r "$PROFILES" profiles
cat >server.yaml <<'YAML'
listen: {address: 127.0.0.1, port: 0, port_file: port}
tls: {certificate: pki/server.crt, key: pki/server.key, trust: pki/ca.crt}
database: rebind.db
vault: {file: vault, credential: vault.credential}
profiles: profiles
YAML
"$OTA_SERVER" --config server.yaml init >>log 2>&1
for kind in operator author approver officer auditor; do
    "$OTA_SERVER" --config server.yaml --kind "$kind" --person "p-$kind" principal "$kind" "pki/$kind.crt" >>log 2>&1
done
start_server

# Each kind of request, and who may not.
expect 0 "310000, 330000" operator bank put bank-a --name 'Bank A' --regions 310000,330000
expect 1 "profile" operator domain put bank-a --aid A00000033341 --key-sets scp04=isd
expect 1 "PROFILE=LABEL" operator domain put bank-a --aid A00000033341 --key-sets isd
expect 1 "404" operator domain show bank-a
expect 1 "401" bank-a product list bank-a
expect 0 "tenant               bank-a" officer principal add --name 'Bank A' --kind bank --tenant bank-a \
    --certificate pki/bank-a.crt
expect 0 "none" bank-a product list bank-a
expect 1 "403" bank-a bank put bank-a --name 'Bank A' --status suspended
expect 1 "404" operator bank show bank-x
expect 0 "bank-a  Bank A  active" auditor bank list
expect 0 "none" operator operation list --state failed
printf 'no: policy\n' >bad.yaml
expect 1 "line" author policy propose bad.yaml
expect 1 "tenant" officer principal add --name B --kind bank --certificate pki/bank-b.crt

# The trail: sound, then altered, then cut at its end, then sound again.
"$OTACTL" audit checkpoint --json --config auditor.yaml >kept.json
sed -nE 's/.*"public_key": "([^"]+)".*/\1/p' kept.json >key
expect 0 "unbroken" auditor audit verify --public-key key
expect 0 "unbroken" auditor audit verify --checkpoint kept.json
openssl ecparam -name prime256v1 -genkey -noout | openssl ec -pubout -outform DER 2>/dev/null | base64 -w0 >other-key
expect 1 "not of this trail and key" auditor audit verify --public-key other-key

tampered() { # tampered SQL TEXT [AS OTACTL-WORDS…]: verify says so while the change is there, the words fail
    local sql="$1" text="$2"
    shift 2
    stop_server
    cp rebind.db sound.db
    sqlite3 rebind.db "$sql" >>log
    start_server
    expect 1 "$text" auditor audit verify --checkpoint kept.json
    [[ $# -eq 0 ]] || expect 1 "the audit chain" "$@"
    stop_server
    rm -f rebind.db-wal rebind.db-shm
    cp sound.db rebind.db
    start_server
}
tampered "UPDATE audit SET actor = 'nobody' WHERE sequence = 2" "audit record 2: it was altered"
tampered "DELETE FROM audit WHERE sequence = 3" "audit record 4: a record is missing before it"
tampered "DELETE FROM audit WHERE sequence > 4" "the trail was cut: 4 records" auditor audit checkpoint
expect 0 "unbroken" auditor audit verify --checkpoint kept.json
