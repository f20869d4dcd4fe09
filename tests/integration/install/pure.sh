#!/usr/bin/env bash
# What libscp says of itself, read from its archive as it is released: it imports nothing but the string functions
# below and wolfCrypt, so it has no heap, I/O and clock; and it has no writable data, so it keeps nothing.
#
#   pure.sh LIBSCP_A
set -euo pipefail

archive=$1
found=0

# Symmetric cryptography, hashes and keys from pass phrases. RSA and EC (wc_ecc_, wc_Rsa) and the big numbers below
# them (mp_, sp_) may allocate inside.
allowed='bcmp|memcmp|memcpy|memmove|memset|str(chr|cmp|cspn|len|ncmp)|__assert_fail|_GLOBAL_OFFSET_TABLE_'
allowed+='|wc_(Aes|Des3?_?|Hash|Sha|Cmac|PBKDF2)[A-Za-z0-9_]*|wc_(ecc_|[A-Za-z]*Rsa)[A-Za-z0-9_]*|[ms]p_[a-z0-9_]+'

imports=$(nm "$archive" 2>/dev/null | awk '
    $1 == "U" {used[$2]}
    NF == 3 {defined[$3]}
    END {for (name in used) if (!(name in defined)) print name}' | sort)
[ -n "$imports" ] || { printf '%s: no imports, is it the archive?\n' "$archive" && exit 1; }
while read -r name; do
    [[ $name =~ ^($allowed)$ ]] && continue
    printf 'libscp imports %s\n' "$name"
    found=1
done <<<"$imports"

# .data.rel.ro is constant after loading: tables of pointers.
while read -r section size; do
    [[ $section == .data.rel.ro* ]] && continue
    ((16#$size == 0)) && continue
    printf 'libscp has writable data: %s, %d bytes\n' "$section" "$((16#$size))"
    found=1
done < <(readelf -SW "$archive" | sed -n 's/^ *\[ *[0-9]*\] *\(\.\(data\|bss\|tdata\|tbss\)[^ ]*\) *[A-Z_]* *[0-9a-f]* [0-9a-f]* \([0-9a-f]*\).*/\1 \3/p')
exit "$found"
