/* Whether the compiled evaluator decides as the reference does, on a policy made from bytes. */
#ifndef TESTS_UNIT_POLICIES_REFERENCE_COMPARE_H
#define TESTS_UNIT_POLICIES_REFERENCE_COMPARE_H

#include "tests/unit/policies/reference/random_policy.h"

/* Make a policy and `rounds` sets of facts. Returns the number of allowances, or -1 with the cause
 * and the policy on standard error. */
int reference_compare(struct choices *c, unsigned rounds);

#endif
