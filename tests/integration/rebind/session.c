/* A whole rebind between a server's session and a soft card, on every chip model. */
#include "tests/integration/rebind/bench.h"

#include "scp/channel/channel.h"
#include "scp/emv/cryptogram.h"
#include "scp/gp/lifecycle.h"

#include <string.h>

static const char *const profiles[] = {"scp02-i15", "scp02-i55", "scp03-i10-aes192",
                                       "scp03-i60-aes256", "scp03-i70-aes128"};
enum { PROFILES = sizeof profiles / sizeof profiles[0] };

static bool predictable(const struct bench *b)
{
    return scp_challenge_predictable(b->profile.protocol, b->profile.i);
}

/* A card whose record knows its content and counter. */
static struct bench *read_card(const char *profile)
{
    struct bench *b = bench_new(profile);
    assert_int_equal(bench_visit(b, PLAN_AUDIT, &bench_peer).outcome, SESSION_REPLAN);
    assert_true(b->content.known);
    return b;
}

static void assert_proof_is_of_bank_b(const struct session_proof *proof)
{
    struct scp_key session_key;
    uint8_t cryptogram[SCP_EMV_CRYPTOGRAM_SIZE];
    assert_true(proof->present);
    assert_int_equal(scp_emv_session_key(&bench_ac_key_b, proof->atc, &session_key), SCP_OK);
    assert_int_equal(
        scp_emv_cryptogram(&session_key, scp_bytes_of(proof->input, proof->input_len), cryptogram),
        SCP_OK);
    assert_memory_equal(cryptogram, proof->cryptogram, sizeof cryptogram);
}

static void switches_to_the_other_bank(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROFILES; i++) {
        struct bench *b = read_card(profiles[i]);
        struct scp_aid paid;
        assert_listed_bank_pays(b, &paid);
        assert_true(scp_aid_equal(&paid, &b->bank_a));
        struct bench_visit visit = bench_visit(b, PLAN_SWITCH, &bench_peer);
        assert_int_equal(visit.outcome, SESSION_DONE);
        assert_int_equal(visit.exchanges, predictable(b) ? 1 : 2);
        assert_proof_is_of_bank_b(&visit.proof);
        assert_listed_bank_pays(b, &paid);
        assert_true(scp_aid_equal(&paid, &b->bank_b.instance));
        assert_null(content_find(&b->content, &b->bank_a));
        assert_social_security_is_as_issued(b);
        assert_record_is_true(b);
        assert_int_equal(b->refused, 0);
        bench_free(b);
    }
}

/* Three sessions, issuer, bank and issuer again, still travel in one script where they can be
 * prepared; where they cannot, each opens in a script of its own. */
static void switches_through_the_banks_own_domain(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROFILES; i++) {
        struct bench *b = bench_new_with_domain(profiles[i]);
        struct scp_aid paid;
        assert_int_equal(bench_visit(b, PLAN_AUDIT, &bench_peer).outcome, SESSION_REPLAN);
        struct bench_visit visit = bench_visit(b, PLAN_SWITCH, &bench_peer);
        assert_int_equal(visit.outcome, SESSION_DONE);
        assert_int_equal(visit.exchanges, predictable(b) ? 1 : 4);
        assert_proof_is_of_bank_b(&visit.proof);
        assert_listed_bank_pays(b, &paid);
        assert_true(scp_aid_equal(&paid, &b->bank_b.instance));
        const struct content_entry *instance = content_find(&b->content, &b->bank_b.instance);
        assert_true(scp_aid_equal(&instance->security_domain, &b->domain_b.aid));
        assert_social_security_is_as_issued(b);
        assert_record_is_true(b);
        assert_int_equal(b->refused, 0);
        bench_free(b);
    }
}

static void unknown_counter_is_learned_on_the_way(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROFILES; i++) {
        struct bench *b = read_card(profiles[i]);
        bench_issuer(b)->counter_known = false;
        struct bench_visit visit = bench_visit(b, PLAN_SWITCH, &bench_peer);
        assert_int_equal(visit.outcome, SESSION_DONE);
        assert_int_equal(visit.exchanges, 2);
        assert_int_equal(b->refused, 0);
        assert_record_is_true(b);
        bench_free(b);
    }
}

/* Neither guard nor SELECT in a script, and no status words but 9000. */
static void peer_of_the_standard_alone_switches_too(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROFILES; i++) {
        struct bench *const ways[] = {bench_new(profiles[i]), bench_new_with_domain(profiles[i])};
        for (size_t k = 0; k < 2; k++) {
            struct bench *b = ways[k];
            struct scp_aid paid;
            bench_visit(b, PLAN_AUDIT, &bench_peer);
            assert_int_equal(bench_visit(b, PLAN_SWITCH, &bench_standard_peer).outcome,
                             SESSION_DONE);
            assert_listed_bank_pays(b, &paid);
            assert_true(scp_aid_equal(&paid, &b->bank_b.instance));
            bench_free(b);
        }
    }
}

