/* A card with more applications than one answer holds is read page by page. */
#include "tests/integration/rebind/bench.h"

#include <string.h>

static const char *const profiles[] = {"scp02-i15", "scp02-i55", "scp03-i10-aes192",
                                       "scp03-i60-aes256", "scp03-i70-aes128"};
enum { PROFILES = sizeof profiles / sizeof profiles[0], MORE_INSTANCES = 6 };

/* Instance AIDs as long as they may be, so that few fit on a page. */
static struct scp_aid long_aid(const struct bench *b, uint8_t last)
{
    struct scp_aid aid = b->bank_a;
    memset(aid.bytes + aid.len, 0, SCP_AID_MAX - aid.len);
    aid.len = SCP_AID_MAX;
    aid.bytes[SCP_AID_MAX - 1] = last;
    return aid;
}

/* Beside what the card was issued with; nothing is retired. */
static void add_instances(struct bench *b)
{
    b->bank_a = long_aid(b, 0xFF);
    for (unsigned i = 0; i < MORE_INSTANCES; i++) {
        b->bank_b.instance = long_aid(b, (uint8_t)i);
        assert_int_equal(bench_visit(b, PLAN_SWITCH, &bench_peer).outcome, SESSION_DONE);
    }
}

static void registry_of_several_pages_is_read_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROFILES; i++) {
        struct bench *b = bench_new(profiles[i]);
        assert_int_equal(bench_visit(b, PLAN_AUDIT, &bench_peer).outcome, SESSION_REPLAN);
        add_instances(b);
        size_t entries = b->content.count;
        b->content = (struct card_content){.known = false};
        struct bench_visit visit = bench_visit(b, PLAN_AUDIT, &bench_peer);
        assert_int_equal(visit.outcome, SESSION_REPLAN);
        assert_true(b->content.known);
        assert_int_equal(b->content.count, entries);
        for (unsigned last = 0; last < MORE_INSTANCES; last++) {
            struct scp_aid aid = long_aid(b, (uint8_t)last);
            assert_non_null(content_find(&b->content, &aid));
        }
        assert_true(visit.exchanges > 1);
        bench_free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registry_of_several_pages_is_read_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
