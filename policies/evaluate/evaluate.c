#include "policies/evaluate/evaluate.h"

#include "policies/evaluate/check.h"

#include <string.h>

/* The rules of one effect that hold, as indexes: the first ones of the file, ascending. */
struct holding {
    uint32_t rules[POLICY_DECIDING_MAX];
    size_t count; /* all that hold, listed or not */
};

/* A decision being made. */
struct deciding {
    const struct policy *policy;
    struct policy_known known;
    struct holding by_effect[2];
    const struct policy_rule *unknown; /* the first one of which nobody can tell */
    struct policy_decision *out;
};

/* ---- finding the rules that hold ---------------------------------------------------------- */

/* Insert in order. No rule that holds is found twice: through two of its values only when the fact
 * is missing, and then it does not hold. */
static void note_holding(struct holding *holding, uint32_t rule)
{
    size_t listed = holding->count < POLICY_DECIDING_MAX ? holding->count : POLICY_DECIDING_MAX;
    size_t at = listed;
    while (at > 0 && holding->rules[at - 1] >= rule)
        at--;
    holding->count++;
    if (at == POLICY_DECIDING_MAX)
        return;
    if (listed == POLICY_DECIDING_MAX)
        listed--; /* the last one is pushed out */
    memmove(&holding->rules[at + 1], &holding->rules[at], (listed - at) * sizeof holding->rules[0]);
    holding->rules[at] = rule;
}

static void note_exception(struct policy_decision *out, const struct policy_exception *by)
{
    for (size_t i = 0; i < out->exception_count; i++)
        if (out->exceptions[i] == by->id)
            return;
    if (out->exception_count < POLICY_LIFTED_MAX)
        out->exceptions[out->exception_count++] = by->id;
}

static void look_at_rule(struct deciding *d, uint32_t index)
{
    const struct policy_rule *rule = &d->policy->rules[index];
    enum policy_answer answer = policy_condition_answer(&rule->when, &d->known);
    if (answer != POLICY_NO && rule->lifts.count > 0) {
        const struct policy_exception *by;
        answer = policy_lifted_answer(answer, &rule->lifts, &d->known, &by);
        if (by != NULL)
            note_exception(d->out, by);
    }
    if (answer == POLICY_YES)
        note_holding(&d->by_effect[rule->effect], index);
    else if (answer == POLICY_UNKNOWN && (d->unknown == NULL || rule < d->unknown))
        d->unknown = rule;
}

/* A rule whose guard asks for another value cannot hold, and is left alone. */
static void look_at_list(struct deciding *d, const struct policy_posting *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t key =
            list[i].guard < POLICY_FACT_COUNT ? d->known.keys[list[i].guard] : list[i].guard_key;
        if (key == list[i].guard_key || key == POLICY_KEY_OPEN)
            look_at_rule(d, list[i].rule);
    }
}

/* The rules for the fact's value. A fact that should be there and is not leaves all of them open;
 * one that may be absent rules them out. */
static void look_at_index(struct deciding *d, const struct policy_index *index)
{
    uint32_t key = d->known.keys[index->fact];
    const uint32_t *starts = index->starts;
    if (key == POLICY_KEY_OPEN)
        look_at_list(d, index->list, starts[index->keys]);
    else if (key != 0)
        look_at_list(d, &index->list[starts[key]], starts[key + 1] - starts[key]);
}

static void find_rules(struct deciding *d)
{
    look_at_list(d, d->policy->unindexed, d->policy->unindexed_count);
    for (size_t i = 0; i < d->policy->index_count; i++)
        look_at_index(d, &d->policy->indexes[i]);
}

/* ---- the decision ------------------------------------------------------------------------- */

static void explain_by(struct policy_decision *out, const struct policy_reason *reason)
{
    out->reasons = reason->texts;
    out->reason = reason->texts[0];
}

static void deny_by_default(struct deciding *d, enum policy_default by)
{
    struct policy_decision *out = d->out;
    out->effect = POLICY_DENY;
    out->rule_count = 0;
    out->rules_unlisted = 0;
    out->obligations = (struct policy_obligations){0};
    out->incomplete = by == POLICY_DEFAULT_INCOMPLETE;
    out->out_of_scope = by == POLICY_DEFAULT_SCOPE;
    out->facts_read = d->policy->facts;
    explain_by(out, &d->policy->default_reasons[by]);
}

static void deny_incomplete(struct deciding *d, enum policy_fact missing)
{
    deny_by_default(d, POLICY_DEFAULT_INCOMPLETE);
    d->out->missing = missing;
}

/* What an unknown rule lacks: a fact of its own, or one of its exceptions'. */
static enum policy_fact missing_of(const struct deciding *d)
{
    enum policy_fact missing = policy_condition_missing(&d->unknown->when, &d->known);
    const struct policy_lifts *lifts = &d->unknown->lifts;
    for (size_t i = 0; missing == POLICY_FACT_COUNT && i < lifts->count; i++)
        missing = policy_condition_missing(&lifts->list[i]->when, &d->known);
    return missing;
}

