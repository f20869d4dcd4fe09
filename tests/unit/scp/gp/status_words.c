/* Status words: what they are called and what they mean to whom. */
#include "scp/gp/status_words.h"
#include "scp/gp/commands.h"
#include "tests/support/test.h"

#include <string.h>

static void status_words_have_names_and_families(void **state)
{
    (void)state;
    const struct {
        uint16_t sw;
        const char *name;
    } cases[] = {
        {0x9000, "SUCCESS"}, {0x6A82, "FILE_NOT_FOUND"}, {0x6110, "61XX"},
        {0x6100, "61XX"},    {0x63C2, "63CX"},           {0x6310, "MORE_DATA"},
        {0x63AA, "63XX"},    {0x6CFF, "6CXX"},           {0x62AA, "62XX"},
        {0x6455, "64XX"},    {0x6555, "65XX"},           {0x6601, "66XX"},
        {0x6712, "67XX"},    {0x68AA, "68XX"},           {0x69F0, "69XX"},
        {0x6AFF, "6AXX"},    {0x9210, "9XXX"},           {0x1234, "?"},
        {0x6D01, "?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(scp_sw_name(cases[i].sw), cases[i].name);
}

/* The general conditions of GPCS table 11-10 and those of the commands' tables. */
static void every_word_of_the_card_specification_is_known(void **state)
{
    (void)state;
    static const uint16_t words[] = {0x6400, 0x6700, 0x6881, 0x6982, 0x6985, 0x6A86, 0x6D00,
                                     0x6E00, 0x6581, 0x6A88, 0x6A82, 0x6A80, 0x6310, 0x6A84,
                                     0x6200, 0x6882, 0x6A81, 0x9484, 0x9485, 0x6283, 0x6300};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        assert_null(strstr(scp_sw_name(words[i]), "XX"));
        assert_string_not_equal(scp_sw_name(words[i]), "?");
    }
}

static void every_word_explains_itself_in_a_clause(void **state)
{
    (void)state;
    for (unsigned sw = 0; sw <= 0xFFFF; sw++) {
        const char *text = scp_sw_text((uint16_t)sw);
        size_t len = strlen(text);
        assert_true(len > 0 && 5 + len < SCP_SW_EXPLANATION_MAX);
        assert_true(text[len - 1] != '.');
    }
}

static void a_word_may_mean_something_else_to_an_instruction(void **state)
{
    (void)state;
    assert_string_equal(scp_sw_text_for(SCP_INS_GET_STATUS, 0x6A88),
                        "no entry of this kind is on the card");
    assert_string_equal(scp_sw_text_for(SCP_INS_INITIALIZE_UPDATE, 0x6A88),
                        "the card has no key set with this version number");
    assert_string_equal(scp_sw_text_for(SCP_INS_INSTALL, 0x6A80),
                        "an install parameter, privilege or token is wrong");
    assert_string_equal(scp_sw_text_for(SCP_INS_PUT_KEY, 0x6A86), "wrong P1 or P2");
    assert_string_equal(scp_sw_text_for(0x00, 0x6A88), "referenced data not found");
}

static void every_explanation_fits_its_limit(void **state)
{
    (void)state;
    char text[SCP_SW_EXPLANATION_MAX];
    for (unsigned ins = 0; ins <= 0xFF; ins++) {
        for (unsigned sw = 0x6200; sw <= 0x6AFF; sw++) {
            const char *clause = scp_sw_text_for((uint8_t)ins, (uint16_t)sw);
            (void)scp_sw_explain(text, sizeof text, (uint8_t)ins, (uint16_t)sw);
            assert_string_equal(text + 5, clause);
        }
    }
}

static void an_explanation_is_cut_to_what_fits(void **state)
{
    (void)state;
    char text[SCP_SW_EXPLANATION_MAX] = "x";
    assert_string_equal(scp_sw_explain(text, sizeof text, 0x00, 0x6985),
                        "6985 conditions of use not satisfied");
    assert_string_equal(scp_sw_explain(text, 8, 0x00, 0x6985), "6985 co");
    assert_string_equal(scp_sw_explain(text, 1, 0x00, 0x6985), "");
    text[0] = 'x';
    assert_ptr_equal(scp_sw_explain(text, 0, 0x00, 0x6985), text);
    assert_int_equal(text[0], 'x');
}

static void warnings_are_executed_commands(void **state)
{
    (void)state;
    assert_true(scp_sw_executed(0x9000));
    assert_true(scp_sw_executed(0x6283));
    assert_true(scp_sw_executed(0x6310));
    assert_false(scp_sw_executed(0x6985));
    assert_false(scp_sw_executed(0x6110));
    assert_int_equal(scp_sw_check(0x9000), SCP_OK);
    assert_int_equal(scp_sw_check(0x6310), SCP_STATUS_WORD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_words_have_names_and_families),
        cmocka_unit_test(every_word_of_the_card_specification_is_known),
        cmocka_unit_test(every_word_explains_itself_in_a_clause),
        cmocka_unit_test(a_word_may_mean_something_else_to_an_instruction),
        cmocka_unit_test(every_explanation_fits_its_limit),
        cmocka_unit_test(an_explanation_is_cut_to_what_fits),
        cmocka_unit_test(warnings_are_executed_commands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
