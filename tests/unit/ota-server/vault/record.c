#include "tests/support/test.h"

#include "ota-server/vault/record.h"

#include <string.h>

static const struct vault_record_purpose purpose = {"bank-a/debit", "C1"};
static const uint8_t nonce[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

static struct scp_key key_of(uint8_t n)
{
    struct scp_key key = {.len = 32};
    memset(key.bytes, n, sizeof key.bytes);
    return key;
}

static size_t seal(uint8_t *sealed, size_t cap)
{
    struct scp_key key = key_of(7);
    struct scp_writer w = scp_writer_on(sealed, cap);
    assert_int_equal(
        vault_record_seal(&key, &purpose, nonce, SCP_LITERAL(0x5A, 0x02, 0x62, 0x28), &w), SCP_OK);
    return w.len;
}

/* Made independently, with AESGCM of Python's cryptography: key 32 x 07, nonce 01…0C, associated
 * data "bank-a/debit" 00 "C1", plain 5A026228. */
static void sealed_record_is_the_documented_format(void **state)
{
    uint8_t sealed[64], expected[64];
    struct scp_writer w = scp_writer_on(expected, sizeof expected);
    (void)state;
    assert_int_equal(scp_hex_decode("52425001 0102030405060708090A0B0C "
                                    "E17E8AB694D54AEC9522284AFF8BF6FCEE76D6D0",
                                    &w),
                     SCP_OK);
    assert_int_equal(seal(sealed, sizeof sealed), w.len);
    assert_memory_equal(sealed, expected, w.len);
}

static void record_opens_for_its_purpose_alone(void **state)
{
    uint8_t sealed[64], plain[64];
    const struct vault_record_purpose others[] = {
        {"bank-a/credit", "C1"}, {"bank-a/debit", "C2"}, {"bank-a/debi", "tC1"}};
    struct scp_key key = key_of(7), other_key = key_of(8);
    (void)state;
    const struct scp_bytes record = scp_bytes_of(sealed, seal(sealed, sizeof sealed));
    struct scp_writer w = scp_writer_on(plain, sizeof plain);
    assert_int_equal(vault_record_open(&key, &purpose, record, &w), SCP_OK);
    assert_int_equal(w.len, 4);
    assert_memory_equal(plain, "\x5A\x02\x62\x28", 4);
    w = scp_writer_on(plain, sizeof plain);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(vault_record_open(&key, &others[i], record, &w), SCP_BAD_MAC);
    assert_int_equal(vault_record_open(&other_key, &purpose, record, &w), SCP_BAD_MAC);
    assert_int_equal(w.len, 0);
}

static void altered_or_cut_record_is_refused(void **state)
{
    uint8_t sealed[64], plain[64];
    struct scp_key key = key_of(7);
    (void)state;
    const size_t len = seal(sealed, sizeof sealed);
    for (size_t i = 0; i < len; i++) {
        struct scp_writer w = scp_writer_on(plain, sizeof plain);
        sealed[i] ^= 0x01;
        assert_int_not_equal(vault_record_open(&key, &purpose, scp_bytes_of(sealed, len), &w),
                             SCP_OK);
        sealed[i] ^= 0x01;
        assert_int_not_equal(vault_record_open(&key, &purpose, scp_bytes_of(sealed, i), &w),
                             SCP_OK);
        assert_int_equal(w.len, 0);
    }
    sealed[3] = 2;
    struct scp_writer w = scp_writer_on(plain, sizeof plain);
    assert_int_equal(vault_record_open(&key, &purpose, scp_bytes_of(sealed, len), &w),
                     SCP_UNSUPPORTED);
}

static void limits_are_errors(void **state)
{
    static uint8_t large[8192];
    uint8_t small[16];
    struct scp_key key = key_of(7), short_key = {.len = 16};
    struct scp_writer w = scp_writer_on(large, sizeof large);
    (void)state;
    assert_int_equal(vault_record_seal(&key, &purpose, nonce, scp_bytes_of(large, 5000), &w),
                     SCP_TOO_LONG);
    assert_int_equal(vault_record_seal(&short_key, &purpose, nonce, SCP_EMPTY, &w),
                     SCP_OUT_OF_RANGE);
    assert_int_equal(w.len, 0);
    w = scp_writer_on(small, sizeof small);
    assert_int_equal(vault_record_seal(&key, &purpose, nonce, SCP_EMPTY, &w), SCP_NO_SPACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealed_record_is_the_documented_format),
        cmocka_unit_test(record_opens_for_its_purpose_alone),
        cmocka_unit_test(altered_or_cut_record_is_refused),
        cmocka_unit_test(limits_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