static void take_rules(struct deciding *d, enum policy_effect effect)
{
    const struct holding *holding = &d->by_effect[effect];
    struct policy_decision *out = d->out;
    out->effect = effect;
    out->rule_count = holding->count < POLICY_DECIDING_MAX ? holding->count : POLICY_DECIDING_MAX;
    out->rules_unlisted = holding->count - out->rule_count;
    for (size_t i = 0; i < out->rule_count; i++) {
        const struct policy_rule *rule = &d->policy->rules[holding->rules[i]];
        out->rules[i] = rule->id;
        out->facts_read |= rule->facts;
        if (effect == POLICY_ALLOW)
            policy_obligations_add(&out->obligations, &rule->obligations, i == 0);
    }
    explain_by(out, &d->policy->rules[holding->rules[0]].reason);
}

/* The obligations of allowing rules beyond those listed count too. */
static void add_unlisted(struct deciding *d)
{
    for (size_t i = 0; d->out->rules_unlisted > 0 && i < d->policy->rule_count; i++) {
        const struct policy_rule *rule = &d->policy->rules[i];
        if (rule->effect == POLICY_ALLOW &&
            policy_condition_answer(&rule->when, &d->known) == POLICY_YES)
            policy_obligations_add(&d->out->obligations, &rule->obligations, false);
    }
}

static void take_reached(struct policy_decision *out, const struct policy_limit *limit)
{
    bool first = out->effect == POLICY_ALLOW;
    if (first) {
        out->rule_count = 0;
        out->rules_unlisted = 0;
        explain_by(out, &limit->reason);
    }
    out->effect = POLICY_DENY;
    out->rules[out->rule_count++] = limit->id;
}

/* What the rules allow, the limits may still deny. Each is looked at, so that the answer tells all
 * that stand in the way. */
static void look_at_limits(struct deciding *d)
{
    struct policy_decision *out = d->out;
    const struct policy_obligations obligations = out->obligations;
    enum policy_answer unknown = POLICY_NO;
    enum policy_fact missing = POLICY_FACT_COUNT;
    for (size_t i = 0; i < d->policy->limit_count; i++) {
        const struct policy_limit *limit = &d->policy->limits[i];
        struct policy_limit_question q = {.known = &d->known, .obligations = &obligations};
        enum policy_answer answer = policy_limit_check(d->policy, limit, &q);
        out->facts_read |= limit->facts;
        if (q.looked_at)
            out->uses[out->use_count++] = q.use;
        if (q.by != NULL)
            note_exception(out, q.by);
        if (answer == POLICY_YES)
            take_reached(out, limit);
        else if (answer == POLICY_UNKNOWN && unknown == POLICY_NO) {
            unknown = answer;
            missing = q.missing;
        }
    }
    if (unknown != POLICY_NO && out->effect == POLICY_ALLOW)
        deny_incomplete(d, missing);
    if (out->effect == POLICY_DENY)
        out->obligations = (struct policy_obligations){0};
}

static void decide(struct deciding *d)
{
    find_rules(d);
    if (d->by_effect[POLICY_DENY].count > 0)
        take_rules(d, POLICY_DENY);
    else if (d->unknown != NULL)
        deny_incomplete(d, missing_of(d));
    else if (d->by_effect[POLICY_ALLOW].count == 0)
        deny_by_default(d, POLICY_DEFAULT_DENY);
    else {
        take_rules(d, POLICY_ALLOW);
        add_unlisted(d);
        look_at_limits(d);
    }
}

/* Empty, but for arrays that no count covers yet. */
static void begin(struct policy_decision *out)
{
    out->effect = POLICY_DENY;
    out->rule_count = 0;
    out->rules_unlisted = 0;
    out->exception_count = 0;
    out->use_count = 0;
    out->obligations = (struct policy_obligations){0};
    out->facts_read = 0;
    out->out_of_scope = false;
    out->incomplete = false;
    out->missing = POLICY_FACT_COUNT;
}

void policy_evaluate(const struct policy *policy, const struct policy_facts *facts,
                     struct policy_decision *out)
{
    struct deciding d = {.policy = policy, .out = out};
    begin(out);
    if (facts->has_refused) {
        deny_incomplete(&d, facts->refused);
        return;
    }
    policy_know(policy, facts, &d.known);
    enum policy_answer scope = policy_condition_answer(&policy->scope, &d.known);
    if (scope == POLICY_NO)
        deny_by_default(&d, POLICY_DEFAULT_SCOPE);
    else if (scope == POLICY_UNKNOWN)
        deny_incomplete(&d, policy_condition_missing(&policy->scope, &d.known));
    else
        decide(&d);
}

const char *policy_decision_rule(const struct policy_decision *decision)
{
    if (decision->rule_count > 0)
        return decision->rules[0];
    if (decision->out_of_scope)
        return POLICY_RULE_SCOPE;
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

bool policy_decision_has_exception(const struct policy_decision *decision, const char *id)
{
    for (size_t i = 0; i < decision->exception_count; i++)
        if (strcmp(decision->exceptions[i], id) == 0)
            return true;
    return false;
}

const char *policy_decision_reason(const struct policy *policy,
                                   const struct policy_decision *decision, const char *language)
{
    for (size_t i = 0; i < policy->language_count; i++)
        if (strcmp(policy->languages[i], language) == 0)
            return decision->reasons[i];
    return decision->reason;
}
