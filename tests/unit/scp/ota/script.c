#include "scp/ota/script.h"
#include "tests/support/expect.h"

static struct scp_bytes build(bool extended, const struct scp_script_command *commands,
                              size_t count, uint8_t *buffer, size_t cap)
{
    static uint8_t body[4096];
    struct scp_script_writer s;
    struct scp_writer w = scp_writer_on(buffer, cap);
    scp_script_begin(&s, extended, body, sizeof body);
    for (size_t i = 0; i < count; i++)
        scp_script_add(&s, &commands[i]);
    assert_int_equal(scp_script_finish(&s, &w), SCP_OK);
    return scp_written(&w);
}

static void the_standard_form_carries_commands_alone(void **state)
{
    (void)state;
    uint8_t buffer[64];
    const struct scp_script_command commands[] = {{.apdu = HEX("00A40400")},
                                                  {.apdu = HEX("80CA006600")}};
    struct scp_bytes script = build(false, commands, 2, buffer, sizeof buffer);
    assert_hex(script, "AA0D220400A40400220580CA006600");
    struct scp_script_reader r;
    struct scp_script_command out;
    assert_int_equal(scp_script_open(&r, script), SCP_OK);
    assert_false(r.extended);
    assert_int_equal(scp_script_next(&r, &out), SCP_OK);
    assert_hex(out.apdu, "00A40400");
    assert_int_equal(out.accept_count, 0);
    assert_int_equal(scp_script_next(&r, &out), SCP_OK);
    assert_int_equal(scp_script_next(&r, &out), SCP_NOT_FOUND);
    assert_int_equal(scp_script_next(&r, &out), SCP_NOT_FOUND);
}

static void the_extended_form_carries_accepts_and_guard(void **state)
{
    (void)state;
    uint8_t buffer[128];
    uint8_t guard[SCP_GUARD_SIZE] = {0x11};
    const struct scp_script_command commands[] = {
        {.apdu = HEX("8050000008"), .guard = SCP_BYTES(guard)},
        {.apdu = HEX("80F2400200"),
         .accepts = {{0x9000, 0xFFFF}, {0x6300, 0xFF00}},
         .accept_count = 2},
        {.apdu = HEX("80CA006600")}};
    struct scp_bytes script = build(true, commands, 3, buffer, sizeof buffer);
    assert_hex(scp_bytes_slice(script, 0, 9), "AA47C0045242530122");
    struct scp_script_reader r;
    struct scp_script_command out;
    assert_int_equal(scp_script_open(&r, script), SCP_OK);
    assert_true(r.extended);
    assert_int_equal(scp_script_next(&r, &out), SCP_OK);
    assert_true(scp_bytes_equal(out.guard, SCP_BYTES(guard)));
    assert_int_equal(out.accept_count, 0);
    assert_int_equal(scp_script_next(&r, &out), SCP_OK);
    assert_int_equal(out.guard.len, 0);
    assert_int_equal(out.accept_count, 2);
    assert_int_equal(out.accepts[1].value, 0x6300);
    assert_int_equal(out.accepts[1].mask, 0xFF00);
    assert_int_equal(scp_script_next(&r, &out), SCP_OK);
    assert_int_equal(scp_script_next(&r, &out), SCP_NOT_FOUND);
}

static void only_named_status_words_are_accepted(void **state)
{
    (void)state;
    struct scp_script_command command = {.accept_count = 0};
    assert_true(scp_script_accepts(&command, 0x9000));
    assert_false(scp_script_accepts(&command, 0x6300));
    command = (struct scp_script_command){.accepts = {{0x6A88, 0xFFFF}, {0x6100, 0xFF00}},
                                          .accept_count = 2};
    assert_false(scp_script_accepts(&command, 0x9000));
    assert_true(scp_script_accepts(&command, 0x6A88));
    assert_true(scp_script_accepts(&command, 0x61FF));
}

/* SHA-256 of the three bytes "abc" (FIPS 180-4). */
static void the_guard_is_the_hash_of_the_response_data(void **state)
{
    (void)state;
    struct scp_script_command command = {
        .guard = HEX("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD")};
    bool holds = false;
    assert_int_equal(scp_script_guard_holds(&command, HEX("616263"), &holds), SCP_OK);
    assert_true(holds);
    assert_int_equal(scp_script_guard_holds(&command, HEX("616264"), &holds), SCP_OK);
    assert_false(holds);
    command.guard = SCP_EMPTY;
    assert_int_equal(scp_script_guard_holds(&command, HEX("616264"), &holds), SCP_OK);
    assert_true(holds);
}

