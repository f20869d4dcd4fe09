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

/* Limits that cannot be met, and limits that are never reached. False when memory is exhausted. */
bool policy_analyse_limits(const struct analysing *a);
/* Exceptions that never lift anything. False when memory is exhausted. */
bool policy_analyse_exceptions(const struct analysing *a);

/* What is said of conditions that exclude one another, and of conditions that are not analysed. */
extern const char findings_never_text[];
extern const char findings_outside_text[];

#endif
