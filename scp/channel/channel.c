/* The host's end: opening a session. */
#include "scp/channel/protocol.h"
#include "scp/crypto/hash.h"

#include <string.h>

static const struct scp_protocol_ops *ops_of(const struct scp_channel *ch)
{
    return scp_protocol_ops_of(ch->params.protocol);
}

void scp_channel_set_params(struct scp_channel *ch, const struct scp_channel_params *params)
{
    memset(ch, 0, sizeof *ch);
    ch->params = *params;
    ch->now.level = params->level;
    ch->session.protocol = params->protocol;
    ch->session.i = params->i;
}

/* ---- INITIALIZE UPDATE -------------------------------------------------------------------- */

static void put_initialize_update(struct scp_writer *w, uint8_t kvn, struct scp_bytes challenge)
{
    const struct scp_apdu command = {SCP_CLA_GP, SCP_INS_INITIALIZE_UPDATE, kvn, 0x00, challenge,
                                     0};
    scp_put_apdu(w, &command);
}

enum scp_error scp_channel_begin(struct scp_channel *ch, const struct scp_channel_params *params,
                                 struct scp_bytes host_challenge, struct scp_writer *apdu)
{
    if (!scp_option_valid(params->protocol, params->i) ||
        scp_option_implicit(params->protocol, params->i))
        return SCP_UNSUPPORTED;
    if (!scp_level_valid(params->protocol, params->i, params->level))
        return SCP_OUT_OF_RANGE;
    if (host_challenge.len != scp_authenticator_len(params->protocol, params->i))
        return SCP_OUT_OF_RANGE;
    put_initialize_update(apdu, params->kvn, host_challenge);
    SCP_TRY(scp_writer_status(apdu));
    scp_channel_set_params(ch, params);
    memcpy(ch->session.host_challenge, host_challenge.ptr, host_challenge.len);
    ch->state = SCP_CHANNEL_BEGUN;
    return SCP_OK;
}

/* ---- its answer --------------------------------------------------------------------------- */

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

/* A card that says its challenge is pseudo-random must have made it from these keys, this counter
 * and this application. */
static enum scp_error verify_challenge(const struct scp_channel *ch, const struct scp_keys *keys)
{
    if (ch->params.aid.len == 0 || !scp_challenge_predictable(ch->params.protocol, ch->params.i))
        return SCP_OK;
    uint8_t expected[16];
    size_t len = scp_card_challenge_len(ch->params.protocol, ch->params.i);
    SCP_TRY(keys->predict(keys->ctx, &ch->session, scp_aid_bytes(&ch->params.aid), expected));
    return scp_equal_constant_time(expected, ch->session.card_challenge, len) ? SCP_OK
                                                                              : SCP_MISMATCH;
}

/* Derive the session, with both cryptograms. */
static enum scp_error derive(struct scp_channel *ch, const struct scp_keys *keys,
                             uint8_t card_cryptogram[SCP_AUTHENTICATOR_MAX])
{
    ch->schedules.ready = 0;
    SCP_TRY(keys->derive(keys->ctx, &ch->session, &ch->keys));
    SCP_TRY(ops_of(ch)->cryptogram(ch, SCP_SIDE_CARD, card_cryptogram));
    return ops_of(ch)->cryptogram(ch, SCP_SIDE_HOST, ch->host_cryptogram);
}

static enum scp_error verify_card(struct scp_channel *ch, const struct scp_keys *keys,
                                  const struct scp_init_update *answer)
{
    uint8_t expected[SCP_AUTHENTICATOR_MAX];
    SCP_TRY(derive(ch, keys, expected));
    if (!scp_equal_constant_time(expected, answer->cryptogram, answer->cryptogram_len))
        return SCP_BAD_CRYPTOGRAM;
    return verify_challenge(ch, keys);
}

/* The session is opened, or nothing is left of its keys. */
static enum scp_error opened(struct scp_channel *ch, enum scp_error error)
{
    if (error == SCP_OK) {
        ch->state = SCP_CHANNEL_VERIFIED;
        return SCP_OK;
    }
    scp_wipe(&ch->keys, sizeof ch->keys);
    scp_wipe(&ch->schedules, sizeof ch->schedules);
    scp_wipe(ch->host_cryptogram, sizeof ch->host_cryptogram);
    return error;
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
    return opened(ch, verify_card(ch, keys, &answer));
}

/* ---- without the answer ------------------------------------------------------------------- */

static enum scp_error guard_of(const struct scp_channel *ch,
                               const uint8_t card_cryptogram[SCP_AUTHENTICATOR_MAX],
                               uint8_t guard[SCP_GUARD_SIZE])
{
    uint8_t answer[SCP_INIT_UPDATE_RESPONSE_MAX];
    struct scp_writer w = scp_writer_on(answer, sizeof answer);
    scp_put_session_answer(&w, &ch->session, card_cryptogram);
    SCP_TRY(scp_writer_status(&w));
    return scp_sha256(scp_written(&w), guard);
}

