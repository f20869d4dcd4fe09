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

static bool is_only_action(const struct profile *profile, const char *const names[])
{
    const struct domain *action = profile_domain(profile, POLICY_REQUEST_ACTION);
    uint64_t bits = 0;
    for (; *names != NULL; names++)
        bits |= UINT64_C(1) << policy_word_index(POLICY_REQUEST_ACTION, *names);
    return action != NULL && (action->bits & ~bits) == 0;
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

static void look_at_rules(const struct analysing *a, const struct policy_limit *limit)
{
    for (size_t i = 0; is_unconditional(limit) && i < a->policy->rule_count; i++) {
        const struct policy_rule *rule = &a->policy->rules[i];
        char text[TEXT_SIZE];
        struct policy_text out = policy_text_on(text, sizeof text);
        if (rule->effect != POLICY_ALLOW || a->profiles[i].empty ||
            !denies_all_of(limit, &a->profiles[i]))
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
static bool is_behind(const struct policy_limit *limit, const struct policy_limit *other)
{
    return limit != other && other->kind == POLICY_LIMIT_QUOTA && is_unconditional(other) &&
           same_window(limit, other) && (other->subject & ~limit->subject) == 0 &&
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

static void look_at_others(const struct analysing *a, const struct policy_limit *limit)
{
    for (size_t i = 0; i < a->policy->limit_count; i++) {
        const struct policy_limit *other = &a->policy->limits[i];
        bool idle = (limit->kind == POLICY_LIMIT_QUOTA && is_behind(limit, other)) ||
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

void policy_analyse_limits(const struct analysing *a)
{
    for (size_t i = 0; i < a->policy->limit_count; i++) {
        const struct policy_limit *limit = &a->policy->limits[i];
        if (limit->kind == POLICY_LIMIT_SHARE) {
            look_at_cap(a, limit);
            look_at_assignment(a, limit);
        }
        look_at_rules(a, limit);
        look_at_others(a, limit);
    }
}
