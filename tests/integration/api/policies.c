/* Policies over the API: versions and their second person, activation, stops, decisions. */
#include "tests/integration/api/place.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULES                                                    \
    "version: 1\nname: plain\nrules:\n"                          \
    "  - id: anybody\n    effect: allow\n"                       \
    "    when: {request.action: {in: [bind, switch, revoke]}}\n" \
    "    reason: It is allowed.\n"
#define NOBODY                                                                     \
    "version: 1\nname: nobody\nrules:\n  - id: none\n    effect: deny\n    when: " \
    "{request.action: revoke}\n    reason: No.\n"
#define FAILING                                                                  \
    RULES "test_facts: {request.action: bind, request.actor_kind: bank,"         \
          " request.time: 2027-01-01T00:00:00Z, card.region: \"310000\","        \
          " card.status: active, card.generation: \"3\", product.role: payment," \
          " binding.active_banks: 0}\n"                                          \
          "tests:\n  - name: it is denied\n    expect: deny\n"

static json_t *post_yaml(struct place *place, const char *path, const char *yaml, long status)
{
    struct reply reply;
    const struct ask ask = {.path = path,
                            .client = "author",
                            .headers = {"Content-Type: application/yaml"},
                            .body = yaml};
    client_ask(&place->http, &ask, &reply);
    if (reply.status != status)
        fail_msg("%ld: %s", reply.status, reply.body);
    json_t *json = json_loads(reply.body, 0, NULL);
    reply_free(&reply);
    return json;
}

static int version_of(json_t *json)
{
    int version = (int)json_integer_value(json_object_get(json, "version"));
    json_decref(json);
    return version;
}

static int draft(struct place *place, const char *yaml)
{
    return version_of(post_yaml(place, "/v1/policies?stage=draft", yaml, 201));
}

static json_t *step(struct place *place, const char *client, int version, const char *verb,
                    long status)
{
    char request[128];
    snprintf(request, sizeof request, "POST /v1/policies/%d/%s", version, verb);
    return place_ask(place, client, request, NULL, status);
}

/* The step is taken and leads to a status. */
static void to(struct place *place, const char *client, int version, const char *verb,
               const char *status)
{
    json_t *json = step(place, client, version, verb, 200);
    assert_string_equal(json_string_value(json_object_get(json, "status")), status);
    json_decref(json);
}

static void assert_code(json_t *problem, const char *code)
{
    assert_string_equal(json_string_value(json_object_get(problem, "code")), code);
    json_decref(problem);
}

static void status_is(struct place *place, int version, const char *status)
{
    char request[64];
    snprintf(request, sizeof request, "GET /v1/policies/%d", version);
    json_t *json = place_ask(place, "auditor", request, NULL, 200);
    assert_string_equal(json_string_value(json_object_get(json, "status")), status);
    json_decref(json);
}

/* ---- versions ----------------------------------------------------------------------------- */

static void a_version_goes_from_draft_to_active_and_back(void **state)
{
    struct place *place = *state;
    int first = draft(place, RULES);
    status_is(place, first, "draft");
    assert_code(step(place, "author", first, "propose", 409), "policy-not-ready");
    to(place, "author", first, "check", "checked");
    assert_code(step(place, "approver", first, "approve", 409), "policy-not-ready");
    to(place, "author", first, "propose", "proposed");
    assert_code(step(place, "author-again", first, "approve", 409), "same-person");
    assert_code(step(place, "author-again", first, "activate", 409), "same-person");
    assert_code(step(place, "officer", first, "activate", 409), "policy-not-ready");
    to(place, "approver", first, "approve", "approved");
    to(place, "officer", first, "activate", "active");
    status_is(place, 1, "retired");
    json_t *json = place_ask(place, "officer", "POST /v1/policies/rollback", NULL, 200);
    assert_int_equal(version_of(json), 1);
    status_is(place, first, "retired");
    assert_code(place_ask(place, "officer", "POST /v1/policies/rollback", NULL, 404), "not-found");
}

static void a_failing_case_keeps_a_version_from_being_proposed(void **state)
{
    struct place *place = *state;
    int64_t before = place_rows(place, "policy");
    json_t *problem = post_yaml(place, "/v1/policies", FAILING, 422);
    assert_non_null(strstr(json_string_value(json_object_get(problem, "detail")), "it is denied"));
    assert_code(problem, "policy-case-failed");
    assert_int_equal(place_rows(place, "policy"), before);
    int version = draft(place, FAILING);
    assert_code(step(place, "author", version, "check", 422), "policy-case-failed");
    status_is(place, version, "draft");
}

