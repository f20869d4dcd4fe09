/* Limits that count exactly whoever asks at once, a policy that changes meanwhile, and cards that
 * are assigned by shares: threads over the real store. */
#include "tests/integration/rebind/asking.h"

#include "ota-server/rebind/policy_cache.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { THREADS = 8 };

static const char weighted[] = ANYBODY "assignment:\n"
                                       "  method: weighted\n"
                                       "  shares: {bank-a: 3, bank-b: 1, bank-unknown: 50}\n";
static const char weighted_without_a[] =
    ANYBODY "  - id: not-a\n"
            "    effect: deny\n"
            "    when: {bank.id: bank-a, request.reason: assignment}\n"
            "    reason: {en: Not A., zh: 不行。}\n"
            "assignment:\n"
            "  method: weighted\n"
            "  shares: {bank-a: 30, bank-b: 1}\n";
static const char drawn[] = ANYBODY "assignment:\n"
                                    "  method: draw\n"
                                    "  shares: {bank-a: 1, bank-b: 1}\n";

static int64_t counted(struct office *o)
{
    const struct store_change_query query = {.bank = "bank-a", .region = "310000"};
    int64_t count = 0;
    struct store_tx *tx = office_tx(o, STORE_READ);
    assert_ok(store_change_count(tx, &query, &count));
    store_rollback(tx);
    return count;
}

/* ---- races -------------------------------------------------------------------------------- */

struct racer {
    pthread_t thread;
    struct office *office;
    char (*cards)[STORE_ID_SIZE];
    pthread_barrier_t *start;
    size_t first;
    size_t accepted;
    size_t denied;
};

/* Each card is asked for by one thread; all threads are at the limit at once. */
static void *race(void *user)
{
    struct racer *r = user;
    struct order_result result;
    (void)pthread_barrier_wait(r->start);
    for (size_t i = r->first; i < CARDS; i += THREADS) {
        enum rebind_refusal refusal = ask(r->office, r->cards[i], NULL, &result);
        r->accepted += refusal == REBIND_REFUSED_NONE;
        r->denied += refusal == REBIND_REFUSED_POLICY_DENIED;
    }
    return NULL;
}

static size_t run_race(struct office *o, char cards[CARDS][STORE_ID_SIZE])
{
    struct racer racers[THREADS];
    pthread_barrier_t start;
    size_t accepted = 0;
    size_t denied = 0;
    assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
    for (size_t i = 0; i < THREADS; i++) {
        racers[i] = (struct racer){.office = o, .cards = cards, .start = &start, .first = i};
        assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(racers[i].thread, NULL), 0);
        accepted += racers[i].accepted;
        denied += racers[i].denied;
    }
    assert_int_equal(pthread_barrier_destroy(&start), 0);
    assert_int_equal(accepted + denied, CARDS);
    return accepted;
}

static void no_two_requests_take_the_last_place(void **state)
{
    struct office *o = *state;
    char cards[CARDS][STORE_ID_SIZE];
    struct order_result result;
    add_cards(o, cards);
    use_policy(o, asking_quota);
    assert_int_equal(run_race(o, cards), PLACES);
    assert_int_equal(counted(o), PLACES);
    assert_int_equal(ask(o, cards[0], NULL, &result) == REBIND_REFUSED_NONE ||
                         strcmp(result.decision.rule, "places") == 0,
                     true);
}

/* Whatever the order, at no moment does the bank have more than half of more than four. */
static void no_two_requests_pass_the_share_together(void **state)
{
    struct office *o = *state;
    char cards[CARDS][STORE_ID_SIZE];
    add_cards(o, cards);
    use_policy(o, asking_share);
    assert_int_equal(run_race(o, cards), 4);
    assert_int_equal(counted(o), 4);
}

static void a_cancelled_operation_gives_its_place_back(void **state)
{
    struct office *o = *state;
    char cards[CARDS][STORE_ID_SIZE];
    struct order_result taken;
    struct order_result result;
    struct store_operation cancelled;
    add_cards(o, cards);
    use_policy(o, asking_quota);
    for (size_t i = 0; i < PLACES; i++)
        assert_refused(NONE, ask(o, cards[i], NULL, &taken));
    assert_refused(POLICY_DENIED, ask(o, cards[PLACES], NULL, &result));
    assert_string_equal(result.decision.rule, "places");
    assert_refused(NONE, order_cancel(&o->service, taken.operation.id, "operator", &cancelled));
    assert_refused(NONE, ask(o, cards[PLACES], NULL, &result));
    assert_refused(POLICY_DENIED, ask(o, cards[PLACES + 1], NULL, &result));
}

/* ---- activation between requests ------------------------------------------------------------ */

static const char closed[] = "version: 1\n"
                             "name: closed\n"
                             "rules:\n"
                             "  - id: closed\n"
                             "    effect: deny\n"
                             "    when: {request.action: bind}\n"
                             "    reason: It is closed.\n";

/* The policy changes while cards are asked for: each decision is wholly of one version. */
static void a_change_of_policy_falls_between_two_requests(void **state)
{
    struct office *o = *state;
    char cards[CARDS][STORE_ID_SIZE];
    struct racer racer = {.office = o, .cards = cards};
    struct store_decision_record records[CARDS];
    pthread_barrier_t start;
    size_t count = 0;
    add_cards(o, cards);
    assert_int_equal(pthread_barrier_init(&start, NULL, 2), 0);
    racer.start = &start;
    assert_int_equal(pthread_create(&racer.thread, NULL, race, &racer), 0);
    (void)pthread_barrier_wait(&start);
    for (int i = 0; i < 6; i++)
        use_policy(o, i % 2 == 0 ? closed : ANYBODY);
    assert_int_equal(pthread_join(racer.thread, NULL), 0);
    assert_int_equal(pthread_barrier_destroy(&start), 0);
    struct store_tx *tx = office_tx(o, STORE_READ);
    assert_ok(
        store_decision_list(tx, &(struct store_decision_filter){0}, 0, records, CARDS, &count));
    assert_int_equal(count, CARDS / THREADS);
    for (size_t i = 0; i < count; i++) {
        const struct store_decision *d = &records[i].decision;
        bool of_closed = d->policy_version > 1 && d->policy_version % 2 == 0;
        assert_string_equal(d->effect, of_closed ? "deny" : "allow");
        assert_string_equal(d->rule, of_closed ? "closed" : "anybody");
        store_decision_fini(&records[i]);
    }
    store_rollback(tx);
}

