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

/* The primes of SAMPLE_RSA_2048 and what belongs to them. */
static const char p_hex[] =
    "F7E76A58AFEC66450FD3E43D920675FBBBBBF733E97191A4D1ADCAE86FC68A78C6D884375DEDA60E"
    "FF247BD4BEBB8F5D932AC2C22EDE0ABD269C513F2B331255FAE0720ED6762852FA75BFE0FE7CF51D"
    "4F36FAA768F4020425167CBAD2CF1835295492F1319A9CC887B018C6D8D11902640B7D618380527A"
    "F96286909DFD7ED5";
static const char q_hex[] =
    "F018DB27A5282FC5B9CCE8D2610063215FE9D83556368CAA3CD2F0D72021CF1D6D49F812726A1635"
    "5EF021697E48DC59C9CDB3B7F9EA83879ABC48097CEBCB053491336B95A45C8E7A65CFC52296A2EE"
    "EC7F21D0871DB8CF0445939ECDC895FCD2B67DC591564DE07FAABA25CD3BF21D816519809294F685"
    "5C2893AA49570E8F";
static const char pq_hex[] =
    "B651623185AC31C099FFD6B83F13B87F3D67DA345FE0599064EF56EE81162F2B4FA48579812EE5D6"
    "1E30F664148BC75DF91EC1788D3C050A9AC605774D40E5E749455153C7C0F21349D82B3FFAC90889"
    "80D225923706ACDA01CA0E602F9AFFA47919E260BF38C8201C97540A34641286059F073EC1C86442"
    "82F33CD2034B5FBF";
static const char dp1_hex[] =
    "D856735001F6632951AEB037AAFF4866EE66124C932430DD8CBE059CE22E7918FD2E65F38B5CA0D5"
    "E582892E1764C6AFFA860E8037363E58E320F7261124F8935FE40EA53432D8EDD0F48106700FCC38"
    "4FB0C2FCE5724B70228D853BE44C25EBFEAD77AE548380DEDECAA654A1519869A5B5012DDFFC53FE"
    "4D33D60ACE553221";
static const char dq1_hex[] =
    "C1CB2E4967B3722BE476928E0CA1A561F0EAED0AD015A3A05D0BDE3DA5BFE44EDA41D42BFF91C56F"
    "3ABC141BF44497271A0E20BBA4CB377322E04A3CEE49DC4ACD4D4DF5CE8925F412B34EEACDAA4CC5"
    "10BAE4EE4DC11DC46AAC4624EDF0B3AFA7DC88D4092562228CA99F2A97E784DB6FEFCC8FCCC0D3E2"
    "7CAA7BD5FCF079DD";

static void primes_sign_as_the_exponent_does(void **state)
{
    (void)state;
    uint8_t buffer[SCP_SIGNATURE_MAX];
    struct scp_signature_key key, public = sample_public(SAMPLE_RSA_2048);
    const struct scp_rsa_crt crt = {.p = HEX(p_hex),
                                    .q = HEX(q_hex),
                                    .pq = HEX(pq_hex),
                                    .dp1 = HEX(dp1_hex),
                                    .dq1 = HEX(dq1_hex)};
    assert_int_equal(scp_signature_key_rsa_crt(&key, &crt), SCP_OK);
    assert_int_equal(key.hash, SCP_HASH_SHA256);
    struct scp_bytes signature = signed_by(&key, buffer);
    assert_int_equal(scp_verify(&public, message, signature), SCP_OK);
    assert_int_equal(scp_verify(&key, message, signature), SCP_KEY_UNAVAILABLE);

    const struct scp_rsa_crt swapped = {
        .p = crt.q, .q = crt.p, .pq = SCP_LITERAL(1), .dp1 = crt.dq1, .dq1 = crt.dp1};
    assert_int_equal(scp_signature_key_rsa_crt(&key, &swapped), SCP_OK);
    assert_int_equal(scp_verify(&public, message, signed_by(&key, buffer)), SCP_OK);
}

/* One wrong part, and the signature would give the other prime away. */
static void primes_with_a_wrong_part_sign_nothing(void **state)
{
    (void)state;
    uint8_t buffer[SCP_SIGNATURE_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_signature_key key;
    const struct scp_rsa_crt crt = {.p = HEX(p_hex),
                                    .q = HEX(q_hex),
                                    .pq = HEX(pq_hex),
                                    .dp1 = HEX(dp1_hex),
                                    .dq1 = HEX(dq1_hex)};
    struct scp_rsa_crt wrong[3] = {crt, crt, crt};
    wrong[0].dq1 = crt.dp1;
    wrong[1].pq = SCP_LITERAL(1);
    wrong[2].dp1 = crt.dq1;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(scp_signature_key_rsa_crt(&key, &wrong[i]), SCP_OK);
        assert_int_equal(scp_sign(&key, random_bytes, message, &w), SCP_MALFORMED);
        assert_int_equal(scp_written(&w).len, 0);
    }
    wrong[0].q = SCP_EMPTY;
    assert_int_equal(scp_signature_key_rsa_crt(&key, &wrong[0]), SCP_OUT_OF_RANGE);
    wrong[1].p = wrong[1].q = SCP_LITERAL(3);
    assert_int_equal(scp_signature_key_rsa_crt(&key, &wrong[1]), SCP_OUT_OF_RANGE);
}

static void a_private_exponent_stands_without_the_public_one(void **state)
{
    (void)state;
    uint8_t buffer[SCP_SIGNATURE_MAX];
    struct scp_signature_key sample = sample_key(SAMPLE_RSA_2048);
    struct scp_signature_key public = sample_public(SAMPLE_RSA_2048);
    struct scp_signature_key key;
    assert_int_equal(scp_signature_key_rsa(&key, sample.modulus, SCP_EMPTY, sample.secret), SCP_OK);
    assert_int_equal(scp_verify(&public, message, signed_by(&key, buffer)), SCP_OK);
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
        cmocka_unit_test(primes_sign_as_the_exponent_does),
        cmocka_unit_test(primes_with_a_wrong_part_sign_nothing),
        cmocka_unit_test(a_private_exponent_stands_without_the_public_one),
        cmocka_unit_test(keys_of_other_shapes_are_not_made),
        cmocka_unit_test(leading_zeros_of_numbers_do_not_count),
        cmocka_unit_test(a_thread_leaves_nothing_behind),
        cmocka_unit_test(curves_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
