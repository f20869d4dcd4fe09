/* A card that is not the record's, somebody who answers for it, and agents that lie: nothing is
 * authenticated under keys that are not the card's, nothing proven is false, the agent is suspected
 * before the card is, and no agent alone takes a card out of use. For the issuer's security domain,
 * a bank's, and the two candidates of a change of keys. */
#include "tests/integration/rebind/office.h"

#include "scp/channel/channel.h"

#include <stdio.h>
#include <string.h>

static const char *const profiles[] = {"scp02-i15", "scp02-i55", "scp03-i10-aes192",
                                       "scp03-i60-aes256", "scp03-i70-aes128"};
enum { PROFILES = sizeof profiles / sizeof profiles[0] };

enum work {
    WORK_SWITCH, /* through the issuer's domain */
    WORK_ISSUER_KEYS,
    WORK_BANK_KEYS,
    WORK_CANDIDATES, /* a change of the issuer's keys that was cut behind PUT KEY */
    WORKS,
};

static const char *domain_of(struct office *o, enum work work, char to[STORE_AID_SIZE])
{
    return work == WORK_BANK_KEYS ? OFFICE_DOMAIN_B : office_isd(o, to);
}

/* The first contact of a change of keys, with the card gone when PUT KEY has run: the first cut
 * after which the card has both key sets. */
static void cut_behind_put_key(struct office *o)
{
    struct office_snapshot kept = office_keep(o);
    struct store_key_set sets[4];
    char isd[STORE_AID_SIZE];
    size_t count = 0;
    for (size_t after = 1; count < 2 || office_keys_on_card(o, sets, count) < 2; after++) {
        struct contact_reply reply;
        assert_true(after < 12);
        office_return_to(o, &kept);
        o->bench->tear_after = after;
        assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &reply));
        while (reply.has_script && !o->bench->torn)
            assert_refused(NONE, office_step(o, &office_agent, &reply));
        contact_reply_fini(&reply);
        o->bench->tear_after = 0;
        o->bench->torn = false;
        count = office_key_sets(o, office_isd(o, isd), sets);
    }
    bench_power(o->bench);
    office_snapshot_free(&kept);
}

/* An office with that work to do, nothing of it begun but the candidates. */
static struct office *office_with(const char *profile, enum work work)
{
    struct office *o = office_new(profile);
    o->service.attempts_max = 20;
    if (work == WORK_BANK_KEYS)
        office_give_bank_b_a_domain(o);
    if (work == WORK_SWITCH || work == WORK_BANK_KEYS)
        office_order(o);
    if (work == WORK_BANK_KEYS) {
        office_contact(o, &office_agent);
        assert_int_equal(office_operation(o).state, STORE_OPERATION_DONE);
    }
    if (work != WORK_SWITCH)
        assert_refused(NONE, office_rekey(o, work == WORK_BANK_KEYS ? "bank-b" : NULL));
    if (work == WORK_CANDIDATES)
        cut_behind_put_key(o);
    o->bench->authentications = 0;
    o->bench->refused = 0;
    return o;
}

/* Nothing happened but that somebody was suspected. */
static void assert_only_suspected(struct office *o, enum work work, size_t key_sets)
{
    struct store_key_set sets[4];
    char isd[STORE_AID_SIZE];
    assert_int_equal(o->bench->authentications, 0);
    assert_int_equal(o->bench->refused, 0);
    assert_true(office_audited(o, "agent.suspected"));
    assert_int_equal(office_card(o).status, STORE_CARD_ACTIVE);
    assert_int_equal(office_operation(o).state, STORE_OPERATION_PENDING);
    assert_int_equal(office_operation(o).evidence, STORE_EVIDENCE_REPORTED);
    /* A prepared script enters what it would bring before it leaves. */
    size_t now = office_key_sets(o, domain_of(o, work, isd), sets);
    assert_in_range(now, key_sets, 2);
    for (size_t i = 0; i < now; i++) {
        assert_int_equal(sets[i].failures, 0);
        if (sets[i].kvn == office_new_kvn(o))
            assert_int_equal(sets[i].standing, STORE_KEYS_COMING);
    }
}

