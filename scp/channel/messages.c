/* Commands and responses of an open channel. */
#include "scp/channel/protocol.h"

static const struct scp_protocol_ops *ops_of(const struct scp_channel *ch)
{
    return scp_protocol_ops_of(ch->params.protocol);
}

static bool is_open(const struct scp_channel *ch)
{
    return ch->state == SCP_CHANNEL_READY || ch->state == SCP_CHANNEL_PENDING;
}

static bool has_c_mac(const struct scp_channel *ch)
{
    return (ch->now.level & SCP_LEVEL_C_MAC) != 0;
}

/* ---- wrapping ----------------------------------------------------------------------------- */

/* A host sends no BEGIN or END R-MAC SESSION that the card must refuse. */
static enum scp_error check_r_mac(const struct scp_channel *ch, struct scp_security now,
                                  const struct scp_apdu *command)
{
    bool switches = scp_cla_stripped(command->cla) == SCP_CLA_GP &&
                    (command->ins == SCP_INS_BEGIN_R_MAC || command->ins == SCP_INS_END_R_MAC);
    return switches ? scp_r_mac_check(ch, now, command) : SCP_OK;
}

/* Protect into `w`, where there is room, and wait for the response. */
static enum scp_error protect(struct scp_channel *ch, const struct scp_apdu *command,
                              struct scp_writer *w)
{
    struct scp_security now = scp_r_mac_assumed(ch);
    size_t before = w->len;
    SCP_TRY(check_r_mac(ch, now, command));
    enum scp_error error = has_c_mac(ch) ? ops_of(ch)->protect(ch, command, w) : SCP_OK;
    if (error == SCP_OK)
        error = scp_channel_await(ch, now, command);
    if (error != SCP_OK)
        w->len = before;
    return error;
}

static enum scp_error wrap_plain(struct scp_channel *ch, const struct scp_apdu *command,
                                 struct scp_writer *apdu)
{
    size_t before = apdu->len;
    scp_put_apdu(apdu, command);
    SCP_TRY(scp_writer_status(apdu));
    enum scp_error error = protect(ch, command, apdu);
    if (error != SCP_OK)
        apdu->len = before;
    return error;
}

enum scp_error scp_channel_wrap(struct scp_channel *ch, const struct scp_apdu *command,
                                struct scp_writer *apdu)
{
    if (!is_open(ch))
        return SCP_STATE;
    size_t lc = scp_channel_protected_len(ch, command->data.len);
    if (lc > SCP_APDU_DATA_MAX)
        return SCP_TOO_LONG;
    if (!has_c_mac(ch))
        return wrap_plain(ch, command, apdu);
    bool has_le = command->le != SCP_NO_LE;
    if (scp_writer_room(apdu) < SCP_HEAD_SHORT + lc + (has_le ? 1 : 0)) {
        scp_writer_fail(apdu, SCP_NO_SPACE);
        return scp_writer_status(apdu);
    }
    SCP_TRY(protect(ch, command, apdu));
    if (has_le)
        scp_put_u8(apdu, (uint8_t)command->le);
    return scp_writer_status(apdu);
}

/* The frame without the head under which its MAC was made. */
static struct scp_bytes body_of(const struct scp_channel *ch, const struct scp_apdu *command,
                                const struct scp_writer *frame)
{
    size_t len = scp_channel_protected_len(ch, command->data.len);
    return scp_bytes_from(scp_written(frame), frame->len - len);
}

enum scp_error scp_channel_wrap_long(struct scp_channel *ch, const struct scp_apdu *command,
                                     uint8_t buffer[SCP_WRAPPED_MAX], struct scp_apdu *whole)
{
    if (!is_open(ch))
        return SCP_STATE;
    bool cut = scp_channel_protected_len(ch, command->data.len) > SCP_APDU_DATA_MAX;
    if (command->data.len > SCP_COMMAND_MAX || (cut && !scp_ins_chains(command->ins)))
        return SCP_TOO_LONG;
    if (cut && (command->p1 & SCP_MORE_COMMANDS) != 0)
        return SCP_OUT_OF_RANGE;
    struct scp_writer frame = scp_writer_on(buffer, SCP_WRAPPED_MAX);
    SCP_TRY(protect(ch, command, &frame));
    *whole = *command;
    if (has_c_mac(ch)) {
        whole->cla = scp_cla_secured(command->cla);
        whole->data = body_of(ch, command, &frame);
    }
    return SCP_OK;
}

/* ---- taking: a card receives, a host follows its own commands ----------------------------- */

enum scp_error scp_channel_take(struct scp_channel *ch, const struct scp_apdu *wrapped,
                                struct scp_apdu *plain, struct scp_writer *data)
{
    struct scp_security now = scp_r_mac_assumed(ch);
    size_t before = data == NULL ? 0 : data->len;
    *plain = *wrapped;
    if (has_c_mac(ch)) {
        SCP_TRY(ops_of(ch)->open(ch, wrapped, data));
        plain->cla = scp_cla_plain(wrapped->cla);
    } else if (data != NULL) {
        scp_put(data, wrapped->data);
        SCP_TRY(scp_writer_status(data));
    }
    plain->data = data == NULL ? SCP_EMPTY : scp_bytes_from(scp_written(data), before);
    return scp_channel_await(ch, now, plain);
}

enum scp_error scp_channel_replay_long(struct scp_channel *ch, const struct scp_apdu *whole)
{
    if (!is_open(ch))
        return SCP_STATE;
    if (whole->data.len > SCP_COMMAND_MAX + 2 * SCP_AUTHENTICATOR_MAX)
        return SCP_TOO_LONG;
    uint8_t buffer[SCP_WRAPPED_MAX];
    struct scp_writer w = scp_writer_on(buffer, sizeof buffer);
    struct scp_apdu plain;
    enum scp_error error =
        scp_channel_take(ch, whole, &plain, ops_of(ch)->mac_over_plain ? &w : NULL);
    if (ops_of(ch)->mac_over_plain)
        scp_wipe(buffer, sizeof buffer);
    return error;
}

enum scp_error scp_channel_replay(struct scp_channel *ch, struct scp_bytes wrapped)
{
    if (!is_open(ch))
        return SCP_STATE;
    struct scp_apdu command;
    SCP_TRY(scp_apdu_parse(wrapped, &command));
    return scp_channel_replay_long(ch, &command);
}

/* ---- responses ---------------------------------------------------------------------------- */

enum scp_error scp_response_collect(struct scp_writer *whole, struct scp_bytes part, bool *more)
{
    struct scp_response response;
    SCP_TRY(scp_response_parse(part, &response));
    *more = response.sw >> 8 == 0x61;
    scp_put(whole, *more ? response.data : part);
    return scp_writer_status(whole) == SCP_OK ? SCP_OK : SCP_TOO_LONG;
}

enum scp_error scp_channel_unwrap(struct scp_channel *ch, struct scp_bytes response,
                                  struct scp_writer *data, uint16_t *sw)
{
    if (ch->state != SCP_CHANNEL_PENDING)
        return SCP_STATE;
    struct scp_response parts;
    SCP_TRY(scp_response_parse(response, &parts));
    *sw = parts.sw;
    if (response.len > SCP_COLLECTED_MAX)
        return SCP_TOO_LONG;
    SCP_TRY(ops_of(ch)->open_response(ch, &parts, data));
    scp_channel_settle(ch, parts.sw);
    return SCP_OK;
}
