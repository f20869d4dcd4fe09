/* Decisions over the real store: limits that count exactly whoever asks at once, obligations that
 * requests meet, and decisions that are made again. */
#include "tests/integration/rebind/office.h"

#include "ota-server/rebind/decision.h"
#include "ota-server/rebind/policy_cache.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define assert_ok(call) assert_int_equal((call), STORE_OK)

enum { CARDS = 48, THREADS = 8, PLACES = 7 };

#define ANYBODY                                                             \
    "version: 1\n"                                                          \
    "name: limited\n"                                                       \
    "languages: [en, zh]\n"                                                 \
    "default_reasons:\n"                                                    \
    "  default-deny: {en: No rule allows it., zh: 没有规则允许。}\n" \
    "rules:\n"                                                              \
    "  - id: anybody\n"                                                     \
    "    effect: allow\n"                                                   \
    "    when: {request.action: {in: [bind, switch, revoke]}}\n"            \
    "    reason: {en: It is allowed., zh: 允许。}\n"

static const char quota[] = ANYBODY "limits:\n"
                                    "  - id: places\n"
                                    "    quota: {of: [bank, region], at_most: 7, window: 30d}\n"
                                    "    reason: {en: All places are taken., zh: 名额已满。}\n";

static const char share[] = ANYBODY "limits:\n"
                                    "  - id: cap\n"
                                    "    share: {at_most: 50%, window: 30d, free_until: 4}\n"
                                    "    reason: {en: The bank has its share., zh: 已达上限。}\n";

static const char consent[] = ANYBODY "    obligations: {consent_evidence: signed}\n";
static const char second_person[] = ANYBODY "    obligations: {second_person: true}\n";
static const char cool_down[] = ANYBODY "    obligations: {cool_down_days: 3}\n"
                                        "  - id: resting\n"
                                        "    effect: deny\n"
                                        "    when: {binding.cool_down_days_left: {at_least: 1}}\n"
                                        "    reason: {en: The card rests., zh: 冷却期。}\n";

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

static int setup(void **state)
{
    *state = office_new("scp03-i70-aes128");
    return 0;
}

static int teardown(void **state)
{
    office_free(*state);
    return 0;
}

static void use(struct office *o, const char *policy)
{
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    office_add_policy(tx, policy);
    assert_ok(store_commit(tx));
}

/* Cards that carry nothing; bank A's product needs no record for them. */
static void add_cards(struct office *o, char ids[CARDS][STORE_ID_SIZE])
{
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    for (size_t i = 0; i < CARDS; i++) {
        struct store_card card = {.identity = {0xCA, (uint8_t)i},
                                  .region = "310000",
                                  .generation = "3",
                                  .status = STORE_CARD_ACTIVE};
        snprintf(card.profile, sizeof card.profile, "%s", o->bench->profile.name);
        assert_ok(store_card_add(tx, &card));
        memcpy(ids[i], card.id, STORE_ID_SIZE);
    }
    assert_ok(store_commit(tx));
}

static enum rebind_refusal ask(struct office *o, const char *card,
                               const struct decision_given *given, struct order_result *result)
{
    const struct order order = {.kind = STORE_OPERATION_BIND,
                                .card = card,
                                .product = "bank-a/debit",
                                .role = "payment",
                                .principal = "operator",
                                .principal_kind = "operator",
                                .idempotency_key = "",
                                .given = given};
    return order_make(&o->service, &order, result);
}

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
    use(o, quota);
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
    use(o, share);
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
    use(o, quota);
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
        use(o, i % 2 == 0 ? closed : ANYBODY);
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

static int64_t held(struct office *o, const char *bank)
{
    int64_t cards = 0;
    struct store_tx *tx = office_tx(o, STORE_READ);
    assert_ok(store_holding_count(tx, "310000", bank, &cards));
    store_rollback(tx);
    return cards;
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
    use(o, weighted);
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
    use(o, weighted_without_a);
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
    use(o, drawn);
    assert_refused(ASSIGNMENT_BY_DRAW, assign_card(o, cards[0], &result));
}

