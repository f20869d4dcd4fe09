/* Bindings that are asked for again, with a real store, a real vault and a soft card. */
#include "tests/integration/rebind/office.h"

#include <stdlib.h>
#include <string.h>

static int setup(void **state)
{
    *state = office_new("scp03-i70-aes128");
    return 0;
}

static int teardown(void **state)
{
    office_free(*state);
    return 0;
}

/* The open operation ends as failed, as after too many contacts that led nowhere. */
static void fail_operation(struct office *o)
{
    struct store_operation operation = office_operation(o);
    operation.state = STORE_OPERATION_FAILED;
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    assert_int_equal(store_operation_update(tx, &operation), STORE_OK);
    assert_int_equal(store_commit(tx), STORE_OK);
}

static enum rebind_refusal ask(struct office *o, const char *product)
{
    return office_place(
        o, (struct order){.kind = product == NULL ? STORE_OPERATION_REVOKE : STORE_OPERATION_BIND,
                          .product = product});
}

static void failed_switch_can_be_asked_for_again(void **state)
{
    struct office *o = *state;
    char first[STORE_ID_SIZE];
    office_order(o);
    memcpy(first, o->operation, sizeof first);
    fail_operation(o);
    assert_refused(NONE, office_bind_b(o));
    assert_string_not_equal(first, o->operation);
    struct store_operation operation = office_operation(o);
    assert_int_equal(operation.kind, STORE_OPERATION_SWITCH);
    assert_string_equal(operation.previous_product, "bank-a/debit");
    office_contact(o, &office_agent);
    assert_int_equal(office_operation(o).state, STORE_OPERATION_DONE);
    assert_refused(ALREADY_BOUND, office_bind_b(o));
}

static void failed_revocation_can_be_asked_for_again(void **state)
{
    struct office *o = *state;
    assert_refused(NONE, ask(o, NULL));
    fail_operation(o);
    assert_refused(NONE, ask(o, NULL));
    struct store_operation operation = office_operation(o);
    assert_int_equal(operation.kind, STORE_OPERATION_REVOKE);
    assert_string_equal(operation.previous_product, "bank-a/debit");
    office_contact(o, &office_agent);
    assert_int_equal(office_operation(o).state, STORE_OPERATION_DONE);
    assert_refused(NOTHING_BOUND, ask(o, NULL));
}

static void old_bank_comes_back_after_a_failed_switch(void **state)
{
    struct office *o = *state;
    office_order(o);
    fail_operation(o);
    assert_refused(NONE, ask(o, "bank-a/debit"));
    assert_string_equal(office_operation(o).previous_product, "bank-b/debit");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(failed_switch_can_be_asked_for_again, setup, teardown),
        cmocka_unit_test_setup_teardown(failed_revocation_can_be_asked_for_again, setup, teardown),
        cmocka_unit_test_setup_teardown(old_bank_comes_back_after_a_failed_switch, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
