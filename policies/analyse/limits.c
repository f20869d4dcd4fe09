#include "policies/analyse/findings.h"

#include "policies/compile/text.h"

#include <inttypes.h>

enum { TEXT_SIZE = 320, WHOLE = 10000 };

static void report(const struct analysing *a, enum policy_finding_kind kind,
                   const struct policy_limit *limit, const char *text)
{
    const struct policy_finding finding = {
        .kind = kind, .id = limit->id, .line = limit->line, .other = "", .text = text};
    a->each(a->user, &finding);
}

/* It holds for every request that its kind is about. */
static bool is_unconditional(const struct policy_limit *limit)
{
    return limit->when.count == 0 && limit->lifts.count == 0;
}

/* It holds for all requests that fit the profile and that its kind is about. */
static bool holds_for(const struct policy_limit *limit, const struct profile *own,
                      const struct profile *profile)
{
    return limit->lifts.count == 0 && profile_is_within(profile, own);
}

/* Once the free changes are used up, some bank must be able to have the next: one that has had none
 * needs 1 / (of + 1) to be within the cap. */
static void look_at_cap(const struct analysing *a, const struct policy_limit *limit)
{
    char text[TEXT_SIZE];
    struct policy_text out = policy_text_on(text, sizeof text);
    int64_t needed = (WHOLE + limit->at_most - 1) / limit->at_most - 1;
    if (limit->free_until >= needed)
        return;
    policy_text_add(&out,
                    "once a region has had %" PRId64
                    " changes, not even a bank without any may have "
                    "the next; free_until should be %" PRId64 " or more",
                    limit->free_until, needed);
    report(a, POLICY_UNMET, limit, text);
}

/* A bank that is to be assigned more than it may have. */
static void look_at_assignment(const struct analysing *a, const struct policy_limit *limit)
{
    const struct policy *policy = a->policy;
    int64_t all = 0;
    for (size_t i = 0; i < policy->share_count; i++)
        all += policy->shares[i].share;
    for (size_t i = 0; i < policy->share_count; i++) {
        char text[TEXT_SIZE];
        struct policy_text out = policy_text_on(text, sizeof text);
        if (policy->shares[i].share * WHOLE <= limit->at_most * all)
            continue;
        policy_text_add(&out, "assignment gives %s more than this: %" PRId64 " of %" PRId64,
                        policy->shares[i].bank, policy->shares[i].share, all);
        report(a, POLICY_UNMET, limit, text);
    }
}

static uint64_t bits_of(const char *const actions[])
{
    uint64_t bits = 0;
    for (; *actions != NULL; actions++)
        bits |= UINT64_C(1) << policy_word_index(POLICY_REQUEST_ACTION, *actions);
    return bits;
}

static bool is_only_action(const struct profile *profile, const char *const names[])
{
    const struct domain *action = profile_domain(profile, POLICY_REQUEST_ACTION);
    return action != NULL && (action->bits & ~bits_of(names)) == 0;
}

/* Whether its conditions leave any request that a limit of its kind looks at. */
static bool is_about_any(const struct policy_limit *limit, const struct profile *own)
{
    static const char *const switches[] = {"switch", NULL};
    static const char *const changes[] = {"bind", "switch", NULL};
    const struct domain *action = profile_domain(own, POLICY_REQUEST_ACTION);
    bool first_banks = limit->kind != POLICY_LIMIT_SWITCHES;
    return action == NULL || (action->bits & bits_of(first_banks ? changes : switches)) != 0;
}

static void look_at_conditions(const struct analysing *a, const struct policy_limit *limit,
                               const struct profile *own)
{
    if (own->empty)
        report(a, POLICY_IDLE, limit, findings_never_text);
    else if (!is_about_any(limit, own))
        report(a, POLICY_IDLE, limit, "it is about other actions than those that it counts");
    else if (!own->whole)
        report(a, POLICY_NOT_ANALYSED, limit, findings_outside_text);
}

