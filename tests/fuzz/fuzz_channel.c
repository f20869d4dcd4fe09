/* Both ends of an open channel take what an attacker on the line sends.
 *
 * Input: one byte that picks the session, one that picks what is pending, then records of a length
 * byte and that many bytes. Each record is a response to the host and an APDU to the card, which
 * joins segments. */
#include "scp/channel/card_channel.h"
#include "scp/gp/chaining.h"
#include "tests/fuzz/fuzz.h"

static const struct session {
    enum scp_protocol protocol;
    uint8_t i;
    uint8_t level;
} sessions[] = {
    {SCP_PROTOCOL_02, 0x55, 0x01}, {SCP_PROTOCOL_02, 0x75, 0x13}, {SCP_PROTOCOL_02, 0x75, 0x03},
    {SCP_PROTOCOL_02, 0x65, 0x00}, {SCP_PROTOCOL_02, 0x3A, 0x01}, {SCP_PROTOCOL_03, 0x70, 0x01},
    {SCP_PROTOCOL_03, 0x70, 0x33}, {SCP_PROTOCOL_03, 0x71, 0x03}, {SCP_PROTOCOL_03, 0x10, 0x00},
};

struct ends {
    struct scp_channel host;
    struct scp_card_channel card;
    struct scp_chain chain;
    uint8_t joined[SCP_WRAPPED_MAX];
};

static void require_ok(enum scp_error error)
{
    fuzz_require(error == SCP_OK);
}

static void open_explicit(struct ends *e, const struct scp_channel_params *params,
                          const struct scp_card_channel_setup *setup, const struct scp_key_set *set)
{
    static const uint8_t challenge[16] = {7, 7, 7};
    const struct scp_keys keys = scp_keys_of_set(set);
    struct scp_bytes host =
        scp_bytes_of(challenge, scp_host_challenge_len(params->protocol, params->i));
    uint8_t answer[SCP_INIT_UPDATE_RESPONSE_MAX];
    uint8_t apdu[2 * SCP_APDU_MAX];
    struct scp_writer a = scp_writer_on(answer, sizeof answer);
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    require_ok(scp_channel_begin(&e->host, params, host, &w));
    require_ok(scp_card_channel_initialize(&e->card, setup, set, host, &a));
    require_ok(scp_channel_open(&e->host, &keys, scp_written(&a)));
    w = scp_writer_on(apdu, sizeof apdu);
    require_ok(scp_channel_authenticate(&e->host, &w));
    require_ok(scp_card_channel_authenticate(&e->card, scp_written(&w)));
}

static void open_ends(struct ends *e, const struct session *s)
{
    static const struct scp_aid isd = {{0xA0, 0x00, 0x00, 0x01, 0x51}, 5};
    static const struct scp_key_set set = {
        .enc = {{0x40}, 16}, .mac = {{0x41}, 16}, .dek = {{0x42}, 16}};
    const struct scp_keys keys = scp_keys_of_set(&set);
    const struct scp_channel_params params = {
        .protocol = s->protocol, .i = s->i, .kvn = 0x30, .level = s->level, .aid = isd};
    const struct scp_card_channel_setup setup = {
        .protocol = s->protocol, .i = s->i, .kvn = 0x30, .counter = 5, .aid = scp_aid_bytes(&isd)};
    const struct scp_known_card known = {.kvn = 0x30, .counter = 5};
    scp_chain_begin(&e->chain, e->joined, sizeof e->joined);
    if (!scp_option_implicit(s->protocol, s->i)) {
        open_explicit(e, &params, &setup, &set);
        return;
    }
    require_ok(scp_channel_open_implicit(&e->host, &params, &keys, &known));
    require_ok(scp_card_channel_listen(&e->card, &setup, &set));
}

/* Make a response due: to a command, or to BEGIN or END R-MAC SESSION where they are allowed. */
static void ask(struct scp_channel *host, uint8_t which)
{
    uint8_t apdu[SCP_APDU_MAX];
    struct scp_writer w = scp_writer_on(apdu, sizeof apdu);
    const struct scp_apdu command = {0x80, 0xF2, 0x40, 0x02, SCP_LITERAL(0x4F, 0x00), 0};
    enum scp_error error = SCP_STATE;
    if (which % 4 == 1)
        error = scp_channel_begin_r_mac(host, SCP_LEVEL_R_MAC, SCP_EMPTY, &w);
    if (which % 4 == 2)
        error = scp_channel_begin_r_mac(host, SCP_LEVEL_NONE, SCP_EMPTY, &w);
    if (which % 4 == 3)
        error = scp_channel_end_r_mac(host, true, &w);
    if (error != SCP_OK)
        require_ok(scp_channel_wrap(host, &command, &w));
}

static void to_host(struct scp_channel *host, struct scp_bytes response, uint8_t which)
{
    uint8_t data[SCP_COLLECTED_MAX];
    struct scp_writer w = scp_writer_on(data, sizeof data);
    uint16_t sw = 0;
    ask(host, which);
    enum scp_error error = scp_channel_unwrap(host, response, &w, &sw);
    fuzz_require(error == SCP_OK || w.len == 0);
    fuzz_require(w.len <= response.len);
    (void)fuzz_touch(scp_bytes_of(data, w.len));
}

static void to_card(struct ends *e, struct scp_bytes bytes)
{
    static uint8_t opened[SCP_OPENED_MAX];
    static uint8_t answer[SCP_COLLECTED_MAX];
    struct scp_writer w = scp_writer_on(opened, sizeof opened);
    struct scp_writer a = scp_writer_on(answer, sizeof answer);
    uint8_t mac[16];
    struct scp_writer m = scp_writer_on(mac, sizeof mac);
    struct scp_apdu apdu;
    struct scp_apdu whole;
    struct scp_apdu plain;
    if (scp_apdu_parse(bytes, &apdu) != SCP_OK ||
        scp_chain_take(&e->chain, &apdu, &whole) != SCP_OK)
        return;
    uint8_t level = scp_card_channel_level(&e->card);
    uint32_t counter = scp_card_channel_counter(&e->card);
    if (scp_card_channel_receive_long(&e->card, &whole, &plain, &w) != SCP_OK) {
        fuzz_require(scp_card_channel_level(&e->card) == level);
        fuzz_require(scp_card_channel_counter(&e->card) == counter);
        return;
    }
    (void)fuzz_touch(plain.data);
    bool ends = scp_card_channel_end_r_mac(&e->card, &m) == SCP_OK;
    bool begins = scp_card_channel_begin_r_mac(&e->card) == SCP_OK;
    fuzz_require(!(ends && begins));
    require_ok(scp_card_channel_respond(&e->card, ends ? scp_written(&m) : plain.data,
                                        begins || ends ? 0x9000 : 0x6283, &a));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ends e;
    struct scp_reader r = scp_reader_on(scp_bytes_of(data, size));
    uint8_t session = scp_get_u8(&r);
    uint8_t which = scp_get_u8(&r);
    open_ends(&e, &sessions[session % (sizeof sessions / sizeof sessions[0])]);
    while (scp_reader_left(&r) > 0) {
        struct scp_bytes record = scp_get_lv(&r);
        if (scp_reader_status(&r) != SCP_OK)
            break;
        to_host(&e.host, record, which);
        to_card(&e, record);
        which = (uint8_t)(which >> 2 | which << 6);
    }
    scp_channel_fini(&e.host);
    scp_card_channel_fini(&e.card);
    return 0;
}
