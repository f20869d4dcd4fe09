/* The parts of a policy beside its rules: languages, calendar, scope, stops, limits, exceptions,
 * assignment. What they say is read, and what they cannot mean is refused with its place. */
#include "tests/support/test.h"

#include "tests/unit/policies/policy_text.h"

#define HEAD "version: 1\nname: p\n"
#define RULES                                               \
    "rules:\n"                                              \
    "  - {id: a, effect: allow, when: always, reason: x}\n" \
    "  - {id: d, effect: deny, when: {bank.id: b}, reason: x}\n"
#define ZONE "calendar: {time_zone: \"+08:00\"}\n"

struct wrong {
    const char *text;
    unsigned line;
    unsigned column;
    const char *message;
};

static void expect_problems(const struct wrong *wrong, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct document_problem problem;
        struct policy *policy = compile_text(wrong[i].text, &problem);
        assert_null(policy);
        assert_string_equal(problem.text, wrong[i].message);
        assert_int_equal(problem.line, wrong[i].line);
        assert_int_equal(problem.column, wrong[i].column);
    }
}
#define EXPECT_PROBLEMS(list) expect_problems((list), sizeof(list) / sizeof(list)[0])

static void every_reason_is_given_in_every_language(void **state)
{
    (void)state;
    struct policy *policy =
        compile_good(HEAD "languages: [zh, en]\nrules:\n"
                          "  - {id: a, effect: allow, when: always, reason: {en: yes, zh: ja}}\n");
    assert_int_equal(policy_language_count(policy), 2);
    assert_string_equal(policy_language(policy, 0), "zh");
    assert_string_equal(policy_rule_info(policy, 0).reason, "ja");
    policy_free(policy);
    static const struct wrong wrong[] = {
        {HEAD "languages: [zh, en]\nrules:\n"
              "  - {id: a, effect: allow, when: always, reason: {en: yes}}\n",
         5, 50, "the key 'zh' is missing"},
        {HEAD "languages: [zh, en]\nrules:\n"
              "  - {id: a, effect: allow, when: always, reason: yes}\n",
         5, 50, "reason: expected a mapping, found a single value"},
        {HEAD "rules:\n  - {id: a, effect: allow, when: always, reason: {en: yes}}\n", 4, 50,
         "several languages are named in `languages:` at the top of the policy"},
        {HEAD "languages: [zh, zh]\n" RULES, 3, 17, "'zh' is in the list twice"},
        {HEAD "languages: [z]\n" RULES, 3, 13, "expected a language tag, like zh or en"},
        {HEAD "languages: []\n" RULES, 3, 12, "expected 1 to 8 languages"},
        {HEAD "default_reasons: {default-dney: no}\n" RULES, 3, 19,
         "unknown key 'default-dney'; did you mean 'default-deny'?"},
    };
    EXPECT_PROBLEMS(wrong);
}

static void calendars_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const struct wrong wrong[] = {
        {HEAD "calendar: {}\n" RULES, 3, 11, "the key 'time_zone' is missing"},
        {HEAD "calendar: {time_zone: CST}\n" RULES, 3, 23,
         "expected an offset from UTC, like \"+08:00\", or Z"},
        {HEAD "calendar: {time_zone: Z, working_days: [mon, mon]}\n" RULES, 3, 46,
         "'mon' is in the list twice"},
        {HEAD "calendar: {time_zone: Z, working_days: [mo]}\n" RULES, 3, 41,
         "'mo' is none of: mon, tue, wed, thu, fri, sat, sun; did you mean 'mon'?"},
        {HEAD "calendar: {time_zone: Z, holidays: [2027-01-01]}\n" RULES, 3, 11,
         "holidays need `working_days`, like [mon, tue, wed, thu, fri]"},
        {HEAD "calendar: {time_zone: Z, working_days: [mon], holidays: [2027-02-30]}\n" RULES, 3,
         58, "there is no such day in that month"},
        {HEAD "calendar: {time_zone: Z, working_days: [mon], holidays: [2027-02-02, "
              "2027-02-01]}\n" RULES,
         3, 70, "days are listed in ascending order, each once"},
        {HEAD "calendar: {time_zone: Z, working_days: [mon], holidays: "
              "[{from: 2027-02-02, until: 2027-02-01}]}\n" RULES,
         3, 84, "the range ends before it begins"},
    };
    EXPECT_PROBLEMS(wrong);
}

#define RULE(part) HEAD "rules:\n  - {id: a, effect: allow, reason: x, " part "}\n"
#define ZONED_RULE(part) HEAD ZONE "rules:\n  - {id: a, effect: allow, reason: x, " part "}\n"

