#include "ota-server/rebind/card_profile.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#define HEAD "name: chip\ncard:\n"
#define REST                                                  \
    "  i: \"70\"\n  kvn: 0x30\n  isd_aid: A000000151000000\n" \
    "  protected_aids: [7378312E736801]\n"
#define GOOD HEAD "  protocol: scp03\n" REST

static bool reads(const char *text, struct card_profile *profile, struct document_problem *problem)
{
    struct document *doc = NULL;
    *problem = (struct document_problem){.error = DOC_OK};
    if (doc_new("chip.yaml", scp_bytes_of(text, strlen(text)), &doc, problem) != DOC_OK)
        return false;
    bool fits = card_profile_read(doc, profile, problem);
    doc_free(doc);
    return fits;
}

static void profile_is_read(void **state)
{
    (void)state;
    struct card_profile profile = {.isd = {.len = 0}};
    struct document_problem problem;
    assert_true(reads(GOOD "  max_command_data: 200\n"
                           "  quirks: {personalises_in_installed: false,"
                           " aes_keys_without_length: true, keeps_initial_keys: true}\n",
                      &profile, &problem));
    assert_string_equal(profile.name, "chip");
    assert_int_equal(profile.protocol, SCP_PROTOCOL_03);
    assert_int_equal(profile.i, 0x70);
    assert_int_equal(profile.kvn, 0x30);
    assert_int_equal(profile.isd.len, 8);
    assert_int_equal(profile.max_command_data, 200);
    assert_int_equal(profile.protected_count, 1);
    assert_false(profile.personalises_in_installed);
    assert_true(profile.put_key.aes_bare);
    assert_false(profile.put_key.des_length);
    assert_false(profile.put_key.aes_kcv_zeros);
    assert_true(profile.keeps_initial_keys);
}

static void what_may_be_left_out_has_its_usual_value(void **state)
{
    (void)state;
    struct card_profile profile = {.isd = {.len = 0}};
    struct document_problem problem;
    assert_true(reads(GOOD, &profile, &problem));
    assert_int_equal(profile.max_command_data, 0);
    assert_true(profile.personalises_in_installed);
    assert_false(profile.put_key.aes_bare);
    assert_false(profile.keeps_initial_keys);
}

static void errors_name_line_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line;
        unsigned column;
    } rows[] = {
        {HEAD "  protocol: scp04\n" REST, 3, 13},
        {GOOD "  max_command_data: 300\n", 8, 21},
        {GOOD "  colour: red\n", 8, 3},
        {GOOD "  quirks: {sings: true}\n", 8, 12},
        {GOOD "extra: 1\n", 8, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct card_profile profile = {.isd = {.len = 0}};
        struct document_problem problem;
        assert_false(reads(rows[i].text, &profile, &problem));
        assert_string_equal(problem.file, "chip.yaml");
        assert_int_equal(problem.line, rows[i].line);
        assert_int_equal(problem.column, rows[i].column);
        assert_true(strlen(problem.text) > 0);
    }
}

static void what_is_needed_must_be_there(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "card: {}\n",
        "name: chip\n",
        HEAD REST,
        HEAD "  protocol: scp03\n  i: \"70\"\n  kvn: 48\n  isd_aid: A000000151000000\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct card_profile profile = {.isd = {.len = 0}};
        struct document_problem problem;
        assert_false(reads(texts[i], &profile, &problem));
    }
}

static void more_protected_aids_than_there_is_room_for_are_refused(void **state)
{
    (void)state;
    char text[1024];
    struct card_profile profile = {.isd = {.len = 0}};
    struct document_problem problem;
    int used = snprintf(text, sizeof text, "%s",
                        HEAD "  protocol: scp03\n  i: \"70\"\n  kvn: 48\n"
                             "  isd_aid: A000000151000000\n  protected_aids: [A000000000");
    for (int i = 0; i < CARD_PROFILE_PROTECTED_MAX; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, ", A0000001%02d", i);
    snprintf(text + used, sizeof text - (size_t)used, "]\n");
    assert_false(reads(text, &profile, &problem));
    assert_int_equal(problem.line, 7);
    assert_non_null(strstr(problem.text, "protected"));
}

static void shipped_profiles_are_all_read(void **state)
{
    (void)state;
    struct document_problem problem = {.error = DOC_OK};
    struct card_profiles *profiles =
        card_profiles_new(REBIND_SOURCE_DIR "/configs/profiles", &problem);
    assert_non_null(profiles);
    assert_int_equal(card_profiles_count(profiles), 10);
    assert_non_null(card_profiles_find(profiles, "scp02-i55"));
    assert_null(card_profiles_find(profiles, "scp02"));
    card_profiles_free(profiles);
}

static void folder_without_profiles_is_an_error(void **state)
{
    (void)state;
    struct document_problem problem = {.error = DOC_OK};
    assert_null(card_profiles_new(REBIND_SOURCE_DIR "/scp", &problem));
    assert_int_equal(problem.error, DOC_UNREADABLE);
    assert_non_null(strstr(problem.file, "/scp"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(profile_is_read),
        cmocka_unit_test(what_may_be_left_out_has_its_usual_value),
        cmocka_unit_test(errors_name_line_and_column),
        cmocka_unit_test(what_is_needed_must_be_there),
        cmocka_unit_test(more_protected_aids_than_there_is_room_for_are_refused),
        cmocka_unit_test(shipped_profiles_are_all_read),
        cmocka_unit_test(folder_without_profiles_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
