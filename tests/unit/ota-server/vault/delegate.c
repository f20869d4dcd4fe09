/* Tokens and receipts under keys of the vault. */
#include "tests/unit/ota-server/vault/support.h"

#include "scp/gp/install.h"

#include <string.h>

static const uint8_t aes_value[16] = {0x70, 1, 2, 3};
/* A scalar of P-256 and its point: the one and the generator. */
static const uint8_t ec_scalar[32] = {[31] = 1};
static const char ec_point_hex[] =
    "046B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
    "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5";

static const uint8_t application[] = {0xA0, 0, 0, 3, 0x33, 1, 1, 0x42};
static const struct scp_domain_identity identity = {{(const uint8_t *)"\x42\x31", 2},
                                                    {(const uint8_t *)"\x91\x56", 2}};

static enum scp_error add(struct fixture *f, const char *label, uint8_t type,
                          struct scp_bytes value)
{
    const uint8_t curve = SCP_CURVE_P256;
    const struct scp_key_component components[] = {
        {.type = type, .value = value},
        {.type = SCP_KEY_TYPE_EC_PARAMETERS, .value = scp_bytes_of(&curve, 1)}};
    bool is_ec = type == SCP_KEY_TYPE_EC_PRIVATE || type == SCP_KEY_TYPE_EC_PUBLIC;
    return vault_add_signing_key(f->vault, label, components, is_ec ? 2 : 1);
}

/* An INSTALL [for install] bound to one card, before its token. */
static struct scp_token command(uint8_t buffer[128])
{
    uint8_t binding[32];
    uint8_t parameters[64];
    struct scp_writer b = scp_writer_on(binding, sizeof binding);
    struct scp_writer p = scp_writer_on(parameters, sizeof parameters);
    struct scp_writer w = scp_writer_on(buffer, 128);
    const struct scp_token_binding bound = {.domain = identity};
    scp_put_token_binding(&b, &bound);
    const struct scp_parameters all = {.has_application = true, .signature = scp_written(&b)};
    scp_put_parameters(&p, &all);
    const struct scp_install install = {.p1 = SCP_INSTALL_FOR_INSTALL,
                                        .load_file = SCP_BYTES(application),
                                        .module = SCP_BYTES(application),
                                        .application = SCP_BYTES(application),
                                        .privileges = SCP_LITERAL(0),
                                        .parameters = scp_written(&p)};
    scp_put_install_token_data(&w, &install);
    assert_scp_ok(scp_writer_status(&w));
    return (struct scp_token){.p1 = install.p1, .covered = scp_written(&w)};
}

static void assert_token_verifies(struct fixture *f, const char *label,
                                  const struct scp_signature_key *key)
{
    uint8_t buffer[128], signature[256];
    struct scp_writer w = scp_writer_on(signature, sizeof signature);
    struct scp_token token = command(buffer);
    assert_scp_ok(vault_sign_token(f->vault, label, &token, 1, &w));
    token.signature = scp_written(&w);
    assert_scp_ok(scp_token_verify(key, &token, 1));
    token.p1 = SCP_INSTALL_FOR_INSTALL_AND_MAKE_SELECTABLE;
    assert_scp_error(BAD_SIGNATURE, scp_token_verify(key, &token, 1));
}

static void token_verifies_under_the_key_of_its_label(void **state)
{
    struct fixture *f = *state;
    uint8_t point[65];
    struct scp_writer w = scp_writer_on(point, sizeof point);
    struct scp_signature_key aes, ec;
    assert_scp_ok(scp_hex_decode(ec_point_hex, &w));
    assert_scp_ok(scp_signature_key_symmetric(&aes, SCP_SIGNATURE_AES, SCP_BYTES(aes_value)));
    assert_scp_ok(scp_signature_key_ec(&ec, SCP_CURVE_P256, scp_written(&w), SCP_EMPTY));
    assert_scp_ok(add(f, "aes", SCP_KEY_TYPE_AES, SCP_BYTES(aes_value)));
    assert_scp_ok(add(f, "ec", SCP_KEY_TYPE_EC_PRIVATE, SCP_BYTES(ec_scalar)));
    fixture_reopen(f); /* they outlive the process */
    assert_token_verifies(f, "aes", &aes);
    assert_token_verifies(f, "ec", &ec);
}