static void times_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const struct wrong wrong[] = {
        {RULE("when: {request.weekday: mon}"), 4, 46,
         "request.weekday needs `calendar: {time_zone: …}`"},
        {ZONED_RULE("when: {request.working_day: true}"), 5, 46,
         "request.working_day needs `calendar: {working_days: […]}`"},
        {ZONED_RULE("when: {request.hour: 24}"), 5, 60,
         "this can never hold: request.hour is at most 23"},
        {ZONED_RULE("when: {request.time: 2027-01-01}"), 5, 60,
         "request.time: write {from: …, before: …}"},
        {RULE("when: {request.time: {from: 2027-01-01}}"), 4, 67,
         "a day needs `calendar: {time_zone: …}`, or write a moment like "
         "2027-01-31T00:00:00+08:00"},
        {ZONED_RULE("when: {request.time: {from: 2027-01-02, before: 2027-01-01}}"), 5, 87,
         "this can never hold: request.time would have to be two things at once"},
        {ZONED_RULE("when: always, valid: {}"), 5, 60, "expected `from`, `until`, or both"},
        {ZONED_RULE("when: always, valid: {from: 2027-02-29}"), 5, 67,
         "there is no such day in that month"},
        {ZONED_RULE("when: always, valid: {from: 2027-02-02, until: 2027-02-01}"), 5, 86,
         "this ends before it begins"},
    };
    EXPECT_PROBLEMS(wrong);
}

static void stops_name_a_bank_or_a_region(void **state)
{
    (void)state;
    struct policy *policy = compile_good(
        HEAD ZONE RULES "stops:\n"
                        "  - {id: s, bank: b, from: 2027-01-01, until: 2027-01-02, reason: x}\n");
    assert_int_equal(policy_rule_count(policy), 3);
    assert_true(policy_rule_info(policy, 2).is_stop);
    assert_int_equal(policy_stop_count(policy), 1);
    struct policy_stop_info stop = policy_stop_info(policy, 0);
    assert_string_equal(stop.id, "s");
    assert_string_equal(stop.bank, "b");
    assert_null(stop.region);
    assert_true(stop.cancel_outstanding);
    assert_int_equal(stop.before_ms - stop.from_ms, INT64_C(2) * 86400000);
    policy_free(policy);
    static const struct wrong wrong[] = {
        {HEAD RULES "stops:\n  - {id: s, reason: x}\n", 7, 5, "expected `bank`, `region`, or both"},
        {HEAD RULES "stops:\n  - {id: d, bank: b, reason: x}\n", 7, 10,
         "the id 'd' is taken in line 5"},
    };
    EXPECT_PROBLEMS(wrong);
}

#define LIMIT(part) HEAD RULES "limits:\n  - {id: l, reason: x, " part "}\n"

static void limits_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const struct wrong wrong[] = {
        {LIMIT("when: always"), 7, 5,
         "expected a kind: active_banks, switches, share, quota or cool_down"},
        {LIMIT("active_banks: {at_most: 1}, cool_down: {days: 1}"), 7, 52,
         "a limit is of one kind; this is already 'active_banks'"},
        {LIMIT("active_banks: {at_most: 0}"), 7, 48, "0 is out of range: 1 to 1000000000"},
        {LIMIT("switches: {at_most: 1}"), 7, 34, "the key 'window' is missing"},
        {LIMIT("switches: {at_most: 1, window: 30}"), 7, 55,
         "expected a duration: a whole number with ms, s, m, h or d, like 30s"},
        {LIMIT("switches: {at_most: 1, window: 1s}"), 7, 55, "a window is from 1m to 3650d"},
        {LIMIT("switches: {at_most: 1, window: month}"), 7, 55,
         "a month needs `calendar: {time_zone: …}`"},
        {LIMIT("share: {at_most: 40, window: 9d, free_until: 9}"), 7, 41,
         "expected a part of the whole from 0.01% to 100%, like 40%"},
        {LIMIT("share: {at_most: 0%, window: 9d, free_until: 9}"), 7, 41,
         "expected a part of the whole from 0.01% to 100%, like 40%"},
        {LIMIT("share: {at_most: 101%, window: 9d, free_until: 9}"), 7, 41,
         "expected a part of the whole from 0.01% to 100%, like 40%"},
        {LIMIT("share: {at_most: 1.234%, window: 9d, free_until: 9}"), 7, 41,
         "expected a part of the whole from 0.01% to 100%, like 40%"},
        {LIMIT("share: {at_most: 1.%, window: 9d, free_until: 9}"), 7, 41,
         "expected a part of the whole from 0.01% to 100%, like 40%"},
        {LIMIT("quota: {of: [bank, bank], at_most: 4, window: 9d}"), 7, 43,
         "'bank' is in the list twice"},
    };
    EXPECT_PROBLEMS(wrong);
}

#define EXCEPTION(part)                                         \
    HEAD ZONE RULES "stops:\n  - {id: s, bank: b, reason: x}\n" \
                    "exceptions:\n  - {id: e, reason: x, when: always, approver: Li, " part "}\n"

