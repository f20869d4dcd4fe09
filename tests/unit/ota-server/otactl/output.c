/* Output: what people read. */
#include "ota-server/otactl/output.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/test.h"

static json_t *parse(const char *text)
{
    json_t *value = json_loads(text, 0, NULL);
    assert_non_null(value);
    return value;
}

/* What a printer prints; on the heap. */
static char *print_table(const char *items, const struct otactl_column *columns)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    json_t *value = parse(items);
    otactl_print_table(to, value, columns);
    json_decref(value);
    (void)fclose(to);
    return text;
}

static const struct otactl_column columns[] = {
    {"NAME", "name"}, {"DONE", "steps.done"}, {"BY", "by"}, {NULL, NULL}};

static void table_columns_are_as_wide_as_their_content(void **state)
{
    (void)state;
    char *text = print_table("[{\"name\":\"a\",\"steps\":{\"done\":1234567},\"by\":[\"x\",\"y\"]},"
                             "{\"name\":\"\xE9\x93\xB6\xE8\xA1\x8C\",\"steps\":null}]",
                             columns);
    assert_string_equal(text, "NAME  DONE     BY\n"
                              "a     1234567  x, y\n"
                              "\xE9\x93\xB6\xE8\xA1\x8C  -        -\n");
    free(text);
}

static void table_shows_no_control_characters(void **state)
{
    (void)state;
    char *text = print_table("[{\"name\":\"a\\u001b[2Jb\\n\"}]", columns);
    assert_null(strchr(text, '\x1B'));
    assert_non_null(strstr(text, "a?[2Jb?"));
    free(text);
    text = print_table("[]", columns);
    assert_string_equal(text, "none\n");
    free(text);
}

static void object_shows_members_inside_and_tables_of_arrays(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    json_t *value =
        parse("{\"id\":\"c1\",\"known\":true,\"evidence\":{\"level\":\"proven\"},"
              "\"contents\":[{\"aid\":\"A0\",\"state\":7}],\"cause\":\"\",\"regions\":[],"
              "\"yaml\":\"a: 1\\nb: \\u001b2\\n\"}");
    otactl_print_object(to, value);
    json_decref(value);
    (void)fclose(to);
    assert_non_null(strstr(text, "id                   c1\n"));
    assert_non_null(strstr(text, "known                yes\n"));
    assert_non_null(strstr(text, "evidence.level       proven\n"));
    assert_non_null(strstr(text, "cause                -\n"));
    assert_non_null(strstr(text, "regions              -\n"));
    assert_non_null(strstr(text, "yaml\n  a: 1\n  b: ?2\n"));
    assert_non_null(strstr(text, "contents\n  aid  state\n  A0   7\n"));
    free(text);
}

static void progress_bar_fills_with_the_steps(void **state)
{
    (void)state;
    static const struct {
        int done, total;
        const char *bar;
    } rows[] = {
        {0, 0, "[........................] 0/0"},
        {0, 3, "[........................] 0/3"},
        {1, 3, "[########................] 1/3"},
        {3, 3, "[########################] 3/3"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[160];
        json_t *operation =
            json_pack("{s:{s:i, s:i}, s:{s:i, s:i}, s:s}", "steps", "done", rows[i].done, "total",
                      rows[i].total, "bytes", "done", 1536, "total", 3072, "state", "running");
        otactl_format_progress(line, sizeof line, operation);
        json_decref(operation);
        assert_memory_equal(line, rows[i].bar, strlen(rows[i].bar));
        assert_non_null(strstr(line, "1.5/3.0 KiB  running"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_columns_are_as_wide_as_their_content),
        cmocka_unit_test(table_shows_no_control_characters),
        cmocka_unit_test(object_shows_members_inside_and_tables_of_arrays),
        cmocka_unit_test(progress_bar_fills_with_the_steps),
    };
    return cmocka_run_group_tests_name("otactl_output", tests, NULL, NULL);
}
