/* The card loses its power after every single command of a rebind, and at every single write of its
 * memory; the next contact finishes it. Changes of keys: key_sweep.c. */
#include "tests/integration/rebind/bench.h"

#include <stdio.h>

/* Where the power goes: one of the two. */
struct tear {
    size_t command;
    uint64_t write;
};

/* A visit that is torn, and the card in reach again. */
static void visit_torn(struct bench *b, enum plan_operation operation, struct tear tear)
{
    b->tear_after = tear.command;
    b->tear_write = tear.write;
    struct bench_visit cut = bench_visit(b, operation, &bench_peer);
    assert_int_equal(cut.outcome, SESSION_INTERRUPTED);
    assert_false(b->content.known);
    b->tear_after = 0;
    b->tear_write = 0;
    b->torn = false;
    bench_power(b);
}

static void visit_to_the_end(struct bench *b, enum plan_operation operation, struct tear tear)
{
    struct bench_visit next = bench_visit(b, operation, &bench_peer);
    if (next.outcome != SESSION_DONE)
        fail_msg("torn after command %zu, at write %llu: outcome %d, %04X", tear.command,
                 (unsigned long long)tear.write, (int)next.outcome, next.sw);
    assert_social_security_is_as_issued(b);
    assert_int_equal(b->refused, 0);
    assert_record_is_true(b);
}

/* One tear of the switch. Until then, and then, the listed bank pays and social security is
 * untouched; the next contact completes the switch. */
static void tear_switch(struct bench *b, struct tear tear)
{
    struct scp_aid paid;
    visit_torn(b, PLAN_SWITCH, tear);
    assert_listed_bank_pays(b, &paid);
    assert_social_security_is_as_issued(b);
    visit_to_the_end(b, PLAN_SWITCH, tear);
    assert_listed_bank_pays(b, &paid);
    assert_true(scp_aid_equal(&paid, &b->bank_b.instance));
    assert_null(content_find(&b->content, &b->bank_a));
}

/* One tear of the revocation that follows it. No terminal is ever sent to a bank that is not there,
 * and in the end nobody can pay. A package whose instance went in an earlier contact is for
 * purging: the planner sees no more that it was that bank's. */
static void tear_revocation(struct bench *b, struct tear tear)
{
    b->retired = b->bank_b.instance;
    visit_torn(b, PLAN_REVOKE, tear);
    (void)bench_pays(b);
    assert_social_security_is_as_issued(b);
    visit_to_the_end(b, PLAN_REVOKE, tear);
    assert_false(bench_pays(b));
    assert_null(content_find(&b->content, &b->bank_b.instance));
    b->retired = b->bank_a;
}

typedef void tear_one(struct bench *b, struct tear tear);

/* After each command, and at each write: all of them, for they take seconds. */
static void sweep_operation(struct bench *b, enum plan_operation operation, tear_one *tear,
                            const char *what)
{
    struct bench_snapshot kept = bench_keep(b);
    b->retired = operation == PLAN_REVOKE ? b->bank_b.instance : b->bank_a;
    assert_int_equal(bench_visit(b, operation, &bench_peer).outcome, SESSION_DONE);
    b->retired = b->bank_a;
    size_t commands = b->script_commands;
    size_t writes = (size_t)softcard_writes(b->card);
    for (size_t command = 1; command <= commands; command++) {
        bench_return_to(b, &kept);
        tear(b, (struct tear){.command = command});
    }
    for (size_t write = 1; write <= writes; write++) {
        bench_return_to(b, &kept);
        tear(b, (struct tear){.write = write});
    }
    size_t all = commands + writes;
    printf("%s, %s: covered %zu of %zu: %zu tear points after commands, %zu at writes\n",
           b->profile.name, what, all, all, commands, writes);
    bench_snapshot_free(&kept);
}

static void sweep_bench(struct bench *b, const char *by)
{
    char what[64];
    assert_int_equal(bench_visit(b, PLAN_AUDIT, &bench_peer).outcome, SESSION_REPLAN);
    snprintf(what, sizeof what, "switch by %s", by);
    sweep_operation(b, PLAN_SWITCH, tear_switch, what);
    snprintf(what, sizeof what, "revocation by %s", by);
    sweep_operation(b, PLAN_REVOKE, tear_revocation, what);
    bench_free(b);
}

static void sweep(const char *profile)
{
    sweep_bench(bench_new(profile), "the issuer");
    sweep_bench(bench_new_with_domain(profile), "the bank's domain");
    sweep_bench(bench_new_with_managing_domain(profile), "the bank's managing domain");
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
