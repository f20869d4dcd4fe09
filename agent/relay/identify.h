/* Names: of a card to the server, of an application to the card.
 *
 * A card is `//se-id/CUD/<hex>`: its issuer identification number and card image number (the values
 * of tags 42 and 45 of the issuer security domain; GPCS H.4 and 11.3) one after the other. An
 * application is `//aid/<RID>/<PIX>` (Amendment B 3.4.1). */
#ifndef AGENT_RELAY_IDENTIFY_H
#define AGENT_RELAY_IDENTIFY_H

#include "agent/reader/transceive.h"
#include "agent/relay/journal.h"
#include "scp/base/limits.h"

enum { AGENT_CUD_MAX = 64 };

/* Select the issuer security domain by default selection and read the card's name. NOT_IDENTIFIED
 * when the card does not give both numbers; what transceive returns. */
SCP_MUST_USE enum agent_error agent_identify(const struct agent_transceive *card,
                                             char se[AGENT_SE_MAX]);

/* The AID in an application's name. MALFORMED. */
SCP_MUST_USE enum scp_error agent_target_aid(const char *target, struct scp_writer *aid);

/* SELECT an application; the status word tells the rest. */
SCP_MUST_USE enum agent_error agent_select(const struct agent_transceive *card,
                                           struct scp_bytes aid, struct agent_answer *answer);

#endif
