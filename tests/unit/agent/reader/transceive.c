#include "agent/reader/transceive.h"
#include "tests/support/test.h"

#include "scp/base/limits.h"

/* A link that expects commands and gives the answers that go with them. */
struct step {
    struct scp_bytes command;
    struct scp_bytes response;
};

struct dialogue {
    const struct step *steps;
    size_t count;
    size_t at;
};

static enum agent_error answer(void *ctx, struct scp_bytes command, struct scp_writer *response)
{
    struct dialogue *dialogue = ctx;
    assert_true(dialogue->at < dialogue->count);
    const struct step *step = &dialogue->steps[dialogue->at++];
    assert_true(scp_bytes_equal(command, step->command));
    scp_put(response, step->response);
    return AGENT_OK;
}

static enum agent_error run(const struct step *steps, size_t count, bool t0,
                            struct agent_answer *out)
{
    struct dialogue dialogue = {.steps = steps, .count = count};
    struct agent_link link = {.tpdu = {.ctx = &dialogue, .fn = answer}, .t0 = t0};
    struct agent_transceive card = agent_transceive_over(&link);
    enum agent_error error = agent_send(&card, steps[0].command, out);
    assert_int_equal(dialogue.at, count);
    return error;
}

#define RUN(steps, t0, out) run((steps), sizeof(steps) / sizeof((steps)[0]), (t0), (out))

static void more_data_are_fetched_and_joined(void **state)
{
    (void)state;
    const struct step steps[] = {
        {SCP_LITERAL(0x80, 0xF2, 0x40, 0x02, 0x02, 0x4F, 0x00, 0x00),
         SCP_LITERAL(0x01, 0x02, 0x61, 0x02)},
        {SCP_LITERAL(0x00, 0xC0, 0x00, 0x00, 0x02), SCP_LITERAL(0x03, 0x04, 0x61, 0x00)},
        {SCP_LITERAL(0x00, 0xC0, 0x00, 0x00, 0x00), SCP_LITERAL(0x05, 0x63, 0x10)},
    };
    struct agent_answer out;
    assert_int_equal(RUN(steps, false, &out), AGENT_OK);
    assert_int_equal(out.sw, 0x6310);
    assert_true(scp_bytes_equal(out.data, SCP_LITERAL(1, 2, 3, 4, 5)));
}

static void wrong_length_is_corrected_once(void **state)
{
    (void)state;
    const struct step steps[] = {
        {SCP_LITERAL(0x80, 0xCA, 0x00, 0x42, 0x00), SCP_LITERAL(0x6C, 0x04)},
        {SCP_LITERAL(0x80, 0xCA, 0x00, 0x42, 0x04), SCP_LITERAL(0x6C, 0x05)},
    };
    struct agent_answer out;
    assert_int_equal(RUN(steps, false, &out), AGENT_OK);
    assert_int_equal(out.sw, 0x6C05);
}

static void wrong_length_without_le_is_the_answer(void **state)
{
    (void)state;
    const struct step steps[] = {
        {SCP_LITERAL(0x80, 0xE2, 0x00, 0x00, 0x01, 0xAA), SCP_LITERAL(0x6C, 0x04)},
    };
    struct agent_answer out;
    assert_int_equal(RUN(steps, false, &out), AGENT_OK);
    assert_int_equal(out.sw, 0x6C04);
}

static void t0_carries_no_le_behind_data(void **state)
{
    (void)state;
    struct scp_bytes whole = SCP_LITERAL(0x00, 0xA4, 0x04, 0x00, 0x01, 0xAA, 0x00);
    const struct step steps[] = {
        {scp_bytes_slice(whole, 0, 6), SCP_LITERAL(0x61, 0x01)},
        {SCP_LITERAL(0x00, 0xC0, 0x00, 0x00, 0x01), SCP_LITERAL(0x6F, 0x90, 0x00)},
    };
    struct dialogue dialogue = {.steps = steps, .count = 2};
    struct agent_link link = {.tpdu = {.ctx = &dialogue, .fn = answer}, .t0 = true};
    struct agent_transceive card = agent_transceive_over(&link);
    struct agent_answer out;
    assert_int_equal(agent_send(&card, whole, &out), AGENT_OK);
    assert_int_equal(dialogue.at, 2);
    assert_int_equal(out.sw, 0x9000);
    assert_int_equal(out.data.len, 1);
}

