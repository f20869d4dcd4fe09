#include "scp/gp/logical_channel.h"

#include "scp/gp/commands.h"

#include <assert.h>

enum {
    CLOSE = 0x80,
    OPEN = 0x00,
    CLA_KEPT = 0x90,           /* GlobalPlatform's class, and ISO's chaining */
    CLA_FURTHER = 0x40,        /* channels 4 to 19 */
    CLA_FIRST_SECURE = 0x0C,   /* secure messaging of the first form */
    CLA_FIRST_GP = 0x04,       /* GlobalPlatform's secure messaging in it */
    CLA_FURTHER_SECURE = 0x20, /* secure messaging of the further form */
    FIRST_BITS = 0x03,
    FURTHER_BITS = 0x0F,
};

/* ---- MANAGE CHANNEL ----------------------------------------------------------------------- */

struct scp_apdu scp_manage_channel(const struct scp_manage_channel *manage)
{
    return (struct scp_apdu){.cla = SCP_CLA_ISO,
                             .ins = SCP_INS_MANAGE_CHANNEL,
                             .p1 = manage->close ? CLOSE : OPEN,
                             .p2 = manage->channel,
                             .le = manage->close ? SCP_NO_LE : 1};
}

enum scp_error scp_manage_channel_parse(uint8_t p1, uint8_t p2, struct scp_manage_channel *out)
{
    *out = (struct scp_manage_channel){.close = p1 == CLOSE, .channel = p2};
    bool basic = p2 == SCP_CHANNEL_BASIC; /* cannot be closed */
    bool known = p1 == OPEN || (p1 == CLOSE && !basic);
    return known && p2 <= SCP_CHANNEL_FURTHER_MAX ? SCP_OK : SCP_OUT_OF_RANGE;
}

enum scp_error scp_channel_opened(struct scp_bytes data, uint8_t *channel)
{
    if (data.len != 1)
        return SCP_MALFORMED;
    if (data.ptr[0] == SCP_CHANNEL_BASIC || data.ptr[0] > SCP_CHANNEL_FURTHER_MAX)
        return SCP_OUT_OF_RANGE;
    *channel = data.ptr[0];
    return SCP_OK;
}

/* ---- the class byte ----------------------------------------------------------------------- */

uint8_t scp_cla_channel(uint8_t cla)
{
    if ((cla & CLA_FURTHER) == 0)
        return cla & FIRST_BITS;
    return (uint8_t)(SCP_CHANNEL_FIRST_MAX + 1 + (cla & FURTHER_BITS));
}

/* Secure messaging that the class states, in whichever form. */
static uint8_t secure_bits(uint8_t cla)
{
    if ((cla & CLA_FURTHER) != 0)
        return (cla & CLA_FURTHER_SECURE) != 0 ? CLA_FIRST_GP : 0;
    return cla & CLA_FIRST_SECURE;
}

uint8_t scp_cla_on_channel(uint8_t cla, uint8_t channel)
{
    assert(channel <= SCP_CHANNEL_FURTHER_MAX);
    uint8_t secure = secure_bits(cla);
    if (channel <= SCP_CHANNEL_FIRST_MAX)
        return (uint8_t)((cla & CLA_KEPT) | secure | channel);
    return (uint8_t)((cla & CLA_KEPT) | CLA_FURTHER | (secure != 0 ? CLA_FURTHER_SECURE : 0) |
                     (channel - SCP_CHANNEL_FIRST_MAX - 1));
}
