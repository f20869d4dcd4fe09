/* When does a condition hold? One rule allows under it, so the effect tells. */
#include "tests/support/test.h"

#include "policies/evaluate/evaluate.h"
#include "tests/unit/policies/policy_text.h"

/* Facts that all tests here start from; bank.status and the days are absent. */
static struct policy_facts sample_facts(void)
{
    static const char *const regions[] = {"310000", "320000"};
    struct policy_facts facts = {0};
    policy_facts_set_string(&facts, POLICY_CARD_REGION, "310000");
    policy_facts_set_string(&facts, POLICY_CARD_STATUS, "active");
    policy_facts_set_string(&facts, POLICY_CARD_GENERATION, "3");
    policy_facts_set_string(&facts, POLICY_BANK_ID, "bank-a");
    policy_facts_set_set(&facts, POLICY_BANK_LICENSED_REGIONS, regions, 2);
    policy_facts_set_int(&facts, POLICY_BINDING_ACTIVE_BANKS, 2);
    return facts;
}

static bool holds(const char *when)
{
    char text[RULE_TEXT_SIZE];
    struct policy *policy = compile_good(one_rule(when, text));
    struct policy_facts facts = sample_facts();
    struct policy_decision decision;
    policy_evaluate(policy, &facts, &decision);
    assert_false(decision.incomplete);
    bool result = decision.effect == POLICY_ALLOW;
    policy_free(policy);
    return result;
}

static void text_is_compared(void **state)
{
    (void)state;
    assert_true(holds("{card.region: 310000}"));
    assert_true(holds("{card.region: {equals: \"310000\"}}"));
    assert_false(holds("{card.region: 31000}"));
    assert_true(holds("{card.region: {not: 440000}}"));
    assert_false(holds("{card.region: {not: 310000}}"));
    assert_true(holds("{card.region: {in: [440000, 310000]}}"));
    assert_false(holds("{card.region: {in: [440000]}}"));
    assert_true(holds("{card.region: {not_in: [440000]}}"));
    assert_false(holds("{card.region: {not_in: [440000, 310000]}}"));
    assert_true(holds("{card.status: {in: [active, retired]}}"));
}

static void sets_are_searched(void **state)
{
    (void)state;
    assert_true(holds("{bank.licensed_regions: {contains: 320000}}"));
    assert_false(holds("{bank.licensed_regions: {contains: 3200}}"));
    assert_true(holds("{bank.licensed_regions: {lacks: 440000}}"));
    assert_false(holds("{bank.licensed_regions: {lacks: 310000}}"));
}

static void numbers_are_compared_at_their_edges(void **state)
{
    (void)state;
    assert_true(holds("{binding.active_banks: 2}"));
    assert_false(holds("{binding.active_banks: 3}"));
    assert_true(holds("{binding.active_banks: {not: 3}}"));
    assert_false(holds("{binding.active_banks: {not: 2}}"));
    assert_true(holds("{binding.active_banks: {at_least: 2}}"));
    assert_false(holds("{binding.active_banks: {at_least: 3}}"));
    assert_true(holds("{binding.active_banks: {at_most: 2}}"));
    assert_false(holds("{binding.active_banks: {at_most: 1}}"));
    assert_true(holds("{binding.active_banks: {less_than: 3}}"));
    assert_false(holds("{binding.active_banks: {less_than: 2}}"));
    assert_true(holds("{binding.active_banks: {more_than: 1}}"));
    assert_false(holds("{binding.active_banks: {more_than: 2}}"));
    assert_true(holds("{binding.active_banks: {more_than: 1, less_than: 3}}"));
    assert_false(holds("{binding.active_banks: {more_than: 1, less_than: 3, not: 2}}"));
}

static void facts_are_compared_with_facts(void **state)
{
    (void)state;
    assert_true(holds("{bank.licensed_regions: {contains: $card.region}}"));
    assert_false(holds("{bank.licensed_regions: {contains: $card.generation}}"));
    assert_true(holds("{card.region: {in: $bank.licensed_regions}}"));
    assert_false(holds("{bank.id: {in: $bank.licensed_regions}}"));
    assert_true(holds("{card.region: {not: $bank.id}}"));
    assert_false(holds("{card.region: $bank.id}"));
}

static void absent_facts_satisfy_no_comparison(void **state)
{
    (void)state;
    assert_false(holds("{bank.status: active}"));
    assert_false(holds("{bank.status: {not: active}}"));
    assert_false(holds("{bank.status: {not_in: [active]}}"));
    assert_false(holds("{binding.days_since_last_switch: {less_than: 30}}"));
    assert_false(holds("{binding.days_since_last_switch: {at_least: 0}}"));
    assert_false(holds("{binding.active_banks: {not: $binding.days_since_last_switch}}"));
}

static void presence_can_be_asked_for(void **state)
{
    (void)state;
    assert_true(holds("{bank.status: {absent: true}}"));
    assert_false(holds("{bank.status: {present: true}}"));
    assert_true(holds("{bank.id: {present: true}}"));
    assert_false(holds("{bank.id: {absent: true}}"));
}

static void groups_combine_conditions(void **state)
{
    (void)state;
    assert_true(holds("always"));
    assert_false(holds("{card.region: 310000, bank.id: bank-b}"));
    assert_true(holds("{any: [{bank.id: bank-b}, {card.region: 310000}]}"));
    assert_false(holds("{any: [{bank.id: bank-b}, {card.region: 440000}]}"));
    assert_true(holds("{all: [{bank.id: bank-a}, {card.region: 310000}]}"));
    assert_false(holds("{all: [{bank.id: bank-a}, {card.region: 440000}]}"));
    assert_true(holds("{none: [{bank.id: bank-b}, {card.region: 440000}]}"));
    assert_false(holds("{none: [{bank.id: bank-b}, {card.region: 310000}]}"));
    assert_false(holds("{any: [{bank.id: bank-a, card.region: 440000}]}"));
    assert_true(holds("{none: [{any: [{bank.id: bank-b}]}]}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_compared),
        cmocka_unit_test(sets_are_searched),
        cmocka_unit_test(numbers_are_compared_at_their_edges),
        cmocka_unit_test(facts_are_compared_with_facts),
        cmocka_unit_test(absent_facts_satisfy_no_comparison),
        cmocka_unit_test(presence_can_be_asked_for),
        cmocka_unit_test(groups_combine_conditions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
