/* Decisions over the real store: obligations that requests meet, answers, stops, and decisions that
 * are made again. */
#include "tests/integration/rebind/asking.h"

#include "ota-server/rebind/decision.h"

#include <stdio.h>
#include <string.h>

static const char consent[] = ANYBODY "    obligations: {consent_evidence: signed}\n";
static const char second_person[] = ANYBODY "    obligations: {second_person: true}\n";
static const char cool_down[] = ANYBODY "    obligations: {cool_down_days: 3}\n"
                                        "  - id: resting\n"
                                        "    effect: deny\n"
                                        "    when: {binding.cool_down_days_left: {at_least: 1}}\n"
                                        "    reason: {en: The card rests., zh: 冷却期。}\n";

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
    use_policy(o, consent);
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
    use_policy(o, second_person);
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
    use_policy(o, cool_down);
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
    use_policy(o, asking_quota);
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
    use_policy(o, asking_quota);
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
    use_policy(o, stopping);
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
    use_policy(o, asking_quota);
    for (size_t i = 0; i < PLACES + 3; i++)
        (void)ask(o, cards[i], NULL, &result);
    use_policy(o, asking_share);
    for (size_t i = 20; i < 26; i++)
        (void)ask(o, cards[i], NULL, &result);
    use_policy(o, consent);
    (void)ask(o, cards[30], &(struct decision_given){.consent = "stated"}, &result);
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    assert_ok(store_stop_add(tx, &stop));
    assert_ok(store_commit(tx));
    (void)ask(o, cards[31], NULL, &result);
    assert_int_equal(assert_all_the_same(o), PLACES + 3 + 6 + 1 + 1);
    /* and after a restart, years later */
    office_reopen(o);
    rebind_seeded_advance(&o->bench->seeded, UINT64_C(3) * 365 * 24 * 60 * 60 * 1000);
    use_policy(o, asking_quota);
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
    use_policy(o, asking_quota);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(signed_consent_needs_its_digest),
        TEST(a_second_person_confirms_this_card_once),
        TEST(a_card_rests_as_long_as_its_last_change_asks),
        TEST(a_refusal_speaks_the_language_of_who_asks),
        TEST(a_stopped_bank_gets_nothing),
        TEST(nothing_goes_out_of_an_operation_that_a_stop_has_come_to_mean),
        TEST(decisions_are_made_again_after_another_policy_is_active),
        TEST(an_altered_record_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
