#include "tests/support/test.h"

#include "tests/unit/policies/policy_text.h"

#include "scp/crypto/hash.h"

#include <stdlib.h>

#define HEAD "version: 1\nname: p\n"
#define RULE(id) "  - {id: " id ", effect: allow, when: always, reason: x}\n"

static void policy_knows_its_rules_and_its_digest(void **state)
{
    (void)state;
    const char *text = "version: 1\nname: two\ndescription: Two rules.\nrules:\n" RULE(
        "a") "  - {id: b, effect: deny, when: always, reason: no}\n";
    struct policy *policy = compile_good(text);
    assert_string_equal(policy_name(policy), "two");
    assert_string_equal(policy_description(policy), "Two rules.");
    assert_int_equal(policy_rule_count(policy), 2);
    struct policy_rule_info rule = policy_rule_info(policy, 1);
    assert_string_equal(rule.id, "b");
    assert_int_equal(rule.effect, POLICY_DENY);
    assert_string_equal(rule.reason, "no");
    assert_int_equal(rule.line, 6);
    assert_int_equal(policy_case_count(policy), 0);
    uint8_t digest[POLICY_DIGEST_SIZE];
    assert_int_equal(scp_sha256(scp_bytes_of(text, strlen(text)), digest), SCP_OK);
    assert_memory_equal(policy_digest(policy), digest, sizeof digest);
    policy_free(policy);
}

static void digest_covers_every_byte_of_the_file(void **state)
{
    (void)state;
    struct policy *plain = compile_good(HEAD "rules:\n" RULE("a"));
    struct policy *marked = compile_good("\xEF\xBB\xBF" HEAD "rules:\n" RULE("a"));
    assert_memory_not_equal(policy_digest(plain), policy_digest(marked), POLICY_DIGEST_SIZE);
    policy_free(plain);
    policy_free(marked);
}

struct wrong {
    const char *text;
    unsigned line;
    unsigned column;
    const char *message;
};

static void expect_problem(const struct wrong *wrong)
{
    struct document_problem problem;
    struct policy *policy = compile_text(wrong->text, &problem);
    assert_null(policy);
    assert_string_equal(problem.text, wrong->message);
    assert_int_equal(problem.line, wrong->line);
    assert_int_equal(problem.column, wrong->column);
}

