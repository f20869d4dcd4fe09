/* Running the cases that a policy file carries under `tests`. */
#ifndef POLICIES_EVALUATE_CASES_H
#define POLICIES_EVALUATE_CASES_H

#include "policies/evaluate/evaluate.h"

enum { POLICY_DIFFERENCE_SIZE = 640 };

struct policy_case_result {
    const char *name; /* the policy's */
    unsigned line;
    bool passed;
    struct policy_decision decision;
    char difference[POLICY_DIFFERENCE_SIZE]; /* what was expected and what came; "" when passed */
};

/* index < policy_case_count(). Limits count what the case says under `counts`, and zero where it
 * says nothing. */
void policy_case_run(const struct policy *policy, size_t index, struct policy_case_result *out);
/* Whether the case exercises a rule: it is among the deciding ones, listed or not.
 * rule < policy_rule_count(). */
bool policy_case_exercises(const struct policy *policy, size_t index,
                           const struct policy_case_result *result, size_t rule);

#endif
