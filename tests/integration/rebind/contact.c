/* Contacts with a real store, a real vault and a soft card. */
#include "tests/integration/rebind/office.h"

#include <stdlib.h>
#include <string.h>

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

static int teardown(void **state)
{
    office_free(*state);
    return 0;
}

static void assert_done(struct office *o)
{
    struct scp_aid paid;
    struct store_operation operation = office_operation(o);
    if (operation.state != STORE_OPERATION_DONE)
        fail_msg("state %d: %s", (int)operation.state, operation.cause);
    assert_listed_bank_pays(o->bench, &paid);
    assert_true(scp_aid_equal(&paid, &o->bench->bank_b.instance));
    assert_social_security_is_as_issued(o->bench);
    assert_int_equal(o->bench->refused, 0);
}

/* ---- the straight way -------------------------------------------------------------------------
 */

static void operation_is_done_and_proven(void **state)
{
    struct office *o = *state;
    struct store_content entry;
    office_order(o);
    assert_int_equal(office_contact(o, &office_agent), 2); /* the content is read first */
    assert_done(o);
    struct store_operation operation = office_operation(o);
    assert_int_equal(operation.evidence, STORE_EVIDENCE_PROVEN);
    assert_string_equal(operation.evidence_by, "r-mac,cryptogram");
    assert_true(office_sees_bank_b(o, &entry));
    assert_int_equal(entry.evidence, STORE_EVIDENCE_PROVEN);
    assert_string_equal(entry.product, "bank-b/debit");
    assert_true(office_card(o).content_known);
    assert_true(office_audited(o, "operation.done"));
}

static void operation_survives_a_restart_between_exchanges(void **state)
{
    struct office *o = *state;
    struct contact_reply reply;
    office_order(o);
    office_reopen(o);
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &reply));
    while (reply.has_script) {
        office_reopen(o);
        assert_refused(NONE, office_step(o, &office_agent, &reply));
    }
    contact_reply_fini(&reply);
    assert_done(o);
}

/* The agent's word alone: no R-MAC on this chip, and no cryptogram without SELECT in a script. */
static void without_proof_the_operation_is_only_reported(void **state)
{
    struct office *o = *state;
    struct store_content entry;
    const struct contact_agent plain = {.id = "agent-1", .region = "310000"};
    office_order(o);
    office_contact(o, &plain);
    assert_done(o);
    assert_int_equal(office_operation(o).evidence, STORE_EVIDENCE_REPORTED);
    assert_string_equal(office_operation(o).evidence_by, "");
    assert_true(office_sees_bank_b(o, &entry));
    assert_int_equal(entry.evidence, STORE_EVIDENCE_REPORTED);
}

/* What bank A's instance carries is a product of another role now: the switch leaves it alone. */
static void products_of_other_roles_stay(void **state)
{
    struct office *o = *state;
    struct store_product product;
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    assert_int_equal(store_product_get(tx, "bank-a", "debit", STORE_VERSION_LATEST, &product),
                     STORE_OK);
    memcpy(product.role, "loyalty", sizeof "loyalty");
    assert_int_equal(store_product_put_draft(tx, &product, "[]"), STORE_OK);
    assert_int_equal(store_product_publish(tx, "bank-a", "debit", &product), STORE_OK);
    assert_int_equal(store_commit(tx), STORE_OK);
    office_order(o);
    office_contact(o, &office_agent);
    assert_done(o);
    assert_int_equal(bench_visit(o->bench, PLAN_AUDIT, &bench_peer).outcome, SESSION_REPLAN);
    assert_non_null(content_find(&o->bench->content, &o->bench->bank_a));
}

/* ---- who may ----------------------------------------------------------------------------------
 */

