/* Whole scripts of several sessions, made before the card is seen and verified afterwards. */
#include "scp/crypto/hash.h"
#include "scp/gp/commands.h"
#include "tests/unit/scp/channel/pair.h"

#include <string.h>

enum { SESSIONS = 3, COMMANDS = 4 };

/* One session of the script, as it is stored. */
struct prepared {
    uint8_t guard[SCP_GUARD_SIZE];
    uint8_t begin[SCP_APDU_MAX];
    uint8_t authenticate[SCP_APDU_MAX];
    uint8_t commands[COMMANDS][SCP_APDU_MAX];
    uint8_t saved[SCP_CHANNEL_SAVED_MAX];
    struct scp_writer begin_w, authenticate_w, command_w[COMMANDS], saved_w;
};

static void start_writers(struct prepared *s)
{
    s->begin_w = scp_writer_on(s->begin, sizeof s->begin);
    s->authenticate_w = scp_writer_on(s->authenticate, sizeof s->authenticate);
    s->saved_w = scp_writer_on(s->saved, sizeof s->saved);
    for (size_t n = 0; n < COMMANDS; n++)
        s->command_w[n] = scp_writer_on(s->commands[n], sizeof s->commands[n]);
}

/* The host's part: `known_counter` is what it last saw of the card. */
static void make(struct pair *p, uint32_t known_counter, uint32_t ahead, struct prepared *s)
{
    struct scp_channel_params params = pair_params(p);
    struct scp_known_card known = pair_known(p);
    struct scp_channel ch;
    start_writers(s);
    assert_int_equal(scp_counter_ahead(p->option.protocol, known_counter, ahead, &known.counter),
                     SCP_OK);
    assert_int_equal(scp_channel_begin(&ch, &params, pair_host_challenge(p), &s->begin_w), SCP_OK);
    assert_int_equal(scp_channel_prepare(&ch, &p->keys, &known, s->guard), SCP_OK);
    assert_int_equal(scp_channel_authenticate(&ch, &s->authenticate_w), SCP_OK);
    scp_channel_save(&ch, &s->saved_w);
    assert_int_equal(scp_writer_status(&s->saved_w), SCP_OK);
    for (size_t n = 0; n < COMMANDS; n++) {
        struct scp_apdu command = {0x80,       SCP_INS_GET_STATUS,      0x40,
                                   (uint8_t)n, SCP_LITERAL(0x4F, 0x00), 0};
        assert_int_equal(scp_channel_wrap(&ch, &command, &s->command_w[n]), SCP_OK);
    }
    scp_channel_fini(&ch);
}

/* The card's and the agent's part: the guard holds, and every answer verifies from the stored
 * channel. */
static void run_one(struct pair *p, struct prepared *s)
{
    uint8_t digest[SCP_GUARD_SIZE];
    struct scp_channel verifier;
    pair_fini(p);
    struct scp_writer answer = scp_writer_on(p->answer_buffer, sizeof p->answer_buffer);
    assert_int_equal(
        scp_card_channel_initialize(&p->card, &p->setup, &p->set, pair_host_challenge(p), &answer),
        SCP_OK);
    assert_int_equal(scp_sha256(scp_written(&answer), digest), SCP_OK);
    assert_memory_equal(digest, s->guard, sizeof digest);
    assert_int_equal(scp_card_channel_authenticate(&p->card, scp_written(&s->authenticate_w)),
                     SCP_OK);
    assert_int_equal(scp_channel_restore(&verifier, scp_written(&s->saved_w)), SCP_OK);
    for (size_t n = 0; n < COMMANDS; n++) {
        uint8_t data[SCP_APDU_DATA_MAX];
        uint8_t response[SCP_RESPONSE_MAX];
        uint8_t back[SCP_RESPONSE_MAX];
        struct scp_writer r = scp_writer_on(response, sizeof response);
        struct scp_writer b = scp_writer_on(back, sizeof back);
        struct scp_apdu plain;
        uint16_t sw;
        assert_int_equal(
            scp_card_channel_receive(&p->card, scp_written(&s->command_w[n]), &plain, data),
            SCP_OK);
        assert_int_equal(
            scp_card_channel_respond(&p->card, scp_bytes_of(response, 11 * n), 0x9000, &r), SCP_OK);
        assert_int_equal(scp_channel_replay(&verifier, scp_written(&s->command_w[n])), SCP_OK);
        assert_int_equal(scp_channel_unwrap(&verifier, scp_written(&r), &b, &sw), SCP_OK);
        assert_int_equal(scp_written(&b).len, 11 * n);
    }
    scp_channel_fini(&verifier);
}

