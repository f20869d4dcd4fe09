#include "policies/evaluate/holds.h"

static void derive(const struct policy *policy, struct policy_known *known)
{
    const struct policy_value *time = &known->facts->values[POLICY_REQUEST_TIME];
    static const char *const weekdays[] = {POLICY_WEEKDAYS};
    struct policy_value *derived = known->derived;
    for (size_t i = 0; i < POLICY_DERIVED_COUNT; i++)
        derived[i] = (struct policy_value){.present = time->present};
    if (!time->present)
        return;
    int64_t day = policy_calendar_day(&policy->calendar, time->number);
    int weekday = policy_calendar_weekday(day);
    derived[POLICY_REQUEST_WEEKDAY - POLICY_FACT_DERIVED].number = weekday;
    derived[POLICY_REQUEST_WEEKDAY - POLICY_FACT_DERIVED].text = weekdays[weekday];
    derived[POLICY_REQUEST_HOUR - POLICY_FACT_DERIVED].number =
        policy_calendar_hour(&policy->calendar, time->number);
    derived[POLICY_REQUEST_WORKING_DAY - POLICY_FACT_DERIVED].number =
        policy_calendar_is_working(&policy->calendar, day);
}

static uint32_t absent_key(enum policy_fact fact)
{
    return policy_fact_info(fact)->presence == POLICY_ALWAYS ? POLICY_KEY_OPEN : 0;
}

static void take_keys(const struct policy *policy, struct policy_known *out)
{
    for (size_t i = 0; i < policy->symbol_list.count; i++) {
        enum policy_fact fact = policy->symbol_list.facts[i];
        const struct policy_value *value = &out->facts->values[fact];
        out->keys[fact] =
            value->present ? policy_symbols_find(&policy->symbols, value->text) : absent_key(fact);
    }
    for (size_t i = 0; i < policy->word_list.count; i++) {
        enum policy_fact fact = policy->word_list.facts[i];
        const struct policy_value *value = &out->facts->values[fact];
        out->keys[fact] = value->present ? (uint32_t)value->number + 1 : absent_key(fact);
    }
}

void policy_know(const struct policy *policy, const struct policy_facts *facts,
                 struct policy_known *out)
{
    out->facts = facts;
    if ((policy->facts >> POLICY_FACT_DERIVED) != 0)
        derive(policy, out);
    take_keys(policy, out);
}

/* A comparison with an absent fact: NO, or UNKNOWN when the fact should have been there. */
static enum policy_answer absent_answer(const struct policy_condition *test, bool left, bool right)
{
    bool may_lack_left = policy_fact_info(test->test.fact)->presence == POLICY_SOMETIMES;
    bool may_lack_right =
        test->against_fact && policy_fact_info(test->test.other)->presence == POLICY_SOMETIMES;
    bool lacks = (!left && may_lack_left) || (!right && may_lack_right);
    return lacks ? POLICY_NO : POLICY_UNKNOWN;
}

static inline enum policy_answer test_answer(const struct policy_condition *test,
                                             const struct policy_known *known)
{
    bool left = policy_known_value(known, test->test.fact)->present;
    bool right = !test->against_fact || policy_known_value(known, test->test.other)->present;
    if ((left && right) || test->op->meaning >= POLICY_MEANS_PRESENT)
        return test->holds(known, &test->test) ? POLICY_YES : POLICY_NO;
    return absent_answer(test, left, right);
}

static enum policy_answer member_answer(const struct policy_condition *member,
                                        const struct policy_known *known)
{
    return member->kind == POLICY_CONDITION_TEST ? test_answer(member, known)
                                                 : policy_condition_answer(member, known);
}

static enum policy_answer opposite(enum policy_answer answer)
{
    return (enum policy_answer)(POLICY_YES - answer);
}

/* The recursion is as deep as the document, DOC_DEPTH_MAX at most. */
enum policy_answer policy_condition_answer(const struct policy_condition *condition,
                                           const struct policy_known *known)
{
    if (condition->kind == POLICY_CONDITION_TEST)
        return test_answer(condition, known);
    bool all = condition->kind == POLICY_CONDITION_ALL;
    enum policy_answer settles = all ? POLICY_NO : POLICY_YES; /* the whole, at once */
    enum policy_answer answer = all ? POLICY_YES : POLICY_NO;
    for (size_t i = 0; i < condition->count && answer != settles; i++) {
        enum policy_answer one = member_answer(&condition->members[i], known);
        if (one == settles || one == POLICY_UNKNOWN)
            answer = one;
    }
    return condition->kind == POLICY_CONDITION_NONE ? opposite(answer) : answer;
}

/* What is missing is what people can give: the source, not what is derived from it. */
static enum policy_fact source_of(enum policy_fact fact)
{
    return fact < POLICY_FACT_DERIVED ? fact : POLICY_REQUEST_TIME;
}

enum policy_fact policy_condition_missing(const struct policy_condition *condition,
                                          const struct policy_known *known)
{
    if (policy_condition_answer(condition, known) != POLICY_UNKNOWN)
        return POLICY_FACT_COUNT;
    if (condition->kind == POLICY_CONDITION_TEST) {
        enum policy_fact fact = condition->test.fact;
        bool given = policy_known_value(known, fact)->present;
        return source_of(given ? condition->test.other : fact);
    }
    enum policy_fact missing = POLICY_FACT_COUNT;
    for (size_t i = 0; missing == POLICY_FACT_COUNT && i < condition->count; i++)
        missing = policy_condition_missing(&condition->members[i], known);
    return missing;
}

enum policy_answer policy_lifted_answer(enum policy_answer answer, const struct policy_lifts *lifts,
                                        const struct policy_known *known,
                                        const struct policy_exception **by)
{
    *by = NULL;
    for (size_t i = 0; answer != POLICY_NO && i < lifts->count; i++) {
        enum policy_answer lift = policy_condition_answer(&lifts->list[i]->when, known);
        if (lift == POLICY_YES) {
            *by = lifts->list[i];
            return POLICY_NO;
        }
        if (lift == POLICY_UNKNOWN)
            answer = POLICY_UNKNOWN;
    }
    return answer;
}
