/* AES-256-GCM and HMAC-SHA-256 over wolfCrypt: what every sealed form of this room is made of. */
#ifndef OTA_SERVER_VAULT_GCM_H
#define OTA_SERVER_VAULT_GCM_H

#include "scp/base/secret.h"

enum { GCM_NONCE_LEN = 12, GCM_TAG_LEN = 16, GCM_KEY_LEN = 32 };

/* Append ciphertext ‖ tag. OUT_OF_RANGE when the key is no AES-256 key, NO_SPACE, CRYPTO. */
SCP_MUST_USE enum scp_error gcm_seal(const struct scp_key *key, const uint8_t nonce[GCM_NONCE_LEN],
                                     struct scp_bytes associated, struct scp_bytes plain,
                                     struct scp_writer *out);

/* Append the plain bytes of ciphertext ‖ tag. TRUNCATED, BAD_MAC (nothing is appended), and the
 * errors of gcm_seal. */
SCP_MUST_USE enum scp_error gcm_open(const struct scp_key *key, const uint8_t nonce[GCM_NONCE_LEN],
                                     struct scp_bytes associated, struct scp_bytes sealed,
                                     struct scp_writer *out);

/* HMAC-SHA-256 over the concatenation of `count` parts. CRYPTO. */
SCP_MUST_USE enum scp_error hmac_sha256(const uint8_t key[32], const struct scp_bytes *parts,
                                        size_t count, uint8_t out[32]);

/* Take back what was appended since the writer had `len` bytes, wiping it. */
void writer_take_back(struct scp_writer *w, size_t len);

#endif
