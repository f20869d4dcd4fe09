/* The soft-card reader, the agent's core and the terminal at a real soft card. */
#include "agent/card/issue.h"
#include "agent/reader/reader.h"
#include "agent/relay/cards.h"
#include "agent/relay/exchange.h"
#include "agent/terminal/terminal.h"
#include "scp/host/file.h"
#include "tests/support/test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HERE REBIND_SOURCE_DIR "/tests/integration/agent/"
#define SE "//se-id/CUD/423100009156000000000001"

static const struct scp_key ac_key = {.len = 16,
                                      .bytes = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF,
                                                0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10}};

/* A directory with one card in it. */
struct place {
    char directory[64];
    char card[80];
    struct rebind_env env;
    struct agent_reader *reader;
};

static struct document *load(const char *path)
{
    struct document *doc = NULL;
    struct document_problem problem = {0};
    assert_int_equal(doc_new_from_file(path, &doc, &problem), DOC_OK);
    return doc;
}

static void issue_card(const char *path)
{
    struct document *profile = load(HERE "profile.yaml");
    struct document *issuance = load(HERE "issuance.yaml");
    struct document *keys = load(HERE "keys.yaml");
    struct document_problem problem = {0};
    struct rebind_blob image = {0};
    if (!softcard_issue(profile, issuance, keys, &image, &problem))
        fail_msg("%s:%u: %s", problem.file, problem.line, problem.text);
    assert_int_equal(rebind_file_write(path, rebind_blob_bytes(&image), 0600, NULL), SCP_OK);
    rebind_blob_free(&image);
    doc_free(profile);
    doc_free(issuance);
    doc_free(keys);
}

