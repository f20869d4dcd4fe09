/* What cannot be meant: each request gets its own answer, which names what is wrong, and changes
 * nothing. */
#include "tests/integration/api/place.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON_TYPE "Content-Type: application/json"
#define CAP_TYPE "Content-Type: application/java-archive"
#define YAML_TYPE "Content-Type: application/yaml"
#define RESULT_TYPE "Content-Type: application/vnd.globalplatform.card-content-mgt-response"
#define PACKAGES "/v1/banks/bank-a/packages/"
#define PRODUCT(role, package, rest)                                          \
    "{\"role\":\"" role "\",\"package\":\"" package "\",\"module\":\"" MODULE \
    "\",\"instance\":\"" INSTANCE "\",\"parameters\":\"C900\",\"label\":\"Debit\"," rest "}"
#define NO_DGIS "\"personalisation\":[]"

/* ---- requests that are texts -------------------------------------------------------------- */

/* CARD in a path stands for the card's id. */
struct bad_request {
    const char *client;
    const char *method;
    const char *path;
    const char *header;
    const char *body;
    struct refusal expected;
};

static const struct bad_request bad_requests[] = {
    /* bodies */
    {"operator", "PUT", "/v1/banks/x", JSON_TYPE, "{\"name\":", {400, "malformed-json", "line 1"}},
    {"operator", "PUT", "/v1/banks/x", JSON_TYPE, "[]", {422, "invalid-member", "an object"}},
    {"operator", "PUT", "/v1/banks/x", NULL, NULL, {400, "malformed-json", "the body is empty"}},
    {"operator",
     "PUT",
     "/v1/banks/x",
     JSON_TYPE,
     "{\"name\":\"X\",\"name\":\"Y\",\"status\":\"active\",\"regions\":[]}",
     {400, "malformed-json", "duplicate"}},
    {"operator",
     "PUT",
     "/v1/banks/x",
     JSON_TYPE,
     "{\"name\":\"X\",\"status\":\"active\",\"regions\":[],\"nmae\":\"\"}",
     {422, "invalid-member", "nmae is not a member"}},
    {"operator",
     "PUT",
     "/v1/banks/x",
     JSON_TYPE,
     "{\"name\":\"X\",\"regions\":[]}",
     {422, "invalid-member", "status is missing"}},
    {"operator",
     "PUT",
     "/v1/banks/x",
     JSON_TYPE,
     "{\"name\":7,\"status\":\"active\",\"regions\":[]}",
     {422, "invalid-member", "name must be a string of 1 to 128 bytes"}},
    {"operator",
     "PUT",
     "/v1/banks/x",
     JSON_TYPE,
     "{\"name\":\"X\",\"status\":\"closed\",\"regions\":[]}",
     {422, "invalid-member", "status must be active, suspended or leaving"}},
    {"operator",
     "PUT",
     "/v1/banks/x",
     JSON_TYPE,
     "{\"name\":\"X\",\"status\":\"active\",\"regions\":[310000]}",
     {422, "invalid-member", "regions"}},
    {"operator",
     "PUT",
     "/v1/banks/X%20Y",
     JSON_TYPE,
     "{\"name\":\"X\",\"status\":\"active\",\"regions\":[]}",
     {422, "invalid-member", "bank must be 1 to 64 lower-case"}},
    {"operator",
     "PUT",
     "/v1/banks/aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg",
     JSON_TYPE,
     "{\"name\":\"X\",\"status\":\"active\",\"regions\":[]}",
     {422, "invalid-member", "bank must be 1 to 64 lower-case"}},
    {"operator",
     "PUT",
     "/v1/banks/x",
     "Content-Type: text/plain",
     "{}",
     {415, "unsupported-media-type", "content type"}},
    {"operator",
     "PUT",
     "/v1/banks/bank-a",
     "If-Match: one",
     "{\"name\":\"X\",\"status\":\"active\",\"regions\":[]}",
     {422, "invalid-member", "If-Match"}},
    {"operator",
     "PUT",
     "/v1/banks/bank-a",
     "If-Match: \"99\"",
     "{\"name\":\"X\",\"status\":\"active\",\"regions\":[]}",
     {412, "stale", "the bank"}},

    {"operator",
     "PUT",
     "/v1/banks/x",
     JSON_TYPE,
     "{\"name\":\"X\",\"status\":\"active\",\"regions\":[\"31000\"]}",
     {422, "invalid-member", "six digits"}},

    /* orders */
    {"operator",
     "POST",
     "/v1/cards/CARD/operations",
     JSON_TYPE,
     "{\"kind\":\"switch\",\"product\":\"bank-a/debit\"}",
     {422, "invalid-member", "kind must be bind"}},
    {"operator",
     "POST",
     "/v1/cards/CARD/operations",
     JSON_TYPE,
     "{\"kind\":\"load\"}",
     {422, "invalid-member", "product is missing"}},
    {"operator",
     "POST",
     "/v1/cards/CARD/operations",
     JSON_TYPE,
     "{\"kind\":\"audit\",\"product\":\"bank-a/debit\"}",
     {422, "invalid-member", "product is not a member of this kind"}},
    {"operator",
     "POST",
     "/v1/cards/CARD/operations",
     JSON_TYPE,
     "{\"kind\":\"load\",\"product\":\"bank-a/debit\",\"form\":\"half\"}",
     {422, "invalid-member", "form must be package or instance"}},
    {"operator",
     "POST",
     "/v1/cards/CARD/operations",
     JSON_TYPE,
     "{\"kind\":\"audit\",\"form\":\"package\"}",
     {422, "invalid-member", "form belongs to kind load"}},
    {"operator",
     "POST",
     "/v1/cards/CARD/operations",
     JSON_TYPE,
     "{\"kind\":\"audit\",\"priority\":10}",
     {422, "invalid-member", "priority must be a whole number from 0 to 9"}},
    {"operator",
     "POST",
     "/v1/cards/CARD/operations",
     JSON_TYPE,
     "{\"kind\":\"audit\",\"deadline\":\"tomorrow\"}",
     {422, "invalid-member", "deadline must be a moment"}},
    {"operator",
     "POST",
     "/v1/cards/CARD/operations",
     JSON_TYPE,
     "{\"kind\":\"audit\",\"deadline\":\"2001-01-01T00:00:00Z\"}",
     {422, "deadline-passed", "future"}},
    {"operator",
     "POST",
     "/v1/cards/CARD/operations",
     JSON_TYPE,
     "{\"kind\":\"suspend\"}",
     {409, "nothing-bound", "card"}},
    {"operator",
     "POST",
     "/v1/cards/CARD/operations",
     JSON_TYPE,
     "{\"kind\":\"purge\",\"product\":\"bank-a/debit\"}",
     {409, "not-resident", "card"}},
    {"bank-a",
     "POST",
     "/v1/cards/CARD/operations",
     JSON_TYPE,
     "{\"kind\":\"purge\"}",
     {403, "not-for-banks", "bank"}},
    {"bank-a",
     "POST",
     "/v1/cards/CARD/operations",
     JSON_TYPE,
     "{\"kind\":\"suspend\"}",
     {404, "card-unknown", "card"}},
    {"operator", "POST", "/v1/operations/none/cancel", NULL, NULL, {404, "not-found", "operation"}},
    {"operator",
     "GET",
     "/v1/cards/CARD/eligibility",
     NULL,
     NULL,
     {422, "invalid-member", "product must have the form"}},
    {"operator",
     "GET",
     "/v1/cards/CARD/eligibility?product=bank-a/none",
     NULL,
     NULL,
     {422, "product-unknown", "product"}},
    {"bank-b",
     "GET",
     "/v1/cards/CARD/eligibility?product=bank-a/debit",
     NULL,
     NULL,
     {404, "not-found", "bank"}},

    /* security domains */
    {"operator",
     "PUT",
     "/v1/banks/bank-a/security-domain",
     JSON_TYPE,
     "{\"aid\":\"A000\",\"key_sets\":{\"scp03-i70-aes128\":\"isd-2021\"}}",
     {422, "invalid-member", "aid"}},
    {"operator",
     "PUT",
     "/v1/banks/bank-a/security-domain",
     JSON_TYPE,
     "{\"aid\":\"A00000033341\",\"key_sets\":{}}",
     {422, "invalid-member", "key_sets must name"}},
    {"operator",
     "PUT",
     "/v1/banks/bank-a/security-domain",
     JSON_TYPE,
     "{\"aid\":\"A00000033341\",\"management\":\"full\",\"key_sets\":{\"scp03-i70-aes128\":"
     "\"isd-2021\"}}",
     {422, "invalid-member", "management must be simple or authorized"}},
    {"operator",
     "PUT",
     "/v1/banks/bank-a/security-domain",
     JSON_TYPE,
     "{\"aid\":\"A00000033341\",\"key_sets\":{\"scp04\":\"isd-2021\"}}",
     {422, "invalid-member", "key_sets.scp04 is no card profile"}},
    {"operator",
     "PUT",
     "/v1/banks/bank-a/security-domain",
     JSON_TYPE,
     "{\"aid\":\"A00000033341\",\"key_sets\":{\"scp03-i70-aes128\":\"isd-1999\"}}",
     {422, "invalid-member", "key_sets.scp03-i70-aes128 must be the label"}},
    {"operator",
     "PUT",
     "/v1/banks/bank-x/security-domain",
     JSON_TYPE,
     "{\"aid\":\"A00000033341\",\"key_sets\":{\"scp03-i70-aes128\":\"isd-2021\"}}",
     {404, "not-found", "the bank"}},

    /* packages */
    {"bank-a", "PUT", PACKAGES PACKAGE, CAP_TYPE, "no archive", {422, "cap-invalid", "archive"}},
    {"bank-a",
     "PUT",
     PACKAGES PACKAGE,
     JSON_TYPE,
     "{}",
     {415, "unsupported-media-type", "content type"}},
    {"bank-a", "PUT", PACKAGES "A0000", CAP_TYPE, "x", {422, "invalid-member", "aid must be"}},

    /* products */
    {"bank-a",
     "PUT",
     "/v1/banks/bank-a/products/p",
     JSON_TYPE,
     PRODUCT("payment", "A00G000333", NO_DGIS),
     {422, "invalid-member", "package must be an AID"}},
    {"bank-a",
     "PUT",
     "/v1/banks/bank-a/products/p",
     JSON_TYPE,
     PRODUCT("payment", PACKAGE, "\"privileges\":\"0000\"," NO_DGIS),
     {422, "invalid-member", "privileges must be one or three bytes"}},
    {"bank-a",
     "PUT",
     "/v1/banks/bank-a/products/p",
     JSON_TYPE,
     PRODUCT("payment", PACKAGE, "\"priority\":16," NO_DGIS),
     {422, "invalid-member", "priority must be a whole number from 1 to 15"}},
    {"bank-a",
     "PUT",
     "/v1/banks/bank-a/products/p",
     JSON_TYPE,
     PRODUCT("payment", PACKAGE, "\"personalisation\":[{\"dgi\":\"0101\",\"value\":\"5A 70(\"}]"),
     {422, "invalid-member", "personalisation[0]"}},
    {"bank-a",
     "PUT",
     "/v1/banks/bank-a/products/p",
     JSON_TYPE,
     PRODUCT("payment", PACKAGE, "\"personalisation\":[{\"dgi\":\"0101\",\"value\":\"5A ZZ\"}]"),
     {422, "invalid-member", "character 4"}},
    {"bank-a",
     "PUT",
     "/v1/banks/bank-a/products/p",
     JSON_TYPE,
     PRODUCT("payment", PACKAGE, "\"personalisation\":[{\"dgi\":\"01\",\"value\":\"5A\"}]"),
     {422, "invalid-member", "personalisation[0].dgi must be 2 bytes"}},
    {"bank-a",
     "PUT",
     "/v1/banks/bank-a/products/P",
     JSON_TYPE,
     PRODUCT("payment", PACKAGE, NO_DGIS),
     {422, "invalid-member", "product must be 1 to 64 lower-case"}},
    {"bank-a",
     "POST",
     "/v1/banks/bank-a/products/none/publish",
     NULL,
     NULL,
     {404, "not-found", "the draft"}},
    {"bank-a",
     "POST",
     "/v1/banks/bank-a/products/no-package/publish",
     NULL,
     NULL,
     {422, "package-missing", "A000000333F999"}},
    {"bank-a",
     "POST",
     "/v1/banks/bank-a/products/no-module/publish",
     NULL,
     NULL,
     {422, "module-missing", "A000000333F00102"}},
    {"bank-a",
     "POST",
     "/v1/banks/bank-a/products/same-instance/publish",
     NULL,
     NULL,
     {409, "instance-aid-taken", "unique"}},

    /* records */
    {"bank-a",
     "POST",
     "/v1/banks/bank-a/personalisations",
     JSON_TYPE,
     "{\"product\":\"debit\",\"card\":\"x\",\"record\":\"*\"}",
     {422, "invalid-member", "record must be base64"}},
    {"bank-a",
     "POST",
     "/v1/banks/bank-a/personalisations",
     JSON_TYPE,
     "{\"product\":\"debit\",\"card\":\"x\",\"record\":\"AAAA\"}",
     {404, "not-found", "the card"}},

    /* policies */
    {"author",
     "POST",
     "/v1/policies",
     YAML_TYPE,
     "version: 1\nname: x\nrulse: []\n",
     {422, "policy-invalid", "line 3, column 1"}},
    {"author", "POST", "/v1/policies", YAML_TYPE, "a: [", {422, "policy-invalid", "column"}},
    {"author",
     "POST",
     "/v1/policies",
     YAML_TYPE,
     "# nothing\n",
     {422, "policy-invalid", "\"detail\":\"the document is empty\"}"}},
    {"author-again",
     "POST",
     "/v1/policies/2/activate",
     NULL,
     NULL,
     {409, "same-person", "the author of a policy"}},
    {"approver", "POST", "/v1/policies/99/activate", NULL, NULL, {404, "not-found", "policy"}},
    {"approver", "POST", "/v1/policies/x/activate", NULL, NULL, {404, "not-found", "policy"}},

    /* principals */
    {"officer",
     "POST",
     "/v1/principals",
     JSON_TYPE,
     "{\"name\":\"n\",\"kind\":\"king\",\"certificate\":\"c\"}",
     {422, "invalid-member", "kind must be"}},
    {"officer",
     "POST",
     "/v1/principals",
     JSON_TYPE,
     "{\"name\":\"n\",\"kind\":\"operator\",\"person\":\"p\",\"certificate\":\"c\"}",
     {422, "invalid-member", "certificate must be one certificate in PEM"}},
    {"officer", "DELETE", "/v1/principals/none", NULL, NULL, {404, "not-found", "principal"}},

    /* bindings */
    {"operator",
     "PUT",
     "/v1/cards/CARD/binding",
     JSON_TYPE,
     "{\"product\":\"debit\"}",
     {422, "invalid-member", "BANK/PRODUCT"}},
    {"operator",
     "PUT",
     "/v1/cards/CARD/binding",
     JSON_TYPE,
     "{\"product\":\"bank-a/none\"}",
     {422, "product-unknown", "product"}},
    {"operator",
     "PUT",
     "/v1/cards/none/binding",
     JSON_TYPE,
     "{\"product\":\"bank-a/debit\"}",
     {404, "card-unknown", "card"}},
    {"operator",
     "PUT",
     "/v1/cards/CARD/binding",
     JSON_TYPE,
     "{\"product\":\"bank-a/second\"}",
     {409, "personalisation-missing", "personalisation record"}},
    {"operator",
     "DELETE",
     "/v1/cards/CARD/binding",
     NULL,
     NULL,
     {409, "nothing-bound", "carries no product"}},
    {"operator",
     "POST",
     "/v1/cards/CARD/release",
     NULL,
     NULL,
     {409, "not-quarantined", "quarantine"}},
    {"operator",
     "POST",
     "/v1/cards/lookup",
     JSON_TYPE,
     "{\"iin\":\"\",\"cin\":\"01\"}",
     {422, "invalid-member", "iin must be 1 to 8 bytes"}},
    {"operator",
     "POST",
     "/v1/cards/lookup",
     JSON_TYPE,
     "{\"iin\":\"01\",\"cin\":\"01\"}",
     {404, "not-found", "the card"}},

    /* lists and operations */
    {"operator", "GET", "/v1/banks?limit=0", NULL, NULL, {422, "invalid-member", "limit"}},
    {"operator", "GET", "/v1/banks?limit=501", NULL, NULL, {422, "invalid-member", "1 to 500"}},
    {"operator", "GET", "/v1/banks?limit=ten", NULL, NULL, {422, "invalid-member", "limit"}},
    {"operator", "GET", "/v1/banks?limit=1x", NULL, NULL, {422, "invalid-member", "limit"}},
    {"operator", "GET", "/v1/banks?cursor=a/b", NULL, NULL, {422, "invalid-member", "cursor"}},
    {"auditor", "GET", "/v1/audit?cursor=first", NULL, NULL, {422, "invalid-member", "cursor"}},
    {"auditor", "GET", "/v1/policies?cursor=-1", NULL, NULL, {422, "invalid-member", "cursor"}},
    {"operator", "GET", "/v1/operations?state=odd", NULL, NULL, {422, "invalid-member", "state"}},
    {"operator", "GET", "/v1/operations/none", NULL, NULL, {404, "not-found", "the operation"}},
    {"operator",
     "GET",
     "/v1/operations/none/events",
     NULL,
     NULL,
     {404, "not-found", "the operation"}},

    /* agents */
    {"agent", "POST", "/admin-agent", NULL, NULL, {422, "invalid-member", "X-Admin-SE-List"}},
    {"agent",
     "POST",
     "/admin-agent",
     "X-Admin-SE-List: //se-id/XYZ/01",
     NULL,
     {422, "invalid-member", "//se-id/CUD/<hex>"}},
    {"agent",
     "POST",
     "/admin-agent",
     "X-Admin-SE-List: //se-id/CUD/0",
     NULL,
     {422, "invalid-member", "X-Admin-SE-List"}},
    {"agent",
     "GET",
     "/v1/work",
     "X-Admin-SE-List: 4231",
     NULL,
     {422, "invalid-member", "X-Admin-SE-List"}},
    {"agent",
     "POST",
     "/admin-agent/none",
     RESULT_TYPE,
     "x",
     {422, "invalid-member", "X-Admin-Script-Status is missing"}},
    {"agent",
     "POST",
     "/admin-agent/none",
     "X-Admin-Script-Status: ok",
     NULL,
     {404, "exchange-unknown", "exchange"}},
};

