/* Fields, requests, responses and events, without a server. */
#include "ota-server/http/message.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct scp_bytes text_of(const char *text)
{
    return scp_bytes_of(text, strlen(text));
}

/* ---- fields ------------------------------------------------------------------------------- */

static void fields_join_values_of_one_name(void **state)
{
    (void)state;
    struct http_fields fields = {0};
    assert_int_equal(http_fields_join(&fields, text_of("a"), text_of("1")), SCP_OK);
    assert_int_equal(http_fields_join(&fields, text_of("b"), text_of("")), SCP_OK);
    assert_int_equal(http_fields_join(&fields, text_of("a"), text_of("2")), SCP_OK);
    assert_string_equal(http_fields_get(&fields, "A"), "1, 2");
    assert_string_equal(http_fields_get(&fields, "b"), "");
    assert_null(http_fields_get(&fields, "ab"));
    assert_int_equal(fields.count, 2);
    http_fields_fini(&fields);
}

static void fields_refuse_control_characters(void **state)
{
    (void)state;
    struct http_fields fields = {0};
    assert_int_equal(http_fields_add(&fields, text_of("a"), text_of("x\r\ny")), SCP_MALFORMED);
    assert_int_equal(http_fields_add(&fields, text_of("a\n"), text_of("x")), SCP_MALFORMED);
    assert_int_equal(http_fields_add(&fields, SCP_EMPTY, text_of("x")), SCP_MALFORMED);
    assert_int_equal(http_fields_add(&fields, text_of("a"), scp_bytes_of("x\0y", 3)),
                     SCP_MALFORMED);
    assert_int_equal(http_fields_join(&fields, text_of("a"), text_of("x\ty")), SCP_OK);
    assert_int_equal(http_fields_join(&fields, text_of("a"), text_of("\x7F")), SCP_MALFORMED);
    assert_int_equal(fields.count, 1);
    http_fields_fini(&fields);
}

static void fields_have_a_limit_of_count_and_bytes(void **state)
{
    (void)state;
    struct http_fields fields = {0};
    char name[8];
    for (int i = 0; i < HTTP_HEADERS_MAX; i++) {
        snprintf(name, sizeof name, "n%d", i);
        assert_int_equal(http_fields_add(&fields, text_of(name), text_of("v")), SCP_OK);
    }
    assert_int_equal(http_fields_add(&fields, text_of("more"), text_of("v")), SCP_TOO_LONG);
    assert_int_equal(http_fields_join(&fields, text_of("n1"), text_of("v")), SCP_OK);
    enum scp_error error = SCP_OK;
    size_t added = 0;
    for (; error == SCP_OK && added < 1000; added++)
        error = http_fields_join(&fields, text_of("n1"), text_of("0123456789012345678901234567"));
    assert_int_equal(error, SCP_TOO_LONG);
    assert_true(fields.bytes <= HTTP_HEADER_BYTES_MAX);
    http_fields_fini(&fields);
}

/* ---- media types -------------------------------------------------------------------------- */

static void media_type_ignores_case_and_parameters(void **state)
{
    (void)state;
    assert_true(http_media_type_is("application/json", "application/json"));
    assert_true(http_media_type_is("Application/JSON ; charset=utf-8", "application/json"));
    assert_false(http_media_type_is("application/jsonp", "application/json"));
    assert_false(http_media_type_is("application/json x", "application/json"));
    assert_false(http_media_type_is("application", "application/json"));
    assert_false(http_media_type_is("", "application/json"));
    assert_false(http_media_type_is(NULL, "application/json"));
}

/* ---- responses ---------------------------------------------------------------------------- */

static const char *body_text(struct http_response *response)
{
    assert_true(http_buffer_put(&response->body, SCP_LITERAL(0)));
    return (const char *)http_buffer_view(&response->body).ptr;
}

static void response_writes_json(void **state)
{
    (void)state;
    struct http_response response;
    http_response_init(&response);
    http_response_json(&response, 201, json_pack("{si}", "a", 1));
    http_response_finish(&response);
    assert_int_equal(response.status, 201);
    assert_string_equal(response.content_type, "application/json");
    assert_string_equal(body_text(&response), "{\"a\":1}");
    http_response_fini(&response);
}

static void response_is_500_for_json_that_could_not_be_made(void **state)
{
    (void)state;
    struct http_response response;
    http_response_init(&response);
    http_response_header(&response, "etag", "1");
    http_response_json(&response, 200, NULL);
    http_response_finish(&response);
    assert_int_equal(response.status, 500);
    assert_string_equal(response.content_type, "application/problem+json");
    assert_null(http_fields_get(&response.fields, "etag"));
    http_response_fini(&response);
}

