#!/usr/bin/env bash
# The text of the tree speaks of Rebind alone: no unfinished work, no path of someone's machine, no
# ticket number that a reader cannot look up.
source "$(dirname "$0")/lib.sh"

readonly UNFINISHED='\b(TODO|FIXME|XXX|HACK)\b'
readonly MACHINE='(^|[^A-Za-z0-9_.])/(work|home|root)/[a-z]|/tmp/(build|brief|spec)\b'
readonly TICKET='\b(issue|ticket|bug|PR) #?[0-9]+\b'

{
    ours '*' | grep -Ev '^tests/(lint/(words|selftest)\.sh$|fuzz/corpus/)'
    find . -maxdepth 1 -type f -name '*.md' -printf '%P\n'
    [[ ! -d configs ]] || find configs -type f
} | tr '\n' '\0' | { xargs -0 -r grep -InE "$UNFINISHED|$MACHINE|$TICKET" || true; } |
    report 'words that do not belong in the tree'
