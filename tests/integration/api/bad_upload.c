/* Uploads that cannot be used: archives, cards, records, certificates. Each gets its own answer and
 * changes nothing. */
#include "ota-server/api/limits.h"
#include "tests/integration/api/place.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON_TYPE "Content-Type: application/json"
#define CAP_TYPE "Content-Type: application/java-archive"
#define PACKAGES "/v1/banks/bank-a/packages/"

static void a_cap_cut_anywhere_is_refused(void **state)
{
    struct place *place = *state;
    size_t len;
    uint8_t *cap = place_cap(&len);
    for (size_t cut = 1; cut < len; cut += len / 7) {
        assert_refused(place,
                       &(struct ask){.method = "PUT",
                                     .path = PACKAGES PACKAGE,
                                     .client = "bank-a",
                                     .headers = {CAP_TYPE},
                                     .body = (const char *)cap,
                                     .body_len = cut},
                       &(struct refusal){422, "cap-invalid", "archive"});
    }
    free(cap);
}

static void a_cap_of_another_package_is_refused(void **state)
{
    struct place *place = *state;
    size_t len;
    uint8_t *cap = place_cap(&len);
    assert_refused(place,
                   &(struct ask){.method = "PUT",
                                 .path = PACKAGES "A000000333F0FF",
                                 .client = "bank-a",
                                 .headers = {CAP_TYPE},
                                 .body = (const char *)cap,
                                 .body_len = len},
                   &(struct refusal){422, "package-aid-mismatch",
                                     "names package " PACKAGE
                                     ", the request names A000000333F0FF"});
    free(cap);
}

static void a_body_over_its_limit_is_refused(void **state)
{
    static const struct {
        const char *client;
        const char *path;
        const char *type;
        size_t limit;
    } rows[] = {
        {"operator", "/v1/banks/x", JSON_TYPE, API_BODY_MAX},
        {"bank-a", PACKAGES PACKAGE, CAP_TYPE, API_CAP_MAX},
    };
    struct place *place = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *body = calloc(1, rows[i].limit + 1);
        assert_non_null(body);
        memset(body, ' ', rows[i].limit + 1);
        assert_refused(place,
                       &(struct ask){.method = "PUT",
                                     .path = rows[i].path,
                                     .client = rows[i].client,
                                     .headers = {rows[i].type},
                                     .body = body,
                                     .body_len = rows[i].limit + 1},
                       &(struct refusal){413, "body-too-large", "longer"});
        free(body);
    }
}

/* An import with one value replaced. */
static void assert_import_refused(struct place *place, const char *contents, const char *from,
                                  const char *to, const struct refusal *expected)
{
    char body[1024];
    char *import = place_import("9156000000000099", contents);
    const char *at = strstr(import, from);
    assert_non_null(at);
    snprintf(body, sizeof body, "%.*s%s%s", (int)(at - import), import, to, at + strlen(from));
    assert_refused(place,
                   &(struct ask){.method = "POST",
                                 .path = "/v1/cards",
                                 .client = "operator",
                                 .headers = {JSON_TYPE},
                                 .body = body},
                   expected);
    free(import);
}

