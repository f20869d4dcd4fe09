#!/usr/bin/env bash
# libscp as its users get it: installed under a prefix, found by pkg-config and by find_package. The programs of
# scp/README.md and of the manual page, and a project outside the tree, are built against it and run. Every
# installed header also compiles alone, in C and in C++.
#
#   libscp.sh BUILD CC SOURCE [CFLAG...]
set -euo pipefail

build=$1
cc=$2
source=$3
shift 3
flags=("$@")
cflags=(-std=c17 -Wall -Wextra -Wpedantic -Werror "${flags[@]}")
work=$(mktemp -d "${TMPDIR:-/tmp}/rebind-install.XXXXXX")
trap 'rm -rf "$work"' EXIT

fail() {
    printf 'FAILED: %s\n' "$1" >&2
    exit 1
}

# expect FILE: its content is what comes in.
expect() {
    diff - "$1" || fail "$1 is something else"
}

cmake --install "$build/scp" --prefix "$work/usr" >"$work/install.log" || fail "the installation"

libscp_pc=$(find "$work/usr" -name libscp.pc)
[ -n "$libscp_pc" ] || fail "libscp.pc is not installed"
export PKG_CONFIG_PATH=${libscp_pc%/*}
read -ra compile <<<"$(pkg-config --cflags libscp)"
read -ra link <<<"$(pkg-config --static --libs libscp)"

# ---- headers

cxx=$(command -v c++ || true)
while read -r header; do
    printf '#include "%s"\n' "$header" >"$work/header.c"
    "$cc" "${cflags[@]}" "${compile[@]}" -fsyntax-only "$work/header.c" || fail "$header does not stand alone"
    [ -n "$cxx" ] || continue
    printf 'extern "C" {\n#include "%s"\n}\n' "$header" >"$work/header.cpp"
    "$cxx" -std=c++17 -Wall -Wextra -Werror "${compile[@]}" -fsyntax-only "$work/header.cpp" ||
        fail "$header cannot be included from C++"
    head -1 "$work/usr/include/$header" | grep -q '^/\* .' || fail "$header does not open with what it is for"
done < <(cd "$work/usr/include" && find scp -name '*.h' | sort)

# ---- the example in each header

here=$source/tests/integration/install
while read -r header; do
    [ "$header" != scp/scp.h ] || continue
    awk -v header="$header" -f "$here/examples.awk" "$here/examples.txt" "$work/usr/include/$header" >"$work/example.c"
    "$cc" -std=c17 -Wall -Wextra -Wno-unused -Wno-unused-result -Wno-empty-body -Werror "${flags[@]}" \
        "${compile[@]}" -fsyntax-only "$work/example.c" || fail "the example of $header does not compile"
done < <(cd "$work/usr/include" && find scp -name '*.h' | sort)

for private in crypto/wolf.h channel/protocol.h ota/packet_protect.h; do
    [ -e "$source/scp/$private" ] || fail "$private is no header any more"
    [ ! -e "$work/usr/include/scp/$private" ] || fail "$private is private and installed"
done

# ---- programs on a compiler's command line

# program NAME: compile NAME.c and keep what it says in NAME.out.
program() {
    "$cc" "${cflags[@]}" "${compile[@]}" "$work/$1.c" "${link[@]}" -o "$work/$1" || fail "$1 does not compile"
    "$work/$1" >"$work/$1.out" || fail "$1 does not run: $(cat "$work/$1.out")"
}

awk '/^```c$/ {on = 1; next} /^```$/ {on = 0} on' "$source/scp/README.md" >"$work/readme.c"
program readme
expect "$work/readme.out" <<'OUT'
card: GET STATUS with 2 bytes
host: 9F70010F, 9000
success
OUT

manual=$(find "$work/usr" -name libscp.3)
[ -n "$manual" ] || fail "the manual page is not installed"
awk '/^\.EX$/ {on = 1; next} /^\.EE$/ {on = 0} on' "$manual" >"$work/manual.c"
program manual
expect "$work/manual.out" <<'OUT'
2B8F6C
OUT

cp "$source/tests/integration/install/outside/outside.c" "$work/outside.c"
program outside
expect "$work/outside.out" <<'OUT'
001815062112120102034814CE84CBDEBC1A0DF20A5EE20E74C6
OUT

# ---- a project that finds the package

cmake -G Ninja -S "$source/tests/integration/install/outside" -B "$work/project" -DCMAKE_PREFIX_PATH="$work/usr" \
    -DCMAKE_C_COMPILER="$cc" -DCMAKE_C_FLAGS="${flags[*]}" -DCMAKE_CXX_FLAGS="${flags[*]}" \
    >"$work/configure.log" 2>&1 || fail "find_package(scp): $(cat "$work/configure.log")"
cmake --build "$work/project" >"$work/build.log" 2>&1 || fail "the project: $(cat "$work/build.log")"
"$work/project/outside" | expect "$work/outside.out"
if [ -e "$work/project/outside_cxx" ]; then
    "$work/project/outside_cxx" >"$work/cxx.out" || fail "the C++ program does not run"
    expect "$work/cxx.out" <<'OUT'
6A88 no entry of this kind is on the card
OUT
fi
