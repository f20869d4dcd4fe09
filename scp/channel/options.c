#include "scp/channel/protocol.h"

const struct scp_protocol_ops *scp_protocol_ops_of(enum scp_protocol protocol)
{
    switch (protocol) {
    case SCP_PROTOCOL_02:
        return &scp02_ops;
    case SCP_PROTOCOL_03:
        return &scp03_ops;
    }
    return NULL;
}

/* ---- options ------------------------------------------------------------------------------ */

const char *scp_option_fault(enum scp_protocol protocol, uint8_t i)
{
    const struct scp_protocol_ops *ops = scp_protocol_ops_of(protocol);
    if (ops == NULL)
        return "the protocol is neither SCP02 nor SCP03";
    for (size_t n = 0; n < ops->rule_count; n++)
        if ((i & ops->rules[n].mask) == ops->rules[n].value)
            return ops->rules[n].text;
    return NULL;
}

bool scp_option_valid(enum scp_protocol protocol, uint8_t i)
{
    return scp_option_fault(protocol, i) == NULL;
}

bool scp_option_implicit(enum scp_protocol protocol, uint8_t i)
{
    if (!scp_option_valid(protocol, i))
        return false;
    uint8_t explicit_bit = scp_protocol_ops_of(protocol)->option_explicit;
    return explicit_bit != 0 && (i & explicit_bit) == 0;
}

bool scp_challenge_predictable(enum scp_protocol protocol, uint8_t i)
{
    return scp_option_valid(protocol, i) &&
           (i & scp_protocol_ops_of(protocol)->option_predictable) != 0;
}

size_t scp_authenticator_len(enum scp_protocol protocol, uint8_t i)
{
    return (i & scp_protocol_ops_of(protocol)->option_s16) != 0 ? 16 : 8;
}

size_t scp_host_challenge_len(enum scp_protocol protocol, uint8_t i)
{
    return scp_option_valid(protocol, i) ? scp_authenticator_len(protocol, i) : 0;
}

size_t scp_card_challenge_len(enum scp_protocol protocol, uint8_t i)
{
    return protocol == SCP_PROTOCOL_02 ? 6 : scp_authenticator_len(protocol, i);
}

enum scp_error scp_counter_ahead(enum scp_protocol protocol, uint32_t known, uint32_t sessions,
                                 uint32_t *counter)
{
    const struct scp_protocol_ops *ops = scp_protocol_ops_of(protocol);
    if (ops == NULL)
        return SCP_UNSUPPORTED;
    uint64_t ahead = (uint64_t)known + sessions + (protocol == SCP_PROTOCOL_03 ? 1 : 0);
    if (ahead > ops->counter_max)
        return SCP_COUNTER_EXHAUSTED;
    *counter = (uint32_t)ahead;
    return SCP_OK;
}

/* ---- levels ------------------------------------------------------------------------------- */

/* The level bits that `i` allows. */
static uint8_t allowed_bits(const struct scp_protocol_ops *ops, uint8_t i)
{
    uint8_t bits = SCP_LEVEL_C_MAC | SCP_LEVEL_C_ENC;
    if ((i & ops->option_r_mac) != 0)
        bits |= SCP_LEVEL_R_MAC;
    if ((i & ops->option_r_enc) != 0)
        bits |= SCP_LEVEL_R_ENC;
    return bits;
}

bool scp_level_valid(enum scp_protocol protocol, uint8_t i, uint8_t level)
{
    if (!scp_option_valid(protocol, i))
        return false;
    if (scp_option_implicit(protocol, i))
        return level == SCP_LEVEL_C_MAC; /* GPCS E.1.2.2 */
    const struct scp_protocol_ops *ops = scp_protocol_ops_of(protocol);
    if ((level & ~allowed_bits(ops, i)) != 0)
        return false;
    for (size_t n = 0; n < sizeof ops->levels; n++)
        if (ops->levels[n] == level)
            return true;
    return false;
}