/* ---- obligations -------------------------------------------------------------------------- */

static void signed_consent_needs_its_digest(void **state)
{
    static const char digest[] = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    static const struct {
        struct decision_given given;
        enum rebind_refusal refusal;
    } rows[] = {
        {{.consent = NULL}, REBIND_REFUSED_POLICY_DENIED},
        {{.consent = "stated", .evidence = digest}, REBIND_REFUSED_POLICY_DENIED},
        {{.consent = "signed"}, REBIND_REFUSED_POLICY_DENIED},
        {{.consent = "withdrawn", .evidence = digest}, REBIND_REFUSED_POLICY_DENIED},
        {{.consent = "signed", .evidence = digest}, REBIND_REFUSED_NONE},
    };
    struct office *o = *state;
    char cards[CARDS][STORE_ID_SIZE];
    add_cards(o, cards);
    use(o, consent);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct order_result result;
        assert_int_equal(ask(o, cards[0], &rows[i].given, &result), rows[i].refusal);
        if (rows[i].refusal != REBIND_REFUSED_NONE)
            assert_string_equal(result.decision.rule, "obligation:consent_evidence");
    }
}

/* A confirmation by a principal that is registered with a person. */
static void confirm(struct office *o, const char *card, const char *person, char id[STORE_ID_SIZE])
{
    struct store_confirmation confirmation = {.product = "bank-a/debit"};
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    snprintf(confirmation.card, sizeof confirmation.card, "%s", card);
    snprintf(confirmation.principal, sizeof confirmation.principal, "of-%s", person);
    snprintf(confirmation.person, sizeof confirmation.person, "%s", person);
    assert_ok(store_confirmation_add(tx, &confirmation));
    assert_ok(store_commit(tx));
    memcpy(id, confirmation.id, STORE_ID_SIZE);
}

static void register_operator(struct office *o)
{
    struct store_principal operator= {
        .id = "operator", .fingerprint = {1}, .kind = STORE_PRINCIPAL_OPERATOR, .person = "Olga"};
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    assert_ok(store_principal_add(tx, &operator));
    assert_ok(store_commit(tx));
}

static void a_second_person_confirms_this_card_once(void **state)
{
    struct office *o = *state;
    char cards[CARDS][STORE_ID_SIZE];
    char id[STORE_ID_SIZE];
    struct order_result result;
    const struct decision_given given = {.confirmation = id};
    add_cards(o, cards);
    use(o, second_person);
    register_operator(o);
    assert_refused(POLICY_DENIED, ask(o, cards[0], NULL, &result));
    assert_string_equal(result.decision.rule, "obligation:second_person");
    confirm(o, cards[0], "Olga", id); /* the same person, another certificate */
    assert_refused(POLICY_DENIED, ask(o, cards[0], &given, &result));
    confirm(o, cards[1], "Paul", id); /* another card */
    assert_refused(POLICY_DENIED, ask(o, cards[0], &given, &result));
    confirm(o, cards[0], "Paul", id);
    assert_refused(NONE, ask(o, cards[0], &given, &result));
    struct store_operation cancelled;
    assert_refused(NONE, order_cancel(&o->service, result.operation.id, "operator", &cancelled));
    assert_refused(POLICY_DENIED, ask(o, cards[0], &given, &result)); /* used */
    confirm(o, cards[0], "Paul", id);
    rebind_seeded_advance(&o->bench->seeded, UINT64_C(25) * 60 * 60 * 1000); /* too old */
    assert_refused(POLICY_DENIED, ask(o, cards[0], &given, &result));
}

