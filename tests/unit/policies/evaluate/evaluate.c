#include "tests/support/test.h"

#include "policies/evaluate/evaluate.h"
#include "tests/unit/policies/policy_text.h"

#define BIT(fact) POLICY_FACT_BIT(fact)

/* Rules that the bank's id switches on and off: bank.id "ad" makes allow-1 and deny-1 hold. */
static const char rules[] =
    "version: 1\n"
    "name: p\n"
    "rules:\n"
    "  - {id: allow-1, effect: allow, when: {bank.id: {in: [a, ab, ad]}}, reason: first,\n"
    "     obligations: {retire_old_bank: lock, allow_break_before_make: true}}\n"
    "  - {id: deny-1, effect: deny, when: {bank.id: {in: [d, ad, bd]}}, reason: no}\n"
    "  - {id: allow-2, effect: allow, when: {bank.id: {in: [b, ab, bd]}}, reason: second,\n"
    "     obligations: {retire_old_bank: delete}}\n"
    "  - {id: allow-3, effect: allow, when: {bank.id: {in: [c, ce]}}, reason: third}\n"
    "  - {id: allow-4, effect: allow, when: {bank.id: ce}, reason: fourth,\n"
    "     obligations: {allow_break_before_make: true}}\n"
    "  - {id: card, effect: deny, when: {bank.id: ask, card.status: retired}, reason: old}\n";

static struct policy *policy;

static int compile_rules(void **state)
{
    (void)state;
    policy = compile_good(rules);
    return 0;
}

static int free_rules(void **state)
{
    (void)state;
    policy_free(policy);
    return 0;
}

static struct policy_decision decide(const char *bank)
{
    struct policy_facts facts = {0};
    struct policy_decision decision;
    policy_facts_set_string(&facts, POLICY_BANK_ID, bank);
    policy_evaluate(policy, &facts, &decision);
    return decision;
}

static void nothing_is_allowed_by_default(void **state)
{
    (void)state;
    struct policy_decision decision = decide("z");
    assert_int_equal(decision.effect, POLICY_DENY);
    assert_int_equal(decision.rule_count, 0);
    assert_string_equal(decision.reason, "No rule allows it.");
    assert_string_equal(policy_decision_rule(&decision), POLICY_RULE_DEFAULT);
    assert_true(policy_decision_has_rule(&decision, POLICY_RULE_DEFAULT));
    assert_false(decision.incomplete);
}

static void one_rule_that_holds_decides(void **state)
{
    (void)state;
    struct policy_decision decision = decide("c");
    assert_int_equal(decision.effect, POLICY_ALLOW);
    assert_string_equal(policy_decision_rule(&decision), "allow-3");
    assert_string_equal(decision.reason, "third");
    assert_false(policy_decision_has_rule(&decision, "allow-1"));
    decision = decide("d");
    assert_int_equal(decision.effect, POLICY_DENY);
    assert_string_equal(policy_decision_rule(&decision), "deny-1");
}

static void denial_wins_wherever_it_stands(void **state)
{
    (void)state;
    const char *const banks[] = {"ad", "bd"}; /* after an allowance, before one */
    for (size_t i = 0; i < 2; i++) {
        struct policy_decision decision = decide(banks[i]);
        assert_int_equal(decision.effect, POLICY_DENY);
        assert_int_equal(decision.rule_count, 1);
        assert_string_equal(decision.rules[0], "deny-1");
        assert_string_equal(decision.reason, "no");
        assert_int_equal(decision.obligations.retire_old_bank, POLICY_RETIRE_KEEP);
        assert_false(decision.obligations.allow_break_before_make);
    }
}

static void all_rules_that_allow_are_named_in_the_order_of_the_file(void **state)
{
    (void)state;
    struct policy_decision decision = decide("ab");
    assert_int_equal(decision.rule_count, 2);
    assert_string_equal(decision.rules[0], "allow-1");
    assert_string_equal(decision.rules[1], "allow-2");
    assert_string_equal(decision.reason, "first");
    assert_true(policy_decision_has_rule(&decision, "allow-2"));
}

static void strictest_obligation_wins(void **state)
{
    (void)state;
    struct policy_decision one = decide("a");
    assert_int_equal(one.obligations.retire_old_bank, POLICY_RETIRE_LOCK);
    assert_true(one.obligations.allow_break_before_make);
    struct policy_decision both = decide("ab");
    assert_int_equal(both.obligations.retire_old_bank, POLICY_RETIRE_DELETE);
    assert_false(both.obligations.allow_break_before_make);
    struct policy_decision none = decide("c");
    assert_int_equal(none.obligations.retire_old_bank, POLICY_RETIRE_KEEP);
    assert_false(none.obligations.allow_break_before_make);
    struct policy_decision later = decide("ce");
    assert_int_equal(later.rule_count, 2);
    assert_false(later.obligations.allow_break_before_make);
}

