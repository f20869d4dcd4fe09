#include "scp/crypto/hash.h"

#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/sha.h>
#include <wolfssl/wolfcrypt/sha256.h>

/* What the library is given where there is nothing to hash: it takes no NULL. */
static const uint8_t nothing[1];

static const uint8_t *start_of(struct scp_bytes in)
{
    return in.len == 0 ? nothing : in.ptr;
}

enum scp_error scp_sha1(struct scp_bytes in, uint8_t digest[20])
{
    if (in.len > UINT32_MAX)
        return SCP_TOO_LONG;
    wc_Sha sha;
    int failed = wc_InitSha(&sha);
    if (failed == 0)
        failed = wc_ShaUpdate(&sha, start_of(in), (word32)in.len);
    if (failed == 0)
        failed = wc_ShaFinal(&sha, digest);
    wc_ShaFree(&sha);
    return failed == 0 ? SCP_OK : SCP_CRYPTO;
}

enum scp_error scp_sha256(struct scp_bytes in, uint8_t digest[32])
{
    if (in.len > UINT32_MAX)
        return SCP_TOO_LONG;
    wc_Sha256 sha;
    int failed = wc_InitSha256(&sha);
    if (failed == 0)
        failed = wc_Sha256Update(&sha, start_of(in), (word32)in.len);
    if (failed == 0)
        failed = wc_Sha256Final(&sha, digest);
    wc_Sha256Free(&sha);
    return failed == 0 ? SCP_OK : SCP_CRYPTO;
}
