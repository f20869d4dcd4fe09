#include "agent/relay/runner.h"
#include "tests/support/test.h"

#include "scp/crypto/hash.h"

#include <string.h>

enum { COMMANDS_MAX = 8 };

/* A card that answers from a list and counts what reaches it. */
struct card {
    struct scp_bytes responses[COMMANDS_MAX];
    size_t count;
    size_t received;
    bool authenticated; /* EXTERNAL AUTHENTICATE reached it */
};

static enum agent_error transceive(void *ctx, struct scp_bytes command, struct scp_writer *response)
{
    struct card *card = ctx;
    card->authenticated |= command.len > 1 && command.ptr[1] == 0x82;
    if (card->received >= card->count)
        return AGENT_NO_CARD;
    scp_put(response, card->responses[card->received++]);
    return AGENT_OK;
}

struct recorder {
    size_t count;
    size_t total;
    uint8_t last[AGENT_RESPONSE_MAX];
    size_t last_len;
    size_t fail_at; /* counted from 1; 0: never */
};

static enum agent_error record(void *ctx, size_t index, size_t total, struct scp_bytes response)
{
    struct recorder *recorder = ctx;
    assert_int_equal(index, recorder->count);
    if (recorder->fail_at == ++recorder->count)
        return AGENT_JOURNAL;
    recorder->total = total;
    memcpy(recorder->last, response.ptr, response.len);
    recorder->last_len = response.len;
    return AGENT_OK;
}

/* A script of two commands, the first with a guard when one is given. */
static struct scp_bytes make_script(uint8_t *buffer, size_t cap, struct scp_bytes guard,
                                    const struct scp_sw_match *accepts, size_t accept_count)
{
    uint8_t body[512];
    struct scp_script_writer s;
    struct scp_script_command first = {.apdu = SCP_LITERAL(0x80, 0x50, 0x00, 0x00, 0x00),
                                       .guard = guard};
    struct scp_script_command second = {.apdu = SCP_LITERAL(0x84, 0x82, 0x01, 0x00)};
    for (size_t i = 0; i < accept_count; i++)
        first.accepts[first.accept_count++] = accepts[i];
    scp_script_begin(&s, true, body, sizeof body);
    scp_script_add(&s, &first);
    scp_script_add(&s, &second);
    struct scp_writer w = scp_writer_on(buffer, cap);
    assert_int_equal(scp_script_finish(&s, &w), SCP_OK);
    return scp_written(&w);
}

static struct agent_run run(struct card *card, struct scp_bytes script, struct recorder *recorder)
{
    struct agent_transceive link = {.ctx = card, .fn = transceive};
    struct agent_sink sink = {.ctx = recorder, .fn = record};
    struct agent_run result;
    agent_run_script(&link, script, &sink, &result);
    return result;
}

static void every_command_runs_when_all_are_accepted(void **state)
{
    (void)state;
    uint8_t buffer[512];
    struct card card = {.responses = {SCP_LITERAL(1, 2, 0x90, 0), SCP_LITERAL(0x90, 0)},
                        .count = 2};
    struct recorder recorder = {0};
    struct agent_run result =
        run(&card, make_script(buffer, sizeof buffer, SCP_EMPTY, NULL, 0), &recorder);
    assert_int_equal(result.end, AGENT_RUN_COMPLETE);
    assert_int_equal(result.executed, 2);
    assert_int_equal(result.total, 2);
    assert_int_equal(recorder.count, 2);
    assert_int_equal(recorder.total, 2);
}

static void an_unaccepted_status_word_stops_and_is_recorded(void **state)
{
    (void)state;
    uint8_t buffer[512];
    struct card card = {.responses = {SCP_LITERAL(0x63, 0x00), SCP_LITERAL(0x90, 0)}, .count = 2};
    struct recorder recorder = {0};
    struct agent_run result =
        run(&card, make_script(buffer, sizeof buffer, SCP_EMPTY, NULL, 0), &recorder);
    assert_int_equal(result.end, AGENT_RUN_STATUS);
    assert_int_equal(result.executed, 1);
    assert_int_equal(result.last_sw, 0x6300);
    assert_int_equal(card.received, 1);
    assert_int_equal(recorder.last_len, 2);
}

static void named_status_words_are_accepted(void **state)
{
    (void)state;
    uint8_t buffer[512];
    const struct scp_sw_match accepts[] = {{0x6A88, 0xFFFF}, {0x6300, 0xFF00}};
    struct card card = {.responses = {SCP_LITERAL(0x63, 0x10), SCP_LITERAL(0x90, 0)}, .count = 2};
    struct recorder recorder = {0};
    struct agent_run result =
        run(&card, make_script(buffer, sizeof buffer, SCP_EMPTY, accepts, 2), &recorder);
    assert_int_equal(result.end, AGENT_RUN_COMPLETE);

    /* and 9000 is not, when the list does not name it */
    card = (struct card){.responses = {SCP_LITERAL(0x90, 0)}, .count = 1};
    recorder = (struct recorder){0};
    result = run(&card, make_script(buffer, sizeof buffer, SCP_EMPTY, accepts, 2), &recorder);
    assert_int_equal(result.end, AGENT_RUN_STATUS);
}

