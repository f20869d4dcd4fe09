#include "policies/evaluate/check.h"

#include <inttypes.h>

enum { WHOLE = 10000 }; /* hundredths of a per cent */

/* One limit being looked at. */
struct looking {
    const struct policy *policy;
    const struct policy_limit *limit;
    const struct policy_known *known;
    const struct policy_obligations *obligations;
    struct policy_use *use;
    enum policy_fact missing; /* of an UNKNOWN answer */
};

static const struct policy_value *fact(const struct looking *l, enum policy_fact which)
{
    return policy_known_value(l->known, which);
}

static bool is_action(const struct looking *l, const char *name)
{
    const struct policy_value *action = fact(l, POLICY_REQUEST_ACTION);
    return action->present && action->number == policy_word_index(POLICY_REQUEST_ACTION, name);
}

static enum policy_answer lacks(struct looking *l, enum policy_fact which)
{
    l->missing = which;
    return POLICY_UNKNOWN;
}

static enum policy_answer reached(struct looking *l, bool is_reached)
{
    l->use->reached = is_reached;
    return is_reached ? POLICY_YES : POLICY_NO;
}

/* The first moment that counts: a sliding window leaves out the moment a whole window ago. */
static int64_t window_start(const struct looking *l)
{
    const struct policy_window *window = &l->limit->window;
    int64_t now = fact(l, POLICY_REQUEST_TIME)->number;
    if (window->sliding_ms > 0)
        return now - window->sliding_ms + 1;
    const struct policy_calendar *calendar = &l->policy->calendar;
    int64_t day = policy_calendar_day(calendar, now);
    return policy_calendar_day_start(calendar, policy_calendar_period_start(window->period, day));
}

/* Ask the caller; `subject` are bits of enum policy_subject. `*number` changes only for an answer.
 */
static bool count(const struct looking *l, unsigned subject, int64_t *number)
{
    const struct policy_counters *counters = &l->known->facts->counters;
    const struct policy_count what = {
        .limit = l->limit->id,
        .only_switches = l->limit->kind == POLICY_LIMIT_SWITCHES,
        .of_card = (subject & POLICY_OF_CARD) != 0,
        .bank = (subject & POLICY_OF_BANK) != 0 ? fact(l, POLICY_BANK_ID)->text : NULL,
        .region = (subject & POLICY_OF_REGION) != 0 ? fact(l, POLICY_CARD_REGION)->text : NULL,
        .since_ms = window_start(l),
    };
    int64_t answer = 0;
    bool known =
        counters->count != NULL && counters->count(counters->user, &what, &answer) && answer >= 0;
    *number = known ? answer : *number;
    return known;
}

/* The fact that a count about `subject` needs and that is missing; POLICY_FACT_COUNT: none. */
static enum policy_fact missing_for(const struct looking *l, unsigned subject)
{
    if (!fact(l, POLICY_REQUEST_TIME)->present)
        return POLICY_REQUEST_TIME;
    if ((subject & POLICY_OF_BANK) != 0 && !fact(l, POLICY_BANK_ID)->present)
        return POLICY_BANK_ID;
    if ((subject & POLICY_OF_REGION) != 0 && !fact(l, POLICY_CARD_REGION)->present)
        return POLICY_CARD_REGION;
    return POLICY_FACT_COUNT;
}

/* A bank more than there was: a first one, or one beside the old, which is kept. */
static enum policy_answer look_at_active_banks(struct looking *l)
{
    const struct policy_value *banks = fact(l, POLICY_BINDING_ACTIVE_BANKS);
    if (!banks->present)
        return lacks(l, POLICY_BINDING_ACTIVE_BANKS);
    bool adds = is_action(l, "bind") || l->obligations->retire_old_bank == POLICY_RETIRE_KEEP;
    l->use->counted = banks->number;
    l->use->at_most = l->limit->at_most;
    return reached(l, banks->number + adds > l->limit->at_most);
}

static enum policy_answer look_at_count(struct looking *l)
{
    enum policy_fact missing = missing_for(l, l->limit->subject);
    if (missing != POLICY_FACT_COUNT || !count(l, l->limit->subject, &l->use->counted))
        return lacks(l, missing);
    l->use->at_most = l->limit->at_most;
    l->use->consumes = true;
    return reached(l, l->use->counted >= l->limit->at_most);
}

/* With this one more, the bank's part of the region: (counted + 1) / (of + 1) <= at_most. */
static enum policy_answer look_at_share(struct looking *l)
{
    enum policy_fact missing = missing_for(l, l->limit->subject);
    if (missing != POLICY_FACT_COUNT || !count(l, POLICY_OF_REGION, &l->use->of) ||
        !count(l, l->limit->subject, &l->use->counted) || l->use->of > INT64_MAX / WHOLE - 1)
        return lacks(l, missing);
    l->use->consumes = true;
    l->use->at_most = (l->use->of + 1) * l->limit->at_most / WHOLE - 1;
    bool free = l->use->of < l->limit->free_until;
    return reached(l, !free && l->use->counted > l->use->at_most);
}

static enum policy_answer look_at_cool_down(struct looking *l)
{
    const struct policy_value *days = fact(l, POLICY_BINDING_DAYS_SINCE_LAST_SWITCH);
    l->use->counted = days->present ? days->number : INT64_MAX; /* a card that never switched */
    l->use->at_most = l->limit->at_most;
    return reached(l, l->use->counted < l->limit->at_most);
}

/* By enum policy_limit_kind. */
static const struct {
    bool of_binds; /* it is about first banks too, not only about switches */
    enum policy_answer (*look)(struct looking *l);
} kinds[] = {
    [POLICY_LIMIT_ACTIVE_BANKS] = {true, look_at_active_banks},
    [POLICY_LIMIT_SWITCHES] = {false, look_at_count},
    [POLICY_LIMIT_SHARE] = {true, look_at_share},
    [POLICY_LIMIT_QUOTA] = {true, look_at_count},
    [POLICY_LIMIT_COOL_DOWN] = {true, look_at_cool_down},
};

/* No limit stands in the way of a revocation. */
static bool is_about(const struct looking *l)
{
    return is_action(l, "switch") || (kinds[l->limit->kind].of_binds && is_action(l, "bind"));
}

enum policy_answer policy_limit_check(const struct policy *policy, const struct policy_limit *limit,
                                      struct policy_limit_question *q)
{
    struct looking l = {.policy = policy,
                        .limit = limit,
                        .known = q->known,
                        .obligations = q->obligations,
                        .use = &q->use,
                        .missing = POLICY_FACT_COUNT};
    q->use = (struct policy_use){.limit = limit->id};
    q->looked_at = false;
    q->by = NULL;
    if (!fact(&l, POLICY_REQUEST_ACTION)->present) {
        q->missing = POLICY_REQUEST_ACTION;
        return POLICY_UNKNOWN;
    }
    enum policy_answer applies =
        is_about(&l) ? policy_condition_answer(&limit->when, q->known) : POLICY_NO;
    if (applies == POLICY_NO)
        return POLICY_NO;
    q->looked_at = true;
    enum policy_answer answer = kinds[limit->kind].look(&l);
    q->use.unknown = answer == POLICY_UNKNOWN;
    if (answer == POLICY_YES && applies == POLICY_UNKNOWN) {
        answer = POLICY_UNKNOWN;
        l.missing = policy_condition_missing(&limit->when, q->known);
    }
    answer = policy_lifted_answer(answer, &limit->lifts, q->known, &q->by);
    q->missing = l.missing;
    return answer;
}
