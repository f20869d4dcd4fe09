# Sourced by every lint: which files are ours, and how findings are reported.
#
# A lint is called with the root of the tree, so that selftest.sh can show it a tree with a planted
# fault. It prints one line a finding, path:line: what, and fails when there was any.
# shellcheck shell=bash

set -euo pipefail
LINT_DIR="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "${1:-$LINT_DIR/../..}"

readonly ROOMS=(scp policies agent ota-server tests)

# ours PATTERN…: our files by name pattern; nothing of third parties.
ours() {
    local names=() pattern
    for pattern in "$@"; do
        names+=(-o -name "$pattern")
    done
    local room rooms=()
    for room in "${ROOMS[@]}"; do
        [[ -d $room ]] && rooms+=("$room")
    done
    find "${rooms[@]}" -name node_modules -prune -o -type f \( "${names[@]:1}" \) -print | sort
}

# code OPTIONS FILE…: C with comments blanked (and strings, with --no-strings), each line as
# path:number:text.
code() {
    perl "$LINT_DIR/code.pl" "$@"
}

# report TITLE: print what comes in as findings; fail when something came.
report() {
    local findings
    findings="$(cat)"
    if [[ -n $findings ]]; then
        printf '%s:\n%s\n' "$1" "$findings"
        return 1
    fi
}
