/* Keys and cryptograms of a payment application: the card's key from the issuer's master, session
 * keys of one transaction, the application cryptogram and the issuer's answer to it (EMV 4.3 Book
 * 2, annex A1 and clauses 8.1 and 8.2). Which of them a card uses is said by its cryptogram
 * version: scp/emv/scheme.h. Keys are two-key 3DES of 16 bytes, with odd parity as EMV derives
 * them.
 *
 * Pure: nothing is kept or allocated. Errors of all functions: OUT_OF_RANGE for a key of another
 * length, CRYPTO when the cryptographic library refuses.
 *
 *     SCP_TRY(scp_emv_card_key(&issuer_master, pan, psn, &card));
 *     SCP_TRY(scp_emv_session_key(&card, atc, &session));
 *     SCP_TRY(scp_emv_cryptogram(&session, data, cryptogram));
 */
#ifndef SCP_EMV_CRYPTOGRAM_H
#define SCP_EMV_CRYPTOGRAM_H

#include "scp/base/secret.h"

enum {
    SCP_EMV_CRYPTOGRAM_SIZE = 8,
    SCP_EMV_SHORT_CRYPTOGRAM_SIZE = 4, /* of the issuer's answer by method 2 */
    SCP_EMV_PAN_MAX = 10,
};

/* ---- keys ----------------------------------------------------------------------------------- */

/* The card's key from an issuer's master key (Book 2 A1.4.1, option A). `pan` is the value of tag
 * 5A: BCD digits, padded with F at the right; `psn` is the value of tag 5F34, 00 where there is
 * none. MALFORMED when the PAN holds no digits or anything else than digits and final padding,
 * TOO_LONG above SCP_EMV_PAN_MAX bytes. */
SCP_MUST_USE enum scp_error scp_emv_card_key(const struct scp_key *issuer_master,
                                             struct scp_bytes pan, uint8_t psn,
                                             struct scp_key *card_key);

/* The same by option B (A1.4.2): a PAN of more than 16 digits goes through SHA-1, a shorter one
 * gives what option A gives. */
SCP_MUST_USE enum scp_error scp_emv_card_key_b(const struct scp_key *issuer_master,
                                               struct scp_bytes pan, uint8_t psn,
                                               struct scp_key *card_key);

/* The key of one transaction from the card's key and the application transaction counter, tag 9F36
 * (Book 2 A1.3.1, common session key derivation). */
SCP_MUST_USE enum scp_error scp_emv_session_key(const struct scp_key *card_key, uint16_t atc,
                                                struct scp_key *session_key);

/* The same from a whole diversification value, as secure messaging takes the application
 * cryptogram. Its third byte takes no part in the result. */
SCP_MUST_USE enum scp_error scp_emv_session_key_from(const struct scp_key *card_key,
                                                     const uint8_t value[8],
                                                     struct scp_key *session_key);

/* The same as JR/T 0025 (PBOC) does it: each half is a block that ends with the counter or its
 * complement, encrypted under the card's key. */
SCP_MUST_USE enum scp_error scp_emv_session_key_pboc(const struct scp_key *card_key, uint16_t atc,
                                                     struct scp_key *session_key);

/* The same by combination: the counter and its complement are added (XOR) to the ends of the two
 * halves. Visa's secure messaging. */
SCP_MUST_USE enum scp_error scp_emv_session_key_xor(const struct scp_key *card_key, uint16_t atc,
                                                    struct scp_key *session_key);

/* ---- cryptograms ---------------------------------------------------------------------------- */

/* The cryptogram over `data` (Book 2 8.1.1: ISO 9797-1 algorithm 3, padding `80`). Compare with
 * scp_equal_constant_time. */
SCP_MUST_USE enum scp_error scp_emv_cryptogram(const struct scp_key *session_key,
                                               struct scp_bytes data,
                                               uint8_t cryptogram[SCP_EMV_CRYPTOGRAM_SIZE]);

/* The same with zeros up to a whole block as padding, and none behind a whole block. OUT_OF_RANGE
 * without data. */
SCP_MUST_USE enum scp_error
scp_emv_cryptogram_zero_padded(const struct scp_key *session_key, struct scp_bytes data,
                               uint8_t cryptogram[SCP_EMV_CRYPTOGRAM_SIZE]);

/* The issuer's answer to the request `arqc`, method 1 (Book 2 8.2.1), over the authorisation
 * response code, tag 8A. */
SCP_MUST_USE enum scp_error scp_emv_response_1(const struct scp_key *key, const uint8_t arqc[8],
                                               const uint8_t code[2],
                                               uint8_t response[SCP_EMV_CRYPTOGRAM_SIZE]);

/* The same, method 2 (8.2.2), over the card status update and up to eight bytes of the issuer's
 * own. TOO_LONG. */
SCP_MUST_USE enum scp_error scp_emv_response_2(const struct scp_key *key, const uint8_t arqc[8],
                                               struct scp_bytes status_update,
                                               uint8_t response[SCP_EMV_SHORT_CRYPTOGRAM_SIZE]);

#endif
