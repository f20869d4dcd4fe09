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

# A policy from draft to rollback, tried on a card base of several pages.
stop_server
sqlite3 rebind.db "INSERT INTO product VALUES('bank-a','debit',1,'payment','A000000333F001','A000000333F00101',
    'A00000033301010141',X'000000',X'C900','Debit',1,1,'[]');
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1203)
  INSERT INTO card SELECT printf('%032X', abs(random())), randomblob(32), 'scp03-i70-aes128',
    CASE WHEN i % 3 = 0 THEN '440000' ELSE '310000' END, '3', 0, '', 0, NULL, 1, 1 FROM n"
start_server
cat >licensed.yaml <<'YAML'
version: 1
name: licensed
rules:
  - id: licensed
    effect: allow
    when: {bank.licensed_regions: {contains: $card.region}}
    reason: It is licensed.
YAML
sed -e 's/licensed$/open/' -e 's/bank.licensed_regions.*}}/request.action: bind}/' licensed.yaml >open.yaml
expect 0 "draft" author policy draft licensed.yaml
expect 1 "policy-not-ready" author policy propose 1
expect 0 "checked" author policy check 1
expect 0 "proposed" author policy propose 1
expect 0 "approved" approver policy approve 1
expect 0 "active" officer policy activate 1
expect 0 "proposed" author policy propose open.yaml
expect 0 "scheduled" approver policy activate 2 --from 2126-01-01T00:00:00Z
expect 0 "active" approver policy activate 2
expect 0 "1203 cards: 802 allow, 401 deny" author policy simulate 1
expect 0 "1203 cards: 1203 allow, 0 deny" author policy simulate 2 --product bank-a/debit
expect 1 "1203 cards: 401 now_allowed, 0 now_denied" author policy diff 1 2
expect 1 "404" author policy simulate 9
expect 1 "403" operator policy simulate 1
"$OTACTL" policy facts --config auditor.yaml >facts.ndjson
[[ $(wc -l <facts.ndjson) -eq 1203 && $(sort -u facts.ndjson | wc -l) -eq 1203 ]] || fail "facts are missing or doubled"
expect 0 "version              1" officer policy rollback
expect 0 "cancelled            0" officer policy stop --bank bank-a --reason Breach
stop="$(sed -nE 's/^id +//p' out)"
expect 1 "same-person" officer policy lift "$stop"
expect 0 "lifted_by            p-approver" approver policy lift "$stop"
expect 0 "none" operator policy decisions
card="$(sed -nE '1s/.*"card.id":"([0-9A-F]+)".*/\1/p' facts.ndjson)"
expect 1 "no-assignment" operator policy assign "$card"

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
