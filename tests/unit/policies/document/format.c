/* doc_format: one form for all, nothing lost. */
#include "tests/support/test.h"

#include "tests/unit/policies/document/read.h"

#include <stdio.h>
#include <stdlib.h>

static void expect_form(const char *text, const char *expected)
{
    struct document_problem problem = {0};
    struct document *doc = read_good(text);
    char *out;
    assert_int_equal(doc_format(doc, &out, &problem), DOC_OK);
    assert_string_equal(out, expected);
    free(out);
    doc_free(doc);
}

/* What has the form already stays as it is. */
static void expect_same(const char *text)
{
    expect_form(text, text);
}

static void formed_documents_stay_as_they_are(void **state)
{
    (void)state;
    expect_same("a: 1\n");
    expect_same("# top\n\na: 1 # beside\n\n# above b\nb:\n  - x\n  - y: 1\n    z: 2\n# end\n");
    expect_same("a: {b: [1, 2], c: \"d\"}\n");
    expect_same("a: []\nb: {}\n");
    expect_same("a:\nb: ''\n");
    expect_same("- a\n- - b\n");
    expect_same("a: |\n  text\n    more # no comment\n\n  end\nb: 1\n");
    expect_same("{}\n");
}

static void indentation_and_blanks_are_made_even(void **state)
{
    (void)state;
    expect_form("a:\n - x\n -   y\n", "a:\n  - x\n  - y\n");
    expect_form("a:\n- x\n", "a:\n  - x\n");
    expect_form("a:    1\n\n\n\nb :  2\n", "a: 1\n\nb: 2\n");
    expect_form("a: {b:   1,c: [ 1,2 ]}\n", "a: {b: 1, c: [1, 2]}\n");
    expect_form("a:\n      b:\n         c: 1\n", "a:\n  b:\n    c: 1\n");
    expect_form("a: 1     # why   \n", "a: 1 # why\n");
    expect_form("- \n  a: 1\n  b: 2\n", "- a: 1\n  b: 2\n");
}

static void comments_stay_where_they_belong(void **state)
{
    (void)state;
    expect_form("a:   # of a\n     # of x\n   - x  # beside x\n",
                "a: # of a\n  # of x\n  - x # beside x\n");
    expect_form("a: {b: 1, # one\n    c: 2} # two\n", "a:\n  b: 1 # one\n  c: 2 # two\n");
    expect_form("a: '#no' # yes\nb: x#no\n", "a: '#no' # yes\nb: x#no\n");
    expect_form("a: \"x\n   # no comment\"\n", "a: \"x # no comment\"\n");
}

static void long_lines_are_broken(void **state)
{
    (void)state;
    char text[256];
    char expected[256];
    (void)snprintf(text, sizeof text, "a: {b: %060d, c: %060d}\n", 1, 2);
    (void)snprintf(expected, sizeof expected, "a:\n  b: %060d\n  c: %060d\n", 1, 2);
    expect_form(text, expected);
}

static void texts_of_several_lines_become_one(void **state)
{
    (void)state;
    expect_form("a: one\n  two\n", "a: one two\n");
    expect_form("a: 'one\n  two'\n", "a: \"one two\"\n");
    expect_form("a: >\n      one\n      two\nb: 1\n", "a: >\n  one\n  two\nb: 1\n");
}

static void what_cannot_be_kept_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"a: 'one\n\n  two'\n", "word\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct document_problem problem = {0};
        struct document *doc = read_good(texts[i]);
        char *out;
        assert_int_equal(doc_format(doc, &out, &problem), DOC_INVALID);
        assert_null(out);
        doc_free(doc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formed_documents_stay_as_they_are),
        cmocka_unit_test(indentation_and_blanks_are_made_even),
        cmocka_unit_test(comments_stay_where_they_belong),
        cmocka_unit_test(long_lines_are_broken),
        cmocka_unit_test(texts_of_several_lines_become_one),
        cmocka_unit_test(what_cannot_be_kept_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