static void a_check_tells_what_the_analysis_finds(void **state)
{
    struct place *place = *state;
    int version = draft(place, RULES "  - id: again\n    effect: allow\n"
                                     "    when: {request.action: bind}\n    reason: Twice.\n");
    json_t *json = step(place, "author", version, "check", 200);
    json_t *findings = json_object_get(json_object_get(json, "check"), "findings");
    json_t *finding = json_array_get(findings, 0);
    assert_string_equal(json_string_value(json_object_get(finding, "kind")), "shadowed");
    assert_string_equal(json_string_value(json_object_get(finding, "id")), "again");
    json_decref(json);
}

static long status_with(struct place *place, const char *path, const char *if_match)
{
    struct reply reply;
    char header[64];
    snprintf(header, sizeof header, "If-Match: %s", if_match);
    const struct ask ask = {
        .method = "POST", .path = path, .client = "author", .headers = {header}};
    client_ask(&place->http, &ask, &reply);
    reply_free(&reply);
    return reply.status;
}

static void a_step_on_what_has_changed_is_refused(void **state)
{
    struct place *place = *state;
    char path[64];
    int version = draft(place, RULES);
    snprintf(path, sizeof path, "/v1/policies/%d/propose", version);
    to(place, "author", version, "check", "checked");
    assert_int_equal(status_with(place, path, "\"1\""), 412);
    assert_int_equal(status_with(place, path, "2"), 422);
    assert_int_equal(status_with(place, path, "\"2\""), 200);
}

static void an_activation_can_be_planned(void **state)
{
    struct place *place = *state;
    char request[64];
    int version = version_of(post_yaml(place, "/v1/policies", RULES, 201));
    snprintf(request, sizeof request, "POST /v1/policies/%d/activate", version);
    place_do(place, "approver", request, "{\"active_from\": \"2026-01-01T00:00:00Z\"}", 409);
    place_do(place, "approver", request, "{\"active_from\": \"soon\"}", 422);
    status_is(place, version, "proposed");
    place_do(place, "approver", request, "{\"active_from\": \"2126-01-01T00:00:00Z\"}", 200);
    status_is(place, version, "scheduled");
    status_is(place, 1, "active");
}

/* ---- stops -------------------------------------------------------------------------------- */

static json_t *bind_card(struct place *place, const char *body, long status)
{
    char request[128];
    snprintf(request, sizeof request, "PUT /v1/cards/%s/binding", place->card);
    return place_ask(place, "bank-a", request, body, status);
}

static void copy_id(json_t *json, char id[STORE_ID_SIZE])
{
    snprintf(id, STORE_ID_SIZE, "%s", json_string_value(json_object_get(json, "id")));
    json_decref(json);
}

static void a_stop_cancels_what_is_outstanding_until_another_person_lifts_it(void **state)
{
    struct place *place = *state;
    char operation[STORE_ID_SIZE];
    char stop[STORE_ID_SIZE];
    char request[128];
    static const char body[] = "{\"bank\": \"bank-a\", \"reason\": \"A breach.\"}";
    copy_id(bind_card(place, "{\"product\":\"bank-a/debit\"}", 202), operation);
    place_do(place, "officer", "POST /v1/policies/stops", "{\"reason\": \"All of it.\"}", 422);
    place_do(place, "officer", "POST /v1/policies/stops",
             "{\"bank\": \"nobody\", \"reason\": \"x\"}", 404);
    json_t *made = place_ask(place, "officer", "POST /v1/policies/stops", body, 201);
    assert_int_equal(json_integer_value(json_object_get(made, "cancelled")), 1);
    copy_id(made, stop);
    snprintf(request, sizeof request, "GET /v1/operations/%s", operation);
    json_t *ended = place_ask(place, "operator", request, NULL, 200);
    assert_string_equal(json_string_value(json_object_get(ended, "state")), "cancelled");
    json_decref(ended);
    json_t *denied = bind_card(place, "{\"product\":\"bank-a/debit\"}", 403);
    assert_string_equal(json_string_value(json_object_get(denied, "reason")), "A breach.");
    json_decref(denied);
    snprintf(request, sizeof request, "DELETE /v1/policies/stops/%s", stop);
    assert_code(place_ask(place, "officer", request, NULL, 409), "same-person");
    place_do(place, "approver", request, NULL, 200);
    assert_code(place_ask(place, "approver", request, NULL, 409), "stop-lifted");
    copy_id(bind_card(place, "{\"product\":\"bank-a/debit\"}", 202), operation);
    snprintf(request, sizeof request, "POST /v1/operations/%s/cancel", operation);
    place_do(place, "operator", request, NULL, 200);
}

