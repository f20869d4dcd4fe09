/* Orders of every kind carried to the card: suspended and resumed, held ready, purged, audited; and
 * how they end otherwise: cancelled, overdue, after waiting. */
#include "tests/integration/rebind/office.h"

#include "ota-server/rebind/operation_life.h"
#include "scp/gp/lifecycle.h"

#include <sqlite3.h>

#include <stdlib.h>
#include <string.h>

enum { INS_LOAD = 0xE8, INS_INSTALL = 0xE6, INS_DELETE = 0xE4 };

static int setup(void **state)
{
    *state = office_new("scp03-i70-aes128");
    return 0;
}

static int setup_scp02(void **state)
{
    *state = office_new("scp02-i55");
    return 0;
}

static int setup_domain(void **state)
{
    *state = office_new("scp03-i70-aes128");
    office_give_bank_b_a_domain(*state);
    return 0;
}

static int teardown(void **state)
{
    office_free(*state);
    return 0;
}

static void place(struct office *o, enum store_operation_kind kind, const char *product)
{
    assert_refused(NONE, office_place(o, (struct order){.kind = kind, .product = product}));
}

/* The operation runs to its end; the number of bytes that went to the card. */
static uint64_t carry_out(struct office *o)
{
    office_contact(o, &office_agent);
    struct store_operation operation = office_operation(o);
    if (operation.state != STORE_OPERATION_DONE)
        fail_msg("state %d: %s", (int)operation.state, operation.cause);
    assert_social_security_is_as_issued(o->bench);
    return operation.progress.bytes_done;
}

static struct store_binding binding_of(struct office *o)
{
    struct store_binding binding;
    struct store_tx *tx = office_tx(o, STORE_READ);
    assert_int_equal(store_binding_get(tx, o->card, "payment", &binding), STORE_OK);
    store_rollback(tx);
    return binding;
}

/* Life cycle of an AID as the server has it; 0 when it is not there. */
static uint8_t life_cycle_of(struct office *o, const struct scp_aid *aid)
{
    static struct store_content entries[STORE_CONTENTS_MAX];
    char text[STORE_AID_SIZE];
    size_t count;
    scp_hex_encode(text, sizeof text, scp_aid_bytes(aid));
    struct store_tx *tx = office_tx(o, STORE_READ);
    assert_int_equal(store_content_list(tx, o->card, entries, STORE_CONTENTS_MAX, &count),
                     STORE_OK);
    store_rollback(tx);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(entries[i].aid, text) == 0)
            return entries[i].life_cycle;
    }
    return 0;
}

static void assert_pays(struct office *o, const struct scp_aid *bank)
{
    struct scp_aid paid;
    assert_listed_bank_pays(o->bench, &paid);
    assert_true(scp_aid_equal(&paid, bank));
}

static void switch_to_b(struct office *o)
{
    office_order(o);
    (void)carry_out(o);
}

/* ---- suspending --------------------------------------------------------------------------- */

static void suspended_bank_comes_back_without_loading_anything(void **state)
{
    struct office *o = *state;
    const struct scp_aid *instance = &o->bench->bank_b.instance;
    switch_to_b(o);
    place(o, STORE_OPERATION_SUSPEND, NULL);
    uint64_t bytes = carry_out(o);
    assert_in_range(bytes, 1, 600);
    assert_int_equal(life_cycle_of(o, instance), SCP_APPLICATION_SELECTABLE | 0x80);
    assert_true(binding_of(o).suspended);
    assert_refused(ALREADY_SUSPENDED,
                   office_place(o, (struct order){.kind = STORE_OPERATION_SUSPEND}));
    assert_refused(SUSPENDED, office_bind_b(o));
    place(o, STORE_OPERATION_RESUME, NULL);
    bytes = carry_out(o);
    assert_in_range(bytes, 1, 1000);
    assert_string_equal(office_operation(o).why,
                        "the instance is on the card, locked, and nothing is loaded");
    assert_false(binding_of(o).suspended);
    assert_pays(o, instance);
    assert_refused(NOT_SUSPENDED, office_place(o, (struct order){.kind = STORE_OPERATION_RESUME}));
}

/* The record says that the instance is locked: asking again is no idle question. The card knows
 * better, refuses to unlock what is not locked, and is read. */
