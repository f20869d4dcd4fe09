/* Lists by cursor, changes by ETag, and event streams. */
#include "tests/integration/api/place.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BANK "{\"name\":\"Bank\",\"status\":\"active\",\"regions\":[]}"

enum { BANKS = 250 };

/* ---- lists -------------------------------------------------------------------------------- */

static const char *id_of(const json_t *list, size_t index)
{
    const json_t *item = json_array_get(json_object_get(list, "items"), index);
    return json_string_value(json_object_get(item, "id"));
}

/* Follow the cursors through /v1/banks: each id later than the one before. The number of ids. */
static size_t walk(struct place *place, size_t limit, size_t *pages)
{
    char request[64 + STORE_NAME_SIZE];
    char last[STORE_NAME_SIZE] = "";
    char next[STORE_NAME_SIZE] = "";
    size_t seen = 0;
    *pages = 0;
    do {
        snprintf(request, sizeof request, "GET /v1/banks?limit=%zu%s%s", limit,
                 *next == '\0' ? "" : "&cursor=", next);
        json_t *list = place_ask(place, "operator", request, NULL, 200);
        size_t count = json_array_size(json_object_get(list, "items"));
        assert_true(count <= limit);
        for (size_t i = 0; i < count; i++) {
            assert_true(strcmp(last, id_of(list, i)) < 0);
            snprintf(last, sizeof last, "%s", id_of(list, i));
        }
        const char *cursor = json_string_value(json_object_get(list, "next"));
        snprintf(next, sizeof next, "%s", cursor == NULL ? "" : cursor);
        json_decref(list);
        seen += count;
        (*pages)++;
    } while (*next != '\0');
    return seen;
}

static void pages_give_each_bank_exactly_once(void **state)
{
    struct place *place = *state;
    char request[64];
    size_t pages;
    for (int i = 0; i < BANKS; i++) {
        snprintf(request, sizeof request, "PUT /v1/banks/many-%03d", i);
        place_do(place, "operator", request, BANK, 201);
    }
    assert_int_equal(place_rows(place, "bank"), BANKS);
    assert_int_equal(walk(place, 100, &pages), BANKS);
    assert_int_equal(pages, 3);
    assert_int_equal(walk(place, 50, &pages), BANKS);
    assert_int_equal(walk(place, 7, &pages), BANKS);
    assert_int_equal(pages, BANKS / 7 + 1);
    assert_int_equal(walk(place, 500, &pages), BANKS);
    assert_int_equal(pages, 1);
}

static void a_page_has_a_hundred_unless_told(void **state)
{
    json_t *list = place_ask(*state, "auditor", "GET /v1/banks", NULL, 200);
    assert_int_equal(json_array_size(json_object_get(list, "items")), 100);
    assert_string_equal(json_string_value(json_object_get(list, "next")), id_of(list, 99));
    json_decref(list);
}

/* Numbers as cursors, too. */
static void pages_give_each_audit_record_exactly_once(void **state)
{
    struct place *place = *state;
    int64_t total = place_rows(place, "audit");
    int64_t seen = 0;
    char request[64] = "GET /v1/audit?limit=99";
    while (seen < total) {
        json_t *list = place_ask(place, "auditor", request, NULL, 200);
        json_t *items = json_object_get(list, "items");
        for (size_t i = 0; i < json_array_size(items); i++)
            assert_int_equal(
                json_integer_value(json_object_get(json_array_get(items, i), "sequence")), ++seen);
        const char *next = json_string_value(json_object_get(list, "next"));
        assert_true((next == NULL) == (seen == total));
        snprintf(request, sizeof request, "GET /v1/audit?limit=99&cursor=%s",
                 next == NULL ? "" : next);
        json_decref(list);
    }
}

/* ---- ETags -------------------------------------------------------------------------------- */

