#!/usr/bin/env bash
# Progress of a running script on the operation's event stream: curl plays an agent whose card is slow.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "$0")/lib.sh"

card=2 # prepared whole: one script carries the rebind

as_agent() { curl -sS --cacert "$REBIND_CA" --cert "$work/pki/agent.crt" --key "$work/pki/agent.key" "$@"; }

# steps_shown EVENTS: "done/total" of each event
steps_shown() { sed -n 's/.*"steps": *{"done": *\([0-9]*\), *"total": *\([0-9]*\)}.*/\1\/\2/p' "$1" | tr '\n' ' '; }

use_programs
make_data
write_configs 0
register_principals
start_server
prepare
operation=$(as bank-b bind "${card_ids[$card]}" bank-b/debit --json | member id)
as_agent -o "$work/script" -D "$work/headers" -X POST -H "X-Admin-SE-List: //se-id/CUD/${iins[$card]}${cins[$card]}" \
    -H 'X-Rebind-Extensions: guard, targets' "$REBIND_URL/admin-agent"
next=$(tr -d '\r' <"$work/headers" | sed -n 's/^x-admin-next-uri: //p')
[[ -n $next ]] || fail 'no script came'

# report COMMANDS STATUS
report() {
    local status
    status=$(as_agent -o "$work/answer" -w '%{http_code}' -X POST -H 'Content-Type: application/json' \
        -d "{\"commands\": $1}" "$REBIND_URL$next/progress")
    [[ $status == "$2" ]] || { cat "$work/answer"; fail "progress of $1 commands gave $status, not $2"; }
}
report 70 204
report 81 204
report 100000 422

as operator operation watch "$operation" --json >"$work/events" 2>/dev/null &
watcher=$!
wait_for grep -q '"done":[1-9]' "$work/events" || { cat "$work/events"; fail 'no progress on the event stream'; }
kill "$watcher" 2>/dev/null || true
printf 'steps shown: %s\n' "$(steps_shown "$work/events")"

# It is the agent's word: what is stored has not moved.
as operator operation show "$operation" --json >"$work/operation"
[[ $(tr -d ' \n' <"$work/operation") == *'"steps":{"done":0,'* ]] || { cat "$work/operation"; fail 'progress was stored'; }
touch "$work/agent.log"
no_sanitizer_report || fail 'a sanitizer reported'
