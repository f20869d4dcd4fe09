/* Why a rule holds or does not: its conditions one by one, each with what the facts say.
 *
 * Unlike a decision, an explanation looks at every condition, also at those that no longer matter.
 */
#ifndef POLICIES_EVALUATE_EXPLAIN_H
#define POLICIES_EVALUATE_EXPLAIN_H

#include "policies/compile/facts.h"
#include "policies/compile/policy.h"
#include "policies/evaluate/answer.h"

struct policy_explanation {
    unsigned depth; /* 0 for the conditions of `when` itself */
    unsigned line;
    enum policy_answer answer;
    bool is_group;
    bool is_exception; /* to the rule: a group that is no condition of it */
    const char
        *condition;    /* "bank.licensed_regions contains $card.region", "any of", "exception x" */
    const char *found; /* the facts: "bank.licensed_regions is {310000}, …"; "" for a group */
};

/* Called for each condition from the top, a group before its members. Texts last for the call. */
typedef void policy_explain_fn(void *user, const struct policy_explanation *item);

/* Whether the rule holds, exceptions included, which are told after its own conditions.
 * rule < policy_rule_count(). */
enum policy_answer policy_explain_rule(const struct policy *policy, size_t rule,
                                       const struct policy_facts *facts, policy_explain_fn *each,
                                       void *user);

#endif
