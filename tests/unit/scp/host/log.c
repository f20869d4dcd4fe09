/* Logs: each record one line of valid JSON, whatever is in it and whoever writes. */
#include "scp/host/log.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "tests/support/test.h"

struct capture {
    struct rebind_seeded seeded;
    struct rebind_env env;
    char *lines;
    size_t len;
    FILE *to;
    struct rebind_log *log;
};

static int open_capture(void **state)
{
    struct capture *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->env = rebind_env_seeded(&c->seeded, 1, 1700000000123);
    c->to = open_memstream(&c->lines, &c->len);
    assert_non_null(c->to);
    c->log = rebind_log_new(c->to, REBIND_LOG_INFO, &c->env);
    assert_non_null(c->log);
    *state = c;
    return 0;
}

static int close_capture(void **state)
{
    struct capture *c = *state;
    rebind_log_free(c->log);
    (void)fclose(c->to);
    free(c->lines);
    rebind_seeded_fini(&c->seeded);
    free(c);
    return 0;
}

static void log_record_is_one_json_line_of_typed_fields(void **state)
{
    struct capture *c = *state;
    REBIND_LOG(c->log, REBIND_LOG_WARN, "card.seen", REBIND_TEXT("reader", "ACS \"00\"\n"),
               REBIND_INT("delta", -5), REBIND_UINT("count", UINT64_MAX),
               REBIND_BOOL("resident", true), REBIND_HEX("aid", SCP_LITERAL(0xA0, 0x0F)),
               REBIND_TEXT("bank", NULL));
    assert_string_equal(c->lines,
                        "{\"time\":\"2023-11-14T22:13:20.123Z\",\"level\":\"warn\","
                        "\"event\":\"card.seen\",\"reader\":\"ACS \\\"00\\\"\\n\",\"delta\":-5,"
                        "\"count\":18446744073709551615,\"resident\":true,\"aid\":\"A00F\","
                        "\"bank\":null}\n");
}

static void log_drops_records_below_its_level(void **state)
{
    struct capture *c = *state;
    rebind_log_event(c->log, REBIND_LOG_DEBUG, "noise");
    assert_int_equal(c->len, 0);
    assert_false(rebind_log_takes(c->log, REBIND_LOG_DEBUG));
    rebind_log_event(c->log, REBIND_LOG_INFO, "news");
    assert_true(c->len > 0);
    rebind_log_event(NULL, REBIND_LOG_ERROR, "nowhere");
}

static void log_line_stays_valid_json_for_any_bytes(void **state)
{
    struct capture *c = *state;
    char all[256];
    for (int i = 0; i < 255; i++)
        all[i] = (char)(i + 1);
    all[255] = '\0';
    REBIND_LOG(c->log, REBIND_LOG_INFO, "bytes", REBIND_TEXT("all", all));
    json_error_t error;
    json_t *record = json_loads(c->lines, 0, &error);
    assert_non_null(record);
    assert_non_null(strstr(json_string_value(json_object_get(record, "all")), "ABC"));
    json_decref(record);
    assert_ptr_equal(strchr(c->lines, '\n'), c->lines + c->len - 1);
}

static void log_counts_a_record_that_is_too_long(void **state)
{
    struct capture *c = *state;
    char *long_text = malloc(100000);
    assert_non_null(long_text);
    memset(long_text, 'x', 99999);
    long_text[99999] = '\0';
    REBIND_LOG(c->log, REBIND_LOG_INFO, "long", REBIND_TEXT("text", long_text));
    free(long_text);
    assert_int_equal(c->len, 0);
    assert_int_equal(rebind_log_lost(c->log), 1);
    rebind_log_event(c->log, REBIND_LOG_INFO, "next");
    assert_int_equal(rebind_log_lost(c->log), 1);
    assert_non_null(strstr(c->lines, "next"));
}

static void *log_many(void *arg)
{
    struct capture *c = arg;
    for (unsigned i = 0; i < 500; i++)
        REBIND_LOG(c->log, REBIND_LOG_INFO, "thread", REBIND_UINT("i", i));
    return NULL;
}

static void log_lines_of_many_threads_stay_whole(void **state)
{
    struct capture *c = *state;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, c), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    unsigned lines = 0;
    for (char *line = c->lines, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        json_error_t error;
        json_t *record = json_loadb(line, (size_t)(end - line), 0, &error);
        assert_non_null(record);
        json_decref(record);
        lines++;
    }
    assert_int_equal(lines, 2000);
}

static void log_level_is_found_by_name(void **state)
{
    (void)state;
    enum rebind_log_level level;
    assert_int_equal(rebind_log_level_from_name("error", &level), SCP_OK);
    assert_int_equal(level, REBIND_LOG_ERROR);
    assert_int_equal(rebind_log_level_from_name("loud", &level), SCP_NOT_FOUND);
}

#define CAPTURED(test) cmocka_unit_test_setup_teardown(test, open_capture, close_capture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CAPTURED(log_record_is_one_json_line_of_typed_fields),
        CAPTURED(log_drops_records_below_its_level),
        CAPTURED(log_line_stays_valid_json_for_any_bytes),
        CAPTURED(log_counts_a_record_that_is_too_long),
        CAPTURED(log_lines_of_many_threads_stay_whole),
        cmocka_unit_test(log_level_is_found_by_name),
    };
    return cmocka_run_group_tests_name("scp_host_log", tests, NULL, NULL);
}
