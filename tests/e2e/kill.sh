#!/usr/bin/env bash
# Operations survive the death of the server, of the agent, and of both: whatever was killed and when,
# each operation ends by itself once both run again, and each card is whole.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "$0")/lib.sh"

victims=(server agent both)
# Milliseconds after the request was sent, and after the first byte of a script reached the agent.
request_points=(0 30 60 90)
script_points=(0 1 2 3 4 5 6 8 10 20)
if [[ -n ${REBIND_FULL:-} ]]; then
    mapfile -t request_points < <(seq 0 5 200)
    mapfile -t script_points < <(seq 0 1 30)
fi

# Cards change their bank again and again here, so the policy asks for no pause between changes.
activate_test_policy() {
    local version
    version=$(as author policy propose "$top/tests/e2e/any_time.yaml" --json | member version)
    quietly as approver policy activate "$version"
}

declare -a at_bank_b
kill_points=0
in_flight=0

# request CARD: ask for the other state of the card
request() {
    local card=${card_ids[$1]}
    if [[ ${at_bank_b[$1]} -eq 1 ]]; then
        as operator revoke "$card"
    else
        as bank-b bind "$card" bank-b/debit
    fi
}

# Each bind uses up what the bank sealed for it.
bring_record() {
    [[ ${at_bank_b[$1]} -eq 1 ]] || as bank-b personalisation add bank-b debit "${card_ids[$1]}" \
        "$work/bank-b/card$1.record" --transport-key "$work/bank-b/transport.key" >/dev/null
}

# operations CARD: the ids of its operations, sorted
operations() {
    as operator operation list --card "${card_ids[$1]}" --json | tr ',{' '\n' |
        sed -n 's/^ *"id": *"\([0-9A-F]*\)".*/\1/p' | sort
}

# What dies is waited for, so that the next one finds the port and the journal free.
kill_hard() {
    kill -KILL "$1"
    wait "$1" 2>/dev/null || true
}

kill_hard_all() {
    [[ $1 == server ]] || kill_hard "$agent_pid"
    [[ $1 == agent ]] || kill_hard "$server_pid"
}

restart() {
    [[ $1 == agent ]] || start_server
    [[ $1 == server ]] || start_agent
}

journal_bytes() { find "$work/journal" -type f ! -name lock -printf '%s\n' | awk '{ n += $1 } END { print n + 0 }'; }
journal_is_empty() { [[ $(journal_bytes) -eq 0 ]]; }

pause_ms() { [[ $1 -eq 0 ]] || sleep "$(printf '0.%03d' "$1")"; }

operation_state() { as operator operation show "$1" --json | tr -d '\n' | member state; }
operation_ended() { [[ $(operation_state "$1") =~ ^(done|failed)$ ]]; }

# new_operation CARD BEFORE: the operation that is not among those before; a request that died with the
# server before it was accepted is made again, as its user would.
new_operation() {
    local id
    id=$(comm -13 <(printf '%s\n' "$2") <(operations "$1"))
    if [[ -z $id ]]; then
        quietly request "$1"
        id=$(comm -13 <(printf '%s\n' "$2") <(operations "$1"))
    fi
    printf %s "$id"
}

# survive CARD VICTIM EVENT MS: one operation and one kill, MS after the request or the script
survive() {
    local before operation state bytes asking
    bring_record "$1"
    before=$(operations "$1")
    request "$1" >"$work/request" 2>&1 &
    asking=$!
    # A script that came and went between two looks is killed after: the count says how many were caught.
    [[ $3 == request ]] || wait_for_script || true
    pause_ms "$4"
    kill_hard_all "$2"
    bytes=$(journal_bytes)
    [[ $bytes -eq 0 ]] || in_flight=$((in_flight + 1))
    restart "$2"
    wait $asking || true
    operation=$(new_operation "$1" "$before")
    wait_for operation_ended "$operation" || true
    state=$(operation_state "$operation")
    kill_points=$((kill_points + 1))
    printf '  %-18s %-6s killed %3d ms after the %-7s %4d bytes in the journal  %s\n' \
        "${cards[$1]%% *}" "$2" "$4" "$3" "$bytes" "$state"
    if [[ $state != "done" ]]; then
        as operator operation show "$operation" >&2
        fail 'the operation did not survive'
    fi
    at_bank_b[$1]=$((1 - at_bank_b[$1]))
}

sweep() { # sweep EVENT MS...
    local event=$1 ms victim
    shift
    for ms in "$@"; do
        for victim in "${victims[@]}"; do
            survive $((kill_points % ${#cards[@]})) "$victim" "$event" "$ms"
        done
    done
}

# check_card CARD: bank B alone is in the payment environment and pays; social data as they were
check_card() {
    local entries
    [[ ${at_bank_b[$1]} -eq 1 ]] || survive "$1" agent script 0
    terminal "$1" b >"$work/paid" || fail "card $(($1 + 1)) does not pay with bank B: $(cat "$work/paid")"
    entries=$(grep -cE '^ +[0-9]+ +[0-9A-F]{10,}' "$work/paid")
    [[ $entries -eq 1 ]] || fail "card $(($1 + 1)) names $entries banks: $(cat "$work/paid")"
    [[ $(social_digest "$1") == "${social_before[$1]}" ]] || fail "card $(($1 + 1)): social-security data changed"
}

make_service
activate_test_policy
for index in "${!cards[@]}"; do
    social_before[index]=$(social_digest "$index")
    at_bank_b[index]=0
done
sweep request "${request_points[@]}"
sweep script "${script_points[@]}"
for index in "${!cards[@]}"; do check_card "$index"; done
wait_for journal_is_empty || fail "the journal holds: $(ls "$work/journal")"
as auditor audit verify
no_sanitizer_report || fail 'a sanitizer reported'
printf '%d kill points, %d of them while a script was at the agent\n' "$kill_points" "$in_flight"
[[ $in_flight -gt 0 ]]
