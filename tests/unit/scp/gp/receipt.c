#include "scp/gp/receipt.h"
#include "tests/support/expect.h"
#include "tests/unit/scp/crypto/sample_keys.h"

enum { RESPONSE_MAX = 1024 };

static const uint8_t random_bytes[SCP_SIGNATURE_RANDOM] = {5};

/* ---- confirmations ------------------------------------------------------------------------ */

static void assert_confirmation(const struct scp_confirmation *c, const char *receipt,
                                uint16_t counter, const char *domain)
{
    assert_hex(c->receipt, receipt);
    assert_int_equal(c->counter, counter);
    assert_hex(c->domain, domain);
}

static void a_confirmation_is_read_with_and_without_its_length(void **state)
{
    (void)state;
    struct scp_confirmation c;
    assert_int_equal(scp_confirmation_parse(HEX("02AABB02000302FFFE"), &c), SCP_OK);
    assert_confirmation(&c, "AABB", 3, "FFFE");
    assert_hex(c.data, "02000302FFFE");
    assert_int_equal(scp_confirmation_parse(HEX("0902AABB02000302FFFE"), &c), SCP_OK);
    assert_confirmation(&c, "AABB", 3, "FFFE");
    assert_int_equal(scp_confirmation_parse(HEX("810902AABB02000302FFFE"), &c), SCP_OK);
    assert_hex(c.data, "02000302FFFE");
}

static void token_identifier_and_digest_may_follow(void **state)
{
    (void)state;
    struct scp_confirmation c;
    assert_int_equal(scp_confirmation_parse(HEX("01AA02000302FFFE03EEDDCC"), &c), SCP_OK);
    assert_hex(c.token_id, "EEDDCC");
    assert_int_equal(c.digest.len, 0);
    assert_int_equal(scp_confirmation_parse(HEX("01AA02000302FFFE03EEDDCC021122"), &c), SCP_OK);
    assert_hex(c.digest, "1122");
    assert_hex(c.data, "02000302FFFE03EEDDCC021122");
    assert_int_equal(scp_confirmation_parse(HEX("01AA02000302FFFE03EEDDCC02112200"), &c),
                     SCP_TRAILING);
}

static void a_card_may_confirm_nothing(void **state)
{
    (void)state;
    struct scp_confirmation c;
    assert_int_equal(scp_confirmation_parse(HEX("00"), &c), SCP_NOT_FOUND);
    assert_int_equal(scp_confirmation_parse(SCP_EMPTY, &c), SCP_NOT_FOUND);
    assert_int_equal(scp_confirmation_parse(HEX("0002000302FFFE"), &c), SCP_OK);
    assert_int_equal(c.receipt.len, 0);
}

static void every_truncated_confirmation_is_refused(void **state)
{
    (void)state;
    struct scp_bytes forms[] = {HEX("02AABB02000302FFFE"), HEX("0902AABB02000302FFFE")};
    struct scp_confirmation c;
    for (size_t i = 0; i < 2; i++) {
        for (size_t len = 1; len < forms[i].len; len++) {
            enum scp_error error = scp_confirmation_parse(scp_bytes_slice(forms[i], 0, len), &c);
            assert_true(error != SCP_OK && error != SCP_NOT_FOUND);
        }
    }
    assert_int_equal(scp_confirmation_parse(HEX("02AABB01000302FFFE"), &c), SCP_MALFORMED);
    assert_int_equal(scp_confirmation_parse(HEX("81800000"), &c), SCP_TRUNCATED);
}

static void another_cards_confirmation_is_refused(void **state)
{
    (void)state;
    struct scp_confirmation c;
    const struct scp_domain_identity own = {.provider = HEX("0102"), .image = HEX("030405")};
    const struct scp_domain_identity others[] = {
        {.provider = HEX("0102"), .image = HEX("030406")},
        {.provider = HEX("0103"), .image = HEX("030405")},
        {.provider = HEX("0102"), .image = HEX("0304")},
        {.provider = HEX("010203040506"), .image = SCP_EMPTY},
    };
    assert_int_equal(scp_confirmation_parse(HEX("01AA020003050102030405"), &c), SCP_OK);
    assert_int_equal(scp_confirmation_check(&c, &own), SCP_OK);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(scp_confirmation_check(&c, &others[i]), SCP_MISMATCH);
}