static void response_keeps_the_last_thing_said(void **state)
{
    (void)state;
    struct http_response response;
    http_response_init(&response);
    http_response_header(&response, "x-a", "1");
    http_response_json(&response, 200, json_pack("{}"));
    http_problem(&response, 409, "conflict", "Conflict", "%s", "first");
    http_problem(&response, 422, "wrong", "Wrong", "member %s of %d", "a", 3);
    http_problem_text(&response, "member", "a");
    http_response_finish(&response);
    assert_int_equal(response.status, 422);
    assert_string_equal(body_text(&response),
                        "{\"type\":\"urn:rebind:problem:wrong\",\"title\":\"Wrong\",\"status\":422,"
                        "\"code\":\"wrong\",\"detail\":\"member a of 3\",\"member\":\"a\"}");
    assert_string_equal(http_fields_get(&response.fields, "x-a"), "1");
    http_response_fini(&response);
}

static void response_cuts_a_long_detail_between_characters(void **state)
{
    (void)state;
    char text[3001];
    for (size_t i = 0; i < 3000; i += 3) {
        text[i] = '\xE2';
        text[i + 1] = '\x82';
        text[i + 2] = '\xAC';
    }
    text[3000] = '\0';
    for (size_t shift = 0; shift < 3; shift++) {
        struct http_response response;
        http_response_init(&response);
        http_problem(&response, 400, "c", "t", "%.*s%s", (int)shift, "ab", text);
        const char *detail = json_string_value(json_object_get(response.problem, "detail"));
        assert_null(strchr(detail, '?'));
        assert_true(strlen(detail) > 1000 && strlen(detail) < 1024);
        http_response_finish(&response);
        assert_int_equal(response.status, 400);
        http_response_fini(&response);
    }
}

static void count_release(void *ctx)
{
    (*(int *)ctx)++;
}

static enum http_pull pull_nothing(void *ctx, const char *last_id, struct http_events *events)
{
    (void)ctx;
    (void)last_id;
    (void)events;
    return HTTP_PULL_WAIT;
}

static void response_releases_a_stream_once(void **state)
{
    (void)state;
    int released = 0;
    struct http_response response;
    http_response_init(&response);
    const struct http_stream stream = {
        .pull = pull_nothing, .release = count_release, .ctx = &released};
    http_response_stream(&response, &stream);
    http_problem(&response, 500, "c", "t", "replaces it");
    assert_int_equal(released, 1);
    http_response_stream(&response, &stream);
    http_response_finish(&response);
    assert_int_equal(released, 1);
    http_response_fini(&response);
    assert_int_equal(released, 2);
}

/* ---- events ------------------------------------------------------------------------------- */

static void events_make_one_data_line_of_each_line(void **state)
{
    (void)state;
    struct http_events events = {.text = http_buffer_of(1000)};
    assert_true(http_events_put(&events, &(struct http_event){"7", "work", "a\nb\r\nc\rd\n"}));
    assert_true(http_events_put(&events, &(struct http_event){NULL, NULL, ""}));
    assert_true(http_buffer_put(&events.text, SCP_LITERAL(0)));
    assert_string_equal((const char *)http_buffer_view(&events.text).ptr,
                        "id: 7\nevent: work\ndata: a\ndata: b\ndata: c\ndata: d\ndata: \n\n"
                        "data: \n\n");
    assert_string_equal(events.last_id, "7");
    http_buffer_fini(&events.text);
}

static void events_take_no_half_event(void **state)
{
    (void)state;
    struct http_events events = {.text = http_buffer_of(20)};
    assert_true(http_events_put(&events, &(struct http_event){"1", NULL, "abc"}));
    assert_int_equal(http_buffer_len(&events.text), 17);
    assert_false(http_events_put(&events, &(struct http_event){"2", NULL, "abc"}));
    assert_int_equal(http_buffer_len(&events.text), 17);
    assert_string_equal(events.last_id, "1");
    http_buffer_fini(&events.text);
}

static void events_refuse_a_line_break_in_id_and_name(void **state)
{
    (void)state;
    struct http_events events = {.text = http_buffer_of(1000)};
    char id[HTTP_EVENT_ID_MAX + 2];
    memset(id, '1', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    assert_false(http_events_put(&events, &(struct http_event){"1\ndata: x", NULL, "a"}));
    assert_false(http_events_put(&events, &(struct http_event){NULL, "a\rb", "a"}));
    assert_false(http_events_put(&events, &(struct http_event){id, NULL, "a"}));
    assert_int_equal(http_buffer_len(&events.text), 0);
    http_buffer_fini(&events.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_join_values_of_one_name),
        cmocka_unit_test(fields_refuse_control_characters),
        cmocka_unit_test(fields_have_a_limit_of_count_and_bytes),
        cmocka_unit_test(media_type_ignores_case_and_parameters),
        cmocka_unit_test(response_writes_json),
        cmocka_unit_test(response_is_500_for_json_that_could_not_be_made),
        cmocka_unit_test(response_keeps_the_last_thing_said),
        cmocka_unit_test(response_cuts_a_long_detail_between_characters),
        cmocka_unit_test(response_releases_a_stream_once),
        cmocka_unit_test(events_make_one_data_line_of_each_line),
        cmocka_unit_test(events_take_no_half_event),
        cmocka_unit_test(events_refuse_a_line_break_in_id_and_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
