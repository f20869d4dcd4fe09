/* What requests meet: routes, parameters, limits, deadlines. */
#include "tests/integration/http/fixture.h"
#include "tests/integration/http/routes.h"
#include "tests/support/test.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int start(void **state)
{
    fixture_start(*state, NULL);
    return 0;
}

static const char *member(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void http_gives_the_handler_path_query_header_and_principal(void **state)
{
    struct reply reply;
    client_ask(*state,
               &(struct ask){.path = "/v1/cards/a%2Fb%20c?limit=1%2B2&limit=9&x",
                             .client = "agent",
                             .headers = {"X-Test: one", "X-Test: two"}},
               &reply);
    assert_int_equal(reply.status, 200);
    assert_non_null(strstr(reply.headers, "etag: \"7\""));
    assert_non_null(strstr(reply.headers, "content-type: application/json"));
    assert_non_null(strstr(reply.headers, "cache-control: no-store"));
    json_t *seen = json_loads(reply.body, 0, NULL);
    assert_string_equal(member(seen, "method"), "GET");
    assert_string_equal(member(seen, "path"), "/v1/cards/a%2Fb%20c");
    assert_string_equal(member(seen, "id"), "a/b c");
    assert_string_equal(member(seen, "limit"), "1+2");
    assert_string_equal(member(seen, "header"), "one, two");
    assert_string_equal(member(seen, "principal"), "id-of-agent");
    json_decref(seen);
    reply_free(&reply);
}

static void http_logs_the_pattern_and_never_the_path(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply;
    client_ask(fixture, &(struct ask){.path = "/v1/cards/c1", .client = "agent"}, &reply);
    reply_free(&reply);
    struct access_row row = fixture_logged(fixture, "/v1/cards/{id}");
    assert_string_equal(row.method, "GET");
    assert_int_equal(row.status, 200);
    assert_string_equal(row.principal, "id-of-agent");
    assert_asking_gives_problem(fixture, &(struct ask){.path = "/4111111111111111"}, 404,
                                "not-found");
    row = fixture_logged(fixture, "-");
    assert_string_equal(row.method, "-");
    assert_int_equal(row.status, 404);
}

static void http_answers_head_like_get_without_a_body(void **state)
{
    struct reply reply;
    client_ask(*state, &(struct ask){.path = "/healthz", .is_head = true}, &reply);
    assert_int_equal(reply.code, CURLE_OK);
    assert_int_equal(reply.status, 200);
    assert_non_null(strstr(reply.headers, "content-length: 15"));
    assert_int_equal(reply.body_len, 0);
    reply_free(&reply);
}

static void http_answers_an_unknown_path_with_404(void **state)
{
    static const char *const paths[] = {
        "/", "/v1", "/v1/cards/", "/v1/cards/c1/binding/x", "/v1/cards/c1/../c2", "//healthz"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        assert_asking_gives_problem(*state, &(struct ask){.path = paths[i], .client = "agent"}, 404,
                                    "not-found");
}

static void http_answers_an_unknown_method_with_405_and_allow(void **state)
{
    static const struct {
        const char *method;
        const char *path;
        const char *allow;
    } rows[] = {
        {"POST", "/healthz", "allow: GET, HEAD\r\n"},
        {"GET", "/v1/cards/c1/binding", "allow: PUT, DELETE\r\n"},
        {"BREW", "/v1/echo", "allow: POST\r\n"},
        {"A-METHOD-OF-MANY-LETTERS", "/v1/echo", "allow: POST\r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reply reply;
        client_ask(*state,
                   &(struct ask){.method = rows[i].method, .path = rows[i].path, .client = "agent"},
                   &reply);
        assert_problem(&reply, 405, "method-not-allowed");
        assert_non_null(strstr(reply.headers, rows[i].allow));
        reply_free(&reply);
    }
}

static void http_refuses_malformed_targets(void **state)
{
    static const char *const paths[] = {"/v1/cards/%",     "/v1/cards/%4",
                                        "/v1/cards/%zz",   "/v1/cards/a%00b",
                                        "/v1/cards/a%0Ab", "/v1/cards/c1?limit=%"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        assert_asking_gives_problem(*state, &(struct ask){.path = paths[i], .client = "agent"}, 400,
                                    "malformed-request");
}

static void http_refuses_targets_over_the_limit(void **state)
{
    char path[HTTP_TARGET_MAX + 2];
    memset(path, 'a', sizeof path - 1);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    assert_asking_gives_problem(*state, &(struct ask){.path = path, .client = "agent"}, 414,
                                "target-too-long");
}

static void http_refuses_header_fields_over_the_limit(void **state)
{
    char *header = malloc(HTTP_HEADER_BYTES_MAX + 64);
    assert_non_null(header);
    memset(header, 'x', HTTP_HEADER_BYTES_MAX + 63);
    header[1] = ':';
    header[HTTP_HEADER_BYTES_MAX + 63] = '\0';
    assert_asking_gives_problem(
        *state, &(struct ask){.path = "/healthz", .client = "agent", .headers = {header}}, 431,
        "headers-too-large");
    free(header);
}

static const char typed_json[] = "Content-Type: application/json; charset=utf-8";

static void http_gives_the_handler_the_body(void **state)
{
    struct reply reply;
    client_ask(
        *state,
        &(struct ask){
            .path = "/v1/echo", .client = "agent", .body = "{\"a\":1}", .headers = {typed_json}},
        &reply);
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.body, "{\"a\":1}");
    reply_free(&reply);
}

static void http_takes_a_body_of_exactly_the_limit(void **state)
{
    char body[TEST_BODY_MAX + 1];
    memset(body, 'x', TEST_BODY_MAX);
    body[TEST_BODY_MAX] = '\0';
    struct reply reply;
    client_ask(
        *state,
        &(struct ask){.path = "/v1/echo", .client = "agent", .body = body, .headers = {typed_json}},
        &reply);
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.body_len, TEST_BODY_MAX);
    reply_free(&reply);
}

static void http_refuses_a_body_over_the_limit(void **state)
{
    struct fixture *fixture = *state;
    size_t len = (size_t)8 * 1024 * 1024;
    char *body = malloc(len);
    assert_non_null(body);
    memset(body, 'x', len);
    static const size_t lengths[] = {TEST_BODY_MAX + 1, (size_t)100 * 1024,
                                     (size_t)8 * 1024 * 1024};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        assert_asking_gives_problem(fixture,
                                    &(struct ask){.path = "/v1/echo",
                                                  .client = "agent",
                                                  .body = body,
                                                  .body_len = lengths[i],
                                                  .headers = {typed_json}},
                                    413, "body-too-large");
    assert_int_equal(fixture_read(fixture, &fixture->handled), 0);
    free(body);
}

static size_t give_forever(char *to, size_t size, size_t count, void *arg)
{
    (void)arg;
    memset(to, 'x', size * count);
    return size * count;
}

static size_t give_slowly(char *to, size_t size, size_t count, void *arg)
{
    (void)size;
    (void)count;
    (void)arg;
    usleep(20 * 1000);
    *to = ' ';
    return 1;
}

static void upload(struct fixture *fixture, curl_read_callback give, struct reply *reply)
{
    struct curl_slist *list;
    const struct ask ask = {.path = "/v1/echo", .client = "agent", .headers = {typed_json}};
    CURL *handle = client_prepare(fixture, &ask, reply, &list);
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, -1L);
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, give);
    client_finish(handle, curl_easy_perform(handle), reply);
    curl_slist_free_all(list);
}