static void put_if(struct place *place, const char *condition, long status, const char *etag)
{
    struct reply reply;
    char line[64];
    const struct ask ask = {.method = "PUT",
                            .path = "/v1/banks/tagged",
                            .client = "operator",
                            .headers = {"Content-Type: application/json", condition},
                            .body = BANK};
    client_ask(&place->http, &ask, &reply);
    assert_int_equal(reply.status, status);
    snprintf(line, sizeof line, "etag: %s\r\n", etag == NULL ? "" : etag);
    assert_true((etag != NULL) == (strstr(reply.headers, line) != NULL));
    reply_free(&reply);
}

static void a_bank_changes_only_from_the_state_that_was_read(void **state)
{
    struct place *place = *state;
    struct reply reply;
    put_if(place, "If-Match: \"1\"", 412, NULL);
    put_if(place, NULL, 201, "\"1\"");
    put_if(place, "If-Match: \"1\"", 200, "\"2\"");
    put_if(place, "If-Match: \"1\"", 412, NULL);
    put_if(place, NULL, 200, "\"3\"");
    client_ask(&place->http, &(struct ask){.path = "/v1/banks/tagged", .client = "operator"},
               &reply);
    assert_non_null(strstr(reply.headers, "etag: \"3\"\r\n"));
    reply_free(&reply);
}

/* ---- events ------------------------------------------------------------------------------- */

/* A stream read on a thread of its own, until it ends or `enough` has been read. */
struct listener {
    struct place *place;
    char path[96];
    const char *client;
    const char *header;
    const char *enough; /* NULL: to the end */
    struct reply reply;
    pthread_t thread;
};

static int heard_enough(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct listener *listener = arg;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return listener->enough != NULL && listener->reply.body != NULL &&
           strstr(listener->reply.body, listener->enough) != NULL;
}

static void *hear(void *arg)
{
    struct listener *listener = arg;
    struct curl_slist *list;
    const struct ask ask = {
        .path = listener->path, .client = listener->client, .headers = {listener->header}};
    CURL *handle = client_prepare(&listener->place->http, &ask, &listener->reply, &list);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, heard_enough);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, listener);
    client_finish(handle, curl_easy_perform(handle), &listener->reply);
    curl_slist_free_all(list);
    return NULL;
}

static void start_hearing(struct listener *listener)
{
    assert_int_equal(pthread_create(&listener->thread, NULL, hear, listener), 0);
}

static void finish_hearing(struct listener *listener, CURLcode code)
{
    pthread_join(listener->thread, NULL);
    assert_int_equal(listener->reply.status, 200);
    assert_int_equal(listener->reply.code, code);
    assert_non_null(listener->reply.body);
}

static void bind_card(struct place *place, char operation[STORE_ID_SIZE])
{
    char request[128];
    snprintf(request, sizeof request, "PUT /v1/cards/%s/binding", place->card);
    json_t *made = place_ask(place, "bank-a", request, "{\"product\":\"bank-a/debit\"}", 202);
    snprintf(operation, STORE_ID_SIZE, "%s", json_string_value(json_object_get(made, "id")));
    json_decref(made);
}

/* The agent brings a result that cannot be true, as often as the service tries. */
static void fail_operation(struct place *place, const char *operation)
{
    char request[96];
    snprintf(request, sizeof request, "GET /v1/operations/%s", operation);
    for (unsigned i = 0; i < 2 * place->service.attempts_max; i++) {
        struct reply reply;
        struct ask ask = {.method = "POST",
                          .path = "/admin-agent",
                          .client = "agent",
                          .headers = {"X-Admin-SE-List: " SE}};
        client_ask(&place->http, &ask, &reply);
        char next[96] = "";
        const char *at = strstr(reply.headers, "x-admin-next-uri: ");
        if (at != NULL)
            snprintf(next, sizeof next, "%.*s", (int)strcspn(at + 18, "\r"), at + 18);
        reply_free(&reply);
        if (*next == '\0')
            break;
        ask.path = next;
        ask.headers[0] = "X-Admin-Script-Status: security-error";
        client_ask(&place->http, &ask, &reply);
        assert_true(reply.status == 200 || reply.status == 204);
        reply_free(&reply);
    }
    json_t *shown = place_ask(place, "operator", request, NULL, 200);
    assert_string_equal(json_string_value(json_object_get(shown, "state")), "failed");
    json_decref(shown);
}

