/* Thousands of random policies: the compiled, indexed evaluator and a plain interpreter agree. */
#include "tests/support/test.h"

#include "tests/unit/policies/reference/compare.h"

enum { POLICIES = 1500, ROUNDS = 40, BYTES = 16384 };

/* xorshift64*, so that a failure can be had again. */
static uint8_t next_byte(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint8_t)(*state * UINT64_C(2685821657736338717) >> 56);
}

static void compiled_policies_decide_as_the_reference_does(void **state)
{
    (void)state;
    static uint8_t bytes[BYTES];
    uint64_t seed = 20270131;
    int allowed = 0;
    for (int i = 0; i < POLICIES; i++) {
        for (size_t j = 0; j < sizeof bytes; j++)
            bytes[j] = next_byte(&seed);
        struct choices choices = {.bytes = bytes, .len = sizeof bytes};
        int more = reference_compare(&choices, ROUNDS);
        assert_true(more >= 0);
        allowed += more;
    }
    /* Neither all nor nothing, or the test would say little. */
    assert_in_range(allowed, POLICIES * ROUNDS / 20, POLICIES * ROUNDS * 3 / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compiled_policies_decide_as_the_reference_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