/* SCP02 counts a session that was authenticated, SCP03 an INITIALIZE UPDATE. */
static void run_script(struct pair *p)
{
    static struct prepared sessions[SESSIONS];
    if (!scp_challenge_predictable(p->option.protocol, p->option.i))
        return;
    uint32_t present = p->setup.counter;
    for (uint32_t n = 0; n < SESSIONS; n++)
        make(p, present, n, &sessions[n]);
    for (uint32_t n = 0; n < SESSIONS; n++) {
        p->setup.counter = present + n + (p->option.protocol == SCP_PROTOCOL_03 ? 1 : 0);
        run_one(p, &sessions[n]);
        if (p->option.protocol == SCP_PROTOCOL_02)
            assert_int_equal(scp_card_channel_counter(&p->card), present + n + 1);
    }
    assert_memory_not_equal(sessions[0].guard, sessions[1].guard, SCP_GUARD_SIZE);
}

static void sessions_of_a_script_follow_the_counter(void **state)
{
    (void)state;
    for_each_option(run_script);
}

/* Preparing is predicting and opening in one. */
static void run_same(struct pair *p)
{
    if (!scp_challenge_predictable(p->option.protocol, p->option.i))
        return;
    struct scp_channel_params params = pair_params(p);
    struct scp_known_card known = pair_known(p);
    uint8_t apdu[SCP_APDU_MAX];
    uint8_t stored[2][SCP_CHANNEL_SAVED_MAX];
    uint8_t guard[SCP_GUARD_SIZE];
    struct scp_channel ch;
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    struct scp_writer one = scp_writer_on(stored[0], sizeof stored[0]);
    struct scp_writer other = scp_writer_on(stored[1], sizeof stored[1]);
    pair_begin(p);
    assert_int_equal(scp_channel_open(&p->host, &p->keys, p->answer), SCP_OK);
    assert_int_equal(scp_channel_begin(&ch, &params, pair_host_challenge(p), &w), SCP_OK);
    assert_int_equal(scp_channel_prepare(&ch, &p->keys, &known, guard), SCP_OK);
    scp_channel_save(&p->host, &one);
    scp_channel_save(&ch, &other);
    assert_true(scp_bytes_equal(scp_written(&one), scp_written(&other)));
    scp_channel_fini(&ch);
}

static void a_prepared_channel_is_an_opened_one(void **state)
{
    (void)state;
    for_each_option(run_same);
}

static void what_cannot_be_foreseen_is_refused(void **state)
{
    (void)state;
    const struct {
        uint8_t i;
        uint8_t kvn;
        size_t aid_len;
        enum scp_error error;
    } cases[] = {
        {0x60, 0x30, 8, SCP_UNSUPPORTED}, /* a random challenge */
        {0x70, 0x30, 0, SCP_OUT_OF_RANGE},
        {0x70, 0x31, 8, SCP_MISMATCH},
    };
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        struct pair p;
        struct scp_channel ch;
        uint8_t guard[SCP_GUARD_SIZE];
        uint8_t apdu[SCP_APDU_MAX];
        struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
        pair_init(&p, &(struct option){SCP_PROTOCOL_03, cases[n].i, 16, 0}, 0x33);
        struct scp_channel_params params = pair_params(&p);
        struct scp_known_card known = pair_known(&p);
        params.aid.len = cases[n].aid_len;
        known.kvn = cases[n].kvn;
        assert_int_equal(scp_channel_begin(&ch, &params, pair_host_challenge(&p), &w), SCP_OK);
        assert_int_equal(scp_channel_prepare(&ch, &p.keys, &known, guard), cases[n].error);
        assert_int_equal(scp_channel_authenticate(&ch, &w), SCP_STATE);
        scp_channel_fini(&ch);
        assert_int_equal(scp_channel_prepare(&ch, &p.keys, &known, guard), SCP_STATE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_of_a_script_follow_the_counter),
        cmocka_unit_test(a_prepared_channel_is_an_opened_one),
        cmocka_unit_test(what_cannot_be_foreseen_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
