/* Limits, exceptions, stops, scope and time: what they let pass, and what they make the caller
 * count. */
#include "tests/support/test.h"

#include "policies/evaluate/evaluate.h"
#include "tests/unit/policies/policy_text.h"

#define HEAD                                                                       \
    "version: 1\nname: p\nlanguages: [en, zh]\n"                                   \
    "calendar: {time_zone: \"+08:00\", working_days: [mon, tue, wed, thu, fri],\n" \
    "           holidays: [2027-02-05]}\n"
#define REASON "reason: {en: no, zh: bu}"
#define ALLOW "  - {id: a, effect: allow, when: always, " REASON "}\n"

/* 2027-02-01T08:00:00+08:00, a Monday. */
#define MONDAY INT64_C(1801440000000)
#define DAY INT64_C(86400000)

/* Answers of one counter, and what was asked of it. */
struct counter {
    int64_t of_region; /* for questions without a bank */
    int64_t number;    /* for others */
    struct policy_count asked;
    bool fails;
};

static bool count(void *user, const struct policy_count *what, int64_t *number)
{
    struct counter *counter = user;
    counter->asked = *what;
    *number = what->bank == NULL && what->region != NULL ? counter->of_region : counter->number;
    return !counter->fails;
}

static struct policy_facts facts_of(struct counter *counter, const char *action)
{
    struct policy_facts facts = {0};
    policy_facts_set_string(&facts, POLICY_CARD_REGION, "310000");
    policy_facts_set_string(&facts, POLICY_CARD_GENERATION, "3");
    policy_facts_set_string(&facts, POLICY_BANK_ID, "b");
    policy_facts_set_string(&facts, POLICY_REQUEST_ACTION, action);
    policy_facts_set_int(&facts, POLICY_REQUEST_TIME, MONDAY);
    policy_facts_set_int(&facts, POLICY_BINDING_ACTIVE_BANKS, 1);
    if (counter != NULL)
        facts.counters = (struct policy_counters){count, counter};
    return facts;
}

/* The policy of the last decision, whose texts the decision borrows. */
static struct policy *policy;

static int free_policy(void **state)
{
    (void)state;
    policy_free(policy);
    return 0;
}

static struct policy_decision decide_with(const char *text, const struct policy_facts *facts)
{
    struct policy_decision decision;
    policy_free(policy);
    policy = compile_good(text);
    policy_evaluate(policy, facts, &decision);
    return decision;
}

static const char *rule_with(const char *text, const struct policy_facts *facts)
{
    struct policy_decision decision = decide_with(text, facts);
    return policy_decision_rule(&decision);
}

#define LIMIT(part) HEAD "rules:\n" ALLOW "limits:\n  - {id: l, " REASON ", " part "}\n"

static const char *rule_for(const char *text, struct counter *counter, const char *action)
{
    struct policy_facts facts = facts_of(counter, action);
    return rule_with(text, &facts);
}

static void quota_lets_the_last_place_pass_and_no_more(void **state)
{
    (void)state;
    const char *text = LIMIT("quota: {of: [bank, region], at_most: 5, window: day}");
    struct counter counter = {.number = 4};
    assert_string_equal(rule_for(text, &counter, "bind"), "a");
    assert_int_equal(counter.asked.since_ms, MONDAY - 8 * DAY / 24);
    assert_false(counter.asked.only_switches);
    assert_false(counter.asked.of_card);
    counter.number = 5;
    assert_string_equal(rule_for(text, &counter, "bind"), "l");
    assert_string_equal(rule_for(text, &counter, "switch"), "l");
    assert_string_equal(rule_for(text, &counter, "revoke"), "a");
}

static void sliding_windows_leave_out_the_moment_a_whole_window_ago(void **state)
{
    (void)state;
    struct counter counter = {.number = 0};
    const char *text = LIMIT("switches: {at_most: 2, window: 30d}");
    assert_string_equal(rule_for(text, &counter, "switch"), "a");
    assert_int_equal(counter.asked.since_ms, MONDAY - 30 * DAY + 1);
    assert_true(counter.asked.only_switches);
    assert_true(counter.asked.of_card);
    assert_null(counter.asked.bank);
    counter.number = 2;
    assert_string_equal(rule_for(text, &counter, "switch"), "l");
    assert_string_equal(rule_for(text, &counter, "bind"), "a");
}