static void missing_facts_deny_what_would_have_been_allowed(void **state)
{
    (void)state;
    char text[RULE_TEXT_SIZE];
    struct policy *one =
        compile_good(one_rule("{any: [{bank.id: b}, {card.region: {not: x}}]}", text));
    struct policy_facts facts = {0};
    struct policy_decision decision;
    policy_evaluate(one, &facts, &decision);
    assert_int_equal(decision.effect, POLICY_DENY);
    assert_true(decision.incomplete);
    assert_int_equal(decision.missing, POLICY_CARD_REGION);
    assert_int_equal(decision.rule_count, 0);
    assert_string_equal(policy_decision_rule(&decision), POLICY_RULE_INCOMPLETE);
    policy_facts_set_string(&facts, POLICY_CARD_REGION, "y");
    policy_evaluate(one, &facts, &decision);
    assert_int_equal(decision.effect, POLICY_ALLOW);
    policy_free(one);
}

static void missing_facts_that_change_nothing_are_not_missed(void **state)
{
    (void)state;
    char text[RULE_TEXT_SIZE];
    struct policy *one =
        compile_good(one_rule("{any: [{card.region: {not: x}}, {bank.id: {absent: true}}]}", text));
    struct policy_facts facts = {0};
    struct policy_decision decision;
    policy_evaluate(one, &facts, &decision);
    assert_int_equal(decision.effect, POLICY_ALLOW);
    policy_free(one);
}

static void sure_denial_says_so_although_facts_are_missing(void **state)
{
    (void)state;
    char text[RULE_TEXT_SIZE];
    (void)snprintf(text, sizeof text,
                   "version: 1\nname: p\nrules:\n"
                   "  - {id: a, effect: allow, when: {card.region: x}, reason: r}\n"
                   "  - {id: d, effect: deny, when: {bank.id: b}, reason: r}\n");
    struct policy *two = compile_good(text);
    struct policy_facts facts = {0};
    struct policy_decision decision;
    policy_facts_set_string(&facts, POLICY_BANK_ID, "b");
    policy_evaluate(two, &facts, &decision);
    assert_false(decision.incomplete);
    assert_string_equal(policy_decision_rule(&decision), "d");
    policy_facts_set_string(&facts, POLICY_BANK_ID, "c");
    policy_evaluate(two, &facts, &decision);
    assert_true(decision.incomplete);
    policy_free(two);
}

static void only_facts_that_a_rule_asks_for_can_be_missing(void **state)
{
    (void)state;
    assert_false(decide("a").incomplete); /* the rule `card` stops at the bank */
    struct policy_decision decision = decide("ask");
    assert_true(decision.incomplete);
    assert_int_equal(decision.missing, POLICY_CARD_STATUS);
}

static void refused_values_deny(void **state)
{
    (void)state;
    struct policy_facts facts = {0};
    struct policy_decision decision;
    policy_facts_set_string(&facts, POLICY_BANK_ID, "a");
    policy_facts_set_string(&facts, POLICY_REQUEST_ACTION, "steal");
    policy_evaluate(policy, &facts, &decision);
    assert_int_equal(decision.effect, POLICY_DENY);
    assert_true(decision.incomplete);
    assert_int_equal(decision.missing, POLICY_REQUEST_ACTION);
}

static void facts_read_are_told(void **state)
{
    (void)state;
    assert_int_equal(decide("a").facts_read, BIT(POLICY_BANK_ID));
    assert_int_equal(decide("ask").facts_read, BIT(POLICY_BANK_ID) | BIT(POLICY_CARD_STATUS));
}

/* More rules decide than a decision lists: the first of the file are named, all obligations count.
 */
static void more_rules_than_are_listed_can_decide(void **state)
{
    (void)state;
    enum { RULES = POLICY_DECIDING_MAX + 3 };
    char text[128 + 96 * RULES];
    int len = snprintf(text, sizeof text, "version: 1\nname: p\nrules:\n");
    for (int i = 0; i < RULES; i++)
        len += snprintf(text + len, sizeof text - (size_t)len,
                        "  - {id: r%d, effect: allow, when: always, reason: x%s}\n", i,
                        i == RULES - 1 ? ", obligations: {second_person: true}" : "");
    struct policy *full = compile_good(text);
    struct policy_facts facts = {0};
    struct policy_decision decision;
    policy_evaluate(full, &facts, &decision);
    assert_int_equal(decision.rule_count, POLICY_DECIDING_MAX);
    assert_int_equal(decision.rules_unlisted, 3);
    assert_string_equal(decision.rules[0], "r0");
    assert_string_equal(decision.rules[POLICY_DECIDING_MAX - 1], "r31");
    assert_true(decision.obligations.second_person);
    policy_free(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_allowed_by_default),
        cmocka_unit_test(one_rule_that_holds_decides),
        cmocka_unit_test(denial_wins_wherever_it_stands),
        cmocka_unit_test(all_rules_that_allow_are_named_in_the_order_of_the_file),
        cmocka_unit_test(strictest_obligation_wins),
        cmocka_unit_test(missing_facts_deny_what_would_have_been_allowed),
        cmocka_unit_test(only_facts_that_a_rule_asks_for_can_be_missing),
        cmocka_unit_test(refused_values_deny),
        cmocka_unit_test(facts_read_are_told),
        cmocka_unit_test(missing_facts_that_change_nothing_are_not_missed),
        cmocka_unit_test(sure_denial_says_so_although_facts_are_missing),
        cmocka_unit_test(more_rules_than_are_listed_can_decide),
    };
    return cmocka_run_group_tests(tests, compile_rules, free_rules);
}
