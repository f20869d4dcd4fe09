/* Private to scp/crypto: what its sources share over wolfCrypt. */
#ifndef SCP_CRYPTO_WOLF_H
#define SCP_CRYPTO_WOLF_H

#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/des3.h>

#include "scp/crypto/cipher.h"

enum { SCP_DES3_KEY = 24 };

/* The wolfCrypt struct that lives in the memory of a schedule. */
static inline Aes *scp_aes_in(struct scp_aes *aes)
{
    return (Aes *)(void *)aes->opaque;
}

static inline Des *scp_des_in(struct scp_des *des)
{
    return (Des *)(void *)des->opaque;
}

static inline Des3 *scp_des3_in(struct scp_des3 *des)
{
    return (Des3 *)(void *)des->opaque;
}

#endif