static void a_guard_that_does_not_hold_never_lets_external_authenticate_out(void **state)
{
    (void)state;
    uint8_t buffer[512];
    uint8_t digest[32];
    assert_int_equal(scp_sha256(SCP_LITERAL(1, 2, 3), digest), SCP_OK);
    struct scp_bytes script = make_script(buffer, sizeof buffer, SCP_BYTES(digest), NULL, 0);

    struct card card = {.responses = {SCP_LITERAL(1, 2, 4, 0x90, 0), SCP_LITERAL(0x90, 0)},
                        .count = 2};
    struct recorder recorder = {0};
    struct agent_run result = run(&card, script, &recorder);
    assert_int_equal(result.end, AGENT_RUN_GUARD);
    assert_false(card.authenticated);
    assert_int_equal(recorder.count, 1); /* what the card said goes to the server all the same */

    card = (struct card){.responses = {SCP_LITERAL(1, 2, 3, 0x90, 0), SCP_LITERAL(0x90, 0)},
                         .count = 2};
    recorder = (struct recorder){0};
    result = run(&card, script, &recorder);
    assert_int_equal(result.end, AGENT_RUN_COMPLETE);
    assert_true(card.authenticated);
}

static void a_card_that_goes_away_ends_the_run(void **state)
{
    (void)state;
    uint8_t buffer[512];
    struct card card = {.responses = {SCP_LITERAL(0x90, 0)}, .count = 1};
    struct recorder recorder = {0};
    struct agent_run result =
        run(&card, make_script(buffer, sizeof buffer, SCP_EMPTY, NULL, 0), &recorder);
    assert_int_equal(result.end, AGENT_RUN_CARD);
    assert_int_equal(result.error, AGENT_NO_CARD);
    assert_int_equal(result.executed, 1);
    assert_int_equal(recorder.count, 1);
}

static void an_answer_that_is_none_ends_the_run(void **state)
{
    (void)state;
    uint8_t buffer[512];
    const struct scp_bytes garbage[] = {SCP_EMPTY, SCP_LITERAL(0x90)};
    for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
        struct card card = {.responses = {garbage[i]}, .count = 1};
        struct recorder recorder = {0};
        struct agent_run result =
            run(&card, make_script(buffer, sizeof buffer, SCP_EMPTY, NULL, 0), &recorder);
        assert_int_equal(result.end, AGENT_RUN_CARD);
        assert_int_equal(result.error, AGENT_CARD_ANSWER);
        assert_int_equal(recorder.count, 0);
    }
}

static void no_command_follows_a_response_that_was_not_recorded(void **state)
{
    (void)state;
    uint8_t buffer[512];
    struct card card = {.responses = {SCP_LITERAL(0x90, 0), SCP_LITERAL(0x90, 0)}, .count = 2};
    struct recorder recorder = {.fail_at = 1};
    struct agent_run result =
        run(&card, make_script(buffer, sizeof buffer, SCP_EMPTY, NULL, 0), &recorder);
    assert_int_equal(result.end, AGENT_RUN_SINK);
    assert_int_equal(result.executed, 0);
    assert_int_equal(card.received, 1);
}

static void a_script_broken_anywhere_sends_nothing(void **state)
{
    (void)state;
    uint8_t buffer[512];
    struct scp_bytes script = make_script(buffer, sizeof buffer, SCP_EMPTY, NULL, 0);
    for (size_t len = 0; len < script.len; len++) {
        struct card card = {.responses = {SCP_LITERAL(0x90, 0), SCP_LITERAL(0x90, 0)}, .count = 2};
        struct recorder recorder = {0};
        struct agent_run result = run(&card, scp_bytes_slice(script, 0, len), &recorder);
        assert_int_equal(result.end, AGENT_RUN_FORMAT);
        assert_int_not_equal(result.format, SCP_OK);
        assert_int_equal(card.received, 0);
    }
}

static void a_script_tells_whether_it_selects_first(void **state)
{
    (void)state;
    uint8_t buffer[512];
    struct agent_script_info info;
    assert_int_equal(
        agent_script_inspect(make_script(buffer, sizeof buffer, SCP_EMPTY, NULL, 0), &info),
        SCP_OK);
    assert_int_equal(info.commands, 2);
    assert_true(info.extended);
    assert_false(info.selects_first);
    struct scp_bytes standard = SCP_LITERAL(0xAA, 0x07, 0x22, 0x05, 0x00, 0xA4, 0x04, 0x00, 0x00);
    assert_int_equal(agent_script_inspect(standard, &info), SCP_OK);
    assert_false(info.extended);
    assert_true(info.selects_first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_runs_when_all_are_accepted),
        cmocka_unit_test(an_unaccepted_status_word_stops_and_is_recorded),
        cmocka_unit_test(named_status_words_are_accepted),
        cmocka_unit_test(a_guard_that_does_not_hold_never_lets_external_authenticate_out),
        cmocka_unit_test(a_card_that_goes_away_ends_the_run),
        cmocka_unit_test(an_answer_that_is_none_ends_the_run),
        cmocka_unit_test(no_command_follows_a_response_that_was_not_recorded),
        cmocka_unit_test(a_script_broken_anywhere_sends_nothing),
        cmocka_unit_test(a_script_tells_whether_it_selects_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
