/* Orders torn at every command and at writes of the card's memory: the contacts that follow carry
 * each of them out, no authentication fails, and the card carries what it carries after an order
 * that nothing cut. Store, vault, engine, script runner and card in one process. */
#include "tests/integration/rebind/office.h"

#include <stdio.h>
#include <string.h>

enum { CONTACTS_MAX = 3 };

/* What was done before, and what is torn. */
struct order_case {
    const char *name;
    struct order before[2]; /* carried out first, as far as they name a card's role */
    size_t before_count;
    struct order torn;
};

#define ORDER(name)                    \
    {                                  \
        .kind = STORE_OPERATION_##name \
    }
#define ORDER_B(name)                                             \
    {                                                             \
        .kind = STORE_OPERATION_##name, .product = "bank-b/debit" \
    }
#define LOAD_INSTANCE                                                                        \
    {                                                                                        \
        .kind = STORE_OPERATION_LOAD, .product = "bank-b/debit", .form = STORE_FORM_INSTANCE \
    }

static const struct order_case cases[] = {
    {"suspend", {ORDER_B(BIND)}, 1, ORDER(SUSPEND)},
    {"resume", {ORDER_B(BIND), ORDER(SUSPEND)}, 2, ORDER(RESUME)},
    {"load of a package", {ORDER(AUDIT)}, 1, ORDER_B(LOAD)},
    {"load of an instance", {ORDER(AUDIT)}, 1, LOAD_INSTANCE},
    {"switch to what is ready", {LOAD_INSTANCE}, 1, ORDER_B(BIND)},
    {"purge", {LOAD_INSTANCE}, 1, ORDER_B(PURGE)},
    {"audit", {ORDER_B(BIND)}, 1, ORDER(AUDIT)},
};

/* What an order that nothing cut leaves. */
struct outcome {
    uint32_t memory_free;
    struct store_content contents[STORE_CONTENTS_MAX];
    size_t count;
};

static void look(struct office *o, struct outcome *out)
{
    struct store_tx *tx = office_tx(o, STORE_READ);
    assert_int_equal(
        store_content_list(tx, o->card, out->contents, STORE_CONTENTS_MAX, &out->count), STORE_OK);
    store_rollback(tx);
    out->memory_free = softcard_memory_free(o->bench->card);
}

static void assert_same(const struct outcome *a, const struct outcome *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_string_equal(a->contents[i].aid, b->contents[i].aid);
        assert_int_equal(a->contents[i].life_cycle, b->contents[i].life_cycle);
    }
    assert_int_equal(a->memory_free, b->memory_free);
}

static void carry_out(struct office *o, const struct order *order)
{
    assert_refused(NONE, office_place(o, *order));
    office_contact(o, &office_agent);
    if (office_operation(o).state != STORE_OPERATION_DONE)
        fail_msg("state %d: %s", (int)office_operation(o).state, office_operation(o).cause);
}

static void tear_and_recover(struct office *o, const struct order_case *c,
                             const struct office_cut *cut, const struct outcome *expected)
{
    struct outcome left;
    office_cut_contact(o, cut);
    for (size_t i = 0; i < CONTACTS_MAX && store_operation_is_open(office_operation(o).state); i++)
        office_contact(o, &office_agent);
    struct store_operation operation = office_operation(o);
    if (operation.state != STORE_OPERATION_DONE)
        fail_msg("%s, %s, cut after command %zu, at write %zu: state %d, %s",
                 o->bench->profile.name, c->name, cut->command, (size_t)cut->write,
                 (int)operation.state, operation.cause);
    look(o, &left);
    assert_same(&left, expected);
    assert_int_equal(o->bench->refused, 0);
    assert_social_security_is_as_issued(o->bench);
}

/* Every command with its answers kept and lost, and a stride of the writes. */
static size_t sweep_points(struct office *o, const struct order_case *c,
                           const struct office_snapshot *ordered, const struct outcome *expected)
{
    enum { WRITES_ABOUT = 24 };
    const size_t commands = o->bench->commands;
    const size_t writes = (size_t)softcard_writes(o->bench->card);
    const size_t stride = writes / WRITES_ABOUT + 1;
    size_t covered = 0;
    for (size_t n = 1; n <= 2 * commands; n++) {
        office_return_to(o, ordered);
        tear_and_recover(o, c,
                         &(struct office_cut){.command = (n + 1) / 2, .answers_lost = n % 2 == 0},
                         expected);
        covered++;
    }
    for (size_t n = 1; n <= writes; n += stride) {
        office_return_to(o, ordered);
        tear_and_recover(o, c, &(struct office_cut){.write = n}, expected);
        covered++;
    }
    printf("%s, %s: covered %zu of %zu: %zu tear points\n", o->bench->profile.name, c->name,
           covered, 2 * commands + writes, covered);
    return covered;
}

static void sweep(const char *profile, bool has_domain, const struct order_case *c)
{
    struct office *o = office_new(profile);
    struct outcome expected;
    if (has_domain)
        office_give_bank_b_a_domain(o);
    office_bring_record(o);
    for (size_t i = 0; i < c->before_count; i++)
        carry_out(o, &c->before[i]);
    assert_refused(NONE, office_place(o, c->torn));
    struct office_snapshot ordered = office_keep(o);
    office_return_to(o, &ordered);
    office_contact(o, &office_agent);
    assert_int_equal(office_operation(o).state, STORE_OPERATION_DONE);
    look(o, &expected);
    assert_true(sweep_points(o, c, &ordered, &expected) > 0);
    office_snapshot_free(&ordered);
    office_free(o);
}

static void orders_survive_every_tear(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sweep("scp03-i70-aes128", false, &cases[i]);
        sweep("scp03-i70-aes128", true, &cases[i]);
        sweep("scp02-i55", false, &cases[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_survive_every_tear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
