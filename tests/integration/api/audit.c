/* Who did what: one record a change, a chain that verifies, and nothing personal in it. */
#include "tests/integration/api/place.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ask for a change and expect one more record, of this action and this principal. */
static void assert_audited(struct place *place, enum client_index client, const char *name,
                           const char *request, const char *body, const char *action)
{
    struct store_audit record;
    struct store_tx *tx;
    size_t count;
    char method[16];
    struct reply reply;
    int64_t before = place_rows(place, "audit");
    snprintf(method, sizeof method, "%.*s", (int)strcspn(request, " "), request);
    client_ask(&place->http,
               &(struct ask){.method = method,
                             .path = strchr(request, ' ') + 1,
                             .client = name,
                             .headers = {"Content-Type: application/json"},
                             .body = body},
               &reply);
    if (reply.status < 200 || reply.status > 299)
        fail_msg("%s gives %ld: %s", request, reply.status, reply.body);
    reply_free(&reply);
    if (place_rows(place, "audit") != before + 1)
        fail_msg("%s leaves %lld records", request,
                 (long long)(place_rows(place, "audit") - before));
    assert_int_equal(store_begin(place->store, STORE_READ, &tx), STORE_OK);
    assert_int_equal(store_audit_list(tx, before, &record, 1, &count), STORE_OK);
    store_rollback(tx);
    assert_int_equal(count, 1);
    assert_string_equal(record.action, action);
    assert_string_equal(record.actor, place->principals[client]);
    store_audit_fini(&record);
}

