/* Versions of the policy and emergency stops. */
#include "tests/unit/ota-server/store/support.h"

#include <stdio.h>
#include <string.h>

static const struct store_person ann = {"P1", "ann"};
static const struct store_person bob = {"P2", "bob"};
static const struct store_person cem = {"P3", "cem"};
static const struct store_person machine = {"P4", ""};
static const int64_t start_ms = FIXTURE_START_S * INT64_C(1000);

static int32_t add_draft(struct store_tx *tx, const char *yaml)
{
    struct store_policy policy = {.author = "P1", .author_person = "ann"};
    assert_ok(store_policy_add(tx, &policy, scp_bytes_of(yaml, strlen(yaml))));
    return policy.version;
}

static enum store_error advance(struct store_tx *tx, int32_t version, enum store_policy_status to,
                                const struct store_person *by)
{
    return store_policy_advance(tx, version, to, by, STORE_ETAG_ANY);
}

static int32_t add_approved(struct store_tx *tx, const char *yaml)
{
    int32_t version = add_draft(tx, yaml);
    assert_ok(advance(tx, version, STORE_POLICY_CHECKED, &ann));
    assert_ok(advance(tx, version, STORE_POLICY_PROPOSED, &ann));
    assert_ok(advance(tx, version, STORE_POLICY_APPROVED, &bob));
    return version;
}

static int32_t active(struct store_tx *tx)
{
    struct store_policy policy;
    assert_ok(store_policy_active(tx, &policy));
    assert_int_equal(policy.status, STORE_POLICY_ACTIVE);
    return policy.version;
}

static enum store_policy_status status(struct store_tx *tx, int32_t version)
{
    struct store_policy policy;
    assert_ok(store_policy_get(tx, version, &policy));
    return policy.status;
}

static void versions_count_and_keep_their_text(void **state)
{
    struct store_policy out[4];
    struct store_blob yaml;
    size_t count = 0;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    assert_store_error(NOT_FOUND, store_policy_active(tx, &out[0]));
    assert_int_equal(add_draft(tx, "a: 1\n"), 1);
    assert_int_equal(add_draft(tx, "a: 2\n"), 2);
    assert_ok(store_policy_yaml(tx, 2, &yaml));
    assert_string_equal((const char *)yaml.ptr, "a: 2\n");
    store_blob_fini(&yaml);
    assert_ok(store_policy_list(tx, 0, out, 4, &count));
    assert_int_equal(count, 2);
    assert_int_equal(out[1].status, STORE_POLICY_DRAFT);
    assert_memory_not_equal(out[0].digest, out[1].digest, 32);
    assert_ok(store_policy_list(tx, 1, out, 4, &count));
    assert_int_equal(count, 1);
    commit(tx);
}

static void each_step_follows_the_one_before(void **state)
{
    struct store_tx *tx = begin(*state, STORE_WRITE);
    int32_t version = add_draft(tx, "a: 1\n");
    assert_store_error(INVALID, advance(tx, version, STORE_POLICY_PROPOSED, &ann));
    assert_store_error(INVALID, advance(tx, version, STORE_POLICY_APPROVED, &bob));
    assert_store_error(INVALID, store_policy_activate(tx, version, &bob, 0));
    assert_ok(advance(tx, version, STORE_POLICY_CHECKED, &ann));
    assert_store_error(INVALID, advance(tx, version, STORE_POLICY_CHECKED, &ann));
    assert_store_error(INVALID, advance(tx, version, STORE_POLICY_APPROVED, &bob));
    assert_ok(advance(tx, version, STORE_POLICY_PROPOSED, &ann));
    assert_store_error(INVALID, store_policy_activate(tx, version, &bob, 0));
    assert_ok(advance(tx, version, STORE_POLICY_APPROVED, &bob));
    assert_store_error(INVALID, advance(tx, version, STORE_POLICY_ACTIVE, &bob));
    assert_ok(store_policy_activate(tx, version, &ann, 0));
    assert_int_equal(active(tx), version);
    commit(tx);
}

