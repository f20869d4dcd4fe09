/* Operations, exchanges, events and contacts. */
#include "tests/unit/ota-server/store/support.h"

#include <pthread.h>
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

static void operation_comes_back_as_it_was_added(void **state)
{
    char card[STORE_ID_SIZE];
    struct store_operation out;
    struct store_tx *tx = begin_with_card(*state, card);
    struct store_operation operation = operation_for(card);
    snprintf(operation.previous_product, sizeof operation.previous_product, "bank-b/debit");
    snprintf(operation.decision.reason, sizeof operation.decision.reason, "lives here");
    operation.decision.policy_digest[31] = 0xEE;
    operation.deadline_ms = 99;
    operation.progress.bytes_total = UINT64_C(0x100000000);
    assert_ok(store_operation_add(tx, &operation));
    assert_ok(store_operation_get(tx, operation.id, &out));
    assert_memory_equal(&out, &operation, sizeof out);
    commit(tx);
}

static void card_has_one_open_operation(void **state)
{
    char card[STORE_ID_SIZE];
    struct store_operation out;
    struct store_tx *tx = begin_with_card(*state, card);
    struct store_operation first = operation_for(card), second = operation_for(card);
    assert_store_error(NOT_FOUND, store_operation_open(tx, card, &out));
    assert_ok(store_operation_add(tx, &first));
    assert_store_error(CONFLICT, store_operation_add(tx, &second));
    first.state = STORE_OPERATION_RUNNING;
    assert_ok(store_operation_update(tx, &first));
    second.id[0] = '\0';
    assert_store_error(CONFLICT, store_operation_add(tx, &second));
    assert_ok(store_operation_open(tx, card, &out));
    assert_string_equal(out.id, first.id);
    first.state = STORE_OPERATION_DONE;
    assert_ok(store_operation_update(tx, &first));
    assert_ok(store_operation_add(tx, &second));
    commit(tx);
}

static void ended_operation_changes_no_more(void **state)
{
    char card[STORE_ID_SIZE];
    struct store_tx *tx = begin_with_card(*state, card);
    struct store_operation operation = operation_for(card);
    assert_ok(store_operation_add(tx, &operation));
    operation.state = STORE_OPERATION_FAILED;
    assert_ok(store_operation_update(tx, &operation));
    operation.state = STORE_OPERATION_PENDING;
    assert_store_error(CONFLICT, store_operation_update(tx, &operation));
    commit(tx);
}

static void idempotency_key_is_unique_per_principal(void **state)
{
    char card[STORE_ID_SIZE], other[STORE_ID_SIZE];
    struct store_operation out;
    struct store_tx *tx = begin_with_card(*state, card);
    add_card(tx, 2, other);
    struct store_operation first = operation_for(card), second = operation_for(other);
    snprintf(first.idempotency_key, sizeof first.idempotency_key, "k1");
    snprintf(second.idempotency_key, sizeof second.idempotency_key, "k1");
    assert_ok(store_operation_add(tx, &first));
    assert_store_error(CONFLICT, store_operation_add(tx, &second));
    assert_ok(store_operation_by_key(tx, "P1", "k1", &out));
    assert_string_equal(out.id, first.id);
    assert_store_error(NOT_FOUND, store_operation_by_key(tx, "P2", "k1", &out));
    snprintf(second.principal, sizeof second.principal, "P2");
    assert_ok(store_operation_add(tx, &second));
    commit(tx);
}

static void operation_is_due_at_its_time_on_an_active_card(void **state)
{
    struct fixture *f = *state;
    char card[STORE_ID_SIZE];
    struct store_operation out;
    struct store_tx *tx = begin_with_card(f, card);
    struct store_operation operation = operation_for(card);
    operation.not_before_ms = FIXTURE_START_S * INT64_C(1000) + 10;
    assert_ok(store_operation_add(tx, &operation));
    assert_store_error(NOT_FOUND, store_operation_due(tx, card, &out));
    rebind_seeded_advance(&f->seeded, 10);
    assert_ok(store_operation_due(tx, card, &out));
    assert_ok(store_card_set_status(tx, card, STORE_CARD_QUARANTINED, "a test"));
    assert_store_error(NOT_FOUND, store_operation_due(tx, card, &out));
    commit(tx);
}

