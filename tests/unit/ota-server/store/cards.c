/* Cards, their key sets, contents, bindings and personalisations. */
#include "tests/unit/ota-server/store/support.h"

#include <stdio.h>
#include <string.h>

static void card_is_found_by_id_and_by_identity(void **state)
{
    char id[STORE_ID_SIZE];
    struct store_card out;
    uint8_t identity[32] = {9};
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_card(tx, 9, id);
    assert_int_equal(strlen(id), 32);
    assert_ok(store_card_get(tx, id, &out));
    assert_string_equal(out.profile, "scp03-i70-aes128");
    assert_false(out.content_known);
    assert_false(out.free_known);
    assert_int_equal(out.created_ms, FIXTURE_START_S * INT64_C(1000));
    assert_ok(store_card_by_identity(tx, identity, &out));
    assert_string_equal(out.id, id);
    identity[31] = 1;
    assert_store_error(NOT_FOUND, store_card_by_identity(tx, identity, &out));
    commit(tx);
}

static void card_identity_is_unique(void **state)
{
    char id[STORE_ID_SIZE];
    struct store_card again = {.identity = {9}};
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_card(tx, 9, id);
    assert_store_error(CONFLICT, store_card_add(tx, &again));
    commit(tx);
}

static void card_status_changes_with_its_cause(void **state)
{
    char id[STORE_ID_SIZE];
    struct store_card out;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_card(tx, 1, id);
    assert_ok(store_card_set_status(tx, id, STORE_CARD_QUARANTINED, "failed authentications"));
    assert_ok(store_card_get(tx, id, &out));
    assert_int_equal(out.status, STORE_CARD_QUARANTINED);
    assert_string_equal(out.cause, "failed authentications");
    assert_store_error(NOT_FOUND, store_card_set_status(tx, "none", STORE_CARD_ACTIVE, ""));
    commit(tx);
}

static void bank_lists_only_cards_bound_to_it(void **state)
{
    char first[STORE_ID_SIZE], second[STORE_ID_SIZE];
    struct store_card out[4];
    size_t count = 0;
    struct store_binding binding = {.role = "payment", .product = "bank-a/debit", .version = 1};
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_bank(tx, "bank-a");
    add_card(tx, 1, first);
    add_card(tx, 2, second);
    memcpy(binding.card, second, STORE_ID_SIZE);
    assert_ok(store_binding_put(tx, &binding));
    assert_ok(store_card_list(tx, NULL, "", out, 4, &count));
    assert_int_equal(count, 2);
    assert_ok(store_card_list(tx, NULL, out[0].id, out, 4, &count));
    assert_int_equal(count, 1);
    assert_ok(store_card_list(tx, "bank-a", "", out, 4, &count));
    assert_int_equal(count, 1);
    assert_string_equal(out[0].id, second);
    assert_ok(store_card_list(tx, "bank-a", second, out, 4, &count));
    assert_int_equal(count, 0);
    commit(tx);
}

static struct store_key_set key_set_of(const char *card)
{
    struct store_key_set set = {.security_domain = "A000000151000000",
                                .kvn = 0x30,
                                .label = "isd-2021",
                                .diversification_data = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
                                .counter_known = true,
                                .counter = 7};
    snprintf(set.card, sizeof set.card, "%s", card);
    return set;
}

static void key_set_counters_are_kept_as_shown_and_as_given_out(void **state)
{
    char card[STORE_ID_SIZE];
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_card(tx, 1, card);
    struct store_key_set set = key_set_of(card), out;
    const struct store_key_set_ref ref = {card, "A000000151000000", 0x30};
    assert_ok(store_key_set_put(tx, &set));
    assert_ok(store_key_set_give_out(tx, &ref, 9));
    assert_ok(store_key_set_give_out(tx, &ref, 8)); /* the highest one counts */
    assert_ok(store_key_set_get(tx, &ref, &out));
    assert_int_equal(out.counter, 7);
    assert_int_equal(out.unused_from, 9);
    assert_memory_equal(out.diversification_data, set.diversification_data, 10);
    assert_ok(store_key_set_set_counter(tx, &ref, 3));
    assert_ok(store_key_set_get(tx, &ref, &out));
    assert_true(out.counter_known);
    assert_int_equal(out.counter, 3);
    assert_int_equal(out.unused_from, 9);
    commit(tx);
}

