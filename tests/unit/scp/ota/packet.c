/* Secured packets: every cipher with every check, both directions, and what is refused. Known
 * answers are in tests/vectors/scp80.json. */
#include "scp/ota/packet.h"
#include "tests/support/expect.h"

enum { PACKET = 512, DATA = 33 };

/* ---- every combination --------------------------------------------------------------------- */

struct cipher_row {
    enum scp_packet_cipher cipher;
    size_t key_len;
};

static const struct cipher_row ciphers[] = {
    {SCP_PACKET_PLAIN, 0},     {SCP_PACKET_DES_CBC, 8},   {SCP_PACKET_DES_ECB, 8},
    {SCP_PACKET_DES3_CBC, 16}, {SCP_PACKET_DES3_CBC, 24}, {SCP_PACKET_AES_CBC, 16},
    {SCP_PACKET_AES_CBC, 24},  {SCP_PACKET_AES_CBC, 32},
};

struct check_row {
    enum scp_packet_check check;
    uint8_t kind;
    size_t key_len;
    size_t cc_len;
};

static const struct check_row checks[] = {
    {SCP_PACKET_UNCHECKED, 0, 0, 0},          {SCP_PACKET_CRC16, SCP_SPI_RC, 0, 0},
    {SCP_PACKET_CRC32, SCP_SPI_RC, 0, 0},     {SCP_PACKET_DES_MAC, SCP_SPI_CC, 8, 8},
    {SCP_PACKET_DES_MAC, SCP_SPI_CC, 8, 4},   {SCP_PACKET_DES3_MAC, SCP_SPI_CC, 16, 8},
    {SCP_PACKET_DES3_MAC, SCP_SPI_CC, 24, 8}, {SCP_PACKET_DES3_MAC, SCP_SPI_CC, 24, 4},
    {SCP_PACKET_AES_CMAC, SCP_SPI_CC, 16, 8}, {SCP_PACKET_AES_CMAC, SCP_SPI_CC, 24, 8},
    {SCP_PACKET_AES_CMAC, SCP_SPI_CC, 32, 8}, {SCP_PACKET_AES_CMAC, SCP_SPI_CC, 32, 4},
};

enum { CIPHERS = sizeof ciphers / sizeof ciphers[0], CHECKS = sizeof checks / sizeof checks[0] };

/* One combination with the keys it borrows. */
struct combination {
    struct scp_packet_security security;
    struct scp_key cipher_key;
    struct scp_key check_key;
    uint8_t spi1;
};

static struct scp_key key_of(size_t len, uint8_t first)
{
    struct scp_key key = {.len = len};
    for (size_t i = 0; i < len; i++)
        key.bytes[i] = (uint8_t)(first + 7 * i);
    return key;
}

static void combine(struct combination *c, const struct cipher_row *cipher,
                    const struct check_row *check)
{
    *c = (struct combination){
        .cipher_key = key_of(cipher->key_len, 0x21),
        .check_key = key_of(check->key_len, 0x94),
        .spi1 = (uint8_t)(check->kind | SCP_SPI_COUNTER_HIGHER |
                          (cipher->cipher != SCP_PACKET_PLAIN ? SCP_SPI_CIPHERED : 0)),
    };
    c->security = (struct scp_packet_security){
        .cipher = cipher->cipher,
        .check = check->check,
        .cc_len = check->cc_len,
        .cipher_key = cipher->key_len > 0 ? &c->cipher_key : NULL,
        .check_key = check->key_len > 0 ? &c->check_key : NULL,
        .covered = SCP_EMPTY,
    };
}

typedef void (*with_combination)(const struct combination *c);

static void for_each_combination(with_combination run)
{
    for (size_t i = 0; i < CIPHERS; i++) {
        for (size_t k = 0; k < CHECKS; k++) {
            struct combination c;
            combine(&c, &ciphers[i], &checks[k]);
            run(&c);
        }
    }
}

static const uint8_t sample[DATA] = {
    0xAA, 0x1F, 0x22, 0x0D, 0x00, 0xA4, 0x04, 0x00, 0x08, 0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00,
    0x00, 0x22, 0x05, 0x80, 0xCA, 0x00, 0x66, 0x00, 0x22, 0x05, 0x80, 0xCA, 0x00, 0xE0, 0x00, 0x00,
};

