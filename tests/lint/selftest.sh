#!/usr/bin/env bash
# Each lint passes on a clean tree and fails on one with its fault planted: a lint that cannot fail
# holds nothing.
set -euo pipefail
HERE="$(cd "$(dirname "$0")" && pwd)"
TREE="$(mktemp -d)"
trap 'rm -rf "$TREE"' EXIT
failures=0

clean_tree() {
    rm -rf "${TREE:?}"/*
    mkdir -p "$TREE"/{scp/{base,crypto,host},policies,agent/card,ota-server/{store,api},tests}
    cp "$HERE/../../.clang-format" "$HERE/../../.clang-tidy" "$TREE/"
    cat >"$TREE/scp/base/good.c" <<'C'
/* strcpy(a, b) and time(NULL) in prose are no calls. */
#include <string.h>

#include "scp/base/good.h"

int good(void)
{
    return (int)strlen("sprintf(x) // SELECT");
}
C
    printf 'readonly PACKAGES=(\n    # build\n    gcc git\n)\n' >"$TREE/tests/run.sh"
    printf 'install --no-install-recommends \\\n  gcc git\n```\n' >"$TREE/README.md"
    printf '#include <sqlite3.h>\n' >"$TREE/ota-server/store/db.c"
    printf '#include <time.h>\n\nint now(void)\n{\n    return (int)time(NULL);\n}\n' >"$TREE/scp/host/env.c"
}

# The compilation database that clang-tidy reads, for one file.
compile_commands() {
    printf '[\n{\n  "directory": "%s",\n  "command": "clang -std=c17 -c %s",\n  "file": "%s/%s"\n}\n]\n' \
        "$TREE" "$1" "$TREE" "$1" >"$TREE/compile_commands.json"
}

expect() { # expect pass|fail LINT WHAT
    local outcome=pass
    "$HERE/$2.sh" "$TREE" "$TREE" >"$TREE/out" 2>&1 || outcome=fail
    if [[ $outcome != "$1" ]]; then
        echo "$2: should $1 on $3, and did not:"
        cat "$TREE/out"
        failures=$((failures + 1))
    fi
    rm -f "$TREE/out"
}

# planted LINT FILE TEXT: the lint fails when this text is a file of the tree.
planted() {
    clean_tree
    printf '%b\n' "$3" >"$TREE/$2"
    expect fail "$1" "$2 holding: $3"
}

long_function() {
    printf 'int f(void)\\n{\\n'
    printf '    ;%.0s\\n' {1..68}
    printf '}\\n'
}

clean_tree
for lint in arrows banned shape words format packages cppcheck; do
    expect pass "$lint" 'a clean tree'
done

planted arrows scp/base/x.c '#include "agent/card/softcard.h"'
planted arrows scp/host/x.c '#  include "policies/evaluate/x.h"'
planted arrows policies/x.c '#include "ota-server/api/api.h"'
planted arrows agent/card/x.c '#include "ota-server/api/api.h"'
planted arrows ota-server/api/x.h '#include "agent/card/softcard.h"'
planted arrows scp/base/x.c '#include <stdio.h>'
planted arrows scp/base/x.c '#include <stdlib.h>'
planted arrows scp/base/x.c '#include "scp/host/env.h"'
planted arrows scp/base/x.c '#include <wolfssl/wolfcrypt/aes.h>'
planted arrows ota-server/api/x.c '#include <sqlite3.h>'
planted arrows ota-server/api/x.c 'const char *q = "SELECT id FROM card";'
planted banned scp/base/x.c 'void f(char *a) { strcpy (a, "x"); }'
planted banned tests/x.c 'int f(char *a) { return sprintf(a, "x"); }'
planted banned agent/x.c 'long f(void) { return time(0); }'
planted shape agent/x.c "$(long_function)"
planted shape agent/x.h "$(printf '/* */\\n%.0s' {1..601})"
planted words agent/x.c "/* TO""DO: later */"
planted words scp/x.c '/* see /ho''me/someone/notes */'
planted words policies/README.md 'fixes issue'' #12'
planted packages tests/run.sh 'readonly PACKAGES=(\n    gcc git zip\n)'
planted format agent/x.c 'int  f( void );'
planted cppcheck agent/x.c 'int f(void);\nint f(void)\n{\n    int a[2] = {0, 0};\n    return a[2];\n}'

for code in 'return 0;' 'return p == 0 ? *p : 0;'; do
    clean_tree
    printf 'int f(const int *p);\nint f(const int *p)\n{\n    %s\n}\n' "$code" >"$TREE/agent/x.c"
    compile_commands agent/x.c
    expect "$([[ $code == 'return 0;' ]] && echo pass || echo fail)" tidy "agent/x.c holding: $code"
done

[[ $failures -eq 0 ]]
