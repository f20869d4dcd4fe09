/* The conditions of a rule, limit or exception as the product of their facts' domains. Private to
 * policies/analyse. */
#ifndef POLICIES_ANALYSE_PROFILE_H
#define POLICIES_ANALYSE_PROFILE_H

#include "policies/analyse/domain.h"

struct profile {
    struct domain *domains; /* of the facts that they name; the heap's */
    size_t count;
    bool whole;      /* the domains say all that they do; else they may hold less often */
    bool empty;      /* they never hold */
    uint32_t region; /* the only one that they hold for, as a symbol; 0: several */
    uint32_t bank;
};

/* The conditions, within the policy's scope. False when memory is exhausted; free in any case. */
bool profile_make(const struct policy *policy, const struct policy_condition *when,
                  struct profile *out);
void profile_free(struct profile *profile);

/* NULL when they say nothing of the fact. */
const struct domain *profile_domain(const struct profile *profile, enum policy_fact fact);
/* Whether some facts fit both; `a` and `b` are not empty. */
bool profile_meets(const struct profile *a, const struct profile *b);
/* Whether all facts that fit `a` fit `b`, as far as `b` is known. */
bool profile_is_within(const struct profile *a, const struct profile *b);

#endif
