/* Commands longer than a short APDU, and responses that come in parts. */
#include "scp/crypto/cipher.h"
#include "scp/gp/chaining.h"
#include "scp/gp/commands.h"
#include "tests/unit/scp/channel/pair.h"

#include <string.h>

static uint8_t payload[SCP_COMMAND_MAX];

struct sent {
    uint8_t bytes[SCP_WRAPPED_SEGMENTS_MAX][SCP_APDU_MAX];
    struct scp_bytes segments[SCP_WRAPPED_SEGMENTS_MAX];
    size_t count;
};

static struct scp_apdu install(size_t len)
{
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)(i * 7 + 3);
    return (struct scp_apdu){0x80, SCP_INS_INSTALL, 0x0C, 0x00, scp_bytes_of(payload, len), 0};
}

/* What the host sends for the command. */
static void cut(struct pair *p, const struct scp_apdu *command, struct sent *sent)
{
    static uint8_t buffer[SCP_WRAPPED_MAX];
    struct scp_apdu whole;
    struct scp_apdu segment;
    sent->count = 0;
    assert_int_equal(scp_channel_wrap_long(&p->host, command, buffer, &whole), SCP_OK);
    while (scp_segment(&whole, SCP_APDU_DATA_MAX, sent->count, &segment) == SCP_OK) {
        assert_true(sent->count < SCP_WRAPPED_SEGMENTS_MAX);
        struct scp_writer w = scp_writer_on(sent->bytes[sent->count], SCP_APDU_MAX);
        scp_put_apdu(&w, &segment);
        sent->segments[sent->count++] = scp_written(&w);
    }
}

/* Join segments as a card or a verifying host does. */
static struct scp_apdu join(const struct sent *sent)
{
    static uint8_t joined[SCP_WRAPPED_MAX];
    struct scp_chain chain;
    struct scp_apdu whole;
    scp_chain_begin(&chain, joined, sizeof joined);
    for (size_t n = 0; n < sent->count; n++) {
        struct scp_apdu part;
        assert_int_equal(scp_apdu_parse(sent->segments[n], &part), SCP_OK);
        assert_int_equal(scp_chain_take(&chain, &part, &whole),
                         n + 1 < sent->count ? SCP_NOT_FOUND : SCP_OK);
    }
    return whole;
}

static enum scp_error receive(struct pair *p, const struct sent *sent, struct scp_apdu *plain)
{
    static uint8_t opened[SCP_OPENED_MAX];
    struct scp_writer w = scp_writer_on(opened, sizeof opened);
    struct scp_apdu whole = join(sent);
    return scp_card_channel_receive_long(&p->card, &whole, plain, &w);
}

static struct scp_bytes respond(struct pair *p, size_t len)
{
    static uint8_t response[SCP_COLLECTED_MAX];
    struct scp_writer w = scp_writer_on(response, sizeof response);
    assert_int_equal(scp_card_channel_respond(&p->card, scp_bytes_of(payload, len), 0x9000, &w),
                     SCP_OK);
    return scp_written(&w);
}

static void unwrap(struct scp_channel *host, struct scp_bytes response, size_t len)
{
    static uint8_t back[SCP_COLLECTED_MAX];
    struct scp_writer w = scp_writer_on(back, sizeof back);
    uint16_t sw;
    assert_int_equal(scp_channel_unwrap(host, response, &w, &sw), SCP_OK);
    assert_int_equal(sw, 0x9000);
    assert_true(scp_bytes_equal(scp_written(&w), scp_bytes_of(payload, len)));
}

/* ---- round trips -------------------------------------------------------------------------- */

static const size_t lengths[] = {0,   1,   223, 224, 239, 240, 247, 248,  254, 255,
                                 256, 257, 300, 510, 511, 767, 999, 2040, 2048};
enum { LENGTHS = sizeof lengths / sizeof lengths[0] };

static void run_round_trip(struct pair *p)
{
    for (size_t n = 0; n < LENGTHS; n++) {
        struct scp_apdu command = install(lengths[n]);
        struct scp_apdu plain;
        struct sent sent;
        cut(p, &command, &sent);
        assert_int_equal(receive(p, &sent, &plain), SCP_OK);
        assert_same_command(&plain, &command);
        unwrap(&p->host, respond(p, 2 * n), 2 * n);
    }
}

static void commands_of_every_length_come_back(void **state)
{
    (void)state;
    for_each_session(run_round_trip);
}

