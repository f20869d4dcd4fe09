#!/usr/bin/env bash
# A function fits a screen and a file its purpose. There is no list of exceptions.
source "$(dirname "$0")/lib.sh"

readonly FUNCTION_LINES_MAX=70
readonly FILE_LINES_MAX=600

long_functions() {
    ours '*.[ch]' | ctags -L - -o - --output-format=u-ctags --languages=C --map-C=+.h \
        --kinds-C=f --fields=+ne --sort=no 2>/dev/null |
        awk -F '\t' -v max="$FUNCTION_LINES_MAX" '
            /^!/ { next }
            {
                first = last = 0
                for (i = 4; i <= NF; i++) {
                    if ($i ~ /^line:/) first = substr($i, 6)
                    if ($i ~ /^end:/) last = substr($i, 5)
                }
                lines = last - first + 1
                if (last > 0 && lines > max)
                    printf "%s:%d: %s has %d lines, %d are the most\n", $2, first, $1, lines, max
            }'
}

long_files() {
    ours '*.[ch]' '*.sh' '*.js' '*.css' | while read -r file; do
        lines=$(wc -l <"$file")
        if ((lines > FILE_LINES_MAX)); then
            echo "$file:1: the file has $lines lines, $FILE_LINES_MAX are the most"
        fi
    done
}

{
    long_functions
    long_files
} | report 'too long'
