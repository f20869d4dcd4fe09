/* From facts to a decision with its reasons.
 *
 * - A rule holds when its whole `when` does. Denial wins: when any rule that denies holds, and no
 *   exception lifts it, the decision is deny; else, when any rule that allows holds, it is allow,
 *   unless a limit is reached; else deny.
 * - A test of an absent fact does not hold, whatever its operator (but `absent`).
 * - A fact that is always there (POLICY_ALWAYS) and was not given, when the decision depends on it,
 *   or a fact that was refused: deny, because nobody knows what the rules would say. A rule that
 *   surely denies still says so.
 * - Obligations are merged over the rules that allowed, strictest first (obligations.h).
 *
 * What an answer depends on is the policy and the facts, counters included, and nothing else: the
 * same ones always give the same decision. Nothing is allocated; time grows with the rules that can
 * hold for these facts, not with all rules. */
#ifndef POLICIES_EVALUATE_EVALUATE_H
#define POLICIES_EVALUATE_EVALUATE_H

#include "policies/compile/facts.h"
#include "policies/compile/policy.h"
#include "policies/evaluate/limits.h"

enum {
    POLICY_DECIDING_MAX = 32, /* ids that a decision lists */
    POLICY_LIFTED_MAX = 8
};

struct policy_decision {
    enum policy_effect effect;
    const char *rules[POLICY_DECIDING_MAX]; /* ids of the deciding rules, in the order of the file;
                                               of limits, when those denied */
    size_t rule_count;                      /* 0: no rule held, or facts were incomplete */
    size_t rules_unlisted;                  /* deciding rules beyond those listed */
    const char *exceptions[POLICY_LIFTED_MAX]; /* ids of those that lifted a rule or limit */
    size_t exception_count;
    struct policy_use uses[POLICY_LIMITS_MAX]; /* the limits that were looked at */
    size_t use_count;
    const char *reason;         /* of the first deciding rule, in the first language; never NULL */
    const char *const *reasons; /* the same in every language of the policy */
    struct policy_obligations obligations; /* zeroed when denied */
    policy_fact_set facts_read; /* what the deciding rules and the limits ask about; where none has
                                   decided, what the whole policy does. For the audit record */
    bool out_of_scope;
    bool incomplete;
    enum policy_fact missing; /* when incomplete: a fact that was needed and not given;
                                 POLICY_FACT_COUNT when it was a counter */
};

/* Texts in `out` are the policy's. */
void policy_evaluate(const struct policy *policy, const struct policy_facts *facts,
                     struct policy_decision *out);

/* One name for what decided: the first deciding rule or limit, POLICY_RULE_DEFAULT,
 * POLICY_RULE_INCOMPLETE or POLICY_RULE_SCOPE. */
const char *policy_decision_rule(const struct policy_decision *decision);
/* Whether the rule or limit of that id is among the deciding ones that are listed. */
bool policy_decision_has_rule(const struct policy_decision *decision, const char *id);
/* Whether the exception of that id lifted something. */
bool policy_decision_has_exception(const struct policy_decision *decision, const char *id);
/* The reason in a language of the policy; in its first one when it has no such language. */
const char *policy_decision_reason(const struct policy *policy,
                                   const struct policy_decision *decision, const char *language);

#endif