static void operations_are_listed_newest_first_and_filtered(void **state)
{
    char card[STORE_ID_SIZE], other[STORE_ID_SIZE];
    struct store_operation out[4];
    size_t count = 0;
    struct store_operation_filter filter = {.state = -1};
    struct store_tx *tx = begin_with_card(*state, card);
    add_card(tx, 2, other);
    struct store_operation first = operation_for(card), second = operation_for(other);
    snprintf(second.product, sizeof second.product, "bank-b/debit");
    assert_ok(store_operation_add(tx, &first));
    assert_ok(store_operation_add(tx, &second));
    assert_ok(store_operation_list(tx, &filter, "", out, 4, &count));
    assert_int_equal(count, 2);
    assert_string_equal(out[0].id, second.id);
    assert_ok(store_operation_list(tx, &filter, second.id, out, 4, &count));
    assert_int_equal(count, 1);
    assert_string_equal(out[0].id, first.id);
    filter.bank = "bank-b";
    assert_ok(store_operation_list(tx, &filter, "", out, 4, &count));
    assert_int_equal(count, 1);
    filter.state = STORE_OPERATION_DONE;
    assert_ok(store_operation_list(tx, &filter, "", out, 4, &count));
    assert_int_equal(count, 0);
    filter = (struct store_operation_filter){.card = card, .state = STORE_OPERATION_PENDING};
    assert_ok(store_operation_list(tx, &filter, "", out, 4, &count));
    assert_int_equal(count, 1);
    commit(tx);
}

/* Two threads reach for the one open operation that a card may have. */
struct racer {
    struct fixture *f;
    const char *card;
    unsigned won;
    unsigned lost;
};

static void *race(void *argument)
{
    struct racer *racer = argument;
    struct store_tx *tx = NULL;
    for (unsigned i = 0; i < 20; i++) {
        struct store_operation operation = operation_for(racer->card);
        if (store_begin(racer->f->store, STORE_WRITE, &tx) != STORE_OK)
            continue;
        enum store_error error = store_end(tx, store_operation_add(tx, &operation));
        racer->won += error == STORE_OK;
        racer->lost += error == STORE_CONFLICT;
    }
    return NULL;
}

static void two_threads_never_both_take_the_last_place(void **state)
{
    struct fixture *f = *state;
    char card[STORE_ID_SIZE];
    commit(begin_with_card(f, card));
    struct racer racers[2] = {{f, card, 0, 0}, {f, card, 0, 0}};
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(racers[0].won + racers[1].won, 1);
    assert_int_equal(racers[0].lost + racers[1].lost, 39);
}

static struct store_exchange exchange_for(const struct store_operation *operation)
{
    struct store_exchange exchange = {.agent = "AGENT"};
    memcpy(exchange.operation, operation->id, STORE_ID_SIZE);
    memcpy(exchange.card, operation->card, STORE_ID_SIZE);
    return exchange;
}

static void exchange_keeps_script_and_state(void **state)
{
    char card[STORE_ID_SIZE];
    struct store_blob blob;
    struct store_exchange out;
    struct store_tx *tx = begin_with_card(*state, card);
    struct store_operation operation = operation_for(card);
    assert_ok(store_operation_add(tx, &operation));
    struct store_exchange first = exchange_for(&operation), second = first;
    assert_ok(store_exchange_add(tx, &first, SCP_LITERAL(0xAA), SCP_LITERAL(0x55, 0x66)));
    assert_store_error(CONFLICT, store_exchange_add(tx, &second, SCP_EMPTY, SCP_EMPTY));
    assert_ok(store_exchange_outstanding(tx, card, &out));
    assert_string_equal(out.id, first.id);
    assert_int_equal(out.sequence, 0);
    assert_ok(store_exchange_script(tx, first.id, &blob));
    assert_memory_equal(blob.ptr, "\xAA", 1);
    store_blob_fini(&blob);
    assert_ok(store_exchange_sealed_state(tx, first.id, &blob));
    assert_int_equal(blob.len, 2);
    store_blob_fini(&blob);
    assert_ok(store_exchange_give_up(tx, first.id));
    assert_store_error(NOT_FOUND, store_exchange_outstanding(tx, card, &out));
    assert_ok(store_exchange_add(tx, &second, SCP_EMPTY, SCP_EMPTY));
    assert_int_equal(second.sequence, 1);
    commit(tx);
}

