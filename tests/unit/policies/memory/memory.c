/* Every allocation fails once: the answer is NO_MEMORY, and nothing leaks (the sanitizer looks). */
#include "tests/support/test.h"

#include "tests/unit/policies/policy_text.h"

#include <stdlib.h>

/* The linker gives us the calls of our own code (--wrap); libyaml keeps the real ones. */
void *__real_malloc(size_t size);               /* NOLINT(bugprone-reserved-identifier) */
void *__real_calloc(size_t count, size_t size); /* NOLINT(bugprone-reserved-identifier) */
void *__wrap_malloc(size_t size);               /* NOLINT(bugprone-reserved-identifier) */
void *__wrap_calloc(size_t count, size_t size); /* NOLINT(bugprone-reserved-identifier) */

static long until_failure = -1; /* negative: none fails */

static bool fails_now(void)
{
    return until_failure >= 0 && until_failure-- == 0;
}

void *__wrap_malloc(size_t size) /* NOLINT(bugprone-reserved-identifier) */
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) /* NOLINT(bugprone-reserved-identifier) */
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

static const char text[] =
    "version: 1\n"
    "name: p\n"
    "languages: [zh, en]\n"
    "default_reasons: {default-deny: {zh: x, en: y}}\n"
    "scope: {regions: [x]}\n"
    "calendar: {time_zone: Z, working_days: [mon], holidays: [2027-01-01]}\n"
    "rules:\n"
    "  - id: a\n"
    "    effect: allow\n"
    "    when: {bank.id: {in: [a, b]}, any: [{card.region: x}, {card.status: active}]}\n"
    "    reason: {zh: x, en: y}\n"
    "  - {id: d, effect: deny, when: {bank.id: c}, reason: {zh: x, en: y}}\n"
    "stops: [{id: s, bank: b, region: r, reason: {zh: x, en: y}}]\n"
    "limits:\n"
    "  - {id: l, cool_down: {days: 3}, except: {bank.id: z}, reason: {zh: x, en: y}}\n"
    "exceptions:\n"
    "  - {id: e, overrides: [d, l], when: {card.id: c}, approver: Li, expires: 2027-01-01,\n"
    "     reason: {zh: x, en: y}}\n"
    "assignment: {method: draw, shares: {a: 1}}\n"
    "tests:\n"
    "  - {name: t, facts: {bank.licensed_regions: [x]}, counts: {l: 1}, expect: deny, rule: d}\n";

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    struct policy *policy = NULL;
    long failures = 0;
    for (; policy == NULL; failures++) {
        struct document_problem problem = {0};
        until_failure = failures;
        enum document_error error =
            policy_compile("p.yaml", scp_bytes_of(text, strlen(text)), &policy, &problem);
        until_failure = -1;
        assert_int_equal(error, policy == NULL ? DOC_NO_MEMORY : DOC_OK);
        assert_int_equal(error, problem.error);
    }
    assert_true(failures > 100);
    policy_free(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