static void a_second_person_approves(void **state)
{
    const struct store_person ann_again = {"P9", "ann"};
    const struct store_person cem_again = {"P8", "cem"};
    struct store_policy policy;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    int32_t version = add_draft(tx, "a: 1\n");
    assert_ok(advance(tx, version, STORE_POLICY_CHECKED, &ann));
    assert_store_error(INVALID, advance(tx, version, STORE_POLICY_PROPOSED, &machine));
    assert_ok(advance(tx, version, STORE_POLICY_PROPOSED, &cem));
    assert_store_error(CONFLICT, advance(tx, version, STORE_POLICY_APPROVED, &ann));
    assert_store_error(CONFLICT, advance(tx, version, STORE_POLICY_APPROVED, &ann_again));
    assert_store_error(CONFLICT, advance(tx, version, STORE_POLICY_APPROVED, &cem_again));
    assert_store_error(INVALID, advance(tx, version, STORE_POLICY_APPROVED, &machine));
    assert_store_error(NOT_FOUND, advance(tx, 99, STORE_POLICY_APPROVED, &bob));
    assert_ok(advance(tx, version, STORE_POLICY_APPROVED, &bob));
    assert_ok(store_policy_get(tx, version, &policy));
    assert_string_equal(policy.proposer_person, "cem");
    assert_string_equal(policy.approver_person, "bob");
    commit(tx);
}

static void a_stale_step_is_refused(void **state)
{
    struct store_tx *tx = begin(*state, STORE_WRITE);
    int32_t version = add_draft(tx, "a: 1\n");
    assert_store_error(STALE, store_policy_advance(tx, version, STORE_POLICY_CHECKED, &ann, 2));
    assert_ok(store_policy_advance(tx, version, STORE_POLICY_CHECKED, &ann, 1));
    assert_store_error(STALE, store_policy_advance(tx, version, STORE_POLICY_PROPOSED, &ann, 1));
    assert_ok(store_policy_advance(tx, version, STORE_POLICY_PROPOSED, &ann, 2));
    commit(tx);
}

static void one_version_is_active_and_a_rollback_brings_the_one_before(void **state)
{
    struct fixture *f = *state;
    struct store_tx *tx = begin(f, STORE_WRITE);
    for (int32_t version = 1; version <= 3; version++) {
        assert_int_equal(add_approved(tx, "a: 1\n"), version);
        assert_ok(store_policy_activate(tx, version, &bob, 0));
        assert_int_equal(active(tx), version);
    }
    assert_int_equal(status(tx, 2), STORE_POLICY_RETIRED);
    assert_ok(store_policy_rollback(tx, &bob));
    assert_int_equal(active(tx), 2);
    assert_int_equal(status(tx, 3), STORE_POLICY_RETIRED);
    assert_ok(store_policy_rollback(tx, &bob));
    assert_int_equal(active(tx), 1);
    assert_store_error(NOT_FOUND, store_policy_rollback(tx, &bob));
    assert_ok(store_policy_activate(tx, 3, &bob, 0));
    assert_int_equal(active(tx), 3);
    commit(tx);
}

static void a_version_becomes_active_when_its_moment_comes(void **state)
{
    struct fixture *f = *state;
    struct store_tx *tx = begin(f, STORE_WRITE);
    assert_ok(store_policy_activate(tx, add_approved(tx, "a: 1\n"), &bob, 0));
    (void)add_approved(tx, "a: 2\n");
    assert_store_error(INVALID, store_policy_activate(tx, 2, &bob, start_ms - 1));
    assert_ok(store_policy_activate(tx, 2, &bob, start_ms + 90000));
    assert_ok(store_policy_activate(tx, 2, &bob, start_ms + 60000)); /* instead */
    assert_int_equal(active(tx), 1);
    assert_int_equal(status(tx, 2), STORE_POLICY_SCHEDULED);
    commit(tx);
    rebind_seeded_advance(&f->seeded, 59999);
    tx = begin(f, STORE_READ);
    assert_int_equal(active(tx), 1);
    store_rollback(tx);
    rebind_seeded_advance(&f->seeded, 1);
    tx = begin(f, STORE_READ);
    assert_int_equal(active(tx), 2);
    assert_int_equal(status(tx, 1), STORE_POLICY_RETIRED);
    store_rollback(tx);
}

static void nothing_comes_by_itself_after_a_rollback(void **state)
{
    struct fixture *f = *state;
    struct store_tx *tx = begin(f, STORE_WRITE);
    for (int i = 0; i < 2; i++)
        assert_ok(store_policy_activate(tx, add_approved(tx, "a: 1\n"), &bob, 0));
    assert_ok(store_policy_activate(tx, add_approved(tx, "a: 3\n"), &bob, start_ms + 1000));
    assert_ok(store_policy_rollback(tx, &bob));
    assert_int_equal(status(tx, 3), STORE_POLICY_APPROVED);
    commit(tx);
    rebind_seeded_advance(&f->seeded, 5000);
    tx = begin(f, STORE_READ);
    assert_int_equal(active(tx), 1);
    store_rollback(tx);
}