static void http_refuses_an_endless_body_without_announced_length(void **state)
{
    struct reply reply;
    upload(*state, give_forever, &reply);
    assert_problem(&reply, 413, "body-too-large");
    reply_free(&reply);
}

static void http_gives_up_on_a_body_that_drips(void **state)
{
    struct fixture *fixture = *state;
    fixture_start(fixture, &(struct http_server_config){.receive_ms = 200});
    struct reply reply;
    upload(fixture, give_slowly, &reply);
    assert_problem(&reply, 408, "request-timeout");
    reply_free(&reply);
}

static void http_refuses_a_body_of_another_type(void **state)
{
    struct fixture *fixture = *state;
    static const char *const types[] = {"Content-Type: text/plain",
                                        "Content-Type:", "Content-Type: application/jsonx",
                                        "Content-Type: application/json x"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        assert_asking_gives_problem(
            fixture,
            &(struct ask){
                .path = "/v1/echo", .client = "agent", .body = "{}", .headers = {types[i]}},
            415, "unsupported-media-type");
    assert_int_equal(fixture_read(fixture, &fixture->handled), 0);
}

static void http_carries_bodies_larger_than_a_flow_control_window(void **state)
{
    size_t len = (size_t)3 * 1024 * 1024;
    char *body = malloc(len);
    assert_non_null(body);
    for (size_t i = 0; i < len; i++)
        body[i] = (char)('a' + i % 23);
    struct reply reply;
    client_ask(
        *state,
        &(struct ask){.path = "/v1/upload", .client = "agent", .body = body, .body_len = len},
        &reply);
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.body_len, len);
    assert_memory_equal(reply.body, body, len);
    reply_free(&reply);
    free(body);
}