static void what_went_astray_can_be_asked_for_again(void **state)
{
    struct office *o = *state;
    switch_to_b(o);
    assert_refused(ALREADY_BOUND, office_bind_b(o));
    struct store_content entry;
    assert_true(office_sees_bank_b(o, &entry));
    entry.life_cycle |= 0x80;
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    assert_int_equal(store_content_put(tx, o->card, &entry), STORE_OK);
    assert_int_equal(store_commit(tx), STORE_OK);
    assert_refused(NONE, office_bind_b(o));
    office_contact(o, &office_agent);
    (void)carry_out(o);
    assert_pays(o, &o->bench->bank_b.instance);
}

/* ---- holding ready ------------------------------------------------------------------------ */

static void package_held_ready_makes_the_switch_small(void **state)
{
    struct office *o = *state;
    place(o, STORE_OPERATION_LOAD, "bank-b/debit");
    assert_true(carry_out(o) > o->bench->bank_b.load_file.len);
    assert_int_equal(life_cycle_of(o, &o->bench->bank_b.package), SCP_LOAD_FILE_LOADED);
    assert_true(office_card(o).free_known);
    assert_pays(o, &o->bench->bank_a);
    assert_refused(ALREADY_RESIDENT, office_place(o, (struct order){.kind = STORE_OPERATION_LOAD,
                                                                    .product = "bank-b/debit"}));
    office_order(o);
    office_contact(o, &office_agent);
    assert_non_null(strstr(office_operation(o).why, "the package is on the card"));
    assert_pays(o, &o->bench->bank_b.instance);
}

static void instance_held_ready_is_switched_to_without_personalising(void **state)
{
    struct office *o = *state;
    office_bring_record(o);
    assert_refused(NONE, office_place(o, (struct order){.kind = STORE_OPERATION_LOAD,
                                                        .product = "bank-b/debit",
                                                        .form = STORE_FORM_INSTANCE}));
    (void)carry_out(o);
    assert_int_equal(life_cycle_of(o, &o->bench->bank_b.instance),
                     SCP_APPLICATION_SELECTABLE | 0x80);
    assert_pays(o, &o->bench->bank_a);
    assert_refused(NONE, office_bind_b(o));
    assert_in_range(carry_out(o), 1, 1500);
    assert_non_null(strstr(office_operation(o).why, "nothing is loaded"));
    assert_pays(o, &o->bench->bank_b.instance);
}

static void product_in_use_is_not_held_ready(void **state)
{
    struct office *o = *state;
    switch_to_b(o);
    assert_refused(ALREADY_BOUND, office_place(o, (struct order){.kind = STORE_OPERATION_LOAD,
                                                                 .product = "bank-b/debit",
                                                                 .form = STORE_FORM_INSTANCE}));
}

/* ---- purging ------------------------------------------------------------------------------ */

static void purge_leaves_what_is_desired(void **state)
{
    struct office *o = *state;
    office_bring_record(o);
    assert_refused(NONE, office_place(o, (struct order){.kind = STORE_OPERATION_LOAD,
                                                        .product = "bank-b/debit",
                                                        .form = STORE_FORM_INSTANCE}));
    (void)carry_out(o);
    place(o, STORE_OPERATION_PURGE, NULL);
    (void)carry_out(o);
    assert_true(life_cycle_of(o, &o->bench->bank_b.instance) != 0);
    place(o, STORE_OPERATION_PURGE, "bank-b/debit");
    (void)carry_out(o);
    assert_int_equal(life_cycle_of(o, &o->bench->bank_b.instance), 0);
    assert_int_equal(life_cycle_of(o, &o->bench->bank_b.package), 0);
    if (o->bench->has_domain)
        assert_int_equal(life_cycle_of(o, &o->bench->domain_b.aid), 0);
    assert_pays(o, &o->bench->bank_a);
    place(o, STORE_OPERATION_PURGE, NULL); /* again: nothing is left to do */
    assert_int_equal(carry_out(o), 0);
}

/* ---- audits ------------------------------------------------------------------------------- */

static size_t findings_of(struct office *o, struct store_finding out[STORE_FINDINGS_MAX])
{
    size_t count = 0;
    struct store_tx *tx = office_tx(o, STORE_READ);
    assert_int_equal(store_finding_list(tx, o->operation, out, STORE_FINDINGS_MAX, &count),
                     STORE_OK);
    store_rollback(tx);
    return count;
}

