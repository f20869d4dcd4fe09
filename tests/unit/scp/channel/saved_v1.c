/* Channels that version 1 wrote; they must be read for ever. */
#include "scp/channel/protocol.h" /* the states */
#include "tests/unit/scp/channel/pair.h"

static const struct sample_v1 {
    struct option option;
    uint8_t level;
    const char *hex;
} samples[] = {
    /* SCP02, its response due */
    {{SCP_PROTOCOL_02, 0x75, 16, 0},
     0x13,
     "525343480104027530130030000102030405060708090526476889AACBEC0000000000000000EE960F79"
     "6A63000000000000000000000000012310B6B3A818F9CD1C5C11F2146E74755521109F9E7E6B62D2B320"
     "A76386930C7A547910DCAE68F5F9ED87B2313A08E8E1CCDAD936A5D8F07563D67400000000000000003D"
     "026FAEFCAB6FE60000000000000000A03ACEF8A37333AA0000000000000000A775D847D4A7E586000000"
     "000000000000000000000C80E4048007010E1B2835424F"},
    /* SCP03 S16 with AES-256, its response due */
    {{SCP_PROTOCOL_03, 0x71, 32, 0},
     0x33,
     "525343480104037130330030000102030405060708090526476889AACBEC0D2E4F7091B2D3F4FF49D322"
     "70B4250BFF7D9A16C9606E3A0000012320406FDB7E9908D85B42563ED07D6122B9962A4E19F3C4E03A33"
     "08B538EB52907B20F60EA3BD0D0860881256292A8CCE172D672C98A77AE8A18F43189E63FDB71DC7205B"
     "8AD68AE827F4685BCBFF88C7415989B2542105EDF0881990CD20B1AC9CA9AEEC5842E5382A68DB474129"
     "0D3F1FCF17000000000000000000000000000000002774E73AF8DFB71E73E0272586EA5465A02E48456B"
     "DF6FB5EC24973A7601DD3E000000010000"},
    /* SCP03, the card verified */
    {{SCP_PROTOCOL_03, 0x70, 16, 0},
     0x33,
     "525343480102037030330030000102030405060708090526476889AACBEC00000000000000003240CCB7"
     "9AD768DB00000000000000000000012310C6417270835DC0330995C2CA096942D9103385D1F5D95C0EAA"
     "DE52CEA66E95AC1510DD21A5D9B9DD290F9ED71E9F025B23B20000000000000000000000000000000000"
     "0000000000000000000000000000004C1C3D03EFCFF37200000000000000002BF8B30399264B6B000000"
     "0000000000000000000000"},
    /* SCP03, begun */
    {{SCP_PROTOCOL_03, 0x70, 16, 0},
     0x33,
     "525343480101037030330000000000000000000000000526476889AACBEC000000000000000000000000"
     "000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "0000000000"},
};
enum { SAMPLES = sizeof samples / sizeof samples[0], COMMAND = 4 };

static void restore(struct scp_channel *ch, const struct sample_v1 *sample)
{
    uint8_t buffer[512];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    assert_int_equal(scp_hex_decode(sample->hex, &w), SCP_OK);
    assert_int_equal(scp_channel_restore(ch, scp_written(&w)), SCP_OK);
}

/* It opens with the same bytes as a channel of today. */
static void go_on_opening(struct scp_channel *ch, struct pair *p)
{
    uint8_t apdus[2][SCP_APDU_MAX];
    struct scp_writer one = scp_writer_on(apdus[0], sizeof apdus[0]);
    struct scp_writer other = scp_writer_on(apdus[1], sizeof apdus[1]);
    pair_begin(p);
    if (ch->state == SCP_CHANNEL_BEGUN)
        assert_int_equal(scp_channel_open(ch, &p->keys, p->answer), SCP_OK);
    assert_int_equal(scp_channel_open(&p->host, &p->keys, p->answer), SCP_OK);
    assert_int_equal(scp_channel_authenticate(ch, &one), SCP_OK);
    assert_int_equal(scp_channel_authenticate(&p->host, &other), SCP_OK);
    assert_true(scp_bytes_equal(scp_written(&one), scp_written(&other)));
}

/* It takes the response that is due, and goes on with the same bytes. */
static void go_on_pending(struct scp_channel *ch, struct pair *p)
{
    uint8_t apdus[2][SCP_APDU_MAX];
    uint8_t data[SCP_APDU_DATA_MAX];
    uint8_t response[SCP_RESPONSE_MAX];
    uint8_t back[SCP_RESPONSE_MAX];
    struct scp_writer r = scp_writer_on(response, sizeof response);
    struct scp_writer b = scp_writer_on(back, sizeof back);
    struct scp_writer w = scp_writer_on(apdus[1], sizeof apdus[1]);
    struct scp_apdu plain;
    uint16_t sw;
    pair_connect(p);
    struct scp_apdu command = sample(p, COMMAND);
    assert_int_equal(scp_card_channel_receive(&p->card, wrap(p, &command, apdus[0]), &plain, data),
                     SCP_OK);
    assert_int_equal(scp_card_channel_respond(&p->card, SCP_LITERAL(1, 2, 3), 0x9000, &r), SCP_OK);
    response[0] ^= 1;
    assert_int_equal(scp_channel_unwrap(ch, scp_written(&r), &b, &sw), SCP_BAD_MAC);
    response[0] ^= 1;
    assert_int_equal(scp_channel_unwrap(ch, scp_written(&r), &b, &sw), SCP_OK);
    assert_true(scp_bytes_equal(scp_written(&b), SCP_LITERAL(1, 2, 3)));
    assert_int_equal(scp_channel_wrap(ch, &command, &w), SCP_OK);
    assert_true(scp_bytes_equal(scp_written(&w), wrap(p, &command, apdus[0])));
}

static void channels_of_version_1_go_on(void **state)
{
    (void)state;
    for (size_t n = 0; n < SAMPLES; n++) {
        struct pair p;
        struct scp_channel ch;
        pair_init(&p, &samples[n].option, samples[n].level);
        restore(&ch, &samples[n]);
        if (ch.state == SCP_CHANNEL_PENDING)
            go_on_pending(&ch, &p);
        else
            go_on_opening(&ch, &p);
        scp_channel_fini(&ch);
        pair_fini(&p);
    }
}

/* What is stored again is of today's version. */
static void channels_of_version_1_are_stored_as_of_version_2(void **state)
{
    (void)state;
    for (size_t n = 0; n < SAMPLES; n++) {
        uint8_t stored[SCP_CHANNEL_SAVED_MAX];
        struct scp_writer w = scp_writer_on(stored, sizeof stored);
        struct scp_channel ch;
        struct scp_channel again;
        restore(&ch, &samples[n]);
        scp_channel_save(&ch, &w);
        assert_int_equal(stored[4], 2);
        assert_int_equal(scp_channel_restore(&again, scp_written(&w)), SCP_OK);
        scp_channel_fini(&ch);
        scp_channel_fini(&again);
    }
}

static void cut_channels_of_version_1_are_refused(void **state)
{
    (void)state;
    for (size_t n = 0; n < SAMPLES; n++) {
        uint8_t buffer[512];
        struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
        struct scp_channel ch;
        assert_int_equal(scp_hex_decode(samples[n].hex, &w), SCP_OK);
        for (size_t len = 0; len < w.len; len++)
            assert_int_not_equal(scp_channel_restore(&ch, scp_bytes_slice(scp_written(&w), 0, len)),
                                 SCP_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channels_of_version_1_go_on),
        cmocka_unit_test(channels_of_version_1_are_stored_as_of_version_2),
        cmocka_unit_test(cut_channels_of_version_1_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
