/* A card's identity: the issuer identification number (tag 42) and the card image number (tag 45).
 * It is personal: it stands in no URL, log or record, only as a pseudonym that the vault's key
 * makes. */
#ifndef OTA_SERVER_API_CARD_IDENTITY_H
#define OTA_SERVER_API_CARD_IDENTITY_H

#include "ota-server/vault/vault.h"

enum { CARD_IIN_MAX = 8, CARD_CIN_MAX = 24 };

struct card_identity {
    uint8_t iin[CARD_IIN_MAX];
    size_t iin_len;
    uint8_t cin[CARD_CIN_MAX];
    size_t cin_len;
};

SCP_MUST_USE enum scp_error
card_identity_pseudonym(struct vault *vault, const struct card_identity *identity, uint8_t out[32]);

/* The same from the card unique data that an agent reports: "//se-id/CUD/<hex of IIN ‖ CIN>".
 * MALFORMED. */
SCP_MUST_USE enum scp_error card_identity_from_se(struct vault *vault, const char *se,
                                                  uint8_t out[32]);

#endif
