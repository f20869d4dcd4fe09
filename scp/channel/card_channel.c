#include "scp/channel/card_channel.h"

#include "scp/channel/protocol.h"

#include <string.h>

static const struct scp_protocol_ops *ops_of(const struct scp_card_channel *cc)
{
    return scp_protocol_ops_of(cc->ch.params.protocol);
}

/* ---- opening ------------------------------------------------------------------------------ */

static void take_setup(struct scp_card_channel *cc, const struct scp_card_channel_setup *setup,
                       const struct scp_key_set *keys, struct scp_bytes host_challenge)
{
    memset(cc, 0, sizeof *cc);
    cc->keys = *keys;
    cc->ch.params = (struct scp_channel_params){
        .protocol = setup->protocol, .i = setup->i, .kvn = setup->kvn, .quirks = setup->quirks};
    struct scp_session_context *session = &cc->ch.session;
    session->protocol = setup->protocol;
    session->i = setup->i;
    session->kvn = setup->kvn;
    session->counter = setup->counter;
    memcpy(session->diversification_data, setup->diversification_data,
           sizeof session->diversification_data);
    memcpy(session->host_challenge, host_challenge.ptr, host_challenge.len);
    memcpy(session->card_challenge, setup->random_challenge,
           scp_card_challenge_len(setup->protocol, setup->i));
}

static enum scp_error derive(struct scp_card_channel *cc, struct scp_bytes aid)
{
    const struct scp_protocol_ops *ops = ops_of(cc);
    struct scp_channel *ch = &cc->ch;
    if (scp_challenge_predictable(ch->params.protocol, ch->params.i))
        SCP_TRY(ops->predict(&cc->keys, &ch->session, aid, ch->session.card_challenge));
    SCP_TRY(ops->derive(&cc->keys, &ch->session, &ch->keys));
    SCP_TRY(ops->cryptogram(&ch->keys, &ch->session, SCP_SIDE_CARD, ch->card_cryptogram));
    return ops->cryptogram(&ch->keys, &ch->session, SCP_SIDE_HOST, ch->host_cryptogram);
}

enum scp_error scp_card_channel_initialize(struct scp_card_channel *cc,
                                           const struct scp_card_channel_setup *setup,
                                           const struct scp_key_set *keys,
                                           struct scp_bytes host_challenge, struct scp_writer *data)
{
    if (!scp_option_valid(setup->protocol, setup->i))
        return SCP_UNSUPPORTED;
    if (host_challenge.len != scp_authenticator_len(setup->protocol, setup->i))
        return SCP_OUT_OF_RANGE;
    take_setup(cc, setup, keys, host_challenge);
    enum scp_error error = derive(cc, setup->aid);
    if (error == SCP_OK) {
        scp_put_session_answer(data, &cc->ch.session, cc->ch.card_cryptogram);
        error = scp_writer_status(data);
    }
    if (error == SCP_OK)
        cc->ch.state = SCP_CHANNEL_BEGUN;
    else
        scp_card_channel_fini(cc);
    return error;
}

/* The MAC covers a class byte of 84 whatever came, so the rest of it is looked at here. */
static bool is_external_authenticate(const struct scp_apdu *command, size_t data_len)
{
    return scp_cla_is_secured(command->cla) && scp_cla_stripped(command->cla) == 0x80 &&
           command->ins == SCP_INS_EXTERNAL_AUTHENTICATE && command->p2 == 0x00 &&
           command->data.len == data_len;
}

static enum scp_error verify_host(struct scp_card_channel *cc, const struct scp_apdu *command)
{
    struct scp_channel *ch = &cc->ch;
    size_t len = scp_channel_mac_len(ch);
    if (!is_external_authenticate(command, 2 * len))
        return SCP_MALFORMED;
    if (!scp_level_valid(ch->params.protocol, ch->params.i, command->p1))
        return SCP_OUT_OF_RANGE;
    struct scp_bytes cryptogram = scp_bytes_slice(command->data, 0, len);
    if (!scp_equal_constant_time(ch->host_cryptogram, cryptogram.ptr, len))
        return SCP_BAD_CRYPTOGRAM;
    uint8_t mac[SCP_AUTHENTICATOR_MAX];
    SCP_TRY(ops_of(cc)->mac_authenticate(ch, command->p1, cryptogram, mac));
    if (!scp_equal_constant_time(mac, scp_bytes_from(command->data, len).ptr, len))
        return SCP_BAD_MAC;
    ch->params.level = command->p1;
    ops_of(cc)->start(ch, mac);
    return SCP_OK;
}

enum scp_error scp_card_channel_authenticate(struct scp_card_channel *cc, struct scp_bytes command)
{
    if (cc->ch.state != SCP_CHANNEL_BEGUN)
        return SCP_STATE;
    struct scp_apdu parsed;
    enum scp_error error = scp_apdu_parse(command, &parsed);
    if (error == SCP_OK)
        error = verify_host(cc, &parsed);
    if (error == SCP_OK)
        cc->ch.state = SCP_CHANNEL_READY;
    else
        scp_card_channel_fini(cc);
    return error;
}

/* ---- commands and responses --------------------------------------------------------------- */

enum scp_error scp_card_channel_receive(struct scp_card_channel *cc, struct scp_bytes command,
                                        struct scp_apdu *plain, uint8_t buffer[SCP_APDU_DATA_MAX])
{
    struct scp_channel *ch = &cc->ch;
    if (ch->state != SCP_CHANNEL_READY && ch->state != SCP_CHANNEL_PENDING)
        return SCP_STATE;
    struct scp_apdu wrapped;
    SCP_TRY(scp_apdu_parse(command, &wrapped));
    struct scp_writer data = scp_writer_on(buffer, SCP_APDU_DATA_MAX);
    SCP_TRY(ops_of(cc)->open(ch, &wrapped, &data));
    *plain = wrapped;
    if ((ch->params.level & SCP_LEVEL_C_MAC) != 0)
        plain->cla = scp_cla_plain(wrapped.cla);
    plain->data = scp_written(&data);
    ch->state = SCP_CHANNEL_PENDING;
    return SCP_OK;
}

enum scp_error scp_card_channel_respond(struct scp_card_channel *cc, struct scp_bytes data,
                                        uint16_t sw, struct scp_writer *response)
{
    if (cc->ch.state != SCP_CHANNEL_PENDING)
        return SCP_STATE;
    SCP_TRY(ops_of(cc)->protect_response(&cc->ch, data, sw, response));
    cc->ch.state = SCP_CHANNEL_READY;
    return SCP_OK;
}

enum scp_error scp_card_channel_dek_decrypt(const struct scp_card_channel *cc,
                                            struct scp_bytes cipher, uint8_t *out)
{
    if (scp_protocol_ops_of(cc->ch.params.protocol) == NULL)
        return SCP_STATE;
    return ops_of(cc)->dek_decrypt(&cc->keys, &cc->ch.session, cipher, out);
}

uint8_t scp_card_channel_level(const struct scp_card_channel *cc)
{
    return cc->ch.params.level;
}

void scp_card_channel_fini(struct scp_card_channel *cc)
{
    scp_wipe(cc, sizeof *cc);
}
