/* The environment: replayable when seeded, real when the system's. */
#include "scp/host/env.h"

#include <string.h>
#include <time.h>

#include "scp/crypto/hash.h"
#include "tests/support/test.h"

static void seeded_env_repeats_itself_for_a_seed(void **state)
{
    (void)state;
    uint8_t bytes[2][100];
    for (int i = 0; i < 2; i++) {
        struct rebind_seeded seeded;
        struct rebind_env env = rebind_env_seeded(&seeded, 7, 1000);
        rebind_random(&env, bytes[i], 33);
        rebind_random(&env, bytes[i] + 33, 67);
        rebind_seeded_fini(&seeded);
    }
    assert_memory_equal(bytes[0], bytes[1], sizeof bytes[0]);
}

static void seeded_env_differs_between_seeds(void **state)
{
    (void)state;
    uint8_t bytes[2][16];
    for (uint64_t seed = 0; seed < 2; seed++) {
        struct rebind_seeded seeded;
        struct rebind_env env = rebind_env_seeded(&seeded, seed, 0);
        rebind_random(&env, bytes[seed], sizeof bytes[seed]);
        rebind_seeded_fini(&seeded);
    }
    assert_memory_not_equal(bytes[0], bytes[1], sizeof bytes[0]);
}

/* The generator is a promise: recorded test outputs depend on it. */
static void seeded_env_draws_sha256_of_seed_and_counter(void **state)
{
    (void)state;
    struct rebind_seeded seeded;
    struct rebind_env env = rebind_env_seeded(&seeded, 0x0102030405060708, 0);
    uint8_t drawn[40];
    rebind_random(&env, drawn, sizeof drawn);
    rebind_seeded_fini(&seeded);

    uint8_t input[16] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t block[32];
    assert_int_equal(scp_sha256(SCP_BYTES(input), block), SCP_OK);
    assert_memory_equal(drawn, block, 32);
    input[15] = 1;
    assert_int_equal(scp_sha256(SCP_BYTES(input), block), SCP_OK);
    assert_memory_equal(drawn + 32, block, 8);
}

static void seeded_env_time_moves_only_when_advanced(void **state)
{
    (void)state;
    struct rebind_seeded seeded;
    struct rebind_env env = rebind_env_seeded(&seeded, 1, 1700000000000);
    assert_int_equal(rebind_now_ms(&env), 1700000000000);
    assert_int_equal(rebind_now_ms(&env), 1700000000000);
    uint64_t before = rebind_monotonic_ms(&env);
    rebind_seeded_advance(&seeded, 250);
    assert_int_equal(rebind_now_ms(&env), 1700000000250);
    assert_int_equal(rebind_monotonic_ms(&env) - before, 250);
    rebind_seeded_fini(&seeded);
}

static void system_env_follows_the_clock_of_the_system(void **state)
{
    (void)state;
    struct rebind_env env = rebind_env_system();
    uint64_t before = (uint64_t)time(NULL) * 1000;
    uint64_t now = rebind_now_ms(&env);
    assert_true(now >= before && now < before + 60000);
    uint64_t first = rebind_monotonic_ms(&env);
    assert_true(rebind_monotonic_ms(&env) >= first);
}

static void system_env_fills_long_buffers_with_fresh_bytes(void **state)
{
    (void)state;
    static uint8_t a[1000], b[1000], zeros[32];
    struct rebind_env env = rebind_env_system();
    rebind_random(&env, a, sizeof a);
    rebind_random(&env, b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    assert_memory_not_equal(a + sizeof a - 32, zeros, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seeded_env_repeats_itself_for_a_seed),
        cmocka_unit_test(seeded_env_differs_between_seeds),
        cmocka_unit_test(seeded_env_draws_sha256_of_seed_and_counter),
        cmocka_unit_test(seeded_env_time_moves_only_when_advanced),
        cmocka_unit_test(system_env_follows_the_clock_of_the_system),
        cmocka_unit_test(system_env_fills_long_buffers_with_fresh_bytes),
    };
    return cmocka_run_group_tests_name("scp_host_env", tests, NULL, NULL);
}
