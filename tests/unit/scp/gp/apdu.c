#include "scp/gp/apdu.h"
#include "tests/support/expect.h"

static void all_four_cases_are_parsed_and_written_back(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        size_t data;
        int le;
    } cases[] = {{"80F20102", 0, SCP_NO_LE},
                 {"80CA006600", 0, 0},
                 {"80CA0066FF", 0, 0xFF},
                 {"80E60000020102", 2, SCP_NO_LE},
                 {"80E6000002010210", 2, 0x10}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t in[16];
        uint8_t out[16];
        struct scp_apdu apdu;
        struct scp_bytes bytes = expect_decode(in, sizeof in, cases[i].hex);
        assert_int_equal(scp_apdu_parse(bytes, &apdu), SCP_OK);
        assert_int_equal(apdu.data.len, cases[i].data);
        assert_int_equal(apdu.le, cases[i].le);
        struct scp_writer w = scp_writer_on(out, sizeof out);
        scp_put_apdu(&w, &apdu);
        assert_written(&w, cases[i].hex);
    }
}

static void the_longest_command_round_trips(void **state)
{
    (void)state;
    uint8_t data[SCP_APDU_DATA_MAX] = {1, 2, 3};
    uint8_t out[SCP_APDU_MAX];
    struct scp_apdu apdu = {.cla = 0x80, .data = SCP_BYTES(data), .le = 0};
    struct scp_apdu again;
    struct scp_writer w = scp_writer_on(out, sizeof out);
    scp_put_apdu(&w, &apdu);
    assert_int_equal(scp_written(&w).len, SCP_APDU_MAX);
    assert_int_equal(scp_apdu_parse(scp_written(&w), &again), SCP_OK);
    assert_true(scp_bytes_equal(again.data, apdu.data));
}

static void data_over_255_bytes_are_refused(void **state)
{
    (void)state;
    uint8_t data[256] = {0};
    uint8_t out[300];
    struct scp_apdu apdu = {.data = SCP_BYTES(data), .le = SCP_NO_LE};
    struct scp_writer w = scp_writer_on(out, sizeof out);
    scp_put_apdu(&w, &apdu);
    assert_int_equal(scp_writer_status(&w), SCP_TOO_LONG);
}

static void broken_commands_are_refused(void **state)
{
    (void)state;
    struct scp_apdu apdu;
    assert_int_equal(scp_apdu_parse(HEX("80F201"), &apdu), SCP_TRUNCATED);
    assert_int_equal(scp_apdu_parse(HEX("80E60000030102"), &apdu), SCP_TRUNCATED);
    assert_int_equal(scp_apdu_parse(HEX("80E6000001010000"), &apdu), SCP_TRAILING);
    assert_int_equal(scp_apdu_parse(HEX("80E60000000001AA"), &apdu), SCP_UNSUPPORTED);
}

static void a_response_is_data_and_status_word(void **state)
{
    (void)state;
    struct scp_response response;
    assert_int_equal(scp_response_parse(HEX("01029000"), &response), SCP_OK);
    assert_hex(response.data, "0102");
    assert_int_equal(response.sw, 0x9000);
    assert_int_equal(scp_response_parse(HEX("6A82"), &response), SCP_OK);
    assert_int_equal(response.data.len, 0);
    assert_int_equal(response.sw, 0x6A82);
    assert_int_equal(scp_response_parse(HEX("90"), &response), SCP_TRUNCATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_four_cases_are_parsed_and_written_back),
        cmocka_unit_test(the_longest_command_round_trips),
        cmocka_unit_test(data_over_255_bytes_are_refused),
        cmocka_unit_test(broken_commands_are_refused),
        cmocka_unit_test(a_response_is_data_and_status_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
