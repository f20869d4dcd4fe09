/* Decisions on record, and a second person's confirmations. */
#include "tests/unit/ota-server/store/support.h"

#include <stdio.h>
#include <string.h>

static char json[] = "{\"facts\":{}}";

static struct store_decision_record record_of(const char *card, const char *operation)
{
    struct store_decision_record record = {
        .principal = "P1",
        .bank = "bank-a",
        .previous_bank = "bank-b",
        .time_ms = 7,
        .decision = {.effect = "deny", .rule = "cap", .reason = "Full.", .policy_version = 3},
        .json = {(uint8_t *)json, sizeof json - 1},
    };
    snprintf(record.card, sizeof record.card, "%s", card);
    snprintf(record.operation, sizeof record.operation, "%s", operation);
    return record;
}

static void a_decision_is_kept_whole(void **state)
{
    struct store_decision_record out;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    struct store_decision_record record = record_of("C1", "O1");
    assert_ok(store_decision_add(tx, &record));
    assert_ok(store_decision_of_operation(tx, "O1", &out));
    assert_string_equal(out.id, record.id);
    assert_string_equal((const char *)out.json.ptr, json);
    assert_memory_equal(&out.decision, &record.decision, sizeof out.decision);
    store_decision_fini(&out);
    assert_ok(store_decision_get(tx, record.id, &out));
    assert_string_equal(out.previous_bank, "bank-b");
    assert_int_equal(out.time_ms, 7);
    store_decision_fini(&out);
    assert_store_error(NOT_FOUND, store_decision_of_operation(tx, "", &out));
    store_decision_fini(&out);
    commit(tx);
}

static size_t list(struct store_tx *tx, const struct store_decision_filter *filter, int64_t after)
{
    struct store_decision_record out[8];
    size_t count = 0;
    assert_ok(store_decision_list(tx, filter, after, out, 8, &count));
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || out[i].sequence < out[i - 1].sequence);
        store_decision_fini(&out[i]);
    }
    return count;
}

static void denials_too_are_listed_by_card_and_bank(void **state)
{
    struct store_tx *tx = begin(*state, STORE_WRITE);
    int64_t last = 0;
    for (int i = 0; i < 5; i++) {
        struct store_decision_record record = record_of(i % 2 == 0 ? "C1" : "C2", "");
        if (i == 4)
            snprintf(record.bank, sizeof record.bank, "bank-c");
        assert_ok(store_decision_add(tx, &record));
        last = record.sequence;
    }
    assert_int_equal(list(tx, &(struct store_decision_filter){0}, 0), 5);
    assert_int_equal(list(tx, &(struct store_decision_filter){0}, last), 4);
    assert_int_equal(list(tx, &(struct store_decision_filter){.card = "C1"}, 0), 3);
    assert_int_equal(list(tx, &(struct store_decision_filter){.card = "C1", .bank = "bank-a"}, 0),
                     2);
    assert_int_equal(list(tx, &(struct store_decision_filter){.bank = "bank-b"}, 0), 5);
    assert_int_equal(list(tx, &(struct store_decision_filter){.bank = "bank-d"}, 0), 0);
    commit(tx);
}

static void a_confirmation_is_used_once(void **state)
{
    struct store_confirmation confirmation = {
        .product = "bank-a/debit", .principal = "P2", .person = "bob"};
    struct store_confirmation machine = {.principal = "P2"};
    struct store_confirmation out;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_card(tx, 1, confirmation.card);
    assert_store_error(INVALID, store_confirmation_add(tx, &machine));
    assert_ok(store_confirmation_add(tx, &confirmation));
    assert_ok(store_confirmation_get(tx, confirmation.id, &out));
    assert_memory_equal(&out, &confirmation, sizeof out);
    assert_ok(store_confirmation_use(tx, confirmation.id, "O1"));
    assert_store_error(CONFLICT, store_confirmation_use(tx, confirmation.id, "O2"));
    assert_ok(store_confirmation_get(tx, confirmation.id, &out));
    assert_string_equal(out.used_by, "O1");
    assert_store_error(NOT_FOUND, store_confirmation_use(tx, "none", "O1"));
    commit(tx);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_decision_is_kept_whole),
        TEST(denials_too_are_listed_by_card_and_bank),
        TEST(a_confirmation_is_used_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
