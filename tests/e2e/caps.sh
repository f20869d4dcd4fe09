#!/usr/bin/env bash
# Real CAP files, made by other people's compilers, go through server and agent onto a card. They stay
# outside the project: REBIND_CAPS_DIR names their folder; without it this test says that it skipped.
if [[ -z ${REBIND_CAPS_DIR:-} ]]; then
    echo 'SKIPPED: REBIND_CAPS_DIR is not set'
    exit 77
fi
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "$0")/lib.sh"

card=3

# The server names the package in its refusal of a wrong AID.
package_of() {
    { as bank-b package put bank-b 0000000000 "$1" 2>&1 || true; } | sed -n 's/.*names package \([0-9A-F]*\),.*/\1/p'
}

# load_cap FILE NUMBER: a product without data of its own, in a role of its own.
load_cap() {
    local package module
    package=$(package_of "$1")
    [[ -n $package ]] || fail "$1: the server does not read it"
    as bank-b package put bank-b "$package" "$1" --json >"$work/package.json"
    module=$(sed -n '/"modules"/,/\]/s/^ *"\([0-9A-F]*\)",\{0,1\}$/\1/p' "$work/package.json" | head -n 1)
    if [[ -z $module ]]; then
        printf '%s: package %s has no applet; uploaded only\n' "$(basename "$1")" "$package"
        return
    fi
    cat >"$work/product.json" <<JSON
{"role": "cap-$2", "package": "$package", "module": "$module", "instance": "$module", "parameters": "C900",
 "label": "CAP $2", "personalisation": []}
JSON
    quietly as bank-b product put bank-b "cap-$2" "$work/product.json"
    quietly as bank-b product publish bank-b "cap-$2"
    as bank-b bind "${card_ids[$card]}" "bank-b/cap-$2" --watch || fail "$1 was not loaded"
    card-terminal list "$work/cards/card$card.card" --key-set "$(key_file $card)" >"$work/list"
    grep -q "^$package  *loaded" "$work/list" || fail "$1: package $package is not on the card"
    grep -q "^$module  *selectable" "$work/list" || fail "$1: instance $module is not on the card"
    printf '%s: package %s and instance %s are on the card\n' "$(basename "$1")" "$package" "$module"
}

make_service
number=0
for cap in "$REBIND_CAPS_DIR"/*.cap; do
    number=$((number + 1))
    load_cap "$cap" "$number"
done
[[ $number -gt 0 ]] || fail "no CAP file in $REBIND_CAPS_DIR"
terminal $card a >/dev/null || fail 'bank A no longer answers'
no_sanitizer_report || fail 'a sanitizer reported'