static void audit_of_a_card_as_it_should_be_finds_nothing(void **state)
{
    struct office *o = *state;
    struct store_finding findings[STORE_FINDINGS_MAX];
    switch_to_b(o);
    place(o, STORE_OPERATION_AUDIT, NULL);
    (void)carry_out(o);
    assert_int_equal(findings_of(o, findings), 0);
    assert_true(office_card(o).content_known);
}

/* The record says that bank B is in use; the card has bank A. */
static void audit_lists_what_differs_and_believes_the_card(void **state)
{
    struct office *o = *state;
    struct store_finding findings[STORE_FINDINGS_MAX];
    struct store_binding bound = {.role = "payment", .product = "bank-b/debit", .version = 1};
    memcpy(bound.card, o->card, sizeof bound.card);
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    assert_int_equal(store_binding_put(tx, &bound), STORE_OK);
    assert_int_equal(store_commit(tx), STORE_OK);
    place(o, STORE_OPERATION_AUDIT, NULL);
    (void)carry_out(o);
    size_t count = findings_of(o, findings);
    bool missing = false;
    bool undesired = false;
    for (size_t i = 0; i < count; i++) {
        missing = missing || (findings[i].kind == STORE_FINDING_MISSING &&
                              strcmp(findings[i].product, "bank-b/debit") == 0);
        undesired = undesired || (findings[i].kind == STORE_FINDING_UNDESIRED &&
                                  strcmp(findings[i].product, "bank-a/debit") == 0);
    }
    assert_true(missing);
    assert_true(undesired);
    assert_int_equal(life_cycle_of(o, &o->bench->bank_a), SCP_APPLICATION_SELECTABLE);
}

/* ---- cancelling --------------------------------------------------------------------------- */

static bool may_still_run(struct office *o, const char *id)
{
    struct store_operation operation;
    struct store_tx *tx = office_tx(o, STORE_READ);
    assert_int_equal(store_operation_get(tx, id, &operation), STORE_OK);
    store_rollback(tx);
    return operation.may_still_run;
}

static void cancelled_order_leaves_what_was_desired_before(void **state)
{
    struct office *o = *state;
    struct store_operation cancelled;
    office_order(o);
    assert_string_equal(binding_of(o).product, "bank-b/debit");
    assert_refused(NONE, order_cancel(&o->service, o->operation, "operator", &cancelled));
    assert_int_equal(cancelled.state, STORE_OPERATION_CANCELLED);
    assert_false(cancelled.may_still_run);
    assert_string_equal(binding_of(o).product, "bank-a/debit");
    assert_refused(NONE, order_cancel(&o->service, o->operation, "operator", &cancelled));
    assert_true(office_audited(o, "operation.cancelled"));
    assert_int_equal(office_contact(o, &office_agent), 0); /* nothing to do */
    assert_refused(NONE, office_bind_b(o));
    (void)carry_out(o);
    assert_refused(OPERATION_ENDED,
                   order_cancel(&o->service, o->operation, "operator", &cancelled));
}

/* Nobody orders anything any more; the contact burns the script and reads the card by itself. */
static void cancelled_script_is_burned_by_the_next_contact(void **state)
{
    struct office *o = *state;
    struct contact_reply kept;
    struct contact_work work;
    struct store_operation cancelled;
    uint8_t memory[BENCH_RESPONSES_SIZE];
    struct scp_writer late = scp_writer_on(memory, sizeof memory);
    office_order(o);
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &kept));
    assert_refused(NONE, order_cancel(&o->service, o->operation, "operator", &cancelled));
    assert_true(cancelled.may_still_run);
    assert_int_equal(contact_find_work(&o->service, o->identity, &work), STORE_OK);
    assert_true(work.is_due);
    assert_true(office_contact(o, &office_agent) > 0);
    assert_false(may_still_run(o, cancelled.id));
    assert_true(office_card(o).content_known);
    assert_true(office_audited(o, "card.audit"));
    assert_int_equal(contact_find_work(&o->service, o->identity, &work), STORE_OK);
    assert_false(work.is_due);
    assert_int_equal(office_contact(o, &office_agent), 0);
    bench_power(o->bench);
    bench_run_script(o->bench, store_blob_bytes(&kept.script), &late);
    assert_int_equal(o->bench->run.end.end, AGENT_RUN_GUARD);
    assert_pays(o, &o->bench->bank_a);
    contact_reply_fini(&kept);
}

