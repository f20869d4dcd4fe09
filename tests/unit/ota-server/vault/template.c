#include "tests/support/test.h"

#include "ota-server/vault/template.h"

#include <string.h>

/* 5A 62281234, 5F20 "AB", DF01 of four bytes. */
static const uint8_t record[] = {0x5A, 0x04, 0x62, 0x28, 0x12, 0x34, 0x5F, 0x20, 0x02,
                                 0x41, 0x42, 0xDF, 0x01, 0x04, 0xDE, 0xAD, 0xBE, 0xEF};

static void assert_expands(const char *text, const char *hex)
{
    uint8_t got[512], expected[512];
    struct template_problem problem = {0, ""};
    struct scp_writer w = scp_writer_on(got, sizeof got);
    struct scp_writer e = scp_writer_on(expected, sizeof expected);
    assert_int_equal(scp_hex_decode(hex, &e), SCP_OK);
    if (template_expand(text, SCP_BYTES(record), &w, &problem) != SCP_OK)
        fail_msg("%s: at %zu: %s", text, problem.position, problem.text);
    assert_int_equal(w.len, e.len);
    assert_memory_equal(got, expected, e.len);
    assert_int_equal(template_check(text, NULL), SCP_OK);
}

static void template_expands_every_form(void **state)
{
    (void)state;
    assert_expands("5A", "5A0462281234");
    assert_expands("#5A", "62281234");
    assert_expands("87=01", "870101");
    assert_expands("87=", "8700");
    assert_expands("5f34=00 9F02=0102 ", "5F340100 9F02020102");
    assert_expands("70(5A 5F20)", "700B 5A0462281234 5F20024142");
    assert_expands(" 70( 5A\n\t87=01 ) ", "7009 5A0462281234 870101");
    assert_expands("70()", "7000");
    assert_expands("A5(50=41 BF0C(61(4F=A0000000031010)))",
                   "A511 500141 BF0C0B61094F07A0000000031010");
    assert_expands("#DF01 #5A", "DEADBEEF 62281234");
    assert_expands("A5(#5F20)", "A5024142");
    assert_expands("DFFF21=AA", "DFFF2101AA");
}

static void long_value_has_a_long_length(void **state)
{
    char text[3 + 2 * 200 + 1] = "87=";
    uint8_t got[512];
    struct scp_writer w = scp_writer_on(got, sizeof got);
    (void)state;
    memset(text + 3, '0', sizeof text - 4);
    assert_int_equal(template_expand(text, SCP_BYTES(record), &w, NULL), SCP_OK);
    assert_int_equal(w.len, 3 + 200);
    assert_memory_equal(got, "\x87\x81\xC8", 3);
}

static void bad_template_is_refused_with_its_position(void **state)
{
    static const struct {
        const char *text;
        size_t position;
        const char *problem;
    } cases[] = {
        {"", 0, "the template is empty"},
        {"  ", 2, "the template is empty"},
        {"5", 0, "a tag in hex is expected here"},
        {"5A X", 3, "a tag in hex is expected here"},
        {"00", 0, "a tag in hex is expected here"},
        {"#", 1, "a tag in hex is expected here"},
        {"5F", 0, "the tag is cut short"},
        {"9F8", 0, "the tag is cut short"},
        {"9F818101", 0, "the tag has more than three bytes"},
        {"87=1", 3, "the constant has an odd number of digits"},
        {"87=011", 5, "the constant has an odd number of digits"},
        {"87=01X", 5, "a blank or the end is expected here"},
        {"5A5A", 2, "a blank or the end is expected here"},
        {"#5A=01", 3, "a blank or the end is expected here"},
        {"#70(5A)", 3, "a blank or the end is expected here"},
        {"50(5A)", 0, "the tag is not one of a constructed object"},
        {"70(5A", 5, "a closing parenthesis is missing"},
        {"70(5A))", 6, "a parenthesis closes that was not opened"},
        {")", 0, "a parenthesis closes that was not opened"},
        {"70(70(70(70(70()))))", 12, "objects are nested too deep"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct template_problem problem = {99, ""};
        assert_int_equal(template_check(cases[i].text, &problem), SCP_MALFORMED);
        assert_string_equal(problem.text, cases[i].problem);
        assert_int_equal(problem.position, cases[i].position);
    }
}

static void missing_object_is_named_by_its_position(void **state)
{
    uint8_t got[64];
    struct template_problem problem;
    struct scp_writer w = scp_writer_on(got, sizeof got);
    (void)state;
    scp_put_u8(&w, 0x77);
    assert_int_equal(template_expand("5A 70(57)", SCP_BYTES(record), &w, &problem), SCP_NOT_FOUND);
    assert_int_equal(problem.position, 6);
    assert_string_equal(problem.text, "the record has no such object");
    assert_int_equal(w.len, 1);
    assert_int_equal(got[1], 0x00); /* wiped */
}

static void broken_record_is_malformed(void **state)
{
    uint8_t got[64];
    struct scp_writer w = scp_writer_on(got, sizeof got);
    (void)state;
    assert_int_equal(template_expand("57", SCP_LITERAL(0x5A, 0x09, 0x01), &w, NULL), SCP_MALFORMED);
}

static void value_that_does_not_fit_leaves_nothing(void **state)
{
    uint8_t got[5] = {0};
    struct template_problem problem;
    struct scp_writer w = scp_writer_on(got, sizeof got);
    (void)state;
    assert_int_equal(template_expand("87=01 5A", SCP_BYTES(record), &w, &problem), SCP_NO_SPACE);
    assert_int_equal(w.len, 0);
    for (size_t i = 0; i < sizeof got; i++)
        assert_int_equal(got[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(template_expands_every_form),
        cmocka_unit_test(long_value_has_a_long_length),
        cmocka_unit_test(bad_template_is_refused_with_its_position),
        cmocka_unit_test(missing_object_is_named_by_its_position),
        cmocka_unit_test(broken_record_is_malformed),
        cmocka_unit_test(value_that_does_not_fit_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
