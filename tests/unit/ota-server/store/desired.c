/* What is desired of a card besides its bank, what differs from it, and what a contact left. */
#include "tests/unit/ota-server/store/support.h"

#include <stdio.h>
#include <string.h>

static struct store_tx *begin_with_card(struct fixture *f, char card[STORE_ID_SIZE])
{
    struct store_tx *tx = begin(f, STORE_WRITE);
    add_bank(tx, "bank-a");
    add_bank(tx, "bank-b");
    add_card(tx, 1, card);
    return tx;
}

static struct store_binding bind_a(struct store_tx *tx, const char *card)
{
    struct store_binding binding = {.role = "payment", .product = "bank-a/debit", .version = 1};
    memcpy(binding.card, card, STORE_ID_SIZE);
    assert_ok(store_binding_put(tx, &binding));
    return binding;
}

/* ---- bindings ----------------------------------------------------------------------------- */

static void suspending_is_no_change_of_the_bank(void **state)
{
    char card[STORE_ID_SIZE];
    struct store_binding out;
    struct store_binding_history history;
    struct store_tx *tx = begin_with_card(*state, card);
    struct store_binding binding = bind_a(tx, card);
    rebind_seeded_advance(&((struct fixture *)*state)->seeded, 1000);
    binding.suspended = true;
    assert_ok(store_binding_put(tx, &binding));
    assert_ok(store_binding_get(tx, card, "payment", &out));
    assert_true(out.suspended);
    assert_int_equal(out.since_ms, FIXTURE_START_S * INT64_C(1000));
    assert_ok(store_binding_history(tx, card, "payment", &history));
    assert_int_equal(history.switches, 0);
    commit(tx);
}

static void reverted_binding_is_as_it_was(void **state)
{
    char card[STORE_ID_SIZE];
    struct store_binding out;
    struct store_binding_history history;
    struct store_tx *tx = begin_with_card(*state, card);
    const struct store_binding first = bind_a(tx, card);
    struct store_binding second = first;
    rebind_seeded_advance(&((struct fixture *)*state)->seeded, 1000);
    snprintf(second.product, sizeof second.product, "bank-b/debit");
    assert_ok(store_binding_put(tx, &second));
    assert_ok(store_binding_revert(tx, &first));
    assert_ok(store_binding_get(tx, card, "payment", &out));
    assert_memory_equal(&out, &first, sizeof out);
    assert_ok(store_binding_history(tx, card, "payment", &history));
    assert_int_equal(history.switches, 0);
    assert_int_equal(history.last_change_ms, first.since_ms);
    commit(tx);
}

static void reverted_first_binding_leaves_none(void **state)
{
    char card[STORE_ID_SIZE];
    struct store_binding nothing = {.role = "payment"}, out;
    struct store_tx *tx = begin_with_card(*state, card);
    (void)bind_a(tx, card);
    memcpy(nothing.card, card, STORE_ID_SIZE);
    assert_ok(store_binding_revert(tx, &nothing));
    assert_store_error(NOT_FOUND, store_binding_get(tx, card, "payment", &out));
    commit(tx);
}

static void reverting_a_suspension_takes_back_no_change(void **state)
{
    char card[STORE_ID_SIZE];
    struct store_binding out;
    struct store_tx *tx = begin_with_card(*state, card);
    const struct store_binding before = bind_a(tx, card);
    struct store_binding suspended = before;
    suspended.suspended = true;
    assert_ok(store_binding_put(tx, &suspended));
    assert_ok(store_binding_revert(tx, &before));
    assert_ok(store_binding_get(tx, card, "payment", &out));
    assert_memory_equal(&out, &before, sizeof out);
    commit(tx);
}

/* ---- residents, findings ------------------------------------------------------------------ */

static void resident_is_replaced_by_its_product(void **state)
{
    char card[STORE_ID_SIZE];
    struct store_resident out[2];
    size_t count = 0;
    struct store_tx *tx = begin_with_card(*state, card);
    struct store_resident resident = {.product = "bank-b/debit", .version = 1};
    memcpy(resident.card, card, STORE_ID_SIZE);
    assert_ok(store_resident_put(tx, &resident));
    resident.form = STORE_FORM_INSTANCE;
    resident.version = 2;
    assert_ok(store_resident_put(tx, &resident));
    assert_ok(store_resident_list(tx, card, out, 2, &count));
    assert_int_equal(count, 1);
    assert_memory_equal(&out[0], &resident, sizeof resident);
    assert_ok(store_resident_delete(tx, card, "bank-b/debit"));
    assert_ok(store_resident_delete(tx, card, "bank-b/debit"));
    assert_store_error(NOT_FOUND, store_resident_get(tx, card, "bank-b/debit", &out[0]));
    commit(tx);
}

