#include "scp/crypto/wolf.h"

#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/pwdbased.h>

#include "scp/crypto/kdf.h"

enum scp_error scp_pbkdf2(struct scp_bytes pass_phrase, struct scp_bytes salt, uint32_t iterations,
                          uint8_t *out, size_t out_len)
{
    if (iterations == 0 || iterations > INT32_MAX || out_len == 0 || out_len > INT32_MAX ||
        pass_phrase.len > INT32_MAX || salt.len > INT32_MAX)
        return SCP_OUT_OF_RANGE;
    int failed = wc_PBKDF2(out, pass_phrase.ptr, (int)pass_phrase.len, salt.ptr, (int)salt.len,
                           (int)iterations, (int)out_len, WC_SHA256);
    return failed == 0 ? SCP_OK : SCP_CRYPTO;
}
