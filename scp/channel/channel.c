#include "scp/channel/protocol.h"

#include <string.h>

static const struct scp_protocol_ops *ops_of(const struct scp_channel *ch)
{
    return scp_protocol_ops_of(ch->params.protocol);
}

/* ---- opening ------------------------------------------------------------------------------ */

static void put_initialize_update(struct scp_writer *w, uint8_t kvn, struct scp_bytes challenge)
{
    struct scp_apdu command = {0x80, SCP_INS_INITIALIZE_UPDATE, kvn, 0x00, challenge, 0};
    scp_put_apdu(w, &command);
}

enum scp_error scp_channel_begin(struct scp_channel *ch, const struct scp_channel_params *params,
                                 struct scp_bytes host_challenge, struct scp_writer *apdu)
{
    if (!scp_option_valid(params->protocol, params->i))
        return SCP_UNSUPPORTED;
    if (!scp_level_valid(params->protocol, params->i, params->level))
        return SCP_OUT_OF_RANGE;
    if (host_challenge.len != scp_authenticator_len(params->protocol, params->i))
        return SCP_OUT_OF_RANGE;
    put_initialize_update(apdu, params->kvn, host_challenge);
    SCP_TRY(scp_writer_status(apdu));
    memset(ch, 0, sizeof *ch);
    ch->params = *params;
    ch->session.protocol = params->protocol;
    ch->session.i = params->i;
    memcpy(ch->session.host_challenge, host_challenge.ptr, host_challenge.len);
    ch->state = SCP_CHANNEL_BEGUN;
    return SCP_OK;
}

/* Before a key is used: is this the answer to what was asked? */
static bool answers(const struct scp_channel_params *asked, const struct scp_init_update *answer)
{
    if (answer->protocol != asked->protocol)
        return false;
    if (asked->protocol == SCP_PROTOCOL_03 && answer->i != asked->i)
        return false;
    return asked->kvn == 0 || answer->kvn == asked->kvn;
}

static void take_answer(struct scp_session_context *session, const struct scp_init_update *answer)
{
    session->kvn = answer->kvn;
    session->counter = answer->counter;
    memcpy(session->diversification_data, answer->diversification_data,
           sizeof session->diversification_data);
    memcpy(session->card_challenge, answer->challenge, sizeof session->card_challenge);
}

static enum scp_error verify_card(struct scp_channel *ch, const struct scp_keys *keys,
                                  const struct scp_init_update *answer)
{
    const struct scp_protocol_ops *ops = ops_of(ch);
    uint8_t expected[SCP_AUTHENTICATOR_MAX];
    SCP_TRY(keys->derive(keys->ctx, &ch->session, &ch->keys));
    SCP_TRY(ops->cryptogram(&ch->keys, &ch->session, SCP_SIDE_CARD, expected));
    if (!scp_equal_constant_time(expected, answer->cryptogram, answer->cryptogram_len))
        return SCP_BAD_CRYPTOGRAM;
    memcpy(ch->card_cryptogram, expected, answer->cryptogram_len);
    return ops->cryptogram(&ch->keys, &ch->session, SCP_SIDE_HOST, ch->host_cryptogram);
}

enum scp_error scp_channel_open(struct scp_channel *ch, const struct scp_keys *keys,
                                struct scp_bytes response_data)
{
    if (ch->state != SCP_CHANNEL_BEGUN)
        return SCP_STATE;
    struct scp_init_update answer;
    SCP_TRY(scp_init_update_parse(response_data, &answer));
    if (!answers(&ch->params, &answer))
        return SCP_MISMATCH;
    take_answer(&ch->session, &answer);
    enum scp_error error = verify_card(ch, keys, &answer);
    if (error == SCP_OK)
        ch->state = SCP_CHANNEL_VERIFIED;
    else
        scp_wipe(&ch->keys, sizeof ch->keys);
    return error;
}

