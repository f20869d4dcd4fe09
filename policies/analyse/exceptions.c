#include "policies/analyse/findings.h"

static void report(const struct analysing *a, enum policy_finding_kind kind,
                   const struct policy_exception *exception, const struct policy_rule *rule,
                   const char *text)
{
    const struct policy_finding finding = {
        .kind = kind,
        .id = exception->id,
        .line = exception->line,
        .other = rule != NULL ? rule->id : "",
        .other_line = rule != NULL ? rule->line : 0,
        .text = text,
    };
    a->each(a->user, &finding);
}

static bool lifts(const struct policy_rule *rule, const struct policy_exception *exception)
{
    for (size_t i = 0; i < rule->lifts.count; i++)
        if (rule->lifts.list[i] == exception)
            return true;
    return false;
}

static void look_at_rules(const struct analysing *a, const struct policy_exception *exception,
                          const struct profile *profile)
{
    for (size_t i = 0; i < a->policy->rule_count; i++) {
        const struct policy_rule *rule = &a->policy->rules[i];
        if (lifts(rule, exception) && !a->profiles[i].empty &&
            !profile_meets(profile, &a->profiles[i]))
            report(a, POLICY_NO_EFFECT, exception, rule, "it never holds together with this rule:");
    }
}

bool policy_analyse_exceptions(const struct analysing *a)
{
    bool good = true;
    for (size_t i = 0; good && i < a->policy->exception_count; i++) {
        const struct policy_exception *exception = &a->policy->exceptions[i];
        struct profile profile;
        good = profile_make(a->policy, &exception->when, &profile);
        if (good && profile.empty)
            report(a, POLICY_NEVER_MATCHES, exception, NULL, findings_never_text);
        else if (good)
            look_at_rules(a, exception, &profile);
        profile_free(&profile);
    }
    return good;
}
