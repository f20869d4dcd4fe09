#include "scp/gp/token.h"
#include "scp/gp/commands.h"
#include "scp/gp/install.h"
#include "tests/support/expect.h"
#include "tests/unit/scp/crypto/sample_keys.h"

enum { DATA_MAX = 2 * SCP_COMMAND_MAX };

static const uint8_t random_bytes[SCP_SIGNATURE_RANDOM] = {9};

static struct scp_apdu apdu(uint8_t ins, uint8_t p1, uint8_t p2, struct scp_bytes data)
{
    return (struct scp_apdu){
        .cla = SCP_CLA_GP, .ins = ins, .p1 = p1, .p2 = p2, .data = data, .le = 0};
}

static struct scp_token parsed(struct scp_apdu command)
{
    struct scp_token token;
    assert_int_equal(scp_token_parse(&command, &token), SCP_OK);
    return token;
}

static void assert_input(struct scp_apdu command, const char *input)
{
    uint8_t buffer[DATA_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_token token = parsed(command);
    scp_put_token_input(&w, &token);
    assert_written(&w, input);
}

/* ---- what is covered ---------------------------------------------------------------------- */

/* The fields of GPCS tables C-4 to C-9, and a token behind them. */
static void the_input_of_every_form_ends_before_the_token(void **state)
{
    (void)state;
    assert_input(apdu(0xE6, 0x02, 0x00, HEX("05010203040505C1C2C3C4C502AABB04EF02C60002EEEE")),
                 "02001405010203040505C1C2C3C4C502AABB04EF02C600");
    assert_input(apdu(0xE6, 0x0E, 0x01, HEX("05010203040505C1C2C3C4C502AABB0000")),
                 "0E011005010203040505C1C2C3C4C502AABB00");
    assert_input(apdu(0xE6, 0x0E, 0x03, HEX("0005B1B2B3B4B505A1A2A3A4A5010002C90001EE")),
                 "0E03120005B1B2B3B4B505A1A2A3A4A5010002C900");
    assert_input(apdu(0xE6, 0x04, 0x00, HEX("05010203040505B1B2B3B4B505A1A2A3A4A5010002C90001EE")),
                 "04001705010203040505B1B2B3B4B505A1A2A3A4A5010002C900");
    assert_input(apdu(0xE6, 0x0C, 0x00, HEX("05010203040505B1B2B3B4B505A1A2A3A4A5010002C90000")),
                 "0C001705010203040505B1B2B3B4B505A1A2A3A4A5010002C900");
    assert_input(apdu(0xE6, 0x08, 0x00, HEX("000005A1A2A3A4A503C040100001EE")),
                 "08000D000005A1A2A3A4A503C0401000");
    assert_input(apdu(0xE6, 0x10, 0x00, HEX("0501020304050005A1A2A3A4A5000001EE")),
                 "10000F0501020304050005A1A2A3A4A50000");
    assert_input(apdu(0xE6, 0x40, 0x00, HEX("000005A1A2A3A4A5000001EE")),
                 "40000A000005A1A2A3A4A50000");
    assert_input(apdu(0xE4, 0x00, 0x80, HEX("4F05A1A2A3A4A59E02EEEE")), "0080074F05A1A2A3A4A5");
    assert_input(apdu(0xE4, 0x00, 0x00, HEX("4F05A1A2A3A4A5B6004F05A1A2A3A4A6")),
                 "0000104F05A1A2A3A4A5B6004F05A1A2A3A4A6");
}

static void data_over_255_bytes_have_a_length_of_three(void **state)
{
    (void)state;
    uint8_t zeros[SCP_COMMAND_MAX] = {0};
    uint8_t buffer[UINT16_MAX + 16];
    static uint8_t huge[UINT16_MAX + 1];
    struct scp_token token = {.p1 = 0x10, .covered = {zeros, 255}};
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_put_token_input(&w, &token);
    assert_hex(scp_bytes_slice(scp_written(&w), 0, 4), "1000FF00");
    w = scp_writer_on(buffer, sizeof buffer);
    token.covered.len = 256;
    scp_put_token_input(&w, &token);
    assert_hex(scp_bytes_slice(scp_written(&w), 0, 6), "100000010000");
    w = scp_writer_on(buffer, sizeof buffer);
    token.covered = SCP_BYTES(huge);
    scp_put_token_input(&w, &token);
    assert_int_equal(scp_writer_status(&w), SCP_TOO_LONG);
}

/* A length of 128 may stand as one byte, of the parameters and of the token (11.5.2.3). */
static void a_bare_length_of_128_is_read(void **state)
{
    (void)state;
    uint8_t data[512];
    static const uint8_t token_bytes[128] = {0xEE};
    struct scp_writer w = scp_writer_on(data, sizeof data);
    scp_put(&w, HEX("000005A1A2A3A4A50100"));
    scp_put_u8(&w, 128);
    scp_put(&w, HEX("B67E937C"));
    scp_put_fill(&w, 0x55, 124);
    size_t covered = w.len;
    scp_put_u8(&w, 128);
    scp_put(&w, SCP_BYTES(token_bytes));
    struct scp_token token = parsed(apdu(0xE6, 0x08, 0x00, scp_written(&w)));
    assert_int_equal(token.covered.len, covered);
    assert_int_equal(token.binding.len, 126);
    assert_true(scp_bytes_equal(token.signature, SCP_BYTES(token_bytes)));
}

static void what_cannot_carry_a_token_is_refused(void **state)
{
    (void)state;
    struct scp_token token;
    const struct {
        struct scp_apdu command;
        enum scp_error error;
    } cases[] = {
        {apdu(0xE2, 0x00, 0x00, SCP_EMPTY), SCP_UNSUPPORTED},
        {apdu(0xE6, 0x02, 0x00, HEX("0501020304050000")), SCP_TRUNCATED},
        {apdu(0xE6, 0x08, 0x00, HEX("000005A1A2A3A4A5010000")), SCP_TRUNCATED},
        {apdu(0xE6, 0x08, 0x00, HEX("000005A1A2A3A4A501000002EE")), SCP_TRUNCATED},
        {apdu(0xE6, 0x08, 0x00, HEX("000005A1A2A3A4A50100000000")), SCP_TRAILING},
        {apdu(0xE6, 0x08, 0x00, HEX("000005A1A2A3A4A5010002B60500")), SCP_TRUNCATED},
        {apdu(0xE4, 0x00, 0x00, HEX("4F05A1A2A3A4A59E02EE")), SCP_TRUNCATED},
        {apdu(0xE4, 0x00, 0x00, HEX("4F05A1A2A3A4A59E01EE4F05A1A2A3A4A6")), SCP_MALFORMED},
        {apdu(0xE4, 0x00, 0x00, HEX("9E01EE9E01EE")), SCP_MALFORMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(scp_token_parse(&cases[i].command, &token), cases[i].error);
}

/* ---- signing and verifying ---------------------------------------------------------------- */

static struct scp_bytes sign(const struct scp_signature_key *key, const struct scp_token *commands,
                             size_t count, uint8_t buffer[SCP_SIGNATURE_MAX])
{
    struct scp_writer w = scp_writer_on(buffer, SCP_SIGNATURE_MAX);
    assert_int_equal(scp_token_sign(key, random_bytes, commands, count, &w), SCP_OK);
    return scp_written(&w);
}

/* The command is built, signed, built again with its token, and read by the card. */
static void an_install_round_trips_under_every_key(void **state)
{
    (void)state;
    uint8_t data[DATA_MAX], whole[DATA_MAX], signature[SCP_SIGNATURE_MAX];
    for (enum sample_key i = 0; i < SAMPLE_KEYS; i++) {
        struct scp_signature_key issuer = sample_key(i);
        struct scp_signature_key card = sample_public(i);
        struct scp_install install = {.p1 = SCP_INSTALL_FOR_MAKE_SELECTABLE,
                                      .application = HEX("A1A2A3A4A5"),
                                      .privileges = HEX("000000")};
        struct scp_writer d = scp_writer_on(data, sizeof data);
        struct scp_writer w = scp_writer_on(whole, sizeof whole);
        struct scp_apdu command;
        assert_int_equal(scp_install_command(&install, &d, &command), SCP_OK);
        struct scp_token token = parsed(command);
        assert_int_equal(scp_token_verify(&card, &token, 1), SCP_NOT_FOUND);
        install.token = sign(&issuer, &token, 1, signature);
        assert_int_equal(scp_install_command(&install, &w, &command), SCP_OK);
        token = parsed(command);
        assert_int_equal(scp_token_verify(&card, &token, 1), SCP_OK);
        token.p2 = 0x01;
        assert_int_equal(scp_token_verify(&card, &token, 1), SCP_BAD_SIGNATURE);
    }
}

static void a_delete_round_trips(void **state)
{
    (void)state;
    uint8_t data[DATA_MAX], whole[DATA_MAX], signature[SCP_SIGNATURE_MAX];
    struct scp_signature_key key = sample_key(SAMPLE_RSA_2048);
    struct scp_delete delete = {.aid = HEX("A1A2A3A4A5"), .signature = HEX("930101")};
    struct scp_writer d = scp_writer_on(data, sizeof data);
    struct scp_writer w = scp_writer_on(whole, sizeof whole);
    struct scp_apdu command;
    assert_int_equal(scp_delete_command(&delete, &d, &command), SCP_OK);
    struct scp_token token = parsed(command);
    delete.token = sign(&key, &token, 1, signature);
    assert_int_equal(scp_delete_command(&delete, &w, &command), SCP_OK);
    assert_true(command.data.len > SCP_APDU_DATA_MAX); /* sent in segments, signed as one */
    token = parsed(command);
    assert_hex(token.binding, "930101");
    assert_int_equal(scp_token_verify(&key, &token, 1), SCP_OK);
}

/* C.4.7: one token in the second command, over both. */
static void the_combined_token_covers_both_commands(void **state)
{
    (void)state;
    uint8_t signature[SCP_SIGNATURE_MAX];
    struct scp_signature_key key = sample_key(SAMPLE_P256);
    struct scp_token commands[2] = {
        parsed(apdu(0xE6, 0x0E, 0x01, HEX("05010203040505C1C2C3C4C502AABB0000"))),
        parsed(apdu(0xE6, 0x0E, 0x03, HEX("0005B1B2B3B4B505A1A2A3A4A5010002C90000"))),
    };
    commands[1].signature = sign(&key, commands, 2, signature);
    assert_int_equal(scp_token_verify(&key, commands, 2), SCP_OK);
    assert_int_equal(scp_token_verify(&key, &commands[1], 1), SCP_BAD_SIGNATURE);
    commands[0] = parsed(apdu(0xE6, 0x0E, 0x01, HEX("05010203040505C1C2C3C4C502AABC0000")));
    assert_int_equal(scp_token_verify(&key, commands, 2), SCP_BAD_SIGNATURE);
}

static void one_token_does_not_fit_two_commands(void **state)
{
    (void)state;
    uint8_t signature[SCP_SIGNATURE_MAX];
    struct scp_signature_key key = sample_key(SAMPLE_AES_128);
    struct scp_token token = parsed(apdu(0xE4, 0x00, 0x00, HEX("4F05A1A2A3A4A5")));
    struct scp_token related = parsed(apdu(0xE4, 0x00, 0x80, HEX("4F05A1A2A3A4A5")));
    struct scp_token other = parsed(apdu(0xE4, 0x00, 0x00, HEX("4F05A1A2A3A4A6")));
    token.signature = related.signature = other.signature = sign(&key, &token, 1, signature);
    assert_int_equal(scp_token_verify(&key, &token, 1), SCP_OK);
    assert_int_equal(scp_token_verify(&key, &related, 1), SCP_BAD_SIGNATURE);
    assert_int_equal(scp_token_verify(&key, &other, 1), SCP_BAD_SIGNATURE);
}

static void commands_over_the_limit_are_not_signed(void **state)
{
    (void)state;
    static uint8_t long_data[2 * SCP_COMMAND_MAX + 16];
    uint8_t signature[SCP_SIGNATURE_MAX];
    struct scp_signature_key key = sample_key(SAMPLE_AES_128);
    struct scp_writer w = scp_writer_on(signature, sizeof signature);
    struct scp_token token = {.covered = SCP_BYTES(long_data)};
    assert_int_equal(scp_token_sign(&key, NULL, &token, 1, &w), SCP_NO_SPACE);
}

/* ---- binding ------------------------------------------------------------------------------ */

static void a_binding_round_trips(void **state)
{
    (void)state;
    uint8_t buffer[64];
    struct scp_token_binding back;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    const struct scp_token_binding binding = {
        .domain = {.provider = HEX("0102"), .image = HEX("0304")},
        .application_provider = HEX("0506"),
        .token_id = HEX("0708")};
    scp_put_token_binding(&w, &binding);
    assert_written(&w, "42020102450203045F2002050693020708");
    assert_int_equal(scp_token_binding_parse(scp_written(&w), &back), SCP_OK);
    assert_hex(back.domain.provider, "0102");
    assert_hex(back.domain.image, "0304");
    assert_hex(back.application_provider, "0506");
    assert_hex(back.token_id, "0708");
    assert_int_equal(scp_token_binding_parse(SCP_EMPTY, &back), SCP_OK);
    assert_int_equal(back.token_id.len, 0);
}

static void a_binding_that_is_not_understood_is_refused(void **state)
{
    (void)state;
    struct scp_token_binding out;
    assert_int_equal(scp_token_binding_parse(HEX("5F2101AA"), &out), SCP_UNSUPPORTED);
    assert_int_equal(scp_token_binding_parse(HEX("930101930102"), &out), SCP_DUPLICATE);
    assert_int_equal(scp_token_binding_parse(HEX("9302FF"), &out), SCP_TRUNCATED);
}

static void a_bound_token_is_for_one_security_domain(void **state)
{
    (void)state;
    const struct scp_domain_identity own = {.provider = HEX("0102"), .image = HEX("0304")};
    const struct scp_domain_identity unnamed = {.provider = SCP_EMPTY};
    struct scp_token_binding binding = {.token_id = HEX("01")};
    assert_int_equal(scp_token_binding_check(&binding, &own), SCP_OK);
    assert_int_equal(scp_token_binding_check(&binding, &unnamed), SCP_OK);
    binding.domain = own;
    assert_int_equal(scp_token_binding_check(&binding, &own), SCP_OK);
    assert_int_equal(scp_token_binding_check(&binding, &unnamed), SCP_MISMATCH);
    binding.domain.image = HEX("0305");
    assert_int_equal(scp_token_binding_check(&binding, &own), SCP_MISMATCH);
    binding.domain.image = SCP_EMPTY;
    assert_int_equal(scp_token_binding_check(&binding, &own), SCP_OK);
    binding.domain.provider = HEX("01");
    assert_int_equal(scp_token_binding_check(&binding, &own), SCP_MISMATCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_input_of_every_form_ends_before_the_token),
        cmocka_unit_test(data_over_255_bytes_have_a_length_of_three),
        cmocka_unit_test(a_bare_length_of_128_is_read),
        cmocka_unit_test(what_cannot_carry_a_token_is_refused),
        cmocka_unit_test(an_install_round_trips_under_every_key),
        cmocka_unit_test(a_delete_round_trips),
        cmocka_unit_test(the_combined_token_covers_both_commands),
        cmocka_unit_test(one_token_does_not_fit_two_commands),
        cmocka_unit_test(commands_over_the_limit_are_not_signed),
        cmocka_unit_test(a_binding_round_trips),
        cmocka_unit_test(a_binding_that_is_not_understood_is_refused),
        cmocka_unit_test(a_bound_token_is_for_one_security_domain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
