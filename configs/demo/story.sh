# shellcheck shell=bash
# The story: what is on each card, the switch, a refusal, a revocation, and the proof that all of it held.
# Sourced by demo.sh.
: "${work:?}"

rebound=0
refused=0
revoked=0
failed=0
declare -a card_ids social_before social_after exchanges evidence

# Bold on a terminal, plain in a file.
heading() { if [ -t 1 ]; then printf '\n\033[1m%s\033[0m\n' "$1"; else printf '\n%s\n' "$1"; fi; }
member() { sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p" | head -n 1; }
hold() { # hold WHAT COMMAND...: a step that must hold
    local what=$1
    shift
    "$@" && return
    failed=$((failed + 1))
    printf '  FAILED: %s\n' "$what"
}

quietly() { "$@" >/dev/null; }

# ---- banks and bureau -----------------------------------------------------------------------

register_bank() {
    local index=$1 bank=bank-${banks[$1]} regions=310000,330000
    [ "${banks[$index]}" = c ] && regions=440000
    quietly as operator bank put "$bank" --name "${bank_names[$index]}" --regions $regions
    quietly as "$bank" package put "$bank" "$(bank_package "$index")" "$work/$bank/debit.cap"
    quietly as "$bank" product put "$bank" debit "$work/$bank/debit.json"
    quietly as "$bank" product publish "$bank" debit
    printf '  %-7s %-22s licensed in %-14s product %s/debit version 1\n' "$bank" "${bank_names[$index]}" $regions "$bank"
}

activate_policy() {
    local version
    version=$(as author policy propose "$top/configs/policies/open-choice.yaml" --json | member version)
    quietly as approver policy activate "$version"
    printf '  policy open-choice, version %s: proposed by one person, activated by another\n' "$version"
}

# The counter that the next session will meet, as the card states it: with it whole sessions are prepared
# before the card is seen.
known_counter() { softcard apdu "$work/cards/card$1.card" 80CA00C100 | sed -n 's/^C10[23]\([0-9A-F]*\) 9000.*/\1/p'; }

import_card() {
    local index=$1 bank
    make_import "$index" $((16#$(known_counter "$index")))
    card_ids[index]=$(as operator card import "$work/issuance/card$index.json" --json | member id)
    for bank in bank-a bank-b bank-c; do
        quietly as "$bank" personalisation add "$bank" debit "${card_ids[$index]}" "$work/$bank/card$index.record" \
            --transport-key "$work/$bank/transport.key"
    done
}

prepare() {
    local index
    heading 'Three banks offer a product; the bureau has a policy and imports five cards issued with bank A'
    for index in "${!banks[@]}"; do register_bank "$index"; done
    activate_policy
    for index in "${!cards[@]}"; do
        import_card "$index"
        printf '  card %d  %-18s %s\n' $((index + 1)) "${cards[$index]%% *}" "${card_ids[$index]}"
    done
}

# Drafts decide nothing: they are put to the cards that are there, and the answer is what would change.
try_policy() {
    local name=$1 version
    ota-policy test "$top/configs/policies/$name.yaml" | tail -n 1 | sed "s/^ */  $name: /"
    version=$(as author policy draft "$top/configs/policies/$name.yaml" --json | member version)
    as author policy simulate "$version" | sed -n '1{s/^/    /p;d}; /^  /{s/  *like .*//; s/^/    /p}; /^region/q'
}

try_policies() {
    heading 'What two other policies would say of these cards: a share cap for each bank, and a bank that leaves'
    hold 'trying a share cap' try_policy city-share-cap
    hold 'trying a bank that leaves' try_policy leaving-bank
}

# ---- what is on a card ----------------------------------------------------------------------

key_file() {
    local label
    read -r _ label _ <<<"${cards[$1]}"
    printf '%s/keys/%s.yaml' "$work" "$label"
}

# What a terminal sees and gets, by plain APDUs, verified under one bank's key.
terminal() {
    card-terminal pay "$work/cards/card$1.card" --ac-key-file "$work/bank-$2/card$1.ac"
}

show_card() { # show_card CARD BANK TITLE
    heading "Card $(($1 + 1)) ($(printf %s "${cards[$1]%% *}")), $3"
    hold "reading card $(($1 + 1))" card-terminal list "$work/cards/card$1.card" --key-set "$(key_file "$1")"
    hold "paying with card $(($1 + 1)) at bank $2" terminal "$1" "$2"
}

social_digest() { card-terminal social "$work/cards/card$1.card" --json | member sha256; }

# ---- the changes ----------------------------------------------------------------------------

switch_card() {
    local index=$1 operation
    printf 'card %d  %s\n' $((index + 1)) "${cards[$index]%% *}"
    if as bank-b bind "${card_ids[$index]}" bank-b/debit --watch; then
        rebound=$((rebound + 1))
    else
        failed=$((failed + 1))
    fi
    operation=$(as operator operation list --card "${card_ids[$index]}" --json | tr -d '\n')
    exchanges[index]=$(printf %s "$operation" | member exchanges)
    evidence[index]=$(printf %s "$operation" | sed -n 's/.*"evidence": *{\([^}]*\)}.*/\1/p' | tr -d '"[]{}' | tr -s ' ' | sed 's/ *$//')
}

refuse_bank_c() {
    heading 'Bank C asks for card 2: the policy refuses'
    if as bank-c bind "${card_ids[1]}" bank-c/debit 2>"$work/refusal"; then
        failed=$((failed + 1))
    else
        refused=$((refused + 1))
    fi
    sed 's/^/  /' "$work/refusal"
    grep -q 'policy-denied' "$work/refusal" || failed=$((failed + 1))
}

no_bank_answers() { ! card-terminal pay "$work/cards/card$1.card" >"$work/nobank" 2>&1; }

revoke_card() {
    local index=$1
    heading "Card $((index + 1)) is revoked: no bank answers, all else is alive"
    if as operator revoke "${card_ids[$index]}" --watch && no_bank_answers "$index"; then
        revoked=$((revoked + 1))
    else
        failed=$((failed + 1))
    fi
    sed 's/^/  /' "$work/nobank"
    hold 'reading the revoked card' card-terminal list "$work/cards/card$index.card" --key-set "$(key_file "$index")"
}

# ---- the end --------------------------------------------------------------------------------

show_summary() {
    local index
    heading 'Social-security data, exchanges and evidence'
    printf '  %-5s %-20s %-18s %-18s %-9s %s\n' CARD PROFILE BEFORE AFTER EXCHANGES EVIDENCE
    for index in "${!cards[@]}"; do
        social_after[index]=$(social_digest "$index")
        printf '  %-5d %-20s %-18s %-18s %-9s %s\n' $((index + 1)) "${cards[$index]%% *}" "${social_before[$index]:0:16}" \
            "${social_after[$index]:0:16}" "${exchanges[$index]} + 1" "${evidence[$index]}"
        [ -n "${social_before[$index]}" ] && [ "${social_before[$index]}" = "${social_after[$index]}" ] || failed=$((failed + 1))
    done
    printf '  (exchanges that carried a script, plus the closing one)\n'
    heading 'Audit'
    hold 'the audit chain' as auditor audit verify
}

tell_story() {
    local index
    for index in "${!cards[@]}"; do
        social_before[index]=$(social_digest "$index")
        show_card "$index" a 'before'
    done
    prepare
    try_policies
    refuse_bank_c
    heading 'The switch to bank B, as the server reports it'
    for index in "${!cards[@]}"; do switch_card "$index"; done
    for index in "${!cards[@]}"; do show_card "$index" b 'after'; done
    revoke_card 4
    show_summary
    printf '\nrebound %d, refused %d, revoked %d, failed %d\n' $rebound $refused $revoked $failed
    [ "$rebound $refused $revoked $failed" = '5 1 1 0' ]
}

show_lines_to_try() {
    local cert="--cacert $work/pki/ca.crt --cert $work/pki/operator.crt --key $work/pki/operator.key"
    heading "The service runs at $REBIND_URL until Ctrl-C. To try:"
    cat <<TRY
export PATH=$bin/ota-server/otactl:$bin/agent/terminal:\$PATH
export REBIND_URL=$REBIND_URL REBIND_CA=$work/pki/ca.crt REBIND_CERT=$work/pki/operator.crt REBIND_KEY=$work/pki/operator.key
otactl card list
otactl card show ${card_ids[0]}
otactl operation list
otactl audit list
card-terminal pay $work/cards/card0.card
curl $cert $REBIND_URL/v1/cards/${card_ids[0]}
curl -N $cert $REBIND_URL/v1/events
TRY
}
