/* Private to scp/emv: what one cryptogram version means (scheme.h). */
#ifndef SCP_EMV_SCHEME_TABLE_H
#define SCP_EMV_SCHEME_TABLE_H

#include "scp/emv/cryptogram.h"

typedef enum scp_error scp_emv_derivation(const struct scp_key *card_key, uint16_t atc,
                                          struct scp_key *session_key);

struct scp_emv_scheme {
    uint8_t version;
    bool whole_issuer_data; /* goes into the cryptogram; else the verification results alone */
    bool short_response;    /* the issuer answers by method 2 */
    bool pin_prefixed;      /* a new PIN comes with its length before and padding behind it */
    bool pin_masked;        /* and in the scheme's own block, added to the card's key */
    scp_emv_derivation *session_key;
    scp_emv_derivation *script_key; /* NULL: derived from the application cryptogram */
    enum scp_error (*cryptogram)(const struct scp_key *session_key, struct scp_bytes data,
                                 uint8_t cryptogram[SCP_EMV_CRYPTOGRAM_SIZE]);
};

#endif