static enum scp_error add_one(bool extended, const struct scp_script_command *command)
{
    uint8_t body[512];
    uint8_t buffer[512];
    struct scp_script_writer s;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    scp_script_begin(&s, extended, body, sizeof body);
    scp_script_add(&s, command);
    return scp_script_finish(&s, &w);
}

static void what_a_form_cannot_carry_is_not_written(void **state)
{
    (void)state;
    uint8_t long_apdu[SCP_APDU_MAX + 1] = {0};
    struct scp_script_command command = {
        .apdu = HEX("80CA0066"), .accepts = {{0x9000, 0xFFFF}}, .accept_count = 1};
    assert_int_equal(add_one(false, &command), SCP_STATE);
    assert_int_equal(add_one(true, &command), SCP_OK);
    command.accept_count = SCP_SCRIPT_ACCEPTS_MAX + 1;
    assert_int_equal(add_one(true, &command), SCP_TOO_LONG);
    command = (struct scp_script_command){.apdu = HEX("80CA0066"), .guard = HEX("AA")};
    assert_int_equal(add_one(true, &command), SCP_OUT_OF_RANGE);
    command = (struct scp_script_command){.apdu = HEX("80CA00")};
    assert_int_equal(add_one(true, &command), SCP_TRUNCATED);
    command = (struct scp_script_command){.apdu = SCP_BYTES(long_apdu)};
    assert_int_equal(add_one(true, &command), SCP_TOO_LONG);
}

static enum scp_error read_all(struct scp_bytes script, size_t *count)
{
    struct scp_script_reader r;
    struct scp_script_command command;
    *count = 0;
    SCP_TRY(scp_script_open(&r, script));
    enum scp_error error;
    while ((error = scp_script_next(&r, &command)) == SCP_OK)
        (*count)++;
    return error;
}

static void an_indefinite_script_ends_with_two_zeros(void **state)
{
    (void)state;
    size_t count;
    assert_int_equal(read_all(HEX("AE80 220400A40400 220480CA0066 0000"), &count), SCP_NOT_FOUND);
    assert_int_equal(count, 2);
    assert_int_equal(read_all(HEX("AE80 220400A40400"), &count), SCP_TRUNCATED);
    assert_int_equal(read_all(HEX("AE80 220400A40400 0000 22"), &count), SCP_TRAILING);
    assert_int_equal(read_all(HEX("AE06 220400A40400"), &count), SCP_MALFORMED);
}

static void broken_scripts_are_refused(void **state)
{
    (void)state;
    size_t count;
    assert_int_equal(read_all(HEX("AA"), &count), SCP_TRUNCATED);
    assert_int_equal(read_all(HEX("AB00"), &count), SCP_MALFORMED);
    assert_int_equal(read_all(HEX("AA07220400A40400"), &count), SCP_TRUNCATED);
    assert_int_equal(read_all(HEX("AA06230400A40400"), &count), SCP_UNSUPPORTED);
    assert_int_equal(read_all(HEX("AA03810182"), &count), SCP_UNSUPPORTED); /* immediate action */
    assert_int_equal(read_all(HEX("AA05220300A404"), &count), SCP_MALFORMED);
    assert_int_equal(read_all(HEX("AA06C00452425302"), &count), SCP_UNSUPPORTED);
    assert_int_equal(read_all(HEX("AA10C00452425301 220400A40400 C1049000"), &count),
                     SCP_TRUNCATED);
    assert_int_equal(read_all(HEX("AA10C00452425301 220400A40400 C1029000"), &count),
                     SCP_MALFORMED);
    assert_int_equal(read_all(HEX("AA0FC00452425301 220400A40400 C201AA"), &count), SCP_MALFORMED);
}

