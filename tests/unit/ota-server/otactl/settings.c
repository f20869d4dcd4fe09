/* Settings: which source wins, and what a bad file says. */
#include "ota-server/otactl/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scp/host/file.h"
#include "tests/support/test.h"

static const char *variable_url;
static const char *variable_home;

static const char *environment(const char *name)
{
    if (strcmp(name, "REBIND_URL") == 0)
        return variable_url;
    return strcmp(name, "HOME") == 0 ? variable_home : NULL;
}

static char folder[64];
static char file[80];

static int make_folder(void **state)
{
    (void)state;
    variable_url = NULL;
    variable_home = NULL;
    (void)snprintf(folder, sizeof folder, "%s", "/tmp/rebind-settings-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(file, sizeof file, "%s/otactl.yaml", folder);
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    (void)unlink(file);
    (void)rmdir(folder);
    return 0;
}

static void write_file(const char *text)
{
    assert_int_equal(rebind_file_write(file, scp_bytes_of(text, strlen(text)), 0600, NULL), SCP_OK);
}

static void settings_prefer_option_then_environment_then_file_then_default(void **state)
{
    (void)state;
    struct otactl_settings settings;
    struct otactl_sources sources = {.environment = environment};
    assert_int_equal(otactl_settings_load(&settings, &sources, NULL), SCP_OK);
    assert_string_equal(settings.url, "https://localhost:8443");
    assert_null(settings.key);
    otactl_settings_fini(&settings);

    write_file("url: https://file\ncert: /absolute/me.crt\nkey: me.key\n");
    sources.config = file;
    assert_int_equal(otactl_settings_load(&settings, &sources, NULL), SCP_OK);
    assert_string_equal(settings.url, "https://file");
    assert_string_equal(settings.cert, "/absolute/me.crt");
    char beside[80];
    (void)snprintf(beside, sizeof beside, "%s/me.key", folder);
    assert_string_equal(settings.key, beside);
    otactl_settings_fini(&settings);

    variable_url = "https://environment";
    assert_int_equal(otactl_settings_load(&settings, &sources, NULL), SCP_OK);
    assert_string_equal(settings.url, "https://environment");
    otactl_settings_fini(&settings);

    sources.url = "https://option";
    assert_int_equal(otactl_settings_load(&settings, &sources, NULL), SCP_OK);
    assert_string_equal(settings.url, "https://option");
    otactl_settings_fini(&settings);
}

static void settings_need_the_file_only_when_it_is_named(void **state)
{
    (void)state;
    struct otactl_settings settings;
    struct otactl_sources sources = {.environment = environment};
    variable_home = folder;
    assert_int_equal(otactl_settings_load(&settings, &sources, NULL), SCP_OK);
    otactl_settings_fini(&settings);
    sources.config = file;
    assert_int_equal(otactl_settings_load(&settings, &sources, NULL), SCP_NOT_FOUND);
    assert_null(settings.url);
}

static void settings_name_the_line_and_column_of_a_fault(void **state)
{
    (void)state;
    static const struct {
        const char *text, *place;
    } rows[] = {
        {"url: https://a\ncolour: red\n", ":2:1: is none of"},
        {"url:\n  deeper: 1\n", ":1:1: must be a name and a text"},
        {"- url\n", ":1:1: must be a mapping"},
        {"url: [\n", ":2:1: "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct otactl_settings settings;
        const struct otactl_sources sources = {.config = file};
        struct rebind_problem problem = {""};
        write_file(rows[i].text);
        assert_int_equal(otactl_settings_load(&settings, &sources, &problem), SCP_MALFORMED);
        assert_non_null(strstr(problem.text, rows[i].place));
        assert_null(settings.url);
    }
    struct otactl_settings settings;
    const struct otactl_sources sources = {.config = file};
    write_file("# nothing\n");
    assert_int_equal(otactl_settings_load(&settings, &sources, NULL), SCP_OK);
    otactl_settings_fini(&settings);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(settings_prefer_option_then_environment_then_file_then_default),
        IN_FOLDER(settings_need_the_file_only_when_it_is_named),
        IN_FOLDER(settings_name_the_line_and_column_of_a_fault),
    };
    return cmocka_run_group_tests_name("otactl_settings", tests, NULL, NULL);
}
