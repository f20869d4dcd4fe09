/* SCP02 with implicit initiation: the first command with a MAC opens the session. */
#include "scp/crypto/kdf.h"
#include "tests/unit/scp/channel/pair.h"

#include <string.h>

static const uint8_t zero[8];

static void for_each_implicit(void (*run)(struct pair *p))
{
    for (unsigned i = 0; i <= 0x7F; i++) {
        const struct option option = {SCP_PROTOCOL_02, (uint8_t)i, 16, 0};
        struct pair p;
        if (!is_implicit(&option))
            continue;
        pair_open(&p, &option, SCP_LEVEL_C_MAC);
        run(&p);
        pair_fini(&p);
    }
}

static enum scp_error receive(struct pair *p, struct scp_bytes command, struct scp_apdu *plain)
{
    static uint8_t data[SCP_APDU_DATA_MAX];
    return scp_card_channel_receive(&p->card, command, plain, data);
}

static void respond(struct pair *p, struct scp_bytes data)
{
    uint8_t response[SCP_RESPONSE_MAX];
    uint8_t back[SCP_RESPONSE_MAX];
    struct scp_writer w = scp_writer_on(response, sizeof response);
    struct scp_writer b = scp_writer_on(back, sizeof back);
    uint16_t sw;
    assert_int_equal(scp_card_channel_respond(&p->card, data, 0x9000, &w), SCP_OK);
    assert_int_equal(scp_channel_unwrap(&p->host, scp_written(&w), &b, &sw), SCP_OK);
    assert_true(scp_bytes_equal(scp_written(&b), data));
}

/* ---- the bytes ---------------------------------------------------------------------------- */

/* The first two MACs, from GPCS E.3.3, E.3.4 and E.4.4 by hand. */
static void run_first_macs(struct pair *p)
{
    bool unmodified = (p->option.i & 0x02) != 0;
    const struct scp_key *base = (p->option.i & 0x01) != 0 ? &p->set.mac : &p->set.enc;
    const uint8_t cla = unmodified ? 0x80 : 0x84;
    const uint8_t covered[] = {cla, 0xF0, 0x80, 0x07, unmodified ? 2 : 10, 0xAB, 0xCD};
    const struct scp_apdu command = {0x80, 0xF0, 0x80, 0x07, SCP_LITERAL(0xAB, 0xCD), SCP_NO_LE};
    struct scp_key key;
    uint8_t icv[8] = {0};
    uint8_t mac[8];
    uint8_t apdu[SCP_APDU_MAX];
    assert_int_equal(scp02_derive(base, SCP02_C_MAC, (uint16_t)p->setup.counter, &key), SCP_OK);
    if ((p->option.i & 0x08) != 0)
        assert_int_equal(scp_mac_des_retail(&key, zero, p->setup.aid, icv), SCP_OK);
    for (size_t n = 0; n < 2; n++) {
        struct scp_bytes wrapped = wrap(p, &command, apdu);
        if (n > 0 && (p->option.i & 0x10) != 0)
            assert_int_equal(scp_des_encrypt_block(key.bytes, mac, icv), SCP_OK);
        assert_int_equal(scp_mac_des_retail(&key, icv, SCP_BYTES(covered), mac), SCP_OK);
        assert_int_equal(wrapped.len, 4 + 1 + 2 + 8);
        assert_int_equal(wrapped.ptr[0], 0x84);
        assert_int_equal(wrapped.ptr[4], 10);
        assert_memory_equal(&wrapped.ptr[7], mac, sizeof mac);
        memcpy(icv, mac, sizeof icv);
    }
}

static void the_first_macs_are_those_of_the_text(void **state)
{
    (void)state;
    for_each_implicit(run_first_macs);
}

static void run_dek(struct pair *p)
{
    const struct scp_key *base = (p->option.i & 0x01) != 0 ? &p->set.dek : &p->set.enc;
    const uint8_t plain[16] = {1, 2, 3};
    struct scp_key key;
    uint8_t cipher[16];
    uint8_t expected[16];
    assert_int_equal(scp02_derive(base, SCP02_DEK, (uint16_t)(p->setup.counter + 1), &key), SCP_OK);
    assert_int_equal(scp_des3_cbc_encrypt(&key, zero, SCP_BYTES(plain), expected), SCP_OK);
    assert_int_equal(scp_channel_dek_encrypt(&p->host, &p->keys, SCP_BYTES(plain), cipher), SCP_OK);
    assert_memory_equal(cipher, expected, sizeof expected);
}

