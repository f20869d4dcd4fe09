/* Logical channels: MANAGE CHANNEL (GPCS 11.7), and the channel's number in the class byte
 * (GPCS 11.1.4, ISO/IEC 7816-4 5.4.1).
 *
 *     struct scp_apdu open = scp_manage_channel(&(struct scp_manage_channel){.close = false});
 *     …
 *     SCP_TRY(scp_channel_opened(answer.data, &number));
 *     command.cla = scp_cla_on_channel(command.cla, number);
 *
 * Plain values; nothing is owned. */
#ifndef SCP_GP_LOGICAL_CHANNEL_H
#define SCP_GP_LOGICAL_CHANNEL_H

#include "scp/gp/apdu.h"

enum {
    SCP_CHANNEL_BASIC = 0,       /* always open */
    SCP_CHANNEL_FIRST_MAX = 3,   /* the last one of the first interindustry class */
    SCP_CHANNEL_FURTHER_MAX = 19 /* the last one that there can be */
};

struct scp_manage_channel {
    bool close;
    uint8_t channel; /* to close; to open: 0 lets the card choose, else one by its number */
};

struct scp_apdu scp_manage_channel(const struct scp_manage_channel *manage);

/* The card's side. OUT_OF_RANGE: P1 is neither, or the channel cannot be (6A86). */
SCP_MUST_USE enum scp_error scp_manage_channel_parse(uint8_t p1, uint8_t p2,
                                                     struct scp_manage_channel *out);

/* The answer to an opening: the channel's number. MALFORMED when it is not one byte, OUT_OF_RANGE
 * when there is no such supplementary channel. */
SCP_MUST_USE enum scp_error scp_channel_opened(struct scp_bytes data, uint8_t *channel);

/* The channel that a class byte names. */
uint8_t scp_cla_channel(uint8_t cla);
/* The class byte with another channel: the form for further channels from 4 on. Whether it is ISO's
 * or GlobalPlatform's, and secure messaging, stay. `channel` is at most 19. */
uint8_t scp_cla_on_channel(uint8_t cla, uint8_t channel);

#endif