#define ASSERT_AUDITED(place, client, name, request, body, action) \
    assert_audited(place, CLIENT_##client, name, request, body, action)

/* What place_fill did, and nothing beside it. */
static void filling_the_place_is_told_in_order(void **state)
{
    static const char *const actions[] = {
        "bank.put",        "bank.put",        "package.put",
        "product.put",     "product.publish", "policy.propose",
        "policy.activate", "card.import",     "personalisation.add",
    };
    enum { COUNT = sizeof actions / sizeof actions[0] };
    json_t *list = place_ask(*state, "auditor", "GET /v1/audit", NULL, 200);
    json_t *items = json_object_get(list, "items");
    assert_int_equal(json_array_size(items), COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_string_equal(json_string_value(json_object_get(json_array_get(items, i), "action")),
                            actions[i]);
    json_decref(list);
}

static void each_change_leaves_one_record(void **state)
{
    static const char product[] =
        "{\"role\":\"payment\",\"package\":\"" PACKAGE "\",\"module\":\"" MODULE
        "\",\"instance\":\"A00000033301010149\",\"parameters\":\"C900\",\"label\":\"x\","
        "\"personalisation\":[]}";
    struct place *place = *state;
    char request[128];
    char record[2048];
    char *import = place_import("9156000000000002", "null");
    place_record(place, place->card, RECORD_FULL, record);
    ASSERT_AUDITED(place, OPERATOR, "operator", "PUT /v1/banks/audited",
                   "{\"name\":\"B\",\"status\":\"active\",\"regions\":[]}", "bank.put");
    ASSERT_AUDITED(place, OPERATOR, "operator", "PUT /v1/banks/bank-a/security-domain",
                   "{\"aid\":\"A00000033341\",\"key_sets\":{\"scp03-i70-aes128\":\"isd-2021\"}}",
                   "domain.put");
    ASSERT_AUDITED(place, BANK, "bank-a", "PUT /v1/banks/bank-a/products/audited", product,
                   "product.put");
    ASSERT_AUDITED(place, BANK, "bank-a", "POST /v1/banks/bank-a/products/audited/publish", NULL,
                   "product.publish");
    ASSERT_AUDITED(place, BANK, "bank-a", "POST /v1/banks/bank-a/personalisations", record,
                   "personalisation.add");
    ASSERT_AUDITED(place, OPERATOR, "operator", "POST /v1/cards", import, "card.import");
    snprintf(request, sizeof request, "PUT /v1/cards/%s/binding", place->card);
    ASSERT_AUDITED(place, BANK, "bank-a", request, "{\"product\":\"bank-a/debit\"}", "binding.put");
    snprintf(request, sizeof request, "DELETE /v1/principals/%s", place->principals[CLIENT_SPARE]);
    ASSERT_AUDITED(place, OFFICER, "officer", request, NULL, "principal.disable");
    free(import);
}

static void quarantine(struct place *place)
{
    struct store_tx *tx;
    assert_int_equal(store_begin(place->store, STORE_WRITE, &tx), STORE_OK);
    assert_int_equal(store_card_set_status(tx, place->card, STORE_CARD_QUARANTINED, "tried"),
                     STORE_OK);
    assert_int_equal(store_commit(tx), STORE_OK);
}

static void a_release_leaves_a_record_with_its_cause(void **state)
{
    struct place *place = *state;
    char request[128];
    quarantine(place);
    snprintf(request, sizeof request, "POST /v1/cards/%s/release", place->card);
    ASSERT_AUDITED(place, OPERATOR, "operator", request, NULL, "card.release");
}

static void register_stranger(struct place *place)
{
    char path[128];
    char pem[4096] = "";
    fixture_path(&place->http, "stranger.pem", path);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(pem, 1, sizeof pem - 1, file) > 0);
    fclose(file);
    json_t *json = json_pack("{s:s, s:s, s:s, s:s}", "name", "new", "kind", "auditor", "person",
                             "p-new", "certificate", pem);
    char *body = json_dumps(json, JSON_COMPACT);
    ASSERT_AUDITED(place, OFFICER, "officer", "POST /v1/principals", body, "principal.add");
    free(body);
    json_decref(json);
}

/* What is asked for without a change is not recorded. */
static void reading_leaves_no_record(void **state)
{
    struct place *place = *state;
    int64_t before = place_rows(place, "audit");
    json_t *found = place_ask(place, "operator", "POST /v1/cards/lookup",
                              "{\"iin\":\"" IIN "\",\"cin\":\"" CIN "\"}", 200);
    assert_string_equal(json_string_value(json_object_get(found, "id")), place->card);
    json_decref(found);
    place_do(place, "operator", "GET /v1/cards", NULL, 200);
    place_do(place, "operator", "GET /v1/operations", NULL, 200);
    assert_int_equal(place_rows(place, "audit"), before);
}

static void the_chain_verifies_and_its_end_is_signed(void **state)
{
    struct place *place = *state;
    struct store_tx *tx;
    int64_t broken = 0;
    json_t *head = place_ask(place, "auditor", "GET /v1/audit/checkpoint", NULL, 200);
    assert_int_equal(json_integer_value(json_object_get(head, "sequence")),
                     place_rows(place, "audit"));
    json_decref(head);
    assert_int_equal(store_begin(place->store, STORE_READ, &tx), STORE_OK);
    assert_int_equal(store_audit_verify(tx, &broken), STORE_OK);
    store_rollback(tx);
}

/* Asserts that what identifies a card holder or opens a card stands nowhere in a text. */
static void assert_says_nothing(const char *where, const char *text)
{
    static const char *const secrets[] = {
        PAN,           CIN,       "9156000000000002", APPLICATION_KEY, "BEGIN CERTIFICATE",
        "PRIVATE KEY", "61616161"};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        if (strstr(text, secrets[i]) != NULL)
            fail_msg("%s says %s", where, secrets[i]);
    }
}

static void nothing_personal_stands_in_a_record(void **state)
{
    struct place *place = *state;
    register_stranger(place);
    json_t *list = place_ask(place, "auditor", "GET /v1/audit?limit=500", NULL, 200);
    char *text = json_dumps(list, 0);
    assert_non_null(strstr(text, "card.import"));
    assert_non_null(strstr(text, "personalisation.add"));
    assert_says_nothing("the audit trail", text);
    free(text);
    json_decref(list);
}

/* After the server has stopped, so that its last line is there. */
static void nothing_personal_stands_in_the_access_log(void **state)
{
    struct place *place = *state;
    fixture_stop(&place->http);
    assert_non_null(strstr(place->access, "POST /v1/cards/lookup 200"));
    assert_non_null(strstr(place->access, "PUT /v1/cards/{card}/binding 202"));
    assert_null(strstr(place->access, place->card));
    assert_says_nothing("the access log", place->access);
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
        cmocka_unit_test(filling_the_place_is_told_in_order),
        cmocka_unit_test(each_change_leaves_one_record),
        cmocka_unit_test(a_release_leaves_a_record_with_its_cause),
        cmocka_unit_test(reading_leaves_no_record),
        cmocka_unit_test(nothing_personal_stands_in_a_record),
        cmocka_unit_test(the_chain_verifies_and_its_end_is_signed),
        cmocka_unit_test(nothing_personal_stands_in_the_access_log),
    };
    return cmocka_run_group_tests(tests, make, place_remove);
}