static void strangers_get_nothing(void **state)
{
    struct office *o = *state;
    struct contact_reply reply;
    const uint8_t unknown[32] = {1};
    office_order(o);
    assert_refused(CARD_UNKNOWN, contact_begin(&o->service, &office_agent, unknown, &reply));
    assert_refused(OUTSIDE_REGION,
                   contact_begin(&o->service, &office_foreign_agent, o->identity, &reply));
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &reply));
    assert_true(reply.has_script);
    const struct contact_answer answer = {.exchange = reply.exchange};
    struct contact_reply other;
    assert_refused(CARD_ELSEWHERE,
                   contact_begin(&o->service, &office_other_agent, o->identity, &other));
    assert_refused(EXCHANGE_UNKNOWN,
                   contact_answer(&o->service, &office_other_agent, &answer, &other));
    assert_false(other.has_script);
    contact_reply_fini(&reply);
}

/* An agent that went away does not keep the card for ever. */
static void card_comes_free_after_the_window(void **state)
{
    struct office *o = *state;
    struct contact_reply reply;
    office_order(o);
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &reply));
    contact_reply_fini(&reply);
    rebind_seeded_advance(&o->bench->seeded, OFFICE_WINDOW_MS + 1);
    office_contact(o, &office_other_agent);
    assert_done(o);
}

static void record_of_the_bank_is_required(void **state)
{
    struct office *o = *state;
    assert_refused(PERSONALISATION_MISSING, office_bind_b(o));
    struct store_operation open;
    struct store_tx *tx = office_tx(o, STORE_READ);
    assert_int_equal(store_operation_open(tx, o->card, &open), STORE_NOT_FOUND);
    store_rollback(tx);
}

static void denial_changes_nothing_but_is_audited(void **state)
{
    struct office *o = *state;
    struct store_card old = {.profile = "scp03-i70-aes128", .region = "310000", .generation = "1"};
    struct store_operation open;
    struct store_binding binding;
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    assert_int_equal(store_card_add(tx, &old), STORE_OK);
    assert_int_equal(store_commit(tx), STORE_OK);
    memcpy(o->card, old.id, sizeof o->card);
    office_bring_record(o);
    assert_refused(POLICY_DENIED, office_bind_b(o));
    assert_true(office_audited(o, "binding.denied"));
    tx = office_tx(o, STORE_READ);
    assert_int_equal(store_operation_open(tx, o->card, &open), STORE_NOT_FOUND);
    assert_int_equal(store_binding_get(tx, o->card, "payment", &binding), STORE_NOT_FOUND);
    store_rollback(tx);
}

/* ---- answers ----------------------------------------------------------------------------------
 */

static void same_answer_gets_the_same_reply(void **state)
{
    struct office *o = *state;
    struct contact_reply first;
    struct contact_reply second;
    struct contact_reply again;
    uint8_t memory[BENCH_RESPONSES_SIZE];
    struct scp_writer responses = scp_writer_on(memory, sizeof memory);
    office_order(o);
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &first));
    bench_run_script(o->bench, store_blob_bytes(&first.script), &responses);
    const struct contact_answer answer = {.exchange = first.exchange,
                                          .responses = scp_written(&responses)};
    assert_refused(NONE, contact_answer(&o->service, &office_agent, &answer, &second));
    assert_true(second.has_script);
    struct store_operation before = office_operation(o);
    assert_refused(NONE, contact_answer(&o->service, &office_agent, &answer, &again));
    assert_string_equal(again.exchange, second.exchange);
    assert_int_equal(again.script.len, second.script.len);
    assert_memory_equal(again.script.ptr, second.script.ptr, second.script.len);
    struct store_operation after = office_operation(o);
    assert_memory_equal(&before.progress, &after.progress, sizeof before.progress);
    contact_reply_fini(&again);

    memory[responses.len - 1] ^= 1;
    assert_refused(EXCHANGE_ANSWERED, contact_answer(&o->service, &office_agent, &answer, &again));
    assert_refused(NONE, office_step(o, &office_agent, &second));
    assert_done(o);
    contact_reply_fini(&first);
    contact_reply_fini(&second);
}