static enum scp_error foresee(struct scp_channel *ch, const struct scp_keys *keys,
                              uint8_t guard[SCP_GUARD_SIZE])
{
    uint8_t cryptogram[SCP_AUTHENTICATOR_MAX];
    SCP_TRY(keys->predict(keys->ctx, &ch->session, scp_aid_bytes(&ch->params.aid),
                          ch->session.card_challenge));
    SCP_TRY(derive(ch, keys, cryptogram));
    return guard_of(ch, cryptogram, guard);
}

static void take_known(struct scp_channel *ch, const struct scp_known_card *card)
{
    ch->session.kvn = card->kvn;
    ch->session.counter = card->counter;
    memcpy(ch->session.diversification_data, card->diversification_data,
           sizeof ch->session.diversification_data);
}

enum scp_error scp_channel_prepare(struct scp_channel *ch, const struct scp_keys *keys,
                                   const struct scp_known_card *card, uint8_t guard[SCP_GUARD_SIZE])
{
    if (ch->state != SCP_CHANNEL_BEGUN)
        return SCP_STATE;
    if (!scp_challenge_predictable(ch->params.protocol, ch->params.i))
        return SCP_UNSUPPORTED;
    if (ch->params.aid.len == 0)
        return SCP_OUT_OF_RANGE;
    if (ch->params.kvn != 0 && ch->params.kvn != card->kvn)
        return SCP_MISMATCH;
    take_known(ch, card);
    return opened(ch, foresee(ch, keys, guard));
}

enum scp_error scp_channel_predict(const struct scp_keys *keys,
                                   const struct scp_session_context *session, struct scp_bytes aid,
                                   struct scp_writer *data)
{
    if (!scp_challenge_predictable(session->protocol, session->i))
        return SCP_UNSUPPORTED;
    const struct scp_channel_params params = {.protocol = session->protocol, .i = session->i};
    struct scp_channel ch;
    uint8_t cryptogram[SCP_AUTHENTICATOR_MAX];
    scp_channel_set_params(&ch, &params);
    ch.session = *session;
    enum scp_error error = keys->predict(keys->ctx, session, aid, ch.session.card_challenge);
    if (error == SCP_OK)
        error = derive(&ch, keys, cryptogram);
    if (error == SCP_OK) {
        scp_put_session_answer(data, &ch.session, cryptogram);
        error = scp_writer_status(data);
    }
    scp_channel_fini(&ch);
    return error;
}

static enum scp_error open_implicit(struct scp_channel *ch, const struct scp_keys *keys,
                                    const struct scp_known_card *card)
{
    take_known(ch, card);
    SCP_TRY(keys->derive(keys->ctx, &ch->session, &ch->keys));
    return ops_of(ch)->start_implicit(ch);
}

enum scp_error scp_channel_open_implicit(struct scp_channel *ch,
                                         const struct scp_channel_params *params,
                                         const struct scp_keys *keys,
                                         const struct scp_known_card *card)
{
    if (!scp_option_implicit(params->protocol, params->i))
        return SCP_UNSUPPORTED;
    if (!scp_level_valid(params->protocol, params->i, params->level))
        return SCP_OUT_OF_RANGE;
    scp_channel_set_params(ch, params);
    enum scp_error error = open_implicit(ch, keys, card);
    if (error == SCP_OK)
        ch->state = SCP_CHANNEL_READY;
    else
        scp_channel_fini(ch);
    return error;
}

/* ---- EXTERNAL AUTHENTICATE ---------------------------------------------------------------- */

enum scp_error scp_channel_authenticate(struct scp_channel *ch, struct scp_writer *apdu)
{
    if (ch->state != SCP_CHANNEL_VERIFIED)
        return SCP_STATE;
    size_t len = scp_channel_mac_len(ch);
    struct scp_bytes cryptogram = scp_bytes_of(ch->host_cryptogram, len);
    uint8_t mac[SCP_AUTHENTICATOR_MAX];
    SCP_TRY(ops_of(ch)->mac_authenticate(ch, ch->params.level, cryptogram, mac));
    uint8_t buffer[2 * SCP_AUTHENTICATOR_MAX];
    struct scp_writer body = scp_writer_on(buffer, sizeof buffer);
    scp_put(&body, cryptogram);
    scp_put(&body, scp_bytes_of(mac, len));
    const struct scp_apdu command = {SCP_CLA_GP | SCP_CLA_SECURE,
                                     SCP_INS_EXTERNAL_AUTHENTICATE,
                                     ch->params.level,
                                     0x00,
                                     scp_written(&body),
                                     SCP_NO_LE};
    scp_put_apdu(apdu, &command);
    SCP_TRY(scp_writer_status(apdu));
    ops_of(ch)->start(ch, mac);
    scp_wipe(ch->host_cryptogram, sizeof ch->host_cryptogram);
    ch->state = SCP_CHANNEL_READY;
    return SCP_OK;
}

/* ---- sensitive data, end ------------------------------------------------------------------ */

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