/* ---- stops -------------------------------------------------------------------------------- */

static void a_stop_is_about_its_bank_and_region(void **state)
{
    struct store_stop stop = {
        .bank = "bank-a", .region = "310000", .principal = "P1", .person = "ann"};
    struct store_stop everywhere = {.bank = "bank-b", .principal = "P1", .person = "ann"};
    struct store_stop nothing = {.principal = "P1"};
    struct store_stop found;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    assert_store_error(INVALID, store_stop_add(tx, &nothing));
    assert_ok(store_stop_add(tx, &stop));
    assert_ok(store_stop_add(tx, &everywhere));
    assert_ok(store_stop_standing(tx, "bank-a", "310000", &found));
    assert_string_equal(found.id, stop.id);
    assert_store_error(NOT_FOUND, store_stop_standing(tx, "bank-a", "440000", &found));
    assert_ok(store_stop_standing(tx, "bank-b", "440000", &found));
    assert_store_error(NOT_FOUND, store_stop_standing(tx, "bank-c", "310000", &found));
    commit(tx);
}

static void a_stop_ends_in_time_or_by_a_second_person(void **state)
{
    struct fixture *f = *state;
    const struct store_person ann_again = {"P9", "ann"};
    struct store_stop timed = {
        .bank = "bank-a", .principal = "P1", .person = "ann", .until_ms = start_ms + 10};
    struct store_stop lifted = {.bank = "bank-b", .principal = "P1", .person = "ann"};
    struct store_stop found;
    struct store_tx *tx = begin(f, STORE_WRITE);
    assert_ok(store_stop_add(tx, &timed));
    assert_ok(store_stop_add(tx, &lifted));
    assert_store_error(CONFLICT, store_stop_lift(tx, lifted.id, &ann));
    assert_store_error(CONFLICT, store_stop_lift(tx, lifted.id, &ann_again));
    assert_store_error(INVALID, store_stop_lift(tx, lifted.id, &machine));
    assert_ok(store_stop_lift(tx, lifted.id, &bob));
    assert_store_error(INVALID, store_stop_lift(tx, lifted.id, &bob));
    assert_store_error(NOT_FOUND, store_stop_standing(tx, "bank-b", "310000", &found));
    assert_ok(store_stop_standing(tx, "bank-a", "310000", &found));
    commit(tx);
    rebind_seeded_advance(&f->seeded, 10);
    tx = begin(f, STORE_READ);
    assert_store_error(NOT_FOUND, store_stop_standing(tx, "bank-a", "310000", &found));
    store_rollback(tx);
}

static void a_stop_names_what_is_outstanding(void **state)
{
    struct store_stop of_bank = {.bank = "bank-a", .principal = "P1"};
    struct store_stop of_region = {.region = "440000", .principal = "P1"};
    char ids[4][STORE_ID_SIZE];
    char card[STORE_ID_SIZE];
    size_t count = 0;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_bank(tx, "bank-a");
    add_card(tx, 1, card);
    struct store_operation operation = operation_for(card);
    assert_ok(store_operation_add(tx, &operation));
    assert_ok(store_stop_outstanding(tx, &of_bank, ids, 4, &count));
    assert_int_equal(count, 1);
    assert_string_equal(ids[0], operation.id);
    assert_ok(store_stop_outstanding(tx, &of_region, ids, 4, &count));
    assert_int_equal(count, 0);
    operation.state = STORE_OPERATION_CANCELLED;
    assert_ok(store_operation_update(tx, &operation));
    assert_ok(store_stop_outstanding(tx, &of_bank, ids, 4, &count));
    assert_int_equal(count, 0);
    commit(tx);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(versions_count_and_keep_their_text),
        TEST(each_step_follows_the_one_before),
        TEST(a_second_person_approves),
        TEST(a_stale_step_is_refused),
        TEST(one_version_is_active_and_a_rollback_brings_the_one_before),
        TEST(a_version_becomes_active_when_its_moment_comes),
        TEST(nothing_comes_by_itself_after_a_rollback),
        TEST(a_stop_is_about_its_bank_and_region),
        TEST(a_stop_ends_in_time_or_by_a_second_person),
        TEST(a_stop_names_what_is_outstanding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
