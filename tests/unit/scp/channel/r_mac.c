/* R-MAC sessions: BEGIN and END R-MAC SESSION at both ends. */
#include "scp/crypto/kdf.h"
#include "scp/gp/commands.h"
#include "tests/unit/scp/channel/pair.h"

#include <string.h>

enum { BOTH = SCP_LEVEL_R_MAC | SCP_LEVEL_R_ENC };

/* ---- a card that knows the two commands --------------------------------------------------- */

static uint16_t status_of(enum scp_error error)
{
    return error == SCP_OK             ? 0x9000
           : error == SCP_STATE        ? 0x6985
           : error == SCP_OUT_OF_RANGE ? 0x6A86
           : error == SCP_MALFORMED    ? 0x6A80
                                       : 0x6D00;
}

/* Dispatch as card_channel.h says; any other command is answered with its own data. */
static void card(struct pair *p, struct scp_bytes command, struct scp_writer *response)
{
    uint8_t buffer[SCP_APDU_DATA_MAX];
    uint8_t data[16];
    struct scp_writer w = scp_writer_on(data, sizeof data);
    struct scp_apdu plain;
    enum scp_error error = SCP_OK;
    assert_int_equal(scp_card_channel_receive(&p->card, command, &plain, buffer), SCP_OK);
    struct scp_bytes answer = plain.data;
    if (plain.ins == SCP_INS_BEGIN_R_MAC || plain.ins == SCP_INS_END_R_MAC) {
        error = plain.ins == SCP_INS_BEGIN_R_MAC ? scp_card_channel_begin_r_mac(&p->card)
                                                 : scp_card_channel_end_r_mac(&p->card, &w);
        answer = scp_written(&w);
    }
    uint16_t sw = plain.ins == SCP_INS_GET_DATA ? 0x6A88 : status_of(error);
    assert_int_equal(scp_card_channel_respond(&p->card, answer, sw, response), SCP_OK);
}

static struct scp_bytes ask(struct pair *p, struct scp_bytes command)
{
    static uint8_t response[SCP_RESPONSE_MAX];
    struct scp_writer w = scp_writer_on(response, sizeof response);
    card(p, command, &w);
    return scp_written(&w);
}

static enum scp_error read_answer(struct scp_channel *host, struct scp_bytes response, uint16_t *sw)
{
    uint8_t back[SCP_RESPONSE_MAX];
    struct scp_writer w = scp_writer_on(back, sizeof back);
    return scp_channel_unwrap(host, response, &w, sw);
}

static void begin(struct pair *p, uint8_t level)
{
    uint8_t apdu[SCP_APDU_MAX];
    uint16_t sw = 0;
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    assert_int_equal(scp_channel_begin_r_mac(&p->host, level, SCP_LITERAL(0xCA, 0xFE), &w), SCP_OK);
    assert_int_equal(read_answer(&p->host, ask(p, scp_written(&w)), &sw), SCP_OK);
    assert_int_equal(sw, 0x9000);
    assert_int_equal(scp_channel_level(&p->host), p->level | level);
    assert_int_equal(scp_card_channel_level(&p->card), p->level | level);
}

static void end(struct pair *p, bool last)
{
    uint8_t apdu[SCP_APDU_MAX];
    uint8_t level = scp_channel_level(&p->host);
    uint16_t sw = 0;
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    assert_int_equal(scp_channel_end_r_mac(&p->host, last, &w), SCP_OK);
    assert_int_equal(read_answer(&p->host, ask(p, scp_written(&w)), &sw), SCP_OK);
    assert_int_equal(sw, 0x9000);
    assert_int_equal(scp_channel_level(&p->host), last ? p->level : level);
    assert_int_equal(scp_card_channel_level(&p->card), last ? p->level : level);
}