static void sensitive_data_go_under_the_next_counter_and_chained(void **state)
{
    (void)state;
    for_each_implicit(run_dek);
}

/* ---- the card ----------------------------------------------------------------------------- */

static void run_counting(struct pair *p)
{
    uint8_t apdu[SCP_APDU_MAX];
    struct scp_apdu plain;
    struct scp_apdu command = sample(p, 5);
    struct scp_bytes wrapped = wrap(p, &command, apdu);
    assert_int_equal(scp_card_channel_level(&p->card), 0);
    apdu[6] ^= 1;
    assert_int_equal(receive(p, wrapped, &plain), SCP_BAD_MAC);
    assert_int_equal(scp_card_channel_counter(&p->card), p->setup.counter);
    assert_int_equal(scp_card_channel_level(&p->card), 0);
    apdu[6] ^= 1;
    for (size_t n = 0; n < 3; n++) {
        assert_int_equal(receive(p, wrapped, &plain), SCP_OK);
        assert_int_equal(scp_card_channel_counter(&p->card), p->setup.counter + 1);
        assert_int_equal(scp_card_channel_level(&p->card), SCP_LEVEL_C_MAC);
        respond(p, SCP_LITERAL(1, 2));
        wrapped = wrap(p, &command, apdu);
    }
}

static void the_counter_counts_a_first_mac_that_is_right(void **state)
{
    (void)state;
    for_each_implicit(run_counting);
}

/* GPCS E.1.6: it passes, the session takes no more MACs, and the next one opens another. */
static void run_plain_between(struct pair *p)
{
    uint8_t apdu[SCP_APDU_MAX];
    struct scp_apdu plain;
    struct scp_apdu command = sample(p, 4);
    const uint8_t get_data[] = {0x80, 0xCA, 0x00, 0x66, 0x00};
    assert_int_equal(receive(p, SCP_BYTES(get_data), &plain), SCP_OK);
    assert_int_equal(scp_card_channel_level(&p->card), 0);
    assert_int_equal(receive(p, wrap(p, &command, apdu), &plain), SCP_OK);
    assert_int_equal(receive(p, SCP_BYTES(get_data), &plain), SCP_OK);
    assert_int_equal(plain.cla, 0x80);
    assert_int_equal(scp_card_channel_level(&p->card), 0);
    assert_int_equal(receive(p, wrap(p, &command, apdu), &plain), SCP_BAD_MAC);

    struct scp_channel_params params = pair_params(p);
    struct scp_known_card known = pair_known(p);
    known.counter++;
    assert_int_equal(scp_channel_open_implicit(&p->host, &params, &p->keys, &known), SCP_OK);
    assert_int_equal(receive(p, wrap(p, &command, apdu), &plain), SCP_OK);
    assert_int_equal(scp_card_channel_counter(&p->card), p->setup.counter + 2);
    assert_same_command(&plain, &command);
}

static void a_command_without_mac_passes_and_ends_the_macs(void **state)
{
    (void)state;
    for_each_implicit(run_plain_between);
}

static void run_other_application(struct pair *p)
{
    uint8_t apdu[SCP_APDU_MAX];
    struct scp_apdu plain;
    struct scp_apdu command = sample(p, 4);
    struct scp_channel_params params = pair_params(p);
    struct scp_known_card known = pair_known(p);
    params.aid.bytes[7] ^= 1;
    assert_int_equal(scp_channel_open_implicit(&p->host, &params, &p->keys, &known), SCP_OK);
    bool of_aid = (p->option.i & 0x08) != 0;
    assert_int_equal(receive(p, wrap(p, &command, apdu), &plain), of_aid ? SCP_BAD_MAC : SCP_OK);
}

static void a_session_belongs_to_its_application_where_the_icv_does(void **state)
{
    (void)state;
    for_each_implicit(run_other_application);
}