static void exceptions_name_what_they_lift_who_approved_and_until_when(void **state)
{
    (void)state;
    struct policy *policy = compile_good(EXCEPTION("overrides: [d], expires: 2027-01-31"));
    struct policy_exception_info info = policy_exception_info(policy, 0);
    assert_int_equal(policy_exception_count(policy), 1);
    assert_string_equal(info.approver, "Li");
    assert_int_equal(info.before_ms, INT64_C(1801411200000)); /* 2027-02-01T00:00:00+08:00 */
    policy_free(policy);
    static const struct wrong wrong[] = {
        {EXCEPTION("overrides: [d]"), 10, 5, "the key 'expires' is missing"},
        {EXCEPTION("expires: 2027-01-31"), 10, 5, "the key 'overrides' is missing"},
        {EXCEPTION("overrides: [], expires: 2027-01-31"), 10, 63, "the list is empty"},
        {EXCEPTION("overrides: [a], expires: 2027-01-31"), 10, 64,
         "'a' allows; exceptions are to rules that deny"},
        {EXCEPTION("overrides: [s], expires: 2027-01-31"), 10, 64,
         "an emergency stop has no exceptions"},
        {EXCEPTION("overrides: [d, d], expires: 2027-01-31"), 10, 67, "'d' is in the list twice"},
        {EXCEPTION("overrides: [switched], expires: 2027-01-31"), 10, 64,
         "nothing has the id 'switched'"},
    };
    EXPECT_PROBLEMS(wrong);
}

static void shares_are_ordered_by_bank(void **state)
{
    (void)state;
    struct policy *policy =
        compile_good(HEAD RULES "assignment: {method: draw, shares: {b: 2, a: 3}}\n");
    assert_int_equal(policy_assignment(policy), POLICY_ASSIGN_DRAW);
    assert_int_equal(policy_share_count(policy), 2);
    assert_string_equal(policy_share_info(policy, 0).bank, "a");
    assert_int_equal(policy_share_info(policy, 0).share, 3);
    policy_free(policy);
    static const struct wrong wrong[] = {
        {HEAD RULES "assignment: {method: lot, shares: {b: 2}}\n", 6, 22,
         "'lot' is none of: weighted, draw"},
        {HEAD RULES "assignment: {method: draw, shares: {}}\n", 6, 36,
         "expected the shares of 1 to 256 banks"},
        {HEAD RULES "assignment: {method: draw, shares: {b: 0}}\n", 6, 40,
         "0 is out of range: 1 to 1000000"},
    };
    EXPECT_PROBLEMS(wrong);
}

static void cases_say_what_limits_have_counted(void **state)
{
    (void)state;
#define CASE(part)                                                                         \
    HEAD RULES "limits:\n"                                                                 \
               "  - {id: c, share: {at_most: 4%, window: 9d, free_until: 9}, reason: x}\n" \
               "tests:\n  - {name: t, expect: allow, " part "}\n"
    policy_free(compile_good(CASE("counts: {c: {bank: 1, region: 2}}, rule: c")));
    static const struct wrong wrong[] = {
        {CASE("counts: {x: 1}"), 9, 39, "no limit has the id 'x'"},
        {CASE("counts: {c: 1}"), 9, 42, "c: expected a mapping, found a single value"},
        {CASE("counts: {c: {bank: 3, region: 2}}"), 9, 42, "a bank has no more than its region"},
        {CASE("exception: a"), 9, 41, "no exception has the id 'a'"},
        {CASE("facts: {request.hour: 1}"), 9, 38,
         "request.hour follows from request.time; give that instead"},
        {CASE("facts: {request.time: 2027-01-01T25:00:00Z}"), 9, 52,
         "there is no such time of day"},
    };
    EXPECT_PROBLEMS(wrong);
}

static void scope_lists_what_it_is_about(void **state)
{
    (void)state;
    static const struct wrong wrong[] = {
        {HEAD "scope: {region: [x]}\n" RULES, 3, 9,
         "unknown key 'region'; did you mean 'regions'?"},
        {HEAD "scope: {regions: []}\n" RULES, 3, 18, "the list is empty"},
        {HEAD "scope: {regions: x}\n" RULES, 3, 18,
         "regions: expected a list, found a single value"},
    };
    EXPECT_PROBLEMS(wrong);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reason_is_given_in_every_language),
        cmocka_unit_test(calendars_that_cannot_be_are_refused),
        cmocka_unit_test(times_that_cannot_be_are_refused),
        cmocka_unit_test(stops_name_a_bank_or_a_region),
        cmocka_unit_test(limits_that_cannot_be_are_refused),
        cmocka_unit_test(exceptions_name_what_they_lift_who_approved_and_until_when),
        cmocka_unit_test(shares_are_ordered_by_bank),
        cmocka_unit_test(cases_say_what_limits_have_counted),
        cmocka_unit_test(scope_lists_what_it_is_about),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