static int setup(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    (void)snprintf(place->directory, sizeof place->directory, "/tmp/rebind-soft-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    (void)snprintf(place->card, sizeof place->card, "%s/1.card", place->directory);
    issue_card(place->card);
    place->env = rebind_env_system();
    assert_int_equal(agent_reader_soft_new(place->directory, &place->env, &place->reader),
                     AGENT_OK);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    agent_reader_free(place->reader);
    DIR *dir = opendir(place->directory);
    for (const struct dirent *f = readdir(dir); f != NULL; f = readdir(dir)) {
        char path[512];
        (void)snprintf(path, sizeof path, "%s/%s", place->directory, f->d_name);
        (void)unlink(path);
    }
    (void)closedir(dir);
    int result = rmdir(place->directory);
    free(place);
    return result;
}

static struct agent_contact *connect_card(const struct place *place)
{
    struct agent_contact *contact = NULL;
    assert_int_equal(agent_reader_connect(place->reader, "1.card", &contact), AGENT_OK);
    assert_non_null(contact);
    return contact;
}

/* ---- the reader ---------------------------------------------------------------------------- */

static void every_image_file_is_a_card_in_reach(void **state)
{
    const struct place *place = *state;
    struct agent_places places = {0};
    char other[96];
    (void)snprintf(other, sizeof other, "%s/notes.txt", place->directory);
    assert_int_equal(rebind_file_write(other, SCP_LITERAL('x'), 0600, NULL), SCP_OK);
    assert_int_equal(agent_reader_poll(place->reader, &places), AGENT_OK);
    assert_int_equal(places.count, 1);
    assert_string_equal(places.items[0].name, "1.card");
    agent_places_fini(&places);
}

static void a_card_in_contact_is_busy_for_others_and_free_afterwards(void **state)
{
    const struct place *place = *state;
    struct agent_contact *contact = connect_card(place);
    struct agent_contact *second = NULL;
    assert_int_equal(contact->atr_len, 5);
    assert_int_equal(contact->atr[0], 0x3B);
    assert_int_equal(agent_reader_connect(place->reader, "1.card", &second), AGENT_BUSY);
    assert_null(second);
    agent_contact_close(contact);
    agent_contact_close(connect_card(place));
}

static void a_place_outside_the_directory_is_no_card(void **state)
{
    const struct place *place = *state;
    struct agent_contact *contact = NULL;
    const char *const names[] = {"2.card", "../1.card", ".card", "1.card/", ""};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(agent_reader_connect(place->reader, names[i], &contact), AGENT_NO_CARD);
}

static void a_broken_image_is_told_from_a_failed_reader(void **state)
{
    const struct place *place = *state;
    struct agent_contact *contact = NULL;
    assert_int_equal(rebind_file_write(place->card, SCP_LITERAL(1, 2, 3), 0600, NULL), SCP_OK);
    assert_int_equal(agent_reader_connect(place->reader, "1.card", &contact), AGENT_NO_IMAGE);
}

/* ---- the agent ----------------------------------------------------------------------------- */

static void the_table_of_cards_follows_the_directory(void **state)
{
    const struct place *place = *state;
    struct agent_cards cards;
    agent_cards_init(&cards, &place->env, NULL);
    cards.readers[cards.reader_count++] = place->reader;
    assert_int_equal(agent_cards_scan(&cards), AGENT_OK);
    char *list = agent_cards_list(&cards);
    assert_string_equal(list, SE);
    free(list);
    assert_null(agent_cards_next(&cards));
    assert_false(agent_cards_work(&cards, "//se-id/CUD/00"));
    assert_true(agent_cards_work(&cards, SE));
    assert_non_null(agent_cards_next(&cards));
    assert_int_equal(unlink(place->card), 0);
    assert_int_equal(agent_cards_scan(&cards), AGENT_OK);
    assert_null(agent_cards_next(&cards));
    agent_cards_fini(&cards);
}

struct server {
    size_t posts;
    uint8_t body[2048];
    size_t body_len;
};

/* Two GET DATA for the issuer security domain, then nothing. */
static enum agent_error on_post(void *ctx, const struct agent_request *request,
                                struct agent_reply *reply)
{
    static const uint8_t script[] = {0xAA, 0x0E, 0x22, 0x05, 0x80, 0xCA, 0x00, 0x42,
                                     0x00, 0x22, 0x05, 0x80, 0xCA, 0x00, 0x45, 0x00};
    struct server *server = ctx;
    *reply = (struct agent_reply){0};
    if (server->posts++ > 0) {
        assert_true(request->body.len <= sizeof server->body);
        memcpy(server->body, request->body.ptr, request->body.len);
        server->body_len = request->body.len;
        return AGENT_OK;
    }
    reply->has_script = true;
    reply->script = malloc(sizeof script);
    assert_non_null(reply->script);
    memcpy(reply->script, script, sizeof script);
    reply->script_len = sizeof script;
    (void)snprintf(reply->next_uri, sizeof reply->next_uri, "/admin-agent/1");
    (void)snprintf(reply->target, sizeof reply->target, "//aid/A000000151/000000");
    return AGENT_OK;
}

static enum agent_error on_connect(void *ctx, struct agent_contact **contact)
{
    const struct place *place = ctx;
    return agent_reader_connect(place->reader, "1.card", contact);
}

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

static bool no_pause(void *ctx, uint32_t attempt)
{
    (void)ctx;
    (void)attempt;
    return false;
}

static void a_script_runs_on_the_card(void **state)
{
    struct place *place = *state;
    struct server server = {0};
    const struct agent_exchange exchange = {
        .se = SE,
        .journal_directory = place->directory,
        .place = "1.card",
        .transport = {.ctx = &server, .post = on_post},
        .access = {.ctx = place, .connect = on_connect},
        .wait = {.pause = no_pause, .stopping = never},
    };
    assert_int_equal(agent_exchange_run(&exchange), AGENT_OK);
    assert_int_equal(server.posts, 2);
    struct scp_response_reader r;
    struct scp_bytes response;
    assert_int_equal(scp_responses_open(&r, scp_bytes_of(server.body, server.body_len)), SCP_OK);
    assert_int_equal(r.executed, 2);
    assert_int_equal(scp_responses_next(&r, &response), SCP_OK);
    assert_true(
        scp_bytes_equal(response, SCP_LITERAL(0x42, 4, 0x42, 0x31, 0x00, 0x00, 0x90, 0x00)));
}

/* ---- the terminal -------------------------------------------------------------------------- */

static void the_card_pays_and_its_counter_goes_on(void **state)
{
    const struct place *place = *state;
    for (int atc = 1; atc <= 2; atc++) {
        struct agent_contact *contact = connect_card(place);
        struct rebind_problem problem = {.text = ""};
        struct terminal terminal = {
            .card = &contact->card, .env = &place->env, .problem = &problem};
        const struct terminal_payment payment = {.ac_key = &ac_key, .amount = 1234};
        json_t *findings = NULL;
        if (terminal_pay(&terminal, &payment, &findings) != TERMINAL_OK)
            fail_msg("%s", problem.text);
        assert_string_equal(json_string_value(json_object_get(findings, "label")), "Test Bank");
        assert_string_equal(json_string_value(json_object_get(findings, "pan")),
                            "622202******1234");
        assert_int_equal(json_integer_value(json_object_get(findings, "atc")), atc);
        json_decref(findings);
        agent_contact_close(contact);
    }
}

/* Over directory, file, number, length and data of the six records that the card was issued with,
 * computed apart from this program. */
static const char social_digest[] =
    "0157AACCA29229A9EB9B6EDAA635E5C1D767ED5006B2742902A4C7516C7977C1";

static void the_social_security_data_have_their_digest(void **state)
{
    const struct place *place = *state;
    struct agent_contact *contact = connect_card(place);
    struct rebind_problem problem = {.text = ""};
    struct terminal terminal = {.card = &contact->card, .env = &place->env, .problem = &problem};
    json_t *findings = NULL;
    if (terminal_social(&terminal, &findings) != TERMINAL_OK)
        fail_msg("%s", problem.text);
    assert_int_equal(json_array_size(json_object_get(findings, "files")), 3);
    assert_string_equal(json_string_value(json_object_get(findings, "sha256")), social_digest);
    json_decref(findings);
    agent_contact_close(contact);
}

static enum terminal_result inspect(const struct place *place, const struct terminal_keys *keys,
                                    json_t **findings)
{
    struct agent_contact *contact = connect_card(place);
    struct rebind_problem problem = {.text = ""};
    struct terminal terminal = {.card = &contact->card, .env = &place->env, .problem = &problem};
    const struct terminal_inspection inspection = {
        .keys = keys, .kvn = -1, .protocol = -1, .i = -1};
    enum terminal_result result = terminal_list(&terminal, &inspection, findings);
    agent_contact_close(contact);
    return result;
}

static struct terminal_keys issuer_keys(void)
{
    struct terminal_keys keys = {.scheme = SCP_DIVERSIFY_KDF3, .kvn = 48};
    keys.masters.enc.len = keys.masters.mac.len = keys.masters.dek.len = 16;
    for (uint8_t i = 0; i < 16; i++) {
        keys.masters.enc.bytes[i] = 0x40 + i;
        keys.masters.mac.bytes[i] = 0x50 + i;
        keys.masters.dek.bytes[i] = 0x60 + i;
    }
    return keys;
}

static void the_issuer_sees_all_that_is_on_the_card(void **state)
{
    const struct place *place = *state;
    struct terminal_keys keys = issuer_keys();
    json_t *findings = NULL;
    assert_int_equal(inspect(place, &keys, &findings), TERMINAL_OK);
    const json_t *domains = json_object_get(findings, "security_domains");
    assert_int_equal(json_array_size(domains), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(domains, 0), "aid")),
                        "A000000151000000");
    assert_string_equal(json_string_value(json_object_get(json_array_get(domains, 0), "state")),
                        "secured");
    assert_int_equal(json_array_size(json_object_get(findings, "instances")), 3);
    assert_true(json_array_size(json_object_get(findings, "load_files")) >= 3);
    assert_true(json_integer_value(
                    json_object_get(json_object_get(findings, "memory"), "non_volatile_free")) > 0);
    json_decref(findings);
}