static void responses_round_trip_with_their_number(void **state)
{
    (void)state;
    static const uint8_t success[] = {0x90, 0x00};
    static struct scp_bytes items[160];
    static uint8_t buffer[1024];
    for (size_t i = 0; i < 160; i++)
        items[i] = SCP_BYTES(success);
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(scp_script_put_responses(&w, items, 160), SCP_OK);
    assert_hex(scp_bytes_slice(scp_written(&w), 0, 8), "AB820284800200A0");
    struct scp_response_reader r;
    struct scp_bytes item;
    assert_int_equal(scp_responses_open(&r, scp_written(&w)), SCP_OK);
    assert_int_equal(r.executed, 160);
    for (size_t i = 0; i < 160; i++)
        assert_int_equal(scp_responses_next(&r, &item), SCP_OK);
    assert_hex(item, "9000");
    assert_int_equal(scp_responses_next(&r, &item), SCP_NOT_FOUND);
}

static void response_lists_are_read_leniently_but_must_agree(void **state)
{
    (void)state;
    struct scp_response_reader r;
    assert_int_equal(scp_responses_open(&r, HEX("AF80 23029000 23026A82 0000")), SCP_OK);
    assert_int_equal(r.executed, 2);
    assert_int_equal(scp_responses_open(&r, HEX("AB03800100")), SCP_OK);
    assert_int_equal(r.executed, 0);
    assert_int_equal(scp_responses_open(&r, HEX("AB07800102 23029000")), SCP_MALFORMED);
    assert_int_equal(scp_responses_open(&r, HEX("AB06800101 230190")), SCP_MALFORMED);
    assert_int_equal(scp_responses_open(&r, HEX("AB00")), SCP_MALFORMED);
    assert_int_equal(scp_responses_open(&r, HEX("AF80 23029000")), SCP_TRUNCATED);
}

static void a_bad_format_answer_gives_its_code(void **state)
{
    (void)state;
    struct scp_response_reader r;
    struct scp_bytes item;
    assert_int_equal(scp_responses_open(&r, HEX("AB03900102")), SCP_UNSUPPORTED);
    assert_int_equal(r.bad_format, SCP_FORMAT_WRONG_LENGTH);
    assert_int_equal(r.executed, 0);
    assert_int_equal(scp_responses_next(&r, &item), SCP_NOT_FOUND);
    assert_int_equal(scp_responses_open(&r, HEX("AF80 23029000 900103 0000")), SCP_UNSUPPORTED);
    assert_int_equal(r.bad_format, SCP_FORMAT_NO_LENGTH);
    assert_int_equal(r.executed, 1);
    assert_int_equal(scp_responses_open(&r, HEX("AB0A 800101 23029000 900101")), SCP_UNSUPPORTED);
    assert_int_equal(r.bad_format, SCP_FORMAT_UNKNOWN_TAG);
    assert_int_equal(scp_responses_next(&r, &item), SCP_OK);
    assert_hex(item, "9000");
    assert_int_equal(scp_responses_next(&r, &item), SCP_NOT_FOUND);
    assert_int_equal(scp_responses_open(&r, HEX("AB0A 800102 23029000 900101")), SCP_MALFORMED);
    assert_int_equal(scp_responses_open(&r, HEX("AB03900100")), SCP_MALFORMED);
    assert_int_equal(scp_responses_open(&r, HEX("AB0490020101")), SCP_MALFORMED);
    assert_int_equal(scp_responses_open(&r, HEX("AB07900101 23029000")), SCP_MALFORMED);
    assert_int_equal(scp_responses_open(&r, HEX("AF80 900101")), SCP_TRUNCATED);
}

static void what_cannot_be_read_has_a_bad_format_code(void **state)
{
    (void)state;
    const struct {
        struct scp_bytes script;
        enum scp_bad_format code;
    } cases[] = {
        {HEX("AA06220400A40400"), SCP_FORMAT_GOOD},
        {HEX("AA06230400A40400"), SCP_FORMAT_UNKNOWN_TAG},
        {HEX("AA05220300A404"), SCP_FORMAT_WRONG_LENGTH},
        {HEX("AA07220400A4040022"), SCP_FORMAT_NO_LENGTH},
        {HEX("AA"), SCP_FORMAT_NO_LENGTH},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t count;
        assert_int_equal(scp_script_bad_format(read_all(cases[i].script, &count)), cases[i].code);
    }
}

