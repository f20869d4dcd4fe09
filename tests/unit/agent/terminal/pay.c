/* A payment at a card that answers from a table, its cryptogram made under a known key. */
#include "agent/terminal/terminal.h"
#include "tests/support/test.h"

#include "scp/emv/scheme.h"
#include "scp/gp/apdu.h"

#include <string.h>

static const struct scp_key ac_key = {
    .len = 16, .bytes = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};

struct card {
    const char *ppse;       /* hex of the answer to SELECT PPSE */
    const char *pse;        /* to SELECT PSE; NULL: there is none */
    const char *pse_record; /* hex of record 1 of file 2 */
    const char *record;     /* hex of record 1 of file 1 */
    const char *iad;        /* hex of 9F10 */
    uint8_t flip;           /* changes the cryptogram */
    size_t cdol_len;
    uint16_t authentication_sw; /* to EXTERNAL AUTHENTICATE; 0: 6D00 */
    struct scp_emv_request request;
    unsigned cryptograms;
    uint8_t asked; /* P1 of the last GENERATE AC */
};

static const char good_ppse[] = "6F2C 840E325041592E5359532E4444463031 A51A BF0C17"
                                "6115 4F08A000000333010101 5006 42616E6B2042 870101 9000";
static const char good_record[] = "7024 5A086222020000001234 5F2403311231"
                                  "8C12 9F02069F1A0295055F2A029A039C019F3704 9000";

static void put_hex(struct scp_writer *w, const char *hex)
{
    assert_int_equal(scp_hex_decode(hex, w), SCP_OK);
}

static void generate(struct card *card, const struct scp_apdu *apdu, struct scp_writer *response)
{
    uint8_t data[300];
    uint8_t cryptogram[8];
    struct scp_key session;
    struct scp_writer w = scp_writer_on(data, sizeof data);
    card->cdol_len = apdu->data.len;
    scp_put(&w, apdu->data);
    scp_put_u16(&w, 0x7C00);
    scp_put_u16(&w, 0x0017);
    put_hex(&w, card->iad);
    assert_int_equal(scp_emv_session_key(&ac_key, 0x17, &session), SCP_OK);
    assert_int_equal(scp_emv_cryptogram(&session, scp_written(&w), cryptogram), SCP_OK);
    if (card->cryptograms++ == 0) {
        card->request =
            (struct scp_emv_request){.scheme = scp_emv_scheme_of(SCP_EMPTY), .atc = 0x0017};
        memcpy(card->request.cryptogram, cryptogram, sizeof cryptogram);
    }
    card->asked = apdu->p1;
    cryptogram[7] ^= card->flip;
    scp_put_u8(response, 0x80);
    scp_put_u8(response, (uint8_t)(11 + strlen(card->iad) / 2));
    scp_put_u8(response, card->asked);
    scp_put_u16(response, 0x0017);
    scp_put(response, SCP_BYTES(cryptogram));
    put_hex(response, card->iad);
    scp_put_u16(response, 0x9000);
}

static void authenticate(struct card *card, const struct scp_apdu *apdu,
                         struct scp_writer *response)
{
    assert_int_equal(scp_emv_authentication_check(&ac_key, &card->request, apdu->data), SCP_OK);
    scp_put_u16(response, card->authentication_sw);
}

static void answer_select(struct card *card, const struct scp_apdu *apdu,
                          struct scp_writer *response)
{
    if (apdu->data.ptr[0] == '2')
        put_hex(response, card->ppse);
    else if (apdu->data.ptr[0] == '1')
        put_hex(response, card->pse == NULL ? "6A82" : card->pse);
    else
        put_hex(response, "6F0C 8408A000000333010101 A500 9000");
}

