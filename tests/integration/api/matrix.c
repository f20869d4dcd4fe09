/* Who may do what: every route of the table with every kind of principal, and with none. */
#include "tests/integration/api/place.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {"bank-a",   "agent",   "operator", "author",
                                    "approver", "officer", "auditor"};

enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

/* A path of a pattern that names nothing: every placeholder becomes "none". */
static void path_of(const char *pattern, char to[128])
{
    size_t len = 0;
    while (*pattern != '\0') {
        if (*pattern == '{') {
            len += (size_t)snprintf(to + len, 128 - len, "none");
            pattern += strcspn(pattern, "}") + 1;
        } else {
            to[len++] = *pattern++;
        }
    }
    to[len] = '\0';
}

/* The first bytes of an event stream are enough. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the signature is of libcurl */
static size_t refuse_bytes(char *bytes, size_t size, size_t count, void *arg)
{
    (void)bytes;
    (void)size;
    (void)count;
    (void)arg;
    return 0;
}

static int end_after_headers(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct reply *reply = arg;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return strstr(reply->headers, "text/event-stream") != NULL;
}

static long status_of(struct place *place, const struct http_route *route, const char *client)
{
    char path[128];
    char type[128];
    struct reply reply;
    struct curl_slist *list;
    struct ask ask = {.method = route->method, .path = path, .client = client};
    path_of(route->pattern, path);
    if (route->accepts != NULL) {
        snprintf(type, sizeof type, "Content-Type: %s", route->accepts);
        ask.headers[0] = type;
        ask.body = "{}";
    }
    CURL *handle = client_prepare(&place->http, &ask, &reply, &list);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, refuse_bytes);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, end_after_headers);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &reply);
    client_finish(handle, curl_easy_perform(handle), &reply);
    curl_slist_free_all(list);
    reply_free(&reply);
    return reply.status;
}

static void check_kind(struct place *place, const struct http_route *route, size_t kind)
{
    bool allowed = (route->roles & (HTTP_PUBLIC | 1u << kind)) != 0;
    long status = status_of(place, route, kinds[kind]);
    if (allowed ? status == 401 || status == 403 || status == 0 : status != 403)
        fail_msg("%s %s as %s gives %ld", route->method, route->pattern, kinds[kind], status);
}

static void each_route_serves_its_roles_alone(void **state)
{
    struct place *place = *state;
    for (size_t i = 0; i < api_route_count; i++) {
        for (size_t kind = 0; kind < KIND_COUNT; kind++)
            check_kind(place, &api_routes[i], kind);
    }
}

static void nobody_unknown_passes_but_where_anyone_may(void **state)
{
    struct place *place = *state;
    for (size_t i = 0; i < api_route_count; i++) {
        bool public = (api_routes[i].roles & HTTP_PUBLIC) != 0;
        long without = status_of(place, &api_routes[i], NULL);
        long stranger = status_of(place, &api_routes[i], "stranger");
        if (public ? without == 401 || stranger == 401 : without != 401 || stranger != 401)
            fail_msg("%s gives %ld and %ld", api_routes[i].pattern, without, stranger);
    }
}

/* What bank-a has, asked for by bank-b, looks like what nobody has. */
static void a_bank_finds_nothing_of_another(void **state)
{
    struct place *place = *state;
    static const char binding[] = "{\"product\":\"bank-a/debit\"}";
    static const char *const gets[] = {
        "GET /v1/banks/bank-a",
        "GET /v1/banks/bank-a/packages",
        "GET /v1/banks/bank-a/products",
        "GET /v1/banks/bank-a/products/debit",
        "POST /v1/banks/bank-a/products/debit/publish",
        "GET /v1/banks/no-such-bank",
    };
    char request[128];
    uint64_t before = place_state(place);
    for (size_t i = 0; i < sizeof gets / sizeof gets[0]; i++)
        place_do(place, "bank-b", gets[i], NULL, 404);
    place_do(place, "bank-b", "PUT /v1/banks/bank-a/products/debit", "{}", 404);
    place_do(place, "bank-b", "POST /v1/banks/bank-a/personalisations", "{}", 404);
    snprintf(request, sizeof request, "PUT /v1/cards/%s/binding", place->card);
    place_do(place, "bank-b", request, binding, 404);
    snprintf(request, sizeof request, "GET /v1/cards/%s", place->card);
    place_do(place, "bank-b", request, NULL, 404);
    assert_true(before == place_state(place));
}

static void a_bank_finds_no_operation_of_another(void **state)
{
    struct place *place = *state;
    char request[128];
    char operation[64];
    snprintf(request, sizeof request, "PUT /v1/cards/%s/binding", place->card);
    json_t *made = place_ask(place, "bank-a", request, "{\"product\":\"bank-a/debit\"}", 202);
    snprintf(operation, sizeof operation, "%s", json_string_value(json_object_get(made, "id")));
    json_decref(made);
    snprintf(request, sizeof request, "GET /v1/operations/%s", operation);
    place_do(place, "bank-a", request, NULL, 200);
    place_do(place, "bank-b", request, NULL, 404);
    snprintf(request, sizeof request, "GET /v1/operations/%s/events", operation);
    place_do(place, "bank-b", request, NULL, 404);
    json_t *list = place_ask(place, "bank-b", "GET /v1/operations", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(list, "items")), 0);
    json_decref(list);
    list = place_ask(place, "bank-b", "GET /v1/cards", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(list, "items")), 0);
    json_decref(list);
    list = place_ask(place, "bank-a", "GET /v1/cards", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(list, "items")), 1);
    json_decref(list);
}

/* One handle keeps its connection; the register is asked at each request. */
static void a_disabled_principal_is_refused_on_its_open_connection(void **state)
{
    struct place *place = *state;
    char request[128];
    long status;
    long connects;
    struct reply reply;
    struct curl_slist *list;
    const struct ask ask = {.path = "/v1/banks", .client = "spare"};
    CURL *handle = client_prepare(&place->http, &ask, &reply, &list);
    assert_int_equal(curl_easy_perform(handle), CURLE_OK);
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    assert_int_equal(status, 200);
    snprintf(request, sizeof request, "DELETE /v1/principals/%s", place->principals[CLIENT_SPARE]);
    place_do(place, "officer", request, NULL, 204);
    assert_int_equal(curl_easy_perform(handle), CURLE_OK);
    curl_easy_getinfo(handle, CURLINFO_NUM_CONNECTS, &connects);
    assert_int_equal(connects, 0);
    client_finish(handle, CURLE_OK, &reply);
    assert_int_equal(reply.status, 401);
    assert_non_null(strstr(reply.body, "principal-disabled"));
    curl_slist_free_all(list);
    reply_free(&reply);
}

static int make_and_fill(void **state)
{
    int status = place_make(state);
    place_fill(*state);
    return status;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bank_finds_nothing_of_another),
        cmocka_unit_test(a_bank_finds_no_operation_of_another),
        cmocka_unit_test(each_route_serves_its_roles_alone),
        cmocka_unit_test(nobody_unknown_passes_but_where_anyone_may),
        cmocka_unit_test(a_disabled_principal_is_refused_on_its_open_connection),
    };
    return cmocka_run_group_tests(tests, make_and_fill, place_remove);
}
