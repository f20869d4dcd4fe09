/* Principals and policies. */
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

static int32_t propose(struct store_tx *tx, const char *yaml)
{
    struct store_policy policy = {.author = "P1", .author_person = "ann"};
    assert_ok(store_policy_propose(tx, &policy, scp_bytes_of(yaml, strlen(yaml))));
    return policy.version;
}

static void policy_versions_count_and_keep_their_text(void **state)
{
    struct store_policy out[4];
    struct store_blob yaml;
    size_t count = 0;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    assert_store_error(NOT_FOUND, store_policy_active(tx, &out[0]));
    assert_int_equal(propose(tx, "a: 1\n"), 1);
    assert_int_equal(propose(tx, "a: 2\n"), 2);
    assert_ok(store_policy_yaml(tx, 2, &yaml));
    assert_string_equal((const char *)yaml.ptr, "a: 2\n");
    store_blob_fini(&yaml);
    assert_ok(store_policy_list(tx, 0, out, 4, &count));
    assert_int_equal(count, 2);
    assert_int_equal(out[1].status, STORE_POLICY_PROPOSED);
    assert_memory_not_equal(out[0].digest, out[1].digest, 32);
    assert_ok(store_policy_list(tx, 1, out, 4, &count));
    assert_int_equal(count, 1);
    commit(tx);
}

static void policy_needs_another_person_to_approve(void **state)
{
    struct store_policy out;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    (void)propose(tx, "a: 1\n");
    assert_store_error(CONFLICT, store_policy_activate(tx, 1, "P2", "ann"));
    assert_store_error(CONFLICT, store_policy_activate(tx, 1, "P1", "bob"));
    assert_store_error(INVALID, store_policy_activate(tx, 1, "P2", ""));
    assert_store_error(NOT_FOUND, store_policy_activate(tx, 2, "P2", "bob"));
    assert_store_error(NOT_FOUND, store_policy_active(tx, &out));
    assert_ok(store_policy_activate(tx, 1, "P2", "bob"));
    assert_ok(store_policy_active(tx, &out));
    assert_int_equal(out.version, 1);
    assert_string_equal(out.approver_person, "bob");
    assert_int_equal(out.activated_ms, FIXTURE_START_S * INT64_C(1000));
    commit(tx);
}

static void one_policy_is_active(void **state)
{
    struct store_policy out;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    (void)propose(tx, "a: 1\n");
    (void)propose(tx, "a: 2\n");
    assert_ok(store_policy_activate(tx, 1, "P2", "bob"));
    assert_ok(store_policy_activate(tx, 2, "P2", "bob"));
    assert_ok(store_policy_active(tx, &out));
    assert_int_equal(out.version, 2);
    assert_ok(store_policy_get(tx, 1, &out));
    assert_int_equal(out.status, STORE_POLICY_RETIRED);
    assert_ok(store_policy_activate(tx, 1, "P2", "bob"));
    assert_ok(store_policy_active(tx, &out));
    assert_int_equal(out.version, 1);
    commit(tx);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(principal_is_found_by_its_certificate),
        TEST(policy_versions_count_and_keep_their_text),
        TEST(policy_needs_another_person_to_approve),
        TEST(one_policy_is_active),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