static void a_bad_import_is_named_and_changes_nothing(void **state)
{
    static const char empty[] = "{\"load_files\":[],\"applications\":[]}";
    static const char twice[] = "{\"load_files\":[{\"aid\":\"A000000333F001\"}],"
                                "\"applications\":[{\"aid\":\"A000000333F001\",\"state\":7}]}";
    static const char odd[] = "{\"load_files\":[],\"applications\":[{\"aid\":\"A000000333\","
                              "\"state\":7,\"privileges\":\"0000\"}],\"active\":\"bank-a/none\"}";
    static const struct {
        const char *contents;
        const char *from;
        const char *to;
        struct refusal expected;
    } rows[] = {
        {empty, "scp03-i70-aes128", "scp99", {422, "invalid-member", "profile names no card"}},
        {empty, "isd-2021", "isd-1999", {422, "invalid-member", "keys.key_set names no key set"}},
        {empty,
         "00010203040506070809",
         "0001020304050607",
         {422, "invalid-member", "keys.diversification_data must be 10 bytes"}},
        {empty,
         "00010203040506070809",
         "0001020304050607080910",
         {422, "invalid-member", "keys.diversification_data must be 10 bytes"}},
        {empty, "\"kvn\":48", "\"kvn\":0", {422, "invalid-member", "keys.kvn must be"}},
        {empty, "\"counter\":7", "\"counter\":7.5", {422, "invalid-member", "keys.counter"}},
        {empty, "\"kvn\"", "\"kvm\"", {422, "invalid-member", "keys.kvm is not a member"}},
        {empty, IIN, "", {422, "invalid-member", "iin must be 1 to 8 bytes"}},
        {empty, "9156000000000099", "", {422, "invalid-member", "cin must be 1 to 24 bytes"}},
        {twice, "{", "{", {422, "invalid-member", "contents.applications[0] has an AID"}},
        {odd, "{", "{", {422, "invalid-member", "contents.applications[0].privileges must be"}},
        {odd, "\"0000\"", "\"00\"", {422, "invalid-member", "contents.active names no"}},
        {empty, "9156000000000099", CIN, {409, "card-known", "has been imported"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_import_refused(*state, rows[i].contents, rows[i].from, rows[i].to,
                              &rows[i].expected);
}

static void assert_record_refused(struct place *place, const char *card, const char *objects,
                                  const struct refusal *expected)
{
    char body[2048];
    char named[128];
    snprintf(named, sizeof named, "\"card\":\"%s\"", card);
    place_record(place, card, objects, body);
    char *at = strstr(body, named);
    assert_non_null(at);
    memcpy(at + strlen("\"card\":\""), place->card, strlen(place->card));
    assert_refused(place,
                   &(struct ask){.method = "POST",
                                 .path = "/v1/banks/bank-a/personalisations",
                                 .client = "bank-a",
                                 .headers = {JSON_TYPE},
                                 .body = body},
                   expected);
}

static void a_record_that_cannot_be_used_is_refused_at_upload(void **state)
{
    struct place *place = *state;
    char other[STORE_ID_SIZE];
    snprintf(other, sizeof other, "%s", place->card);
    other[0] = other[0] == '0' ? '1' : '0';
    assert_record_refused(
        place, place->card, "5A08" PAN,
        &(struct refusal){422, "record-incomplete", "object DF01, which DGI 8000"});
    assert_record_refused(place, place->card, "DF0110" APPLICATION_KEY,
                          &(struct refusal){422, "record-incomplete", "object 5A, which DGI 0101"});
    assert_record_refused(place, place->card, "5A09" PAN,
                          &(struct refusal){422, "record-malformed", "data objects"});
    assert_record_refused(place, other, RECORD_FULL,
                          &(struct refusal){422, "record-unreadable", "another key"});
}

static void a_certificate_is_registered_once(void **state)
{
    struct place *place = *state;
    char path[128];
    char pem[4096] = "";
    fixture_path(&place->http, "agent.pem", path);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t len = fread(pem, 1, sizeof pem - 1, file);
    fclose(file);
    assert_true(len > 0);
    json_t *json = json_pack("{s:s, s:s, s:s, s:s}", "name", "again", "kind", "agent", "tenant",
                             "310000", "certificate", pem);
    char *body = json_dumps(json, JSON_COMPACT);
    assert_refused(place,
                   &(struct ask){.method = "POST",
                                 .path = "/v1/principals",
                                 .client = "officer",
                                 .headers = {JSON_TYPE},
                                 .body = body},
                   &(struct refusal){409, "conflict", "the certificate"});
    free(body);
    json_decref(json);
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
        cmocka_unit_test(a_cap_cut_anywhere_is_refused),
        cmocka_unit_test(a_cap_of_another_package_is_refused),
        cmocka_unit_test(a_body_over_its_limit_is_refused),
        cmocka_unit_test(a_bad_import_is_named_and_changes_nothing),
        cmocka_unit_test(a_record_that_cannot_be_used_is_refused_at_upload),
        cmocka_unit_test(a_certificate_is_registered_once),
    };
    return cmocka_run_group_tests(tests, make, place_remove);
}