static void exchange_takes_one_answer_any_number_of_times(void **state)
{
    char card[STORE_ID_SIZE];
    struct store_exchange out;
    const uint8_t digest[32] = {1}, other[32] = {2};
    struct store_tx *tx = begin_with_card(*state, card);
    struct store_operation operation = operation_for(card);
    assert_ok(store_operation_add(tx, &operation));
    struct store_exchange exchange = exchange_for(&operation);
    assert_ok(store_exchange_add(tx, &exchange, SCP_LITERAL(1), SCP_LITERAL(2)));
    assert_store_error(CONFLICT, store_exchange_set_reply(tx, exchange.id, ""));
    assert_ok(store_exchange_answer(tx, exchange.id, digest));
    assert_ok(store_exchange_set_reply(tx, exchange.id, "NEXT"));
    assert_ok(store_exchange_answer(tx, exchange.id, digest));
    assert_store_error(CONFLICT, store_exchange_answer(tx, exchange.id, other));
    assert_store_error(CONFLICT, store_exchange_give_up(tx, exchange.id));
    assert_ok(store_exchange_get(tx, exchange.id, &out));
    assert_int_equal(out.state, STORE_EXCHANGE_ANSWERED);
    assert_string_equal(out.reply, "NEXT");
    assert_memory_equal(out.response_digest, digest, 32);
    commit(tx);
}

static void events_grow_and_are_filtered(void **state)
{
    char card[STORE_ID_SIZE], other[STORE_ID_SIZE];
    int64_t first = 0, second = 0, last = 0;
    struct store_event out[4];
    size_t count = 0;
    struct store_tx *tx = begin_with_card(*state, card);
    add_card(tx, 2, other);
    struct store_operation a = operation_for(card), b = operation_for(other);
    assert_ok(store_operation_add(tx, &a));
    assert_ok(store_operation_add(tx, &b));
    assert_ok(store_event_append(tx, a.id, "{\"n\":1}", &first));
    assert_ok(store_event_append(tx, b.id, "{\"n\":2}", &second));
    assert_true(second > first);
    assert_ok(store_event_last(tx, &last));
    assert_int_equal(last, second);
    assert_ok(store_event_list(tx, NULL, 0, out, 4, &count));
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++)
        store_event_fini(&out[i]);
    assert_ok(store_event_list(tx, b.id, 0, out, 4, &count));
    assert_int_equal(count, 1);
    assert_string_equal((const char *)out[0].json.ptr, "{\"n\":2}");
    store_event_fini(&out[0]);
    assert_ok(store_event_list(tx, a.id, first, out, 4, &count));
    assert_int_equal(count, 0);
    commit(tx);
}

static void contact_belongs_to_one_agent_within_the_window(void **state)
{
    struct fixture *f = *state;
    char card[STORE_ID_SIZE];
    struct store_contact out;
    struct store_tx *tx = begin_with_card(f, card);
    assert_ok(store_contact_claim(tx, card, "one", 30000));
    assert_ok(store_contact_claim(tx, card, "one", 30000));
    assert_store_error(CONFLICT, store_contact_claim(tx, card, "two", 30000));
    rebind_seeded_advance(&f->seeded, 30000);
    assert_ok(store_contact_claim(tx, card, "two", 30000));
    assert_ok(store_contact_release(tx, card, "one"));
    assert_ok(store_contact_get(tx, card, &out));
    assert_string_equal(out.agent, "two");
    assert_ok(store_contact_release(tx, card, "two"));
    assert_store_error(NOT_FOUND, store_contact_get(tx, card, &out));
    commit(tx);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(operation_comes_back_as_it_was_added),
        TEST(card_has_one_open_operation),
        TEST(ended_operation_changes_no_more),
        TEST(idempotency_key_is_unique_per_principal),
        TEST(operation_is_due_at_its_time_on_an_active_card),
        TEST(operations_are_listed_newest_first_and_filtered),
        TEST(two_threads_never_both_take_the_last_place),
        TEST(exchange_keeps_script_and_state),
        TEST(exchange_takes_one_answer_any_number_of_times),
        TEST(events_grow_and_are_filtered),
        TEST(contact_belongs_to_one_agent_within_the_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
