/* Key derivation: the SCP03 function, SCP02 session keys, diversification of card keys from a
 * master, and key check values. */
#ifndef SCP_CRYPTO_KDF_H
#define SCP_CRYPTO_KDF_H

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

/* How the keys of one card come from a master key. */
enum scp_diversification {
    SCP_DIVERSIFY_NONE, /* the master is the card's key */
    SCP_DIVERSIFY_EMV,  /* EMV CPS 1.1 5.2: 3DES master */
    SCP_DIVERSIFY_VISA2,
    SCP_DIVERSIFY_KDF3, /* SP 800-108 over AES-CMAC; the key length of the master */
};

/* "none", "emv", "visa2", "kdf3"; NOT_FOUND for any other text. */
SCP_MUST_USE enum scp_error scp_diversification_from_name(const char *name,
                                                          enum scp_diversification *out);
const char *scp_diversification_name(enum scp_diversification scheme);

/* The card's key set from three masters and the ten bytes of key diversification data that
 * INITIALIZE UPDATE returns. OUT_OF_RANGE when the scheme cannot work with that key length. */
SCP_MUST_USE enum scp_error scp_diversify(enum scp_diversification scheme,
                                          const struct scp_key_set *masters,
                                          const uint8_t diversification_data[10],
                                          struct scp_key_set *out);

/* Key check value: the first 3 bytes of 8 x 00 (DES, GPCS B.5) or of 16 x 01 (AES, GPCS B.5 as
 * amended by Amendment D) encrypted under the key. */
SCP_MUST_USE enum scp_error scp_kcv_des(const struct scp_key *key, uint8_t kcv[3]);
SCP_MUST_USE enum scp_error scp_kcv_aes(const struct scp_key *key, uint8_t kcv[3]);
/* The same of 16 x 00, as some cards have it for AES. */
SCP_MUST_USE enum scp_error scp_kcv_aes_zeros(const struct scp_key *key, uint8_t kcv[3]);

#endif
