#include "scp/channel/card_channel.h"

#include "scp/channel/protocol.h"

#include <string.h>

static const struct scp_protocol_ops *ops_of(const struct scp_card_channel *cc)
{
    return scp_protocol_ops_of(cc->ch.params.protocol);
}

/* ---- opening ------------------------------------------------------------------------------ */

static enum scp_error take_setup(struct scp_card_channel *cc,
                                 const struct scp_card_channel_setup *setup,
                                 const struct scp_key_set *keys)
{
    struct scp_channel_params params = {
        .protocol = setup->protocol, .i = setup->i, .kvn = setup->kvn, .quirks = setup->quirks};
    struct scp_writer aid = scp_writer_on(params.aid.bytes, sizeof params.aid.bytes);
    scp_put(&aid, setup->aid);
    if (scp_writer_status(&aid) != SCP_OK)
        return SCP_OUT_OF_RANGE;
    params.aid.len = setup->aid.len;
    memset(cc, 0, sizeof *cc);
    scp_channel_set_params(&cc->ch, &params);
    cc->keys = *keys;
    cc->counter = setup->counter;
    struct scp_session_context *session = &cc->ch.session;
    session->kvn = setup->kvn;
    session->counter = setup->counter;
    memcpy(session->diversification_data, setup->diversification_data,
           sizeof session->diversification_data);
    return SCP_OK;
}

/* The session, its host cryptogram for later, and the answer. */
static enum scp_error answer(struct scp_card_channel *cc, struct scp_writer *data)
{
    const struct scp_protocol_ops *ops = ops_of(cc);
    struct scp_channel *ch = &cc->ch;
    uint8_t cryptogram[SCP_AUTHENTICATOR_MAX];
    if (scp_challenge_predictable(ch->params.protocol, ch->params.i))
        SCP_TRY(ops->predict(&cc->keys, &ch->session, scp_aid_bytes(&ch->params.aid),
                             ch->session.card_challenge));
    SCP_TRY(ops->derive(&cc->keys, &ch->session, &ch->keys));
    SCP_TRY(ops->cryptogram(ch, SCP_SIDE_CARD, cryptogram));
    SCP_TRY(ops->cryptogram(ch, SCP_SIDE_HOST, ch->host_cryptogram));
    scp_put_session_answer(data, &ch->session, cryptogram);
    return scp_writer_status(data);
}

enum scp_error scp_card_channel_initialize(struct scp_card_channel *cc,
                                           const struct scp_card_channel_setup *setup,
                                           const struct scp_key_set *keys,
                                           struct scp_bytes host_challenge, struct scp_writer *data)
{
    if (!scp_option_valid(setup->protocol, setup->i) ||
        scp_option_implicit(setup->protocol, setup->i))
        return SCP_UNSUPPORTED;
    if (host_challenge.len != scp_authenticator_len(setup->protocol, setup->i))
        return SCP_OUT_OF_RANGE;
    SCP_TRY(take_setup(cc, setup, keys));
    memcpy(cc->ch.session.host_challenge, host_challenge.ptr, host_challenge.len);
    memcpy(cc->ch.session.card_challenge, setup->random_challenge,
           scp_card_challenge_len(setup->protocol, setup->i));
    enum scp_error error = answer(cc, data);
    if (error == SCP_OK)
        cc->ch.state = SCP_CHANNEL_BEGUN;
    else
        scp_card_channel_fini(cc);
    return error;
}

/* The MAC covers a class byte of 84 whatever came, so the rest of it is looked at here. */
static bool is_external_authenticate(const struct scp_apdu *command, size_t data_len)
{
    return scp_cla_is_secured(command->cla) && scp_cla_stripped(command->cla) == SCP_CLA_GP &&
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
    ch->now.level = command->p1;
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
    if (error != SCP_OK) {
        scp_card_channel_fini(cc);
        return error;
    }
    cc->ch.state = SCP_CHANNEL_READY;
    if (cc->ch.params.protocol == SCP_PROTOCOL_02)
        cc->counter++;
    return SCP_OK;
}

/* ---- implicit initiation (GPCS E.1.2.2, E.1.6) -------------------------------------------- */

enum scp_error scp_card_channel_listen(struct scp_card_channel *cc,
                                       const struct scp_card_channel_setup *setup,
                                       const struct scp_key_set *keys)
{
    if (!scp_option_implicit(setup->protocol, setup->i))
        return SCP_UNSUPPORTED;
    if (setup->aid.len == 0)
        return SCP_OUT_OF_RANGE;
    SCP_TRY(take_setup(cc, setup, keys));
    cc->ch.state = SCP_CHANNEL_READY;
    cc->listening = true;
    return SCP_OK;
}

/* Another session with the present counter. An R-MAC session that runs goes on as it is. */
static enum scp_error derive_next(struct scp_card_channel *cc, const struct scp_channel *before)
{
    struct scp_channel *ch = &cc->ch;
    ch->session.counter = cc->counter;
    ch->now.level |= SCP_LEVEL_C_MAC;
    ch->params.level = SCP_LEVEL_C_MAC;
    ch->schedules.ready = 0;
    SCP_TRY(ops_of(cc)->derive(&cc->keys, &ch->session, &ch->keys));
    SCP_TRY(ops_of(cc)->start_implicit(ch));
    if (scp_r_mac_runs(before)) {
        ch->keys.rmac_session = before->keys.rmac_session;
        memcpy(ch->r_start, before->r_start, sizeof ch->r_start);
        ch->schedules.ready &= (uint8_t)~SCP_SCHEDULE_RMAC;
    }
    return SCP_OK;
}

