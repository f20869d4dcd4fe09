/* Whether a condition holds. Private to policies/evaluate. */
#ifndef POLICIES_EVALUATE_HOLDS_H
#define POLICIES_EVALUATE_HOLDS_H

#include "policies/compile/program.h"

/* What reading facts has shown; zeroed at the start. */
struct policy_reading {
    const struct policy_facts *facts;
    uint32_t facts_read;
    bool incomplete;
    enum policy_fact missing;
};

bool policy_condition_holds(const struct policy_condition *condition,
                            struct policy_reading *reading);

#endif