static void a_card_rests_as_long_as_its_last_change_asks(void **state)
{
    struct office *o = *state;
    char cards[CARDS][STORE_ID_SIZE];
    struct order_result result;
    struct store_operation done;
    add_cards(o, cards);
    use(o, cool_down);
    assert_refused(NONE, ask(o, cards[0], NULL, &result));
    done = result.operation;
    done.state = STORE_OPERATION_DONE;
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    assert_ok(store_operation_update(tx, &done));
    assert_ok(store_commit(tx));
    const struct order revoke = {.kind = STORE_OPERATION_REVOKE,
                                 .card = cards[0],
                                 .role = "payment",
                                 .principal = "operator",
                                 .principal_kind = "operator",
                                 .idempotency_key = ""};
    assert_refused(POLICY_DENIED, order_make(&o->service, &revoke, &result));
    assert_string_equal(result.decision.rule, "resting");
    rebind_seeded_advance(&o->bench->seeded, UINT64_C(3) * 24 * 60 * 60 * 1000);
    assert_refused(NONE, order_make(&o->service, &revoke, &result));
}

/* ---- the answer --------------------------------------------------------------------------- */

static void a_refusal_speaks_the_language_of_who_asks(void **state)
{
    static const struct {
        const char *accept;
        const char *reason;
    } rows[] = {
        {NULL, "All places are taken."},           {"zh", "名额已满。"},
        {"zh-CN, en;q=0.5", "名额已满。"},         {"en;q=0.8, zh;q=0.9", "名额已满。"},
        {"fr, de;q=0.9", "All places are taken."}, {"zh;q=0", "All places are taken."},
        {";;,,=;q", "All places are taken."},
    };
    struct office *o = *state;
    char cards[CARDS][STORE_ID_SIZE];
    struct order_result result;
    add_cards(o, cards);
    use(o, quota);
    for (size_t i = 0; i < PLACES; i++)
        assert_refused(NONE, ask(o, cards[i], NULL, &result));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct decision_given given = {.language = rows[i].accept};
        assert_refused(POLICY_DENIED, ask(o, cards[PLACES], &given, &result));
        assert_string_equal(result.reason, rows[i].reason);
        assert_string_equal(result.decision.reason, "All places are taken.");
    }
}

static void a_stopped_bank_gets_nothing(void **state)
{
    struct office *o = *state;
    char cards[CARDS][STORE_ID_SIZE];
    struct order_result result;
    struct store_stop stop = {.bank = "bank-a", .reason = "A breach.", .principal = "officer"};
    add_cards(o, cards);
    use(o, quota);
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    assert_ok(store_stop_add(tx, &stop));
    assert_ok(store_commit(tx));
    assert_refused(POLICY_DENIED, ask(o, cards[0], NULL, &result));
    assert_string_equal(result.reason, "A breach.");
    assert_memory_equal(result.decision.rule, "stop:", 5);
}

/* Nobody was there to cancel: the stop's time came while the operation waited. */
static void nothing_goes_out_of_an_operation_that_a_stop_has_come_to_mean(void **state)
{
    struct office *o = *state;
    static const char stopping[] = ANYBODY "calendar: {time_zone: \"+08:00\"}\n"
                                           "stops:\n"
                                           "  - id: planned\n"
                                           "    bank: bank-b\n"
                                           "    from: 2037-01-01\n"
                                           "    reason: {en: It ends., zh: 停止。}\n";
    use(o, stopping);
    office_order(o);
    rebind_seeded_advance(&o->bench->seeded, UINT64_C(15) * 365 * 24 * 60 * 60 * 1000);
    assert_int_equal(office_contact(o, &office_agent), 0);
    assert_int_equal(office_operation(o).state, STORE_OPERATION_CANCELLED);
    assert_int_equal(held(o, "bank-b"), 0);
}

/* ---- again -------------------------------------------------------------------------------- */

/* Every decision of the store is made again; how many. */
static size_t assert_all_the_same(struct office *o)
{
    struct store_decision_record records[64];
    size_t count = 0;
    struct store_tx *tx = office_tx(o, STORE_READ);
    assert_ok(store_decision_list(tx, &(struct store_decision_filter){0}, 0, records, 64, &count));
    for (size_t i = 0; i < count; i++) {
        struct decision_replay replay;
        assert_refused(NONE, decision_make_again(&o->service, tx, &records[i], &replay));
        if (!replay.same)
            fail_msg("%s by %s became %s by %s", records[i].decision.effect,
                     records[i].decision.rule, replay.again.effect, replay.again.rule);
        store_decision_fini(&records[i]);
    }
    store_rollback(tx);
    return count;
}