/* ---- receipts ----------------------------------------------------------------------------- */

static const uint8_t load_file[] = {1, 1, 1, 1, 1};
static const uint8_t application[] = {2, 2, 2, 2, 2};
static const uint8_t domain[] = {3, 3, 3, 3, 3};
static const uint8_t old_domain[] = {4, 4, 4, 4, 4};
static const uint8_t privileges[] = {5};
static const uint8_t parameters[] = {6, 6};

/* All fields; each kind takes its own. */
static struct scp_receipt_subject subject_of(enum scp_receipt_kind kind)
{
    return (struct scp_receipt_subject){.kind = kind,
                                        .load_file = SCP_BYTES(load_file),
                                        .application = SCP_BYTES(application),
                                        .security_domain = SCP_BYTES(domain),
                                        .old_security_domain = SCP_BYTES(old_domain),
                                        .privileges = SCP_BYTES(privileges),
                                        .parameters = SCP_BYTES(parameters)};
}

enum { KINDS = SCP_RECEIPT_COMBINED + 1 };

/* Tables C-11 to C-16. */
static void each_kind_signs_its_fields(void **state)
{
    (void)state;
    static const char *const inputs[KINDS] = {
        [SCP_RECEIPT_LOAD] = "EE050101010101050303030303",
        [SCP_RECEIPT_INSTALL] = "EE050101010101050202020202",
        [SCP_RECEIPT_EXTRADITION] = "EE050404040404050202020202050303030303",
        [SCP_RECEIPT_REGISTRY_UPDATE] = "EE0504040404040502020202020503030303030105020606",
        [SCP_RECEIPT_DELETE] = "EE050202020202",
        [SCP_RECEIPT_COMBINED] = "EE050101010101050202020202050303030303",
    };
    for (int kind = 0; kind < KINDS; kind++) {
        uint8_t buffer[128];
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        struct scp_receipt_subject subject = subject_of((enum scp_receipt_kind)kind);
        scp_put_receipt_input(&w, HEX("EE"), &subject);
        assert_written(&w, inputs[kind]);
    }
}

static void a_registry_update_may_leave_fields_empty_and_no_other_kind_may(void **state)
{
    (void)state;
    for (int kind = 0; kind < KINDS; kind++) {
        uint8_t buffer[128];
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        const struct scp_receipt_subject subject = {.kind = (enum scp_receipt_kind)kind};
        scp_put_receipt_input(&w, SCP_EMPTY, &subject);
        if (kind == SCP_RECEIPT_REGISTRY_UPDATE)
            assert_written(&w, "0000000000");
        else
            assert_int_equal(scp_writer_status(&w), SCP_OUT_OF_RANGE);
    }
}

static const struct scp_confirmation_data *sample_data(void)
{
    static const uint8_t provider[] = {0x01, 0x02};
    static const uint8_t image[] = {0x03, 0x04, 0x05};
    static const uint8_t token_id[] = {0x93};
    static const struct scp_confirmation_data data = {
        .counter = 0xFFFE,
        .domain = {.provider = {provider, sizeof provider}, .image = {image, sizeof image}},
        .token_id = {token_id, sizeof token_id}};
    return &data;
}

/* The response data of the card, read back. */
static struct scp_confirmation generated(const struct scp_signature_key *key,
                                         const struct scp_receipt_subject *subject,
                                         uint8_t response[RESPONSE_MAX])
{
    struct scp_confirmation c;
    struct scp_writer w = scp_writer_on(response, RESPONSE_MAX);
    assert_int_equal(scp_receipt_generate(key, random_bytes, subject, sample_data(), &w), SCP_OK);
    assert_int_equal(scp_confirmation_parse(scp_written(&w), &c), SCP_OK);
    return c;
}

static void a_receipt_round_trips_in_every_kind_under_every_key(void **state)
{
    (void)state;
    uint8_t response[RESPONSE_MAX];
    for (enum sample_key i = 0; i < SAMPLE_KEYS; i++) {
        struct scp_signature_key card = sample_key(i);
        struct scp_signature_key server = sample_public(i);
        for (int kind = 0; kind < KINDS; kind++) {
            struct scp_receipt_subject subject = subject_of((enum scp_receipt_kind)kind);
            struct scp_confirmation c = generated(&card, &subject, response);
            assert_int_equal(c.counter, 0xFFFE);
            assert_hex(c.token_id, "93");
            assert_int_equal(scp_confirmation_check(&c, &sample_data()->domain), SCP_OK);
            assert_int_equal(scp_receipt_verify(&server, &subject, &c), SCP_OK);
        }
    }
}