static struct scp_packet_command command_of(const struct combination *c, size_t data_len)
{
    return (struct scp_packet_command){
        .spi = {c->spi1, SCP_POR_ALWAYS},
        .kic = 0x12,
        .kid = 0x15,
        .tar = {0xB0, 0x00, 0x11},
        .counter = UINT64_C(0x8000000102),
        .data = scp_bytes_of(sample, data_len),
    };
}

static struct scp_packet_response response_of(size_t data_len)
{
    return (struct scp_packet_response){
        .tar = {0xB0, 0x00, 0x11},
        .counter = UINT64_C(0xFF01020304),
        .status = SCP_PACKET_STATUS_ANSWER_BY_SMS,
        .data = scp_bytes_of(sample, data_len),
    };
}

static void assert_command_round_trips(const struct combination *c, size_t data_len)
{
    uint8_t packet[PACKET];
    uint8_t buffer[PACKET];
    struct scp_writer out = scp_writer_on(packet, sizeof packet);
    struct scp_writer plain = scp_writer_on(buffer, sizeof buffer);
    struct scp_packet_command sent = command_of(c, data_len);
    struct scp_packet_command got;
    scp_put_u8(&out, 0xEE); /* a packet may stand behind something else */
    assert_int_equal(scp_packet_command_pack(&c->security, &sent, &out), SCP_OK);
    struct scp_bytes bytes = scp_bytes_from(scp_written(&out), 1);
    assert_int_equal(scp_packet_command_unpack(&c->security, bytes, &plain, &got), SCP_OK);
    assert_memory_equal(got.spi, sent.spi, sizeof got.spi);
    assert_int_equal(got.kic, sent.kic);
    assert_int_equal(got.kid, sent.kid);
    assert_memory_equal(got.tar, sent.tar, sizeof got.tar);
    assert_true(got.counter == sent.counter);
    assert_true(scp_bytes_equal(got.data, sent.data));
    size_t secured = 5 + 1 + got.check.len + data_len;
    assert_int_equal(got.padding, scp_packet_padding(c->security.cipher, secured));
    assert_int_equal(bytes.len, 2 + 1 + 7 + secured + got.padding);
}

static void assert_response_round_trips(const struct combination *c, size_t data_len)
{
    uint8_t packet[PACKET];
    uint8_t buffer[PACKET];
    struct scp_writer out = scp_writer_on(packet, sizeof packet);
    struct scp_writer plain = scp_writer_on(buffer, sizeof buffer);
    struct scp_packet_security security = c->security;
    struct scp_packet_response sent = response_of(data_len);
    struct scp_packet_response got;
    security.covered = SCP_PACKET_SMS_RESPONSE;
    assert_int_equal(scp_packet_response_pack(&security, &sent, &out), SCP_OK);
    assert_int_equal(scp_packet_response_unpack(&security, scp_written(&out), &plain, &got),
                     SCP_OK);
    assert_memory_equal(got.tar, sent.tar, sizeof got.tar);
    assert_true(got.counter == sent.counter);
    assert_int_equal(got.status, sent.status);
    assert_true(scp_bytes_equal(got.data, sent.data));
}

static void round_trip(const struct combination *c)
{
    static const size_t lengths[] = {0, 1, 2, 7, 8, 9, 15, 16, 17, DATA};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        assert_command_round_trips(c, lengths[i]);
        assert_response_round_trips(c, lengths[i]);
    }
}

static void every_cipher_and_check_round_trips(void **state)
{
    (void)state;
    for_each_combination(round_trip);
}

/* The lengths are compared before anything is verified, so a flip there has its own error. */
static void assert_refused(enum scp_error error, const struct scp_writer *plain)
{
    assert_int_not_equal(error, SCP_OK);
    assert_int_equal(scp_written(plain).len, 0);
    for (size_t i = 0; i < plain->cap; i++)
        assert_int_equal(plain->buf[i], 0);
}

