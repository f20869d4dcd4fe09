#!/usr/bin/env bash
# Functions that overflow, parse without telling errors, or read time and randomness behind the
# environment's back.
source "$(dirname "$0")/lib.sh"

readonly UNSAFE='strcpy|strcat|stpcpy|sprintf|vsprintf|gets|strtok|strtok_r|atoi|atol|atoll|atof|sscanf|alloca'
readonly AMBIENT='time|clock_gettime|gettimeofday|rand|srand|random|srandom|getrandom|arc4random'

# calls NAMES: a call of one of these, and not of a member or of a longer name.
calls() {
    grep -E "(^|[^A-Za-z0-9_.>])($1)[ ]*\(" || true
}

mapfile -t all < <(ours '*.[ch]')
mapfile -t ambient < <(ours '*.[ch]' | grep -Ev '^(tests|scp/host)/')
{
    [[ ${#all[@]} -eq 0 ]] || code --no-strings "${all[@]}" | calls "$UNSAFE" | sed 's|$|  (unsafe)|'
    [[ ${#ambient[@]} -eq 0 ]] || code --no-strings "${ambient[@]}" | calls "$AMBIENT" |
        sed 's|$|  (use struct rebind_env)|'
} | report 'banned functions'