/* An R-MAC session outlives the command without MAC (GPCS E.1.6: the indicator remains). */
static void an_r_mac_session_goes_on_across_sessions(void **state)
{
    (void)state;
    const struct option option = {SCP_PROTOCOL_02, 0x3B, 16, 0};
    struct pair p;
    uint8_t apdu[SCP_APDU_MAX];
    uint8_t response[SCP_RESPONSE_MAX];
    uint8_t again[SCP_RESPONSE_MAX];
    struct scp_apdu plain;
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    struct scp_writer r = scp_writer_on(response, sizeof response);
    pair_open(&p, &option, SCP_LEVEL_C_MAC);
    assert_int_equal(scp_channel_begin_r_mac(&p.host, SCP_LEVEL_R_MAC, SCP_LITERAL(0x55, 0x66), &w),
                     SCP_OK);
    assert_int_equal(receive(&p, scp_written(&w), &plain), SCP_OK);
    assert_int_equal(scp_card_channel_begin_r_mac(&p.card), SCP_OK);
    respond(&p, SCP_EMPTY);
    assert_int_equal(scp_card_channel_level(&p.card), SCP_LEVEL_C_MAC | SCP_LEVEL_R_MAC);

    const uint8_t get_data[] = {0x80, 0xCA, 0x00, 0x66, 0x00};
    assert_int_equal(receive(&p, SCP_BYTES(get_data), &plain), SCP_OK);
    assert_int_equal(scp_card_channel_respond(&p.card, SCP_LITERAL(7), 0x9000, &r), SCP_OK);
    assert_int_equal(r.len, 1 + 8 + 2);
    assert_int_equal(scp_card_channel_level(&p.card), SCP_LEVEL_R_MAC);

    struct scp_channel_params params = pair_params(&p);
    struct scp_known_card known = pair_known(&p);
    struct scp_apdu command = sample(&p, 4);
    known.counter++;
    assert_int_equal(scp_channel_open_implicit(&p.host, &params, &p.keys, &known), SCP_OK);
    assert_int_equal(receive(&p, wrap(&p, &command, apdu), &plain), SCP_OK);
    r = scp_writer_on(again, sizeof again);
    assert_int_equal(scp_card_channel_respond(&p.card, SCP_LITERAL(7), 0x9000, &r), SCP_OK);
    assert_int_equal(r.len, 1 + 8 + 2);
    assert_memory_not_equal(again, response, r.len);
    pair_fini(&p);
}

static void what_is_not_implicit_is_refused(void **state)
{
    (void)state;
    struct pair p;
    pair_init(&p, &(struct option){SCP_PROTOCOL_02, 0x15, 16, 0}, 0x01);
    struct scp_channel_params params = pair_params(&p);
    struct scp_known_card known = pair_known(&p);
    assert_int_equal(scp_channel_open_implicit(&p.host, &params, &p.keys, &known), SCP_UNSUPPORTED);
    assert_int_equal(scp_card_channel_listen(&p.card, &p.setup, &p.set), SCP_UNSUPPORTED);
    params.i = 0x1A;
    params.level = 0x03;
    assert_int_equal(scp_channel_open_implicit(&p.host, &params, &p.keys, &known),
                     SCP_OUT_OF_RANGE);
    params.level = 0x01;
    params.aid.len = 0;
    assert_int_equal(scp_channel_open_implicit(&p.host, &params, &p.keys, &known),
                     SCP_OUT_OF_RANGE);
    p.setup.i = 0x1A;
    p.setup.aid = SCP_EMPTY;
    assert_int_equal(scp_card_channel_listen(&p.card, &p.setup, &p.set), SCP_OUT_OF_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_macs_are_those_of_the_text),
        cmocka_unit_test(sensitive_data_go_under_the_next_counter_and_chained),
        cmocka_unit_test(the_counter_counts_a_first_mac_that_is_right),
        cmocka_unit_test(a_command_without_mac_passes_and_ends_the_macs),
        cmocka_unit_test(a_session_belongs_to_its_application_where_the_icv_does),
        cmocka_unit_test(an_r_mac_session_goes_on_across_sessions),
        cmocka_unit_test(what_is_not_implicit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
