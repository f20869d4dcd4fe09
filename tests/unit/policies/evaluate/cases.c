#include "tests/support/test.h"

#include "policies/evaluate/cases.h"
#include "tests/unit/policies/policy_text.h"

static struct policy_case_result run_case(const char *tests)
{
    char text[RULE_TEXT_SIZE];
    (void)snprintf(text, sizeof text,
                   "version: 1\n"
                   "name: p\n"
                   "rules:\n"
                   "  - {id: a, effect: allow, when: {bank.id: a}, reason: x,\n"
                   "     obligations: {retire_old_bank: lock}}\n"
                   "  - {id: both, effect: allow, when: {bank.id: {in: [a, b]}}, reason: x}\n"
                   "test_facts: {bank.id: a}\n"
                   "tests:\n%s",
                   tests);
    struct policy *policy = compile_good(text);
    assert_int_equal(policy_case_count(policy), 1);
    struct policy_case_result result;
    policy_case_run(policy, 0, &result);
    result.name = NULL; /* the policy's */
    policy_free(policy);
    return result;
}

static void expect_pass(const char *tests)
{
    struct policy_case_result result = run_case(tests);
    assert_string_equal(result.difference, "");
    assert_true(result.passed);
}

static void expect_difference(const char *tests, const char *difference)
{
    struct policy_case_result result = run_case(tests);
    assert_string_equal(result.difference, difference);
    assert_false(result.passed);
    assert_int_equal(result.line, 9);
}

static void cases_pass_when_all_that_they_expect_comes(void **state)
{
    (void)state;
    expect_pass("  - {name: t, expect: allow}\n");
    expect_pass("  - {name: t, expect: allow, rule: a}\n");
    expect_pass("  - {name: t, expect: allow, rule: both}\n");
    expect_pass("  - {name: t, expect: allow, obligations: {retire_old_bank: lock}}\n");
    expect_pass("  - {name: t, facts: {bank.id: z}, expect: deny, rule: default-deny}\n");
    expect_pass("  - {name: t, without: [bank.id], expect: deny}\n");
}

static void cases_fail_and_say_what_came_instead(void **state)
{
    (void)state;
    expect_difference("  - {name: t, expect: deny}\n", "expected deny, got allow by a");
    expect_difference("  - {name: t, facts: {bank.id: z}, expect: allow}\n",
                      "expected allow, got deny by default-deny");
    expect_difference("  - {name: t, facts: {bank.id: b}, expect: allow, rule: a}\n",
                      "expected the rule a, but both decided");
    expect_difference("  - {name: t, expect: allow, obligations: {retire_old_bank: delete}}\n",
                      "expected retire_old_bank: delete, allow_break_before_make: false; got "
                      "retire_old_bank: lock, allow_break_before_make: false");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases_pass_when_all_that_they_expect_comes),
        cmocka_unit_test(cases_fail_and_say_what_came_instead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