static void malformed_answer_leaves_the_exchange_open(void **state)
{
    struct office *o = *state;
    struct contact_reply reply;
    struct contact_reply refused;
    office_order(o);
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &reply));
    const struct contact_answer answer = {.exchange = reply.exchange,
                                          .responses = SCP_LITERAL(0xAB, 0x7F, 0x00)};
    assert_refused(RESPONSES_MALFORMED,
                   contact_answer(&o->service, &office_agent, &answer, &refused));
    while (reply.has_script)
        assert_refused(NONE, office_step(o, &office_agent, &reply));
    contact_reply_fini(&reply);
    assert_done(o);
}

/* The agent lost what the card answered: the same bytes go out again, and the guard stops them. */
static void unanswered_script_is_resent_as_it_was(void **state)
{
    struct office *o = *state;
    struct contact_reply first;
    struct contact_reply again;
    uint8_t memory[BENCH_RESPONSES_SIZE];
    struct scp_writer lost = scp_writer_on(memory, sizeof memory);
    office_order(o);
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &first));
    bench_run_script(o->bench, store_blob_bytes(&first.script), &lost);
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &again));
    assert_string_equal(first.exchange, again.exchange);
    assert_int_equal(first.script.len, again.script.len);
    assert_memory_equal(first.script.ptr, again.script.ptr, first.script.len);
    bench_power(o->bench);
    while (again.has_script)
        assert_refused(NONE, office_step(o, &office_agent, &again));
    assert_done(o);
    contact_reply_fini(&first);
    contact_reply_fini(&again);
}

/* "Nothing ran", says the agent; it may have lost the answers, or keep the script for later.
 * Another script under the same counter would be a second one that can run. */
static void no_second_script_goes_out_under_a_counter_that_may_be_spent(void **state)
{
    struct office *o = *state;
    struct contact_reply first;
    struct contact_reply reply;
    office_order(o);
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &first));
    const struct contact_answer nothing = {.exchange = first.exchange};
    assert_refused(NONE, contact_answer(&o->service, &office_agent, &nothing, &reply));
    assert_false(reply.has_script);
    assert_true(reply.more_work);
    assert_true(office_key_set(o).unused_from > office_key_set(o).counter);
    contact_reply_fini(&reply);
    office_contact(o, &office_agent);
    assert_done(o);
    /* The kept script finds another counter: its guard stops it. */
    uint8_t memory[BENCH_RESPONSES_SIZE];
    struct scp_writer late = scp_writer_on(memory, sizeof memory);
    bench_power(o->bench);
    o->bench->authentications = 0;
    bench_run_script(o->bench, store_blob_bytes(&first.script), &late);
    assert_int_equal(o->bench->run.end.end, AGENT_RUN_GUARD);
    assert_int_equal(o->bench->authentications, 0);
    contact_reply_fini(&first);
}

/* ---- operations that end while a script is out ------------------------------------------------
 */

static void cancel(struct office *o)
{
    struct store_operation operation = office_operation(o);
    operation.state = STORE_OPERATION_CANCELLED;
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    assert_int_equal(store_operation_update(tx, &operation), STORE_OK);
    assert_int_equal(store_commit(tx), STORE_OK);
}

/* Bank B is what the binding desires already; asking for A first makes a new operation. */
static void order_again(struct office *o)
{
    struct store_binding bound = {.role = "payment", .product = "bank-a/debit", .version = 1};
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    memcpy(bound.card, o->card, sizeof bound.card);
    assert_int_equal(store_binding_put(tx, &bound), STORE_OK);
    assert_int_equal(store_commit(tx), STORE_OK);
    assert_refused(NONE, office_bind_b(o));
}

static bool script_has(const struct contact_reply *reply, uint8_t ins)
{
    struct scp_script_reader reader;
    struct scp_script_command command;
    assert_int_equal(scp_script_open(&reader, store_blob_bytes(&reply->script)), SCP_OK);
    while (scp_script_next(&reader, &command) == SCP_OK) {
        if (command.apdu.ptr[1] == ins)
            return true;
    }
    return false;
}

