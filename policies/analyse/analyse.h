/* What can be said of a policy without any facts: rules that can never match, rules that others
 * make idle, conflicts, limits that cannot be met.
 *
 * Complete for conjunctions of conditions that compare one fact with constants (`all`, and groups
 * of one member, are taken apart): of such rules every one that can never match, adds nothing or
 * never takes effect is found, for pairs of rules and with facts taken as independent of one
 * another. Whatever is said is so, also of rules with other conditions; what they hide is listed as
 * not analysed. */
#ifndef POLICIES_ANALYSE_ANALYSE_H
#define POLICIES_ANALYSE_ANALYSE_H

#include "policies/compile/policy.h"

enum policy_finding_kind {
    POLICY_NEVER_MATCHES, /* the conditions of the rule or exception exclude one another */
    POLICY_SHADOWED,      /* whenever the rule holds, `other` does, and the rule adds nothing */
    POLICY_NO_EFFECT,     /* whenever the rule allows, `other` denies; or an exception that never
                             holds together with `other`, which it is to lift */
    POLICY_UNMET,         /* a limit that cannot be met */
    POLICY_IDLE,          /* a limit that is never reached */
    POLICY_CONFLICT,      /* both can hold; only that denial wins settles it */
    POLICY_NOT_ANALYSED,  /* the rule or limit has conditions outside of what is analysed */
};

struct policy_finding {
    enum policy_finding_kind kind;
    const char *id; /* of the rule, limit or exception */
    unsigned line;
    const char *other; /* "" where none is meant */
    unsigned other_line;
    const char *text; /* an English clause; lasts for the call */
};

/* "never-matches", "shadowed", … */
const char *policy_finding_name(enum policy_finding_kind kind);
/* Whether it is a mistake rather than something to know. */
bool policy_finding_is_mistake(enum policy_finding_kind kind);

typedef void policy_finding_fn(void *user, const struct policy_finding *finding);

/* False when memory is exhausted. Time grows with the square of the number of rules; ten thousand
 * take about a second. */
SCP_MUST_USE bool policy_analyse(const struct policy *policy, policy_finding_fn *each, void *user);

#endif
