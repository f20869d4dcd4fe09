#include "scp/crypto/hash.h"

#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/hash.h>

static const struct {
    enum wc_HashType type;
    size_t size;
} hashes[] = {
    [SCP_HASH_SHA1] = {WC_HASH_TYPE_SHA, 20},
    [SCP_HASH_SHA256] = {WC_HASH_TYPE_SHA256, 32},
    [SCP_HASH_SHA384] = {WC_HASH_TYPE_SHA384, 48},
    [SCP_HASH_SHA512] = {WC_HASH_TYPE_SHA512, 64},
};

enum { HASH_COUNT = sizeof hashes / sizeof hashes[0] };

/* What the library is given where there is nothing to hash: it takes no NULL. */
static const uint8_t nothing[1];

static enum scp_error run(enum scp_hash hash, struct scp_bytes in, uint8_t *digest)
{
    if (in.len > UINT32_MAX)
        return SCP_TOO_LONG;
    const uint8_t *start = in.len == 0 ? nothing : in.ptr;
    int failed =
        wc_Hash(hashes[hash].type, start, (word32)in.len, digest, (word32)hashes[hash].size);
    return failed == 0 ? SCP_OK : SCP_CRYPTO;
}

enum scp_error scp_hash(enum scp_hash hash, struct scp_bytes in, struct scp_digest *out)
{
    out->len = hashes[hash].size;
    return run(hash, in, out->bytes);
}

enum scp_error scp_sha1(struct scp_bytes in, uint8_t digest[20])
{
    return run(SCP_HASH_SHA1, in, digest);
}

enum scp_error scp_sha256(struct scp_bytes in, uint8_t digest[32])
{
    return run(SCP_HASH_SHA256, in, digest);
}

size_t scp_hash_size(enum scp_hash hash)
{
    return hashes[hash].size;
}

enum scp_error scp_hash_of_size(size_t len, enum scp_hash *out)
{
    for (size_t i = 0; i < HASH_COUNT; i++) {
        if (hashes[i].size == len) {
            *out = (enum scp_hash)i;
            return SCP_OK;
        }
    }
    return SCP_UNSUPPORTED;
}

struct scp_bytes scp_digest_bytes(const struct scp_digest *digest)
{
    return scp_bytes_of(digest->bytes, digest->len);
}