/* A contact to its end; whether a command with this instruction went out in it. */
static bool contact_sends(struct office *o, uint8_t ins)
{
    struct contact_reply reply;
    bool sent = false;
    bench_power(o->bench);
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &reply));
    while (reply.has_script) {
        sent = sent || script_has(&reply, ins);
        assert_refused(NONE, office_step(o, &office_agent, &reply));
    }
    contact_reply_fini(&reply);
    return sent;
}

/* The bank comes back with a new record, and the card never gets the script that carries it. */
static void record_that_the_card_never_got_is_not_taken_for_the_resident_one(void **state)
{
    enum { INS_DELETE = 0xE4 };
    struct office *o = *state;
    struct contact_reply lost;
    struct contact_reply reply;
    office_keep_old_banks(o);
    office_order(o);
    assert_false(contact_sends(o, INS_DELETE));
    office_bring_record(o);
    order_again(o);
    bench_power(o->bench);
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &lost));
    while (!script_has(&lost, INS_DELETE))
        assert_refused(NONE, office_step(o, &office_agent, &lost));
    const struct contact_answer nothing = {.exchange = lost.exchange};
    assert_refused(NONE, contact_answer(&o->service, &office_agent, &nothing, &reply));
    contact_reply_fini(&lost);
    contact_reply_fini(&reply);
    assert_true(contact_sends(o, INS_DELETE));
    assert_done(o);
    order_again(o);
    assert_false(contact_sends(o, INS_DELETE));
    assert_done(o);
}

static void cancelled_script_is_burned_before_the_next_operation(void **state)
{
    struct office *o = *state;
    struct contact_reply kept;
    uint8_t memory[BENCH_RESPONSES_SIZE];
    struct scp_writer late = scp_writer_on(memory, sizeof memory);
    office_order(o);
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &kept));
    cancel(o);
    order_again(o);
    office_contact(o, &office_agent);
    assert_done(o);
    bench_power(o->bench);
    bench_run_script(o->bench, store_blob_bytes(&kept.script), &late);
    assert_int_equal(o->bench->run.end.end, AGENT_RUN_GUARD);
    contact_reply_fini(&kept);
}

static void late_answer_of_a_cancelled_operation_is_taken_and_not_believed(void **state)
{
    struct office *o = *state;
    struct contact_reply reply;
    office_order(o);
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &reply));
    cancel(o);
    assert_refused(NONE, office_step(o, &office_agent, &reply));
    assert_false(reply.has_script);
    contact_reply_fini(&reply);
    assert_int_equal(office_operation(o).state, STORE_OPERATION_CANCELLED);
    assert_false(office_card(o).content_known);
    order_again(o);
    office_contact(o, &office_agent);
    assert_done(o);
}

/* ---- liars ------------------------------------------------------------------------------------
 */

/* As many answers as the script has commands, all of them 9000 and no card behind. */
static struct scp_bytes invented(struct scp_bytes script, uint8_t *memory, size_t cap)
{
    static const uint8_t ok[2] = {0x90, 0x00};
    struct agent_script_info info;
    struct scp_bytes items[256];
    struct scp_writer w = scp_writer_on(memory, cap);
    assert_int_equal(agent_script_inspect(script, &info), SCP_OK);
    for (size_t i = 0; i < info.commands; i++)
        items[i] = SCP_BYTES(ok);
    assert_int_equal(scp_script_put_responses(&w, items, info.commands), SCP_OK);
    return scp_written(&w);
}