static void peer_with_one_extension_counts_as_one_without(void **state)
{
    (void)state;
    static const struct session_peer peers[] = {{.guard = true}, {.targets = true}};
    for (size_t i = 0; i < 2; i++) {
        struct bench *b = read_card("scp03-i70-aes128");
        assert_int_equal(bench_visit(b, PLAN_SWITCH, &peers[i]).outcome, SESSION_DONE);
        bench_free(b);
    }
}

static void standard_peer_revokes(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROFILES; i++) {
        struct bench *b = read_card(profiles[i]);
        assert_int_equal(bench_visit(b, PLAN_REVOKE, &bench_standard_peer).outcome, SESSION_DONE);
        assert_null(content_find(&b->content, &b->bank_a));
        bench_free(b);
    }
}

/* A stale record: somebody else had sessions with the card. Under the guard that costs no try. */
static void stale_counter_spends_no_try(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROFILES; i++) {
        struct bench *b = read_card(profiles[i]);
        struct session_card before = b->record;
        assert_int_equal(bench_visit(b, PLAN_AUDIT, &bench_peer).outcome, SESSION_REPLAN);
        b->record = before;
        b->authentications = 0;
        assert_int_equal(bench_visit(b, PLAN_SWITCH, &bench_peer).outcome, SESSION_DONE);
        assert_int_equal(b->refused, 0);
        assert_record_is_true(b);
        bench_free(b);
    }
}

/* A script limit cuts at step boundaries; the result is the same. */
static void small_scripts_reach_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROFILES; i++) {
        struct bench *b = read_card(profiles[i]);
        struct session_peer peer = bench_peer;
        peer.script_limit = 1400;
        struct bench_visit visit = bench_visit(b, PLAN_SWITCH, &peer);
        assert_int_equal(visit.outcome, SESSION_DONE);
        assert_true(visit.exchanges > 1);
        assert_record_is_true(b);
        bench_free(b);
    }
}

static void only_r_mac_makes_content_proven(void **state)
{
    (void)state;
    for (size_t i = 0; i < PROFILES; i++) {
        struct bench *b = read_card(profiles[i]);
        struct bench_visit visit = bench_visit(b, PLAN_SWITCH, &bench_peer);
        bool has_r_mac =
            (scp_level_highest(b->profile.protocol, b->profile.i) & SCP_LEVEL_R_MAC) != 0;
        assert_true(visit.r_mac == has_r_mac);
        for (size_t k = 0; k < b->content.count; k++)
            assert_int_equal(b->content.entries[k].grade,
                             has_r_mac ? CONTENT_PROVEN : CONTENT_REPORTED);
        bench_free(b);
    }
}

/* A product whose AID is the issuer security domain's never makes it into a script. */
static void issuer_domain_is_never_written_to(void **state)
{
    (void)state;
    struct bench *b = read_card("scp03-i70-aes128");
    const uint8_t seed[SESSION_SEED_SIZE] = {1};
    const char *why = NULL;
    uint8_t memory[1024];
    struct scp_writer script = scp_writer_on(memory, sizeof memory);
    struct plan plan = {.steps = {{.kind = PLAN_STEP_DELETE,
                                   .channel = PLAN_CHANNEL_ISSUER,
                                   .aid = b->profile.isd}},
                        .count = 1};
    const struct session_materials materials = bench_materials(b);
    struct session s;
    session_init(&s, &b->record, seed);
    session_plan(&s, &plan);
    assert_int_equal(session_write(&s, &b->session_keys, &materials, &bench_peer, &script, &why),
                     SCP_OUT_OF_RANGE);
    assert_non_null(why);
    session_fini(&s);
    bench_free(b);
}

/* Personalisation never travels in the clear: whatever `i` a profile may state, the level of its
 * sessions includes encryption. Implicit initiation has none, and no session here begins so. */
static void every_level_encrypts(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= 0xFF; i++) {
        for (int p = SCP_PROTOCOL_02; p <= SCP_PROTOCOL_03; p++) {
            if (scp_option_implicit((enum scp_protocol)p, (uint8_t)i))
                continue;
            uint8_t level = scp_level_highest((enum scp_protocol)p, (uint8_t)i);
            if (scp_level_valid((enum scp_protocol)p, (uint8_t)i, level))
                assert_true((level & SCP_LEVEL_C_ENC) != 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(switches_to_the_other_bank),
        cmocka_unit_test(switches_through_the_banks_own_domain),
        cmocka_unit_test(unknown_counter_is_learned_on_the_way),
        cmocka_unit_test(peer_of_the_standard_alone_switches_too),
        cmocka_unit_test(peer_with_one_extension_counts_as_one_without),
        cmocka_unit_test(standard_peer_revokes),
        cmocka_unit_test(stale_counter_spends_no_try),
        cmocka_unit_test(small_scripts_reach_the_same),
        cmocka_unit_test(only_r_mac_makes_content_proven),
        cmocka_unit_test(issuer_domain_is_never_written_to),
        cmocka_unit_test(every_level_encrypts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
