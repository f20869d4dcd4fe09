/* Names, delays and what an HTTP status means. */
#include "agent/relay/backoff.h"
#include "agent/relay/client.h"
#include "agent/relay/identify.h"
#include "tests/support/test.h"

#include <string.h>

struct answers {
    struct scp_bytes iin;
    struct scp_bytes cin;
    struct scp_bytes select;
};

static enum agent_error on_command(void *ctx, struct scp_bytes command, struct scp_writer *response)
{
    const struct answers *answers = ctx;
    if (command.ptr[1] == 0xA4)
        scp_put(response, answers->select);
    else
        scp_put(response, command.ptr[3] == 0x42 ? answers->iin : answers->cin);
    return AGENT_OK;
}

static enum agent_error identify(struct answers answers, char se[AGENT_SE_MAX])
{
    struct agent_transceive card = {.ctx = &answers, .fn = on_command};
    return agent_identify(&card, se);
}

static void a_card_is_named_by_both_its_numbers(void **state)
{
    (void)state;
    char se[AGENT_SE_MAX];
    struct answers answers = {.select = SCP_LITERAL(0x6F, 0x00, 0x90, 0x00),
                              .iin = SCP_LITERAL(0x42, 0x02, 0x42, 0x31, 0x90, 0x00),
                              .cin = SCP_LITERAL(0x45, 0x01, 0x91, 0x90, 0x00)};
    assert_int_equal(identify(answers, se), AGENT_OK);
    assert_string_equal(se, "//se-id/CUD/423191");
    answers.cin = SCP_LITERAL(0x91, 0x90, 0x00); /* a card that answers with the bare value */
    assert_int_equal(identify(answers, se), AGENT_OK);
    assert_string_equal(se, "//se-id/CUD/423191");
}

static void a_card_without_one_of_them_has_no_name(void **state)
{
    (void)state;
    char se[AGENT_SE_MAX];
    const struct answers good = {.select = SCP_LITERAL(0x90, 0x00),
                                 .iin = SCP_LITERAL(0x42, 0x01, 0x42, 0x90, 0x00),
                                 .cin = SCP_LITERAL(0x45, 0x01, 0x91, 0x90, 0x00)};
    struct answers bad = good;
    bad.cin = SCP_LITERAL(0x6A, 0x88);
    assert_int_equal(identify(bad, se), AGENT_NOT_IDENTIFIED);
    bad = good;
    bad.iin = SCP_LITERAL(0x90, 0x00);
    assert_int_equal(identify(bad, se), AGENT_NOT_IDENTIFIED);
    bad = good;
    bad.select = SCP_LITERAL(0x6A, 0x82);
    assert_int_equal(identify(bad, se), AGENT_NOT_IDENTIFIED);
    bad = good;
    uint8_t huge[AGENT_CUD_MAX + 3] = {0};
    scp_store_u16(huge + AGENT_CUD_MAX + 1, 0x9000);
    bad.cin = SCP_BYTES(huge);
    assert_int_equal(identify(bad, se), AGENT_NOT_IDENTIFIED);
}

static void a_target_is_rid_and_pix(void **state)
{
    (void)state;
    uint8_t buffer[SCP_AID_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(agent_target_aid("//aid/A000000151/000000", &w), SCP_OK);
    assert_true(scp_bytes_equal(scp_written(&w), SCP_LITERAL(0xA0, 0, 0, 1, 0x51, 0, 0, 0)));
    w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(agent_target_aid("//aid/A000000151/", &w), SCP_OK);
    const char *const wrong[] = {"",
                                 "//aid/",
                                 "//aid/A0",
                                 "A000000151",
                                 "//aid/A00000015/00",
                                 "//aid/A000000151/00/00",
                                 "//aid/A0 00000151/00",
                                 "//aid/A000000151/0000000000000000000000000000",
                                 "//aid/A000000151000000000000000000000000000000000000/00"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        w = scp_writer_on(buffer, sizeof buffer);
        assert_int_not_equal(agent_target_aid(wrong[i], &w), SCP_OK);
    }
}

static void delays_grow_to_a_cap_and_differ(void **state)
{
    (void)state;
    struct agent_backoff backoff = {.first_ms = 100, .cap_ms = 1000};
    const uint32_t whole[] = {100, 200, 400, 800, 1000, 1000};
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        struct agent_backoff low = backoff;
        struct agent_backoff high = backoff;
        assert_int_equal(agent_backoff_next(&low, 0), whole[i] / 2);
        assert_int_equal(agent_backoff_next(&high, whole[i] / 2), whole[i]);
        assert_true(agent_backoff_next(&backoff, (uint32_t)(i * 7919)) <= whole[i]);
    }
    agent_backoff_reset(&backoff);
    assert_true(agent_backoff_next(&backoff, 12345) <= 100);
    backoff.attempts = UINT32_MAX;
    assert_true(agent_backoff_next(&backoff, 1) >= 500);
}

static void http_statuses_have_meanings(void **state)
{
    (void)state;
    const struct {
        long status;
        enum agent_error error;
    } cases[] = {
        {200, AGENT_OK},
        {204, AGENT_OK},
        {302, AGENT_SERVER_ANSWER},
        {401, AGENT_FORBIDDEN},
        {403, AGENT_FORBIDDEN},
        {404, AGENT_REFUSED},
        {409, AGENT_REFUSED},
        {429, AGENT_UNREACHABLE},
        {503, AGENT_UNREACHABLE},
        {0, AGENT_SERVER_ANSWER},
        {201, AGENT_SERVER_ANSWER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(agent_http_meaning(cases[i].status), cases[i].error);
}

static void a_next_uri_stays_on_the_server(void **state)
{
    (void)state;
    char longest[AGENT_URI_MAX + 2];
    memset(longest, 'a', sizeof longest);
    longest[0] = '/';
    longest[AGENT_URI_MAX - 1] = '\0';
    assert_true(agent_http_path_valid("/admin-agent/17"));
    assert_true(agent_http_path_valid(longest));
    longest[AGENT_URI_MAX - 1] = 'a';
    longest[AGENT_URI_MAX] = '\0';
    assert_false(agent_http_path_valid(longest));
    assert_false(agent_http_path_valid(""));
    assert_false(agent_http_path_valid("https://elsewhere/"));
    assert_false(agent_http_path_valid("//elsewhere/"));
    assert_false(agent_http_path_valid("/a b"));
    assert_false(agent_http_path_valid("/a\r\nX: y"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_is_named_by_both_its_numbers),
        cmocka_unit_test(a_card_without_one_of_them_has_no_name),
        cmocka_unit_test(a_target_is_rid_and_pix),
        cmocka_unit_test(delays_grow_to_a_cap_and_differ),
        cmocka_unit_test(http_statuses_have_meanings),
        cmocka_unit_test(a_next_uri_stays_on_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
