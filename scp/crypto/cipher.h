/* Block ciphers: DES, 3DES and AES over wolfCrypt.
 *
 * `in` is whole blocks (8 bytes for DES and 3DES, 16 for AES) and `out` has room for as many; they
 * may be the same buffer. Nothing is allocated. Errors: CRYPTO when the library refuses,
 * OUT_OF_RANGE when `in` is not whole blocks or the key has no fitting length. A 3DES key has 16
 * bytes (K1 K2 K1) or 24.
 *
 * There are two ways to use a key. The functions that take a struct scp_key set its schedule up for
 * the one call and wipe it. Who has many messages sets a schedule up once:
 *
 *     struct scp_aes aes;
 *     scp_aes_set(&aes, &key, SCP_ENCRYPT);
 *     scp_aes_encrypt(&aes, iv, message, out);      // as often as wanted
 *     scp_wipe(&aes, sizeof aes);
 *
 * A schedule is memory of the caller's: it may be copied, holds the key in another form, and is
 * wiped by who set it up. It serves the direction it was set for, and one thread at a time. */
#ifndef SCP_CRYPTO_CIPHER_H
#define SCP_CRYPTO_CIPHER_H

#include "scp/base/secret.h"

#include <stdalign.h>

enum { SCP_DES_BLOCK = 8, SCP_AES_BLOCK = 16 };

/* ---- schedules ---------------------------------------------------------------------------- */

enum scp_direction { SCP_ENCRYPT, SCP_DECRYPT };

/* Room for the library's own structs, which stay out of this header; cipher.c asserts that they
 * fit. */
enum { SCP_AES_OPAQUE = 1152, SCP_DES_OPAQUE = 160, SCP_DES3_OPAQUE = 480 };

struct scp_aes {
    alignas(16) uint8_t opaque[SCP_AES_OPAQUE];
};
struct scp_des {
    alignas(16) uint8_t opaque[SCP_DES_OPAQUE];
};
struct scp_des3 {
    alignas(16) uint8_t opaque[SCP_DES3_OPAQUE];
};

/* After an error the schedule is wiped. */
SCP_MUST_USE enum scp_error scp_aes_set(struct scp_aes *aes, const struct scp_key *key,
                                        enum scp_direction direction);
SCP_MUST_USE enum scp_error scp_des_set(struct scp_des *des, const uint8_t key[8],
                                        enum scp_direction direction);
SCP_MUST_USE enum scp_error scp_des3_set(struct scp_des3 *des, const struct scp_key *key,
                                         enum scp_direction direction);

/* CBC with a schedule of that direction. */
SCP_MUST_USE enum scp_error scp_aes_encrypt(struct scp_aes *aes, const uint8_t iv[16],
                                            struct scp_bytes in, uint8_t *out);
SCP_MUST_USE enum scp_error scp_aes_decrypt(struct scp_aes *aes, const uint8_t iv[16],
                                            struct scp_bytes in, uint8_t *out);
SCP_MUST_USE enum scp_error scp_des_encrypt(struct scp_des *des, const uint8_t iv[8],
                                            struct scp_bytes in, uint8_t *out);
SCP_MUST_USE enum scp_error scp_des_decrypt(struct scp_des *des, const uint8_t iv[8],
                                            struct scp_bytes in, uint8_t *out);
SCP_MUST_USE enum scp_error scp_des3_encrypt(struct scp_des3 *des, const uint8_t iv[8],
                                             struct scp_bytes in, uint8_t *out);
SCP_MUST_USE enum scp_error scp_des3_decrypt(struct scp_des3 *des, const uint8_t iv[8],
                                             struct scp_bytes in, uint8_t *out);

/* ---- one call ----------------------------------------------------------------------------- */

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

/* ---- padding ------------------------------------------------------------------------------ */

/* ISO/IEC 7816-4 padding: `80`, then zeros to a multiple of `block`; always at least one byte. */
void scp_pad(struct scp_writer *w, size_t block);
/* The length without padding. BAD_PADDING when there is none. */
SCP_MUST_USE enum scp_error scp_unpad(struct scp_bytes padded, size_t *len);

#endif
