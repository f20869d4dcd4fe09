/* Key sets that come and go, and the ledger of receipts. */
#include "tests/unit/ota-server/store/support.h"

#include <stdio.h>
#include <string.h>

#define ISD "A000000151000000"

static void add_key_set(struct store_tx *tx, const char *card, uint8_t kvn, const char *label)
{
    struct store_key_set set = {.security_domain = ISD, .kvn = kvn};
    snprintf(set.card, sizeof set.card, "%s", card);
    snprintf(set.label, sizeof set.label, "%s", label);
    assert_ok(store_key_set_put(tx, &set));
}

static void key_set_is_present_until_a_script_says_otherwise(void **state)
{
    char card[STORE_ID_SIZE];
    struct store_key_set out;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_card(tx, 1, card);
    const struct store_key_set_ref ref = {card, ISD, 0x30};
    add_key_set(tx, card, 0x30, "old");
    assert_ok(store_key_set_get(tx, &ref, &out));
    assert_int_equal(out.standing, STORE_KEYS_PRESENT);
    assert_ok(store_key_set_set_standing(tx, &ref, STORE_KEYS_LEAVING));
    assert_ok(store_key_set_get(tx, &ref, &out));
    assert_int_equal(out.standing, STORE_KEYS_LEAVING);
    const struct store_key_set_ref other = {card, ISD, 0x31};
    assert_store_error(NOT_FOUND, store_key_set_set_standing(tx, &other, STORE_KEYS_COMING));
    commit(tx);
}

static void masters_are_remembered_after_their_keys_are_gone(void **state)
{
    char card[STORE_ID_SIZE];
    bool used = false;
    struct store_key_set out;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_card(tx, 1, card);
    const struct store_key_set_ref ref = {card, ISD, 0x30};
    add_key_set(tx, card, 0x30, "old");
    assert_ok(store_key_set_was_used(tx, &ref, "old", &used));
    assert_true(used);
    assert_ok(store_key_set_retire(tx, &ref));
    assert_store_error(NOT_FOUND, store_key_set_get(tx, &ref, &out));
    assert_ok(store_key_set_was_used(tx, &ref, "old", &used));
    assert_true(used);
    assert_ok(store_key_set_was_used(tx, &ref, "new", &used));
    assert_false(used);
    const struct store_key_set_ref bank = {card, "A00000033342414E4B42", 0x30};
    assert_ok(store_key_set_was_used(tx, &bank, "old", &used));
    assert_false(used); /* another security domain */
    assert_store_error(NOT_FOUND, store_key_set_retire(tx, &ref));
    commit(tx);
}

static void operation_keeps_what_it_brings(void **state)
{
    char card[STORE_ID_SIZE];
    struct store_rekey rekey = {.security_domain = ISD, .label = "new", .kvn = 0x31}, out;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_card(tx, 1, card);
    add_bank(tx, "bank-a");
    add_bank(tx, "bank-b");
    struct store_operation operation = operation_for(card);
    operation.kind = STORE_OPERATION_REKEY;
    assert_ok(store_operation_add(tx, &operation));
    assert_store_error(NOT_FOUND, store_rekey_get(tx, operation.id, &out));
    assert_ok(store_rekey_add(tx, operation.id, &rekey));
    assert_ok(store_rekey_get(tx, operation.id, &out));
    assert_string_equal(out.security_domain, ISD);
    assert_string_equal(out.label, "new");
    assert_int_equal(out.kvn, 0x31);
    assert_ok(store_operation_get(tx, operation.id, &operation));
    assert_int_equal(operation.kind, STORE_OPERATION_REKEY);
    commit(tx);
    tx = begin(*state, STORE_WRITE);
    assert_store_error(CONFLICT, store_rekey_add(tx, operation.id, &rekey));
    store_rollback(tx);
}

static struct store_receipt receipt_of(const struct store_operation *operation, uint16_t counter)
{
    struct store_receipt receipt = {
        .security_domain = ISD, .counter = counter, .step = "install", .bytes = {8, 1}, .len = 2};
    snprintf(receipt.card, sizeof receipt.card, "%s", operation->card);
    snprintf(receipt.operation, sizeof receipt.operation, "%s", operation->id);
    return receipt;
}

static void receipt_counts_once_and_never_goes_back(void **state)
{
    char card[STORE_ID_SIZE];
    struct store_receipt out[4];
    size_t count = 0;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_card(tx, 1, card);
    add_bank(tx, "bank-a");
    add_bank(tx, "bank-b");
    struct store_operation operation = operation_for(card);
    assert_ok(store_operation_add(tx, &operation));
    struct store_receipt zero = receipt_of(&operation, 0);
    struct store_receipt five = receipt_of(&operation, 5);
    assert_ok(store_receipt_add(tx, &zero)); /* some cards begin with 0 */
    assert_ok(store_receipt_add(tx, &five)); /* one that got lost leaves a gap */
    assert_ok(store_receipt_list(tx, card, -1, out, 4, &count));
    assert_int_equal(count, 2);
    assert_int_equal(out[1].counter, 5);
    assert_int_equal(out[1].len, 2);
    assert_string_equal(out[1].step, "install");
    assert_string_equal(out[1].operation, operation.id);
    assert_ok(store_receipt_list(tx, card, 0, out, 4, &count));
    assert_int_equal(count, 1);
    assert_store_error(CONFLICT, store_receipt_add(tx, &five));
    struct store_receipt four = receipt_of(&operation, 4);
    assert_store_error(CONFLICT, store_receipt_add(tx, &four));
    commit(tx);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(key_set_is_present_until_a_script_says_otherwise),
        TEST(masters_are_remembered_after_their_keys_are_gone),
        TEST(operation_keeps_what_it_brings),
        TEST(receipt_counts_once_and_never_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