/* One that fits is the same as from scp_channel_wrap. */
static void run_short(struct pair *p)
{
    struct scp_apdu command = install(scp_channel_room(&p->host));
    struct scp_channel other = p->host;
    uint8_t apdu[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    struct sent sent;
    cut(p, &command, &sent);
    assert_int_equal(scp_channel_wrap(&other, &command, &w), SCP_OK);
    assert_int_equal(sent.count, 1);
    assert_true(scp_bytes_equal(sent.segments[0], scp_written(&w)));
    command = install(command.data.len + 1);
    cut(p, &command, &sent);
    assert_int_equal(sent.count, 2);
    assert_int_equal(sent.bytes[0][2], 0x8C);
    assert_int_equal(sent.bytes[1][2], 0x0C);
    scp_channel_fini(&other);
}

static void a_command_that_fits_is_one_segment(void **state)
{
    (void)state;
    for_each_session(run_short);
}

static void run_saved_between(struct pair *p)
{
    uint8_t stored[SCP_CHANNEL_SAVED_MAX];
    struct scp_channel verifier;
    struct scp_writer w = scp_writer_on(stored, sizeof stored);
    scp_channel_save(&p->host, &w);
    assert_int_equal(scp_channel_restore(&verifier, scp_written(&w)), SCP_OK);
    for (size_t n = 8; n < LENGTHS; n += 2) {
        struct scp_apdu command = install(lengths[n]);
        struct scp_apdu plain;
        struct sent sent;
        cut(p, &command, &sent);
        assert_int_equal(receive(p, &sent, &plain), SCP_OK);
        struct scp_bytes response = respond(p, 100 * n);
        struct scp_apdu whole = join(&sent);
        assert_int_equal(scp_channel_replay_long(&verifier, &whole), SCP_OK);
        w = scp_writer_on(stored, sizeof stored);
        scp_channel_save(&verifier, &w);
        assert_int_equal(scp_channel_restore(&verifier, scp_written(&w)), SCP_OK);
        unwrap(&verifier, response, 100 * n);
    }
    scp_channel_fini(&verifier);
}

static void long_commands_are_verified_afterwards(void **state)
{
    (void)state;
    for_each_session(run_saved_between);
}

/* ---- flipped bits ------------------------------------------------------------------------- */

static void run_flipped(struct pair *p)
{
    if ((p->level & SCP_LEVEL_C_MAC) == 0)
        return;
    struct scp_apdu command = install(300);
    struct scp_apdu plain;
    struct sent sent;
    cut(p, &command, &sent);
    for (size_t s = 0; s < sent.count; s++) {
        size_t end = sent.segments[s].len - 1; /* Le is not covered */
        for (size_t at = 5; at < end; at++) {
            uint8_t bit = (uint8_t)(1u << at % 8);
            sent.bytes[s][at] ^= bit;
            assert_int_not_equal(receive(p, &sent, &plain), SCP_OK);
            sent.bytes[s][at] ^= bit;
        }
    }
    for (size_t at = 1; at < 4; at++) { /* the same header in every segment */
        for (size_t s = 0; s < sent.count; s++)
            sent.bytes[s][at] ^= at == 1 ? 0x02 : 0x01;
        assert_int_not_equal(receive(p, &sent, &plain), SCP_OK);
        for (size_t s = 0; s < sent.count; s++)
            sent.bytes[s][at] ^= at == 1 ? 0x02 : 0x01;
    }
    assert_int_equal(receive(p, &sent, &plain), SCP_OK);
}

static void a_flipped_bit_of_any_segment_is_refused(void **state)
{
    (void)state;
    for_each_session(run_flipped);
}

/* ---- the bytes ---------------------------------------------------------------------------- */

/* GPCS 11.1.5.1: the MAC is over the uncut command, with the last P1 and Lc in three bytes. */
static void the_mac_covers_the_command_before_it_is_cut(void **state)
{
    (void)state;
    enum { LEN = 600 };
    struct pair p;
    struct sent sent;
    uint8_t input[7 + LEN];
    uint8_t mac[16];
    struct scp_apdu command = install(LEN);
    struct scp_writer w = scp_writer_on(input, sizeof input);
    scp_put(&w, SCP_LITERAL(0x84, 0xE6, 0x0C, 0x00, 0x00, 0x02, 0x60)); /* 608 */
    scp_put(&w, command.data);
    for (int protocol = SCP_PROTOCOL_02; protocol <= SCP_PROTOCOL_03; protocol++) {
        uint8_t i = protocol == SCP_PROTOCOL_02 ? 0x05 : 0x00;
        pair_open(&p, &(struct option){(enum scp_protocol)protocol, i, 16, 0}, 0x01);
        const struct scp_bytes parts[] = {SCP_BYTES(p.host.chaining), SCP_BYTES(input)};
        if (protocol == SCP_PROTOCOL_02)
            assert_int_equal(
                scp_mac_des_retail(&p.host.keys.mac, p.host.chaining, SCP_BYTES(input), mac),
                SCP_OK);
        else
            assert_int_equal(scp_cmac(&p.host.keys.mac, parts, 2, mac), SCP_OK);
        cut(&p, &command, &sent);
        assert_int_equal(sent.count, 3);
        assert_int_equal(sent.segments[0].len, 5 + 255 + 1);
        assert_memory_equal(&sent.bytes[0][5], payload, 255);
        assert_memory_equal(&sent.bytes[1][5], &payload[255], 255);
        assert_memory_equal(&sent.bytes[2][5], &payload[510], 90);
        assert_memory_equal(&sent.bytes[2][5 + 90], mac, 8);
        pair_fini(&p);
    }
}

/* ---- what cannot be cut ------------------------------------------------------------------- */

static void run_refused(struct pair *p)
{
    static uint8_t buffer[SCP_WRAPPED_MAX];
    struct scp_apdu whole;
    struct scp_apdu command = install(2048);
    command.data.len = SCP_COMMAND_MAX + 1;
    assert_int_equal(scp_channel_wrap_long(&p->host, &command, buffer, &whole), SCP_TOO_LONG);
    command = install(300);
    command.ins = SCP_INS_STORE_DATA;
    assert_int_equal(scp_channel_wrap_long(&p->host, &command, buffer, &whole), SCP_TOO_LONG);
    command = install(300);
    command.p1 |= 0x80;
    assert_int_equal(scp_channel_wrap_long(&p->host, &command, buffer, &whole), SCP_OUT_OF_RANGE);
    struct scp_apdu plain;
    struct sent sent;
    command = install(300);
    cut(p, &command, &sent);
    assert_int_equal(receive(p, &sent, &plain), SCP_OK); /* nothing moved */
}

static void what_does_not_chain_is_refused(void **state)
{
    (void)state;
    for_each_session(run_refused);
}

/* ---- responses in parts ------------------------------------------------------------------- */

static void run_get_response(struct pair *p)
{
    static uint8_t whole[SCP_COLLECTED_MAX];
    uint8_t apdu[SCP_APDU_MAX];
    uint8_t data[SCP_APDU_DATA_MAX];
    struct scp_apdu plain;
    struct scp_apdu command = sample(p, 3);
    struct scp_writer w = scp_writer_on(whole, sizeof whole);
    assert_int_equal(scp_card_channel_receive(&p->card, wrap(p, &command, apdu), &plain, data),
                     SCP_OK);
    struct scp_bytes response = respond(p, SCP_LONG_RESPONSE_MAX);
    struct scp_bytes body = scp_bytes_slice(response, 0, response.len - 2);
    bool more = true;
    for (size_t at = 0; more; at += 256) {
        uint8_t part[SCP_RESPONSE_MAX];
        struct scp_writer pw = scp_writer_on(part, sizeof part);
        scp_put(&pw, scp_bytes_slice(body, at, 256));
        scp_put_u16(&pw, at + 256 < body.len ? 0x6100 : 0x9000);
        assert_int_equal(scp_response_collect(&w, scp_written(&pw), &more), SCP_OK);
    }
    unwrap(&p->host, scp_written(&w), SCP_LONG_RESPONSE_MAX);
}

static void a_response_in_parts_is_collected_and_comes_back(void **state)
{
    (void)state;
    for_each_session(run_get_response);
}

static void a_response_without_end_is_refused(void **state)
{
    (void)state;
    static uint8_t whole[SCP_COLLECTED_MAX];
    uint8_t part[SCP_RESPONSE_MAX] = {[256] = 0x61};
    struct scp_writer w = scp_writer_on(whole, sizeof whole);
    bool more = true;
    enum scp_error error = SCP_OK;
    size_t count = 0;
    for (; error == SCP_OK && count < 100; count++)
        error = scp_response_collect(&w, SCP_BYTES(part), &more);
    assert_int_equal(error, SCP_TOO_LONG);
    w = scp_writer_on(whole, sizeof whole);
    assert_int_equal(scp_response_collect(&w, SCP_LITERAL(0x90), &more), SCP_TRUNCATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_of_every_length_come_back),
        cmocka_unit_test(a_command_that_fits_is_one_segment),
        cmocka_unit_test(long_commands_are_verified_afterwards),
        cmocka_unit_test(a_flipped_bit_of_any_segment_is_refused),
        cmocka_unit_test(the_mac_covers_the_command_before_it_is_cut),
        cmocka_unit_test(what_does_not_chain_is_refused),
        cmocka_unit_test(a_response_in_parts_is_collected_and_comes_back),
        cmocka_unit_test(a_response_without_end_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
