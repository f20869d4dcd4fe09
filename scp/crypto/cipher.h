/* Block ciphers: DES, 3DES and AES over wolfCrypt.
 *
 * `in` is whole blocks (8 bytes for DES and 3DES, 16 for AES) and `out` has room for as many; they
 * may be the same buffer. Nothing is allocated; key schedules are wiped. Errors: CRYPTO when the
 * library refuses, OUT_OF_RANGE when `in` is not whole blocks or the key has no fitting length.
 * A 3DES key has 16 bytes (K1 K2 K1) or 24. */
#ifndef SCP_CRYPTO_CIPHER_H
#define SCP_CRYPTO_CIPHER_H

#include "scp/base/secret.h"

enum { SCP_DES_BLOCK = 8, SCP_AES_BLOCK = 16 };

SCP_MUST_USE enum scp_error scp_des_encrypt_block(const uint8_t key[8], const uint8_t in[8],
                                                  uint8_t out[8]);
SCP_MUST_USE enum scp_error scp_des_decrypt_block(const uint8_t key[8], const uint8_t in[8],
                                                  uint8_t out[8]);

SCP_MUST_USE enum scp_error scp_des3_ecb_encrypt(const struct scp_key *key, struct scp_bytes in,
                                                 uint8_t *out);
SCP_MUST_USE enum scp_error scp_des3_ecb_decrypt(const struct scp_key *key, struct scp_bytes in,
                                                 uint8_t *out);
SCP_MUST_USE enum scp_error scp_des3_cbc_encrypt(const struct scp_key *key, const uint8_t iv[8],
                                                 struct scp_bytes in, uint8_t *out);
SCP_MUST_USE enum scp_error scp_des3_cbc_decrypt(const struct scp_key *key, const uint8_t iv[8],
                                                 struct scp_bytes in, uint8_t *out);

SCP_MUST_USE enum scp_error scp_aes_encrypt_block(const struct scp_key *key, const uint8_t in[16],
                                                  uint8_t out[16]);
SCP_MUST_USE enum scp_error scp_aes_cbc_encrypt(const struct scp_key *key, const uint8_t iv[16],
                                                struct scp_bytes in, uint8_t *out);
SCP_MUST_USE enum scp_error scp_aes_cbc_decrypt(const struct scp_key *key, const uint8_t iv[16],
                                                struct scp_bytes in, uint8_t *out);

/* ISO/IEC 7816-4 padding: `80`, then zeros to a multiple of `block`; always at least one byte. */
void scp_pad(struct scp_writer *w, size_t block);
/* The length without padding. BAD_PADDING when there is none. */
SCP_MUST_USE enum scp_error scp_unpad(struct scp_bytes padded, size_t *len);

#endif