/* ---- wrong keys -------------------------------------------------------------------------------
 */

static void wrong_keys_never_authenticate(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROFILES; i++) {
        for (enum work work = WORK_SWITCH; work < WORKS; work++) {
            for (enum office_mistake m = OFFICE_WRONG_MASTERS; m <= OFFICE_WRONG_SCHEME; m++) {
                char isd[STORE_AID_SIZE];
                struct store_key_set sets[4];
                struct office *o = office_with(profiles[i], work);
                office_mistake_keys(o, domain_of(o, work, isd), m);
                size_t before = office_key_sets(o, domain_of(o, work, isd), sets);
                office_contact(o, &office_agent);
                assert_only_suspected(o, work, before);
                office_free(o);
            }
        }
    }
}

/* ---- impostors --------------------------------------------------------------------------------
 */

/* Answers INITIALIZE UPDATE itself, with the right shape and nothing behind it. */
struct impostor {
    struct office *office;
    struct agent_transceive card;
};

static void put_made_up(struct office *o, uint8_t kvn, struct scp_writer *w)
{
    const struct card_profile *profile = &o->bench->profile;
    bool scp03 = profile->protocol == SCP_PROTOCOL_03;
    uint8_t random[48];
    size_t left = scp03 ? 8 + 8 : 2 + 6 + 8;
    if (scp03 && (profile->i & 0x10) != 0)
        left += 3;
    rebind_random(&o->bench->env, random, sizeof random);
    scp_put(w, SCP_BYTES(bench_diversification_data));
    scp_put_u8(w, kvn);
    scp_put_u8(w, (uint8_t)profile->protocol);
    if (scp03)
        scp_put_u8(w, profile->i);
    scp_put(w, scp_bytes_of(random, left));
    scp_put_u16(w, 0x9000);
}

static enum agent_error pretend(void *ctx, struct scp_bytes command, struct scp_writer *response)
{
    enum { INITIALIZE_UPDATE = 0x50 };
    struct impostor *impostor = ctx;
    if (command.ptr[1] != INITIALIZE_UPDATE)
        return impostor->card.fn(impostor->card.ctx, command, response);
    put_made_up(impostor->office, command.ptr[2], response);
    return AGENT_OK;
}

static void impostor_gets_no_authentication(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROFILES; i++) {
        for (enum work work = WORK_SWITCH; work < WORKS; work++) {
            char isd[STORE_AID_SIZE];
            struct store_key_set sets[4];
            struct office *o = office_with(profiles[i], work);
            struct impostor impostor = {.office = o, .card = o->bench->way};
            size_t before = office_key_sets(o, domain_of(o, work, isd), sets);
            o->bench->way = (struct agent_transceive){.ctx = &impostor, .fn = pretend};
            office_contact(o, &office_agent);
            o->bench->way = impostor.card;
            assert_only_suspected(o, work, before);
            office_contact(o, &office_other_agent); /* the card itself is well */
            assert_int_equal(office_operation(o).state, STORE_OPERATION_DONE);
            office_free(o);
        }
    }
}

/* ---- agents that lie --------------------------------------------------------------------------
 */

enum lie { LIE_SUCCESS, LIE_ABSENT, LIE_REFUSED, LIE_ALTERED, LIE_CUT, LIE_TWICE, LIES };