static void mistakes_in_the_frame_are_named_with_their_place(void **state)
{
    (void)state;
    const struct wrong cases[] = {
        {"[]", 1, 1, "expected a mapping, found a list"},
        {"name: p\nrules: []\n", 1, 1, "the key 'version' is missing"},
        {"version: 2\nname: p\n", 1, 10, "2 is out of range: 1 to 1"},
        {"version: 1\nnmae: p\n", 2, 1, "unknown key 'nmae'; did you mean 'name'?"},
        {"version: 1\nname: My Policy\n", 2, 7,
         "expected at most 64 lower-case letters, digits and hyphens, not a hyphen first"},
        {HEAD, 1, 1, "the key 'rules' is missing"},
        {HEAD "rules: []\n", 3, 8, "expected 1 to 16384 rules"},
        {HEAD "rules: {a: b}\n", 3, 8, "rules: expected a list, found a mapping"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_problem(&cases[i]);
}

static void mistakes_in_rules_are_named_with_their_place(void **state)
{
    (void)state;
    const struct wrong cases[] = {
        {HEAD "rules:\n" RULE("a") RULE("b") RULE("a"), 6, 10, "the id 'a' is taken in line 4"},
        {HEAD "rules:\n" RULE("default-deny"), 4, 10, "the id 'default-deny' is reserved"},
        {HEAD "rules:\n" RULE("-a"), 4, 10,
         "expected at most 64 lower-case letters, digits and hyphens, not a hyphen first"},
        {HEAD "rules:\n  - {effect: allow, when: always, reason: x}\n", 4, 5,
         "the key 'id' is missing"},
        {HEAD "rules:\n  - {id: a, effect: alow, when: always, reason: x}\n", 4, 21,
         "'alow' is none of: deny, allow; did you mean 'allow'?"},
        {HEAD "rules:\n  - {id: a, effect: allow, reason: x}\n", 4, 5, "the key 'when' is missing"},
        {HEAD "rules:\n  - {id: a, effect: allow, when: always}\n", 4, 5,
         "the key 'reason' is missing"},
        {HEAD "rules:\n  - {id: a, effect: deny, when: always, reason: x, "
              "obligations: {retire_old_bank: keep}}\n",
         4, 52, "a rule that denies has no obligations"},
        {HEAD "rules:\n  - {id: a, effect: allow, when: always, reason: x, "
              "obligations: {retire_old_bank: burn}}\n",
         4, 84, "'burn' is none of: keep, lock, delete"},
        {HEAD "rules:\n  - {id: a, effect: allow, when: always, reason: x, "
              "obligations: {retire_old_bnk: keep}}\n",
         4, 67, "unknown key 'retire_old_bnk'; did you mean 'retire_old_bank'?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_problem(&cases[i]);
}

struct wrong_when {
    const char *when;
    unsigned column; /* of `when`'s own text, from 1 */
    const char *message;
};

static void expect_when_problem(const struct wrong_when *wrong)
{
    char text[RULE_TEXT_SIZE];
    const struct wrong whole = {one_rule(wrong->when, text), 7, wrong->column + 10, wrong->message};
    expect_problem(&whole);
}

static void conditions_that_are_not_understood_are_refused(void **state)
{
    (void)state;
    const struct wrong_when cases[] = {
        {"never", 1, "expected conditions, or the word always"},
        {"[]", 1, "when: expected a mapping, found a list"},
        {"{}", 1, "a condition is missing"},
        {"{card.regoin: x}", 2, "unknown fact 'card.regoin'; did you mean 'card.region'?"},
        {"{card.region: {is: x}}", 16, "unknown operator 'is'; did you mean 'in'?"},
        {"{card.region: {}}", 15, "an operator is missing"},
        {"{card.region: {in: []}}", 20, "the list is empty"},
        {"{card.region: {in: x}}", 20, "in: expected a list, found a single value"},
        {"{card.region: [a, b]}", 15, "card.region: write {in: …}"},
        {"{bank.licensed_regions: a}", 25, "bank.licensed_regions: write {contains: …}"},
        {"{card.region: {in: [a, a]}}", 24, "'a' is in the list twice"},
        {"{card.region: }", 15, "card.region: a value is missing"},
        {"{any: []}", 7, "the list is empty"},
        {"{any: {card.region: x}}", 7, "any: expected a list, found a mapping"},
        {"{any: [{}]}", 8, "a condition is missing"},
        {"{none: [x]}", 9, "expected a mapping, found a single value"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_when_problem(&cases[i]);
}

static void values_of_another_type_are_refused(void **state)
{
    (void)state;
    const struct wrong_when cases[] = {
        {"{card.status: activ}", 15,
         "'activ' is none of: active, quarantined, retired; did you mean 'active'?"},
        {"{card.status: {in: [active, lost]}}", 29,
         "'lost' is none of: active, quarantined, retired"},
        {"{binding.active_banks: many}", 24, "expected a whole number"},
        {"{binding.active_banks: {at_least: '1'}}", 35, "expected a whole number without quotes"},
        {"{card.region: {at_least: 3}}", 16, "'at_least' does not suit card.region, which is text"},
        {"{card.region: {contains: a}}", 16, "'contains' does not suit card.region, which is text"},
        {"{binding.active_banks: {in: [1]}}", 25,
         "'in' does not suit binding.active_banks, which is a number"},
        {"{bank.licensed_regions: {equals: a}}", 26,
         "'equals' does not suit bank.licensed_regions, which is a set of texts"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_when_problem(&cases[i]);
}

static void comparisons_that_can_never_hold_are_refused(void **state)
{
    (void)state;
    const struct wrong_when cases[] = {
        {"{binding.active_banks: {less_than: 0}}", 36,
         "this can never hold: binding.active_banks would have to be negative"},
        {"{binding.active_banks: -1}", 24,
         "this can never hold: binding.active_banks would have to be negative"},
        {"{binding.active_banks: {at_least: 5, less_than: 5}}", 49,
         "this can never hold: binding.active_banks would have to be two things at once"},
        {"{binding.active_banks: {equals: 2, more_than: 2}}", 47,
         "this can never hold: binding.active_banks would have to be two things at once"},
        {"{card.region: $card.region}", 15, "card.region is compared with itself"},
        {"{card.region: $binding.active_banks}", 15,
         "'equals' cannot compare card.region (text) with binding.active_banks (a number)"},
        {"{card.region: $bank.licensed_regions}", 15,
         "'equals' cannot compare card.region (text) with bank.licensed_regions (a set of texts)"},
        {"{card.status: $bank.status}", 15,
         "'equals' cannot compare card.status (a word) with bank.status (a word)"},
        {"{bank.licensed_regions: {contains: $binding.active_banks}}", 36,
         "'contains' cannot compare bank.licensed_regions (a set of texts) with "
         "binding.active_banks (a number)"},
        {"{card.region: {in: $bank.id}}", 20,
         "'in' cannot compare card.region (text) with bank.id (text)"},
        {"{card.region: {in: [a, $bank.id]}}", 24,
         "a fact cannot stand here, only instead of a whole list or value; in quotes it is plain "
         "text"},
        {"{card.region: $card.regoin}", 15,
         "unknown fact 'card.regoin'; did you mean 'card.region'?"},
        {"{card.region: {absent: true}}", 24, "card.region is always present"},
        {"{bank.id: {present: false}}", 21, "'present' takes true; its opposite is 'absent'"},
        {"{bank.id: {absent: yes}}", 20, "expected true or false"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_when_problem(&cases[i]);
}

static void ranges_that_touch_are_possible(void **state)
{
    (void)state;
    char text[RULE_TEXT_SIZE];
    policy_free(compile_good(
        one_rule("{binding.active_banks: {at_least: 5, less_than: 6, not: 7}}", text)));
    policy_free(compile_good(
        one_rule("{binding.active_banks: {less_than: $binding.days_since_last_switch}}", text)));
}

static void quoted_dollar_is_plain_text(void **state)
{
    (void)state;
    char text[RULE_TEXT_SIZE];
    policy_free(compile_good(one_rule("{bank.id: \"$no.fact\"}", text)));
    policy_free(compile_good(one_rule("{bank.id: {in: [\"$no.fact\", b]}}", text)));
}

static void mistakes_in_cases_are_named_with_their_place(void **state)
{
    (void)state;
#define ONE HEAD "rules:\n" RULE("a")
    const struct wrong cases[] = {
        {ONE "tests: x\n", 5, 8, "tests: expected a list, found a single value"},
        {ONE "tests:\n  - {name: t}\n", 6, 5, "the key 'expect' is missing"},
        {ONE "tests:\n  - {name: t, expect: allow, rule: b}\n", 6, 36, "nothing has the id 'b'"},
        {ONE "tests:\n  - {name: t, expect: allow}\n  - {name: t, expect: deny}\n", 7, 12,
         "the name is taken by the case in line 6"},
        {ONE "test_facts: {card.regoin: x}\n", 5, 14,
         "unknown fact 'card.regoin'; did you mean 'card.region'?"},
        {ONE "test_facts: {card.status: x}\n", 5, 27,
         "'x' is none of: active, quarantined, retired"},
        {ONE "test_facts: {binding.active_banks: -1}\n", 5, 36,
         "binding.active_banks is never negative"},
        {ONE "test_facts: {bank.licensed_regions: x}\n", 5, 37,
         "bank.licensed_regions: expected a list, found a single value"},
        {ONE "tests:\n  - {name: t, expect: allow, without: [bank]}\n", 6, 40,
         "unknown fact 'bank'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_problem(&cases[i]);
}

/* HEAD and that many rules; the heap's. */
static char *rules_of(int count)
{
    size_t cap = 128 + 80 * (size_t)count;
    char *text = malloc(cap);
    assert_non_null(text);
    int len = snprintf(text, cap, HEAD "rules:\n");
    for (int i = 0; i < count; i++)
        len += snprintf(text + len, cap - (size_t)len,
                        "  - {id: r%d, effect: allow, when: always, reason: x}\n", i);
    return text;
}

static void number_of_rules_is_limited(void **state)
{
    (void)state;
    char *text = rules_of(POLICY_RULES_MAX);
    policy_free(compile_good(text));
    free(text);
    text = rules_of(POLICY_RULES_MAX + 1);
    struct document_problem problem;
    assert_null(compile_text(text, &problem));
    assert_string_equal(problem.text, "expected 1 to 16384 rules");
    free(text);
}

static void number_of_conditions_is_limited(void **state)
{
    (void)state;
    /* Each member of the list is a group with one test in it. */
    enum { MEMBERS = POLICY_CONDITIONS_MAX / 2 };
    const char member[] = "{bank.id: b},";
    size_t cap = sizeof member * MEMBERS + 256;
    char *text = malloc(cap);
    assert_non_null(text);
    int len = snprintf(text, cap,
                       HEAD "rules:\n  - {id: a, effect: allow, reason: x, "
                            "when: {any: [");
    for (int i = 0; i < MEMBERS; i++)
        len += snprintf(text + len, cap - (size_t)len, "%s", member);
    (void)snprintf(text + len, cap - (size_t)len, "]}}\n");
    struct document_problem problem;
    assert_null(compile_text(text, &problem));
    assert_string_equal(problem.text, "the policy has more than 131072 conditions");
    free(text);
}

static void reasons_are_limited_to_what_records_hold(void **state)
{
    (void)state;
    char text[1024];
    (void)snprintf(text, sizeof text,
                   HEAD "rules:\n  - {id: a, effect: allow, when: always, reason: r%0256d}\n", 0);
    const struct wrong wrong = {text, 4, 50, "the reason is longer than 256 bytes"};
    expect_problem(&wrong);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policy_knows_its_rules_and_its_digest),
        cmocka_unit_test(digest_covers_every_byte_of_the_file),
        cmocka_unit_test(mistakes_in_the_frame_are_named_with_their_place),
        cmocka_unit_test(mistakes_in_rules_are_named_with_their_place),
        cmocka_unit_test(conditions_that_are_not_understood_are_refused),
        cmocka_unit_test(values_of_another_type_are_refused),
        cmocka_unit_test(comparisons_that_can_never_hold_are_refused),
        cmocka_unit_test(ranges_that_touch_are_possible),
        cmocka_unit_test(quoted_dollar_is_plain_text),
        cmocka_unit_test(mistakes_in_cases_are_named_with_their_place),
        cmocka_unit_test(number_of_rules_is_limited),
        cmocka_unit_test(number_of_conditions_is_limited),
        cmocka_unit_test(reasons_are_limited_to_what_records_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