/* A policy whose own stop is in force cancels when it becomes active. */
static void a_stop_of_the_policy_cancels_too(void **state)
{
    struct place *place = *state;
    char operation[STORE_ID_SIZE];
    char request[128];
    copy_id(bind_card(place, "{\"product\":\"bank-a/debit\"}", 202), operation);
    int stopping = version_of(post_yaml(place, "/v1/policies",
                                        RULES "stops:\n  - id: breach\n    bank: bank-a\n"
                                              "    reason: A breach.\n",
                                        201));
    to(place, "approver", stopping, "activate", "active");
    snprintf(request, sizeof request, "GET /v1/operations/%s", operation);
    json_t *ended = place_ask(place, "operator", request, NULL, 200);
    assert_string_equal(json_string_value(json_object_get(ended, "state")), "cancelled");
    json_decref(ended);
    json_decref(bind_card(place, "{\"product\":\"bank-a/debit\"}", 403));
    place_do(place, "officer", "POST /v1/policies/rollback", NULL, 200);
}

/* ---- decisions ---------------------------------------------------------------------------- */

static json_t *decision_of(struct place *place, const char *client, const char *operation,
                           long status)
{
    char request[128];
    snprintf(request, sizeof request, "GET /v1/operations/%s/decision", operation);
    return place_ask(place, client, request, NULL, status);
}

static void a_decision_is_shown_and_made_again_after_another_policy(void **state)
{
    struct place *place = *state;
    char operation[STORE_ID_SIZE];
    copy_id(bind_card(place,
                      "{\"product\":\"bank-a/debit\",\"channel\":\"kiosk\",\"reason\":\"choice\"}",
                      202),
            operation);
    int nobody = version_of(post_yaml(place, "/v1/policies", NOBODY, 201));
    to(place, "approver", nobody, "activate", "active");
    json_t *json = decision_of(place, "auditor", operation, 200);
    json_t *facts = json_object_get(json, "facts");
    assert_string_equal(json_string_value(json_object_get(json, "effect")), "allow");
    assert_string_equal(json_string_value(json_object_get(facts, "card.id")), place->card);
    assert_int_equal(json_integer_value(json_object_get(json, "policy")), 1);
    assert_true(json_is_true(json_object_get(json_object_get(json, "again"), "same")));
    json_decref(json);
    json = decision_of(place, "bank-a", operation, 200);
    assert_null(json_object_get(json, "facts"));
    json_decref(json);
    place_do(place, "bank-b", "GET /v1/decisions", NULL, 200);
    json_decref(decision_of(place, "bank-b", operation, 404));
}

/* With nobody's policy in force. */
static void a_denial_is_on_record(void **state)
{
    struct place *place = *state;
    char request[128];
    snprintf(request, sizeof request, "POST /v1/operations/%s/cancel", "none");
    place_do(place, "operator", request, NULL, 404);
    json_t *denied = bind_card(place, "{\"product\":\"bank-a/debit\"}", 202);
    json_decref(denied); /* what is under way already needs no second decision */
    int64_t before = place_rows(place, "decision");
    char *import = place_import("9156000000000077", "{\"load_files\":[],\"applications\":[]}");
    json_t *card = place_ask(place, "operator", "POST /v1/cards", import, 201);
    free(import);
    snprintf(request, sizeof request, "PUT /v1/cards/%s/binding",
             json_string_value(json_object_get(card, "id")));
    place_do(place, "bank-a", request, "{\"product\":\"bank-a/debit\"}", 403);
    place_do(place, "bank-a", request, "{\"product\":\"bank-a/debit\",\"channel\":\"pigeon\"}",
             422);
    assert_int_equal(place_rows(place, "decision"), before + 1);
    snprintf(request, sizeof request, "GET /v1/decisions?card=%s",
             json_string_value(json_object_get(card, "id")));
    json_t *list = place_ask(place, "operator", request, NULL, 200);
    json_t *item = json_array_get(json_object_get(list, "items"), 0);
    assert_string_equal(json_string_value(json_object_get(item, "rule")), "default-deny");
    assert_true(json_is_null(json_object_get(item, "operation")));
    snprintf(request, sizeof request, "GET /v1/decisions/%s",
             json_string_value(json_object_get(item, "id")));
    json_t *one = place_ask(place, "operator", request, NULL, 200);
    assert_true(json_is_true(json_object_get(json_object_get(one, "again"), "same")));
    json_decref(one);
    json_decref(list);
    json_decref(card);
}

/* ---- a second person ---------------------------------------------------------------------- */

