/* Other keys for a card's security domain, as an officer asks for them. */
#include "tests/integration/api/place.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

static json_t *rekey(struct place *place, const char *body, long status)
{
    char request[128];
    snprintf(request, sizeof request, "POST /v1/cards/%s/keys", place->card);
    return place_ask(place, "officer", request, body, status);
}

static void assert_refused_as(struct place *place, const char *body, long status, const char *code)
{
    uint64_t before = place_state(place);
    json_t *problem = rekey(place, body, status);
    const char *type = json_string_value(json_object_get(problem, "code"));
    if (type == NULL)
        type = json_string_value(json_object_get(problem, "type"));
    assert_non_null(type);
    assert_non_null(strstr(type, code));
    json_decref(problem);
    assert_true(place_state(place) == before);
}

static void what_cannot_end_well_is_refused_and_changes_nothing(void **state)
{
    struct place *place = *state;
    assert_refused_as(place, "{\"key_set\": \"isd-1999\", \"kvn\": 49}", 422, "key-set-unknown");
    assert_refused_as(place, "{\"key_set\": \"isd-2021\", \"kvn\": 49}", 409, "key-set-used");
    assert_refused_as(place, "{\"key_set\": \"isd-2027\", \"kvn\": 48}", 409, "key-version-taken");
    assert_refused_as(place, "{\"key_set\": \"isd-2027\", \"kvn\": 32}", 422, "key-version-unfit");
    assert_refused_as(place, "{\"key_set\": \"isd-2027\", \"kvn\": 49, \"bank\": \"bank-a\"}", 404,
                      "security-domain-unknown");
}

static void body_is_read_strictly(void **state)
{
    struct place *place = *state;
    uint64_t before = place_state(place);
    json_decref(rekey(place, "{\"kvn\": 49}", 422));
    json_decref(rekey(place, "{\"key_set\": \"isd-2027\"}", 422));
    json_decref(rekey(place, "{\"key_set\": \"isd-2027\", \"kvn\": 128}", 422));
    json_decref(rekey(place, "{\"key_set\": \"isd-2027\", \"kvn\": 0}", 422));
    json_decref(rekey(place, "{\"key_set\": \"isd-2027\", \"kvn\": 49, \"force\": true}", 422));
    assert_true(place_state(place) == before);
}

static void asking_again_gives_the_same_operation(void **state)
{
    struct place *place = *state;
    const char body[] = "{\"key_set\": \"isd-2027\", \"kvn\": 49}";
    json_t *first = rekey(place, body, 202);
    json_t *again = rekey(place, body, 202);
    assert_string_equal(json_string_value(json_object_get(first, "kind")), "rekey");
    assert_string_equal(json_string_value(json_object_get(first, "state")), "pending");
    assert_string_equal(json_string_value(json_object_get(first, "id")),
                        json_string_value(json_object_get(again, "id")));
    json_decref(first);
    json_decref(again);
    assert_refused_as(place, "{\"key_set\": \"isd-2027\", \"kvn\": 50}", 409, "operation-open");
}

static int make_and_fill(void **state)
{
    int status = place_make(state);
    struct place *place = *state;
    const struct scp_key_set masters = {
        .enc = {{0x27}, 16}, .mac = {{0x28}, 16}, .dek = {{0x29}, 16}};
    place_fill(place);
    if (vault_add_key_set(place->vault, "isd-2027", SCP_DIVERSIFY_KDF3, &masters) != SCP_OK)
        return -1;
    return status;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_end_well_is_refused_and_changes_nothing),
        cmocka_unit_test(body_is_read_strictly),
        cmocka_unit_test(asking_again_gives_the_same_operation),
    };
    return cmocka_run_group_tests(tests, make_and_fill, place_remove);
}
