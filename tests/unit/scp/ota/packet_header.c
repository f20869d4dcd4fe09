/* What the header of a packet says, and what a card answers to it. */
#include "scp/ota/packet.h"
#include "tests/support/expect.h"

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
        uint64_t stored;
        uint64_t received;
        enum scp_packet_status status;
        uint8_t mode;
    } cases[] = {
        {7, 0, SCP_PACKET_STATUS_OK, SCP_SPI_COUNTER_NONE},
        {7, 7, SCP_PACKET_STATUS_OK, SCP_SPI_COUNTER_PRESENT},
        {7, 6, SCP_PACKET_STATUS_COUNTER_LOW, SCP_SPI_COUNTER_HIGHER},
        {7, 7, SCP_PACKET_STATUS_COUNTER_LOW, SCP_SPI_COUNTER_HIGHER},
        {7, 8, SCP_PACKET_STATUS_OK, SCP_SPI_COUNTER_HIGHER},
        {7, max, SCP_PACKET_STATUS_OK, SCP_SPI_COUNTER_HIGHER},
        {max, max, SCP_PACKET_STATUS_COUNTER_BLOCKED, SCP_SPI_COUNTER_HIGHER},
        {7, 7, SCP_PACKET_STATUS_COUNTER_LOW, SCP_SPI_COUNTER_NEXT},
        {7, 8, SCP_PACKET_STATUS_OK, SCP_SPI_COUNTER_NEXT},
        {7, 9, SCP_PACKET_STATUS_COUNTER_HIGH, SCP_SPI_COUNTER_NEXT},
        {max - 1, max, SCP_PACKET_STATUS_OK, SCP_SPI_COUNTER_NEXT},
        {max, 0, SCP_PACKET_STATUS_COUNTER_BLOCKED, SCP_SPI_COUNTER_NEXT},
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
    struct scp_packet_command command = {
        .spi = {SCP_SPI_CC | SCP_SPI_COUNTER_PRESENT}, .tar = {0xB0, 0x00, 0x11}, .counter = 8};
    struct scp_packet_response response = {.tar = {0xB0, 0x00, 0x11}, .counter = 7};
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
