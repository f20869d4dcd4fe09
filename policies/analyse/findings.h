/* An analysis under way. Private to policies/analyse. */
#ifndef POLICIES_ANALYSE_FINDINGS_H
#define POLICIES_ANALYSE_FINDINGS_H

#include "policies/analyse/analyse.h"
#include "policies/analyse/profile.h"

struct analysing {
    const struct policy *policy;
    const struct profile *profiles; /* by rule */
    policy_finding_fn *each;
    void *user;
};

/* Limits that cannot be met, and limits that are never reached. */
void policy_analyse_limits(const struct analysing *a);

#endif
