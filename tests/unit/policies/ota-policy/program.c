/* The program itself, run as a user runs it: what it prints and how it exits. */
#include "tests/support/test.h"

#include "policies/compile/schema.h"
#include "tests/unit/policies/ota-policy/run_program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SAMPLE REBIND_SOURCE_DIR "/configs/policies/open-choice.yaml"

static char folder[] = "/tmp/rebind-ota-policy-XXXXXX";
static char failing[64]; /* a policy with a case that fails and a rule that none exercises */
static char broken[64];  /* no policy */
static char grouped[64]; /* a policy with groups in its conditions */

static int make_files(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    write_file(folder, failing, "failing.yaml",
               "version: 1\n"
               "name: failing\n"
               "rules:\n"
               "  - {id: a, effect: allow, when: {bank.id: a}, reason: x}\n"
               "  - {id: b, effect: deny, when: {bank.id: b}, reason: x}\n"
               "tests:\n"
               "  - {name: right, facts: {bank.id: a}, expect: allow}\n"
               "  - {name: wrong, facts: {bank.id: c}, expect: allow}\n");
    write_file(folder, grouped, "grouped.yaml",
               "version: 1\n"
               "name: grouped\n"
               "rules:\n"
               "  - id: few\n"
               "    effect: allow\n"
               "    when: {any: [{binding.active_banks: 0}, {none: [{bank.id: a}]}]}\n"
               "    reason: x\n");
    write_file(folder, broken, "broken.yaml", "version: 1\nnmae: x\n");
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    return unlink(failing) | unlink(grouped) | unlink(broken) | rmdir(folder);
}

static const json_t *first_file(const json_t *json)
{
    return json_array_get(json_object_get(json, "files"), 0);
}

static void check_accepts_the_sample_policy(void **state)
{
    (void)state;
    expect_text("check " SAMPLE, 0, ": open-choice is valid: ");
    json_t *json = expect_json("check --json " SAMPLE, 0);
    assert_string_equal(string_at(first_file(json), "name"), "open-choice");
    assert_true(json_is_true(json_object_get(first_file(json), "valid")));
    assert_int_equal(strlen(string_at(first_file(json), "sha256")), 64);
    json_decref(json);
}

static void check_shows_the_line_of_a_mistake(void **state)
{
    (void)state;
    char arguments[128];
    (void)snprintf(arguments, sizeof arguments, "check %s", broken);
    expect_text(arguments, 1,
                ":2:1: unknown key 'nmae'; did you mean 'name'?\n"
                "  2 | nmae: x\n"
                "    | ^\n");
    (void)snprintf(arguments, sizeof arguments, "check --json %s", broken);
    json_t *json = expect_json(arguments, 1);
    const json_t *problem = json_object_get(first_file(json), "problem");
    assert_int_equal(json_integer_value(json_object_get(problem, "line")), 2);
    assert_int_equal(json_integer_value(json_object_get(problem, "column")), 1);
    json_decref(json);
}

static void check_goes_on_after_a_bad_file(void **state)
{
    (void)state;
    char arguments[256];
    (void)snprintf(arguments, sizeof arguments, "check %s %s", broken, SAMPLE);
    expect_text(arguments, 1, "open-choice is valid");
}

static void check_tells_what_the_analysis_finds(void **state)
{
    (void)state;
    char path[64];
    char arguments[128];
    write_file(folder, path, "found.yaml",
               "version: 1\n"
               "name: found\n"
               "rules:\n"
               "  - {id: a, effect: allow, when: {bank.id: a}, reason: x}\n"
               "  - {id: b, effect: allow, when: always, reason: x}\n");
    (void)snprintf(arguments, sizeof arguments, "check %s", path);
    expect_text(arguments, 0, ":4: shadowed: a: it adds nothing to this rule: b (line 5)\n");
    (void)snprintf(arguments, sizeof arguments, "check --strict %s", path);
    expect_text(arguments, 1, "shadowed");
    (void)snprintf(arguments, sizeof arguments, "check -j %s", path);
    json_t *json = expect_json(arguments, 0);
    const json_t *finding = json_array_get(json_object_get(first_file(json), "findings"), 0);
    assert_string_equal(string_at(finding, "kind"), "shadowed");
    assert_string_equal(string_at(finding, "other"), "b");
    assert_true(json_is_true(json_object_get(finding, "mistake")));
    json_decref(json);
    (void)unlink(path);
}

