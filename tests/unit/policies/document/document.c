#include "tests/support/test.h"

#include "tests/unit/policies/document/read.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- the tree ----------------------------------------------------------------------------- */

static void every_node_knows_its_line_and_column(void **state)
{
    (void)state;
    struct document *doc = read_good("# a comment\n"
                                     "name: open\n"
                                     "rules:\n"
                                     "  - id: a\n"
                                     "  - {id: b, when: [x, y]}\n");
    const struct document_node *root = doc_root(doc);
    assert_int_equal(doc_kind(root), DOC_MAPPING);
    assert_int_equal(doc_line(doc_get(root, "name")), 2);
    assert_int_equal(doc_column(doc_get(root, "name")), 7);
    const struct document_node *rules = doc_get(root, "rules");
    assert_int_equal(doc_kind(rules), DOC_LIST);
    assert_int_equal(doc_count(rules), 2);
    assert_int_equal(doc_column(doc_key_node(rules)), 1);
    const struct document_node *second = doc_next(doc_first(rules));
    assert_int_equal(doc_line(second), 5);
    assert_int_equal(doc_column(second), 5);
    const struct document_node *y = doc_next(doc_first(doc_get(second, "when")));
    assert_string_equal(doc_text(y), "y");
    assert_int_equal(doc_column(y), 23);
    assert_null(doc_next(y));
    assert_null(doc_next(second));
    doc_free(doc);
}

static void entries_come_in_the_order_written(void **state)
{
    (void)state;
    struct document *doc = read_good("{b: 1, a: 2, c: 3}");
    char order[4] = "";
    char *at = order;
    for (const struct document_node *v = doc_first(doc_root(doc)); v != NULL; v = doc_next(v))
        *at++ = doc_key(v)[0];
    assert_string_equal(order, "bac");
    doc_free(doc);
}

static void columns_count_characters_not_bytes(void **state)
{
    (void)state;
    struct document *doc = read_good("\xE4\xB8\xAD\xE6\x96\x87: x");
    assert_int_equal(doc_column(doc_first(doc_root(doc))), 5);
    doc_free(doc);
}

static void byte_order_mark_is_no_part_of_the_text(void **state)
{
    (void)state;
    struct document *doc = read_good("\xEF\xBB\xBFname: x");
    assert_int_equal(doc_column(doc_first(doc_root(doc))), 7);
    doc_free(doc);
}

/* ---- what is refused ---------------------------------------------------------------------- */

struct refused {
    const char *text;
    unsigned line;
    unsigned column;
    const char *message;
};

static void files_that_hide_their_meaning_are_refused(void **state)
{
    (void)state;
    const struct refused cases[] = {
        {"a: 1\nb: 2\na: 3\n", 3, 1, "the key 'a' is given twice; the first is in line 1"},
        {"a: &x 1\n", 1, 4, "anchors (&x) are not allowed"},
        {"a: &x [1]\n", 1, 4, "anchors (&x) are not allowed"},
        {"a: &x {b: 1}\n", 1, 4, "anchors (&x) are not allowed"},
        {"a: 1\nb: *a\n", 2, 4, "aliases (*a) are not allowed"},
        {"a: !!str 1\n", 1, 4, "tags (tag:yaml.org,2002:str) are not allowed"},
        {"a: 1\n---\nb: 2\n", 2, 1, "a second document is in the same file"},
        {"? [a, b]\n: 1\n", 1, 3, "a key must be a single word or text"},
        {"{\"\": 1}\n", 1, 2, "a key is empty"},
        {"a: \"x\\0y\"\n", 1, 4, "the value has a NUL character"},
        {"%YAML 1.1\n---\na: 1\n", 1, 1, "a line may not begin with %"},
        {"# first\r\n\xE2\x80\xA8%TAG ! x\n---\na: 1\n", 3, 1, "a line may not begin with %"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct document_problem problem;
        assert_null(read_text(cases[i].text, &problem));
        assert_int_equal(problem.error, DOC_INVALID);
        assert_string_equal(problem.text, cases[i].message);
        assert_int_equal(problem.line, cases[i].line);
        assert_int_equal(problem.column, cases[i].column);
    }
}

static void syntax_errors_have_a_place(void **state)
{
    (void)state;
    struct document_problem problem;
    assert_null(read_text("a: 1\nb: [1, 2\nc: 3\n", &problem));
    assert_int_equal(problem.line, 3);
    assert_non_null(strstr(problem.text, "not YAML: "));
    assert_null(read_text("a: 1\nb: \xFF\n", &problem));
    assert_int_equal(problem.line, 2);
    assert_int_equal(problem.column, 4);
}

static void tabs_that_indent_are_called_by_name(void **state)
{
    (void)state;
    static const char *const texts[] = {"a:\n\tb: 1\n", "a:\n  b: 1\n  \tc: 2\n", "a:\n\t- 1\n"};
    static const unsigned lines[] = {2, 3, 2};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct document_problem problem;
        assert_null(read_text(texts[i], &problem));
        assert_string_equal(problem.text, "a tab; lines are indented with blanks");
        assert_int_equal(problem.line, lines[i]);
    }
    struct document_problem problem;
    assert_null(read_text("a: @b\n", &problem));
    assert_non_null(strstr(problem.text, "not YAML: "));
}

