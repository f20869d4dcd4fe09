/* Private to scp/crypto: what its sources share over wolfCrypt. */
#ifndef SCP_CRYPTO_WOLF_H
#define SCP_CRYPTO_WOLF_H

#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/des3.h>

#include "scp/base/secret.h"

enum { SCP_DES3_KEY = 24 };

/* The 24 bytes of a 3DES key of 16 (K1 K2 K1) or 24. OUT_OF_RANGE for other lengths. The caller
 * wipes `full`. */
SCP_MUST_USE enum scp_error scp_des3_key_expand(const struct scp_key *key,
                                                uint8_t full[SCP_DES3_KEY]);

/* Set up a key schedule for one direction. The caller wipes it with scp_aes_wipe, also
 * after an error. */
SCP_MUST_USE enum scp_error scp_aes_setup(Aes *aes, const struct scp_key *key, int direction,
                                          const uint8_t iv[16]);
/* Wipe the parts of the schedule that hold key or data; the GCM table is never filled. */
void scp_aes_wipe(Aes *aes);

#endif
