/* Fair assignment by weights: which bank a card gets whose holder states no choice.
 *
 * Each bank declares a share; what it holds already counts. A bank's deficit is what its share of
 * all cards, the new ones included, exceeds what it holds. Whole numbers throughout, so that
 * everybody gets the same answer. */
#ifndef POLICIES_ASSIGN_SHARES_H
#define POLICIES_ASSIGN_SHARES_H

#include <stddef.h>
#include <stdint.h>

#define POLICY_SHARE_MAX INT64_C(1000000)
#define POLICY_HELD_MAX INT64_C(10000000000)
enum { POLICY_CANDIDATES_MAX = 256 };

struct policy_candidate {
    const char *bank; /* borrowed */
    int64_t share;    /* a weight, 1 to POLICY_SHARE_MAX */
    int64_t held;     /* cards that it has, 0 to POLICY_HELD_MAX */
};

/* The bank with the largest deficit for one more card; of equal ones the first. `count` is 1 to
 * POLICY_CANDIDATES_MAX. */
size_t policy_assign_next(const struct policy_candidate candidates[], size_t count);

/* How many of `cards` new cards (up to POLICY_HELD_MAX) each bank gets, so that the deficits are
 * evened out as far as they can be: a bank that holds more than its share gets none, and the others
 * divide what there is by their shares. Parts of cards go to the largest remainders, of equal ones
 * to the lowest `rank`, which is a permutation of the candidates. The quotas add up to `cards`. */
void policy_assign_quotas(const struct policy_candidate candidates[], size_t count, int64_t cards,
                          const uint32_t rank[], int64_t quotas[]);

#endif
