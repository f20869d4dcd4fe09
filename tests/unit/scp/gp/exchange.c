#include "scp/gp/exchange.h"
#include "scp/gp/commands.h"
#include "tests/support/expect.h"

enum { ROOM = 1024 };

/* A link that is told what to expect and what to answer. */
struct turn {
    const char *command;
    const char *answer;
};

static enum scp_error play(const struct turn *turns, size_t count, struct scp_exchange *x)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t buffer[SCP_APDU_MAX];
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        assert_false(x->done);
        scp_put_apdu(&w, &x->next);
        assert_written(&w, turns[i].command);
        uint8_t answer[SCP_RESPONSE_MAX];
        SCP_TRY(scp_exchange_take(x, expect_decode(answer, sizeof answer, turns[i].answer)));
    }
    return SCP_OK;
}

static void expect_exchange(const struct turn *turns, size_t count, bool t0, const char *response)
{
    uint8_t first[SCP_APDU_MAX];
    uint8_t buffer[ROOM];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_exchange x;
    struct scp_apdu command;
    assert_int_equal(scp_apdu_parse(expect_decode(first, sizeof first, turns[0].command), &command),
                     SCP_OK);
    if (t0 && command.data.len > 0)
        command.le = 0;
    scp_exchange_begin(&x, &command, t0, &w);
    assert_int_equal(play(turns, count, &x), SCP_OK);
    assert_true(x.done);
    assert_written(&w, response);
}

static void an_answer_at_once_is_whole(void **state)
{
    (void)state;
    const struct turn turns[] = {{"80CA006600", "AABB9000"}};
    expect_exchange(turns, 1, false, "AABB9000");
}

static void what_is_announced_is_asked_for(void **state)
{
    (void)state;
    const struct turn turns[] = {
        {"80F24002024F0000", "AA6102"}, {"00C0000002", "BBCC6100"}, {"00C0000000", "DD6310"}};
    expect_exchange(turns, 3, false, "AABBCCDD6310");
}

static void a_wrong_length_is_corrected_once(void **state)
{
    (void)state;
    const struct turn corrected[] = {{"80CA9F7F00", "6C03"}, {"80CA9F7F03", "AABBCC9000"}};
    const struct turn twice[] = {{"80CA9F7F00", "6C03"}, {"80CA9F7F03", "6C04"}};
    const struct turn later[] = {{"80CA9F7F00", "6C03"},
                                 {"80CA9F7F03", "6102"},
                                 {"00C0000002", "6C01"},
                                 {"00C0000001", "AA9000"}};
    const struct turn none[] = {{"80E28000", "6C04"}};
    expect_exchange(corrected, 2, false, "AABBCC9000");
    expect_exchange(twice, 2, false, "6C04");
    expect_exchange(later, 4, false, "AA9000");
    expect_exchange(none, 1, false, "6C04");
}

static void t0_carries_no_le_behind_data(void **state)
{
    (void)state;
    const struct turn turns[] = {{"00A4040005A000000333", "6102"}, {"00C0000002", "6F009000"}};
    expect_exchange(turns, 2, true, "6F009000");
    const struct turn without_data[] = {{"80CA006600", "AA9000"}};
    expect_exchange(without_data, 1, true, "AA9000");
}

static void the_rest_is_asked_for_on_the_same_channel(void **state)
{
    (void)state;
    const struct turn first[] = {{"83CA006600", "6101"}, {"03C0000001", "AA9000"}};
    const struct turn further[] = {{"E1CA006600", "6101"}, {"41C0000001", "AA9000"}};
    expect_exchange(first, 2, false, "AA9000");
    expect_exchange(further, 2, false, "AA9000");
}

static void broken_or_endless_answers_are_refused(void **state)
{
    (void)state;
    uint8_t buffer[ROOM];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    const struct scp_apdu command = scp_get_data(0x66);
    struct scp_exchange x;
    scp_exchange_begin(&x, &command, false, &w);
    assert_int_equal(scp_exchange_take(&x, HEX("90")), SCP_TRUNCATED);
    for (int i = 0; i < SCP_GET_RESPONSES_MAX; i++)
        assert_int_equal(scp_exchange_take(&x, HEX("AA6101")), SCP_OK);
    assert_int_equal(scp_exchange_take(&x, HEX("AA6101")), SCP_TOO_LONG);
    w = scp_writer_on(buffer, 2);
    scp_exchange_begin(&x, &command, false, &w);
    assert_int_equal(scp_exchange_take(&x, HEX("AA9000")), SCP_NO_SPACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_at_once_is_whole),
        cmocka_unit_test(what_is_announced_is_asked_for),
        cmocka_unit_test(a_wrong_length_is_corrected_once),
        cmocka_unit_test(t0_carries_no_le_behind_data),
        cmocka_unit_test(the_rest_is_asked_for_on_the_same_channel),
        cmocka_unit_test(broken_or_endless_answers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
