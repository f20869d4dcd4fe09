/* Event streams: the same events however the bytes are cut. */
#include "ota-server/otactl/events.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/test.h"

struct seen {
    struct rebind_text text;
    unsigned events;
    unsigned enough; /* stop after this many; 0: never */
};

static bool note(void *ctx, const char *name, const char *data)
{
    struct seen *seen = ctx;
    rebind_text_addf(&seen->text, "[%s|%s]", name, data);
    return ++seen->events != seen->enough;
}

static bool feed(struct seen *seen, const char *stream, size_t cut)
{
    struct otactl_events events;
    size_t len = strlen(stream);
    seen->text = rebind_text_new(1000);
    otactl_events_init(&events, note, seen);
    bool more = otactl_events_feed(&events, scp_bytes_of(stream, cut)) &&
                otactl_events_feed(&events, scp_bytes_of(stream + cut, len - cut));
    otactl_events_fini(&events);
    return more;
}

static void expect(const char *stream, const char *expected)
{
    for (size_t cut = 0; cut <= strlen(stream); cut++) {
        struct seen seen = {.events = 0};
        assert_true(feed(&seen, stream, cut));
        assert_string_equal(rebind_text_string(&seen.text), expected);
        rebind_text_free(&seen.text);
    }
}

static void events_are_the_same_wherever_the_bytes_are_cut(void **state)
{
    (void)state;
    expect("event: operation\nid: 4\ndata: {\"a\":1}\n\nevent: operation\ndata: two\n\n",
           "[operation|{\"a\":1}][operation|two]");
}

static void events_end_lines_with_cr_lf_or_both(void **state)
{
    (void)state;
    expect("event: a\r\ndata: 1\r\n\r\nevent: b\rdata: 2\r\rdata: 3\n\n", "[a|1][b|2][message|3]");
}

static void events_join_data_lines_and_skip_comments_and_unknown_fields(void **state)
{
    (void)state;
    expect(": heartbeat\n\ndata: one\ndata:two\ncolour: red\ndata\n\n", "[message|one\ntwo\n]");
}

static void events_without_data_or_without_their_empty_line_are_none(void **state)
{
    (void)state;
    expect("event: a\n\ndata: cut short\n", "");
}

static void events_stop_when_the_reader_has_enough(void **state)
{
    (void)state;
    struct seen seen = {.enough = 1};
    assert_false(feed(&seen, "data: 1\n\ndata: 2\n\n", 5));
    assert_string_equal(rebind_text_string(&seen.text), "[message|1]");
    rebind_text_free(&seen.text);
}

static void events_refuse_one_that_never_ends(void **state)
{
    (void)state;
    struct otactl_events events;
    struct seen seen = {.events = 0};
    char line[1001];
    (void)snprintf(line, sizeof line, "data: %0993d\n", 7);
    otactl_events_init(&events, note, &seen);
    bool more = true;
    for (unsigned i = 0; more && i < 1000; i++)
        more = otactl_events_feed(&events, scp_bytes_of(line, strlen(line)));
    otactl_events_fini(&events);
    assert_false(more);
    assert_int_equal(seen.events, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_the_same_wherever_the_bytes_are_cut),
        cmocka_unit_test(events_end_lines_with_cr_lf_or_both),
        cmocka_unit_test(events_join_data_lines_and_skip_comments_and_unknown_fields),
        cmocka_unit_test(events_without_data_or_without_their_empty_line_are_none),
        cmocka_unit_test(events_stop_when_the_reader_has_enough),
        cmocka_unit_test(events_refuse_one_that_never_ends),
    };
    return cmocka_run_group_tests_name("otactl_events", tests, NULL, NULL);
}
