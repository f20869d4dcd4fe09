#include "scp/crypto/asymmetric.h"
#include "tests/support/expect.h"

enum { OUTPUT = 128 };

static const uint8_t random_bytes[SCP_SIGNATURE_RANDOM] = {
    0xA6, 0x5A, 0xD0, 0xF3, 0x45, 0xDB, 0x4E, 0x0E, 0xFF, 0xE8, 0x75, 0xC3, 0xA2, 0xE7, 0x1F, 0x42,
    0xC7, 0x12, 0x9D, 0x62, 0x0F, 0xF5, 0xC1, 0x19, 0xA9, 0xEF, 0x55, 0xF0, 0x51, 0x85, 0xE0, 0xFB};

/* The second output of a generator, as the health test of wolfCrypt takes it. */
static void second_output(const uint8_t *random, struct scp_bytes personalization,
                          uint8_t out[OUTPUT])
{
    struct scp_generator generator;
    assert_int_equal(scp_generator_init(&generator, random, personalization), SCP_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(wc_RNG_GenerateBlock(&generator.rng, out, OUTPUT), 0);
    scp_generator_fini(&generator);
}

/* wolfCrypt instantiates one of its own from the same seed, and both go on alike. */
static void it_is_the_generator_of_sp_800_90a(void **state)
{
    (void)state;
    uint8_t own[OUTPUT], theirs[OUTPUT];
    second_output(random_bytes, SCP_EMPTY, own);
    assert_int_equal(
        wc_RNG_HealthTest(0, random_bytes, sizeof random_bytes, NULL, 0, theirs, sizeof theirs), 0);
    assert_memory_equal(own, theirs, OUTPUT);
}

static void the_personalisation_string_belongs_to_the_seed(void **state)
{
    (void)state;
    uint8_t seed[SCP_SIGNATURE_RANDOM + 3], own[OUTPUT], theirs[OUTPUT];
    struct scp_writer w = scp_writer_on(seed, sizeof seed);
    scp_put(&w, SCP_BYTES(random_bytes));
    scp_put(&w, SCP_LITERAL('a', 'b', 'c'));
    second_output(random_bytes, SCP_LITERAL('a', 'b', 'c'), own);
    assert_int_equal(wc_RNG_HealthTest(0, seed, sizeof seed, NULL, 0, theirs, sizeof theirs), 0);
    assert_memory_equal(own, theirs, OUTPUT);
}

static void it_takes_no_longer_string(void **state)
{
    (void)state;
    struct scp_generator generator;
    static const uint8_t longer[SCP_PERSONALIZATION_MAX + 1];
    assert_int_equal(scp_generator_init(&generator, random_bytes, SCP_BYTES(longer)), SCP_NO_SPACE);
    scp_generator_fini(&generator);
    static const uint8_t zeros[sizeof generator];
    assert_memory_equal(&generator, zeros, sizeof generator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_generator_of_sp_800_90a),
        cmocka_unit_test(the_personalisation_string_belongs_to_the_seed),
        cmocka_unit_test(it_takes_no_longer_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
