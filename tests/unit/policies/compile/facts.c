#include "tests/support/test.h"

#include "policies/compile/facts.h"

#include <string.h>

static void every_fact_has_a_name_and_is_found_by_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < POLICY_FACT_COUNT; i++) {
        enum policy_fact fact = (enum policy_fact)i;
        const struct policy_fact_info *info = policy_fact_info(fact);
        assert_string_equal(info->name, policy_fact_names[i]);
        assert_int_equal(policy_fact_by_name(info->name), fact);
        assert_true(strlen(info->documentation) > 0);
        assert_int_equal(info->words[0] != NULL, info->type == POLICY_WORD);
    }
    assert_null(policy_fact_names[POLICY_FACT_COUNT]);
    assert_int_equal(policy_fact_by_name("card"), POLICY_FACT_COUNT);
}

static void empty_text_leaves_a_fact_absent(void **state)
{
    (void)state;
    struct policy_facts facts = {0};
    policy_facts_set_string(&facts, POLICY_BANK_ID, "bank-a");
    assert_true(facts.values[POLICY_BANK_ID].present);
    policy_facts_set_string(&facts, POLICY_BANK_ID, "");
    assert_false(facts.values[POLICY_BANK_ID].present);
    policy_facts_set_string(&facts, POLICY_BANK_STATUS, NULL);
    assert_false(facts.values[POLICY_BANK_STATUS].present);
    assert_false(facts.has_refused);
}

static void first_impossible_value_is_remembered(void **state)
{
    (void)state;
    struct policy_facts facts = {0};
    policy_facts_set_int(&facts, POLICY_BINDING_ACTIVE_BANKS, -1);
    policy_facts_set_string(&facts, POLICY_CARD_STATUS, "stolen");
    assert_true(facts.has_refused);
    assert_int_equal(facts.refused, POLICY_BINDING_ACTIVE_BANKS);
    assert_false(facts.values[POLICY_CARD_STATUS].present);
}

static void values_are_written_for_people(void **state)
{
    (void)state;
    static const char *const regions[] = {"310000", "320000"};
    struct policy_facts facts = {0};
    char text[32];
    policy_facts_set_set(&facts, POLICY_BANK_LICENSED_REGIONS, regions, 2);
    assert_string_equal(
        policy_facts_format(&facts, POLICY_BANK_LICENSED_REGIONS, text, sizeof text),
        "{310000, 320000}");
    assert_string_equal(policy_facts_format(&facts, POLICY_BANK_LICENSED_REGIONS, text, 6),
                        "{3100");
    policy_facts_set_set(&facts, POLICY_BANK_LICENSED_REGIONS, NULL, 0);
    assert_string_equal(
        policy_facts_format(&facts, POLICY_BANK_LICENSED_REGIONS, text, sizeof text), "{}");
    policy_facts_set_int(&facts, POLICY_BINDING_ACTIVE_BANKS, 12);
    assert_string_equal(policy_facts_format(&facts, POLICY_BINDING_ACTIVE_BANKS, text, sizeof text),
                        "12");
    assert_string_equal(policy_facts_format(&facts, POLICY_CARD_REGION, text, sizeof text),
                        "absent");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fact_has_a_name_and_is_found_by_it),
        cmocka_unit_test(empty_text_leaves_a_fact_absent),
        cmocka_unit_test(first_impossible_value_is_remembered),
        cmocka_unit_test(values_are_written_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