static void sample_policy_passes_its_own_tests(void **state)
{
    (void)state;
    struct outcome outcome;
    run_program("test " SAMPLE, &outcome);
    assert_int_equal(outcome.status, 0);
    assert_non_null(strstr(outcome.text, " cases passed"));
    assert_null(strstr(outcome.text, "FAIL"));
    assert_null(strstr(outcome.text, "no case exercises"));
}

static void test_names_failed_cases_and_unexercised_rules(void **state)
{
    (void)state;
    char arguments[128];
    (void)snprintf(arguments, sizeof arguments, "test %s", failing);
    expect_text(arguments, 1, "failing.yaml:8: expected allow, got deny by default-deny\n");
    expect_text(arguments, 1, "failing.yaml:5: no case exercises the rule b\n");
    expect_text(arguments, 1, "1 of 2 cases passed\n");
    (void)snprintf(arguments, sizeof arguments, "test -j %s", failing);
    json_t *json = expect_json(arguments, 1);
    const json_t *unexercised = json_object_get(first_file(json), "unexercised");
    assert_int_equal(json_array_size(unexercised), 1);
    assert_string_equal(json_string_value(json_array_get(unexercised, 0)), "b");
    assert_int_equal(json_integer_value(json_object_get(first_file(json), "failed")), 1);
    json_decref(json);
}

static void test_of_an_invalid_file_is_bad_input(void **state)
{
    (void)state;
    char arguments[128];
    (void)snprintf(arguments, sizeof arguments, "test %s", broken);
    expect_text(arguments, 2, "unknown key 'nmae'");
    expect_text("test /nowhere.yaml", 2, "cannot open /nowhere.yaml");
}

#define BIND                                                              \
    " -f request.action=bind -f card.status=active -f card.region=310000" \
    " -f bank.status=active -f bank.licensed_regions=310000,320000"

static void explain_shows_the_deciding_rule_as_a_tree(void **state)
{
    (void)state;
    expect_text("explain " SAMPLE BIND, 0, "allow  by licensed-bank\n");
    expect_text("explain " SAMPLE BIND, 0,
                "    yes  bank.licensed_regions contains $card.region  "
                "(bank.licensed_regions is {310000, 320000}, card.region is 310000)\n");
    expect_text("explain " SAMPLE BIND, 0, "retire_old_bank: delete");
    expect_text("explain --all " SAMPLE BIND, 0, "    no   bank.status equals suspended  (");
}

static void explain_names_the_fact_that_is_missing(void **state)
{
    (void)state;
    expect_text("explain " SAMPLE " -f request.action=revoke", 0, "missing      card.status\n");
    expect_text("explain " SAMPLE " -f request.action=revoke", 0, " cannot be told\n");
}

static void explain_answers_in_json_with_nested_conditions(void **state)
{
    (void)state;
    json_t *json = expect_json("explain -j " SAMPLE BIND, 0);
    const json_t *decision = json_object_get(json, "decision");
    assert_string_equal(string_at(decision, "effect"), "allow");
    assert_string_equal(string_at(decision, "rule"), "licensed-bank");
    assert_string_equal(string_at(json_object_get(json, "facts_read"), "card.region"), "310000");
    assert_null(json_object_get(json_object_get(json, "facts_read"), "bank.id"));
    const json_t *rule = json_array_get(json_object_get(json, "rules"), 0);
    assert_true(json_is_true(json_object_get(rule, "decides")));
    assert_int_equal(json_array_size(json_object_get(rule, "conditions")), 4);
    json_decref(json);
}

static void explain_nests_groups_in_text_and_json(void **state)
{
    (void)state;
    char arguments[128];
    (void)snprintf(arguments, sizeof arguments, "explain %s -f binding.active_banks=3 -f bank.id=a",
                   grouped);
    expect_text(arguments, 0,
                "    no   any of:\n"
                "    no     binding.active_banks equals 0  (binding.active_banks is 3)\n"
                "    no     none of:\n"
                "    yes      bank.id equals a  (bank.id is a)\n");
    (void)snprintf(arguments, sizeof arguments, "explain -j %s -f binding.active_banks=0", grouped);
    json_t *json = expect_json(arguments, 0);
    const json_t *rule = json_array_get(json_object_get(json, "rules"), 0);
    const json_t *any = json_array_get(json_object_get(rule, "conditions"), 0);
    const json_t *none = json_array_get(json_object_get(any, "conditions"), 1);
    assert_string_equal(string_at(none, "condition"), "none of");
    const json_t *bank = json_array_get(json_object_get(none, "conditions"), 0);
    assert_string_equal(string_at(bank, "found"), "bank.id is absent");
    json_decref(json);
}

