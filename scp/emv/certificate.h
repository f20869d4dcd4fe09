/* What a terminal recovers from a card's certificates and signed data with RSA public keys (EMV 4.3
 * Book 2, clauses 5.3 and 5.4, annex A2.1: SHA-1, hash algorithm 01).
 *
 * Pure: nothing is kept or allocated. Views point into the caller's buffer. Errors: OUT_OF_RANGE
 * for lengths that do not fit the key, BAD_SIGNATURE when header, trailer, format or hash are not
 * what they must be, UNSUPPORTED for another algorithm than 01, TOO_LONG, CRYPTO.
 *
 *     SCP_TRY(scp_emv_issuer_key_recover(&authority, &certificate, buffer, &issuer));
 *     key.modulus = scp_bytes_of(issuer.modulus_buffer, issuer.modulus_len);
 *     SCP_TRY(scp_emv_static_data_check(&key, signature, records, code));
 */
#ifndef SCP_EMV_CERTIFICATE_H
#define SCP_EMV_CERTIFICATE_H

#include "scp/crypto/rsa.h"

enum { SCP_EMV_MODULUS_MAX = 248 };

struct scp_emv_public_key {
    struct scp_bytes modulus;
    struct scp_bytes exponent;
};

/* A block as it was signed: `6A`, format, content, SHA-1, `BC`. */
struct scp_emv_recovered {
    struct scp_bytes whole;
    uint8_t format;
    struct scp_bytes content; /* between format and hash */
    struct scp_bytes hash;
};

/* Undo the signature and check header and trailer; not the hash. */
SCP_MUST_USE enum scp_error scp_emv_recover(const struct scp_emv_public_key *key,
                                            struct scp_bytes signature,
                                            uint8_t buffer[SCP_EMV_MODULUS_MAX],
                                            struct scp_emv_recovered *out);

/* What a card carries about its issuer's key. */
struct scp_emv_issuer_certificate {
    struct scp_bytes certificate; /* 90 */
    struct scp_bytes remainder;   /* 92; may be empty */
    struct scp_bytes exponent;    /* 9F32 */
};

struct scp_emv_issuer_key {
    struct scp_bytes issuer_id; /* four bytes: leading digits of the PAN, padded with F */
    struct scp_bytes expiry;    /* MMYY */
    struct scp_bytes serial;
    uint8_t modulus_buffer[SCP_EMV_MODULUS_MAX];
    size_t modulus_len;
};

/* The issuer's public key (Book 2 5.3, table 6), its hash checked. Whether issuer, date and serial
 * number are acceptable is the caller's to say. */
SCP_MUST_USE enum scp_error
scp_emv_issuer_key_recover(const struct scp_emv_public_key *authority,
                           const struct scp_emv_issuer_certificate *certificate,
                           uint8_t buffer[SCP_EMV_MODULUS_MAX], struct scp_emv_issuer_key *out);

/* Signed static application data, tag 93 (Book 2 5.4, table 7): the data authentication code, tag
 * 9F45. `data` are the records that the AFL names, and the AIP where 9F4A asks for it. */
SCP_MUST_USE enum scp_error scp_emv_static_data_check(const struct scp_emv_public_key *issuer,
                                                      struct scp_bytes signature,
                                                      struct scp_bytes data, uint8_t code[2]);

/* ---- the card's side ------------------------------------------------------------------------ */

/* A key pair's private half. */
struct scp_emv_private_key {
    struct scp_bytes modulus;
    struct scp_bytes exponent;
};

/* Sign dynamic application data (Book 2 6.5.2, table 17): `number` is the card's dynamic number of
 * 2 to 8 bytes, `data` what the terminal sent for its DDOL. Appends as many bytes as the modulus
 * has. OUT_OF_RANGE also for a modulus of another length than 48 to SCP_EMV_MODULUS_MAX bytes. */
SCP_MUST_USE enum scp_error scp_emv_dynamic_data_sign(const struct scp_emv_private_key *key,
                                                      struct scp_bytes number,
                                                      struct scp_bytes data,
                                                      struct scp_writer *signature);
/* Check such a signature under the card's public key; `number` is where its dynamic number is. */
SCP_MUST_USE enum scp_error scp_emv_dynamic_data_check(const struct scp_emv_public_key *card,
                                                       struct scp_bytes signature,
                                                       struct scp_bytes data,
                                                       uint8_t buffer[SCP_EMV_MODULUS_MAX],
                                                       struct scp_bytes *number);

#endif
