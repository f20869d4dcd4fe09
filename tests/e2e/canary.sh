#!/usr/bin/env bash
# Secrets stay where they belong: keys, PINs, card numbers and track 2 are looked for, raw, in hex and in
# base64, in whatever the service leaves behind or says: logs at their most talkative, database, journal,
# vault, answers, what users see, and a core file of the running server.
set -euo pipefail
# Read by service.sh.
# shellcheck disable=SC2034
log_level=debug
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "$0")/lib.sh"

tools=$bin/tests/e2e
secrets=$work/secrets
identities=$work/identities
traces=$work/traces
mkdir "$traces"

# ---- what to look for -----------------------------------------------------------------------

secret() { printf '%s %s\n' "$1" "$2" >>"$secrets"; }

list_card_keys() {
    local index profile label scheme keys part
    for index in "${!cards[@]}"; do
        read -r profile label scheme _ <<<"${cards[$index]}"
        mapfile -t keys < <("$tools/card_keys" "$scheme" "$(master "$label" enc)" "$(master "$label" mac)" \
            "$(master "$label" dek)" "${diversification[$index]}")
        [[ ${#keys[@]} -eq 3 ]] || fail "the keys of card $((index + 1)) cannot be computed"
        for part in 0 1 2; do secret "key-$part-of-$profile" "${keys[$part]}"; done
    done
}

master() { sed -n "s/^$2: *//p" "$work/keys/$1.yaml"; }

list_masters() {
    local file label part
    for file in "$work"/keys/*.yaml; do
        label=$(basename "$file" .yaml)
        for part in enc mac dek; do secret "master-$label-$part" "$(master "$label" "$part")"; done
    done
}

list_records() {
    local bank index tag
    for bank in "${banks[@]}"; do
        secret "transport-key-of-bank-$bank" "$(cat "$work/bank-$bank/transport.key")"
        for index in "${!cards[@]}"; do
            for tag in 5A 57 DF01 DF02 DF03 DF10; do
                secret "bank-$bank-card-$((index + 1))-$tag" "$(tag_of "$work/bank-$bank/card$index.record" $tag)"
            done
        done
    done
}

list_secrets() {
    local index
    list_masters
    list_card_keys
    list_records
    secret vault-credential "$(od -An -v -tx1 "$work/vault.key" | tr -d ' \n')"
    secret citizen-number "$(text_hex 11010519491231002X)"
    # What a card is called is no secret to agent and server while they talk about it; it is not kept.
    for index in "${!cards[@]}"; do printf 'identity-of-card-%d %s\n' $((index + 1)) "${cins[$index]}" >>"$identities"; done
}

# ---- what to look into ----------------------------------------------------------------------

# An agent killed at work leaves a journal with a script's responses.
keep_journal() {
    as bank-b bind "${card_ids[$1]}" bank-b/debit >>"$traces/bind" 2>&1 &
    local asking=$!
    wait_for_script || fail 'no script reached the agent'
    kill -KILL "$agent_pid"
    wait "$agent_pid" 2>/dev/null || true
    cp -r "$work/journal" "$traces/journal$1"
    start_agent
    wait "$asking" || true
}

keep_answers() {
    local index id
    for index in "${!cards[@]}"; do
        id=${card_ids[$index]}
        as operator card show "$id" --json
        as operator operation list --card "$id" --json
        as bank-b operation list --card "$id" --json
    done >"$traces/answers"
    as auditor audit list --json >"$traces/audit"
    as operator product list bank-b --json >"$traces/products"
    curl -sN -m 2 --cacert "$REBIND_CA" --cert "$work/pki/operator.crt" --key "$work/pki/operator.key" \
        -H 'Last-Event-ID: 0' "$REBIND_URL/v1/events" >"$traces/events" || true
}

# A key file with a fault: what is said of it must not show it.
keep_complaints() {
    local broken=$work/broken.yaml
    sed 's/^mac: ./mac: zz/' "$work/keys/isd-des.yaml" | private "$broken"
    if ota-server --config "$work/server.yaml" key-set broken "$broken" 2>"$traces/complaint"; then
        fail 'a broken key file was taken'
    fi
    cat "$traces/complaint"
}

keep_terminal() {
    local index
    for index in "${!cards[@]}"; do
        card-terminal list "$work/cards/card$index.card" --key-set "$(key_file "$index")"
        terminal "$index" b
    done >"$traces/terminal"
}

# What a crash of the server would leave: all its memory but what it excludes from core files ("dd" in
# VmFlags). Taken from /proc, because a core file of a sanitised program is larger than any disk.
mappings() { # mappings EXCLUDED: the writable ones, 1 for those that core files leave out
    awk -v wanted="$1" '
        /^[0-9a-f]+-[0-9a-f]+ / { split($1, range, "-"); writable = ($2 ~ /^rw/) }
        /^Rss:/ { resident = $2 }
        /^VmFlags:/ { if (writable && resident > 0 && / dd( |$)/ == wanted) print range[1], range[2] }
    ' "/proc/$server_pid/smaps"
}

# The shadow of a sanitizer is the only mapping of such a size.
read_memory() {
    local from to page=4096
    while read -r from to; do
        [[ $((0x$to - 0x$from)) -lt $((1 << 30)) ]] || continue
        dd if="/proc/$server_pid/mem" bs=$page skip=$((0x$from / page)) count=$(((0x$to - 0x$from) / page)) \
            status=none 2>/dev/null || true
    done < <(mappings "$1")
}

keep_core() {
    if [[ $EUID -ne 0 || ! -r /proc/$server_pid/mem ]]; then
        echo '  memory of the server: left out, only root may read it'
        return
    fi
    read_memory 0 >"$traces/core"
    read_memory 1 >"$work/excluded"
    # It is memory indeed: where the server found its configuration, and the masters where they belong.
    grep -qaF "$work/" "$traces/core" || fail 'the memory of the server is not that'
    "$tools/search_secrets" "$secrets" "$work/excluded" >"$work/found" && fail 'the vault holds no key'
    grep -q 'master-isd-des-enc as bytes' "$work/found" || fail 'the masters are not in the memory of the vault'
    printf '  memory of the server: %s; the masters are in what core files leave out\n' "$(du -h "$traces/core" | cut -f 1)"
}

trace_files() { find "$traces" "$work"/{server.log,agent.log,rebind.db*,vault,journal} -type f -size +0; }

# ---- a search that can fail -----------------------------------------------------------------

# finds FORM: a secret in the file `planted` must be found in this form
finds() {
    "$tools/search_secrets" "$secrets" "$work/planted" >"$work/found" && fail "a planted secret was missed: $1"
    grep -q " as $1" "$work/found" || fail "a planted secret was not found as $1: $(cat "$work/found")"
}

raw() {
    local hex=$1
    while [[ -n $hex ]]; do
        printf '%b' "\\x${hex:0:2}"
        hex=${hex:2}
    done
}

control() {
    local hex
    hex=$(master isd-des dek)
    printf 'x%s' "${hex^^}" >"$work/planted" && finds 'upper-case hex'
    printf 'x%s' "${hex,,}" >"$work/planted" && finds 'lower-case hex'
    raw "41$hex" >"$work/planted" && finds 'bytes'
    raw "$hex" | base64 -w 0 >"$work/planted" && finds 'base64'
    raw "4141$hex" | base64 -w 0 >"$work/planted" && finds 'base64 from its second byte'
    raw "41$hex" | base64 -w 0 >"$work/planted" && finds 'base64 from its third byte'
    echo '  a planted secret is found in each of six forms'
}

# ---- the test -------------------------------------------------------------------------------

make_service >"$work/preparation"
list_secrets
heading 'The story, with its traces kept'
for index in "${!cards[@]}"; do keep_journal "$index"; done
for index in "${!cards[@]}"; do
    wait_for terminal "$index" b || fail "card $((index + 1)) does not pay with bank B"
done
refuse_bank_c >"$traces/refused"
keep_complaints
keep_terminal
as operator revoke "${card_ids[4]}" --watch >"$traces/revoke"
keep_answers
keep_core
mv "$work/preparation" "$traces"

heading 'The search'
control
mapfile -t files < <(trace_files)
du -ch "${files[@]}" | sed "s|$work/|  |"
"$tools/search_secrets" "$secrets" "${files[@]}" || fail 'a secret is where none may be'
mapfile -t files < <(trace_files | grep -vE '/journal|/core')
"$tools/search_secrets" "$identities" "${files[@]}" || fail 'the identity of a card is where it may not be'
no_sanitizer_report || fail 'a sanitizer reported'