uint8_t scp_level_highest(enum scp_protocol protocol, uint8_t i)
{
    uint8_t highest = SCP_LEVEL_NONE;
    const struct scp_protocol_ops *ops = scp_protocol_ops_of(protocol);
    for (size_t n = 0; ops != NULL && n < sizeof ops->levels; n++)
        if (scp_level_valid(protocol, i, ops->levels[n]))
            highest = ops->levels[n];
    return highest;
}

/* ---- lengths ------------------------------------------------------------------------------ */

size_t scp_channel_mac_len(const struct scp_channel *ch)
{
    return scp_authenticator_len(ch->params.protocol, ch->params.i);
}

bool scp_channel_encrypts(const struct scp_channel *ch, size_t data_len)
{
    if ((ch->now.level & SCP_LEVEL_C_ENC) == 0)
        return false;
    return data_len > 0 || (ch->params.quirks & SCP_QUIRK_ENCRYPT_EMPTY) != 0;
}

size_t scp_channel_body_len(const struct scp_channel *ch, size_t data_len)
{
    size_t block = scp_protocol_ops_of(ch->params.protocol)->block;
    return scp_channel_encrypts(ch, data_len) ? (data_len / block + 1) * block : data_len;
}

size_t scp_channel_protected_len(const struct scp_channel *ch, size_t data_len)
{
    if ((ch->now.level & SCP_LEVEL_C_MAC) == 0)
        return data_len;
    return scp_channel_body_len(ch, data_len) + scp_channel_mac_len(ch);
}

size_t scp_channel_room(const struct scp_channel *ch)
{
    size_t room = SCP_APDU_DATA_MAX;
    while (scp_channel_protected_len(ch, room) > SCP_APDU_DATA_MAX)
        room--;
    return room;
}

uint8_t scp_channel_level(const struct scp_channel *ch)
{
    return ch->now.level;
}

/* ---- class bytes -------------------------------------------------------------------------- */

/* Bits of a class byte; b7 says which of two codings holds (GPCS tables 11-11 and 11-12). */
enum {
    CLA_FURTHER = 0x40,         /* logical channels 4 to 19 */
    CLA_FURTHER_SECURED = 0x20, /* secure messaging in that coding */
    CLA_FIRST_SECURED = 0x04,   /* GlobalPlatform secure messaging on channels 0 to 3 */
    CLA_FIRST_SM_MASK = 0x0C,
    CLA_FIRST_KEPT = 0xF0,   /* without secure messaging and logical channel */
    CLA_FURTHER_KEPT = 0x90, /* class and chaining, as on a first channel */
};

uint8_t scp_cla_secured(uint8_t cla)
{
    if ((cla & CLA_FURTHER) != 0)
        return cla | CLA_FURTHER_SECURED;
    return (uint8_t)((cla & ~CLA_FIRST_SM_MASK) | CLA_FIRST_SECURED);
}

uint8_t scp_cla_plain(uint8_t cla)
{
    if ((cla & CLA_FURTHER) != 0)
        return (uint8_t)(cla & ~CLA_FURTHER_SECURED);
    return (uint8_t)(cla & ~CLA_FIRST_SM_MASK);
}

uint8_t scp_cla_stripped(uint8_t cla)
{
    return cla & ((cla & CLA_FURTHER) != 0 ? CLA_FURTHER_KEPT : CLA_FIRST_KEPT);
}

uint8_t scp_cla_maced(uint8_t cla)
{
    return scp_cla_stripped(cla) | CLA_FIRST_SECURED;
}

bool scp_cla_is_secured(uint8_t cla)
{
    if ((cla & CLA_FURTHER) != 0)
        return (cla & CLA_FURTHER_SECURED) != 0;
    return (cla & CLA_FIRST_SM_MASK) == CLA_FIRST_SECURED;
}

bool scp_sw_is_good(uint16_t sw)
{
    return sw == 0x9000 || sw >> 8 == 0x62 || sw >> 8 == 0x63;
}
