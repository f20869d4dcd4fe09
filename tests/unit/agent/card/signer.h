/* Whoever signs for a security domain of the card (DAP, tokens), for the tests of this folder. */
#ifndef TESTS_UNIT_AGENT_CARD_SIGNER_H
#define TESTS_UNIT_AGENT_CARD_SIGNER_H

#include "scp/crypto/signature.h"
#include "tests/unit/agent/card/rig.h"

/* The EC key pair of RFC 6979 A.2.5, or an AES key made of its first half. */
struct rig_signer {
    uint8_t secret[32];
    uint8_t point[65];
    struct scp_signature_key key; /* borrows from the others */
};
void rig_make_signer(bool ec, struct rig_signer *signer);
/* PUT KEY of what verifies, in the session that the rig has. */
void rig_put_signer(struct rig *rig, uint8_t kvn, bool ec, const struct rig_signer *signer);

#endif