static enum agent_error answer(void *ctx, struct scp_bytes command, struct scp_writer *response)
{
    struct card *card = ctx;
    struct scp_apdu apdu;
    assert_int_equal(scp_apdu_parse(command, &apdu), SCP_OK);
    if (apdu.ins == 0xA4)
        answer_select(card, &apdu, response);
    else if (apdu.ins == 0xA8)
        put_hex(response, "8006 7C00 08010100 9000");
    else if (apdu.ins == 0xB2 && apdu.p2 == 0x14)
        put_hex(response, apdu.p1 == 1 ? card->pse_record : "6A83");
    else if (apdu.ins == 0xB2)
        put_hex(response, card->record);
    else if (apdu.ins == 0x82 && card->authentication_sw != 0)
        authenticate(card, &apdu, response);
    else if (apdu.ins == 0xAE)
        generate(card, &apdu, response);
    else
        put_hex(response, "6D00");
    return AGENT_OK;
}

static enum terminal_result pay(struct card *card, const struct scp_key *key, json_t **findings)
{
    struct rebind_seeded seeded;
    struct rebind_env env = rebind_env_seeded(&seeded, 7, 1700000000000);
    struct rebind_problem problem = {.text = ""};
    struct agent_transceive link = {.ctx = card, .fn = answer};
    struct terminal terminal = {.card = &link, .env = &env, .problem = &problem};
    struct terminal_payment payment = {.ac_key = key, .amount = 100};
    enum terminal_result result = terminal_pay(&terminal, &payment, findings);
    assert_int_equal(result == TERMINAL_OK, problem.text[0] == '\0');
    rebind_seeded_fini(&seeded);
    return result;
}

static struct card good_card(void)
{
    return (struct card){.ppse = good_ppse, .record = good_record, .iad = "07010103"};
}

static void the_bank_is_shown_and_its_cryptogram_verifies(void **state)
{
    (void)state;
    struct card card = good_card();
    json_t *findings = NULL;
    assert_int_equal(pay(&card, &ac_key, &findings), TERMINAL_OK);
    char *text = json_dumps(findings, JSON_COMPACT);
    assert_non_null(text);
    assert_non_null(strstr(text, "\"label\":\"Bank B\""));
    assert_non_null(strstr(text, "\"pan\":\"622202******1234\""));
    assert_non_null(strstr(text, "\"expiry\":\"2031-12\""));
    assert_non_null(strstr(text, "\"atc\":23"));
    assert_non_null(strstr(text, "\"verified\":true"));
    assert_null(strstr(text, "6222020000001234"));
    assert_int_equal(card.cdol_len, 6 + 2 + 5 + 2 + 3 + 1 + 4);
    free(text);
    json_decref(findings);
}

static void without_issuer_data_it_verifies_too(void **state)
{
    (void)state;
    struct card card = good_card();
    json_t *findings = NULL;
    card.iad = "";
    assert_int_equal(pay(&card, &ac_key, &findings), TERMINAL_OK);
    json_decref(findings);
}

static void a_wrong_cryptogram_or_key_is_unverified(void **state)
{
    (void)state;
    struct card card = good_card();
    struct scp_key other = ac_key;
    json_t *findings = NULL;
    card.flip = 1;
    assert_int_equal(pay(&card, &ac_key, &findings), TERMINAL_UNVERIFIED);
    assert_true(
        json_is_false(json_object_get(json_object_get(findings, "cryptogram"), "verified")));
    json_decref(findings);
    card.flip = 0;
    other.bytes[0] ^= 0x10;
    assert_int_equal(pay(&card, &other, &findings), TERMINAL_UNVERIFIED);
    json_decref(findings);
}

static void without_a_key_nothing_is_claimed(void **state)
{
    (void)state;
    struct card card = good_card();
    json_t *findings = NULL;
    assert_int_equal(pay(&card, NULL, &findings), TERMINAL_OK);
    assert_true(json_is_null(json_object_get(json_object_get(findings, "cryptogram"), "verified")));
    json_decref(findings);
}

