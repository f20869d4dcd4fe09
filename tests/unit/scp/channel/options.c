/* Options, levels and the answer of INITIALIZE UPDATE. */
#include "tests/unit/scp/channel/pair.h"

#include <string.h>

static size_t count_levels(enum scp_protocol protocol, uint8_t i)
{
    size_t count = 0;
    for (unsigned level = 0; level <= 0xFF; level++)
        count += scp_level_valid(protocol, i, (uint8_t)level) ? 1 : 0;
    return count;
}

static void options_allow_their_levels(void **state)
{
    (void)state;
    const struct {
        enum scp_protocol protocol;
        uint8_t i;
        uint8_t count;
        uint8_t highest;
        bool predictable;
    } known[] = {
        {SCP_PROTOCOL_02, 0x15, 3, 0x03, false},         {SCP_PROTOCOL_02, 0x55, 3, 0x03, true},
        {SCP_PROTOCOL_02, 0x35, 6, 0x13, false},         {SCP_PROTOCOL_02, 0x75, 6, 0x13, true},
        {SCP_PROTOCOL_03, 0x00, 3, 0x03, false},         {SCP_PROTOCOL_03, 0x10, 3, 0x03, true},
        {SCP_PROTOCOL_03, 0x20, 5, 0x13, false},         {SCP_PROTOCOL_03, 0x60, 6, 0x33, false},
        {SCP_PROTOCOL_03, 0x70, 6, 0x33, true},          {SCP_PROTOCOL_03, 0x71, 6, 0x33, true},
        {SCP_PROTOCOL_02, 0x1A, 0, 0x00, false},         {SCP_PROTOCOL_02, 0x14, 0, 0x00, false},
        {SCP_PROTOCOL_02, 0x95, 0, 0x00, false},         {SCP_PROTOCOL_03, 0x40, 0, 0x00, false},
        {SCP_PROTOCOL_03, 0x50, 0, 0x00, false},         {SCP_PROTOCOL_03, 0x72, 0, 0x00, false},
        {(enum scp_protocol)0x01, 0x15, 0, 0x00, false},
    };
    for (size_t n = 0; n < sizeof known / sizeof known[0]; n++) {
        assert_int_equal(count_levels(known[n].protocol, known[n].i), known[n].count);
        assert_int_equal(scp_level_highest(known[n].protocol, known[n].i), known[n].highest);
        assert_int_equal(scp_challenge_predictable(known[n].protocol, known[n].i),
                         known[n].predictable);
    }
}

static void levels_that_no_card_has_are_invalid(void **state)
{
    (void)state;
    const uint8_t scp02[] = {0x02, 0x12, 0x20, 0x33, 0x80};
    const uint8_t scp03[] = {0x02, 0x10, 0x20, 0x23, 0x30, 0x31, 0x80};
    for (size_t n = 0; n < sizeof scp02; n++)
        assert_false(scp_level_valid(SCP_PROTOCOL_02, 0x75, scp02[n]));
    for (size_t n = 0; n < sizeof scp03; n++)
        assert_false(scp_level_valid(SCP_PROTOCOL_03, 0x70, scp03[n]));
}

static void run_answer(struct pair *p)
{
    uint8_t buffer[SCP_INIT_UPDATE_RESPONSE_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_init_update parsed;
    pair_begin(p);
    assert_int_equal(scp_init_update_parse(p->answer, &parsed), SCP_OK);
    assert_int_equal(parsed.kvn, p->setup.kvn);
    assert_int_equal(parsed.protocol, p->option.protocol);
    assert_memory_equal(parsed.diversification_data, p->setup.diversification_data, 10);
    if (parsed.has_counter)
        assert_int_equal(parsed.counter, p->setup.counter);
    scp_put_init_update(&w, &parsed);
    assert_true(scp_bytes_equal(scp_written(&w), p->answer));
    for (size_t len = 0; len < p->answer.len; len++) {
        enum scp_error error = scp_init_update_parse(scp_bytes_slice(p->answer, 0, len), &parsed);
        bool without_counter = parsed.protocol == SCP_PROTOCOL_03 && len == p->answer.len - 3;
        assert_int_equal(error, without_counter &&
                                        scp_challenge_predictable(p->option.protocol, p->option.i)
                                    ? SCP_OK
                                    : SCP_TRUNCATED);
    }
}

static void an_answer_reads_back_and_its_beginnings_do_not(void **state)
{
    (void)state;
    for_each_option(run_answer);
}

static void answers_of_other_protocols_and_lengths_are_refused(void **state)
{
    (void)state;
    uint8_t data[60] = {[10] = 0x20, [11] = 0x02};
    struct scp_init_update parsed;
    assert_int_equal(scp_init_update_parse(scp_bytes_of(data, 28), &parsed), SCP_OK);
    assert_int_equal(scp_init_update_parse(scp_bytes_of(data, 29), &parsed), SCP_TRAILING);
    data[11] = 0x01;
    assert_int_equal(scp_init_update_parse(scp_bytes_of(data, 28), &parsed), SCP_UNSUPPORTED);
    data[11] = 0x03;
    data[12] = 0x70;
    assert_int_equal(scp_init_update_parse(scp_bytes_of(data, 30), &parsed), SCP_TRUNCATED);
    assert_int_equal(scp_init_update_parse(scp_bytes_of(data, 33), &parsed), SCP_TRAILING);
    data[12] = 0x71;
    assert_int_equal(scp_init_update_parse(scp_bytes_of(data, 45), &parsed), SCP_OK);
    assert_int_equal(scp_init_update_parse(scp_bytes_of(data, 49), &parsed), SCP_TRAILING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_allow_their_levels),
        cmocka_unit_test(levels_that_no_card_has_are_invalid),
        cmocka_unit_test(an_answer_reads_back_and_its_beginnings_do_not),
        cmocka_unit_test(answers_of_other_protocols_and_lengths_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
