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

/* ---- what SPI, KIc and KID say ------------------------------------------------------------- */

static void algorithms_come_from_the_header(void **state)
{
    (void)state;
    const struct {
        uint8_t spi1;
        uint8_t kic;
        uint8_t kid;
        enum scp_error error;
        enum scp_packet_cipher cipher;
        enum scp_packet_check check;
    } cases[] = {
        {0x00, 0x35, 0x35, SCP_OK, SCP_PACKET_PLAIN, SCP_PACKET_UNCHECKED},
        {0x06, 0x12, 0x12, SCP_OK, SCP_PACKET_AES_CBC, SCP_PACKET_AES_CMAC},
        {0x06, 0x35, 0x35, SCP_OK, SCP_PACKET_DES3_CBC, SCP_PACKET_DES3_MAC},
        {0x06, 0x09, 0x09, SCP_OK, SCP_PACKET_DES3_CBC, SCP_PACKET_DES3_MAC},
        {0x06, 0x11, 0x11, SCP_OK, SCP_PACKET_DES_CBC, SCP_PACKET_DES_MAC},
        {0x04, 0x0D, 0x00, SCP_OK, SCP_PACKET_DES_ECB, SCP_PACKET_UNCHECKED},
        {0x05, 0x15, 0x15, SCP_OK, SCP_PACKET_DES3_CBC, SCP_PACKET_CRC32},
        {0x01, 0x00, 0x11, SCP_OK, SCP_PACKET_PLAIN, SCP_PACKET_CRC16},
        {0x03, 0x12, 0x12, SCP_UNSUPPORTED, 0, 0}, /* DS */
        {0x04, 0x10, 0x12, SCP_UNSUPPORTED, 0, 0}, /* implicit, nothing agreed */
        {0x02, 0x12, 0x10, SCP_UNSUPPORTED, 0, 0},
        {0x04, 0x13, 0x12, SCP_UNSUPPORTED, 0, 0}, /* proprietary */
        {0x04, 0x16, 0x12, SCP_UNSUPPORTED, 0, 0}, /* reserved */
        {0x02, 0x12, 0x0D, SCP_UNSUPPORTED, 0, 0},
        {0x01, 0x12, 0x12, SCP_UNSUPPORTED, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scp_packet_security security = {.cipher = SCP_PACKET_PLAIN};
        struct scp_packet_command command = {
            .spi = {cases[i].spi1, 0}, .kic = cases[i].kic, .kid = cases[i].kid};
        assert_int_equal(scp_packet_command_security(&command, &security), cases[i].error);
        assert_int_equal(security.cipher, cases[i].cipher);
        assert_int_equal(security.check, cases[i].check);
        /* The same for the response, from the second byte. */
        command.spi[0] = 0;
        command.spi[1] = (uint8_t)((cases[i].spi1 & 0x03) << 2 | (cases[i].spi1 & 0x04) << 2);
        security = (struct scp_packet_security){.cipher = SCP_PACKET_PLAIN};
        assert_int_equal(scp_packet_response_security(&command, &security), cases[i].error);
        assert_int_equal(security.cipher, cases[i].cipher);
        assert_int_equal(security.check, cases[i].check);
    }
}

static void an_implicit_algorithm_is_the_one_agreed(void **state)
{
    (void)state;
    struct scp_packet_security security = {.cipher = SCP_PACKET_AES_CBC,
                                           .check = SCP_PACKET_AES_CMAC};
    struct scp_packet_command command = {.spi = {0x06, 0x00}, .kic = 0x10, .kid = 0x10};
    assert_int_equal(scp_packet_command_security(&command, &security), SCP_OK);
    assert_int_equal(security.cipher, SCP_PACKET_AES_CBC);
    assert_int_equal(security.check, SCP_PACKET_AES_CMAC);
    command.spi[0] = SCP_SPI_RC; /* a CMAC is no redundancy check */
    assert_int_equal(scp_packet_command_security(&command, &security), SCP_UNSUPPORTED);
}

/* The example of TS 102 225 5.1.3.2. */
static void crcs_are_those_of_the_standard(void **state)
{
    (void)state;
    uint8_t buffer[8];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    const struct scp_bytes parts[] = {HEX("0102"), SCP_EMPTY, HEX("030405")};
    struct scp_packet_security security = {.check = SCP_PACKET_CRC16};
    assert_int_equal(scp_packet_checksum(&security, parts, 3, &w), SCP_OK);
    security.check = SCP_PACKET_CRC32;
    assert_int_equal(scp_packet_checksum(&security, parts, 3, &w), SCP_OK);
    assert_written(&w, "22EC470B99F4");
}

/* ---- the card's answer --------------------------------------------------------------------- */

static void the_header_is_read_before_the_keys_are_known(void **state)
{
    (void)state;
    struct scp_packet_command head;
    assert_int_equal(scp_packet_command_peek(HEX("00201115351515C000004D5C2C7F43D3E774316C66CE8E1D"
                                                 "5045755BACEF5DC83203"),
                                             &head),
                     SCP_OK);
    assert_int_equal(head.spi[0], 0x15);
    assert_int_equal(head.spi[1], 0x35);
    assert_int_equal(head.kic, 0x15);
    assert_int_equal(head.kid, 0x15);
    assert_memory_equal(head.tar, ((uint8_t[]){0xC0, 0x00, 0x00}), 3);
    assert_int_equal(head.data.len, 0);
    assert_int_equal(scp_packet_command_peek(HEX("0020111535"), &head), SCP_TRUNCATED);
}

static void counters_are_compared_as_the_spi_asks(void **state)
{
    (void)state;
    const uint64_t max = SCP_PACKET_COUNTER_MAX;
    const struct {
        uint8_t mode;
        uint64_t stored;
        uint64_t received;
        enum scp_packet_status status;
    } cases[] = {
        {SCP_SPI_COUNTER_NONE, 7, 0, SCP_PACKET_STATUS_OK},
        {SCP_SPI_COUNTER_PRESENT, 7, 7, SCP_PACKET_STATUS_OK},
        {SCP_SPI_COUNTER_HIGHER, 7, 6, SCP_PACKET_STATUS_COUNTER_LOW},
        {SCP_SPI_COUNTER_HIGHER, 7, 7, SCP_PACKET_STATUS_COUNTER_LOW},
        {SCP_SPI_COUNTER_HIGHER, 7, 8, SCP_PACKET_STATUS_OK},
        {SCP_SPI_COUNTER_HIGHER, 7, max, SCP_PACKET_STATUS_OK},
        {SCP_SPI_COUNTER_HIGHER, max, max, SCP_PACKET_STATUS_COUNTER_BLOCKED},
        {SCP_SPI_COUNTER_NEXT, 7, 7, SCP_PACKET_STATUS_COUNTER_LOW},
        {SCP_SPI_COUNTER_NEXT, 7, 8, SCP_PACKET_STATUS_OK},
        {SCP_SPI_COUNTER_NEXT, 7, 9, SCP_PACKET_STATUS_COUNTER_HIGH},
        {SCP_SPI_COUNTER_NEXT, max - 1, max, SCP_PACKET_STATUS_OK},
        {SCP_SPI_COUNTER_NEXT, max, 0, SCP_PACKET_STATUS_COUNTER_BLOCKED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(scp_packet_counter_status(cases[i].mode | SCP_SPI_CC | SCP_SPI_CIPHERED,
                                                   cases[i].stored, cases[i].received),
                         cases[i].status);
}

static void a_response_is_due_as_the_spi_asks(void **state)
{
    (void)state;
    const enum scp_packet_status ok = SCP_PACKET_STATUS_OK;
    const enum scp_packet_status bad = SCP_PACKET_STATUS_CHECK_FAILED;
    assert_false(scp_packet_response_due(SCP_POR_NONE | SCP_POR_CC, bad));
    assert_true(scp_packet_response_due(SCP_POR_ALWAYS | SCP_POR_CC, ok));
    assert_true(scp_packet_response_due(SCP_POR_ALWAYS, bad));
    assert_false(scp_packet_response_due(SCP_POR_ON_ERROR | SCP_POR_SUBMIT, ok));
    assert_true(scp_packet_response_due(SCP_POR_ON_ERROR, bad));
    assert_false(scp_packet_response_due(SCP_POR_MASK, bad)); /* reserved */
}

static void refusals_have_status_codes(void **state)
{
    (void)state;
    assert_int_equal(scp_packet_status_of(SCP_OK), 0x00);
    assert_int_equal(scp_packet_status_of(SCP_BAD_MAC), 0x01);
    assert_int_equal(scp_packet_status_of(SCP_BAD_PADDING), 0x05);
    assert_int_equal(scp_packet_status_of(SCP_MALFORMED), 0x06);
    assert_int_equal(scp_packet_status_of(SCP_NO_SPACE), 0x07);
    assert_string_equal(scp_packet_status_text(0x02), "the counter is too low");
    assert_string_equal(scp_packet_status_text(0x0C), "the answer follows in a USSD message");
    assert_string_equal(scp_packet_status_text(0x0D), "a reserved status code");
    assert_string_equal(scp_packet_status_text(0xFF), "a reserved status code");
}

static void a_response_belongs_to_its_command(void **state)
{
    (void)state;
    struct combination c;
    combine_aes(&c);
    struct scp_packet_command command = command_of(&c, 0);
    struct scp_packet_response response = response_of(0);
    assert_int_equal(scp_packet_response_belongs(&command, &response), SCP_MISMATCH);
    response.counter = command.counter;
    assert_int_equal(scp_packet_response_belongs(&command, &response), SCP_OK);
    response.tar[2] ^= 0x01;
    assert_int_equal(scp_packet_response_belongs(&command, &response), SCP_MISMATCH);
    response.tar[2] ^= 0x01;
    response.counter++;
    command.spi[0] = SCP_SPI_CC; /* no counter: what a card returns there says nothing */
    assert_int_equal(scp_packet_response_belongs(&command, &response), SCP_OK);
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
        cmocka_unit_test(algorithms_come_from_the_header),
        cmocka_unit_test(an_implicit_algorithm_is_the_one_agreed),
        cmocka_unit_test(crcs_are_those_of_the_standard),
        cmocka_unit_test(the_header_is_read_before_the_keys_are_known),
        cmocka_unit_test(counters_are_compared_as_the_spi_asks),
        cmocka_unit_test(a_response_is_due_as_the_spi_asks),
        cmocka_unit_test(refusals_have_status_codes),
        cmocka_unit_test(a_response_belongs_to_its_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
