/* Block ciphers and padding: known answers, and what is refused. */
#include "scp/crypto/cipher.h"
#include "tests/support/test.h"

#include <string.h>

static struct scp_key key_of(size_t len)
{
    struct scp_key key = {.len = len};
    for (size_t i = 0; i < len; i++)
        key.bytes[i] = (uint8_t)(0x40 + i);
    return key;
}

static void assert_hex(const uint8_t *bytes, size_t len, const char *hex)
{
    char text[SCP_HEX_SIZE(64)];
    assert_string_equal(scp_hex_encode(text, sizeof text, scp_bytes_of(bytes, len)), hex);
}

static void des_block_knows_its_answer_and_inverts(void **state)
{
    (void)state;
    /* FIPS 46-3 worked example. */
    const uint8_t key[8] = {0x13, 0x34, 0x57, 0x79, 0x9B, 0xBC, 0xDF, 0xF1};
    const uint8_t in[8] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF};
    uint8_t out[8];
    assert_int_equal(scp_des_encrypt_block(key, in, out), SCP_OK);
    assert_hex(out, sizeof out, "85E813540F0AB405");
    assert_int_equal(scp_des_decrypt_block(key, out, out), SCP_OK);
    assert_memory_equal(out, in, sizeof in);
}

static void aes_block_knows_fips_197(void **state)
{
    (void)state;
    static const char *const answers[] = {"69C4E0D86A7B0430D8CDB78070B4C55A",
                                          "DDA97CA4864CDFE06EAF70A0EC0D7191",
                                          "8EA2B7CA516745BFEAFC49904B496089"};
    uint8_t in[16];
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(0x11 * i);
    for (size_t n = 0; n < 3; n++) {
        struct scp_key key = {.len = 16 + 8 * n};
        for (size_t i = 0; i < key.len; i++)
            key.bytes[i] = (uint8_t)i;
        uint8_t out[16];
        assert_int_equal(scp_aes_encrypt_block(&key, in, out), SCP_OK);
        assert_hex(out, sizeof out, answers[n]);
    }
}

typedef enum scp_error (*cbc)(const struct scp_key *, const uint8_t *, struct scp_bytes, uint8_t *);

static void des3_of_two_keys_is_three_with_the_first_again(void **state)
{
    (void)state;
    struct scp_key two = key_of(16);
    struct scp_key three = two;
    three.len = 24;
    memcpy(three.bytes + 16, two.bytes, 8);
    const uint8_t in[16] = {1, 2, 3};
    uint8_t a[16];
    uint8_t b[16];
    assert_int_equal(scp_des3_ecb_encrypt(&two, SCP_BYTES(in), a), SCP_OK);
    assert_int_equal(scp_des3_ecb_encrypt(&three, SCP_BYTES(in), b), SCP_OK);
    assert_memory_equal(a, b, sizeof a);
    assert_int_equal(scp_des3_ecb_decrypt(&two, SCP_BYTES(a), a), SCP_OK);
    assert_memory_equal(a, in, sizeof in);
}

static void cbc_inverts_in_place_and_chains(void **state)
{
    (void)state;
    const struct {
        cbc encrypt;
        cbc decrypt;
        size_t block;
        size_t key;
    } ciphers[] = {
        {scp_des3_cbc_encrypt, scp_des3_cbc_decrypt, 8, 16},
        {scp_des3_cbc_encrypt, scp_des3_cbc_decrypt, 8, 24},
        {scp_aes_cbc_encrypt, scp_aes_cbc_decrypt, 16, 16},
        {scp_aes_cbc_encrypt, scp_aes_cbc_decrypt, 16, 32},
    };
    for (size_t i = 0; i < sizeof ciphers / sizeof ciphers[0]; i++) {
        struct scp_key key = key_of(ciphers[i].key);
        uint8_t iv[16] = {9, 9, 9};
        uint8_t in[96] = {0};
        uint8_t out[96];
        memcpy(out, in, sizeof in);
        assert_int_equal(ciphers[i].encrypt(&key, iv, SCP_BYTES(out), out), SCP_OK);
        assert_memory_not_equal(out, out + ciphers[i].block, ciphers[i].block);
        assert_int_equal(ciphers[i].decrypt(&key, iv, SCP_BYTES(out), out), SCP_OK);
        assert_memory_equal(out, in, sizeof in);
        assert_int_equal(ciphers[i].encrypt(&key, iv, SCP_EMPTY, out), SCP_OK);
    }
}

static void half_blocks_and_odd_keys_are_refused(void **state)
{
    (void)state;
    const uint8_t iv[16] = {0};
    uint8_t buffer[32] = {0};
    struct scp_key des = key_of(16);
    struct scp_key aes = key_of(16);
    struct scp_key odd = key_of(20);
    struct scp_key none = {.len = 0};
    struct scp_key long_key = key_of(32);
    struct scp_bytes half = scp_bytes_of(buffer, 12);
    struct scp_bytes whole = scp_bytes_of(buffer, 16);
    assert_int_equal(scp_des3_ecb_encrypt(&des, half, buffer), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_des3_cbc_decrypt(&des, iv, half, buffer), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_des3_cbc_encrypt(&long_key, iv, whole, buffer), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_aes_cbc_encrypt(&aes, iv, half, buffer), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_aes_cbc_decrypt(&odd, iv, whole, buffer), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_aes_encrypt_block(&none, iv, buffer), SCP_OUT_OF_RANGE);
}

static void padding_fills_to_the_block_and_is_removed(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 33; len++) {
        uint8_t buffer[64] = {0};
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        scp_put_fill(&w, 0x00, len); /* zeros look like padding */
        scp_pad(&w, 16);
        assert_int_equal(scp_written(&w).len, (len / 16 + 1) * 16);
        size_t found = 99;
        assert_int_equal(scp_unpad(scp_written(&w), &found), SCP_OK);
        assert_int_equal(found, len);
    }
}

static void absent_padding_is_refused(void **state)
{
    (void)state;
    size_t len;
    assert_int_equal(scp_unpad(SCP_EMPTY, &len), SCP_BAD_PADDING);
    assert_int_equal(scp_unpad(SCP_LITERAL(0, 0, 0), &len), SCP_BAD_PADDING);
    assert_int_equal(scp_unpad(SCP_LITERAL(0x80, 0, 1), &len), SCP_BAD_PADDING);
    assert_int_equal(scp_unpad(SCP_LITERAL(0x81), &len), SCP_BAD_PADDING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(des_block_knows_its_answer_and_inverts),
        cmocka_unit_test(aes_block_knows_fips_197),
        cmocka_unit_test(des3_of_two_keys_is_three_with_the_first_again),
        cmocka_unit_test(cbc_inverts_in_place_and_chains),
        cmocka_unit_test(half_blocks_and_odd_keys_are_refused),
        cmocka_unit_test(padding_fills_to_the_block_and_is_removed),
        cmocka_unit_test(absent_padding_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