static void decisions_are_made_again_after_another_policy_is_active(void **state)
{
    struct office *o = *state;
    char cards[CARDS][STORE_ID_SIZE];
    struct order_result result;
    struct store_stop stop = {.region = "310000", .reason = "A flood.", .principal = "officer"};
    add_cards(o, cards);
    use(o, quota);
    for (size_t i = 0; i < PLACES + 3; i++)
        (void)ask(o, cards[i], NULL, &result);
    use(o, share);
    for (size_t i = 20; i < 26; i++)
        (void)ask(o, cards[i], NULL, &result);
    use(o, consent);
    (void)ask(o, cards[30], &(struct decision_given){.consent = "stated"}, &result);
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    assert_ok(store_stop_add(tx, &stop));
    assert_ok(store_commit(tx));
    (void)ask(o, cards[31], NULL, &result);
    assert_int_equal(assert_all_the_same(o), PLACES + 3 + 6 + 1 + 1);
    /* and after a restart, years later */
    office_reopen(o);
    rebind_seeded_advance(&o->bench->seeded, UINT64_C(3) * 365 * 24 * 60 * 60 * 1000);
    use(o, quota);
    assert_int_equal(assert_all_the_same(o), PLACES + 3 + 6 + 1 + 1);
}

/* A record that somebody changed does not pass for the decision that was made. */
static void an_altered_record_is_seen(void **state)
{
    struct office *o = *state;
    char cards[CARDS][STORE_ID_SIZE];
    struct order_result result;
    struct store_decision_record record;
    struct decision_replay replay;
    add_cards(o, cards);
    use(o, quota);
    for (size_t i = 0; i <= PLACES; i++)
        (void)ask(o, cards[i], NULL, &result);
    struct store_tx *tx = office_tx(o, STORE_READ);
    size_t count;
    assert_ok(store_decision_list(tx, &(struct store_decision_filter){0}, 0, &record, 1, &count));
    char *number = strstr((char *)record.json.ptr, "\"number\":7");
    assert_non_null(number);
    number[strlen("\"number\":")] = '6';
    assert_refused(NONE, decision_make_again(&o->service, tx, &record, &replay));
    assert_false(replay.same);
    assert_string_equal(replay.again.effect, "allow");
    number[0] = '?';
    assert_refused(INTERNAL, decision_make_again(&o->service, tx, &record, &replay));
    store_decision_fini(&record);
    store_rollback(tx);
}

static void a_policy_is_compiled_once(void **state)
{
    struct office *o = *state;
    char cards[CARDS][STORE_ID_SIZE];
    uint64_t before = policy_cache_compiled(o->policies);
    add_cards(o, cards);
    use(o, quota);
    (void)run_race(o, cards);
    assert_int_equal(policy_cache_compiled(o->policies), before + 1);
    use(o, share); /* the same one comes back without being compiled again */
    (void)run_race(o, cards);
    assert_int_equal(policy_cache_compiled(o->policies), before + 2);
    (void)assert_all_the_same(o);
    assert_int_equal(policy_cache_compiled(o->policies), before + 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
        TEST(signed_consent_needs_its_digest),
        TEST(a_second_person_confirms_this_card_once),
        TEST(a_card_rests_as_long_as_its_last_change_asks),
        TEST(a_refusal_speaks_the_language_of_who_asks),
        TEST(a_stopped_bank_gets_nothing),
        TEST(nothing_goes_out_of_an_operation_that_a_stop_has_come_to_mean),
        TEST(decisions_are_made_again_after_another_policy_is_active),
        TEST(an_altered_record_is_seen),
        TEST(a_policy_is_compiled_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