static void empty_documents_are_refused(void **state)
{
    (void)state;
    struct document_problem problem;
    assert_null(read_text("# nothing but a comment\n", &problem));
    assert_string_equal(problem.text, "the document is empty");
    assert_null(read_text("", &problem));
    assert_int_equal(problem.error, DOC_INVALID);
}

static void depth_is_limited(void **state)
{
    (void)state;
    char text[2 * DOC_DEPTH_MAX + 4] = "";
    memset(text, '[', DOC_DEPTH_MAX);
    memset(text + DOC_DEPTH_MAX, ']', DOC_DEPTH_MAX);
    doc_free(read_good(text));
    memset(text, '[', DOC_DEPTH_MAX + 1);
    memset(text + DOC_DEPTH_MAX + 1, ']', DOC_DEPTH_MAX + 1);
    struct document_problem problem;
    assert_null(read_text(text, &problem));
    assert_int_equal(problem.column, DOC_DEPTH_MAX + 1);
}

/* "[1,1,…]" with that many ones. The heap's. */
static char *list_of(size_t count)
{
    char *text = malloc(2 * count + 2);
    assert_non_null(text);
    memset(text, '1', 2 * count);
    for (size_t i = 1; i < count; i++)
        text[2 * i] = ',';
    text[0] = '[';
    text[2 * count] = ']';
    text[2 * count + 1] = '\0';
    return text;
}

static void number_of_values_is_limited(void **state)
{
    (void)state;
    char *text = list_of(DOC_NODES_MAX - 1);
    doc_free(read_good(text));
    free(text);
    text = list_of(DOC_NODES_MAX);
    struct document_problem problem;
    assert_null(read_text(text, &problem));
    assert_string_equal(problem.text, "the document has more than 32768 values");
    free(text);
}

static void number_of_keys_is_limited(void **state)
{
    (void)state;
    char text[16 * (DOC_KEYS_MAX + 1)] = "";
    size_t len = 0;
    for (int i = 0; i <= DOC_KEYS_MAX; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "k%d: 1\n", i);
    struct document_problem problem;
    assert_null(read_text(text, &problem));
    assert_string_equal(problem.text, "the mapping has more than 256 keys");
    assert_int_equal(problem.line, DOC_KEYS_MAX + 1);
}

static void size_is_limited(void **state)
{
    (void)state;
    uint8_t *text = malloc(DOC_SIZE_MAX + 1);
    assert_non_null(text);
    memset(text, '#', DOC_SIZE_MAX + 1);
    struct document *doc;
    struct document_problem problem = {0};
    assert_int_equal(doc_new("big", scp_bytes_of(text, DOC_SIZE_MAX + 1), &doc, &problem),
                     DOC_INVALID);
    assert_null(doc);
    assert_string_equal(problem.text, "the document is longer than 1048576 bytes");
    free(text);
}

/* ---- problems ----------------------------------------------------------------------------- */

