/* Running ota-policy as a user does: what it prints and how it exits. Includes cmocka's
 * prerequisites first (tests/support/test.h). */
#ifndef TESTS_UNIT_POLICIES_OTA_POLICY_RUN_PROGRAM_H
#define TESTS_UNIT_POLICIES_OTA_POLICY_RUN_PROGRAM_H

#include <jansson.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static inline void write_file(const char *folder, char path[64], const char *name, const char *text)
{
    (void)snprintf(path, 64, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

struct outcome {
    int status;
    char text[16384]; /* standard output and error */
};

static inline void run_program(const char *arguments, struct outcome *out)
{
    char command[1024];
    (void)snprintf(command, sizeof command, "'%s' %s 2>&1", OTA_POLICY_PROGRAM, arguments);
    FILE *pipe = popen(command, "r"); /* NOLINT(cert-env33-c): our own words */
    assert_non_null(pipe);
    size_t len = fread(out->text, 1, sizeof out->text - 1, pipe);
    out->text[len] = '\0';
    int status = pclose(pipe);
    assert_true(WIFEXITED(status));
    out->status = WEXITSTATUS(status);
}

static inline void expect_text(const char *arguments, int status, const char *part)
{
    struct outcome outcome;
    run_program(arguments, &outcome);
    if (strstr(outcome.text, part) == NULL)
        assert_string_equal(outcome.text, part);
    assert_int_equal(outcome.status, status);
}

static inline json_t *expect_json(const char *arguments, int status)
{
    struct outcome outcome;
    run_program(arguments, &outcome);
    assert_int_equal(outcome.status, status);
    json_t *json = json_loads(outcome.text, 0, NULL);
    assert_non_null(json);
    return json;
}

static inline const char *string_at(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    assert_non_null(text);
    return text;
}

#endif
