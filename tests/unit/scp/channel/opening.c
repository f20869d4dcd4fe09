/* Opening a session: who proves what before anything is sent, and prediction. */
#include "tests/unit/scp/channel/pair.h"

#include <string.h>

static enum scp_error authenticate(struct scp_channel *ch, struct scp_writer *w)
{
    enum scp_error error = scp_channel_authenticate(ch, w);
    if (error != SCP_OK)
        assert_int_equal(w->len, 0);
    return error;
}

/* ---- the host's view ---------------------------------------------------------------------- */

/* A flipped bit must be noticed everywhere but in the diversification data, which the holder of the
 * keys looks at. SCP03's counter derives no key: only the challenge that it gives proves it, to a
 * host that knows the AID. */
static void flip_answer(struct pair *p, bool knows_aid)
{
    uint8_t apdu[SCP_APDU_MAX];
    for (size_t bit = 80; bit < 8 * p->answer.len; bit++) {
        struct scp_channel ch = p->host;
        struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
        ch.params.aid.len = knows_aid ? ch.params.aid.len : 0;
        p->answer_buffer[bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum scp_error error = scp_channel_open(&ch, &p->keys, p->answer);
        bool unproven = !knows_aid && p->option.protocol == SCP_PROTOCOL_03 &&
                        scp_challenge_predictable(SCP_PROTOCOL_03, p->option.i) &&
                        bit / 8 >= p->answer.len - 3;
        assert_int_equal(error == SCP_OK, unproven);
        assert_int_equal(authenticate(&ch, &w), unproven ? SCP_OK : SCP_STATE);
        p->answer_buffer[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void run_flipped_answer(struct pair *p)
{
    pair_begin(p);
    flip_answer(p, true);
    flip_answer(p, false);
}

static void a_wrong_answer_blocks_external_authenticate(void **state)
{
    (void)state;
    for_each_option(run_flipped_answer);
}

static void run_wrong_keys(struct pair *p)
{
    pair_begin(p);
    struct scp_key_set other = p->set;
    other.mac.bytes[3] ^= 0x10;
    other.enc.bytes[3] ^= 0x10;
    struct scp_keys keys = scp_keys_of_set(&other);
    uint8_t apdu[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    struct scp_session_keys none = {.enc = {.len = 0}};
    assert_int_equal(scp_channel_open(&p->host, &keys, p->answer), SCP_BAD_CRYPTOGRAM);
    assert_int_equal(authenticate(&p->host, &w), SCP_STATE);
    assert_memory_equal(&p->host.keys, &none, sizeof none);
}

static void wrong_keys_block_external_authenticate_and_are_wiped(void **state)
{
    (void)state;
    for_each_option(run_wrong_keys);
}

/* The cryptogram is right and the challenge is not the one that keys, counter and AID give. */
static void run_random_challenge(struct pair *p)
{
    struct scp_session_context session = {.protocol = p->option.protocol, .i = p->option.i};
    if (!scp_challenge_predictable(session.protocol, session.i))
        return;
    uint8_t other[] = {0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x01};
    p->setup.aid = SCP_BYTES(other);
    pair_begin(p);
    struct scp_channel unknowing = p->host;
    unknowing.params.aid.len = 0;
    assert_int_equal(scp_channel_open(&p->host, &p->keys, p->answer), SCP_MISMATCH);
    assert_int_equal(scp_channel_open(&unknowing, &p->keys, p->answer), SCP_OK);
}

static void a_challenge_of_another_application_is_a_mismatch(void **state)
{
    (void)state;
    for_each_option(run_random_challenge);
}

static struct scp_channel begun(const struct scp_channel_params *params)
{
    const uint8_t challenge[16] = {0};
    uint8_t apdu[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    struct scp_channel ch;
    assert_int_equal(
        scp_channel_begin(
            &ch, params,
            scp_bytes_of(challenge, scp_host_challenge_len(params->protocol, params->i)), &w),
        SCP_OK);
    return ch;
}

static void an_answer_to_another_question_is_a_mismatch(void **state)
{
    (void)state;
    const struct option option = {SCP_PROTOCOL_03, 0x70, 16, 0};
    struct pair p;
    pair_init(&p, &option, 0x33);
    pair_begin(&p);
    const struct scp_channel_params asked[] = {
        {.protocol = SCP_PROTOCOL_02, .i = 0x55, .kvn = 0x30, .level = 0x01}, /* protocol */
        {.protocol = SCP_PROTOCOL_03, .i = 0x60, .kvn = 0x30, .level = 0x33}, /* option */
        {.protocol = SCP_PROTOCOL_03, .i = 0x70, .kvn = 0x31, .level = 0x33}, /* key version */
    };
    for (size_t n = 0; n < 3; n++) {
        struct scp_channel ch = begun(&asked[n]);
        assert_int_equal(scp_channel_open(&ch, &p.keys, p.answer), SCP_MISMATCH);
    }
    pair_fini(&p);
}

static void key_version_0_lets_the_card_choose(void **state)
{
    (void)state;
    const struct option option = {SCP_PROTOCOL_03, 0x60, 16, 0};
    struct pair p;
    uint8_t apdu[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    pair_init(&p, &option, 0x33);
    pair_begin(&p);
    struct scp_channel_params params = pair_params(&p);
    params.kvn = 0;
    assert_int_equal(scp_channel_begin(&p.host, &params, pair_host_challenge(&p), &w), SCP_OK);
    assert_int_equal(scp_channel_open(&p.host, &p.keys, p.answer), SCP_OK);
    pair_fini(&p);
}

static void steps_out_of_order_are_refused(void **state)
{
    (void)state;
    struct pair p;
    uint8_t apdu[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    struct scp_apdu command = {0x80, 0xF2, 0, 0, SCP_EMPTY, 0};
    uint16_t sw;
    pair_init(&p, &(struct option){SCP_PROTOCOL_02, 0x05, 16, 0}, 0x01);
    assert_int_equal(scp_channel_open(&p.host, &p.keys, p.answer), SCP_STATE);
    assert_int_equal(scp_channel_authenticate(&p.host, &w), SCP_STATE);
    assert_int_equal(scp_card_channel_authenticate(&p.card, SCP_EMPTY), SCP_STATE);
    assert_int_equal(scp_channel_dek_encrypt(&p.host, &p.keys, SCP_EMPTY, apdu), SCP_STATE);
    pair_begin(&p);
    assert_int_equal(scp_channel_wrap(&p.host, &command, &w), SCP_STATE);
    assert_int_equal(scp_channel_replay(&p.host, SCP_LITERAL(0x80, 0xF2, 0, 0)), SCP_STATE);
    assert_int_equal(scp_card_channel_receive(&p.card, SCP_EMPTY, &command, apdu), SCP_STATE);
    assert_int_equal(scp_channel_open(&p.host, &p.keys, p.answer), SCP_OK);
    assert_int_equal(scp_channel_open(&p.host, &p.keys, p.answer), SCP_STATE);
    assert_int_equal(scp_channel_authenticate(&p.host, &w), SCP_OK);
    assert_int_equal(scp_channel_unwrap(&p.host, SCP_LITERAL(0x90, 0), &w, &sw), SCP_STATE);
    assert_int_equal(scp_card_channel_respond(&p.card, SCP_EMPTY, 0x9000, &w), SCP_STATE);
    pair_fini(&p);
}

static void params_that_do_not_exist_are_refused(void **state)
{
    (void)state;
    const uint8_t challenge[16] = {0};
    const struct {
        struct scp_channel_params params;
        size_t challenge_len;
        enum scp_error error;
    } cases[] = {
        {{.protocol = SCP_PROTOCOL_02, .i = 0x1A}, 8, SCP_UNSUPPORTED},
        {{.protocol = SCP_PROTOCOL_03, .i = 0x40}, 8, SCP_UNSUPPORTED},
        {{.protocol = (enum scp_protocol)0x11, .i = 0x10}, 8, SCP_UNSUPPORTED},
        {{.protocol = SCP_PROTOCOL_02, .i = 0x15, .level = 0x11}, 8, SCP_OUT_OF_RANGE},
        {{.protocol = SCP_PROTOCOL_03, .i = 0x20, .level = 0x33}, 8, SCP_OUT_OF_RANGE},
        {{.protocol = SCP_PROTOCOL_03, .i = 0x70, .level = 0x33}, 16, SCP_OUT_OF_RANGE},
        {{.protocol = SCP_PROTOCOL_03, .i = 0x71, .level = 0x33}, 8, SCP_OUT_OF_RANGE},
    };
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        struct scp_channel ch;
        uint8_t apdu[SCP_APDU_MAX];
        struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
        assert_int_equal(scp_channel_begin(&ch, &cases[n].params,
                                           scp_bytes_of(challenge, cases[n].challenge_len), &w),
                         cases[n].error);
        assert_int_equal(w.len, 0);
    }
}

/* ---- the card's view ---------------------------------------------------------------------- */

static void run_flipped_authenticate(struct pair *p)
{
    uint8_t apdu[SCP_APDU_MAX];
    uint8_t data[SCP_APDU_DATA_MAX];
    struct scp_apdu plain;
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    pair_begin(p);
    assert_int_equal(scp_channel_open(&p->host, &p->keys, p->answer), SCP_OK);
    assert_int_equal(scp_channel_authenticate(&p->host, &w), SCP_OK);
    for (size_t bit = 0; bit < 8 * w.len; bit++) {
        if (bit < 2)
            continue; /* the logical channel */
        struct scp_card_channel card = p->card;
        apdu[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(scp_card_channel_authenticate(&card, scp_written(&w)), SCP_OK);
        assert_int_equal(scp_card_channel_level(&card), 0);
        apdu[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(scp_card_channel_authenticate(&card, scp_written(&w)), SCP_STATE);
        assert_int_equal(scp_card_channel_receive(&card, scp_written(&w), &plain, data), SCP_STATE);
    }
    assert_int_equal(scp_card_channel_authenticate(&p->card, scp_written(&w)), SCP_OK);
}

static void a_flipped_bit_of_external_authenticate_ends_the_attempt(void **state)
{
    (void)state;
    for_each_option(run_flipped_authenticate);
}

static void run_named_errors(struct pair *p)
{
    uint8_t apdu[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    pair_begin(p);
    assert_int_equal(scp_channel_open(&p->host, &p->keys, p->answer), SCP_OK);
    assert_int_equal(scp_channel_authenticate(&p->host, &w), SCP_OK);
    const struct {
        size_t at;
        enum scp_error error;
    } cases[] = {{1, SCP_MALFORMED},
                 {2, SCP_OUT_OF_RANGE},
                 {3, SCP_MALFORMED},
                 {5, SCP_BAD_CRYPTOGRAM},
                 {w.len - 1, SCP_BAD_MAC}};
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        struct scp_card_channel card = p->card;
        apdu[cases[n].at] ^= 0x80;
        assert_int_equal(scp_card_channel_authenticate(&card, scp_written(&w)), cases[n].error);
        apdu[cases[n].at] ^= 0x80;
    }
}

static void the_card_names_what_is_wrong(void **state)
{
    (void)state;
    for_each_option(run_named_errors);
}

static void a_card_without_fitting_keys_answers_nothing(void **state)
{
    (void)state;
    struct pair p;
    uint8_t buffer[64];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    pair_init(&p, &(struct option){SCP_PROTOCOL_02, 0x05, 16, 0}, 0x01);
    p.set.mac.len = 24;
    assert_int_equal(
        scp_card_channel_initialize(&p.card, &p.setup, &p.set, pair_host_challenge(&p), &w),
        SCP_OUT_OF_RANGE);
    p.set.mac.len = 16;
    assert_int_equal(scp_card_channel_initialize(&p.card, &p.setup, &p.set,
                                                 scp_bytes_of(p.host_challenge, 7), &w),
                     SCP_OUT_OF_RANGE);
    p.setup.i = 0x1A;
    assert_int_equal(
        scp_card_channel_initialize(&p.card, &p.setup, &p.set, pair_host_challenge(&p), &w),
        SCP_UNSUPPORTED);
    assert_int_equal(w.len, 0);
}

/* ---- prediction --------------------------------------------------------------------------- */

static struct scp_session_context foreseen(const struct pair *p)
{
    struct scp_session_context session = {
        .protocol = p->option.protocol,
        .i = p->option.i,
        .kvn = p->setup.kvn,
        .counter = p->setup.counter,
    };
    memcpy(session.diversification_data, p->setup.diversification_data, 10);
    memcpy(session.host_challenge, p->host_challenge, pair_host_challenge(p).len);
    return session;
}

/* The whole session is made before the card is asked for anything. */
static void run_prepared(struct pair *p)
{
    struct scp_session_context session = foreseen(p);
    uint8_t predicted[SCP_INIT_UPDATE_RESPONSE_MAX];
    uint8_t apdus[4][SCP_APDU_MAX];
    uint8_t data[SCP_APDU_DATA_MAX];
    struct scp_writer w = scp_writer_on(predicted, sizeof predicted);
    enum scp_error error = scp_channel_predict(&p->keys, &session, p->setup.aid, &w);
    if (!scp_challenge_predictable(p->option.protocol, p->option.i)) {
        assert_int_equal(error, SCP_UNSUPPORTED);
        return;
    }
    assert_int_equal(error, SCP_OK);
    struct scp_channel_params params = pair_params(p);
    struct scp_channel ch;
    struct scp_writer begin = scp_writer_on(apdus[0], sizeof apdus[0]);
    struct scp_writer auth = scp_writer_on(apdus[1], sizeof apdus[1]);
    assert_int_equal(scp_channel_begin(&ch, &params, pair_host_challenge(p), &begin), SCP_OK);
    assert_int_equal(scp_channel_open(&ch, &p->keys, scp_written(&w)), SCP_OK);
    assert_int_equal(scp_channel_authenticate(&ch, &auth), SCP_OK);
    struct scp_bytes wrapped[2];
    for (size_t n = 0; n < 2; n++) {
        struct scp_writer cw = scp_writer_on(apdus[2 + n], sizeof apdus[2 + n]);
        struct scp_apdu command = {0x80, 0xE6, 0x0C, 0x00, SCP_LITERAL(1, 2, 3), 0};
        assert_int_equal(scp_channel_wrap(&ch, &command, &cw), SCP_OK);
        wrapped[n] = scp_written(&cw);
    }
    pair_begin(p);
    assert_true(scp_bytes_equal(p->answer, scp_written(&w)));
    assert_int_equal(scp_card_channel_authenticate(&p->card, scp_written(&auth)), SCP_OK);
    for (size_t n = 0; n < 2; n++) {
        struct scp_apdu plain;
        assert_int_equal(scp_card_channel_receive(&p->card, wrapped[n], &plain, data), SCP_OK);
    }
    /* An interactive session makes the same bytes. */
    struct scp_writer again = scp_writer_on(apdus[3], sizeof apdus[3]);
    assert_int_equal(scp_channel_open(&p->host, &p->keys, p->answer), SCP_OK);
    assert_int_equal(scp_channel_authenticate(&p->host, &again), SCP_OK);
    assert_true(scp_bytes_equal(scp_written(&again), scp_written(&auth)));
    again = scp_writer_on(apdus[3], sizeof apdus[3]);
    struct scp_apdu command = {0x80, 0xE6, 0x0C, 0x00, SCP_LITERAL(1, 2, 3), 0};
    assert_int_equal(scp_channel_wrap(&p->host, &command, &again), SCP_OK);
    assert_true(scp_bytes_equal(scp_written(&again), wrapped[0]));
}

static void a_prepared_session_is_the_interactive_one(void **state)
{
    (void)state;
    for_each_option(run_prepared);
}

static void run_stale_counter(struct pair *p)
{
    if (!scp_challenge_predictable(p->option.protocol, p->option.i))
        return;
    uint8_t predicted[2][SCP_INIT_UPDATE_RESPONSE_MAX];
    struct scp_session_context session = foreseen(p);
    for (uint32_t n = 0; n < 2; n++) {
        struct scp_writer w = scp_writer_on(predicted[n], sizeof predicted[n]);
        session.counter = p->setup.counter + n;
        assert_int_equal(scp_channel_predict(&p->keys, &session, p->setup.aid, &w), SCP_OK);
    }
    assert_memory_not_equal(predicted[0], predicted[1], 28);
    session.counter = 0x1000000;
    struct scp_writer w = scp_writer_on(predicted[0], sizeof predicted[0]);
    assert_int_equal(scp_channel_predict(&p->keys, &session, p->setup.aid, &w), SCP_OUT_OF_RANGE);
}

static void another_counter_predicts_another_answer(void **state)
{
    (void)state;
    for_each_option(run_stale_counter);
}

static enum scp_error no_key(void *ctx, const struct scp_session_context *session,
                             struct scp_session_keys *out)
{
    (void)ctx;
    (void)session;
    (void)out;
    return SCP_KEY_UNAVAILABLE;
}

static void an_error_of_the_key_holder_reaches_the_caller(void **state)
{
    (void)state;
    struct pair p;
    uint8_t buffer[64];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    pair_init(&p, &(struct option){SCP_PROTOCOL_03, 0x10, 16, 0}, 0x03);
    pair_begin(&p);
    struct scp_session_context session = foreseen(&p);
    p.keys.derive = no_key;
    assert_int_equal(scp_channel_open(&p.host, &p.keys, p.answer), SCP_KEY_UNAVAILABLE);
    assert_int_equal(scp_channel_predict(&p.keys, &session, p.setup.aid, &w), SCP_KEY_UNAVAILABLE);
    assert_int_equal(scp_channel_authenticate(&p.host, &w), SCP_STATE);
    pair_fini(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_answer_blocks_external_authenticate),
        cmocka_unit_test(wrong_keys_block_external_authenticate_and_are_wiped),
        cmocka_unit_test(a_challenge_of_another_application_is_a_mismatch),
        cmocka_unit_test(an_answer_to_another_question_is_a_mismatch),
        cmocka_unit_test(key_version_0_lets_the_card_choose),
        cmocka_unit_test(steps_out_of_order_are_refused),
        cmocka_unit_test(params_that_do_not_exist_are_refused),
        cmocka_unit_test(a_flipped_bit_of_external_authenticate_ends_the_attempt),
        cmocka_unit_test(the_card_names_what_is_wrong),
        cmocka_unit_test(a_card_without_fitting_keys_answers_nothing),
        cmocka_unit_test(a_prepared_session_is_the_interactive_one),
        cmocka_unit_test(another_counter_predicts_another_answer),
        cmocka_unit_test(an_error_of_the_key_holder_reaches_the_caller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