static void agent_without_a_card_proves_nothing(void **state)
{
    struct office *o = *state;
    struct store_content entry;
    uint8_t memory[2048];
    office_order(o);
    for (size_t i = 0; i < OFFICE_ATTEMPTS; i++) {
        struct contact_reply reply;
        assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &reply));
        assert_true(reply.has_script);
        const struct contact_answer answer = {
            .exchange = reply.exchange,
            .responses = invented(store_blob_bytes(&reply.script), memory, sizeof memory)};
        struct contact_reply next;
        assert_refused(NONE, contact_answer(&o->service, &office_agent, &answer, &next));
        assert_false(next.has_script);
        contact_reply_fini(&reply);
        contact_reply_fini(&next);
        assert_int_not_equal(office_operation(o).state, STORE_OPERATION_DONE);
        assert_int_equal(office_operation(o).evidence, STORE_EVIDENCE_REPORTED);
        assert_false(office_sees_bank_b(o, &entry));
        assert_false(office_card(o).content_known);
    }
    assert_int_equal(office_operation(o).state, STORE_OPERATION_FAILED);
    assert_true(office_audited(o, "agent.suspected"));
    assert_int_equal(office_card(o).status, STORE_CARD_ACTIVE);
    assert_int_equal(office_key_set(o).failures, 0);
}

/* Run the first script honestly, then say 9000 to everything. */
static void agent_with_the_card_invents_no_proof(void **state)
{
    struct office *o = *state;
    struct contact_reply reply;
    struct contact_reply next;
    uint8_t memory[4096];
    office_order(o);
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &reply));
    assert_refused(NONE, office_step(o, &office_agent, &reply));
    const struct contact_answer answer = {
        .exchange = reply.exchange,
        .responses = invented(store_blob_bytes(&reply.script), memory, sizeof memory)};
    assert_refused(NONE, contact_answer(&o->service, &office_agent, &answer, &next));
    struct store_operation operation = office_operation(o);
    assert_int_not_equal(operation.state, STORE_OPERATION_DONE);
    assert_null(strstr(operation.evidence_by, "cryptogram"));
    assert_false(next.has_script);
    assert_false(office_card(o).content_known);
    contact_reply_fini(&reply);
    contact_reply_fini(&next);
    office_contact(o, &office_agent);
    assert_done(o);
}

/* ---- the budget -------------------------------------------------------------------------------
 */

/* The first script up to EXTERNAL AUTHENTICATE, which is answered with 6300. */
static void refuse_authentication(struct office *o, const struct contact_agent *agent)
{
    static const uint8_t refused[2] = {0x63, 0x00};
    struct contact_reply reply;
    struct contact_reply next;
    uint8_t memory[BENCH_RESPONSES_SIZE];
    uint8_t answers[2048];
    bench_power(o->bench);
    assert_refused(NONE, contact_begin(&o->service, agent, o->identity, &reply));
    while (reply.has_script) {
        struct scp_writer run = scp_writer_on(memory, sizeof memory);
        struct scp_writer w = scp_writer_on(answers, sizeof answers);
        o->bench->authentications = 0;
        bench_run_script(o->bench, store_blob_bytes(&reply.script), &run);
        size_t count = o->bench->run.count;
        if (o->bench->authentications > 0) {
            struct agent_script_info info;
            assert_int_equal(agent_script_inspect(store_blob_bytes(&reply.script), &info), SCP_OK);
            size_t at = info.selects_first ? 2 : 0;
            o->bench->run.items[at] = SCP_BYTES(refused);
            count = at + 1;
        }
        assert_int_equal(scp_script_put_responses(&w, o->bench->run.items, count), SCP_OK);
        const struct contact_answer answer = {.exchange = reply.exchange,
                                              .responses = scp_written(&w)};
        assert_refused(NONE, contact_answer(&o->service, agent, &answer, &next));
        contact_reply_fini(&reply);
        reply = next;
    }
    contact_reply_fini(&reply);
}

static void spent_budget_quarantines_the_card(void **state)
{
    struct office *o = *state;
    struct contact_reply reply;
    office_order(o);
    refuse_authentication(o, &office_agent);
    assert_int_equal(office_key_set(o).failures, 1);
    assert_int_equal(office_card(o).status, STORE_CARD_ACTIVE);
    refuse_authentication(o, &office_other_agent);
    assert_int_equal(office_key_set(o).failures, OFFICE_BUDGET);
    assert_int_equal(office_card(o).status, STORE_CARD_QUARANTINED);
    assert_int_equal(office_operation(o).state, STORE_OPERATION_FAILED);
    assert_refused(CARD_INACTIVE, contact_begin(&o->service, &office_agent, o->identity, &reply));
}

