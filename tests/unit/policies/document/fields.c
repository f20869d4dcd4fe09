#include "tests/support/test.h"

#include "tests/unit/policies/document/read.h"

static const struct document_node *value_of(const struct document *doc)
{
    return doc_get(doc_root(doc), "v");
}

static void reader_decides_the_type(void **state)
{
    (void)state;
    struct document_problem problem = {0};
    struct document *doc = read_good("{a: 310000, b: no, c: 007}");
    const struct document_node *root = doc_root(doc);
    assert_string_equal(doc_string(doc_get(root, "a"), NULL, &problem), "310000");
    assert_string_equal(doc_string(doc_get(root, "b"), NULL, &problem), "no");
    assert_int_equal(doc_integer(doc_get(root, "c"), 0, 9, -1, &problem), 7);
    assert_int_equal(problem.error, DOC_OK);
    doc_free(doc);
}

static void absent_values_get_the_fallback(void **state)
{
    (void)state;
    struct document_problem problem = {0};
    static const char *const words[] = {"keep", "lock", NULL};
    uint8_t bytes[4];
    char text[8] = "before";
    assert_string_equal(doc_string(NULL, "x", &problem), "x");
    doc_string_into(NULL, text, sizeof text, &problem);
    assert_string_equal(text, "before");
    assert_int_equal(doc_integer(NULL, 0, 9, 5, &problem), 5);
    assert_true(doc_bool(NULL, true, &problem));
    assert_int_equal(doc_duration_ms(NULL, 30, &problem), 30);
    assert_int_equal(doc_word(NULL, words, 1, &problem), 1);
    assert_int_equal(doc_hex(NULL, bytes, 1, sizeof bytes, &problem), 0);
    assert_false(doc_expect(NULL, DOC_LIST, &problem));
    assert_false(doc_expect_keys(NULL, words, &problem));
    assert_null(doc_get(NULL, "a"));
    assert_null(doc_first(NULL));
    assert_int_equal(problem.error, DOC_OK);
}

static void required_keys_that_are_absent_are_a_problem(void **state)
{
    (void)state;
    struct document_problem problem = {0};
    struct document *doc = read_good("a: 1");
    assert_non_null(doc_require(doc_root(doc), "a", &problem));
    assert_null(doc_require(doc_root(doc), "b", &problem));
    assert_string_equal(problem.text, "the key 'b' is missing");
    doc_free(doc);
}

struct wrong {
    const char *text;
    const char *message;
};

typedef void read_field(const struct document_node *node, struct document_problem *problem);

static void expect_messages(const struct wrong *cases, size_t count, read_field *read)
{
    for (size_t i = 0; i < count; i++) {
        struct document_problem problem = {0};
        struct document *doc = read_good(cases[i].text);
        read(value_of(doc), &problem);
        assert_string_equal(problem.text, cases[i].message);
        assert_int_equal(problem.line, 1);
        assert_int_equal(problem.column, 4);
        doc_free(doc);
    }
}
#define EXPECT_MESSAGES(cases, read) expect_messages(cases, sizeof(cases) / sizeof(cases)[0], read)

static void read_string(const struct document_node *node, struct document_problem *problem)
{
    assert_string_equal(doc_string(node, "fallback", problem), "fallback");
}

static void strings_that_are_missing_or_structures_are_refused(void **state)
{
    (void)state;
    const struct wrong cases[] = {
        {"v: \"\"", "v: a value is missing"},
        {"v: [a]", "v: expected a single value, found a list"},
        {"v: {a: b}", "v: expected a single value, found a mapping"},
    };
    EXPECT_MESSAGES(cases, read_string);
}

static void read_small_integer(const struct document_node *node, struct document_problem *problem)
{
    assert_int_equal(doc_integer(node, -5, 99, 42, problem), 42);
}

static void integers_are_whole_plain_and_in_range(void **state)
{
    (void)state;
    const struct wrong cases[] = {
        {"v: 1.5", "expected a whole number"},
        {"v: x1", "expected a whole number"},
        {"v: 0x", "expected a whole number"},
        {"v: -x", "expected a whole number"},
        {"v: '7'", "expected a whole number without quotes"},
        {"v: 12 ms", "expected a whole number"},
        {"v: 99999999999999999999", "expected a whole number"},
        {"v: 100", "100 is out of range: -5 to 99"},
        {"v: -6", "-6 is out of range: -5 to 99"},
    };
    EXPECT_MESSAGES(cases, read_small_integer);
}

static void integers_are_decimal_or_hexadecimal(void **state)
{
    (void)state;
    struct document_problem problem = {0};
    struct document *doc = read_good("[0x3F, -12, 0]");
    const struct document_node *item = doc_first(doc_root(doc));
    assert_int_equal(doc_integer(item, 0, 255, -1, &problem), 0x3F);
    item = doc_next(item);
    assert_int_equal(doc_integer(item, -20, 0, -1, &problem), -12);
    assert_int_equal(doc_integer(doc_next(item), 0, 1, -1, &problem), 0);
    assert_int_equal(problem.error, DOC_OK);
    doc_free(doc);
}

static void read_bool(const struct document_node *node, struct document_problem *problem)
{
    assert_true(doc_bool(node, true, problem));
}