#define CITY REBIND_SOURCE_DIR "/configs/policies/city-share-cap.yaml"
#define MOVE                                                                                    \
    " -f request.action=switch -f request.time=2027-01-13T10:00:00+08:00 -f card.status=active" \
    " -f card.region=310000 -f card.generation=3 -f bank.id=bank-a -f bank.status=active"       \
    " -f bank.licensed_regions=310000 -f binding.active_banks=1"

/* Nobody counts on a command line. */
static void explain_names_the_counter_that_is_missing(void **state)
{
    (void)state;
    expect_text("explain " CITY MOVE, 0, "deny  by incomplete-facts\n");
    expect_text("explain " CITY MOVE, 0, "missing      a counter: share-cap\n");
    expect_text("explain " CITY MOVE " -c share-cap=79/199 -c daily-quota=7", 0,
                "  limit        three-a-year: not known\n");
    json_t *json = expect_json("explain -j " CITY MOVE " -c share-cap=79/199 -c daily-quota=7", 0);
    const json_t *limits = json_object_get(json_object_get(json, "decision"), "limits");
    assert_true(json_is_null(json_object_get(json_array_get(limits, 2), "counted")));
    assert_true(json_is_true(json_object_get(json_array_get(limits, 2), "unknown")));
    assert_true(
        json_is_null(json_object_get(json_array_get(limits, 3), "counted"))); /* no switch */
    json_decref(json);
    expect_text("explain " CITY MOVE " -c share-cap=79/199 -c daily-quota=0 -c three-a-year=0", 0,
                "allow  by free-choice\n");
    expect_text("explain " CITY MOVE " -c share-cap=80/200 -c daily-quota=0 -c three-a-year=0", 0,
                "  limit        share-cap: 80 of 200, 79 reached\n");
    expect_text("explain " CITY MOVE " -c share-cap", 2, "expected LIMIT=N");
    expect_text("explain " CITY MOVE " -c share-cpa=1/2", 2, "did you mean 'share-cap'?");
}

static void explain_shows_limits_exceptions_and_languages(void **state)
{
    (void)state;
    char path[64];
    char arguments[256];
    write_file(folder, path, "lifted.yaml",
               "version: 1\n"
               "name: lifted\n"
               "languages: [en, fr]\n"
               "rules:\n"
               "  - {id: a, effect: allow, when: always, reason: {en: yes, fr: oui}}\n"
               "  - {id: d, effect: deny, when: {bank.id: b}, reason: {en: no, fr: non}}\n"
               "limits:\n"
               "  - {id: l, cool_down: {days: 30}, reason: {en: wait, fr: attendez}}\n"
               "exceptions:\n"
               "  - {id: e, overrides: [d], when: {card.id: c}, approver: Li,\n"
               "     expires: 2027-01-31T00:00:00Z, reason: {en: x, fr: x}}\n");
    (void)snprintf(arguments, sizeof arguments,
                   "explain --all %s -f request.action=switch -f bank.id=b -f card.id=c -f "
                   "request.time=2027-01-01T00:00:00Z -f binding.days_since_last_switch=3",
                   path);
    expect_text(arguments, 0, "deny  by l\n  reason       wait\n  fr           attendez\n");
    expect_text(arguments, 0, "  exception    e\n");
    expect_text(arguments, 0, "  limit        l: 3, 30 reached\n");
    expect_text(arguments, 0, "    yes  exception e:\n");
    (void)snprintf(arguments, sizeof arguments,
                   "explain %s -f request.action=switch -f bank.id=b -f card.id=c -f "
                   "request.time=2027-01-01T00:00:00Z",
                   path);
    expect_text(arguments, 0, "allow  by a\n");
    expect_text(arguments, 0, ":6) is lifted by an exception\n");
    (void)unlink(path);
}

