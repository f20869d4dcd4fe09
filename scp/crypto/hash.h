/* Hashes (FIPS 180-4; GPCS B.5). Nothing is kept between calls. Errors: TOO_LONG for an input that
 * the library cannot count, CRYPTO when it refuses.
 *
 *     struct scp_digest digest;
 *     SCP_TRY(scp_hash(SCP_HASH_SHA256, data_block, &digest));
 *     install.hash = scp_digest_bytes(&digest);
 */
#ifndef SCP_CRYPTO_HASH_H
#define SCP_CRYPTO_HASH_H

#include "scp/base/bytes.h"

enum { SCP_HASH_MAX = 64 };

/* In the order of their strength, so that two can be compared. */
enum scp_hash { SCP_HASH_SHA1, SCP_HASH_SHA256, SCP_HASH_SHA384, SCP_HASH_SHA512 };

struct scp_digest {
    uint8_t bytes[SCP_HASH_MAX];
    size_t len;
};

SCP_MUST_USE enum scp_error scp_hash(enum scp_hash hash, struct scp_bytes in,
                                     struct scp_digest *out);
SCP_MUST_USE enum scp_error scp_sha1(struct scp_bytes in, uint8_t digest[20]);
SCP_MUST_USE enum scp_error scp_sha256(struct scp_bytes in, uint8_t digest[32]);

/* Bytes of a digest. */
size_t scp_hash_size(enum scp_hash hash);
/* The hash whose digests have `len` bytes, as a card finds it out (GPCS C.2). UNSUPPORTED. */
SCP_MUST_USE enum scp_error scp_hash_of_size(size_t len, enum scp_hash *out);
/* Borrows from `digest`. */
struct scp_bytes scp_digest_bytes(const struct scp_digest *digest);

#endif
