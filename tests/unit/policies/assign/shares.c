#include "tests/support/test.h"

#include "policies/assign/shares.h"

#include <stdbool.h>

static const uint32_t ranks[] = {0, 1, 2, 3};

struct division {
    struct policy_candidate candidates[4];
    size_t count;
    int64_t cards;
    int64_t quotas[4];
};

static void quotas_even_out_what_banks_hold(void **state)
{
    (void)state;
    static const struct division cases[] = {
        {{{"a", 50, 0}, {"b", 30, 0}, {"c", 20, 0}}, 3, 100, {50, 30, 20}},
        {{{"a", 1, 0}, {"b", 1, 0}, {"c", 1, 0}}, 3, 100, {34, 33, 33}},
        {{{"a", 1, 10}, {"b", 1, 0}}, 2, 10, {0, 10}},
        {{{"a", 1, 10}, {"b", 1, 0}}, 2, 4, {0, 4}},
        /* c holds more than its part of 10 + 30; a and b divide 10 + 0 + 3. */
        {{{"a", 2, 0}, {"b", 1, 3}, {"c", 1, 27}}, 3, 10, {9, 1, 0}},
        {{{"a", 7, 0}, {"b", 2, 0}, {"c", 1, 0}}, 3, 3, {2, 1, 0}},
        {{{"a", 1, 5}}, 1, 0, {0}},
        {{{"a", 1, 5}, {"b", 3, 2}}, 2, 0, {0, 0}},
        {{{"a", POLICY_SHARE_MAX, POLICY_HELD_MAX}, {"b", 1, 0}}, 2, 3, {0, 3}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t quotas[4] = {0};
        policy_assign_quotas(cases[i].candidates, cases[i].count, cases[i].cards, ranks, quotas);
        for (size_t j = 0; j < cases[i].count; j++)
            assert_int_equal(quotas[j], cases[i].quotas[j]);
    }
}

static void equal_parts_of_cards_go_by_rank(void **state)
{
    (void)state;
    static const struct policy_candidate candidates[] = {{"a", 1, 0}, {"b", 1, 0}, {"c", 1, 0}};
    static const uint32_t turned[] = {2, 0, 1};
    int64_t quotas[3];
    policy_assign_quotas(candidates, 3, 4, turned, quotas);
    assert_int_equal(quotas[0], 1);
    assert_int_equal(quotas[1], 2);
    assert_int_equal(quotas[2], 1);
}

static void next_card_goes_to_the_largest_deficit(void **state)
{
    (void)state;
    struct policy_candidate candidates[] = {{"a", 50, 0}, {"b", 30, 0}, {"c", 20, 0}};
    static const size_t expected[] = {0, 1, 2, 0, 0, 1, 0, 2, 1, 0};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        size_t next = policy_assign_next(candidates, 3);
        assert_int_equal(next, expected[i]);
        candidates[next].held++;
    }
}

/* One card at a time ends where the shares are, whatever was held before. */
static void single_cards_come_to_the_declared_shares(void **state)
{
    (void)state;
    struct policy_candidate candidates[] = {{"a", 5, 0}, {"b", 3, 400}, {"c", 2, 0}};
    for (int i = 0; i < 9600; i++)
        candidates[policy_assign_next(candidates, 3)].held++;
    assert_int_equal(candidates[0].held, 5000);
    assert_int_equal(candidates[1].held, 3000);
    assert_int_equal(candidates[2].held, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotas_even_out_what_banks_hold),
        cmocka_unit_test(equal_parts_of_cards_go_by_rank),
        cmocka_unit_test(next_card_goes_to_the_largest_deficit),
        cmocka_unit_test(single_cards_come_to_the_declared_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