static void one_agent_alone_cannot_quarantine_a_card(void **state)
{
    struct office *o = *state;
    struct contact_reply reply;
    office_order(o);
    refuse_authentication(o, &office_agent);
    for (unsigned i = 0; i < 3; i++)
        assert_refused(AGENT_SUSPECTED,
                       contact_begin(&o->service, &office_agent, o->identity, &reply));
    assert_int_equal(office_key_set(o).failures, 1);
    assert_int_equal(office_card(o).status, STORE_CARD_ACTIVE);
    office_contact(o, &office_other_agent);
    assert_done(o);
    assert_int_equal(office_key_set(o).failures, 0);
}

static void new_version_does_not_replace_the_instance_in_use(void **state)
{
    struct office *o = *state;
    struct store_product product;
    struct store_blob templates = {.len = 0};
    office_order(o);
    office_contact(o, &office_agent);
    assert_done(o);
    struct store_tx *tx = office_tx(o, STORE_WRITE);
    assert_int_equal(store_product_get(tx, "bank-b", "debit", STORE_VERSION_LATEST, &product),
                     STORE_OK);
    assert_int_equal(
        store_product_personalisation(tx, "bank-b", "debit", product.version, &templates),
        STORE_OK);
    assert_int_equal(store_product_put_draft(tx, &product, (const char *)templates.ptr), STORE_OK);
    assert_int_equal(store_product_publish(tx, "bank-b", "debit", &product), STORE_OK);
    assert_int_equal(store_commit(tx), STORE_OK);
    store_blob_fini(&templates);
    assert_refused(SAME_INSTANCE, office_bind_b(o));
}

/* "Refused", says the agent; the card may have run the script all the same. */
static void what_a_refusing_agent_did_to_the_card_is_not_known(void **state)
{
    struct office *o = *state;
    office_order(o);
    office_contact(o, &office_agent);
    assert_done(o);
    assert_true(office_card(o).content_known);
    order_again(o);
    refuse_authentication(o, &office_agent);
    assert_false(office_card(o).content_known);
    office_contact(o, &office_other_agent);
    assert_done(o);
}

#define BOTH(test)                                          \
    cmocka_unit_test_setup_teardown(test, setup, teardown), \
        cmocka_unit_test_setup_teardown(test, setup_scp02, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(operation_is_done_and_proven, setup, teardown),
        cmocka_unit_test_setup_teardown(without_proof_the_operation_is_only_reported, setup_scp02,
                                        teardown),
        BOTH(products_of_other_roles_stay),
        BOTH(new_version_does_not_replace_the_instance_in_use),
        BOTH(operation_survives_a_restart_between_exchanges),
        BOTH(strangers_get_nothing),
        BOTH(card_comes_free_after_the_window),
        BOTH(record_of_the_bank_is_required),
        cmocka_unit_test_setup_teardown(denial_changes_nothing_but_is_audited, setup, teardown),
        BOTH(same_answer_gets_the_same_reply),
        BOTH(malformed_answer_leaves_the_exchange_open),
        BOTH(unanswered_script_is_resent_as_it_was),
        BOTH(no_second_script_goes_out_under_a_counter_that_may_be_spent),
        BOTH(record_that_the_card_never_got_is_not_taken_for_the_resident_one),
        BOTH(cancelled_script_is_burned_before_the_next_operation),
        BOTH(late_answer_of_a_cancelled_operation_is_taken_and_not_believed),
        BOTH(agent_without_a_card_proves_nothing),
        BOTH(agent_with_the_card_invents_no_proof),
        BOTH(spent_budget_quarantines_the_card),
        BOTH(one_agent_alone_cannot_quarantine_a_card),
        BOTH(what_a_refusing_agent_did_to_the_card_is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