static void findings_are_replaced_as_a_whole(void **state)
{
    char card[STORE_ID_SIZE];
    struct store_finding out[4];
    size_t count = 0;
    const struct store_finding findings[2] = {
        {STORE_FINDING_LOCKED, "A0000000010203", "bank-a/debit"},
        {STORE_FINDING_UNDESIRED, "A0000000010204", ""}};
    struct store_tx *tx = begin_with_card(*state, card);
    struct store_operation operation = operation_for(card);
    assert_ok(store_operation_add(tx, &operation));
    assert_ok(store_finding_replace(tx, operation.id, findings, 2));
    assert_ok(store_finding_list(tx, operation.id, out, 4, &count));
    assert_int_equal(count, 2);
    assert_memory_equal(out, findings, sizeof findings);
    assert_ok(store_finding_replace(tx, operation.id, findings + 1, 1));
    assert_ok(store_finding_list(tx, operation.id, out, 4, &count));
    assert_int_equal(count, 1);
    assert_int_equal(out[0].kind, STORE_FINDING_UNDESIRED);
    commit(tx);
}

/* ---- operations past their time, scripts given up ----------------------------------------- */

static void overdue_operations_are_the_open_ones_past_their_deadline(void **state)
{
    struct fixture *f = *state;
    char card[STORE_ID_SIZE], other[STORE_ID_SIZE];
    struct store_operation out[4];
    size_t count = 0;
    struct store_tx *tx = begin_with_card(f, card);
    add_card(tx, 2, other);
    struct store_operation operation = operation_for(card), endless = operation_for(other);
    operation.deadline_ms = FIXTURE_START_S * INT64_C(1000) + 10;
    assert_ok(store_operation_add(tx, &operation));
    assert_ok(store_operation_add(tx, &endless));
    assert_ok(store_operation_overdue(tx, out, 4, &count));
    assert_int_equal(count, 0);
    rebind_seeded_advance(&f->seeded, 10);
    assert_ok(store_operation_overdue(tx, out, 4, &count));
    assert_int_equal(count, 1);
    assert_string_equal(out[0].id, operation.id);
    operation.state = STORE_OPERATION_FAILED;
    assert_ok(store_operation_update(tx, &operation));
    assert_ok(store_operation_overdue(tx, out, 4, &count));
    assert_int_equal(count, 0);
    commit(tx);
}

static bool may_still_run(struct store_tx *tx, const char *id)
{
    struct store_operation out;
    assert_ok(store_operation_get(tx, id, &out));
    return out.may_still_run;
}

static void script_of_an_ended_operation_may_still_run_until_it_is_burned(void **state)
{
    char card[STORE_ID_SIZE];
    char given_up[2][STORE_ID_SIZE];
    size_t count = 0;
    struct store_tx *tx = begin_with_card(*state, card);
    struct store_operation operation = operation_for(card);
    struct store_exchange exchange = {.agent = "A"};
    assert_ok(store_operation_add(tx, &operation));
    memcpy(exchange.operation, operation.id, STORE_ID_SIZE);
    memcpy(exchange.card, card, STORE_ID_SIZE);
    assert_ok(store_exchange_add(tx, &exchange, SCP_LITERAL(1), SCP_LITERAL(2)));
    assert_false(may_still_run(tx, operation.id));
    operation.state = STORE_OPERATION_CANCELLED;
    assert_ok(store_operation_update(tx, &operation));
    assert_true(may_still_run(tx, operation.id));
    assert_ok(store_exchange_give_up(tx, exchange.id));
    assert_true(may_still_run(tx, operation.id));
    assert_ok(store_exchange_given_up(tx, card, given_up, 2, &count));
    assert_int_equal(count, 1);
    assert_string_equal(given_up[0], operation.id);
    assert_ok(store_exchange_burn(tx, card));
    assert_false(may_still_run(tx, operation.id));
    assert_ok(store_exchange_given_up(tx, card, given_up, 2, &count));
    assert_int_equal(count, 0);
    commit(tx);
}

/* ---- events, sightings -------------------------------------------------------------------- */

