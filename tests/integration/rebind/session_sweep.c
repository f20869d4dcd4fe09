/* The card loses its power after every single command of a rebind, and at every single write of its
 * memory; the next contact finishes it. */
#include "tests/integration/rebind/bench.h"

#include <stdio.h>

/* Where the power goes: one of the two. */
struct tear {
    size_t command;
    uint64_t write;
};

/* One tear of the switch. Until then, and then, the listed bank pays and social security is
 * untouched; the next contact completes the switch. */
static void tear_and_recover(struct bench *b, const struct bench_snapshot *kept, struct tear tear)
{
    struct scp_aid paid;
    bench_return_to(b, kept);
    b->tear_after = tear.command;
    b->tear_write = tear.write;
    struct bench_visit cut = bench_visit(b, PLAN_SWITCH, &bench_peer);
    assert_int_equal(cut.outcome, SESSION_INTERRUPTED);
    assert_false(b->content.known);
    b->tear_after = 0;
    b->tear_write = 0;
    b->torn = false;
    bench_power(b);
    assert_listed_bank_pays(b, &paid);
    assert_social_security_is_as_issued(b);

    struct bench_visit next = bench_visit(b, PLAN_SWITCH, &bench_peer);
    if (next.outcome != SESSION_DONE)
        fail_msg("torn after command %zu, at write %llu: outcome %d, %04X", tear.command,
                 (unsigned long long)tear.write, (int)next.outcome, next.sw);
    assert_listed_bank_pays(b, &paid);
    assert_true(scp_aid_equal(&paid, &b->bank_b.instance));
    assert_null(content_find(&b->content, &b->bank_a));
    assert_social_security_is_as_issued(b);
    assert_int_equal(b->refused, 0);
    assert_record_is_true(b);
}

static void sweep_bench(struct bench *b, const char *what)
{
    assert_int_equal(bench_visit(b, PLAN_AUDIT, &bench_peer).outcome, SESSION_REPLAN);
    struct bench_snapshot kept = bench_keep(b);
    assert_int_equal(bench_visit(b, PLAN_SWITCH, &bench_peer).outcome, SESSION_DONE);
    size_t commands = b->script_commands;
    uint64_t writes = softcard_writes(b->card);
    for (size_t command = 1; command <= commands; command++)
        tear_and_recover(b, &kept, (struct tear){.command = command});
    for (uint64_t write = 1; write <= writes; write++)
        tear_and_recover(b, &kept, (struct tear){.write = write});
    printf("%s, %s: %zu tear points after commands, %llu at writes\n", b->profile.name, what,
           commands, (unsigned long long)writes);
    bench_snapshot_free(&kept);
    bench_free(b);
}

static void sweep(const char *profile)
{
    sweep_bench(bench_new(profile), "by the issuer");
    sweep_bench(bench_new_with_domain(profile), "by the bank's domain");
}

static void scp03_survives_every_tear(void **state)
{
    (void)state;
    sweep("scp03-i70-aes128");
}

static void scp02_survives_every_tear(void **state)
{
    (void)state;
    sweep("scp02-i55");
}

/* A chip that personalises only what is selectable: state 07 alone does not say complete. */
static void late_personalisation_survives_every_tear(void **state)
{
    (void)state;
    sweep("scp03-i10-aes192");
}

static void random_challenges_survive_every_tear(void **state)
{
    (void)state;
    sweep("scp02-i15");
    sweep("scp03-i60-aes256");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scp03_survives_every_tear),
        cmocka_unit_test(scp02_survives_every_tear),
        cmocka_unit_test(late_personalisation_survives_every_tear),
        cmocka_unit_test(random_challenges_survive_every_tear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
