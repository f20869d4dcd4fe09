/* The survey of a social-security application on cards that are not as they should be. */
#include "agent/terminal/terminal.h"
#include "tests/support/test.h"

#include "scp/gp/apdu.h"

struct card {
    uint16_t select_sw; /* to SELECT by name */
    uint16_t file;      /* the one file there is; 0: none */
    size_t binary_len;  /* it is transparent, of that length; 0: one record */
    bool at_file;
    size_t commands;
    size_t gone_after; /* commands until the card is taken away; 0: never */
};

static void read_binary(const struct card *card, const struct scp_apdu *apdu,
                        struct scp_writer *out)
{
    size_t at = (size_t)apdu->p1 << 8 | apdu->p2;
    size_t left = at < card->binary_len ? card->binary_len - at : 0;
    scp_put_fill(out, 0xAB, left < 256 ? left : 256);
    scp_put_u16(out, left == 0 ? 0x6B00 : 0x9000);
}

static uint16_t select_file(struct card *card, const struct scp_apdu *apdu)
{
    card->at_file = card->file != 0 && scp_load_u16(apdu->data.ptr) == card->file;
    return card->at_file ? 0x9000 : 0x6A82;
}

static enum agent_error answer(void *ctx, struct scp_bytes command, struct scp_writer *out)
{
    struct card *card = ctx;
    struct scp_apdu apdu;
    assert_int_equal(scp_apdu_parse(command, &apdu), SCP_OK);
    if (card->gone_after != 0 && ++card->commands > card->gone_after)
        return AGENT_NO_CARD;
    if (apdu.ins == 0xA4 && apdu.p1 == 0x04)
        scp_put_u16(out, card->select_sw);
    else if (apdu.ins == 0xA4)
        scp_put_u16(out, select_file(card, &apdu));
    else if (apdu.ins == 0xB0)
        read_binary(card, &apdu, out);
    else if (card->binary_len > 0)
        scp_put_u16(out, 0x6981);
    else if (apdu.p1 == 1)
        scp_put_u16(out, 0x9000);
    else
        scp_put_u16(out, 0x6A83);
    return AGENT_OK;
}

static enum terminal_result survey(struct card *card, json_t **findings)
{
    struct rebind_problem problem = {.text = ""};
    struct agent_transceive link = {.ctx = card, .fn = answer};
    struct terminal terminal = {.card = &link, .problem = &problem};
    enum terminal_result result = terminal_social(&terminal, findings);
    assert_int_equal(result == TERMINAL_OK, problem.text[0] == '\0');
    return result;
}

static void a_card_without_the_application_is_told(void **state)
{
    (void)state;
    struct card card = {.select_sw = 0x6A82};
    json_t *findings = NULL;
    assert_int_equal(survey(&card, &findings), TERMINAL_ABSENT);
    card.select_sw = 0x6A81;
    assert_int_equal(survey(&card, &findings), TERMINAL_FAILED);
    assert_null(findings);
}

/* Else it would have a digest that never changes. */
static void an_application_that_shows_nothing_has_no_digest(void **state)
{
    (void)state;
    struct card card = {.select_sw = 0x9000};
    json_t *findings = NULL;
    assert_int_equal(survey(&card, &findings), TERMINAL_FAILED);
    assert_null(findings);
}

static void a_transparent_file_is_read_to_its_end(void **state)
{
    (void)state;
    const size_t lengths[] = {1, 255, 256, 257, 600};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct card card = {.select_sw = 0x9000, .file = 0xEF07, .binary_len = lengths[i]};
        json_t *findings = NULL;
        assert_int_equal(survey(&card, &findings), TERMINAL_OK);
        const json_t *file = json_array_get(json_object_get(findings, "files"), 0);
        assert_string_equal(json_string_value(json_object_get(file, "path")), "3F00/EF07");
        assert_int_equal(json_integer_value(json_object_get(file, "bytes")), lengths[i]);
        json_decref(findings);
    }
}

static void an_empty_record_counts_in_the_digest(void **state)
{
    (void)state;
    struct card card = {.select_sw = 0x9000, .file = 0xEF07};
    json_t *findings = NULL;
    assert_int_equal(survey(&card, &findings), TERMINAL_OK);
    json_decref(findings);
}

static void a_card_that_is_taken_away_gives_no_digest(void **state)
{
    (void)state;
    for (size_t commands = 1; commands < 40; commands++) {
        struct card card = {.select_sw = 0x9000, .file = 0xEF07, .gone_after = commands};
        json_t *findings = NULL;
        assert_int_equal(survey(&card, &findings), TERMINAL_FAILED);
        assert_null(findings);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_without_the_application_is_told),
        cmocka_unit_test(an_application_that_shows_nothing_has_no_digest),
        cmocka_unit_test(a_transparent_file_is_read_to_its_end),
        cmocka_unit_test(an_empty_record_counts_in_the_digest),
        cmocka_unit_test(a_card_that_is_taken_away_gives_no_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
