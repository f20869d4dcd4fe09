/* The choke point: what may never be sent to a card.
 *
 * Every command of every script passes protect_check on its way into the session builder, before it
 * is wrapped. It refuses (OUT_OF_RANGE, with the reason in `why`)
 *   - any command outside the short list of instructions that a rebind needs,
 *   - SET STATUS of the card itself (that is how a card is locked or TERMINATED),
 *   - any write that names a protected AID: the social-security application, its package, the
 * issuer security domain, and whatever else the card profile protects; a shorter AID that a card
 * could take for a partial name of a protected one counts as naming it,
 *   - a plain (unwrapped) command other than selection, opening a channel, and reading as a
 * terminal.
 *
 * Pure. */
#ifndef OTA_SERVER_REBIND_PROTECT_H
#define OTA_SERVER_REBIND_PROTECT_H

#include "scp/gp/aid.h"
#include "scp/gp/apdu.h"

struct protect_rules {
    const struct scp_aid *aids; /* protected ones; borrowed */
    size_t count;
    const struct scp_aid *isd; /* the issuer security domain, protected too; NULL: not known */
};

/* `wrapped` says whether the command goes through the secure channel. `why` gets a string constant
 * when the command is refused. */
SCP_MUST_USE enum scp_error protect_check(const struct protect_rules *rules,
                                          const struct scp_apdu *command, bool wrapped,
                                          const char **why);

#endif