static void progress_takes_the_place_of_earlier_progress(void **state)
{
    char card[STORE_ID_SIZE];
    int64_t first = 0, second = 0, other = 0;
    struct store_event out[4];
    size_t count = 0;
    struct store_tx *tx = begin_with_card(*state, card);
    struct store_operation operation = operation_for(card);
    struct store_exchange one = {.id = "E1"}, two = {.id = "E2"};
    assert_ok(store_operation_add(tx, &operation));
    memcpy(one.operation, operation.id, STORE_ID_SIZE);
    memcpy(two.operation, operation.id, STORE_ID_SIZE);
    assert_ok(store_event_put_progress(tx, &one, "{\"n\":1}", &first));
    assert_ok(store_event_put_progress(tx, &one, "{\"n\":2}", &second));
    assert_ok(store_event_put_progress(tx, &two, "{\"n\":3}", &other));
    assert_true(second > first);
    assert_ok(store_event_list(tx, operation.id, 0, out, 4, &count));
    assert_int_equal(count, 2);
    assert_string_equal((const char *)out[0].json.ptr, "{\"n\":2}");
    for (size_t i = 0; i < count; i++)
        store_event_fini(&out[i]);
    assert_ok(store_event_append(tx, "", "{\"sighting\":1}", &other));
    assert_ok(store_event_list(tx, NULL, second + 1, out, 4, &count));
    assert_int_equal(count, 1);
    assert_string_equal(out[0].operation, "");
    store_event_fini(&out[0]);
    commit(tx);
}

static void sighting_is_news_once_until_it_was_quiet(void **state)
{
    struct fixture *f = *state;
    bool is_news = false;
    struct store_sighting out[2];
    size_t count = 0;
    struct store_tx *tx = begin(f, STORE_WRITE);
    struct store_sighting sighting = {
        .identity = {7}, .kind = STORE_SIGHTING_ELSEWHERE, .agent = "A"};
    assert_ok(store_sighting_note(tx, &sighting, 1000, &is_news));
    assert_true(is_news);
    rebind_seeded_advance(&f->seeded, 1000);
    assert_ok(store_sighting_note(tx, &sighting, 1000, &is_news));
    assert_false(is_news);
    rebind_seeded_advance(&f->seeded, 1001);
    assert_ok(store_sighting_note(tx, &sighting, 1000, &is_news));
    assert_true(is_news);
    assert_ok(store_sighting_list(tx, sighting.identity, out, 2, &count));
    assert_int_equal(count, 1);
    assert_int_equal(out[0].times, 3);
    assert_int_equal(out[0].last_ms - out[0].first_ms, 2001);
    assert_ok(store_sighting_forget(tx, sighting.identity));
    assert_ok(store_sighting_list(tx, sighting.identity, out, 2, &count));
    assert_int_equal(count, 0);
    commit(tx);
}

static void key_set_keeps_its_failures_when_it_is_put_again(void **state)
{
    char card[STORE_ID_SIZE];
    uint32_t failures = 0;
    bool failed = false;
    struct store_key_set set = {.kvn = 1, .label = "isd", .counter = 3, .counter_known = true}, out;
    struct store_tx *tx = begin_with_card(*state, card);
    memcpy(set.card, card, STORE_ID_SIZE);
    const struct store_key_set_ref ref = {card, "", 1};
    assert_ok(store_key_set_put(tx, &set));
    assert_ok(store_key_set_add_failure(tx, &ref, "agent", &failures));
    set.counter = 9;
    assert_ok(store_key_set_put(tx, &set));
    assert_ok(store_key_set_get(tx, &ref, &out));
    assert_int_equal(out.counter, 9);
    assert_int_equal(out.failures, 1);
    assert_ok(store_key_set_failed_at(tx, &ref, "agent", &failed));
    assert_true(failed);
    assert_false(out.counter_shown);
    assert_ok(store_key_set_set_counter(tx, &ref, 10));
    assert_ok(store_key_set_get(tx, &ref, &out));
    assert_true(out.counter_shown);
    assert_ok(store_key_set_forget_counter(tx, &ref));
    assert_ok(store_key_set_get(tx, &ref, &out));
    assert_false(out.counter_known);
    commit(tx);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(suspending_is_no_change_of_the_bank),
        TEST(reverted_binding_is_as_it_was),
        TEST(reverted_first_binding_leaves_none),
        TEST(reverting_a_suspension_takes_back_no_change),
        TEST(resident_is_replaced_by_its_product),
        TEST(findings_are_replaced_as_a_whole),
        TEST(overdue_operations_are_the_open_ones_past_their_deadline),
        TEST(script_of_an_ended_operation_may_still_run_until_it_is_burned),
        TEST(progress_takes_the_place_of_earlier_progress),
        TEST(sighting_is_news_once_until_it_was_quiet),
        TEST(key_set_keeps_its_failures_when_it_is_put_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
