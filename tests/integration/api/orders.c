/* Orders over the API: asked for, seen, cancelled, overdue; what they would come to; and cards that
 * a person should look at. No card is here: contacts are tests/integration/rebind's. */
#include "tests/integration/api/place.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* bank-a's package and instance are on the card, in use; or nothing is, and so much is free. */
#define IN_USE                                                                           \
    "{\"load_files\":[{\"aid\":\"" PACKAGE "\"}],\"applications\":[{\"aid\":\"" INSTANCE \
    "\",\"load_file\":\"" PACKAGE "\",\"state\":7}],\"active\":\"bank-a/debit\","        \
    "\"free_non_volatile\":8000}"
#define EMPTY(free) "{\"load_files\":[],\"applications\":[],\"free_non_volatile\":" free "}"

static void import(struct place *place, const char *cin, const char *contents,
                   char card[STORE_ID_SIZE])
{
    char *body = place_import(cin, contents);
    json_t *made = place_ask(place, "operator", "POST /v1/cards", body, 201);
    snprintf(card, STORE_ID_SIZE, "%s", json_string_value(json_object_get(made, "id")));
    json_decref(made);
    free(body);
}

/* The member of an answer, "" for null. */
static void text_of(const json_t *json, const char *name, char to[256])
{
    const char *text = json_string_value(json_object_get(json, name));
    snprintf(to, 256, "%s", text == NULL ? "" : text);
}

static json_t *order(struct place *place, const char *card, const char *body, long status)
{
    char request[128];
    snprintf(request, sizeof request, "POST /v1/cards/%s/operations", card);
    return place_ask(place, "operator", request, body, status);
}

static json_t *cancel(struct place *place, const char *client, const char *operation, long status)
{
    char request[128];
    snprintf(request, sizeof request, "POST /v1/operations/%s/cancel", operation);
    return place_ask(place, client, request, NULL, status);
}

static json_t *show(struct place *place, const char *what, const char *id)
{
    char request[128];
    snprintf(request, sizeof request, "GET /v1/%s/%s", what, id);
    return place_ask(place, "operator", request, NULL, 200);
}

static bool is_suspended(struct place *place, const char *card)
{
    json_t *shown = show(place, "cards", card);
    json_t *binding = json_array_get(json_object_get(shown, "bindings"), 0);
    bool suspended = json_is_true(json_object_get(binding, "suspended"));
    json_decref(shown);
    return suspended;
}

static void suspended_binding_is_shown_and_taken_back_by_cancelling(void **state)
{
    struct place *place = *state;
    char card[STORE_ID_SIZE];
    char id[256];
    char text[256];
    import(place, "9156000000000101", IN_USE, card);
    json_t *made = order(place, card, "{\"kind\":\"suspend\",\"priority\":8}", 202);
    text_of(made, "id", id);
    text_of(made, "kind", text);
    assert_string_equal(text, "suspend");
    assert_int_equal(json_integer_value(json_object_get(made, "priority")), 8);
    assert_true(json_is_false(json_object_get(made, "may_still_run")));
    json_decref(made);
    assert_true(is_suspended(place, card));
    made = cancel(place, "operator", id, 200);
    text_of(made, "state", text);
    assert_string_equal(text, "cancelled");
    json_decref(made);
    assert_false(is_suspended(place, card));
    json_decref(cancel(place, "operator", id, 200)); /* again: the same */
    json_decref(order(place, card, "{\"kind\":\"resume\"}", 409));
}

static void what_is_held_ready_is_shown_and_dropped(void **state)
{
    struct place *place = *state;
    char card[STORE_ID_SIZE];
    char id[256];
    import(place, "9156000000000102", EMPTY("8000"), card);
    json_t *made = order(place, card, "{\"kind\":\"load\",\"product\":\"bank-a/debit\"}", 202);
    text_of(made, "id", id);
    json_decref(made);
    json_t *shown = show(place, "cards", card);
    json_t *resident = json_array_get(json_object_get(shown, "residents"), 0);
    assert_string_equal(json_string_value(json_object_get(resident, "form")), "package");
    json_decref(shown);
    json_decref(cancel(place, "operator", id, 200));
    shown = show(place, "cards", card);
    assert_int_equal(json_array_size(json_object_get(shown, "residents")), 0);
    json_decref(shown);
}

static void a_bank_cancels_its_own_alone(void **state)
{
    struct place *place = *state;
    char card[STORE_ID_SIZE];
    char id[256];
    import(place, "9156000000000103", IN_USE, card);
    json_t *made = order(place, card, "{\"kind\":\"revoke\"}", 202);
    text_of(made, "id", id);
    json_decref(made);
    json_decref(cancel(place, "bank-b", id, 404));
    json_decref(cancel(place, "bank-a", id, 403));
    json_decref(cancel(place, "operator", id, 200));
    char request[128];
    snprintf(request, sizeof request, "POST /v1/cards/%s/operations", card);
    made = place_ask(place, "bank-a", request, "{\"kind\":\"suspend\"}", 202);
    text_of(made, "id", id);
    json_decref(made);
    json_decref(cancel(place, "bank-a", id, 200));
}

