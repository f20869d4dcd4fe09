#include "scp/crypto/rsa.h"

#include "scp/base/secret.h"

#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/rsa.h>

enum { EXPONENT_MAX = 4 };

static bool usable(struct scp_bytes modulus, struct scp_bytes exponent, struct scp_bytes in)
{
    return modulus.len > 0 && modulus.len <= SCP_RSA_MODULUS_MAX &&
           (modulus.ptr[modulus.len - 1] & 1) != 0 && in.len == modulus.len && exponent.len > 0;
}

static bool load(mp_int *number, struct scp_bytes bytes)
{
    return mp_read_unsigned_bin(number, bytes.ptr, (word32)bytes.len) == MP_OKAY;
}

struct numbers {
    mp_int modulus;
    mp_int exponent;
    mp_int value;
};

static enum scp_error power(struct numbers *n, struct scp_bytes modulus, struct scp_bytes exponent,
                            struct scp_bytes in, uint8_t *out)
{
    if (mp_init_multi(&n->modulus, &n->exponent, &n->value, NULL, NULL, NULL) != MP_OKAY)
        return SCP_CRYPTO;
    if (!load(&n->modulus, modulus) || !load(&n->exponent, exponent) || !load(&n->value, in))
        return SCP_CRYPTO;
    if (mp_cmp(&n->value, &n->modulus) != MP_LT)
        return SCP_OUT_OF_RANGE;
    if (mp_exptmod(&n->value, &n->exponent, &n->modulus, &n->value) != MP_OKAY ||
        mp_to_unsigned_bin_len(&n->value, out, (int)modulus.len) != MP_OKAY)
        return SCP_CRYPTO;
    return SCP_OK;
}

enum scp_error scp_rsa_public(struct scp_bytes modulus, struct scp_bytes exponent,
                              struct scp_bytes in, uint8_t *out)
{
    struct numbers n;
    if (!usable(modulus, exponent, in) || exponent.len > EXPONENT_MAX)
        return SCP_OUT_OF_RANGE;
    return power(&n, modulus, exponent, in, out);
}

enum scp_error scp_rsa_private(struct scp_bytes modulus, struct scp_bytes exponent,
                               struct scp_bytes in, uint8_t *out)
{
    struct numbers n;
    if (!usable(modulus, exponent, in) || exponent.len > modulus.len)
        return SCP_OUT_OF_RANGE;
    enum scp_error error = power(&n, modulus, exponent, in, out);
    scp_wipe(&n, sizeof n);
    return error;
}
