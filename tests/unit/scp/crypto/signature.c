#include "scp/crypto/signature.h"
#include "tests/support/expect.h"
#include "tests/unit/scp/crypto/sample_keys.h"

#include <pthread.h>
#include <string.h>

static const uint8_t random_bytes[SCP_SIGNATURE_RANDOM] = {1, 2, 3};
static const struct scp_bytes message = {(const uint8_t *)"sample", 6};

/* A signature of `message` into `buffer`. */
static struct scp_bytes signed_by(const struct scp_signature_key *key, uint8_t *buffer)
{
    struct scp_writer w = scp_writer_on(buffer, SCP_SIGNATURE_MAX);
    assert_int_equal(scp_sign(key, random_bytes, message, &w), SCP_OK);
    return scp_written(&w);
}

static void every_key_verifies_what_it_signed(void **state)
{
    (void)state;
    uint8_t buffer[SCP_SIGNATURE_MAX];
    for (enum sample_key i = 0; i < SAMPLE_KEYS; i++) {
        struct scp_signature_key private = sample_key(i);
        struct scp_signature_key public = sample_public(i);
        struct scp_bytes signature = signed_by(&private, buffer);
        assert_int_equal(signature.len, sample_signature_len(i));
        assert_int_equal(scp_verify(&public, message, signature), SCP_OK);
    }
}

static void a_flipped_bit_is_refused_in_signature_and_message(void **state)
{
    (void)state;
    uint8_t buffer[SCP_SIGNATURE_MAX];
    for (enum sample_key i = 0; i < SAMPLE_KEYS; i++) {
        struct scp_signature_key private = sample_key(i);
        struct scp_signature_key public = sample_public(i);
        struct scp_bytes signature = signed_by(&private, buffer);
        for (size_t at = 0; at < signature.len; at += signature.len - 1) {
            buffer[at] ^= 0x01;
            assert_int_equal(scp_verify(&public, message, signature), SCP_BAD_SIGNATURE);
            buffer[at] ^= 0x01;
        }
        assert_int_equal(scp_verify(&public, SCP_LITERAL('s', 'a', 'm', 'p', 'l', 'f'), signature),
                         SCP_BAD_SIGNATURE);
    }
}

static void a_signature_of_another_length_is_refused(void **state)
{
    (void)state;
    uint8_t buffer[SCP_SIGNATURE_MAX + 1] = {0};
    for (enum sample_key i = 0; i < SAMPLE_KEYS; i++) {
        struct scp_signature_key private = sample_key(i);
        struct scp_bytes signature = signed_by(&private, buffer);
        struct scp_bytes longer = {signature.ptr, signature.len + 1};
        assert_int_equal(scp_verify(&private, message, SCP_EMPTY), SCP_BAD_SIGNATURE);
        assert_int_equal(scp_verify(&private, message, longer), SCP_BAD_SIGNATURE);
        assert_int_equal(
            scp_verify(&private, message, scp_bytes_slice(signature, 0, signature.len - 1)),
            SCP_BAD_SIGNATURE);
    }
}

static void a_signature_of_zeros_is_refused(void **state)
{
    (void)state;
    static const uint8_t zeros[SCP_SIGNATURE_MAX];
    for (enum sample_key i = 0; i < SAMPLE_KEYS; i++) {
        struct scp_signature_key key = sample_public(i);
        struct scp_bytes signature = {zeros, sample_signature_len(i)};
        assert_int_equal(scp_verify(&key, message, signature), SCP_BAD_SIGNATURE);
    }
}

/* The generator: equal inputs give equal signatures, and any other input another nonce. */
static void randomness_is_the_callers_alone(void **state)
{
    (void)state;
    static const uint8_t other_random[SCP_SIGNATURE_RANDOM] = {1, 2, 4};
    uint8_t first[SCP_SIGNATURE_MAX], second[SCP_SIGNATURE_MAX];
    for (enum sample_key i = SAMPLE_RSA_2048; i < SAMPLE_KEYS; i++) {
        struct scp_signature_key key = sample_key(i);
        struct scp_bytes a = signed_by(&key, first);
        assert_true(scp_bytes_equal(a, signed_by(&key, second)));
        struct scp_writer w = scp_writer_on(second, sizeof second);
        assert_int_equal(scp_sign(&key, other_random, message, &w), SCP_OK);
        assert_false(scp_bytes_equal(a, scp_written(&w)));
    }
}

