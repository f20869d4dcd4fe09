#include "tests/support/test.h"

#include "policies/compile/text.h"
#include "policies/evaluate/explain.h"
#include "tests/unit/policies/policy_text.h"

static void write_line(void *user, const struct policy_explanation *item)
{
    policy_text_add(user, "%*s%s %s%s%s\n", (int)(2 * item->depth), "",
                    item->answer == POLICY_YES ? "+" : "-", item->condition,
                    item->is_group ? "" : " | ", item->found);
}

static void every_condition_is_told_with_what_was_found(void **state)
{
    (void)state;
    static const char *const regions[] = {"310000"};
    char source[RULE_TEXT_SIZE];
    struct policy *policy = compile_good(one_rule("\n"
                                                  "      card.status: {in: [active, retired]}\n"
                                                  "      any:\n"
                                                  "        - bank.id: bank-b\n"
                                                  "        - bank.id: bank-a\n"
                                                  "          card.generation: {not: \"2\"}\n"
                                                  "      none:\n"
                                                  "        - binding.active_banks: {at_least: 3}\n"
                                                  "      bank.licensed_regions:\n"
                                                  "        contains: $card.region\n"
                                                  "        lacks: \"440000\"\n"
                                                  "      bank.status: {absent: true}\n",
                                                  source));
    struct policy_facts facts = {0};
    policy_facts_set_string(&facts, POLICY_CARD_STATUS, "active");
    policy_facts_set_string(&facts, POLICY_CARD_REGION, "320000");
    policy_facts_set_string(&facts, POLICY_CARD_GENERATION, "3");
    policy_facts_set_string(&facts, POLICY_BANK_ID, "bank-a");
    policy_facts_set_set(&facts, POLICY_BANK_LICENSED_REGIONS, regions, 1);
    policy_facts_set_int(&facts, POLICY_BINDING_ACTIVE_BANKS, 1);
    char told[2048];
    struct policy_text text = policy_text_on(told, sizeof told);
    assert_false(policy_explain_rule(policy, 0, &facts, write_line, &text));
    assert_string_equal(
        told, "+ card.status in [active, retired] | card.status is active\n"
              "+ any of\n"
              "  - bank.id equals bank-b | bank.id is bank-a\n"
              "  + all of\n"
              "    + bank.id equals bank-a | bank.id is bank-a\n"
              "    + card.generation not 2 | card.generation is 3\n"
              "+ none of\n"
              "  - binding.active_banks at_least 3 | binding.active_banks is 1\n"
              "- bank.licensed_regions contains $card.region | bank.licensed_regions is {310000}, "
              "card.region is 320000\n"
              "+ bank.licensed_regions lacks 440000 | bank.licensed_regions is {310000}\n"
              "+ bank.status absent | bank.status is absent\n");
    policy_facts_set_string(&facts, POLICY_CARD_REGION, "310000");
    text = policy_text_on(told, sizeof told);
    assert_true(policy_explain_rule(policy, 0, &facts, write_line, &text));
    policy_free(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_condition_is_told_with_what_was_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