static void only_true_and_false_are_booleans(void **state)
{
    (void)state;
    const struct wrong cases[] = {
        {"v: no", "expected true or false"},
        {"v: False", "expected true or false"},
        {"v: 'false'", "expected true or false"},
    };
    EXPECT_MESSAGES(cases, read_bool);
    struct document_problem problem = {0};
    struct document *doc = read_good("[true, false]");
    assert_true(doc_bool(doc_first(doc_root(doc)), false, &problem));
    assert_false(doc_bool(doc_next(doc_first(doc_root(doc))), true, &problem));
    assert_int_equal(problem.error, DOC_OK);
    doc_free(doc);
}

static void read_duration(const struct document_node *node, struct document_problem *problem)
{
    assert_int_equal(doc_duration_ms(node, 7, problem), 7);
}

static void durations_have_a_unit(void **state)
{
    (void)state;
    const char *message = "expected a duration: a whole number with ms, s, m, h or d, like 30s";
    const struct wrong cases[] = {
        {"v: 30", message},
        {"v: s", message},
        {"v: 1.5h", message},
        {"v: -1s", message},
        {"v: 999999999999999999d", message},
    };
    EXPECT_MESSAGES(cases, read_duration);
    struct document_problem problem = {0};
    struct document *doc = read_good("[5ms, 30s, 2d]");
    const struct document_node *item = doc_first(doc_root(doc));
    assert_int_equal(doc_duration_ms(item, 0, &problem), 5);
    item = doc_next(item);
    assert_int_equal(doc_duration_ms(item, 0, &problem), 30000);
    assert_int_equal(doc_duration_ms(doc_next(item), 0, &problem), 172800000);
    doc_free(doc);
}

static const char *const obligations[] = {"keep", "lock", "delete", NULL};

static void read_word(const struct document_node *node, struct document_problem *problem)
{
    assert_int_equal(doc_word(node, obligations, 9, problem), 9);
}

static void words_come_from_their_list(void **state)
{
    (void)state;
    const struct wrong cases[] = {
        {"v: delte", "'delte' is none of: keep, lock, delete; did you mean 'delete'?"},
        {"v: burn", "'burn' is none of: keep, lock, delete"},
    };
    EXPECT_MESSAGES(cases, read_word);
    struct document_problem problem = {0};
    struct document *doc = read_good("v: delete");
    assert_int_equal(doc_word(value_of(doc), obligations, 0, &problem), 2);
    doc_free(doc);
}

static void read_hex(const struct document_node *node, struct document_problem *problem)
{
    uint8_t bytes[4];
    assert_int_equal(doc_hex(node, bytes, 2, sizeof bytes, problem), 0);
}

static void read_two_hex_bytes(const struct document_node *node, struct document_problem *problem)
{
    uint8_t bytes[2];
    assert_int_equal(doc_hex(node, bytes, 2, sizeof bytes, problem), 0);
}

static void hex_bytes_are_checked_for_form_and_length(void **state)
{
    (void)state;
    const struct wrong cases[] = {
        {"v: A00", "expected bytes as pairs of hex digits"},
        {"v: zz00", "expected bytes as pairs of hex digits"},
        {"v: A0", "expected 2 to 4 bytes as hex digits"},
        {"v: A000000333", "expected 2 to 4 bytes as hex digits"},
    };
    EXPECT_MESSAGES(cases, read_hex);
    const struct wrong exact[] = {
        {"v: A0", "expected 2 bytes as hex digits"},
        {"v: A00003", "expected 2 bytes as hex digits"},
    };
    EXPECT_MESSAGES(exact, read_two_hex_bytes);
    struct document_problem problem = {0};
    struct document *doc = read_good("v: a000 03");
    uint8_t bytes[4];
    assert_int_equal(doc_hex(value_of(doc), bytes, 2, sizeof bytes, &problem), 3);
    assert_memory_equal(bytes, "\xA0\x00\x03", 3);
    doc_free(doc);
}

static void strings_too_long_for_their_buffer_are_refused_whole(void **state)
{
    (void)state;
    struct document_problem problem = {0};
    struct document *doc = read_good("v: 12345");
    char text[6] = "";
    doc_string_into(value_of(doc), text, 5, &problem);
    assert_string_equal(problem.text, "the text is longer than 4 bytes");
    assert_string_equal(text, "");
    problem = (struct document_problem){0};
    doc_string_into(value_of(doc), text, 6, &problem);
    assert_string_equal(text, "12345");
    doc_free(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reader_decides_the_type),
        cmocka_unit_test(absent_values_get_the_fallback),
        cmocka_unit_test(required_keys_that_are_absent_are_a_problem),
        cmocka_unit_test(strings_that_are_missing_or_structures_are_refused),
        cmocka_unit_test(integers_are_whole_plain_and_in_range),
        cmocka_unit_test(integers_are_decimal_or_hexadecimal),
        cmocka_unit_test(only_true_and_false_are_booleans),
        cmocka_unit_test(durations_have_a_unit),
        cmocka_unit_test(words_come_from_their_list),
        cmocka_unit_test(hex_bytes_are_checked_for_form_and_length),
        cmocka_unit_test(strings_too_long_for_their_buffer_are_refused_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
