/* What limits count, and how many cards a bank has. */
#include "tests/unit/ota-server/store/support.h"

#include <stdio.h>
#include <string.h>

#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)

enum { CHANGES = 400 };

static const char *const regions[] = {"310000", "330000", "440000"};
static const char *const banks[] = {"bank-a", "bank-b"};

/* Changes at odd moments over ten days, made with real operations; what was made stays here. */
struct made {
    struct store_change changes[CHANGES];
    bool given_back[CHANGES];
};

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

static void make_change(struct store_tx *tx, const char *card, uint64_t *seed,
                        struct store_change *change)
{
    struct store_operation operation = operation_for(card);
    assert_ok(store_operation_add(tx, &operation));
    *change = (struct store_change){
        .role = "payment",
        .is_switch = next_random(seed) % 2 == 0,
        .time_ms = FIXTURE_START_S * INT64_C(1000) + (int64_t)(next_random(seed) % (10 * DAY)),
    };
    snprintf(change->operation, sizeof change->operation, "%s", operation.id);
    snprintf(change->card, sizeof change->card, "%s", card);
    snprintf(change->bank, sizeof change->bank, "%s", banks[next_random(seed) % 2]);
    snprintf(change->region, sizeof change->region, "%s", regions[next_random(seed) % 3]);
    assert_ok(store_change_add(tx, change));
    operation.state = STORE_OPERATION_DONE; /* so that the card can have another */
    assert_ok(store_operation_update(tx, &operation));
}

static int64_t count_by_hand(const struct made *made, const struct store_change_query *query)
{
    int64_t count = 0;
    for (size_t i = 0; i < CHANGES; i++) {
        const struct store_change *c = &made->changes[i];
        count += !made->given_back[i] && c->time_ms >= query->since_ms &&
                 (!query->only_switches || c->is_switch) &&
                 (query->card == NULL || strcmp(query->card, c->card) == 0) &&
                 (query->bank == NULL || strcmp(query->bank, c->bank) == 0) &&
                 (query->region == NULL || strcmp(query->region, c->region) == 0);
    }
    return count;
}

static void compare(struct store_tx *tx, const struct made *made, struct store_change_query query)
{
    int64_t count = -1;
    for (int switches = 0; switches < 2; switches++) {
        query.only_switches = switches == 1;
        assert_ok(store_change_count(tx, &query, &count));
        assert_int_equal(count, count_by_hand(made, &query));
    }
}

static void compare_all(struct store_tx *tx, const struct made *made, const char *card,
                        int64_t since)
{
    compare(tx, made, (struct store_change_query){.since_ms = since});
    compare(tx, made, (struct store_change_query){.since_ms = since, .card = card});
    for (size_t b = 0; b < 2; b++)
        compare(tx, made, (struct store_change_query){.since_ms = since, .bank = banks[b]});
    for (size_t r = 0; r < 3; r++) {
        compare(tx, made, (struct store_change_query){.since_ms = since, .region = regions[r]});
        compare(tx, made,
                (struct store_change_query){
                    .since_ms = since, .region = regions[r], .bank = banks[r % 2]});
    }
}

/* The sums over hours, days and broken ends are the plain count, wherever a window begins. */
static void windows_count_exactly_wherever_they_begin(void **state)
{
    static struct made made;
    char cards[4][STORE_ID_SIZE];
    uint64_t seed = 7;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_bank(tx, "bank-a");
    for (uint8_t i = 0; i < 4; i++)
        add_card(tx, i, cards[i]);
    for (size_t i = 0; i < CHANGES; i++)
        make_change(tx, cards[i % 4], &seed, &made.changes[i]);
    for (size_t i = 0; i < CHANGES; i += 3) {
        assert_ok(store_change_give_back(tx, made.changes[i].operation));
        assert_ok(store_change_give_back(tx, made.changes[i].operation)); /* once only */
        made.given_back[i] = true;
    }
    compare_all(tx, &made, cards[0], 0);
    compare_all(tx, &made, cards[0], -5);
    for (size_t i = 0; i < 60; i++)
        compare_all(tx, &made, cards[i % 4], made.changes[i].time_ms + (int64_t)(i % 3) - 1);
    for (int64_t hour = 0; hour < 50; hour++) {
        int64_t at = FIXTURE_START_S * INT64_C(1000) / DAY * DAY + DAY + hour * HOUR;
        compare_all(tx, &made, cards[0], at + hour % 3 - 1);
    }
    commit(tx);
}