static void a_bad_request_is_named_and_changes_nothing(void **state)
{
    struct place *place = *state;
    for (size_t i = 0; i < sizeof bad_requests / sizeof bad_requests[0]; i++) {
        const struct bad_request *bad = &bad_requests[i];
        const char *card = strstr(bad->path, "CARD");
        char path[128];
        struct ask ask = {.method = bad->method,
                          .path = bad->path,
                          .client = bad->client,
                          .headers = {bad->header},
                          .body = bad->body};
        if (bad->body != NULL && strncmp(bad->header, "Content-Type", 12) != 0)
            ask.headers[1] = JSON_TYPE;
        if (card != NULL) {
            snprintf(path, sizeof path, "%.*s%s%s", (int)(card - bad->path), bad->path, place->card,
                     card + 4);
            ask.path = path;
        }
        assert_refused(place, &ask, &bad->expected);
    }
}

/* ---- keys of repeated requests ------------------------------------------------------------ */

static void an_idempotency_key_serves_one_request(void **state)
{
    struct place *place = *state;
    char path[128];
    char key[256] = "Idempotency-Key: ";
    snprintf(path, sizeof path, "/v1/cards/%s/binding", place->card);
    struct ask ask = {.method = "PUT",
                      .path = path,
                      .client = "operator",
                      .headers = {JSON_TYPE, "Idempotency-Key: k-1"},
                      .body = "{\"product\":\"bank-a/debit\"}"};
    struct reply first;
    struct reply second;
    client_ask(&place->http, &ask, &first);
    assert_int_equal(first.status, 202);
    uint64_t before = place_state(place);
    client_ask(&place->http, &ask, &second);
    assert_int_equal(second.status, 202);
    assert_string_equal(first.body, second.body);
    assert_true(before == place_state(place));
    reply_free(&first);
    reply_free(&second);
    ask.body = "{\"product\":\"bank-a/second\"}";
    assert_refused(place, &ask, &(struct refusal){422, "idempotency-key-reused", "another"});
    ask.headers[1] = "Idempotency-Key: k-2";
    ask.method = "DELETE";
    ask.body = NULL;
    assert_refused(place, &ask, &(struct refusal){409, "operation-open", "operation"});
    memset(key + strlen(key), 'k', 129);
    ask.headers[1] = key;
    assert_refused(place, &ask, &(struct refusal){422, "invalid-member", "Idempotency-Key"});
}