static void a_receipt_proves_nothing_else(void **state)
{
    (void)state;
    uint8_t response[RESPONSE_MAX];
    struct scp_signature_key key = sample_key(SAMPLE_AES_128);
    struct scp_receipt_subject install = subject_of(SCP_RECEIPT_INSTALL);
    struct scp_receipt_subject other = install;
    other.application = SCP_BYTES(old_domain);
    struct scp_receipt_subject load = subject_of(SCP_RECEIPT_LOAD);
    struct scp_confirmation c = generated(&key, &install, response);
    assert_int_equal(scp_receipt_verify(&key, &other, &c), SCP_BAD_SIGNATURE);
    assert_int_equal(scp_receipt_verify(&key, &load, &c), SCP_BAD_SIGNATURE);
}

static void every_flipped_bit_of_a_confirmation_is_refused(void **state)
{
    (void)state;
    uint8_t response[RESPONSE_MAX];
    struct scp_signature_key key = sample_key(SAMPLE_DES);
    struct scp_receipt_subject subject = subject_of(SCP_RECEIPT_DELETE);
    struct scp_writer w = scp_writer_on(response, sizeof response);
    assert_int_equal(scp_receipt_generate(&key, NULL, &subject, sample_data(), &w), SCP_OK);
    for (size_t bit = 0; bit < 8 * w.len; bit++) {
        struct scp_confirmation c;
        response[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_true(scp_confirmation_parse(scp_written(&w), &c) != SCP_OK ||
                    scp_receipt_verify(&key, &subject, &c) == SCP_BAD_SIGNATURE);
        response[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void a_confirmation_without_a_receipt_is_not_verified(void **state)
{
    (void)state;
    struct scp_confirmation c;
    struct scp_receipt_subject subject = subject_of(SCP_RECEIPT_LOAD);
    assert_int_equal(scp_confirmation_parse(HEX("0002000302FFFE"), &c), SCP_OK);
    for (enum sample_key i = 0; i < SAMPLE_KEYS; i++) {
        struct scp_signature_key key = sample_public(i);
        assert_int_equal(scp_receipt_verify(&key, &subject, &c), SCP_BAD_SIGNATURE);
    }
}

static void parts_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    static uint8_t long_bytes[SCP_COMMAND_MAX + 1024];
    uint8_t response[RESPONSE_MAX];
    struct scp_signature_key key = sample_key(SAMPLE_AES_128);
    struct scp_receipt_subject subject = subject_of(SCP_RECEIPT_REGISTRY_UPDATE);
    struct scp_confirmation_data data = *sample_data();
    struct scp_writer w = scp_writer_on(response, sizeof response);
    data.domain.image = (struct scp_bytes){long_bytes, 254};
    assert_int_equal(scp_receipt_generate(&key, NULL, &subject, &data, &w), SCP_TOO_LONG);
    subject.parameters = SCP_BYTES(long_bytes);
    assert_int_equal(scp_receipt_generate(&key, NULL, &subject, sample_data(), &w), SCP_NO_SPACE);
    subject = subject_of(SCP_RECEIPT_LOAD);
    w = scp_writer_on(response, 8);
    assert_int_equal(scp_receipt_generate(&key, NULL, &subject, sample_data(), &w), SCP_NO_SPACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_confirmation_is_read_with_and_without_its_length),
        cmocka_unit_test(token_identifier_and_digest_may_follow),
        cmocka_unit_test(a_card_may_confirm_nothing),
        cmocka_unit_test(every_truncated_confirmation_is_refused),
        cmocka_unit_test(another_cards_confirmation_is_refused),
        cmocka_unit_test(each_kind_signs_its_fields),
        cmocka_unit_test(a_registry_update_may_leave_fields_empty_and_no_other_kind_may),
        cmocka_unit_test(a_receipt_round_trips_in_every_kind_under_every_key),
        cmocka_unit_test(a_receipt_proves_nothing_else),
        cmocka_unit_test(every_flipped_bit_of_a_confirmation_is_refused),
        cmocka_unit_test(a_confirmation_without_a_receipt_is_not_verified),
        cmocka_unit_test(parts_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
