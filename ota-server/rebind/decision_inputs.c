#include "ota-server/rebind/decision_inputs.h"

#include <stdio.h>
#include <string.h>

static void deny(struct decision_answer *out, const char *rule, const char *reason)
{
    out->effect = POLICY_DENY;
    out->reason = reason;
    out->reasons = NULL;
    snprintf(out->rule, sizeof out->rule, "%s", rule);
}

/* An allowance whose obligations the request does not meet is none. */
static void refuse_unmet(const struct decision_inputs *inputs, struct decision_answer *out)
{
    const struct policy_obligations *obligations = &out->made.obligations;
    if (obligations->consent_evidence > inputs->consent)
        deny(out, DECISION_RULE_CONSENT,
             obligations->consent_evidence == POLICY_EVIDENCE_SIGNED
                 ? "The policy asks for the holder's signed consent with the digest of what is on "
                   "file."
                 : "The policy asks for the holder's stated consent.");
    else if (obligations->second_person && inputs->second_person == NULL)
        deny(out, DECISION_RULE_SECOND_PERSON,
             "The policy asks for a second person, and none has confirmed this change.");
}

void decision_answer(const struct policy *policy, const struct decision_inputs *inputs,
                     struct decision_answer *out)
{
    char rule[STORE_LABEL_SIZE];
    policy_evaluate(policy, &inputs->facts, &out->made);
    out->effect = out->made.effect;
    out->reason = out->made.reason;
    out->reasons = out->made.reasons;
    snprintf(out->rule, sizeof out->rule, "%s", policy_decision_rule(&out->made));
    if (inputs->stop != NULL) {
        snprintf(rule, sizeof rule, DECISION_RULE_STOP "%s", inputs->stop);
        deny(out, rule, inputs->stop_reason);
    } else if (out->effect == POLICY_ALLOW) {
        refuse_unmet(inputs, out);
    }
}
