#!/usr/bin/env bash
# Arrows between rooms run one way, and the pure rooms stay pure.
source "$(dirname "$0")/lib.sh"

# includes ROOM…: path:line:header of every #include in these rooms (tests are no room).
includes() {
    local room files=()
    for room in "$@"; do
        [[ -d $room ]] && mapfile -t -O "${#files[@]}" files < <(find "$room" -name '*.[ch]' | sort)
    done
    [[ ${#files[@]} -eq 0 ]] && return
    code "${files[@]}" | sed -nE 's/^([^:]+:[0-9]+):[ \t]*#[ \t]*include[ \t]*([<"][^>"]+[>"]).*/\1:\2/p'
}

# forbid FROM PATTERN: files of FROM include no header that matches.
forbid() {
    includes "$1" | grep -E ":$2" | sed "s|\$| may not be included by $1/|" || true
}

# libscp takes bytes and gives bytes: the headers below and its own are all that it needs.
pure_rooms() {
    local own='"scp/(base|crypto|gp|channel|ota|emv)/'
    local std='<(assert|limits|stdalign|stdbool|stddef|stdint|string)\.h>'
    includes scp/base scp/crypto scp/gp scp/channel scp/ota scp/emv |
        grep -Ev ":($own|$std)" | grep -Ev '^scp/crypto/[^:]+:[0-9]+:<wolfssl/' |
        sed 's|$| does no I/O, has no heap and no clock: not for libscp|' || true
}

# SQL and its library live in one room; a test may look behind it.
sql() {
    local files
    mapfile -t files < <(ours '*.[ch]' | grep -Ev '^(ota-server/store|tests)/')
    [[ ${#files[@]} -eq 0 ]] && return
    local words='SELECT .* FROM |INSERT (OR [A-Z]+ )?INTO |UPDATE [a-z_]+ SET |DELETE FROM |CREATE (TABLE|INDEX)'
    code "${files[@]}" | grep -E "<sqlite3\.h>|\"($words)" |
        sed 's|$|  (only in ota-server/store)|' || true
}

{
    forbid scp '"(policies|agent|ota-server|tests)/'
    forbid policies '"(agent|ota-server|tests)/'
    forbid agent '"(ota-server|tests)/'
    forbid ota-server '"(agent|tests)/'
    pure_rooms
    sql
} | report 'arrows between rooms that may not be'
