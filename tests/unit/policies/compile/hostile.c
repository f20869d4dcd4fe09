/* Files made to cost much: whatever they are, reading them ends soon, with a place or with a
 * policy. Time is bounded generously, since sanitizers and busy machines are slow; what must not
 * happen is growth with the square of the size, which would take minutes here. */
#include "tests/support/test.h"

#include "tests/unit/policies/policy_text.h"

#include <stdlib.h>
#include <time.h>

enum { SECONDS_MOST = 20, TEXT_CAP = POLICY_SIZE_MAX + 64 };

struct hostile {
    const char *head;
    const char *repeated; /* %u: a number that grows */
    const char *tail;
    unsigned times;
};

static const struct hostile files[] = {
    {"", "[", "", 4000000},
    {"", "{a: ", "", 1000000},
    {"", "? ", "", 2000000},
    {"", "- ", "", 2000000},
    {"a: ", "&a%u ", "", 400000},
    {"a: \"", "\\u4e2d", "\"", 600000},
    {"a: |\n", " x\n", "", 1000000},
    {"", "# comment %u\n", "", 250000},
    {"", "%%TAG ! x%u\n", "", 200000},
    {"a: [", "x%u, ", "]", 390000},
    {"", "k%u: 1\n", "", 300000},
    {"version: 1\nname: p\nrules:\n", "- {id: a}\n", "", 16384},
    {"version: 1\nname: p\nrules:\n", "- {id: r%u, effect: deny, when: always, reason: x}\n", "",
     16384},
    {"version: 1\nname: p\nrules:\n  - {id: a, effect: deny, reason: x, when: {card.region: {in: [",
     "x%u, ", "]}}}\n", 380000},
    {"version: 1\nname: p\nrules:\n  - {id: a, effect: deny, reason: x, when: {any: [",
     "{bank.id: b%u}, ", "]}}\n", 65000},
    {"version: 1\nname: p\nscope: {regions: [", "x%u, ", "x1]}\nrules: []\n", 380000},
    {"version: 1\nname: p\nrules:\n  - {id: a, effect: deny, reason: x, when: always}\ntests:\n",
     "- {name: t%u, expect: deny, rule: b}\n", "", 1024},
};

static struct scp_bytes make(const struct hostile *file, char *text)
{
    size_t len = (size_t)snprintf(text, TEXT_CAP, "%s", file->head);
    for (unsigned i = 0; i < file->times && len < POLICY_SIZE_MAX - 128; i++) {
        const char *mark = strstr(file->repeated, "%u");
        size_t before = mark != NULL ? (size_t)(mark - file->repeated) : strlen(file->repeated);
        len += (size_t)snprintf(text + len, TEXT_CAP - len, "%.*s", (int)before, file->repeated);
        if (mark != NULL)
            len += (size_t)snprintf(text + len, TEXT_CAP - len, "%u%s", i, mark + 2);
    }
    len += (size_t)snprintf(text + len, TEXT_CAP - len, "%s", file->tail);
    return scp_bytes_of(text, len);
}

static void hostile_files_are_read_in_bounded_time(void **state)
{
    (void)state;
    char *text = malloc(TEXT_CAP);
    assert_non_null(text);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct document_problem problem = {0};
        struct policy *policy;
        struct scp_bytes bytes = make(&files[i], text);
        clock_t start = clock();
        enum document_error error = policy_compile("hostile.yaml", bytes, &policy, &problem);
        double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
        assert_true((policy == NULL) == (error != DOC_OK));
        assert_true(error == DOC_OK || problem.text[0] != '\0');
        if (seconds > SECONDS_MOST)
            fail_msg("%s… took %.1f s", files[i].repeated, seconds);
        policy_free(policy);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_files_are_read_in_bounded_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
