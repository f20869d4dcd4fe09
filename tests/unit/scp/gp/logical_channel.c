#include "scp/gp/logical_channel.h"
#include "tests/support/expect.h"

static void expect_command(bool close, uint8_t channel, const char *expected)
{
    uint8_t buffer[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    const struct scp_manage_channel in = {.close = close, .channel = channel};
    struct scp_manage_channel out;
    const struct scp_apdu apdu = scp_manage_channel(&in);
    scp_put_apdu(&w, &apdu);
    assert_written(&w, expected);
    assert_int_equal(scp_manage_channel_parse(apdu.p1, apdu.p2, &out), SCP_OK);
    assert_int_equal(out.close, close);
    assert_int_equal(out.channel, channel);
}

static void channels_are_opened_and_closed(void **state)
{
    (void)state;
    expect_command(false, 0, "0070000001");
    expect_command(false, 3, "0070000301");
    expect_command(true, 19, "00708013");
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    struct scp_manage_channel out;
    assert_int_equal(scp_manage_channel_parse(0x40, 0x01, &out), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_manage_channel_parse(0x80, 0x00, &out), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_manage_channel_parse(0x00, 0x14, &out), SCP_OUT_OF_RANGE);
}

static void the_answer_names_the_channel(void **state)
{
    (void)state;
    uint8_t channel = 0;
    assert_int_equal(scp_channel_opened(HEX("13"), &channel), SCP_OK);
    assert_int_equal(channel, 19);
    assert_int_equal(scp_channel_opened(SCP_EMPTY, &channel), SCP_MALFORMED);
    assert_int_equal(scp_channel_opened(HEX("0102"), &channel), SCP_MALFORMED);
    assert_int_equal(scp_channel_opened(HEX("00"), &channel), SCP_OUT_OF_RANGE);
    assert_int_equal(scp_channel_opened(HEX("14"), &channel), SCP_OUT_OF_RANGE);
}

static void the_class_byte_carries_the_channel(void **state)
{
    (void)state;
    static const struct {
        uint8_t cla, channel, expected;
    } cases[] = {{0x00, 0, 0x00}, {0x80, 3, 0x83}, {0x84, 2, 0x86},  {0x80, 4, 0xC0},
                 {0x84, 4, 0xE0}, {0xE1, 1, 0x85}, {0x0C, 19, 0x6F}, {0x90, 5, 0xD1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t cla = scp_cla_on_channel(cases[i].cla, cases[i].channel);
        assert_int_equal(cla, cases[i].expected);
        assert_int_equal(scp_cla_channel(cla), cases[i].channel);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channels_are_opened_and_closed),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(the_answer_names_the_channel),
        cmocka_unit_test(the_class_byte_carries_the_channel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
