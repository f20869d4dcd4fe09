/* Version 1 of a stored channel, which is read and no longer written:
 *
 *     "RSCH" ‖ version(1) = 1 ‖ state(1) ‖ protocol(1) ‖ i(1) ‖ kvn asked for(1) ‖ level(1)
 *     ‖ quirks(1) ‖ kvn(1) ‖ diversification data(10) ‖ host challenge(16) ‖ card challenge(16)
 *     ‖ counter(4) ‖ LV S-ENC ‖ LV S-MAC ‖ LV S-RMAC
 *     ‖ C-MAC chaining(16) ‖ R-MAC chaining(16) ‖ card cryptogram(16) ‖ host cryptogram(16)
 *     ‖ encryption counter(4) ‖ length(2) and bytes of the command that an R-MAC will cover
 *
 * It knew neither implicit initiation nor R-MAC sessions, so such a channel begins none. */
#include "scp/channel/saved.h"

#include <string.h>

enum { CRYPTOGRAM = 16 };

static void get_params(struct scp_reader *r, struct scp_channel *ch)
{
    ch->state = scp_get_u8(r);
    ch->params.protocol = (enum scp_protocol)scp_get_u8(r);
    ch->params.i = scp_get_u8(r);
    ch->params.kvn = scp_get_u8(r);
    ch->params.level = scp_get_u8(r);
    ch->params.quirks = scp_get_u8(r);
    ch->now.level = ch->params.level;
    scp_saved_check(r, ch);
    if (scp_option_implicit(ch->params.protocol, ch->params.i))
        scp_reader_fail(r, SCP_MALFORMED);
}

static void get_session(struct scp_reader *r, struct scp_channel *ch)
{
    struct scp_session_context *session = &ch->session;
    session->protocol = ch->params.protocol;
    session->i = ch->params.i;
    session->kvn = scp_get_u8(r);
    scp_get_into(r, session->diversification_data, sizeof session->diversification_data);
    scp_get_into(r, session->host_challenge, sizeof session->host_challenge);
    scp_get_into(r, session->card_challenge, sizeof session->card_challenge);
    session->counter = scp_get_u32(r);
}

/* There are no keys before the card's answer; after it they have a key's length. */
static void get_keys(struct scp_reader *r, struct scp_channel *ch)
{
    bool may_lack = ch->state < SCP_CHANNEL_VERIFIED;
    scp_saved_key(r, may_lack, &ch->keys.enc);
    scp_saved_key(r, may_lack, &ch->keys.mac);
    scp_saved_key(r, may_lack, &ch->keys.rmac);
}

static void get_chains(struct scp_reader *r, struct scp_channel *ch)
{
    uint8_t r_chaining[16];
    scp_get_into(r, ch->chaining, sizeof ch->chaining);
    scp_get_into(r, r_chaining, sizeof r_chaining);
    memcpy(ch->r_chaining, r_chaining, sizeof ch->r_chaining);
    (void)scp_get(r, CRYPTOGRAM);
    scp_get_into(r, ch->host_cryptogram, sizeof ch->host_cryptogram);
    ch->commands = scp_get_u32(r);
}

/* The R-MAC takes up now what it was to cover then. */
static enum scp_error cover(struct scp_channel *ch, struct scp_bytes command)
{
    struct scp_apdu plain;
    if (command.len == 0 || !scp_r_mac_runs(ch))
        return SCP_OK;
    struct scp_reader r = scp_reader_on(command);
    plain.cla = scp_get_u8(&r);
    plain.ins = scp_get_u8(&r);
    plain.p1 = scp_get_u8(&r);
    plain.p2 = scp_get_u8(&r);
    plain.data = scp_get_lv(&r);
    if (scp_reader_end(&r) != SCP_OK)
        return SCP_MALFORMED;
    return scp02_ops.cover(ch, &plain, SCP_KIND_ORDINARY);
}

enum scp_error scp_saved_v1(struct scp_channel *ch, struct scp_reader *r)
{
    get_params(r, ch);
    get_session(r, ch);
    get_keys(r, ch);
    get_chains(r, ch);
    size_t len = scp_get_u16(r);
    struct scp_bytes command = scp_get(r, len);
    SCP_TRY(scp_reader_end(r));
    return ch->params.protocol == SCP_PROTOCOL_02 ? cover(ch, command) : SCP_OK;
}
