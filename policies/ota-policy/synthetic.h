/* Cards that do not exist, for trying a policy on as many as a country has.
 *
 * Card n of a seed is always the same, whichever thread makes it: its facts come from the words of
 * the schema, from the texts that the policy itself compares with, and from a few others. */
#ifndef POLICIES_OTA_POLICY_SYNTHETIC_H
#define POLICIES_OTA_POLICY_SYNTHETIC_H

#include "policies/compile/facts.h"
#include "policies/compile/policy.h"

enum { SYNTHETIC_TEXTS_MAX = 512, SYNTHETIC_ITEMS_MAX = 3 };

struct synthetic {
    uint64_t seed;
    int64_t now_ms; /* requests are of the year from here on */
    const char *texts[POLICY_FACT_COUNT][SYNTHETIC_TEXTS_MAX]; /* of TEXT facts */
    size_t counts[POLICY_FACT_COUNT];
};

/* Gather the texts of these policies (the second may be NULL). Borrows from them. */
void synthetic_init(struct synthetic *synthetic, uint64_t seed, const struct policy *first,
                    const struct policy *second);

/* What one card's facts borrow. */
struct synthetic_card {
    struct policy_facts facts;
    const char *items[SYNTHETIC_ITEMS_MAX];
};
void synthetic_make(const struct synthetic *synthetic, uint64_t number, struct synthetic_card *out);

#endif
