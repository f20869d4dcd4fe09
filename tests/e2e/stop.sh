#!/usr/bin/env bash
# SIGTERM ends server and agent in order, with an operation at work and streams open; afterwards the
# operation goes on where it was.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "$0")/lib.sh"

stop_within_s=15

# stop NAME PID: SIGTERM, and the exit status that it must have
stop() {
    local status=0 begun=$SECONDS
    kill -TERM "$2"
    wait "$2" || status=$?
    printf '  %-10s exit status %d after %d s\n' "$1" "$status" $((SECONDS - begun))
    [[ $status -eq 0 ]] || fail "$1 ended with status $status"
    [[ $((SECONDS - begun)) -le $stop_within_s ]] || fail "$1 took too long to stop"
}

journal_files() { find "$work/journal" -type f ! -name lock | wc -l; }

state_of_card() { as operator operation list --card "${card_ids[$1]}" --json | tr -d '\n' | member state; }
is_done() { [[ $(state_of_card "$1") == "done" ]]; }

# A client that listens to all events until the server ends the stream.
listen() {
    rm -f "$work/headers"
    curl -sN -D "$work/headers" --cacert "$REBIND_CA" --cert "$work/pki/operator.crt" --key "$work/pki/operator.key" \
        "$REBIND_URL/v1/events" >"$work/events" 2>&1 &
    listener=$!
}

heard() {
    local status=0
    wait "$listener" || status=$?
    printf '  %-10s exit status %d, heard %d events\n' listener "$status" "$(grep -c '^event: operation' "$work/events")"
    [[ $status -eq 0 ]] || fail 'the stream of events did not end in order'
}

# end_in_flight CARD FIRST: a bind at work, then FIRST and the other are told to stop
end_in_flight() {
    listen
    wait_for test -s "$work/headers" || fail 'the stream of events did not open'
    as bank-b bind "${card_ids[$1]}" bank-b/debit >"$work/request" 2>&1 &
    local asking=$!
    wait_for_script || fail 'no script reached the agent'
    if [[ $2 == server ]]; then
        stop ota-server "$server_pid"
        stop ota-agent "$agent_pid"
    else
        stop ota-agent "$agent_pid"
        stop ota-server "$server_pid"
    fi
    wait $asking || true
    heard
    printf '  %-10s %d files\n' journal "$(journal_files)"
    start_server
    start_agent
    wait_for is_done "$1" || fail "card $(($1 + 1)): the operation is $(state_of_card "$1")"
    terminal "$1" b >"$work/paid" || fail "card $(($1 + 1)) does not pay: $(cat "$work/paid")"
    printf '  card %d     done, and pays with bank B\n' $(($1 + 1))
}

make_service
for index in "${!cards[@]}"; do
    first=server
    [[ $((index % 2)) -eq 0 ]] || first=agent
    heading "Card $((index + 1)): the $first stops first"
    end_in_flight "$index" "$first"
done
no_sanitizer_report || fail 'a sanitizer reported'
grep -q '"server.stopped"' "$work/server.log" || fail 'the server did not say that it stopped'
grep -q '"agent.stopped"' "$work/agent.log" || fail 'the agent did not say that it stopped'