static void http_carries_a_large_answer(void **state)
{
    struct reply reply;
    client_ask(*state, &(struct ask){.path = "/v1/large?bytes=20000000", .client = "agent"},
               &reply);
    assert_int_equal(reply.code, CURLE_OK);
    assert_int_equal(reply.status, 200);
    assert_int_equal(reply.body_len, 20000000);
    reply_free(&reply);
}

static void http_turns_a_handler_without_answer_into_500(void **state)
{
    assert_asking_gives_problem(*state, &(struct ask){.path = "/v1/nothing", .client = "agent"},
                                500, "internal-error");
}

static void http_turns_an_answer_over_the_limit_into_500(void **state)
{
    assert_asking_gives_problem(
        *state, &(struct ask){.path = "/v1/large?bytes=40000000", .client = "agent"}, 500,
        "internal-error");
}

static void http_turns_a_header_with_a_line_break_into_500(void **state)
{
    struct reply reply;
    client_ask(*state, &(struct ask){.path = "/v1/split", .client = "agent"}, &reply);
    assert_problem(&reply, 500, "internal-error");
    assert_null(strstr(reply.headers, "set-cookie"));
    reply_free(&reply);
}

static void http_carries_further_members_of_a_problem(void **state)
{
    struct reply reply;
    client_ask(*state,
               &(struct ask){.method = "PUT",
                             .path = "/v1/cards/c1/binding",
                             .client = "operator",
                             .body = "{}",
                             .headers = {typed_json}},
               &reply);
    assert_problem(&reply, 403, "policy-denied");
    json_t *problem = json_loads(reply.body, 0, NULL);
    assert_string_equal(member(problem, "rule"), "r1");
    assert_string_equal(member(problem, "detail"), "rule r1 denies ?");
    assert_int_equal(json_integer_value(json_object_get(problem, "line")), 12);
    json_decref(problem);
    reply_free(&reply);
}

static void http_answers_504_when_a_handler_takes_too_long(void **state)
{
    struct fixture *fixture = *state;
    fixture_start(fixture, &(struct http_server_config){.handle_ms = 200});
    assert_asking_gives_problem(fixture,
                                &(struct ask){.path = "/v1/slow?ms=1500", .client = "agent"}, 504,
                                "handler-timeout");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(http_gives_the_handler_path_query_header_and_principal, start),
        cmocka_unit_test_setup(http_logs_the_pattern_and_never_the_path, start),
        cmocka_unit_test_setup(http_answers_head_like_get_without_a_body, start),
        cmocka_unit_test_setup(http_answers_an_unknown_path_with_404, start),
        cmocka_unit_test_setup(http_answers_an_unknown_method_with_405_and_allow, start),
        cmocka_unit_test_setup(http_refuses_malformed_targets, start),
        cmocka_unit_test_setup(http_refuses_targets_over_the_limit, start),
        cmocka_unit_test_setup(http_refuses_header_fields_over_the_limit, start),
        cmocka_unit_test_setup(http_gives_the_handler_the_body, start),
        cmocka_unit_test_setup(http_takes_a_body_of_exactly_the_limit, start),
        cmocka_unit_test_setup(http_refuses_a_body_over_the_limit, start),
        cmocka_unit_test_setup(http_refuses_an_endless_body_without_announced_length, start),
        cmocka_unit_test(http_gives_up_on_a_body_that_drips),
        cmocka_unit_test_setup(http_refuses_a_body_of_another_type, start),
        cmocka_unit_test_setup(http_carries_bodies_larger_than_a_flow_control_window, start),
        cmocka_unit_test_setup(http_carries_a_large_answer, start),
        cmocka_unit_test_setup(http_turns_a_handler_without_answer_into_500, start),
        cmocka_unit_test_setup(http_turns_an_answer_over_the_limit_into_500, start),
        cmocka_unit_test_setup(http_turns_a_header_with_a_line_break_into_500, start),
        cmocka_unit_test_setup(http_carries_further_members_of_a_problem, start),
        cmocka_unit_test(http_answers_504_when_a_handler_takes_too_long),
    };
    return cmocka_run_group_tests(tests, fixture_make, fixture_remove);
}