/* The reading itself is torn: the script may still run, and the next contact reads again. */
static void interrupted_burning_is_taken_up_again(void **state)
{
    struct office *o = *state;
    struct contact_reply kept;
    struct contact_reply reply;
    struct contact_reply next;
    struct store_operation cancelled;
    office_order(o);
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &kept));
    assert_refused(NONE, order_cancel(&o->service, o->operation, "operator", &cancelled));
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &reply));
    assert_true(reply.has_script);
    const struct contact_answer nothing = {.exchange = reply.exchange};
    assert_refused(NONE, contact_answer(&o->service, &office_agent, &nothing, &next));
    assert_true(may_still_run(o, cancelled.id));
    office_contact(o, &office_agent);
    assert_false(may_still_run(o, cancelled.id));
    contact_reply_fini(&kept);
    contact_reply_fini(&reply);
    contact_reply_fini(&next);
}

/* ---- deadlines, waiting ------------------------------------------------------------------- */

static void overdue_operation_fails_when_the_card_comes(void **state)
{
    struct office *o = *state;
    office_bring_record(o);
    assert_refused(DEADLINE_PASSED, office_place(o, (struct order){.kind = STORE_OPERATION_BIND,
                                                                   .product = "bank-b/debit",
                                                                   .deadline_ms = 1}));
    const int64_t now_ms = (int64_t)rebind_now_ms(&o->bench->env);
    assert_refused(NONE, office_place(o, (struct order){.kind = STORE_OPERATION_BIND,
                                                        .product = "bank-b/debit",
                                                        .deadline_ms = now_ms + 1000}));
    rebind_seeded_advance(&o->bench->seeded, 1000);
    assert_int_equal(office_contact(o, &office_agent), 0);
    assert_int_equal(office_operation(o).state, STORE_OPERATION_FAILED);
    assert_non_null(strstr(office_operation(o).cause, "the deadline has passed"));
    assert_pays(o, &o->bench->bank_a);
}

/* The script is out when the deadline passes: its answer ends nothing and is not believed. */
static void answer_after_the_deadline_is_not_believed(void **state)
{
    struct office *o = *state;
    struct contact_reply reply;
    struct store_content entry;
    office_bring_record(o);
    const int64_t now_ms = (int64_t)rebind_now_ms(&o->bench->env);
    assert_refused(NONE, office_place(o, (struct order){.kind = STORE_OPERATION_BIND,
                                                        .product = "bank-b/debit",
                                                        .deadline_ms = now_ms + 1000}));
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &reply));
    assert_refused(NONE, office_step(o, &office_agent, &reply)); /* the reading */
    rebind_seeded_advance(&o->bench->seeded, 1000);
    assert_refused(NONE, office_step(o, &office_agent, &reply));
    assert_false(reply.has_script);
    contact_reply_fini(&reply);
    assert_int_equal(office_operation(o).state, STORE_OPERATION_FAILED);
    assert_false(office_card(o).content_known);
    assert_false(office_sees_bank_b(o, &entry));
    assert_refused(NONE, office_bind_b(o)); /* the reading that waits gives way */
    (void)carry_out(o);
    assert_pays(o, &o->bench->bank_b.instance);
}

/* The script ran whole before its cancelling was known to the agent: the card is asked. */
static void late_answer_of_a_cancelled_operation_has_the_card_read(void **state)
{
    struct office *o = *state;
    struct contact_reply reply;
    struct contact_work work;
    struct store_operation cancelled;
    struct store_content entry;
    office_order(o);
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &reply));
    assert_refused(NONE, office_step(o, &office_agent, &reply)); /* the reading */
    assert_refused(NONE, order_cancel(&o->service, o->operation, "operator", &cancelled));
    assert_refused(NONE, office_step(o, &office_agent, &reply));
    assert_false(reply.has_script);
    assert_true(reply.more_work);
    contact_reply_fini(&reply);
    assert_false(office_sees_bank_b(o, &entry));
    assert_int_equal(contact_find_work(&o->service, o->identity, &work), STORE_OK);
    assert_true(work.is_due);
    assert_true(office_contact(o, &office_agent) > 0);
    assert_true(office_card(o).content_known);
    assert_true(office_sees_bank_b(o, &entry));
    assert_int_equal(office_contact(o, &office_agent), 0);
}