static void token_needs_a_key_that_signs(void **state)
{
    struct fixture *f = *state;
    uint8_t point[65], buffer[128], signature[256];
    struct scp_writer p = scp_writer_on(point, sizeof point);
    struct scp_writer w = scp_writer_on(signature, sizeof signature);
    const struct scp_token token = command(buffer);
    assert_scp_ok(scp_hex_decode(ec_point_hex, &p));
    assert_scp_ok(add(f, "public", SCP_KEY_TYPE_EC_PUBLIC, scp_written(&p)));
    assert_scp_error(KEY_UNAVAILABLE, vault_sign_token(f->vault, "public", &token, 1, &w));
    assert_scp_error(KEY_UNAVAILABLE, vault_sign_token(f->vault, "nobody", &token, 1, &w));
    assert_int_equal(w.len, 0);
}

static void receipt_is_the_cards_or_is_refused(void **state)
{
    struct fixture *f = *state;
    uint8_t answer[128];
    struct scp_writer w = scp_writer_on(answer, sizeof answer);
    struct scp_signature_key card;
    struct scp_confirmation confirmation;
    struct scp_receipt_subject subject = {.kind = SCP_RECEIPT_DELETE,
                                          .application = SCP_BYTES(application)};
    const struct scp_confirmation_data data = {.counter = 3, .domain = identity};
    assert_scp_ok(scp_signature_key_symmetric(&card, SCP_SIGNATURE_AES, SCP_BYTES(aes_value)));
    assert_scp_ok(scp_receipt_generate(&card, NULL, &subject, &data, &w));
    assert_scp_ok(scp_confirmation_parse(scp_written(&w), &confirmation));
    assert_scp_ok(add(f, "receipt", SCP_KEY_TYPE_AES, SCP_BYTES(aes_value)));
    assert_scp_ok(vault_verify_receipt(f->vault, "receipt", &subject, &confirmation));
    assert_scp_error(KEY_UNAVAILABLE,
                     vault_verify_receipt(f->vault, "nobody", &subject, &confirmation));
    for (size_t i = 1; i < w.len; i++) {
        answer[i] ^= 0x01;
        if (scp_confirmation_parse(scp_written(&w), &confirmation) == SCP_OK)
            assert_scp_error(BAD_SIGNATURE,
                             vault_verify_receipt(f->vault, "receipt", &subject, &confirmation));
        answer[i] ^= 0x01;
    }
    assert_scp_ok(scp_confirmation_parse(scp_written(&w), &confirmation));
    subject.application = SCP_LITERAL(0xA0, 0, 0, 3, 0x33, 1, 1, 0x43); /* another thing's */
    assert_scp_error(BAD_SIGNATURE,
                     vault_verify_receipt(f->vault, "receipt", &subject, &confirmation));
}

static void key_is_checked_before_it_is_kept(void **state)
{
    struct fixture *f = *state;
    static const uint8_t huge[VAULT_SIGNING_KEY_MAX + 1] = {1};
    char label[2] = "a";
    assert_scp_error(OUT_OF_RANGE, add(f, "no label", SCP_KEY_TYPE_AES, SCP_BYTES(aes_value)));
    assert_scp_error(OUT_OF_RANGE, vault_add_signing_key(f->vault, "x", NULL, 0));
    assert_scp_error(UNSUPPORTED, add(f, "x", SCP_KEY_TYPE_PSK_TLS, SCP_BYTES(aes_value)));
    assert_scp_error(NO_SPACE, add(f, "x", SCP_KEY_TYPE_AES, SCP_BYTES(huge)));
    assert_false(vault_has_signing_key(f->vault, "x"));
    for (size_t i = 0; i < VAULT_SIGNING_KEYS_MAX; i++, label[0]++)
        assert_scp_ok(add(f, label, SCP_KEY_TYPE_AES, SCP_BYTES(aes_value)));
    assert_scp_error(DUPLICATE, add(f, "a", SCP_KEY_TYPE_AES, SCP_BYTES(aes_value)));
    assert_scp_error(TOO_LONG, add(f, label, SCP_KEY_TYPE_AES, SCP_BYTES(aes_value)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(token_verifies_under_the_key_of_its_label),
        TEST(token_needs_a_key_that_signs),
        TEST(receipt_is_the_cards_or_is_refused),
        TEST(key_is_checked_before_it_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