/* ---- the place ---------------------------------------------------------------------------- */

static void put_draft(struct place *place, const char *id, const char *package, const char *module,
                      const char *instance)
{
    char request[96];
    char body[512];
    snprintf(request, sizeof request, "PUT /v1/banks/bank-a/products/%s", id);
    snprintf(body, sizeof body,
             "{\"role\":\"payment\",\"package\":\"%s\",\"module\":\"%s\",\"instance\":\"%s\","
             "\"parameters\":\"C900\",\"label\":\"x\",\"personalisation\":[{\"dgi\":\"0101\","
             "\"value\":\"5A\"}]}",
             package, module, instance);
    place_do(place, "bank-a", request, body, 200);
}

static void propose_policy(struct place *place)
{
    struct reply reply;
    client_ask(&place->http,
               &(struct ask){.path = "/v1/policies",
                             .client = "author",
                             .headers = {YAML_TYPE},
                             .body = "version: 1\nname: second\nrules:\n  - id: all\n"
                                     "    effect: allow\n    when: always\n    reason: All.\n"},
               &reply);
    if (reply.status != 201)
        fail_msg("%s", reply.body);
    reply_free(&reply);
}

static int make(void **state)
{
    int status = place_make(state);
    struct place *place = *state;
    place_fill(place);
    put_draft(place, "no-package", "A000000333F999", MODULE, "A00000033301010142");
    put_draft(place, "no-module", PACKAGE, "A000000333F00102", "A00000033301010142");
    put_draft(place, "same-instance", PACKAGE, MODULE, INSTANCE);
    put_draft(place, "second", PACKAGE, MODULE, "A00000033301010143");
    place_do(place, "bank-a", "POST /v1/banks/bank-a/products/second/publish", NULL, 200);
    propose_policy(place);
    return status;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_request_is_named_and_changes_nothing),
        cmocka_unit_test(an_idempotency_key_serves_one_request),
    };
    return cmocka_run_group_tests(tests, make, place_remove);
}
