/* A personalisation record under way from a bank: sealed by the bank, opened by the vault alone.
 *
 *     "RBP" 01 ‖ nonce(12) ‖ AES-256-GCM ciphertext ‖ tag(16)
 *
 * under the transport key that bank and bureau share, with BANK/PRODUCT 00 CARD as associated data,
 * so that a record serves one product on one card. Pure functions; the bank's tools use them too.
 */
#ifndef OTA_SERVER_VAULT_RECORD_H
#define OTA_SERVER_VAULT_RECORD_H

#include "scp/base/secret.h"

enum { VAULT_RECORD_OVERHEAD = 4 + 12 + 16 };

/* What a record is sealed for. Borrowed. */
struct vault_record_purpose {
    const char *product; /* "BANK/PRODUCT" */
    const char *card;
};

/* Append the sealed record. `nonce` is random and never used twice with one key. OUT_OF_RANGE when
 * the key is no AES-256 key; TOO_LONG above VAULT_RECORD_MAX or for an overlong purpose; NO_SPACE;
 * CRYPTO. */
SCP_MUST_USE enum scp_error vault_record_seal(const struct scp_key *key,
                                              const struct vault_record_purpose *purpose,
                                              const uint8_t nonce[12], struct scp_bytes plain,
                                              struct scp_writer *out);

/* Append the plain record. MALFORMED (no record), UNSUPPORTED (version), BAD_MAC (another key,
 * product or card, or altered), TOO_LONG, NO_SPACE. The caller wipes what was written. */
SCP_MUST_USE enum scp_error vault_record_open(const struct scp_key *key,
                                              const struct vault_record_purpose *purpose,
                                              struct scp_bytes sealed, struct scp_writer *out);

#endif
