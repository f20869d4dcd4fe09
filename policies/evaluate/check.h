/* Looking at one limit. Private to policies/evaluate. */
#ifndef POLICIES_EVALUATE_CHECK_H
#define POLICIES_EVALUATE_CHECK_H

#include "policies/evaluate/holds.h"
#include "policies/evaluate/limits.h"

struct policy_limit_question {
    const struct policy_known *known;
    const struct policy_obligations *obligations; /* of the allowance */
    /* The answer's details: */
    bool looked_at; /* the limit applies to the request; `use` is filled in */
    struct policy_use use;
    const struct policy_exception *by; /* the exception that lifts it, or NULL */
    enum policy_fact missing;          /* of UNKNOWN; POLICY_FACT_COUNT: a counter */
};

/* YES: the limit is reached and denies. UNKNOWN: it cannot be told. */
enum policy_answer policy_limit_check(const struct policy *policy, const struct policy_limit *limit,
                                      struct policy_limit_question *q);

#endif