static void a_change_waits_for_the_confirmation_of_another_person(void **state)
{
    struct place *place = *state;
    char request[128];
    char body[160];
    char card[STORE_ID_SIZE];
    char confirmation[STORE_ID_SIZE];
    int version = version_of(
        post_yaml(place, "/v1/policies", RULES "    obligations: {second_person: true}\n", 201));
    to(place, "approver", version, "activate", "active");
    char *import = place_import("9156000000000078", "{\"load_files\":[],\"applications\":[]}");
    copy_id(place_ask(place, "operator", "POST /v1/cards", import, 201), card);
    free(import);
    char record[2048];
    place_record(place, card, RECORD_FULL, record);
    place_do(place, "bank-a", "POST /v1/banks/bank-a/personalisations", record, 201);
    snprintf(request, sizeof request, "PUT /v1/cards/%s/binding", card);
    place_do(place, "operator", request, "{\"product\":\"bank-a/debit\"}", 403);
    char confirm[128];
    snprintf(confirm, sizeof confirm, "POST /v1/cards/%s/confirmations", card);
    copy_id(place_ask(place, "operator", confirm, "{\"product\":\"bank-a/debit\"}", 201),
            confirmation);
    snprintf(body, sizeof body, "{\"product\":\"bank-a/debit\",\"confirmation\":\"%s\"}",
             confirmation);
    place_do(place, "operator", request, body, 403); /* his own */
    copy_id(place_ask(place, "officer", confirm, "{\"product\":\"bank-a/debit\"}", 201),
            confirmation);
    snprintf(body, sizeof body, "{\"product\":\"bank-a/debit\",\"confirmation\":\"%s\"}",
             confirmation);
    place_do(place, "operator", request, body, 202);
}

/* ---- facts -------------------------------------------------------------------------------- */

static size_t lines_of(struct place *place, const char *path, const char *expected)
{
    struct reply reply;
    size_t lines = 0;
    const struct ask ask = {.method = "GET", .path = path, .client = "author"};
    client_ask(&place->http, &ask, &reply);
    assert_int_equal(reply.status, 200);
    assert_non_null(strstr(reply.headers, "application/x-ndjson"));
    assert_null(strstr(reply.body == NULL ? "" : reply.body, CIN));
    for (char *line = reply.body; line != NULL && *line != '\0'; lines++) {
        size_t len = strcspn(line, "\n");
        json_t *facts = json_loadb(line, len, 0, NULL);
        assert_string_equal(json_string_value(json_object_get(facts, "bank.id")), expected);
        assert_string_equal(json_string_value(json_object_get(facts, "card.region")), "310000");
        assert_true(json_is_string(json_object_get(facts, "request.time")));
        json_decref(facts);
        line += len + 1;
    }
    reply_free(&reply);
    return lines;
}

/* Each card with each product that it does not have: bank A has the only one. */
static void the_card_base_is_told_as_facts(void **state)
{
    struct place *place = *state;
    json_t *cards = place_ask(place, "operator", "GET /v1/cards", NULL, 200);
    size_t unbound = 0;
    for (size_t i = 0; i < json_array_size(json_object_get(cards, "items")); i++) {
        char request[128];
        json_t *card = json_array_get(json_object_get(cards, "items"), i);
        snprintf(request, sizeof request, "GET /v1/cards/%s",
                 json_string_value(json_object_get(card, "id")));
        json_t *whole = place_ask(place, "operator", request, NULL, 200);
        char *text = json_dumps(whole, 0);
        unbound += strstr(text, "bank-a/debit") == NULL;
        free(text);
        json_decref(whole);
    }
    json_decref(cards);
    assert_true(unbound > 0);
    assert_int_equal(lines_of(place, "/v1/policies/facts", "bank-a"), unbound);
    assert_int_equal(lines_of(place, "/v1/policies/facts?product=bank-a/debit", "bank-a"), unbound);
    assert_int_equal(lines_of(place, "/v1/policies/facts?product=bank-b/debit", ""), 0);
    assert_int_equal(
        lines_of(place, "/v1/policies/facts?cursor=FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", ""), 0);
    place_do(place, "author", "GET /v1/policies/facts?cursor=x'y", NULL, 422);
}

static int make(void **state)
{
    int status = place_make(state);
    place_fill(*state);
    return status;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_goes_from_draft_to_active_and_back),
        cmocka_unit_test(a_failing_case_keeps_a_version_from_being_proposed),
        cmocka_unit_test(a_check_tells_what_the_analysis_finds),
        cmocka_unit_test(a_step_on_what_has_changed_is_refused),
        cmocka_unit_test(an_activation_can_be_planned),
        cmocka_unit_test(a_stop_cancels_what_is_outstanding_until_another_person_lifts_it),
        cmocka_unit_test(a_stop_of_the_policy_cancels_too),
        cmocka_unit_test(a_decision_is_shown_and_made_again_after_another_policy),
        cmocka_unit_test(a_denial_is_on_record),
        cmocka_unit_test(the_card_base_is_told_as_facts),
        cmocka_unit_test(a_change_waits_for_the_confirmation_of_another_person),
    };
    return cmocka_run_group_tests(tests, make, place_remove);
}
