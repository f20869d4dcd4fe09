/* The rules of R-MAC sessions, the same at both ends (GPCS E.5.3, E.5.4; Amendment D 7.1.3,
 * 7.1.4). */
#include "scp/channel/protocol.h"

enum { BEGIN_P2 = 0x01, END_P1 = 0x00, END_RETURN = 0x01, END_LAST = 0x03 };

static bool is_command(const struct scp_apdu *plain, uint8_t ins)
{
    return scp_cla_stripped(plain->cla) == SCP_CLA_GP && plain->ins == ins;
}

static bool option_has(const struct scp_channel *ch, uint8_t bit)
{
    return bit != 0 && (ch->params.i & bit) != 0;
}

/* ---- rules -------------------------------------------------------------------------------- */

static enum scp_error check_begin_scp02(const struct scp_channel *ch, struct scp_security now,
                                        uint8_t level)
{
    if (level != SCP_LEVEL_NONE && level != SCP_LEVEL_R_MAC)
        return SCP_OUT_OF_RANGE; /* response encryption is reserved there */
    if ((now.level & SCP_LEVEL_R_MAC) != 0)
        return SCP_STATE;
    return ch->keys.rmac_session.len == 0 ? SCP_KEY_UNAVAILABLE : SCP_OK;
}

/* It only adds, and only what the commands have too (Amendment D 7.1.3.1, 7.1.3.7). */
static enum scp_error check_begin_scp03(const struct scp_channel *ch, struct scp_security now,
                                        uint8_t level)
{
    bool encrypts = level == (SCP_LEVEL_R_MAC | SCP_LEVEL_R_ENC);
    if (!encrypts && level != SCP_LEVEL_R_MAC)
        return SCP_OUT_OF_RANGE;
    if (encrypts && !option_has(ch, scp03_ops.option_r_enc))
        return SCP_UNSUPPORTED;
    if ((now.level & level) == level || (now.level & SCP_LEVEL_C_MAC) == 0)
        return SCP_STATE;
    return encrypts && (now.level & SCP_LEVEL_C_ENC) == 0 ? SCP_STATE : SCP_OK;
}

/* The data are one LV, which the card does not interpret; a sender may leave it out. */
static enum scp_error check_challenge(struct scp_bytes data)
{
    struct scp_reader r = scp_reader_on(data);
    if (data.len == 0)
        return SCP_OK;
    struct scp_bytes challenge = scp_get_lv(&r);
    return scp_reader_end(&r) == SCP_OK && challenge.len <= SCP_R_MAC_CHALLENGE_MAX ? SCP_OK
                                                                                    : SCP_MALFORMED;
}

static enum scp_error check_begin(const struct scp_channel *ch, struct scp_security now,
                                  const struct scp_apdu *plain)
{
    if (plain->p2 != BEGIN_P2)
        return SCP_OUT_OF_RANGE;
    SCP_TRY(check_challenge(plain->data));
    if (now.r_mac_session != SCP_R_MAC_NONE)
        return SCP_STATE;
    return ch->params.protocol == SCP_PROTOCOL_02 ? check_begin_scp02(ch, now, plain->p1)
                                                  : check_begin_scp03(ch, now, plain->p1);
}

static enum scp_error check_end(const struct scp_channel *ch, struct scp_security now,
                                const struct scp_apdu *plain)
{
    bool returns = ch->params.protocol == SCP_PROTOCOL_02 && plain->p2 == END_RETURN;
    if (plain->p1 != END_P1 || (plain->p2 != END_LAST && !returns))
        return SCP_OUT_OF_RANGE;
    return now.r_mac_session == SCP_R_MAC_NONE ? SCP_STATE : SCP_OK;
}

enum scp_error scp_r_mac_check(const struct scp_channel *ch, struct scp_security now,
                               const struct scp_apdu *plain)
{
    if (!option_has(ch, scp_protocol_ops_of(ch->params.protocol)->option_r_mac))
        return SCP_UNSUPPORTED;
    return is_command(plain, SCP_INS_BEGIN_R_MAC) ? check_begin(ch, now, plain)
                                                  : check_end(ch, now, plain);
}