static void both_lengths_are_written(void **state)
{
    (void)state;
    uint8_t body[64];
    uint8_t buffer[64];
    struct scp_script_writer s;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    const struct scp_script_command command = {.apdu = HEX("00A40400")};
    const struct scp_bytes items[] = {HEX("9000"), HEX("AABB6283")};
    struct scp_response_list list = {.items = items, .count = 2, .indefinite = true};
    scp_script_begin(&s, false, body, sizeof body);
    scp_script_add(&s, &command);
    assert_int_equal(scp_script_finish_indefinite(&s, &w), SCP_OK);
    assert_written(&w, "AE80220400A404000000");
    w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(scp_responses_put(&w, &list), SCP_OK);
    assert_written(&w, "AF80230290002304AABB62830000");
    list = (struct scp_response_list){
        .items = items, .count = 1, .bad_format = SCP_FORMAT_UNKNOWN_TAG};
    w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(scp_responses_put(&w, &list), SCP_OK);
    assert_written(&w, "AB0A80010123029000900101");
}

/* ---- properties ---------------------------------------------------------------------------- */

/* A small generator of our own, so that a failure repeats. */
static uint32_t draw(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % below;
}

enum { COMMANDS = 12, SCRIPT = 8192 };

static void random_command(uint32_t *seed, bool extended, struct scp_script_command *out)
{
    static uint8_t bytes[COMMANDS][SCP_APDU_MAX];
    static const uint8_t guard[SCP_GUARD_SIZE] = {0x5A};
    uint8_t *apdu = bytes[draw(seed, COMMANDS)];
    *out = (struct scp_script_command){.apdu = scp_bytes_of(apdu, 4 + draw(seed, 258))};
    for (size_t i = 0; i < out->apdu.len; i++)
        apdu[i] = (uint8_t)draw(seed, 256);
    if (!extended)
        return;
    out->accept_count = draw(seed, SCP_SCRIPT_ACCEPTS_MAX + 1);
    for (size_t i = 0; i < out->accept_count; i++)
        out->accepts[i] = (struct scp_sw_match){(uint16_t)draw(seed, 65536), 0xFFF0};
    if (draw(seed, 2) == 0)
        out->guard = SCP_BYTES(guard);
}

static void assert_same_command(const struct scp_script_command *a,
                                const struct scp_script_command *b)
{
    assert_true(scp_bytes_equal(a->apdu, b->apdu));
    assert_true(scp_bytes_equal(a->guard, b->guard));
    assert_int_equal(a->accept_count, b->accept_count);
    for (size_t i = 0; i < a->accept_count; i++) {
        assert_int_equal(a->accepts[i].value, b->accepts[i].value);
        assert_int_equal(a->accepts[i].mask, b->accepts[i].mask);
    }
}

/* Written in one form, a script of random commands is read the same; cut anywhere it is refused. */
static void assert_script_round_trips(uint32_t *seed, bool extended, bool indefinite)
{
    static uint8_t body[SCRIPT];
    static uint8_t buffer[SCRIPT];
    struct scp_script_command command;
    struct scp_script_command got;
    struct scp_script_writer s;
    struct scp_script_reader r;
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    uint32_t count = draw(seed, COMMANDS);
    uint32_t again = *seed;
    size_t read;
    scp_script_begin(&s, extended, body, sizeof body);
    for (uint32_t i = 0; i < count; i++) {
        random_command(seed, extended, &command);
        scp_script_add(&s, &command);
    }
    assert_int_equal(indefinite ? scp_script_finish_indefinite(&s, &w) : scp_script_finish(&s, &w),
                     SCP_OK);
    assert_int_equal(scp_script_open(&r, scp_written(&w)), SCP_OK);
    assert_true(r.extended == extended && r.indefinite == indefinite);
    for (uint32_t i = 0; i < count; i++) {
        random_command(&again, extended, &command);
        assert_int_equal(scp_script_next(&r, &got), SCP_OK);
        assert_same_command(&got, &command);
    }
    assert_int_equal(scp_script_next(&r, &got), SCP_NOT_FOUND);
    for (size_t cut = 0; cut < w.len; cut += 1 + draw(seed, 32))
        assert_int_not_equal(read_all(scp_bytes_of(buffer, cut), &read), SCP_NOT_FOUND);
}

