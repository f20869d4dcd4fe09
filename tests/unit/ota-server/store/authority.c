/* Principals. */
#include "tests/unit/ota-server/store/support.h"

#include <stdio.h>
#include <string.h>

static void principal_is_found_by_its_certificate(void **state)
{
    struct store_principal out[2];
    size_t count = 0;
    struct store_principal bank = {.fingerprint = {1},
                                   .kind = STORE_PRINCIPAL_BANK,
                                   .tenant = "bank-a",
                                   .person = "",
                                   .name = "Bank A's portal"};
    struct store_principal again = bank;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    assert_ok(store_principal_add(tx, &bank));
    assert_store_error(CONFLICT, store_principal_add(tx, &again));
    assert_ok(store_principal_by_fingerprint(tx, bank.fingerprint, &out[0]));
    assert_memory_equal(&out[0], &bank, sizeof bank);
    assert_ok(store_principal_disable(tx, bank.id));
    assert_ok(store_principal_get(tx, bank.id, &out[0]));
    assert_int_equal(out[0].status, STORE_PRINCIPAL_DISABLED);
    assert_ok(store_principal_list(tx, "", out, 2, &count));
    assert_int_equal(count, 1);
    assert_store_error(NOT_FOUND, store_principal_disable(tx, "none"));
    commit(tx);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(principal_is_found_by_its_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
