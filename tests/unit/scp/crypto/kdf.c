/* Key derivation: names, limits and independence. Known answers are in tests/vectors. */
#include "scp/crypto/kdf.h"
#include "tests/support/test.h"

#include <string.h>

static struct scp_key key_of(size_t len)
{
    struct scp_key key = {.len = len};
    for (size_t i = 0; i < len; i++)
        key.bytes[i] = (uint8_t)(0x40 + i);
    return key;
}

static struct scp_key_set set_of(size_t len)
{
    return (struct scp_key_set){key_of(len), key_of(len), key_of(len)};
}

static void schemes_have_names(void **state)
{
    (void)state;
    static const char *const names[] = {"none", "emv", "visa2", "kdf3"};
    for (size_t i = 0; i < 4; i++) {
        enum scp_diversification scheme;
        assert_int_equal(scp_diversification_from_name(names[i], &scheme), SCP_OK);
        assert_string_equal(scp_diversification_name(scheme), names[i]);
    }
    enum scp_diversification scheme;
    assert_int_equal(scp_diversification_from_name("EMV", &scheme), SCP_NOT_FOUND);
    assert_int_equal(scp_diversification_from_name("", &scheme), SCP_NOT_FOUND);
}

static void diversified_keys_differ_from_each_other_and_the_master(void **state)
{
    (void)state;
    const uint8_t data[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    const enum scp_diversification schemes[] = {SCP_DIVERSIFY_EMV, SCP_DIVERSIFY_VISA2,
                                                SCP_DIVERSIFY_KDF3};
    struct scp_key_set masters = set_of(16);
    for (size_t i = 0; i < 3; i++) {
        struct scp_key_set out;
        assert_int_equal(scp_diversify(schemes[i], &masters, data, &out), SCP_OK);
        assert_int_equal(out.dek.len, 16);
        assert_memory_not_equal(out.enc.bytes, masters.enc.bytes, 16);
        assert_memory_not_equal(out.enc.bytes, out.mac.bytes, 16);
        assert_memory_not_equal(out.mac.bytes, out.dek.bytes, 16);
    }
}

static void none_keeps_the_master(void **state)
{
    (void)state;
    const uint8_t data[10] = {0};
    struct scp_key_set masters = set_of(32);
    struct scp_key_set out;
    assert_int_equal(scp_diversify(SCP_DIVERSIFY_NONE, &masters, data, &out), SCP_OK);
    assert_memory_equal(&out, &masters, sizeof out);
}

static void a_master_that_does_not_fit_leaves_no_key(void **state)
{
    (void)state;
    const uint8_t data[10] = {0};
    struct scp_key_set masters = set_of(16);
    masters.dek.len = 32;
    struct scp_key_set out;
    struct scp_key_set zero;
    memset(&zero, 0, sizeof zero);
    assert_int_equal(scp_diversify(SCP_DIVERSIFY_EMV, &masters, data, &out), SCP_OUT_OF_RANGE);
    assert_memory_equal(&out, &zero, sizeof out);
    masters.dek.len = 0;
    assert_int_equal(scp_diversify(SCP_DIVERSIFY_KDF3, &masters, data, &out), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_diversify((enum scp_diversification)9, &masters, data, &out),
                     SCP_OUT_OF_RANGE);
}

static void session_keys_depend_on_counter_and_constant(void **state)
{
    (void)state;
    struct scp_key key = key_of(16);
    struct scp_key a;
    struct scp_key b;
    assert_int_equal(scp02_derive(&key, SCP02_S_ENC, 1, &a), SCP_OK);
    assert_int_equal(scp02_derive(&key, SCP02_S_ENC, 2, &b), SCP_OK);
    assert_memory_not_equal(a.bytes, b.bytes, 16);
    assert_int_equal(scp02_derive(&key, SCP02_C_MAC, 1, &b), SCP_OK);
    assert_memory_not_equal(a.bytes, b.bytes, 16);
    key.len = 24;
    assert_int_equal(scp02_derive(&key, SCP02_C_MAC, 1, &b), SCP_OUT_OF_RANGE);
}

static void scp03_output_has_an_allowed_length(void **state)
{
    (void)state;
    struct scp_key key = key_of(16);
    uint8_t out[64];
    const size_t refused[] = {0, 7, 33, 40};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(scp03_derive(&key, SCP03_S_ENC, SCP_EMPTY, out, refused[i]),
                         SCP_OUT_OF_RANGE);
    /* The length is derived from too: a longer key does not start with the shorter one. */
    uint8_t shorter[16];
    assert_int_equal(scp03_derive(&key, SCP03_S_ENC, SCP_EMPTY, shorter, 16), SCP_OK);
    assert_int_equal(scp03_derive(&key, SCP03_S_ENC, SCP_EMPTY, out, 32), SCP_OK);
    assert_memory_not_equal(out, shorter, 16);
}

static void kcv_of_a_key_of_another_cipher_is_refused(void **state)
{
    (void)state;
    struct scp_key key = key_of(32);
    uint8_t kcv[3];
    assert_int_equal(scp_kcv_des(&key, kcv), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_kcv_aes(&key, kcv), SCP_OK);
}

/* Computed with OpenSSL: AES-128 under 00…0F of a block of zeros. */
static void some_cards_check_an_aes_key_with_zeros(void **state)
{
    (void)state;
    struct scp_key key = key_of(16);
    uint8_t kcv[3];
    for (uint8_t i = 0; i < 16; i++)
        key.bytes[i] = i;
    assert_int_equal(scp_kcv_aes_zeros(&key, kcv), SCP_OK);
    assert_memory_equal(kcv, ((const uint8_t[]){0xC6, 0xA1, 0x3B}), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemes_have_names),
        cmocka_unit_test(diversified_keys_differ_from_each_other_and_the_master),
        cmocka_unit_test(none_keeps_the_master),
        cmocka_unit_test(a_master_that_does_not_fit_leaves_no_key),
        cmocka_unit_test(session_keys_depend_on_counter_and_constant),
        cmocka_unit_test(scp03_output_has_an_allowed_length),
        cmocka_unit_test(kcv_of_a_key_of_another_cipher_is_refused),
        cmocka_unit_test(some_cards_check_an_aes_key_with_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
