#!/usr/bin/env bash
# libscp as its users get it: installed under a prefix, found by pkg-config, and the program in scp/README.md
# compiled against it and run. Every installed header also compiles alone.
#
#   libscp.sh BUILD CC SOURCE [CFLAG...]
set -euo pipefail

build=$1
cc=$2
source=$3
shift 3
cflags=(-std=c17 -Wall -Wextra -Wpedantic -Werror "$@")
work=$(mktemp -d "${TMPDIR:-/tmp}/rebind-install.XXXXXX")
trap 'rm -rf "$work"' EXIT

fail() {
    printf 'FAILED: %s\n' "$1" >&2
    exit 1
}

cmake --install "$build/scp" --prefix "$work/usr" >"$work/install.log" || fail "the installation"

libscp_pc=$(find "$work/usr" -name libscp.pc)
[ -n "$libscp_pc" ] || fail "libscp.pc is not installed"
export PKG_CONFIG_PATH=${libscp_pc%/*}
read -ra compile <<<"$(pkg-config --cflags libscp)"
read -ra link <<<"$(pkg-config --static --libs libscp)"

while read -r header; do
    printf '#include "%s"\n' "$header" >"$work/header.c"
    "$cc" "${cflags[@]}" "${compile[@]}" -fsyntax-only "$work/header.c" || fail "$header does not stand alone"
done < <(cd "$work/usr/include" && find scp -name '*.h' | sort)

[ ! -e "$work/usr/include/scp/crypto/wolf.h" ] || fail "a private header is installed"

awk '/^```c$/ {on = 1; next} /^```$/ {on = 0} on' "$source/scp/README.md" >"$work/first.c"
"$cc" "${cflags[@]}" "${compile[@]}" "$work/first.c" "${link[@]}" -o "$work/first" || fail "the program does not compile"
"$work/first" >"$work/first.out" || fail "the program does not run: $(cat "$work/first.out")"
diff - "$work/first.out" <<'OUT' || fail "the program says something else"
card: GET STATUS with 2 bytes
host: 9F70010F, 9000
success
OUT