static void flip_every_bit(const struct combination *c)
{
    uint8_t packets[2][PACKET];
    struct scp_writer command = scp_writer_on(packets[0], PACKET);
    struct scp_writer response = scp_writer_on(packets[1], PACKET);
    struct scp_packet_command sent = command_of(c, 9);
    struct scp_packet_response answer = response_of(9);
    struct scp_packet_command got_command;
    struct scp_packet_response got_response;
    if (c->security.check == SCP_PACKET_UNCHECKED)
        return; /* nothing protects it */
    assert_int_equal(scp_packet_command_pack(&c->security, &sent, &command), SCP_OK);
    assert_int_equal(scp_packet_response_pack(&c->security, &answer, &response), SCP_OK);
    for (size_t bit = 0; bit < 8 * command.len; bit++) {
        uint8_t buffer[PACKET] = {0};
        struct scp_writer plain = scp_writer_on(buffer, sizeof buffer);
        packets[0][bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_refused(
            scp_packet_command_unpack(&c->security, scp_written(&command), &plain, &got_command),
            &plain);
        packets[0][bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t bit = 0; bit < 8 * response.len; bit++) {
        uint8_t buffer[PACKET] = {0};
        struct scp_writer plain = scp_writer_on(buffer, sizeof buffer);
        packets[1][bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_refused(
            scp_packet_response_unpack(&c->security, scp_written(&response), &plain, &got_response),
            &plain);
        packets[1][bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void a_flipped_bit_is_refused_and_leaves_nothing_behind(void **state)
{
    (void)state;
    for_each_combination(flip_every_bit);
}

/* ---- what is refused, by name -------------------------------------------------------------- */

/* AES-128 and AES-CMAC. */
static void combine_aes(struct combination *c)
{
    combine(c, &ciphers[5], &checks[8]);
}

static enum scp_error open_command(const struct scp_packet_security *security,
                                   struct scp_bytes packet)
{
    uint8_t buffer[PACKET];
    struct scp_writer plain = scp_writer_on(buffer, sizeof buffer);
    struct scp_packet_command got;
    return scp_packet_command_unpack(security, packet, &plain, &got);
}

static enum scp_error open_response(const struct scp_packet_security *security,
                                    struct scp_bytes packet)
{
    uint8_t buffer[PACKET];
    struct scp_writer plain = scp_writer_on(buffer, sizeof buffer);
    struct scp_packet_response got;
    return scp_packet_response_unpack(security, packet, &plain, &got);
}

static void a_packet_is_as_long_as_it_says(void **state)
{
    (void)state;
    const struct scp_packet_security none = {.cipher = SCP_PACKET_PLAIN};
    assert_int_equal(open_command(&none, HEX("0015 0D 0019 35 35 B00000 0000000000 00 "
                                             "00A40000023F00")),
                     SCP_OK);
    assert_int_equal(open_command(&none, SCP_EMPTY), SCP_TRUNCATED);
    assert_int_equal(open_command(&none, HEX("00")), SCP_TRUNCATED);
    assert_int_equal(open_command(&none, HEX("0000")), SCP_TRUNCATED);
    assert_int_equal(open_command(&none, HEX("0003 0D 0019")), SCP_TRUNCATED);
    assert_int_equal(open_command(&none, HEX("000E 0D 0019 35 35 B00000 0000000000")),
                     SCP_TRUNCATED);
    assert_int_equal(open_command(&none, HEX("000D 0D 0019 35 35 B00000 0000000000")),
                     SCP_TRUNCATED);
    assert_int_equal(open_command(&none, HEX("000E 0D 0019 35 35 B00000 0000000000 00 FF")),
                     SCP_TRAILING);
    assert_int_equal(open_response(&none, HEX("000A 0A B00011 0000000000 00")), SCP_TRUNCATED);
    assert_int_equal(open_response(&none, HEX("000B 0A B00011 0000000000 00 00")), SCP_OK);
}

static void a_header_length_that_does_not_fit_the_check_is_malformed(void **state)
{
    (void)state;
    const struct scp_packet_security none = {.cipher = SCP_PACKET_PLAIN};
    assert_int_equal(open_command(&none, HEX("000E 0C 0019 35 35 B00000 0000000000 00")),
                     SCP_MALFORMED);
    assert_int_equal(open_command(&none, HEX("000E 0E 0019 35 35 B00000 0000000000 00")),
                     SCP_MALFORMED);
    assert_int_equal(open_response(&none, HEX("000B 09 B00011 0000000000 00 00")), SCP_MALFORMED);
    const struct scp_packet_security crc = {.check = SCP_PACKET_CRC32};
    assert_int_equal(open_response(&crc, HEX("000D 0C B00011 0000000000 00 00 1234")),
                     SCP_MALFORMED);
}

static void ciphered_bytes_are_whole_blocks(void **state)
{
    (void)state;
    const struct scp_key key = key_of(16, 1);
    const struct scp_packet_security security = {.cipher = SCP_PACKET_AES_CBC, .cipher_key = &key};
    assert_int_equal(open_response(&security, HEX("000B 0A B00011 0000000000 00 00")),
                     SCP_MALFORMED);
    assert_int_equal(open_response(&security, HEX("0004 0A B00011")), SCP_TRUNCATED);
}

static void a_padding_counter_that_cannot_be_is_bad_padding(void **state)
{
    (void)state;
    const struct scp_packet_security none = {.cipher = SCP_PACKET_PLAIN};
    assert_int_equal(open_command(&none, HEX("0016 0D 0019 35 35 B00000 0000000000 01 "
                                             "00A40000023F0000")),
                     SCP_BAD_PADDING);
    assert_int_equal(open_response(&none, HEX("000B 0A B00011 0000000000 FF 00")), SCP_BAD_PADDING);
}

/* Without a check only the padding counter can tell. */
static void a_wrong_cipher_key_shows_in_the_padding_counter(void **state)
{
    (void)state;
    struct combination c;
    uint8_t packet[PACKET];
    struct scp_writer out = scp_writer_on(packet, sizeof packet);
    combine(&c, &ciphers[5], &checks[0]);
    struct scp_packet_command command = command_of(&c, 9);
    assert_int_equal(scp_packet_command_pack(&c.security, &command, &out), SCP_OK);
    c.cipher_key.bytes[0] ^= 0x01;
    assert_int_equal(open_command(&c.security, scp_written(&out)), SCP_BAD_PADDING);
}

static void the_spi_must_say_what_protects_the_packet(void **state)
{
    (void)state;
    struct combination c;
    combine_aes(&c);
    uint8_t packet[PACKET];
    struct scp_writer out = scp_writer_on(packet, sizeof packet);
    struct scp_packet_command command = command_of(&c, 9);
    assert_int_equal(scp_packet_command_pack(&c.security, &command, &out), SCP_OK);
    struct scp_packet_security less = c.security;
    less.check = SCP_PACKET_UNCHECKED;
    assert_int_equal(open_command(&less, scp_written(&out)), SCP_MISMATCH);
    less = c.security;
    less.cipher = SCP_PACKET_PLAIN;
    assert_int_equal(open_command(&less, scp_written(&out)), SCP_MISMATCH);
    assert_int_equal(scp_packet_command_pack(&less, &command, &out), SCP_MISMATCH);
    less = c.security;
    less.check = SCP_PACKET_CRC32;
    assert_int_equal(scp_packet_command_pack(&less, &command, &out), SCP_MISMATCH);
}

static void keys_must_be_there_and_fit(void **state)
{
    (void)state;
    struct combination c;
    combine_aes(&c);
    uint8_t packet[PACKET];
    struct scp_packet_command command = command_of(&c, 9);
    const struct {
        size_t cipher_len;
        size_t check_len;
        enum scp_error error;
    } cases[] = {
        {16, 16, SCP_OK},           {8, 16, SCP_OUT_OF_RANGE}, {0, 16, SCP_OUT_OF_RANGE},
        {16, 8, SCP_OUT_OF_RANGE},  {16, 0, SCP_OUT_OF_RANGE}, {16, 17, SCP_OUT_OF_RANGE},
        {33, 16, SCP_OUT_OF_RANGE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scp_writer out = scp_writer_on(packet, sizeof packet);
        c.cipher_key.len = cases[i].cipher_len;
        c.check_key.len = cases[i].check_len;
        assert_int_equal(scp_packet_command_pack(&c.security, &command, &out), cases[i].error);
    }
    struct scp_writer out = scp_writer_on(packet, sizeof packet);
    c.security.cipher_key = NULL;
    c.check_key.len = 16;
    assert_int_equal(scp_packet_command_pack(&c.security, &command, &out), SCP_KEY_UNAVAILABLE);
    assert_int_equal(scp_written(&out).len, 0);
    c.security.check_key = NULL;
    out = scp_writer_on(packet, sizeof packet);
    assert_int_equal(scp_packet_command_pack(&c.security, &command, &out), SCP_KEY_UNAVAILABLE);
}

static void values_outside_their_fields_are_refused(void **state)
{
    (void)state;
    static uint8_t large[UINT16_MAX + 3];
    static uint8_t packet[UINT16_MAX + 3];
    const struct scp_packet_security none = {.cipher = SCP_PACKET_PLAIN};
    struct scp_packet_command command = {.counter = SCP_PACKET_COUNTER_MAX + 1};
    struct scp_writer out = scp_writer_on(packet, sizeof packet);
    assert_int_equal(scp_packet_command_pack(&none, &command, &out), SCP_OUT_OF_RANGE);
    command.counter = SCP_PACKET_COUNTER_MAX;
    command.data = scp_bytes_of(large, UINT16_MAX - 1 - 7 - 6 + 1);
    assert_int_equal(scp_packet_command_pack(&none, &command, &out), SCP_TOO_LONG);
    command.data.len--;
    assert_int_equal(scp_packet_command_pack(&none, &command, &out), SCP_OK);
    assert_int_equal(open_command(&none, scp_written(&out)), SCP_NO_SPACE);
    out = scp_writer_on(packet, 20);
    assert_int_equal(scp_packet_command_pack(&none, &command, &out), SCP_NO_SPACE);
    struct combination c;
    combine_aes(&c);
    command = command_of(&c, 1);
    c.security.cc_len = 5;
    out = scp_writer_on(packet, sizeof packet);
    assert_int_equal(scp_packet_command_pack(&c.security, &command, &out), SCP_OUT_OF_RANGE);
}

/* Who agreed on eight bytes is not content with four. */
static void the_length_of_a_cc_is_agreed_or_left_open(void **state)
{
    (void)state;
    struct combination c;
    combine_aes(&c);
    uint8_t packet[PACKET];
    struct scp_writer out = scp_writer_on(packet, sizeof packet);
    struct scp_packet_command command = command_of(&c, 9);
    c.security.cc_len = 4;
    assert_int_equal(scp_packet_command_pack(&c.security, &command, &out), SCP_OK);
    assert_int_equal(open_command(&c.security, scp_written(&out)), SCP_OK);
    c.security.cc_len = 8;
    assert_int_equal(open_command(&c.security, scp_written(&out)), SCP_MALFORMED);
    c.security.cc_len = 0;
    assert_int_equal(open_command(&c.security, scp_written(&out)), SCP_OK);
}

static void a_response_is_covered_with_the_header_of_its_message(void **state)
{
    (void)state;
    struct combination c;
    combine_aes(&c);
    uint8_t packet[PACKET];
    struct scp_writer out = scp_writer_on(packet, sizeof packet);
    struct scp_packet_response response = response_of(3);
    struct scp_packet_security bare = c.security;
    c.security.covered = SCP_PACKET_SMS_RESPONSE;
    assert_int_equal(scp_packet_response_pack(&c.security, &response, &out), SCP_OK);
    assert_int_equal(open_response(&c.security, scp_written(&out)), SCP_OK);
    assert_int_equal(open_response(&bare, scp_written(&out)), SCP_BAD_MAC);
}

static void an_answer_without_protection_can_be_read_as_such(void **state)
{
    (void)state;
    struct combination c;
    uint8_t buffer[PACKET];
    struct scp_writer plain = scp_writer_on(buffer, sizeof buffer);
    struct scp_packet_response got;
    const struct scp_packet_security none = {.cipher = SCP_PACKET_PLAIN};
    const struct scp_bytes answer = HEX("000B 0A B00011 0000000001 00 0A");
    combine_aes(&c);
    c.security.cipher = SCP_PACKET_PLAIN;
    assert_int_equal(open_response(&c.security, answer), SCP_MALFORMED);
    assert_int_equal(scp_packet_response_unpack(&none, answer, &plain, &got), SCP_OK);
    assert_int_equal(got.status, SCP_PACKET_STATUS_SECURITY_TOO_LOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cipher_and_check_round_trips),
        cmocka_unit_test(a_flipped_bit_is_refused_and_leaves_nothing_behind),
        cmocka_unit_test(a_packet_is_as_long_as_it_says),
        cmocka_unit_test(a_header_length_that_does_not_fit_the_check_is_malformed),
        cmocka_unit_test(ciphered_bytes_are_whole_blocks),
        cmocka_unit_test(a_padding_counter_that_cannot_be_is_bad_padding),
        cmocka_unit_test(a_wrong_cipher_key_shows_in_the_padding_counter),
        cmocka_unit_test(the_spi_must_say_what_protects_the_packet),
        cmocka_unit_test(keys_must_be_there_and_fit),
        cmocka_unit_test(values_outside_their_fields_are_refused),
        cmocka_unit_test(the_length_of_a_cc_is_agreed_or_left_open),
        cmocka_unit_test(a_response_is_covered_with_the_header_of_its_message),
        cmocka_unit_test(an_answer_without_protection_can_be_read_as_such),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