/* Two ECDSA signatures with one nonce have the same r and give the key away. */
static void random_bytes_that_come_back_repeat_no_nonce(void **state)
{
    (void)state;
    uint8_t first[SCP_SIGNATURE_MAX], second[SCP_SIGNATURE_MAX];
    for (enum sample_key i = SAMPLE_P256; i < SAMPLE_KEYS; i++) {
        struct scp_signature_key key = sample_key(i);
        struct scp_bytes a = signed_by(&key, first);
        struct scp_writer w = scp_writer_on(second, sizeof second);
        assert_int_equal(scp_sign(&key, random_bytes, SCP_LITERAL(0x00), &w), SCP_OK);
        assert_memory_not_equal(a.ptr, second, a.len / 2);
    }
}

/* RFC 6979 A.2.5 to A.2.7, the signatures of "sample". */
static void ecdsa_knows_rfc_6979(void **state)
{
    (void)state;
    const struct {
        enum sample_key key;
        struct scp_bytes signature;
    } answers[] = {
        {SAMPLE_P256, HEX("EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
                          "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8")},
        {SAMPLE_P384, HEX("94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C"
                          "81A648152E44ACF96E36DD1E80FABE46"
                          "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94F"
                          "A329C145786E679E7B82C71A38628AC8")},
        {SAMPLE_P521, HEX("00C328FAFCBD79DD77850370C46325D987CB525569FB63C5D3BC53950E6D4C5F"
                          "174E25A1EE9017B5D450606ADD152B534931D7D4E8455CC91F9B15BF05EC36E3"
                          "77FA"
                          "00617CCE7CF5064806C467F678D3B4080D6F1CC50AF26CA209417308281B68AF"
                          "282623EAA63E5B5C0723D8B8C37FF0777B1A20F8CCB1DCCC43997F1EE0E44DA4"
                          "A67A")},
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct scp_signature_key key = sample_public(answers[i].key);
        assert_int_equal(scp_verify(&key, message, answers[i].signature), SCP_OK);
    }
}

/* SP 800-38B appendix D, the messages of 16 bytes. */
static void cmac_knows_sp_800_38b(void **state)
{
    (void)state;
    static const char *const answers[] = {"070A16B46B4D4144F79BDD9DD04A287C",
                                          "9E99A7BF31E710900662F65E617C5184",
                                          "28A7023F452E8F82BD4BF28D8C37C35C"};
    for (size_t i = 0; i < 3; i++) {
        uint8_t buffer[SCP_SIGNATURE_MAX];
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        struct scp_signature_key key = sample_key((enum sample_key)(SAMPLE_AES_128 + i));
        assert_int_equal(scp_sign(&key, NULL, HEX("6BC1BEE22E409F96E93D7E117393172A"), &w), SCP_OK);
        assert_written(&w, answers[i]);
    }
}

/* Table B-3, B.3 and table C-3. */
static void the_hash_follows_from_the_key(void **state)
{
    (void)state;
    static const enum scp_hash hashes[SAMPLE_KEYS] = {
        [SAMPLE_DES] = SCP_HASH_SHA1,
        [SAMPLE_AES_128] = SCP_HASH_SHA256,
        [SAMPLE_AES_192] = SCP_HASH_SHA384,
        [SAMPLE_AES_256] = SCP_HASH_SHA512,
        [SAMPLE_RSA_1024] = SCP_HASH_SHA1,
        [SAMPLE_RSA_2048] = SCP_HASH_SHA256,
        [SAMPLE_RSA_4096] = SCP_HASH_SHA256,
        [SAMPLE_P256] = SCP_HASH_SHA256,
        [SAMPLE_P384] = SCP_HASH_SHA384,
        [SAMPLE_P521] = SCP_HASH_SHA512,
        [SAMPLE_BRAINPOOL_P256] = SCP_HASH_SHA256,
        [SAMPLE_BRAINPOOL_P384] = SCP_HASH_SHA384,
        [SAMPLE_BRAINPOOL_P512] = SCP_HASH_SHA512,
    };
    for (enum sample_key i = 0; i < SAMPLE_KEYS; i++)
        assert_int_equal(sample_key(i).hash, hashes[i]);
}

