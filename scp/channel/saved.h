/* Private to scp/channel: what the readers of the stored forms share. */
#ifndef SCP_CHANNEL_SAVED_H
#define SCP_CHANNEL_SAVED_H

#include "scp/channel/protocol.h"

/* State and parameters that a channel can have, else MALFORMED. */
void scp_saved_check(struct scp_reader *r, const struct scp_channel *ch);
/* A key as LV; none (length 0) only where `may_lack`. */
void scp_saved_key(struct scp_reader *r, bool may_lack, struct scp_key *key);

/* What follows magic and version 1. */
enum scp_error scp_saved_v1(struct scp_channel *ch, struct scp_reader *r);

#endif