static void the_channel_is_kept_for_get_response(void **state)
{
    (void)state;
    const struct step basic[] = {
        {SCP_LITERAL(0x86, 0xF2, 0x80, 0x02, 0x00), SCP_LITERAL(0x61, 0x01)},
        {SCP_LITERAL(0x02, 0xC0, 0x00, 0x00, 0x01), SCP_LITERAL(0xAA, 0x90, 0x00)},
    };
    const struct step further[] = {
        {SCP_LITERAL(0xC3, 0xF2, 0x80, 0x02, 0x00), SCP_LITERAL(0x61, 0x01)},
        {SCP_LITERAL(0x43, 0xC0, 0x00, 0x00, 0x01), SCP_LITERAL(0xAA, 0x90, 0x00)},
    };
    struct agent_answer out;
    assert_int_equal(RUN(basic, false, &out), AGENT_OK);
    assert_int_equal(RUN(further, false, &out), AGENT_OK);
}

static void an_answer_without_status_word_is_refused(void **state)
{
    (void)state;
    const struct step none[] = {{SCP_LITERAL(0x00, 0xA4, 0x04, 0x00), SCP_EMPTY}};
    const struct step half[] = {{SCP_LITERAL(0x00, 0xA4, 0x04, 0x00), SCP_LITERAL(0x90)}};
    struct agent_answer out;
    assert_int_equal(RUN(none, false, &out), AGENT_CARD_ANSWER);
    assert_int_equal(RUN(half, false, &out), AGENT_CARD_ANSWER);
}

static enum agent_error endless(void *ctx, struct scp_bytes command, struct scp_writer *response)
{
    (void)command;
    ++*(size_t *)ctx;
    scp_put_fill(response, 0xAA, SCP_RESPONSE_DATA_MAX);
    scp_put_u16(response, 0x6100);
    return AGENT_OK;
}

static void a_card_that_never_ends_is_left(void **state)
{
    (void)state;
    size_t commands = 0;
    struct agent_link link = {.tpdu = {.ctx = &commands, .fn = endless}};
    struct agent_transceive card = agent_transceive_over(&link);
    struct agent_answer out;
    assert_int_equal(agent_send(&card, SCP_LITERAL(0x80, 0xCA, 0, 0, 0), &out), AGENT_CARD_ANSWER);
    assert_true(commands <= AGENT_GET_RESPONSES_MAX + 1);
}

static enum agent_error gone(void *ctx, struct scp_bytes command, struct scp_writer *response)
{
    (void)ctx;
    (void)command;
    (void)response;
    return AGENT_NO_CARD;
}

static void the_links_error_is_passed_on(void **state)
{
    (void)state;
    struct agent_link link = {.tpdu = {.fn = gone}};
    struct agent_transceive card = agent_transceive_over(&link);
    struct agent_answer out;
    assert_int_equal(agent_send(&card, SCP_LITERAL(0x80, 0xCA, 0, 0, 0), &out), AGENT_NO_CARD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_data_are_fetched_and_joined),
        cmocka_unit_test(wrong_length_is_corrected_once),
        cmocka_unit_test(wrong_length_without_le_is_the_answer),
        cmocka_unit_test(t0_carries_no_le_behind_data),
        cmocka_unit_test(the_channel_is_kept_for_get_response),
        cmocka_unit_test(an_answer_without_status_word_is_refused),
        cmocka_unit_test(a_card_that_never_ends_is_left),
        cmocka_unit_test(the_links_error_is_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