enum scp_command_kind scp_r_mac_kind(const struct scp_channel *ch, struct scp_security now,
                                     const struct scp_apdu *plain)
{
    if (is_command(plain, SCP_INS_BEGIN_R_MAC) && scp_r_mac_check(ch, now, plain) == SCP_OK)
        return SCP_KIND_BEGIN_R_MAC;
    /* One with wrong parameters is refused, and no part of the R-MAC either. */
    if (is_command(plain, SCP_INS_END_R_MAC) && now.r_mac_session != SCP_R_MAC_NONE)
        return SCP_KIND_END_R_MAC;
    return SCP_KIND_ORDINARY;
}

/* ---- what is pending, and what it brings -------------------------------------------------- */

bool scp_r_mac_runs(const struct scp_channel *ch)
{
    return (ch->now.level & SCP_LEVEL_R_MAC) != 0 || ch->now.r_mac_session != SCP_R_MAC_NONE;
}

struct scp_security scp_r_mac_ahead(const struct scp_channel *ch)
{
    struct scp_security ahead = ch->now;
    if (ch->pending == SCP_KIND_BEGIN_R_MAC) {
        ahead.level |= ch->pending_parameter;
        ahead.r_mac_session =
            ch->pending_parameter == SCP_LEVEL_NONE ? SCP_R_MAC_SILENT : SCP_R_MAC_EACH;
    }
    if (ch->pending == SCP_KIND_END_R_MAC && ch->pending_parameter == END_LAST) {
        uint8_t responses = SCP_LEVEL_R_MAC | SCP_LEVEL_R_ENC;
        ahead.level = (uint8_t)((ch->now.level & ~responses) | (ch->params.level & responses));
        ahead.r_mac_session = SCP_R_MAC_NONE;
    }
    return ahead;
}

struct scp_security scp_r_mac_assumed(const struct scp_channel *ch)
{
    return ch->state == SCP_CHANNEL_PENDING ? scp_r_mac_ahead(ch) : ch->now;
}

enum scp_error scp_channel_await(struct scp_channel *ch, struct scp_security now,
                                 const struct scp_apdu *plain)
{
    const struct scp_protocol_ops *ops = scp_protocol_ops_of(ch->params.protocol);
    enum scp_command_kind kind = scp_r_mac_kind(ch, now, plain);
    ch->now = now;
    if (ops->cover != NULL)
        SCP_TRY(ops->cover(ch, plain, kind));
    ch->pending = (uint8_t)kind;
    ch->pending_parameter = kind == SCP_KIND_BEGIN_R_MAC ? plain->p1 : plain->p2;
    ch->state = SCP_CHANNEL_PENDING;
    return SCP_OK;
}

void scp_channel_settle(struct scp_channel *ch, uint16_t sw)
{
    if (sw == 0x9000)
        ch->now = scp_r_mac_ahead(ch);
    ch->pending = SCP_KIND_ORDINARY;
    ch->state = SCP_CHANNEL_READY;
}

/* ---- the host's commands ------------------------------------------------------------------ */

enum scp_error scp_channel_begin_r_mac(struct scp_channel *ch, uint8_t level,
                                       struct scp_bytes challenge, struct scp_writer *apdu)
{
    uint8_t data[1 + SCP_R_MAC_CHALLENGE_MAX];
    struct scp_writer w = scp_writer_on(data, sizeof data);
    if (challenge.len > SCP_R_MAC_CHALLENGE_MAX)
        return SCP_TOO_LONG;
    scp_put_lv(&w, challenge);
    const struct scp_apdu command = {SCP_CLA_GP, SCP_INS_BEGIN_R_MAC, level,
                                     BEGIN_P2,   scp_written(&w),     SCP_NO_LE};
    return scp_channel_wrap(ch, &command, apdu);
}

enum scp_error scp_channel_end_r_mac(struct scp_channel *ch, bool last, struct scp_writer *apdu)
{
    const struct scp_apdu command = {
        SCP_CLA_GP, SCP_INS_END_R_MAC, END_P1, last ? END_LAST : END_RETURN, SCP_EMPTY, 0};
    return scp_channel_wrap(ch, &command, apdu);
}