/* Ask for an audit of a new card; its place in X-Admin-SE-List goes to `se`. */
static void order_audit(struct place *place, const char *cin, int priority, char se[64])
{
    char request[96];
    char body[64];
    char *import = place_import(cin, "{\"load_files\":[],\"applications\":[]}");
    json_t *made = place_ask(place, "operator", "POST /v1/cards", import, 201);
    snprintf(request, sizeof request, "POST /v1/cards/%s/operations",
             json_string_value(json_object_get(made, "id")));
    snprintf(body, sizeof body, "{\"kind\":\"audit\",\"priority\":%d}", priority);
    place_do(place, "operator", request, body, 202);
    snprintf(se, 64, "//se-id/CUD/" IIN "%s", cin);
    json_decref(made);
    free(import);
}

static void the_push_names_urgent_cards_first(void **state)
{
    struct place *place = *state;
    char low[64];
    char high[64];
    char header[256];
    order_audit(place, "9156000000000201", 1, low);
    order_audit(place, "9156000000000202", 9, high);
    snprintf(header, sizeof header, "X-Admin-SE-List: %s, %s", low, high);
    struct listener listener = {
        .place = place, .path = "/v1/work", .client = "agent", .header = header, .enough = low};
    start_hearing(&listener);
    finish_hearing(&listener, CURLE_ABORTED_BY_CALLBACK);
    assert_true(strstr(listener.reply.body, high) < strstr(listener.reply.body, low));
    reply_free(&listener.reply);
}

static void events_of_an_operation_end_with_it(void **state)
{
    struct place *place = *state;
    char operation[STORE_ID_SIZE];
    struct listener listener = {.place = place, .client = "bank-a"};
    place_fill(place);
    bind_card(place, operation);
    snprintf(listener.path, sizeof listener.path, "/v1/operations/%s/events", operation);
    start_hearing(&listener);
    fail_operation(place, operation);
    finish_hearing(&listener, CURLE_OK);
    assert_non_null(strstr(listener.reply.body, "event: operation\n"));
    assert_non_null(strstr(listener.reply.body, "\"state\":\"pending\""));
    assert_non_null(strstr(listener.reply.body, "\"state\":\"failed\""));
    reply_free(&listener.reply);
    /* One that has ended tells its story again, and ends at once. */
    start_hearing(&listener);
    finish_hearing(&listener, CURLE_OK);
    assert_non_null(strstr(listener.reply.body, "\"state\":\"failed\""));
    reply_free(&listener.reply);
}

static void all_events_go_on_after_the_last_one_seen(void **state)
{
    struct place *place = *state;
    struct listener listener = {
        .place = place, .path = "/v1/events", .client = "operator", .enough = "\"failed\""};
    assert_true(place_rows(place, "event") > 2);
    start_hearing(&listener);
    finish_hearing(&listener, CURLE_ABORTED_BY_CALLBACK);
    assert_non_null(strstr(listener.reply.body, "id: 1\n"));
    reply_free(&listener.reply);
    listener.header = "Last-Event-ID: 2";
    start_hearing(&listener);
    finish_hearing(&listener, CURLE_ABORTED_BY_CALLBACK);
    assert_null(strstr(listener.reply.body, "id: 1\n"));
    assert_null(strstr(listener.reply.body, "id: 2\n"));
    assert_non_null(strstr(listener.reply.body, "id: 3\n"));
    reply_free(&listener.reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_give_each_bank_exactly_once),
        cmocka_unit_test(a_page_has_a_hundred_unless_told),
        cmocka_unit_test(pages_give_each_audit_record_exactly_once),
        cmocka_unit_test(a_bank_changes_only_from_the_state_that_was_read),
        cmocka_unit_test(events_of_an_operation_end_with_it),
        cmocka_unit_test(the_push_names_urgent_cards_first),
        cmocka_unit_test(all_events_go_on_after_the_last_one_seen),
    };
    return cmocka_run_group_tests(tests, place_make, place_remove);
}