static void public_keys_sign_nothing(void **state)
{
    (void)state;
    uint8_t buffer[SCP_SIGNATURE_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    for (enum sample_key i = SAMPLE_RSA_1024; i < SAMPLE_KEYS; i++) {
        struct scp_signature_key key = sample_public(i);
        assert_int_equal(scp_sign(&key, random_bytes, message, &w), SCP_KEY_UNAVAILABLE);
    }
    struct scp_signature_key scalar = sample_key(SAMPLE_P256);
    scalar.point = SCP_EMPTY;
    struct scp_bytes signature = signed_by(&scalar, buffer);
    assert_int_equal(scp_verify(&scalar, message, signature), SCP_KEY_UNAVAILABLE);
}

static void parts_that_do_not_belong_together_are_refused(void **state)
{
    (void)state;
    uint8_t buffer[SCP_SIGNATURE_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_signature_key rsa = sample_key(SAMPLE_RSA_2048);
    rsa.modulus = sample_key(SAMPLE_RSA_1024).modulus;
    rsa.secret = scp_bytes_slice(rsa.secret, 0, rsa.modulus.len);
    assert_int_equal(scp_sign(&rsa, random_bytes, message, &w), SCP_MALFORMED);

    static const uint8_t zero[32];
    struct scp_signature_key ec = sample_key(SAMPLE_P256);
    struct scp_bytes signature = signed_by(&ec, buffer);
    ec.point = sample_key(SAMPLE_BRAINPOOL_P256).point;
    assert_int_equal(scp_verify(&ec, message, signature), SCP_MALFORMED);
    ec.secret = SCP_BYTES(zero);
    assert_int_equal(scp_sign(&ec, random_bytes, message, &w), SCP_MALFORMED);
    /* The order itself, and more than it. */
    ec.secret = HEX("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
    assert_int_equal(scp_sign(&ec, random_bytes, message, &w), SCP_MALFORMED);
    ec.secret = HEX("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
    assert_int_equal(scp_sign(&ec, random_bytes, message, &w), SCP_MALFORMED);
}

static void keys_of_other_shapes_are_not_made(void **state)
{
    (void)state;
    struct scp_signature_key key;
    struct scp_bytes des = sample_key(SAMPLE_AES_192).secret;
    struct scp_signature_key rsa = sample_key(SAMPLE_RSA_1024);
    struct scp_signature_key ec = sample_key(SAMPLE_P256);
    assert_int_equal(scp_signature_key_symmetric(&key, SCP_SIGNATURE_DES, des), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_signature_key_symmetric(&key, SCP_SIGNATURE_AES, SCP_EMPTY),
                     SCP_OUT_OF_RANGE);
    assert_int_equal(scp_signature_key_symmetric(&key, SCP_SIGNATURE_RSA, des), SCP_UNSUPPORTED);

    struct scp_bytes shorter = scp_bytes_from(rsa.modulus, 1);
    struct scp_bytes even = scp_bytes_slice(sample_key(SAMPLE_RSA_2048).modulus, 0, 255);
    assert_int_equal(scp_signature_key_rsa(&key, shorter, rsa.exponent, SCP_EMPTY),
                     SCP_OUT_OF_RANGE);
    assert_int_equal(scp_signature_key_rsa(&key, rsa.modulus, SCP_EMPTY, SCP_EMPTY),
                     SCP_OUT_OF_RANGE);
    assert_int_equal(scp_signature_key_rsa(&key, rsa.modulus, SCP_LITERAL(4), SCP_EMPTY),
                     SCP_OUT_OF_RANGE);
    if ((even.ptr[even.len - 1] & 1) == 0)
        assert_int_equal(scp_signature_key_rsa(&key, even, rsa.exponent, SCP_EMPTY), SCP_MALFORMED);

    assert_int_equal(scp_signature_key_ec(&key, SCP_CURVE_P256, SCP_EMPTY, SCP_EMPTY),
                     SCP_OUT_OF_RANGE);
    assert_int_equal(scp_signature_key_ec(&key, SCP_CURVE_P384, ec.point, SCP_EMPTY),
                     SCP_OUT_OF_RANGE);
    assert_int_equal(scp_signature_key_ec(&key, SCP_CURVE_BRAINPOOL_P256T1, ec.point, SCP_EMPTY),
                     SCP_UNSUPPORTED);
    assert_int_equal(scp_signature_key_ec(&key, (enum scp_curve)0x60, ec.point, SCP_EMPTY),
                     SCP_UNSUPPORTED);
}

static void leading_zeros_of_numbers_do_not_count(void **state)
{
    (void)state;
    uint8_t padded[1 + 128] = {0};
    uint8_t buffer[SCP_SIGNATURE_MAX];
    struct scp_signature_key rsa = sample_key(SAMPLE_RSA_1024);
    struct scp_signature_key key;
    memcpy(padded + 1, rsa.modulus.ptr, rsa.modulus.len);
    assert_int_equal(
        scp_signature_key_rsa(&key, SCP_BYTES(padded), SCP_LITERAL(0, 1, 0, 1), SCP_EMPTY), SCP_OK);
    assert_int_equal(key.hash, SCP_HASH_SHA1);
    assert_int_equal(scp_verify(&key, message, signed_by(&rsa, buffer)), SCP_OK);
}

static void *sign_and_verify_with_curves(void *unused)
{
    uint8_t buffer[SCP_SIGNATURE_MAX];
    for (enum sample_key i = SAMPLE_P256; i < SAMPLE_KEYS; i++) {
        struct scp_signature_key key = sample_key(i);
        for (int times = 0; times < 3; times++)
            assert_int_equal(scp_verify(&key, message, signed_by(&key, buffer)), SCP_OK);
    }
    return unused;
}

/* LeakSanitizer reads what is left when the program ends. */
static void a_thread_leaves_nothing_behind(void **state)
{
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, sign_and_verify_with_curves, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void curves_have_names(void **state)
{
    (void)state;
    enum scp_curve curve;
    assert_string_equal(scp_curve_name(SCP_CURVE_P521), "P-521");
    assert_null(scp_curve_name((enum scp_curve)9));
    assert_int_equal(scp_curve_from_name("brainpoolP512r1", &curve), SCP_OK);
    assert_int_equal(curve, SCP_CURVE_BRAINPOOL_P512R1);
    assert_int_equal(scp_curve_from_name("P-257", &curve), SCP_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_verifies_what_it_signed),
        cmocka_unit_test(a_flipped_bit_is_refused_in_signature_and_message),
        cmocka_unit_test(a_signature_of_another_length_is_refused),
        cmocka_unit_test(a_signature_of_zeros_is_refused),
        cmocka_unit_test(randomness_is_the_callers_alone),
        cmocka_unit_test(random_bytes_that_come_back_repeat_no_nonce),
        cmocka_unit_test(ecdsa_knows_rfc_6979),
        cmocka_unit_test(cmac_knows_sp_800_38b),
        cmocka_unit_test(the_hash_follows_from_the_key),
        cmocka_unit_test(public_keys_sign_nothing),
        cmocka_unit_test(parts_that_do_not_belong_together_are_refused),
        cmocka_unit_test(keys_of_other_shapes_are_not_made),
        cmocka_unit_test(leading_zeros_of_numbers_do_not_count),
        cmocka_unit_test(a_thread_leaves_nothing_behind),
        cmocka_unit_test(curves_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
