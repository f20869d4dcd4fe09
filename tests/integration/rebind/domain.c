/* A bank with a security domain of its own: the server makes it, keys it and personalises through
 * it, and its counters are kept like the issuer's. */
#include "tests/integration/rebind/office.h"

#include <string.h>

static int setup_scp03(void **state)
{
    *state = office_new("scp03-i70-aes128");
    office_give_bank_b_a_domain(*state);
    return 0;
}

static int setup_scp02(void **state)
{
    *state = office_new("scp02-i55");
    office_give_bank_b_a_domain(*state);
    return 0;
}

static int setup_managing(void **state)
{
    *state = office_new("scp03-i70-aes128");
    office_give_bank_b(*state, STORE_MANAGEMENT_AUTHORIZED);
    return 0;
}

static int setup_random(void **state)
{
    *state = office_new("scp03-i60-aes256");
    office_give_bank_b_a_domain(*state);
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

static struct store_key_set domain_keys(struct office *o)
{
    struct store_key_set set;
    const struct store_key_set_ref ref = {o->card, OFFICE_DOMAIN_B, o->bench->profile.kvn};
    struct store_tx *tx = office_tx(o, STORE_READ);
    assert_int_equal(store_key_set_get(tx, &ref, &set), STORE_OK);
    store_rollback(tx);
    return set;
}

static void instance_belongs_to_the_banks_domain(void **state)
{
    struct office *o = *state;
    struct store_content entry;
    office_order(o);
    assert_int_equal(office_contact(o, &office_agent), 2); /* the content is read first */
    assert_done(o);
    assert_true(office_sees_bank_b(o, &entry));
    assert_string_equal(entry.security_domain, OFFICE_DOMAIN_B);
    struct store_key_set keys = domain_keys(o);
    assert_string_equal(keys.label, "bank-b");
    assert_int_equal(keys.counter, 1);
    assert_true(keys.unused_from > 0);
}

/* Package and instance are the bank's from the first byte on, and go as a simple domain's do. */
static void managing_domain_loads_and_installs_by_itself(void **state)
{
    struct office *o = *state;
    struct store_content entry;
    struct store_content package;
    char aid[STORE_AID_SIZE];
    office_order(o);
    office_contact(o, &office_agent);
    assert_done(o);
    assert_true(office_sees_bank_b(o, &entry));
    assert_string_equal(entry.security_domain, OFFICE_DOMAIN_B);
    assert_int_equal(entry.evidence, STORE_EVIDENCE_PROVEN);
    scp_hex_encode(aid, sizeof aid, scp_aid_bytes(&o->bench->bank_b.package));
    assert_true(office_sees(o, aid, &package));
    assert_string_equal(package.security_domain, OFFICE_DOMAIN_B);
}

static void random_challenges_cost_an_exchange_a_session_and_one(void **state)
{
    struct office *o = *state;
    office_order(o);
    assert_int_equal(office_contact(o, &office_agent), 1 + 1 + 3); /* the question, reading, legs */
    assert_done(o);
}

/* The answers of the whole are lost: the keys are entered before they leave, and whatever the card
 * has done is read and finished under counters that were never given out. */
static void lost_answers_leave_the_domain_reachable(void **state)
{
    struct office *o = *state;
    struct contact_reply reply;
    struct contact_reply next;
    uint8_t memory[BENCH_RESPONSES_SIZE];
    struct scp_writer lost = scp_writer_on(memory, sizeof memory);
    office_order(o);
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &reply));
    assert_refused(NONE, office_step(o, &office_agent, &reply));
    assert_true(reply.has_script);
    bench_run_script(o->bench, store_blob_bytes(&reply.script), &lost);
    assert_string_equal(domain_keys(o).label, "bank-b");
    const struct contact_answer nothing = {.exchange = reply.exchange};
    assert_refused(NONE, contact_answer(&o->service, &office_agent, &nothing, &next));
    contact_reply_fini(&reply);
    contact_reply_fini(&next);
    bench_power(o->bench);
    office_contact(o, &office_agent);
    assert_done(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(instance_belongs_to_the_banks_domain, setup_scp03,
                                        teardown),
        cmocka_unit_test_setup_teardown(instance_belongs_to_the_banks_domain, setup_scp02,
                                        teardown),
        cmocka_unit_test_setup_teardown(managing_domain_loads_and_installs_by_itself,
                                        setup_managing, teardown),
        cmocka_unit_test_setup_teardown(random_challenges_cost_an_exchange_a_session_and_one,
                                        setup_random, teardown),
        cmocka_unit_test_setup_teardown(lost_answers_leave_the_domain_reachable, setup_scp03,
                                        teardown),
        cmocka_unit_test_setup_teardown(lost_answers_leave_the_domain_reachable, setup_scp02,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