/* Answer `at` of a run is not what the card said. */
static size_t tell(struct bench_run *run, size_t at, enum lie lie)
{
    static const uint8_t success[2] = {0x90, 0x00}, absent[2] = {0x6A, 0x88}, no[2] = {0x63, 0x00};
    static uint8_t altered[SCP_RESPONSE_MAX];
    struct scp_bytes *item = &run->items[at];
    switch (lie) {
    case LIE_SUCCESS:
        *item = SCP_BYTES(success);
        break;
    case LIE_ABSENT:
        *item = SCP_BYTES(absent);
        break;
    case LIE_REFUSED:
        *item = SCP_BYTES(no);
        break;
    case LIE_ALTERED:
        memcpy(altered, item->ptr, item->len);
        altered[item->len > 2 ? (item->len - 2) / 2 : 0] ^= 0x04;
        *item = scp_bytes_of(altered, item->len);
        break;
    case LIE_CUT:
        return at;
    default:
        *item = run->items[at > 0 ? at - 1 : 0];
        break;
    }
    return run->count;
}

/* A contact in which the agent runs everything and lies once: at the `at`-th answer. The number of
 * answers that there were. */
static size_t contact_with_a_lie(struct office *o, const struct contact_agent *agent, size_t at,
                                 enum lie lie)
{
    struct contact_reply reply, next;
    uint8_t memory[BENCH_RESPONSES_SIZE];
    size_t answers = 0;
    bench_power(o->bench);
    assert_refused(NONE, contact_begin(&o->service, agent, o->identity, &reply));
    while (reply.has_script) {
        struct bench_run *run = &o->bench->run;
        struct scp_writer w = scp_writer_on(memory, sizeof memory);
        bench_run_script(o->bench, store_blob_bytes(&reply.script), &w);
        size_t count = run->count;
        if (at >= answers && at < answers + count)
            count = tell(run, at - answers, lie);
        answers += run->count;
        w = scp_writer_on(memory, sizeof memory);
        assert_int_equal(scp_script_put_responses(&w, run->items, count), SCP_OK);
        const struct contact_answer answer = {.exchange = reply.exchange,
                                              .responses = count > 0 ? scp_written(&w) : SCP_EMPTY};
        assert_refused(NONE, contact_answer(&o->service, agent, &answer, &next));
        contact_reply_fini(&reply);
        reply = next;
    }
    contact_reply_fini(&reply);
    return answers;
}

static bool levels_have_r_mac(const struct card_profile *profile)
{
    return (scp_level_highest(profile->protocol, profile->i) & SCP_LEVEL_R_MAC) != 0;
}

/* What the record calls proven is so on the card; and the card can be reached. */
static void assert_nothing_proven_is_false(struct office *o, enum work work)
{
    struct store_key_set sets[4];
    char isd[STORE_AID_SIZE];
    struct store_operation operation = office_operation(o);
    size_t count = office_key_sets(o, domain_of(o, work, isd), sets);
    assert_true(office_keys_on_card(o, sets, count) > 0);
    for (size_t i = 0; i < count; i++) {
        if (sets[i].standing == STORE_KEYS_PRESENT && levels_have_r_mac(&o->bench->profile) &&
            sets[i].kvn == office_new_kvn(o))
            assert_int_equal(office_keys_on_card(o, &sets[i], 1), 1);
    }
    if (operation.state == STORE_OPERATION_DONE && operation.evidence == STORE_EVIDENCE_PROVEN) {
        assert_int_equal(count, 1);
        assert_int_equal(sets[0].kvn, office_new_kvn(o));
    }
    assert_int_equal(office_card(o).status, STORE_CARD_ACTIVE);
    assert_int_equal(o->bench->refused, 0);
}

