/* From facts to a decision with its reasons.
 *
 * - A rule holds when its whole `when` does. Denial wins: when any rule that denies holds, the
 *   decision is deny; else, when any rule that allows holds, it is allow; else deny.
 * - A test of an absent fact does not hold, whatever its operator (but `absent`).
 * - A fact that is always there (POLICY_ALWAYS) and was not given, when a rule asks for it, or a
 *   fact that was refused: the decision is deny, because nobody knows what the rules would say.
 * - Obligations are merged over the rules that allowed, strictest first: delete before lock before
 *   keep; the old bank may go first only when every one of those rules lets it.
 *
 * Pure: the same policy and facts always give the same decision. Nothing is allocated. */
#ifndef POLICIES_EVALUATE_EVALUATE_H
#define POLICIES_EVALUATE_EVALUATE_H

#include "policies/compile/facts.h"
#include "policies/compile/policy.h"

struct policy_decision {
    enum policy_effect effect;
    const char *rules[POLICY_RULES_MAX];   /* ids of the deciding rules, in the order of the file */
    size_t rule_count;                     /* 0: no rule held, or facts were incomplete */
    const char *reason;                    /* of the first deciding rule; never NULL */
    struct policy_obligations obligations; /* zeroed when denied */
    uint32_t facts_read;                   /* bits 1 << enum policy_fact, for the audit record */
    bool incomplete;
    enum policy_fact missing; /* when incomplete: the first fact that was needed and not given */
};

/* Texts in `out` are the policy's. */
void policy_evaluate(const struct policy *policy, const struct policy_facts *facts,
                     struct policy_decision *out);

/* One name for what decided: the first deciding rule, POLICY_RULE_DEFAULT or
 * POLICY_RULE_INCOMPLETE. */
const char *policy_decision_rule(const struct policy_decision *decision);
/* Whether the rule of that id is among the deciding ones. */
bool policy_decision_has_rule(const struct policy_decision *decision, const char *id);

#endif