static void key_set_failures_are_counted_by_agent_and_cleared(void **state)
{
    char card[STORE_ID_SIZE];
    bool failed;
    uint32_t failures = 0;
    size_t count = 0;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_card(tx, 1, card);
    struct store_key_set set = key_set_of(card), out;
    const struct store_key_set_ref ref = {card, "A000000151000000", 0x30};
    const struct store_key_set_ref other = {card, "A000000151000000", 0x31};
    assert_ok(store_key_set_put(tx, &set));
    assert_ok(store_key_set_add_failure(tx, &ref, "agent-1", &failures));
    assert_ok(store_key_set_add_failure(tx, &ref, "agent-1", &failures));
    assert_int_equal(failures, 1);
    assert_ok(store_key_set_add_failure(tx, &ref, "agent-2", &failures));
    assert_int_equal(failures, 2);
    assert_ok(store_key_set_failed_at(tx, &ref, "agent-2", &failed));
    assert_true(failed);
    assert_ok(store_key_set_failed_at(tx, &ref, "agent-3", &failed));
    assert_false(failed);
    assert_ok(store_key_set_clear_failures(tx, &ref));
    assert_ok(store_key_set_failed_at(tx, &ref, "agent-2", &failed));
    assert_false(failed);
    assert_ok(store_key_set_list(tx, card, &out, 1, &count));
    assert_int_equal(count, 1);
    assert_int_equal(out.failures, 0);
    assert_store_error(NOT_FOUND, store_key_set_add_failure(tx, &other, "agent-1", &failures));
    assert_ok(store_key_set_delete(tx, &ref));
    assert_store_error(NOT_FOUND, store_key_set_get(tx, &ref, &out));
    commit(tx);
}

static void contents_are_replaced_put_and_deleted(void **state)
{
    char card[STORE_ID_SIZE];
    struct store_content out[4];
    size_t count = 0;
    struct store_content entries[2] = {
        {.kind = STORE_CONTENT_LOAD_FILE, .aid = "A0000003330101420101", .life_cycle = 1},
        {.kind = STORE_CONTENT_APPLICATION,
         .aid = "A0000003330101014201",
         .load_file = "A0000003330101420101",
         .life_cycle = 7,
         .privileges = {1, 0, 0},
         .product = "bank-a/debit",
         .product_version = 2,
         .evidence = STORE_EVIDENCE_PROVEN},
    };
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_card(tx, 1, card);
    assert_ok(store_content_replace(tx, card, entries, 2));
    assert_ok(store_content_list(tx, card, out, 4, &count));
    assert_int_equal(count, 2);
    assert_string_equal(out[0].aid, "A0000003330101014201");
    assert_string_equal(out[0].product, "bank-a/debit");
    assert_int_equal(out[0].evidence, STORE_EVIDENCE_PROVEN);
    assert_memory_equal(out[0].privileges, "\x01\x00\x00", 3);
    assert_store_error(INVALID, store_content_list(tx, card, out, 1, &count));
    entries[1].life_cycle = 0x83;
    assert_ok(store_content_put(tx, card, &entries[1]));
    assert_ok(store_content_delete(tx, card, entries[0].aid));
    assert_store_error(NOT_FOUND, store_content_delete(tx, card, entries[0].aid));
    assert_ok(store_content_list(tx, card, out, 4, &count));
    assert_int_equal(count, 1);
    assert_int_equal(out[0].life_cycle, 0x83);
    entries[0] = entries[1];
    assert_store_error(CONFLICT, store_content_replace(tx, card, entries, 2));
    commit(tx);
}

static void content_state_is_kept_with_the_card(void **state)
{
    char card[STORE_ID_SIZE];
    struct store_card out;
    const struct store_content_state known = {true, true, 81920};
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_card(tx, 1, card);
    assert_ok(store_content_set_state(tx, card, &known));
    assert_ok(store_card_get(tx, card, &out));
    assert_true(out.content_known);
    assert_true(out.free_known);
    assert_int_equal(out.free_non_volatile, 81920);
    commit(tx);
}

