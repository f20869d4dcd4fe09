#include "agent/relay/sse.h"
#include "agent/relay/work_stream.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

struct heard {
    size_t count;
    char text[4 * AGENT_SSE_DATA_MAX];
};

static void hear(void *ctx, const char *event, const char *data)
{
    struct heard *heard = ctx;
    size_t len = strlen(heard->text);
    heard->count++;
    (void)snprintf(heard->text + len, sizeof heard->text - len, "[%s|%s]", event, data);
}

static void feed(struct heard *heard, const char *stream, size_t piece)
{
    static struct agent_sse sse;
    *heard = (struct heard){0};
    agent_sse_init(&sse, hear, heard);
    size_t len = strlen(stream);
    for (size_t at = 0; at < len; at += piece)
        agent_sse_feed(&sse, stream + at, at + piece > len ? len - at : piece);
}

static void events_are_the_same_however_they_are_cut(void **state)
{
    (void)state;
    static struct heard heard;
    const char *stream = ": hello\n\nevent: work\ndata: {\"se\": \"a\"}\n\nid: 4\r\ndata:one\r\n"
                         "data: two\r\n\r\nevent: x\n\ndata: left over";
    for (size_t piece = 1; piece < 40; piece++) {
        feed(&heard, stream, piece);
        assert_int_equal(heard.count, 2);
        assert_string_equal(heard.text, "[work|{\"se\": \"a\"}][message|one\ntwo]");
    }
}

static void an_event_that_is_too_long_is_dropped_alone(void **state)
{
    (void)state;
    static struct heard heard;
    static char stream[3 * AGENT_SSE_LINE_MAX];
    size_t at = (size_t)snprintf(stream, sizeof stream, "data: ");
    memset(stream + at, 'x', AGENT_SSE_LINE_MAX);
    at += AGENT_SSE_LINE_MAX;
    (void)snprintf(stream + at, sizeof stream - at, "\n\ndata: next\n\n");
    feed(&heard, stream, 100);
    assert_string_equal(heard.text, "[message|next]");
}

static void data_that_grow_too_long_are_dropped(void **state)
{
    (void)state;
    static struct heard heard;
    static char stream[4 * AGENT_SSE_DATA_MAX];
    size_t at = 0;
    while (at < AGENT_SSE_DATA_MAX + 1024)
        at += (size_t)snprintf(stream + at, sizeof stream - at, "data: %0100d\n", 7);
    (void)snprintf(stream + at, sizeof stream - at, "\nevent: work\ndata: 1\n\n");
    feed(&heard, stream, 64);
    assert_string_equal(heard.text, "[work|1]");
}

static void a_work_event_names_its_card(void **state)
{
    (void)state;
    char se[AGENT_SE_MAX];
    char data[AGENT_SE_MAX + 32];
    assert_true(agent_work_card("{\"se\": \"//se-id/CUD/42\", \"more\": 1}", se));
    assert_string_equal(se, "//se-id/CUD/42");
    const char *const wrong[] = {"", "{", "[]", "{}", "{\"se\": 4}", "\"se\""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(agent_work_card(wrong[i], se));
    (void)snprintf(data, sizeof data, "{\"se\":\"%0*d\"}", AGENT_SE_MAX, 1);
    assert_false(agent_work_card(data, se));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_the_same_however_they_are_cut),
        cmocka_unit_test(an_event_that_is_too_long_is_dropped_alone),
        cmocka_unit_test(data_that_grow_too_long_are_dropped),
        cmocka_unit_test(a_work_event_names_its_card),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