static void random_scripts_round_trip_in_every_form(void **state)
{
    (void)state;
    uint32_t seed = 20260701;
    for (int i = 0; i < 200; i++)
        assert_script_round_trips(&seed, (i & 1) != 0, (i & 2) != 0);
}

static void random_response_lists_round_trip(void **state)
{
    (void)state;
    static uint8_t data[SCP_RESPONSE_MAX];
    static struct scp_bytes items[300];
    static uint8_t buffer[300 * (SCP_RESPONSE_MAX + 4) + 16];
    uint32_t seed = 7;
    for (uint32_t i = 0; i < 100; i++) {
        struct scp_response_list list = {.items = items,
                                         .count = draw(&seed, 300),
                                         .indefinite = (i & 1) != 0,
                                         .bad_format = (enum scp_bad_format)(i % 4)};
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        struct scp_response_reader r;
        struct scp_bytes item;
        for (size_t k = 0; k < list.count; k++)
            items[k] = scp_bytes_of(data, 2 + draw(&seed, SCP_RESPONSE_MAX - 1));
        assert_int_equal(scp_responses_put(&w, &list), SCP_OK);
        assert_int_equal(scp_responses_open(&r, scp_written(&w)),
                         list.bad_format == SCP_FORMAT_GOOD ? SCP_OK : SCP_UNSUPPORTED);
        assert_int_equal(r.executed, list.count);
        assert_int_equal(r.bad_format, list.bad_format);
        for (size_t k = 0; k < list.count; k++) {
            assert_int_equal(scp_responses_next(&r, &item), SCP_OK);
            assert_true(scp_bytes_equal(item, items[k]));
        }
        assert_int_equal(scp_responses_next(&r, &item), SCP_NOT_FOUND);
    }
}

static void a_response_has_a_status_word(void **state)
{
    (void)state;
    uint8_t buffer[16];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    const struct scp_bytes item = HEX("90");
    assert_int_equal(scp_script_put_responses(&w, &item, 1), SCP_TRUNCATED);
}

static void more_than_the_limits_is_refused(void **state)
{
    (void)state;
    static uint8_t large[SCP_SCRIPT_MAX + 1];
    static uint8_t body[SCP_SCRIPT_COMMANDS_MAX * 8];
    size_t count;
    assert_int_equal(read_all(SCP_BYTES(large), &count), SCP_TOO_LONG);
    assert_int_equal(read_all(HEX("AA32 C00452425301 220400A40400 C124"
                                  "90000000 90000000 90000000 90000000 90000000"
                                  "90000000 90000000 90000000 90000000"),
                              &count),
                     SCP_TOO_LONG);
    const struct scp_script_command command = {.apdu = HEX("00A40400")};
    struct scp_script_writer s;
    scp_script_begin(&s, false, body, sizeof body);
    for (size_t i = 0; i < SCP_SCRIPT_COMMANDS_MAX; i++)
        scp_script_add(&s, &command);
    assert_int_equal(scp_writer_status(&s.body), SCP_OK);
    scp_script_add(&s, &command);
    assert_int_equal(scp_writer_status(&s.body), SCP_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standard_form_carries_commands_alone),
        cmocka_unit_test(the_extended_form_carries_accepts_and_guard),
        cmocka_unit_test(only_named_status_words_are_accepted),
        cmocka_unit_test(the_guard_is_the_hash_of_the_response_data),
        cmocka_unit_test(what_a_form_cannot_carry_is_not_written),
        cmocka_unit_test(an_indefinite_script_ends_with_two_zeros),
        cmocka_unit_test(broken_scripts_are_refused),
        cmocka_unit_test(responses_round_trip_with_their_number),
        cmocka_unit_test(response_lists_are_read_leniently_but_must_agree),
        cmocka_unit_test(a_bad_format_answer_gives_its_code),
        cmocka_unit_test(what_cannot_be_read_has_a_bad_format_code),
        cmocka_unit_test(both_lengths_are_written),
        cmocka_unit_test(random_scripts_round_trip_in_every_form),
        cmocka_unit_test(random_response_lists_round_trip),
        cmocka_unit_test(a_response_has_a_status_word),
        cmocka_unit_test(more_than_the_limits_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