/* Whether the limit denies all that the rule allows. */
static bool denies_all_of(const struct policy_limit *limit, const struct profile *profile)
{
    static const char *const binds[] = {"bind", NULL};
    static const char *const changes[] = {"bind", "switch", NULL};
    const struct domain *banks = profile_domain(profile, POLICY_BINDING_ACTIVE_BANKS);
    const struct domain *days = profile_domain(profile, POLICY_BINDING_DAYS_SINCE_LAST_SWITCH);
    if (limit->kind == POLICY_LIMIT_ACTIVE_BANKS)
        return banks != NULL && banks->low >= limit->at_most && is_only_action(profile, binds);
    return limit->kind == POLICY_LIMIT_COOL_DOWN && days != NULL && !days->absent &&
           days->high < limit->at_most && is_only_action(profile, changes);
}

static void look_at_rules(const struct analysing *a, const struct policy_limit *limit,
                          const struct profile *own)
{
    for (size_t i = 0; i < a->policy->rule_count; i++) {
        const struct policy_rule *rule = &a->policy->rules[i];
        char text[TEXT_SIZE];
        struct policy_text out = policy_text_on(text, sizeof text);
        if (rule->effect != POLICY_ALLOW || a->profiles[i].empty ||
            !holds_for(limit, own, &a->profiles[i]) || !denies_all_of(limit, &a->profiles[i]))
            continue;
        policy_text_add(&out, "it denies all that the rule %s in line %u allows", rule->id,
                        rule->line);
        report(a, POLICY_UNMET, limit, text);
    }
}

static bool same_window(const struct policy_limit *a, const struct policy_limit *b)
{
    return a->window.sliding_ms == b->window.sliding_ms && a->window.period == b->window.period;
}

/* Whether another quota counts all that this one does, and stops no later. */
static bool counts_before(const struct policy_limit *limit, const struct policy_limit *other)
{
    return limit != other && other->kind == POLICY_LIMIT_QUOTA && same_window(limit, other) &&
           (other->subject & ~limit->subject) == 0 &&
           (other->at_most < limit->at_most ||
            (other->at_most == limit->at_most &&
             (other->subject != limit->subject || other < limit)));
}

/* So many switches take so many cool-downs, which may not fit into the window. */
static bool cools_down_longer(const struct policy_limit *limit, const struct policy_limit *other)
{
    return other->kind == POLICY_LIMIT_COOL_DOWN && is_unconditional(other) &&
           limit->window.sliding_ms > 0 &&
           other->at_most * limit->at_most >= limit->window.sliding_ms / POLICY_DAY_MS;
}

static void look_at_others(const struct analysing *a, const struct profile owns[], size_t index)
{
    const struct policy_limit *limit = &a->policy->limits[index];
    for (size_t i = 0; i < a->policy->limit_count; i++) {
        const struct policy_limit *other = &a->policy->limits[i];
        bool idle = (limit->kind == POLICY_LIMIT_QUOTA && counts_before(limit, other) &&
                     holds_for(other, &owns[i], &owns[index])) ||
                    (limit->kind == POLICY_LIMIT_SWITCHES && cools_down_longer(limit, other));
        char text[TEXT_SIZE];
        struct policy_text out = policy_text_on(text, sizeof text);
        if (!idle)
            continue;
        policy_text_add(&out, "it is never reached: %s in line %u denies before", other->id,
                        other->line);
        report(a, POLICY_IDLE, limit, text);
        return;
    }
}

static void look_at_limit(const struct analysing *a, const struct profile owns[], size_t index)
{
    const struct policy_limit *limit = &a->policy->limits[index];
    look_at_conditions(a, limit, &owns[index]);
    if (owns[index].empty || !is_about_any(limit, &owns[index]))
        return;
    if (limit->kind == POLICY_LIMIT_SHARE) {
        look_at_cap(a, limit);
        look_at_assignment(a, limit);
    }
    look_at_rules(a, limit, &owns[index]);
    look_at_others(a, owns, index);
}

bool policy_analyse_limits(const struct analysing *a)
{
    struct profile owns[POLICY_LIMITS_MAX] = {0}; /* the limits' own conditions */
    size_t count = a->policy->limit_count;
    bool good = true;
    for (size_t i = 0; good && i < count; i++)
        good = profile_make(a->policy, &a->policy->limits[i].when, &owns[i]);
    for (size_t i = 0; good && i < count; i++)
        look_at_limit(a, owns, i);
    for (size_t i = 0; i < count; i++)
        profile_free(&owns[i]);
    return good;
}
