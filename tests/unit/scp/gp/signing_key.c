#include "scp/gp/signing_key.h"
#include "tests/support/expect.h"
#include "tests/unit/scp/crypto/sample_keys.h"

static const uint8_t random_bytes[SCP_SIGNATURE_RANDOM] = {3};
static const struct scp_bytes message = {(const uint8_t *)"message", 7};

static struct scp_key_component component(enum scp_key_type type, struct scp_bytes value)
{
    return (struct scp_key_component){.type = (uint8_t)type, .value = value};
}

/* Made of these components, it signs what the sample verifies, or the other way round. */
static void assert_makes(enum sample_key sample, const struct scp_key_component *components,
                         size_t count)
{
    uint8_t buffer[SCP_SIGNATURE_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_signature_key known = sample_key(sample);
    struct scp_signature_key made;
    assert_int_equal(scp_signing_key(components, count, &made), SCP_OK);
    assert_int_equal(made.hash, known.hash);
    bool signs = made.secret.len > 0;
    assert_int_equal(scp_sign(signs ? &made : &known, random_bytes, message, &w), SCP_OK);
    assert_int_equal(scp_verify(signs ? &known : &made, message, scp_written(&w)), SCP_OK);
}

static void symmetric_keys_are_one_component(void **state)
{
    (void)state;
    struct scp_key_component des = component(SCP_KEY_TYPE_DES, sample_key(SAMPLE_DES).secret);
    struct scp_key_component aes = component(SCP_KEY_TYPE_AES, sample_key(SAMPLE_AES_192).secret);
    assert_makes(SAMPLE_DES, &des, 1);
    assert_makes(SAMPLE_AES_192, &aes, 1);
}

static void rsa_keys_are_modulus_and_an_exponent(void **state)
{
    (void)state;
    struct scp_signature_key key = sample_key(SAMPLE_RSA_2048);
    const struct scp_key_component public[] = {
        component(SCP_KEY_TYPE_RSA_MODULUS, key.modulus),
        component(SCP_KEY_TYPE_RSA_EXPONENT, key.exponent),
    };
    const struct scp_key_component private[] = {
        component(SCP_KEY_TYPE_RSA_MODULUS, key.modulus),
        component(SCP_KEY_TYPE_RSA_PRIVATE_EXPONENT, key.secret),
    };
    const struct scp_key_component secret[] = {
        component(SCP_KEY_TYPE_RSA_SECRET_MODULUS, key.modulus),
        component(SCP_KEY_TYPE_RSA_PRIVATE_EXPONENT, key.secret),
    };
    assert_makes(SAMPLE_RSA_2048, public, 2);
    assert_makes(SAMPLE_RSA_2048, private, 2);
    assert_makes(SAMPLE_RSA_2048, secret, 2);
}

static void ec_keys_name_their_curve(void **state)
{
    (void)state;
    static const enum sample_key samples[] = {SAMPLE_P256,           SAMPLE_P384,
                                              SAMPLE_P521,           SAMPLE_BRAINPOOL_P256,
                                              SAMPLE_BRAINPOOL_P384, SAMPLE_BRAINPOOL_P512};
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        struct scp_signature_key key = sample_key(samples[i]);
        const uint8_t reference = (uint8_t)key.curve;
        const struct scp_key_component public[] = {
            component(SCP_KEY_TYPE_EC_PUBLIC, key.point),
            component(SCP_KEY_TYPE_EC_PARAMETERS, scp_bytes_of(&reference, 1))};
        const struct scp_key_component private[] = {
            component(SCP_KEY_TYPE_EC_PRIVATE, key.secret),
            component(SCP_KEY_TYPE_EC_PARAMETERS, scp_bytes_of(&reference, 1))};
        assert_makes(samples[i], public, 2);
        assert_makes(samples[i], private, 2);
    }
}

/* FIPS 186-4 D.1.2.3. */
static void ec_keys_may_bring_a_curve_that_is_known(void **state)
{
    (void)state;
    struct scp_new_key parts = {
        .component_count = 6,
        .components = {
            component(SCP_KEY_TYPE_EC_PUBLIC, sample_key(SAMPLE_P256).point),
            component(SCP_KEY_TYPE_EC_P,
                      HEX("FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF")),
            component(SCP_KEY_TYPE_EC_A,
                      HEX("FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFC")),
            component(SCP_KEY_TYPE_EC_B,
                      HEX("5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B")),
            component(SCP_KEY_TYPE_EC_G,
                      HEX("046B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
                          "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5")),
            component(SCP_KEY_TYPE_EC_N,
                      HEX("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551")),
        }};
    struct scp_signature_key key;
    assert_makes(SAMPLE_P256, parts.components, parts.component_count);
    for (size_t i = 1; i < parts.component_count; i++) {
        struct scp_bytes right = parts.components[i].value;
        parts.components[i].value = scp_bytes_slice(right, 0, right.len - 1);
        assert_int_equal(scp_signing_key(parts.components, parts.component_count, &key),
                         SCP_UNSUPPORTED);
        parts.components[i].value = right;
    }
}

static void other_sets_make_no_key(void **state)
{
    (void)state;
    struct scp_signature_key key;
    struct scp_bytes point = sample_key(SAMPLE_P256).point;
    const struct scp_key_component lone_exponent = component(SCP_KEY_TYPE_RSA_EXPONENT, HEX("03"));
    const struct scp_key_component no_curve = component(SCP_KEY_TYPE_EC_PUBLIC, point);
    const struct scp_key_component tls = component(SCP_KEY_TYPE_PSK_TLS, HEX("00"));
    const struct scp_key_component own_curve[] = {
        component(SCP_KEY_TYPE_EC_PUBLIC, point),
        component(SCP_KEY_TYPE_EC_PARAMETERS, HEX("C000"))};
    const struct scp_key_component unknown_curve[] = {
        component(SCP_KEY_TYPE_EC_PUBLIC, point), component(SCP_KEY_TYPE_EC_PARAMETERS, HEX("09"))};
    assert_int_equal(scp_signing_key(NULL, 0, &key), SCP_UNSUPPORTED);
    assert_int_equal(scp_signing_key(&lone_exponent, 1, &key), SCP_UNSUPPORTED);
    assert_int_equal(scp_signing_key(&no_curve, 1, &key), SCP_UNSUPPORTED);
    assert_int_equal(scp_signing_key(&tls, 1, &key), SCP_UNSUPPORTED);
    assert_int_equal(scp_signing_key(own_curve, 2, &key), SCP_UNSUPPORTED);
    assert_int_equal(scp_signing_key(unknown_curve, 2, &key), SCP_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(symmetric_keys_are_one_component),
        cmocka_unit_test(rsa_keys_are_modulus_and_an_exponent),
        cmocka_unit_test(ec_keys_name_their_curve),
        cmocka_unit_test(ec_keys_may_bring_a_curve_that_is_known),
        cmocka_unit_test(other_sets_make_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
