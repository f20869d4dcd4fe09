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
        {SCP_PROTOCOL_02, 0x15, 3, 0x03, false}, {SCP_PROTOCOL_02, 0x55, 3, 0x03, true},
        {SCP_PROTOCOL_02, 0x35, 6, 0x13, false}, {SCP_PROTOCOL_02, 0x75, 6, 0x13, true},
        {SCP_PROTOCOL_03, 0x00, 3, 0x03, false}, {SCP_PROTOCOL_03, 0x10, 3, 0x03, true},
        {SCP_PROTOCOL_03, 0x20, 5, 0x13, false}, {SCP_PROTOCOL_03, 0x60, 6, 0x33, false},
        {SCP_PROTOCOL_03, 0x70, 6, 0x33, true},  {SCP_PROTOCOL_03, 0x71, 6, 0x33, true},
        {SCP_PROTOCOL_02, 0x1A, 1, 0x01, false}, {SCP_PROTOCOL_02, 0x14, 3, 0x03, false},
        {SCP_PROTOCOL_02, 0x3B, 1, 0x01, false}, {SCP_PROTOCOL_02, 0x1D, 0, 0x00, false},
        {SCP_PROTOCOL_02, 0x5A, 0, 0x00, false}, {SCP_PROTOCOL_02, 0x95, 0, 0x00, false},
        {SCP_PROTOCOL_03, 0x40, 0, 0x00, false}, {SCP_PROTOCOL_03, 0x50, 0, 0x00, false},
        {SCP_PROTOCOL_03, 0x72, 0, 0x00, false}, {(enum scp_protocol)0x01, 0x15, 0, 0x00, false},
    };
    for (size_t n = 0; n < sizeof known / sizeof known[0]; n++) {
        assert_int_equal(count_levels(known[n].protocol, known[n].i), known[n].count);
        assert_int_equal(scp_level_highest(known[n].protocol, known[n].i), known[n].highest);
        assert_int_equal(scp_challenge_predictable(known[n].protocol, known[n].i),
                         known[n].predictable);
    }
}

/* Half of the combinations of SCP02's bits have a meaning; of SCP03's, those of the table. */
static void every_option_is_supported_or_refused_by_name(void **state)
{
    (void)state;
    size_t explicit_count = 0;
    size_t implicit_count = 0;
    size_t scp03_count = 0;
    for (unsigned i = 0; i <= 0xFF; i++) {
        const char *fault = scp_option_fault(SCP_PROTOCOL_02, (uint8_t)i);
        bool initiates = (i & 0x04) != 0;
        bool meaningful = (i & 0x80) == 0 && (i & (initiates ? 0x08u : 0x40u)) == 0;
        assert_int_equal(fault == NULL, meaningful);
        assert_true(fault == NULL || strstr(fault, "GPCS") != NULL);
        assert_int_equal(scp_option_implicit(SCP_PROTOCOL_02, (uint8_t)i),
                         meaningful && !initiates);
        explicit_count += meaningful && initiates ? 1 : 0;
        implicit_count += meaningful && !initiates ? 1 : 0;
        fault = scp_option_fault(SCP_PROTOCOL_03, (uint8_t)i);
        assert_true(fault == NULL || strstr(fault, "Amendment D") != NULL);
        assert_false(scp_option_implicit(SCP_PROTOCOL_03, (uint8_t)i));
        scp03_count += fault == NULL ? 1 : 0;
    }
    assert_int_equal(explicit_count, 32);
    assert_int_equal(implicit_count, 32);
    assert_int_equal(scp03_count, 12);
    assert_non_null(scp_option_fault((enum scp_protocol)0x10, 0));
}

static void counters_ahead_end_with_the_counter(void **state)
{
    (void)state;
    const struct {
        enum scp_protocol protocol;
        uint32_t known;
        uint32_t sessions;
        enum scp_error error;
        uint32_t counter;
    } cases[] = {
        {SCP_PROTOCOL_02, 7, 0, SCP_OK, 7},
        {SCP_PROTOCOL_02, 7, 3, SCP_OK, 10},
        {SCP_PROTOCOL_02, 0xFFFE, 1, SCP_OK, 0xFFFF},
        {SCP_PROTOCOL_02, 0xFFFF, 1, SCP_COUNTER_EXHAUSTED, 0},
        {SCP_PROTOCOL_03, 7, 0, SCP_OK, 8},
        {SCP_PROTOCOL_03, 7, 2, SCP_OK, 10},
        {SCP_PROTOCOL_03, 0xFFFFFF, 0, SCP_COUNTER_EXHAUSTED, 0},
        {SCP_PROTOCOL_03, 1, UINT32_MAX, SCP_COUNTER_EXHAUSTED, 0},
        {(enum scp_protocol)0x10, 1, 0, SCP_UNSUPPORTED, 0},
    };
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        uint32_t counter = 0;
        assert_int_equal(
            scp_counter_ahead(cases[n].protocol, cases[n].known, cases[n].sessions, &counter),
            cases[n].error);
        assert_int_equal(counter, cases[n].counter);
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
        cmocka_unit_test(every_option_is_supported_or_refused_by_name),
        cmocka_unit_test(counters_ahead_end_with_the_counter),
        cmocka_unit_test(levels_that_no_card_has_are_invalid),
        cmocka_unit_test(an_answer_reads_back_and_its_beginnings_do_not),
        cmocka_unit_test(answers_of_other_protocols_and_lengths_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