static enum scp_error open_session(struct scp_card_channel *cc, const struct scp_apdu *command,
                                   struct scp_apdu *plain, struct scp_writer *data)
{
    struct scp_channel before = cc->ch;
    enum scp_error error = derive_next(cc, &before);
    if (error == SCP_OK)
        error = scp_channel_take(&cc->ch, command, plain, data);
    if (error == SCP_OK) {
        cc->listening = false;
        cc->counter++;
    } else {
        cc->ch = before;
    }
    scp_channel_fini(&before);
    return error;
}

/* A command without secure messaging passes, and ends the MACs of the session. */
static enum scp_error take_implicit(struct scp_card_channel *cc, const struct scp_apdu *command,
                                    struct scp_apdu *plain, struct scp_writer *data)
{
    if (scp_cla_is_secured(command->cla))
        return cc->listening ? open_session(cc, command, plain, data)
                             : scp_channel_take(&cc->ch, command, plain, data);
    uint8_t level = cc->ch.now.level;
    cc->ch.now.level &= (uint8_t)~SCP_LEVEL_C_MAC;
    enum scp_error error = scp_channel_take(&cc->ch, command, plain, data);
    if (error == SCP_OK)
        cc->listening = true;
    else
        cc->ch.now.level = level;
    return error;
}

/* ---- commands and responses --------------------------------------------------------------- */

enum scp_error scp_card_channel_receive_long(struct scp_card_channel *cc,
                                             const struct scp_apdu *command, struct scp_apdu *plain,
                                             struct scp_writer *data)
{
    const struct scp_channel *ch = &cc->ch;
    if (ch->state != SCP_CHANNEL_READY && ch->state != SCP_CHANNEL_PENDING)
        return SCP_STATE;
    if (command->data.len > SCP_COMMAND_MAX + 2 * SCP_AUTHENTICATOR_MAX)
        return SCP_TOO_LONG;
    SCP_TRY(scp_option_implicit(ch->params.protocol, ch->params.i)
                ? take_implicit(cc, command, plain, data)
                : scp_channel_take(&cc->ch, command, plain, data));
    cc->received_ins = plain->ins;
    cc->r_mac_check = scp_r_mac_check(ch, ch->now, plain);
    return SCP_OK;
}

enum scp_error scp_card_channel_receive(struct scp_card_channel *cc, struct scp_bytes command,
                                        struct scp_apdu *plain, uint8_t buffer[SCP_APDU_DATA_MAX])
{
    struct scp_apdu wrapped;
    struct scp_writer data = scp_writer_on(buffer, SCP_APDU_DATA_MAX);
    if (cc->ch.state != SCP_CHANNEL_READY && cc->ch.state != SCP_CHANNEL_PENDING)
        return SCP_STATE;
    SCP_TRY(scp_apdu_parse(command, &wrapped));
    return scp_card_channel_receive_long(cc, &wrapped, plain, &data);
}

enum scp_error scp_card_channel_respond(struct scp_card_channel *cc, struct scp_bytes data,
                                        uint16_t sw, struct scp_writer *response)
{
    if (cc->ch.state != SCP_CHANNEL_PENDING)
        return SCP_STATE;
    SCP_TRY(ops_of(cc)->protect_response(&cc->ch, data, sw, response));
    scp_channel_settle(&cc->ch, sw);
    return SCP_OK;
}

/* ---- R-MAC sessions ----------------------------------------------------------------------- */

static enum scp_error check_r_mac(const struct scp_card_channel *cc, uint8_t ins)
{
    bool received = cc->ch.state == SCP_CHANNEL_PENDING && cc->received_ins == ins;
    return received ? cc->r_mac_check : SCP_STATE;
}

enum scp_error scp_card_channel_begin_r_mac(const struct scp_card_channel *cc)
{
    return check_r_mac(cc, SCP_INS_BEGIN_R_MAC);
}

/* In SCP03 the R-MAC of this answer is the one that every answer carries. */
enum scp_error scp_card_channel_end_r_mac(const struct scp_card_channel *cc,
                                          struct scp_writer *data)
{
    SCP_TRY(check_r_mac(cc, SCP_INS_END_R_MAC));
    if (cc->ch.params.protocol == SCP_PROTOCOL_02)
        scp_put(data, SCP_BYTES(cc->ch.r_chaining));
    return scp_writer_status(data);
}

/* ---- the rest ----------------------------------------------------------------------------- */

enum scp_error scp_card_channel_dek_decrypt(const struct scp_card_channel *cc,
                                            struct scp_bytes cipher, uint8_t *out)
{
    if (scp_protocol_ops_of(cc->ch.params.protocol) == NULL)
        return SCP_STATE;
    return ops_of(cc)->dek_decrypt(&cc->keys, &cc->ch.session, cipher, out);
}

uint8_t scp_card_channel_level(const struct scp_card_channel *cc)
{
    bool open = cc->ch.state == SCP_CHANNEL_READY || cc->ch.state == SCP_CHANNEL_PENDING;
    return open ? cc->ch.now.level : SCP_LEVEL_NONE;
}

uint32_t scp_card_channel_counter(const struct scp_card_channel *cc)
{
    return cc->counter;
}

void scp_card_channel_fini(struct scp_card_channel *cc)
{
    scp_wipe(cc, sizeof *cc);
}