static void problem_shows_file_line_and_caret(void **state)
{
    (void)state;
    static const char *const keys[] = {"server", "retries", NULL};
    struct document *doc = read_good("server: x\nretires: 4\n");
    struct document_problem problem = {0};
    assert_false(doc_expect_keys(doc_root(doc), keys, &problem));
    doc_free(doc);
    char text[DOC_PROBLEM_SIZE];
    assert_string_equal(doc_problem_format(&problem, text, sizeof text),
                        "sample.yaml:2:1: unknown key 'retires'; did you mean 'retries'?\n"
                        "  2 | retires: 4\n"
                        "    | ^\n");
}

static void first_problem_stays(void **state)
{
    (void)state;
    struct document *doc = read_good("{a: 1, b: 2}");
    struct document_problem problem = {0};
    doc_fail(doc_get(doc_root(doc), "a"), &problem, "first");
    doc_fail(doc_get(doc_root(doc), "b"), &problem, "second");
    assert_string_equal(problem.text, "first");
    assert_int_equal(problem.column, 5);
    doc_free(doc);
}

static void long_lines_are_shown_around_the_column(void **state)
{
    (void)state;
    char text[600];
    (void)snprintf(text, sizeof text, "{a: %0400d, b: here, c: %0100d}", 0, 0);
    struct document *doc = read_good(text);
    struct document_problem problem = {0};
    doc_fail(doc_get(doc_root(doc), "b"), &problem, "look");
    assert_int_equal(strlen(problem.source), DOC_SOURCE_SIZE - 1);
    assert_memory_equal(problem.source + problem.caret, "here", 4);
    doc_free(doc);
}

static void shown_line_is_cut_between_characters(void **state)
{
    (void)state;
    enum { WIDE = 180 }; /* bytes of characters of three */
    char text[4 + WIDE + 1] = "a: x";
    for (size_t i = 0; i < WIDE; i++)
        text[4 + i] = "\xE4\xB8\xAD"[i % 3];
    struct document *doc = read_good(text);
    struct document_problem problem = {0};
    doc_fail(doc_root(doc), &problem, "look");
    assert_int_equal((strlen(problem.source) - 4) % 3, 0);
    doc_free(doc);
}

static void source_line_is_found_after_every_kind_of_line_break(void **state)
{
    (void)state;
    struct document *doc = read_good("a: 1\r\nb: 2\rc: 3\n\nd: here\n");
    struct document_problem problem = {0};
    doc_fail(doc_get(doc_root(doc), "d"), &problem, "look");
    assert_int_equal(problem.line, 5);
    assert_string_equal(problem.source, "d: here");
    doc_free(doc);
}

/* ---- files -------------------------------------------------------------------------------- */

static void files_are_read_and_missing_ones_reported(void **state)
{
    (void)state;
    char path[] = "/tmp/rebind-document-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a: b\n", 5), 5);
    assert_int_equal(close(fd), 0);
    struct document_problem problem = {0};
    struct document *doc;
    assert_int_equal(doc_new_from_file(path, &doc, &problem), DOC_OK);
    assert_string_equal(doc_text(doc_get(doc_root(doc), "a")), "b");
    doc_free(doc);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(doc_new_from_file(path, &doc, &problem), DOC_UNREADABLE);
    assert_null(doc);
    assert_int_equal(problem.line, 0);
    assert_string_equal(problem.file, path);
    problem = (struct document_problem){0};
    assert_int_equal(doc_new_from_file("/", &doc, &problem), DOC_UNREADABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_node_knows_its_line_and_column),
        cmocka_unit_test(entries_come_in_the_order_written),
        cmocka_unit_test(columns_count_characters_not_bytes),
        cmocka_unit_test(byte_order_mark_is_no_part_of_the_text),
        cmocka_unit_test(files_that_hide_their_meaning_are_refused),
        cmocka_unit_test(syntax_errors_have_a_place),
        cmocka_unit_test(tabs_that_indent_are_called_by_name),
        cmocka_unit_test(empty_documents_are_refused),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(number_of_values_is_limited),
        cmocka_unit_test(number_of_keys_is_limited),
        cmocka_unit_test(size_is_limited),
        cmocka_unit_test(problem_shows_file_line_and_caret),
        cmocka_unit_test(first_problem_stays),
        cmocka_unit_test(long_lines_are_shown_around_the_column),
        cmocka_unit_test(shown_line_is_cut_between_characters),
        cmocka_unit_test(source_line_is_found_after_every_kind_of_line_break),
        cmocka_unit_test(files_are_read_and_missing_ones_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
