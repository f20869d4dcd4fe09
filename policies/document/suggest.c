#include "policies/document/document.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST = 48 }; /* longer words get no suggestion */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Slips between two words: optimal string alignment, three rows kept. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][LONGEST + 1] = {{0}};
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *now = rows[i % 3];
        const size_t *before = rows[(i + 2) % 3];
        const size_t *two_before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t other = a[i - 1] != b[j - 1];
            now[j] = least(least(before[j], now[j - 1]) + 1, before[j - 1] + other);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], two_before[j - 2] + other);
        }
    }
    return rows[a_len % 3][b_len];
}

const char *doc_suggest(const char *word, const char *const candidates[])
{
    size_t len = strlen(word);
    if (len == 0 || len > LONGEST)
        return NULL;
    const char *best = NULL;
    size_t best_distance = (len + 2) / 3 + 1;
    for (; *candidates != NULL; candidates++) {
        if (strlen(*candidates) > LONGEST)
            continue;
        size_t slips = distance(word, *candidates);
        if (slips < best_distance) {
            best_distance = slips;
            best = *candidates;
        }
    }
    return best_distance < len ? best : NULL;
}

struct doc_hint doc_hint(const char *word, const char *const candidates[])
{
    struct doc_hint hint = {""};
    const char *near = doc_suggest(word, candidates);
    if (near != NULL)
        (void)snprintf(hint.text, sizeof hint.text, "; did you mean '%s'?", near);
    return hint;
}