static void binding_remembers_its_switches(void **state)
{
    struct fixture *f = *state;
    char card[STORE_ID_SIZE];
    struct store_binding_history history;
    struct store_binding out[2];
    size_t count = 0;
    struct store_binding binding = {.role = "payment", .product = "bank-a/debit", .version = 1};
    struct store_tx *tx = begin(f, STORE_WRITE);
    add_bank(tx, "bank-a");
    add_bank(tx, "bank-b");
    add_card(tx, 1, card);
    memcpy(binding.card, card, STORE_ID_SIZE);
    assert_ok(store_binding_put(tx, &binding));
    rebind_seeded_advance(&f->seeded, 5000);
    assert_ok(store_binding_put(tx, &binding)); /* no change */
    assert_int_equal(binding.since_ms, FIXTURE_START_S * INT64_C(1000));
    snprintf(binding.product, sizeof binding.product, "bank-b/debit");
    assert_ok(store_binding_put(tx, &binding));
    assert_ok(store_binding_history(tx, card, "payment", &history));
    assert_int_equal(history.switches, 1);
    assert_int_equal(history.last_change_ms, FIXTURE_START_S * INT64_C(1000) + 5000);
    assert_int_equal(history.active_banks, 1);
    binding.product[0] = '\0';
    binding.version = 0;
    assert_ok(store_binding_put(tx, &binding));
    assert_ok(store_binding_history(tx, card, "payment", &history));
    assert_int_equal(history.active_banks, 0);
    assert_ok(store_binding_list(tx, card, out, 2, &count));
    assert_int_equal(count, 1);
    assert_string_equal(out[0].product, "");
    commit(tx);
}

static void binding_needs_a_bank_that_exists(void **state)
{
    char card[STORE_ID_SIZE];
    struct store_binding binding = {.role = "payment", .product = "nobody/debit", .version = 1};
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_card(tx, 1, card);
    memcpy(binding.card, card, STORE_ID_SIZE);
    assert_store_error(NOT_FOUND, store_binding_put(tx, &binding));
    snprintf(binding.product, sizeof binding.product, "no-slash");
    assert_store_error(INVALID, store_binding_put(tx, &binding));
    commit(tx);
}

static void newest_personalisation_is_given(void **state)
{
    char card[STORE_ID_SIZE];
    struct store_personalisation first = {.product = "bank-a/debit"}, second, out;
    struct store_blob sealed;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_bank(tx, "bank-a");
    add_card(tx, 1, card);
    memcpy(first.card, card, STORE_ID_SIZE);
    second = first;
    assert_store_error(NOT_FOUND,
                       store_personalisation_newest(tx, "bank-a/debit", card, &out, &sealed));
    assert_ok(store_personalisation_add(tx, &first, SCP_LITERAL(1)));
    assert_ok(store_personalisation_add(tx, &second, SCP_LITERAL(2, 2)));
    assert_ok(store_personalisation_newest(tx, "bank-a/debit", card, &out, &sealed));
    assert_string_equal(out.id, second.id);
    assert_int_equal(sealed.len, 2);
    store_blob_fini(&sealed);

    struct store_operation operation = operation_for(card);
    assert_ok(store_operation_add(tx, &operation));
    assert_ok(store_personalisation_use(tx, second.id, operation.id));
    assert_ok(store_personalisation_newest(tx, "bank-a/debit", card, &out, NULL));
    assert_string_equal(out.used_by, operation.id);
    commit(tx);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(card_is_found_by_id_and_by_identity),
        TEST(card_identity_is_unique),
        TEST(card_status_changes_with_its_cause),
        TEST(bank_lists_only_cards_bound_to_it),
        TEST(key_set_counters_are_kept_as_shown_and_as_given_out),
        TEST(key_set_failures_are_counted_by_agent_and_cleared),
        TEST(contents_are_replaced_put_and_deleted),
        TEST(content_state_is_kept_with_the_card),
        TEST(binding_remembers_its_switches),
        TEST(binding_needs_a_bank_that_exists),
        TEST(newest_personalisation_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
