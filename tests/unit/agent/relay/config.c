#include "agent/relay/config.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GOOD                             \
    "agent: kiosk-1\n"                   \
    "server: https://tsm.example:8443\n" \
    "tls:\n"                             \
    "  ca: ca.pem\n"                     \
    "  certificate: agent.pem\n"         \
    "  key: agent.key\n"                 \
    "readers:\n"                         \
    "  soft: cards\n"                    \
    "  pcsc: [ACS, Virtual PCD 00]\n"    \
    "journal: journal\n"

static enum agent_error read_text(const char *text, struct agent_config *config,
                                  struct document_problem *problem)
{
    char path[] = "/tmp/rebind-config-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
    *problem = (struct document_problem){0};
    enum agent_error error = agent_config_read(path, config, problem);
    (void)unlink(path);
    return error;
}

static void a_whole_configuration_is_read(void **state)
{
    (void)state;
    struct agent_config config;
    struct document_problem problem;
    assert_int_equal(
        read_text(GOOD "contacts: 8\npoll: 250ms\nprogress: false\nlog: warn\n", &config, &problem),
        AGENT_OK);
    assert_string_equal(config.endpoint.server, "https://tsm.example:8443");
    assert_string_equal(config.endpoint.agent, "kiosk-1");
    assert_string_equal(config.endpoint.key, "agent.key");
    assert_string_equal(config.soft_directory, "cards");
    assert_true(config.pcsc);
    assert_string_equal(config.pcsc_names[1], "Virtual PCD 00");
    assert_null(config.pcsc_names[2]);
    assert_string_equal(config.journal, "journal");
    assert_int_equal(config.contacts, 8);
    assert_int_equal(config.poll_ms, 250);
    assert_false(config.progress);
    assert_int_equal(config.log_level, REBIND_LOG_WARN);
    agent_config_fini(&config);
}

static void what_is_left_out_has_a_default(void **state)
{
    (void)state;
    struct agent_config config;
    struct document_problem problem;
    assert_int_equal(read_text(GOOD, &config, &problem), AGENT_OK);
    assert_int_equal(config.contacts, 4);
    assert_int_equal(config.poll_ms, 1000);
    assert_true(config.progress);
    assert_int_equal(config.log_level, REBIND_LOG_INFO);
    agent_config_fini(&config);
}

static void a_wrong_configuration_names_the_line(void **state)
{
    (void)state;
    const struct {
        const char *text;
        unsigned line;
    } cases[] = {
        {GOOD "contact: 8\n", 11},
        {GOOD "contacts: 0\n", 11},
        {GOOD "poll: 5\n", 11},
        {GOOD "poll: 1ms\n", 11},
        {GOOD "progress: often\n", 11},
        {GOOD "log: loud\n", 11},
        {"agent: a\nserver: http://x\ntls: {ca: c, certificate: d, key: k}\n"
         "readers: {pcsc: all}\njournal: j\n",
         2},
        {"agent: a\nserver: https://x/path\ntls: {ca: c, certificate: d, key: k}\n"
         "readers: {pcsc: all}\njournal: j\n",
         2},
        {"agent: a\nserver: https://x\ntls: {ca: c, certificate: d, key: k}\n"
         "readers: {}\njournal: j\n",
         4},
        {"agent: a\nserver: https://x\ntls: {ca: c, certificate: d, key: k}\n"
         "readers: {pcsc: some}\njournal: j\n",
         4},
        {"agent: a\nserver: https://x\ntls: {ca: c, certificate: d, key: k}\n"
         "readers: {pcsc: []}\njournal: j\n",
         4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct agent_config config;
        struct document_problem problem;
        assert_int_equal(read_text(cases[i].text, &config, &problem), AGENT_CONFIG);
        assert_int_equal(problem.line, cases[i].line);
        agent_config_fini(&config);
    }
}

static void a_list_or_nothing_in_place_of_a_mapping_is_refused(void **state)
{
    (void)state;
    const char *const texts[] = {"[]", "", "agent\n", "agent: a\ntls: []\nreaders: x\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct agent_config config;
        struct document_problem problem;
        assert_int_equal(read_text(texts[i], &config, &problem), AGENT_CONFIG);
        assert_int_not_equal(problem.error, DOC_OK);
        agent_config_fini(&config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_configuration_is_read),
        cmocka_unit_test(what_is_left_out_has_a_default),
        cmocka_unit_test(a_wrong_configuration_names_the_line),
        cmocka_unit_test(a_list_or_nothing_in_place_of_a_mapping_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
