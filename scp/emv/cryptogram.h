/* Application cryptograms of a payment application: the card's key from the issuer's master, the
 * session key of one transaction, and the cryptogram itself (EMV 4.3 Book 2, annex A1 and
 * clause 8.1). Keys are two-key 3DES of 16 bytes, with odd parity as EMV derives them.
 *
 * Pure: nothing is kept or allocated. Errors of all functions: OUT_OF_RANGE for a key of another
 * length, CRYPTO when the cryptographic library refuses. */
#ifndef SCP_EMV_CRYPTOGRAM_H
#define SCP_EMV_CRYPTOGRAM_H

#include "scp/base/secret.h"

enum { SCP_EMV_CRYPTOGRAM_SIZE = 8, SCP_EMV_PAN_MAX = 10 };

/* The card's key from an issuer's master key (Book 2 A1.4.1, option A). `pan` is the value of tag
 * 5A: BCD digits, padded with F at the right; `psn` is the value of tag 5F34, 00 where there is
 * none. MALFORMED when the PAN holds no digits or anything else than digits and final padding,
 * TOO_LONG above SCP_EMV_PAN_MAX bytes. */
SCP_MUST_USE enum scp_error scp_emv_card_key(const struct scp_key *issuer_master,
                                             struct scp_bytes pan, uint8_t psn,
                                             struct scp_key *card_key);

/* The key of one transaction from the card's key and the application transaction counter, tag 9F36
 * (Book 2 A1.3.1, common session key derivation). */
SCP_MUST_USE enum scp_error scp_emv_session_key(const struct scp_key *card_key, uint16_t atc,
                                                struct scp_key *session_key);

/* The same from a whole diversification value. Its third byte takes no part in the result. */
SCP_MUST_USE enum scp_error scp_emv_session_key_from(const struct scp_key *card_key,
                                                     const uint8_t value[8],
                                                     struct scp_key *session_key);

/* The cryptogram over `data` (Book 2 8.1.1: ISO 9797-1 algorithm 3, padding `80`). Compare with
 * scp_equal_constant_time. */
SCP_MUST_USE enum scp_error scp_emv_cryptogram(const struct scp_key *session_key,
                                               struct scp_bytes data,
                                               uint8_t cryptogram[SCP_EMV_CRYPTOGRAM_SIZE]);

#endif
