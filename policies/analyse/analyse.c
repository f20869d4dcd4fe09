#include "policies/analyse/analyse.h"

#include "policies/analyse/findings.h"

#include <stdlib.h>

static const struct {
    const char *name;
    bool is_mistake;
} kinds[] = {
    [POLICY_NEVER_MATCHES] = {"never-matches", true},
    [POLICY_SHADOWED] = {"shadowed", true},
    [POLICY_NO_EFFECT] = {"no-effect", true},
    [POLICY_UNMET] = {"unmet", true},
    [POLICY_IDLE] = {"idle", true},
    [POLICY_CONFLICT] = {"conflict", false},
    [POLICY_NOT_ANALYSED] = {"not-analysed", false},
};

const char *policy_finding_name(enum policy_finding_kind kind)
{
    return kinds[kind].name;
}

bool policy_finding_is_mistake(enum policy_finding_kind kind)
{
    return kinds[kind].is_mistake;
}

const char findings_never_text[] = "its conditions, with the scope's, exclude one another";
const char findings_outside_text[] = "it has conditions between facts, or groups of alternatives";

static void report(const struct analysing *a, enum policy_finding_kind kind,
                   const struct policy_rule *rule, const struct policy_rule *other,
                   const char *text)
{
    const struct policy_finding finding = {
        .kind = kind,
        .id = rule->id,
        .line = rule->line,
        .other = other != NULL ? other->id : "",
        .other_line = other != NULL ? other->line : 0,
        .text = text,
    };
    a->each(a->user, &finding);
}

static void look_at_rule(const struct analysing *a, size_t index)
{
    const struct policy_rule *rule = &a->policy->rules[index];
    const struct profile *profile = &a->profiles[index];
    if (profile->empty)
        report(a, POLICY_NEVER_MATCHES, rule, NULL, findings_never_text);
    else if (!profile->whole)
        report(a, POLICY_NOT_ANALYSED, rule, NULL, findings_outside_text);
}

/* Whether an allowance asks for nothing that another does not ask for as well. */
static bool adds_no_obligations(const struct policy_rule *rule, const struct policy_rule *other)
{
    struct policy_obligations both = other->obligations;
    policy_obligations_add(&both, &rule->obligations, false);
    return policy_obligations_equal(&both, &other->obligations);
}

/* Of two rules that are the same the later one is shadowed, and only that one. */
static bool is_first_of_twins(const struct analysing *a, size_t index, size_t other)
{
    return index < other && profile_is_within(&a->profiles[other], &a->profiles[index]);
}

/* What `other` makes of the rule, which is within it. */
static void look_at_shadow(const struct analysing *a, size_t index, size_t other)
{
    const struct policy_rule *rule = &a->policy->rules[index];
    const struct policy_rule *by = &a->policy->rules[other];
    if (by->lifts.count > 0 || rule->is_stop)
        return;
    if (rule->effect == POLICY_ALLOW && by->effect == POLICY_DENY)
        report(a, POLICY_NO_EFFECT, rule, by, "whenever it allows, this rule denies:");
    else if (rule->effect == by->effect && !is_first_of_twins(a, index, other) &&
             (rule->effect == POLICY_DENY || adds_no_obligations(rule, by)))
        report(a, POLICY_SHADOWED, rule, by, "it adds nothing to this rule:");
}

static void look_at_pair(const struct analysing *a, size_t i, size_t j)
{
    const struct profile *p = &a->profiles[i];
    const struct profile *q = &a->profiles[j];
    const struct policy_rule *rule = &a->policy->rules[i];
    const struct policy_rule *other = &a->policy->rules[j];
    if (p->empty || q->empty)
        return;
    bool within = profile_is_within(p, q);
    bool around = profile_is_within(q, p);
    if (within)
        look_at_shadow(a, i, j);
    if (around)
        look_at_shadow(a, j, i);
    if (rule->effect != other->effect && p->whole && q->whole && !rule->is_stop &&
        !other->is_stop && profile_meets(p, q)) {
        const struct policy_rule *allows = rule->effect == POLICY_ALLOW ? rule : other;
        const struct policy_rule *denies = allows == rule ? other : rule;
        bool told = rule == allows ? within : around; /* as having no effect */
        if (!told || denies->lifts.count > 0)
            report(a, POLICY_CONFLICT, allows, denies, "this rule may hold too, and denial wins:");
    }
}

static bool look_at_all(const struct analysing *a)
{
    size_t count = a->policy->rule_count;
    for (size_t i = 0; i < count; i++)
        look_at_rule(a, i);
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            look_at_pair(a, i, j);
    return policy_analyse_limits(a) && policy_analyse_exceptions(a);
}

bool policy_analyse(const struct policy *policy, policy_finding_fn *each, void *user)
{
    struct profile *profiles = calloc(policy->rule_count, sizeof *profiles);
    const struct analysing a = {policy, profiles, each, user};
    bool good = profiles != NULL;
    for (size_t i = 0; good && i < policy->rule_count; i++)
        good = profile_make(policy, &policy->rules[i].when, &profiles[i]);
    good = good && look_at_all(&a);
    for (size_t i = 0; profiles != NULL && i < policy->rule_count; i++)
        profile_free(&profiles[i]);
    free(profiles);
    return good;
}
