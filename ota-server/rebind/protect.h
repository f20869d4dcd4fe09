/* The choke point: what may never be sent to a card.
 *
 * Every command of every script passes protect_check on its way into the session builder, whole and
 * before it is wrapped or cut. It refuses (OUT_OF_RANGE, with the reason in `why`)
 *   - any command outside the short list of instructions that a rebind needs, and any segment of a
 *     command: what is cut is cut afterwards,
 *   - SET STATUS of the card itself (that is how a card is locked or TERMINATED),
 *   - any write that names a protected AID: the social-security application, its package, the
 *     issuer security domain, and whatever else the card profile protects; a shorter AID that a
 * card could take for a partial name of a protected one counts as naming it,
 *   - data for nobody in particular: LOAD and STORE DATA go where the INSTALL before them in the
 *     same channel says; without one they would reach the security domain itself,
 *   - privileges over content that is not the holder's own, those of a security domain for anything
 *     but the bank's, and an update of the registry,
 *   - PUT KEY and DELETE of keys, but for those that the operation is about. PUT KEY only adds; the
 *     keys under which the channel stands stay,
 *   - a plain (unwrapped) command other than selection, opening a channel, and reading as a
 *     terminal.
 *
 * Pure: what was said before is kept in a struct protect_state of the caller's. */
#ifndef OTA_SERVER_REBIND_PROTECT_H
#define OTA_SERVER_REBIND_PROTECT_H

#include "scp/gp/aid.h"
#include "scp/gp/apdu.h"

/* The key sets that an operation changes; zeroed: none. */
struct protect_keys {
    uint8_t added_kvn;       /* the only one that PUT KEY may bring */
    const uint8_t *old_kvns; /* those that DELETE may take away; borrowed */
    size_t old_count;
};

struct protect_rules {
    const struct scp_aid *aids; /* protected ones; borrowed */
    size_t count;
    const struct scp_aid *domain; /* the only one that may be made a security domain; NULL: none */
    const struct scp_aid *isd;    /* the issuer security domain, protected too; NULL: not known */
    struct protect_keys keys;
};

/* Where a script stands. */
struct protect_state {
    uint8_t channel_kvn; /* the key set under which the channel stands; 0: no channel */
    uint8_t open;        /* private: what LOAD or STORE DATA would continue */
};

/* A channel was opened under this key set: nothing is continued from before. */
void protect_begin(struct protect_state *state, uint8_t channel_kvn);

/* `wrapped` says whether the command goes through the secure channel. `why` gets a string constant
 * when the command is refused, and the state stays. */
SCP_MUST_USE enum scp_error protect_check(const struct protect_rules *rules,
                                          struct protect_state *state,
                                          const struct scp_apdu *command, bool wrapped,
                                          const char **why);

#endif