static void exchange(struct pair *p, size_t n)
{
    uint8_t apdu[SCP_APDU_MAX];
    uint8_t data[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    struct scp_apdu command = {0x80,
                               n % 3 == 2 ? SCP_INS_GET_DATA : SCP_INS_GET_STATUS,
                               0x40,
                               (uint8_t)n,
                               scp_bytes_of(data, n % sizeof data),
                               0};
    uint16_t sw = 0;
    assert_int_equal(read_answer(&p->host, ask(p, wrap(p, &command, apdu)), &sw), SCP_OK);
    assert_int_equal(sw, n % 3 == 2 ? 0x6A88 : 0x9000);
}

/* Every session in which an R-MAC session of this level may begin. */
static uint8_t asked_level;
static void (*asked_run)(struct pair *p);

static bool may_begin(const struct pair *p)
{
    struct scp_channel probe = p->host;
    uint8_t apdu[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    bool may = scp_channel_begin_r_mac(&probe, asked_level, SCP_EMPTY, &w) == SCP_OK;
    scp_channel_fini(&probe);
    return may;
}

static void run_where_allowed(struct pair *p)
{
    if (may_begin(p))
        asked_run(p);
}

static void for_each_r_mac_session(void (*run)(struct pair *p))
{
    static const uint8_t levels[] = {SCP_LEVEL_NONE, SCP_LEVEL_R_MAC, BOTH};
    for (size_t n = 0; n < sizeof levels; n++) {
        asked_level = levels[n];
        asked_run = run;
        for_each_session(run_where_allowed);
    }
}

/* ---- where one may begin ------------------------------------------------------------------ */

/* The card's rules are the host's: what a host of ours would not send is made by hand. */
static enum scp_error card_on(struct pair *p, const struct scp_apdu *command)
{
    uint8_t apdu[SCP_APDU_MAX];
    uint8_t buffer[SCP_APDU_DATA_MAX];
    struct scp_apdu plain;
    struct scp_channel sender = p->host;
    sender.params.i |= 0x60; /* a host that breaks every rule */
    sender.now.r_mac_session = SCP_R_MAC_NONE;
    sender.now.level &= 0x0F;
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    if (scp_channel_wrap(&sender, command, &w) != SCP_OK)
        return SCP_CRYPTO;
    assert_int_equal(scp_card_channel_receive(&p->card, scp_written(&w), &plain, buffer), SCP_OK);
    scp_channel_fini(&sender);
    return scp_card_channel_begin_r_mac(&p->card);
}

static void it_begins_where_the_text_allows_it(void **state)
{
    (void)state;
    const struct {
        struct option option;
        uint8_t level;
        uint8_t asked;
        enum scp_error error;
    } cases[] = {
        {{SCP_PROTOCOL_02, 0x15, 16, 0}, 0x01, 0x10, SCP_UNSUPPORTED},
        {{SCP_PROTOCOL_02, 0x35, 16, 0}, 0x00, 0x10, SCP_OK},
        {{SCP_PROTOCOL_02, 0x35, 16, 0}, 0x00, 0x00, SCP_OK},
        {{SCP_PROTOCOL_02, 0x35, 16, 0}, 0x03, 0x10, SCP_OK},
        {{SCP_PROTOCOL_02, 0x35, 16, 0}, 0x03, 0x30, SCP_OUT_OF_RANGE},
        {{SCP_PROTOCOL_02, 0x35, 16, 0}, 0x13, 0x10, SCP_STATE},
        {{SCP_PROTOCOL_02, 0x3A, 16, 0}, 0x01, 0x10, SCP_OK},
        {{SCP_PROTOCOL_03, 0x10, 16, 0}, 0x01, 0x10, SCP_UNSUPPORTED},
        {{SCP_PROTOCOL_03, 0x60, 16, 0}, 0x00, 0x10, SCP_STATE}, /* no C-MAC */
        {{SCP_PROTOCOL_03, 0x60, 16, 0}, 0x01, 0x10, SCP_OK},
        {{SCP_PROTOCOL_03, 0x60, 16, 0}, 0x01, 0x00, SCP_OUT_OF_RANGE},
        {{SCP_PROTOCOL_03, 0x60, 16, 0}, 0x01, 0x30, SCP_STATE}, /* no C-ENC */
        {{SCP_PROTOCOL_03, 0x60, 16, 0}, 0x03, 0x30, SCP_OK},
        {{SCP_PROTOCOL_03, 0x20, 16, 0}, 0x03, 0x30, SCP_UNSUPPORTED},
        {{SCP_PROTOCOL_03, 0x60, 16, 0}, 0x11, 0x10, SCP_STATE}, /* R-MAC already */
        {{SCP_PROTOCOL_03, 0x60, 16, 0}, 0x13, 0x30, SCP_OK},
        {{SCP_PROTOCOL_03, 0x60, 16, 0}, 0x33, 0x30, SCP_STATE}, /* R-ENC already */
        {{SCP_PROTOCOL_03, 0x60, 16, 0}, 0x33, 0x10, SCP_STATE},
    };
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        struct pair p;
        uint8_t apdu[SCP_APDU_MAX];
        struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
        const struct scp_apdu command = {0x80, SCP_INS_BEGIN_R_MAC, cases[n].asked,
                                         0x01, SCP_LITERAL(0x00),   SCP_NO_LE};
        pair_open(&p, &cases[n].option, cases[n].level);
        enum scp_error of_card = card_on(&p, &command);
        if (of_card != SCP_CRYPTO) /* such a host may still have to refuse */
            assert_int_equal(of_card, cases[n].error);
        assert_int_equal(scp_channel_begin_r_mac(&p.host, cases[n].asked, SCP_EMPTY, &w),
                         cases[n].error);
        assert_int_equal(w.len == 0, cases[n].error != SCP_OK);
        pair_fini(&p);
    }
}

static void run_refused_by_card(struct pair *p)
{
    const struct {
        struct scp_apdu command;
        enum scp_error error;
    } cases[] = {
        {{0x80, 0x7A, 0x10, 0x02, SCP_EMPTY, SCP_NO_LE}, SCP_OUT_OF_RANGE},
        {{0x80, 0x7A, 0x10, 0x01, SCP_LITERAL(2, 0xAA), SCP_NO_LE}, SCP_MALFORMED},
        {{0x80, 0xF2, 0x10, 0x01, SCP_EMPTY, SCP_NO_LE}, SCP_STATE},
    };
    for (size_t n = 0; n < 3; n++) {
        uint8_t apdu[SCP_APDU_MAX];
        uint8_t buffer[SCP_APDU_DATA_MAX];
        struct scp_apdu plain;
        struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
        struct scp_card_channel card = p->card;
        if (scp_channel_level(&p->host) != 0)
            return; /* a host of ours sends none of them */
        scp_put_apdu(&w, &cases[n].command);
        assert_int_equal(scp_card_channel_receive(&card, scp_written(&w), &plain, buffer), SCP_OK);
        assert_int_equal(scp_card_channel_begin_r_mac(&card), cases[n].error);
    }
}

static void wrong_parameters_are_named(void **state)
{
    (void)state;
    for_each_r_mac_session(run_refused_by_card);
}

static void run_order(struct pair *p)
{
    uint8_t apdu[SCP_APDU_MAX];
    uint8_t challenge[SCP_R_MAC_CHALLENGE_MAX + 1] = {0};
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    assert_int_equal(scp_channel_end_r_mac(&p->host, true, &w), SCP_STATE);
    assert_int_equal(scp_channel_begin_r_mac(&p->host, asked_level, SCP_BYTES(challenge), &w),
                     SCP_TOO_LONG);
    begin(p, asked_level);
    assert_int_equal(scp_channel_begin_r_mac(&p->host, asked_level, SCP_EMPTY, &w), SCP_STATE);
    exchange(p, 1);
    if (p->option.protocol == SCP_PROTOCOL_03)
        assert_int_equal(scp_channel_end_r_mac(&p->host, false, &w), SCP_OUT_OF_RANGE);
    end(p, true);
    assert_int_equal(scp_channel_end_r_mac(&p->host, true, &w), SCP_STATE);
    assert_int_equal(w.len, 0);
}

static void begin_and_end_come_in_turn(void **state)
{
    (void)state;
    for_each_r_mac_session(run_order);
}

/* ---- going through one -------------------------------------------------------------------- */

static void run_sessions(struct pair *p)
{
    for (size_t round = 0; round < 3; round++) {
        exchange(p, 1);
        begin(p, asked_level);
        for (size_t n = 0; n < 7; n++)
            exchange(p, n + round);
        if (p->option.protocol == SCP_PROTOCOL_02) {
            end(p, false);
            exchange(p, 4);
            end(p, false);
        }
        exchange(p, 3);
        end(p, true);
    }
}

static void sessions_follow_each_other(void **state)
{
    (void)state;
    for_each_r_mac_session(run_sessions);
}

/* The same exchanges, stored and restored before each; verification afterwards included. */
static void pass_on(struct scp_channel *ch)
{
    uint8_t stored[SCP_CHANNEL_SAVED_MAX];
    struct scp_writer w = scp_writer_on(stored, sizeof stored);
    scp_channel_save(ch, &w);
    scp_channel_fini(ch);
    assert_int_equal(scp_channel_restore(ch, scp_written(&w)), SCP_OK);
}

static void run_stored(struct pair *p)
{
    uint8_t apdus[6][SCP_APDU_MAX];
    struct scp_bytes commands[6];
    struct scp_channel verifier = p->host;
    struct scp_apdu status = {0x80, SCP_INS_GET_STATUS, 0x40, 2, SCP_LITERAL(0x4F, 0x00), 0};
    for (size_t n = 0; n < 6; n++) { /* all commands are made before any is answered */
        struct scp_writer w = scp_writer_on(apdus[n], sizeof apdus[n]);
        enum scp_error error =
            n == 1   ? scp_channel_begin_r_mac(&p->host, asked_level, SCP_LITERAL(9, 9), &w)
            : n == 4 ? scp_channel_end_r_mac(&p->host, true, &w)
                     : scp_channel_wrap(&p->host, &status, &w);
        assert_int_equal(error, SCP_OK);
        commands[n] = scp_written(&w);
        pass_on(&p->host);
    }
    for (size_t n = 0; n < 6; n++) {
        uint16_t sw = 0;
        struct scp_bytes response = ask(p, commands[n]);
        pass_on(&verifier);
        assert_int_equal(scp_channel_replay(&verifier, commands[n]), SCP_OK);
        pass_on(&verifier);
        assert_int_equal(read_answer(&verifier, response, &sw), SCP_OK);
        assert_int_equal(sw, 0x9000);
    }
    assert_int_equal(scp_channel_level(&verifier), p->level);
    scp_channel_fini(&verifier);
}

static void one_made_ahead_is_verified_afterwards(void **state)
{
    (void)state;
    for_each_r_mac_session(run_stored);
}

/* ---- flipped bits ------------------------------------------------------------------------- */

/* In the session, every bit of a response counts: at once, or when END returns the R-MAC. */
static void run_flipped(struct pair *p)
{
    uint8_t apdu[SCP_APDU_MAX];
    uint8_t response[SCP_RESPONSE_MAX];
    struct scp_writer r = scp_writer_on(response, sizeof response);
    struct scp_apdu command = {0x80, SCP_INS_GET_STATUS, 0x40, 2, SCP_LITERAL(1, 2, 3), 0};
    begin(p, asked_level);
    card(p, wrap(p, &command, apdu), &r);
    for (size_t bit = 0; bit < 8 * r.len; bit++) {
        struct scp_channel host = p->host;
        uint8_t ending[SCP_APDU_MAX];
        uint16_t sw = 0;
        struct scp_writer w = scp_writer_on(ending, sizeof ending);
        response[bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum scp_error error = read_answer(&host, scp_written(&r), &sw);
        response[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (asked_level == SCP_LEVEL_NONE && error == SCP_OK) {
            struct scp_card_channel other = p->card;
            assert_int_equal(scp_channel_end_r_mac(&host, true, &w), SCP_OK);
            error = read_answer(&host, ask(p, scp_written(&w)), &sw);
            p->card = other;
        }
        assert_true(error == SCP_BAD_MAC || error == SCP_BAD_PADDING);
        scp_channel_fini(&host);
    }
}

static void a_flipped_bit_is_refused_at_once_or_at_the_end(void **state)
{
    (void)state;
    for_each_r_mac_session(run_flipped);
}

static void run_flipped_end(struct pair *p)
{
    uint8_t apdu[SCP_APDU_MAX];
    uint8_t response[SCP_RESPONSE_MAX];
    struct scp_writer r = scp_writer_on(response, sizeof response);
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    uint16_t sw = 0;
    begin(p, asked_level);
    assert_int_equal(scp_channel_end_r_mac(&p->host, true, &w), SCP_OK);
    card(p, scp_written(&w), &r);
    for (size_t bit = 0; bit < 8 * (r.len - 2); bit++) {
        struct scp_channel host = p->host;
        response[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(read_answer(&host, scp_written(&r), &sw), SCP_BAD_MAC);
        response[bit / 8] ^= (uint8_t)(1u << bit % 8);
        scp_channel_fini(&host);
    }
    assert_int_equal(read_answer(&p->host, SCP_LITERAL(0x90, 0x00), &sw), SCP_TRUNCATED);
    assert_int_equal(read_answer(&p->host, scp_written(&r), &sw), SCP_OK);
}

static void a_flipped_bit_of_the_last_r_mac_is_refused(void **state)
{
    (void)state;
    for_each_r_mac_session(run_flipped_end);
}

/* A card that refuses BEGIN leaves the channel as it was. */
static void run_refused(struct pair *p)
{
    uint8_t apdu[SCP_APDU_MAX];
    uint8_t buffer[SCP_APDU_DATA_MAX];
    uint8_t response[SCP_RESPONSE_MAX];
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    struct scp_writer r = scp_writer_on(response, sizeof response);
    struct scp_apdu plain;
    uint16_t sw = 0;
    assert_int_equal(scp_channel_begin_r_mac(&p->host, asked_level, SCP_EMPTY, &w), SCP_OK);
    assert_int_equal(scp_card_channel_receive(&p->card, scp_written(&w), &plain, buffer), SCP_OK);
    assert_int_equal(scp_card_channel_respond(&p->card, SCP_EMPTY, 0x6D00, &r), SCP_OK);
    assert_int_equal(read_answer(&p->host, scp_written(&r), &sw), SCP_OK);
    assert_int_equal(sw, 0x6D00);
    assert_int_equal(scp_channel_level(&p->host), p->level);
    exchange(p, 1);
    begin(p, asked_level);
    exchange(p, 1);
    end(p, true);
}

static void a_refused_begin_changes_nothing(void **state)
{
    (void)state;
    for_each_r_mac_session(run_refused);
}

/* ---- the bytes ---------------------------------------------------------------------------- */

/* GPCS E.3.2, E.4.1, E.4.5, E.5.3 by hand: the key of the next counter, from the MAC of EXTERNAL
 * AUTHENTICATE, over BEGIN with its challenge and over one command without a MAC in its answer. */
static void scp02_returns_the_r_mac_of_the_text(void **state)
{
    (void)state;
    const uint8_t first[] = {0x80, 0x7A, 0x00, 0x01, 3, 2, 0xCA, 0xFE, 0x00, 0x90, 0x00};
    const uint8_t second[] = {0x80, 0xF2, 0x40, 0x01, 1, 1, 1, 1, 0x90, 0x00};
    struct pair p;
    struct scp_key key;
    uint8_t mac[8];
    uint8_t apdu[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    pair_open(&p, &(struct option){SCP_PROTOCOL_02, 0x35, 16, 0}, 0x01);
    assert_int_equal(scp02_derive(&p.set.mac, SCP02_R_MAC, (uint16_t)(p.setup.counter + 1), &key),
                     SCP_OK);
    assert_int_equal(scp_mac_des_retail(&key, p.host.chaining, SCP_BYTES(first), mac), SCP_OK);
    assert_int_equal(scp_mac_des_retail(&key, mac, SCP_BYTES(second), mac), SCP_OK);
    begin(&p, SCP_LEVEL_NONE);
    exchange(&p, 1);
    assert_int_equal(scp_channel_end_r_mac(&p.host, true, &w), SCP_OK);
    struct scp_bytes response = ask(&p, scp_written(&w));
    assert_int_equal(response.len, 10);
    assert_memory_equal(response.ptr, mac, 8);
    pair_fini(&p);
}

/* Amendment D 7.1.3, 7.1.4: BEGIN is answered bare at level 01, END with an R-MAC over its own
 * chaining value. */
static void scp03_returns_the_r_mac_of_the_text(void **state)
{
    (void)state;
    struct pair p;
    uint8_t mac[16];
    uint8_t apdu[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    pair_open(&p, &(struct option){SCP_PROTOCOL_03, 0x20, 16, 0}, 0x01);
    assert_int_equal(scp_channel_begin_r_mac(&p.host, SCP_LEVEL_R_MAC, SCP_EMPTY, &w), SCP_OK);
    struct scp_bytes response = ask(&p, scp_written(&w));
    assert_int_equal(response.len, 2);
    uint16_t sw;
    assert_int_equal(read_answer(&p.host, response, &sw), SCP_OK);
    w = scp_writer_on(apdu, sizeof apdu);
    assert_int_equal(scp_channel_end_r_mac(&p.host, true, &w), SCP_OK);
    const struct scp_bytes parts[] = {SCP_BYTES(p.host.chaining), SCP_LITERAL(0x90, 0x00)};
    assert_int_equal(scp_cmac(&p.host.keys.rmac, parts, 2, mac), SCP_OK);
    response = ask(&p, scp_written(&w));
    assert_int_equal(response.len, 10);
    assert_memory_equal(response.ptr, mac, 8);
    pair_fini(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_where_the_text_allows_it),
        cmocka_unit_test(wrong_parameters_are_named),
        cmocka_unit_test(begin_and_end_come_in_turn),
        cmocka_unit_test(sessions_follow_each_other),
        cmocka_unit_test(one_made_ahead_is_verified_afterwards),
        cmocka_unit_test(a_flipped_bit_is_refused_at_once_or_at_the_end),
        cmocka_unit_test(a_flipped_bit_of_the_last_r_mac_is_refused),
        cmocka_unit_test(a_refused_begin_changes_nothing),
        cmocka_unit_test(scp02_returns_the_r_mac_of_the_text),
        cmocka_unit_test(scp03_returns_the_r_mac_of_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