static void explain_of_an_invalid_file_is_bad_input(void **state)
{
    (void)state;
    char arguments[128];
    (void)snprintf(arguments, sizeof arguments, "explain %s", broken);
    expect_text(arguments, 2, ":2:1: unknown key 'nmae'");
    (void)snprintf(arguments, sizeof arguments, "explain --json %s", broken);
    json_t *json = expect_json(arguments, 2);
    assert_non_null(json_object_get(json, "problem"));
    json_decref(json);
    (void)snprintf(arguments, sizeof arguments, "test --json %s", broken);
    json = expect_json(arguments, 2);
    assert_non_null(json_object_get(first_file(json), "problem"));
    json_decref(json);
}

static void answers_that_cannot_be_written_are_a_failure(void **state)
{
    (void)state;
    expect_text("check " SAMPLE " >/dev/full", 2, "");
    expect_text("check --json " SAMPLE " >/dev/full", 2, "");
}

static void facts_of_the_wrong_kind_are_bad_input(void **state)
{
    (void)state;
    expect_text("explain " SAMPLE " -f card.regoin=1", 2, "did you mean 'card.region'?");
    expect_text("explain " SAMPLE " -f card.region", 2, "expected NAME=VALUE");
    expect_text("explain " SAMPLE " -f card.region=", 2, "the value is missing");
    expect_text("explain " SAMPLE " -f card.region=1 -f card.region=2", 2, "given twice");
    expect_text("explain " SAMPLE " -f card.status=lost", 2,
                "card.status is one of: active quarantined retired");
    expect_text("explain " SAMPLE " -f binding.active_banks=-1", 2, "expected a whole number");
}

static void wrong_usage_is_told(void **state)
{
    (void)state;
    expect_text("", 2, "a command is missing");
    expect_text("chekc x", 2, "unknown command 'chekc'; did you mean 'check'?");
    expect_text("check", 2, "check needs a file");
    expect_text("explain a b", 2, "explain takes one file");
    expect_text("check " SAMPLE " --fact card.region=1", 2, "check takes no facts");
}

static void help_has_examples_and_exit_status(void **state)
{
    (void)state;
    expect_text("--help", 0, "Examples:\n");
    expect_text("--help", 0, "Exit status:\n");
}

static void facts_lists_the_schema_and_the_operators(void **state)
{
    (void)state;
    expect_text("facts", 0, "binding.days_since_last_switch  a number");
    expect_text("facts", 0, "a set of texts                  contains lacks present absent\n");
    json_t *json = expect_json("facts --json", 0);
    assert_int_equal(json_array_size(json_object_get(json, "facts")), POLICY_FACT_COUNT);
    const json_t *number = json_object_get(json_object_get(json, "operators"), "a number");
    assert_string_equal(json_string_value(json_array_get(number, 0)), "equals");
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_accepts_the_sample_policy),
        cmocka_unit_test(check_shows_the_line_of_a_mistake),
        cmocka_unit_test(check_goes_on_after_a_bad_file),
        cmocka_unit_test(sample_policy_passes_its_own_tests),
        cmocka_unit_test(test_names_failed_cases_and_unexercised_rules),
        cmocka_unit_test(test_of_an_invalid_file_is_bad_input),
        cmocka_unit_test(explain_shows_the_deciding_rule_as_a_tree),
        cmocka_unit_test(explain_names_the_fact_that_is_missing),
        cmocka_unit_test(explain_answers_in_json_with_nested_conditions),
        cmocka_unit_test(explain_nests_groups_in_text_and_json),
        cmocka_unit_test(check_tells_what_the_analysis_finds),
        cmocka_unit_test(explain_names_the_counter_that_is_missing),
        cmocka_unit_test(explain_shows_limits_exceptions_and_languages),
        cmocka_unit_test(explain_of_an_invalid_file_is_bad_input),
        cmocka_unit_test(answers_that_cannot_be_written_are_a_failure),
        cmocka_unit_test(facts_of_the_wrong_kind_are_bad_input),
        cmocka_unit_test(wrong_usage_is_told),
        cmocka_unit_test(facts_lists_the_schema_and_the_operators),
        cmocka_unit_test(help_has_examples_and_exit_status),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
