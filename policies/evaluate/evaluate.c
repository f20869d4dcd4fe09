#include "policies/evaluate/evaluate.h"

#include "policies/evaluate/holds.h"

#include <assert.h>
#include <string.h>

static_assert(POLICY_FACT_COUNT <= 32, "facts_read has a bit for each fact");

static const struct policy_value *read_fact(struct policy_reading *reading, enum policy_fact fact)
{
    const struct policy_value *value = &reading->facts->values[fact];
    reading->facts_read |= UINT32_C(1) << fact;
    if (!value->present && !reading->incomplete &&
        policy_fact_info(fact)->presence == POLICY_ALWAYS) {
        reading->incomplete = true;
        reading->missing = fact;
    }
    return value;
}

static bool test_holds(const struct policy_condition *test, struct policy_reading *reading)
{
    const struct policy_value *value = read_fact(reading, test->fact);
    const struct policy_value *operand =
        test->against_fact ? read_fact(reading, test->other) : &test->constant;
    if (test->op->takes_absent)
        return test->op->holds(value, operand);
    return value->present && operand->present && test->op->holds(value, operand);
}

/* Whether any member (or all, when `wanted` is false: none fails) holds as wanted. */
static bool some_member(const struct policy_condition *group, bool wanted,
                        struct policy_reading *reading)
{
    for (const struct policy_condition *at = group->first; at != NULL; at = at->next)
        if (policy_condition_holds(at, reading) == wanted)
            return true;
    return false;
}

bool policy_condition_holds(const struct policy_condition *condition,
                            struct policy_reading *reading)
{
    switch (condition->kind) {
    case POLICY_CONDITION_ALL:
        return !some_member(condition, false, reading);
    case POLICY_CONDITION_ANY:
        return some_member(condition, true, reading);
    case POLICY_CONDITION_NONE:
        return !some_member(condition, true, reading);
    case POLICY_CONDITION_TEST:
        break;
    }
    return test_holds(condition, reading);
}

/* ---- the decision ------------------------------------------------------------------------- */

static void add_obligations(struct policy_obligations *all, const struct policy_obligations *more,
                            bool first)
{
    if (more->retire_old_bank > all->retire_old_bank)
        all->retire_old_bank = more->retire_old_bank;
    all->allow_break_before_make =
        more->allow_break_before_make && (first || all->allow_break_before_make);
}

/* A denial takes the decision from whatever allowed before it. */
static void take_rule(struct policy_decision *out, const struct policy_rule *rule)
{
    bool overrides = rule->effect == POLICY_DENY && out->effect == POLICY_ALLOW;
    bool first = out->rule_count == 0 || overrides;
    if (!first && rule->effect != out->effect)
        return; /* an allowance after a denial */
    if (overrides) {
        out->rule_count = 0;
        out->obligations = (struct policy_obligations){0};
    }
    if (first)
        out->reason = rule->reason;
    out->effect = rule->effect;
    out->rules[out->rule_count++] = rule->id;
    if (rule->effect == POLICY_ALLOW)
        add_obligations(&out->obligations, &rule->obligations, first);
}

static void deny_incomplete(struct policy_decision *out, const struct policy_reading *reading)
{
    *out = (struct policy_decision){
        .effect = POLICY_DENY,
        .reason = "A fact that the policy needs is not known.",
        .facts_read = reading->facts_read,
        .incomplete = true,
        .missing = reading->missing,
    };
}

void policy_evaluate(const struct policy *policy, const struct policy_facts *facts,
                     struct policy_decision *out)
{
    struct policy_reading reading = {
        .facts = facts, .incomplete = facts->has_refused, .missing = facts->refused};
    *out = (struct policy_decision){.effect = POLICY_DENY, .reason = "No rule allows it."};
    for (size_t i = 0; i < policy->rule_count; i++)
        if (policy_condition_holds(policy->rules[i].when, &reading))
            take_rule(out, &policy->rules[i]);
    out->facts_read = reading.facts_read;
    if (reading.incomplete)
        deny_incomplete(out, &reading);
}

const char *policy_decision_rule(const struct policy_decision *decision)
{
    if (decision->rule_count > 0)
        return decision->rules[0];
    return decision->incomplete ? POLICY_RULE_INCOMPLETE : POLICY_RULE_DEFAULT;
}

bool policy_decision_has_rule(const struct policy_decision *decision, const char *id)
{
    if (decision->rule_count == 0)
        return strcmp(policy_decision_rule(decision), id) == 0;
    for (size_t i = 0; i < decision->rule_count; i++)
        if (strcmp(decision->rules[i], id) == 0)
            return true;
    return false;
}