static void an_operation_past_its_deadline_has_failed_when_it_is_looked_at(void **state)
{
    struct place *place = *state;
    char card[STORE_ID_SIZE];
    char id[256];
    char text[256];
    char body[128];
    char deadline[OPERATION_TIME_SIZE];
    import(place, "9156000000000104", IN_USE, card);
    operation_time(deadline, (int64_t)rebind_now_ms(&place->env) + 1000);
    snprintf(body, sizeof body, "{\"kind\":\"audit\",\"deadline\":\"%s\"}", deadline);
    json_t *made = order(place, card, body, 202);
    text_of(made, "id", id);
    text_of(made, "deadline", text);
    assert_string_equal(text, deadline);
    json_decref(made);
    text[0] = '\0';
    for (unsigned i = 0; i < 40 && strcmp(text, "failed") != 0; i++) {
        usleep(100 * 1000);
        made = show(place, "operations", id);
        text_of(made, "state", text);
        json_decref(made);
    }
    assert_string_equal(text, "failed");
    made = show(place, "operations", id);
    text_of(made, "cause", text);
    assert_non_null(strstr(text, "deadline has passed"));
    json_decref(made);
    json_decref(cancel(place, "operator", id, 409));
}

/* ---- what it would come to ----------------------------------------------------------------- */

static json_t *weigh(struct place *place, const char *client, const char *card)
{
    char request[160];
    snprintf(request, sizeof request, "GET /v1/cards/%s/eligibility?product=bank-a/debit", card);
    return place_ask(place, client, request, NULL, 200);
}

static void eligibility_says_the_way_and_changes_nothing(void **state)
{
    struct place *place = *state;
    char text[256];
    char card[STORE_ID_SIZE];
    char record[2048];
    import(place, "9156000000000105", EMPTY("8000"), card);
    place_record(place, card, RECORD_FULL, record);
    place_do(place, "bank-a", "POST /v1/banks/bank-a/personalisations", record, 201);
    uint64_t before = place_state(place);
    json_t *answer = weigh(place, "bank-a", card);
    assert_true(json_is_true(json_object_get(answer, "eligible")));
    text_of(answer, "way", text);
    assert_string_equal(text, "load");
    text_of(answer, "why", text);
    assert_non_null(strstr(text, "of the 8000 that are free"));
    assert_true(json_integer_value(json_object_get(answer, "wire")) > 500);
    json_t *decision = json_object_get(answer, "decision");
    assert_string_equal(json_string_value(json_object_get(decision, "rule")), "licensed-bank");
    json_t *step = json_array_get(json_object_get(answer, "steps"), 0);
    assert_string_equal(json_string_value(json_object_get(step, "step")), "load");
    json_decref(answer);
    json_decref(weigh(place, "operator", card));
    json_decref(weigh(place, "auditor", card));
    assert_true(before == place_state(place));
}

static const char *obstacle(const json_t *answer)
{
    assert_true(json_is_false(json_object_get(answer, "eligible")));
    return json_string_value(json_object_get(json_object_get(answer, "obstacle"), "code"));
}

static void eligibility_names_what_stands_in_the_way(void **state)
{
    struct place *place = *state;
    char card[STORE_ID_SIZE];
    char record[2048];
    import(place, "9156000000000106", EMPTY("100"), card);
    json_t *answer = weigh(place, "operator", card);
    assert_string_equal(obstacle(answer), "personalisation-missing");
    json_decref(answer);
    place_record(place, card, RECORD_FULL, record);
    place_do(place, "bank-a", "POST /v1/banks/bank-a/personalisations", record, 201);
    answer = weigh(place, "operator", card);
    assert_string_equal(obstacle(answer), "cannot-plan");
    assert_true(json_integer_value(json_object_get(answer, "memory_needed")) > 2000);
    json_decref(answer);
    import(place, "9156000000000107", IN_USE, card);
    answer = weigh(place, "operator", card);
    assert_string_equal(obstacle(answer), "already-bound");
    json_decref(answer);
}

/* ---- cards that a person should look at ---------------------------------------------------- */

static void an_unknown_card_is_reported_once(void **state)
{
    struct place *place = *state;
    int64_t events = place_rows(place, "event");
    int64_t audits = place_rows(place, "audit");
    const struct ask ask = {.method = "POST",
                            .path = "/admin-agent",
                            .client = "agent",
                            .headers = {"X-Admin-SE-List: //se-id/CUD/0102030405060708"}};
    for (unsigned i = 0; i < 3; i++) {
        struct reply reply;
        client_ask(&place->http, &ask, &reply);
        assert_int_equal(reply.status, 404);
        assert_non_null(strstr(reply.body, "card-unknown"));
        reply_free(&reply);
    }
    assert_int_equal(place_rows(place, "event"), events + 1);
    assert_int_equal(place_rows(place, "audit"), audits + 1);
    assert_int_equal(place_rows(place, "sighting"), 1);
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
        cmocka_unit_test(suspended_binding_is_shown_and_taken_back_by_cancelling),
        cmocka_unit_test(what_is_held_ready_is_shown_and_dropped),
        cmocka_unit_test(a_bank_cancels_its_own_alone),
        cmocka_unit_test(an_operation_past_its_deadline_has_failed_when_it_is_looked_at),
        cmocka_unit_test(eligibility_says_the_way_and_changes_nothing),
        cmocka_unit_test(eligibility_names_what_stands_in_the_way),
        cmocka_unit_test(an_unknown_card_is_reported_once),
    };
    return cmocka_run_group_tests(tests, make_and_fill, place_remove);
}
