/* Key derivation: the SCP03 function, SCP02 session keys, keys from a pass phrase, and key check
 * values. Diversification of card keys from a master has a header of its own, included here.
 *
 * Pure; keys are borrowed for the call. What is derived is the caller's to wipe. CRYPTO when the
 * library refuses, besides what is said at each function.
 *
 *     SCP_TRY(scp03_derive(&set.enc, SCP03_S_ENC, challenges, key.bytes, key.len));
 *     SCP_TRY(scp_kcv_aes(&key, kcv));
 */
#ifndef SCP_CRYPTO_KDF_H
#define SCP_CRYPTO_KDF_H

#include "scp/crypto/diversify.h"
#include "scp/crypto/mac.h"

/* Derivation constants of SCP03 (Amendment D, table 4-1). */
enum scp03_constant {
    SCP03_CARD_CRYPTOGRAM = 0x00,
    SCP03_HOST_CRYPTOGRAM = 0x01,
    SCP03_CARD_CHALLENGE = 0x02,
    SCP03_S_ENC = 0x04,
    SCP03_S_MAC = 0x06,
    SCP03_S_RMAC = 0x07,
};

/* NIST SP 800-108 counter mode over AES-CMAC in the layout of Amendment D 4.1.5: `out_len` bytes
 * (8, 16, 24 or 32) into `out`. */
SCP_MUST_USE enum scp_error scp03_derive(const struct scp_key *key, enum scp03_constant constant,
                                         struct scp_bytes context, uint8_t *out, size_t out_len);

/* The same with a schedule of the key, for several derivations from one. */
SCP_MUST_USE enum scp_error scp03_derive_with(struct scp_cmac_key *key,
                                              enum scp03_constant constant,
                                              struct scp_bytes context, uint8_t *out,
                                              size_t out_len);

/* Derivation constants of SCP02 (GPCS E.4.1). */
enum scp02_constant {
    SCP02_C_MAC = 0x0101,
    SCP02_R_MAC = 0x0102,
    SCP02_S_ENC = 0x0182,
    SCP02_DEK = 0x0181,
};

/* A session key of 16 bytes from a static key of 16 bytes and the sequence counter. */
SCP_MUST_USE enum scp_error scp02_derive(const struct scp_key *key, enum scp02_constant constant,
                                         uint16_t counter, struct scp_key *out);

/* PBKDF2 with HMAC-SHA-256 (RFC 8018 5.2): `out_len` bytes from a pass phrase. This is how a device
 * that speaks SCP03 is opened by a person: the YubiHSM 2 takes 32 bytes, ENC then MAC. OUT_OF_RANGE
 * for no iterations or an empty output. */
SCP_MUST_USE enum scp_error scp_pbkdf2(struct scp_bytes pass_phrase, struct scp_bytes salt,
                                       uint32_t iterations, uint8_t *out, size_t out_len);

/* Key check value: the first 3 bytes of 8 x 00 (DES, GPCS B.5) or of 16 x 01 (AES, GPCS B.5 as
 * amended by Amendment D) encrypted under the key. */
SCP_MUST_USE enum scp_error scp_kcv_des(const struct scp_key *key, uint8_t kcv[3]);
SCP_MUST_USE enum scp_error scp_kcv_aes(const struct scp_key *key, uint8_t kcv[3]);
/* The same of 16 x 00, as some cards have it for AES. */
SCP_MUST_USE enum scp_error scp_kcv_aes_zeros(const struct scp_key *key, uint8_t kcv[3]);

#endif