enum scp_error scp_channel_authenticate(struct scp_channel *ch, struct scp_writer *apdu)
{
    if (ch->state != SCP_CHANNEL_VERIFIED)
        return SCP_STATE;
    const struct scp_protocol_ops *ops = ops_of(ch);
    size_t len = scp_channel_mac_len(ch);
    struct scp_bytes cryptogram = scp_bytes_of(ch->host_cryptogram, len);
    uint8_t mac[SCP_AUTHENTICATOR_MAX];
    SCP_TRY(ops->mac_authenticate(ch, ch->params.level, cryptogram, mac));
    uint8_t buffer[2 * SCP_AUTHENTICATOR_MAX];
    struct scp_writer body = scp_writer_on(buffer, sizeof buffer);
    scp_put(&body, cryptogram);
    scp_put(&body, scp_bytes_of(mac, len));
    struct scp_apdu command = {
        0x84, SCP_INS_EXTERNAL_AUTHENTICATE, ch->params.level, 0x00, scp_written(&body), SCP_NO_LE};
    scp_put_apdu(apdu, &command);
    SCP_TRY(scp_writer_status(apdu));
    ops->start(ch, mac);
    ch->state = SCP_CHANNEL_READY;
    return SCP_OK;
}

/* ---- commands and responses --------------------------------------------------------------- */

static bool is_open(const struct scp_channel *ch)
{
    return ch->state == SCP_CHANNEL_READY || ch->state == SCP_CHANNEL_PENDING;
}

enum scp_error scp_channel_wrap(struct scp_channel *ch, const struct scp_apdu *command,
                                struct scp_writer *apdu)
{
    if (!is_open(ch))
        return SCP_STATE;
    if (scp_channel_protected_len(ch, command->data.len) > SCP_APDU_DATA_MAX)
        return SCP_TOO_LONG;
    SCP_TRY(ops_of(ch)->protect(ch, command, apdu));
    ch->state = SCP_CHANNEL_PENDING;
    return SCP_OK;
}

enum scp_error scp_channel_replay(struct scp_channel *ch, struct scp_bytes wrapped)
{
    if (!is_open(ch))
        return SCP_STATE;
    struct scp_apdu command;
    SCP_TRY(scp_apdu_parse(wrapped, &command));
    uint8_t plain[SCP_APDU_DATA_MAX];
    struct scp_writer w = scp_writer_on(plain, sizeof plain);
    enum scp_error error = ops_of(ch)->open(ch, &command, &w);
    scp_wipe(plain, sizeof plain);
    if (error == SCP_OK)
        ch->state = SCP_CHANNEL_PENDING;
    return error;
}

enum scp_error scp_channel_unwrap(struct scp_channel *ch, struct scp_bytes response,
                                  struct scp_writer *data, uint16_t *sw)
{
    if (ch->state != SCP_CHANNEL_PENDING)
        return SCP_STATE;
    struct scp_response parts;
    SCP_TRY(scp_response_parse(response, &parts));
    *sw = parts.sw;
    SCP_TRY(ops_of(ch)->open_response(ch, &parts, data));
    ch->state = SCP_CHANNEL_READY;
    return SCP_OK;
}

/* ---- with the holder of the static keys --------------------------------------------------- */

enum scp_error scp_channel_predict(const struct scp_keys *keys,
                                   const struct scp_session_context *session, struct scp_bytes aid,
                                   struct scp_writer *data)
{
    if (!scp_challenge_predictable(session->protocol, session->i))
        return SCP_UNSUPPORTED;
    struct scp_session_context predicted = *session;
    struct scp_session_keys derived = {0};
    uint8_t cryptogram[SCP_AUTHENTICATOR_MAX];
    SCP_TRY(keys->predict(keys->ctx, session, aid, predicted.card_challenge));
    enum scp_error error = keys->derive(keys->ctx, &predicted, &derived);
    if (error == SCP_OK)
        error = scp_protocol_ops_of(session->protocol)
                    ->cryptogram(&derived, &predicted, SCP_SIDE_CARD, cryptogram);
    scp_wipe(&derived, sizeof derived);
    SCP_TRY(error);
    scp_put_session_answer(data, &predicted, cryptogram);
    return scp_writer_status(data);
}

enum scp_error scp_channel_dek_encrypt(const struct scp_channel *ch, const struct scp_keys *keys,
                                       struct scp_bytes plain, uint8_t *out)
{
    if (ch->state < SCP_CHANNEL_VERIFIED)
        return SCP_STATE;
    return keys->dek_encrypt(keys->ctx, &ch->session, plain, out);
}

void scp_channel_fini(struct scp_channel *ch)
{
    scp_wipe(ch, sizeof *ch);
}
