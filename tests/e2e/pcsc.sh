#!/usr/bin/env bash
# The whole way through a real pcscd: server, agent, PC/SC reader, card. An SCP03 and an SCP02 card change
# their bank in a virtual reader.
#
#   private_pcscd pcsc.sh BUILD
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "$0")/lib.sh"

reader="Rebind test"
readers="pcsc: [\"$reader\"]"
card_pid=

remove_card() {
    [[ -n $card_pid ]] || return 0
    kill "$card_pid" 2>/dev/null || true
    wait "$card_pid" 2>/dev/null || true
    card_pid=
    sleep 2 # pcscd looks at its readers every 400 ms: a card swapped faster than that looks like the same one
}

pays_in_reader() { # pays_in_reader CARD BANK
    card-terminal pay "$reader" --ac-key-file "$work/bank-$2/card$1.ac" >"$work/pay" 2>&1
}

# pcscd needs a moment until it sees reader and card.
insert_card() {
    softcard vpcd "$work/cards/card$1.card" --host localhost --port "$VPCD_PORT" 2>>"$work/vpcd.log" &
    card_pid=$!
    wait_for pays_in_reader "$1" a || { cat "$work/pay" "$work/vpcd.log"; fail "card $1 does not answer in the reader"; }
}

rebind_in_reader() {
    local index=$1
    insert_card "$index"
    as bank-b bind "${card_ids[$index]}" bank-b/debit --watch || fail "card $index was not rebound"
    pays_in_reader "$index" b || { cat "$work/pay"; fail "card $index does not pay with bank B"; }
    cat "$work/pay"
    remove_card
}

make_service
for index in 2 0; do
    social_before[index]=$(social_digest "$index")
    rebind_in_reader "$index"
    [[ $(social_digest "$index") == "${social_before[$index]}" ]] || fail "social-security data of card $index"
done
no_sanitizer_report || fail 'a sanitizer reported'