static void expired_operations_are_found_without_a_card(void **state)
{
    struct office *o = *state;
    struct operation_news news = {.count = 0};
    const int64_t now_ms = (int64_t)rebind_now_ms(&o->bench->env);
    assert_refused(NONE, office_place(o, (struct order){.kind = STORE_OPERATION_AUDIT,
                                                        .deadline_ms = now_ms + 1000}));
    assert_int_equal(operation_life_expire_all(&o->service, &news), STORE_OK);
    assert_int_equal(news.count, 0);
    rebind_seeded_advance(&o->bench->seeded, 1000);
    assert_int_equal(operation_life_expire_all(&o->service, &news), STORE_OK);
    assert_int_equal(news.count, 1);
    assert_int_equal(office_operation(o).state, STORE_OPERATION_FAILED);
}

static void fail_contact(struct office *o)
{
    struct contact_reply reply;
    struct contact_reply next;
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &reply));
    assert_true(reply.has_script);
    const struct contact_answer nothing = {.exchange = reply.exchange};
    assert_refused(NONE, contact_answer(&o->service, &office_agent, &nothing, &next));
    contact_reply_fini(&reply);
    contact_reply_fini(&next);
}

static void failed_contacts_wait_longer_each_time(void **state)
{
    struct office *o = *state;
    o->service.backoff_first_ms = 1000;
    o->service.backoff_last_ms = 3000;
    o->service.attempts_max = 10;
    office_order(o);
    fail_contact(o);
    const int64_t now_ms = (int64_t)rebind_now_ms(&o->bench->env);
    assert_true(office_operation(o).not_before_ms <= now_ms); /* a torn card comes back at once */
    assert_true(office_operation(o).cause[0] != '\0');
    static const int64_t most_ms[] = {1000, 2000, 3000, 3000};
    for (size_t i = 0; i < 4; i++) {
        fail_contact(o);
        int64_t waits_ms =
            office_operation(o).not_before_ms - (int64_t)rebind_now_ms(&o->bench->env);
        assert_in_range(waits_ms, most_ms[i] / 2, most_ms[i]);
        assert_int_equal(office_contact(o, &office_agent), 0);
        rebind_seeded_advance(&o->bench->seeded, (uint64_t)waits_ms);
    }
    (void)carry_out(o);
}

/* The catalogue was altered while a script is out: its answer is taken all the same, and the card
 * is free for others. */
static void answer_of_an_operation_that_cannot_be_loaded_frees_the_card(void **state)
{
    struct office *o = *state;
    struct contact_reply reply;
    sqlite3 *db = NULL;
    office_order(o);
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &reply));
    assert_int_equal(sqlite3_open(o->store_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "UPDATE product SET package = 'A000000999' WHERE bank = 'bank-b'",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_refused(NONE, office_step(o, &office_agent, &reply));
    assert_false(reply.has_script);
    contact_reply_fini(&reply);
    assert_int_equal(office_operation(o).state, STORE_OPERATION_FAILED);
    assert_false(may_still_run(o, o->operation));
    assert_true(office_contact(o, &office_other_agent) > 0); /* which reads the card */
    assert_true(office_card(o).content_known);
}

/* ---- cards to look at --------------------------------------------------------------------- */

static size_t sightings_of(struct office *o, struct store_sighting *out)
{
    size_t count = 0;
    struct store_tx *tx = office_tx(o, STORE_READ);
    assert_int_equal(store_sighting_list(tx, o->identity, out, STORE_SIGHTINGS_MAX, &count),
                     STORE_OK);
    store_rollback(tx);
    return count;
}

static void card_at_two_agents_is_reported(void **state)
{
    struct office *o = *state;
    struct store_sighting sightings[STORE_SIGHTINGS_MAX];
    struct contact_reply reply;
    struct contact_reply other;
    office_order(o);
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &reply));
    assert_refused(CARD_ELSEWHERE,
                   contact_begin(&o->service, &office_other_agent, o->identity, &other));
    assert_true(other.has_sighting);
    assert_int_equal(sightings_of(o, sightings), 1);
    assert_int_equal(sightings[0].kind, STORE_SIGHTING_ELSEWHERE);
    assert_true(office_audited(o, "sighting.in-other-contact"));
    assert_refused(CARD_ELSEWHERE,
                   contact_begin(&o->service, &office_other_agent, o->identity, &other));
    assert_false(other.has_sighting); /* counted, and not told again */
    contact_reply_fini(&reply);
}

