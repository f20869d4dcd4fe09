/* Texts with numbers: equal texts get the same number, so that comparing them is comparing numbers.
 * Numbers begin with 1, in the order of arrival; 0 stands for every text that is not in the table.
 * Private to policies. */
#ifndef POLICIES_COMPILE_SYMBOLS_H
#define POLICIES_COMPILE_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

struct policy_symbol {
    const char *text; /* borrowed */
    unsigned line;    /* where it was first seen */
};

/* Zeroed: empty. Its memory belongs to the policy. */
struct policy_symbols {
    struct policy_symbol *list; /* of number n: list[n - 1] */
    uint32_t *slots; /* open addressing; a power of two of them, at least half of them 0 */
    size_t slot_count;
    uint32_t count;
};

struct policy_compiler;

/* The number of `text`, new or known; 0, with the problem set, when memory is exhausted. */
uint32_t policy_symbols_add(struct policy_compiler *c, struct policy_symbols *symbols,
                            const char *text, unsigned line);
uint32_t policy_symbols_find(const struct policy_symbols *symbols, const char *text);

#endif
