/* The table of facts in policies/README.md is the schema's. */
#include "tests/support/test.h"

#include "policies/compile/schema.h"
#include "policies/compile/text.h"
#include "scp/host/file.h"

#include <string.h>

enum { README_MAX = 256 * 1024, ROW_SIZE = 512 };

static const char *row_of(enum policy_fact fact, char to[ROW_SIZE])
{
    const struct policy_fact_info *info = policy_fact_info(fact);
    struct policy_text row = policy_text_on(to, ROW_SIZE);
    policy_text_add(&row, "| `%s` | %s | %s | %s", info->name, policy_type_name(info->type),
                    policy_presence_name(info->presence), info->documentation);
    for (const char *const *word = info->words; *word != NULL; word++)
        policy_text_add(&row, "%s`%s`", word == info->words ? ": " : ", ", *word);
    policy_text_add(&row, " |\n");
    return to;
}

static void readme_has_the_schemas_table_of_facts(void **state)
{
    (void)state;
    struct rebind_blob readme;
    assert_int_equal(
        rebind_file_read(REBIND_SOURCE_DIR "/policies/README.md", README_MAX, &readme, NULL),
        SCP_OK);
    const char *at = strstr((const char *)readme.ptr, "| `card.id` |");
    for (size_t i = 0; i < POLICY_FACT_COUNT; i++) {
        char row[ROW_SIZE];
        (void)row_of((enum policy_fact)i, row);
        if (at == NULL || strncmp(at, row, strlen(row)) != 0)
            fail_msg("the row of policies/README.md should be: %s", row);
        at += strlen(row);
    }
    assert_int_equal(*at, '\n'); /* no further row */
    rebind_blob_free(&readme);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readme_has_the_schemas_table_of_facts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