/* A copy of the card as it was before the switch turns up. */
static void counter_that_goes_back_quarantines_the_card(void **state)
{
    struct office *o = *state;
    struct store_sighting sightings[STORE_SIGHTINGS_MAX];
    place(o, STORE_OPERATION_AUDIT, NULL);
    (void)carry_out(o);
    struct bench_snapshot copy = bench_keep(o->bench);
    switch_to_b(o);
    place(o, STORE_OPERATION_AUDIT, NULL);
    (void)carry_out(o);
    bench_return_to(o->bench, &copy);
    place(o, STORE_OPERATION_AUDIT, NULL);
    o->bench->authentications = 0;
    office_contact(o, &office_agent);
    assert_int_equal(office_card(o).status, STORE_CARD_QUARANTINED);
    assert_int_equal(office_operation(o).state, STORE_OPERATION_FAILED);
    assert_int_equal(o->bench->authentications, 0); /* it was not touched */
    assert_int_equal(sightings_of(o, sightings), 1);
    assert_int_equal(sightings[0].kind, STORE_SIGHTING_COUNTER_BACK);
    bench_snapshot_free(&copy);
}

/* The bank hands in a newer record while the script with the older one is on its way. */
static void proof_is_checked_with_the_record_that_was_sent(void **state)
{
    struct office *o = *state;
    struct contact_reply reply;
    office_order(o);
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &reply));
    assert_refused(NONE, office_step(o, &office_agent, &reply));
    office_bring_other_record(o);
    while (reply.has_script)
        assert_refused(NONE, office_step(o, &office_agent, &reply));
    contact_reply_fini(&reply);
    assert_int_equal(office_operation(o).state, STORE_OPERATION_DONE);
    assert_non_null(strstr(office_operation(o).evidence_by, "cryptogram"));
}

#define BOTH(test)                                          \
    cmocka_unit_test_setup_teardown(test, setup, teardown), \
        cmocka_unit_test_setup_teardown(test, setup_scp02, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(suspended_bank_comes_back_without_loading_anything),
        cmocka_unit_test_setup_teardown(what_went_astray_can_be_asked_for_again, setup, teardown),
        BOTH(package_held_ready_makes_the_switch_small),
        BOTH(instance_held_ready_is_switched_to_without_personalising),
        cmocka_unit_test_setup_teardown(product_in_use_is_not_held_ready, setup, teardown),
        BOTH(purge_leaves_what_is_desired),
        cmocka_unit_test_setup_teardown(purge_leaves_what_is_desired, setup_domain, teardown),
        BOTH(audit_of_a_card_as_it_should_be_finds_nothing),
        cmocka_unit_test_setup_teardown(audit_lists_what_differs_and_believes_the_card, setup,
                                        teardown),
        BOTH(cancelled_order_leaves_what_was_desired_before),
        BOTH(cancelled_script_is_burned_by_the_next_contact),
        BOTH(interrupted_burning_is_taken_up_again),
        BOTH(overdue_operation_fails_when_the_card_comes),
        BOTH(answer_after_the_deadline_is_not_believed),
        BOTH(late_answer_of_a_cancelled_operation_has_the_card_read),
        cmocka_unit_test_setup_teardown(expired_operations_are_found_without_a_card, setup,
                                        teardown),
        BOTH(failed_contacts_wait_longer_each_time),
        BOTH(answer_of_an_operation_that_cannot_be_loaded_frees_the_card),
        cmocka_unit_test_setup_teardown(card_at_two_agents_is_reported, setup, teardown),
        BOTH(counter_that_goes_back_quarantines_the_card),
        BOTH(proof_is_checked_with_the_record_that_was_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
