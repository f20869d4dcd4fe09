#include "policies/assign/shares.h"

#include <assert.h>
#include <stdbool.h>

size_t policy_assign_next(const struct policy_candidate candidates[], size_t count)
{
    int64_t shares = 0;
    int64_t cards = 1;
    assert(count > 0 && count <= POLICY_CANDIDATES_MAX);
    for (size_t i = 0; i < count; i++) {
        shares += candidates[i].share;
        cards += candidates[i].held;
    }
    size_t best = 0;
    int64_t most = INT64_MIN;
    for (size_t i = 0; i < count; i++) {
        int64_t deficit = candidates[i].share * cards - candidates[i].held * shares;
        if (deficit > most) {
            most = deficit;
            best = i;
        }
    }
    return best;
}

/* The banks that still divide, and what they divide: their cards and the new ones. */
struct division {
    bool in[POLICY_CANDIDATES_MAX];
    int64_t shares;
    int64_t cards;
};

/* A bank's deficit as a multiple of 1 / shares of a card. */
static int64_t deficit_of(const struct division *d, const struct policy_candidate *candidate)
{
    return candidate->share * d->cards - candidate->held * d->shares;
}

/* Take out the banks that hold more than their part; false when there was none. What the others may
 * have falls with each, so one taken out would never come back. */
static bool take_out(struct division *d, const struct policy_candidate candidates[], size_t count)
{
    struct division next = *d;
    for (size_t i = 0; i < count; i++) {
        if (!d->in[i] || deficit_of(d, &candidates[i]) >= 0)
            continue;
        next.in[i] = false;
        next.shares -= candidates[i].share;
        next.cards -= candidates[i].held;
    }
    bool any = next.shares != d->shares;
    *d = next;
    return any;
}

static struct division divide(const struct policy_candidate candidates[], size_t count,
                              int64_t cards)
{
    struct division d = {.cards = cards};
    for (size_t i = 0; i < count; i++) {
        d.in[i] = true;
        d.shares += candidates[i].share;
        d.cards += candidates[i].held;
    }
    while (take_out(&d, candidates, count))
        continue;
    return d;
}

void policy_assign_quotas(const struct policy_candidate candidates[], size_t count, int64_t cards,
                          const uint32_t rank[], int64_t quotas[])
{
    assert(count > 0 && count <= POLICY_CANDIDATES_MAX);
    struct division d = divide(candidates, count, cards);
    assert(d.shares > 0); /* deficits add up to what there is, so not all are negative */
    int64_t remainders[POLICY_CANDIDATES_MAX];
    int64_t left = cards;
    for (size_t i = 0; i < count; i++) {
        int64_t deficit = d.in[i] ? deficit_of(&d, &candidates[i]) : 0;
        quotas[i] = deficit / d.shares;
        remainders[i] = deficit % d.shares;
        left -= quotas[i];
    }
    for (; left > 0; left--) { /* fewer than there are banks */
        size_t best = count;
        for (size_t i = 0; i < count; i++)
            if (remainders[i] > 0 && (best == count || remainders[i] > remainders[best] ||
                                      (remainders[i] == remainders[best] && rank[i] < rank[best])))
                best = i;
        assert(best < count);
        quotas[best]++;
        remainders[best] = 0;
    }
}
