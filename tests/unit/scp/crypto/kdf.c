/* Key derivation: limits and independence. Known answers are in tests/vectors. */
#include "scp/crypto/kdf.h"
#include "tests/support/expect.h"

#include <string.h>

static struct scp_key key_of(size_t len)
{
    struct scp_key key = {.len = len};
    for (size_t i = 0; i < len; i++)
        key.bytes[i] = (uint8_t)(0x40 + i);
    return key;
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

/* RFC 7914 11 has the first two; the third is the standard key of a new YubiHSM 2. */
static void a_pass_phrase_gives_keys(void **state)
{
    (void)state;
    static const struct {
        const char *pass_phrase;
        const char *salt;
        uint32_t iterations;
        const char *key;
    } cases[] = {
        {"passwd", "salt", 1, "55AC046E56E3089FEC1691C22544B605"},
        {"Password", "NaCl", 80000, "4DDCD8F60B98BE21830CEE5EF22701F9"},
        {"password", "Yubico", 10000, "090B47DBED595654901DEE1CC655E420"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t key[16];
        struct scp_bytes phrase = scp_bytes_of(cases[i].pass_phrase, strlen(cases[i].pass_phrase));
        struct scp_bytes salt = scp_bytes_of(cases[i].salt, strlen(cases[i].salt));
        assert_int_equal(scp_pbkdf2(phrase, salt, cases[i].iterations, key, sizeof key), SCP_OK);
        assert_hex(SCP_BYTES(key), cases[i].key);
    }
    uint8_t key[16];
    assert_int_equal(scp_pbkdf2(HEX("31"), HEX("32"), 0, key, sizeof key), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_pbkdf2(HEX("31"), HEX("32"), 1, key, 0), SCP_OUT_OF_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(session_keys_depend_on_counter_and_constant),
        cmocka_unit_test(scp03_output_has_an_allowed_length),
        cmocka_unit_test(kcv_of_a_key_of_another_cipher_is_refused),
        cmocka_unit_test(some_cards_check_an_aes_key_with_zeros),
        cmocka_unit_test(a_pass_phrase_gives_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