static void what_fails_or_is_cancelled_gives_its_place_back(void **state)
{
    static const enum store_operation_state ends[] = {STORE_OPERATION_FAILED,
                                                      STORE_OPERATION_CANCELLED};
    char card[STORE_ID_SIZE];
    int64_t count = 0;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_bank(tx, "bank-a");
    add_card(tx, 1, card);
    for (size_t i = 0; i < 2; i++) {
        struct store_operation operation = operation_for(card);
        struct store_change change = {.bank = "bank-a", .region = "310000", .time_ms = 1};
        const struct store_change_query query = {.bank = "bank-a"};
        assert_ok(store_operation_add(tx, &operation));
        snprintf(change.operation, sizeof change.operation, "%s", operation.id);
        assert_ok(store_change_add(tx, &change));
        operation.state = STORE_OPERATION_RUNNING;
        assert_ok(store_operation_update(tx, &operation));
        assert_ok(store_change_count(tx, &query, &count));
        assert_int_equal(count, 1);
        operation.state = ends[i];
        assert_ok(store_operation_update(tx, &operation));
        assert_ok(store_change_count(tx, &query, &count));
        assert_int_equal(count, 0);
    }
    commit(tx);
}

static void the_last_change_asks_for_rest(void **state)
{
    char card[STORE_ID_SIZE];
    int64_t until = -1;
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_bank(tx, "bank-a");
    add_card(tx, 1, card);
    for (int64_t i = 1; i <= 2; i++) {
        struct store_operation operation = operation_for(card);
        struct store_change change = {.role = "payment",
                                      .bank = "bank-a",
                                      .region = "310000",
                                      .time_ms = i,
                                      .cool_down_until_ms = 100 * i};
        assert_ok(store_operation_add(tx, &operation));
        snprintf(change.operation, sizeof change.operation, "%s", operation.id);
        snprintf(change.card, sizeof change.card, "%s", card);
        assert_ok(store_change_add(tx, &change));
        operation.state = STORE_OPERATION_DONE;
        assert_ok(store_operation_update(tx, &operation));
    }
    assert_ok(store_change_cool_down(tx, card, "payment", &until));
    assert_int_equal(until, 200);
    assert_ok(store_change_cool_down(tx, card, "transit", &until));
    assert_int_equal(until, 0);
    commit(tx);
}

/* ---- holdings ----------------------------------------------------------------------------- */

static void bind(struct store_tx *tx, const char *card, const char *role, const char *product)
{
    struct store_binding binding = {.version = product[0] == '\0' ? 0 : 1};
    snprintf(binding.card, sizeof binding.card, "%s", card);
    snprintf(binding.role, sizeof binding.role, "%s", role);
    snprintf(binding.product, sizeof binding.product, "%s", product);
    assert_ok(store_binding_put(tx, &binding));
}

static void assert_holdings(struct store_tx *tx, int64_t a, int64_t b, int64_t any)
{
    const struct {
        const char *region;
        const char *bank;
        int64_t expected;
    } rows[] = {{"310000", "bank-a", a}, {NULL, "bank-a", a},     {"310000", "bank-b", b},
                {"310000", NULL, any},   {"440000", "bank-a", 0}, {NULL, NULL, any}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t cards = -1;
        assert_ok(store_holding_count(tx, rows[i].region, rows[i].bank, &cards));
        assert_int_equal(cards, rows[i].expected);
    }
}

static void a_bank_has_a_card_once_in_whatever_roles(void **state)
{
    char cards[2][STORE_ID_SIZE];
    const struct store_binding nothing = {.role = "transit"};
    struct store_tx *tx = begin(*state, STORE_WRITE);
    add_bank(tx, "bank-a");
    add_bank(tx, "bank-b");
    add_card(tx, 1, cards[0]);
    add_card(tx, 2, cards[1]);
    assert_holdings(tx, 0, 0, 0);
    bind(tx, cards[0], "payment", "bank-a/debit");
    bind(tx, cards[0], "transit", "bank-a/pass");
    bind(tx, cards[1], "payment", "bank-a/debit");
    assert_holdings(tx, 2, 0, 2);
    bind(tx, cards[0], "payment", "bank-b/debit");
    assert_holdings(tx, 2, 1, 2);
    bind(tx, cards[1], "payment", "");
    assert_holdings(tx, 1, 1, 1);
    struct store_binding again = nothing;
    memcpy(again.card, cards[0], sizeof again.card);
    assert_ok(store_binding_revert(tx, &again)); /* of the pass */
    assert_holdings(tx, 0, 1, 1);
    commit(tx);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(windows_count_exactly_wherever_they_begin),
        TEST(what_fails_or_is_cancelled_gives_its_place_back),
        TEST(the_last_change_asks_for_rest),
        TEST(a_bank_has_a_card_once_in_whatever_roles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