/* ---- assignment --------------------------------------------------------------------------- */

/* A product of bank B's that needs no record, before its other one. */
static void offer_basic(struct office *o)
{
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    struct store_product product;
    assert_ok(store_product_get(tx, "bank-b", "debit", STORE_VERSION_LATEST, &product));
    product.version = STORE_VERSION_DRAFT;
    snprintf(product.id, sizeof product.id, "basic");
    snprintf(product.instance, sizeof product.instance, "A0000003330101BA51C0");
    assert_ok(store_product_put_draft(tx, &product, "[]"));
    assert_ok(store_product_publish(tx, "bank-b", "basic", &product));
    assert_ok(store_commit(tx));
}

static enum rebind_refusal assign_card(struct office *o, const char *card,
                                       struct order_result *result)
{
    const struct order order = {.kind = STORE_OPERATION_BIND,
                                .assigns = true,
                                .card = card,
                                .role = "payment",
                                .principal = "operator",
                                .principal_kind = "operator",
                                .idempotency_key = ""};
    return order_make(&o->service, &order, result);
}

static void *race_for_assignments(void *user)
{
    struct racer *r = user;
    struct order_result result;
    (void)pthread_barrier_wait(r->start);
    for (size_t i = r->first; i < CARDS; i += THREADS)
        r->accepted += assign_card(r->office, r->cards[i], &result) == REBIND_REFUSED_NONE;
    return NULL;
}

/* Bank A has a card already, so of 48 it gets 36 and bank B its quarter. */
static void cards_without_a_choice_go_by_shares_and_deficits(void **state)
{
    struct office *o = *state;
    char cards[CARDS][STORE_ID_SIZE];
    struct racer racers[THREADS];
    pthread_barrier_t start;
    size_t accepted = 0;
    add_cards(o, cards);
    offer_basic(o);
    use_policy(o, weighted);
    assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
    for (size_t i = 0; i < THREADS; i++) {
        racers[i] = (struct racer){.office = o, .cards = cards, .start = &start, .first = i};
        assert_int_equal(pthread_create(&racers[i].thread, NULL, race_for_assignments, &racers[i]),
                         0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(racers[i].thread, NULL), 0);
        accepted += racers[i].accepted;
    }
    assert_int_equal(pthread_barrier_destroy(&start), 0);
    assert_int_equal(accepted, CARDS);
    assert_int_equal(held(o, "bank-a"), 1 + 36);
    assert_int_equal(held(o, "bank-b"), 12);
}

static void the_next_bank_gets_the_card_that_the_policy_denies_to_the_first(void **state)
{
    struct office *o = *state;
    char cards[CARDS][STORE_ID_SIZE];
    struct order_result result;
    add_cards(o, cards);
    offer_basic(o);
    use_policy(o, weighted_without_a);
    assert_refused(NONE, assign_card(o, cards[0], &result));
    assert_string_equal(result.operation.product, "bank-b/basic");
    struct store_decision_record records[4];
    size_t count = 0;
    struct store_tx *tx = office_tx(o, STORE_READ);
    assert_ok(store_decision_list(tx, &(struct store_decision_filter){0}, 0, records, 4, &count));
    assert_int_equal(count, 2); /* the denial is on record */
    assert_string_equal(records[0].operation, result.operation.id);
    assert_string_equal(records[1].decision.rule, "not-a");
    for (size_t i = 0; i < count; i++)
        store_decision_fini(&records[i]);
    store_rollback(tx);
}

static void a_policy_that_assigns_none_or_by_draw_says_so(void **state)
{
    struct office *o = *state;
    char cards[CARDS][STORE_ID_SIZE];
    struct order_result result;
    add_cards(o, cards);
    assert_refused(NO_ASSIGNMENT, assign_card(o, cards[0], &result));
    use_policy(o, drawn);
    assert_refused(ASSIGNMENT_BY_DRAW, assign_card(o, cards[0], &result));
}

/* ---- compiled policies ------------------------------------------------------------------- */

static void a_policy_is_compiled_once(void **state)
{
    struct office *o = *state;
    char cards[CARDS][STORE_ID_SIZE];
    uint64_t before = policy_cache_compiled(o->policies);
    add_cards(o, cards);
    use_policy(o, asking_quota);
    (void)run_race(o, cards);
    assert_int_equal(policy_cache_compiled(o->policies), before + 1);
    use_policy(o, asking_share); /* the same one comes back without being compiled again */
    (void)run_race(o, cards);
    assert_int_equal(policy_cache_compiled(o->policies), before + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_two_requests_take_the_last_place),
        TEST(no_two_requests_pass_the_share_together),
        TEST(a_cancelled_operation_gives_its_place_back),
        TEST(a_change_of_policy_falls_between_two_requests),
        TEST(cards_without_a_choice_go_by_shares_and_deficits),
        TEST(the_next_bank_gets_the_card_that_the_policy_denies_to_the_first),
        TEST(a_policy_that_assigns_none_or_by_draw_says_so),
        TEST(a_policy_is_compiled_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