/* Wherever one agent lies, another one finishes. */
static void lies(const char *profile, enum work work)
{
    struct office *o = office_with(profile, work);
    struct office_snapshot kept = office_keep(o);
    size_t answers = contact_with_a_lie(o, &office_agent, SIZE_MAX, LIE_CUT);
    assert_int_equal(office_operation(o).state, STORE_OPERATION_DONE);
    for (size_t at = 0; at < answers; at++) {
        for (enum lie lie = LIE_SUCCESS; lie < LIES; lie++) {
            office_return_to(o, &kept);
            contact_with_a_lie(o, &office_agent, at, lie);
            assert_nothing_proven_is_false(o, work);
            if (store_operation_is_open(office_operation(o).state))
                office_contact(o, &office_other_agent);
            struct store_operation operation = office_operation(o);
            if (operation.state != STORE_OPERATION_DONE)
                fail_msg("%s: lie %d at answer %zu: %s", profile, (int)lie, at, operation.cause);
            assert_nothing_proven_is_false(o, work);
        }
    }
    printf("%s: %zu lies\n", profile, answers * LIES);
    office_snapshot_free(&kept);
    office_free(o);
}

static void lie_about_keys_makes_nothing_proven_false(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROFILES; i++) {
        lies(profiles[i], WORK_ISSUER_KEYS);
        lies(profiles[i], WORK_BANK_KEYS);
        lies(profiles[i], WORK_CANDIDATES);
    }
}

/* ---- the budget -------------------------------------------------------------------------------
 */

/* The place of the last EXTERNAL AUTHENTICATE among the answers of a whole contact. */
static size_t last_authentication(struct office *o)
{
    enum { INS_EXTERNAL_AUTHENTICATE = 0x82 };
    struct contact_reply reply;
    size_t answers = 0, found = SIZE_MAX;
    bench_power(o->bench);
    assert_refused(NONE, contact_begin(&o->service, &office_agent, o->identity, &reply));
    while (reply.has_script) {
        struct scp_script_reader reader;
        struct scp_script_command command;
        assert_int_equal(scp_script_open(&reader, store_blob_bytes(&reply.script)), SCP_OK);
        for (size_t i = 0; scp_script_next(&reader, &command) == SCP_OK; i++) {
            if (command.apdu.ptr[1] == INS_EXTERNAL_AUTHENTICATE)
                found = answers + i;
        }
        assert_refused(NONE, office_step(o, &office_agent, &reply));
        answers += o->bench->run.count;
    }
    contact_reply_fini(&reply);
    return found;
}

/* Under the new keys, which no other contact has used: one agent is suspected, a second one that
 * says the same takes the card out of use. */
static void two_agents_must_agree_about_new_keys_too(void **state)
{
    (void)state;
    enum { UNDER_NEW_KEYS = 2 }; /* SELECT, INITIALIZE UPDATE, and then it */
    struct office *o = office_with("scp03-i60-aes256", WORK_ISSUER_KEYS);
    struct office_snapshot kept = office_keep(o);
    struct contact_reply reply;
    size_t at = last_authentication(o);
    assert_int_not_equal(at, SIZE_MAX);
    office_return_to(o, &kept);
    contact_with_a_lie(o, &office_agent, at, LIE_REFUSED);
    assert_true(office_audited(o, "agent.suspected"));
    assert_int_equal(office_card(o).status, STORE_CARD_ACTIVE);
    bench_power(o->bench);
    assert_refused(AGENT_SUSPECTED, contact_begin(&o->service, &office_agent, o->identity, &reply));
    office_contact(o, &office_other_agent);
    assert_int_equal(office_operation(o).state, STORE_OPERATION_DONE);

    office_return_to(o, &kept);
    contact_with_a_lie(o, &office_agent, at, LIE_REFUSED);
    contact_with_a_lie(o, &office_other_agent, UNDER_NEW_KEYS, LIE_REFUSED);
    assert_int_equal(office_card(o).status, STORE_CARD_QUARANTINED);
    assert_int_equal(office_operation(o).state, STORE_OPERATION_FAILED);
    assert_int_equal(o->bench->refused, 0); /* all that time the card was well */
    office_snapshot_free(&kept);
    office_free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_keys_never_authenticate),
        cmocka_unit_test(impostor_gets_no_authentication),
        cmocka_unit_test(lie_about_keys_makes_nothing_proven_false),
        cmocka_unit_test(two_agents_must_agree_about_new_keys_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