/* A wrong key is found by the card's cryptogram; the card loses no try for it. */
static void a_wrong_key_never_costs_the_card_a_try(void **state)
{
    const struct place *place = *state;
    struct terminal_keys keys = issuer_keys();
    json_t *findings = NULL;
    keys.masters.mac.bytes[0] ^= 0x01;
    for (int i = 0; i < 20; i++)
        assert_int_equal(inspect(place, &keys, &findings), TERMINAL_UNVERIFIED);
    assert_null(findings);
    keys = issuer_keys();
    assert_int_equal(inspect(place, &keys, &findings), TERMINAL_OK);
    json_decref(findings);
}

#define AT_A_CARD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_A_CARD(every_image_file_is_a_card_in_reach),
        AT_A_CARD(a_card_in_contact_is_busy_for_others_and_free_afterwards),
        AT_A_CARD(a_place_outside_the_directory_is_no_card),
        AT_A_CARD(a_broken_image_is_told_from_a_failed_reader),
        AT_A_CARD(the_table_of_cards_follows_the_directory),
        AT_A_CARD(a_script_runs_on_the_card),
        AT_A_CARD(the_card_pays_and_its_counter_goes_on),
        AT_A_CARD(the_social_security_data_have_their_digest),
        AT_A_CARD(the_issuer_sees_all_that_is_on_the_card),
        AT_A_CARD(a_wrong_key_never_costs_the_card_a_try),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
