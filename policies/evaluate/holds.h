/* Whether a condition holds. Private to policies/evaluate.
 *
 * Three answers, because a fact that is always there may not have been given: a comparison with it
 * is UNKNOWN, and so is what hangs on that alone (Kleene's logic: NO and anything is NO, YES or
 * anything is YES). So an answer does not depend on the order in which conditions are looked at,
 * which lets the index skip rules. */
#ifndef POLICIES_EVALUATE_HOLDS_H
#define POLICIES_EVALUATE_HOLDS_H

#include "policies/compile/program.h"
#include "policies/evaluate/answer.h"

/* Make facts ready for comparing: derived facts and keys, as far as the policy asks for them. */
void policy_know(const struct policy *policy, const struct policy_facts *facts,
                 struct policy_known *out);

enum policy_answer policy_condition_answer(const struct policy_condition *condition,
                                           const struct policy_known *known);
/* For an UNKNOWN answer: the first fact that is missing. POLICY_FACT_COUNT for other answers. */
enum policy_fact policy_condition_missing(const struct policy_condition *condition,
                                          const struct policy_known *known);

/* A condition and what lifts it: NO when an exception holds, which is then `*by` (NULL: none). */
enum policy_answer policy_lifted_answer(enum policy_answer answer, const struct policy_lifts *lifts,
                                        const struct policy_known *known,
                                        const struct policy_exception **by);

#endif