static void a_card_without_payment_is_told_from_a_broken_one(void **state)
{
    (void)state;
    const struct {
        const char *ppse;
        enum terminal_result result;
    } cases[] = {
        {"6A82", TERMINAL_ABSENT},           {"6F04 A502 BF0C 9000", TERMINAL_FAILED},
        {"6F02 A500 9000", TERMINAL_ABSENT}, {"6A81", TERMINAL_FAILED},
        {"9000", TERMINAL_FAILED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct card card = good_card();
        json_t *findings = NULL;
        card.ppse = cases[i].ppse;
        assert_int_equal(pay(&card, NULL, &findings), cases[i].result);
        assert_null(findings);
    }
}

static void a_broken_record_ends_the_payment(void **state)
{
    (void)state;
    const char *const records[] = {"9000", "6A83", "7003 5A0862 9000", "7000 9000"};
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        struct card card = good_card();
        json_t *findings = NULL;
        card.record = records[i];
        assert_int_equal(pay(&card, NULL, &findings), TERMINAL_FAILED);
        assert_null(findings);
    }
}

/* With a list for the second cryptogram: response code, authentication data, unpredictable number.
 */
static const char record_with_cdol2[] = "702D 5A086222020000001234 5F2403311231"
                                        "8C12 9F02069F1A0295055F2A029A039C019F3704"
                                        "8D07 8A02910A9F3704 9000";

static void the_issuers_answer_reaches_the_card(void **state)
{
    (void)state;
    const struct {
        uint16_t sw;
        uint8_t asked;
        bool accepted;
    } cases[] = {{0x9000, 0x40, true}, {0x6300, 0x00, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct card card = good_card();
        json_t *findings = NULL;
        card.iad = "";
        card.record = record_with_cdol2;
        card.authentication_sw = cases[i].sw;
        assert_int_equal(pay(&card, &ac_key, &findings), TERMINAL_OK);
        const json_t *completion = json_object_get(findings, "completion");
        assert_int_equal(card.cryptograms, 2);
        assert_int_equal(card.asked, cases[i].asked);
        assert_int_equal(json_is_true(json_object_get(completion, "issuer_accepted")),
                         cases[i].accepted);
        assert_true(json_is_true(json_object_get(completion, "verified")));
        json_decref(findings);
    }
}

static void a_request_that_does_not_verify_is_not_answered(void **state)
{
    (void)state;
    struct card card = good_card();
    json_t *findings = NULL;
    card.record = record_with_cdol2;
    card.flip = 1;
    assert_int_equal(pay(&card, &ac_key, &findings), TERMINAL_UNVERIFIED);
    assert_int_equal(card.cryptograms, 1);
    assert_true(json_is_null(json_object_get(findings, "completion")));
    json_decref(findings);
}

static void a_card_without_ppse_pays_through_its_pse(void **state)
{
    (void)state;
    const struct {
        const char *ppse;
        const char *record;
        enum terminal_result result;
    } cases[] = {
        {"6A82", "7017 6115 4F08A000000333010101 5006 42616E6B2042 870101 9000", TERMINAL_OK},
        {"6F02 A500 9000", "7017 6115 4F08A000000333010101 5006 42616E6B2042 870101 9000",
         TERMINAL_OK},
        {"6A82", "7000 9000", TERMINAL_ABSENT},
        {"6A82", "6A83", TERMINAL_ABSENT},
        {"6A82", "7003 611500 9000", TERMINAL_FAILED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct card card = good_card();
        json_t *findings = NULL;
        card.ppse = cases[i].ppse;
        card.pse = "6F05 A503 880102 9000";
        card.pse_record = cases[i].record;
        assert_int_equal(pay(&card, NULL, &findings), cases[i].result);
        json_decref(findings);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bank_is_shown_and_its_cryptogram_verifies),
        cmocka_unit_test(without_issuer_data_it_verifies_too),
        cmocka_unit_test(a_wrong_cryptogram_or_key_is_unverified),
        cmocka_unit_test(without_a_key_nothing_is_claimed),
        cmocka_unit_test(a_card_without_payment_is_told_from_a_broken_one),
        cmocka_unit_test(a_broken_record_ends_the_payment),
        cmocka_unit_test(the_issuers_answer_reaches_the_card),
        cmocka_unit_test(a_request_that_does_not_verify_is_not_answered),
        cmocka_unit_test(a_card_without_ppse_pays_through_its_pse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