static void share_of_a_bank_stays_under_its_cap(void **state)
{
    (void)state;
    const char *text = LIMIT("share: {at_most: 40%, window: 90d, free_until: 10}");
    /* With this one: 4 of 10 is 40 %, 5 of 12 more. Below ten in the region nothing is looked at.
     */
    static const struct {
        int64_t bank;
        int64_t region;
        const char *rule;
    } cases[] = {{9, 9, "a"},  {4, 10, "l"}, {3, 10, "a"},    {4, 11, "l"},   {4, 12, "a"},
                 {4, 13, "a"}, {5, 13, "l"}, {399, 999, "a"}, {400, 999, "l"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct counter counter = {.number = cases[i].bank, .of_region = cases[i].region};
        assert_string_equal(rule_for(text, &counter, "switch"), cases[i].rule);
    }
}

static void active_banks_are_those_that_will_be_there(void **state)
{
    (void)state;
    struct policy_facts bind = facts_of(NULL, "bind");
    struct policy_facts change = facts_of(NULL, "switch");
    const char *text = HEAD "rules:\n"
                            "  - {id: a, effect: allow, when: always, " REASON
                            ", obligations: {retire_old_bank: lock}}\n"
                            "limits:\n  - {id: l, " REASON ", active_banks: {at_most: 1}}\n";
    assert_string_equal(rule_with(text, &bind), "l");
    assert_string_equal(rule_with(text, &change), "a");
    assert_string_equal(rule_with(LIMIT("active_banks: {at_most: 1}"), &change), "l"); /* kept */
    policy_facts_set_int(&bind, POLICY_BINDING_ACTIVE_BANKS, 0);
    assert_string_equal(rule_with(text, &bind), "a");
}

static void cool_down_has_exceptions(void **state)
{
    (void)state;
    const char *text = LIMIT("cool_down: {days: 30}, except: {request.reason: fraud}");
    struct policy_facts facts = facts_of(NULL, "switch");
    assert_string_equal(rule_with(text, &facts), "a"); /* never switched */
    policy_facts_set_int(&facts, POLICY_BINDING_DAYS_SINCE_LAST_SWITCH, 30);
    assert_string_equal(rule_with(text, &facts), "a");
    policy_facts_set_int(&facts, POLICY_BINDING_DAYS_SINCE_LAST_SWITCH, 29);
    assert_string_equal(rule_with(text, &facts), "l");
    policy_facts_set_string(&facts, POLICY_REQUEST_REASON, "choice");
    assert_string_equal(rule_with(text, &facts), "l");
    policy_facts_set_string(&facts, POLICY_REQUEST_REASON, "fraud");
    assert_string_equal(rule_with(text, &facts), "a");
}

static void counters_that_cannot_be_told_deny(void **state)
{
    (void)state;
    const char *text = LIMIT("quota: {at_most: 5, window: 1d}");
    struct counter counter = {.fails = true, .number = 7};
    assert_string_equal(rule_for(text, &counter, "bind"), POLICY_RULE_INCOMPLETE);
    struct policy_facts uncounted = facts_of(&counter, "bind");
    struct policy_decision decision = decide_with(text, &uncounted);
    assert_true(decision.uses[0].unknown);
    assert_int_equal(decision.uses[0].counted, 0); /* not what came with the failure */
    assert_string_equal(rule_for(text, NULL, "bind"), POLICY_RULE_INCOMPLETE);
    struct policy_facts facts = facts_of(&counter, "bind");
    counter.fails = false;
    policy_facts_remove(&facts, POLICY_REQUEST_TIME);
    assert_string_equal(rule_with(text, &facts), POLICY_RULE_INCOMPLETE);
}

static void decision_tells_what_is_to_be_counted(void **state)
{
    (void)state;
    struct counter counter = {.number = 3, .of_region = 20};
    struct policy_facts facts = facts_of(&counter, "switch");
    struct policy_decision decision = decide_with(
        HEAD "rules:\n" ALLOW "limits:\n"
             "  - {id: cap, " REASON ", share: {at_most: 50%, window: 9d, free_until: 0}}\n"
             "  - {id: daily, " REASON ", quota: {at_most: 3, window: day}}\n"
             "  - {id: cool, " REASON ", cool_down: {days: 3}}\n"
             "  - {id: other, " REASON ", quota: {at_most: 3, window: day},\n"
             "     when: {card.region: x}}\n",
        &facts);
    assert_int_equal(decision.effect, POLICY_DENY);
    assert_int_equal(decision.use_count, 3);
    assert_string_equal(decision.uses[0].limit, "cap");
    assert_int_equal(decision.uses[0].counted, 3);
    assert_int_equal(decision.uses[0].of, 20);
    assert_int_equal(decision.uses[0].at_most, 9); /* (9 + 1) / 21 < 50 % < (10 + 1) / 21 */
    assert_true(decision.uses[0].consumes);
    assert_false(decision.uses[0].unknown);
    assert_false(decision.uses[0].reached);
    assert_true(decision.uses[1].reached);
    assert_false(decision.uses[2].consumes);
    assert_int_equal(decision.rule_count, 1);
    assert_string_equal(policy_decision_rule(&decision), "daily");
    assert_true((decision.facts_read & POLICY_FACT_BIT(POLICY_REQUEST_TIME)) != 0);
}

#define DENY "  - {id: d, effect: deny, when: {bank.id: b}, " REASON "}\n"
#define EXCEPTION                                                          \
    "exceptions:\n"                                                        \
    "  - {id: e, overrides: [d], when: {card.id: c1}, approver: Li Mei,\n" \
    "     expires: 2027-02-01, " REASON "}\n"

static void exceptions_lift_denials_until_they_expire(void **state)
{
    (void)state;
    const char *text = HEAD "rules:\n" ALLOW DENY EXCEPTION;
    struct policy_facts facts = facts_of(NULL, "bind");
    assert_string_equal(rule_with(text, &facts), "d");
    policy_facts_set_string(&facts, POLICY_CARD_ID, "c1");
    assert_string_equal(rule_with(text, &facts), "a");
    struct policy_decision decision = decide_with(text, &facts);
    assert_int_equal(decision.exception_count, 1);
    assert_string_equal(decision.exceptions[0], "e");
    int64_t midnight = MONDAY + 16 * DAY / 24;
    policy_facts_set_int(&facts, POLICY_REQUEST_TIME, midnight - 1);
    assert_string_equal(rule_with(text, &facts), "a");
    policy_facts_set_int(&facts, POLICY_REQUEST_TIME, midnight);
    assert_string_equal(rule_with(text, &facts), "d");
    policy_facts_remove(&facts, POLICY_REQUEST_TIME);
    assert_string_equal(rule_with(text, &facts), POLICY_RULE_INCOMPLETE);
}

static void exceptions_lift_limits(void **state)
{
    (void)state;
    const char *text =
        LIMIT("quota: {at_most: 5, window: 1d}") "exceptions:\n"
                                                 "  - {id: e, overrides: [l], when: {card.id: c1}, "
                                                 "approver: Li Mei,\n"
                                                 "     expires: 2027-02-01, " REASON "}\n";
    struct counter counter = {.number = 5};
    struct policy_facts facts = facts_of(&counter, "bind");
    assert_string_equal(rule_with(text, &facts), "l");
    policy_facts_set_string(&facts, POLICY_CARD_ID, "c1");
    assert_string_equal(rule_with(text, &facts), "a");
}

static void stops_deny_what_they_name_and_leave_revocation_open(void **state)
{
    (void)state;
    const char *text =
        HEAD "rules:\n" ALLOW "stops:\n  - {id: s, bank: b, region: 310000, from: 2027-02-01, "
             "until: 2027-02-01, " REASON "}\n";
    struct policy_facts facts = facts_of(NULL, "bind");
    assert_string_equal(rule_with(text, &facts), "s");
    policy_facts_set_int(&facts, POLICY_REQUEST_TIME, MONDAY + DAY);
    assert_string_equal(rule_with(text, &facts), "a");
    facts = facts_of(NULL, "bind");
    policy_facts_set_string(&facts, POLICY_BANK_ID, "c");
    assert_string_equal(rule_with(text, &facts), "a");
    facts = facts_of(NULL, "revoke");
    assert_string_equal(rule_with(text, &facts), "a");
}

static void cards_outside_the_scope_are_denied(void **state)
{
    (void)state;
    const char *text = HEAD "scope: {regions: [310000], card_generations: [3, 4]}\nrules:\n" ALLOW;
    struct policy_facts facts = facts_of(NULL, "bind");
    assert_string_equal(rule_with(text, &facts), "a");
    policy_facts_set_string(&facts, POLICY_CARD_REGION, "320000");
    assert_string_equal(rule_with(text, &facts), POLICY_RULE_SCOPE);
    policy_facts_remove(&facts, POLICY_CARD_REGION);
    assert_string_equal(rule_with(text, &facts), POLICY_RULE_INCOMPLETE);
    policy_facts_set_string(&facts, POLICY_CARD_GENERATION, "2");
    assert_string_equal(rule_with(text, &facts), POLICY_RULE_SCOPE);
}

static bool holds_at(const char *when, int64_t ms)
{
    char text[1024];
    (void)snprintf(text, sizeof text,
                   HEAD "rules:\n  - {id: a, effect: allow, " REASON ", when: %s}\n", when);
    struct policy_facts facts = facts_of(NULL, "bind");
    policy_facts_set_int(&facts, POLICY_REQUEST_TIME, ms);
    return strcmp(rule_with(text, &facts), "a") == 0;
}

static void time_is_told_by_the_calendar(void **state)
{
    (void)state;
    assert_true(holds_at("{request.weekday: mon}", MONDAY));
    assert_false(holds_at("{request.weekday: mon}", MONDAY + DAY));
    assert_true(holds_at("{request.hour: 8}", MONDAY));
    assert_true(holds_at("{request.hour: {less_than: 8}}", MONDAY - 1));
    assert_true(holds_at("{request.working_day: true}", MONDAY));
    assert_true(holds_at("{request.working_day: false}", MONDAY + 4 * DAY)); /* a holiday */
    assert_true(holds_at("{request.working_day: {not: true}}", MONDAY + 5 * DAY));
    assert_true(holds_at("{request.time: {from: 2027-02-01}}", MONDAY));
    assert_false(holds_at("{request.time: {before: 2027-02-01}}", MONDAY));
    assert_true(holds_at("{request.time: {before: 2027-02-01T08:00:01+08:00}}", MONDAY));
    assert_true(holds_at("always, valid: {from: 2027-02-01, until: 2027-02-01}", MONDAY));
    assert_false(holds_at("always, valid: {from: 2027-02-02}", MONDAY));
    assert_false(holds_at("always, valid: {until: 2027-01-31}", MONDAY));
}

static void reasons_come_in_the_language_asked_for(void **state)
{
    (void)state;
    struct policy_facts facts = facts_of(NULL, "bind");
    struct policy_decision decision =
        decide_with(HEAD "default_reasons: {default-deny: {en: nothing, zh: meiyou}}\n"
                         "rules:\n" DENY,
                    &facts);
    assert_string_equal(decision.reason, "no");
    assert_string_equal(policy_decision_reason(policy, &decision, "zh"), "bu");
    assert_string_equal(policy_decision_reason(policy, &decision, "fr"), "no");
    policy_facts_set_string(&facts, POLICY_BANK_ID, "c");
    policy_evaluate(policy, &facts, &decision);
    assert_string_equal(policy_decision_reason(policy, &decision, "zh"), "meiyou");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quota_lets_the_last_place_pass_and_no_more),
        cmocka_unit_test(sliding_windows_leave_out_the_moment_a_whole_window_ago),
        cmocka_unit_test(share_of_a_bank_stays_under_its_cap),
        cmocka_unit_test(active_banks_are_those_that_will_be_there),
        cmocka_unit_test(cool_down_has_exceptions),
        cmocka_unit_test(counters_that_cannot_be_told_deny),
        cmocka_unit_test(decision_tells_what_is_to_be_counted),
        cmocka_unit_test(exceptions_lift_denials_until_they_expire),
        cmocka_unit_test(exceptions_lift_limits),
        cmocka_unit_test(stops_deny_what_they_name_and_leave_revocation_open),
        cmocka_unit_test(cards_outside_the_scope_are_denied),
        cmocka_unit_test(time_is_told_by_the_calendar),
        cmocka_unit_test(reasons_come_in_the_language_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, free_policy);
}
